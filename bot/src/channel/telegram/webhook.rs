//! Updates by webhook.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::intake::id_of;
use super::{Bot, chain, count_error};

/// Below the public URL.
pub(super) const PATH: &str = "/telegram/webhook";
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// Updates are far smaller; Telegram documents no limit.
const BODY_BYTES_MAX: usize = 1024 * 1024;

pub(super) fn router(bot: Arc<Bot>) -> Router {
    Router::new()
        .route(PATH, post(receive))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .route_layer(from_fn_with_state(Arc::clone(&bot), check_secret))
        .with_state(bot)
}

/// Before a stranger's body is read.
async fn check_secret(State(bot): State<Arc<Bot>>, request: Request, next: Next) -> Response {
    let presented = request.headers().get(SECRET_HEADER).map(|value| value.as_bytes());
    let expected = bot.webhook.as_ref().map(|webhook| webhook.secret.as_bytes());
    match (presented, expected) {
        (Some(presented), Some(expected)) if bool::from(presented.ct_eq(expected)) => next.run(request).await,
        _ => {
            count_error("webhook_secret");
            StatusCode::UNAUTHORIZED.into_response()
        }
    }
}

/// Telegram brings an update again until it gets a 2xx.
async fn receive(State(bot): State<Arc<Bot>>, body: Bytes) -> StatusCode {
    let update: Option<Value> = serde_json::from_slice(&body).ok();
    let Some((update_id, update)) = update.and_then(|update| Some((id_of(&update)?, update))) else {
        count_error("webhook_body");
        return StatusCode::BAD_REQUEST;
    };
    match bot.take_in(update_id, update).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            count_error("store");
            tracing::error!(update_id, error = chain(&error), "an update of Telegram was not stored; it will come again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
