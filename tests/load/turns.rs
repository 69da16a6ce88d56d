//! Many citizens who ask one question after the other.

use std::time::{Duration, Instant};

use anyhow::Result;
use harness::latency::Latencies;
use serde::Serialize;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::citizen::Citizen;
use crate::questions::question;
use crate::server::{Server, own_processor_time};

/// How fast turns are.
#[derive(Serialize)]
pub struct Turns {
    pub conversations: u32,
    pub seconds: f64,
    pub turns: usize,
    pub turns_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub errors: usize,
    /// The first error.
    pub error: Option<String>,
    pub server_processor_us_per_turn: f64,
    pub client_processor_us_per_turn: f64,
    pub resident_mb: f64,
}

/// What one citizen asked, and what came of it.
pub struct Talk {
    pub citizen: Citizen,
    pub acknowledged: Vec<Acknowledged>,
    /// The question that was not acknowledged, after which the citizen gave up, and why.
    pub cut_off: Option<CutOff>,
}

/// A question that the server has promised to keep.
pub struct Acknowledged {
    pub client_id: Uuid,
    pub seq: u64,
    pub took: Duration,
}

/// A question that may be in the log or not.
pub struct CutOff {
    pub client_id: Uuid,
    pub text: &'static str,
    pub error: anyhow::Error,
}

/// Everyone asks until the time is over, or until an error.
pub async fn talk(server: &Server, conversations: u32, duration: Duration) -> Result<Turns> {
    let citizens = Citizen::begin_many(server.address, conversations).await?;
    let (server_before, client_before) = (server.processor_time()?, own_processor_time()?);
    let begin = Instant::now();
    let talks = talk_until(citizens, begin + duration).join_all().await;
    let seconds = begin.elapsed().as_secs_f64();
    let (server_after, client_after) = (server.processor_time()?, own_processor_time()?);

    let took = Latencies::new(talks.iter().flat_map(|talk| &talk.acknowledged).map(|acknowledged| acknowledged.took).collect());
    let turns = took.count();
    let per_turn = |before: Duration, after: Duration| (after - before).as_secs_f64() * 1e6 / turns as f64;
    let mut errors = talks.iter().filter_map(|talk| talk.cut_off.as_ref());
    let error = errors.clone().next().map(|cut_off| format!("{:#}", cut_off.error));
    Ok(Turns {
        conversations,
        seconds,
        turns,
        turns_per_second: turns as f64 / seconds,
        p50_ms: took.percentile_ms(0.50),
        p99_ms: took.percentile_ms(0.99),
        errors: errors.by_ref().count(),
        error,
        server_processor_us_per_turn: per_turn(server_before, server_after),
        client_processor_us_per_turn: per_turn(client_before, client_after),
        resident_mb: server.resident_kb()? as f64 / 1024.0,
    })
}

/// Everyone begins to ask at once.
pub fn talk_until(citizens: Vec<Citizen>, end: Instant) -> JoinSet<Talk> {
    citizens.into_iter().enumerate().map(|(number, citizen)| ask_until(number, citizen, end)).collect()
}

async fn ask_until(number: usize, mut citizen: Citizen, end: Instant) -> Talk {
    let mut acknowledged = Vec::new();
    loop {
        let sent = Instant::now();
        if sent >= end {
            return Talk { citizen, acknowledged, cut_off: None };
        }
        let client_id = Uuid::new_v4();
        let text = question(number, acknowledged.len());
        match citizen.ask(client_id, text).await {
            Ok(seq) => acknowledged.push(Acknowledged { client_id, seq, took: sent.elapsed() }),
            Err(error) => return Talk { citizen, acknowledged, cut_off: Some(CutOff { client_id, text, error }) },
        }
    }
}
