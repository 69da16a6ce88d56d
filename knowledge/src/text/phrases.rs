//! Phrase tables: data files that map a phrase to what it stands for.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::words::{Word, literal_words};

/// Rewriting ends after so many passes even if a table would go round in circles; the tables need two.
const REWRITE_PASSES_MAX: usize = 4;

/// The tables of the text chain, read once.
pub(crate) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
        abbreviations: PhraseTable::rewriting(include_str!("../../data/abbreviations.tsv")),
        teencode: PhraseTable::rewriting(include_str!("../../data/teencode.tsv")),
        alternatives: Alternatives::parse(include_str!("../../data/alternatives.tsv")),
        fillers: PhraseTable::listing(include_str!("../../data/fillers.tsv")),
    });
    &TABLES
}

pub(crate) struct Tables {
    pub(crate) abbreviations: PhraseTable<Vec<Word>>,
    pub(crate) teencode: PhraseTable<Vec<Word>>,
    pub(crate) alternatives: Alternatives,
    pub(crate) fillers: PhraseTable<()>,
}

impl Tables {
    /// The rows of chat spelling, standard and chat form, in the order of the file.
    pub(crate) fn teencode_rows(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        rows(include_str!("../../data/teencode.tsv")).filter_map(|row| row.split_once('\t'))
    }
}

/// Phrases found by their folded words, the longest first.
pub(crate) struct PhraseTable<T> {
    /// The first folded word to the phrases that begin with it, longest first.
    by_first: FxHashMap<Box<str>, Vec<Phrase<T>>>,
}

struct Phrase<T> {
    words: Vec<Word>,
    value: T,
}

impl<T> PhraseTable<T> {
    pub(crate) fn new(phrases: impl IntoIterator<Item = (Vec<Word>, T)>) -> PhraseTable<T> {
        let mut by_first: FxHashMap<Box<str>, Vec<Phrase<T>>> = FxHashMap::default();
        for (words, value) in phrases {
            if let Some(first) = words.first() {
                by_first.entry(first.fold.as_ref().into()).or_default().push(Phrase { words, value });
            }
        }
        for phrases in by_first.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        PhraseTable { by_first }
    }

    /// The phrases that `words` begins with, longest first: their length in words and what they stand for.
    pub(crate) fn at_start<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = (usize, &'a T)> {
        words
            .first()
            .and_then(|first| self.by_first.get(first.fold.as_ref()))
            .into_iter()
            .flatten()
            .filter(|phrase| {
                words
                    .get(..phrase.words.len())
                    .is_some_and(|start| start.iter().zip(&phrase.words).all(|(word, wanted)| word.fold == wanted.fold))
            })
            .map(|phrase| (phrase.words.len(), &phrase.value))
    }

    /// Every word that stands in a phrase, for the vocabulary: such words are known and never repaired.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Word> {
        self.by_first.values().flatten().flat_map(|phrase| &phrase.words)
    }
}

impl PhraseTable<Vec<Word>> {
    /// `standard<TAB>variant` lines.
    fn rewriting(table: &str) -> PhraseTable<Vec<Word>> {
        PhraseTable::new(rows(table).filter_map(|row| {
            let (standard, variant) = row.split_once('\t')?;
            Some((literal_words(variant), literal_words(standard)))
        }))
    }

    /// Replaces every phrase, from left to right, until nothing changes.
    pub(crate) fn rewrite(&self, mut words: Vec<Word>) -> Vec<Word> {
        for _ in 0..REWRITE_PASSES_MAX {
            match self.rewrite_once(&words) {
                Some(changed) => words = changed,
                None => break,
            }
        }
        words
    }

    /// One pass; `None` when no phrase was found, so that the usual text is not copied.
    fn rewrite_once(&self, words: &[Word]) -> Option<Vec<Word>> {
        let mut changed: Option<Vec<Word>> = None;
        let mut at = 0;
        while at < words.len() {
            // A phrase that already stands there is no change: "cccd" for "cccd".
            let found = self.at_start(&words[at..]).find(|(length, standard)| words[at..at + length] != standard[..]);
            if let Some((length, standard)) = found {
                changed.get_or_insert_with(|| words[..at].to_vec()).extend_from_slice(standard);
                at += length;
            } else {
                if let Some(changed) = &mut changed {
                    changed.push(words[at].clone());
                }
                at += 1;
            }
        }
        changed
    }
}

impl PhraseTable<()> {
    /// One phrase a line. Long and chat forms in it are replaced as they will be in the question.
    fn listing(table: &str) -> PhraseTable<()> {
        let rewriting = [include_str!("../../data/abbreviations.tsv"), include_str!("../../data/teencode.tsv")].map(PhraseTable::rewriting);
        PhraseTable::new(rows(table).map(|row| {
            let words = rewriting.iter().fold(literal_words(row), |words, table| table.rewrite(words));
            (words, ())
        }))
    }
}

/// Other readings of a word or phrase, found exactly as written.
pub(crate) struct Alternatives {
    readings: PhraseTable<Reading>,
}

struct Reading {
    written: Vec<Word>,
    meant: Vec<Word>,
}

impl Alternatives {
    fn parse(table: &str) -> Alternatives {
        Alternatives {
            readings: PhraseTable::new(rows(table).filter_map(|row| {
                let (written, meant) = row.split_once('\t')?;
                let written = literal_words(written);
                Some((written.clone(), Reading { written, meant: literal_words(meant) }))
            })),
        }
    }

    /// The readings of the phrases that `words` begins with.
    pub(crate) fn at_start<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = &'a [Word]> {
        self.readings
            .at_start(words)
            .filter(|(length, reading)| words[..*length] == reading.written[..])
            .map(|(_, reading)| &reading.meant[..])
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = &Word> {
        self.readings.words()
    }
}

/// The lines of a data file that say something.
pub(crate) fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewriting_reaches_a_fixed_point() {
        for table in [&tables().abbreviations, &tables().teencode] {
            for phrase in table.by_first.values().flatten() {
                let once = table.rewrite(phrase.words.clone());
                assert_eq!(table.rewrite(once.clone()), once, "{:?}", phrase.words);
            }
        }
    }

    #[test]
    fn every_row_has_its_columns() {
        for (table, columns) in [
            (include_str!("../../data/abbreviations.tsv"), 2),
            (include_str!("../../data/teencode.tsv"), 2),
            (include_str!("../../data/alternatives.tsv"), 2),
            (include_str!("../../data/fillers.tsv"), 1),
        ] {
            for row in rows(table) {
                assert_eq!(row.split('\t').count(), columns, "{row}");
                assert!(row.split('\t').all(|column| !literal_words(column).is_empty()), "{row}");
            }
        }
    }

    #[test]
    fn an_alternative_needs_the_very_spelling() {
        let meant = |text: &str| tables().alternatives.at_start(&literal_words(text)).count();
        assert!(meant("tt") > 1);
        assert_eq!(meant("mật"), 0, "mất (to die) is another word");
        assert!(meant("mất") > 0);
    }
}
