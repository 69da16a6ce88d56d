//! Days at the hotline's desk, one a seed, until one of them breaks a rule. `SEED=n` replays that day.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use harness::desk::{DayReport, run_day};

#[derive(Parser)]
#[command(name = "simulation", about = "Simulates days at the operators' desk.")]
struct Options {
    /// Days to simulate, from seed 0 on.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    days: u64,
    /// The only day to simulate.
    #[arg(long, env = "SEED")]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seeds = options.seed.map_or(0..options.days, |seed| seed..seed.saturating_add(1));
    let days = seeds.end - seeds.start;
    let start = Instant::now();
    let mut total = DayReport::default();
    for seed in seeds {
        match run_day(seed) {
            Ok(report) => total += report,
            Err(violation) => {
                eprintln!("{violation}\nreplay: SEED={seed} make simulation");
                return ExitCode::FAILURE;
            }
        }
    }
    let elapsed_s = start.elapsed().as_secs_f64();
    println!("{days} days in {elapsed_s:.1} s, 100 take {:.1} s; every rule held", 100.0 * elapsed_s / days as f64);
    print!("{total}");
    ExitCode::SUCCESS
}
