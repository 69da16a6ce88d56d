//! The engines: hotro, and what else a developer would reach for.

use std::sync::Arc;

use anyhow::{Context, Result};
use faq::Faq;
use harness::postgres::Postgres;
use knowledge::{AskContext, Decision, Intent, Knowledge};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, SqlitePool};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TEXT, Value};
use tantivy::{Index, IndexReader, Score, TantivyDocument, Term};

/// Memory of tantivy's writer; its least is 15 MB.
const WRITER_BYTES: usize = 50_000_000;

/// One topic, as text.
pub(crate) struct Document {
    id: String,
    title: String,
    questions: String,
    answer: String,
}

impl Document {
    /// One document for each topic; `authored` adds the authored questions to the shown ones.
    pub(crate) fn of_faq(faq: &Faq, authored: bool) -> Vec<Document> {
        let document = |topic: &faq::Topic| {
            let own =
                faq.authored().iter().filter(|question| authored && question.topic == topic.id).map(|question| question.text.as_str());
            Document {
                id: topic.id.to_string(),
                title: topic.title.clone(),
                questions: topic.questions.iter().map(String::as_str).chain(own).collect::<Vec<_>>().join("\n"),
                answer: topic.plain_text(),
            }
        };
        faq.topics().iter().map(document).collect()
    }
}

/// What stands at one place of a reply.
pub(crate) enum Found {
    /// A topic, by its id.
    Topic(String),
    /// The lookup of one's own file.
    Lookup,
}

/// Something that finds topics.
pub(crate) enum Engine {
    Hotro(Box<Knowledge>),
    Fts5 { pool: SqlitePool, query: &'static str },
    Postgres { pool: PgPool, query: &'static str },
    Tantivy { index: Arc<TantivyIndex>, boosts: Vec<(Field, Score)> },
}

/// A tantivy index with what is needed to ask it.
pub(crate) struct TantivyIndex {
    index: Index,
    reader: IndexReader,
    id: Field,
}

/// An engine that one could take instead, with rankings that it offers, each with its name.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    pub(crate) rankings: Vec<(&'static str, Engine)>,
}

/// SQLite's full text search, PostgreSQL's, and tantivy, all over the same documents.
pub(crate) async fn others(documents: &[Document]) -> Result<[Other; 3]> {
    let sqlite = fill_sqlite(documents).await?;
    let fts5 = |query| Engine::Fts5 { pool: sqlite.clone(), query };
    let postgres = fill_postgres(documents).await?;
    let full_text = |query| Engine::Postgres { pool: postgres.clone(), query };
    let (tantivy, [title, questions, answer, all]) = fill_tantivy(documents)?;
    let bm25 = |boosts: &[(Field, Score)]| Engine::Tantivy { index: tantivy.clone(), boosts: boosts.to_vec() };
    Ok([
        Other {
            name: "SQLite FTS5",
            rankings: vec![
                ("bm25", fts5("select id from document where document match $1 order by bm25(document) limit $2")),
                (
                    "bm25, title 3, questions 2, answer 1",
                    fts5("select id from document where document match $1 order by bm25(document, 0, 3, 2, 1) limit $2"),
                ),
            ],
        },
        Other {
            name: "PostgreSQL",
            rankings: vec![
                (
                    "ts_rank by length",
                    full_text(
                        "select id from document, (select replace(plainto_tsquery('hotro', $1)::text, '&', '|')::tsquery) as asked (query)
                         where terms @@ query order by ts_rank(terms, query, 1) desc, id limit $2",
                    ),
                ),
                (
                    "ts_rank by length, all parts alike",
                    full_text(
                        "select id from document, (select replace(plainto_tsquery('hotro', $1)::text, '&', '|')::tsquery) as asked (query)
                         where terms @@ query order by ts_rank('{1, 1, 1, 1}', terms, query, 1) desc, id limit $2",
                    ),
                ),
                (
                    "ts_rank_cd by length",
                    full_text(
                        "select id from document, (select replace(plainto_tsquery('hotro', $1)::text, '&', '|')::tsquery) as asked (query)
                         where terms @@ query order by ts_rank_cd(terms, query, 1) desc, id limit $2",
                    ),
                ),
            ],
        },
        Other {
            name: "tantivy",
            rankings: vec![
                ("BM25", bm25(&[(all, 1.0)])),
                ("BM25 by part", bm25(&[(title, 1.0), (questions, 1.0), (answer, 1.0)])),
                ("BM25, title 3, questions 2, answer 1", bm25(&[(title, 3.0), (questions, 2.0), (answer, 1.0)])),
            ],
        },
    ])
}

async fn fill_sqlite(documents: &[Document]) -> Result<SqlitePool> {
    // A database in memory lives with its only connection.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.context("opening SQLite")?;
    sqlx::query(
        "create virtual table document using fts5(id unindexed, title, questions, answer, tokenize = 'unicode61 remove_diacritics 2')",
    )
    .execute(&pool)
    .await?;
    for document in documents {
        sqlx::query("insert into document (id, title, questions, answer) values ($1, $2, $3, $4)")
            .bind(&document.id)
            .bind(&document.title)
            .bind(&document.questions)
            .bind(&document.answer)
            .execute(&pool)
            .await?;
    }
    Ok(pool)
}

async fn fill_postgres(documents: &[Document]) -> Result<PgPool> {
    let pool = PgPool::connect(&Postgres::shared().database().await?).await.context("opening PostgreSQL")?;
    for statement in [
        "create extension unaccent",
        "create text search configuration hotro (copy = simple)",
        "alter text search configuration hotro alter mapping for asciiword, word, hword, hword_part, hword_asciipart, asciihword
         with unaccent, simple",
        "create table document (id text primary key, terms tsvector not null)",
    ] {
        sqlx::query(statement).execute(&pool).await.with_context(|| statement.to_owned())?;
    }
    for document in documents {
        sqlx::query(
            "insert into document (id, terms) values ($1, setweight(to_tsvector('hotro', $2), 'A')
             || setweight(to_tsvector('hotro', $3), 'B') || setweight(to_tsvector('hotro', $4), 'D'))",
        )
        .bind(&document.id)
        .bind(&document.title)
        .bind(&document.questions)
        .bind(&document.answer)
        .execute(&pool)
        .await?;
    }
    sqlx::query("create index document_terms on document using gin (terms)").execute(&pool).await?;
    sqlx::query("analyze document").execute(&pool).await?;
    Ok(pool)
}

