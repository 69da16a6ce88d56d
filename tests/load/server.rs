//! The release binary as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Far more than a start takes, so that one that hangs is an error.
const START_MAX: Duration = Duration::from_secs(30);
/// The kernel counts processor time in hundredths of a second for everybody.
const TICKS_PER_SECOND: f64 = 100.0;
/// No limit is reached by a load that comes from one address.
const NO_LIMIT: &str = "1000000000";

/// Invented.
const KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";
const ALWAYS_OPEN: &str = concat!(
    r#"{ monday = ["00:00-24:00"], tuesday = ["00:00-24:00"], wednesday = ["00:00-24:00"], thursday = ["00:00-24:00"], "#,
    r#"friday = ["00:00-24:00"], saturday = ["00:00-24:00"], sunday = ["00:00-24:00"], holidays = [], swaps = [] }"#,
);

/// A running `hotro serve`. Dropping it kills it.
pub struct Server {
    pub address: SocketAddr,
    /// When the process was started.
    pub started: Instant,
    process: Child,
    /// Kept open: a program that prints into a closed pipe fails.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts it on a free port with its database in `folder`; it serves when this returns.
    pub async fn start(program: &Path, folder: &Path) -> Result<Server> {
        Server::start_with(program, folder, None).await
    }

    /// As [`Server::start`], a node on the database of this URL.
    pub async fn start_on(program: &Path, folder: &Path, database_url: &str) -> Result<Server> {
        Server::start_with(program, folder, Some(database_url)).await
    }

    async fn start_with(program: &Path, folder: &Path, database_url: Option<&str>) -> Result<Server> {
        let started = Instant::now();
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .args(database_url.into_iter().flat_map(|url| ["--database", url]))
            // No hotro.toml and no variables of whoever measures.
            .current_dir(folder)
            .env_clear()
            .env("HOTRO_LIMITS_MESSAGES_PER_CONVERSATION_PER_MINUTE", NO_LIMIT)
            .env("HOTRO_LIMITS_MESSAGES_PER_NETWORK_PER_MINUTE", NO_LIMIT)
            .env("HOTRO_LIMITS_CONVERSATIONS_PER_NETWORK_PER_MINUTE", NO_LIMIT)
            // Nodes of one database have one key.
            .env("HOTRO_KEY", KEY)
            // Measured at any hour.
            .env("HOTRO_DESK_CALENDAR", ALWAYS_OPEN)
            .env("HOTRO_LOG_FILTER", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("running {}", program.display()))?;
        let stdout = process.stdout.take().context("the server has a standard output")?;
        let mut output = BufReader::new(stdout).lines();
        let address = timeout(START_MAX, served_address(&mut output)).await.context("the server does not serve")??;
        Ok(Server { address, started, process, _output: output })
    }

    /// Kills it as a power cut of the process would: SIGKILL, no goodbye.
    pub async fn kill(mut self) -> Result<()> {
        self.process.kill().await.context("killing the server")
    }

    /// Ends it as a service manager does, and waits for its end.
    pub async fn terminate(mut self) -> Result<ExitStatus> {
        let id = i32::try_from(self.id()?)?;
        let process = Pid::from_raw(id).context("a process")?;
        kill_process(process, Signal::TERM).context("sending SIGTERM")?;
        self.process.wait().await.context("waiting for the server")
    }

    /// Resident memory in kB.
    pub fn resident_kb(&self) -> Result<u64> {
        harness::memory::resident_kb(&self.id()?.to_string())
    }

    /// Processor time that it has used.
    pub fn processor_time(&self) -> Result<Duration> {
        processor_time(&self.id()?.to_string())
    }

    fn id(&self) -> Result<u32> {
        self.process.id().context("the server has ended")
    }
}

/// The address that `hotro serve` prints once it is about to serve.
async fn served_address(output: &mut Lines<BufReader<ChildStdout>>) -> Result<SocketAddr> {
    while let Some(line) = output.next_line().await? {
        if let Some((_, address)) = line.split_once("http://") {
            return Ok(address.split('/').next().unwrap_or_default().parse()?);
        }
    }
    bail!("the server ended before it served")
}

/// Processor time that this program has used.
pub fn own_processor_time() -> Result<Duration> {
    processor_time("self")
}

fn processor_time(process: &str) -> Result<Duration> {
    ticks(process, 2)
}

/// Processor time of a process, of its children, and of children that have ended.
pub fn processor_time_with_children(process: u32) -> Result<Duration> {
    // Behind utime and stime stand those of children that were waited for.
    let mut sum = ticks(&process.to_string(), 4)?;
    for child in harness::memory::children_of(process)? {
        // It may end while this looks; then it was counted neither here nor above, once.
        sum += ticks(&child.to_string(), 2).unwrap_or_default();
    }
    Ok(sum)
}

/// The first `fields` of a process's utime, stime, cutime and cstime.
fn ticks(process: &str, count: usize) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program, in brackets, may hold anything; utime and stime are the 12th and 13th field behind it.
    let (_, fields) = stat.rsplit_once(')').context("the name of the program")?;
    let ticks = fields.split_whitespace().skip(11).take(count).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND))
}
