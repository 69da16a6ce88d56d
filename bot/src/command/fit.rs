//! `hotro fit`: the weights of ranking and confidence, from the FAQ's own questions.

use std::path::Path;

use anyhow::Context;
use hotro::config::Config;

pub(crate) fn run(config: &Config, out: &Path) -> anyhow::Result<()> {
    let faq = super::load_faq(config)?;
    let weights = knowledge::fit::fit(&faq).context("fitting")?;
    let mut json = serde_json::to_string_pretty(&weights)?;
    json.push('\n');
    std::fs::write(out, json).with_context(|| format!("writing {}", out.display()))?;
    println!("{}", serde_json::to_string_pretty(&weights.calibration)?);
    println!("written to {}", out.display());
    Ok(())
}
