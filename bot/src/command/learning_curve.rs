//! `hotro learning-curve`: what more authored questions are worth.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use hotro::config::Config;
use knowledge::eval::{Metrics, measure};
use knowledge::{Knowledge, Weights, train};

/// Trains with at most so many authored questions a topic and measures each network, with the weights that the binary carries.
pub(crate) fn run(config: &Config, files: &[PathBuf], real: Option<&Path>, counts: &[usize]) -> anyhow::Result<()> {
    let faq = super::load_faq(config)?;
    let real = real.map(super::labelled).transpose()?.unwrap_or_default();
    let mut rows = Vec::new();
    for file in files {
        rows.extend(super::labelled(file)?);
    }
    let weights = Weights::embedded().context("reading the weights")?;
    say!("| authored a topic, at most | R@1 | R@3 | MRR@10 |\n| --- | --- | --- | --- |");
    for &count in counts {
        let network = train::train_with_at_most(count, &faq, &real).context("training")?;
        let knowledge = Knowledge::with_weights(faq.clone(), weights.clone(), &Arc::new(network));
        let Metrics { r_at_1, r_at_3, mrr_at_10, .. } = measure(&knowledge, &rows).0;
        say!("| {count} | {r_at_1:.3} | {r_at_3:.3} | {mrr_at_10:.3} |");
    }
    Ok(())
}
