//! What citizens say is wrong with places.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use knowledge::places::PlaceKind;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, SignedIn, audit};
use crate::dialogue::card;

/// A report that nobody has looked into.
#[derive(Serialize, ToSchema)]
pub(super) struct PlaceReport {
    place_report_id: Uuid,
    conversation_id: Uuid,
    /// `office`, `collection_point` or `facility`.
    kind: String,
    /// Of a facility the five-character code.
    place_id: String,
    /// As the citizen read it.
    name: String,
    at_ms: i64,
    /// What is told of the place now; absent when it is no longer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<ToldPlace>,
}

/// What citizens are told of a place.
#[derive(Serialize, ToSchema)]
struct ToldPlace {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<String>,
    source: String,
}

/// What citizens say is wrong, the oldest first, at most 500.
#[utoipa::path(get, path = "/api/desk/place-reports", responses((status = 200, body = Vec<PlaceReport>), (status = 401, body = ErrorBody)))]
pub(super) async fn list(State(desk): State<Desk>, _: SignedIn) -> Result<Json<Vec<PlaceReport>>, DeskError> {
    let conversations = desk.hotline()?.conversations();
    let rows = conversations.store().place_reports().await?;
    let places = conversations.places();
    let reports = rows.into_iter().map(|row| {
        let number = PlaceKind::parse(&row.kind).and_then(|kind| places.number(kind, &row.place_id));
        let now = number.map(|number| card(&places, number, 1)).map(|card| ToldPlace {
            name: card.name,
            address: card.address,
            phone: card.phone,
            hours: card.hours,
            source: card.source,
        });
        PlaceReport {
            place_report_id: row.place_report_id,
            conversation_id: row.conversation_id,
            kind: row.kind,
            place_id: row.place_id,
            name: row.name,
            at_ms: row.at_ms,
            now,
        }
    });
    Ok(Json(reports.collect()))
}

/// Marks a report as looked into.
#[utoipa::path(post, path = "/api/desk/place-reports/{id}/done", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn done(State(desk): State<Desk>, who: SignedIn, id: Result<Path<Uuid>, PathRejection>) -> Result<StatusCode, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let act = audit(who.actor(), Action::PlaceReportDone, Some(id), now_ms(), &json!({}));
    if !desk.hotline()?.conversations().store().close_place_report(id, &act).await? {
        return Err(DeskError::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}
