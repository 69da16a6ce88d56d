//! Leases: work that one node at a time may do.

use super::pools::{on_reader, on_writer};
use super::{Store, StoreError};

impl Store {
    /// Takes a lease that is free or has run out, or renews one's own, until `now_ms + ttl_ms`. Returns whether `holder`
    /// has it now.
    ///
    /// The clocks of the nodes decide when a lease has run out: `ttl_ms` must be far longer than they differ.
    ///
    /// # Errors
    /// The database fails.
    pub async fn acquire_lease(&self, name: &str, holder: &str, now_ms: i64, ttl_ms: i64) -> Result<bool, StoreError> {
        let claimed = on_writer!(self, |pool| sqlx::query(
            "insert into lease (lease_id, holder, expires_ms) values ($1, $2, $3)
             on conflict (lease_id) do update set holder = excluded.holder, expires_ms = excluded.expires_ms
             where lease.holder = excluded.holder or lease.expires_ms <= $4"
        )
        .bind(name)
        .bind(holder)
        .bind(now_ms.saturating_add(ttl_ms))
        .bind(now_ms)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
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
