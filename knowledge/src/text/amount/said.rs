//! Phrases that a text is asked for.

use rustc_hash::FxHashMap;

use super::super::words::{Word, literal_words};

/// Phrases that a text may say, cut into words once: [`phrases!`](crate::phrases).
#[derive(Debug, Default)]
pub struct Phrases {
    /// The first folded word to the phrases that begin with it.
    by_first: FxHashMap<Box<str>, Vec<Vec<Word>>>,
}

impl Phrases {
    /// Cuts the phrases.
    pub fn new(phrases: &[&str]) -> Phrases {
        let mut by_first: FxHashMap<Box<str>, Vec<Vec<Word>>> = FxHashMap::default();
        for words in phrases.iter().map(|phrase| literal_words(phrase)) {
            if let Some(first) = words.first() {
                by_first.entry(first.fold.as_ref().into()).or_default().push(words);
            }
        }
        Phrases { by_first }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_first.is_empty()
    }

    pub(super) fn beginning_with(&self, fold: &str) -> &[Vec<Word>] {
        self.by_first.get(fold).map_or(&[], Vec::as_slice)
    }
}

/// Phrases for [`Amounts::says`](crate::Amounts::says) and its like. They are cut when they are first asked for, and then kept.
#[macro_export]
macro_rules! phrases {
    ($($phrase:expr),* $(,)?) => {{
        static PHRASES: ::std::sync::LazyLock<$crate::Phrases> = ::std::sync::LazyLock::new(|| $crate::Phrases::new(&[$($phrase),*]));
        &*PHRASES
    }};
}
