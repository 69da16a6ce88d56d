//! What the network sees of a question: words, pairs of neighbouring words and letter grams.

use crate::hash::fnv1a;
use crate::text::words::Word;

/// A feature: 32 bits of a hash over its kind and its text. Two features that share a key are one feature; among fifty thousand that
/// happens about once.
pub(crate) type FeatureKey = u32;

/// Letters of a gram.
const GRAM_LETTERS: usize = 3;

/// The features of a text, repeated ones as often as they occur.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct QuestionFeatures {
    /// Of the folded words.
    pub(crate) folded: Vec<FeatureKey>,
    /// Of the words with their accents: left out for who types none.
    pub(crate) accented: Vec<FeatureKey>,
}

/// What a feature is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folded word.
    Word,
    /// Two neighbouring folded words.
    Pair,
    /// Three neighbouring letters of `^word$`.
    Gram,
    /// A word with its accents.
    Accented,
}

impl Kind {
    fn tag(self) -> u8 {
        match self {
            Kind::Word => b'w',
            Kind::Pair => b'p',
            Kind::Gram => b'g',
            Kind::Accented => b'a',
        }
    }

    fn key<'a>(self, parts: impl IntoIterator<Item = &'a str>) -> FeatureKey {
        const SEPARATOR: u8 = 0;
        let text = parts.into_iter().flat_map(|part| part.bytes().chain([SEPARATOR]));
        let hash = fnv1a([self.tag()].into_iter().chain(text));
        (hash ^ (hash >> 32)) as FeatureKey
    }
}

impl QuestionFeatures {
    pub(crate) fn of(words: &[Word]) -> QuestionFeatures {
        let mut folded = Vec::with_capacity(8 * words.len());
        for_each_folded(words, |_, key| folded.push(key));
        QuestionFeatures { folded, accented: words.iter().map(|word| Kind::Accented.key([word.syl.as_ref()])).collect() }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = FeatureKey> + '_ {
        self.folded.iter().chain(&self.accented).copied()
    }
}

/// Visits the features of folded words with their kinds.
pub(crate) fn for_each_folded(words: &[Word], mut visit: impl FnMut(Kind, FeatureKey)) {
    let mut letters = String::new();
    for word in words {
        visit(Kind::Word, Kind::Word.key([word.fold.as_ref()]));
        letters.clear();
        letters.extend(["^", &word.fold, "$"]);
        let mut starts: Vec<usize> = letters.char_indices().map(|(at, _)| at).collect();
        starts.push(letters.len());
        // A word of one or two letters is its only gram.
        if starts.len() > GRAM_LETTERS + 2 {
            for gram in starts.windows(GRAM_LETTERS + 1) {
                visit(Kind::Gram, Kind::Gram.key([&letters[gram[0]..gram[GRAM_LETTERS]]]));
            }
        }
    }
    for pair in words.windows(2) {
        visit(Kind::Pair, Kind::Pair.key([pair[0].fold.as_ref(), pair[1].fold.as_ref()]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words::literal_words;

    #[test]
    fn a_text_has_words_pairs_grams_and_accented_words() {
        let mut kinds = Vec::new();
        for_each_folded(&literal_words("thẻ bhyt"), |kind, _| kinds.push(kind));
        let count = |wanted: Kind| kinds.iter().filter(|kind| **kind == wanted).count();
        // ^the$ and ^bhyt$ have three and four grams.
        assert_eq!((count(Kind::Word), count(Kind::Pair), count(Kind::Gram)), (2, 1, 7));
        assert_eq!(QuestionFeatures::of(&literal_words("thẻ bhyt")).accented.len(), 2);
    }

    #[test]
    fn accents_change_only_the_accented_features() {
        let (with, without) = (QuestionFeatures::of(&literal_words("thẻ")), QuestionFeatures::of(&literal_words("the")));
        assert_eq!(with.folded, without.folded);
        assert_ne!(with.accented, without.accented);
    }
}
