//! One module for each subcommand; what they share is here.

/// Prints a line, or returns the error: `println!` panics where nobody reads any more (`hotro ask ... | head`).
macro_rules! say {
    ($($words:tt)*) => {
        ::std::io::Write::write_fmt(&mut ::std::io::stdout().lock(), format_args!("{}\n", format_args!($($words)*)))?
    };
}

pub(crate) mod ask;
pub(crate) mod calc;
mod certificate;
pub(crate) mod chat;
pub(crate) mod check;
pub(crate) mod confusions;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod fit;
pub(crate) mod gaps;
pub(crate) mod learning_curve;
mod log;
pub(crate) mod operator;
pub(crate) mod places;
pub(crate) mod records;
pub(crate) mod replay;
pub(crate) mod serve;
mod traces;
pub(crate) mod transfer;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use faq::{Faq, LoadError};
use hotro::config::{Config, Secret};
use hotro::secret::{KEY_FILE, Key};
use hotro::store::Store;
use knowledge::Knowledge;
use knowledge::eval::{Row, parse};
use knowledge::places::Places;

/// The FAQ that the configuration names; every problem is printed before the error.
fn load_faq(config: &Config) -> anyhow::Result<Arc<Faq>> {
    let loaded = match &config.faq_dir {
        Some(dir) => Faq::from_dir(dir),
        None => Faq::embedded(),
    };
    loaded.map(Arc::new).map_err(unusable)
}

/// Prints every problem.
fn unusable(error: LoadError) -> anyhow::Error {
    for problem in &error.problems {
        eprintln!("{problem}");
    }
    anyhow::anyhow!("the FAQ cannot be used: {} problem(s)", error.problems.len())
}

fn load_knowledge(config: &Config) -> anyhow::Result<Arc<Knowledge>> {
    Ok(Arc::new(Knowledge::build(load_faq(config)?).context("reading the embedded weights")?))
}

/// Labelled questions from a file.
fn labelled(file: &Path) -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    parse(&text).with_context(|| format!("reading {}", file.display()))
}

/// The places in service; those that the program carries when there is no database yet.
fn load_places(config: &Config) -> anyhow::Result<Arc<Places>> {
    if config.database_url.is_none() && !config.data_dir.join("hotro.db").exists() {
        return Ok(Places::embedded());
    }
    block_on(async {
        let store = open_store(config).await?;
        let (places, _) = hotro::places::load(&store).await?;
        store.close().await;
        Ok(places)
    })
}

async fn open_store(config: &Config) -> anyhow::Result<Store> {
    if config.database_url.is_none() {
        let dir = &config.data_dir;
        std::fs::create_dir_all(dir).with_context(|| format!("data_dir: cannot make {}", dir.display()))?;
    }
    Store::open(&config.database_url()).await.context("opening the database")
}

/// The key of this installation. A database that was used with another one is refused: its sealed columns could not be read.
async fn load_key(config: &Config, store: &Store) -> anyhow::Result<Key> {
    let key = match config.key.as_ref().map(Secret::reveal) {
        Some(text) => Key::from_hex(text)?,
        None => {
            let path = config.data_dir.join(KEY_FILE);
            std::fs::create_dir_all(&config.data_dir).with_context(|| format!("data_dir: cannot make {}", config.data_dir.display()))?;
            let (key, made) = Key::in_file(&path).context("key")?;
            if made {
                let file = path.display();
                tracing::warn!(
                    "HOTRO_KEY IS NOT SET: a key was made in {file}. Whoever has that file and the database can read what is sealed, and \
                     without it nobody can. Good enough to try hotro; in service, set HOTRO_KEY and keep a copy elsewhere."
                );
            }
            key
        }
    };
    ensure!(store.belongs_to_key(&key.print()).await?, "key: this database was used with another key; set HOTRO_KEY to that one");
    Ok(key)
}

/// Runs something asynchronous in a small runtime of its own.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?.block_on(future)
}
