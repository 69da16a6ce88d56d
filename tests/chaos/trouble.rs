//! What breaks, by chance.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::proxy::{Proxy, Weather};
use harness::server::Server;
use rand::Rng;
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;

use crate::Break;
use crate::world::{NODES, World, pause, random};

/// Between two troubles.
const QUIET_MS: (u64, u64) = (2_000, 8_000);
/// How wrong a clock becomes, in seconds.
const CLOCK_S_MAX: i64 = 7_200;

/// What happened, for the report.
#[derive(Default)]
struct Counts {
    kills: usize,
    database_restarts: usize,
    slow: usize,
    cut: usize,
    silent: usize,
    clocks: usize,
}

/// Breaks things for so long. Everything runs when this returns, with the clocks right again.
pub async fn make(world: &Arc<World>, nodes: Vec<Server>, seed: u64, during: Duration, broken: Option<Break>) -> Result<Vec<Server>> {
    let mut random = random(seed, 4, 0);
    let mut nodes: Vec<Option<Server>> = nodes.into_iter().map(Some).collect();
    let mut counts = Counts::default();
    let begun = Instant::now();
    let mut to_break = broken;
    while begun.elapsed() < during {
        pause(&mut random, QUIET_MS.0, QUIET_MS.1).await;
        if begun.elapsed() > during / 2
            && let Some(what) = to_break.take()
        {
            break_on_purpose(world, what).await?;
        }
        let broke = Instant::now();
        match random.random_range(0..100) {
            0..30 => {
                let at = random.random_range(0..NODES);
                let mut node = nodes[at].take().context("a node")?;
                tokio::task::block_in_place(|| node.kill());
                pause(&mut random, 0, 3_000).await;
                nodes[at] = Some(node.start_again().await);
                counts.kills += 1;
            }
            30..38 => {
                tokio::task::block_in_place(|| world.postgres.lock().unwrap_or_else(PoisonError::into_inner).crash_and_restart())?;
                counts.database_restarts += 1;
            }
            38..55 => {
                let delay = Duration::from_millis(random.random_range(20..400));
                weather(line(world, random.random_ratio(1, 2)), Weather::Slow(delay), random.random_range(1_000..6_000)).await;
                counts.slow += 1;
            }
            55..72 => {
                weather(line(world, random.random_ratio(1, 2)), Weather::Cut, random.random_range(0..3_000)).await;
                counts.cut += 1;
            }
            72..85 => {
                weather(line(world, random.random_ratio(1, 2)), Weather::Silent, random.random_range(1_000..10_000)).await;
                counts.silent += 1;
            }
            _ => {
                world.set_clock(random.random_range(0..NODES), random.random_range(-CLOCK_S_MAX..=CLOCK_S_MAX))?;
                counts.clocks += 1;
            }
        }
        world.note_trouble(broke);
    }
    for node in 0..NODES {
        world.set_clock(node, 0)?;
    }
    let Counts { kills, database_restarts, slow, cut, silent, clocks } = counts;
    println!(
        "{:.0} s: {kills} nodes killed, {database_restarts} restarts of PostgreSQL, lines {slow} times slow, {cut} times cut, {silent} times silent, {clocks} clocks set",
        begun.elapsed().as_secs_f64()
    );
    nodes.into_iter().collect::<Option<Vec<Server>>>().context("every node runs")
}

fn line(world: &World, of_the_database: bool) -> &Proxy {
    if of_the_database { &world.database } else { &world.telegram_line }
}

async fn weather(line: &Proxy, weather: Weather, during_ms: u64) {
    line.set(weather);
    sleep(Duration::from_millis(during_ms)).await;
    line.set(Weather::Fair);
}

/// Does in the database what a bug would do.
async fn break_on_purpose(world: &World, what: Break) -> Result<()> {
    let mut database = PgConnection::connect(&world.database_url).await?;
    let statement = match what {
        Break::Lost => {
            "delete from event where (conversation_id, seq) in (select e.conversation_id, e.seq from event e \
             join conversation c on c.conversation_id = e.conversation_id where c.channel = 'web' and e.kind = 'citizen_message' \
             order by e.at_ms limit 1)"
        }
        Break::Double => "update telegram_chat set cursor_seq = 0",
        Break::Stuck => {
            "update telegram_chat set cursor_seq = cursor_seq + 1000000 where chat_id = (select min(chat_id) from telegram_chat)"
        }
    };
    let broken = sqlx::query(statement).execute(&mut database).await?.rows_affected();
    println!("broken on purpose: {what:?}, {broken} rows");
    database.close().await?;
    Ok(())
}
