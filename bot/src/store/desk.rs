//! The rows of the operators' queue: loaded whole, and written decision by decision.
//!
//! A decision is one transaction: the rows of the queue, the events it appends to conversations, and its rows of the audit. It is
//! written only when [`desk.version`](DeskWrite::expected_version) is still the one that it was decided on.

use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::audit::{NewAudit, insert_audit};
use super::batch::{Accepted, Tx, handled_inputs, insert_effects, insert_events, lock_heads, move_heads, notify, replace_snapshots};
use super::conversation::Snapshot;
use super::outgoing::insert_outgoing;
use super::pools::on_reader;
use super::writer::{Append, Committing, NewEvent, StoreEffect};
use super::{Store, StoreError};

/// Handoffs that wait for the queue, read at once.
const NEW_HANDOFFS_READ_MAX: u32 = 500;
/// Attempts to read the rows of one version while others write.
const LOAD_RETRIES_MAX: u32 = 16;

/// What one decision writes.
#[derive(Debug, Clone, Default)]
pub struct DeskWrite {
    /// The version that was decided on. It moves when there are changes, and is only checked when there are none.
    pub expected_version: i64,
    /// The time of the events, in Unix milliseconds.
    pub at_ms: i64,
    /// Rows of the queue, in order.
    pub changes: Vec<DeskChange>,
    /// Rows that no decision is made on.
    pub notes: Vec<DeskNote>,
    /// Events of conversations, at most one append for each.
    pub appends: Vec<DeskAppend>,
    /// What is to be remembered.
    pub audits: Vec<NewAudit>,
}

/// Events of one conversation within a decision.
#[derive(Debug, Clone)]
pub struct DeskAppend {
    /// Whose log.
    pub conversation_id: Uuid,
    /// The last seq that the caller knows of; `None`: the events hold whatever came before them.
    pub expected_seq: Option<u64>,
    /// The events.
    pub events: Vec<NewEvent>,
    /// The input that caused them; one that is known already makes the whole decision a duplicate.
    pub input_id: Option<String>,
    /// What the turn asks for beside: of all [`StoreEffect`]s only [`StoreEffect::Ask`], for the queue itself is what is decided here.
    pub effects: Vec<StoreEffect>,
    /// The fold after these events.
    pub snapshot: Option<Snapshot>,
}

/// A row of the queue that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskChange {
    /// A handoff draws its ticket.
    Entered {
        /// Which.
        handoff_id: Uuid,
        /// The smaller, the more pressing.
        priority: i64,
        /// The skill it needs.
        need: Option<String>,
        /// Its ticket.
        ticket: i64,
    },
    /// It is offered.
    Offered {
        /// Which.
        handoff_id: Uuid,
        /// To whom.
        operator_id: Uuid,
        /// Until when.
        until_ms: i64,
        /// The number of the offer.
        turn: i64,
    },
    /// The end of an offer moves.
    OfferUntil {
        /// Which.
        handoff_id: Uuid,
        /// Until when.
        until_ms: i64,
    },
    /// An operator owns it.
    Claimed {
        /// Which.
        handoff_id: Uuid,
        /// Who.
        operator_id: Uuid,
        /// The fencing number.
        fence: i64,
        /// When.
        at_ms: i64,
    },
    /// It waits again.
    Released {
        /// Which.
        handoff_id: Uuid,
        /// Who is asked again after the others.
        avoid_operator_id: Option<Uuid>,
    },
    /// It needs a skill.
    Needs {
        /// Which.
        handoff_id: Uuid,
        /// The skill.
        need: String,
    },
    /// It is over.
    Closed {
        /// Which.
        handoff_id: Uuid,
        /// How: a state of the schema.
        state: &'static str,
        /// Why it was resolved.
        resolution: Option<&'static str>,
        /// When.
        at_ms: i64,
    },
    /// An operator sits down.
    SeatTaken {
        /// Who.
        operator_id: Uuid,
        /// Whether they want offers.
        accepting: bool,
        /// Present until then.
        until_ms: i64,
    },
    /// An operator counts as present until then.
    SeatUntil {
        /// Who.
        operator_id: Uuid,
        /// Present until then.
        until_ms: i64,
    },
    /// An operator wants offers, or none.
    SeatAccepting {
        /// Who.
        operator_id: Uuid,
        /// Whether.
        accepting: bool,
    },
    /// An operator left the desk.
    SeatLeft {
        /// Who.
        operator_id: Uuid,
    },
    /// What operators serve was changed elsewhere: nothing to write but the version.
    Configured,
}

