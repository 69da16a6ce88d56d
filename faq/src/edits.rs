//! Which files differ between two loads of the content: for the log of a running service.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::source::File;

/// By path, relative to the FAQ folder. Digests are compared within one process only.
pub(crate) type FileDigests = BTreeMap<String, u64>;

/// The files that were edited, each relative to the FAQ folder, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those whose text is another.
    pub changed: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
}

pub(crate) fn digests(files: &[File]) -> FileDigests {
    let digest = |file: &File| {
        let mut hasher = DefaultHasher::new();
        file.bytes.hash(&mut hasher);
        hasher.finish()
    };
    files.iter().map(|file| (file.path.clone(), digest(file))).collect()
}

pub(crate) fn between(before: &FileDigests, now: &FileDigests) -> Edits {
    let mut edits = Edits::default();
    for (path, digest) in now {
        match before.get(path) {
            None => edits.added.push(path.clone()),
            Some(old) if old != digest => edits.changed.push(path.clone()),
            Some(_) => {}
        }
    }
    edits.removed = before.keys().filter(|path| !now.contains_key(*path)).cloned().collect();
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_told_apart() {
        let digests = |files: &[(&str, &str)]| {
            let files: Vec<File> = files.iter().map(|(path, text)| File::new(path, text)).collect();
            digests(&files)
        };
        let before = digests(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let now = digests(&[("a", "1"), ("b", "2"), ("d", "1")]);
        let edits = between(&before, &now);
        assert_eq!((edits.added, edits.changed, edits.removed), (vec!["d".to_owned()], vec!["b".to_owned()], vec!["c".to_owned()]));
    }
}
