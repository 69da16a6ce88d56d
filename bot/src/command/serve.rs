//! `hotro serve`: everything at once.

use std::future::IntoFuture;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures::future::join_all;
use hotro::channel::telegram::{Telegram, TelegramConfig};
use hotro::channel::web::{self, Limits, Origins, Web};
use hotro::config::Config;
use hotro::content::Folder;
use hotro::conversation::Conversations;
use hotro::desk::account::Accounts;
use hotro::desk::api::{self, Desk};
use hotro::desk::attachment::Attachments;
use hotro::desk::hotline::Hotline;
use hotro::desk::outgoing::Outgoing;
use hotro::news::{NewsService, api as news_api};
use knowledge::Knowledge;
use knowledge::places::Places;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{sleep, timeout};

pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let traces = super::log::start(config)?;
        allow_open_files();
        let served = serve(config).await;
        traces.finish().await;
        served
    })
}

/// Every connection is an open file, and shells and service managers allow 1,024 of them unless asked: fewer than the streams
/// that this program is ready to hold.
fn allow_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, ?current, "more open files are not allowed: there will be fewer connections");
    }
}

// From SIGTERM to the end it takes less than ten seconds: service managers and orchestrators wait that long before they kill.
/// For requests that are open.
const REQUESTS_DRAIN: Duration = Duration::from_secs(5);
/// For work beside the requests.
const TASKS_DRAIN: Duration = Duration::from_secs(3);
/// For appends that were taken.
const STORE_DRAIN: Duration = Duration::from_millis(1_500);

/// Of requests: an answer takes milliseconds, a citizen notices tenths of a second.
const BUCKETS_S: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
const METRICS_EVERY: Duration = Duration::from_secs(5);

async fn serve(config: &Config) -> anyhow::Result<()> {
    // The port first: when it is taken, nothing else should have happened.
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listen: cannot serve on {}", config.listen))?;
    let address = listener.local_addr().context("reading the address")?;
    // Without a folder there is nothing to load again; a signal that nobody listens to would end the process.
    let hangups = signal(SignalKind::hangup()).context("listening to SIGHUP")?;
    let (folder, faq) = match &config.faq_dir {
        Some(dir) => Folder::open(dir).map(|(folder, faq)| (Some(folder), Arc::new(faq))).map_err(super::unusable)?,
        None => (None, super::load_faq(config)?),
    };
    // Beside the index: each takes some tenths of a second of one processor.
    tokio::task::spawn_blocking(Places::embedded);
    let knowledge = Arc::new(Knowledge::build(faq).context("reading the embedded weights")?);
    let store = super::open_store(config).await?;
    let _serving = store.serve().context("opening the database")?;
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS_S)
        .and_then(PrometheusBuilder::install_recorder)
        .context("starting the metrics")?;
    begin_counters();
    tokio::spawn(keep_up(recorder.clone()));
    let conversations = Conversations::new(store.clone(), knowledge);
    let (stop, stopping) = watch::channel(false);
    let (places, import) = hotro::places::load(&store).await.context("loading the places")?;
    conversations.set_places(places);
    tokio::spawn(hotro::places::watch(conversations.clone(), import, stopping.clone()));
    let limits = Limits::new(&config.limits);
    if let Some(folder) = folder {
        tokio::spawn(folder.watch(conversations.clone(), hangups, stopping.clone()));
    }
    let key = super::load_key(config, &store).await?;
    let accounts = Accounts::new(store.clone(), key.clone()).context("starting the accounts")?;
    let attachments = Attachments::load(store.clone(), &key).await;
    let attachments = attachments.context("opening the key of attachments")?;
    let hotline = Hotline::open(conversations.clone(), key.clone(), config.desk.rules(), config.desk.settings(), attachments)
        .await
        .context("opening the queue")?;
    let outgoing = Outgoing::new(config, conversations.clone(), hotline.clone())?;
    let identity = super::records::identity(config, &conversations, key.clone()).await?;
    let desk = Desk::serving(accounts, limits.clone(), config.public_origin(), hotline.clone(), stopping.clone());
    if let Some(identity) = &identity {
        desk.attach_identity(identity.clone());
    }
    let (desk_routes, desk_doc) = api::router(desk);
    let hotline_task = tokio::spawn({
        let stopping = stopping.clone();
        async move { hotline.run(stopping).await }
    });
    let outgoing_task = outgoing.map(|outgoing| tokio::spawn(outgoing.run(stopping.clone())));
    let retention_task = tokio::spawn({
        let (conversations, retention, stopping) = (conversations.clone(), config.retention, stopping.clone());
        async move { conversations.keep_no_longer(retention, stopping).await }
    });
    let news = NewsService::new(config.news.clone(), conversations.clone()).context("news")?;
    let (news_routes, news_doc) = news_api::router(conversations.clone(), news.clone(), config.public_origin());
    let news_task = tokio::spawn({
        let stopping = stopping.clone();
        async move { news.run(stopping).await }
    });
    // The own address too: a proxy need not pass the name on by which the page was asked for.
    let origins = config.web.allowed_origins.iter().cloned().chain(config.public_origin()).collect();
    let web = Web::new(conversations.clone(), limits, Origins::new(origins), stopping.clone(), Some(recorder));
    let mut identity_task = None;
    if let Some(identity) = identity.clone() {
        web.attach_identity(identity.clone());
        let stopping = stopping.clone();
        identity_task = Some(tokio::spawn(async move { identity.run(stopping).await }));
    }
    let mut desk_doc = desk_doc;
    desk_doc.merge(news_doc);
    let mut router = web::router(web, desk_doc).merge(desk_routes).merge(news_routes);
    let mut telegram_task = None;
    if let Some(keys) = TelegramConfig::from_keys(&config.telegram)? {
        let telegram = Telegram::new(keys, conversations.clone()).context("telegram")?;
        let page = config.public_origin().or_else(|| config.telegram.public_url.clone()).and_then(|url| url.parse().ok());
        match (identity, page) {
            (Some(identity), Some(page)) => telegram.attach_identity(identity, page),
            (Some(_), None) => {
                tracing::warn!("web.public_url is not set: Telegram cannot show the secure form, so nothing is looked up there")
            }
            (None, _) => {}
        }
        router = router.merge(telegram.router());
        let stopping = stopping.clone();
        telegram_task = Some(tokio::spawn(async move {
            // The web goes on without Telegram; an operator of the machine reads why.
            if let Err(error) = telegram.run(stopping).await {
                tracing::error!(error = format!("{:#}", anyhow::Error::new(error)), "telegram has stopped");
                metrics::counter!("hotro_telegram_errors_total", "kind" => "stopped").increment(1);
            }
        }));
    }

    let https = config.public_origin().is_some_and(|url| url.starts_with("https://"));
    let router = web::observed(router, https);

    // Before it says that it serves: whoever reads that may stop it at once.
    let stopped = stop_signals().context("listening for signals")?;
    announce(address, config.telegram.token.is_some());
    let draining = stopping.clone();
    let served = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(async move {
        stopped.await;
        tracing::info!("stopping: open requests finish, streams end");
        let _ = stop.send(true);
    });
    // A client that neither ends its request nor goes away must not hold up the end: what it sent so far was not acknowledged.
    let served = tokio::select! {
        served = served.into_future() => served.context("serving"),
        () = drained(draining, REQUESTS_DRAIN) => {
            tracing::warn!("requests were still open after {REQUESTS_DRAIN:?}; they are cut off");
            Ok(())
        }
    };
    let tasks = [Some(hotline_task), Some(retention_task), Some(news_task), telegram_task, outgoing_task, identity_task];
    let aborts: Vec<_> = tasks.iter().flatten().map(JoinHandle::abort_handle).collect();
    if timeout(TASKS_DRAIN, join_all(tasks.into_iter().flatten())).await.is_err() {
        // Each does again after a crash what it left undone.
        tracing::warn!("work was still under way after {TASKS_DRAIN:?}; another process takes it up");
        aborts.iter().for_each(AbortHandle::abort);
    }
    if timeout(STORE_DRAIN, store.close()).await.is_err() {
        tracing::warn!("the database did not take the last appends within {STORE_DRAIN:?}; none of them was acknowledged");
    }
    served
}

