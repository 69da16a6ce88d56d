//! BM25 over the fields of the tantivy index.

use std::sync::Arc;

use super::{Asked, Column, Scorer};
use crate::corpus::Corpus;
use crate::index::{Field, TopicIndex};

pub(super) const COLUMNS: [Column; 4] = [
    Column::standardized("bm25_words"),
    Column::standardized("bm25_pairs"),
    Column::standardized("bm25_grams"),
    Column::standardized("bm25_answer"),
];

/// One column each for words, pairs, character grams and the answer. Words and pairs are matched with accents when the question
/// has any, else without.
pub(crate) struct Bm25 {
    index: TopicIndex,
    corpus: Arc<Corpus>,
}

impl Bm25 {
    pub(crate) fn new(index: TopicIndex, corpus: Arc<Corpus>) -> Bm25 {
        Bm25 { index, corpus }
    }
}

impl Scorer for Bm25 {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn score(&self, asked: &Asked<'_>, columns: &mut [Vec<f32>]) {
        let accented = !asked.terms.syl.is_empty();
        let fields = if accented { [Field::Syl, Field::Syl2] } else { [Field::Fold, Field::Fold2] };
        for (field, scores) in fields.into_iter().chain([Field::C34, Field::Answer]).zip(columns) {
            if let Err(error) = self.index.score(field, asked.terms, &self.corpus.vocabulary, scores) {
                // An index in memory does not fail; if it does, the other scorers still rank.
                tracing::error!(field = field.name(), %error, "the index cannot be searched");
            }
        }
    }
}
