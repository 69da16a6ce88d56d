//! The policy news: fetched items, feeds, followers, broadcasts.

use faq::Theme;
use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::audit::{NewAudit, insert_audit};
use super::pools::{in_transaction, on_reader, on_writer};
use super::{Store, StoreError};

/// Rows read at once where there may be many.
pub const NEWS_READ_MAX: u32 = 1_000;
/// What is kept of the reason why a feed failed.
const ERROR_CHARS_MAX: usize = 300;

/// A fetched or hand-written item, as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct NewsRow {
    /// Its id.
    pub news_item_id: String,
    /// The feed that served it; `None`: written on the console.
    pub feed_id: Option<String>,
    /// Where to read it.
    pub url: String,
    /// The same, so that two addresses of one page are equal.
    pub canonical_url: String,
    /// Plain text.
    pub title: String,
    /// Plain text, paragraphs between empty lines.
    pub body: String,
    /// vi, en or other.
    pub language: String,
    /// Names between commas.
    pub themes: String,
    /// Topics of the FAQ, between commas.
    pub topics: String,
    /// Those of them whose facts it changed.
    pub changes: String,
    /// Unix milliseconds.
    pub published_ms: i64,
    /// 2026-07-01.
    pub effective_day: Option<String>,
    /// Unix milliseconds.
    pub fetched_ms: i64,
    /// waiting, approved or hidden.
    pub state: String,
    /// 1: at the top of lists.
    pub pinned: i64,
    /// When it changed last, by the clock of the news.
    pub version: i64,
}

/// What is known of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct NewsFeedRow {
    /// Its name in the configuration.
    pub feed_id: String,
    /// For the next conditional request.
    pub etag: Option<String>,
    /// The same.
    pub last_modified: Option<String>,
    /// When it is due, in Unix milliseconds.
    pub next_ms: i64,
    /// Attempts in a row that failed.
    pub failures: i64,
    /// Why the last one did.
    pub last_error: Option<String>,
    /// The last attempt.
    pub last_try_ms: Option<i64>,
    /// The last one that did not fail.
    pub last_ok_ms: Option<i64>,
    /// Items that came of it.
    pub items_total: i64,
}

/// Somebody who is sent news.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct NewsFollowerRow {
    /// Their conversation.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// Names between commas; empty: all.
    pub themes: String,
    /// Only what comes to be sent after this.
    pub since_ms: i64,
    /// The next digest.
    pub due_ms: Option<i64>,
    /// now, daily or weekly.
    pub cadence: String,
    /// Whether the citizen has blocked the bot.
    pub blocked: bool,
}

/// An item on its way to its followers.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct NewsBroadcastRow {
    /// The item.
    pub news_item_id: String,
    /// Since when it is to be sent.
    pub created_ms: i64,
    /// Followers up to this one have been told.
    pub cursor_id: String,
    /// How many that are.
    pub told: i64,
    /// When all were.
    pub done_ms: Option<i64>,
}

/// What a conversation follows, as a row; small enough to travel with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewsFollowing {
    themes: u8,
    pub(super) cadence: &'static str,
    /// When the next digest is due; `None`: at once.
    pub(super) due_ms: Option<i64>,
}

impl NewsFollowing {
    /// `themes` empty: all.
    pub fn new(themes: &[Theme], cadence: &'static str, due_ms: Option<i64>) -> NewsFollowing {
        let bit = |theme: &Theme| Theme::ALL.iter().position(|known| known == theme).map_or(0, |at| 1 << at);
        NewsFollowing { themes: themes.iter().map(bit).fold(0, |all, bit| all | bit), cadence, due_ms }
    }

    /// Names between commas.
    pub(super) fn names(&self) -> String {
        let followed = Theme::ALL.iter().enumerate().filter(|(at, _)| self.themes & (1 << at) != 0);
        followed.map(|(_, theme)| theme.name()).collect::<Vec<_>>().join(",")
    }
}

/// What became of an item that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewsStored {
    /// It is new.
    New,
    /// Its address, or another address of the same text, was there.
    Known,
}

