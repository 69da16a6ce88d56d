//! Where content files come from: the binary or a folder.

use std::borrow::Cow;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::problem::{LoadError, Problem};
use crate::topic::TopicId;

/// A content file larger than this is refused: a topic is a page, and the largest list of authored questions is far below it.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Topics are read by people on phones; a longer file is a mistake.
pub(crate) const TOPIC_BYTES_MAX: usize = 64 * 1024;
/// All content files together; ten times what the FAQ has with a hundred questions a topic.
const FOLDER_BYTES_MAX: u64 = 64 * 1024 * 1024;
const FILES_MAX: usize = 20_000;
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(RustEmbed)]
#[folder = "."]
#[include = "content/*/*.md"]
#[include = "news/*.md"]
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
    pub(crate) bytes: Cow<'static, [u8]>,
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
    let Listing { entries, mut problems, .. } = list(dir);
    let bytes: u64 = entries.iter().map(|entry| entry.metadata.len()).sum();
    if let Some(largest) = entries.iter().max_by_key(|entry| entry.metadata.len()).filter(|_| bytes > FOLDER_BYTES_MAX) {
        let message = format!("{bytes} bytes in all files, at most {FOLDER_BYTES_MAX} allowed; this is the largest");
        return Err(LoadError { problems: vec![Problem::new(&largest.path, 0, message)] });
    }
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries {
        match read(dir, entry) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        problems.sort();
        Err(LoadError { problems })
    }
}

/// What a content folder looks like from outside: equal as long as no content file was written, replaced, added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Looks at a folder, however broken it is; opens no file.
    pub fn of(dir: &Path) -> Fingerprint {
        let Listing { entries, problems, .. } = list(dir);
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for Entry { path, metadata } in &entries {
            part(path.as_bytes());
            part(&metadata.dev().to_le_bytes());
            // Most programs write a new file and rename it over the old one.
            part(&metadata.ino().to_le_bytes());
            part(&metadata.len().to_le_bytes());
            // The time of modification can be set back, as copying programs do; this one cannot.
            part(&metadata.ctime().to_le_bytes());
            part(&metadata.ctime_nsec().to_le_bytes());
        }
        for problem in &problems {
            part(problem.to_string().as_bytes());
        }
        Fingerprint(hash.finalize().into())
    }
}

/// The content files of a folder, unread.
#[derive(Default)]
struct Listing {
    /// Sorted by path.
    entries: Vec<Entry>,
    problems: Vec<Problem>,
    /// Names met on the way, ours or not.
    seen: usize,
}

struct Entry {
    /// Relative to the FAQ folder, with `/`.
    path: String,
    /// Of the file itself when the entry is a link.
    metadata: Metadata,
}

fn list(dir: &Path) -> Listing {
    let mut listing = Listing::default();
    listing.walk(dir, "content", 1, ".md");
    for (folder, extension) in [("questions", ".tsv"), ("news", ".md")] {
        match fs::symlink_metadata(dir.join(folder)) {
            // The authored questions and the news are optional.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => listing.walk(dir, folder, 0, extension),
        }
    }
    for name in ["constants.toml", "documents.toml", "outdated.toml"] {
        match fs::metadata(dir.join(name)) {
            // A set that forbids nothing may do without.
            Err(error) if error.kind() == ErrorKind::NotFound && name == "outdated.toml" => {}
            Ok(metadata) => listing.entries.push(Entry { path: name.to_owned(), metadata }),
            Err(error) => listing.complain(name, format!("cannot read the file: {error}")),
        }
    }
    listing.entries.sort_by(|a, b| a.path.cmp(&b.path));
    listing.problems.sort();
    listing
}

impl Listing {
    /// Lists the files that lie `levels` folders below `folder`. The depth is fixed, so that a loop of links ends.
    fn walk(&mut self, root: &Path, folder: &str, levels: usize, extension: &str) {
        let names = fs::read_dir(root.join(folder)).and_then(|entries| {
            // One more than allowed is enough to see that there are too many.
            entries.take(FILES_MAX + 1).map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()
        });
        let names = match names {
            Ok(names) => names,
            Err(error) => return self.complain(folder, format!("cannot list the folder: {error}")),
        };
        for name in names {
            self.seen += 1;
            if self.seen > FILES_MAX {
                return self.complain(folder, format!("more than {FILES_MAX} files"));
            }
            // Editors and version control hide what they keep for themselves.
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = format!("{folder}/{}", name.to_string_lossy());
            match fs::metadata(root.join(folder).join(&name)) {
                Ok(metadata) if metadata.is_dir() && levels > 0 => self.walk(root, &path, levels - 1, extension),
                Ok(metadata) if metadata.is_dir() => self.complain(&path, "a folder where only files are read".to_owned()),
                _ if !path.ends_with(extension) => {}
                Ok(_) if levels > 0 => self.complain(&path, format!("expected {folder}/<domain>/<slug>{extension}")),
                Ok(_) if name.to_str().is_none() => self.complain(&path, "the name of the file is not UTF-8".to_owned()),
                Ok(metadata) => self.entries.push(Entry { path, metadata }),
                Err(error) => self.complain(&path, format!("cannot read the file: {error}")),
            }
        }
    }

