//! Reading conversations: the row, the log, the snapshot. They are written by [`super::batch`].

use std::fmt;

use hex::{FromHex, FromHexError};
use sqlx::{FromRow, query_as, query_scalar};
use uuid::Uuid;

use super::pools::on_reader;
use super::{Store, StoreError, bigint, seq_of};

/// What is known of a conversation beside its log.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ConversationRow {
    /// The conversation.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// The name of the channel it began on.
    pub channel: String,
    /// SHA-256 of the token that owns it; `None` on channels without tokens.
    #[sqlx(try_from = "StoredHash")]
    pub token_hash: Option<[u8; 32]>,
    /// The seq of its last event.
    #[sqlx(try_from = "i64")]
    pub last_seq: u64,
    /// When it began, in Unix milliseconds.
    pub created_ms: i64,
}

/// One event of the log.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct StoredEvent {
    /// Its number, from 1.
    #[sqlx(try_from = "i64")]
    pub seq: u64,
    /// Its kind, as appended.
    pub kind: String,
    /// When it was appended, in Unix milliseconds.
    pub at_ms: i64,
    /// Its JSON, as appended.
    pub body: String,
    /// The input that caused it, on the first event of an append.
    pub input_id: Option<String>,
}

/// The fold of a log up to a seq. It only saves time: whoever cannot read it replays the log.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct Snapshot {
    /// The last event it contains.
    #[sqlx(try_from = "i64")]
    pub seq: u64,
    /// The version of the fold that made it.
    pub format: i64,
    /// Its JSON.
    pub body: String,
}

impl Store {
    /// A conversation, or `None` when there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn conversation(&self, id: Uuid) -> Result<Option<ConversationRow>, StoreError> {
        let row = on_reader!(self, |pool| query_as(
            "select conversation_id, channel, token_hash, last_seq, created_ms from conversation where conversation_id = $1"
        )
        .bind(id.to_string())
        .fetch_optional(pool)
        .await)?;
        Ok(row)
    }

    /// Conversations in the order of their ids, from the one behind `after`: all of them, page by page.
    ///
    /// # Errors
    /// The database fails.
    pub async fn conversations(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<ConversationRow>, StoreError> {
        // Every id comes after the empty text.
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = on_reader!(self, |pool| query_as(
            "select conversation_id, channel, token_hash, last_seq, created_ms from conversation
             where conversation_id > $1 order by conversation_id limit $2"
        )
        .bind(&after)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// As [`Store::conversations`], those whose last event was appended at `since_ms` or later.
    ///
    /// # Errors
    /// The database fails.
    pub async fn conversations_since(&self, after: Option<Uuid>, since_ms: i64, limit: u32) -> Result<Vec<ConversationRow>, StoreError> {
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = on_reader!(self, |pool| query_as(
            "select conversation.conversation_id, channel, token_hash, last_seq, created_ms from conversation
             join event on event.conversation_id = conversation.conversation_id and event.seq = last_seq
             where conversation.conversation_id > $1 and event.at_ms >= $2 order by conversation.conversation_id limit $3"
        )
        .bind(&after)
        .bind(since_ms)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// The log behind `after`, by seq, at most `limit` events of it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn events(&self, id: Uuid, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select seq, kind, at_ms, body, input_id from event
             where conversation_id = $1 and seq > $2 order by seq limit $3"
        )
        .bind(id.to_string())
        .bind(bigint(after))
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// What operators call a conversation: a JSON list, empty when there is no such conversation.
    ///
    /// # Errors
    /// The database fails.
    pub async fn labels(&self, id: Uuid) -> Result<String, StoreError> {
        let labels: Option<String> = on_reader!(self, |pool| query_scalar("select labels from conversation where conversation_id = $1")
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        Ok(labels.unwrap_or_else(|| "[]".to_owned()))
    }

    /// The end of a log, by seq, at most `limit` events of it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn last_events(&self, id: Uuid, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let mut rows: Vec<StoredEvent> = on_reader!(self, |pool| query_as(
            "select seq, kind, at_ms, body, input_id from event where conversation_id = $1 order by seq desc limit $2"
        )
        .bind(id.to_string())
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        rows.reverse();
        Ok(rows)
    }

    /// The latest snapshot; `None` when none was stored.
    ///
    /// # Errors
    /// The database fails.
    pub async fn snapshot(&self, id: Uuid) -> Result<Option<Snapshot>, StoreError> {
        let row = on_reader!(self, |pool| query_as("select seq, format, body from snapshot where conversation_id = $1")
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        Ok(row)
    }

    /// The first event that an input caused; `None` when it has not been handled.
    ///
    /// # Errors
    /// The database fails.
    pub async fn input_seq(&self, id: Uuid, input_id: &str) -> Result<Option<u64>, StoreError> {
        let seq: Option<i64> = on_reader!(self, |pool| query_scalar("select seq from event where conversation_id = $1 and input_id = $2")
            .bind(id.to_string())
            .bind(input_id)
            .fetch_optional(pool)
            .await)?;
        Ok(seq.map(seq_of))
    }
}

// The bodies hold the words of citizens, which belong in no log file and no panic.
impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredEvent {{ seq: {}, kind: {:?}, at_ms: {}, .. }}", self.seq, self.kind, self.at_ms)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot {{ seq: {}, format: {}, .. }}", self.seq, self.format)
    }
}

/// A token's hash as it is stored: 64 hexadecimal digits, or nothing.
#[derive(sqlx::Type)]
#[sqlx(transparent)]
struct StoredHash(Option<String>);

impl TryFrom<StoredHash> for Option<[u8; 32]> {
    type Error = FromHexError;

    fn try_from(StoredHash(digits): StoredHash) -> Result<Self, Self::Error> {
        digits.map(<[u8; 32]>::from_hex).transpose()
    }
}
