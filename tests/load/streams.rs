//! Event streams that are open while nobody writes, and one of them that wakes up.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use crate::citizen::Citizen;
use crate::questions::question;
use crate::server::Server;

/// `started` and the greeting.
const EVENTS_AT_BEGIN: u64 = 2;
/// Streams that are written to, one after the other.
const WOKEN: usize = 20;
/// Far more than a delivery takes, so that a lost one is an error.
const DELIVERY_MAX: Duration = Duration::from_secs(5);

/// What idle streams cost.
#[derive(Serialize)]
pub struct Streams {
    pub streams: u32,
    pub kb_per_stream: f64,
    /// From sending a question to its answer on the stream; the slowest of some streams.
    pub slowest_delivery_ms: f64,
}

/// Opens the streams on as many conversations, and writes to some.
pub async fn hold_idle(server: &Server, count: u32) -> Result<Streams> {
    let mut citizens = Citizen::begin_many(server.address, count).await?;
    let without_kb = server.resident_kb()?;
    let mut streams = Vec::with_capacity(citizens.len());
    for citizen in &citizens {
        let mut stream = citizen.follow().await?;
        stream.wait_for(EVENTS_AT_BEGIN).await?;
        streams.push(stream);
    }
    let with_kb = server.resident_kb()?;

    let mut slowest = Duration::ZERO;
    let step = (citizens.len() / WOKEN).max(1);
    for (number, (citizen, stream)) in citizens.iter_mut().zip(&mut streams).enumerate().step_by(step) {
        let sent = Instant::now();
        let delivered = async {
            let seq = citizen.ask(Uuid::new_v4(), question(number, 0)).await?;
            stream.wait_for(seq + 1).await
        };
        timeout(DELIVERY_MAX, delivered).await.context("a stream stays silent")??;
        slowest = slowest.max(sent.elapsed());
    }
    Ok(Streams {
        streams: count,
        kb_per_stream: with_kb.saturating_sub(without_kb) as f64 / f64::from(count),
        slowest_delivery_ms: slowest.as_secs_f64() * 1e3,
    })
}
