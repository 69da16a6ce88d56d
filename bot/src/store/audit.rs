//! The audit of the desk: who did what, when, to what. Rows are only ever added.

use sqlx::{FromRow, query, query_as};
use uuid::Uuid;

use super::pools::{on_reader, on_writer};
use super::{Store, StoreError};

/// Something to remember. It holds no text of a citizen, no password, code or token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// An operator's id, or who else it was.
    pub actor: String,
    /// What was done: a word of a closed list.
    pub action: &'static str,
    /// What it was done to: the id of an operator or a conversation; `None` when that is unknown.
    pub subject: Option<String>,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// A JSON object.
    pub detail: String,
}

/// A remembered act.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditRow {
    /// Its id, by which the next page is asked for.
    #[sqlx(try_from = "String")]
    pub audit_id: Uuid,
    /// See [`NewAudit::actor`].
    pub actor: String,
    /// See [`NewAudit::action`].
    pub action: String,
    /// See [`NewAudit::subject`].
    pub subject: Option<String>,
    /// See [`NewAudit::at_ms`].
    pub at_ms: i64,
    /// See [`NewAudit::detail`].
    pub detail: String,
}

/// Adds a row through an executor: the pool, or the transaction of what is remembered.
macro_rules! insert_audit {
    ($executor:expr, $audit:expr) => {
        sqlx::query("insert into audit (audit_id, actor, action, subject, at_ms, detail) values ($1, $2, $3, $4, $5, $6)")
            .bind(uuid::Uuid::now_v7().to_string())
            .bind($audit.actor.as_str())
            .bind($audit.action)
            .bind($audit.subject.as_deref())
            .bind($audit.at_ms)
            .bind($audit.detail.as_str())
            .execute($executor)
            .await
            .map(drop)
    };
}
pub(super) use insert_audit;

/// Executes one statement and remembers the act in the same transaction. False, and nothing remembered, when it changed no row.
macro_rules! change_audited {
    ($store:expr, $audit:expr, $statement:expr) => {{
        in_transaction!($store, |tx| {
            if $statement.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
            insert_audit!(&mut *tx, $audit)?;
        });
        Ok(true)
    }};
}
pub(super) use change_audited;

impl Store {
    /// Remembers an act that changes nothing else in the database; the others are remembered in the transaction that does them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit(&self, audit: &NewAudit) -> Result<(), StoreError> {
        on_writer!(self, |pool| insert_audit!(pool, audit))?;
        Ok(())
    }

    /// The newest acts, or those before one of them, newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit_page(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows = on_reader!(self, |pool| match before {
            None => {
                query_as(
                    "select audit_id, actor, action, subject, at_ms, detail from audit
                     order by at_ms desc, audit_id desc limit $1",
                )
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await
            }
            Some(before) => {
                query_as(
                    "select audit_id, actor, action, subject, at_ms, detail from audit
                     where (at_ms, audit_id) < (select at_ms, audit_id from audit where audit_id = $1)
                     order by at_ms desc, audit_id desc limit $2",
                )
                .bind(before.to_string())
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await
            }
        })?;
        Ok(rows)
    }

    /// Whether the database belongs to the key of this print. The first key that asks becomes its key.
    ///
    /// # Errors
    /// The database fails.
    pub async fn belongs_to_key(&self, print: &str) -> Result<bool, StoreError> {
        on_writer!(self, |pool| query("insert into key_print (key_print_id, print) values (1, $1) on conflict (key_print_id) do nothing")
            .bind(print)
            .execute(pool)
            .await
            .map(drop))?;
        let own: String = on_reader!(self, |pool| sqlx::query_scalar("select print from key_print").fetch_one(pool).await)?;
        Ok(own == print)
    }
}
