//! Citizens who want to be called back.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::guard::Body;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, SignedIn, audit};

/// Results of a call, as the database knows them.
const RESULTS: [&str; 3] = ["reached", "no_answer", "wrong_number"];

/// A wish to be called back.
#[derive(Serialize, ToSchema)]
pub(super) struct Callback {
    callback_id: Uuid,
    conversation_id: Uuid,
    /// The last digits.
    phone_masked: String,
    from_ms: i64,
    to_ms: i64,
    asked_ms: i64,
    /// The operator who has read the number last.
    taken_by: Option<String>,
}

/// Who waits to be called back, the earliest first.
#[utoipa::path(get, path = "/api/desk/callbacks", responses((status = 200, body = Vec<Callback>), (status = 401, body = ErrorBody)))]
pub(super) async fn list(State(desk): State<Desk>, _: SignedIn) -> Result<Json<Vec<Callback>>, DeskError> {
    let rows = desk.hotline()?.conversations().store().callbacks().await?;
    let callbacks = rows.into_iter().map(|row| Callback {
        callback_id: row.callback_id,
        conversation_id: row.conversation_id,
        phone_masked: row.phone_masked,
        from_ms: row.from_ms,
        to_ms: row.to_ms,
        asked_ms: row.asked_ms,
        taken_by: row.taken_by,
    });
    Ok(Json(callbacks.collect()))
}

/// The number to dial.
#[derive(Serialize, ToSchema)]
pub(super) struct Revealed {
    phone: String,
}

/// Shows the number of a citizen, under the eyes of the audit, and notes who calls.
#[utoipa::path(post, path = "/api/desk/callbacks/{id}/reveal", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Revealed), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn reveal(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Revealed>, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let hotline = desk.hotline()?;
    let act = audit(who.actor(), Action::CallbackRevealed, Some(id), now_ms(), &json!({}));
    let row = hotline.conversations().store().take_callback(id, who.operator.id, &act).await?.ok_or(DeskError::NotFound)?;
    let sealed = row.phone_sealed.ok_or(DeskError::NotFound)?;
    let phone = hotline.open_phone(id, &sealed).map_err(|error| {
        tracing::error!(callback.id = %id, error = error.to_string(), "a telephone number cannot be opened");
        DeskError::Internal
    })?;
    Ok(Json(Revealed { phone }))
}

/// How a call ended.
#[derive(Deserialize, ToSchema)]
pub(super) struct CallResult {
    /// reached, no_answer or wrong_number.
    result: String,
}

/// Ends a callback; its number is wiped.
#[utoipa::path(post, path = "/api/desk/callbacks/{id}/done", request_body = CallResult, params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn done(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(call): Body<CallResult>,
) -> Result<StatusCode, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let result = RESULTS.into_iter().find(|result| *result == call.result).ok_or(DeskError::BadRequest("result"))?;
    let act = audit(who.actor(), Action::CallbackDone, Some(id), now_ms(), &json!({ "result": result }));
    let hotline = desk.hotline()?;
    if !hotline.conversations().store().close_callback(id, result, &act).await? {
        return Err(DeskError::NotFound);
    }
    hotline.look_again();
    Ok(StatusCode::NO_CONTENT)
}
