//! `hotro train` and `hotro fit`: the network, then the weights of ranking and confidence.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use hotro::config::Config;
use knowledge::{fit, train};

/// Trains the network on the FAQ's questions and, when a file is given, on citizens'.
pub(crate) fn train(config: &Config, real: Option<&Path>, out: &Path) -> anyhow::Result<()> {
    let faq = super::load_faq(config)?;
    let real = real.map(super::labelled).transpose()?.unwrap_or_default();
    let start = Instant::now();
    let network = train::train(&faq, &real).context("training")?;
    let bytes = network.to_bytes()?;
    std::fs::write(out, &bytes).with_context(|| format!("writing {}", out.display()))?;
    let (seconds, kilobytes) = (start.elapsed().as_secs_f64(), bytes.len() as f64 / 1e3);
    say!("network {} trained in {seconds:.1} s, {kilobytes:.0} kB, written to {}", network.digest(), out.display());
    Ok(())
}

/// Fits the weights by cross-validation.
pub(crate) fn fit(config: &Config, real: &Path, out: &Path) -> anyhow::Result<()> {
    let faq = super::load_faq(config)?;
    let weights = fit::fit(&faq, &super::labelled(real)?).context("fitting")?;
    std::fs::write(out, weights.to_json()?).with_context(|| format!("writing {}", out.display()))?;
    say!("{}", weights.calibration);
    say!("written to {}", out.display());
    Ok(())
}
