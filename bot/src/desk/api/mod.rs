//! The API of the console, under `/api/desk`.
//!
//! Every write comes from a page of this server (its Origin says so) as JSON, and is done by somebody signed in, except where
//! somebody signs in. [`SignedIn`](crate::desk::account::SignedIn) and [`Supervisor`] are the extractors that other routes ask for.

mod attachment;
mod audit;
mod callback;
mod conversation;
mod error;
mod guard;
mod handoff;
mod invitation;
mod news;
mod operator;
mod presence;
mod session;
mod statistics;
mod tool;
mod view;

pub use error::DeskError;
pub use guard::Supervisor;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::channel::web::Limits;
use crate::conversation::now_ms;
use crate::desk::account::{Accounts, Action, Actor, audit};
use crate::desk::hotline::Hotline;

/// Passwords and names are short; what else is sent here is shorter.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Consoles and their conversations followed at once by this process.
const STREAMS_MAX: usize = 4_096;
/// Refusals of strangers, and as many of operators, written into the audit by this process; beyond it they are only counted, or
/// somebody could fill the database.
const REFUSALS_AUDITED_PER_MINUTE: u32 = 60;

/// What the handlers share.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    accounts: Accounts,
    limits: Limits,
    public_origin: Option<String>,
    refusals_of_strangers: DefaultDirectRateLimiter,
    refusals_of_operators: DefaultDirectRateLimiter,
    service: Option<Service>,
}

/// The queue in service, and when it stops.
struct Service {
    hotline: Arc<Hotline>,
    /// Turns true when the process stops: streams end, so that consoles go elsewhere.
    stopping: watch::Receiver<bool>,
    streams: Arc<Semaphore>,
}

/// The API as OpenAPI describes it; merged into the description of the citizens' API.
#[derive(OpenApi)]
#[openapi(components(schemas(crate::channel::web::ErrorBody)))]
struct ApiDoc;

impl Desk {
    /// Accounts alone; see [`Desk::serving`]. `public_origin` is this server's own as browsers see it
    /// (`https://hotro.example.gov.vn`); without it, the Host header tells.
    pub fn new(accounts: Accounts, limits: Limits, public_origin: Option<String>) -> Desk {
        Desk::with(accounts, limits, public_origin, None)
    }

    /// Accounts and the queue. Streams end when `stopping` turns true.
    pub fn serving(
        accounts: Accounts,
        limits: Limits,
        public_origin: Option<String>,
        hotline: Arc<Hotline>,
        stopping: watch::Receiver<bool>,
    ) -> Desk {
        let streams = Arc::new(Semaphore::new(STREAMS_MAX));
        Desk::with(accounts, limits, public_origin, Some(Service { hotline, stopping, streams }))
    }

    fn with(accounts: Accounts, limits: Limits, public_origin: Option<String>, service: Option<Service>) -> Desk {
        let quota = Quota::per_minute(NonZeroU32::new(REFUSALS_AUDITED_PER_MINUTE).unwrap_or(NonZeroU32::MIN));
        let (refusals_of_strangers, refusals_of_operators) = (RateLimiter::direct(quota), RateLimiter::direct(quota));
        Desk { inner: Arc::new(Inner { accounts, limits, public_origin, refusals_of_strangers, refusals_of_operators, service }) }
    }

    fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    fn service(&self) -> Result<&Service, DeskError> {
        self.inner.service.as_ref().ok_or(DeskError::Unavailable)
    }

    fn hotline(&self) -> Result<&Arc<Hotline>, DeskError> {
        Ok(&self.service()?.hotline)
    }

    fn network(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        self.inner.limits.network(peer, headers)
    }

    /// Counts a refusal and writes it into the audit, within bounds.
    async fn refused(&self, reason: &'static str, by: Actor, network: Option<IpAddr>) {
        metrics::counter!("hotro_desk_refused_total", "reason" => reason).increment(1);
        // Strangers who are refused all the time do not hide what an operator tries.
        let limiter = match by {
            Actor::Operator(_) => &self.inner.refusals_of_operators,
            Actor::Anyone | Actor::CommandLine => &self.inner.refusals_of_strangers,
        };
        if limiter.check().is_err() {
            return;
        }
        let audit = audit(by, Action::Refused, None, now_ms(), &json!({ "reason": reason, "network": network }));
        if let Err(error) = self.accounts().remember(&audit).await {
            tracing::error!(error = error.to_string(), "a refusal was not audited");
        }
    }
}

/// All routes of the desk, and their description.
pub fn router(desk: Desk) -> (Router, utoipa::openapi::OpenApi) {
    let (routes, doc) = OpenApiRouter::with_openapi(ApiDoc::openapi())
        .routes(routes!(session::sign_in, session::show, session::sign_out))
        .routes(routes!(session::sign_out_everywhere))
        .routes(routes!(session::change_password))
        .routes(routes!(session::begin_factor))
        .routes(routes!(session::confirm_factor))
        .routes(routes!(invitation::show))
        .routes(routes!(invitation::begin_factor))
        .routes(routes!(invitation::accept))
        .routes(routes!(operator::list, operator::add))
        .routes(routes!(operator::change))
        .routes(routes!(operator::invite))
        .routes(routes!(operator::disable))
        .routes(routes!(audit::page))
        .routes(routes!(view::events))
        .routes(routes!(presence::renew, presence::leave))
        .routes(routes!(conversation::show))
        .routes(routes!(conversation::events))
        .routes(routes!(conversation::note))
        .routes(routes!(conversation::label))
        .routes(routes!(conversation::typing))
        .routes(routes!(handoff::claim))
        .routes(routes!(handoff::say))
        .routes(routes!(handoff::answer))
        .routes(routes!(handoff::transfer))
        .routes(routes!(handoff::give_back))
        .routes(routes!(handoff::resolve))
        .routes(routes!(tool::search))
        .routes(routes!(tool::canned, tool::add_canned))
        .routes(routes!(tool::change_canned, tool::delete_canned))
        .routes(routes!(tool::settings, tool::change_settings))
        .routes(routes!(attachment::show))
        .routes(routes!(news::list, news::add))
        .routes(routes!(news::change))
        .routes(routes!(news::show))
        .routes(routes!(callback::list))
        .routes(routes!(callback::reveal))
        .routes(routes!(callback::done))
        .routes(routes!(statistics::show))
        .routes(routes!(statistics::csv))
        .routes(routes!(statistics::gaps))
        .routes(routes!(statistics::draft))
        .split_for_parts();
    let routes = routes.method_not_allowed_fallback(|| async { DeskError::MethodNotAllowed }).with_state(desk.clone()).layer(
        ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(|_| {
                tracing::error!("a request handler panicked");
                DeskError::Internal.into_response()
            }))
            // Secrets are shown once, and not by a cache.
            .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .layer(from_fn_with_state(desk, guard::writes))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX)),
    );
    (routes, doc)
}
