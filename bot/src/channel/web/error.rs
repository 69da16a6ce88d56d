//! Errors of the API: one shape, a stable code, a sentence for people.

use std::any::Any;
use std::time::Instant;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::sparing::Sparing;
use crate::conversation::ConversationError;
use crate::dialogue::{MESSAGE_CHARS_MAX, Unkept, texts};

/// When to ask again what could not be taken: soon, and not all at once, since requests are refused over some seconds.
pub(crate) const UNAVAILABLE_RETRY_S: u64 = 2;

static ASKED_AGAIN: Sparing = Sparing::new();

/// Why a request was refused.
#[derive(Debug)]
pub enum ApiError {
    /// The body is no JSON, or not UTF-8.
    BadJson,
    /// A field is missing or not of its form; the name of the field.
    BadRequest(&'static str),
    /// No token, a wrong one, or no such conversation: these look the same.
    Unauthorized,
    /// The page that asks may not.
    ForbiddenOrigin,
    /// No such address.
    NotFound,
    /// The address is there, the method is not.
    MethodNotAllowed,
    /// The message or the body is too long.
    MessageTooLong,
    /// A photo or a file is not taken.
    Unkept(Unkept),
    /// A photo or a file, and no operator is there to look at it.
    NoHandoff,
    /// Too much in too short a time; seconds to wait.
    RateLimited {
        /// Whole seconds, at least 1.
        retry_after_s: u64,
    },
    /// For a short while; the request may be sent again, with the same `client_id`.
    Unavailable,
    /// Our fault.
    Internal,
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    error: ErrorDetail,
}

impl ErrorBody {
    /// `code` is stable, for programs; `message` is Vietnamese, for people.
    pub(crate) fn new(code: &'static str, message: String) -> ErrorBody {
        ErrorBody { error: ErrorDetail { code, message } }
    }
}

#[derive(Serialize, ToSchema)]
struct ErrorDetail {
    /// Stable, for programs.
    #[schema(example = "rate_limited")]
    code: &'static str,
    /// Vietnamese, for people.
    message: String,
}

impl ApiError {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            ApiError::BadJson => (StatusCode::BAD_REQUEST, "bad_json"),
            ApiError::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            ApiError::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            ApiError::ForbiddenOrigin => (StatusCode::FORBIDDEN, "forbidden_origin"),
            ApiError::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ApiError::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            ApiError::MessageTooLong => (StatusCode::PAYLOAD_TOO_LARGE, "message_too_long"),
            ApiError::Unkept(why) => match why {
                Unkept::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "attachment_too_large"),
                Unkept::Kind => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "attachment_kind"),
                Unkept::Broken => (StatusCode::UNPROCESSABLE_ENTITY, "attachment_broken"),
                Unkept::Full => (StatusCode::CONFLICT, "attachments_full"),
            },
            ApiError::NoHandoff => (StatusCode::CONFLICT, "no_handoff"),
            ApiError::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            ApiError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            ApiError::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    fn message(&self) -> String {
        match self {
            ApiError::BadJson => texts::api::BAD_JSON.to_owned(),
            ApiError::BadRequest(field) => texts::api::bad_request(field),
            ApiError::Unauthorized => texts::api::UNAUTHORIZED.to_owned(),
            ApiError::ForbiddenOrigin => texts::api::FORBIDDEN_ORIGIN.to_owned(),
            ApiError::NotFound | ApiError::MethodNotAllowed => texts::api::NOT_FOUND.to_owned(),
            ApiError::MessageTooLong => texts::api::message_too_long(MESSAGE_CHARS_MAX),
            ApiError::Unkept(why) => texts::attachment_refused(*why).to_owned(),
            ApiError::NoHandoff => texts::api::NO_HANDOFF.to_owned(),
            ApiError::RateLimited { retry_after_s } => texts::api::rate_limited(*retry_after_s),
            ApiError::Unavailable => texts::api::UNAVAILABLE.to_owned(),
            ApiError::Internal => texts::api::INTERNAL.to_owned(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let body = ErrorBody::new(code, self.message());
        let mut response = (status, Json(body)).into_response();
        let retry_after_s = match self {
            ApiError::RateLimited { retry_after_s } => Some(retry_after_s),
            ApiError::Unavailable => Some(UNAVAILABLE_RETRY_S),
            _ => None,
        };
        if let Some(retry_after_s) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}

impl From<ConversationError> for ApiError {
    fn from(error: ConversationError) -> ApiError {
        match error {
            ConversationError::NotFound => ApiError::Unauthorized,
            ConversationError::Busy => ApiError::Unavailable,
            ConversationError::Store(error) if error.passes() => {
                if let Some(left_out) = ASKED_AGAIN.line(Instant::now()) {
                    tracing::warn!(%error, left_out, "a citizen is asked to try again");
                }
                ApiError::Unavailable
            }
            error => {
                let error = anyhow::Error::new(error);
                tracing::error!(error = format!("{error:#}"), "a request of a citizen failed");
                ApiError::Internal
            }
        }
    }
}

/// A panic is a bug; the citizen still gets a sentence, and the log a line without content.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request handler panicked");
    ApiError::Internal.into_response()
}
