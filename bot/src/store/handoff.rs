//! The queue of the hotline. Places are taken and left by appends ([`super::StoreEffect`]).

use sqlx::{FromRow, query_as};
use uuid::Uuid;

use super::pools::on_reader;
use super::{Store, StoreError};

/// A conversation that waits for an operator.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct HandoffRow {
    /// This place in the queue.
    #[sqlx(try_from = "String")]
    pub handoff_id: Uuid,
    /// Who waits.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// Why, as given when it was queued.
    pub reason: String,
    /// Since when, in Unix milliseconds.
    pub queued_ms: i64,
}

impl Store {
    /// The first `limit` places of the queue, by time of entry.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_handoffs(&self, limit: u32) -> Result<Vec<HandoffRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select handoff_id, conversation_id, reason, queued_ms from handoff
             where closed_ms is null order by queued_ms, handoff_id limit $1"
        )
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }
}
