//! A whole installation on its way: from one database into another, into a file, and out of it.
//!
//! Rows are read in the order of their keys, as of one moment, and written in that order, batch by batch: what is there after an
//! interruption is the beginning of each table, and the same transfer again goes on behind it. A database that is being filled bears a
//! mark until every table was counted and hashed on both sides; until then [`super::Store::open`] refuses it.

mod archive;
mod look;
mod row;
mod schema;
mod side;

use std::fs::File;
use std::path::{Path, PathBuf};

use futures::StreamExt;

pub use look::{Look, look};
pub use row::Sum;
pub(super) use side::{MARK, lock_to_serve};

use super::StoreError;
use archive::{Header, Reader, Writer};
use row::{Batch, Row, Summing, encode};
use schema::{Schema, Table};
use side::{Place, Side};

/// A step of a transfer, for those who watch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Rows of a table that were written so far.
    Written {
        /// The table.
        table: String,
        /// Its rows.
        rows: u64,
    },
    /// A table is there as it was read: counted and hashed again where it was written.
    Verified {
        /// The table.
        table: String,
        /// What it holds.
        sum: Sum,
    },
}

/// Why nothing was moved, written or restored, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody serves from it.
    #[error("{database} is in use: stop every hotro that is connected to it, then run this again")]
    InUse {
        /// Which.
        database: String,
    },
    /// There are rows in the way.
    #[error("{database} is not empty ({table} has rows): nothing is written over. Name a new, empty database")]
    NotEmpty {
        /// Which.
        database: String,
        /// The first table with rows.
        table: String,
    },
    /// Half of something else.
    #[error("{database} holds an unfinished transfer from {origin}: run that one again to its end, or name a new, empty database")]
    Unfinished {
        /// Which.
        database: String,
        /// Where its rows come from.
        origin: String,
    },
    /// Both sides are one.
    #[error("both sides are the same database")]
    Same,
    /// It was never used.
    #[error("the database that is read from has no tables of hotro: check its URL")]
    NoSchema,
    /// Only a newer program knows this.
    #[error("the schema has migration {version}, which this hotro does not know: use the newer hotro that wrote it")]
    NewerSchema {
        /// Of the migration.
        version: i64,
    },
    /// An upgrade did not come to its end.
    #[error(
        "migration {version} is missing in the database that is read from: start this hotro on it once (hotro operator list), then again"
    )]
    SchemaBehind {
        /// Of the migration.
        version: i64,
    },
    /// The target is ahead of what is read.
    #[error("the schema of {database} is newer than that of what is read: name a new, empty database")]
    TargetAhead {
        /// Which.
        database: String,
    },
    /// The schema cannot be made or read.
    #[error("the schema: {0}")]
    Schema(String),
    /// A file or folder.
    #[error("{path}: {}", file_reason(source))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something else than a backup.
    #[error("{path} is no backup of hotro")]
    NoBackup {
        /// Which.
        path: PathBuf,
    },
    /// It was a backup.
    #[error("{path} is damaged: {what}. Nothing was restored; take another copy of it, or the backup before it")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// A row that no backup holds.
    #[error("a row is larger than {} bytes", row::ROW_BYTES_MAX)]
    RowTooLarge,
    /// The two sides are not alike.
    #[error("{table} is not what was read: {read} rows were read and {written} are there. Name a new, empty database and begin again")]
    Differs {
        /// The table.
        table: String,
        /// Rows read.
        read: u64,
        /// Rows there.
        written: u64,
    },
}

fn file_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => "is there already, and nothing is written over: choose another name".to_owned(),
        std::io::ErrorKind::StorageFull => format!("{error}: make room, or choose another disk"),
        _ => error.to_string(),
    }
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> TransferError {
        TransferError::Store(error.into())
    }
}

/// Where rows come from.
enum Source {
    Database(Side),
    Backup(Box<Reader>),
}

