//! Another key for an installation. What is sealed in bulk has a key of its own, which alone is sealed with it.

use sqlx::{query, query_as, query_scalar};

use super::pools::{in_transaction, on_reader, on_writer};
use super::{Store, StoreError};

/// A sealed value and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed<'a> {
    /// A data key, by its name.
    DataKey(&'a str),
    /// The second factor of an operator, confirmed or not, by the operator's id.
    Totp(&'a str),
    /// The telephone number of a callback, by its id.
    Callback(&'a str),
    /// An update of Telegram that is not handled yet, by its number.
    TelegramUpdate(i64),
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Values sealed anew.
    pub resealed: u64,
    /// Recovery codes that are void, because only their hashes are stored.
    pub recovery_codes: u64,
    /// Verifications that were ended.
    pub verifications: u64,
}

impl Store {
    /// A data key as it is sealed; the first that is offered stays.
    ///
    /// # Errors
    /// The database fails.
    pub async fn data_key(&self, name: &str, offered: &str) -> Result<String, StoreError> {
        on_writer!(self, |pool| query("insert into data_key (data_key_id, sealed) values ($1, $2) on conflict (data_key_id) do nothing")
            .bind(name)
            .bind(offered)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(on_reader!(self, |pool| query_scalar("select sealed from data_key where data_key_id = $1").bind(name).fetch_one(pool).await)?)
    }

    /// Seals everything anew and notes the print of the new key, all of it or nothing. `Err` within: something could not be opened.
    ///
    /// # Errors
    /// The database fails.
    pub async fn rotate<E>(
        &self,
        print: &str,
        reseal: impl Fn(Sealed<'_>, &str) -> Result<String, E>,
    ) -> Result<Result<Rotated, E>, StoreError> {
        macro_rules! reseal_all {
            ($tx:ident, $done:ident, $select:literal, $update:literal, $key:ty, $what:expr) => {
                let rows: Vec<($key, String)> = query_as($select).fetch_all(&mut *$tx).await?;
                for (id, sealed) in rows {
                    let what: fn(&$key) -> Sealed<'_> = $what;
                    let resealed = match reseal(what(&id), &sealed) {
                        Ok(resealed) => resealed,
                        Err(error) => return Ok(Err(error)),
                    };
                    query($update).bind(id).bind(resealed).execute(&mut *$tx).await?;
                    $done.resealed += 1;
                }
            };
        }
        let mut done = Rotated::default();
        in_transaction!(self, |tx| {
            reseal_all!(
                tx,
                done,
                "select data_key_id, sealed from data_key",
                "update data_key set sealed = $2 where data_key_id = $1",
                String,
                |id| { Sealed::DataKey(id) }
            );
            reseal_all!(
                tx,
                done,
                "select operator_id, totp_sealed from operator where totp_sealed is not null",
                "update operator set totp_sealed = $2 where operator_id = $1",
                String,
                |id| Sealed::Totp(id)
            );
            reseal_all!(
                tx,
                done,
                "select operator_id, totp_pending from operator where totp_pending is not null",
                "update operator set totp_pending = $2 where operator_id = $1",
                String,
                |id| Sealed::Totp(id)
            );
            reseal_all!(
                tx,
                done,
                "select callback_id, phone_sealed from callback where phone_sealed is not null",
                "update callback set phone_sealed = $2 where callback_id = $1",
                String,
                |id| Sealed::Callback(id)
            );
            reseal_all!(
                tx,
                done,
                "select update_id, body from telegram_update where body is not null and body like 'sealed:%'",
                "update telegram_update set body = $2 where update_id = $1",
                i64,
                |id| Sealed::TelegramUpdate(*id)
            );
            done.recovery_codes = query("delete from recovery_code where used_ms is null").execute(&mut *tx).await?.rows_affected();
            done.verifications = query(
                "update verification set state = 'ended', ended_ms = opened_ms, claim_sealed = null, subject_sealed = null, otp_hash = null,
                    data_key_sealed = null where ended_ms is null",
            )
            .execute(&mut *tx)
            .await?
            .rows_affected();
            query("delete from effect where sealed is not null").execute(&mut *tx).await?;
            query("delete from sign_in_attempt").execute(&mut *tx).await?;
            query("update key_print set print = $1").bind(print).execute(&mut *tx).await?;
        });
        Ok(Ok(done))
    }
}
