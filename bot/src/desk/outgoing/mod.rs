//! Other systems are told what happens at the desk: the agency's own by a signed webhook, a mailbox by SMTP.
//!
//! What is to be told is written with the event itself ([`crate::store::Sink`]), so that a crash forgets nothing; it is told at least
//! once, by the node that holds the lease, and again with growing pauses until it was heard or [`ATTEMPTS_MAX`] were in vain.

mod mail;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::watch;
use uuid::Uuid;

use super::hotline::Hotline;
use crate::config::{Config, ConfigError};
use crate::conversation::{Conversations, now_ms};
use crate::dialogue::{Event, Recorded};
use crate::store::{OutgoingRow, Sink, Store, StoreError};
use mail::Mail;
use webhook::Webhook;

const LEASE: &str = "outgoing";
/// A node that dies is followed by another after so long: longer than the slowest attempt, before which it is renewed.
const LEASE_MS: i64 = 15_000;
const LOOK_EVERY: Duration = Duration::from_millis(500);
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Read at once.
const READ_MAX: u32 = 64;
/// Told at once.
const AT_ONCE_MAX: usize = 4;
/// About a day: then the other system has to look for itself.
const ATTEMPTS_MAX: u32 = 32;
/// Before the second attempt; the pauses double up to [`PAUSE_MS_MAX`].
const PAUSE_MS_MIN: i64 = 2_000;
const PAUSE_MS_MAX: i64 = 3_600_000;

/// Why something was not told.
#[derive(Debug, thiserror::Error)]
enum TellError {
    #[error("it cannot be reached: {0}")]
    Network(String),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("the mail server refused: {0}")]
    Smtp(String),
}

/// The systems that the configuration names.
fn sinks(config: &Config) -> Result<(Option<Webhook>, Option<Mail>), ConfigError> {
    Ok((Webhook::from_keys(&config.webhook)?, Mail::from_keys(&config.mail, config.public_origin())?))
}

/// Whether [`Outgoing::new`] would take the configuration.
///
/// # Errors
/// A key of the configuration that does not fit.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    sinks(config).map(drop)
}

/// Whether the mail server answers and lets this program in; `None`: there is none.
pub async fn mail_lets_in(config: &Config) -> Option<bool> {
    let mail = Mail::from_keys(&config.mail, config.public_origin()).ok()??;
    Some(mail.lets_in().await)
}

/// Who is told, and how.
pub struct Outgoing {
    conversations: Arc<Conversations>,
    hotline: Arc<Hotline>,
    webhook: Option<Webhook>,
    mail: Option<Mail>,
    node: String,
}

impl Outgoing {
    /// `None` when nobody is to be told. Events are noted from now on.
    ///
    /// # Errors
    /// A key of the configuration that does not fit.
    pub fn new(config: &Config, conversations: Arc<Conversations>, hotline: Arc<Hotline>) -> Result<Option<Outgoing>, ConfigError> {
        let (webhook, mail) = sinks(config)?;
        let sinks: Vec<Sink> = [webhook.as_ref().map(|_| Sink::Webhook), mail.as_ref().map(|_| Sink::Mail)].into_iter().flatten().collect();
        if sinks.is_empty() {
            return Ok(None);
        }
        conversations.store().tell(sinks);
        Ok(Some(Outgoing { conversations, hotline, webhook, mail, node: Uuid::now_v7().to_string() }))
    }

