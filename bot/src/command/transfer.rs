//! `hotro migrate`, `hotro backup`, `hotro restore`: a whole installation on its way.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::store::transfer::{self, Step};

/// Moves everything from one database into another.
pub(crate) fn migrate(from: &str, to: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut told = Told::default();
    super::block_on(async { Ok(transfer::migrate(from, to, &mut |step| told.tell(&step)).await?) })?;
    told.end("moved", begun)?;
    say!(
        "Start hotro on the new database, with the same HOTRO_KEY (or the same hotro.key). The old one is as it was: keep it until you are sure."
    );
    Ok(())
}

/// Writes everything into a new file.
pub(crate) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut told = Told::default();
    super::block_on(async { Ok(transfer::backup(&config.database_url(), file, now_ms(), &mut |step| told.tell(&step)).await?) })?;
    told.end("in the backup, which was read again", begun)?;
    say!("{} holds citizens' words: keep it like the database. HOTRO_KEY is not in it: keep that elsewhere.", file.display());
    Ok(())
}

/// Reads a backup to its end.
pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut told = Told::default();
    super::block_on(async { Ok(transfer::check(file, &mut |step| told.tell(&step)).await?) })?;
    told.end("in order", begun)?;
    Ok(())
}

/// Fills an empty database from a backup.
pub(crate) fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    if config.database_url.is_none() {
        let dir = &config.data_dir;
        std::fs::create_dir_all(dir).with_context(|| format!("data_dir: cannot make {}", dir.display()))?;
    }
    let mut told = Told::default();
    super::block_on(async { Ok(transfer::restore(file, &config.database_url(), &mut |step| told.tell(&step)).await?) })?;
    told.end("restored", begun)?;
    say!("Start hotro with the HOTRO_KEY (or the hotro.key) of the installation that was backed up.");
    Ok(())
}

/// Prints a line for each step.
#[derive(Default)]
struct Told {
    tables: usize,
    rows: u64,
}

impl Told {
    fn tell(&mut self, step: &Step) {
        let line = match step {
            Step::Written { table, rows } => format!("{table}: {rows} rows written"),
            Step::Verified { table, sum } => {
                self.tables += 1;
                self.rows += sum.rows;
                format!("{table}: {} rows, sha256 {}", sum.rows, hex::encode(sum.sha256))
            }
        };
        // Who closed the output no longer wants to know; the work goes on.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    fn end(&self, what: &str, begun: Instant) -> anyhow::Result<()> {
        say!("{} rows of {} tables are {what}, in {:.1} s.", self.rows, self.tables, begun.elapsed().as_secs_f64());
        Ok(())
    }
}
