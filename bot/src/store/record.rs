//! Insured persons and what is known of them. Everything that tells something of them comes and goes sealed.

use std::fmt;

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::batch::{Tx, column};
use super::pools::{on_reader, on_writer};
use super::{Store, StoreError};

/// Rows that one statement writes.
pub const RECORDS_PER_STATEMENT_MAX: usize = 1_000;
/// Rows that are read of one person and kind; nobody has more.
const RECORDS_READ_MAX: u32 = 5_000;

/// An insured person, as stored.
#[derive(Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct PersonRow {
    /// Keyed hash of the code, in hex.
    pub person_hash: String,
    /// Keyed hash of the citizen ID, in hex.
    pub citizen_hash: Option<String>,
    /// The person, sealed.
    pub sealed: String,
    /// Keyed hash of what is sealed, in hex: the same person again changes nothing.
    pub content_hash: String,
    /// 1 for an invented person.
    pub demo: i64,
}

/// A fact about a person, as stored.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RecordRow {
    /// Whose.
    pub person_hash: String,
    /// A word of the schema.
    pub kind: &'static str,
    /// What makes it this fact, in hex.
    pub record_hash: String,
    /// The fact, sealed.
    pub sealed: String,
    /// Keyed hash of what is sealed, in hex: the same fact again changes nothing.
    pub content_hash: String,
}

/// Somebody has read something of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccess {
    /// Of whom: the keyed hash, in hex.
    pub person_hash: String,
    /// In which conversation.
    pub conversation_id: Option<Uuid>,
    /// `citizen`, or an operator's id.
    pub actor: String,
    /// What.
    pub what: &'static str,
    /// Why an operator looked.
    pub reason: Option<String>,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
}

/// As [`NewAccess`], read back.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AccessRow {
    /// Of whom: the keyed hash, in hex.
    pub person_hash: String,
    /// In which conversation.
    pub conversation_id: Option<String>,
    /// `citizen`, or an operator's id.
    pub actor: String,
    /// What.
    pub what: String,
    /// Why an operator looked.
    pub reason: Option<String>,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
}

/// Which accesses are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessOf {
    /// Of a person, by the keyed hash in hex.
    Person(String),
    /// In a conversation.
    Conversation(Uuid),
    /// By an operator.
    Actor(String),
    /// All.
    All,
}

/// Rows being imported: all of them, or none. Dropping it leaves everything as it was.
pub struct Import(Tx);

impl Store {
    /// The person of a code, by its keyed hash in hex.
    ///
    /// # Errors
    /// The database fails.
    pub async fn person(&self, person_hash: &str) -> Result<Option<PersonRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select person_hash, citizen_hash, sealed, content_hash, demo from person where person_hash = $1"
        )
        .bind(person_hash)
        .fetch_optional(pool)
        .await)?)
    }

    /// The person of a citizen ID, by its keyed hash in hex.
    ///
    /// # Errors
    /// The database fails.
    pub async fn person_of_citizen_id(&self, citizen_hash: &str) -> Result<Option<PersonRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select person_hash, citizen_hash, sealed, content_hash, demo from person where citizen_hash = $1"
        )
        .bind(citizen_hash)
        .fetch_optional(pool)
        .await)?)
    }

    /// What is known of a person of one kind, sealed, with what it was sealed for.
    ///
    /// # Errors
    /// The database fails.
    pub async fn records(&self, person_hash: &str, kind: &'static str) -> Result<Vec<(String, String)>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select record_hash, sealed from record where person_hash = $1 and kind = $2 order by record_hash limit $3"
        )
        .bind(person_hash)
        .bind(kind)
        .bind(i64::from(RECORDS_READ_MAX))
        .fetch_all(pool)
        .await)?)
    }

    /// Invented people, some of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn demo_persons(&self, limit: u32) -> Result<Vec<PersonRow>, StoreError> {
        Ok(on_reader!(self, |pool| {
            query_as(
            "select person_hash, citizen_hash, sealed, content_hash, demo from person where demo = 1 order by changed_ms, person_hash limit $1"
        )
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        })?)
    }

    /// Whether anybody is known at all.
    ///
    /// # Errors
    /// The database fails.
    pub async fn knows_persons(&self) -> Result<bool, StoreError> {
        let one: Option<i64> =
            on_reader!(self, |pool| query_scalar("select cast(1 as bigint) from person limit 1").fetch_optional(pool).await)?;
        Ok(one.is_some())
    }

    /// Begins an import. It holds the writer of an SQLite file until it ends.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_import(&self) -> Result<Import, StoreError> {
        Ok(Import(Tx::begin(&self.0.pools).await?))
    }

    /// Notes that somebody has read something of a person.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note_access(&self, access: &NewAccess) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "insert into record_access (access_id, person_hash, conversation_id, actor, what, reason, at_ms)
             values ($1, $2, $3, $4, $5, $6, $7)"
        )
        .bind(Uuid::now_v7().to_string())
        .bind(&access.person_hash)
        .bind(access.conversation_id.map(|id| id.to_string()))
        .bind(&access.actor)
        .bind(access.what)
        .bind(access.reason.as_deref())
        .bind(access.at_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Who has read what, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn accesses(&self, of: &AccessOf, limit: u32) -> Result<Vec<AccessRow>, StoreError> {
        let (statement, key) = match of {
            AccessOf::Person(hash) => (
                "select person_hash, conversation_id, actor, what, reason, at_ms from record_access
                 where person_hash = $1 order by at_ms desc, access_id desc limit $2",
                hash.clone(),
            ),
            AccessOf::Conversation(id) => (
                "select person_hash, conversation_id, actor, what, reason, at_ms from record_access
                 where conversation_id = $1 order by at_ms desc, access_id desc limit $2",
                id.to_string(),
            ),
            AccessOf::Actor(actor) => (
                "select person_hash, conversation_id, actor, what, reason, at_ms from record_access
                 where actor = $1 order by at_ms desc, access_id desc limit $2",
                actor.clone(),
            ),
            AccessOf::All => (
                "select person_hash, conversation_id, actor, what, reason, at_ms from record_access
                 where $1 = '' order by at_ms desc, access_id desc limit $2",
                String::new(),
            ),
        };
        Ok(on_reader!(self, |pool| query_as(statement).bind(&key).bind(i64::from(limit)).fetch_all(pool).await)?)
    }
}

