//! The tantivy index: one document per topic, one field per way of looking at its words.

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::directory::RamDirectory;
use tantivy::query::{BooleanQuery, BoostQuery, Query, TermQuery};
use tantivy::schema::{Field as Handle, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{DocId, Index, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument, Term as IndexTerm};

use crate::corpus::TopicTerms;
use crate::terms::{Term, Terms, grams_of};
use crate::text::vocabulary::Vocabulary;

/// Words are cut by `text`, so tantivy only splits at the spaces between them.
const TOKENIZER: &str = "whitespace";
/// The writer's arena; the whole FAQ needs about a third of it.
const ARENA_BYTES: usize = 64 * 1024 * 1024;

/// A way of looking at the words of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// Syllables with accents.
    Syl,
    /// Syllables without accents.
    Fold,
    /// Pairs of neighbouring syllables with accents.
    Syl2,
    /// Pairs of neighbouring syllables without accents.
    Fold2,
    /// Character grams of the folded syllables: for words that no text holds.
    C34,
    /// Syllables and pairs of the answer, without accents.
    Answer,
}

impl Field {
    pub(crate) const ALL: [Field; 6] = [Field::Syl, Field::Fold, Field::Syl2, Field::Fold2, Field::C34, Field::Answer];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Field::Syl => "syl",
            Field::Fold => "fold",
            Field::Syl2 => "syl2",
            Field::Fold2 => "fold2",
            Field::C34 => "c34",
            Field::Answer => "answer",
        }
    }
}

/// The index over all topics, in memory. A document's number is its topic's number.
pub(crate) struct TopicIndex {
    searcher: Searcher,
    handles: [Handle; Field::ALL.len()],
}

impl TopicIndex {
    /// Builds the index; nothing is written to disk.
    pub(crate) fn build(topics: &[TopicTerms], vocabulary: &Vocabulary) -> tantivy::Result<TopicIndex> {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(IndexRecordOption::WithFreqs);
        let handles = Field::ALL
            .map(|field| schema.add_text_field(field.name(), TextOptions::default().set_indexing_options(indexing.clone())));
        let mut writer =
            Index::builder().schema(schema.build()).single_segment_index_writer(RamDirectory::create(), ARENA_BYTES)?;
        for terms in topics {
            let mut document = TantivyDocument::default();
            for (field, handle) in Field::ALL.into_iter().zip(handles) {
                document.add_text(handle, tokens(field, terms, vocabulary));
            }
            writer.add_document(document)?;
        }
        Ok(TopicIndex { searcher: writer.finalize()?.reader()?.searcher(), handles })
    }

    /// BM25 of every topic in one field, added to `scores` (by topic number).
    pub(crate) fn score(&self, field: Field, terms: &Terms, vocabulary: &Vocabulary, scores: &mut [f32]) -> tantivy::Result<()> {
        let handle = self.handles[field as usize];
        let clause = |text: &str, weight: f32| -> Box<dyn Query> {
            let term = TermQuery::new(IndexTerm::from_field_text(handle, text), IndexRecordOption::WithFreqs);
            Box::new(BoostQuery::new(Box::new(term), weight))
        };
        let clauses: Vec<Box<dyn Query>> = match field {
            Field::C34 => terms.grams.iter().map(|(gram, weight)| clause(gram, *weight)).collect(),
            _ => {
                let (terms, spell): (_, fn(&Vocabulary, u32) -> &str) = match field {
                    Field::Syl | Field::Syl2 => (&terms.syl, |vocabulary, id| &vocabulary.word(id).syl),
                    _ => (&terms.fold, |vocabulary, id| vocabulary.folded(id)),
                };
                terms
                    .iter()
                    .filter(|(term, _)| match field {
                        Field::Syl | Field::Fold => !term.is_pair(),
                        Field::Syl2 | Field::Fold2 => term.is_pair(),
                        _ => true,
                    })
                    .map(|&(term, weight)| clause(&token(term, |id| spell(vocabulary, id)), weight))
                    .collect()
            }
        };
        if clauses.is_empty() {
            return Ok(());
        }
        let query = BooleanQuery::union(clauses);
        for (topic, score) in self.searcher.search(&query, &AllScores)? {
            if let Some(sum) = scores.get_mut(topic as usize) {
                *sum += score;
            }
        }
        Ok(())
    }
}

/// A term as tantivy holds it: "mật" or "mật_khẩu".
fn token<'a>(term: Term, spell: impl Fn(u32) -> &'a str) -> String {
    match term.words() {
        (None, word) => spell(word).to_owned(),
        (Some(first), second) => format!("{}_{}", spell(first), spell(second)),
    }
}

/// The tokens of one field of a topic, separated by spaces.
fn tokens(field: Field, terms: &TopicTerms, vocabulary: &Vocabulary) -> String {
    let syl = |id| vocabulary.word(id).syl.as_ref();
    let fold = |id| vocabulary.folded(id);
    fn only(terms: &[(Term, u32)], pairs: bool) -> impl Iterator<Item = (Term, u32)> {
        terms.iter().filter(move |(term, _)| term.is_pair() == pairs).copied()
    }
    match field {
        Field::Syl => repeated(only(&terms.syl, false), syl),
        Field::Syl2 => repeated(only(&terms.syl, true), syl),
        Field::Fold => repeated(only(&terms.fold, false), fold),
        Field::Fold2 => repeated(only(&terms.fold, true), fold),
        Field::Answer => repeated(terms.answer.iter().copied(), fold),
        Field::C34 => {
            let words = terms.fold.iter().filter(|(term, _)| !term.is_pair());
            words.flat_map(|(term, _)| grams_of(fold(term.words().1))).collect::<Vec<_>>().join(" ")
        }
    }
}

/// Each term as often as it counts.
fn repeated<'v>(terms: impl Iterator<Item = (Term, u32)>, spell: impl Fn(u32) -> &'v str) -> String {
    let mut text = String::new();
    for (term, count) in terms {
        let token = token(term, &spell);
        for _ in 0..damped(count) {
            text.push_str(&token);
            text.push(' ');
        }
    }
    text
}

/// Occurrences that count: a topic with sixty authored questions says its words dozens of times, and BM25 has long levelled off.
fn damped(count: u32) -> u32 {
    1 + count.ilog2()
}

/// Collects the score of every matching document.
struct AllScores;

impl Collector for AllScores {
    type Fruit = Vec<(DocId, Score)>;
    type Child = AllScoresOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<AllScoresOfSegment> {
        Ok(AllScoresOfSegment(Vec::new()))
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<(DocId, Score)>>) -> tantivy::Result<Vec<(DocId, Score)>> {
        // The writer makes one segment, so document numbers are topic numbers.
        Ok(segments.into_iter().flatten().collect())
    }
}

struct AllScoresOfSegment(Vec<(DocId, Score)>);

impl SegmentCollector for AllScoresOfSegment {
    type Fruit = Vec<(DocId, Score)>;

    fn collect(&mut self, document: DocId, score: Score) {
        self.0.push((document, score));
    }

    fn harvest(self) -> Vec<(DocId, Score)> {
        self.0
    }
}
