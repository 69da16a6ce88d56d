//! Every parser of bytes from outside, over its corpus and small changes of it: minutes of `make fuzz` in seconds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::fuzz::{INPUT_BYTES_MAX, TARGETS};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

/// Changed inputs per target: a debug build takes some milliseconds for one.
const CHANGED: usize = 150;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// A few bytes replaced, removed, doubled or taken from another input.
fn changed(inputs: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = inputs[random.random_range(0..inputs.len())].clone();
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=bytes.len());
        let until = (at + random.random_range(0..16)).min(bytes.len());
        match random.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] = random.next_u32().to_le_bytes()[0],
            1 => drop(bytes.drain(at..until)),
            2 => {
                let piece = bytes[at..until].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => {
                let other = &inputs[random.random_range(0..inputs.len())];
                let from = random.random_range(0..=other.len());
                bytes.splice(at..until, other[from..(from + 24).min(other.len())].iter().copied());
            }
            _ => drop(
                bytes.splice(
                    at..at,
                    [b"\0".as_slice(), b"\xff", b"<", b"\"", b"{{", "ạ".as_bytes(), b"99999999999999999999"][random.random_range(0..7)]
                        .iter()
                        .copied(),
                ),
            ),
        }
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn survives(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let inputs: Vec<Vec<u8>> = files(&corpus().join(name)).iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(!inputs.is_empty(), "{name} has no corpus");
    inputs.iter().for_each(|bytes| (target.run)(bytes));
    let mut random = StdRng::seed_from_u64(2026);
    for _ in 0..CHANGED {
        (target.run)(&changed(&inputs, &mut random));
    }
}

macro_rules! survives {
    ($($test:ident: $name:literal),* $(,)?) => {
        const TRIED: &[&str] = &[$($name),*];
        $(#[test] fn $test() { survives($name); })*
    };
}

survives! {
    amounts: "amounts", api: "api", ask: "ask", attachment: "attachment", calculator: "calculator", config: "config", constants: "constants",
    dialogue: "dialogue", display: "display", documents: "documents", feed: "feed", hours: "hours", identity: "identity", log: "log",
    news: "news", page: "page", places: "places", places_json: "places-json", places_text: "places-text",
    places_workbook: "places-workbook", questions: "questions", records: "records", topic: "topic", webhook: "webhook",
}

#[test]
fn every_target_is_tried_and_has_a_corpus() {
    let names: BTreeSet<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, TRIED.iter().copied().collect());
    let folders = files(&corpus());
    assert_eq!(names, folders.iter().map(|folder| folder.file_name().unwrap().to_str().unwrap()).collect());
}

#[test]
fn a_misspelt_target_is_refused_before_anything_is_built() {
    // Were it not refused, cargo would refuse the profile.
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/run");
    let ran = Command::new(script).env("TARGETS", "feed paeg").env("PROFILE", "none").output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.starts_with("no fuzz target is called paeg; there are: amounts api "), "{said}");
}
