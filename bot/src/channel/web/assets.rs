//! The public page, the widget and the operators' console, carried in the binary.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::Web;

/// How a page and what belongs to it is served.
struct Served {
    content_security_policy: &'static str,
    cache_control: &'static str,
}

/// No inline code or style, nothing from elsewhere.
const PUBLIC: Served = Served { content_security_policy: PUBLIC_POLICY, cache_control: "public, max-age=300" };
const PUBLIC_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The secure form is also a Web App of Telegram, which its web client shows in a frame.
const FORM: Served = Served { content_security_policy: FORM_POLICY, cache_control: "no-cache" };
const FORM_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors https://web.telegram.org";
/// The console is many modules, which must be of one version: browsers ask each time, and the ETag makes that cheap.
const CONSOLE: Served = Served { content_security_policy: CONSOLE_POLICY, cache_control: "no-cache" };
/// Operators read what strangers write, so text must not become code whatever a view does wrong: no inline code or style, no
/// address but ours, and Trusted Types, which let no string be parsed as HTML or run. `beat` names the one policy that the page may
/// make, for the address of its worker. Images are the citizens' and the QR code, which is a `data:` address.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types beat";

#[derive(RustEmbed)]
#[folder = "web"]
struct Files;

pub(super) fn router() -> Router<Web> {
    let public = |path: &'static str| get(move |request: Request| async move { serve(path, &PUBLIC, &request) });
    Router::new()
        .route("/", public("index.html"))
        .route("/widget.js", public("widget.js"))
        .route("/widget/attach.js", public("widget/attach.js"))
        .route("/widget/news.js", public("widget/news.js"))
        .route("/widget/places.js", public("widget/places.js"))
        .route("/site.css", public("site.css"))
        .route("/demo.js", public("demo.js"))
        .route("/secure-form.js", public("secure-form.js"))
        .route("/page.css", public("page.css"))
        .route("/verify", get(|request: Request| async move { serve("verify.html", &FORM, &request) }))
        .route("/verify.js", public("verify.js"))
        .route("/print", public("print.html"))
        .route("/print.js", public("print.js"))
        .route("/favicon.svg", public("favicon.svg"))
        .route("/favicon.ico", public("favicon.svg"))
        .route("/print/calculation", public("print/calculation.html"))
        .route("/print/calculation.js", public("print/calculation.js"))
        .route("/print/calculation.css", public("print/calculation.css"))
        .route("/console", get(|request: Request| async move { console(&request) }))
        .route("/console/", get(|request: Request| async move { console(&request) }))
        .route("/console/{*path}", get(|request: Request| async move { console(&request) }))
}

/// A file of the console; its page at every other address below it that is not the name of a file, because its views are addresses.
fn console(request: &Request) -> Response {
    let path = request.uri().path().trim_matches('/');
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    serve(if is_file { path } else { "console/index.html" }, &CONSOLE, request)
}

fn serve(path: &str, served: &Served, request: &Request) -> Response {
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
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(served.cache_control));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(served.content_security_policy));
    response
}
