//! The policy news on their way: fetched from feeds, kept in service on every node, sent to who follows them.
//!
//! Every node keeps its set of news like the database ([`NewsService::keep_up`]). One node at a time fetches, and one tells who
//! follows, each under a lease. What is told is an event of the conversation's log, so the sender of the channel delivers it from there.

pub mod api;
mod broadcast;
mod fetch;
mod item;
pub(crate) mod schedule;
mod worker;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use faq::NewsId;
use knowledge::news::link;
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use crate::channel::telegram::lease::{Lease, stopped};
use crate::conversation::Conversations;
use crate::dialogue::{Message, day_in_vietnam, news_message};
use crate::store::{NEWS_READ_MAX, NewsRow, Store, StoreError};
use fetch::Fetcher;

/// New items are in service on every node after this and what reading them takes.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// A node that dies is followed by another after so long.
const LEASE: Duration = Duration::from_secs(15);
/// Feeds of one configuration.
const FEEDS_MAX: usize = 100;
const INTERVAL_S_MIN: u32 = 1;

/// The policy news.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewsConfig {
    /// What is fetched. Default nothing.
    pub feeds: Vec<FeedConfig>,
    /// Hosts whose article pages are read for their full text. Default none: what the feed has is all.
    pub article_hosts: Vec<String>,
    /// Whether addresses of private networks and of this machine are fetched. Default false.
    pub allow_private_networks: bool,
    /// How long a server may take for an answer, in seconds. Default 20.
    pub timeout_s: u32,
    /// From this hour in Vietnam nobody is sent news. Default 21.
    pub quiet_from_h: u8,
    /// Until this hour. Default 7; the same as `quiet_from_h`: no quiet hours.
    pub quiet_to_h: u8,
}

impl Default for NewsConfig {
    fn default() -> NewsConfig {
        NewsConfig {
            feeds: Vec::new(),
            article_hosts: Vec::new(),
            allow_private_networks: false,
            timeout_s: 20,
            quiet_from_h: 21,
            quiet_to_h: 7,
        }
    }
}

/// One feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Names it in the database, in metrics and on the console: a-z, 0-9 and `-`.
    pub id: String,
    /// As citizens read it.
    pub name: String,
    /// http or https.
    pub url: String,
    /// Rest between two looks, in seconds. Default 900.
    #[serde(default = "interval")]
    pub interval_s: u32,
    /// Whether what it serves is given to citizens, and sent to those who follow, without a look by a supervisor. Default false.
    #[serde(default)]
    pub approved: bool,
}

fn interval() -> u32 {
    900
}

impl NewsConfig {
    /// Whether the values fit together. Errors: a sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        if self.feeds.len() > FEEDS_MAX {
            return Err(format!("news.feeds: at most {FEEDS_MAX}"));
        }
        for feed in &self.feeds {
            let is_word = feed.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if feed.id.is_empty() || feed.id.len() > 40 || !is_word {
                return Err("news.feeds: an id is 1 to 40 of a-z, 0-9 and -".to_owned());
            }
            if !ids.insert(feed.id.as_str()) {
                return Err(format!("news.feeds: the id {} twice", feed.id));
            }
            if Url::parse(&feed.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                && !feed.name.trim().is_empty()
            {
                if feed.interval_s < INTERVAL_S_MIN {
                    return Err(format!("news.feeds: {}: interval_s is at least {INTERVAL_S_MIN}", feed.id));
                }
            } else {
                return Err(format!("news.feeds: {}: expected a name and a url of http or https", feed.id));
            }
        }
        if self.quiet_from_h > 24 || self.quiet_to_h > 24 {
            return Err("news.quiet_from_h and news.quiet_to_h are hours of a day".to_owned());
        }
        if self.timeout_s == 0 {
            return Err("news.timeout_s: at least 1".to_owned());
        }
        Ok(())
    }

    /// The name of a feed as citizens read it.
    fn name_of(&self, feed_id: &str) -> Option<&str> {
        self.feeds.iter().find(|feed| feed.id == feed_id).map(|feed| feed.name.as_str())
    }
}