/// A row beside the queue that is written with a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskNote {
    /// The citizen was told a position in a message.
    Told {
        /// Which.
        handoff_id: Uuid,
        /// 1 is next.
        position: i64,
    },
    /// An operator wrote to the citizen. Only the first time counts.
    Replied {
        /// Which.
        handoff_id: Uuid,
        /// When.
        at_ms: i64,
    },
    /// The citizen wants to be called back. An open wish is replaced.
    Callback {
        /// Its key.
        callback_id: Uuid,
        /// Whose.
        conversation_id: Uuid,
        /// The number, sealed for the key.
        phone_sealed: String,
        /// Its last digits.
        phone_masked: String,
        /// From when, in Unix milliseconds.
        from_ms: i64,
        /// Until when.
        to_ms: i64,
        /// When it was asked for.
        asked_ms: i64,
    },
    /// Other labels.
    Labels {
        /// Of which conversation.
        conversation_id: Uuid,
        /// A JSON list.
        labels: String,
    },
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskWritten {
    /// It is stored, with the first seq of each append.
    Done {
        /// In the order of the appends.
        first_seqs: Vec<u64>,
    },
    /// The input was handled before; nothing was written.
    Duplicate {
        /// The seq of the first event it caused then.
        seq: u64,
    },
    /// The queue is not at the version; nothing was written. Load it and decide again.
    StaleQueue,
    /// A log is not at its expected seq; nothing was written.
    StaleLog,
}

/// All rows of the queue at one version.
#[derive(Debug, Clone, Default)]
pub struct DeskRows {
    /// The version.
    pub version: i64,
    /// Open handoffs that have a ticket.
    pub handoffs: Vec<DeskHandoffRow>,
    /// Operators at the desk.
    pub seats: Vec<DeskSeatRow>,
    /// The last resolved handoffs: which, when it was resolved, when it was claimed last.
    pub served: Vec<(Uuid, i64, i64)>,
    /// One more than the highest ticket.
    pub next_ticket: i64,
}

/// An open handoff.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DeskHandoffRow {
    /// Its key.
    #[sqlx(try_from = "String")]
    pub handoff_id: Uuid,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// The name of the channel.
    pub channel: String,
    /// Why, as given when it was queued.
    pub reason: String,
    /// Since when it waits, in Unix milliseconds.
    pub queued_ms: i64,
    /// The smaller, the more pressing.
    pub priority: i64,
    /// Its ticket; `None` until the queue has seen it.
    pub ticket: Option<i64>,
    /// The skill it needs.
    pub need: Option<String>,
    /// waiting, offered or claimed.
    pub state: String,
    /// Whose hands it is in.
    #[sqlx(try_from = "StoredId")]
    pub operator_id: Option<Uuid>,
    /// When the offer ends.
    pub offer_until_ms: Option<i64>,
    /// When it was claimed last.
    pub claimed_ms: Option<i64>,
    /// The fencing number.
    pub fence: i64,
    /// Who is asked again after the others.
    #[sqlx(try_from = "StoredId")]
    pub avoid_operator_id: Option<Uuid>,
    /// The position that the citizen was told last.
    pub told_position: Option<i64>,
    /// What operators call the conversation: a JSON list.
    pub labels: String,
}

/// An operator at the desk.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DeskSeatRow {
    /// Who.
    #[sqlx(try_from = "String")]
    pub operator_id: Uuid,
    /// Whether they want offers.
    pub accepting: bool,
    /// The end of their lease, in Unix milliseconds.
    pub present_until_ms: i64,
    /// The number of the last offer made to them.
    pub last_turn: i64,
    /// A JSON list.
    pub skills: String,
    /// Conversations held at once.
    pub capacity: i64,
}

/// An id that may be missing.
#[derive(sqlx::Type)]
#[sqlx(transparent)]
struct StoredId(Option<String>);

impl TryFrom<StoredId> for Option<Uuid> {
    type Error = uuid::Error;

    fn try_from(StoredId(text): StoredId) -> Result<Self, Self::Error> {
        text.as_deref().map(Uuid::parse_str).transpose()
    }
}

impl Store {
    /// The version of the queue: it moves with every decision.
    ///
    /// # Errors
    /// The database fails.
    pub async fn desk_version(&self) -> Result<i64, StoreError> {
        Ok(on_reader!(self, |pool| query_scalar("select version from desk").fetch_one(pool).await)?)
    }

