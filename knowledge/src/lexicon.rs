//! The lexicon: what the authored questions teach about the language. It is made in training and carried with the network, so that
//! a start need not read megabytes of questions to tell a word from a slip of the keyboard.

use std::collections::BTreeMap;

use faq::Faq;
use serde::{Deserialize, Serialize};

use crate::text::words::{Analyzer, Word};

/// A pair of words must stand side by side in so many questions to count as known.
const PAIR_QUESTIONS_MIN: u32 = 3;
/// Guards against a broken file.
const WORDS_MAX: usize = 65_536;

/// The words of the authored questions and the pairs in which they stand side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lexicon {
    /// With accents and how often each occurs; sorted.
    words: Vec<(String, u32)>,
    /// Positions of the two words of each pair; sorted.
    pairs: Vec<(u32, u32)>,
}

impl Lexicon {
    /// Of the FAQ's authored questions.
    pub(crate) fn of(faq: &Faq) -> Lexicon {
        let mut analyzer = Analyzer::default();
        let mut words: BTreeMap<Word, u32> = BTreeMap::new();
        let mut pairs: BTreeMap<(Word, Word), u32> = BTreeMap::new();
        for question in faq.authored() {
            let read = analyzer.citizen_words(&question.text);
            for pair in read.windows(2) {
                *pairs.entry((pair[0].clone(), pair[1].clone())).or_default() += 1;
            }
            for word in read {
                *words.entry(word).or_default() += 1;
            }
        }
        pairs.retain(|_, count| *count >= PAIR_QUESTIONS_MIN);
        let place: BTreeMap<&Word, u32> = words.keys().zip(0..).collect();
        let pairs = pairs.keys().map(|(first, second)| (place[first], place[second])).collect();
        Lexicon { words: words.iter().map(|(word, &count)| (word.syl.to_string(), count)).collect(), pairs }
    }

    /// Whether positions and sizes are as they must be.
    pub(crate) fn is_consistent(&self) -> bool {
        let words = self.words.len();
        words <= WORDS_MAX && self.pairs.iter().all(|&(first, second)| (first as usize) < words && (second as usize) < words)
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = (Word, u32)> + '_ {
        self.words.iter().map(|(syl, count)| (Word::new(syl), *count))
    }

    pub(crate) fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_with_a_word_that_is_not_there_is_noticed() {
        let lexicon = |pairs| Lexicon { words: vec![("bảo".to_owned(), 3), ("hiểm".to_owned(), 3)], pairs };
        assert!(lexicon(vec![(0, 1)]).is_consistent());
        assert!(!lexicon(vec![(0, 2)]).is_consistent());
    }
}
