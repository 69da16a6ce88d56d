//! Sessions of operators: one row for each cookie that opens the console.

use sqlx::{FromRow, query, query_as};
use uuid::Uuid;

use super::audit::{NewAudit, insert_audit};
use super::operator::OperatorRow;
use super::pools::{in_transaction, on_reader, on_writer};
use super::{Store, StoreError};

/// Browsers that one operator is signed in with; the one longest unused is signed out for another.
pub const SESSIONS_PER_OPERATOR_MAX: i64 = 10;

/// A session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// SHA-256 of its token.
    pub session_hash: [u8; 32],
    /// Now, in Unix milliseconds.
    pub created_ms: i64,
    /// Its end whatever happens, in Unix milliseconds.
    pub expires_ms: i64,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// Whose.
    #[sqlx(flatten)]
    pub operator: OperatorRow,
    /// The last request known, in Unix milliseconds.
    pub seen_ms: i64,
    /// Its end, in Unix milliseconds.
    pub expires_ms: i64,
}

/// Adds a session through an executor.
macro_rules! insert_session {
    ($executor:expr, $operator_id:expr, $session:expr) => {
        sqlx::query(
            "insert into operator_session (session_hash, operator_id, created_ms, seen_ms, expires_ms)
             values ($1, $2, $3, $3, $4)",
        )
        .bind(hex::encode($session.session_hash))
        .bind($operator_id)
        .bind($session.created_ms)
        .bind($session.expires_ms)
        .execute($executor)
        .await
        .map(drop)
    };
}
pub(super) use insert_session;

impl Store {
    /// Opens a session of an operator whose password is still `password_hash`. Returns false when it is not.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_session(
        &self,
        operator_id: Uuid,
        password_hash: &str,
        session: &NewSession,
        audit: &NewAudit,
    ) -> Result<bool, StoreError> {
        let id = operator_id.to_string();
        in_transaction!(self, |tx| {
            // An update that changes nothing keeps the password as it is until the commit.
            let same = query("update operator set password_hash = password_hash where operator_id = $1 and password_hash = $2")
                .bind(&id)
                .bind(password_hash)
                .execute(&mut *tx)
                .await?;
            if same.rows_affected() == 0 {
                return Ok(false);
            }
            query(
                "delete from operator_session where operator_id = $1 and session_hash not in (
                     select session_hash from operator_session where operator_id = $1
                     order by seen_ms desc, session_hash limit $2)",
            )
            .bind(&id)
            .bind(SESSIONS_PER_OPERATOR_MAX - 1)
            .execute(&mut *tx)
            .await?;
            insert_session!(&mut *tx, &id, session)?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(true)
    }

    /// A session that is neither over nor idle since before `idle_since_ms`, of an operator who may work.
    ///
    /// # Errors
    /// The database fails.
    pub async fn session(&self, session_hash: &[u8; 32], now_ms: i64, idle_since_ms: i64) -> Result<Option<SessionRow>, StoreError> {
        let row = on_reader!(self, |pool| query_as(
            "select operator_id, name, display_name, role, skills, capacity, password_hash, totp_sealed, totp_pending,
                    operator.created_ms, disabled_ms, seen_ms, expires_ms
             from operator_session join operator using (operator_id)
             where session_hash = $1 and expires_ms > $2 and seen_ms > $3 and disabled_ms is null"
        )
        .bind(hex::encode(session_hash))
        .bind(now_ms)
        .bind(idle_since_ms)
        .fetch_optional(pool)
        .await)?;
        Ok(row)
    }

    /// Notes that a session is in use.
    ///
    /// # Errors
    /// The database fails.
    pub async fn session_seen(&self, session_hash: &[u8; 32], now_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update operator_session set seen_ms = $2 where session_hash = $1 and seen_ms < $2")
            .bind(hex::encode(session_hash))
            .bind(now_ms)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close_session(&self, session_hash: &[u8; 32], audit: &NewAudit) -> Result<(), StoreError> {
        in_transaction!(self, |tx| {
            query("delete from operator_session where session_hash = $1").bind(hex::encode(session_hash)).execute(&mut *tx).await?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(())
    }

    /// Ends all sessions of an operator.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close_sessions(&self, operator_id: Uuid, audit: &NewAudit) -> Result<(), StoreError> {
        in_transaction!(self, |tx| {
            query("delete from operator_session where operator_id = $1").bind(operator_id.to_string()).execute(&mut *tx).await?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(())
    }

    /// Deletes sessions that are over, or idle since before `idle_since_ms`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn delete_ended_sessions(&self, now_ms: i64, idle_since_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("delete from operator_session where expires_ms <= $1 or seen_ms <= $2")
            .bind(now_ms)
            .bind(idle_since_ms)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
