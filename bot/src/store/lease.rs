//! Leases: work that one node at a time may do.

use sqlx::query;

use super::pools::{Pools, on_reader, on_writer};
use super::{Store, StoreError};

/// The statement of [`Store::acquire_lease`], by a clock.
macro_rules! acquire_by {
    ($now_ms:literal) => {
        // `excluded` has a time read before the row was locked: whoever waited for the lock would compare it with the winner's later one.
        concat!(
            "insert into lease (lease_id, holder, expires_ms) values ($1, $2, ",
            $now_ms,
            " + $3)
             on conflict (lease_id) do update set holder = excluded.holder, expires_ms = ",
            $now_ms,
            " + $3
             where lease.holder = excluded.holder or lease.expires_ms <= ",
            $now_ms,
            " or lease.expires_ms > ",
            $now_ms,
            " + $3"
        )
    };
}

impl Store {
    /// Takes a lease that is free or has run out, or renews one's own, for `ttl_ms` from now. Returns whether `holder` has it now.
    ///
    /// On PostgreSQL its clock decides, so that nodes need not agree on the time; `now_ms` is for SQLite, which one process serves from. A lease
    /// that runs on for longer than `ttl_ms` was written by a clock that was wrong, and its holder may be gone: it counts for nothing.
    ///
    /// # Errors
    /// The database fails.
    pub async fn acquire_lease(&self, name: &str, holder: &str, now_ms: i64, ttl_ms: i64) -> Result<bool, StoreError> {
        let claimed = match &self.0.pools {
            Pools::Sqlite { write, .. } => {
                query(acquire_by!("$4")).bind(name).bind(holder).bind(ttl_ms).bind(now_ms).execute(write).await?.rows_affected()
            }
            Pools::Postgres(pool) => {
                let query = query(acquire_by!("(extract(epoch from clock_timestamp()) * 1000)::bigint"));
                query.bind(name).bind(holder).bind(ttl_ms).execute(pool).await?.rows_affected()
            }
        };
        Ok(claimed == 1)
    }

    /// Every lease: its name, and when it runs out in Unix milliseconds.
    ///
    /// # Errors
    /// The database fails.
    pub async fn leases(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(on_reader!(self, |pool| sqlx::query_as("select lease_id, expires_ms from lease order by lease_id").fetch_all(pool).await)?)
    }

    /// Gives a lease back before it runs out. Nothing happens when another holder has it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        on_writer!(self, |pool| sqlx::query("delete from lease where lease_id = $1 and holder = $2")
            .bind(name)
            .bind(holder)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
