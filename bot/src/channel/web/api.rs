//! The handlers of the citizens' API.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, ErrorBody};
use super::{Web, Work};
use crate::conversation::{Attached, CallbackWish, Follower, Phone, Token, Whisper, now_ms};
use crate::desk::attachment::ATTACHMENT_BYTES_MAX;
use crate::dialogue::{Channel, Event, Input, MESSAGE_CHARS_MAX, Message, Recorded, Unkept};

/// Comment lines keep proxies and the widget's watchdog quiet.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// A slow telephone needs a minute and a half for 10 MB.
pub(super) const UPLOAD_WAIT: Duration = Duration::from_secs(120);
/// A choice's id is a topic id with a prefix.
const CHOICE_CHARS_MAX: usize = 128;

/// A conversation that has just begun.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedConversation {
    conversation_id: Uuid,
    /// Opens the conversation; shown only here.
    token: String,
}

/// Begins a conversation. Its log already holds the greeting.
#[utoipa::path(post, path = "/api/conversations", responses(
    (status = 201, body = CreatedConversation),
    (status = 429, body = ErrorBody, description = "too many new conversations from this network; see Retry-After")
))]
pub(super) async fn create_conversation(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<CreatedConversation>), ApiError> {
    web.inner.origins.check(&headers)?;
    // Before it is counted: who is refused for want of room has begun nothing.
    let _at_work = web.admit(Work::Write)?;
    web.inner.limits.conversation(web.inner.limits.network(peer, &headers))?;
    let begun = web.conversations().begin(Channel::Web).await?;
    let created = CreatedConversation { conversation_id: begun.id, token: begun.token.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(created)))
}

/// What a citizen sends: a text, a tap or where they are.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewMessage {
    /// A UUID made by the client. The same one again gives the same answer and appends nothing.
    #[schema(value_type = Uuid)]
    client_id: Option<String>,
    /// At most 4,000 characters.
    text: Option<String>,
    /// The id of a choice under the bot's message.
    choice: Option<String>,
    /// Where the citizen is. Used for one search and kept nowhere.
    location: Option<Location>,
}

/// A point on earth.
#[derive(Deserialize, ToSchema)]
struct Location {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lon: f64,
}

/// The place of a message in the log.
#[derive(Serialize, ToSchema)]
pub(super) struct Accepted {
    /// The number of the citizen's event.
    seq: u64,
}

/// Sends a message. When this answers, the message and its reply are in the log.
#[utoipa::path(post, path = "/api/conversations/{id}/messages", request_body = NewMessage,
    params(("id" = Uuid, Path), ("Authorization" = String, Header, description = "Bearer <token>")),
    responses(
        (status = 202, body = Accepted),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody, description = "see Retry-After"), (status = 503, body = ErrorBody)
))]
pub(super) async fn post_message(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Accepted>), ApiError> {
    web.inner.origins.check(&headers)?;
    let (id, _at_work) = authorise(&web, id, &headers, Work::Write).await?;
    web.inner.limits.message(id, web.inner.limits.network(peer, &headers))?;
    let (client_id, input) = parse_message(body)?;
    let seq = web.conversations().submit(id, &client_id, &input).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { seq })))
}

fn parse_message(body: Result<Bytes, BytesRejection>) -> Result<(String, Input), ApiError> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::MessageTooLong,
        _ => ApiError::BadJson,
    })?;
    let message: NewMessage = serde_json::from_slice(&body).map_err(|_| ApiError::BadJson)?;
    let client_id = parse_client_id(message.client_id.as_deref())?;
    let input = match (message.text, message.choice) {
        (None, None) if message.location.is_some() => match message.location.map(|at| Input::location(at.lat, at.lon)) {
            Some(input @ Input::Location { .. }) => input,
            _ => return Err(ApiError::BadRequest("location")),
        },
        _ if message.location.is_some() => return Err(ApiError::BadRequest("location")),
        (Some(text), None) if text.chars().count() > MESSAGE_CHARS_MAX => return Err(ApiError::MessageTooLong),
        (Some(text), None) => Input::Message { text },
        (None, Some(id)) if id.chars().count() <= CHOICE_CHARS_MAX => Input::Choice { id },
        (None, Some(_)) => return Err(ApiError::BadRequest("choice")),
        _ => return Err(ApiError::BadRequest("text")),
    };
    Ok((client_id, input))
}