/// Makes sure that nobody serves from a database. Nobody begins to on SQLite while what is returned is kept.
///
/// # Errors
/// Somebody does, or it cannot be reached.
pub async fn alone(url: &str) -> Result<Option<File>, TransferError> {
    let place = Place::parse(url)?;
    let lock = place.lock()?;
    refuse_served(&mut place.read().await?, &place).await?;
    Ok(lock)
}

async fn refuse_served(side: &mut Side, place: &Place) -> Result<(), TransferError> {
    if side.served().await? { Err(TransferError::InUse { database: place.name() }) } else { Ok(()) }
}

/// Moves everything from one database into another, empty one; begun before, it goes on. The first is left as it was.
///
/// # Errors
/// Nothing is lost: the first database is untouched, and the second is refused by everything else until a run comes to its end.
pub async fn migrate(from: &str, to: &str, tell: &mut (dyn FnMut(Step) + Send)) -> Result<(), TransferError> {
    let (from, to) = (Place::parse(from)?, Place::parse(to)?);
    if from.name() == to.name() {
        return Err(TransferError::Same);
    }
    let _locks = (from.lock()?, to.lock()?);
    let mut reading = from.read().await?;
    refuse_served(&mut reading, &from).await?;
    if let Some(origin) = reading.mark().await? {
        return Err(TransferError::Unfinished { database: from.name(), origin });
    }
    let schema = Schema::of(reading.versions().await?).await?;
    fill(Source::Database(reading), &schema, &to, &from.name(), tell).await?;
    // Whoever came meanwhile has written what was not read.
    refuse_served(&mut from.read().await?, &from).await
}

/// Writes everything, as of this moment, into a new file; the program may serve meanwhile. The file is read again before it counts.
///
/// # Errors
/// There is no file then.
pub async fn backup(from: &str, path: &Path, made_ms: i64, tell: &mut (dyn FnMut(Step) + Send)) -> Result<(), TransferError> {
    let from = Place::parse(from)?;
    let mut reading = from.read().await?;
    if let Some(origin) = reading.mark().await? {
        return Err(TransferError::Unfinished { database: from.name(), origin });
    }
    let schema = Schema::of(reading.versions().await?).await?;
    let mut writer = Writer::create(path, &Header::of(&schema, made_ms))?;
    let mut encoded = Vec::new();
    for table in &schema.tables {
        let mut summing = Summing::default();
        let mut rows = reading.rows(table);
        while let Some(row) = rows.next().await {
            encoded.clear();
            encode(&row?, &mut encoded);
            summing.add(&encoded);
            writer.row(&encoded)?;
        }
        writer.end_table(&summing.sum())?;
    }
    writer.finish()?;
    check(path, tell).await
}

/// Reads a backup to its end.
///
/// # Errors
/// It cannot be restored.
pub async fn check(path: &Path, tell: &mut (dyn FnMut(Step) + Send)) -> Result<(), TransferError> {
    let (mut reader, schema) = open(path).await?;
    for table in &schema.tables {
        let mut summing = Summing::default();
        let mut encoded = Vec::new();
        while let Some((row, _)) = reader.row(table)? {
            encoded.clear();
            encode(&row, &mut encoded);
            summing.add(&encoded);
        }
        let (read, noted) = (summing.sum(), reader.sum()?);
        same(table, read, noted)?;
        tell(Step::Verified { table: table.name.clone(), sum: read });
    }
    reader.end()
}

/// Fills an empty database from a backup; begun before, it goes on.
///
/// # Errors
/// A damaged file is refused before anything is written. A database that was half filled is refused by everything else until a run comes
/// to its end.
pub async fn restore(path: &Path, to: &str, tell: &mut (dyn FnMut(Step) + Send)) -> Result<(), TransferError> {
    let to = Place::parse(to)?;
    let (reader, schema) = open(path).await?;
    let _lock = to.lock()?;
    let origin = reader.name();
    fill(Source::Backup(Box::new(reader)), &schema, &to, &origin, tell).await
}

async fn open(path: &Path) -> Result<(Reader, Schema), TransferError> {
    let reader = Reader::open(path)?;
    let schema = Schema::of(reader.header().versions.clone()).await?;
    if !reader.header().fits(&schema) {
        return Err(TransferError::Damaged { path: path.to_owned(), what: "its tables are not those of its schema" });
    }
    Ok((reader, schema))
}