/// How an attempt at a feed ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOutcome {
    /// It was read, or had not changed.
    Read {
        /// For the next request.
        etag: Option<String>,
        /// The same.
        last_modified: Option<String>,
        /// New items.
        items: u32,
    },
    /// It was not.
    Failed {
        /// Why, for engineers.
        error: String,
    },
}

impl Store {
    /// Stores a new item, moves the clock and, with `announce`, has it sent to who follows it: all or nothing. Nothing happens when its
    /// address is known.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_insert(&self, row: &NewsRow, announce: bool) -> Result<NewsStored, StoreError> {
        self.news_store(row, announce, None).await
    }

    /// As [`Store::news_insert`], of one that a supervisor wrote, with its row of the audit.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_write(&self, row: &NewsRow, announce: bool, audit: &NewAudit) -> Result<NewsStored, StoreError> {
        self.news_store(row, announce, Some(audit)).await
    }

    async fn news_store(&self, row: &NewsRow, announce: bool, audit: Option<&NewAudit>) -> Result<NewsStored, StoreError> {
        let stored = in_transaction!(self, |tx| {
            let version: i64 = query_scalar("update news_clock set version = version + 1 where news_clock_id = 1 returning version")
                .fetch_one(&mut *tx)
                .await?;
            let known: Option<i64> = query_scalar("select met_ms from news_link where canonical_url = $1")
                .bind(&row.canonical_url)
                .fetch_optional(&mut *tx)
                .await?;
            if known.is_some() {
                0
            } else {
                let stored = query(
                    "insert into news_item (news_item_id, feed_id, url, canonical_url, title, body, language, themes, topics, changes,
                                            published_ms, effective_day, fetched_ms, state, pinned, version)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                     on conflict do nothing",
                )
                .bind(&row.news_item_id)
                .bind(&row.feed_id)
                .bind(&row.url)
                .bind(&row.canonical_url)
                .bind(&row.title)
                .bind(&row.body)
                .bind(&row.language)
                .bind(&row.themes)
                .bind(&row.topics)
                .bind(&row.changes)
                .bind(row.published_ms)
                .bind(&row.effective_day)
                .bind(row.fetched_ms)
                .bind(&row.state)
                .bind(row.pinned)
                .bind(version)
                .execute(&mut *tx)
                .await?
                .rows_affected();
                if stored == 1 && announce {
                    query("insert into news_broadcast (news_item_id, created_ms) values ($1, $2) on conflict (news_item_id) do nothing")
                        .bind(&row.news_item_id)
                        .bind(row.fetched_ms)
                        .execute(&mut *tx)
                        .await?;
                }
                if let Some(audit) = audit.filter(|_| stored == 1) {
                    insert_audit!(&mut *tx, audit)?;
                }
                stored
            }
        });
        Ok(if stored == 1 { NewsStored::New } else { NewsStored::Known })
    }

    /// Notes another address of an item.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_link(&self, canonical_url: &str, news_item_id: &str, at_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "insert into news_link (canonical_url, news_item_id, met_ms) values ($1, $2, $3) on conflict (canonical_url) do nothing"
        )
        .bind(canonical_url)
        .bind(news_item_id)
        .bind(at_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Whether an address is known already.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_knows(&self, canonical_url: &str) -> Result<bool, StoreError> {
        let known: i64 = on_reader!(self, |pool| {
            query_scalar(
            "select (select count(*) from news_item where canonical_url = $1) + (select count(*) from news_link where canonical_url = $1)"
        )
        .bind(canonical_url)
        .fetch_one(pool)
        .await
        })?;
        Ok(known > 0)
    }

    /// The clock of the news: moves whenever an item changes.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_version(&self) -> Result<i64, StoreError> {
        Ok(on_reader!(self, |pool| query_scalar("select version from news_clock where news_clock_id = 1").fetch_one(pool).await)?)
    }

    /// Items that changed after a version, in that order, at most [`NEWS_READ_MAX`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_since(&self, version: i64) -> Result<Vec<NewsRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select news_item_id, feed_id, url, canonical_url, title, body, language, themes, topics, changes, published_ms,
                    effective_day, fetched_ms, state, pinned, version
             from news_item where version > $1 order by version limit $2"
        )
        .bind(version)
        .bind(i64::from(NEWS_READ_MAX))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// The newest items in a state (`None`: any), for the console.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_list(&self, state: Option<&str>, limit: u32) -> Result<Vec<NewsRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select news_item_id, feed_id, url, canonical_url, title, body, language, themes, topics, changes, published_ms,
                    effective_day, fetched_ms, state, pinned, version
             from news_item where $1 = '' or state = $1 order by published_ms desc, news_item_id limit $2"
        )
        .bind(state.unwrap_or_default())
        .bind(i64::from(limit.min(NEWS_READ_MAX)))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// One item.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_item(&self, news_item_id: &str) -> Result<Option<NewsRow>, StoreError> {
        let row = on_reader!(self, |pool| query_as(
            "select news_item_id, feed_id, url, canonical_url, title, body, language, themes, topics, changes, published_ms,
                    effective_day, fetched_ms, state, pinned, version
             from news_item where news_item_id = $1"
        )
        .bind(news_item_id)
        .fetch_optional(pool)
        .await)?;
        Ok(row)
    }

    /// Replaces what supervisors decide about an item and, from `announce_ms`, has it sent to who follows it. Returns false when there
    /// is none.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_update(&self, row: &NewsRow, announce_ms: Option<i64>, audit: &NewAudit) -> Result<bool, StoreError> {
        let changed = in_transaction!(self, |tx| {
            let version: i64 = query_scalar("update news_clock set version = version + 1 where news_clock_id = 1 returning version")
                .fetch_one(&mut *tx)
                .await?;
            let changed = query(
                "update news_item set title = $2, body = $3, themes = $4, topics = $5, changes = $6, effective_day = $7, state = $8,
                                      pinned = $9, version = $10
                 where news_item_id = $1",
            )
            .bind(&row.news_item_id)
            .bind(&row.title)
            .bind(&row.body)
            .bind(&row.themes)
            .bind(&row.topics)
            .bind(&row.changes)
            .bind(&row.effective_day)
            .bind(&row.state)
            .bind(row.pinned)
            .bind(version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if let Some(at_ms) = announce_ms {
                query("insert into news_broadcast (news_item_id, created_ms) values ($1, $2) on conflict (news_item_id) do nothing")
                    .bind(&row.news_item_id)
                    .bind(at_ms)
                    .execute(&mut *tx)
                    .await?;
            }
            insert_audit!(&mut *tx, audit)?;
            changed
        });
        Ok(changed == 1)
    }

    /// What is known of all feeds, those that are no longer configured included.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_feeds(&self) -> Result<Vec<NewsFeedRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select feed_id, etag, last_modified, next_ms, failures, last_error, last_try_ms, last_ok_ms, items_total
             from news_feed order by feed_id"
        )
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// Notes how an attempt ended and when the next is due.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_feed_tried(&self, feed_id: &str, outcome: &FeedOutcome, at_ms: i64, next_ms: i64) -> Result<(), StoreError> {
        match outcome {
            FeedOutcome::Read { etag, last_modified, items } => on_writer!(self, |pool| query(
                "insert into news_feed (feed_id, etag, last_modified, next_ms, failures, last_try_ms, last_ok_ms, items_total)
                 values ($1, $2, $3, $4, 0, $5, $5, $6)
                 on conflict (feed_id) do update set etag = excluded.etag, last_modified = excluded.last_modified,
                     next_ms = excluded.next_ms, failures = 0, last_error = null, last_try_ms = excluded.last_try_ms,
                     last_ok_ms = excluded.last_ok_ms, items_total = news_feed.items_total + excluded.items_total"
            )
            .bind(feed_id)
            .bind(etag)
            .bind(last_modified)
            .bind(next_ms)
            .bind(at_ms)
            .bind(i64::from(*items))
            .execute(pool)
            .await
            .map(drop))?,
            FeedOutcome::Failed { error } => {
                let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
                on_writer!(self, |pool| query(
                    "insert into news_feed (feed_id, next_ms, failures, last_error, last_try_ms) values ($1, $2, 1, $3, $4)
                     on conflict (feed_id) do update set next_ms = excluded.next_ms, failures = news_feed.failures + 1,
                         last_error = excluded.last_error, last_try_ms = excluded.last_try_ms"
                )
                .bind(feed_id)
                .bind(next_ms)
                .bind(error)
                .bind(at_ms)
                .execute(pool)
                .await
                .map(drop))?;
            }
        }
        Ok(())
    }

    /// Followers with this cadence after `after`, in the order of their ids; with `due_ms` only those whose digest is due by then.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_followers(&self, after: &str, due_ms: Option<i64>, limit: u32) -> Result<Vec<NewsFollowerRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select follower.conversation_id, follower.themes, follower.since_ms, follower.due_ms, follower.cadence,
                    coalesce(chat.blocked, 0) <> 0 as blocked
             from news_follower as follower left join telegram_chat as chat using (conversation_id)
             where follower.conversation_id > $1
               and (($2 = 1 and follower.due_ms <= $3) or ($2 = 0 and follower.due_ms is null))
             order by follower.conversation_id limit $4"
        )
        .bind(after)
        .bind(i64::from(due_ms.is_some()))
        .bind(due_ms.unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// How many follow the news.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_follower_count(&self) -> Result<i64, StoreError> {
        Ok(on_reader!(self, |pool| query_scalar("select count(*) from news_follower").fetch_one(pool).await)?)
    }

    /// A digest has been told: the next is due later.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_digest_told(&self, id: Uuid, told_ms: i64, next_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update news_follower set since_ms = $2, due_ms = $3 where conversation_id = $1 and due_ms = $2")
            .bind(id.to_string())
            .bind(told_ms)
            .bind(next_ms)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// An item is to be sent from now on. Returns false when it was already.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_broadcast_begin(&self, news_item_id: &str, at_ms: i64) -> Result<bool, StoreError> {
        let begun = on_writer!(self, |pool| query(
            "insert into news_broadcast (news_item_id, created_ms) values ($1, $2) on conflict (news_item_id) do nothing"
        )
        .bind(news_item_id)
        .bind(at_ms)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(begun == 1)
    }

    /// Items that were to be sent from `after_ms` (not included) on, oldest first; `open`: only those that not everybody was told.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_broadcasts(&self, after_ms: i64, open: bool) -> Result<Vec<NewsBroadcastRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select news_item_id, created_ms, cursor_id, told, done_ms from news_broadcast
             where created_ms > $1 and ($2 = 0 or done_ms is null)
             order by created_ms, news_item_id limit $3"
        )
        .bind(after_ms)
        .bind(i64::from(open))
        .bind(i64::from(NEWS_READ_MAX))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// Notes how far a broadcast has come; `done_ms` when everybody was told.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_broadcast_moved(
        &self,
        news_item_id: &str,
        cursor_id: &str,
        told: i64,
        done_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "update news_broadcast set cursor_id = $2, told = told + $3, done_ms = $4 where news_item_id = $1 and cursor_id <= $2"
        )
        .bind(news_item_id)
        .bind(cursor_id)
        .bind(told)
        .bind(done_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Of these conversations, how many chats have not been told all of their log.
    ///
    /// # Errors
    /// The database fails.
    pub async fn news_undelivered(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let list = serde_json::to_string(ids).unwrap_or_default();
        let rows: Vec<(String,)> = match &self.0.pools {
            super::pools::Pools::Sqlite { read, .. } => {
                query_as(
                    "select chat.conversation_id from telegram_chat as chat join conversation using (conversation_id)
                     where chat.conversation_id in (select value from json_each($1))
                       and chat.cursor_seq < conversation.last_seq and chat.blocked = 0",
                )
                .bind(list)
                .fetch_all(read)
                .await?
            }
            super::pools::Pools::Postgres(pool) => {
                query_as(
                    "select chat.conversation_id from telegram_chat as chat join conversation using (conversation_id)
                     where chat.conversation_id = any($1) and chat.cursor_seq < conversation.last_seq and chat.blocked = 0",
                )
                .bind(ids.iter().map(Uuid::to_string).collect::<Vec<_>>())
                .fetch_all(pool)
                .await?
            }
        };
        Ok(rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }
}