    /// The queue, with so many of the handoffs resolved last.
    ///
    /// # Errors
    /// The database fails, or others write so much that no version stays for as long as it takes to read.
    pub async fn desk_rows(&self, served_max: u32) -> Result<DeskRows, StoreError> {
        for _ in 0..LOAD_RETRIES_MAX {
            // Two readings of the version instead of a transaction: what is read between them belongs to it when they agree.
            let version = self.desk_version().await?;
            let rows = self.desk_rows_unchecked(version, served_max).await?;
            if self.desk_version().await? == version {
                return Ok(rows);
            }
        }
        Err(StoreError::Busy)
    }

    async fn desk_rows_unchecked(&self, version: i64, served_max: u32) -> Result<DeskRows, StoreError> {
        let handoffs = on_reader!(self, |pool| query_as(
            "select handoff_id, handoff.conversation_id, channel, reason, queued_ms, priority, ticket, need, state, operator_id,
                    offer_until_ms, claimed_ms, fence, avoid_operator_id, told_position, labels
             from handoff join conversation on conversation.conversation_id = handoff.conversation_id
             where closed_ms is null and ticket is not null"
        )
        .fetch_all(pool)
        .await)?;
        let seats = on_reader!(self, |pool| query_as(
            "select desk_seat.operator_id, accepting <> 0 as accepting, present_until_ms, last_turn, skills, capacity
             from desk_seat join operator on operator.operator_id = desk_seat.operator_id"
        )
        .fetch_all(pool)
        .await)?;
        let served: Vec<(String, i64, i64)> = on_reader!(self, |pool| query_as(
            "select handoff_id, closed_ms, claimed_ms from handoff
             where state = 'resolved' and operator_id is not null order by closed_ms desc limit $1"
        )
        .bind(i64::from(served_max))
        .fetch_all(pool)
        .await)?;
        let next_ticket = on_reader!(self, |pool| query_scalar("select coalesce(max(ticket), 0) + 1 from handoff").fetch_one(pool).await)?;
        let served = served.into_iter().filter_map(|(id, closed_ms, claimed_ms)| Some((id.parse().ok()?, closed_ms, claimed_ms)));
        Ok(DeskRows { version, handoffs, seats, served: served.collect(), next_ticket })
    }

    /// Handoffs that the queue has not seen yet, by time of entry.
    ///
    /// # Errors
    /// The database fails.
    pub async fn new_handoffs(&self) -> Result<Vec<DeskHandoffRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select handoff_id, handoff.conversation_id, channel, reason, queued_ms, priority, ticket, need, state, operator_id,
                    offer_until_ms, claimed_ms, fence, avoid_operator_id, told_position, labels
             from handoff join conversation on conversation.conversation_id = handoff.conversation_id
             where ticket is null and closed_ms is null order by queued_ms, handoff_id limit $1"
        )
        .bind(i64::from(NEW_HANDOFFS_READ_MAX))
        .fetch_all(pool)
        .await)?)
    }

    /// Writes a decision.
    ///
    /// # Errors
    /// As [`Store::append`].
    pub async fn write_desk(&self, write: DeskWrite) -> Result<DeskWritten, StoreError> {
        self.0.writer.write_desk(write).await
    }
}

/// Commits a decision, or nothing of it.
pub(super) async fn commit_desk(to: &Committing, write: &DeskWrite) -> Result<DeskWritten, sqlx::Error> {
    let mut tx = Tx::begin(&to.pools).await?;
    let mut appends: Vec<Append> = write.appends.iter().map(|append| blank(append, write.at_ms)).collect();
    // The logs before the queue, as everywhere: two transactions never wait for each other in a circle.
    let mut accepted = Vec::with_capacity(appends.len());
    if !appends.is_empty() {
        let known: Vec<&Append> = appends.iter().collect();
        let heads = lock_heads(&mut tx, &known).await?;
        if let Some(&seq) = handled_inputs(&mut tx, &known).await?.values().next() {
            return Ok(DeskWritten::Duplicate { seq });
        }
        for (append, asked) in appends.iter_mut().zip(&write.appends) {
            let Some(&head) = heads.get(&append.conversation_id) else { return Ok(DeskWritten::StaleLog) };
            if asked.expected_seq.is_some_and(|expected| expected != head) {
                return Ok(DeskWritten::StaleLog);
            }
            append.expected_seq = head;
        }
        accepted.extend(appends.iter().map(Accepted::of));
    }
    if !take_version(&mut tx, write).await? {
        return Ok(DeskWritten::StaleQueue);
    }
    for change in &write.changes {
        if !update(&mut tx, change).await? {
            return Ok(DeskWritten::StaleQueue);
        }
    }
    for note in &write.notes {
        note_down(&mut tx, note).await?;
    }
    move_heads(&mut tx, &accepted).await?;
    insert_events(&mut tx, &accepted).await?;
    insert_effects(&mut tx, &accepted).await?;
    insert_outgoing(&mut tx, &to.sinks, &accepted).await?;
    replace_snapshots(&mut tx, &accepted).await?;
    for audit in &write.audits {
        match &mut tx {
            Tx::Sqlite(tx) => insert_audit!(&mut **tx, audit)?,
            Tx::Postgres(tx) => insert_audit!(&mut **tx, audit)?,
        }
    }
    notify(&mut tx, &to.announcer, &accepted).await?;
    if !write.changes.is_empty()
        && let Tx::Postgres(tx) = &mut tx
    {
        let payload = to.announcer.desk_payload(write.expected_version + 1);
        query("select pg_notify($1, $2)").bind(super::announce::CHANNEL).bind(payload).execute(&mut **tx).await?;
    }
    tx.commit().await?;
    Ok(DeskWritten::Done { first_seqs: appends.iter().map(|append| append.expected_seq + 1).collect() })
}

