//! Reading a conversation, and what operators note beside it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;
use uuid::Uuid;

use super::guard::Body;
use super::view::{SESSION_CHECKED_EVERY, stopped, stream};
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::{Follower, Token, now_ms};
use crate::desk::account::{Action, Permission, SignedIn, audit};
use crate::desk::hotline::{Act, Case, HandoffView, Hotline, append_of, view_of};
use crate::desk::queue::{Handoff, Stage};
use crate::dialogue::{Event, Recorded};
use crate::store::{ConversationRow, DeskNote};

/// A note is longer than a message: what was found out.
const NOTE_CHARS_MAX: usize = 4_000;
/// Labels of one conversation.
const LABELS_MAX: usize = 8;
const LABEL_CHARS_MAX: usize = 30;
/// The longest id of something that a console sends.
const CLIENT_ID_CHARS_MAX: usize = 64;

/// A conversation, beside its log.
#[derive(Serialize, ToSchema)]
pub(super) struct ConversationBody {
    conversation_id: Uuid,
    /// web or telegram.
    channel: String,
    started_ms: i64,
    /// The open one.
    handoff: Option<HandoffView>,
    labels: Vec<String>,
    /// The seq of the last event.
    events_after: u64,
}

/// What an operator may know of a conversation.
pub(super) struct Opened {
    pub(super) row: ConversationRow,
    pub(super) open: Option<(Handoff, Case)>,
}

impl Desk {
    /// Opens a conversation for somebody: operators those that wait, are offered to them or are theirs, and those whose citizens wait
    /// to be called back; supervisors all.
    pub(super) async fn open(&self, who: &SignedIn, id: Result<Path<Uuid>, PathRejection>) -> Result<Opened, DeskError> {
        let Path(id) = id.map_err(|_| DeskError::NotFound)?;
        let hotline = self.hotline()?;
        let open = hotline.find_of(id).await?;
        let theirs = open.as_ref().is_some_and(|(handoff, _)| match handoff.stage {
            Stage::Waiting => true,
            Stage::Offered { to: operator, .. } | Stage::Claimed { by: operator, .. } => operator.0 == who.operator.id,
        });
        // Whoever calls back needs to know what it was about.
        let readable = theirs || who.may(Permission::ReadAnyConversation) || hotline.conversations().store().awaits_callback(id).await?;
        if !readable {
            self.refused("conversation", who.actor(), None).await;
            return Err(DeskError::RoleRefused);
        }
        let row = hotline.conversations().store().conversation(id).await?.ok_or(DeskError::NotFound)?;
        Ok(Opened { row, open })
    }

    async fn read_is_audited(&self, who: &SignedIn, opened: &Opened) -> Result<(), DeskError> {
        let own = opened.open.as_ref().is_some_and(|(handoff, _)| handoff.stage.holder().is_some_and(|holder| holder.0 == who.operator.id));
        if own {
            return Ok(());
        }
        let act = audit(who.actor(), Action::ConversationRead, Some(opened.row.conversation_id), now_ms(), &json!({}));
        Ok(self.accounts().remember(&act).await?)
    }
}

/// A conversation. One that is not one's own is opened under the eyes of the audit.
#[utoipa::path(get, path = "/api/desk/conversations/{id}", params(("id" = Uuid, Path)), responses(
    (status = 200, body = ConversationBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn show(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<ConversationBody>, DeskError> {
    let opened = desk.open(&who, id).await?;
    desk.read_is_audited(&who, &opened).await?;
    let Opened { row, open } = opened;
    let labels = desk.hotline()?.conversations().store().labels(row.conversation_id).await?;
    Ok(Json(ConversationBody {
        conversation_id: row.conversation_id,
        channel: row.channel,
        started_ms: row.created_ms,
        handoff: open.map(|(handoff, case)| view_of(&handoff, &case, None)),
        labels: serde_json::from_str(&labels).unwrap_or_default(),
        events_after: row.last_seq,
    }))
}

#[derive(Deserialize)]
pub(super) struct After {
    after: Option<String>,
}

/// A page of a conversation's log, as operators read it.
#[derive(Serialize, ToSchema)]
pub(super) struct Events {
    /// In order of seq; at most 500, ask again from the last one.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Recorded>,
}

/// The whole log after a number, what decided each answer included: as JSON, or as a stream (`Accept: text/event-stream`).
#[utoipa::path(get, path = "/api/desk/conversations/{id}/events",
    params(
        ("id" = Uuid, Path), ("after" = Option<u64>, Query, description = "the last seq known; 0 for all"),
        ("Last-Event-ID" = Option<u64>, Header, description = "the same for streams")
    ),
    responses((status = 200, body = Events), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(super) async fn events(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<After>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, DeskError> {
    let opened = desk.open(&who, id).await?;
    let id = opened.row.conversation_id;
    let Query(After { after }) = query.map_err(|_| DeskError::BadRequest("after"))?;
    let last_event_id = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = match last_event_id.or(after) {
        Some(text) => text.trim().parse().map_err(|_| DeskError::BadRequest("after"))?,
        None => 0,
    };
    // Whoever goes on from a number has been audited for what came before.
    if after == 0 {
        desk.read_is_audited(&who, &opened).await?;
    }
    let service = desk.service()?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        return Ok(Json(Events { events: service.hotline.conversations().events(id, after).await? }).into_response());
    }
    let permit = Arc::clone(&service.streams).try_acquire_owned().map_err(|_| DeskError::Unavailable)?;
    let tail = Tail {
        hotline: Arc::clone(&service.hotline),
        follower: service.hotline.conversations().follow(id),
        stopping: service.stopping.clone(),
        session: desk.presented(&headers).ok_or(DeskError::SignedOut)?,
        check_at: Instant::now() + SESSION_CHECKED_EVERY,
        desk: desk.clone(),
        id,
        after,
        waiting: Vec::new(),
        _permit: permit,
    };
    Ok(stream(tail.into_stream()))
}

/// One reader of a log.
struct Tail {
    hotline: Arc<Hotline>,
    follower: Follower,
    stopping: watch::Receiver<bool>,
    session: Token,
    check_at: Instant,
    desk: Desk,
    id: Uuid,
    after: u64,
    /// Read and not yet sent, in reverse.
    waiting: Vec<Recorded>,
    /// Counts the open streams.
    _permit: OwnedSemaphorePermit,
}

impl Tail {
    fn into_stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        futures::stream::unfold(self, |mut tail| async move {
            let event = tail.next().await?;
            Some((Ok(event), tail))
        })
    }

    /// The next event; `None` ends the stream, and the console comes back with its cursor, if it still may.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(recorded) = self.waiting.pop() {
                self.after = recorded.seq;
                return sse::Event::default().id(recorded.seq.to_string()).json_data(recorded).ok();
            }
            self.waiting = self.hotline.conversations().events(self.id, self.after).await.ok()?;
            self.waiting.reverse();
            if self.waiting.is_empty() {
                tokio::select! {
                    _ = self.follower.wait() => {}
                    () = stopped(&mut self.stopping) => return None,
                    () = sleep_until(self.check_at) => {
                        self.check_at = Instant::now() + SESSION_CHECKED_EVERY;
                        let who = self.desk.accounts().signed_in(&self.session, now_ms()).await.ok()??;
                        self.desk.open(&who, Ok(Path(self.id))).await.ok()?;
                    }
                }
            }
        }
    }
}

