//! The tantivy index: one document per topic, one field per way of looking at its words.

use rustc_hash::FxHashMap;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::directory::RamDirectory;
use tantivy::query::{BooleanQuery, BoostQuery, Query, TermQuery};
use tantivy::schema::{Field as Handle, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{DocId, Index, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument, Term as IndexTerm};

use crate::corpus::TopicTerms;
use crate::terms::{Term, Terms, grams_of};
use crate::text::vocabulary::{FoldId, Vocabulary};

/// Words are cut by `text`, so tantivy only splits at the spaces between them.
const TOKENIZER: &str = "whitespace";
/// The writer's arena; the whole FAQ needs about a third of it.
const ARENA_BYTES: usize = 15 * 1024 * 1024;

/// Terms of a question that are searched for in one field, the rarest: each costs some microseconds, and the common words of a long
/// letter tell nothing.
const FIELD_TERMS_MAX: usize = 32;

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

    /// Whether the field is made of such terms.
    fn holds(self, term: Term) -> bool {
        match self {
            Field::Syl | Field::Fold => !term.is_pair(),
            Field::Syl2 | Field::Fold2 => term.is_pair(),
            Field::Answer => true,
            Field::C34 => false,
        }
    }

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
        let handles =
            Field::ALL.map(|field| schema.add_text_field(field.name(), TextOptions::default().set_indexing_options(indexing.clone())));
        let mut writer = Index::builder().schema(schema.build()).single_segment_index_writer(RamDirectory::create(), ARENA_BYTES)?;
        let (syl, fold) = (PairCounts::of(topics, |topic| &topic.syl), PairCounts::of(topics, |topic| &topic.fold));
        let mut grams = Grams::default();
        for topic in topics {
            let terms = TopicTerms { syl: syl.repeated(&topic.syl), fold: fold.repeated(&topic.fold), answer: topic.answer.clone() };
            let mut document = TantivyDocument::default();
            for (field, handle) in Field::ALL.into_iter().zip(handles) {
                document.add_text(handle, tokens(field, &terms, vocabulary, &mut grams));
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
                let mut terms: Vec<(Term, f32)> = terms.iter().copied().filter(|(term, _)| field.holds(*term)).collect();
                if terms.len() > FIELD_TERMS_MAX {
                    let count = |term: Term| {
                        term.rarity(|id| match field {
                            Field::Syl | Field::Syl2 => vocabulary.count(id),
                            _ => vocabulary.fold_count(id),
                        })
                    };
                    terms.sort_by_key(|&(term, _)| (count(term), term));
                    terms.truncate(FIELD_TERMS_MAX);
                }
                terms.into_iter().map(|(term, weight)| clause(&token(term, |id| spell(vocabulary, id)), weight)).collect()
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

/// The character grams of folded words, worked out once for each word.
#[derive(Default)]
struct Grams {
    numbers: FxHashMap<String, u32>,
    texts: Vec<String>,
    by_word: FxHashMap<FoldId, Vec<u32>>,
}

impl Grams {
    /// The distinct grams of some words, separated by spaces.
    fn of_words(&mut self, words: impl Iterator<Item = FoldId>, vocabulary: &Vocabulary) -> String {
        let mut numbers = Vec::new();
        for word in words {
            let Grams { numbers: known, texts, by_word } = self;
            let own = by_word.entry(word).or_insert_with(|| {
                let number = |gram: String| {
                    *known.entry(gram).or_insert_with_key(|gram| {
                        texts.push(gram.clone());
                        (texts.len() - 1) as u32
                    })
                };
                grams_of(vocabulary.folded(word)).into_iter().map(number).collect()
            });
            numbers.extend_from_slice(own);
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut text = String::new();
        for number in numbers {
            text.push_str(&self.texts[number as usize]);
            text.push(' ');
        }
        text
    }
}

/// A pair enters the index when all topics together hold it so often: rarer pairs are two thirds of all and tell next to nothing.
const PAIR_COUNT_MIN: u32 = 3;

/// How often each pair occurs in all topics.
struct PairCounts(FxHashMap<Term, u32>);

impl PairCounts {
    fn of(topics: &[TopicTerms], key: impl Fn(&TopicTerms) -> &[(Term, u32)]) -> PairCounts {
        let mut counts = FxHashMap::default();
        for &(term, count) in topics.iter().flat_map(key).filter(|(term, _)| term.is_pair()) {
            *counts.entry(term).or_default() += count;
        }
        PairCounts(counts)
    }

    /// The terms without the rare pairs.
    fn repeated(&self, terms: &[(Term, u32)]) -> Vec<(Term, u32)> {
        terms.iter().copied().filter(|(term, _)| self.0.get(term).is_none_or(|&count| count >= PAIR_COUNT_MIN)).collect()
    }
}

/// The tokens of one field of a topic, separated by spaces.
fn tokens(field: Field, terms: &TopicTerms, vocabulary: &Vocabulary, grams: &mut Grams) -> String {
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
            let words = terms.fold.iter().filter(|(term, _)| !term.is_pair()).map(|(term, _)| term.words().1);
            grams.of_words(words, vocabulary)
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
