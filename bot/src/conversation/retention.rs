//! How long things are kept, and the sweeper that ends it.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{ConversationError, Conversations, now_ms};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Conversations erased in one sweep.
const ERASED_A_SWEEP_MAX: u32 = 500;

/// How long each kind of data is kept. Verifications and personal messages end by themselves, within minutes; see docs/privacy.md.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// The words of a conversation, in days after its last. Default 730; 0: for ever.
    pub conversation_days: u32,
    /// The numbers of Telegram's updates that were handled, in days. Default 30; 0: for ever.
    pub telegram_update_days: u32,
    /// Photos and files that citizens sent to operators, in days. Default 30; never for ever.
    pub attachment_days: NonZeroU32,
}

impl Default for RetentionConfig {
    fn default() -> RetentionConfig {
        RetentionConfig {
            conversation_days: 730,
            telegram_update_days: 30,
            attachment_days: NonZeroU32::new(30).unwrap_or(NonZeroU32::MIN),
        }
    }
}

impl Conversations {
    /// Ends what is over, until `stop` turns true.
    pub async fn keep_no_longer(&self, config: RetentionConfig, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.sweep(config).await {
                tracing::error!(error = error.to_string(), "what is over could not be erased");
            }
            // Held up, it is for the next time.
            if let Err(error) = self.store.fold_what_is_left().await {
                tracing::warn!(error = error.to_string(), "the journal could not be folded: it may still hold what was erased");
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Erases what is over now, some of it. How many conversations.
    pub async fn sweep(&self, config: RetentionConfig) -> Result<usize, ConversationError> {
        let at_ms = now_ms();
        let before = |days: u32| (days > 0).then(|| at_ms - i64::from(days) * DAY_MS);
        if let Some(before_ms) = before(config.telegram_update_days) {
            self.store.forget_telegram_updates(before_ms).await?;
        }
        let deleted = self.store.delete_attachments_before(at_ms - i64::from(config.attachment_days.get()) * DAY_MS).await?;
        if deleted > 0 {
            tracing::info!(deleted, "attachments were deleted after their time");
        }
        let Some(before_ms) = before(config.conversation_days) else { return Ok(0) };
        let silent = self.store.conversations_silent_since(before_ms, ERASED_A_SWEEP_MAX).await?;
        let count = silent.len();
        for (id, last_seq) in silent {
            if let Ok(id) = id.parse::<Uuid>() {
                self.erase(id, last_seq.unsigned_abs(), at_ms).await?;
            }
        }
        if count > 0 {
            tracing::info!(conversations = count, "conversations whose time is over were erased");
        }
        Ok(count)
    }
}
