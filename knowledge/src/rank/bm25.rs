//! BM25 of every topic: in the words, the pairs and the character grams of its questions, and in its answer.
//!
//! A few hundred topics fit in memory many times over, so what a term adds to a topic is worked out when the index is built, and a
//! question costs one addition for each topic that holds a term of it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::sparse::SparseRows;
use super::{Asked, Column, Scorer};
use crate::corpus::TopicTerms;
use crate::terms::{Term, grams_of};
use crate::text::vocabulary::{FoldId, Vocabulary};

pub(super) const COLUMNS: [Column; 4] = [
    Column::standardized("bm25_words"),
    Column::standardized("bm25_pairs"),
    Column::standardized("bm25_grams"),
    Column::standardized("bm25_answer"),
];

/// k1 and b of BM25, as search engines set them: how soon repeating a term adds nothing, and how much a long text is held against it.
const SATURATION: f32 = 1.2;
const LENGTH_SHARE: f32 = 0.75;

/// A pair enters the index when all topics together hold it so often: rarer pairs are two thirds of all and tell next to nothing.
const PAIR_COUNT_MIN: u32 = 3;

/// One column each for words, pairs, character grams and the answer. Words and pairs are matched with accents when the question
/// has any, else without.
pub(crate) struct Bm25 {
    syl: Questions,
    fold: Questions,
    grams: Grams,
    /// Words and pairs of the answers, without accents.
    answers: Field,
}

impl Bm25 {
    /// From the terms of each topic, by topic number.
    pub(crate) fn build(topics: &[TopicTerms], vocabulary: &Vocabulary) -> Bm25 {
        let terms_of = |key: fn(&TopicTerms) -> &[(Term, u32)]| topics.iter().map(key).collect::<Vec<_>>();
        let fold = terms_of(|topic| &topic.fold);
        Bm25 {
            syl: Questions::build(&terms_of(|topic| &topic.syl)),
            grams: Grams::build(&fold, vocabulary),
            fold: Questions::build(&fold),
            answers: Field::build(topics.iter().map(|topic| topic.answer.iter().copied())),
        }
    }
}

impl Scorer for Bm25 {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn score(&self, asked: &Asked<'_>, columns: &mut [Vec<f32>]) {
        let [words, pairs, grams, answers] = columns else { return };
        let (syl, fold) = (&asked.terms.syl, &asked.terms.fold);
        let (questions, terms) = if syl.is_empty() { (&self.fold, fold) } else { (&self.syl, syl) };
        questions.words.score(terms.iter().copied(), words);
        questions.pairs.score(terms.iter().copied(), pairs);
        self.grams.score(&asked.terms.grams, grams);
        self.answers.score(fold.iter().copied(), answers);
    }
}

/// The words and the pairs of the topics' questions, in one way of writing.
struct Questions {
    words: Field,
    pairs: Field,
}

impl Questions {
    fn build(topics: &[&[(Term, u32)]]) -> Questions {
        let mut pair_counts: FxHashMap<Term, u32> = FxHashMap::default();
        for &(term, count) in topics.iter().copied().flatten().filter(|(term, _)| term.is_pair()) {
            *pair_counts.entry(term).or_default() += count;
        }
        let words = topics.iter().map(|terms| terms.iter().copied().filter(|(term, _)| !term.is_pair()));
        let common = |&(term, _): &(Term, u32)| pair_counts.get(&term).is_some_and(|&count| count >= PAIR_COUNT_MIN);
        let pairs = topics.iter().map(|terms| terms.iter().copied().filter(common));
        Questions { words: Field::build(words), pairs: Field::build(pairs) }
    }
}

/// The character grams of the questions' folded words: for words that no text holds.
struct Grams {
    /// A gram is a term of `field` by this number.
    numbers: FxHashMap<String, u32>,
    field: Field,
}

impl Grams {
    fn build(topics: &[&[(Term, u32)]], vocabulary: &Vocabulary) -> Grams {
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        let mut by_word: FxHashMap<FoldId, Vec<u32>> = FxHashMap::default();
        let rows: Vec<FxHashSet<u32>> = topics
            .iter()
            .map(|terms| {
                let mut own = FxHashSet::default();
                for (term, _) in terms.iter().filter(|(term, _)| !term.is_pair()) {
                    let (_, word) = term.words();
                    let of_word = by_word.entry(word).or_insert_with(|| {
                        let number = |gram: String| {
                            let next = numbers.len() as u32;
                            *numbers.entry(gram).or_insert(next)
                        };
                        grams_of(vocabulary.folded(word)).into_iter().map(number).collect()
                    });
                    own.extend(of_word.iter().copied());
                }
                own
            })
            .collect();
        let field = Field::build(rows.into_iter().map(|grams| grams.into_iter().map(|gram| (Term::word(gram), 1))));
        Grams { numbers, field }
    }

    fn score(&self, grams: &[(String, f32)], scores: &mut [f32]) {
        let terms = grams.iter().filter_map(|(gram, weight)| Some((Term::word(*self.numbers.get(gram)?), *weight)));
        self.field.score(terms, scores);
    }
}

/// One way of looking at the topics: what each term alone adds to the score of each topic.
struct Field(SparseRows);

