//! What other systems are still to be told of the log. A row is written with its event and deleted once it was told.

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, query, query_as};
use uuid::Uuid;

use super::batch::{Accepted, Tx, column};
use super::pools::{on_reader, on_writer};
use super::{Store, StoreError, bigint, seq_of};

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// The agency's own system, by HTTP.
    Webhook,
    /// A mailbox, by SMTP.
    Mail,
}

impl Sink {
    /// The word for it in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Sink::Webhook => "webhook",
            Sink::Mail => "mail",
        }
    }

    fn parse(name: &str) -> Option<Sink> {
        [Sink::Webhook, Sink::Mail].into_iter().find(|sink| sink.name() == name)
    }

    /// The kinds of events that it is told of.
    fn follows(self, kind: &str) -> bool {
        match self {
            Sink::Webhook => matches!(kind, "handoff_requested" | "handoff_claimed" | "handoff_resolved"),
            Sink::Mail => kind == "handoff_requested",
        }
    }
}

/// The sinks that are in use; empty until [`Store::tell`].
pub(super) type Sinks = Arc<OnceLock<Vec<Sink>>>;

/// An event that a sink is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRow {
    /// Names the delivery: the same in every attempt.
    pub outgoing_id: Uuid,
    /// Who is told.
    pub sink: Sink,
    /// Whose log.
    pub conversation_id: Uuid,
    /// The event.
    pub seq: u64,
    /// How often it was tried.
    pub attempts: u32,
}

#[derive(FromRow)]
struct Stored {
    outgoing_id: String,
    sink: String,
    conversation_id: String,
    seq: i64,
    attempts: i64,
}

impl Stored {
    fn row(&self) -> Option<OutgoingRow> {
        Some(OutgoingRow {
            outgoing_id: self.outgoing_id.parse().ok()?,
            sink: Sink::parse(&self.sink)?,
            conversation_id: self.conversation_id.parse().ok()?,
            seq: seq_of(self.seq),
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
        })
    }
}

#[derive(Serialize)]
struct OutgoingInsert<'a> {
    outgoing_id: String,
    sink: &'static str,
    conversation_id: &'a str,
    seq: i64,
    due_ms: i64,
}

/// Notes what the sinks are to be told of these appends, in the transaction that writes them.
pub(super) async fn insert_outgoing(tx: &mut Tx, sinks: &Sinks, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let Some(sinks) = sinks.get().filter(|sinks| !sinks.is_empty()) else { return Ok(()) };
    let mut rows = Vec::new();
    for (conversation_id, append) in accepted.iter().map(Accepted::parts) {
        for (event, seq) in append.events.iter().zip(append.expected_seq + 1..) {
            rows.extend(sinks.iter().filter(|sink| sink.follows(event.kind)).map(|sink| OutgoingInsert {
                outgoing_id: Uuid::now_v7().to_string(),
                sink: sink.name(),
                conversation_id,
                seq: bigint(seq),
                due_ms: append.at_ms,
            }));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(tx) => query(
            "insert into outgoing (outgoing_id, sink, conversation_id, seq, due_ms)
             select value ->> 'outgoing_id', value ->> 'sink', value ->> 'conversation_id', value ->> 'seq', value ->> 'due_ms'
             from json_each($1)",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "insert into outgoing (outgoing_id, sink, conversation_id, seq, due_ms)
             select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])",
        )
        .bind(column(&rows, |row| row.outgoing_id.as_str()))
        .bind(column(&rows, |row| row.sink))
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.seq))
        .bind(column(&rows, |row| row.due_ms))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

impl Store {
    /// Whom later events are told to, on this node. Only the first call counts; all nodes of a service should be told the same.
    pub fn tell(&self, sinks: Vec<Sink>) {
        let _ = self.0.sinks.set(sinks);
    }

    /// What is due, the longest due first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn outgoing_due(&self, now_ms: i64, limit: u32) -> Result<Vec<OutgoingRow>, StoreError> {
        let rows: Vec<Stored> = on_reader!(self, |pool| query_as(
            "select outgoing_id, sink, conversation_id, seq, attempts from outgoing
             where due_ms <= $1 order by due_ms, outgoing_id limit $2"
        )
        .bind(now_ms)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows.iter().filter_map(Stored::row).collect())
    }

    /// It was told, or is not to be told any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn outgoing_done(&self, id: Uuid) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("delete from outgoing where outgoing_id = $1").bind(id.to_string()).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// It was tried in vain, and is tried again from `due_ms` on.
    ///
    /// # Errors
    /// The database fails.
    pub async fn outgoing_failed(&self, id: Uuid, due_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update outgoing set attempts = attempts + 1, due_ms = $2 where outgoing_id = $1")
            .bind(id.to_string())
            .bind(due_ms)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