fn parse_client_id(text: Option<&str>) -> Result<String, ApiError> {
    Ok(text.and_then(|text| Uuid::parse_str(text).ok()).ok_or(ApiError::BadRequest("client_id"))?.to_string())
}

#[derive(Deserialize)]
pub(super) struct After {
    after: Option<String>,
}

/// A page of a conversation's log.
#[derive(Serialize, ToSchema)]
pub(super) struct Events {
    /// In order of seq; at most 500, ask again from the last one.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Shown>,
}

/// The log after a number: as JSON, or as a stream (`Accept: text/event-stream`) that goes on with what comes.
#[utoipa::path(get, path = "/api/conversations/{id}/events",
    params(
        ("id" = Uuid, Path), ("after" = Option<u64>, Query, description = "the last seq known; 0 for all"),
        ("Authorization" = String, Header, description = "Bearer <token>"),
        ("Last-Event-ID" = Option<u64>, Header, description = "the same for streams")
    ),
    responses(
        (status = 200, body = Events), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)
))]
pub(super) async fn read_events(
    State(web): State<Web>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<After>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (id, at_work) = authorise(&web, id, &headers, Work::Read).await?;
    let Query(After { after }) = query.map_err(|_| ApiError::BadRequest("after"))?;
    let last_event_id = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = match last_event_id.or(after) {
        Some(text) => text.trim().parse().map_err(|_| ApiError::BadRequest("after"))?,
        None => 0,
    };
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        let mut events = web.conversations().events(id, after).await?;
        web.conversations().open_personal(id, &mut events).await?;
        let mut response = Json(Events { events: shown(events) }).into_response();
        // It may hold something personal.
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    // An open stream is no work.
    drop(at_work);
    let permit = std::sync::Arc::clone(&web.inner.streams).try_acquire_owned().map_err(|_| ApiError::Unavailable)?;
    let stream = Tail::new(web, id, after, permit).into_stream();
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY)).into_response();
    // nginx would hold the lines back.
    response.headers_mut().insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    Ok(response)
}

fn shown(events: Vec<Recorded>) -> Vec<Shown> {
    events.into_iter().filter_map(Shown::of).collect()
}

/// An event as a citizen's browser gets it.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Recorded(Box<Recorded>),
    /// A personal message, opened; without `message` its time is over.
    Personal {
        seq: u64,
        at_ms: i64,
        kind: &'static str,
        until_ms: i64,
        message: Option<Box<Message>>,
    },
}

impl Shown {
    fn of(recorded: Recorded) -> Option<Shown> {
        let Recorded { seq, at_ms, event } = recorded;
        let kind = event.kind();
        Some(match event.for_citizen()? {
            Event::PersonalMessage { until_ms, open, .. } => Shown::Personal { seq, at_ms, kind, until_ms, message: open },
            event => Shown::Recorded(Box::new(Recorded { seq, at_ms, event })),
        })
    }
}

/// One reader of a log.
struct Tail {
    web: Web,
    id: Uuid,
    after: u64,
    follower: Follower,
    /// What is shown for a moment, as it was sent last.
    heard: Whisper,
    /// The log may have grown.
    grown: bool,
    stopping: tokio::sync::watch::Receiver<bool>,
    /// Read and not yet sent, in reverse.
    waiting: Vec<Recorded>,
    /// Counts the open streams.
    _permit: OwnedSemaphorePermit,
}

