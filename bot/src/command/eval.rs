//! `hotro eval`: the figures on labelled questions.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::dialogue::day_in_vietnam;
use knowledge::Knowledge;
use knowledge::eval::{Perturbation, Row, curve, curve_svg, curve_table, measure, perturb};

/// How the questions are changed first.
pub(crate) struct Changes<'a> {
    /// The kind's name; `None` leaves them as they are.
    pub(crate) kind: Option<&'a str>,
    pub(crate) seed: u64,
}

pub(crate) fn run(config: &Config, files: &[PathBuf], changes: &Changes<'_>, json: bool, drawing: Option<&Path>) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    let mut rows = Vec::new();
    for file in files {
        rows.extend(super::labelled(file)?);
    }
    if let Some(name) = changes.kind {
        let Some(kind) = Perturbation::parse(name) else { bail!("--perturb {name}: expected no_accents, telex, vni, typo or teencode") };
        for (row, seed) in rows.iter_mut().zip(changes.seed..) {
            row.question = perturb(&row.question, kind, seed);
        }
    }
    match drawing {
        Some(file) => draw_curve(&knowledge, &rows, file),
        None => print_figures(&knowledge, &rows, json),
    }
}

fn print_figures(knowledge: &Knowledge, rows: &[Row], json: bool) -> anyhow::Result<()> {
    let (metrics, _) = measure(knowledge, rows);
    let value = serde_json::to_value(&metrics)?;
    if json {
        say!("{value}");
        return Ok(());
    }
    say!("index {}", knowledge.index_version());
    for (name, figure) in value.as_object().into_iter().flatten() {
        match figure.as_f64() {
            Some(figure) if figure.fract() != 0.0 => say!("{name:20} {figure:.3}"),
            _ => say!("{name:20} {figure}"),
        }
    }
    Ok(())
}

fn draw_curve(knowledge: &Knowledge, rows: &[Row], file: &Path) -> anyhow::Result<()> {
    let points = curve(knowledge, rows);
    let chosen = knowledge.weights().thresholds.answer;
    let title = format!("{} questions on {}, index {}", rows.len(), day_in_vietnam(now_ms()), knowledge.index_version());
    std::fs::write(file, curve_svg(&points, chosen, &title)).with_context(|| format!("writing {}", file.display()))?;
    say!("{title}, answered from {chosen}\n\n{}", curve_table(&points));
    Ok(())
}
