//! The program itself, as it is served: its own process, a free loopback port, a folder that is gone afterwards.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::citizen::Citizen;
use crate::kept::{Kept, keeping};
use crate::postgres::Postgres;

/// The page of another site that the shared server allows.
pub const ALLOWED_ORIGIN: &str = "https://bhxh.example";
/// Seconds; longer than any command needs on a busy machine.
const RUN_S_MAX: &str = "180";
const ANY_PORT: &str = "127.0.0.1:0";
/// What the program says when somebody else has its address.
const ADDRESS_TAKEN: &str = "Address already in use";
/// A port that is free for a moment may be given to somebody else: for a connection most often, which ends soon.
const ADDRESS_WAIT: Duration = Duration::from_secs(30);
const ADDRESS_TRY_EVERY: Duration = Duration::from_millis(200);
/// The first line of `hotro serve` once it listens.
const PAGE_LINE: &str = "hotro: page    http://";
/// One test process asks from one network, and far faster than a person.
const NO_LIMITS: [(&str, &str); 3] = [
    ("HOTRO_LIMITS_MESSAGES_PER_CONVERSATION_PER_MINUTE", "1000000"),
    ("HOTRO_LIMITS_MESSAGES_PER_NETWORK_PER_MINUTE", "1000000"),
    ("HOTRO_LIMITS_CONVERSATIONS_PER_NETWORK_PER_MINUTE", "1000000"),
];
/// Invented. Several nodes of one database share a key.
const KEY: (&str, &str) = ("HOTRO_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");

/// The program that was built with the tests.
///
/// # Panics
/// It is not there: only `cargo build --workspace --bins` builds it.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    // Tests lie in target/<profile>/deps, programs beside it.
    let beside = test.ancestors().skip(1).take(2).map(|folder| folder.join("hotro"));
    let program = beside.clone().find(|program| program.exists()).or(beside.last()).expect("a folder");
    assert!(program.exists(), "{} is missing; try: cargo build --workspace --bins", program.display());
    program
}

/// Operators are there day and night: tests run at any hour.
const ALWAYS_OPEN: (&str, &str) = (
    "HOTRO_DESK_CALENDAR",
    concat!(
        r#"{ monday = ["00:00-24:00"], tuesday = ["00:00-24:00"], wednesday = ["00:00-24:00"], thursday = ["00:00-24:00"], "#,
        r#"friday = ["00:00-24:00"], saturday = ["00:00-24:00"], sunday = ["00:00-24:00"], holidays = [], swaps = [] }"#,
    ),
);

/// How to serve.
#[derive(Debug, Clone, Default)]
pub struct Options {
    database: Option<String>,
    variables: Vec<(String, String)>,
}

impl Options {
    /// SQLite in a new folder, no limits on citizens, a key.
    pub fn new() -> Options {
        NO_LIMITS.iter().chain([&KEY, &ALWAYS_OPEN]).fold(Options::default(), |options, (name, value)| options.variable(name, value))
    }

    /// Texts go to this gateway.
    pub fn sms(self, sms: &crate::sms::Sms) -> Options {
        self.variable("HOTRO_SMS_URL", sms.url()).variable("HOTRO_SMS_AUTHORIZATION", crate::sms::AUTHORIZATION)
    }

    /// The settings of a server on a PostgreSQL database of its own.
    ///
    /// # Panics
    /// PostgreSQL, which the tests need, does not start.
    pub async fn on_postgres() -> Options {
        let url = Postgres::shared().database().await.expect("a database");
        Options::new().database(&url)
    }

    /// Another database.
    pub fn database(mut self, url: &str) -> Options {
        self.database = Some(url.to_owned());
        self
    }

    /// A `HOTRO_*` variable; a later value replaces an earlier one.
    pub fn variable(mut self, name: &str, value: &str) -> Options {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts the program and waits until it listens.
    ///
    /// # Panics
    /// It does not start; the text has what it said.
    pub async fn start(self) -> Server {
        let started = tokio::task::spawn_blocking(move || Server::start(self));
        started.await.expect("starting does not panic").expect("hotro serve starts")
    }
}

/// A running server. It is killed when this is dropped, or when the process ends.
pub struct Server {
    options: Options,
    folder: TempDir,
    address: String,
    process: Option<Kept>,
}

impl Server {
    /// The server of all tests that need no server of their own: starting one costs seconds in a debug build.
    ///
    /// # Panics
    /// It does not start.
    pub fn shared() -> &'static Server {
        static SHARED: LazyLock<Result<Server>> =
            LazyLock::new(|| Server::start(Options::new().variable("HOTRO_WEB_ALLOWED_ORIGINS", ALLOWED_ORIGIN)));
        match &*SHARED {
            Ok(server) => server,
            Err(error) => panic!("hotro serve did not start: {error:#}"),
        }
    }

    fn start(options: Options) -> Result<Server> {
        let folder = TempDir::new().context("making a folder for the data")?;
        let mut server = Server { options, folder, address: ANY_PORT.to_owned(), process: None };
        server.serve()?;
        Ok(server)
    }

