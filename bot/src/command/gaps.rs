//! `hotro gaps`: what citizens asked and were not helped with.

use std::io::Write;

use anyhow::Context;
use hotro::config::Config;
use hotro::conversation::unhelped;
use hotro::dialogue::{day_in_vietnam, start_of_day_in_vietnam};
use jiff::civil::Date;

pub(crate) fn run(config: &Config, since: Option<Date>, as_json: bool) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    let since_ms = since.map(start_of_day_in_vietnam);
    let unhelped = super::block_on(async {
        let store = super::open_store(config).await?;
        let unhelped = unhelped(&store, since_ms).await.context("reading the log")?;
        store.close().await;
        Ok(unhelped)
    })?;
    let gaps = unhelped.group(&knowledge);
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", serde_json::to_string(&gaps)?)?;
        return Ok(());
    }
    let since = since.map_or_else(String::new, |day| format!(" since {day}"));
    writeln!(out, "{} of {} questions{since} were not helped with, in {} groups", gaps.unhelped, gaps.asked, gaps.groups)?;
    if gaps.left_out > 0 {
        writeln!(out, "{} of them, the oldest, are left out", gaps.left_out)?;
    }
    for gap in &gaps.gaps {
        let nearest: Vec<String> = gap.nearest.iter().map(|near| format!("{} {:.2}", near.topic, near.probability)).collect();
        writeln!(out)?;
        writeln!(out, "{}", gap.question)?;
        writeln!(
            out,
            "  {} in {} conversation(s): {} missed, {} unhappy, {} to an operator; last on {}",
            gap.questions,
            gap.conversations,
            gap.missed,
            gap.unhappy,
            gap.handed_off,
            day_in_vietnam(gap.last_ms)
        )?;
        writeln!(out, "  near: {}", nearest.join(", "))?;
    }
    Ok(())
}
