//! Whether this process should be sent citizens.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::timeout;

use super::Web;
use crate::conversation::now_ms;

/// A database that takes longer is none to serve from.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

/// What a load balancer, and whoever looks after it, asks for.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    ready: bool,
    /// It is ending: streams are told to go elsewhere, what is under way finishes.
    stopping: bool,
    /// `ok`, `slow` or `unavailable`.
    database: &'static str,
    index_version: String,
    /// Since this index came into service.
    index_age_s: u64,
    /// Work that one node at a time does.
    leases: Vec<LeaseState>,
}

/// One such work.
#[derive(Debug, Serialize)]
pub(super) struct LeaseState {
    name: String,
    /// Below zero: whoever did it has gone, and nobody has come.
    expires_in_ms: i64,
}

/// 200 when citizens may be sent here, else 503.
pub(super) async fn ready(State(web): State<Web>) -> (StatusCode, Json<Readiness>) {
    let stopping = *web.inner.stopping.borrow();
    let store = web.conversations().store();
    let looked = async {
        store.healthy().await?;
        store.leases().await
    };
    let (database, leases) = match timeout(DATABASE_WAIT, looked).await {
        Ok(Ok(rows)) => ("ok", rows),
        Ok(Err(_)) => ("unavailable", Vec::new()),
        Err(_) => ("slow", Vec::new()),
    };
    let ready = database == "ok" && !stopping;
    let now_ms = now_ms();
    let leases = leases.into_iter().map(|(name, expires_ms)| LeaseState { name, expires_in_ms: expires_ms.saturating_sub(now_ms) });
    let readiness = Readiness {
        ready,
        stopping,
        database,
        index_version: web.conversations().knowledge().index_version().to_owned(),
        index_age_s: web.conversations().knowledge_age().as_secs(),
        leases: leases.collect(),
    };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}