    /// Starts the program on `self.address`.
    fn serve(&mut self) -> Result<()> {
        let begun = Instant::now();
        loop {
            let known = self.log().len();
            let started = self.try_to_serve();
            let is_taken = || self.log().get(known..).is_some_and(|said| said.contains(ADDRESS_TAKEN));
            if started.is_ok() || self.address == ANY_PORT || begun.elapsed() > ADDRESS_WAIT || !is_taken() {
                return started;
            }
            std::thread::sleep(ADDRESS_TRY_EVERY);
        }
    }

    fn try_to_serve(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log_path()).context("making the log")?;
        let mut command = keeping(self.folder.path(), &program());
        command.args(["serve", "--listen", &self.address, "--data"]).arg(self.data());
        command.args(self.options.database.iter().flat_map(|url| ["--database", url]));
        command.env_clear().envs(self.options.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).stderr(log);
        let mut process = Kept::start(&mut command)?;
        match process.read_until(|line| Some(line.strip_prefix(PAGE_LINE)?.trim_end_matches('/').to_owned())) {
            Ok(address) => {
                self.address = address;
                self.process = Some(process);
                Ok(())
            }
            Err(error) => {
                // A keeper that is not told would take the folder with it.
                process.end("KILL")?;
                Err(error.context(self.log()))
            }
        }
    }

    /// Adds the invented people, with the program's own command.
    ///
    /// # Panics
    /// It fails.
    pub async fn invent_people(&self) {
        let (folder, url) = (self.folder.path().to_owned(), self.database_url());
        let added = tokio::task::spawn_blocking(move || {
            run_with(&folder, &["records", "demo", "--data", "data", "--database", &url], &[KEY], b"").expect("the program runs")
        });
        let added = added.await.expect("it does not panic");
        assert_eq!(added.code, Some(0), "{}", added.stderr);
    }

    /// Imports a text as a file of records of a kind, with the program's own command.
    ///
    /// # Panics
    /// It fails.
    pub async fn import_records(&self, kind: &str, text: &str) {
        let (folder, url, file) = (self.folder.path().to_owned(), self.database_url(), format!("{kind}.csv"));
        std::fs::write(folder.join(&file), text).expect("the file is written");
        let kind = kind.to_owned();
        let imported = tokio::task::spawn_blocking(move || {
            let arguments = ["records", "import", "--data", "data", "--database", &url, "--kind", &kind, &file];
            run_with(&folder, &arguments, &[KEY], b"").expect("the program runs")
        });
        let imported = imported.await.expect("it does not panic");
        assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    }

    /// The folder of its data and its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `http://127.0.0.1:<port>` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Begins a conversation.
    pub async fn citizen(&self) -> Citizen {
        Citizen::begin(self).await
    }

    /// The folder of the SQLite database.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The database that it serves from.
    pub fn database_url(&self) -> String {
        let file = self.data().join("hotro.db");
        self.options.database.clone().unwrap_or_else(|| format!("sqlite://{}", file.display()))
    }

    /// What the program has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Sends the signal by which an operator asks to load the FAQ again.
    ///
    /// # Panics
    /// It was not running.
    pub fn hang_up(&mut self) {
        self.process.as_mut().expect("the server was running").hang_up().expect("the signal is sent");
    }

    /// Ends the program as a deploy does and waits until it is gone.
    ///
    /// # Panics
    /// It does not end as it should, or was not running.
    pub fn stop(&mut self) {
        let status = self.end("TERM").expect("the server stops");
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Ends the program as a power cut does and waits until it is gone.
    ///
    /// # Panics
    /// It was not running.
    pub fn kill(&mut self) {
        self.end("KILL").expect("the server was running");
    }

    /// Serves the same data on the same address again.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_again(mut self) -> Server {
        assert!(self.process.is_none(), "stop or kill it first");
        let started = tokio::task::spawn_blocking(move || self.serve().map(|()| self));
        started.await.expect("starting does not panic").expect("hotro serve starts again")
    }

    fn end(&mut self, signal: &str) -> Result<ExitStatus> {
        self.process.take().context("the server is not running")?.end(signal)
    }
}

/// What a finished command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs `hotro` with these arguments in a folder and waits for its end.
///
/// # Panics
/// It cannot be run.
pub fn run<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Said {
    run_with(folder, arguments, &[], b"").expect("the program runs")
}

/// As [`run`], with variables and a standard input.
///
/// # Errors
/// It cannot be run, or ends with success without having read its input.
pub fn run_with<S: AsRef<OsStr>>(folder: &Path, arguments: &[S], variables: &[(&str, &str)], stdin: &[u8]) -> Result<Said> {
    // A server that starts where it should refuse would run for ever.
    let mut child = Command::new("/usr/bin/timeout")
        .args(["--signal=KILL", RUN_S_MAX])
        .arg(program())
        .args(arguments)
        // Nothing of the environment of the tests, and no `hotro.toml` of theirs.
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the program")?;
    let mut input = child.stdin.take().context("it has a standard input")?;
    let stdin = stdin.to_owned();
    // Both ends at once: the program may answer before it has read everything.
    let writer = std::thread::spawn(move || input.write_all(&stdin));
    let output = child.wait_with_output()?;
    let written = writer.join().ok().context("writing the input")?;
    ensure!(written.is_ok() || !output.status.success(), "the program did not read its input");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) })
}
