//! What everybody shares: the database, the emulator, the network between them and the nodes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use harness::postgres::Postgres;
use harness::proxy::Proxy;
use harness::server::{Options, Server};
use harness::telegram::{TOKEN, Telegram};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Client;
use tempfile::TempDir;
use tokio::sync::watch;

/// Processes of the program.
pub const NODES: usize = 3;
/// No request takes longer, or its client goes elsewhere: as the widget's patience.
const REQUEST_WITHIN: Duration = Duration::from_secs(8);
/// Where Debian has the library that gives a process another clock.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// How far the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Things break.
    Trouble,
    /// Nothing breaks any more: everybody asks a last question.
    Calm,
    /// Operators go home.
    Closed,
    /// Nothing is written any more.
    Settled,
}

/// The shared part.
pub struct World {
    /// Addresses of the nodes, which stay when they are restarted.
    pub urls: Vec<String>,
    /// The database itself, without the bad network.
    pub database_url: String,
    /// Between the nodes and the database.
    pub database: Proxy,
    /// Between the nodes and Telegram.
    pub telegram_line: Proxy,
    /// The emulator.
    pub telegram: Telegram,
    /// Stopped and started by the trouble.
    pub postgres: Mutex<Postgres>,
    /// Bounded by a timeout of its own.
    pub http: Client,
    /// Without a timeout: for streams.
    pub streams: Client,
    /// From when to when something was broken, one after the other.
    pub troubles: Mutex<Vec<(Instant, Instant)>>,
    clocks: Vec<PathBuf>,
    phase: watch::Sender<u8>,
    done: watch::Sender<u32>,
    _folder: TempDir,
    turn: AtomicU8,
}

impl World {
    /// Starts everything.
    pub async fn start() -> Result<(Arc<World>, Vec<Server>)> {
        let folder = TempDir::new().context("making a folder")?;
        let postgres = tokio::task::spawn_blocking(Postgres::start_durable).await??;
        let database_url = postgres.database().await?;
        let database = Proxy::before(postgres.address()).await?;
        let through = database_url.replace(&postgres.address().to_string(), &database.address().to_string());
        let telegram = Telegram::start().await?;
        let telegram_line = Proxy::before(telegram.url().trim_start_matches("http://").parse()?).await?;
        let has_clock = Path::new(FAKETIME).exists();
        anyhow::ensure!(has_clock, "{FAKETIME} is missing; try: apt-get install libfaketime");
        let (mut nodes, mut clocks) = (Vec::new(), Vec::new());
        for number in 0..NODES {
            let clock = folder.path().join(format!("clock-{number}"));
            std::fs::write(&clock, "+0")?;
            let options = Options::new()
                .database(&through)
                .variable("TELEGRAM_BOT_TOKEN", TOKEN)
                .variable("HOTRO_TELEGRAM_API_URL", &format!("http://{}", telegram_line.address()))
                .variable("LD_PRELOAD", FAKETIME)
                .variable("FAKETIME_TIMESTAMP_FILE", clock.to_str().context("a path in UTF-8")?)
                .variable("FAKETIME_NO_CACHE", "1")
                // Timers of a process go on when somebody sets the clock.
                .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .variable("HOTRO_LOG_FILTER", "warn");
            nodes.push(options.start().await);
            clocks.push(clock);
        }
        let world = World {
            urls: nodes.iter().map(|node| node.url("")).collect(),
            database_url,
            database,
            telegram_line,
            telegram,
            postgres: Mutex::new(postgres),
            http: Client::builder().timeout(REQUEST_WITHIN).no_proxy().build()?,
            streams: Client::builder().connect_timeout(REQUEST_WITHIN).no_proxy().build()?,
            troubles: Mutex::default(),
            clocks,
            phase: watch::Sender::new(Phase::Trouble as u8),
            done: watch::Sender::new(0),
            _folder: folder,
            turn: AtomicU8::new(0),
        };
        Ok((Arc::new(world), nodes))
    }

    /// A node, another one each time.
    pub fn any_node(&self) -> &str {
        let turn = usize::from(self.turn.fetch_add(1, Ordering::Relaxed));
        &self.urls[turn % self.urls.len()]
    }

    /// Gives a node a clock that is wrong by so many seconds.
    pub fn set_clock(&self, node: usize, seconds: i64) -> Result<()> {
        // Never half a file: the node may look at any moment.
        let fresh = self.clocks[node].with_extension("new");
        std::fs::write(&fresh, format!("{seconds:+}"))?;
        Ok(std::fs::rename(fresh, &self.clocks[node])?)
    }

    /// Remembers that something broke then, and has just been mended.
    pub fn note_trouble(&self, broke: Instant) {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push((broke, Instant::now()));
    }

    /// Whether the run has got so far.
    pub fn is(&self, phase: Phase) -> bool {
        *self.phase.borrow() >= phase as u8
    }

    /// Waits until the run has got so far.
    pub async fn until(&self, phase: Phase) {
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase as u8).await;
    }

    /// The run has got so far.
    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase as u8);
    }

    /// A citizen has its last answer, or waits no longer.
    pub fn one_is_done(&self) {
        self.done.send_modify(|done| *done += 1);
    }

    /// Waits until so many are done.
    pub async fn all_done(&self, count: u32) {
        let _ = self.done.subscribe().wait_for(|done| *done >= count).await;
    }
}

/// Chance of one participant: the same for the same seed.
pub fn random(seed: u64, who: u64, number: u32) -> StdRng {
    StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(who << 32).wrapping_add(u64::from(number)))
}

/// A pause between two numbers of milliseconds.
pub async fn pause(random: &mut StdRng, from_ms: u64, to_ms: u64) {
    tokio::time::sleep(Duration::from_millis(random.random_range(from_ms..=to_ms))).await;
}