async fn fill(
    mut source: Source,
    schema: &Schema,
    to: &Place,
    origin: &str,
    tell: &mut (dyn FnMut(Step) + Send),
) -> Result<(), TransferError> {
    let mut target = to.fill().await?;
    prepare(&mut target, schema, to, origin).await?;
    let mut sums = Vec::new();
    for table in &schema.tables {
        let there = target.count(table).await?;
        let mut writing = Writing { table, there, summing: Summing::default(), encoded: Vec::new(), batch: Batch::default() };
        match &mut source {
            Source::Database(side) => {
                let mut rows = side.rows(table);
                while let Some(row) = rows.next().await {
                    writing.take(row?, &mut target, tell).await?;
                }
            }
            Source::Backup(reader) => {
                while let Some((row, _)) = reader.row(table)? {
                    writing.take(row, &mut target, tell).await?;
                }
            }
        }
        let sum = writing.end(&mut target, tell).await?;
        if let Source::Backup(reader) = &mut source {
            same(table, sum, reader.sum()?)?;
        }
        sums.push(sum);
    }
    if let Source::Backup(reader) = &mut source {
        reader.end()?;
    }
    for (table, read) in schema.tables.iter().zip(sums) {
        same(table, read, target.sum(table).await?)?;
        tell(Step::Verified { table: table.name.clone(), sum: read });
    }
    target.finish().await?;
    target.migrate(None).await
}

fn same(table: &Table, read: Sum, written: Sum) -> Result<(), TransferError> {
    if read == written {
        return Ok(());
    }
    Err(TransferError::Differs { table: table.name.clone(), read: read.rows, written: written.rows })
}

/// Makes the target's schema, unless a transfer from the same origin has begun: then it is as that left it.
async fn prepare(target: &mut Side, schema: &Schema, to: &Place, origin: &str) -> Result<(), TransferError> {
    refuse_served(target, to).await?;
    let database = to.name();
    match target.mark().await? {
        Some(begun) if begun == origin => return Ok(()),
        Some(origin) => return Err(TransferError::Unfinished { database, origin }),
        None => {}
    }
    if target.versions().await?.last().is_some_and(|last| *last > schema.last()) {
        return Err(TransferError::TargetAhead { database });
    }
    target.migrate(Some(schema.last())).await?;
    for (table, unused) in schema.tables.iter().zip(&schema.unused) {
        // Counted first: a table in use may be large.
        if target.count(table).await? != unused.rows || target.sum(table).await? != *unused {
            return Err(TransferError::NotEmpty { database, table: table.name.clone() });
        }
    }
    target.begin(&schema.tables, origin).await
}

/// A table on its way into the target.
struct Writing<'a> {
    table: &'a Table,
    /// Rows that an earlier run has written: the first ones.
    there: u64,
    summing: Summing,
    encoded: Vec<u8>,
    batch: Batch,
}

impl Writing<'_> {
    async fn take(&mut self, row: Row, target: &mut Side, tell: &mut (dyn FnMut(Step) + Send)) -> Result<(), TransferError> {
        self.encoded.clear();
        encode(&row, &mut self.encoded);
        self.summing.add(&self.encoded);
        if self.summing.rows() <= self.there {
            return Ok(());
        }
        self.batch.push(row, self.encoded.len());
        if self.batch.is_full() {
            self.write(target, tell).await?;
        }
        Ok(())
    }

    async fn write(&mut self, target: &mut Side, tell: &mut (dyn FnMut(Step) + Send)) -> Result<(), TransferError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.rows.is_empty() {
            return Ok(());
        }
        target.insert(self.table, &batch).await?;
        tell(Step::Written { table: self.table.name.clone(), rows: self.summing.rows() });
        Ok(())
    }

    async fn end(mut self, target: &mut Side, tell: &mut (dyn FnMut(Step) + Send)) -> Result<Sum, TransferError> {
        self.write(target, tell).await?;
        Ok(self.summing.sum())
    }
}
