//! The log of `hotro serve` on standard error, and its traces where the program was built with them.

use std::iter;

use anyhow::Context;
use hotro::config::{Config, LogFormat};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::traces::Traces;

/// A layer with a filter of its own.
pub(super) type Filtered = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts both, inside the runtime. What is returned sends the last spans when the program ends.
pub(crate) fn start(config: &Config) -> anyhow::Result<Traces> {
    let filter = filter(config)?;
    let lines = fmt::layer::<Registry>().with_writer(std::io::stderr);
    let lines = match config.log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let (spans, traces) = super::traces::start(&config.traces)?;
    // In one list: what no filter in it wants is switched off where it would be made. A layer beside the list that wants nothing would have
    // everything made, and then thrown away.
    let layers: Vec<Filtered> = iter::once(lines.with_filter(filter).boxed()).chain(spans).collect();
    tracing_subscriber::registry().with(layers).try_init().context("starting the log")?;
    Ok(traces)
}

/// What of the log is wanted.
pub(crate) fn filter(config: &Config) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(&config.log.filter).context("log.filter")
}

#[cfg(test)]
mod tests {
    use tracing::level_filters::LevelFilter;
    use tracing::{debug_span, enabled, subscriber};

    use super::*;

    /// Every statement's text was put together for nobody, and a turn cost twice as much.
    #[test]
    fn what_nobody_wants_is_not_made() {
        let lines: Filtered = fmt::layer().with_writer(std::io::sink).with_filter(EnvFilter::new("info")).boxed();
        let subscriber = tracing_subscriber::registry().with(vec![lines]);
        assert_eq!(tracing::Subscriber::max_level_hint(&subscriber), Some(LevelFilter::INFO));
        subscriber::with_default(subscriber, || {
            assert!(enabled!(tracing::Level::INFO) && !enabled!(tracing::Level::DEBUG));
            assert!(debug_span!("decide").is_disabled());
        });
    }
}
