//! What waits to be done, for whoever watches the service.

use sqlx::query_as;

use super::pools::on_reader;
use super::{Store, StoreError};

/// One kind of waiting work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// `handoff`, `outgoing`, `effect` or `telegram_update`.
    pub queue: &'static str,
    /// How many wait.
    pub waiting: i64,
    /// Since when the oldest does; `None`: nothing waits.
    pub oldest_ms: Option<i64>,
}

impl Store {
    /// Everything that waits, by its queue. Each is read through an index of what waits.
    ///
    /// # Errors
    /// The database fails.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        const HANDOFF: &str = "select count(*), min(queued_ms) from handoff where closed_ms is null and state in ('waiting', 'offered')";
        // Since it happened: each failure puts off when it is due. The ids rise with time.
        const OUTGOING: &str = "select count(*), (select event.at_ms from outgoing join event on event.conversation_id = \
            outgoing.conversation_id and event.seq = outgoing.seq order by outgoing.outgoing_id limit 1) from outgoing";
        const EFFECT: &str = "select count(*), min(asked_ms) from effect";
        const TELEGRAM_UPDATE: &str = "select count(*), min(stored_ms) from telegram_update where handled_ms is null";
        let mut backlog = Vec::new();
        for (queue, statement) in [("handoff", HANDOFF), ("outgoing", OUTGOING), ("effect", EFFECT), ("telegram_update", TELEGRAM_UPDATE)] {
            let (waiting, oldest_ms): (i64, Option<i64>) =
                on_reader!(self, |pool| query_as(statement).fetch_one(pool).await.map_err(StoreError::from))?;
            backlog.push(Backlog { queue, waiting, oldest_ms });
        }
        Ok(backlog)
    }
}
