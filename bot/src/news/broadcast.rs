//! Telling who follows the news. One node at a time does this.
//!
//! To tell is to append an event to a conversation's log under an id of its own: whoever dies in the middle tells everybody again, and
//! who has it already is not told twice. The channel's sender delivers from the log, answers before news. No more is appended than is
//! delivered, so that no answer waits behind thousands of news.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use faq::NewsItem;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::{NewsService, schedule};
use crate::channel::telegram::lease::stopped;
use crate::conversation::{ConversationError, now_ms};
use crate::dialogue::news_digest;
use crate::dialogue::{Cadence, Event, Following, day_in_vietnam};
use crate::store::{NewsBroadcastRow, NewsFollowerRow, StoreError};

/// Between two looks at what is to be told.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Followers read, and told before the cursor is moved.
const FOLLOWERS_A_STEP: u32 = 50;
/// News on their way through the sender at most: two seconds of Telegram's limit.
const UNDELIVERED_MAX: usize = 64;
/// Between two looks at what is delivered.
const DELIVERED_LOOK_AGAIN: Duration = Duration::from_millis(50);
/// What was written for the FAQ is sent when it is met within so many days of its date.
const WRITTEN_DAYS_MAX: i32 = 3;
/// A digest goes no further back, however long nobody was told.
const DIGEST_BACK_MS_MAX: i64 = 14 * 24 * 60 * 60 * 1_000;

struct Teller {
    service: Arc<NewsService>,
    halt: watch::Receiver<bool>,
    /// Told, and perhaps not delivered.
    under_way: Vec<Uuid>,
    /// The FAQ whose news were looked through.
    faq_version: String,
}

/// Why telling ends early.
enum Stopped {
    Halted,
    /// It is night.
    Quiet,
    Failed(ConversationError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::Failed(error.into())
    }
}

/// Tells until `halt`.
pub(super) async fn run(service: Arc<NewsService>, halt: watch::Receiver<bool>) {
    let mut teller = Teller { service, halt, under_way: Vec::new(), faq_version: String::new() };
    while !*teller.halt.borrow() {
        if let Err(Stopped::Failed(error)) = teller.look().await {
            tracing::error!(%error, "telling the news failed; it goes on where it stopped");
        }
        tokio::select! {
            () = stopped(&teller.halt) => return,
            () = sleep(LOOK_AGAIN) => {}
        }
    }
}

impl Teller {
    async fn look(&mut self) -> Result<(), Stopped> {
        self.begin_written().await?;
        self.check()?;
        for broadcast in self.service.store().news_broadcasts(i64::MIN, true).await? {
            self.broadcast(broadcast).await?;
        }
        self.digests().await
    }

    /// Whether it may go on.
    fn check(&self) -> Result<(), Stopped> {
        let config = &self.service.config;
        if *self.halt.borrow() {
            Err(Stopped::Halted)
        } else if schedule::is_quiet(now_ms(), config.quiet_from_h, config.quiet_to_h) {
            Err(Stopped::Quiet)
        } else {
            Ok(())
        }
    }

    /// What was written for the FAQ is sent as well, when it comes into service new.
    async fn begin_written(&mut self) -> Result<(), Stopped> {
        let knowledge = self.service.conversations.knowledge();
        if knowledge.faq().version() == self.faq_version {
            return Ok(());
        }
        let now = now_ms();
        let today = day_in_vietnam(now);
        for item in knowledge.faq().news() {
            let days = (today - item.published).get_days();
            if (0..=WRITTEN_DAYS_MAX).contains(&days) {
                self.service.store().news_broadcast_begin(item.id.as_str(), now).await?;
            }
        }
        self.faq_version = knowledge.faq().version().to_owned();
        Ok(())
    }

    /// Tells everybody who follows at once and has not been told.
    async fn broadcast(&mut self, row: NewsBroadcastRow) -> Result<(), Stopped> {
        let NewsBroadcastRow { news_item_id, created_ms, cursor_id: mut cursor, .. } = row;
        let news = self.service.conversations.news();
        let Some(item) = news.get(&news_item_id).cloned() else {
            // Hidden since, or not in service yet: in that case the next look finds it.
            if self.service.store().news_item(&news_item_id).await?.is_none_or(|row| row.state == "approved") {
                return Ok(());
            }
            return Ok(self.service.store().news_broadcast_moved(&news_item_id, &cursor, 0, Some(now_ms())).await?);
        };
        let begun = now_ms();
        let mut total = 0;
        loop {
            self.check()?;
            let followers = self.service.store().news_followers(&cursor, None, FOLLOWERS_A_STEP).await?;
            let Some(last) = followers.last().map(|follower| follower.conversation_id) else { break };
            let is_last = followers.len() < FOLLOWERS_A_STEP as usize;
            let mut told = 0;
            for follower in &followers {
                let is_theirs = follower.since_ms <= created_ms && following(follower).includes(&item);
                if is_theirs && self.tell(follower, &format!("news:{news_item_id}"), std::slice::from_ref(&item)).await? {
                    told += 1;
                }
            }
            cursor = last.to_string();
            total += told;
            let done = is_last.then(now_ms);
            self.service.store().news_broadcast_moved(&news_item_id, &cursor, told, done).await?;
            if is_last {
                break;
            }
        }
        self.service.store().news_broadcast_moved(&news_item_id, &cursor, 0, Some(now_ms())).await?;
        if total > 0 {
            tracing::info!(item = news_item_id, told = total, took_ms = now_ms() - begun, "who follows at once was told");
        }
        Ok(())
    }