/// Something that a console writes once, however often it sends it.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewNote {
    client_id: String,
    /// At most 4,000 characters.
    text: String,
}

/// Where it stands in the log.
#[derive(Serialize, ToSchema)]
pub(super) struct Written {
    /// The number of the event.
    pub(super) seq: u64,
}

/// Notes something for operators. The citizen never sees it.
#[utoipa::path(post, path = "/api/desk/conversations/{id}/notes", request_body = NewNote, params(("id" = Uuid, Path)), responses(
    (status = 201, body = Written), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)
))]
pub(super) async fn note(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(note): Body<NewNote>,
) -> Result<(StatusCode, Json<Written>), DeskError> {
    let id = desk.open(&who, id).await?.row.conversation_id;
    let client_id = client_id(&note.client_id)?;
    let text = words(&note.text, NOTE_CHARS_MAX)?;
    let event = Event::OperatorNote { operator: who.operator.display_name, client_id: client_id.clone(), text };
    let append = append_of(id, Some(input_id(&client_id)), &[event])?;
    let acted = desk.hotline()?.act(Act { append: Some(append), ..Act::default() }).await?;
    Ok((StatusCode::CREATED, Json(Written { seq: acted.seq.ok_or(DeskError::Internal)? })))
}

/// All labels of a conversation.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewLabels {
    /// At most 8, of at most 30 characters each.
    labels: Vec<String>,
}

/// Replaces the labels of a conversation.
#[utoipa::path(put, path = "/api/desk/conversations/{id}/labels", request_body = NewLabels, params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)
))]
pub(super) async fn label(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(new): Body<NewLabels>,
) -> Result<StatusCode, DeskError> {
    let id = desk.open(&who, id).await?.row.conversation_id;
    let mut labels: Vec<String> = Vec::with_capacity(new.labels.len().min(LABELS_MAX));
    for label in new.labels {
        let label = words(&label, LABEL_CHARS_MAX).map_err(|_| DeskError::BadRequest("labels"))?;
        if !labels.contains(&label) {
            labels.push(label);
        }
        if labels.len() > LABELS_MAX {
            return Err(DeskError::BadRequest("labels"));
        }
    }
    let stored = json!(labels).to_string();
    let event = Event::LabelsChanged { operator: who.operator.display_name, labels };
    let append = append_of(id, None, &[event])?;
    let notes = vec![DeskNote::Labels { conversation_id: id, labels: stored }];
    desk.hotline()?.act(Act { append: Some(append), notes, ..Act::default() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows the citizen for some seconds that somebody types. Stored nowhere.
#[utoipa::path(post, path = "/api/desk/conversations/{id}/typing", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)
))]
pub(super) async fn typing(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, DeskError> {
    let Opened { row, open } = desk.open(&who, id).await?;
    // Only who owns it is somebody for the citizen.
    let owns = |handoff: &Handoff| matches!(handoff.stage, Stage::Claimed { by, .. } if by.0 == who.operator.id);
    if open.is_some_and(|(handoff, _)| owns(&handoff)) {
        desk.hotline()?.conversations().tell_typing(row.conversation_id);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The id of what a console sends.
pub(super) fn client_id(text: &str) -> Result<String, DeskError> {
    let fits = (1..=CLIENT_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err(DeskError::BadRequest("client_id")) }
}

/// The name of an operator's input in the log, which no channel of citizens gives.
pub(super) fn input_id(client_id: &str) -> String {
    format!("desk:{client_id}")
}

/// What somebody typed, without what cannot be seen; line breaks stay.
pub(super) fn words(text: &str, chars_max: usize) -> Result<String, DeskError> {
    let seen: String = text.chars().filter(|&letter| letter == '\n' || !letter.is_control()).collect();
    let seen = seen.trim();
    if seen.is_empty() || seen.chars().count() > chars_max {
        return Err(DeskError::BadRequest("text"));
    }
    Ok(seen.to_owned())
}
