//! Updates by polling.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::sleep;

use super::api::CallError;
use super::backoff::Backoff;
use super::intake::id_of;
use super::lease::stopped;
use super::{Bot, chain, count_error};
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Telegram(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Polls until `halt`. A poll that is cut off confirms nothing: what it would have brought comes again.
pub(super) async fn run(bot: Arc<Bot>, halt: watch::Receiver<bool>) {
    tokio::select! {
        () = stopped(&halt) => {}
        () = poll(&bot) => {}
    }
}

async fn poll(bot: &Arc<Bot>) {
    let mut backoff = Backoff::new(bot.timing.retry_pause);
    let mut offset = None;
    loop {
        let error = match poll_once(bot, offset).await {
            Ok(next) => {
                offset = Some(next);
                backoff.reset();
                continue;
            }
            Err(error) => error,
        };
        count_error("poll");
        tracing::warn!(error = chain(&error), "polling Telegram failed");
        match error {
            PollError::Telegram(CallError::Flood { retry_after }) => sleep(retry_after).await,
            _ => sleep(backoff.pause()).await,
        }
    }
}

/// Takes one batch in, and returns the offset of the next: asking for it is what confirms this one. `None` goes on where the database
/// ends.
async fn poll_once(bot: &Arc<Bot>, offset: Option<i64>) -> Result<i64, PollError> {
    let offset = match offset {
        Some(offset) => offset,
        None => bot.store().telegram_next_offset().await?,
    };
    let updates = bot.api.updates(offset).await?;
    let mut updates: Vec<(i64, Value)> = updates.into_iter().filter_map(|update| Some((id_of(&update)?, update))).collect();
    // In order, so that the highest number stored is behind all others should this end half way.
    updates.sort_by_key(|(update_id, _)| *update_id);
    let mut next = offset;
    for (update_id, update) in updates {
        bot.take_in(update_id, update).await?;
        // Not the highest number of all time: after a week of silence Telegram numbers from elsewhere.
        next = update_id + 1;
    }
    Ok(next)
}
