//! Operators, the invitations by which they set their passwords, and their second factors.

use std::fmt;

use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::audit::{NewAudit, change_audited, insert_audit};
use super::operator_session::{NewSession, insert_session};
use super::pools::{in_transaction, on_reader, on_writer};
use super::{Store, StoreError};

/// Operators of one installation.
pub const OPERATORS_MAX: u32 = 1_000;

/// An operator as stored.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct OperatorRow {
    /// Who.
    #[sqlx(try_from = "String")]
    pub operator_id: Uuid,
    /// What they sign in with.
    pub name: String,
    /// What people read.
    pub display_name: String,
    /// The word of their role.
    pub role: String,
    /// The domains they answer, a JSON list; an empty one means all.
    pub skills: String,
    /// Conversations held at once.
    #[sqlx(try_from = "i64")]
    pub capacity: u32,
    /// argon2id; `None` while nobody can sign in.
    pub password_hash: Option<String>,
    /// The sealed TOTP secret; `None` without a second factor.
    pub totp_sealed: Option<String>,
    /// A sealed secret that is shown and not yet confirmed.
    pub totp_pending: Option<String>,
    /// When they were added, in Unix milliseconds.
    pub created_ms: i64,
    /// Since when they may not work, in Unix milliseconds.
    pub disabled_ms: Option<i64>,
}

impl fmt::Debug for OperatorRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorRow {{ operator_id: {}, role: {:?}, .. }}", self.operator_id, self.role)
    }
}

/// An operator to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperator {
    /// Who.
    pub operator_id: Uuid,
    /// What they will sign in with.
    pub name: String,
    /// What people will read.
    pub display_name: String,
    /// The word of their role.
    pub role: &'static str,
}

/// An invitation to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Now, in Unix milliseconds.
    pub created_ms: i64,
    /// Its end, in Unix milliseconds.
    pub expires_ms: i64,
}

/// What became of an operator to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorAdded {
    /// They are there.
    Done,
    /// Somebody has that name.
    NameTaken,
    /// There are [`OPERATORS_MAX`].
    Full,
}

/// What of an operator is to change; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorChange {
    /// What people read.
    pub display_name: Option<String>,
    /// The word of a role.
    pub role: Option<&'static str>,
    /// A JSON list.
    pub skills: Option<String>,
    /// Conversations held at once.
    pub capacity: Option<u32>,
}

/// A confirmed second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFactor {
    /// The sealed TOTP secret, which must be the pending one.
    pub totp_sealed: String,
    /// The step of the code that confirmed it; not to be used again.
    pub step: i64,
    /// Keyed hashes of the recovery codes.
    pub recovery_hashes: Vec<[u8; 32]>,
}

/// Stores the factor of an operator and forgets the older one's recovery codes. Returns whether the secret was the pending one.
macro_rules! put_factor {
    ($tx:ident, $operator_id:expr, $factor:expr) => {{
        let put = query(
            "update operator set totp_sealed = totp_pending, totp_step = $3, totp_pending = null
             where operator_id = $1 and totp_pending = $2",
        )
        .bind($operator_id)
        .bind(&$factor.totp_sealed)
        .bind($factor.step)
        .execute(&mut *$tx)
        .await?
        .rows_affected();
        query("delete from recovery_code where operator_id = $1").bind($operator_id).execute(&mut *$tx).await?;
        for hash in &$factor.recovery_hashes {
            query("insert into recovery_code (operator_id, code_hash) values ($1, $2)")
                .bind($operator_id)
                .bind(hex::encode(hash))
                .execute(&mut *$tx)
                .await?;
        }
        put == 1
    }};
}

/// Replaces the open invitation of an operator, if there is one.
macro_rules! replace_invitation {
    ($tx:ident, $operator_id:expr, $invitation:expr) => {{
        query("delete from operator_invitation where operator_id = $1 and used_ms is null").bind($operator_id).execute(&mut *$tx).await?;
        query("insert into operator_invitation (token_hash, operator_id, created_ms, expires_ms) values ($1, $2, $3, $4)")
            .bind(hex::encode($invitation.token_hash))
            .bind($operator_id)
            .bind($invitation.created_ms)
            .bind($invitation.expires_ms)
            .execute(&mut *$tx)
            .await?;
    }};
}

