//! What supervisors read of the past.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversation::words;
use super::guard::Supervisor;
use super::tool::TopicName;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::{now_ms, unhelped};
use crate::desk::statistics::{Statistics, days, span_of, topic_draft};
use crate::dialogue::day_in_vietnam;

const QUESTION_CHARS_MAX: usize = 500;

#[derive(Deserialize)]
pub(super) struct Range {
    from: Option<String>,
    to: Option<String>,
}

impl Range {
    /// The days; without any, today.
    fn days(query: Result<Query<Range>, QueryRejection>) -> Result<Vec<Date>, DeskError> {
        let Query(Range { from, to }) = query.map_err(|_| DeskError::BadRequest("from"))?;
        let today = day_in_vietnam(now_ms());
        let day = |text: Option<String>, name| match text {
            Some(text) => text.parse::<Date>().map_err(|_| DeskError::BadRequest(name)),
            None => Ok(today),
        };
        days(day(from, "from")?, day(to, "to")?).ok_or(DeskError::BadRequest("to"))
    }
}

impl Desk {
    async fn count(&self, days: &[Date]) -> Result<Statistics, DeskError> {
        let hotline = self.hotline()?;
        let conversations = hotline.conversations();
        let knowledge = conversations.knowledge();
        let target_ms = hotline.settings().service_level_ms();
        Ok(Statistics::count(conversations.store(), knowledge.faq(), days, target_ms, now_ms()).await?)
    }
}

/// The figures of some days, at most a year. Supervisors only.
#[utoipa::path(get, path = "/api/desk/statistics",
    params(("from" = Option<String>, Query, description = "YYYY-MM-DD in Vietnam"), ("to" = Option<String>, Query, description = "included")),
    responses((status = 200, body = Statistics), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(super) async fn show(
    State(desk): State<Desk>,
    _: Supervisor,
    query: Result<Query<Range>, QueryRejection>,
) -> Result<Json<Statistics>, DeskError> {
    Ok(Json(desk.count(&Range::days(query)?).await?))
}

/// The same as a table for a spreadsheet. Supervisors only.
#[utoipa::path(get, path = "/api/desk/statistics.csv",
    params(("from" = Option<String>, Query, description = "YYYY-MM-DD in Vietnam"), ("to" = Option<String>, Query, description = "included")),
    responses((status = 200, content_type = "text/csv"), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(super) async fn csv(
    State(desk): State<Desk>,
    _: Supervisor,
    query: Result<Query<Range>, QueryRejection>,
) -> Result<impl IntoResponse, DeskError> {
    let days = Range::days(query)?;
    let csv = desk.count(&days).await?.csv();
    Ok((file("text/csv; charset=utf-8", "attachment; filename=\"thong-ke.csv\""), csv))
}

/// Questions that ask much the same and were not helped with.
#[derive(Serialize, ToSchema)]
pub(super) struct GapBody {
    question: String,
    /// How often it was asked.
    count: usize,
    /// What comes nearest.
    nearest: Vec<TopicName>,
}

/// What citizens asked and were not helped with, most asked first. Supervisors only.
#[utoipa::path(get, path = "/api/desk/gaps",
    params(("from" = Option<String>, Query, description = "YYYY-MM-DD in Vietnam"), ("to" = Option<String>, Query, description = "included")),
    responses((status = 200, body = Vec<GapBody>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(super) async fn gaps(
    State(desk): State<Desk>,
    _: Supervisor,
    query: Result<Query<Range>, QueryRejection>,
) -> Result<Json<Vec<GapBody>>, DeskError> {
    let span = span_of(&Range::days(query)?);
    let conversations = desk.hotline()?.conversations();
    let unhelped = unhelped(conversations.store(), Some(span.since_ms)).await?.until(span.until_ms);
    let knowledge = conversations.knowledge();
    let grouped = tokio::task::spawn_blocking(move || {
        let gaps = unhelped.group(&knowledge).gaps;
        gaps.into_iter()
            .map(|gap| GapBody {
                count: gap.questions,
                nearest: gap.nearest.iter().filter_map(|near| TopicName::of(knowledge.faq(), &near.topic)).collect(),
                question: gap.question,
            })
            .collect::<Vec<_>>()
    });
    Ok(Json(grouped.await.map_err(|_| DeskError::Internal)?))
}

#[derive(Deserialize)]
pub(super) struct Question {
    question: Option<String>,
}

/// The beginning of a topic for a question, as a Markdown file. Supervisors only.
#[utoipa::path(get, path = "/api/desk/gaps/draft", params(("question" = String, Query)), responses(
    (status = 200, content_type = "text/markdown"), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)
))]
pub(super) async fn draft(_: Supervisor, query: Result<Query<Question>, QueryRejection>) -> Result<impl IntoResponse, DeskError> {
    let question = query.ok().and_then(|Query(Question { question })| question).ok_or(DeskError::BadRequest("question"))?;
    let question = words(&question, QUESTION_CHARS_MAX).map_err(|_| DeskError::BadRequest("question"))?;
    let draft = topic_draft(&question, day_in_vietnam(now_ms()));
    Ok((file("text/markdown; charset=utf-8", "attachment; filename=\"chu-de-moi.md\""), draft))
}

fn file(media_type: &'static str, disposition: &'static str) -> [(header::HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition)]
}
