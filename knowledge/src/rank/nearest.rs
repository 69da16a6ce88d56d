//! The nearest paraphrases: how much the question resembles the most similar known questions of each topic.

use super::sparse::SparseRows;
use super::{Asked, Column, Scorer};
use crate::corpus::Corpus;
use crate::terms::{Term, counted};
use crate::text::vocabulary::WordId;

pub(super) const COLUMNS: [Column; 2] = [Column::standardized("nearest_best"), Column::standardized("nearest_mean")];

/// Similar questions of a topic that count. One alone is often an accident of wording.
const NEAREST_PER_TOPIC: usize = 5;
/// Terms in a larger share of all questions tell nothing apart and would cost most of the time.
const COMMON_SHARE_MAX: f32 = 0.08;
/// Guards the division of an empty question.
const NORM_MIN: f32 = 1e-6;

/// All known questions as TF-IDF vectors over words and pairs without accents, each of length one.
pub(crate) struct Nearest {
    vectors: SparseRows,
    /// Weight of each column's term; 0 for common terms.
    idf: Vec<f32>,
    /// Weight of a term that no question holds.
    idf_max: f32,
    /// The first row of each topic; one more than there are topics.
    topic_starts: Vec<usize>,
}

/// How similar a topic's questions are to the one asked, as cosines.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Similarity {
    /// The most similar one.
    pub(crate) best: f32,
    /// Mean of the [`NEAREST_PER_TOPIC`] most similar.
    pub(crate) mean: f32,
}

impl Nearest {
    pub(crate) fn build(corpus: &Corpus) -> Nearest {
        let folded = |words: &[WordId]| words.iter().map(|&word| corpus.vocabulary.fold_of(word)).collect::<Vec<_>>();
        let mut vectors = SparseRows::from_rows(
            corpus
                .questions
                .iter()
                .map(|question| counted(&folded(&question.words)).into_iter().map(|(term, count)| (term, 1.0 + (count as f32).ln()))),
        );
        let rows = vectors.rows() as f32;
        let idf_of = |share: f32| (1.0 + 1.0 / share).ln();
        let mut idf: Vec<f32> = vectors.column_lengths().map(|length| idf_of(length as f32 / rows)).collect();
        let mut norms = vec![0.0_f32; vectors.rows()];
        vectors.reweigh(|column, entry| {
            entry.weight *= idf[column];
            norms[entry.row as usize] += entry.weight * entry.weight;
        });
        vectors.reweigh(|_, entry| entry.weight /= norms[entry.row as usize].sqrt().max(NORM_MIN));
        idf.iter_mut().filter(|idf| **idf < idf_of(COMMON_SHARE_MAX)).for_each(|idf| *idf = 0.0);
        let starts = (0..=corpus.answers.len()).map(|topic| corpus.questions.partition_point(|question| question.topic < topic));
        Nearest { vectors, idf, idf_max: idf_of(1.0 / rows.max(1.0)), topic_starts: starts.collect() }
    }

    /// The similarity of each topic, by topic number. `terms` are the question's folded terms.
    pub(crate) fn similarities(&self, terms: &[(Term, f32)]) -> Vec<Similarity> {
        let mut cosines = vec![0.0_f32; self.vectors.rows()];
        let mut norm = 0.0;
        for &(term, weight) in terms {
            let column = self.vectors.column(term);
            let weight = weight * column.map_or(self.idf_max, |column| self.idf[column]);
            norm += weight * weight;
            if let Some(column) = column.filter(|&column| self.idf[column] > 0.0) {
                for entry in self.vectors.entries(column) {
                    cosines[entry.row as usize] += weight * entry.weight;
                }
            }
        }
        let norm = norm.sqrt().max(NORM_MIN);
        let topics = self.topic_starts.windows(2);
        topics
            .map(|rows| {
                let mut top = [0.0_f32; NEAREST_PER_TOPIC];
                for &cosine in &cosines[rows[0]..rows[1]] {
                    insert(&mut top, cosine);
                }
                Similarity { best: top[0] / norm, mean: top.iter().sum::<f32>() / (norm * NEAREST_PER_TOPIC as f32) }
            })
            .collect()
    }
}

impl Scorer for Nearest {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn score(&self, asked: &Asked<'_>, columns: &mut [Vec<f32>]) {
        let [best, mean] = columns else { return };
        for (topic, similarity) in self.similarities(&asked.terms.fold).into_iter().enumerate() {
            best[topic] = similarity.best;
            mean[topic] = similarity.mean;
        }
    }
}

/// Keeps the largest values, largest first. Which of two is larger cannot be foreseen, and this runs for every question of the FAQ:
/// nothing branches on it.
fn insert(top: &mut [f32; NEAREST_PER_TOPIC], mut value: f32) {
    for kept in top {
        (*kept, value) = if value > *kept { (value, *kept) } else { (*kept, value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_largest_are_kept_in_order(mut values in proptest::collection::vec(0.0..1.0_f32, NEAREST_PER_TOPIC..40)) {
            let mut top = [0.0; NEAREST_PER_TOPIC];
            values.iter().for_each(|&value| insert(&mut top, value));
            values.sort_unstable_by(|a, b| b.total_cmp(a));
            prop_assert_eq!(&top[..], &values[..NEAREST_PER_TOPIC]);
        }
    }
}
