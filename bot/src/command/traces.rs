//! Spans for an OpenTelemetry collector, by OTLP over HTTP. A feature of the build, off by default: most installations have no collector.
//!
//! Only spans of this program are sent, with ids and names of their own; no line of the log, so nothing that anybody wrote. A trace begins
//! here: what a stranger sends as `traceparent` is not continued. The request id, which a proxy may give, tells them together.

#[cfg(feature = "opentelemetry")]
pub(crate) use with::{Traces, start};
#[cfg(not(feature = "opentelemetry"))]
pub(crate) use without::{Traces, start};

#[cfg(not(feature = "opentelemetry"))]
mod without {
    use hotro::config::TracesConfig;

    use crate::command::log::Filtered;

    /// Nothing.
    pub(crate) struct Traces;

    /// Refuses what it cannot do.
    pub(crate) fn start(config: &TracesConfig) -> anyhow::Result<(Option<Filtered>, Traces)> {
        anyhow::ensure!(
            config.endpoint.is_none(),
            "traces.endpoint: this program was built without traces; try: cargo build --release --package hotro --features opentelemetry"
        );
        Ok((None, Traces))
    }

    impl Traces {
        /// Nothing is left to send.
        pub(crate) async fn finish(self) {}
    }
}

#[cfg(feature = "opentelemetry")]
mod with {
    use std::fmt;
    use std::pin::Pin;
    use std::time::Duration;

    use anyhow::Context;
    use hotro::config::TracesConfig;
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
    use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use tokio::runtime::Handle;
    use tracing::Metadata;
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::filter_fn;

    use crate::command::log::Filtered;

    /// For the last spans, when the program ends: what is left of ten seconds.
    const FINISH_WAIT: Duration = Duration::from_millis(400);
    const SEND_WAIT: Duration = Duration::from_secs(5);
    /// More is no answer of a collector.
    const ANSWER_BYTES_MAX: usize = 64 * 1024;

    /// What sends the spans; `None`: nobody asked for them.
    pub(crate) struct Traces(Option<SdkTracerProvider>);

    /// The layer, and what sends.
    pub(crate) fn start(config: &TracesConfig) -> anyhow::Result<(Option<Filtered>, Traces)> {
        let Some(endpoint) = &config.endpoint else { return Ok((None, Traces(None))) };
        let http = reqwest::Client::builder().timeout(SEND_WAIT).no_proxy().build().context("traces.endpoint")?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector { http, runtime: Handle::current() })
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()
            .context("traces.endpoint")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::TraceIdRatioBased(f64::from(config.percent.min(100)) / 100.0))
            .with_resource(Resource::builder_empty().with_service_name("hotro").build())
            .build();
        let ours = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target().starts_with("hotro");
        let layer = tracing_opentelemetry::layer()
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_tracer(provider.tracer("hotro"))
            .with_filter(filter_fn(ours).with_max_level_hint(LevelFilter::DEBUG));
        Ok((Some(layer.boxed()), Traces(Some(provider))))
    }

    impl Traces {
        /// Sends the last spans, if that takes no longer than a moment.
        pub(crate) async fn finish(self) {
            let Some(provider) = self.0 else { return };
            // It waits without yielding.
            let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FINISH_WAIT)).await;
            if !matches!(sent, Ok(Ok(()))) {
                tracing::debug!("the last spans could not be sent");
            }
        }
    }

    /// Sends by the client that this program has: the exporter's own would bring another one, with another TLS.
    struct Collector {
        http: reqwest::Client,
        runtime: Handle,
    }

    impl fmt::Debug for Collector {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Collector")
        }
    }

    impl HttpClient for Collector {
        fn send_bytes<'a, 'b>(
            &'a self,
            request: Request<Bytes>,
        ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            let http = self.http.clone();
            // The exporter calls from a thread of its own, where no runtime is.
            let sent = self.runtime.spawn(async move { send(http, request).await });
            Box::pin(async move { sent.await? })
        }
    }

    async fn send(http: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = http.execute(request.try_into()?).await.map_err(reqwest::Error::without_url)?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err("the answer is too long".into());
            }
            body.extend_from_slice(&piece);
        }
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = answer.status();
        Ok(response)
    }
}
