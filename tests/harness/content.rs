//! FAQ folders for tests: a small one that is in order, and a copy of the program's own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The amounts of [`small_faq`].
pub const SMALL_CONSTANTS: &str = r#"[fee]
label = "Phí"
unit = "dong"
values = [
  { from = 2020-01-01, to = 2025-12-31, value = 1000, basis = "Điều 1" },
  { from = 2026-01-01, value = 2000, basis = "Điều 2" },
]
"#;

/// What no answer of [`small_faq`] may say.
pub const SMALL_OUTDATED: &str = r#"past = ["trước đây"]

[[statement]]
phrases = ["quay tay"]
was = "chuông cũ"
instead = "chuông điện"
source = { document = "guide", article = "Mục II" }
example = "Quay tay cho chuông kêu."
"#;

/// A topic of [`small_faq`].
pub const SMALL_TOPIC: &str = r#"+++
title = "Bật chuông"
questions = [
  "bật chuông ở đâu",
  "làm sao để chuông kêu",
  "chuông của tôi im lặng",
  "muốn nghe chuông",
  "chỉnh chuông",
  "mở chuông giúp em với ad ơi",
]
basis = [{ document = "guide", article = "Mục I" }]
effective_from = 2021-01-01
reviewed = 2026-06-01
review_by = 2027-06-01
related = ["vssid/mute"]
actions = []
aliases = []
+++
Vào phần cài đặt, phí là {{fee}}, xem [các bước](#cac-buoc).

## Các bước
1. Mở cài đặt.
"#;

/// A FAQ of two topics that is in order: `vssid/ring` and, related to it, `vssid/mute`.
///
/// # Panics
/// It cannot be written.
pub fn small_faq() -> TempDir {
    let faq = folder();
    write(&faq, "constants.toml", SMALL_CONSTANTS);
    write(&faq, "documents.toml", "[guide]\ntitle = \"Hướng dẫn\"\nurl = \"https://guide.example/\"\nfrom = 2020-01-01\n");
    write(&faq, "outdated.toml", SMALL_OUTDATED);
    write(&faq, "questions/vssid.tsv", "topic\tregister\tquestion\nvssid/ring\tchat\tsao máy không kêu\n");
    write(&faq, "content/vssid/ring.md", SMALL_TOPIC);
    write(&faq, "content/vssid/mute.md", &SMALL_TOPIC.replace("chuông", "màn hình").replace("vssid/mute", "vssid/ring"));
    faq
}

/// A copy of the topics that the program carries, with the authored questions of VssID alone: a debug build takes many seconds to
/// index those of all domains.
///
/// # Panics
/// It cannot be copied.
pub fn all_topics() -> TempDir {
    let faq = folder();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../faq");
    let files = |folder: PathBuf| fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        ["constants.toml", "documents.toml", "outdated.toml", "questions/vssid.tsv"].map(|name| source.join(name)).into();
    paths.extend(files(source.join("content")).flat_map(files));
    for path in paths {
        let name = path.strip_prefix(&source).expect("below the source").to_str().expect("UTF-8");
        write(&faq, name, &fs::read_to_string(&path).expect("read"));
    }
    faq
}

/// Writes a file of a FAQ and makes the folders above it.
///
/// # Panics
/// It cannot be written.
pub fn write(faq: &TempDir, path: &str, text: &str) {
    let path = faq.path().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}
