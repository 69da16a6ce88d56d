//! Uses of the secure form, and what they proved.

use std::fmt;

use sqlx::{FromRow, query, query_as};
use uuid::Uuid;

use super::pools::{in_transaction, on_reader, on_writer};
use super::{Store, StoreError};

/// The columns of [`VerificationRow`], for statements that return one.
macro_rules! columns {
    () => {
        "verification_id, conversation_id, state, opened_ms, expires_ms, claim_sealed, matched <> 0 as matched, subject_sealed, \
         person_hash, otp_hash, otp_expires_ms, tries, sends, sent_ms, data_key_sealed, until_ms"
    };
}

/// One use of the secure form that has not ended.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct VerificationRow {
    /// Its key.
    #[sqlx(try_from = "String")]
    pub verification_id: Uuid,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// `open`, `sent` or `verified`.
    pub state: String,
    /// When the form was opened, in Unix milliseconds.
    pub opened_ms: i64,
    /// When it is closed by itself.
    pub expires_ms: i64,
    /// What was typed, sealed.
    pub claim_sealed: Option<String>,
    /// Whether that was found.
    pub matched: bool,
    /// The code of the person found, sealed.
    pub subject_sealed: Option<String>,
    /// Its keyed hash, in hex.
    pub person_hash: Option<String>,
    /// Keyed hash of the one-time password, in hex.
    pub otp_hash: Option<String>,
    /// Until when that is taken.
    pub otp_expires_ms: i64,
    /// How often it was tried.
    pub tries: i64,
    /// How many were made.
    pub sends: i64,
    /// When the last was.
    pub sent_ms: i64,
    /// The key of what is said meanwhile, sealed.
    pub data_key_sealed: Option<String>,
    /// Until when it proves something, in Unix milliseconds; 0 before it does.
    pub until_ms: i64,
}

/// A form that is being opened.
#[derive(Debug, Clone)]
pub struct NewVerification {
    /// Its key.
    pub verification_id: Uuid,
    /// Whose.
    pub conversation_id: Uuid,
    /// SHA-256 of the token that the form holds.
    pub session_hash: [u8; 32],
    /// SHA-256 of the one-time token of the link that opened it.
    pub link_hash: Option<[u8; 32]>,
    /// When, in Unix milliseconds.
    pub opened_ms: i64,
    /// When it is closed by itself.
    pub expires_ms: i64,
}

/// A one-time password that is being made.
#[derive(Debug, Clone)]
pub struct NewOtp {
    /// What was typed, sealed; `None`: as before.
    pub claim_sealed: Option<String>,
    /// Keyed hash of the password, in hex.
    pub otp_hash: String,
    /// Now, in Unix milliseconds.
    pub at_ms: i64,
    /// Until when it is taken.
    pub expires_ms: i64,
    /// Not before so long after the last one.
    pub pause_ms: i64,
    /// So many at most.
    pub sends_max: i64,
}

