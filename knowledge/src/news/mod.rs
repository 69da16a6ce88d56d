//! The policy news: searched beside the FAQ, with recency where the question asks for what is new.
//!
//! [`News`] is a set of items with its index; [`News::with`] gives the set after some items came or went without indexing the others
//! again. [`News::read`] says what a question that the FAQ has read wants of it. The rest of the folder reads what feeds serve:
//! [`feed`], [`page`], [`link`], [`duplicate`], [`guess`]. Nothing here knows HTTP or SQL.

mod cue;
pub mod duplicate;
pub mod feed;
pub mod guess;
mod index;
pub mod link;
pub mod page;

pub use cue::Cue;
pub use index::News;

use faq::{NewsItem, Theme};
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;

use crate::ask::Reading;
use crate::decide::Decision;
use crate::intent::Intent;
use cue::Wish;
use index::Match;

/// The topic that tells where news are read: who asks that is answered that.
const WHERE_NEWS_ARE_TOPIC: &str = "vssid/news-video";
/// Items that a question may find.
pub const FOUND_MAX: usize = 5;
/// How much of what the question names an item must hold, by weight, to be given to a question that asks for news.
const GIVE_COVERAGE_MIN: f32 = 0.5;
/// The same where the question asks what has changed and the FAQ does not know.
const CHANGE_COVERAGE_MIN: f32 = 0.6;
/// The same for mentioning it under an answer of the FAQ that it is not linked to.
const MENTION_COVERAGE_MIN: f32 = 0.8;
/// The same where nothing says that news are wanted: the FAQ has nothing, and the item has nearly everything.
const UNASKED_COVERAGE_MIN: f32 = 0.9;
/// So few words may be in any item by chance.
const UNASKED_WORDS_MIN: usize = 4;
/// The share of its score that an item of today has over one that is very old, where the question asks for what is new.
const RECENT_SHARE: f32 = 0.4;
/// After so many days half of that is gone.
const RECENT_HALF_DAYS: f32 = 365.0;
/// An item past its relevance.
const OLD_FACTOR: f32 = 0.6;
/// An item whose facts were checked before one that a feed served.
const REVIEWED_FACTOR: f32 = 1.2;
/// A rule is new for so many days.
const NEW_DAYS_MAX: i32 = 90;

/// An item that a question may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The item.
    pub item: Arc<NewsItem>,
    /// For comparing items of one question only.
    pub score: f32,
    /// The share of what the question names that the item holds, 0 to 1.
    pub coverage: f32,
}

/// What a question wants of the news.
#[derive(Debug, Clone, PartialEq)]
pub enum NewsDecision {
    /// Nothing: the FAQ answers.
    Nothing,
    /// The latest of a theme; `None` is all.
    Latest(Option<Theme>),
    /// This item instead of what the FAQ has.
    Give(Arc<NewsItem>),
    /// The FAQ's answer, and this item named beside it.
    Mention(Arc<NewsItem>),
}

/// How the news read a question.
#[derive(Debug, Clone, PartialEq)]
pub struct NewsReading {
    /// What to do.
    pub decision: NewsDecision,
    /// How the question asks for it.
    pub cue: Cue,
    /// The theme that it names.
    pub theme: Option<Theme>,
    /// Best first, at most [`FOUND_MAX`].
    pub found: Vec<Found>,
}

/// For engineers: what decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewsTrace {
    /// Ids, scores and coverage, best first.
    pub found: Vec<(String, f32, f32)>,
    /// How the question asks for news.
    pub cue: Cue,
}

impl NewsReading {
    /// What decided it.
    pub fn trace(&self) -> NewsTrace {
        let found = self.found.iter().map(|found| (found.item.id.to_string(), found.score, found.coverage)).collect();
        NewsTrace { found, cue: self.cue }
    }

    fn nothing() -> NewsReading {
        NewsReading { decision: NewsDecision::Nothing, cue: Cue::None, theme: None, found: Vec::new() }
    }
}

