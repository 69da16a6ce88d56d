//! `make migrate`: a whole installation with 1,000,000 events goes from SQLite to PostgreSQL and back, and into a backup and out of it.
//! Prints times; what each table holds is the same at the end.

use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;
use futures::{StreamExt, TryStreamExt, stream};
use harness::memory::resident_kb;
use harness::postgres::Postgres;
use hotro::store::transfer::{self, Step, Sum};
use hotro::store::{Append, NewConversation, NewEvent, Store};
use tempfile::TempDir;
use uuid::Uuid;

const EVENTS_EACH: usize = 20;
const APPENDS_AT_ONCE: usize = 256;
const AT_MS: i64 = 1_790_000_000_000;

#[derive(Parser)]
struct Cli {
    /// Events, in conversations of 20.
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Cli { events } = Cli::parse();
    let folder = TempDir::new()?;
    let sqlite = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let (first, back, restored) = (sqlite("first.db"), sqlite("back.db"), sqlite("restored.db"));
    let postgres = Postgres::shared().database().await?;
    let begun = Instant::now();
    invent(&first, events).await?;
    println!("{events} events invented in {:.1} s", begun.elapsed().as_secs_f64());
    println!("the SQLite file has {} MB", std::fs::metadata(folder.path().join("first.db"))?.len() / 1_000_000);

    let mut reference: Option<Vec<(String, Sum)>> = None;
    let mut told = |name: &str, begun: Instant, sums: Vec<(String, Sum)>| {
        let rows: u64 = sums.iter().map(|(_, sum)| sum.rows).sum();
        let seconds = begun.elapsed().as_secs_f64();
        let memory = resident_kb("self").map_or_else(|_| "?".to_owned(), |kb| (kb / 1_000).to_string());
        println!("{name}: {rows} rows in {seconds:.1} s, {:.0} rows/s, {memory} MB resident", rows as f64 / seconds);
        let same = reference.get_or_insert_with(|| sums.clone()) == &sums;
        ensure!(same, "{name}: what arrived is not what was there");
        Ok(())
    };
    for (name, from, to) in [("SQLite to PostgreSQL", &first, &postgres), ("PostgreSQL to SQLite", &postgres, &back)] {
        let (begun, mut sums) = (Instant::now(), Vec::new());
        transfer::migrate(from, to, &mut verified(&mut sums)).await?;
        told(name, begun, sums)?;
    }
    let file = folder.path().join("hotro.backup");
    let (begun, mut sums) = (Instant::now(), Vec::new());
    transfer::backup(&postgres, &file, AT_MS, &mut verified(&mut sums)).await?;
    told("backup of PostgreSQL", begun, sums)?;
    println!("the backup has {} MB", std::fs::metadata(&file)?.len() / 1_000_000);
    let (begun, mut sums) = (Instant::now(), Vec::new());
    transfer::restore(&file, &restored, &mut verified(&mut sums)).await?;
    told("restore into SQLite", begun, sums)
}

fn verified(sums: &mut Vec<(String, Sum)>) -> impl FnMut(Step) + Send {
    move |step| {
        if let Step::Verified { table, sum } = step {
            sums.push((table, sum));
        }
    }
}

async fn invent(url: &str, events: usize) -> Result<()> {
    let store = Store::open(url).await?;
    let appends = (0..events.div_ceil(EVENTS_EACH)).map(|_| {
        let body = |at: usize| {
            format!("{{\"kind\":\"said\",\"text\":\"Câu hỏi số {at}: mức đóng bảo hiểm y tế hộ gia đình {}\"}}", Uuid::new_v4())
        };
        store.append(Append {
            conversation_id: Uuid::now_v7(),
            create: Some(NewConversation { channel: "web", token_hash: None }),
            expected_seq: 0,
            at_ms: AT_MS,
            events: (0..EVENTS_EACH).map(|at| NewEvent { kind: "said", body: body(at) }).collect(),
            input_id: Some(Uuid::new_v4().to_string()),
            effects: Vec::new(),
            snapshot: None,
        })
    });
    stream::iter(appends).buffer_unordered(APPENDS_AT_ONCE).try_for_each(|_| async { Ok(()) }).await?;
    store.close().await;
    Ok(())
}
