//! The log of `hotro serve` on standard error, and its traces where the program was built with them.

use anyhow::Context;
use hotro::config::{Config, LogFormat};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::traces::Traces;

/// Starts both, inside the runtime. What is returned sends the last spans when the program ends.
pub(crate) fn start(config: &Config) -> anyhow::Result<Traces> {
    let filter = EnvFilter::try_new(&config.log.filter).context("log.filter")?;
    let lines = fmt::layer::<Registry>().with_writer(std::io::stderr);
    let lines = match config.log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let (spans, traces) = super::traces::start(&config.traces)?;
    tracing_subscriber::registry().with(vec![lines.with_filter(filter).boxed()]).with(spans).try_init().context("starting the log")?;
    Ok(traces)
}
