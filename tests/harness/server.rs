//! The program itself, as it is served: its own process, a free loopback port, a folder that is gone afterwards.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::citizen::Citizen;

/// Waits for the name of a signal, sends it and waits for the end. Standard input closes when the test process ends, even by
/// SIGKILL: then the program is killed, and never a process of somebody else, since it is this shell's child.
const KEEPER: &str = r#"
"$@" </dev/null &
read -r signal
kill -s "${signal:-KILL}" $!
wait $!
"#;
/// The page of another site that the shared server allows.
pub const ALLOWED_ORIGIN: &str = "https://bhxh.example";
const ANY_PORT: &str = "127.0.0.1:0";
/// The first line of `hotro serve` once it listens.
const PAGE_LINE: &str = "hotro: page    http://";
/// One test process asks from one network, and far faster than a person.
const NO_LIMITS: [(&str, &str); 3] = [
    ("HOTRO_LIMITS_MESSAGES_PER_CONVERSATION_PER_MINUTE", "1000000"),
    ("HOTRO_LIMITS_MESSAGES_PER_NETWORK_PER_MINUTE", "1000000"),
    ("HOTRO_LIMITS_CONVERSATIONS_PER_NETWORK_PER_MINUTE", "1000000"),
];

/// The program that was built with the tests.
///
/// # Panics
/// It is not there: only `cargo test --workspace --all-targets` builds it.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test.ancestors().nth(2).expect("tests lie in target/<profile>/deps");
    let program = folder.join("hotro");
    assert!(program.exists(), "{} is missing; try: cargo build --workspace --all-targets", program.display());
    program
}

/// A command that sees nothing of the environment of the tests: no variable and no `hotro.toml`.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.env_clear().current_dir(folder);
    command
}

/// How to serve.
#[derive(Debug, Clone, Default)]
pub struct Options {
    database: Option<String>,
    variables: Vec<(String, String)>,
}

impl Options {
    /// SQLite in a new folder, no limits on citizens.
    pub fn new() -> Options {
        NO_LIMITS.iter().fold(Options::default(), |options, (name, value)| options.variable(name, value))
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
    process: Option<Process>,
}

struct Process {
    keeper: Child,
    /// Held open: the program may say more.
    _stdout: BufReader<ChildStdout>,
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
        let log = File::options().create(true).append(true).open(self.log_path()).context("making the log")?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", KEEPER, "keeper"]).arg(program()).args(["serve", "--listen", &self.address, "--data"]).arg(self.data());
        command.args(self.options.database.iter().flat_map(|url| ["--database", url]));
        let mut keeper = command
            .env_clear()
            .envs(self.options.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            // What kills the group of the tests must leave the keeper to clean up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("starting the keeper of the server")?;
        let mut stdout = BufReader::new(keeper.stdout.take().context("the keeper has a standard output")?);
        let mut line = String::new();
        stdout.read_line(&mut line).context("reading the address")?;
        let mut process = Process { keeper, _stdout: stdout };
        let Some(address) = line.trim_end().strip_prefix(PAGE_LINE) else {
            process.end("KILL")?;
            bail!("it said {line:?} and in its log: {}", self.log());
        };
        self.address = address.trim_end_matches('/').to_owned();
        self.process = Some(process);
        Ok(())
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

    /// What the program has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
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

    fn end(&mut self, signal: &str) -> Result<std::process::ExitStatus> {
        self.process.take().context("the server is not running")?.end(signal)
    }
}

impl Process {
    fn end(&mut self, signal: &str) -> Result<std::process::ExitStatus> {
        let mut stdin = self.keeper.stdin.take().context("it was ended already")?;
        writeln!(stdin, "{signal}").context("telling the keeper")?;
        Ok(self.keeper.wait()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.keeper.stdin.take().is_some() {
            // The keeper kills by itself when nobody waits for it.
            let _ = self.keeper.wait();
        }
    }
}

/// What a finished command said.
pub struct Said {
    /// Whether it ended with success.
    pub success: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs `hotro` with these arguments in a folder and waits for its end.
///
/// # Panics
/// It cannot be run.
pub fn run<S: AsRef<OsStr>>(folder: &Path, arguments: &[S], stdin: &[u8]) -> Said {
    run_with(folder, arguments, &[], stdin).expect("the program runs")
}

/// As [`run`], with variables.
///
/// # Errors
/// It cannot be run, or does not read its input to the end.
pub fn run_with<S: AsRef<OsStr>>(folder: &Path, arguments: &[S], variables: &[(&str, &str)], stdin: &[u8]) -> Result<Said> {
    let mut child = command(folder)
        .args(arguments)
        .envs(variables.iter().copied())
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
    Ok(Said { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) })
}
