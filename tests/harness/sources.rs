//! House rules that can be read off the sources.

use std::fs;
use std::path::Path;

/// Words of clocks, chance and the world outside.
const FORBIDDEN: [&str; 9] = ["tokio", "axum", "sqlx", "teloxide", "reqwest", "SystemTime", "Instant", "rand", "async"];

/// Makes sure that nothing in a folder or file, named from the root of the repository, mentions a clock, chance or the world outside,
/// and gives the number of files read.
///
/// # Panics
/// Something does, or cannot be read.
pub fn pure(path: &str) -> usize {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path))
}

/// Checks a file, or every source below a folder.
fn check(path: &Path) -> usize {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder of sources").map(|entry| entry.expect("an entry of it").path());
        return entries
            .filter(|entry| entry.is_dir() || entry.extension().is_some_and(|kind| kind == "rs"))
            .map(|entry| check(&entry))
            .sum();
    }
    check_file(path);
    1
}

fn check_file(path: &Path) {
    let source = fs::read_to_string(path).expect("a source file");
    for (number, line) in (1..).zip(source.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for word in line.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
            assert!(!FORBIDDEN.contains(&word), "{}:{number} mentions {word}", path.display());
        }
    }
}
