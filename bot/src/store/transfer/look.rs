//! A look at a database that changes nothing.

use sqlx::query_scalar;

use super::TransferError;
use super::side::{Place, Side};
use crate::store::pools::migrations;

/// What was seen.
#[derive(Debug, Clone)]
pub struct Look {
    /// The path of the file, or host, port and name.
    pub database: String,
    /// Migrations that the next start applies; all of them in an empty database.
    pub pending: usize,
    /// Migrations that only a newer program knows.
    pub unknown: Vec<i64>,
    /// Whether it was never used.
    pub is_empty: bool,
    /// Where the rows of an unfinished transfer come from.
    pub unfinished: Option<String>,
    /// Which key it belongs to, as [`crate::secret::Key::print`] names it.
    pub key_print: Option<String>,
    /// Its clock; `None`: the clock of this machine.
    pub clock_ms: Option<i64>,
}

/// Looks at the database of a URL.
///
/// # Errors
/// It cannot be reached or read.
pub async fn look(url: &str) -> Result<Look, TransferError> {
    let place = Place::parse(url)?;
    let mut side = place.read().await?;
    let versions = side.versions().await?;
    let known: Vec<i64> = migrations().iter().map(|migration| migration.version).collect();
    let key_print = match versions.contains(&6) {
        true => side.key_print().await?,
        false => None,
    };
    Ok(Look {
        database: place.name(),
        pending: known.iter().filter(|version| !versions.contains(version)).count(),
        unknown: versions.iter().copied().filter(|version| !known.contains(version)).collect(),
        is_empty: versions.is_empty(),
        unfinished: side.mark().await?,
        key_print,
        clock_ms: side.clock_ms().await?,
    })
}

impl Side {
    async fn key_print(&mut self) -> Result<Option<String>, TransferError> {
        const PRINT: &str = "select print from key_print";
        Ok(match self {
            Side::Sqlite(connection) => query_scalar(PRINT).fetch_optional(connection).await,
            Side::Postgres(connection) => query_scalar(PRINT).fetch_optional(connection).await,
        }?)
    }

    /// Not the time of the transaction, which stands still.
    async fn clock_ms(&mut self) -> Result<Option<i64>, TransferError> {
        Ok(match self {
            Side::Sqlite(_) => None,
            Side::Postgres(connection) => {
                let clock = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
                Some(query_scalar(clock).fetch_one(connection).await?)
            }
        })
    }
}
