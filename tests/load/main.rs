//! The load program: how fast the release build of `hotro` is on SQLite, how much memory it takes, and what a `kill -9` under
//! load costs. It runs on the machine that it measures, so it is built to be cheap: one thread, one bare connection a citizen.

mod citizen;
mod connection;
mod crash;
mod desk;
mod drain;
mod nodes;
mod overload;
mod questions;
mod report;
mod rolling;
mod server;
mod start;
mod streams;
mod turns;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use tempfile::TempDir;

use report::Report;
use server::Server;

#[derive(Parser)]
#[command(name = "load", about = "Measures the release build of hotro on this machine.")]
struct Options {
    /// Conversations that talk at the same time.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    conversations: u32,
    /// Seconds of talking.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Event streams that are open and idle: a node holds 20,000.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    streams: u32,
    /// Only the desk: consoles that are open.
    #[arg(long, value_name = "CONSOLES", value_parser = clap::value_parser!(u32).range(1..=500))]
    desk: Option<u32>,
    /// Only nodes on one PostgreSQL, so many each time, beside one process on SQLite.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=16))]
    nodes: Vec<u8>,
    /// Only the end by SIGTERM, with the idle streams open.
    #[arg(long)]
    drain: bool,
    /// Only so many times what the program can do.
    #[arg(long, value_name = "TIMES")]
    overload: Option<f64>,
    /// Only an upgrade of two nodes to this program and back.
    #[arg(long, value_name = "FILE")]
    rolling: Option<PathBuf>,
    /// The program to measure; default: `hotro` beside this one.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    allow_open_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    if let Some(consoles) = options.desk {
        let desk = runtime.block_on(measure_desk(options, consoles as usize))?;
        return told(options, &desk, true);
    }
    if options.drain {
        let drain = runtime.block_on(drain::measure(&program(options)?, options.streams))?;
        return told(options, &drain, drain.keeps_promises());
    }
    if let Some(times) = options.overload {
        let during = Duration::from_secs(options.seconds);
        let overload = runtime.block_on(overload::measure(&program(options)?, times, during))?;
        return told(options, &overload, overload.keeps_promises());
    }
    if let Some(next) = &options.rolling {
        // Each node runs in a folder of its own.
        let next = next.canonicalize().with_context(|| format!("--rolling {}", next.display()))?;
        let rolling = runtime.block_on(rolling::measure(&program(options)?, &next))?;
        return told(options, &rolling, rolling.keeps_promises());
    }
    if !options.nodes.is_empty() {
        let counts: Vec<usize> = options.nodes.iter().copied().map(usize::from).collect();
        let during = Duration::from_secs(options.seconds);
        let nodes = runtime.block_on(nodes::measure(&program(options)?, &counts, options.conversations, during))?;
        return told(options, &nodes, nodes.rows.iter().all(|row| row.errors == 0));
    }
    let report = runtime.block_on(measure(options))?;
    told(options, &report, report.keeps_promises())
}

fn told(options: &Options, measured: &(impl Display + Serialize), keeps_promises: bool) -> Result<ExitCode> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(measured)?);
    } else {
        print!("{measured}");
    }
    Ok(if keeps_promises { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure_desk(options: &Options, consoles: usize) -> Result<desk::Desk> {
    let program = program(options)?;
    let folder = TempDir::new().context("making a temporary folder")?;
    let server = Server::start(&program, folder.path()).await?;
    let url = format!("sqlite://{}", folder.path().join("hotro.db").display());
    desk::fill(&server, &url, consoles, options.streams as usize, Duration::from_secs(options.seconds)).await.context("filling the desk")
}

fn program(options: &Options) -> Result<PathBuf> {
    match &options.program {
        Some(program) => Ok(program.clone()),
        None => beside("hotro"),
    }
}

async fn measure(options: &Options) -> Result<Report> {
    let program = program(options)?;
    // A server of its own for the memory: what a load run leaves behind would be counted, or used again unseen.
    let folder = TempDir::new().context("making a temporary folder")?;
    let (server, start) = start::first_answer(&program, folder.path()).await.context("starting")?;
    let streams = streams::hold_idle(&server, options.streams).await.context("holding idle streams")?;
    drop(server);

    let folder = TempDir::new().context("making a temporary folder")?;
    let server = Server::start(&program, folder.path()).await?;
    let turns = turns::talk(&server, options.conversations, Duration::from_secs(options.seconds)).await.context("talking")?;
    let crash = crash::kill_and_restart(server, &program, folder.path(), options.conversations).await.context("killing")?;
    Ok(Report { start, streams, turns, crash })
}

fn beside(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().context("looking for this program")?.with_file_name(name);
    anyhow::ensure!(program.is_file(), "{} is missing; try: cargo build --release --bins", program.display());
    Ok(program)
}

/// Every connection is an open file, and shells allow 1,024 of them. The server inherits what is allowed here.
fn allow_open_files() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("allowing more open files")
}