/// The index and its fields: title, questions, answer, all of them in one.
fn fill_tantivy(documents: &[Document]) -> Result<(Arc<TantivyIndex>, [Field; 4])> {
    let mut schema = Schema::builder();
    let id = schema.add_text_field("id", STRING | STORED);
    let texts = ["title", "questions", "answer", "all"].map(|name| schema.add_text_field(name, TEXT));
    let index = Index::create_in_ram(schema.build());
    let mut writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
    for document in documents {
        let parts = [&document.title, &document.questions, &document.answer];
        let mut stored = TantivyDocument::default();
        stored.add_text(id, &document.id);
        for (field, text) in texts.into_iter().zip(parts) {
            stored.add_text(field, text);
            stored.add_text(texts[3], text);
        }
        writer.add_document(stored)?;
    }
    writer.commit()?;
    let reader = index.reader()?;
    Ok((Arc::new(TantivyIndex { index, reader, id }), texts))
}

impl TantivyIndex {
    /// The documents that hold any of the words, tokenized as they were.
    fn search(&self, question: &str, boosts: &[(Field, Score)], most: usize) -> Result<Vec<Found>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for &(field, boost) in boosts {
            let mut tokenizer = self.index.tokenizer_for_field(field)?;
            let mut tokens = tokenizer.token_stream(question);
            while let Some(token) = tokens.next() {
                let term = TermQuery::new(Term::from_field_text(field, &token.text), IndexRecordOption::WithFreqs);
                clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(term), boost))));
            }
        }
        let searcher = self.reader.searcher();
        let best = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(most).order_by_score())?;
        let mut found = Vec::with_capacity(best.len());
        for (_, address) in best {
            let document: TantivyDocument = searcher.doc(address)?;
            found.extend(document.get_first(self.id).and_then(|value| value.as_str()).map(|id| Found::Topic(id.to_owned())));
        }
        Ok(found)
    }
}

impl Engine {
    /// What stands at the first places, best first.
    pub(crate) async fn search(&self, question: &str, most: u8) -> Result<Vec<Found>> {
        let ids: Vec<String> = match self {
            Engine::Hotro(knowledge) => return Ok(ask(knowledge, question, usize::from(most))),
            Engine::Tantivy { index, boosts } => return index.search(question, boosts, usize::from(most)),
            Engine::Fts5 { pool, query } => {
                sqlx::query_scalar(*query).bind(any_word(question)).bind(most).fetch_all(pool).await.context("SQLite")?
            }
            Engine::Postgres { pool, query } => {
                sqlx::query_scalar(*query).bind(question).bind(i64::from(most)).fetch_all(pool).await.context("PostgreSQL")?
            }
        };
        Ok(ids.into_iter().map(Found::Topic).collect())
    }
}

/// A lookup that is started stands before all topics.
fn ask(knowledge: &Knowledge, question: &str, most: usize) -> Vec<Found> {
    let reading = knowledge.ask(question, &AskContext::default());
    let lookup = (reading.decision == Decision::Intent(Intent::Lookup)).then_some(Found::Lookup);
    lookup.into_iter().chain(reading.candidates.iter().map(|found| Found::Topic(found.topic.to_string()))).take(most).collect()
}

/// The question as FTS5 reads it: any of the words, none of them syntax.
fn any_word(question: &str) -> String {
    let words = question.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ")
}
