//! A real PostgreSQL server for the tests: one for each test process, on a free loopback port and in a temporary folder.
//! Both are gone with the process, however it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Debian keeps the programs of each version here, out of PATH.
const VERSIONS_FOLDER: &str = "/usr/lib/postgresql";
/// The port was free when it was chosen; another process may be faster than the server.
const PORTS_TRIED_MAX: u32 = 3;

/// Runs the server until standard input closes, and crashes and restarts it for every line that arrives there. The operating system
/// closes it when the test process ends, even by SIGKILL.
const KEEPER: &str = r#"
set -u
programs=$1 port=$2 settings=$3
folder=$(mktemp -d -t hotro-postgres-XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
{
    "$programs/initdb" --pgdata="$folder/data" --username=hotro --auth=trust --encoding=UTF8 --locale=C --no-sync &&
    "$programs/pg_ctl" --pgdata="$folder/data" --wait --log="$folder/server.log" start --options="-p $port \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=400 $settings"
} >"$folder/start.log" 2>&1 || { cat "$folder"/*.log >&2; exit 1; }
echo "ready $(head -n 1 "$folder/data/postmaster.pid")"
while read -r _; do
    "$programs/pg_ctl" --pgdata="$folder/data" --wait --mode=immediate restart --log="$folder/server.log" >"$folder/start.log" 2>&1
    echo restarted
done
"$programs/pg_ctl" --pgdata="$folder/data" --mode=immediate stop >/dev/null 2>&1
"#;

/// Nothing is kept, so nothing waits for the disk.
const FAST: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off";
/// What is committed survives a crash, as where people's data is.
const DURABLE: &str = "-c fsync=on -c synchronous_commit=on";

/// A running server. It stops when this is dropped, or when the process ends.
pub struct Postgres {
    port: u16,
    /// Of the first process; those of connections are its children.
    pid: u32,
    databases: AtomicU32,
    /// Its standard input is the server's lifeline.
    keeper: Child,
    /// Tells of restarts.
    told: Mutex<BufReader<ChildStdout>>,
}

impl Postgres {
    /// The server of this test process, started by the first who asks.
    ///
    /// # Panics
    /// It cannot be started: the tests need PostgreSQL's programs, and are not skipped without them.
    pub fn shared() -> &'static Postgres {
        static SHARED: LazyLock<Result<Postgres>> = LazyLock::new(Postgres::start);
        match &*SHARED {
            Ok(postgres) => postgres,
            Err(error) => panic!("PostgreSQL, which the tests need, did not start: {error:#}"),
        }
    }

    /// Starts a server of one's own, for a test that stops it.
    ///
    /// # Errors
    /// The programs are missing or fail; the text says which and why.
    pub fn start() -> Result<Postgres> {
        Postgres::start_with(FAST)
    }

    /// As [`Postgres::start`], with the durability of a server that people's data is on: for measurements and crashes.
    ///
    /// # Errors
    /// As there.
    pub fn start_durable() -> Result<Postgres> {
        Postgres::start_with(DURABLE)
    }

    fn start_with(settings: &str) -> Result<Postgres> {
        let programs = programs()?;
        let mut started = start_on_free_port(&programs, settings);
        for _ in 1..PORTS_TRIED_MAX {
            if started.is_ok() {
                break;
            }
            started = start_on_free_port(&programs, settings);
        }
        started
    }

    /// Ends the server as a power cut does and starts it again. Blocks until it serves.
    ///
    /// # Errors
    /// The keeper is gone.
    pub fn crash_and_restart(&mut self) -> Result<()> {
        writeln!(self.keeper.stdin.as_mut().context("the keeper listens")?)?;
        let mut told = String::new();
        self.told.get_mut().unwrap_or_else(PoisonError::into_inner).read_line(&mut told)?;
        anyhow::ensure!(told == "restarted\n", "the keeper said {told:?}");
        Ok(())
    }

    /// The first process, until a restart.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Creates an empty database and returns its URL.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn database(&self) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.url(&name))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://hotro@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ends by itself when this process does not wait.
        let _ = self.keeper.wait();
    }
}

/// The programs of the newest version installed.
fn programs() -> Result<PathBuf> {
    let version = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let versions = std::fs::read_dir(VERSIONS_FOLDER).into_iter().flatten().flatten();
    versions
        .map(|version| version.path())
        .filter(|folder| folder.join("bin/initdb").exists())
        .max_by_key(version)
        .map(|folder| folder.join("bin"))
        .with_context(|| format!("no initdb under {VERSIONS_FOLDER}; try: apt-get install postgresql"))
}

fn start_on_free_port(programs: &Path, settings: &str) -> Result<Postgres> {
    let port = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?.local_addr()?.port();
    let mut keeper = shell()
        .args(["-c", KEEPER, "keeper"])
        .arg(programs)
        .arg(port.to_string())
        .arg(settings)
        // What kills the group of the tests must leave the keeper to clean up.
        .process_group(0)
        // The folder of the tests may be closed to the server's user.
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the keeper of PostgreSQL")?;
    let mut answer = String::new();
    let stdout = keeper.stdout.take().context("the keeper has a standard output")?;
    let mut told = BufReader::new(stdout);
    told.read_line(&mut answer)?;
    if let Some(pid) = answer.strip_prefix("ready ").and_then(|pid| pid.trim_end().parse().ok()) {
        return Ok(Postgres { port, pid, databases: AtomicU32::new(0), keeper, told: Mutex::new(told) });
    }
    let mut reason = String::new();
    keeper.stderr.take().context("the keeper has a standard error")?.read_to_string(&mut reason)?;
    keeper.wait()?;
    bail!("{}: {reason}", programs.display())
}

/// A shell of a user that PostgreSQL agrees to run as, which root is not.
fn shell() -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !is_root {
        return Command::new("sh");
    }
    let mut command = Command::new("setpriv");
    // Root's temporary folder may be closed to it.
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]).env("TMPDIR", "/tmp");
    command
}
