//! Fetching feeds, each when it is due. One node at a time does this.
//!
//! Items are stored first and the feed's validators after them: whoever dies between reads the same answer again, and an address that is
//! known is stored no second time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use knowledge::news::duplicate::Sketch;
use knowledge::news::feed::{self, FeedItem};
use knowledge::news::guess::{Language, guess};
use knowledge::news::page;
use rand::Rng;
use reqwest::Url;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::fetch::{FetchError, Fetched, Page};
use super::{FeedConfig, NewsService};
use crate::channel::telegram::lease::stopped;
use crate::conversation::now_ms;
use crate::store::{FeedOutcome, NEWS_READ_MAX, NewsFeedRow, NewsRow, NewsStored, StoreError};

/// Between two looks at what is due.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Feeds fetched at once.
const FETCHES_AT_ONCE: usize = 4;
/// However often it has failed, a feed is asked again after so long.
const BACKOFF_MS_MAX: i64 = 6 * 60 * 60 * 1_000;
/// The rest between two looks is longer or shorter by this share at most: many nodes and feeds do not fall into step.
const JITTER: f64 = 0.1;
/// Items that are compared with new ones.
const RECENT_MAX: usize = 1_000;
/// Articles read for one answer of a feed; the next look reads on.
const ARTICLES_A_LOOK_MAX: usize = 20;
/// An item that is older when it is met is no news to send.
const SENT_AGE_MS_MAX: i64 = 3 * 24 * 60 * 60 * 1_000;

/// What the worker remembers between looks.
struct Worker {
    service: Arc<NewsService>,
    /// Newest last.
    recent: VecDeque<(String, Sketch)>,
}

/// Fetches until `halt`.
pub(super) async fn run(service: Arc<NewsService>, halt: watch::Receiver<bool>) {
    let mut worker = Worker { service, recent: VecDeque::new() };
    if let Err(error) = worker.remember_recent().await {
        tracing::error!(%error, "the latest news cannot be read; the same text of two feeds may be stored twice");
    }
    while !*halt.borrow() {
        if let Err(error) = worker.look(&halt).await {
            tracing::error!(%error, "what was fetched cannot be stored; it is fetched again");
        }
        tokio::select! {
            () = stopped(&halt) => {}
            () = sleep(LOOK_AGAIN) => {}
        }
    }
    // Another node fetches from now on and tells how often it failed.
    for feed in &worker.service.config.feeds {
        failures_of(feed, 0);
    }
}

/// So many times in a row.
fn failures_of(feed: &FeedConfig, failures: i64) {
    metrics::gauge!("hotro_news_feed_failures", "feed" => feed.id.clone()).set(failures as f64);
}

/// What came of asking a feed.
enum Answer {
    NotModified,
    Read { page: Page, items: Vec<FeedItem>, left_out: usize },
    Failed { kind: &'static str, error: String, retry_after_s: Option<u32> },
}

impl Worker {
    async fn remember_recent(&mut self) -> Result<(), StoreError> {
        let mut rows = self.service.store().news_list(None, NEWS_READ_MAX).await?;
        rows.truncate(RECENT_MAX);
        for row in rows.into_iter().rev() {
            self.recent.push_back((row.news_item_id, Sketch::of(&row.title, &row.body)));
        }
        Ok(())
    }

    /// Fetches what is due.
    async fn look(&mut self, halt: &watch::Receiver<bool>) -> Result<(), StoreError> {
        let known: BTreeMap<String, NewsFeedRow> =
            self.service.store().news_feeds().await?.into_iter().map(|row| (row.feed_id.clone(), row)).collect();
        let now = now_ms();
        let is_due = |feed: &&FeedConfig| known.get(&feed.id).is_none_or(|row| row.next_ms <= now);
        let mut due: Vec<FeedConfig> = self.service.config.feeds.iter().filter(is_due).cloned().collect();
        // What is under way ends when this is dropped.
        let mut asked = JoinSet::new();
        loop {
            while let Some(feed) = if asked.len() < FETCHES_AT_ONCE { due.pop() } else { None } {
                let row = known.get(&feed.id).cloned().unwrap_or_default();
                let service = Arc::clone(&self.service);
                asked.spawn(async move {
                    let answer = ask(&service, &feed, &row).await;
                    (feed, row, answer)
                });
            }
            let next = tokio::select! {
                () = stopped(halt) => return Ok(()),
                next = asked.join_next() => next,
            };
            match next {
                Some(Ok((feed, row, answer))) => self.take(&feed, &row, answer).await?,
                Some(Err(error)) => tracing::error!(%error, "fetching a feed ended early"),
                None => return Ok(()),
            }
        }
    }

