//! The tables of a schema version, as the migrations make them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection, query_as};

use super::TransferError;
use super::row::Sum;
use super::side::Side;
use crate::store::pools::migrations;

/// A table and how its rows are written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    pub(super) key: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// The types that the schema uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bigint,
    Double,
    Bytes,
}

/// A schema, and what its tables hold when nobody has used them yet.
pub(super) struct Schema {
    pub(super) versions: Vec<i64>,
    /// A table comes after those that it refers to.
    pub(super) tables: Vec<Table>,
    pub(super) unused: Vec<Sum>,
}

impl Schema {
    /// The schema that these migrations make. It is read from a database in memory: the migrations are its only description.
    pub(super) async fn of(versions: Vec<i64>) -> Result<Schema, TransferError> {
        let known: Vec<i64> = migrations().iter().map(|migration| migration.version).collect();
        let Some(&last) = versions.last() else { return Err(TransferError::NoSchema) };
        if let Some(&unknown) = versions.iter().find(|version| !known.contains(version)) {
            return Err(TransferError::NewerSchema { version: unknown });
        }
        if let Some(&missing) = known.iter().find(|version| **version <= last && !versions.contains(version)) {
            return Err(TransferError::SchemaBehind { version: missing });
        }
        let memory: SqliteConnectOptions = SqliteConnectOptions::new().in_memory(true);
        let mut memory = memory.connect().await?;
        migrations().run_direct(Some(last), &mut memory, false).await.map_err(|error| TransferError::Schema(error.to_string()))?;
        let tables = tables(&mut memory).await?;
        let mut side = Side::Sqlite(memory);
        let mut unused = Vec::new();
        for table in &tables {
            unused.push(side.sum(table).await?);
        }
        Ok(Schema { versions, tables, unused })
    }

    /// The newest version.
    pub(super) fn last(&self) -> i64 {
        self.versions.last().copied().unwrap_or_default()
    }
}

/// The columns of a table, and those of its key with their places in it.
#[derive(Default)]
struct Found {
    columns: Vec<Column>,
    keys: Vec<(i64, Column)>,
}

/// All tables of the program, parents first.
async fn tables(memory: &mut SqliteConnection) -> Result<Vec<Table>, TransferError> {
    let columns: Vec<(String, String, String, i64)> = query_as(
        "select m.name, c.name, lower(c.type), c.pk from sqlite_master as m, pragma_table_info(m.name) as c
         where m.type = 'table' and m.name not like 'sqlite%' and m.name not like '\\_%' escape '\\' order by m.name, c.cid",
    )
    .fetch_all(&mut *memory)
    .await?;
    let references: Vec<(String, String)> = query_as(
        "select m.name, f.\"table\" from sqlite_master as m, pragma_foreign_key_list(m.name) as f where m.type = 'table' order by m.name",
    )
    .fetch_all(&mut *memory)
    .await?;
    let mut left: BTreeMap<String, Found> = BTreeMap::new();
    for (table, name, kind, key) in columns {
        let kind = match kind.as_str() {
            "text" => Kind::Text,
            "bigint" => Kind::Bigint,
            "double precision" => Kind::Double,
            "bytea" => Kind::Bytes,
            other => return Err(TransferError::Schema(format!("{table}.{name} has the type {other}"))),
        };
        let Found { columns, keys } = left.entry(table).or_default();
        let column = Column { name, kind };
        if key > 0 {
            keys.push((key, column.clone()));
        }
        columns.push(column);
    }
    let mut sorted = Vec::new();
    let mut placed = BTreeSet::new();
    while !left.is_empty() {
        let free = |table: &&String| references.iter().all(|(from, to)| from != *table || to == *table || placed.contains(to));
        let Some(name) = left.keys().find(free).cloned() else {
            return Err(TransferError::Schema("tables refer to each other in a circle".to_owned()));
        };
        let Some(Found { columns, mut keys }) = left.remove(&name) else { continue };
        keys.sort_by_key(|(position, _)| *position);
        if keys.is_empty() {
            return Err(TransferError::Schema(format!("{name} has no primary key")));
        }
        placed.insert(name.clone());
        sorted.push(Table { name, columns, key: keys.into_iter().map(|(_, column)| column).collect() });
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_table_comes_after_those_that_it_refers_to() {
        let versions = migrations().iter().map(|migration| migration.version).collect();
        let schema = Schema::of(versions).await.unwrap();
        let at = |name: &str| schema.tables.iter().position(|table| table.name == name).unwrap();
        assert!(at("conversation") < at("event") && at("event") < at("outgoing") && at("operator") < at("recovery_code"));
        assert_eq!(schema.tables[at("event")].key.len(), 2);
        assert_eq!(schema.unused.iter().map(|sum| sum.rows).sum::<u64>(), 2, "the versions of the desk and of the news");
    }

    #[tokio::test]
    async fn a_schema_of_another_program_is_refused() {
        assert!(matches!(Schema::of(vec![]).await, Err(TransferError::NoSchema)));
        assert!(matches!(Schema::of(vec![1, 999_999]).await, Err(TransferError::NewerSchema { version: 999_999 })));
        assert!(matches!(Schema::of(vec![1, 3]).await, Err(TransferError::SchemaBehind { version: 2 })));
    }
}
