//! One of the two databases of a transfer: what is asked of it, in the words of either.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ColumnIndex, ConnectOptions, Connection, Decode, PgConnection, SqliteConnection, Type, query, query_scalar, raw_sql,
};

use super::TransferError;
use super::row::{Batch, Row, Sum, Summing, Value, encode};
use super::schema::{Column, Kind, Table};
use crate::store::error::{StoreError, describe};
use crate::store::pools::{self, SQLITE_BUSY_WAIT};

/// Notes, in a database that is being filled, where its rows come from. It is no part of the schema: it goes with the end of the transfer.
pub(in crate::store) const MARK: &str = "transfer_under_way";
/// So that a transfer is no node.
const APPLICATION: &str = "hotro transfer";
/// Rows of one insert into SQLite, which allows 32,766 parameters.
const SQLITE_PARAMETERS_MAX: usize = 30_000;
const SQLITE_ROWS_PER_INSERT_MAX: usize = 250;

/// A connection of its own, because a transfer reads as of one moment.
pub(super) enum Side {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Where a database is, without a password.
pub(super) enum Place {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// Runs one expression on the native connection.
macro_rules! on {
    ($side:expr, |$connection:ident| $run:expr) => {
        match $side {
            Side::Sqlite($connection) => $run,
            Side::Postgres($connection) => $run,
        }
    };
}

impl Place {
    pub(super) fn parse(url: &str) -> Result<Place, TransferError> {
        if let Some(file) = url.strip_prefix("sqlite://") {
            if file.is_empty() || file.starts_with(':') {
                return Err(StoreError::Url.into());
            }
            let options = SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
            return Ok(Place::Sqlite(options.foreign_keys(true).busy_timeout(SQLITE_BUSY_WAIT)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
            return Ok(Place::Postgres(options.application_name(APPLICATION)));
        }
        Err(StoreError::Url.into())
    }

    pub(super) fn name(&self) -> String {
        match self {
            Place::Sqlite(options) => options.get_filename().display().to_string(),
            Place::Postgres(options) => pools::postgres_name(options),
        }
    }

    fn refused(&self, error: &sqlx::Error) -> TransferError {
        StoreError::Connect { database: self.name(), reason: describe(error) }.into()
    }

    /// To read from, as of the moment of the first statement that follows.
    pub(super) async fn read(&self) -> Result<Side, TransferError> {
        let mut side = match self {
            Place::Sqlite(options) => Side::Sqlite(options.clone().connect().await.map_err(|error| self.refused(&error))?),
            Place::Postgres(options) => Side::Postgres(options.connect().await.map_err(|error| self.refused(&error))?),
        };
        match &mut side {
            Side::Sqlite(connection) => raw_sql("begin").execute(connection).await.map(drop)?,
            Side::Postgres(connection) => raw_sql("begin isolation level repeatable read read only").execute(connection).await.map(drop)?,
        }
        Ok(side)
    }

    /// To fill; an SQLite file is made.
    pub(super) async fn fill(&self) -> Result<Side, TransferError> {
        Ok(match self {
            Place::Sqlite(options) => {
                if let Some(folder) = options.get_filename().parent().filter(|folder| *folder != Path::new("")) {
                    let made = std::fs::create_dir_all(folder);
                    made.map_err(|source| TransferError::File { path: folder.to_owned(), source })?;
                }
                let options = options.clone().create_if_missing(true);
                let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
                Side::Sqlite(options.connect().await.map_err(|error| self.refused(&error))?)
            }
            Place::Postgres(options) => Side::Postgres(options.connect().await.map_err(|error| self.refused(&error))?),
        })
    }

    /// Keeps processes that serve from an SQLite file away until the lock is dropped. PostgreSQL is asked instead: [`Side::served`].
    pub(super) fn lock(&self) -> Result<Option<File>, TransferError> {
        let Place::Sqlite(options) = self else { return Ok(None) };
        let path = serving_file(options.get_filename());
        let failed = |source| TransferError::File { path: path.clone(), source };
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(TransferError::InUse { database: self.name() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Not the database file itself: to close another handle of it would drop the locks that SQLite holds on it.
fn serving_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-serving");
    PathBuf::from(name)
}

/// What a process that serves from a database holds. Any number may; a transfer wants it alone.
pub(in crate::store) fn lock_to_serve(database: &Path) -> Result<File, StoreError> {
    let refused = |reason: String| StoreError::Connect { database: database.display().to_string(), reason };
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(serving_file(database));
    let file = opened.map_err(|error| refused(format!("the file that says it is served cannot be made: {error}")))?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(refused("it is being moved or restored at this moment".to_owned())),
        Err(TryLockError::Error(error)) => Err(refused(error.to_string())),
    }
}

impl Side {
    /// Whether another process of hotro is connected to a PostgreSQL database.
    pub(super) async fn served(&mut self) -> Result<bool, TransferError> {
        Ok(match self {
            Side::Sqlite(_) => false,
            Side::Postgres(connection) => {
                let others: i64 = query_scalar(
                    "select count(*) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid() and application_name = 'hotro'",
                )
                .fetch_one(connection)
                .await?;
                others > 0
            }
        })
    }

    /// The migrations that were applied; none in an empty database.
    pub(super) async fn versions(&mut self) -> Result<Vec<i64>, TransferError> {
        if !self.has_table("_sqlx_migrations").await? {
            return Ok(Vec::new());
        }
        Ok(on!(self, |connection| {
            query_scalar("select version from _sqlx_migrations where success order by version").fetch_all(connection).await
        })?)
    }

    pub(super) async fn migrate(&mut self, to: Option<i64>) -> Result<(), TransferError> {
        let migrations = pools::migrations();
        let done = on!(self, |connection| migrations.run_direct(to, connection, false).await);
        done.map_err(|error| TransferError::Schema(error.to_string()))
    }

    async fn has_table(&mut self, name: &'static str) -> Result<bool, TransferError> {
        let found: i64 = match self {
            Side::Sqlite(connection) => {
                query_scalar("select count(*) from sqlite_master where type = 'table' and name = $1").bind(name).fetch_one(connection).await
            }
            Side::Postgres(connection) => {
                query_scalar("select count(*) from information_schema.tables where table_schema = current_schema() and table_name = $1")
                    .bind(name)
                    .fetch_one(connection)
                    .await
            }
        }?;
        Ok(found > 0)
    }

    /// Where the rows of an unfinished transfer come from.
    pub(super) async fn mark(&mut self) -> Result<Option<String>, TransferError> {
        if !self.has_table(MARK).await? {
            return Ok(None);
        }
        Ok(on!(self, |connection| query_scalar("select origin from transfer_under_way").fetch_optional(connection).await)?)
    }

    /// Empties the tables of an unused database and marks it as one that is being filled, both or neither.
    pub(super) async fn begin(&mut self, tables: &[Table], origin: &str) -> Result<(), TransferError> {
        on!(self, |connection| {
            let mut tx = connection.begin().await?;
            for table in tables.iter().rev() {
                query(AssertSqlSafe(format!("delete from {}", table.name))).execute(&mut *tx).await?;
            }
            query("create table transfer_under_way (origin text not null primary key)").execute(&mut *tx).await?;
            query("insert into transfer_under_way (origin) values ($1)").bind(origin).execute(&mut *tx).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    pub(super) async fn finish(&mut self) -> Result<(), TransferError> {
        on!(self, |connection| query("drop table transfer_under_way").execute(connection).await.map(drop))?;
        // Without figures about what it holds, a database plans badly until it has collected some.
        on!(self, |connection| query("analyze").execute(connection).await.map(drop))?;
        Ok(())
    }

    pub(super) async fn count(&mut self, table: &Table) -> Result<u64, TransferError> {
        let statement = AssertSqlSafe(format!("select count(*) from {}", table.name));
        let count: i64 = on!(self, |connection| query_scalar(statement).fetch_one(connection).await)?;
        Ok(count.unsigned_abs())
    }

    /// All rows in the order of the primary key, byte by byte, which is the same order on both databases.
    pub(super) fn rows<'a>(&'a mut self, table: &'a Table) -> BoxStream<'a, Result<Row, TransferError>> {
        let columns = names(&table.columns);
        match self {
            Side::Sqlite(connection) => {
                let statement = format!("select {columns} from {} order by {}", table.name, names(&table.key));
                let rows = query(AssertSqlSafe(statement)).fetch(connection);
                rows.map(|row| Ok(values(&row?, &table.columns)?)).boxed()
            }
            Side::Postgres(connection) => {
                let key = table.key.iter().map(|column| match column.kind {
                    Kind::Text => format!("{} collate \"C\"", column.name),
                    _ => column.name.clone(),
                });
                let statement = format!("select {columns} from {} order by {}", table.name, key.collect::<Vec<_>>().join(", "));
                let rows = query(AssertSqlSafe(statement)).fetch(connection);
                rows.map(|row| Ok(values(&row?, &table.columns)?)).boxed()
            }
        }
    }

    pub(super) async fn sum(&mut self, table: &Table) -> Result<Sum, TransferError> {
        let mut summing = Summing::default();
        let mut encoded = Vec::new();
        let mut rows = self.rows(table);
        while let Some(row) = rows.next().await {
            encoded.clear();
            encode(&row?, &mut encoded);
            summing.add(&encoded);
        }
        Ok(summing.sum())
    }

    /// Adds all of these rows or none.
    pub(super) async fn insert(&mut self, table: &Table, batch: &Batch) -> Result<(), TransferError> {
        match self {
            Side::Sqlite(connection) => {
                let mut tx = connection.begin_with("begin immediate").await?;
                let rows_max = (SQLITE_PARAMETERS_MAX / table.columns.len().max(1)).clamp(1, SQLITE_ROWS_PER_INSERT_MAX);
                for rows in batch.rows.chunks(rows_max) {
                    insert_sqlite(&mut tx, table, rows).await?;
                }
                tx.commit().await?;
            }
            // One statement is one transaction.
            Side::Postgres(connection) => insert_postgres(connection, table, &batch.rows).await?,
        }
        Ok(())
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The columns of a row, in their order; null is [`Value::Null`].
fn values<'r, R>(row: &'r R, columns: &[Column]) -> Result<Row, sqlx::Error>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<f64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |(at, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
            Kind::Bigint => row.try_get::<Option<i64>, _>(at)?.map(Value::Bigint),
            Kind::Double => row.try_get::<Option<f64>, _>(at)?.map(Value::Double),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes),
        }
        .unwrap_or(Value::Null))
    };
    columns.iter().enumerate().map(value).collect()
}

async fn insert_sqlite(connection: &mut SqliteConnection, table: &Table, rows: &[Row]) -> Result<(), sqlx::Error> {
    let one = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let all = vec![one.as_str(); rows.len()].join(", ");
    let statement = format!("insert into {} ({}) values {all}", table.name, names(&table.columns));
    let mut insert = query(AssertSqlSafe(statement));
    for value in rows.iter().flatten() {
        insert = match value {
            Value::Null => insert.bind(None::<&str>),
            Value::Text(text) => insert.bind(text),
            Value::Bigint(number) => insert.bind(number),
            Value::Double(number) => insert.bind(number),
            Value::Bytes(bytes) => insert.bind(bytes),
        };
    }
    insert.execute(connection).await.map(drop)
}

async fn insert_postgres(connection: &mut PgConnection, table: &Table, rows: &[Row]) -> Result<(), sqlx::Error> {
    let arrays = table.columns.iter().enumerate().map(|(at, column)| {
        let array = match column.kind {
            Kind::Text => "text[]",
            Kind::Bigint => "bigint[]",
            Kind::Double => "double precision[]",
            Kind::Bytes => "bytea[]",
        };
        format!("${}::{array}", at + 1)
    });
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let statement = format!("insert into {} ({}) select * from unnest({arrays})", table.name, names(&table.columns));
    let mut insert = query(AssertSqlSafe(statement));
    for (at, column) in table.columns.iter().enumerate() {
        let values = rows.iter().map(|row| row.get(at));
        insert = match column.kind {
            Kind::Text => insert
                .bind(values.map(|value| if let Some(Value::Text(text)) = value { Some(text.as_str()) } else { None }).collect::<Vec<_>>()),
            Kind::Bigint => insert
                .bind(values.map(|value| if let Some(Value::Bigint(number)) = value { Some(*number) } else { None }).collect::<Vec<_>>()),
            Kind::Double => insert
                .bind(values.map(|value| if let Some(Value::Double(number)) = value { Some(*number) } else { None }).collect::<Vec<_>>()),
            Kind::Bytes => insert.bind(
                values.map(|value| if let Some(Value::Bytes(bytes)) = value { Some(bytes.as_slice()) } else { None }).collect::<Vec<_>>(),
            ),
        };
    }
    insert.execute(connection).await.map(drop)
}
