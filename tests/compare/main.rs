//! `make compare`: hotro against the engines that one could take instead, on the same questions and the same documents.
//!
//! Each engine gets one document a topic: title, shown questions, answer, and, in a second round, the authored questions. Its own
//! means of ignoring accents are on, its questions are disjunctions, and of its rankings the one with
//! the best R@1 on these very questions stands in the table. Only questions that a topic
//! answers count, as not one of the others can start a lookup; what is right is what is right for `hotro eval`.

mod engines;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use faq::Faq;
use harness::latency::Latencies;
use knowledge::Knowledge;
use knowledge::eval::{Label, Perturbation, Row, parse, perturb};

use engines::{Document, Engine, Found, Other};

/// Topics of a reply that are looked at.
const TOPICS_MAX: u8 = 10;
const SEED: u64 = 1;
/// The machine has other things to do: of so many times that a question is asked, the fastest counts.
const ROUNDS: usize = 3;

#[derive(Parser)]
#[command(name = "compare", about = "Measures hotro and other search engines on labelled questions.")]
struct Options {
    /// Labelled questions: question, topics, register.
    file: PathBuf,
}

/// What was measured of one engine.
struct Figures {
    r_at_1: f64,
    r_at_3: f64,
    r_at_1_unaccented: f64,
    r_at_1_typo: f64,
    latencies: Latencies,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let text = std::fs::read_to_string(&options.file).with_context(|| format!("reading {}", options.file.display()))?;
    let faq = Faq::embedded()?;
    let rows: Vec<Row> = parse(&text)?.into_iter().filter(|row| topics_of(row, &faq).next().is_some()).collect();
    let hotro = Box::new(Knowledge::build(Arc::new(Faq::embedded()?))?);
    println!("index {}, {} questions, {} topics\n", hotro.index_version(), rows.len(), faq.topics().len());
    println!("| engine | R@1 | R@3 | R@1 unaccented | R@1 one typo | p50 µs | p99 µs |\n| --- | --- | --- | --- | --- | --- | --- |");
    for authored in [false, true] {
        let documents = if authored { "authored questions too" } else { "shown questions" };
        for Other { name, rankings } in engines::others(&Document::of_faq(&faq, authored)).await? {
            let mut best: Option<(Places, &str, Engine)> = None;
            for (ranking, engine) in rankings {
                let clean = places(&engine, &rows, &questions_of(&rows), &faq).await?;
                if best.as_ref().is_none_or(|(best, ..)| within(best, 1) < within(&clean, 1)) {
                    best = Some((clean, ranking, engine));
                }
            }
            if let Some((_, ranking, engine)) = best {
                print_row(&format!("{name}, {documents}, {ranking}"), &measure(&engine, &rows, &faq).await?);
            }
        }
    }
    print_row("hotro", &measure(&Engine::Hotro(hotro), &rows, &faq).await?);
    Ok(())
}

fn print_row(name: &str, figures: &Figures) {
    let Figures { r_at_1, r_at_3, r_at_1_unaccented, r_at_1_typo, latencies } = figures;
    let [p50_us, p99_us] = [0.5, 0.99].map(|share| 1e3 * latencies.percentile_ms(share));
    println!("| {name} | {r_at_1:.3} | {r_at_3:.3} | {r_at_1_unaccented:.3} | {r_at_1_typo:.3} | {p50_us:.0} | {p99_us:.0} |");
}

/// The right topics of a question.
fn topics_of<'a>(row: &'a Row, faq: &'a Faq) -> impl Iterator<Item = &'a str> {
    row.labels.iter().filter_map(|label| match label {
        Label::Topic(id) => faq.topic(id).map(|topic| topic.id.as_str()),
        Label::Lookup | Label::OutOfScope | Label::Nothing => None,
    })
}

fn is_right(row: &Row, faq: &Faq, found: &Found) -> bool {
    match found {
        Found::Lookup => row.labels.contains(&Label::Lookup),
        Found::Topic(id) => topics_of(row, faq).any(|right| right == id),
    }
}

async fn measure(engine: &Engine, rows: &[Row], faq: &Faq) -> Result<Figures> {
    let spoilt = |kind| -> Vec<String> { rows.iter().zip(SEED..).map(|(row, seed)| perturb(&row.question, kind, seed)).collect() };
    let clean = places(engine, rows, &questions_of(rows), faq).await?;
    let unaccented = places(engine, rows, &spoilt(Perturbation::NoAccents), faq).await?;
    let typo = places(engine, rows, &spoilt(Perturbation::Typo), faq).await?;
    Ok(Figures {
        r_at_1: within(&clean, 1),
        r_at_3: within(&clean, 3),
        r_at_1_unaccented: within(&unaccented, 1),
        r_at_1_typo: within(&typo, 1),
        latencies: latencies(engine, &questions_of(rows)).await?,
    })
}

fn questions_of(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.question.clone()).collect()
}

/// The place of the first right answer to each question, from 0; `None` when it is not among the first [`TOPICS_MAX`].
type Places = Vec<Option<usize>>;

/// The share of questions with a right answer at one of the first places.
fn within(places: &[Option<usize>], most: usize) -> f64 {
    places.iter().filter(|place| place.is_some_and(|place| place < most)).count() as f64 / places.len().max(1) as f64
}

async fn places(engine: &Engine, rows: &[Row], asked: &[String], faq: &Faq) -> Result<Places> {
    let mut places = Vec::with_capacity(rows.len());
    for (row, question) in rows.iter().zip(asked) {
        let found = engine.search(question, TOPICS_MAX).await?;
        places.push(found.iter().position(|found| is_right(row, faq, found)));
    }
    Ok(places)
}

async fn latencies(engine: &Engine, asked: &[String]) -> Result<Latencies> {
    let mut fastest = vec![Duration::MAX; asked.len()];
    for _ in 0..ROUNDS {
        for (fastest, question) in fastest.iter_mut().zip(asked) {
            let start = Instant::now();
            black_box(engine.search(question, TOPICS_MAX).await?);
            *fastest = start.elapsed().min(*fastest);
        }
    }
    Ok(Latencies::new(fastest))
}