    /// Tells what is due until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.round().await {
                Ok(true) => continue,
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    tracing::error!(error = error.to_string(), "what other systems are to be told cannot be read; it is tried again");
                    RETRY_AFTER
                }
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Err(error) = self.store().release_lease(LEASE, &self.node).await {
            tracing::warn!(error = error.to_string(), "a lease was not given back and runs out by itself");
        }
    }

    fn store(&self) -> &Store {
        self.conversations.store()
    }

    /// Whether there may be more at once.
    async fn round(&self) -> Result<bool, StoreError> {
        if !self.store().acquire_lease(LEASE, &self.node, now_ms(), LEASE_MS).await? {
            return Ok(false);
        }
        let due = self.store().outgoing_due(now_ms(), READ_MAX).await?;
        let full = due.len() == READ_MAX as usize;
        let told: Vec<Result<(), StoreError>> =
            stream::iter(due).map(|row| async move { self.handle(&row).await }).buffer_unordered(AT_ONCE_MAX).collect().await;
        told.into_iter().collect::<Result<(), StoreError>>()?;
        Ok(full)
    }

    async fn handle(&self, row: &OutgoingRow) -> Result<(), StoreError> {
        if !self.store().acquire_lease(LEASE, &self.node, now_ms(), LEASE_MS).await? {
            return Ok(());
        }
        let sink = row.sink.name();
        let count = |what: &'static str| metrics::counter!("hotro_outgoing_total", "sink" => sink, "result" => what).increment(1);
        match self.tell(row).await? {
            Ok(()) => {
                count("told");
                self.store().outgoing_done(row.outgoing_id).await
            }
            Err(error) if row.attempts + 1 >= ATTEMPTS_MAX => {
                count("given_up");
                tracing::error!(conversation.id = %row.conversation_id, sink, error = error.to_string(), "another system was not told, and is not told any more");
                self.store().outgoing_done(row.outgoing_id).await
            }
            Err(error) => {
                count("failed");
                let pause_ms = pause_ms(row.attempts);
                tracing::warn!(conversation.id = %row.conversation_id, sink, error = error.to_string(), pause_ms, "another system was not told yet");
                self.store().outgoing_failed(row.outgoing_id, now_ms().saturating_add(pause_ms)).await
            }
        }
    }

    async fn tell(&self, row: &OutgoingRow) -> Result<Result<(), TellError>, StoreError> {
        // What cannot be read, or is no longer there, is told to nobody.
        let log = self.conversations.events(row.conversation_id, row.seq.saturating_sub(1)).await.unwrap_or_default();
        let Some(recorded) = log.first().filter(|recorded| recorded.seq == row.seq) else { return Ok(Ok(())) };
        match row.sink {
            Sink::Webhook => match &self.webhook {
                Some(webhook) => {
                    let channel = self.store().conversation(row.conversation_id).await?.map(|row| row.channel).unwrap_or_default();
                    Ok(webhook.tell(row, &channel, recorded).await)
                }
                None => Ok(Ok(())),
            },
            Sink::Mail => match &self.mail {
                // Somebody has sat down in the meantime: they see it.
                Some(mail) if !self.hotline.is_staffed().await.unwrap_or(false) => {
                    Ok(mail.tell(row, recorded.at_ms, last_words(&self.words_before(row).await)).await)
                }
                _ => Ok(Ok(())),
            },
        }
    }

    /// The log up to the row's event.
    async fn words_before(&self, row: &OutgoingRow) -> Vec<Recorded> {
        const EVENTS_BEFORE_MAX: u64 = 12;
        let after = row.seq.saturating_sub(EVENTS_BEFORE_MAX);
        let mut log = self.conversations.events(row.conversation_id, after).await.unwrap_or_default();
        log.retain(|recorded| recorded.seq <= row.seq);
        log
    }
}

/// The citizen's last words, masked as the log has them; `None` when they tapped only.
fn last_words(log: &[Recorded]) -> Option<&str> {
    log.iter().rev().find_map(|recorded| match &recorded.event {
        Event::CitizenMessage { text, .. } => Some(text.as_str()),
        _ => None,
    })
}

fn pause_ms(attempts: u32) -> i64 {
    PAUSE_MS_MIN.saturating_mul(1_i64.checked_shl(attempts.min(30)).unwrap_or(i64::MAX)).min(PAUSE_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_last_a_day_together() {
        assert_eq!([0, 1, 2, 10, 11, 60].map(pause_ms), [2_000, 4_000, 8_000, 2_048_000, 3_600_000, 3_600_000]);
        let hours = (0..ATTEMPTS_MAX).map(pause_ms).sum::<i64>() / 3_600_000;
        assert!((20..=26).contains(&hours), "{hours} h");
    }
}
