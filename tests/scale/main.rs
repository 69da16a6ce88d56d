//! `make scale`: what ten thousand topics cost, beside what the embedded ones do: time to build the index, memory, time of a question. And
//! what thousands of news do to the answers of the FAQ, and cost.

mod generated;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use faq::Faq;
use harness::feeds::fetched;
use harness::latency::Latencies;
use harness::memory::resident_kb;
use hotro::conversation::now_ms;
use hotro::dialogue::day_in_vietnam;
use knowledge::eval::{Perturbation, Row, measure_beside, parse, perturb};
use knowledge::news::News;
use knowledge::{AskContext, Knowledge};
use tempfile::TempDir;

use generated::Generator;

/// The machine has other things to do: of so many times that a question is asked, the fastest counts.
const ROUNDS: usize = 3;
/// Of the embedded authored questions every so many is asked, letters among them.
const AUTHORED_EVERY: usize = 40;
/// Questions about generated topics.
const GENERATED_QUESTIONS: usize = 500;
/// A topic that is among so many is found.
const FIRST: usize = 3;
/// News of several feeds over years.
const NEWS_ITEMS: usize = 5_000;

#[derive(Parser)]
#[command(name = "scale", about = "Measures hotro on a generated FAQ.")]
struct Options {
    /// Topics to generate.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    topics: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Labelled questions to ask besides: question, topics, register.
    file: Option<PathBuf>,
}

/// What one FAQ costs.
struct Cost {
    topics: usize,
    load: Duration,
    build: Duration,
    resident_mb: f64,
    /// Of all readings, to compare programs: what only became faster still reads the same.
    digest: u64,
    latencies: Latencies,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let embedded = Faq::embedded()?;
    let mut labelled = Vec::new();
    if let Some(file) = &options.file {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        labelled = parse(&text)?;
    }
    let mut questions: Vec<String> = embedded.authored().iter().step_by(AUTHORED_EVERY).map(|question| question.text.clone()).collect();
    questions.extend(labelled.iter().map(|row| row.question.clone()));
    let folder = TempDir::new().context("making a temporary folder")?;
    let mut generator = Generator::new(&embedded, options.seed);
    let recipes = generator.write(folder.path(), options.topics as usize).context("generating topics")?;
    let recipes = recipes.iter().step_by(recipes.len().div_ceil(GENERATED_QUESTIONS));
    let about_generated: Vec<(String, &str)> = recipes.map(|recipe| (generator.question(recipe), recipe.id.as_str())).collect();
    questions.extend(about_generated.iter().map(|(question, _)| question.clone()));
    let questions = as_typed(&questions);

    let (knowledge, embedded) = cost(Faq::embedded, &questions)?;
    println!("index {}", knowledge.index_version());
    beside_news(&knowledge, &labelled, &questions);
    drop(knowledge);
    let (knowledge, large) = cost(|| Faq::from_dir(folder.path()), &questions)?;
    let found = about_generated.iter().filter(|(question, topic)| is_found(&knowledge, question, topic)).count();
    println!("{found} of {} questions about generated topics find theirs among the first {FIRST}", about_generated.len());
    println!("{} questions\n\n| topics | files read | index built | memory taken | p50 | p99 | slowest |", questions.len());
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for Cost { topics, load, build, resident_mb, digest, latencies } in [embedded, large] {
        let [p50, p99, slowest] = [0.5, 0.99, 1.0].map(|share| latencies.percentile_ms(share));
        println!(
            "| {topics} | {:.2} s | {:.2} s | {resident_mb:.0} MB | {p50:.2} ms | {p99:.2} ms | {slowest:.2} ms | {digest:016x} |",
            load.as_secs_f64(),
            build.as_secs_f64()
        );
    }
    Ok(())
}

/// What the news that were written, and thousands of fetched ones beside them, do to the labelled questions and to the time of all.
fn beside_news(knowledge: &Knowledge, labelled: &[Row], questions: &[String]) {
    let written = News::of_faq(knowledge.faq());
    let begun = Instant::now();
    let many = written.with(fetched(NEWS_ITEMS), &[]);
    println!("{NEWS_ITEMS} news indexed in {:.2} s\n", begun.elapsed().as_secs_f64());
    let today = day_in_vietnam(now_ms());
    println!("| news | R@1 | R@3 | answered precision | answered share | resolved | false answers | given instead | p50 | p99 | slowest |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (name, news) in [("none", &News::default()), ("written", &written), ("and fetched", &many)] {
        let (figures, outcomes) = measure_beside(knowledge, news, today, labelled);
        let fastest = |question: &String| {
            let once = || {
                let start = Instant::now();
                let reading = knowledge.ask(question, &AskContext::default());
                std::hint::black_box(news.read(&reading, today));
                start.elapsed()
            };
            (0..ROUNDS).map(|_| once()).min().unwrap_or_default()
        };
        let latencies = Latencies::new(questions.iter().map(fastest).collect());
        let [p50, p99, slowest] = [0.5, 0.99, 1.0].map(|share| latencies.percentile_ms(share));
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {} | {p50:.2} ms | {p99:.2} ms | {slowest:.2} ms |",
            figures.r_at_1,
            figures.r_at_3,
            figures.answered_precision,
            figures.answered_share,
            figures.resolved,
            figures.false_answer_rate,
            outcomes.iter().filter(|outcome| outcome.news).count()
        );
    }
    println!();
}

/// Each question as it is, without accents, and with a slip of the keyboard.
fn as_typed(questions: &[String]) -> Vec<String> {
    let typed = questions.iter().zip(0..).flat_map(|(question, seed)| {
        let spoilt = [Perturbation::NoAccents, Perturbation::Typo].map(|kind| perturb(question, kind, seed));
        [question.clone()].into_iter().chain(spoilt)
    });
    typed.collect()
}

fn is_found(knowledge: &Knowledge, question: &str, topic: &str) -> bool {
    let reading = knowledge.ask(question, &AskContext::default());
    reading.candidates.iter().take(FIRST).any(|candidate| candidate.topic.as_str() == topic)
}

fn cost(load: impl FnOnce() -> Result<Faq, faq::LoadError>, questions: &[String]) -> Result<(Knowledge, Cost)> {
    let before_kb = resident_kb("self")?;
    let start = Instant::now();
    let faq = Arc::new(load()?);
    let loaded = start.elapsed();
    let topics = faq.topics().len();
    let knowledge = Knowledge::build(faq)?;
    let build = start.elapsed() - loaded;
    let resident_mb = resident_kb("self")?.saturating_sub(before_kb) as f64 / 1024.0;
    let mut digest = DefaultHasher::new();
    let mut fastest = |question: &String| {
        format!("{:?}", knowledge.ask(question, &AskContext::default())).hash(&mut digest);
        let once = || {
            let start = Instant::now();
            std::hint::black_box(knowledge.ask(question, &AskContext::default()));
            start.elapsed()
        };
        (0..ROUNDS).map(|_| once()).min().unwrap_or_default()
    };
    let latencies = Latencies::new(questions.iter().map(&mut fastest).collect());
    Ok((knowledge, Cost { topics, load: loaded, build, resident_mb, digest: digest.finish(), latencies }))
}
