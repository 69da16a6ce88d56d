//! `make chaos`: three nodes on one PostgreSQL behind a bad network, killed, restarted and given a wrong clock at random, while
//! citizens on the web and on Telegram talk and operators answer. Afterwards a checker compares what everybody was told with the log.

mod chats;
mod checker;
mod citizens;
mod desk;
mod trouble;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use world::{Phase, World};

/// What is broken on purpose, to see that the checker says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Break {
    /// A message that was acknowledged vanishes from the log.
    Lost,
    /// Messages of Telegram are told again.
    Double,
    /// The messages of one chat are never told.
    Stuck,
}

#[derive(Parser)]
#[command(name = "chaos", about = "Three nodes in trouble, and a checker.")]
struct Options {
    /// Seconds of trouble.
    #[arg(long, default_value_t = 1_800, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Chooses the trouble and what citizens say; the timing is the machine's.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Citizens on the web.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    citizens: u32,
    /// Citizens on Telegram.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=200))]
    chats: u32,
    /// Operators.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    operators: u32,
    /// Breaks something on purpose.
    #[arg(long = "break", value_enum)]
    broken: Option<Break>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(run(&options))
}

async fn run(options: &Options) -> Result<ExitCode> {
    let (world, nodes) = World::start().await?;
    let citizens: Vec<_> = (0..options.citizens).map(|number| tokio::spawn(citizens::talk(world.clone(), options.seed, number))).collect();
    let chats: Vec<_> = (0..options.chats).map(|number| tokio::spawn(chats::talk(world.clone(), options.seed, number))).collect();
    let operators = desk::join(&world, options.operators).await;
    let operators: Vec<_> = operators.into_iter().map(|operator| tokio::spawn(desk::work(world.clone(), operator))).collect();
    let nodes = trouble::make(&world, nodes, options.seed, Duration::from_secs(options.seconds), options.broken).await?;
    println!("the trouble is over: everybody is answered once more");
    world.enter(Phase::Calm);
    let mut seen = checker::Seen::default();
    for chat in chats {
        seen.chats.push(chat.await?);
    }
    world.all_done(options.citizens).await;
    world.enter(Phase::Closed);
    for operator in operators {
        seen.operator_messages.extend(operator.await?);
    }
    world.enter(Phase::Settled);
    for citizen in citizens {
        seen.citizens.push(citizen.await?);
    }
    let findings = checker::check(&world, seen).await?;
    drop(nodes);
    for finding in &findings.list {
        println!("FOUND: {finding}");
    }
    Ok(if findings.list.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
