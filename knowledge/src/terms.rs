//! Terms: what the scorers match on. A term is a word or a pair of neighbouring words, with or without accents.

use std::collections::BTreeMap;

use crate::text::question::Question;
use crate::text::vocabulary::Vocabulary;
use crate::text::words::Word;

/// A reading that the citizen did not write counts for less than a written word.
const ALTERNATIVE_WEIGHT: f32 = 0.4;
/// A word borrowed from the topic before only says what the talk is about.
pub(crate) const BORROWED_WEIGHT: f32 = 0.2;
/// The terms of one question that are matched, per key. The longest real letter has about 300 distinct words.
const QUESTION_TERMS_MAX: usize = 600;
/// Character grams of one question: only unknown words have them.
const GRAMS_MAX: usize = 64;

/// A word (its number) or a pair of neighbouring words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term(u64);

impl Term {
    pub(crate) fn word(id: u32) -> Term {
        Term(u64::from(id))
    }

    pub(crate) fn pair(first: u32, second: u32) -> Term {
        Term((u64::from(first) + 1) << 32 | u64::from(second))
    }

    /// The first word of a pair, if it is one, and the last word.
    pub(crate) fn words(self) -> (Option<u32>, u32) {
        ((self.0 >> 32).checked_sub(1).map(|first| first as u32), self.0 as u32)
    }

    pub(crate) fn is_pair(self) -> bool {
        self.words().0.is_some()
    }

    /// The words and pairs of a text.
    pub(crate) fn of_text(ids: &[u32]) -> impl Iterator<Item = Term> {
        ids.iter().map(|&id| Term::word(id)).chain(ids.windows(2).map(|pair| Term::pair(pair[0], pair[1])))
    }
}

/// The terms of a text and how often each occurs, sorted.
pub(crate) fn counted(ids: &[u32]) -> Vec<(Term, u32)> {
    let mut terms: Vec<Term> = Term::of_text(ids).collect();
    terms.sort_unstable();
    run_lengths(&terms)
}

/// Sorted terms and how often each occurs.
pub(crate) fn run_lengths(terms: &[Term]) -> Vec<(Term, u32)> {
    terms.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u32)).collect()
}

/// The terms of a question, each with its weight; sorted, so that sums do not depend on anything else.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    /// By accented word numbers; empty when no accent was typed.
    pub(crate) syl: Vec<(Term, f32)>,
    /// By folded word numbers.
    pub(crate) fold: Vec<(Term, f32)>,
    /// Character grams of the words that no text holds.
    pub(crate) grams: Vec<(String, f32)>,
}

impl Terms {
    pub(crate) fn of_question(question: &Question, vocabulary: &Vocabulary) -> Terms {
        let mut terms = TermsBuilder { vocabulary, syl: BTreeMap::new(), fold: BTreeMap::new() };
        terms.add(&question.words, 1.0);
        for reading in &question.alternatives {
            terms.add(reading, ALTERNATIVE_WEIGHT);
        }
        terms.add(&question.borrowed, BORROWED_WEIGHT);
        let mut grams: BTreeMap<String, f32> = BTreeMap::new();
        for word in &question.unknown {
            for gram in grams_of(&word.fold) {
                *grams.entry(gram).or_default() += 1.0;
            }
        }
        Terms {
            syl: if question.accented { bounded(terms.syl) } else { Vec::new() },
            fold: bounded(terms.fold),
            grams: grams.into_iter().take(GRAMS_MAX).collect(),
        }
    }
}

struct TermsBuilder<'a> {
    vocabulary: &'a Vocabulary,
    syl: BTreeMap<Term, f32>,
    fold: BTreeMap<Term, f32>,
}

impl TermsBuilder<'_> {
    fn add(&mut self, words: &[Word], weight: f32) {
        add_terms(&mut self.syl, words.iter().map(|word| self.vocabulary.id(word)), weight);
        add_terms(&mut self.fold, words.iter().map(|word| self.vocabulary.fold_id(word)), weight);
    }
}

/// Adds known words, and pairs of which both words are known.
fn add_terms(terms: &mut BTreeMap<Term, f32>, ids: impl Iterator<Item = Option<u32>>, weight: f32) {
    let mut before = None;
    for id in ids {
        if let Some(id) = id {
            *terms.entry(Term::word(id)).or_default() += weight;
            if let Some(before) = before {
                *terms.entry(Term::pair(before, id)).or_default() += weight;
            }
        }
        before = id;
    }
}

fn bounded(terms: BTreeMap<Term, f32>) -> Vec<(Term, f32)> {
    terms.into_iter().take(QUESTION_TERMS_MAX).collect()
}

/// All character 3-grams and 4-grams of `^word$`.
pub(crate) fn grams_of(fold: &str) -> Vec<String> {
    let letters: Vec<char> = std::iter::once('^').chain(fold.chars()).chain(['$']).collect();
    [3, 4].into_iter().flat_map(|size| letters.windows(size)).map(|gram| gram.iter().collect()).collect()
}
