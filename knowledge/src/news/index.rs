//! The set of news with its index: segments that never change, so that a new item costs its own words and nothing else.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use faq::{Faq, NewsId, NewsItem, Theme, TopicId};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::cue::Wish;
use crate::text::words::{Analyzer, Word};

/// More segments make every question slower; then the small ones are put together.
const SEGMENTS_MAX: usize = 8;
/// A segment with fewer items is small.
const SMALL_SEGMENT_ITEMS: usize = 512;
/// Words of one item that are indexed: a long article says what it is about early.
const ITEM_WORDS_MAX: usize = 1_500;

/// How often a word counts for where it stands.
const TITLE_WEIGHT: f32 = 3.0;
const QUESTION_WEIGHT: f32 = 2.0;
const TEXT_WEIGHT: f32 = 1.0;
/// What a pair of words, and an accented word, add to the plain word.
const PAIR_WEIGHT: f32 = 0.7;
const ACCENT_WEIGHT: f32 = 0.5;
/// A word that says nothing on its own still makes pairs.
const STOP_WEIGHT: f32 = 0.1;
/// Of the sum of a question's weights: a word with less moves no item, however many hold it.
const NEGLIGIBLE_SHARE: f32 = 0.002;
/// Recency, age and review move a score by no more than this factor: what is further behind the best cannot become the first.
const BEHIND_MAX: f32 = 3.0;
/// Saturation and length, as in BM25.
const K1: f32 = 1.2;
const B: f32 = 0.3;

type Key = u64;

/// The news in service: immutable, shared between threads. A change gives another set that shares all segments but the new one.
#[derive(Debug, Clone, Default)]
pub struct News {
    segments: Vec<Arc<Segment>>,
    /// Where the living version of each item stands.
    by_id: FxHashMap<NewsId, Place>,
    /// Of each segment, which of its items that is.
    alive: Vec<Vec<bool>>,
    /// Pinned ones first, then newest first.
    order: Vec<Arc<NewsItem>>,
    by_changed: FxHashMap<TopicId, Vec<Arc<NewsItem>>>,
}

type Place = (usize, usize);

/// An item that holds some of what is asked.
pub(super) struct Match<'a> {
    pub(super) item: &'a Arc<NewsItem>,
    pub(super) score: f32,
    /// As [`super::Found::coverage`].
    pub(super) coverage: f32,
}

#[derive(Debug, Default)]
struct Segment {
    items: Vec<Arc<NewsItem>>,
    /// Weighted words of each item.
    lengths: Vec<f32>,
    postings: FxHashMap<Key, Vec<(u32, f32)>>,
}

impl News {
    /// The set of these items; of two with one id the later.
    pub fn of(items: impl IntoIterator<Item = Arc<NewsItem>>) -> News {
        News::default().with(items, &[])
    }

    /// The news that were written for the FAQ.
    pub fn of_faq(faq: &Faq) -> News {
        News::of(faq.news().cloned())
    }

    /// The set after some items came, or came in another version, and others went. Only what came is indexed.
    pub fn with(&self, put: impl IntoIterator<Item = Arc<NewsItem>>, gone: &[NewsId]) -> News {
        let mut news = News { segments: self.segments.clone(), by_id: self.by_id.clone(), ..News::default() };
        for id in gone {
            news.by_id.remove(id);
        }
        news.add(put.into_iter().collect());
        if news.segments.len() > SEGMENTS_MAX {
            news.merge();
        }
        news.alive = news.segments.iter().map(|segment| vec![false; segment.items.len()]).collect();
        for &(segment, at) in news.by_id.values() {
            news.alive[segment][at] = true;
        }
        news.order = news.by_id.values().map(|&(segment, at)| Arc::clone(&news.segments[segment].items[at])).collect();
        news.order.sort_by(|a, b| (b.pinned, b.published, &b.id).cmp(&(a.pinned, a.published, &a.id)));
        for item in &news.order {
            for topic in &item.changes {
                news.by_changed.entry(topic.clone()).or_default().push(Arc::clone(item));
            }
        }
        news
    }

    fn add(&mut self, items: Vec<Arc<NewsItem>>) {
        if items.is_empty() {
            return;
        }
        let segment = Segment::build(items);
        for (at, item) in segment.items.iter().enumerate() {
            self.by_id.insert(item.id.clone(), (self.segments.len(), at));
        }
        self.segments.push(Arc::new(segment));
    }

