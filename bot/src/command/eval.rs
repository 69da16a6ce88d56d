//! `hotro eval`: the figures on labelled questions.

use std::path::Path;

use anyhow::{Context, bail};
use hotro::config::Config;
use knowledge::eval::{Perturbation, measure, parse, perturb};

pub(crate) fn run(config: &Config, file: &Path, json: bool, kind: Option<&str>, seed: u64) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let mut rows = parse(&text).with_context(|| format!("reading {}", file.display()))?;
    if let Some(name) = kind {
        let Some(kind) = Perturbation::parse(name) else { bail!("--perturb {name}: expected no-accents, telex, vni, typo or teencode") };
        for (row, seed) in rows.iter_mut().zip(seed..) {
            row.question = perturb(&row.question, kind, seed);
        }
    }
    let (metrics, _) = measure(&knowledge, &rows);
    let value = serde_json::to_value(&metrics)?;
    if json {
        println!("{value}");
        return Ok(());
    }
    println!("index {}", knowledge.index_version());
    for (name, figure) in value.as_object().into_iter().flatten() {
        match figure.as_f64() {
            Some(figure) if figure.fract() != 0.0 => println!("{name:20} {figure:.3}"),
            _ => println!("{name:20} {figure}"),
        }
    }
    Ok(())
}
