//! The engines: hotro, and what else a developer would reach for.

use std::sync::Arc;

use anyhow::{Context, Result};
use faq::Faq;
use harness::postgres::Postgres;
use knowledge::{AskContext, Knowledge};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, SqlitePool};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TEXT, Value};
use tantivy::{Index, IndexReader, TantivyDocument, Term};

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

/// Something that finds topics.
pub(crate) enum Engine {
    Hotro(Box<Knowledge>),
    Fts5 { pool: SqlitePool, query: &'static str },
    Postgres { pool: PgPool, query: &'static str },
    Tantivy { reader: IndexReader, index: Index, id: Field, texts: [Field; 3] },
}

/// SQLite's full text search, PostgreSQL's and tantivy, with the rankings that they offer.
pub(crate) async fn others(documents: &[Document]) -> Result<Vec<(&'static str, Engine)>> {
    let sqlite = fill_sqlite(documents).await?;
    let postgres = fill_postgres(documents).await?;
    let fts5 = |query| Engine::Fts5 { pool: sqlite.clone(), query };
    let full_text = |query| Engine::Postgres { pool: postgres.clone(), query };
    Ok(vec![
        ("SQLite FTS5, bm25", fts5("select id from document where document match $1 order by bm25(document) limit $2")),
        (
            "SQLite FTS5, bm25 with titles and questions before answers",
            fts5("select id from document where document match $1 order by bm25(document, 0, 3, 2, 1) limit $2"),
        ),
        (
            "PostgreSQL, ts_rank by length",
            full_text(
                "select id from document, (select replace(plainto_tsquery('hotro', $1)::text, '&', '|')::tsquery) as asked (query)
                 where terms @@ query order by ts_rank(terms, query, 1) desc, id limit $2",
            ),
        ),
        (
            "PostgreSQL, ts_rank_cd by length",
            full_text(
                "select id from document, (select replace(plainto_tsquery('hotro', $1)::text, '&', '|')::tsquery) as asked (query)
                 where terms @@ query order by ts_rank_cd(terms, query, 1) desc, id limit $2",
            ),
        ),
        ("tantivy, default tokenizer", fill_tantivy(documents)?),
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

fn fill_tantivy(documents: &[Document]) -> Result<Engine> {
    let mut schema = Schema::builder();
    let id = schema.add_text_field("id", STRING | STORED);
    let texts = ["title", "questions", "answer"].map(|name| schema.add_text_field(name, TEXT));
    let index = Index::create_in_ram(schema.build());
    let mut writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
    for document in documents {
        let mut stored = TantivyDocument::default();
        stored.add_text(id, &document.id);
        for (field, text) in texts.into_iter().zip([&document.title, &document.questions, &document.answer]) {
            stored.add_text(field, text);
        }
        writer.add_document(stored)?;
    }
    writer.commit()?;
    Ok(Engine::Tantivy { reader: index.reader()?, index, id, texts })
}

impl Engine {
    /// hotro with what its binary carries.
    pub(crate) fn hotro() -> Result<Engine> {
        Ok(Engine::Hotro(Box::new(Knowledge::build(Arc::new(Faq::embedded()?))?)))
    }

    /// The ids of the best topics, best first.
    pub(crate) async fn search(&self, question: &str, most: u32) -> Result<Vec<String>> {
        Ok(match self {
            Engine::Hotro(knowledge) => {
                let reading = knowledge.ask(question, &AskContext::default());
                reading.candidates.iter().take(most as usize).map(|found| found.topic.to_string()).collect()
            }
            Engine::Fts5 { pool, query } => {
                sqlx::query_scalar(*query).bind(any_word(question)).bind(most).fetch_all(pool).await.context("SQLite")?
            }
            Engine::Postgres { pool, query } => {
                sqlx::query_scalar(*query).bind(question).bind(i64::from(most)).fetch_all(pool).await.context("PostgreSQL")?
            }
            Engine::Tantivy { reader, index, id, texts } => {
                let mut tokenizer = index.tokenizer_for_field(texts[0])?;
                let mut tokens = tokenizer.token_stream(question);
                let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
                while let Some(token) = tokens.next() {
                    for field in texts {
                        let term = Term::from_field_text(*field, &token.text);
                        clauses.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
                    }
                }
                let searcher = reader.searcher();
                let best = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(most as usize).order_by_score())?;
                let mut ids = Vec::with_capacity(best.len());
                for (_, address) in best {
                    let document: TantivyDocument = searcher.doc(address)?;
                    ids.extend(document.get_first(*id).and_then(|value| value.as_str()).map(str::to_owned));
                }
                ids
            }
        })
    }
}

/// The question as FTS5 reads it: any of the words, none of them syntax.
fn any_word(question: &str) -> String {
    let words = question.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ")
}
