//! Where content files come from: the binary or a folder.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::problem::{LoadError, Problem};
use crate::topic::TopicId;

/// A content file larger than this is refused: a topic is a page, and the largest list of authored questions is far below it.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Topics are read by people on phones; a longer file is a mistake.
pub(crate) const TOPIC_BYTES_MAX: usize = 64 * 1024;
const FILES_MAX: usize = 20_000;

#[derive(RustEmbed)]
#[folder = "."]
#[include = "content/*/*.md"]
#[include = "questions/*.tsv"]
#[include = "constants.toml"]
#[include = "documents.toml"]
#[include = "outdated.toml"]
struct Embedded;

/// One content file; `path` is relative to the FAQ folder, with `/`.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    /// UTF-8.
    bytes: Cow<'static, [u8]>,
}

impl File {
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), bytes: text.to_owned().into_bytes().into() }
    }

    /// The topic that the file holds; `None` when it is not a topic file.
    pub(crate) fn topic_id(&self) -> Option<TopicId> {
        TopicId::parse(self.path.strip_prefix("content/")?.strip_suffix(".md")?)
    }

    /// Whether it lists authored questions.
    pub(crate) fn is_authored(&self) -> bool {
        self.path.starts_with("questions/")
    }

    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

pub(crate) fn embedded() -> Vec<File> {
    let mut files: Vec<File> =
        Embedded::iter().filter_map(|path| Some(File { path: path.to_string(), bytes: Embedded::get(&path)?.data })).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

pub(crate) fn from_dir(dir: &Path) -> Result<Vec<File>, LoadError> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for (folder, extension) in [("content", "md"), ("questions", "tsv")] {
        walk(dir, folder, extension, &mut files, &mut problems);
    }
    for name in ["constants.toml", "documents.toml"] {
        read(dir, name.to_owned(), &mut files, &mut problems);
    }
    // A set that forbids nothing may do without.
    if dir.join("outdated.toml").exists() {
        read(dir, "outdated.toml".to_owned(), &mut files, &mut problems);
    }
    if problems.is_empty() {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    } else {
        Err(LoadError { problems })
    }
}

fn walk(root: &Path, folder: &str, extension: &str, files: &mut Vec<File>, problems: &mut Vec<Problem>) {
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        // The authored questions are optional, the topics are not: an empty set is reported by the parser.
        Err(_) if folder == "questions" => return,
        Err(error) => return problems.push(Problem::new(folder, 0, format!("cannot list the folder: {error}"))),
    };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            walk(root, &path, extension, files, problems);
        } else if name.ends_with(&format!(".{extension}")) {
            if files.len() >= FILES_MAX {
                return problems.push(Problem::new(path, 0, format!("more than {FILES_MAX} content files")));
            }
            read(root, path, files, problems);
        }
    }
}

fn read(root: &Path, path: String, files: &mut Vec<File>, problems: &mut Vec<Problem>) {
    let full = root.join(&path);
    match fs::metadata(&full) {
        Ok(meta) if meta.len() > FILE_BYTES_MAX => {
            let size = meta.len();
            return problems.push(Problem::new(path, 0, format!("{size} bytes, at most {FILE_BYTES_MAX} allowed")));
        }
        Ok(_) => {}
        Err(error) => return problems.push(Problem::new(path, 0, format!("cannot read the file: {error}"))),
    }
    match fs::read(&full).map(String::from_utf8) {
        Ok(Ok(text)) => files.push(File { path, bytes: text.into_bytes().into() }),
        Ok(Err(error)) => {
            let line = line_at(&String::from_utf8_lossy(error.as_bytes()), error.utf8_error().valid_up_to());
            problems.push(Problem::new(path, line, "not UTF-8"));
        }
        Err(error) => problems.push(Problem::new(path, 0, format!("cannot read the file: {error}"))),
    }
}

/// The text of a file; empty when it is missing, which parses as "nothing defined".
pub(crate) fn find<'a>(files: &'a [File], path: &str) -> Cow<'a, str> {
    files.iter().find(|file| file.path == path).map_or("".into(), File::text)
}

/// 16 hex digits over all paths and texts. The files are sorted, so the order of reading does not matter.
pub(crate) fn digest<'a>(files: impl Iterator<Item = &'a File>) -> String {
    let mut hash = Sha256::new();
    for file in files {
        for part in [file.path.as_bytes(), &file.bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The line (from 1) of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}
