//! `make compare`: hotro against the engines that one could take instead, on the same questions and the same documents.
//!
//! Each engine gets one document a topic: title, shown questions, answer, and, in a second round, the authored questions. Its own
//! means of ignoring accents are on, its questions are disjunctions, and of its rankings the better one stands in the table.

mod engines;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use faq::Faq;
use knowledge::eval::{Label, Perturbation, Row, parse, perturb};

use engines::{Document, Engine};

/// Topics of a reply that are looked at.
const TOPICS_MAX: u32 = 10;
const SEED: u64 = 1;

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
    p50_us: u64,
    p99_us: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let text = std::fs::read_to_string(&options.file).with_context(|| format!("reading {}", options.file.display()))?;
    let faq = Faq::embedded()?;
    let rows: Vec<Row> = parse(&text)?.into_iter().filter(|row| topics_of(row, &faq).next().is_some()).collect();
    let bare = Document::of_faq(&faq, false);
    let full = Document::of_faq(&faq, true);
    println!("{} questions, {} topics\n", rows.len(), faq.topics().len());
    println!("| engine | R@1 | R@3 | R@1 unaccented | R@1 one typo | p50 µs | p99 µs |\n| --- | --- | --- | --- | --- | --- | --- |");
    for (suffix, documents) in [("", &bare), (" + authored", &full)] {
        for (name, engine) in engines::others(documents).await? {
            print_row(&format!("{name}{suffix}"), &measure(&engine, &rows, &faq).await?);
        }
    }
    print_row("hotro", &measure(&Engine::hotro()?, &rows, &faq).await?);
    Ok(())
}

fn print_row(name: &str, figures: &Figures) {
    let Figures { r_at_1, r_at_3, r_at_1_unaccented, r_at_1_typo, p50_us, p99_us } = figures;
    println!("| {name} | {r_at_1:.3} | {r_at_3:.3} | {r_at_1_unaccented:.3} | {r_at_1_typo:.3} | {p50_us} | {p99_us} |");
}

/// The right topics of a question.
fn topics_of<'a>(row: &'a Row, faq: &'a Faq) -> impl Iterator<Item = &'a str> {
    row.labels.iter().filter_map(|label| match label {
        Label::Topic(id) => faq.topic(id).map(|topic| topic.id.as_str()),
        Label::Lookup | Label::OutOfScope | Label::Nothing => None,
    })
}

async fn measure(engine: &Engine, rows: &[Row], faq: &Faq) -> Result<Figures> {
    let mut micros = Vec::with_capacity(rows.len());
    let clean = places(engine, rows, faq, None, &mut micros).await?;
    micros.sort_unstable();
    let mut unused = Vec::new();
    let unaccented = places(engine, rows, faq, Some(Perturbation::NoAccents), &mut unused).await?;
    let typo = places(engine, rows, faq, Some(Perturbation::Typo), &mut unused).await?;
    let within = |places: &[Option<usize>], most: usize| {
        places.iter().filter(|place| place.is_some_and(|place| place < most)).count() as f64 / rows.len().max(1) as f64
    };
    let percentile = |percent: usize| micros.get(micros.len() * percent / 100).or(micros.last()).copied().unwrap_or(0);
    Ok(Figures {
        r_at_1: within(&clean, 1),
        r_at_3: within(&clean, 3),
        r_at_1_unaccented: within(&unaccented, 1),
        r_at_1_typo: within(&typo, 1),
        p50_us: percentile(50),
        p99_us: percentile(99),
    })
}

/// The place of the first right topic of each question, from 0.
async fn places(engine: &Engine, rows: &[Row], faq: &Faq, kind: Option<Perturbation>, micros: &mut Vec<u64>) -> Result<Vec<Option<usize>>> {
    let mut places = Vec::with_capacity(rows.len());
    for (row, seed) in rows.iter().zip(SEED..) {
        let question = kind.map_or_else(|| row.question.clone(), |kind| perturb(&row.question, kind, seed));
        let start = Instant::now();
        let found = engine.search(&question, TOPICS_MAX).await?;
        micros.push(start.elapsed().as_micros() as u64);
        places.push(found.iter().position(|id| topics_of(row, faq).any(|right| right == id)));
    }
    Ok(places)
}
