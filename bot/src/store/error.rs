//! What can go wrong in the store, in words that are safe to log.

use super::writer::{APPEND_WAIT_MS_MAX, EVENTS_PER_APPEND_MAX};

/// Why the store could not do what it was asked.
///
/// Neither `Display` nor `Debug` shows SQL parameters: the errors of sqlx are reduced to text first, because PostgreSQL
/// puts whole rows into their details.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that the program can use. Its text may hold a password, so it is not repeated.
    #[error("the database URL must be sqlite://path/to/file.db or postgres://user@host/database")]
    Url,
    /// The database cannot be reached, created or written.
    #[error("cannot open the database {database}: {reason}")]
    Connect {
        /// The path of the file, or host, port and name.
        database: String,
        /// What the system said.
        reason: String,
    },
    /// The migrations cannot be applied.
    #[error("cannot bring the schema of {database} up to date: {reason}")]
    Migrate {
        /// The path of the file, or host, port and name.
        database: String,
        /// What the database said.
        reason: String,
    },
    /// A migration or a restore into it has not come to its end.
    #[error("{database} was filled by half: run the same `hotro migrate` or `hotro restore` again, to its end")]
    Unfinished {
        /// The path of the file, or host, port and name.
        database: String,
    },
    /// The queue of appends stayed full.
    #[error("too many appends are waiting: none was taken for {APPEND_WAIT_MS_MAX} ms")]
    Busy,
    /// The store is closed or closing.
    #[error("the store is closed")]
    Closed,
    /// An append without events, or with too many.
    #[error("an append holds 1 to {EVENTS_PER_APPEND_MAX} events, this one {got}")]
    EventCount {
        /// How many it held.
        got: usize,
    },
    /// A statement failed.
    #[error("the database failed: {0}")]
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed => StoreError::Closed,
            error => StoreError::Database(describe(&error)),
        }
    }
}

/// The error without values.
pub(super) fn describe(error: &sqlx::Error) -> String {
    let Some(refused) = error.as_database_error() else { return error.to_string() };
    let code = refused.code().unwrap_or_default();
    match refused.constraint() {
        Some(constraint) => format!("constraint {constraint} refused a row (code {code})"),
        // PostgreSQL's class 22, data exceptions: the message quotes the value.
        None if code.len() == 5 && code.starts_with("22") => format!("a value was refused (code {code})"),
        None => format!("{} (code {code})", refused.message()),
    }
}
