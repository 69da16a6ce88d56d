//! Being at the desk.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::guard::Body;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::desk::account::SignedIn;
use crate::desk::hotline::{Seated, skills_of};
use crate::desk::queue::OperatorId;

/// A sign of life.
#[derive(Deserialize, ToSchema)]
pub(super) struct Presence {
    /// Whether offers are wanted; null keeps what is stored, and sits down without offers.
    accepting: Option<bool>,
}

/// The place at the desk.
#[derive(Serialize, ToSchema)]
pub(super) struct Present {
    /// Whether offers are wanted.
    accepting: bool,
}

/// Sits down, or shows that somebody is still there; every ten seconds.
#[utoipa::path(put, path = "/api/desk/presence", request_body = Presence, responses(
    (status = 200, body = Present), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "full")
))]
pub(super) async fn renew(State(desk): State<Desk>, who: SignedIn, Body(presence): Body<Presence>) -> Result<Json<Present>, DeskError> {
    let id = OperatorId(who.operator.id);
    let seated =
        Seated { id, name: who.operator.display_name.clone(), skills: skills_of(&who.operator.skills), capacity: who.operator.capacity };
    let hotline = desk.hotline()?;
    hotline.present(&seated, presence.accepting).await?.map_err(DeskError::Refused)?;
    Ok(Json(Present { accepting: hotline.accepts(id).await? }))
}

/// Leaves the desk: what is held goes back to the queue.
#[utoipa::path(delete, path = "/api/desk/presence", responses((status = 204), (status = 401, body = ErrorBody)))]
pub(super) async fn leave(State(desk): State<Desk>, who: SignedIn) -> Result<StatusCode, DeskError> {
    desk.left(who.operator.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Desk {
    /// An operator is no longer at the desk, whatever the reason.
    pub(super) async fn left(&self, operator: Uuid) -> Result<(), DeskError> {
        match self.hotline() {
            Ok(hotline) => Ok(hotline.leave_desk(OperatorId(operator)).await?),
            Err(_) => Ok(()),
        }
    }
}