impl Tail {
    fn new(web: Web, id: Uuid, after: u64, permit: OwnedSemaphorePermit) -> Tail {
        let follower = web.conversations().follow(id);
        let heard = Whisper { place: None, ..follower.whisper() };
        let stopping = web.inner.stopping.clone();
        Tail { web, id, after, follower, heard, grown: true, stopping, waiting: Vec::new(), _permit: permit }
    }

    fn into_stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        // A first byte at once tells the widget that nothing on the way holds the stream back.
        let opened = futures::stream::once(async { Ok(sse::Event::default().comment("open")) });
        opened.chain(futures::stream::unfold(self, |mut tail| async move {
            let event = tail.next().await?;
            Some((Ok(event), tail))
        }))
    }

    /// The next event; `None` ends the stream, and the client comes back with its cursor.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(recorded) = self.waiting.pop() {
                self.after = recorded.seq;
                let seq = recorded.seq.to_string();
                let Some(shown) = Shown::of(recorded) else { continue };
                return sse::Event::default().id(seq).json_data(shown).ok();
            }
            if self.grown {
                // The follower was there before this reading, so nothing falls between the reading and the waiting.
                self.waiting = self.web.conversations().events(self.id, self.after).await.ok()?;
                self.web.conversations().open_personal(self.id, &mut self.waiting).await.ok()?;
                self.waiting.reverse();
                self.grown = !self.waiting.is_empty();
                continue;
            }
            let heard = self.follower.whisper();
            if let Some(event) = whispered(std::mem::replace(&mut self.heard, heard), heard) {
                return Some(event);
            }
            tokio::select! {
                grown = self.follower.wait() => self.grown = grown,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }
}

/// Where the citizen stands in the queue; `position` is null when they have left it.
#[derive(Serialize)]
struct PositionBody {
    position: Option<u32>,
    wait_from_ms: Option<i64>,
    wait_to_ms: Option<i64>,
}

/// What has changed between two whispers; it has no number, and is not sent again.
fn whispered(before: Whisper, now: Whisper) -> Option<sse::Event> {
    const MINUTE_MS: i64 = 60_000;
    if before.place != now.place {
        let wait = now.place.and_then(|place| place.wait);
        let body = PositionBody {
            position: now.place.map(|place| place.position),
            wait_from_ms: wait.map(|wait| i64::from(wait.min) * MINUTE_MS),
            wait_to_ms: wait.map(|wait| i64::from(wait.max) * MINUTE_MS),
        };
        return sse::Event::default().event("position").json_data(body).ok();
    }
    (before.typed != now.typed).then(|| sse::Event::default().event("typing").data("{}"))
}

/// A call that the citizen wants instead of waiting.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewCallback {
    /// A UUID made by the client.
    #[schema(value_type = Uuid)]
    client_id: Option<String>,
    /// A number in Vietnam. It is sealed at once, shown to the operator who calls, and wiped after the call.
    #[schema(value_type = String)]
    phone: Option<String>,
    /// From when, in Unix milliseconds.
    #[schema(value_type = i64)]
    from_ms: Option<i64>,
    /// Until when; at least 15 minutes later, at most 14 days from now.
    #[schema(value_type = i64)]
    to_ms: Option<i64>,
}

/// Asks to be called back. The place in the queue is given up.
#[utoipa::path(post, path = "/api/conversations/{id}/callback", request_body = NewCallback,
    params(("id" = Uuid, Path), ("Authorization" = String, Header, description = "Bearer <token>")),
    responses((status = 202, body = Accepted), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(super) async fn ask_callback(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Accepted>), ApiError> {
    web.inner.origins.check(&headers)?;
    let (id, _at_work) = authorise(&web, id, &headers, Work::Write).await?;
    web.inner.limits.message(id, web.inner.limits.network(peer, &headers))?;
    let wish: NewCallback = serde_json::from_slice(&body.map_err(|_| ApiError::BadJson)?).map_err(|_| ApiError::BadJson)?;
    let client_id = parse_client_id(wish.client_id.as_deref())?;
    let phone = wish.phone.as_deref().and_then(Phone::parse).ok_or(ApiError::BadRequest("phone"))?;
    let (Some(from_ms), Some(to_ms)) = (wish.from_ms, wish.to_ms) else { return Err(ApiError::BadRequest("from_ms")) };
    let wish = CallbackWish { phone, from_ms, to_ms };
    if !wish.fits(now_ms()) {
        return Err(ApiError::BadRequest("to_ms"));
    }
    let seq = web.conversations().ask_callback(id, client_id, wish).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { seq })))
}