impl Field {
    /// From the terms of each topic and how often it holds them, by topic number.
    fn build<R: IntoIterator<Item = (Term, u32)>>(topics: impl IntoIterator<Item = R>) -> Field {
        let mut lengths: Vec<f32> = Vec::new();
        let rows = topics.into_iter().map(|terms| {
            let terms: Vec<(Term, f32)> = terms.into_iter().map(|(term, count)| (term, damped(count))).collect();
            lengths.push(terms.iter().map(|(_, count)| count).sum());
            terms
        });
        let mut gains = SparseRows::from_rows(rows);
        let topics = lengths.len().max(1) as f32;
        let length_mean = lengths.iter().sum::<f32>() / topics;
        let rarities: Vec<f32> = gains
            .column_lengths()
            .map(|holding| holding as f32)
            .map(|holding| (1.0 + (topics - holding + 0.5) / (holding + 0.5)).ln())
            .collect();
        gains.reweigh(|column, entry| {
            let length = lengths[entry.row as usize] / length_mean;
            let saturated = entry.weight / (entry.weight + SATURATION * (1.0 - LENGTH_SHARE + LENGTH_SHARE * length));
            entry.weight = rarities[column] * (1.0 + SATURATION) * saturated;
        });
        Field(gains)
    }

    /// BM25 of every topic for the weighted terms of a question, added to `scores` (by topic number). A term that no topic holds adds
    /// nothing.
    fn score(&self, terms: impl IntoIterator<Item = (Term, f32)>, scores: &mut [f32]) {
        for (term, weight) in terms {
            let Some(column) = self.0.column(term) else { continue };
            for entry in self.0.entries(column) {
                scores[entry.row as usize] += weight * entry.weight;
            }
        }
    }
}

/// Occurrences that count: a topic with sixty authored questions says its words dozens of times, and BM25 has long levelled off.
fn damped(count: u32) -> f32 {
    (1 + count.ilog2()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(field: &Field, terms: &[(Term, f32)]) -> [f32; 2] {
        let mut scores = [0.0; 2];
        field.score(terms.iter().copied(), &mut scores);
        scores
    }

    fn assert_close(left: [f32; 2], right: [f32; 2]) {
        assert!(left.iter().zip(right).all(|(left, right)| (left - right).abs() < 1e-5), "{left:?} is not {right:?}");
    }

    #[test]
    fn a_term_scores_as_bm25_defines_it() {
        let (rare, common, other) = (Term::word(1), Term::word(2), Term::word(3));
        // Both topics are as long as the mean: only rarity (ln 2 and ln 1.2) and repetition (2.2 * 1 / 2.2 and 2.2 * 2 / 3.2) count.
        let field = Field::build([vec![(rare, 1), (common, 1)], vec![(common, 2)]]);
        assert_close(scores(&field, &[(rare, 1.0)]), [std::f32::consts::LN_2, 0.0]);
        assert_close(scores(&field, &[(common, 1.0)]), [0.182_322, 0.250_692]);
        assert_close(scores(&field, &[(rare, 0.5), (common, 2.0), (other, 1.0)]), [0.711_217, 0.501_384]);
        // One word among one and among five: 1/3 and 5/3 of the mean length.
        let field = Field::build([vec![(common, 1)], vec![(common, 1), (other, 8)]]);
        assert_close(scores(&field, &[(common, 1.0)]), [0.250_692, 0.143_253]);
    }

    #[test]
    fn repeating_a_word_counts_by_doublings() {
        assert_eq!([1, 2, 3, 4, 60].map(damped), [1.0, 2.0, 2.0, 3.0, 6.0]);
    }

    #[test]
    fn pairs_that_hardly_occur_are_not_indexed() {
        let (common, rare) = (Term::pair(1, 2), Term::pair(2, 3));
        let topics: [&[(Term, u32)]; 2] = [&[(common, 1), (rare, 2)], &[(common, 2)]];
        let questions = Questions::build(&topics);
        assert_eq!(scores(&questions.pairs, &[(rare, 1.0)]), [0.0; 2]);
        assert!(scores(&questions.pairs, &[(common, 1.0)]).iter().all(|score| *score > 0.0));
        assert_eq!(scores(&questions.words, &[(common, 1.0)]), [0.0; 2]);
    }

    #[test]
    fn a_misspelt_word_is_found_by_the_grams_of_known_ones() {
        let mut analyzer = crate::text::words::Analyzer::default();
        let mut vocabulary = Vocabulary::default();
        let ids = ["mật khẩu", "lương hưu"].map(|text| vocabulary.add_text(&analyzer.words(text)));
        vocabulary.finish();
        let terms = ids.map(|ids| ids.iter().map(|&id| (Term::word(vocabulary.fold_of(id)), 1)).collect::<Vec<_>>());
        let grams = Grams::build(&[&terms[0], &terms[1]], &vocabulary);
        let asked: Vec<(String, f32)> = grams_of("khaau").into_iter().map(|gram| (gram, 1.0)).collect();
        let mut scores = [0.0; 2];
        grams.score(&asked, &mut scores);
        assert!(scores[0] > 0.0 && scores[1] == 0.0, "{scores:?}");
    }
}
