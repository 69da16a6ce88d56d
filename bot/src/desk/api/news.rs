//! The policy news for supervisors: what feeds served, and what is given to citizens.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use faq::{NewsId, Theme, TopicId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::conversation::words;
use super::guard::{Body, Supervisor};
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, SignedIn, audit};
use crate::news::{hand_written, preview};
use crate::store::{NewAudit, NewsFeedRow, NewsRow, NewsStored};

/// Items of one answer.
const ITEMS_MAX: u32 = 200;
const TITLE_CHARS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 20_000;
const URL_CHARS_MAX: usize = 1_000;
const TOPICS_MAX: usize = 6;

#[derive(Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
}

/// What supervisors see of the news.
#[derive(Serialize, ToSchema)]
pub(super) struct NewsDesk {
    /// Newest first, at most 200.
    items: Vec<NewsOnDesk>,
    feeds: Vec<FeedOnDesk>,
    /// How many are sent news.
    followers: i64,
}

/// A fetched or hand-written item.
#[derive(Serialize, ToSchema)]
pub(super) struct NewsOnDesk {
    id: String,
    /// The feed that served it; absent: written here.
    feed: Option<String>,
    url: String,
    title: String,
    text: String,
    language: String,
    themes: Vec<String>,
    topics: Vec<String>,
    changes: Vec<String>,
    published_ms: i64,
    effective_day: Option<String>,
    /// waiting, approved or hidden.
    state: String,
    pinned: bool,
}

/// How a feed does.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedOnDesk {
    id: String,
    /// Attempts in a row that failed.
    failures: i64,
    error: Option<String>,
    last_try_ms: Option<i64>,
    last_ok_ms: Option<i64>,
    next_ms: i64,
    items: i64,
}