    /// Tells everybody whose digest is due.
    async fn digests(&mut self) -> Result<(), Stopped> {
        let mut cursor = String::new();
        loop {
            self.check()?;
            let now = now_ms();
            let followers = self.service.store().news_followers(&cursor, Some(now), FOLLOWERS_A_STEP).await?;
            let Some(last) = followers.last().map(|follower| follower.conversation_id) else { return Ok(()) };
            let oldest = now.saturating_sub(DIGEST_BACK_MS_MAX);
            let broadcasts = self.service.store().news_broadcasts(oldest, false).await?;
            // An item that is stored and not in service yet would be left out for good: the next look has it.
            if self.service.store().news_version().await? > self.service.in_service.load(Ordering::Acquire) {
                return Ok(());
            }
            for follower in &followers {
                let due_ms = follower.due_ms.unwrap_or(now);
                let window = follower.since_ms.max(oldest)..due_ms;
                let news = self.service.conversations.news();
                let follows = following(follower);
                let new = broadcasts.iter().filter(|row| window.start < row.created_ms && row.created_ms <= window.end);
                let items: Vec<Arc<NewsItem>> =
                    new.filter_map(|row| news.get(&row.news_item_id)).filter(|item| follows.includes(item)).cloned().collect();
                if !items.is_empty() {
                    self.tell(follower, &format!("news:digest:{due_ms}"), &items).await?;
                }
                let cadence = Cadence::parse(&follower.cadence).unwrap_or_default();
                // A digest that nobody could be told for days is told once.
                let next_ms = schedule::next_digest(cadence, now).unwrap_or(now);
                self.service.store().news_digest_told(follower.conversation_id, due_ms, next_ms).await?;
            }
            cursor = last.to_string();
        }
    }

    /// Appends to one log; false when it was there, or nobody is there to read it.
    async fn tell(&mut self, follower: &NewsFollowerRow, input_id: &str, items: &[Arc<NewsItem>]) -> Result<bool, Stopped> {
        let conversations = Arc::clone(&self.service.conversations);
        let id = follower.conversation_id;
        if follower.blocked {
            conversations.tell(id, &format!("{input_id}:blocked"), Event::NewsStopped).await.map_err(Stopped::Failed)?;
            count("unfollowed");
            return Ok(false);
        }
        self.room().await?;
        let Some(event) = news_digest(items, day_in_vietnam(now_ms())) else { return Ok(false) };
        match conversations.tell(id, input_id, event).await {
            Ok(true) => {
                self.under_way.push(id);
                count("told");
                Ok(true)
            }
            Ok(false) => {
                count("known");
                Ok(false)
            }
            // One conversation that cannot be read must not keep the news from all that follow it.
            Err(error @ (ConversationError::NotFound | ConversationError::Unreadable { .. })) => {
                tracing::error!(conversation.id = %id, %error, "a follower cannot be told");
                count("failed");
                Ok(false)
            }
            Err(error) => Err(Stopped::Failed(error)),
        }
    }

    /// Waits until few enough are under way.
    async fn room(&mut self) -> Result<(), Stopped> {
        while self.under_way.len() >= UNDELIVERED_MAX {
            self.under_way = self.service.store().news_undelivered(&self.under_way).await?;
            if self.under_way.len() < UNDELIVERED_MAX {
                break;
            }
            tokio::select! {
                () = stopped(&self.halt) => return Err(Stopped::Halted),
                () = sleep(DELIVERED_LOOK_AGAIN) => {}
            }
        }
        Ok(())
    }
}

fn following(row: &NewsFollowerRow) -> Following {
    Following {
        themes: row.themes.split(',').filter_map(faq::Theme::parse).collect(),
        cadence: Cadence::parse(&row.cadence).unwrap_or_default(),
    }
}

fn count(result: &'static str) {
    metrics::counter!("hotro_news_told_total", "result" => result).increment(1);
}