    /// Puts the small segments together and leaves out what is gone.
    fn merge(&mut self) {
        let alive = |number: usize, segment: &Segment, by_id: &FxHashMap<NewsId, Place>| -> Vec<Arc<NewsItem>> {
            let numbered = segment.items.iter().enumerate();
            numbered.filter(|(at, item)| by_id.get(&item.id) == Some(&(number, *at))).map(|(_, item)| Arc::clone(item)).collect()
        };
        let mut kept = Vec::new();
        let mut small = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            let items = alive(number, segment, &self.by_id);
            if items.len() >= SMALL_SEGMENT_ITEMS && items.len() * 2 > segment.items.len() {
                kept.push((Arc::clone(segment), items));
            } else {
                small.extend(items);
            }
        }
        self.by_id.clear();
        self.segments.clear();
        for (segment, items) in kept {
            let living: FxHashMap<&NewsId, ()> = items.iter().map(|item| (&item.id, ())).collect();
            for (at, item) in segment.items.iter().enumerate().filter(|(_, item)| living.contains_key(&item.id)) {
                self.by_id.insert(item.id.clone(), (self.segments.len(), at));
            }
            self.segments.push(segment);
        }
        self.add(small);
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The item with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<NewsItem>> {
        self.by_id.get(id).map(|&(segment, at)| &self.segments[segment].items[at])
    }

    /// The items of a theme (`None`: all), pinned ones first, then newest first.
    pub fn latest(&self, theme: Option<Theme>) -> impl Iterator<Item = &Arc<NewsItem>> {
        self.order.iter().filter(move |item| item.is_about(theme))
    }

    /// The items that changed a topic's facts.
    pub(super) fn changing(&self, topic: &TopicId) -> impl Iterator<Item = &Arc<NewsItem>> {
        self.by_changed.get(topic).into_iter().flatten()
    }

    /// The items that hold enough of what is asked to be the best, in no order.
    pub(super) fn search(&self, wish: &Wish) -> Vec<Match<'_>> {
        let terms = query_terms(wish);
        let total = self.segments.iter().map(|segment| segment.items.len()).sum::<usize>() as f32;
        let length: f32 = self.segments.iter().flat_map(|segment| &segment.lengths).sum::<f32>() / total.max(1.0);
        let idf = |key: Key| {
            let count: usize = self.segments.iter().map(|segment| segment.postings.get(&key).map_or(0, Vec::len)).sum();
            (1.0 + (total - count as f32 + 0.5) / (count as f32 + 0.5)).ln()
        };
        let weighted: Vec<Weighted> = terms
            .iter()
            .map(|term| {
                let idf = idf(term.key);
                Weighted { key: term.key, weight: idf * term.weight, names: idf * term.names }
            })
            .collect();
        let named: f32 = weighted.iter().map(|term| term.names).sum();
        let negligible = NEGLIGIBLE_SHARE * weighted.iter().map(|term| term.weight).sum::<f32>();
        let mut found = Vec::new();
        let mut best = 0.0_f32;
        for (segment, alive) in self.segments.iter().zip(&self.alive) {
            let scores = segment.score(weighted.iter().filter(|term| term.weight > negligible), length.max(1.0));
            for ((item, (score, covered)), _) in segment.items.iter().zip(scores).zip(alive).filter(|(_, alive)| **alive) {
                // The best so far is no better than the best: what is behind it now is behind it in the end.
                if score > 0.0 && score * BEHIND_MAX >= best {
                    best = best.max(score);
                    let coverage = if named > 0.0 { covered / named } else { 0.0 };
                    found.push(Match { item, score, coverage });
                }
            }
        }
        found.retain(|found| found.score * BEHIND_MAX >= best);
        found
    }
}

/// A word of a question with what it is worth among these news.
struct Weighted {
    key: Key,
    weight: f32,
    names: f32,
}

impl Segment {
    /// Of each item its score, and what it holds of what is named.
    fn score<'a>(&self, terms: impl Iterator<Item = &'a Weighted>, average_length: f32) -> Vec<(f32, f32)> {
        let norms: Vec<f32> = self.lengths.iter().map(|length| K1 * (1.0 - B + B * length / average_length)).collect();
        let mut scores = vec![(0.0_f32, 0.0_f32); self.items.len()];
        for term in terms {
            let weight = term.weight * (K1 + 1.0);
            for &(at, count) in self.postings.get(&term.key).into_iter().flatten() {
                let at = at as usize;
                scores[at].0 += weight * count / (count + norms[at]);
                scores[at].1 += term.names;
            }
        }
        scores
    }

    fn build(items: Vec<Arc<NewsItem>>) -> Segment {
        // Of two versions of one item the later.
        let mut seen: FxHashMap<NewsId, usize> = FxHashMap::default();
        let mut kept: Vec<Arc<NewsItem>> = Vec::with_capacity(items.len());
        for item in items {
            match seen.get(&item.id) {
                Some(&at) => kept[at] = item,
                None => {
                    seen.insert(item.id.clone(), kept.len());
                    kept.push(item);
                }
            }
        }
        let mut segment = Segment { items: kept, ..Segment::default() };
        let mut analyzer = Analyzer::default();
        for (at, item) in segment.items.iter().enumerate() {
            let mut counts: FxHashMap<Key, f32> = FxHashMap::default();
            let mut length = 0.0;
            let mut add = |words: Vec<Word>, weight: f32| {
                let words = &words[..words.len().min(ITEM_WORDS_MAX)];
                length += words.len() as f32 * weight;
                for word in words {
                    *counts.entry(key(Field::Fold, &word.fold, "")).or_default() += weight;
                    *counts.entry(key(Field::Accent, &word.syl, "")).or_default() += weight;
                }
                for pair in words.windows(2) {
                    *counts.entry(key(Field::Pair, &pair[0].fold, &pair[1].fold)).or_default() += weight;
                }
            };
            add(analyzer.words(&item.title), TITLE_WEIGHT);
            for question in &item.questions {
                add(analyzer.citizen_words(question), QUESTION_WEIGHT);
            }
            add(analyzer.words(&item.plain_text()), TEXT_WEIGHT);
            segment.lengths.push(length);
            for (key, count) in counts {
                segment.postings.entry(key).or_default().push((at as u32, count));
            }
        }
        segment
    }
}