    async fn take(&mut self, feed: &FeedConfig, row: &NewsFeedRow, answer: Answer) -> Result<(), StoreError> {
        let interval_ms = i64::from(feed.interval_s) * 1_000;
        let mut wish_ms = 0;
        let (outcome, result, rest_ms) = match answer {
            Answer::NotModified => {
                let (etag, last_modified) = (row.etag.clone(), row.last_modified.clone());
                (FeedOutcome::Read { etag, last_modified, items: 0 }, "not_modified", interval_ms)
            }
            Answer::Read { page, items, left_out } => {
                let count = self.store(feed, items).await?;
                if left_out > 0 {
                    tracing::info!(feed = feed.id, left_out, "items without a title or an address, or too many, were left out");
                }
                if count > 0 {
                    tracing::info!(feed = feed.id, items = count, "new items were fetched");
                }
                (FeedOutcome::Read { etag: page.etag, last_modified: page.last_modified, items: count }, "read", interval_ms)
            }
            Answer::Failed { kind, error, retry_after_s } => {
                // Once, and again when it fails otherwise.
                if row.last_error.as_deref() != Some(error.as_str()) {
                    tracing::warn!(feed = feed.id, error, "a feed cannot be read");
                }
                let doubled = interval_ms.saturating_mul(1_i64 << row.failures.clamp(0, 20));
                wish_ms = i64::from(retry_after_s.unwrap_or(0)) * 1_000;
                (FeedOutcome::Failed { error }, kind, doubled.min(BACKOFF_MS_MAX.max(interval_ms)))
            }
        };
        let failures = if matches!(outcome, FeedOutcome::Failed { .. }) { row.failures + 1 } else { 0 };
        metrics::counter!("hotro_news_fetches_total", "feed" => feed.id.clone(), "result" => result).increment(1);
        failures_of(feed, failures);
        let now = now_ms();
        let jitter = 1.0 + rand::rng().random_range(-JITTER..=JITTER);
        let next_ms = now.saturating_add(((rest_ms as f64 * jitter) as i64).max(wish_ms));
        self.service.store().news_feed_tried(&feed.id, &outcome, now, next_ms).await
    }

    /// Stores what is new; how many that are.
    async fn store(&mut self, feed: &FeedConfig, items: Vec<FeedItem>) -> Result<u32, StoreError> {
        let mut count = 0;
        let mut articles = 0;
        // Oldest first, so that the newest is also the last stored.
        for item in items.into_iter().rev() {
            if self.service.store().news_knows(&item.canonical).await? {
                continue;
            }
            let text = if articles < ARTICLES_A_LOOK_MAX && self.is_followed(&item.url) {
                articles += 1;
                self.article(&item.url).await.filter(|text| text.len() > item.text.len())
            } else {
                None
            };
            let text = text.unwrap_or_else(|| item.text.clone());
            let sketch = Sketch::of(&item.title, &text);
            let alike = self.recent.iter().find(|(_, known)| known.is_alike(&sketch)).map(|(id, _)| id.clone());
            let now = now_ms();
            if let Some(id) = alike {
                self.service.store().news_link(&item.canonical, &id, now).await?;
                metrics::counter!("hotro_news_items_total", "feed" => feed.id.clone(), "result" => "duplicate").increment(1);
                continue;
            }
            let row = self.row(feed, item, text, now);
            let announce = row.state == "approved" && now.saturating_sub(row.published_ms) <= SENT_AGE_MS_MAX;
            if self.service.store().news_insert(&row, announce).await? == NewsStored::New {
                count += 1;
                metrics::counter!("hotro_news_items_total", "feed" => feed.id.clone(), "result" => "new").increment(1);
                self.recent.push_back((row.news_item_id, sketch));
                if self.recent.len() > RECENT_MAX {
                    self.recent.pop_front();
                }
            }
        }
        Ok(count)
    }