#[derive(Deserialize)]
pub(super) struct NewAttachment {
    client_id: Option<String>,
}

/// Sends a photo (JPEG, PNG, WebP) or a PDF file of at most 10 MB to the operators, while one has the conversation or is waited for.
/// The body is the file; what it is, is read from its content.
#[utoipa::path(post, path = "/api/conversations/{id}/attachments", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(
        ("id" = Uuid, Path), ("client_id" = Uuid, Query, description = "made by the client; the same one again is the same attachment"),
        ("Authorization" = String, Header, description = "Bearer <token>")
    ),
    responses(
        (status = 202, body = Accepted), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "no_handoff or attachments_full"),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody, description = "see Retry-After"), (status = 503, body = ErrorBody)
))]
pub(super) async fn attach(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<NewAttachment>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Accepted>), ApiError> {
    web.inner.origins.check(&headers)?;
    let (id, at_work) = authorise(&web, id, &headers, Work::Write).await?;
    web.inner.limits.message(id, web.inner.limits.network(peer, &headers))?;
    let client_id = parse_client_id(query.ok().and_then(|Query(new)| new.client_id).as_deref())?;
    // Before the body is read: nobody fills the memory with what is then refused.
    if !web.conversations().in_handoff(id).await? {
        return Err(ApiError::NoHandoff);
    }
    // It takes as long as the citizen's line, and is counted by itself.
    drop(at_work);
    let _upload = web.inner.uploads.try_acquire().map_err(|_| ApiError::Unavailable)?;
    let read = tokio::time::timeout(UPLOAD_WAIT, to_bytes(body, ATTACHMENT_BYTES_MAX)).await.map_err(|_| ApiError::Unavailable)?;
    let bytes = read.map_err(|_| ApiError::Unkept(Unkept::TooLarge))?;
    match web.conversations().attach(id, &client_id, bytes.into()).await? {
        Attached::At(seq) => Ok((StatusCode::ACCEPTED, Json(Accepted { seq }))),
        Attached::Unkept(why) => Err(ApiError::Unkept(why)),
        Attached::NoHandoff => Err(ApiError::NoHandoff),
    }
}

/// Tells the operator, for some seconds, that the citizen types. Stored nowhere.
#[utoipa::path(post, path = "/api/conversations/{id}/typing",
    params(("id" = Uuid, Path), ("Authorization" = String, Header, description = "Bearer <token>")),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(super) async fn typing(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    web.inner.origins.check(&headers)?;
    let (id, _at_work) = authorise(&web, id, &headers, Work::Write).await?;
    web.inner.limits.message(id, web.inner.limits.network(peer, &headers))?;
    web.conversations().citizen_types(id);
    Ok(StatusCode::NO_CONTENT)
}

/// The conversation that a request may read and write, and the request's place among those that are worked on.
pub(super) async fn authorise<'web>(
    web: &'web Web,
    id: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
    work: Work,
) -> Result<(Uuid, SemaphorePermit<'web>), ApiError> {
    // An id that is none looks like one that is unknown.
    let id = id.ok().and_then(|Path(id)| Uuid::parse_str(&id).ok()).ok_or(ApiError::Unauthorized)?;
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(Token::presented)
        .ok_or(ApiError::Unauthorized)?;
    let at_work = web.admit(work)?;
    if web.conversations().authorise(id, &token).await? { Ok((id, at_work)) } else { Err(ApiError::Unauthorized) }
}
