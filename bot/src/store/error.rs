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
    /// The system gives no thread to write from.
    #[error("cannot start the writer of the store: {0}")]
    Thread(String),
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
    /// The database is away, full or read-only: the same may succeed later. Whether this attempt was written is not known.
    #[error("the database is away: {0}")]
    Away(String),
    /// A statement failed.
    #[error("the database failed: {0}")]
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed => StoreError::Closed,
            error if is_away(&error) => StoreError::Away(describe(&error)),
            error => StoreError::Database(describe(&error)),
        }
    }
}

impl StoreError {
    /// Whether the same may succeed in a moment, so that whoever asks should ask again.
    pub fn passes(&self) -> bool {
        matches!(self, StoreError::Busy | StoreError::Closed | StoreError::Away(_))
    }
}

/// Whether it is the database's state and not the statement's fault.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        // A connection that ends in the middle of an answer.
        sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(refused) => {
            let code = refused.code().unwrap_or_default();
            match code.parse::<u32>() {
                // SQLite: busy, locked, read-only, input/output, full, cannot open; the low byte is the kind.
                Ok(code) if refused.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                    matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14)
                }
                // PostgreSQL: connection, resources (disk, memory, connections), shutdown and start, a read-only standby.
                _ => ["08", "53", "57P0", "25006"].iter().any(|class| code.starts_with(class)),
            }
        }
        _ => false,
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