/// Says where to look. Serving goes on where nobody reads it.
fn announce(address: SocketAddr, telegram: bool) {
    let mut lines = format!("hotro: page    http://{address}/\nhotro: widget  http://{address}/widget.js\n");
    if telegram {
        lines.push_str("hotro: Telegram is on\n");
    }
    lines.push_str(&format!("hotro: API     http://{address}/api/openapi.json\n"));
    let _ = std::io::stdout().write_all(lines.as_bytes());
}

/// What somebody is woken by at its first event: a series that begins with 1 has not risen.
fn begin_counters() {
    let begin = |name: &'static str, label: &'static str, values: &[&'static str]| {
        for value in values {
            metrics::counter!(name, label => *value).increment(0);
        }
    };
    begin("hotro_faq_reloads_total", "result", &["refused", "failed"]);
    begin("hotro_sms_total", "result", &["sent", "failed"]);
    begin("hotro_telegram_errors_total", "kind", &["stopped"]);
    begin("hotro_verification_errors_total", "what", &["records", "fetch"]);
    begin("hotro_verifications_total", "step", &["started", "wrong", "verified", "locked"]);
    for sink in ["webhook", "mail"] {
        metrics::counter!("hotro_outgoing_total", "sink" => sink, "result" => "given_up").increment(0);
    }
}

/// Adds up what was measured, so that it does not heap up where nobody asks for /metrics.
async fn keep_up(recorder: PrometheusHandle) {
    loop {
        sleep(METRICS_EVERY).await;
        recorder.run_upkeep();
    }
}

/// Ends so long after `stopping` has turned true.
async fn drained(mut stopping: watch::Receiver<bool>, after: Duration) {
    // Nobody is left to say that it stops: the server has ended.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    sleep(after).await;
}

/// Ends at Ctrl-C or SIGTERM, also when that came before somebody waits for it.
fn stop_signals() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
