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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if path.is_file() {
        check_file(&path);
        return 1;
    }
    pure_below(&path)
}

fn pure_below(path: &Path) -> usize {
    let files: Vec<_> = fs::read_dir(path).expect("a folder of sources").map(|entry| entry.expect("an entry of it").path()).collect();
    let inner = files.iter().map(|file| {
        if file.is_dir() {
            return pure_below(file);
        }
        check_file(file);
        1
    });
    inner.sum()
}

fn check_file(path: &Path) {
    let source = fs::read_to_string(path).expect("a source file");
    for (number, line) in (1..).zip(source.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for word in line.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
            assert!(!FORBIDDEN.contains(&word), "{}:{number} mentions {word}", path.display());
        }
    }
}