#[derive(Hash)]
enum Field {
    Fold,
    Accent,
    Pair,
}

fn key(field: Field, first: &str, second: &str) -> Key {
    let mut hasher = FxHasher::default();
    (field, first, second).hash(&mut hasher);
    hasher.finish()
}

struct QueryTerm {
    key: Key,
    weight: f32,
    /// 1 for a word that the question is about: an item should hold it.
    names: f32,
}

fn query_terms(wish: &Wish) -> Vec<QueryTerm> {
    let mut terms: Vec<QueryTerm> = Vec::new();
    let mut places: FxHashMap<Key, usize> = FxHashMap::default();
    let mut add = |key: Key, weight: f32, names: f32| match places.get(&key) {
        Some(&at) => {
            let term: &mut QueryTerm = &mut terms[at];
            term.weight = term.weight.max(weight);
        }
        None => {
            places.insert(key, terms.len());
            terms.push(QueryTerm { key, weight, names });
        }
    };
    let named: FxHashSet<&Word> = wish.named.iter().collect();
    for word in &wish.words {
        let is_content = named.contains(word);
        let weight = if is_content { 1.0 } else { STOP_WEIGHT };
        add(key(Field::Fold, &word.fold, ""), weight, f32::from(u8::from(is_content)));
        if wish.accented && word.is_accented() {
            add(key(Field::Accent, &word.syl, ""), weight * ACCENT_WEIGHT, 0.0);
        }
    }
    for pair in wish.words.windows(2) {
        add(key(Field::Pair, &pair[0].fold, &pair[1].fold), PAIR_WEIGHT, 0.0);
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use faq::{Source, Span};
    use jiff::civil::{Date, date};

    fn item(id: &str, title: &str, published: Date) -> Arc<NewsItem> {
        Arc::new(NewsItem {
            id: NewsId::parse(id).expect("an id"),
            title: title.to_owned(),
            themes: vec![Theme::HuuTri],
            published,
            effective_from: None,
            relevant_to: None,
            questions: Vec::new(),
            summary: vec![Span::plain(title)],
            details: Vec::new(),
            basis: Vec::new(),
            reviewed: None,
            source: Source { name: "x".to_owned(), url: "https://x.example/".to_owned() },
            video: None,
            topics: Vec::new(),
            changes: Vec::new(),
            pinned: false,
        })
    }

    #[test]
    fn a_changed_item_is_there_once_and_a_removed_one_not_at_all() {
        let day = date(2026, 7, 1);
        let mut news = News::default();
        for number in 0..40 {
            news = news.with([item(&format!("n-{number}"), "lương hưu", day)], &[]);
            news = news.with([item("changing", &format!("bản {number}"), day)], &[]);
        }
        assert_eq!(news.len(), 41);
        assert!(news.segments.len() <= SEGMENTS_MAX, "{}", news.segments.len());
        assert_eq!(news.get("changing").map(|item| item.title.as_str()), Some("bản 39"));
        let gone = NewsId::parse("n-7").expect("an id");
        let news = news.with([], &[gone]);
        assert_eq!((news.len(), news.get("n-7")), (40, None));
        assert_eq!(news.latest(None).count(), 40);
    }

    #[test]
    fn lists_begin_with_what_is_pinned_and_then_what_is_new() {
        let mut pinned = NewsItem::clone(&item("old", "ghim", date(2025, 1, 1)));
        pinned.pinned = true;
        let news = News::of([item("a", "a", date(2026, 1, 1)), item("b", "b", date(2026, 7, 1)), Arc::new(pinned)]);
        let order: Vec<&str> = news.latest(None).map(|item| item.id.as_str()).collect();
        assert_eq!(order, ["old", "b", "a"]);
    }
}