/// A row for an item that is written by hand about this page; `None` when the address is none that citizens may be led to.
pub(crate) fn hand_written(url: &str, now_ms: i64) -> Option<NewsRow> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
    let canonical_url = link::canonical(&link::absolute(url.as_str(), &url)?);
    Some(NewsRow {
        news_item_id: worker::id_of(&canonical_url),
        feed_id: None,
        url: url.to_string(),
        canonical_url,
        title: String::new(),
        body: String::new(),
        language: "vi".to_owned(),
        themes: String::new(),
        topics: String::new(),
        changes: String::new(),
        published_ms: now_ms,
        effective_day: None,
        fetched_ms: now_ms,
        state: "waiting".to_owned(),
        pinned: 0,
        version: 0,
    })
}

/// An item as citizens read it, whatever its state.
pub(crate) fn preview(row: &NewsRow, now_ms: i64) -> Option<Message> {
    item::shown(row, &NewsConfig::default()).map(|item| news_message(&item, day_in_vietnam(now_ms)))
}

/// Fetching, keeping up, telling.
pub struct NewsService {
    config: NewsConfig,
    conversations: Arc<Conversations>,
    fetcher: Fetcher,
    /// Names this process.
    node: String,
    /// The version of the news in the database up to which this node has them in service.
    in_service: AtomicI64,
}

impl NewsService {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(config: NewsConfig, conversations: Arc<Conversations>) -> Result<Arc<NewsService>, reqwest::Error> {
        let fetcher = Fetcher::new(Duration::from_secs(config.timeout_s.into()), config.allow_private_networks)?;
        Ok(Arc::new(NewsService { config, conversations, fetcher, node: Uuid::now_v7().to_string(), in_service: AtomicI64::new(0) }))
    }

    /// Runs until `stop` turns true.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let keeping = self.keep_up(&stop);
        let fetching = async {
            // Nothing to fetch is no reason to hold a lease.
            if !self.config.feeds.is_empty() {
                self.lease("news-fetch").alone(&stop, |halt| worker::run(Arc::clone(&self), halt)).await;
            }
        };
        let telling = async { self.lease("news-tell").alone(&stop, |halt| broadcast::run(Arc::clone(&self), halt)).await };
        tokio::join!(keeping, fetching, telling);
    }

    fn store(&self) -> &Store {
        self.conversations.store()
    }

    fn lease(&self, name: &'static str) -> Lease<'_> {
        Lease { store: self.store(), name, holder: &self.node, ttl: LEASE }
    }

    /// Keeps the set of this node like the database.
    async fn keep_up(&self, stop: &watch::Receiver<bool>) {
        let mut version = 0;
        let mut failed = false;
        while !*stop.borrow() {
            match self.read_since(version).await {
                Ok(seen) => {
                    (version, failed) = (seen, false);
                    self.in_service.store(version, Ordering::Release);
                }
                Err(error) => {
                    if !failed {
                        tracing::error!(%error, "the news cannot be read; the set in service goes on");
                    }
                    failed = true;
                }
            }
            tokio::select! {
                () = stopped(stop) => return,
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Reads what changed after a version; the version that is known then.
    async fn read_since(&self, mut version: i64) -> Result<i64, StoreError> {
        // Whoever changes an item holds the clock until it is stored: all rows up to what it shows are there.
        let clock = self.store().news_version().await?;
        if clock == version {
            return Ok(version);
        }
        loop {
            let rows = self.store().news_since(version).await?;
            let (mut put, mut gone) = (Vec::new(), Vec::new());
            for row in &rows {
                version = version.max(row.version);
                match item::of_row(row, &self.config) {
                    Some(item) => put.push(Arc::new(item)),
                    None => gone.extend(NewsId::parse(&row.news_item_id)),
                }
            }
            if !rows.is_empty() {
                tracing::debug!(put = put.len(), gone = gone.len(), version, "the news have changed");
                self.conversations.change_news(put, &gone);
            }
            if rows.len() < NEWS_READ_MAX as usize {
                // The clock also moves when nothing came of a change.
                return Ok(version.max(clock));
            }
        }
    }
}