fn names(text: &str) -> Vec<String> {
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

impl From<NewsRow> for NewsOnDesk {
    fn from(row: NewsRow) -> NewsOnDesk {
        NewsOnDesk {
            id: row.news_item_id,
            feed: row.feed_id,
            url: row.url,
            title: row.title,
            text: row.body,
            language: row.language,
            themes: names(&row.themes),
            topics: names(&row.topics),
            changes: names(&row.changes),
            published_ms: row.published_ms,
            effective_day: row.effective_day,
            state: row.state,
            pinned: row.pinned != 0,
        }
    }
}

impl From<NewsFeedRow> for FeedOnDesk {
    fn from(row: NewsFeedRow) -> FeedOnDesk {
        FeedOnDesk {
            id: row.feed_id,
            failures: row.failures,
            error: row.last_error,
            last_try_ms: row.last_try_ms,
            last_ok_ms: row.last_ok_ms,
            next_ms: row.next_ms,
            items: row.items_total,
        }
    }
}

/// Fetched and hand-written items, newest first, and how the feeds do. Supervisors only.
#[utoipa::path(get, path = "/api/desk/news", params(("state" = Option<String>, Query, description = "waiting, approved or hidden; all without it")),
    responses((status = 200, body = NewsDesk), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(super) async fn list(
    State(desk): State<Desk>,
    _: Supervisor,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<NewsDesk>, DeskError> {
    let state = query.ok().and_then(|Query(wanted)| wanted.state).filter(|state| !state.is_empty());
    if state.as_deref().is_some_and(|state| !is_state(state)) {
        return Err(DeskError::BadRequest("state"));
    }
    let store = desk.hotline()?.conversations().store();
    let items = store.news_list(state.as_deref(), ITEMS_MAX).await?;
    let feeds = store.news_feeds().await?;
    let followers = store.news_follower_count().await?;
    Ok(Json(NewsDesk {
        items: items.into_iter().map(NewsOnDesk::from).collect(),
        feeds: feeds.into_iter().map(FeedOnDesk::from).collect(),
        followers,
    }))
}

fn is_state(word: &str) -> bool {
    matches!(word, "waiting" | "approved" | "hidden")
}

/// An item as a supervisor wants it.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewsWanted {
    title: String,
    /// Plain text, paragraphs between empty lines.
    text: String,
    /// Of a new one: where to read it, `https://`.
    url: Option<String>,
    /// huu-tri, thai-san, bhyt, bhtn, vssid.
    themes: Vec<String>,
    /// Topics of the FAQ about the same.
    topics: Vec<String>,
    /// Those of them whose facts it changed: their answers name it.
    changes: Vec<String>,
    /// From when what it tells of holds: 2026-07-01.
    effective_day: Option<String>,
    /// waiting, approved or hidden.
    state: String,
    pinned: bool,
    /// Send it to those who follow; only of an approved one.
    #[serde(default)]
    send: bool,
}

impl NewsWanted {
    /// The row as it is to be; what does not fit is named.
    fn into_row(self, row: NewsRow, desk: &Desk) -> Result<NewsRow, DeskError> {
        let title = words(&self.title, TITLE_CHARS_MAX).map_err(|_| DeskError::BadRequest("title"))?;
        let body = words(&self.text, TEXT_CHARS_MAX)?;
        if !is_state(&self.state) || (self.send && self.state != "approved") {
            return Err(DeskError::BadRequest("state"));
        }
        if self.themes.iter().any(|theme| Theme::parse(theme).is_none()) {
            return Err(DeskError::BadRequest("themes"));
        }
        let knowledge = desk.hotline()?.conversations().knowledge();
        let is_known = |id: &String| TopicId::parse(id).is_some_and(|id| knowledge.faq().topic(id.as_str()).is_some());
        if self.topics.len() > TOPICS_MAX || !self.topics.iter().all(is_known) {
            return Err(DeskError::BadRequest("topics"));
        }
        if !self.changes.iter().all(|id| self.topics.contains(id)) {
            return Err(DeskError::BadRequest("changes"));
        }
        let effective_day = self.effective_day.filter(|day| !day.is_empty());
        if effective_day.as_deref().is_some_and(|day| day.parse::<Date>().is_err()) {
            return Err(DeskError::BadRequest("effective_day"));
        }
        Ok(NewsRow {
            title,
            body,
            themes: self.themes.join(","),
            topics: self.topics.join(","),
            changes: self.changes.join(","),
            effective_day,
            state: self.state,
            pinned: i64::from(self.pinned),
            ..row
        })
    }
}

fn news_audit(who: &SignedIn, id: &str, what: &str) -> NewAudit {
    audit(who.actor(), Action::NewsChanged, None, now_ms(), &json!({ "item": id, "what": what }))
}

/// Writes an item by hand. Supervisors only.
#[utoipa::path(post, path = "/api/desk/news", request_body = NewsWanted, responses(
    (status = 201, body = NewsOnDesk), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "its address is known already")
))]
pub(super) async fn add(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    Body(wanted): Body<NewsWanted>,
) -> Result<(StatusCode, Json<NewsOnDesk>), DeskError> {
    let url = wanted.url.clone().filter(|url| url.len() <= URL_CHARS_MAX).ok_or(DeskError::BadRequest("url"))?;
    let row = hand_written(&url, now_ms()).ok_or(DeskError::BadRequest("url"))?;
    let send = wanted.send;
    let row = wanted.into_row(row, &desk)?;
    let audit = news_audit(&who, &row.news_item_id, "written");
    if desk.hotline()?.conversations().store().news_write(&row, send, &audit).await? == NewsStored::Known {
        return Err(DeskError::BadRequest("url"));
    }
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Changes an item: approves, hides, pins, links it to topics, corrects its text, sends it. Supervisors only.
#[utoipa::path(put, path = "/api/desk/news/{id}", request_body = NewsWanted, params(("id" = String, Path)), responses(
    (status = 200, body = NewsOnDesk), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn change(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    id: Result<Path<String>, PathRejection>,
    Body(wanted): Body<NewsWanted>,
) -> Result<Json<NewsOnDesk>, DeskError> {
    let row = known(&desk, id).await?;
    let announce_ms = wanted.send.then(now_ms);
    let row = wanted.into_row(row, &desk)?;
    let audit = news_audit(&who, &row.news_item_id, if announce_ms.is_some() { "sent" } else { &row.state });
    if !desk.hotline()?.conversations().store().news_update(&row, announce_ms, &audit).await? {
        return Err(DeskError::NotFound);
    }
    Ok(Json(row.into()))
}

/// An item as citizens read it. Supervisors only.
#[utoipa::path(get, path = "/api/desk/news/{id}/preview", params(("id" = String, Path)), responses(
    (status = 200, body = Object), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn show(
    State(desk): State<Desk>,
    _: Supervisor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<crate::dialogue::Message>, DeskError> {
    let row = known(&desk, id).await?;
    preview(&row, now_ms()).map(Json).ok_or(DeskError::NotFound)
}

async fn known(desk: &Desk, id: Result<Path<String>, PathRejection>) -> Result<NewsRow, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let id = NewsId::parse(&id).ok_or(DeskError::NotFound)?;
    desk.hotline()?.conversations().store().news_item(id.as_str()).await?.ok_or(DeskError::NotFound)
}
