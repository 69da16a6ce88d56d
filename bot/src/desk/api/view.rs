//! The stream that a console lives from: the whole view at each change, so that a lost connection loses nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::{Token, now_ms};
use crate::desk::account::{Permission, Role, SignedIn};
use crate::desk::hotline::{HandoffView, Hotline, OperatorView, Picture};

/// Comment lines keep proxies quiet.
pub(super) const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// A stream outlives no session for longer.
pub(super) const SESSION_CHECKED_EVERY: Duration = Duration::from_secs(30);

/// What a console shows.
#[derive(Serialize, ToSchema)]
struct View<'a> {
    me: Me<'a>,
    /// Claimed by or offered to who looks.
    mine: Vec<&'a HandoffView>,
    /// The first in line.
    waiting: Vec<&'a HandoffView>,
    waiting_total: usize,
    oldest_queued_ms: Option<i64>,
    operators: &'a [OperatorView],
    callbacks_open: i64,
    /// It is within the hours of the desk.
    open: bool,
    next_opening_ms: Option<i64>,
    bot_enabled: bool,
    handoff_enabled: bool,
    service_level_target_ms: i64,
    /// For supervisors.
    board: Option<BoardView<'a>>,
}

#[derive(Serialize, ToSchema)]
struct Me<'a> {
    id: Uuid,
    display_name: &'a str,
    role: Role,
    /// Null: not at the desk.
    seat: Option<SeatView<'a>>,
}

#[derive(Serialize, ToSchema)]
struct SeatView<'a> {
    accepting: bool,
    capacity: u32,
    skills: &'a [String],
    present_until_ms: i64,
}

#[derive(Serialize, ToSchema)]
struct BoardView<'a> {
    oldest_queued_ms: Option<i64>,
    /// Conversations that those who accept offers can hold at once.
    staffed_capacity: u64,
    holding: usize,
    service_level: ServiceLevel,
    all_claimed: Vec<&'a HandoffView>,
}

#[derive(Serialize, ToSchema)]
struct ServiceLevel {
    target_ms: i64,
    /// Of today's handoffs, claimed in time.
    within: i64,
    /// Those that could have been.
    of: i64,
}

/// What the console shows, as a stream of `desk` events: the whole view at once and at every change. `typing` events name a
/// conversation whose citizen types.
#[utoipa::path(get, path = "/api/desk/events", responses(
    (status = 200, description = "text/event-stream"), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)
))]
pub(super) async fn events(State(desk): State<Desk>, who: SignedIn, headers: HeaderMap) -> Result<Response, DeskError> {
    let service = desk.service()?;
    let permit = Arc::clone(&service.streams).try_acquire_owned().map_err(|_| DeskError::Unavailable)?;
    let session = desk.presented(&headers).ok_or(DeskError::SignedOut)?;
    let mut pictures = service.hotline.pictures();
    pictures.mark_changed();
    let watch = Watch {
        hotline: Arc::clone(&service.hotline),
        stopping: service.stopping.clone(),
        typing: service.hotline.citizens_typing(),
        pictures,
        desk: desk.clone(),
        who,
        session,
        check_at: Instant::now() + SESSION_CHECKED_EVERY,
        shown: String::new(),
        _permit: permit,
    };
    Ok(stream(watch.into_stream()))
}

/// An event stream that nothing on the way holds back.
pub(super) fn stream(events: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY)).into_response();
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Returns when the process stops.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone stops as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// One console that looks on.
struct Watch {
    hotline: Arc<Hotline>,
    stopping: watch::Receiver<bool>,
    typing: broadcast::Receiver<Uuid>,
    pictures: watch::Receiver<Arc<Picture>>,
    desk: Desk,
    who: SignedIn,
    session: Token,
    check_at: Instant,
    /// The view that was sent last.
    shown: String,
    /// Counts the open streams.
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    fn into_stream(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        futures::stream::unfold(self, |mut watch| async move {
            let event = watch.next().await?;
            Some((Ok(event), watch))
        })
    }

    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            tokio::select! {
                () = stopped(&mut self.stopping) => return None,
                changed = self.pictures.changed() => {
                    changed.ok()?;
                    let picture = Arc::clone(&self.pictures.borrow_and_update());
                    if let Some(event) = self.view(&picture) {
                        return Some(event);
                    }
                }
                typed = self.typing.recv() => match typed {
                    Ok(id) if self.sees(id) => {
                        return sse::Event::default().event("typing").json_data(serde_json::json!({ "conversation_id": id })).ok();
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                () = sleep_until(self.check_at) => {
                    self.check_at = Instant::now() + SESSION_CHECKED_EVERY;
                    self.who = self.desk.accounts().signed_in(&self.session, now_ms()).await.ok()??;
                    // Hours begin and end without anything else that changes.
                    self.pictures.mark_changed();
                }
            }
        }
    }

    fn sees(&self, conversation_id: Uuid) -> bool {
        let mine = |handoff: &HandoffView| handoff.conversation_id() == conversation_id && handoff.is_in_hands_of(self.who.operator.id);
        self.pictures.borrow().handoffs.iter().any(mine)
    }

    /// `None`: nothing that this console shows has changed.
    fn view(&mut self, picture: &Picture) -> Option<sse::Event> {
        let now_ms = now_ms();
        let settings = self.hotline.settings();
        let situation = settings.situation(now_ms);
        let (id, operator) = (self.who.operator.id, &self.who.operator);
        let target_ms = settings.service_level_ms();
        let seat = picture.operators.iter().find(|seat| seat.id == id);
        let is_mine = |handoff: &&HandoffView| handoff.is_in_hands_of(id);
        let claimed = || picture.handoffs.iter().filter(|handoff| handoff.is_claimed());
        let board = self.who.may(Permission::ReadStatistics).then(|| BoardView {
            oldest_queued_ms: picture.oldest_queued_ms,
            staffed_capacity: picture.operators.iter().filter(|seat| seat.accepting).map(|seat| u64::from(seat.capacity)).sum(),
            holding: claimed().count(),
            service_level: ServiceLevel { target_ms, within: picture.service_level.0, of: picture.service_level.1 },
            all_claimed: claimed().collect(),
        });
        let view = View {
            me: Me {
                id,
                display_name: &operator.display_name,
                role: operator.role,
                seat: seat.map(|seat| SeatView {
                    accepting: seat.accepting,
                    capacity: seat.capacity,
                    skills: &seat.skills,
                    present_until_ms: seat.present_until_ms,
                }),
            },
            mine: picture.handoffs.iter().filter(is_mine).collect(),
            waiting: picture.handoffs.iter().filter(|handoff| !handoff.is_claimed() && !is_mine(handoff)).collect(),
            waiting_total: picture.waiting_total,
            oldest_queued_ms: picture.oldest_queued_ms,
            operators: &picture.operators,
            callbacks_open: picture.callbacks_open,
            open: situation.open,
            next_opening_ms: situation.next_opening_ms,
            bot_enabled: settings.bot_enabled,
            handoff_enabled: settings.handoff_enabled,
            service_level_target_ms: target_ms,
            board,
        };
        let body = serde_json::to_string(&view).ok()?;
        if body == self.shown {
            return None;
        }
        // The clock of the server comes along, without making every view another.
        let data = format!("{{\"now_ms\":{now_ms},{}", body.get(1..)?);
        self.shown = body;
        Some(sse::Event::default().event("desk").data(data))
    }
}
