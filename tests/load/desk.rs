//! A full waiting room: citizens who wait on open streams, consoles that are open, operators who take one after the other and write.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use harness::citizen::{Citizen, http};
use harness::console::{Claim, Operator};
use hotro::desk::account::Role;
use hotro::store::Store;
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::server::Server;

const PRESENT_EVERY: Duration = Duration::from_secs(10);
/// Conversations that are taken, and as many that end, in a second: a talk of eight minutes with 50 operators who hold four each would
/// need less than one.
const TAKEN_PER_S: u32 = 5;
/// Citizens whose clock is read; the others are told as well.
const WATCHED: usize = 100;
const ACCEPT_AT_ONCE: usize = 4;
const BEGIN_AT_ONCE: usize = 32;

/// What a full waiting room costs, and how soon everyone hears.
#[derive(Serialize)]
pub struct Desk {
    pub consoles: usize,
    pub citizens: usize,
    pub seconds: f64,
    /// From taking the first in line to the new position of somebody behind.
    pub position_p50_ms: f64,
    pub position_p99_ms: f64,
    /// From sending an operator's words to the citizen's stream.
    pub message_p50_ms: f64,
    pub message_p99_ms: f64,
    /// Of one processor.
    pub server_processor_percent: f64,
    pub resident_mb: f64,
}

/// When a citizen heard what.
#[derive(Default)]
struct Heard {
    positions: Vec<(Instant, u64)>,
    /// Texts of operators.
    words: Vec<(Instant, String)>,
}

pub async fn fill(server: &Server, database_url: &str, consoles: usize, citizens: usize, lasting: Duration) -> Result<Desk> {
    let base = format!("http://{}", server.address);
    let operators: Vec<Operator> = stream::iter(0..consoles)
        .map(|number| {
            let base = base.clone();
            async move { Operator::join_at(&base, database_url, &format!("ca-{number}"), &format!("Ca {number}"), Role::Operator).await }
        })
        .buffered(ACCEPT_AT_ONCE)
        .collect()
        .await;
    let mut tasks = JoinSet::new();
    for operator in &operators {
        operator.is_present(Some(false)).await;
        let (one, mut console) = (operator.clone(), operator.looks().await);
        tasks.spawn(async move {
            let mut beat = interval(PRESENT_EVERY);
            loop {
                tokio::select! {
                    _ = beat.tick() => one.is_present(None).await,
                    seen = console.next() => if seen.is_none() { return },
                }
            }
        });
    }
    let client = http();
    let waiting: Vec<(Citizen, Arc<Mutex<Heard>>)> = stream::iter(0..citizens)
        .map(|_| {
            let (client, base) = (client.clone(), base.clone());
            async move {
                let citizen = Citizen::begin_at(client, &base).await;
                citizen.tap("operator").await;
                (citizen, Arc::<Mutex<Heard>>::default())
            }
        })
        .buffered(BEGIN_AT_ONCE)
        .collect()
        .await;
    for (citizen, heard) in &waiting {
        let (mut stream, heard) = (citizen.follow(None).await, Arc::clone(heard));
        tasks.spawn(async move {
            while let Some(event) = stream.next().await {
                let at = Instant::now();
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                if event["whisper"] == "position" {
                    heard.positions.extend(event["data"]["position"].as_u64().map(|position| (at, position)));
                } else if event["kind"] == "operator_message" {
                    heard.words.extend(event["text"].as_str().map(|text| (at, text.to_owned())));
                }
            }
        });
    }
    let line = line_of(&operators[0], database_url, citizens).await?;
    sleep(Duration::from_secs(2)).await;
    for (_, heard) in &waiting {
        heard.lock().unwrap_or_else(PoisonError::into_inner).positions.clear();
    }

    let (begun, processor) = (Instant::now(), server.processor_time()?);
    let mut taken: Vec<Instant> = Vec::new();
    let mut said: Vec<(String, Instant, String)> = Vec::new();
    let mut held: Vec<(Operator, Claim)> = Vec::new();
    let mut pace = interval(Duration::from_secs(1) / TAKEN_PER_S);
    while begun.elapsed() < lasting {
        pace.tick().await;
        let number = taken.len();
        let operator = &operators[number % operators.len()];
        taken.push(Instant::now());
        let claim = operator.claims(&line[number].0).await;
        let text = format!("lời thứ {number}");
        said.push((claim.conversation.clone(), Instant::now(), text.clone()));
        ensure!(operator.says(&claim, &text).await.0.is_success(), "an operator's words were refused");
        held.push((operator.clone(), claim));
        if held.len() > operators.len() * 2 {
            let (operator, claim) = held.remove(0);
            ensure!(operator.does("resolve", &claim, json!({ "reason": "answered" })).await.0.is_success(), "a resolution was refused");
        }
    }
    sleep(Duration::from_secs(2)).await;
    let seconds = begun.elapsed().as_secs_f64();
    let used = (server.processor_time()? - processor).as_secs_f64();

    let mut positions = Vec::new();
    let step = ((citizens - taken.len()) / WATCHED).max(1);
    for index in (taken.len()..citizens).step_by(step) {
        let conversation = &line[index].1;
        let (_, heard) = waiting.iter().find(|(citizen, _)| citizen.id == *conversation).context("everyone in line is known")?;
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        for (claims, at) in (1u64..).zip(&taken) {
            let behind = index as u64 + 1 - claims;
            let told = heard.positions.iter().find(|(_, position)| *position <= behind).context("a position was never told")?;
            positions.push(told.0.saturating_duration_since(*at));
        }
    }
    let mut words = Vec::new();
    for (conversation, at, text) in &said {
        let (_, heard) = waiting.iter().find(|(citizen, _)| citizen.id == *conversation).context("everyone in line is known")?;
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let told = heard.words.iter().find(|(_, word)| word == text).context("an operator's words never came")?;
        words.push(told.0.saturating_duration_since(*at));
    }
    let (position_p50_ms, position_p99_ms) = percentiles(&mut positions);
    let (message_p50_ms, message_p99_ms) = percentiles(&mut words);
    Ok(Desk {
        consoles,
        citizens,
        seconds,
        position_p50_ms,
        position_p99_ms,
        message_p50_ms,
        message_p99_ms,
        server_processor_percent: used / seconds * 100.0,
        resident_mb: server.resident_kb()? as f64 / 1024.0,
    })
}

/// Who waits, in order: handoff and conversation. A console sees the first hundred, so the rest is read from the database.
async fn line_of(operator: &Operator, database_url: &str, citizens: usize) -> Result<Vec<(String, String)>> {
    operator.sees("everyone waits", |view| view["waiting_total"] == citizens).await;
    let store = Store::open(database_url).await?;
    let mut rows = store.desk_rows(0).await?.handoffs;
    store.close().await;
    rows.sort_by_key(|row| row.ticket);
    Ok(rows.into_iter().map(|row| (row.handoff_id.to_string(), row.conversation_id.to_string())).collect())
}

fn percentiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |percent: usize| {
        times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    (at(50), at(99))
}
