//! Processes that end with the test that started them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// Waits for the names of signals and sends them; after any but HUP it waits for the end. Standard input closes when the program is
/// no longer wanted or the test process ended, even by SIGKILL: then the program is killed, and its folder goes. What is killed is
/// this shell's own child, never somebody else's process. The program alone holds its standard output, so that it ends with the program.
const KEEPER: &str = r#"
folder=$1
shift
"$@" </dev/null &
exec >/dev/null
while read -r signal; do
    kill -s "$signal" $!
    if [ "$signal" != HUP ]; then
        wait $!
        exit
    fi
done
kill -s KILL $!
wait $!
rm -rf "$folder"
"#;

/// A command that runs `program` under a keeper; arguments and variables may follow. `folder` is what it writes to.
pub fn keeping(folder: &Path, program: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", KEEPER, "keeper"]).arg(folder).arg(program);
    command
}

/// A running program. It is killed when this is dropped, or when the process of the tests ends.
pub struct Kept {
    keeper: Child,
    stdout: BufReader<ChildStdout>,
}

impl Kept {
    /// Starts what [`keeping`] began.
    ///
    /// # Errors
    /// There is no shell.
    pub fn start(command: &mut Command) -> Result<Kept> {
        // What kills the group of the tests must leave the keeper to clean up.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().context("starting the keeper")?;
        let stdout = BufReader::new(keeper.stdout.take().context("the keeper has a standard output")?);
        Ok(Kept { keeper, stdout })
    }

    /// Reads the program's output until a line has what is looked for.
    ///
    /// # Errors
    /// The program ended before; the text has what it said.
    pub fn read_until<T>(&mut self, found: impl Fn(&str) -> Option<T>) -> Result<T> {
        let mut said = String::new();
        loop {
            let begin = said.len();
            if self.stdout.read_line(&mut said).context("reading its output")? == 0 {
                bail!("it ended and said {said:?}");
            }
            if let Some(found) = found(said[begin..].trim_end()) {
                return Ok(found);
            }
        }
    }

    /// Tells the program to load again what it serves.
    ///
    /// # Errors
    /// The keeper is gone.
    pub fn hang_up(&mut self) -> Result<()> {
        let stdin = self.keeper.stdin.as_mut().context("the keeper has a standard input")?;
        writeln!(stdin, "HUP").context("telling the keeper")
    }

    /// Sends a signal, such as `TERM`, and waits until the program is gone.
    ///
    /// # Errors
    /// The keeper is gone.
    pub fn end(mut self, signal: &str) -> Result<ExitStatus> {
        let mut stdin = self.keeper.stdin.take().context("the keeper has a standard input")?;
        writeln!(stdin, "{signal}").context("telling the keeper")?;
        Ok(self.keeper.wait()?)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.keeper.stdin.take().is_some() {
            // The keeper kills by itself when nobody waits for it.
            let _ = self.keeper.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_before_it_is_ready_is_reported_with_what_it_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = keeping(folder.path(), Path::new("/bin/echo"));
        let mut kept = Kept::start(command.arg("no such key")).expect("the keeper starts");
        let error = kept.read_until(|line| line.strip_prefix("ready").map(str::to_owned)).expect_err("it never becomes ready");
        assert!(error.to_string().contains("no such key"), "{error}");
    }
}