fn blank(append: &DeskAppend, at_ms: i64) -> Append {
    Append {
        conversation_id: append.conversation_id,
        create: None,
        expected_seq: append.expected_seq.unwrap_or_default(),
        at_ms,
        events: append.events.clone(),
        input_id: append.input_id.clone(),
        effects: append.effects.iter().filter(|effect| matches!(effect, StoreEffect::Ask { .. })).cloned().collect(),
        snapshot: append.snapshot.clone(),
    }
}

/// Runs one expression on the transaction of either database.
macro_rules! on_tx {
    ($tx:expr, |$connection:ident| $run:expr) => {
        match $tx {
            Tx::Sqlite($connection) => $run,
            Tx::Postgres($connection) => $run,
        }
    };
}

/// Whether the queue is at the version. It stays there, or one further, until the commit.
async fn take_version(tx: &mut Tx, write: &DeskWrite) -> Result<bool, sqlx::Error> {
    if !write.changes.is_empty() {
        return on_tx!(tx, |tx| query("update desk set version = version + 1 where version = $1")
            .bind(write.expected_version)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected() == 1));
    }
    let version: i64 = match tx {
        // The transaction has already locked the whole file.
        Tx::Sqlite(tx) => query_scalar("select version from desk").fetch_one(&mut **tx).await?,
        Tx::Postgres(tx) => query_scalar("select version from desk for share").fetch_one(&mut **tx).await?,
    };
    Ok(version == write.expected_version)
}

