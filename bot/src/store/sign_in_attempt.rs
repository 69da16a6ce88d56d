//! Attempts to sign in that have not succeeded, counted by key across restarts and nodes.

use sqlx::{FromRow, query, query_as};

use super::pools::{in_transaction, on_writer};
use super::{Store, StoreError};

/// What is counted under one key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Attempts {
    /// In a row.
    pub failures: i64,
    /// The last one, in Unix milliseconds.
    pub last_ms: i64,
    /// Nothing is tried before, in Unix milliseconds; 0 when attempts are left.
    pub locked_until_ms: i64,
}

impl Store {
    /// Counts one attempt under each key in one transaction, or under none when `count` refuses. `count` is given the place in
    /// `keys` and what was counted before.
    ///
    /// Keys of different kinds come in one order from all callers, so that transactions wait for each other and never in a
    /// circle.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count_attempts<Refusal>(
        &self,
        keys: &[[u8; 32]],
        count: impl Fn(usize, Attempts) -> Result<Attempts, Refusal>,
    ) -> Result<Result<Vec<Attempts>, Refusal>, StoreError> {
        let counted = in_transaction!(self, |tx| {
            let mut counted = Vec::with_capacity(keys.len());
            for (place, key) in keys.iter().map(hex::encode).enumerate() {
                // An update that changes nothing locks the row that is there.
                let before: Attempts = query_as(
                    "insert into sign_in_attempt (attempt_key, failures, last_ms, locked_until_ms) values ($1, 0, 0, 0)
                     on conflict (attempt_key) do update set attempt_key = excluded.attempt_key
                     returning failures, last_ms, locked_until_ms",
                )
                .bind(&key)
                .fetch_one(&mut *tx)
                .await?;
                let after = match count(place, before) {
                    Ok(after) => after,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                query("update sign_in_attempt set failures = $2, last_ms = $3, locked_until_ms = $4 where attempt_key = $1")
                    .bind(&key)
                    .bind(after.failures)
                    .bind(after.last_ms)
                    .bind(after.locked_until_ms)
                    .execute(&mut *tx)
                    .await?;
                counted.push(after);
            }
            counted
        });
        Ok(Ok(counted))
    }

    /// Takes one counted attempt back: it was no failure. A lock that it caused ends.
    ///
    /// # Errors
    /// The database fails.
    pub async fn take_back_attempt(&self, key: &[u8; 32]) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "update sign_in_attempt set failures = failures - 1, locked_until_ms = 0 where attempt_key = $1 and failures > 0"
        )
        .bind(hex::encode(key))
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Forgets what was counted under a key.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_attempts(&self, key: &[u8; 32]) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("delete from sign_in_attempt where attempt_key = $1")
            .bind(hex::encode(key))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets keys under which nothing was counted since.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_attempts_before(&self, at_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("delete from sign_in_attempt where last_ms < $1").bind(at_ms).execute(pool).await.map(drop))?;
        Ok(())
    }
}
