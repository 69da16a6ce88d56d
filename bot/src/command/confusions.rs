//! `hotro check --confusions`: which topics are taken for each other.

use std::path::Path;

use anyhow::Context;
use hotro::config::Config;
use knowledge::{Weights, confusions};

/// Pairs that are listed: more than an editor works down before asking again.
const PAIRS_LISTED_MAX: usize = 200;

pub(crate) fn run(config: &Config, real: Option<&Path>) -> anyhow::Result<()> {
    let faq = super::load_faq(config)?;
    let real = real.map(super::labelled).transpose()?.unwrap_or_default();
    let weights = Weights::embedded().context("reading the weights")?;
    let confusions = confusions(&faq, &weights, &real).context("looking for confusions")?;
    say!("");
    say!("{:>6} {:>5} {:>5} {:>5}  topic -> ranked first: a question", "cost", "lost", "wrong", "asked");
    for pair in confusions.pairs.iter().take(PAIRS_LISTED_MAX) {
        let (topic, first) = (&pair.topic, &pair.first);
        say!("{:>6.1} {:>5} {:>5} {:>5}  {topic} -> {first}: {}", pair.cost, pair.lost, pair.wrong, pair.asked, pair.example);
    }
    if confusions.pairs.len() > PAIRS_LISTED_MAX {
        say!("and {} pairs more", confusions.pairs.len() - PAIRS_LISTED_MAX);
    }
    let share = |part: usize| 100.0 * part as f64 / confusions.asked.max(1) as f64;
    say!(
        "{} questions asked: another topic, the lookup or a field outside wins {} ({:.1} %), {} are answered wrongly ({:.1} %)",
        confusions.asked,
        confusions.lost,
        share(confusions.lost),
        confusions.wrong,
        share(confusions.wrong)
    );
    Ok(())
}