impl Store {
    /// Adds an operator with an invitation.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_operator(&self, new: &NewOperator, invitation: &NewInvitation, audit: &NewAudit) -> Result<OperatorAdded, StoreError> {
        let id = new.operator_id.to_string();
        in_transaction!(self, |tx| {
            let operators: i64 = query_scalar("select count(*) from operator").fetch_one(&mut *tx).await?;
            if operators >= i64::from(OPERATORS_MAX) {
                return Ok(OperatorAdded::Full);
            }
            let added = query(
                "insert into operator (operator_id, name, display_name, role, created_ms) values ($1, $2, $3, $4, $5)
                 on conflict (name) do nothing",
            )
            .bind(&id)
            .bind(&new.name)
            .bind(&new.display_name)
            .bind(new.role)
            .bind(invitation.created_ms)
            .execute(&mut *tx)
            .await?;
            if added.rows_affected() == 0 {
                return Ok(OperatorAdded::NameTaken);
            }
            replace_invitation!(tx, &id, invitation);
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(OperatorAdded::Done)
    }

    /// Invites an operator who is there: they set another password, and may work again if they were disabled. Returns false
    /// when there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn invite_operator(&self, id: Uuid, invitation: &NewInvitation, audit: &NewAudit) -> Result<bool, StoreError> {
        let id = id.to_string();
        in_transaction!(self, |tx| {
            let found = query("update operator set disabled_ms = null where operator_id = $1").bind(&id).execute(&mut *tx).await?;
            if found.rows_affected() == 0 {
                return Ok(false);
            }
            replace_invitation!(tx, &id, invitation);
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(true)
    }

    /// The operator who is invited by a token; `None` when it is unknown, used or over.
    ///
    /// # Errors
    /// The database fails.
    pub async fn invited_operator(&self, token_hash: &[u8; 32], now_ms: i64) -> Result<Option<(OperatorRow, i64)>, StoreError> {
        #[derive(FromRow)]
        struct Invited {
            #[sqlx(flatten)]
            operator: OperatorRow,
            expires_ms: i64,
        }
        let row: Option<Invited> = on_reader!(self, |pool| query_as(
            "select operator_id, name, display_name, role, skills, capacity, password_hash, totp_sealed, totp_pending,
                    operator.created_ms, disabled_ms, operator_invitation.expires_ms
             from operator_invitation join operator using (operator_id)
             where token_hash = $1 and used_ms is null and expires_ms > $2 and disabled_ms is null"
        )
        .bind(hex::encode(token_hash))
        .bind(now_ms)
        .fetch_optional(pool)
        .await)?;
        Ok(row.map(|row| (row.operator, row.expires_ms)))
    }

    /// Uses an invitation: sets password and factor, signs out everywhere and in once. Without a factor the operator has none
    /// afterwards. Returns false, and changes nothing, when the invitation is not open or the factor's secret not the pending one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn accept_invitation(
        &self,
        token_hash: &[u8; 32],
        password_hash: &str,
        factor: Option<&NewFactor>,
        session: &NewSession,
        audit: &NewAudit,
    ) -> Result<bool, StoreError> {
        in_transaction!(self, |tx| {
            let id: Option<String> = query_scalar(
                "update operator_invitation set used_ms = $2 where token_hash = $1 and used_ms is null and expires_ms > $2
                 returning operator_id",
            )
            .bind(hex::encode(token_hash))
            .bind(session.created_ms)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(id) = id else { return Ok(false) };
            let set = query("update operator set password_hash = $2, totp_sealed = null where operator_id = $1 and disabled_ms is null")
                .bind(&id)
                .bind(password_hash)
                .execute(&mut *tx)
                .await?;
            if set.rows_affected() == 0 {
                return Ok(false);
            }
            match factor {
                Some(factor) => {
                    if !put_factor!(tx, &id, factor) {
                        return Ok(false);
                    }
                }
                None => {
                    query("delete from recovery_code where operator_id = $1").bind(&id).execute(&mut *tx).await?;
                }
            }
            query("delete from operator_session where operator_id = $1").bind(&id).execute(&mut *tx).await?;
            insert_session!(&mut *tx, &id, session)?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(true)
    }

    /// An operator by sign-in name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn operator_by_name(&self, name: &str) -> Result<Option<OperatorRow>, StoreError> {
        let row = on_reader!(self, |pool| query_as(
            "select operator_id, name, display_name, role, skills, capacity, password_hash, totp_sealed, totp_pending, created_ms,
                    disabled_ms
             from operator where name = $1"
        )
        .bind(name)
        .fetch_optional(pool)
        .await)?;
        Ok(row)
    }

    /// An operator, or `None` when there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn operator(&self, id: Uuid) -> Result<Option<OperatorRow>, StoreError> {
        let row = on_reader!(self, |pool| query_as(
            "select operator_id, name, display_name, role, skills, capacity, password_hash, totp_sealed, totp_pending, created_ms,
                    disabled_ms
             from operator where operator_id = $1"
        )
        .bind(id.to_string())
        .fetch_optional(pool)
        .await)?;
        Ok(row)
    }

    /// All operators, by name; there are at most [`OPERATORS_MAX`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select operator_id, name, display_name, role, skills, capacity, password_hash, totp_sealed, totp_pending, created_ms,
                    disabled_ms
             from operator order by name limit $1"
        )
        .bind(i64::from(OPERATORS_MAX))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// Changes an operator. Returns false when there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn change_operator(&self, id: Uuid, change: &OperatorChange, audit: &NewAudit) -> Result<bool, StoreError> {
        change_audited!(
            self,
            audit,
            query(
                "update operator set display_name = coalesce($2, display_name), role = coalesce($3, role),
                        skills = coalesce($4, skills), capacity = coalesce($5, capacity)
                 where operator_id = $1",
            )
            .bind(id.to_string())
            .bind(change.display_name.as_deref())
            .bind(change.role)
            .bind(change.skills.as_deref())
            .bind(change.capacity.map(i64::from))
        )
    }

    /// Ends an operator's access: sessions, password, second factor and invitations are gone. Returns false when there is none
    /// of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn disable_operator(&self, id: Uuid, at_ms: i64, audit: &NewAudit) -> Result<bool, StoreError> {
        let id = id.to_string();
        in_transaction!(self, |tx| {
            let disabled = query(
                "update operator set disabled_ms = coalesce(disabled_ms, $2), password_hash = null, totp_sealed = null,
                        totp_pending = null
                 where operator_id = $1",
            )
            .bind(&id)
            .bind(at_ms)
            .execute(&mut *tx)
            .await?;
            if disabled.rows_affected() == 0 {
                return Ok(false);
            }
            query("delete from operator_session where operator_id = $1").bind(&id).execute(&mut *tx).await?;
            query("delete from recovery_code where operator_id = $1").bind(&id).execute(&mut *tx).await?;
            query("delete from operator_invitation where operator_id = $1 and used_ms is null").bind(&id).execute(&mut *tx).await?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(true)
    }

    /// Replaces a password and ends all sessions but one. Returns false when the password is no longer `old_hash`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn change_password(
        &self,
        id: Uuid,
        old_hash: &str,
        new_hash: &str,
        kept_session: &[u8; 32],
        audit: &NewAudit,
    ) -> Result<bool, StoreError> {
        let id = id.to_string();
        in_transaction!(self, |tx| {
            let changed = query("update operator set password_hash = $3 where operator_id = $1 and password_hash = $2")
                .bind(&id)
                .bind(old_hash)
                .bind(new_hash)
                .execute(&mut *tx)
                .await?;
            if changed.rows_affected() == 0 {
                return Ok(false);
            }
            query("delete from operator_session where operator_id = $1 and session_hash <> $2")
                .bind(&id)
                .bind(hex::encode(kept_session))
                .execute(&mut *tx)
                .await?;
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(true)
    }

    /// Keeps a sealed TOTP secret until a code confirms it; a newer one replaces it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_pending_totp(&self, id: Uuid, sealed: &str) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update operator set totp_pending = $2 where operator_id = $1 and disabled_ms is null")
            .bind(id.to_string())
            .bind(sealed)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Replaces the second factor by the pending one. Returns false, and changes nothing, when the secret is not the pending one.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_factor(&self, id: Uuid, factor: &NewFactor, audit: &NewAudit) -> Result<bool, StoreError> {
        let id = id.to_string();
        in_transaction!(self, |tx| {
            if !put_factor!(tx, &id, factor) {
                return Ok(false);
            }
            insert_audit!(&mut *tx, audit)?;
        });
        Ok(true)
    }

    /// Takes the code of a time step. Returns false when this step or a later one was taken before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn take_totp_step(&self, id: Uuid, step: i64) -> Result<bool, StoreError> {
        let taken = on_writer!(self, |pool| query("update operator set totp_step = $2 where operator_id = $1 and totp_step < $2")
            .bind(id.to_string())
            .bind(step)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(taken == 1)
    }

    /// Uses a recovery code. Returns false when there is none of this hash, or it was used before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn use_recovery_code(&self, id: Uuid, code_hash: &[u8; 32], at_ms: i64) -> Result<bool, StoreError> {
        let used = on_writer!(self, |pool| query(
            "update recovery_code set used_ms = $3 where operator_id = $1 and code_hash = $2 and used_ms is null"
        )
        .bind(id.to_string())
        .bind(hex::encode(code_hash))
        .bind(at_ms)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(used == 1)
    }

    /// Recovery codes that are left.
    ///
    /// # Errors
    /// The database fails.
    pub async fn recovery_codes_left(&self, id: Uuid) -> Result<i64, StoreError> {
        let left = on_reader!(self, |pool| query_scalar("select count(*) from recovery_code where operator_id = $1 and used_ms is null")
            .bind(id.to_string())
            .fetch_one(pool)
            .await)?;
        Ok(left)
    }
}