impl Import {
    /// Writes persons, each over what was known before; a row that is the same already is left alone.
    ///
    /// # Errors
    /// The database fails, or two persons have one citizen ID.
    pub async fn persons(&mut self, rows: &[PersonRow], at_ms: i64) -> Result<(), StoreError> {
        match &mut self.0 {
            Tx::Sqlite(tx) => query(
                "insert into person (person_hash, citizen_hash, sealed, content_hash, demo, changed_ms)
                 select value ->> 'person_hash', value ->> 'citizen_hash', value ->> 'sealed', value ->> 'content_hash', value ->> 'demo', $2
                 from json_each($1) where true
                 on conflict (person_hash) do update set citizen_hash = excluded.citizen_hash, sealed = excluded.sealed,
                    content_hash = excluded.content_hash, demo = excluded.demo, changed_ms = excluded.changed_ms
                 where person.content_hash <> excluded.content_hash or person.demo <> excluded.demo",
            )
            .bind(Json(rows))
            .bind(at_ms)
            .execute(&mut **tx)
            .await
            .map(drop)?,
            Tx::Postgres(tx) => query(
                "insert into person (person_hash, citizen_hash, sealed, content_hash, demo, changed_ms)
                 select person_hash, citizen_hash, sealed, content_hash, demo, $6
                 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
                    as new (person_hash, citizen_hash, sealed, content_hash, demo)
                 on conflict (person_hash) do update set citizen_hash = excluded.citizen_hash, sealed = excluded.sealed,
                    content_hash = excluded.content_hash, demo = excluded.demo, changed_ms = excluded.changed_ms
                 where person.content_hash <> excluded.content_hash or person.demo <> excluded.demo",
            )
            .bind(column(rows, |row| row.person_hash.as_str()))
            .bind(column(rows, |row| row.citizen_hash.as_deref()))
            .bind(column(rows, |row| row.sealed.as_str()))
            .bind(column(rows, |row| row.content_hash.as_str()))
            .bind(column(rows, |row| row.demo))
            .bind(at_ms)
            .execute(&mut **tx)
            .await
            .map(drop)?,
        }
        Ok(())
    }

    /// Writes facts, each over what it was before; a row that is the same already is left alone. No two of them may be the same fact.
    ///
    /// # Errors
    /// The database fails.
    pub async fn records(&mut self, rows: &[RecordRow], at_ms: i64) -> Result<(), StoreError> {
        match &mut self.0 {
            Tx::Sqlite(tx) => query(
                "insert into record (person_hash, kind, record_hash, sealed, content_hash, changed_ms)
                 select value ->> 'person_hash', value ->> 'kind', value ->> 'record_hash', value ->> 'sealed', value ->> 'content_hash', $2
                 from json_each($1) where true
                 on conflict (person_hash, kind, record_hash) do update set sealed = excluded.sealed,
                    content_hash = excluded.content_hash, changed_ms = excluded.changed_ms
                 where record.content_hash <> excluded.content_hash",
            )
            .bind(Json(rows))
            .bind(at_ms)
            .execute(&mut **tx)
            .await
            .map(drop)?,
            Tx::Postgres(tx) => query(
                "insert into record (person_hash, kind, record_hash, sealed, content_hash, changed_ms)
                 select person_hash, kind, record_hash, sealed, content_hash, $6
                 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
                    as new (person_hash, kind, record_hash, sealed, content_hash)
                 on conflict (person_hash, kind, record_hash) do update set sealed = excluded.sealed,
                    content_hash = excluded.content_hash, changed_ms = excluded.changed_ms
                 where record.content_hash <> excluded.content_hash",
            )
            .bind(column(rows, |row| row.person_hash.as_str()))
            .bind(column(rows, |row| row.kind))
            .bind(column(rows, |row| row.record_hash.as_str()))
            .bind(column(rows, |row| row.sealed.as_str()))
            .bind(column(rows, |row| row.content_hash.as_str()))
            .bind(at_ms)
            .execute(&mut **tx)
            .await
            .map(drop)?,
        }
        Ok(())
    }

    /// Which of these persons are known, those imported just now included.
    ///
    /// # Errors
    /// The database fails.
    pub async fn known(&mut self, person_hashes: &[String]) -> Result<Vec<String>, StoreError> {
        Ok(match &mut self.0 {
            Tx::Sqlite(tx) => {
                query_scalar("select person_hash from person where person_hash in (select value from json_each($1))")
                    .bind(Json(person_hashes))
                    .fetch_all(&mut **tx)
                    .await?
            }
            Tx::Postgres(tx) => {
                query_scalar("select person_hash from person where person_hash = any($1)").bind(person_hashes).fetch_all(&mut **tx).await?
            }
        })
    }

    /// Makes it so.
    ///
    /// # Errors
    /// The database fails: nothing was imported.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

// Sealed or not, it belongs in no log file.
impl fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonRow { .. }")
    }
}

impl fmt::Debug for RecordRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordRow {{ kind: {:?}, .. }}", self.kind)
    }
}
