//! The connections to the database: an enum of two native pools, because sqlx's `Any` driver knows too few types.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::migrate::{Migrate, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Connection, Database, PgConnection, SqliteConnection, query_scalar};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::error::{StoreError, describe};
use super::transfer::MARK;

/// 16 MB. At the default of 4 MB every hundredth small write of a busy second waits for a checkpoint.
const SQLITE_CHECKPOINT_PAGES: &str = "4000";
/// Readers of a WAL file do not wait for each other or for the writer; more of them than processors gain little.
const SQLITE_READERS: u32 = 4;
/// How long a writer of another process (a command line tool) is waited for.
pub(super) const SQLITE_BUSY_WAIT: Duration = Duration::from_secs(5);
/// What SQLite says when it does not wait by itself, and the pause before it is asked again.
const SQLITE_BUSY: &str = "5";
const SQLITE_BUSY_PAUSE: Duration = Duration::from_millis(20);
/// PostgreSQL allows 100 by default, and several nodes share it. One of them listens, and the writer has one beside.
const POSTGRES_CONNECTIONS_MAX: u32 = 15;
/// A request that gets no connection for so long fails, so that a lost database shows instead of hanging.
const CONNECTION_WAIT: Duration = Duration::from_secs(5);

/// The open database.
#[derive(Clone)]
pub(super) enum Pools {
    Sqlite {
        path: PathBuf,
        read: SqlitePool,
        /// Holds one connection: SQLite has one writer at a time, and a queue in the pool is fairer than its busy handler.
        write: SqlitePool,
    },
    Postgres(PgPool),
}

