//! What operators do with the conversations of the queue.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use faq::TopicId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::conversation::{Written, client_id, input_id, words};
use super::guard::Body;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, Permission, SignedIn, audit};
use crate::desk::hotline::{Act, append_of};
use crate::desk::queue::{Authority, HandoffId, Hold, OperatorId, QueueEvent, Refusal, Resolution, Skill, Target};
use crate::dialogue::{Event, answer_of};
use crate::store::{DeskNote, NewAudit};

/// A message to a citizen: half of what Telegram takes at once.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// A note to whoever takes a conversation over.
const TRANSFER_NOTE_CHARS_MAX: usize = 1_000;

/// A conversation that is one's own from now on.
#[derive(Serialize, ToSchema)]
pub(super) struct Claimed {
    conversation_id: Uuid,
    /// Every write carries it.
    fence: i64,
}

/// Takes a conversation: one that is offered, or one that waits.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/claim", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Claimed), (status = 401, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "no_such_handoff, not_present, taken, not_skilled or no_room")
))]
pub(super) async fn claim(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Claimed>, DeskError> {
    let claimed = desk.hotline()?.claim(handoff_id(id)?, OperatorId(who.operator.id)).await?;
    let (conversation_id, fence) = claimed.map_err(DeskError::Refused)?;
    Ok(Json(Claimed { conversation_id, fence }))
}

/// A message to the citizen.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewMessage {
    client_id: String,
    /// The number of one's claim.
    fence: i64,
    /// At most 2,000 characters.
    text: String,
}

/// Writes to the citizen. The same `client_id` again writes nothing and gives the same answer.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/messages", request_body = NewMessage, params(("id" = Uuid, Path)), responses(
    (status = 202, body = Written), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "no_such_handoff, not_present or not_theirs: nothing was written")
))]
pub(super) async fn say(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(message): Body<NewMessage>,
) -> Result<(StatusCode, Json<Written>), DeskError> {
    let client_id = client_id(&message.client_id)?;
    let text = words(&message.text, MESSAGE_CHARS_MAX)?;
    let event = Event::OperatorMessage { operator: who.operator.display_name.clone(), text, client_id: client_id.clone() };
    let seq = desk.write(&who, handoff_id(id)?, message.fence, &client_id, event).await?;
    Ok((StatusCode::ACCEPTED, Json(Written { seq })))
}

/// An answer of the FAQ.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewAnswer {
    client_id: String,
    /// The number of one's claim.
    fence: i64,
    /// The topic, such as `vssid/install`.
    topic: String,
}

/// Gives the citizen an answer of the FAQ as it is today, with its legal basis.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/answers", request_body = NewAnswer, params(("id" = Uuid, Path)), responses(
    (status = 202, body = Written), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody, description = "no such topic, or none that may be given as current"),
    (status = 409, body = ErrorBody)
))]
pub(super) async fn answer(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(answer): Body<NewAnswer>,
) -> Result<(StatusCode, Json<Written>), DeskError> {
    let client_id = client_id(&answer.client_id)?;
    let topic = TopicId::parse(&answer.topic).ok_or(DeskError::NotFound)?;
    let knowledge = desk.hotline()?.conversations().knowledge();
    let message = answer_of(knowledge.faq(), &topic, now_ms()).ok_or(DeskError::NotFound)?;
    let operator = who.operator.display_name.clone();
    let event = Event::OperatorAnswer { operator, client_id: client_id.clone(), topic, message };
    let seq = desk.write(&who, handoff_id(id)?, answer.fence, &client_id, event).await?;
    Ok((StatusCode::ACCEPTED, Json(Written { seq })))
}

impl Desk {
    /// Appends what an operator writes to the citizen, if the conversation is theirs in the moment of writing.
    async fn write(&self, who: &SignedIn, handoff: HandoffId, fence: i64, client_id: &str, event: Event) -> Result<u64, DeskError> {
        let hotline = self.hotline()?;
        let (_, case) = hotline.find(handoff).await?.ok_or(DeskError::Refused(Refusal::NoSuchHandoff))?;
        let append = append_of(case.conversation_id, Some(input_id(client_id)), &[event])?;
        let hold = Hold { operator: OperatorId(who.operator.id), fence };
        let notes = vec![DeskNote::Replied { handoff_id: handoff.0, at_ms: now_ms() }];
        let acted = hotline.act(Act { check: Some((handoff, hold)), append: Some(append), notes, ..Act::default() }).await?;
        if let Err(refusal) = acted.outcome {
            self.refused("handoff", who.actor(), None).await;
            return Err(DeskError::Refused(refusal));
        }
        acted.seq.ok_or(DeskError::Internal)
    }

    /// By what right: the number of a claim, or the role.
    fn authority(who: &SignedIn, fence: Option<i64>) -> Result<Authority, DeskError> {
        match fence {
            Some(fence) => Ok(Authority::Holder(Hold { operator: OperatorId(who.operator.id), fence })),
            None if who.may(Permission::Reassign) => Ok(Authority::Supervisor),
            None => Err(DeskError::RoleRefused),
        }
    }

