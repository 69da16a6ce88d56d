//! Erasing: by a citizen's wish, and when the time of something is over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool, query, query_as};
use tokio::time::sleep;
use uuid::Uuid;

use super::pools::{Pools, SQLITE_BUSY_WAIT, in_transaction, on_writer};
use super::{Store, StoreError, bigint};

/// For readers, while the journal is folded; and for writers, between two tries.
const FOLD_WAIT: Duration = Duration::from_millis(200);
const FOLD_TRIES_MAX: usize = 5;

impl Store {
    /// Replaces the events of a conversation up to a seq by tombstones, and deletes what was kept beside the log. Numbers, times and the
    /// first event, which says the channel, stay: readers go on by them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn erase_conversation(&self, id: Uuid, up_to: u64, at_ms: i64) -> Result<(), StoreError> {
        let id = id.to_string();
        in_transaction!(self, |tx| {
            query(
                r#"update event set kind = 'erased', body = '{"kind":"erased"}'
                   where conversation_id = $1 and seq <= $2 and kind not in ('started', 'erase_done')"#,
            )
            .bind(&id)
            .bind(bigint(up_to))
            .execute(&mut *tx)
            .await?;
            query("delete from snapshot where conversation_id = $1").bind(&id).execute(&mut *tx).await?;
            query("delete from effect where conversation_id = $1 and request < $2").bind(&id).bind(bigint(up_to)).execute(&mut *tx).await?;
            query(
                "update verification set state = 'ended', ended_ms = $2, claim_sealed = null, subject_sealed = null, otp_hash = null,
                    data_key_sealed = null where conversation_id = $1 and ended_ms is null",
            )
            .bind(&id)
            .bind(at_ms)
            .execute(&mut *tx)
            .await?;
            query(
                "update telegram_personal set delete_after_ms = 0
                 where chat_id in (select chat_id from telegram_chat where conversation_id = $1)",
            )
            .bind(&id)
            .execute(&mut *tx)
            .await?;
            query("delete from news_follower where conversation_id = $1").bind(&id).execute(&mut *tx).await?;
            query("delete from attachment where conversation_id = $1").bind(&id).execute(&mut *tx).await?;
            // A wish to be called back holds a telephone number.
            query("delete from callback where conversation_id = $1").bind(&id).execute(&mut *tx).await?;
            query("update conversation set labels = '[]' where conversation_id = $1").bind(&id).execute(&mut *tx).await?;
        });
        self.note_erased();
        Ok(())
    }

    /// Makes SQLite take what was erased out of its files: until the journal is folded into the database, that has the old pages. Each try
    /// waits only a moment for who reads, since everybody who writes waits meanwhile. PostgreSQL has VACUUM.
    ///
    /// # Errors
    /// [`StoreError::Busy`]: readers held it up each time; [`Store::fold_what_is_left`] does it later. Or the database fails.
    pub async fn fold_journal(&self) -> Result<(), StoreError> {
        let Pools::Sqlite { write, .. } = &self.0.pools else { return Ok(()) };
        // Before it begins: what is erased meanwhile is noted anew.
        self.0.unfolded.store(false, Ordering::Relaxed);
        let folded = fold(write).await;
        if folded.is_err() {
            self.note_erased();
        }
        folded
    }

    /// Folds the journal when something was erased since the last time, or may have been before this process began.
    ///
    /// # Errors
    /// As [`Store::fold_journal`].
    pub async fn fold_what_is_left(&self) -> Result<(), StoreError> {
        if self.0.unfolded.load(Ordering::Relaxed) { self.fold_journal().await } else { Ok(()) }
    }

    /// The journal holds what is no longer in the database.
    pub(super) fn note_erased(&self) {
        self.0.unfolded.store(true, Ordering::Relaxed);
    }

    /// Conversations whose last event is older than a moment and that hold more than tombstones, some of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn conversations_silent_since(&self, before_ms: i64, limit: u32) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(super::pools::on_reader!(self, |pool| sqlx::query_as(
            "select conversation.conversation_id, conversation.last_seq from conversation
             join event on event.conversation_id = conversation.conversation_id and event.seq = conversation.last_seq
             where event.at_ms < $1 and event.kind not in ('erased', 'erase_done', 'started') order by event.at_ms limit $2"
        )
        .bind(before_ms)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?)
    }

    /// Forgets numbers of Telegram's updates that were handled before a moment; Telegram repeats none so old. How many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_telegram_updates(&self, before_ms: i64) -> Result<u64, StoreError> {
        Ok(on_writer!(self, |pool| query(
            "delete from telegram_update where handled_ms < $1 and update_id < (select max(update_id) from telegram_update)"
        )
        .bind(before_ms)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?)
    }
}

async fn fold(write: &SqlitePool) -> Result<(), StoreError> {
    for _ in 0..FOLD_TRIES_MAX {
        let mut connection = write.acquire().await?;
        set_busy_wait(&mut connection, FOLD_WAIT).await?;
        let folded = query_as("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await;
        set_busy_wait(&mut connection, SQLITE_BUSY_WAIT).await?;
        // That readers are in the way is no error but a row.
        let (is_busy, _frames, _moved): (bool, i64, i64) = folded?;
        if !is_busy {
            return Ok(());
        }
        drop(connection);
        sleep(FOLD_WAIT).await;
    }
    Err(StoreError::Busy)
}

async fn set_busy_wait(connection: &mut SqliteConnection, wait: Duration) -> Result<(), sqlx::Error> {
    query(AssertSqlSafe(format!("pragma busy_timeout = {}", wait.as_millis()))).execute(connection).await.map(drop)
}
