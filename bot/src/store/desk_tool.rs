//! What supervisors set, and what operators work with: settings, canned replies, callbacks, figures of the day.

use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::audit::{NewAudit, change_audited, insert_audit};
use super::pools::{in_transaction, on_reader};
use super::{Store, StoreError};

/// Canned replies at most: a list that somebody can still look through.
pub const CANNED_REPLIES_MAX: u32 = 500;
/// Callbacks listed.
const CALLBACKS_LISTED_MAX: u32 = 500;

/// A sentence that is sent often.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CannedReplyRow {
    /// Its key.
    #[sqlx(try_from = "String")]
    pub canned_reply_id: Uuid,
    /// What it is found by.
    pub title: String,
    /// What is sent, with placeholders.
    pub text: String,
    /// For the operators of one domain.
    pub skill: Option<String>,
}

/// A citizen who wants to be called back.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CallbackRow {
    /// Its key.
    #[sqlx(try_from = "String")]
    pub callback_id: Uuid,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// The number, sealed.
    pub phone_sealed: Option<String>,
    /// Its last digits.
    pub phone_masked: String,
    /// From when, in Unix milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// When it was asked for.
    pub asked_ms: i64,
    /// The operator who has read the number last.
    pub taken_by: Option<String>,
}

impl Store {
    /// The settings as JSON; `None` when none were saved.
    ///
    /// # Errors
    /// The database fails.
    pub async fn desk_setting(&self) -> Result<Option<String>, StoreError> {
        Ok(on_reader!(self, |pool| query_scalar("select body from desk_setting").fetch_optional(pool).await)?)
    }

    /// Saves the settings.
    ///
    /// # Errors
    /// The database fails.
    pub async fn save_desk_setting(&self, body: &str, audit: &NewAudit) -> Result<(), StoreError> {
        in_transaction!(self, |tx| {
            query(
                "insert into desk_setting (desk_setting_id, body, changed_ms) values (1, $1, $2)
                 on conflict (desk_setting_id) do update set body = excluded.body, changed_ms = excluded.changed_ms",
            )
            .bind(body)
            .bind(audit.at_ms)
            .execute(&mut *tx)
            .await?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(())
    }

    /// All canned replies, by title.
    ///
    /// # Errors
    /// The database fails.
    pub async fn canned_replies(&self) -> Result<Vec<CannedReplyRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select canned_reply_id, title, text, skill from canned_reply order by title, canned_reply_id limit $1"
        )
        .bind(i64::from(CANNED_REPLIES_MAX))
        .fetch_all(pool)
        .await)?)
    }

    /// Adds a canned reply; false when there are too many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_canned_reply(&self, row: &CannedReplyRow, audit: &NewAudit) -> Result<bool, StoreError> {
        change_audited!(
            self,
            audit,
            query(
                "insert into canned_reply (canned_reply_id, title, text, skill, changed_ms)
                 select $1, $2, $3, $4, $5 where (select count(*) from canned_reply) < $6",
            )
            .bind(row.canned_reply_id.to_string())
            .bind(&row.title)
            .bind(&row.text)
            .bind(row.skill.as_deref())
            .bind(audit.at_ms)
            .bind(i64::from(CANNED_REPLIES_MAX))
        )
    }

    /// Changes a canned reply; false when there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn change_canned_reply(&self, row: &CannedReplyRow, audit: &NewAudit) -> Result<bool, StoreError> {
        change_audited!(
            self,
            audit,
            query("update canned_reply set title = $2, text = $3, skill = $4, changed_ms = $5 where canned_reply_id = $1")
                .bind(row.canned_reply_id.to_string())
                .bind(&row.title)
                .bind(&row.text)
                .bind(row.skill.as_deref())
                .bind(audit.at_ms)
        )
    }

    /// Removes a canned reply; false when there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn delete_canned_reply(&self, id: Uuid, audit: &NewAudit) -> Result<bool, StoreError> {
        change_audited!(self, audit, query("delete from canned_reply where canned_reply_id = $1").bind(id.to_string()))
    }

    /// How many citizens wait to be called back.
    ///
    /// # Errors
    /// The database fails.
    pub async fn callbacks_open(&self) -> Result<i64, StoreError> {
        Ok(on_reader!(self, |pool| query_scalar("select count(*) from callback where done_ms is null").fetch_one(pool).await)?)
    }

    /// Whether the citizen of a conversation waits to be called back.
    ///
    /// # Errors
    /// The database fails.
    pub async fn awaits_callback(&self, conversation_id: Uuid) -> Result<bool, StoreError> {
        let open: i64 =
            on_reader!(self, |pool| query_scalar("select count(*) from callback where conversation_id = $1 and done_ms is null")
                .bind(conversation_id.to_string())
                .fetch_one(pool)
                .await)?;
        Ok(open > 0)
    }

    /// Who waits to be called back, the earliest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn callbacks(&self) -> Result<Vec<CallbackRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select callback_id, conversation_id, phone_sealed, phone_masked, from_ms, to_ms, asked_ms, taken_by
             from callback where done_ms is null order by from_ms, callback_id limit $1"
        )
        .bind(i64::from(CALLBACKS_LISTED_MAX))
        .fetch_all(pool)
        .await)?)
    }

    /// An open callback, now noted as taken by an operator.
    ///
    /// # Errors
    /// The database fails.
    pub async fn take_callback(&self, id: Uuid, operator_id: Uuid, audit: &NewAudit) -> Result<Option<CallbackRow>, StoreError> {
        in_transaction!(self, |tx| {
            let row: Option<CallbackRow> = query_as(
                "update callback set taken_by = $2 where callback_id = $1 and done_ms is null
                 returning callback_id, conversation_id, phone_sealed, phone_masked, from_ms, to_ms, asked_ms, taken_by",
            )
            .bind(id.to_string())
            .bind(operator_id.to_string())
            .fetch_optional(&mut *tx)
            .await?;
            if row.is_none() {
                return Ok(None);
            }
            insert_audit!(&mut *tx, audit)?;
            Ok::<_, StoreError>(row)
        })
    }

    /// Ends a callback and wipes its number; false when there is no open one of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close_callback(&self, id: Uuid, result: &str, audit: &NewAudit) -> Result<bool, StoreError> {
        change_audited!(
            self,
            audit,
            query("update callback set done_ms = $2, result = $3, phone_sealed = null where callback_id = $1 and done_ms is null")
                .bind(id.to_string())
                .bind(audit.at_ms)
                .bind(result)
        )
    }

    /// Of the handoffs queued since a moment: how many were claimed within `target_ms`, and how many could have been by now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn service_level(&self, since_ms: i64, now_ms: i64, target_ms: i64) -> Result<(i64, i64), StoreError> {
        let (within, of): (i64, i64) = on_reader!(self, |pool| query_as(
            "select count(case when first_claimed_ms - queued_ms <= $3 then 1 end),
                    count(case when first_claimed_ms is not null or coalesce(closed_ms, $2) - queued_ms > $3 then 1 end)
             from handoff where queued_ms >= $1"
        )
        .bind(since_ms)
        .bind(now_ms)
        .bind(target_ms)
        .fetch_one(pool)
        .await)?;
        Ok((within, of))
    }
}
