//! `hotro places`: lists of offices, collection points and facilities.

use std::path::Path;

use anyhow::{Context, ensure};
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::places::{Defaults, Reading, built_in, read};
use knowledge::places::{Found, PlaceKind, Places, Rows, Spot, decode, encode};

/// Problems printed.
const PROBLEMS_PRINTED_MAX: usize = 40;

/// Makes the set that the program carries.
pub(crate) fn build(folder: &Path, out: &Path) -> anyhow::Result<()> {
    let reading = read(folder, &Defaults::default(), &Rows::default())?;
    print_problems(&reading);
    let rows = built_in(reading.rows);
    let text = encode(&rows);
    decode(&text).context("what was written cannot be read again")?;
    std::fs::write(out, &text).with_context(|| format!("writing {}", out.display()))?;
    say!("{}: {} units, {} places, {} bytes", out.display(), rows.units.len(), rows.places.len(), text.len());
    Ok(())
}

/// Takes lists into the database.
pub(crate) fn import(config: &Config, path: &Path, defaults: &Defaults, dry_run: bool) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        let known = Places::embedded_rows().overlaid(store.place_rows().await?);
        let reading = read(path, defaults, &known)?;
        print_problems(&reading);
        let rows = &reading.rows;
        ensure!(!rows.units.is_empty() || !rows.places.is_empty() || !rows.points.is_empty(), "no row can be used; nothing was imported");
        let count = |kind| rows.places.iter().filter(|place| place.kind == kind).count();
        say!(
            "read: {} units, {} offices, {} collection points, {} facilities, {} points of a layer; {} problems",
            rows.units.len(),
            count(PlaceKind::Office),
            count(PlaceKind::CollectionPoint),
            count(PlaceKind::Facility),
            rows.points.len(),
            reading.problem_count
        );
        if dry_run {
            say!("nothing was imported: --dry-run");
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let done = store.import_places(rows, &name, now_ms()).await?;
            say!(
                "imported: {} added, {} changed, {} unchanged, {} better points kept",
                done.added,
                done.changed,
                done.same,
                done.kept_points
            );
        }
        store.close().await;
        Ok(())
    })
}

/// Prints how messages are read.
pub(crate) fn explain(config: &Config, texts: &[String]) -> anyhow::Result<()> {
    let places = super::load_places(config)?;
    let label = |unit: &u32| format!("{} {}", places.key(*unit), places.gazetteer().label(*unit));
    for text in texts {
        let asked = places.ask(text);
        let spot = match &asked.spot {
            Spot::Unsaid => "-".to_owned(),
            Spot::Here => "here".to_owned(),
            Spot::Named(Found::Nothing) => "nothing".to_owned(),
            Spot::Named(Found::One(unit)) => label(unit),
            Spot::Named(Found::Several { units, more }) => {
                let units: Vec<String> = units.iter().map(label).collect();
                format!("ask: {}{}", units.join(" | "), if *more { " | ..." } else { "" })
            }
        };
        let named: Vec<&str> = asked.named.iter().map(|&number| places.name(number)).collect();
        say!(
            "{text}\t{:?}\t{spot}\t{}\tnamed={named:?} code={:?} sure={} whole={} slipped={}",
            asked.what,
            asked.is_about_places(),
            asked.code,
            asked.named_surely,
            asked.whole,
            asked.slipped
        );
    }
    Ok(())
}

/// Prints what citizens say is wrong.
pub(crate) fn reports(config: &Config) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        for report in store.place_reports().await? {
            let day = hotro::dialogue::day_in_vietnam(report.at_ms);
            say!("{day}\t{}\t{}\t{}\t{}", report.kind, report.place_id, report.name, report.conversation_id);
        }
        store.close().await;
        Ok(())
    })
}

fn print_problems(reading: &Reading) {
    for problem in reading.problems.iter().take(PROBLEMS_PRINTED_MAX) {
        eprintln!("{problem}");
    }
    if reading.problem_count > PROBLEMS_PRINTED_MAX {
        eprintln!("... and {} more", reading.problem_count - PROBLEMS_PRINTED_MAX);
    }
}
