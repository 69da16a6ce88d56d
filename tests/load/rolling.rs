//! An upgrade while citizens talk: two nodes on one PostgreSQL, replaced one after the other behind a load balancer of our own.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::latency::Latencies;
use harness::postgres::Postgres;
use serde::Serialize;
use tempfile::TempDir;
use tokio::sync::RwLock;
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

use crate::citizen::Citizen;
use crate::questions::question;
use crate::server::Server;

const CITIZENS: u32 = 64;
/// Citizens talk so long before, between and after the replacements.
const STEADY: Duration = Duration::from_secs(4);
/// Between two messages of a citizen.
const THINK: Duration = Duration::from_millis(50);
/// A load balancer tries so many nodes for one request.
const NODES_TRIED_MAX: usize = 4;
const BEFORE_NEXT_TRY: Duration = Duration::from_millis(50);

/// What citizens noticed.
#[derive(Serialize)]
pub struct Rolling {
    pub replaced: usize,
    pub requests: usize,
    /// Requests that the balancer had to give to the other node.
    pub passed_on: usize,
    /// Requests that a citizen saw fail.
    pub failed: usize,
    pub error: Option<String>,
    /// Acknowledged messages that are not in the log.
    pub lost: usize,
    pub p99_ms: f64,
    pub slowest_ms: f64,
}

/// The nodes in service.
type Upstreams = Arc<RwLock<Vec<SocketAddr>>>;

/// Replaces `program` by `next` twice over: each node once forth, and once back, as when an upgrade is taken back.
pub async fn measure(program: &Path, next: &Path) -> Result<Rolling> {
    let postgres = tokio::task::spawn_blocking(Postgres::start_durable).await??;
    let url = postgres.database().await?;
    let folder = TempDir::new().context("making a temporary folder")?;
    let mut nodes = Vec::new();
    for number in 0..2 {
        nodes.push(start(program, folder.path(), number, &url).await?);
    }
    let upstreams: Upstreams = Arc::new(RwLock::new(nodes.iter().map(|node| node.address).collect()));
    let (stop, passed_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut talks = JoinSet::new();
    for (number, citizen) in Citizen::begin_many(nodes[0].address, CITIZENS).await?.into_iter().enumerate() {
        talks.spawn(talk(citizen, number, upstreams.clone(), stop.clone(), passed_on.clone()));
    }
    let mut started = 2;
    for program in [next, program] {
        for node in &mut nodes {
            sleep(STEADY).await;
            // The new one first, then the old one goes: there are never fewer.
            let fresh = start(program, folder.path(), started, &url).await?;
            started += 1;
            upstreams.write().await.push(fresh.address);
            let old = std::mem::replace(node, fresh);
            let address = old.address;
            // The balancer learns of it by a refused connection, as it would: it is told only afterwards.
            let status = old.terminate().await?;
            anyhow::ensure!(status.success(), "a node ended with {status}");
            upstreams.write().await.retain(|upstream| *upstream != address);
        }
    }
    sleep(STEADY).await;
    stop.store(true, Ordering::Relaxed);
    let mut rolling =
        Rolling { replaced: started - 2, requests: 0, passed_on: 0, failed: 0, error: None, lost: 0, p99_ms: 0.0, slowest_ms: 0.0 };
    let mut took = Vec::new();
    for mut talk in talks.join_all().await {
        rolling.requests += talk.took.len() + talk.failed.len();
        rolling.failed += talk.failed.len();
        rolling.error = rolling.error.or_else(|| talk.failed.first().map(|error| format!("{error:#}")));
        took.append(&mut talk.took);
        talk.citizen.reconnect(nodes[0].address).await?;
        let log = talk.citizen.log().await?;
        let is_there = |client_id, seq| log.iter().filter(|event| event.client_id == Some(client_id) && event.seq == seq).count() == 1;
        rolling.lost += talk.acknowledged.iter().filter(|(client_id, seq)| !is_there(*client_id, *seq)).count();
    }
    rolling.passed_on = passed_on.load(Ordering::Relaxed);
    let took = Latencies::new(took);
    (rolling.p99_ms, rolling.slowest_ms) = (took.percentile_ms(0.99), took.percentile_ms(1.0));
    Ok(rolling)
}

async fn start(program: &Path, folder: &Path, number: usize, url: &str) -> Result<Server> {
    let own: PathBuf = folder.join(number.to_string());
    std::fs::create_dir(&own)?;
    Server::start_on(program, &own, url).await
}

struct Talk {
    citizen: Citizen,
    acknowledged: Vec<(Uuid, u64)>,
    took: Vec<Duration>,
    failed: Vec<anyhow::Error>,
}

async fn talk(citizen: Citizen, number: usize, upstreams: Upstreams, stop: Arc<AtomicBool>, passed_on: Arc<AtomicUsize>) -> Talk {
    let mut talk = Talk { citizen, acknowledged: Vec::new(), took: Vec::new(), failed: Vec::new() };
    while !stop.load(Ordering::Relaxed) {
        let (client_id, begun) = (Uuid::new_v4(), Instant::now());
        match ask(&mut talk.citizen, client_id, question(number, talk.took.len()), number, &upstreams, &passed_on).await {
            Ok(seq) => {
                talk.took.push(begun.elapsed());
                talk.acknowledged.push((client_id, seq));
            }
            Err(error) => talk.failed.push(error),
        }
        sleep(THINK).await;
    }
    talk
}

/// As a load balancer that may repeat a request elsewhere: writes are idempotent.
async fn ask(
    citizen: &mut Citizen,
    client_id: Uuid,
    text: &str,
    number: usize,
    upstreams: &Upstreams,
    passed_on: &AtomicUsize,
) -> Result<u64> {
    let mut last = None;
    for attempt in 0..NODES_TRIED_MAX {
        match citizen.ask(client_id, text).await {
            Ok(seq) => return Ok(seq),
            Err(error) => last = Some(error),
        }
        passed_on.fetch_add(1, Ordering::Relaxed);
        if attempt > 1 {
            sleep(BEFORE_NEXT_TRY).await;
        }
        let address = {
            let upstreams = upstreams.read().await;
            upstreams[(number + attempt) % upstreams.len()]
        };
        if let Err(error) = citizen.reconnect(address).await {
            last = Some(error);
        }
    }
    Err(last.unwrap_or_else(|| anyhow::anyhow!("no node")))
}

impl Rolling {
    /// Nobody noticed.
    pub fn keeps_promises(&self) -> bool {
        self.failed == 0 && self.lost == 0 && self.requests > 0
    }
}

impl fmt::Display for Rolling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} nodes replaced while {CITIZENS} talked: {} requests, {} failed, {} lost",
            self.replaced, self.requests, self.failed, self.lost
        )?;
        writeln!(
            f,
            "given to another node by the balancer: {}; p99 {:.0} ms, slowest {:.0} ms",
            self.passed_on, self.p99_ms, self.slowest_ms
        )?;
        match &self.error {
            Some(error) => writeln!(f, "the first failure: {error}"),
            None => Ok(()),
        }
    }
}