    /// As [`Desk::authority`], with the row of the audit that belongs to it.
    async fn authorised(
        &self,
        who: &SignedIn,
        fence: Option<i64>,
        handoff: HandoffId,
        action: Action,
    ) -> Result<(Authority, Vec<NewAudit>), DeskError> {
        let by = match Desk::authority(who, fence) {
            Ok(by) => by,
            Err(error) => {
                self.refused("role", who.actor(), None).await;
                return Err(error);
            }
        };
        let detail = json!({ "handoff_id": handoff.0 });
        let conversation = self.hotline()?.find(handoff).await?.map(|(_, case)| case.conversation_id);
        let audits = match by {
            Authority::Supervisor => vec![audit(who.actor(), action, conversation, now_ms(), &detail)],
            Authority::Holder(_) => Vec::new(),
        };
        Ok((by, audits))
    }
}

/// Where a conversation goes.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewTransfer {
    /// The number of one's claim; null: a supervisor does it.
    fence: Option<i64>,
    /// To this operator.
    to_operator: Option<Uuid>,
    /// Or to anyone with this skill.
    to_skill: Option<String>,
    /// For whoever takes it, at most 1,000 characters.
    note: Option<String>,
}

/// Offers a conversation to another operator, or puts it back for those with a skill.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/transfer", request_body = NewTransfer, params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "no_such_handoff, not_present, not_theirs, no_room or not_accepting")
))]
pub(super) async fn transfer(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(transfer): Body<NewTransfer>,
) -> Result<StatusCode, DeskError> {
    let handoff = handoff_id(id)?;
    let to = match (transfer.to_operator, transfer.to_skill.as_deref()) {
        (Some(operator), None) => Target::Operator(OperatorId(operator)),
        (None, Some(skill)) => Target::Skill(Skill::parse(skill).ok_or(DeskError::BadRequest("to_skill"))?),
        _ => return Err(DeskError::BadRequest("to_operator")),
    };
    let (by, audits) = desk.authorised(&who, transfer.fence, handoff, Action::HandoffMoved).await?;
    let hotline = desk.hotline()?;
    let (_, case) = hotline.find(handoff).await?.ok_or(DeskError::Refused(Refusal::NoSuchHandoff))?;
    let note = match transfer.note.as_deref().map(str::trim).filter(|note| !note.is_empty()) {
        Some(note) => {
            let text = words(note, TRANSFER_NOTE_CHARS_MAX).map_err(|_| DeskError::BadRequest("note"))?;
            let client_id = Uuid::now_v7().to_string();
            let event = Event::OperatorNote { operator: who.operator.display_name.clone(), client_id, text };
            Some(append_of(case.conversation_id, None, &[event])?)
        }
        None => None,
    };
    hotline.transfer(handoff, by, to, note, audits).await?.outcome.map_err(DeskError::Refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// By what right a conversation is given back.
#[derive(Deserialize, ToSchema)]
pub(super) struct GiveBack {
    /// The number of one's claim; null: a supervisor does it.
    fence: Option<i64>,
}

/// Puts a conversation back to its old place in the queue.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/return", request_body = GiveBack, params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)
))]
pub(super) async fn give_back(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(GiveBack { fence }): Body<GiveBack>,
) -> Result<StatusCode, DeskError> {
    let handoff = handoff_id(id)?;
    let (by, audits) = desk.authorised(&who, fence, handoff, Action::HandoffMoved).await?;
    let act = Act { events: vec![QueueEvent::Return { handoff, by }], audits, ..Act::default() };
    desk.hotline()?.act(act).await?.outcome.map_err(DeskError::Refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a conversation is done.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewResolution {
    /// The number of one's claim; null: a supervisor does it.
    fence: Option<i64>,
    /// answered, referred, no_reply, duplicate or misuse.
    reason: String,
}

/// Ends a conversation. The bot takes over again and asks the citizen for a rating.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/resolve", request_body = NewResolution, params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    (status = 409, body = ErrorBody)
))]
pub(super) async fn resolve(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(resolution): Body<NewResolution>,
) -> Result<StatusCode, DeskError> {
    let handoff = handoff_id(id)?;
    let reason = Resolution::parse(&resolution.reason).filter(|reason| *reason != Resolution::EndedByCitizen);
    let reason = reason.ok_or(DeskError::BadRequest("reason"))?;
    let (by, audits) = desk.authorised(&who, resolution.fence, handoff, Action::HandoffClosed).await?;
    let act = Act { events: vec![QueueEvent::Resolve { handoff, by, reason }], audits, ..Act::default() };
    desk.hotline()?.act(act).await?.outcome.map_err(DeskError::Refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// An id that is none looks like one that is unknown.
pub(super) fn handoff_id(id: Result<Path<Uuid>, PathRejection>) -> Result<HandoffId, DeskError> {
    id.map(|Path(id)| HandoffId(id)).map_err(|_| DeskError::Refused(Refusal::NoSuchHandoff))
}
