//! The public page and the widget, carried in the binary.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::Web;

/// No inline code or style, nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Pages look for a new version after this; the ETag makes that cheap.
const CACHE_CONTROL: &str = "public, max-age=300";

#[derive(RustEmbed)]
#[folder = "web"]
struct Files;

pub(super) fn router() -> Router<Web> {
    Router::new()
        .route("/", get(|request: Request| async move { serve("index.html", &request) }))
        .route("/widget.js", get(|request: Request| async move { serve("widget.js", &request) }))
        .route("/site.css", get(|request: Request| async move { serve("site.css", &request) }))
        .route("/favicon.svg", get(|request: Request| async move { serve("favicon.svg", &request) }))
        .route("/favicon.ico", get(|request: Request| async move { serve("favicon.svg", &request) }))
}

fn serve(path: &str, request: &Request) -> Response {
    let Some(file) = Files::get(path) else { return StatusCode::NOT_FOUND.into_response() };
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..8]));
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // A proxy that compressed the body marks the tag as weak.
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if fresh { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_owned().into_response() };
    let headers = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(header::CONTENT_TYPE, mime);
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}