/// Updates the row of a change; false when it is not as the change expects.
async fn update(tx: &mut Tx, change: &DeskChange) -> Result<bool, sqlx::Error> {
    let updated = match change {
        DeskChange::Entered { handoff_id, priority, need, ticket } => on_tx!(tx, |tx| query(
            "update handoff set priority = $2, need = $3, ticket = $4 where handoff_id = $1 and closed_ms is null and ticket is null"
        )
        .bind(handoff_id.to_string())
        .bind(priority)
        .bind(need.as_deref())
        .bind(ticket)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected()))?,
        DeskChange::Offered { handoff_id, operator_id, until_ms, turn } => {
            let offered = on_tx!(tx, |tx| {
                query(
                "update handoff set state = 'offered', operator_id = $2, offer_until_ms = $3 where handoff_id = $1 and closed_ms is null"
            )
            .bind(handoff_id.to_string())
            .bind(operator_id.to_string())
            .bind(until_ms)
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected())
            })?;
            let seated = on_tx!(tx, |tx| query("update desk_seat set last_turn = $2 where operator_id = $1")
                .bind(operator_id.to_string())
                .bind(turn)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()))?;
            offered.min(seated)
        }
        DeskChange::OfferUntil { handoff_id, until_ms } => {
            on_tx!(tx, |tx| query("update handoff set offer_until_ms = $2 where handoff_id = $1 and state = 'offered'")
                .bind(handoff_id.to_string())
                .bind(until_ms)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()))?
        }
        DeskChange::Claimed { handoff_id, operator_id, fence, at_ms } => on_tx!(tx, |tx| query(
            "update handoff set state = 'claimed', operator_id = $2, fence = $3, claimed_ms = $4, offer_until_ms = null,
                    avoid_operator_id = null, first_claimed_ms = coalesce(first_claimed_ms, $4)
             where handoff_id = $1 and closed_ms is null and state <> 'claimed' and fence = $3 - 1"
        )
        .bind(handoff_id.to_string())
        .bind(operator_id.to_string())
        .bind(fence)
        .bind(at_ms)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected()))?,
        DeskChange::Released { handoff_id, avoid_operator_id } => on_tx!(tx, |tx| query(
            "update handoff set state = 'waiting', operator_id = null, offer_until_ms = null, avoid_operator_id = $2
             where handoff_id = $1 and closed_ms is null"
        )
        .bind(handoff_id.to_string())
        .bind(avoid_operator_id.map(|id| id.to_string()))
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected()))?,
        DeskChange::Needs { handoff_id, need } => {
            on_tx!(tx, |tx| query("update handoff set need = $2 where handoff_id = $1 and closed_ms is null")
                .bind(handoff_id.to_string())
                .bind(need)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()))?
        }
        // Who was merely asked has not had it. Not before it was queued: the clock of the node that queued it may be ahead.
        DeskChange::Closed { handoff_id, state, resolution, at_ms } => on_tx!(tx, |tx| query(
            "update handoff set state = $2, resolution = $3, offer_until_ms = null,
                    operator_id = case when state = 'claimed' then operator_id end,
                    closed_ms = case when queued_ms > $4 then queued_ms else $4 end
             where handoff_id = $1 and closed_ms is null"
        )
        .bind(handoff_id.to_string())
        .bind(*state)
        .bind(*resolution)
        .bind(at_ms)
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected()))?,
        DeskChange::SeatTaken { operator_id, accepting, until_ms } => {
            on_tx!(tx, |tx| query("insert into desk_seat (operator_id, accepting, present_until_ms, last_turn) values ($1, $2, $3, 0)")
                .bind(operator_id.to_string())
                .bind(i64::from(*accepting))
                .bind(until_ms)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()))?
        }
        DeskChange::SeatUntil { operator_id, until_ms } => {
            on_tx!(tx, |tx| query("update desk_seat set present_until_ms = $2 where operator_id = $1")
                .bind(operator_id.to_string())
                .bind(until_ms)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()))?
        }
        DeskChange::SeatAccepting { operator_id, accepting } => {
            on_tx!(tx, |tx| query("update desk_seat set accepting = $2 where operator_id = $1")
                .bind(operator_id.to_string())
                .bind(i64::from(*accepting))
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()))?
        }
        DeskChange::SeatLeft { operator_id } => on_tx!(tx, |tx| query("delete from desk_seat where operator_id = $1")
            .bind(operator_id.to_string())
            .execute(&mut **tx)
            .await
            .map(|done| done.rows_affected()))?,
        DeskChange::Configured => 1,
    };
    Ok(updated == 1)
}

async fn note_down(tx: &mut Tx, note: &DeskNote) -> Result<(), sqlx::Error> {
    match note {
        DeskNote::Told { handoff_id, position } => on_tx!(tx, |tx| query("update handoff set told_position = $2 where handoff_id = $1")
            .bind(handoff_id.to_string())
            .bind(position)
            .execute(&mut **tx)
            .await
            .map(drop)),
        DeskNote::Replied { handoff_id, at_ms } => {
            on_tx!(tx, |tx| query("update handoff set first_reply_ms = $2 where handoff_id = $1 and first_reply_ms is null")
                .bind(handoff_id.to_string())
                .bind(at_ms)
                .execute(&mut **tx)
                .await
                .map(drop))
        }
        DeskNote::Callback { callback_id, conversation_id, phone_sealed, phone_masked, from_ms, to_ms, asked_ms } => {
            on_tx!(tx, |tx| query(
                "insert into callback (callback_id, conversation_id, phone_sealed, phone_masked, from_ms, to_ms, asked_ms)
                 values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (conversation_id) where done_ms is null do update
                 set callback_id = excluded.callback_id, phone_sealed = excluded.phone_sealed, phone_masked = excluded.phone_masked,
                     from_ms = excluded.from_ms, to_ms = excluded.to_ms, asked_ms = excluded.asked_ms, taken_by = null"
            )
            .bind(callback_id.to_string())
            .bind(conversation_id.to_string())
            .bind(phone_sealed)
            .bind(phone_masked)
            .bind(from_ms)
            .bind(to_ms)
            .bind(asked_ms)
            .execute(&mut **tx)
            .await
            .map(drop))
        }
        DeskNote::Labels { conversation_id, labels } => {
            on_tx!(tx, |tx| query("update conversation set labels = $2 where conversation_id = $1")
                .bind(conversation_id.to_string())
                .bind(labels)
                .execute(&mut **tx)
                .await
                .map(drop))
        }
    }
}