impl Store {
    /// Opens a form, which ends the conversation's earlier one and what that proved. False: the link was used before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_verification(&self, new: &NewVerification) -> Result<bool, StoreError> {
        let link = new.link_hash.map(hex::encode);
        in_transaction!(self, |tx| {
            if let Some(link) = &link {
                let used: Option<(i64,)> =
                    query_as("select cast(1 as bigint) from verification where link_hash = $1").bind(link).fetch_optional(&mut *tx).await?;
                if used.is_some() {
                    return Ok(false);
                }
            }
            query(
                "update verification set state = 'ended', ended_ms = $2, claim_sealed = null, subject_sealed = null, otp_hash = null,
                    data_key_sealed = null where conversation_id = $1 and ended_ms is null",
            )
            .bind(new.conversation_id.to_string())
            .bind(new.opened_ms)
            .execute(&mut *tx)
            .await?;
            query(
                "insert into verification (verification_id, conversation_id, session_hash, link_hash, state, opened_ms, expires_ms)
                 values ($1, $2, $3, $4, 'open', $5, $6)",
            )
            .bind(new.verification_id.to_string())
            .bind(new.conversation_id.to_string())
            .bind(hex::encode(new.session_hash))
            .bind(link.as_deref())
            .bind(new.opened_ms)
            .bind(new.expires_ms)
            .execute(&mut *tx)
            .await?;
        });
        Ok(true)
    }

    /// The form that holds a token; `None` when it has ended, or was never there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn verification_of_session(&self, session_hash: &[u8; 32]) -> Result<Option<VerificationRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(concat!(
            "select ",
            columns!(),
            " from verification where session_hash = $1 and ended_ms is null"
        ))
        .bind(hex::encode(session_hash))
        .fetch_optional(pool)
        .await)?)
    }

    /// The form of a conversation that has not ended.
    ///
    /// # Errors
    /// The database fails.
    pub async fn verification_of(&self, conversation_id: Uuid) -> Result<Option<VerificationRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(concat!(
            "select ",
            columns!(),
            " from verification where conversation_id = $1 and ended_ms is null"
        ))
        .bind(conversation_id.to_string())
        .fetch_optional(pool)
        .await)?)
    }

    /// Notes another one-time password, with its tries; `None` when none may be made now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note_otp(&self, id: Uuid, otp: &NewOtp) -> Result<Option<VerificationRow>, StoreError> {
        Ok(on_writer!(self, |pool| query_as(concat!(
            "update verification set state = 'sent', claim_sealed = coalesce($2, claim_sealed), otp_hash = $3, otp_expires_ms = $5,
                sent_ms = $4, sends = sends + 1, tries = 0, matched = 0, subject_sealed = null, person_hash = null
             where verification_id = $1 and ended_ms is null and state in ('open', 'sent') and expires_ms > $4
                and sends < $7 and sent_ms + $6 <= $4 and (claim_sealed is not null or $2 is not null)
             returning ",
            columns!()
        ))
        .bind(id.to_string())
        .bind(otp.claim_sealed.as_deref())
        .bind(&otp.otp_hash)
        .bind(otp.at_ms)
        .bind(otp.expires_ms)
        .bind(otp.pause_ms)
        .bind(otp.sends_max)
        .fetch_optional(pool)
        .await)?)
    }

    /// Notes whether what was typed was found, if it is still the same: the code sealed and its keyed hash. Nobody costs the same write.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note_match(&self, id: Uuid, claim_sealed: &str, subject: Option<(&str, &str)>) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "update verification set matched = $3, subject_sealed = $4, person_hash = $5
             where verification_id = $1 and ended_ms is null and state = 'sent' and claim_sealed = $2"
        )
        .bind(id.to_string())
        .bind(claim_sealed)
        .bind(i64::from(subject.is_some()))
        .bind(subject.map(|(sealed, _)| sealed))
        .bind(subject.map(|(_, person_hash)| person_hash))
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Counts a try before it is checked; `None` when no try is left, or there is nothing to try.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count_otp_try(&self, id: Uuid, at_ms: i64, tries_max: i64) -> Result<Option<VerificationRow>, StoreError> {
        Ok(on_writer!(self, |pool| query_as(concat!(
            "update verification set tries = tries + 1
             where verification_id = $1 and ended_ms is null and state = 'sent' and tries < $3 and otp_expires_ms > $2
             returning ",
            columns!()
        ))
        .bind(id.to_string())
        .bind(at_ms)
        .bind(tries_max)
        .fetch_optional(pool)
        .await)?)
    }

    /// Notes that it is proved, from what was found; `None` when it is no longer as it was.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note_verified(
        &self,
        id: Uuid,
        data_key_sealed: &str,
        until_ms: i64,
        method: &'static str,
    ) -> Result<Option<VerificationRow>, StoreError> {
        Ok(on_writer!(self, |pool| query_as(concat!(
            "update verification set state = 'verified', data_key_sealed = $2, until_ms = $3, expires_ms = $3, method = $4,
                claim_sealed = null, otp_hash = null
             where verification_id = $1 and ended_ms is null and state = 'sent' and matched = 1
             returning ",
            columns!()
        ))
        .bind(id.to_string())
        .bind(data_key_sealed)
        .bind(until_ms)
        .bind(method)
        .fetch_optional(pool)
        .await)?)
    }

    /// Ends what a conversation has open or proved.
    ///
    /// # Errors
    /// The database fails.
    pub async fn end_verification(&self, conversation_id: Uuid, at_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "update verification set state = 'ended', ended_ms = $2, claim_sealed = null, subject_sealed = null, otp_hash = null,
                data_key_sealed = null where conversation_id = $1 and ended_ms is null"
        )
        .bind(conversation_id.to_string())
        .bind(at_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Ends what is over, and forgets what was opened before a moment. How many were forgotten.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sweep_verifications(&self, at_ms: i64, forget_before_ms: i64) -> Result<u64, StoreError> {
        on_writer!(self, |pool| query(
            "update verification set state = 'ended', ended_ms = $1, claim_sealed = null, subject_sealed = null, otp_hash = null,
                data_key_sealed = null where ended_ms is null and expires_ms <= $1"
        )
        .bind(at_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(on_writer!(self, |pool| query("delete from verification where ended_ms is not null and opened_ms < $1")
            .bind(forget_before_ms)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?)
    }
}

// Sealed or not, it belongs in no log file.
impl fmt::Debug for VerificationRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationRow {{ verification_id: {}, state: {:?}, .. }}", self.verification_id, self.state)
    }
}
