//! The citizens' API and the widget: writes are plain HTTP, reads are the log's tail.

mod api;
mod assets;
mod calculators;
mod error;
mod limits;
mod metrics_page;
mod observe;
mod origin;
mod places;
mod ready;
mod sparing;
mod verification;

pub(crate) use error::UNAVAILABLE_RETRY_S;
pub use error::{ApiError, ErrorBody};
pub use limits::{Limits, LimitsConfig};
pub use observe::{REQUEST_ID, observed};
pub use origin::Origins;
pub(crate) use origin::is_own_origin;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, header};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::conversation::Conversations;
use crate::identity::Identity;

/// A request body larger than this is not read: the longest message is 4,000 characters, at most 4 bytes each, as JSON escapes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Streams held open by this process; about 20 kB each.
const STREAMS_MAX: usize = 20_000;
/// Photos and files on their way at once; each may be 10 MB in memory.
const UPLOADS_AT_ONCE_MAX: usize = 8;
/// Requests in citizens' conversations and forms that write and are worked on at once; those beyond are refused before anything is read for
/// them. Each costs about a millisecond of a processor, so that what is taken is answered within some tenths of a second. A third of what the
/// store queues: the rest is for operators and for Telegram.
const WRITES_AT_ONCE_MAX: usize = 320;
/// The same of requests that read: logs, and streams until they are open. Apart from the others, for nothing limits how often a stranger reads.
const READS_AT_ONCE_MAX: usize = 512;
/// What a browser may assume about the cross-origin rules before it asks again.
const CORS_MAX_AGE: Duration = Duration::from_secs(3600);

/// What a request does, as far as others must wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Read,
    Write,
}

/// What the handlers share.
#[derive(Clone)]
pub struct Web {
    inner: Arc<Inner>,
}

struct Inner {
    conversations: Arc<Conversations>,
    limits: Limits,
    origins: Origins,
    streams: Arc<Semaphore>,
    /// Counts the uploads under way.
    uploads: Arc<Semaphore>,
    /// Places for those that are worked on.
    reads: Semaphore,
    writes: Semaphore,
    /// Turns true when the process stops: streams end, so that their clients go elsewhere.
    stopping: watch::Receiver<bool>,
    metrics: Option<PrometheusHandle>,
    /// Set once, when records can be looked up.
    identity: OnceLock<Identity>,
}

impl Web {
    /// Must be called inside a runtime. `metrics` feeds `/metrics`; `None` leaves that page empty.
    pub fn new(
        conversations: Arc<Conversations>,
        limits: Limits,
        origins: Origins,
        stopping: watch::Receiver<bool>,
        metrics: Option<PrometheusHandle>,
    ) -> Web {
        let streams = Arc::new(Semaphore::new(STREAMS_MAX));
        let uploads = Arc::new(Semaphore::new(UPLOADS_AT_ONCE_MAX));
        let (reads, writes) = (Semaphore::new(READS_AT_ONCE_MAX), Semaphore::new(WRITES_AT_ONCE_MAX));
        let identity = OnceLock::new();
        Web { inner: Arc::new(Inner { conversations, limits, origins, streams, uploads, reads, writes, stopping, metrics, identity }) }
    }

    /// Who verifies and looks up. Only the first call counts; without it the secure form says that it is off.
    pub fn attach_identity(&self, identity: Identity) {
        let _ = self.inner.identity.set(identity);
    }

    /// Takes a request, or refuses it when there are too many.
    fn admit(&self, work: Work) -> Result<SemaphorePermit<'_>, ApiError> {
        let places = match work {
            Work::Read => &self.inner.reads,
            Work::Write => &self.inner.writes,
        };
        places.try_acquire().map_err(|_| {
            metrics::counter!("hotro_requests_refused_total").increment(1);
            ApiError::Unavailable
        })
    }

    fn conversations(&self) -> &Conversations {
        &self.inner.conversations
    }
}

/// The API as OpenAPI describes it.
#[derive(OpenApi)]
#[openapi(info(
    title = "hotro",
    description = "Conversations of citizens with the assistant: writes are idempotent by client_id, reads follow the conversation's log. \
        Under /api/desk the operators' console: a session is a cookie, and every write is JSON and names its own Origin."
))]
struct ApiDoc;

/// All routes of the public side. What is served beside them is described by `beside`.
pub fn router(web: Web, beside: utoipa::openapi::OpenApi) -> Router {
    let (api, mut doc) = OpenApiRouter::with_openapi(ApiDoc::openapi())
        .routes(routes!(api::create_conversation))
        .routes(routes!(api::post_message))
        .routes(routes!(api::read_events))
        .routes(routes!(api::typing))
        .routes(routes!(api::ask_callback))
        .routes(routes!(api::attach))
        .routes(routes!(calculators::list))
        .routes(routes!(calculators::calculate_one))
        .routes(routes!(places::find))
        .routes(routes!(verification::open))
        .routes(routes!(verification::open_by_link))
        .routes(routes!(verification::start))
        .routes(routes!(verification::resend))
        .routes(routes!(verification::check))
        .routes(routes!(verification::summary))
        .split_for_parts();
    doc.merge(beside);
    // As text: it takes a tenth of the room, and nobody changes it any more. The document is this program's own and can be written.
    let doc = Bytes::from(doc.to_json().unwrap_or_default());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate({
            let web = web.clone();
            move |origin, _| web.inner.origins.allows_cross(origin)
        }))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("last-event-id")])
        .expose_headers([header::RETRY_AFTER, REQUEST_ID])
        .max_age(CORS_MAX_AGE);
    // The event streams stay outside the compression: it would hold their lines back.
    let pages = Router::new()
        .route("/api/demo", get(verification::demo))
        .route("/api/openapi.json", get(move || async move { ([(header::CONTENT_TYPE, "application/json")], doc.clone()) }))
        .merge(assets::router())
        .layer(CompressionLayer::new().gzip(true));
    Router::new()
        .merge(api)
        .merge(pages)
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready::ready))
        .route("/metrics", get(metrics_page::page))
        .fallback(|| async { ApiError::NotFound })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .with_state(web)
        .layer(
            ServiceBuilder::new().layer(CatchPanicLayer::custom(error::panicked)).layer(cors).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)),
        )
}
