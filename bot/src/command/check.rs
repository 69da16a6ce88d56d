//! `hotro check`: the content checks.

use std::collections::BTreeSet;
use std::process::ExitCode;

use faq::{Faq, Severity, TopicId};
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::dialogue::day_in_vietnam;
use jiff::civil::Date;

pub(crate) fn run(config: &Config, as_of: Option<Date>) -> anyhow::Result<ExitCode> {
    let faq = super::load_faq(config)?;
    let today = day_in_vietnam(now_ms());
    let day = as_of.unwrap_or(today);
    let problems = faq::check(&faq, day);
    for problem in &problems {
        say!("{problem}");
    }
    say!(
        "{} topics, {} authored questions, version {}: {} problem(s) as of {day}, {} of them to be mended before it is served",
        faq.topics().len(),
        faq.authored().len(),
        faq.version(),
        problems.len(),
        problems.iter().filter(|problem| problem.severity != Severity::Due).count()
    );
    if day > today {
        print_changes(&faq, today, day)?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what happens to the answers until a day to come.
fn print_changes(faq: &Faq, today: Date, day: Date) -> anyhow::Result<()> {
    let changes = faq::changes(faq, today, day);
    say!("");
    for change in &changes {
        say!("{change}");
    }
    let topics: BTreeSet<&TopicId> = changes.iter().map(|change| &change.topic).collect();
    say!("after {today} until {day}: {} change(s) in {} topic(s)", changes.len(), topics.len());
    Ok(())
}
