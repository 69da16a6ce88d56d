//! What operators work with: the FAQ, sentences that are sent often; and what supervisors set.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use faq::plain_text;
use knowledge::AskContext;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::conversation::words;
use super::guard::{Body, Supervisor};
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, SignedIn, audit};
use crate::desk::queue::Skill;
use crate::desk::settings::Settings;
use crate::dialogue::day_in_vietnam;
use crate::store::{CannedReplyRow, NewAudit};

/// What is searched for: a question.
const QUERY_CHARS_MAX: usize = 500;
const TOPICS_FOUND_MAX: usize = 5;
const TITLE_CHARS_MAX: usize = 80;
const CANNED_CHARS_MAX: usize = 2_000;

#[derive(Deserialize)]
pub(super) struct Wanted {
    q: Option<String>,
}

/// A topic by its id and its title.
#[derive(Serialize, ToSchema)]
pub(super) struct TopicName {
    topic: String,
    title: String,
}

impl TopicName {
    /// `None`: there is no such topic any more.
    pub(super) fn of(faq: &faq::Faq, id: &faq::TopicId) -> Option<TopicName> {
        faq.topic(id.as_str()).map(|topic| TopicName { topic: topic.id.to_string(), title: topic.title.clone() })
    }
}

/// A topic that may be what was searched for.
#[derive(Serialize, ToSchema)]
pub(super) struct TopicFound {
    topic: String,
    title: String,
    /// That it is what was meant, 0 to 1.
    probability: f64,
    /// The short answer of today.
    short: String,
    /// The legal basis, one line each.
    basis: Vec<String>,
    related: Vec<TopicName>,
}

/// Searches the FAQ as citizens' questions are: at most five topics, best first, with their answers of today.
#[utoipa::path(get, path = "/api/desk/search", params(("q" = String, Query)), responses(
    (status = 200, body = Vec<TopicFound>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)
))]
pub(super) async fn search(
    State(desk): State<Desk>,
    _: SignedIn,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Vec<TopicFound>>, DeskError> {
    let wanted = query.ok().and_then(|Query(Wanted { q })| q).ok_or(DeskError::BadRequest("q"))?;
    let wanted = words(&wanted, QUERY_CHARS_MAX).map_err(|_| DeskError::BadRequest("q"))?;
    let knowledge = desk.hotline()?.conversations().knowledge();
    let today = day_in_vietnam(now_ms());
    let reading = knowledge.ask(&wanted, &AskContext { last_topic: None, today: Some(today) });
    let faq = knowledge.faq();
    let found = reading.candidates.iter().filter_map(|candidate| {
        let topic = faq.topic(candidate.topic.as_str())?;
        let answer = faq.answer(topic, today, None)?;
        let basis = answer.citations.iter().map(|citation| format!("{}, {}", citation.document, citation.article)).collect();
        Some(TopicFound {
            topic: topic.id.to_string(),
            title: topic.title.clone(),
            probability: candidate.probability,
            short: plain_text(&answer.short),
            basis,
            related: topic.related.iter().filter_map(|id| TopicName::of(faq, id)).collect(),
        })
    });
    Ok(Json(found.take(TOPICS_FOUND_MAX).collect()))
}

/// A sentence that is sent often.
#[derive(Serialize, ToSchema)]
pub(super) struct CannedReply {
    id: Uuid,
    title: String,
    /// With placeholders: `{{ten_tong_dai_vien}}`, `{{gio_mo_cua}}`, `{{so_dien_thoai}}`.
    text: String,
    /// For the operators of one domain.
    skill: Option<String>,
}

impl From<CannedReplyRow> for CannedReply {
    fn from(row: CannedReplyRow) -> CannedReply {
        CannedReply { id: row.canned_reply_id, title: row.title, text: row.text, skill: row.skill }
    }
}

/// All canned replies, by title.
#[utoipa::path(get, path = "/api/desk/canned", responses((status = 200, body = Vec<CannedReply>), (status = 401, body = ErrorBody)))]
pub(super) async fn canned(State(desk): State<Desk>, _: SignedIn) -> Result<Json<Vec<CannedReply>>, DeskError> {
    let rows = desk.hotline()?.conversations().store().canned_replies().await?;
    Ok(Json(rows.into_iter().map(CannedReply::from).collect()))
}

/// A canned reply as it is written.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewCanned {
    /// At most 80 characters.
    title: String,
    /// At most 2,000 characters.
    text: String,
    skill: Option<String>,
}

