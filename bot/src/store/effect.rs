//! What turns have asked for and not got yet. Written with the turn by [`super::batch`]; carried out under a lease.

use sqlx::{FromRow, query, query_as};
use uuid::Uuid;

use super::pools::{on_reader, on_writer};
use super::{Store, StoreError, bigint};

/// Something that a turn asked for.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct EffectRow {
    /// Whose.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// The seq of the event that asked.
    #[sqlx(try_from = "i64")]
    pub request: u64,
    /// What.
    pub kind: String,
    /// What it needs beside, sealed.
    pub sealed: Option<String>,
    /// When it was asked, in Unix milliseconds.
    pub asked_ms: i64,
    /// How often it was begun before.
    pub tries: i64,
}

impl std::fmt::Debug for EffectRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EffectRow {{ conversation_id: {}, request: {}, kind: {:?}, .. }}", self.conversation_id, self.request, self.kind)
    }
}

/// A lease that runs on for longer was written by a clock that was wrong: whoever has it may be gone, and it counts for nothing. Done twice,
/// an errand still has one outcome, by the id of its input.
const LEASE_MS_MAX: i64 = 5 * 60 * 1_000;

impl Store {
    /// What nobody carries out now, the oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn due_effects(&self, at_ms: i64, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select conversation_id, request, kind, sealed, asked_ms, tries from effect
             where leased_until_ms <= $1 or leased_until_ms > $3 order by leased_until_ms, asked_ms limit $2"
        )
        .bind(at_ms)
        .bind(i64::from(limit))
        .bind(at_ms.saturating_add(LEASE_MS_MAX))
        .fetch_all(pool)
        .await)?)
    }

    /// Takes one of them on until a moment. False: another node was first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lease_effect(&self, effect: &EffectRow, at_ms: i64, until_ms: i64) -> Result<bool, StoreError> {
        let leased = on_writer!(self, |pool| query(
            "update effect set leased_until_ms = $4, tries = tries + 1
             where conversation_id = $1 and request = $2 and (leased_until_ms <= $3 or leased_until_ms > $5)"
        )
        .bind(effect.conversation_id.to_string())
        .bind(bigint(effect.request))
        .bind(at_ms)
        .bind(until_ms)
        .bind(at_ms.saturating_add(LEASE_MS_MAX))
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(leased == 1)
    }

    /// It is done; the row goes, and with it what it held.
    ///
    /// # Errors
    /// The database fails.
    pub async fn effect_done(&self, conversation_id: Uuid, request: u64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("delete from effect where conversation_id = $1 and request = $2")
            .bind(conversation_id.to_string())
            .bind(bigint(request))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