impl Pools {
    /// See [`super::Store::open`].
    pub(super) async fn open(url: &str) -> Result<Pools, StoreError> {
        if let Some(file) = url.strip_prefix("sqlite://") {
            // An in-memory database has one connection; ours needs a file.
            if file.is_empty() || file.starts_with(':') {
                return Err(StoreError::Url);
            }
            open_sqlite(SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url)?).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?).await
        } else {
            Err(StoreError::Url)
        }
    }

    /// The same database for the thread of the writer, inside its runtime: on PostgreSQL with a connection of its own there, which
    /// reads and other writes cannot take away.
    pub(super) fn of_the_writer(&self) -> Pools {
        match self {
            Pools::Sqlite { .. } => self.clone(),
            Pools::Postgres(pool) => Pools::Postgres(pool_of(1).connect_lazy_with((*pool.connect_options()).clone())),
        }
    }

    /// Closes what [`Pools::of_the_writer`] has opened.
    pub(super) async fn let_go_of_the_writer(&self) {
        match self {
            // Others write there too. A connection comes back by a task, which must not end with the runtime.
            Pools::Sqlite { write, .. } => {
                let back = async {
                    while write.num_idle() < write.size() as usize && !write.is_closed() {
                        yield_now().await;
                    }
                };
                let _ = timeout(CONNECTION_WAIT, back).await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Pools::Sqlite { read, write, .. } => {
                // The last connection to close folds the write-ahead log into the file, which a reader may not do.
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(options: SqliteConnectOptions) -> Result<Pools, StoreError> {
    let path = options.get_filename().to_owned();
    let database = path.display().to_string();
    let refused = |reason| StoreError::Connect { database: database.clone(), reason };
    let failed = |error| refused(describe(&error));

    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        let created = tokio::fs::create_dir_all(folder).await;
        created.map_err(|error| refused(format!("its folder cannot be created: {error}")))?;
    }
    let options = options
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY_WAIT)
        // What was deleted or replaced leaves nothing in the file.
        .pragma("secure_delete", "on");
    let writing = options
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An append that was acknowledged survives a power cut; group commit pays for it.
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES);
    // The connections stay open: nothing is gained by opening a file again. But one that came to grief is closed.
    let pool = |connections| {
        let pool = pool_of(connections).idle_timeout(None).max_lifetime(None);
        pool.after_release(|connection, _| Box::pin(is_out_of_transactions(connection)))
    };

    let write: SqlitePool = patiently(|| pool(1).connect_with(writing.clone())).await.map_err(failed)?;
    // One transaction for all, because sqlx has no lock against another process that migrates this file at the same time.
    let mut tx = write.begin_with("begin immediate").await.map_err(failed)?;
    let marks = query_scalar("select count(*) from sqlite_master where name = $1").bind(MARK).fetch_one(&mut *tx).await;
    refuse_unfinished(marks.map_err(failed)?, &database)?;
    migrate(&mut *tx, &database).await?;
    tx.commit().await.map_err(failed)?;
    let read = pool(SQLITE_READERS).connect_with(options.read_only(true)).await.map_err(failed)?;
    Ok(Pools::Sqlite { path, read, write })
}

/// Whether a connection that comes back can begin a transaction again. SQLite ends one by itself when a disk is full or fails; then sqlx has
/// nothing to roll back, and counts it as open for ever.
async fn is_out_of_transactions(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A roll-back may be under way: what is asked after it is answered after it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// SQLite does not wait for another process while it changes the journal of a new file to WAL: it says that the file is locked.
async fn patiently<T, F: Future<Output = Result<T, sqlx::Error>>>(connect: impl Fn() -> F) -> Result<T, sqlx::Error> {
    let deadline = Instant::now() + SQLITE_BUSY_WAIT;
    loop {
        match connect().await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(SQLITE_BUSY) && Instant::now() < deadline => {
                tokio::time::sleep(SQLITE_BUSY_PAUSE).await;
            }
            done => return done,
        }
    }
}

async fn open_postgres(options: PgConnectOptions) -> Result<Pools, StoreError> {
    let options = options.application_name("hotro");
    let database = postgres_name(&options);
    let failed = |error| StoreError::Connect { database: database.clone(), reason: describe(&error) };

    // Not through the pool, which tries again until its time is over and then says no more than that.
    let mut first = PgConnection::connect_with(&options).await.map_err(failed)?;
    let marks = query_scalar("select count(*) from information_schema.tables where table_schema = current_schema() and table_name = $1");
    refuse_unfinished(marks.bind(MARK).fetch_one(&mut first).await.map_err(failed)?, &database)?;
    migrate(&mut first, &database).await?;
    first.close().await.map_err(failed)?;
    Ok(Pools::Postgres(pool_of(POSTGRES_CONNECTIONS_MAX).connect_lazy_with(options)))
}

/// Which database this is, without a password.
pub(super) fn postgres_name(options: &PgConnectOptions) -> String {
    let name = options.get_database().unwrap_or(options.get_username());
    format!("{name} on {}:{}", options.get_host(), options.get_port())
}

fn pool_of<DB: Database>(connections_max: u32) -> PoolOptions<DB> {
    PoolOptions::new().max_connections(connections_max).acquire_timeout(CONNECTION_WAIT)
}

/// Half of an installation is served to nobody.
fn refuse_unfinished(marks: i64, database: &str) -> Result<(), StoreError> {
    match marks {
        0 => Ok(()),
        _ => Err(StoreError::Unfinished { database: database.to_owned() }),
    }
}

async fn migrate<C: Migrate>(connection: &mut C, database: &str) -> Result<(), StoreError> {
    migrations()
        .run_direct(None, connection, false)
        .await
        .map_err(|error| StoreError::Migrate { database: database.to_owned(), reason: error.to_string() })
}

/// All that this program knows.
pub(super) fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("../migrations");
    // While nodes are updated one by one, an old program meets the schema of the new one, and every migration is written to
    // allow that.
    migrations.set_ignore_missing(true);
    migrations
}

/// Runs one expression on the native pool for reading, `$pool`: the same statement for either database.
macro_rules! on_reader {
    ($store:expr, |$pool:ident| $run:expr) => {
        match &$store.0.pools {
            $crate::store::pools::Pools::Sqlite { read: $pool, .. } => $run,
            $crate::store::pools::Pools::Postgres($pool) => $run,
        }
    };
}
pub(super) use on_reader;

/// Like [`on_reader`], on the pool that may write.
macro_rules! on_writer {
    ($store:expr, |$pool:ident| $run:expr) => {
        match &$store.0.pools {
            $crate::store::pools::Pools::Sqlite { write: $pool, .. } => $run,
            $crate::store::pools::Pools::Postgres($pool) => $run,
        }
    };
}
pub(super) use on_writer;

/// Runs statements in one transaction, `$tx`, on the pool that may write: the same for either database. Whoever returns from
/// inside rolls back.
macro_rules! in_transaction {
    ($store:expr, |$tx:ident| $run:expr) => {
        match &$store.0.pools {
            $crate::store::pools::Pools::Sqlite { write, .. } => {
                // Writes from its start: a transaction that reads first may not be allowed to write any more.
                let mut $tx = write.begin_with("begin immediate").await?;
                let done = $run;
                $tx.commit().await?;
                done
            }
            $crate::store::pools::Pools::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let done = $run;
                $tx.commit().await?;
                done
            }
        }
    };
}
pub(super) use in_transaction;
