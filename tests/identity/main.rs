//! `make identity`: what the secure form gives away by its time, what an import of many rows costs, and how long a lookup among them takes.
//!
//! `ATTEMPTS` attempts of each kind and `ROWS` contribution rows. It fails when two kinds of attempts can be told apart, when a second
//! import changes anything, or when lookups are slow.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::TryStreamExt;
use harness::forms::{Class, Node, code, measure_lookups, measure_steps, people, report};
use harness::postgres::Postgres;
use harness::server::program;
use hotro::identity::keys::records_key;
use hotro::secret::Key;
use hotro::store::Store;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use tempfile::TempDir;

/// Below it the first steps of two of the three kinds are of different distributions.
const P_MIN: f64 = 0.001;
/// The same for all other pairs, of which there are many: one of them alone would come below the other limit in every fiftieth run.
const P_OTHERS_MIN: f64 = 0.000_1;
const PERIODS_PER_PERSON: usize = 20;
const LOOKUPS: usize = 5_000;
const PEOPLE_LOOKED_UP: usize = 25;
const LOOKUP_P99_MS_MAX: f64 = 5.0;
/// The memory of an import does not grow with its rows.
const IMPORT_KB_MAX: u64 = 256 * 1024;
const KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

fn number(name: &str, default: usize) -> Result<usize> {
    std::env::var(name).map_or(Ok(default), |text| text.parse().with_context(|| format!("{name}: expected a number")))
}

#[tokio::main]
async fn main() -> Result<()> {
    let (attempts, rows) = (number("ATTEMPTS", 2_000)?, number("ROWS", 1_000_000)?);
    if cfg!(debug_assertions) {
        println!("Built without optimisation: the figures are of this build alone.");
    }
    let folder = TempDir::new()?;
    let sqlite = format!("sqlite://{}", folder.path().join("form.db").display());
    steps("SQLite", &sqlite, folder.path(), attempts).await?;
    steps("PostgreSQL", &Postgres::shared().database().await?, folder.path(), attempts).await?;
    rows_and_lookups(rows).await
}

/// Whether kinds of attempts can be told apart by the time of the answers.
async fn steps(name: &str, url: &str, folder: &Path, attempts: usize) -> Result<()> {
    let node = Node::on(url).await;
    let begun = Instant::now();
    let measured = measure_steps(&node, folder, &Class::ALL, attempts).await;
    println!(
        "{name}: {attempts} attempts of each kind in {:.0?}, mixed; every answer has the same status, headers and words",
        begun.elapsed()
    );
    let (first, first_p) = report(&measured, |steps| &steps.first_ms);
    println!(" the first step, Kolmogorov-Smirnov test of each pair:\n{first}");
    let (second, second_p) = report(&measured, |steps| &steps.second_ms);
    println!(" a wrong password at once behind it:\n{second}");
    ensure!(first_p[0] >= P_MIN && first_p[1] >= P_OTHERS_MIN, "{name}: the first step tells who is known, p = {first_p:?}");
    ensure!(second_p.iter().all(|p| *p >= P_OTHERS_MIN), "{name}: the second step tells who is known, p = {second_p:?}");
    Ok(())
}

/// Imports rows by the program itself, twice, and looks some of them up.
async fn rows_and_lookups(rows: usize) -> Result<()> {
    let folder = TempDir::new()?;
    let persons = rows.div_ceil(PERIODS_PER_PERSON);
    std::fs::write(folder.path().join("person.csv"), people(persons))?;
    write_periods(&folder.path().join("contribution.csv"), rows)?;
    import(folder.path(), "person", persons)?;
    import(folder.path(), "contribution", rows)?;
    let before = fingerprint(folder.path()).await?;
    ensure!(before.0 == rows, "{} rows are there instead of {rows}", before.0);
    import(folder.path(), "person", persons)?;
    import(folder.path(), "contribution", rows)?;
    ensure!(fingerprint(folder.path()).await? == before, "the second import has changed rows");
    println!("the second import has changed none of {rows} rows");

    let store = Store::open(&format!("sqlite://{}", folder.path().join("data/hotro.db").display())).await?;
    let key = Key::from_hex(KEY)?;
    let records_key = records_key(&store, &key).await?;
    let node = Node::over(store, key, records_key);
    // What the imports wrote goes to the disk for half a minute more, and would be measured with the first lookups.
    rustix::fs::sync();
    let [times] = measure_lookups([&node], PEOPLE_LOOKED_UP.min(persons), LOOKUPS).await;
    let p99 = times.percentile_ms(0.99);
    println!(
        "{LOOKUPS} lookups of {PERIODS_PER_PERSON} periods each among {rows} rows, inside the service, the row of the audit included: \
         p50 {:.2} ms, p99 {p99:.2} ms",
        times.percentile_ms(0.5)
    );
    ensure!(p99 < LOOKUP_P99_MS_MAX, "a lookup takes {p99:.2} ms");
    Ok(())
}

fn write_periods(path: &Path, rows: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "code,kind,from,to,employer,job,salary")?;
    for row in 0..rows {
        let (person, period) = (row / PERIODS_PER_PERSON, row % PERIODS_PER_PERSON);
        let (year, salary) = (2000 + period, 4_000_000 + row);
        writeln!(file, "{},bhxh,{year}-01,{year}-12,Công ty Thử Nghiệm {period},thợ,{salary}", code(person))?;
    }
    Ok(file.flush()?)
}

/// `hotro records import`, with its time and the most memory that it had.
fn import(folder: &Path, kind: &str, lines: usize) -> Result<()> {
    let file = format!("{kind}.csv");
    let begun = Instant::now();
    let mut child = Command::new(program())
        .args(["records", "import", "--data", "data", "--kind", kind, &file])
        .env_clear()
        .env("HOTRO_KEY", KEY)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the program")?;
    let mut most_kb = 0;
    // What the system remembers of a process is gone with it: the last look before its end counts.
    while child.try_wait()?.is_none() {
        most_kb = harness::memory::most_resident_kb(&child.id().to_string()).unwrap_or(most_kb).max(most_kb);
        sleep(Duration::from_millis(5));
    }
    let took = begun.elapsed();
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && said.contains(&format!("{lines} lines")), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let per_s = lines as f64 / took.as_secs_f64();
    println!("hotro records import --kind {kind}: {lines} lines in {took:.1?} ({per_s:.0}/s), at most {} MB", most_kb / 1024);
    ensure!(most_kb < IMPORT_KB_MAX, "an import took {most_kb} kB");
    Ok(())
}

/// How many facts there are, and a hash over all that is stored of them and of persons, sealed as it is.
async fn fingerprint(folder: &Path) -> Result<(usize, String)> {
    let mut connection = SqliteConnectOptions::new().filename(folder.join("data/hotro.db")).read_only(true).connect().await?;
    let mut hash = Sha256::new();
    let mut count = 0;
    for statement in [
        "select person_hash || sealed || content_hash || changed_ms from person order by person_hash",
        "select person_hash || kind || record_hash || sealed || content_hash || changed_ms from record order by person_hash, kind, record_hash",
    ] {
        count = 0;
        let mut rows = sqlx::query(statement).fetch(&mut connection);
        while let Some(row) = rows.try_next().await? {
            hash.update(row.get::<String, _>(0).as_bytes());
            count += 1;
        }
    }
    Ok((count, format!("{:x?}", hash.finalize())))
}