impl NewCanned {
    fn row(self, canned_reply_id: Uuid) -> Result<CannedReplyRow, DeskError> {
        let title = words(&self.title, TITLE_CHARS_MAX).map_err(|_| DeskError::BadRequest("title"))?;
        let text = words(&self.text, CANNED_CHARS_MAX)?;
        let skill = self.skill.map(|skill| Skill::parse(&skill).ok_or(DeskError::BadRequest("skill"))).transpose()?;
        Ok(CannedReplyRow { canned_reply_id, title, text, skill: skill.map(|skill| skill.to_string()) })
    }
}

fn canned_audit(who: &SignedIn, id: Uuid, what: &str) -> NewAudit {
    audit(who.actor(), Action::CannedChanged, Some(id), now_ms(), &json!({ "what": what }))
}

/// Adds a canned reply. Supervisors only.
#[utoipa::path(post, path = "/api/desk/canned", request_body = NewCanned, responses(
    (status = 201, body = CannedReply), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody, description = "full")
))]
pub(super) async fn add_canned(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    Body(new): Body<NewCanned>,
) -> Result<(StatusCode, Json<CannedReply>), DeskError> {
    let row = new.row(Uuid::now_v7())?;
    let audit = canned_audit(&who, row.canned_reply_id, "added");
    if !desk.hotline()?.conversations().store().add_canned_reply(&row, &audit).await? {
        return Err(DeskError::Refused(crate::desk::queue::Refusal::Full));
    }
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Changes a canned reply. Supervisors only.
#[utoipa::path(put, path = "/api/desk/canned/{id}", request_body = NewCanned, params(("id" = Uuid, Path)), responses(
    (status = 200, body = CannedReply), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn change_canned(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    id: Result<Path<Uuid>, PathRejection>,
    Body(new): Body<NewCanned>,
) -> Result<Json<CannedReply>, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let row = new.row(id)?;
    let audit = canned_audit(&who, id, "changed");
    if !desk.hotline()?.conversations().store().change_canned_reply(&row, &audit).await? {
        return Err(DeskError::NotFound);
    }
    Ok(Json(row.into()))
}

/// Removes a canned reply. Supervisors only.
#[utoipa::path(delete, path = "/api/desk/canned/{id}", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn delete_canned(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let audit = canned_audit(&who, id, "removed");
    if !desk.hotline()?.conversations().store().delete_canned_reply(id, &audit).await? {
        return Err(DeskError::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The settings in force. Supervisors only.
#[utoipa::path(get, path = "/api/desk/settings", responses((status = 200, body = Settings), (status = 403, body = ErrorBody)))]
pub(super) async fn settings(State(desk): State<Desk>, _: Supervisor) -> Result<Json<Settings>, DeskError> {
    Ok(Json(desk.hotline()?.settings().as_ref().clone()))
}

/// Sets the hours, the switches, and what citizens are told. Supervisors only.
#[utoipa::path(put, path = "/api/desk/settings", request_body = Settings, responses(
    (status = 200, body = Settings), (status = 400, body = ErrorBody, description = "bad_request names the field; bad_calendar says what is wrong"),
    (status = 403, body = ErrorBody)
))]
pub(super) async fn change_settings(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    Body(typed): Body<Value>,
) -> Result<Json<Settings>, DeskError> {
    // The hours first: what is wrong with them is more than the name of a field.
    if let Some(calendar) = typed.get("calendar") {
        serde_json::from_value::<crate::desk::calendar::Calendar>(calendar.clone())
            .map_err(|error| DeskError::Calendar(error.to_string()))?;
    }
    let settings: Settings = serde_json::from_value(typed).map_err(|_| DeskError::BadJson)?;
    if let Some(field) = settings.refused() {
        return Err(DeskError::BadRequest(field));
    }
    let hotline = desk.hotline()?;
    let detail = json!({ "bot_enabled": settings.bot_enabled, "handoff_enabled": settings.handoff_enabled });
    let audit = audit(who.actor(), Action::SettingsChanged, None, now_ms(), &detail);
    settings.save(hotline.conversations().store(), &audit).await?;
    hotline.set_settings(settings.clone());
    Ok(Json(settings))
}
