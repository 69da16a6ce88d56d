//! `hotro check`: the content checks.

use std::process::ExitCode;

use faq::Severity;
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::dialogue::day_in_vietnam;
use jiff::civil::Date;

pub(crate) fn run(config: &Config, as_of: Option<Date>) -> anyhow::Result<ExitCode> {
    let faq = super::load_faq(config)?;
    let day = as_of.unwrap_or_else(|| day_in_vietnam(now_ms()));
    let problems = faq::check(&faq, day);
    for problem in &problems {
        println!("{problem}");
    }
    println!(
        "{} topics, {} authored questions, version {}: {} problem(s) as of {day}, {} of them to be mended before it is served",
        faq.topics().len(),
        faq.authored().len(),
        faq.version(),
        problems.len(),
        problems.iter().filter(|problem| problem.severity != Severity::Due).count()
    );
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
