//! Rebuilds the crate when a content file is added or removed: the embedding macro sees only files that existed before.
fn main() {
    for path in ["content", "news", "questions", "constants.toml", "documents.toml", "outdated.toml"] {
        println!("cargo:rerun-if-changed={path}");
    }
}
