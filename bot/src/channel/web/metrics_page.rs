//! `/metrics`: what was counted, and what is so at this moment. docs/operations/metrics.md lists all of it.

use std::fmt::Write;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use tokio::time::timeout;

use super::{STREAMS_MAX, Web};
use crate::conversation::now_ms;

/// Whoever collects the figures waits longer.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

/// Written here and not recorded: a recorder would keep a line for every version that was ever served.
pub(super) async fn page(State(web): State<Web>) -> impl IntoResponse {
    let Some(recorded) = &web.inner.metrics else { return ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], String::new()) };
    let mut page = recorded.render();
    let knowledge = web.conversations().knowledge();
    let mut gauge = |name: &str, labels: &str, value: f64| {
        // Nothing fails that writes into a String.
        let _ = writeln!(page, "# TYPE {name} gauge\n{name}{labels} {value}");
    };
    gauge("hotro_build_info", &format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0);
    gauge("hotro_index_info", &format!("{{version=\"{}\"}}", knowledge.index_version()), 1.0);
    gauge("hotro_index_age_seconds", "", web.conversations().knowledge_age().as_secs_f64());
    gauge("hotro_streams_open", "", (STREAMS_MAX - web.inner.streams.available_permits().min(STREAMS_MAX)) as f64);
    gauge("hotro_desk_open", "", f64::from(u8::from(web.conversations().situation(now_ms()).open)));
    gauge("hotro_stopping", "", f64::from(u8::from(*web.inner.stopping.borrow())));
    let backlog = match timeout(DATABASE_WAIT, web.conversations().store().backlog()).await {
        Ok(Ok(backlog)) => Some(backlog),
        Ok(Err(_)) | Err(_) => None,
    };
    gauge("hotro_database_up", "", f64::from(u8::from(backlog.is_some())));
    let now_ms = now_ms();
    let backlog = backlog.unwrap_or_default();
    for (name, value) in [("hotro_backlog", false), ("hotro_backlog_oldest_seconds", true)] {
        if !backlog.is_empty() {
            let _ = writeln!(page, "# TYPE {name} gauge");
        }
        for queue in &backlog {
            let age_s = queue.oldest_ms.map_or(0.0, |oldest_ms| now_ms.saturating_sub(oldest_ms).max(0) as f64 / 1_000.0);
            let figure = if value { age_s } else { queue.waiting as f64 };
            let _ = writeln!(page, "{name}{{queue=\"{}\"}} {figure}", queue.queue);
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page)
}
