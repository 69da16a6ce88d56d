//! How fast Telegram may be spoken to.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::{Instant, sleep, sleep_until};

/// Chats that were told to pause at the same time, from which on it is taken for the limit of the whole bot: Telegram does not say
/// which of its limits was reached.
const CHATS_FLOODED_MAX: usize = 3;
/// How often news ask whether it is their turn; a fraction of what lies between two messages of the bot.
const NEWS_LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Chats remembered before those that may be spoken to again are dropped.
const CHATS_REMEMBERED_MAX: usize = 4_096;

/// The pace of this process. Waiting for it is the caller's turn, in no particular order among chats.
pub(super) struct Pace {
    bot: DefaultDirectRateLimiter,
    /// Who waits for the bot's pace with something that somebody waits for.
    urgent: AtomicUsize,
    chat_pause: Duration,
    rests: Mutex<Rests>,
}

impl Pace {
    pub(super) fn new(messages_per_s: NonZeroU32, chat_pause: Duration) -> Pace {
        // Evenly spread: a burst on top of it would be more than the limit within one second.
        let quota = Quota::per_second(messages_per_s).allow_burst(NonZeroU32::MIN);
        Pace { bot: RateLimiter::direct(quota), urgent: AtomicUsize::new(0), chat_pause, rests: Mutex::default() }
    }

    /// Returns when the chat may be spoken to.
    pub(super) async fn turn(&self, chat_id: i64) {
        loop {
            let free_at = self.rests().free_at(chat_id, Instant::now());
            match free_at {
                Some(free_at) => sleep_until(free_at).await,
                None => break,
            }
        }
        let _waits = Waits::on(&self.urgent);
        self.bot.until_ready().await;
    }

    /// As [`Pace::turn`], after everybody whose message is awaited: for news.
    pub(super) async fn turn_for_news(&self, chat_id: i64) {
        loop {
            let free_at = self.rests().free_at(chat_id, Instant::now());
            if let Some(free_at) = free_at {
                sleep_until(free_at).await;
            } else if self.urgent.load(Ordering::Relaxed) == 0 && self.bot.check().is_ok() {
                return;
            } else {
                sleep(NEWS_LOOK_AGAIN).await;
            }
        }
    }

    /// Whether the chat may be spoken to now; for what is dropped rather than sent late.
    pub(super) fn is_free(&self, chat_id: i64) -> bool {
        self.rests().free_at(chat_id, Instant::now()).is_none() && self.bot.check().is_ok()
    }

    /// A message went to the chat.
    pub(super) fn sent(&self, chat_id: i64) {
        self.rests().pause(chat_id, Instant::now(), self.chat_pause);
    }

    /// Telegram asked for a pause.
    pub(super) fn flooded(&self, chat_id: i64, retry_after: Duration) {
        self.rests().flood(chat_id, Instant::now(), retry_after);
    }

    fn rests(&self) -> MutexGuard<'_, Rests> {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits, for as long as this lives: a wait may be given up.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn on(count: &'a AtomicUsize) -> Waits<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        Waits(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who may not be spoken to, and until when.
#[derive(Default)]
struct Rests {
    pauses: HashMap<i64, Instant>,
    floods: HashMap<i64, Instant>,
    all: Option<Instant>,
}

impl Rests {
    /// `None`: now.
    fn free_at(&self, chat_id: i64, now: Instant) -> Option<Instant> {
        let rests = [self.pauses.get(&chat_id).copied(), self.floods.get(&chat_id).copied(), self.all];
        rests.into_iter().flatten().max().filter(|free_at| *free_at > now)
    }

    fn pause(&mut self, chat_id: i64, now: Instant, pause: Duration) {
        if self.pauses.len() >= CHATS_REMEMBERED_MAX {
            self.pauses.retain(|_, free_at| *free_at > now);
        }
        self.pauses.insert(chat_id, now + pause);
    }

    fn flood(&mut self, chat_id: i64, now: Instant, retry_after: Duration) {
        let free_at = now + retry_after;
        self.floods.retain(|_, free_at| *free_at > now);
        self.floods.insert(chat_id, free_at);
        if self.floods.len() >= CHATS_FLOODED_MAX {
            self.all = self.all.max(Some(free_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_chat_rests_after_a_message_and_others_do_not() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.pause(1, now, SECOND);
        assert_eq!(rests.free_at(1, now), Some(now + SECOND));
        assert_eq!(rests.free_at(1, now + SECOND), None);
        assert_eq!(rests.free_at(2, now), None);
    }

    #[test]
    fn a_pause_asked_for_one_chat_is_kept_by_that_chat() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.flood(1, now, 9 * SECOND);
        rests.pause(1, now, SECOND);
        assert_eq!(rests.free_at(1, now), Some(now + 9 * SECOND));
        assert_eq!(rests.free_at(2, now), None);
    }

    #[test]
    fn when_many_chats_are_told_to_pause_all_do() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.flood(1, now, 5 * SECOND);
        rests.flood(2, now, 5 * SECOND);
        assert_eq!(rests.free_at(9, now), None);
        rests.flood(3, now, 7 * SECOND);
        assert_eq!(rests.free_at(9, now), Some(now + 7 * SECOND));
        assert_eq!(rests.free_at(9, now + 7 * SECOND), None);
    }

    #[test]
    fn the_same_chat_told_twice_is_still_one_chat() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        for _ in 0..CHATS_FLOODED_MAX {
            rests.flood(1, now, SECOND);
        }
        assert_eq!(rests.free_at(9, now), None);
    }
}