    fn complain(&mut self, path: &str, message: String) {
        self.problems.push(Problem::new(path, 0, message));
    }
}

fn read(root: &Path, Entry { path, metadata }: Entry) -> Result<File, Problem> {
    // A pipe would never end, or never begin.
    if !metadata.is_file() {
        return Err(Problem::new(path, 0, "not a regular file"));
    }
    let mut bytes = Vec::new();
    // The file may have grown since it was listed.
    let read = fs::File::open(root.join(&path)).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(Problem::new(path, 0, format!("cannot read the file: {error}")));
    }
    let size = metadata.len().max(bytes.len() as u64);
    if size > FILE_BYTES_MAX {
        return Err(Problem::new(path, 0, format!("{size} bytes, at most {FILE_BYTES_MAX} allowed")));
    }
    // Editors on Windows begin a file with a mark of its encoding.
    if bytes.starts_with(UTF8_MARK) {
        bytes.drain(..UTF8_MARK.len());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(File { path, bytes: text.into_bytes().into() }),
        Err(error) => {
            let line = line_at(&String::from_utf8_lossy(error.as_bytes()), error.utf8_error().valid_up_to());
            Err(Problem::new(path, line, "not UTF-8"))
        }
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::symlink;

    use super::*;
    use tempfile::TempDir;

    fn folder() -> TempDir {
        let folder = TempDir::new().expect("a folder");
        write(&folder, "constants.toml", "");
        write(&folder, "documents.toml", "");
        write(&folder, "questions/a.tsv", "");
        write(&folder, "content/a/b.md", "1");
        folder
    }

    fn write(folder: &TempDir, path: &str, text: &str) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn problems(folder: &TempDir) -> Vec<String> {
        from_dir(folder.path()).err().map(|error| error.problems.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn what_editors_leave_behind_is_not_content() {
        let folder = folder();
        for name in [".b.md.swp", ".#b.md", "b.md~", "b.md.orig", "#b.md#", "4913"] {
            write(&folder, &format!("content/a/{name}"), "broken");
        }
        write(&folder, "content/.git/b.md", "broken");
        write(&folder, "content/README.txt", "for editors");
        write(&folder, "content/a/b.md", "\u{feff}+++");
        let files = from_dir(folder.path()).expect("it is read");
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["constants.toml", "content/a/b.md", "documents.toml", "questions/a.tsv"]);
        assert_eq!(find(&files, "content/a/b.md"), "+++");
    }

    #[test]
    fn a_folder_of_links_is_read_and_a_loop_of_links_ends() {
        let folder = folder();
        let real = TempDir::new().expect("a folder");
        fs::rename(folder.path().join("content"), real.path().join("content")).expect("moved");
        symlink(real.path().join("content"), folder.path().join("content")).expect("linked");
        assert_eq!(problems(&folder), [""; 0]);
        symlink(folder.path().join("content"), folder.path().join("content/loop")).expect("linked");
        symlink("self.md", folder.path().join("content/a/self.md")).expect("linked");
        insta::assert_snapshot!(problems(&folder).join("\n"), @r"
        content/a/self.md:0: cannot read the file: Too many levels of symbolic links (os error 40)
        content/loop/a:0: a folder where only files are read
        content/loop/loop:0: a folder where only files are read
        ");
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        let folder = folder();
        let files = FOLDER_BYTES_MAX / FILE_BYTES_MAX + 1;
        for number in 0..files {
            let file = File::create(folder.path().join(format!("questions/{number}.tsv"))).expect("made");
            file.set_len(FILE_BYTES_MAX).expect("a sparse file");
        }
        let problems = problems(&folder);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("bytes in all files, at most 67108864 allowed"), "{problems:?}");
    }

    #[test]
    fn a_fingerprint_changes_with_every_way_to_write() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        let mut seen = vec![Fingerprint::of(folder.path())];
        assert_eq!(Fingerprint::of(folder.path()), seen[0]);
        let mut changed = |how: &str| {
            let now = Fingerprint::of(folder.path());
            assert!(!seen.contains(&now), "{how}");
            seen.push(now);
        };
        write(&folder, "content/a/c.md", "1");
        changed("a new file");
        fs::write(path("content/a/c.md"), "12").expect("written");
        changed("a longer text");
        let times = fs::metadata(path("content/a/c.md")).and_then(|metadata| metadata.modified()).expect("a time");
        fs::write(path("content/a/.c.md.new"), "21").expect("written");
        File::options().write(true).open(path("content/a/.c.md.new")).and_then(|file| file.set_modified(times)).expect("set");
        fs::rename(path("content/a/.c.md.new"), path("content/a/c.md")).expect("renamed");
        changed("a rename over the old file, of the same length and time");
        fs::remove_dir_all(path("questions")).expect("removed");
        changed("a folder that is gone");
        fs::rename(path("content"), path("elsewhere")).expect("renamed");
        changed("no content");
    }
}
