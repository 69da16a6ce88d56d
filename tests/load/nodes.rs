//! Several nodes on one PostgreSQL: what a turn costs in processor time, where, as nodes are added.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::latency::Latencies;
use harness::postgres::Postgres;
use serde::Serialize;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::citizen::Citizen;
use crate::server::{Server, own_processor_time, processor_time_with_children};
use crate::turns::talk_until;

/// One row of the table.
#[derive(Serialize)]
pub struct Row {
    /// 0: one process on SQLite.
    pub nodes: usize,
    pub turns_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub errors: usize,
    /// Of all nodes together.
    pub node_processor_us_per_turn: f64,
    /// 0 on SQLite, which works inside the node.
    pub database_processor_us_per_turn: f64,
    pub client_processor_us_per_turn: f64,
    /// Of one node, the largest.
    pub node_resident_mb: f64,
    /// Proportional memory of all processes of the database.
    pub database_mb: f64,
    /// What the database grew by, its indexes included.
    pub stored_kb_per_turn: f64,
}

/// All rows.
#[derive(Serialize)]
pub struct Nodes {
    pub conversations: u32,
    pub seconds: f64,
    pub rows: Vec<Row>,
}

/// SQLite first, then each number of nodes on a fresh, durable PostgreSQL.
pub async fn measure(program: &Path, counts: &[usize], conversations: u32, during: Duration) -> Result<Nodes> {
    let folder = TempDir::new().context("making a temporary folder")?;
    let server = Server::start(program, folder.path()).await?;
    let stored = Stored::File(folder.path().join("hotro.db"));
    let mut rows = vec![row(&[server], None, &stored, conversations, during).await.context("on SQLite")?];
    for &count in counts {
        let postgres = tokio::task::spawn_blocking(Postgres::start_durable).await??;
        let url = postgres.database().await?;
        let mut servers = Vec::new();
        let folder = TempDir::new().context("making a temporary folder")?;
        for number in 0..count {
            let own = folder.path().join(number.to_string());
            std::fs::create_dir(&own)?;
            servers.push(Server::start_on(program, &own, &url).await?);
        }
        rows.push(
            row(&servers, Some(&postgres), &Stored::Postgres(url), conversations, during)
                .await
                .with_context(|| format!("{count} nodes"))?,
        );
    }
    Ok(Nodes { conversations, seconds: during.as_secs_f64(), rows })
}

/// Where the turns go.
enum Stored {
    File(PathBuf),
    /// Its URL.
    Postgres(String),
}

impl Stored {
    async fn bytes(&self) -> Result<i64> {
        match self {
            Stored::File(path) => {
                let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
                Ok(i64::try_from(size(path) + size(&path.with_extension("db-wal")))?)
            }
            Stored::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let bytes = sqlx::query_scalar("select pg_database_size(current_database())").fetch_one(&mut connection).await?;
                connection.close().await?;
                Ok(bytes)
            }
        }
    }
}

async fn row(servers: &[Server], postgres: Option<&Postgres>, stored: &Stored, conversations: u32, during: Duration) -> Result<Row> {
    let mut citizens = Vec::new();
    for (number, server) in servers.iter().enumerate() {
        // Each conversation stays at its node, as with most load balancers; any node would take it.
        let share = conversations / servers.len() as u32 + u32::from(number < conversations as usize % servers.len());
        citizens.extend(Citizen::begin_many(server.address, share).await?);
    }
    let nodes_time = || servers.iter().map(Server::processor_time).sum::<Result<Duration>>();
    let database_time = || postgres.map_or(Ok(Duration::ZERO), |postgres| processor_time_with_children(postgres.pid()));
    let stored_before = stored.bytes().await?;
    let before = (nodes_time()?, database_time()?, own_processor_time()?);
    let begun = Instant::now();
    let talks = talk_until(citizens, begun + during);
    let talks = JoinSet::join_all(talks).await;
    let seconds = begun.elapsed().as_secs_f64();
    let after = (nodes_time()?, database_time()?, own_processor_time()?);
    let grown = stored.bytes().await? - stored_before;
    let took = Latencies::new(talks.iter().flat_map(|talk| &talk.acknowledged).map(|acknowledged| acknowledged.took).collect());
    let turns = took.count();
    ensure!(turns > 0, "nothing was acknowledged");
    let per_turn = |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() * 1e6 / turns as f64;
    let resident_kb = servers.iter().map(Server::resident_kb).collect::<Result<Vec<u64>>>()?;
    Ok(Row {
        nodes: if postgres.is_some() { servers.len() } else { 0 },
        turns_per_second: turns as f64 / seconds,
        p50_ms: took.percentile_ms(0.50),
        p99_ms: took.percentile_ms(0.99),
        errors: talks.iter().filter(|talk| talk.cut_off.is_some()).count(),
        node_processor_us_per_turn: per_turn(before.0, after.0),
        database_processor_us_per_turn: per_turn(before.1, after.1),
        client_processor_us_per_turn: per_turn(before.2, after.2),
        node_resident_mb: resident_kb.into_iter().max().unwrap_or_default() as f64 / 1024.0,
        database_mb: postgres.map_or(Ok(0), |postgres| harness::memory::proportional_kb_with_children(postgres.pid()))? as f64 / 1024.0,
        stored_kb_per_turn: grown as f64 / 1e3 / turns as f64,
    })
}

impl fmt::Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} conversations, {:.0} s a row; all on this machine, the load program too", self.conversations, self.seconds)?;
        writeln!(
            f,
            "| nodes | turns/s | p50 ms | p99 ms | errors | us a turn: nodes | database | client | node MB | database MB | kB stored a turn |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")?;
        for row in &self.rows {
            let nodes = if row.nodes == 0 { "SQLite, 1".to_owned() } else { format!("PostgreSQL, {}", row.nodes) };
            writeln!(
                f,
                "| {nodes} | {:.0} | {:.0} | {:.0} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} |",
                row.turns_per_second,
                row.p50_ms,
                row.p99_ms,
                row.errors,
                row.node_processor_us_per_turn,
                row.database_processor_us_per_turn,
                row.client_processor_us_per_turn,
                row.node_resident_mb,
                row.database_mb,
                row.stored_kb_per_turn
            )?;
        }
        Ok(())
    }
}
