//! More than the program can do: what is taken is answered in time, the rest is refused politely, and memory stays flat.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::latency::Latencies;
use serde::Serialize;
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::citizen::{Citizen, Reply};
use crate::questions::question;
use crate::server::Server;
use crate::turns::talk_until;

/// Enough to keep the program busy, and not more.
const USUAL: u32 = 256;
/// Sends are spread over pieces of time of this length.
const PIECE: Duration = Duration::from_millis(10);
/// Citizens among whom the messages are shared out: each has one under way at most, as in a browser.
const CITIZENS: u32 = 6_000;
/// Resident memory may grow so much over what the same citizens took while the load was usual.
const GROWTH_MB_MAX: f64 = 96.0;
/// A message that was taken is acknowledged within so long.
const TAKEN_P99_MS_MAX: f64 = 1_000.0;

/// What happened.
#[derive(Serialize)]
pub struct Overload {
    pub capacity_per_second: f64,
    pub offered_per_second: f64,
    pub taken_per_second: f64,
    pub taken_p50_ms: f64,
    pub taken_p99_ms: f64,
    pub refused: usize,
    pub refused_p99_ms: f64,
    /// Refused without a status and Retry-After.
    pub rude: usize,
    pub resident_before_mb: f64,
    pub resident_after_mb: f64,
}

/// Finds the capacity, then offers `times` as much.
pub async fn measure(program: &Path, times: f64, during: Duration) -> Result<Overload> {
    let folder = TempDir::new().context("making a temporary folder")?;
    let server = Server::start(program, folder.path()).await?;
    let idle = Citizen::begin_many(server.address, CITIZENS).await?;
    let begun = Instant::now();
    let talks = talk_until(Citizen::begin_many(server.address, USUAL).await?, Instant::now() + during).join_all().await;
    let usual: usize = talks.iter().map(|talk| talk.acknowledged.len()).sum();
    let capacity_per_second = usual as f64 / begun.elapsed().as_secs_f64().min(during.as_secs_f64());
    let resident_before_mb = server.resident_kb()? as f64 / 1024.0;

    let offered_per_second = capacity_per_second * times;
    let (mut free, mut under_way) = (idle, JoinSet::new());
    let (mut taken, mut refused, mut rude, mut offered) = (Vec::new(), Vec::new(), 0, 0_usize);
    let mut settle = |(citizen, reply, took): (Citizen, Reply, Duration), free: &mut Vec<Citizen>| {
        match reply {
            Reply::Taken => taken.push(took),
            Reply::Refused => refused.push(took),
            Reply::Rude => rude += 1,
        }
        free.push(citizen);
    };
    let begun = Instant::now();
    while begun.elapsed() < during {
        let due = (begun.elapsed().as_secs_f64() * offered_per_second) as usize;
        while offered < due {
            let Some(mut citizen) = free.pop() else { break };
            let text = question(offered, offered);
            offered += 1;
            under_way.spawn(async move {
                let sent = Instant::now();
                let reply = citizen.offer(Uuid::new_v4(), text).await;
                (citizen, reply, sent.elapsed())
            });
        }
        // All are waiting: the program, or this one, is slower than what is offered.
        offered = offered.max(due.min(offered + free.len()));
        tokio::time::sleep(PIECE).await;
        while let Some(done) = under_way.try_join_next() {
            settle(done?, &mut free);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let resident_after_mb = server.resident_kb()? as f64 / 1024.0;
    while let Some(done) = under_way.join_next().await {
        settle(done?, &mut free);
    }
    let (taken, refused) = (Latencies::new(taken), Latencies::new(refused));
    let refused_count = refused.count();
    Ok(Overload {
        capacity_per_second,
        offered_per_second: (taken.count() + refused_count + rude) as f64 / seconds,
        taken_per_second: taken.count() as f64 / seconds,
        taken_p50_ms: taken.percentile_ms(0.50),
        taken_p99_ms: taken.percentile_ms(0.99),
        refused: refused_count,
        refused_p99_ms: if refused_count == 0 { 0.0 } else { refused.percentile_ms(0.99) },
        rude,
        resident_before_mb,
        resident_after_mb,
    })
}

impl Overload {
    /// Polite, in time, and no larger.
    pub fn keeps_promises(&self) -> bool {
        self.rude == 0 && self.taken_p99_ms < TAKEN_P99_MS_MAX && self.resident_after_mb - self.resident_before_mb < GROWTH_MB_MAX
    }
}

impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "capacity {:.0} messages a second; offered {:.0}", self.capacity_per_second, self.offered_per_second)?;
        writeln!(
            f,
            "taken {:.0} a second, p50 {:.0} ms, p99 {:.0} ms (aim: under 1 s)",
            self.taken_per_second, self.taken_p50_ms, self.taken_p99_ms
        )?;
        writeln!(f, "refused with 503 and Retry-After: {}, p99 {:.0} ms; otherwise: {}", self.refused, self.refused_p99_ms, self.rude)?;
        writeln!(f, "resident memory {:.0} MB before, {:.0} MB after", self.resident_before_mb, self.resident_after_mb)
    }
}
