//! One layer around all routes: a number for each request, the headers that every answer has, what is counted.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use tracing::Instrument;
use uuid::Uuid;

use super::api::UPLOAD_WAIT;
use super::error::ApiError;
use super::sparing::Sparing;

/// Names a request in the answer and in every line that is logged for it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// The widget may ask for the place of the citizen, on this server's own pages; nothing else is used.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), serial=(), bluetooth=(), midi=(), accelerometer=(), gyroscope=(), \
     magnetometer=(), display-capture=(), browsing-topics=()",
);
/// For whatever is no page: data runs nothing and is shown in nobody's frame. Pages bring a policy of their own.
const DATA_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
/// A year. Without the subdomains, which are not this program's to decide.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// A request that is not answered by then waits for a database that says nothing any more: it is refused, to be sent again. Longer than the
/// database may take to give a connection.
const REQUEST_WAIT: Duration = Duration::from_secs(10);

static UNSERVED: Sparing = Sparing::new();
/// Apart: they tell why the others are refused.
static TIMED_OUT: Sparing = Sparing::new();

/// Everything that is served, watched. `https`: browsers reach this server by TLS, and shall never come without it again.
pub fn observed(router: Router, https: bool) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| observe(request, next, https)))
}

async fn observe(request: Request, next: Next, https: bool) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = method_name(request.method());
    // The pattern and not the path: a path names conversations, and may be anything that a stranger types.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let conversation = conversation_of(request.uri().path());
    let span =
        tracing::info_span!("request", request.id = %id, http.method = method, http.route = route, conversation.id = tracing::field::Empty);
    if let Some(conversation) = conversation {
        span.record("conversation.id", tracing::field::display(conversation));
    }
    // What is uploaded has a time of its own, and then waits like the rest.
    let wait = if route.ends_with("/attachments") { UPLOAD_WAIT + REQUEST_WAIT } else { REQUEST_WAIT };
    let answered = timeout(wait, next.run(request)).instrument(span.clone()).await;
    let unserved = if answered.is_ok() { &UNSERVED } else { &TIMED_OUT };
    let mut response = answered.unwrap_or_else(|_| ApiError::Unavailable.into_response());
    let status = response.status();
    let elapsed = begun.elapsed();
    metrics::counter!("hotro_http_requests_total", "method" => method, "route" => route.clone(), "status" => status.as_str().to_owned())
        .increment(1);
    metrics::histogram!("hotro_http_request_seconds", "route" => route).record(elapsed.as_secs_f64());
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        // Our own fault is told each time.
        let line =
            if status == StatusCode::SERVICE_UNAVAILABLE { unserved.line(Instant::now()) } else { status.is_server_error().then_some(0) };
        match line {
            Some(left_out) => tracing::warn!(http.status = status.as_u16(), elapsed_ms, left_out, "a request was not served"),
            None => tracing::debug!(http.status = status.as_u16(), elapsed_ms, "a request was answered"),
        }
    });
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(DATA_POLICY);
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// The number that a proxy in front has given, if it looks like one (nginx: `$request_id`), else a new one. Nothing else that a stranger
/// sends comes into the log.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).and_then(|value| Uuid::try_parse(value).ok());
    given.unwrap_or_else(Uuid::now_v7).to_string()
}

/// A closed list: methods are free text.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

/// The conversation that a path is about.
fn conversation_of(path: &str) -> Option<Uuid> {
    let mut segments = path.split('/').skip_while(|segment| *segment != "conversations").skip(1);
    segments.next().and_then(|segment| Uuid::try_parse(segment).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_read_from_the_paths_that_name_one() {
        let id = "01890000-0000-7000-8000-000000000000";
        assert_eq!(conversation_of(&format!("/api/conversations/{id}/messages")), id.parse().ok());
        assert_eq!(conversation_of(&format!("/api/desk/conversations/{id}")), id.parse().ok());
        for path in ["/", "/api/conversations", "/api/conversations/", "/api/conversations/0912345678/messages", "/conversations"] {
            assert_eq!(conversation_of(path), None, "{path}");
        }
    }

    #[test]
    fn only_a_number_is_taken_over_from_a_proxy() {
        let given = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, value.parse().unwrap());
            request_id(&headers)
        };
        assert_eq!(given("0189000000007000800000000000000a"), "01890000-0000-7000-8000-00000000000a");
        for other in ["0912345678", "", "x", "nguyen-van-a", &"a".repeat(500)] {
            let made = given(other);
            assert!(made != other && Uuid::try_parse(&made).is_ok(), "{made}");
        }
    }
}