impl News {
    /// What a question that the FAQ has read wants of the news, on a day. Any question is read in bounded time.
    pub fn read(&self, reading: &Reading, today: Date) -> NewsReading {
        if self.is_empty() {
            return NewsReading::nothing();
        }
        match reading.decision {
            Decision::Intent(Intent::News) => {
                let wish = Wish::read(&reading.trace.query);
                return NewsReading { decision: NewsDecision::Latest(wish.theme), cue: Cue::News, theme: wish.theme, found: Vec::new() };
            }
            // The ranking may take "tin mới về cổng tra cứu" for a lookup; words that are nothing but a command are one.
            Decision::Intent(Intent::Lookup) if !reading.candidates.is_empty() => {}
            Decision::Intent(_) => return NewsReading::nothing(),
            Decision::Answer | Decision::Clarify { .. } | Decision::Miss { .. } => {}
        }
        let wish = Wish::read(&reading.trace.query);
        let answered = reading.decision == Decision::Answer;
        let is_lookup = matches!(reading.decision, Decision::Intent(_));
        if (answered && wish.cue == Cue::None) || (is_lookup && wish.cue != Cue::News) {
            return NewsReading::nothing();
        }
        let found = self.find(&wish, today);
        let decision = decide(&wish, found.first(), reading);
        NewsReading { decision, cue: wish.cue, theme: wish.theme, found }
    }

    fn find(&self, wish: &Wish, today: Date) -> Vec<Found> {
        let mut found = self.search(wish);
        for Match { item, score, .. } in &mut found {
            if wish.cue == Cue::News {
                *score *= 1.0 - RECENT_SHARE + RECENT_SHARE * recency(item, today);
            }
            if item.is_old(today) {
                *score *= OLD_FACTOR;
            }
            if item.reviewed.is_some() {
                *score *= REVIEWED_FACTOR;
            }
        }
        // Equal scores: the newer, then by id, so that the answer does not depend on the order of indexing.
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (b.item.since(), &b.item.id).cmp(&(a.item.since(), &a.item.id))));
        let first = found.into_iter().take(FOUND_MAX);
        first.map(|Match { item, score, coverage }| Found { item: Arc::clone(item), score, coverage }).collect()
    }

    /// The item that makes a topic's answer worth a "Mới: ..." on a day: the newest of those that changed its facts since its review, or
    /// whose rule is new or still to come.
    pub fn news_of(&self, topic: &faq::Topic, today: Date) -> Option<&Arc<NewsItem>> {
        let is_new = |item: &NewsItem| {
            let days = (today - item.since()).get_days();
            item.since() > topic.reviewed || days <= NEW_DAYS_MAX
        };
        let items = self.changing(&topic.id).filter(|item| is_new(item) && !item.is_old(today));
        items.max_by_key(|item| (item.since(), &item.id))
    }
}

/// 1 today, a half after [`RECENT_HALF_DAYS`].
fn recency(item: &NewsItem, today: Date) -> f32 {
    let days = (today - item.published).get_days().max(0) as f32;
    1.0 / (1.0 + days / RECENT_HALF_DAYS)
}

fn decide(wish: &Wish, best: Option<&Found>, reading: &Reading) -> NewsDecision {
    if wish.cue == Cue::News && wish.content.is_empty() {
        return NewsDecision::Latest(wish.theme);
    }
    let topic = reading.candidates.first().map(|candidate| &candidate.topic);
    let answered = reading.decision == Decision::Answer;
    if answered && topic.is_some_and(|topic| topic.as_str() == WHERE_NEWS_ARE_TOPIC) {
        return NewsDecision::Nothing;
    }
    let Some(best) = best else {
        return if wish.cue == Cue::News && wish.theme.is_some() { NewsDecision::Latest(wish.theme) } else { NewsDecision::Nothing };
    };
    let item = Arc::clone(&best.item);
    let covers = |needed: f32| best.coverage >= needed;
    match (&reading.decision, wish.cue) {
        (_, Cue::News) if covers(GIVE_COVERAGE_MIN) => NewsDecision::Give(item),
        (_, Cue::News) if wish.theme.is_some() => NewsDecision::Latest(wish.theme),
        (Decision::Answer, Cue::Change | Cue::News) => {
            let linked = topic.is_some_and(|topic| item.topics.contains(topic));
            let needed = if linked { CHANGE_COVERAGE_MIN } else { MENTION_COVERAGE_MIN };
            if covers(needed) { NewsDecision::Mention(item) } else { NewsDecision::Nothing }
        }
        // What the FAQ asks back is better than an item about something else.
        (Decision::Clarify { choices }, Cue::Change)
            if covers(CHANGE_COVERAGE_MIN) && choices.iter().any(|id| item.topics.contains(id)) =>
        {
            NewsDecision::Give(item)
        }
        (Decision::Miss { .. }, Cue::Change) if covers(CHANGE_COVERAGE_MIN) => NewsDecision::Give(item),
        (Decision::Miss { .. }, Cue::None) if covers(UNASKED_COVERAGE_MIN) && wish.named.len() >= UNASKED_WORDS_MIN => {
            NewsDecision::Give(item)
        }
        _ => NewsDecision::Nothing,
    }
}