    fn row(&self, feed: &FeedConfig, item: FeedItem, text: String, now_ms: i64) -> NewsRow {
        let guessed = guess(&self.service.conversations.knowledge(), &item.title, &text);
        // What citizens cannot read waits for a supervisor, whoever serves it.
        let is_given = feed.approved && guessed.language == Language::Vietnamese;
        let topics: Vec<&str> = guessed.topics.iter().map(faq::TopicId::as_str).collect();
        let themes: Vec<&str> = guessed.themes.iter().map(|theme| theme.name()).collect();
        NewsRow {
            news_item_id: id_of(&item.canonical),
            feed_id: Some(feed.id.clone()),
            url: item.url.to_string(),
            canonical_url: item.canonical,
            title: item.title,
            body: text,
            language: guessed.language.name().to_owned(),
            themes: themes.join(","),
            topics: topics.join(","),
            changes: String::new(),
            published_ms: item.published_ms.unwrap_or(now_ms),
            effective_day: None,
            fetched_ms: now_ms,
            state: if is_given { "approved" } else { "waiting" }.to_owned(),
            pinned: 0,
            version: 0,
        }
    }

    fn is_followed(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| self.service.config.article_hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
    }

    /// The running text of an article; `None` when it cannot be had: then the feed's own text is enough.
    async fn article(&self, url: &Url) -> Option<String> {
        match self.service.fetcher.get(url, None, None).await {
            // A redirect must not lead to a host that nobody chose.
            Ok(Fetched::Page(page)) if self.is_followed(&page.url) => {
                let text = page::article(&page::decode(&page.bytes, page.content_type.as_deref()));
                (!text.is_empty()).then_some(text)
            }
            Ok(_) => None,
            Err(error) => {
                metrics::counter!("hotro_news_articles_failed_total", "kind" => error.kind()).increment(1);
                tracing::debug!(%error, "an article cannot be read");
                None
            }
        }
    }
}

/// An id that the same address always has.
pub(super) fn id_of(canonical: &str) -> String {
    format!("f-{}", hex::encode(&Sha256::digest(canonical.as_bytes())[..8]))
}

async fn ask(service: &NewsService, feed: &FeedConfig, row: &NewsFeedRow) -> Answer {
    let failed = |error: FetchError| {
        let retry_after_s = if let FetchError::Status { retry_after_s, .. } = error { retry_after_s } else { None };
        Answer::Failed { kind: error.kind(), error: error.to_string(), retry_after_s }
    };
    let Ok(url) = Url::parse(&feed.url) else { return failed(FetchError::Scheme) };
    let page = match service.fetcher.get(&url, row.etag.as_deref(), row.last_modified.as_deref()).await {
        Ok(Fetched::NotModified) => return Answer::NotModified,
        Ok(Fetched::Page(page)) => page,
        Err(error) => return failed(error),
    };
    // Parsing a stranger's megabytes is no work for the threads of the turns.
    let read = tokio::task::spawn_blocking(move || {
        let read = feed::read(&page.bytes, page.content_type.as_deref(), &page.url, now_ms());
        (page, read)
    });
    match read.await {
        Ok((page, Ok(read))) => Answer::Read { page, items: read.items, left_out: read.left_out },
        Ok((_, Err(error))) => Answer::Failed { kind: "unreadable", error: error.to_string(), retry_after_s: None },
        Err(_) => Answer::Failed { kind: "panicked", error: "reading the feed failed".to_owned(), retry_after_s: None },
    }
}
