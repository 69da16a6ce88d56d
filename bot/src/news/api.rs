//! The news over HTTP: public feeds of the service's own, and a list for the widget.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use faq::{NewsItem, Theme, plain_text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::NewsService;
use crate::conversation::{Conversations, now_ms};
use crate::dialogue::texts::news as words;
use crate::dialogue::{day_in_vietnam, start_of_day_in_vietnam};

/// Items of a public feed.
const FEED_ITEMS: usize = 50;
/// Items of one answer to the widget.
const LIST_ITEMS_MAX: usize = 20;
/// A reader of feeds need not ask more often.
const CACHE: &str = "public, max-age=300";

#[derive(Clone)]
struct Shared {
    conversations: Arc<Conversations>,
    /// `https://host` without a path, when it is known.
    origin: Option<String>,
}

#[derive(OpenApi)]
struct ApiDoc;

/// The public routes and their description.
pub fn router(conversations: Arc<Conversations>, _service: Arc<NewsService>, origin: Option<String>) -> (Router, utoipa::openapi::OpenApi) {
    let (api, doc) = OpenApiRouter::with_openapi(ApiDoc::openapi()).routes(routes!(list)).split_for_parts();
    let routes = Router::new().merge(api).route("/news.atom", get(atom)).route("/news.json", get(json_feed));
    (routes.with_state(Shared { conversations, origin }), doc)
}

#[derive(Deserialize)]
struct Wanted {
    theme: Option<String>,
}

/// An item in a list.
#[derive(Serialize, ToSchema)]
struct Listed {
    id: String,
    title: String,
    summary: String,
    /// The choice that shows it, to be sent as a message.
    choice: String,
    /// The day of the news, 2026-07-01.
    published: String,
    /// From when it holds.
    since: String,
    /// Past its relevance.
    old: bool,
    /// Holds only from a day to come.
    upcoming: bool,
    pinned: bool,
    themes: Vec<&'static str>,
    url: String,
}

/// The latest news, pinned ones first, at most 20.
#[utoipa::path(get, path = "/api/news", params(("theme" = Option<String>, Query, description = "huu-tri, thai-san, bhyt, bhtn, vssid; all without it")),
    responses((status = 200, body = Vec<Listed>)))]
async fn list(State(shared): State<Shared>, query: Result<Query<Wanted>, QueryRejection>) -> Response {
    let theme = query.ok().and_then(|Query(wanted)| wanted.theme).and_then(|theme| Theme::parse(&theme));
    let today = day_in_vietnam(now_ms());
    let news = shared.conversations.news();
    let items: Vec<Listed> = news
        .latest(theme)
        .take(LIST_ITEMS_MAX)
        .map(|item| Listed {
            id: item.id.to_string(),
            title: item.title.clone(),
            summary: plain_text(&item.summary),
            choice: format!("news:{}", item.id),
            published: item.published.to_string(),
            since: item.since().to_string(),
            old: item.is_old(today),
            upcoming: item.since() > today,
            pinned: item.pinned,
            themes: item.themes.iter().map(|theme| theme.name()).collect(),
            url: item.source.url.clone(),
        })
        .collect();
    // Public, and the same for everybody: any page may read it.
    ([(header::CACHE_CONTROL, "public, max-age=30"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(items)).into_response()
}

/// By date alone: pins are for lists, readers of feeds sort by themselves.
fn newest(shared: &Shared) -> Vec<Arc<NewsItem>> {
    let mut items: Vec<Arc<NewsItem>> = shared.conversations.news().latest(None).cloned().collect();
    items.sort_by(|a, b| (b.published, &b.id).cmp(&(a.published, &a.id)));
    items.truncate(FEED_ITEMS);
    items
}

fn rfc3339(item: &NewsItem) -> String {
    let at = jiff::Timestamp::from_millisecond(start_of_day_in_vietnam(item.published));
    at.map(|at| at.to_string()).unwrap_or_default()
}

async fn atom(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let items = newest(&shared);
    let own = shared.origin.as_deref().unwrap_or_default();
    let updated = items.first().map_or_else(|| "2025-01-01T00:00:00Z".to_owned(), |item| rfc3339(item));
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">\n");
    out.push_str(&format!("<id>urn:hotro:news</id>\n<title>{}</title>\n<updated>{updated}</updated>\n", escape(words::FEED_TITLE)));
    out.push_str(&format!("<author><name>hotro</name></author>\n<link rel=\"self\" href=\"{}/news.atom\"/>\n", escape(own)));
    for item in &items {
        out.push_str(&format!(
            "<entry>\n<id>urn:hotro:news:{}</id>\n<title>{}</title>\n<updated>{at}</updated>\n<published>{at}</published>\n\
             <link rel=\"alternate\" href=\"{}\"/>\n<summary>{}</summary>\n<content type=\"text\">{}</content>\n",
            item.id,
            escape(&item.title),
            escape(&item.source.url),
            escape(&plain_text(&item.summary)),
            escape(&words::plain(item)),
            at = rfc3339(item),
        ));
        for theme in &item.themes {
            out.push_str(&format!("<category term=\"{}\" label=\"{}\"/>\n", theme.name(), escape(words::theme_name(Some(*theme)))));
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    served(out, "application/atom+xml; charset=utf-8", &headers)
}

async fn json_feed(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let own = shared.origin.as_deref().unwrap_or_default();
    let entry = |item: &Arc<NewsItem>| {
        json!({
            "id": format!("urn:hotro:news:{}", item.id),
            "url": item.source.url,
            "title": item.title,
            "summary": plain_text(&item.summary),
            "content_text": words::plain(item),
            "date_published": rfc3339(item),
            "tags": item.themes.iter().map(|theme| words::theme_name(Some(*theme))).collect::<Vec<_>>(),
        })
    };
    let items: Vec<_> = newest(&shared).iter().map(entry).collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": words::FEED_TITLE,
        "language": "vi",
        "feed_url": format!("{own}/news.json"),
        "items": items,
    });
    served(feed.to_string(), "application/feed+json; charset=utf-8", &headers)
}

/// With a tag, so that readers who have it already are told so.
fn served(body: String, content_type: &'static str, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(body.as_bytes())[..8]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if fresh { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

fn escape(text: &str) -> String {
    let printable = text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    printable.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
