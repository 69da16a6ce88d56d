//! What supervisors do with the accounts of others.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::guard::{Body, Supervisor};
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Change, Invitation, Operator, Role};
use crate::desk::hotline::skills_of;
use crate::desk::queue::OperatorId;

/// An operator.
#[derive(Serialize, ToSchema)]
pub(super) struct OperatorBody {
    operator_id: Uuid,
    name: String,
    display_name: String,
    role: Role,
    /// The domains that are answered; an empty list means all.
    skills: Vec<String>,
    /// Conversations held at once.
    capacity: u32,
    second_factor: bool,
    /// invited, active or disabled.
    standing: &'static str,
}

impl From<Operator> for OperatorBody {
    fn from(operator: Operator) -> OperatorBody {
        OperatorBody {
            operator_id: operator.id,
            name: operator.name.as_str().to_owned(),
            display_name: operator.display_name,
            role: operator.role,
            skills: operator.skills,
            capacity: operator.capacity,
            second_factor: operator.second_factor,
            standing: operator.standing.as_str(),
        }
    }
}

/// Everybody, by name.
#[derive(Serialize, ToSchema)]
pub(super) struct Operators {
    operators: Vec<OperatorBody>,
}

/// All operators, by name. Supervisors only.
#[utoipa::path(get, path = "/api/desk/operators", responses(
    (status = 200, body = Operators), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)
))]
pub(super) async fn list(State(desk): State<Desk>, _: Supervisor) -> Result<Json<Operators>, DeskError> {
    let operators = desk.accounts().roster().list().await?;
    Ok(Json(Operators { operators: operators.into_iter().map(OperatorBody::from).collect() }))
}

/// An operator to invite.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewOperatorBody {
    /// 2 to 64 of a-z, 0-9, `.`, `_` and `-`.
    name: String,
    /// What people read; without it, the name.
    display_name: Option<String>,
    role: Role,
}

/// An invitation. The token is shown once; the link is `/console/invitation#<token>`.
#[derive(Serialize, ToSchema)]
pub(super) struct InvitationBody {
    operator_id: Uuid,
    token: String,
    /// In Unix milliseconds.
    expires_ms: i64,
}

impl InvitationBody {
    fn new(operator_id: Uuid, invitation: &Invitation) -> InvitationBody {
        InvitationBody { operator_id, token: invitation.token.reveal().to_owned(), expires_ms: invitation.expires_ms }
    }
}

/// Adds an operator with an invitation. Supervisors only.
#[utoipa::path(post, path = "/api/desk/operators", request_body = NewOperatorBody, responses(
    (status = 201, body = InvitationBody), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)
))]
pub(super) async fn add(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    Body(new): Body<NewOperatorBody>,
) -> Result<(StatusCode, Json<InvitationBody>), DeskError> {
    let roster = desk.accounts().roster();
    let (id, invitation) = roster.add(&new.name, new.display_name.as_deref(), new.role, who.actor(), now_ms()).await?;
    Ok((StatusCode::CREATED, Json(InvitationBody::new(id, &invitation))))
}

/// What of an operator is to change; what is missing stays.
#[derive(Deserialize, ToSchema)]
pub(super) struct ChangeBody {
    display_name: Option<String>,
    role: Option<Role>,
    skills: Option<Vec<String>>,
    /// 1 to 50.
    capacity: Option<u32>,
}

/// Changes an operator. Supervisors only; nobody changes their own role.
#[utoipa::path(patch, path = "/api/desk/operators/{id}", params(("id" = Uuid, Path)), request_body = ChangeBody, responses(
    (status = 200, body = OperatorBody), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
pub(super) async fn change(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    id: Result<Path<Uuid>, PathRejection>,
    Body(change): Body<ChangeBody>,
) -> Result<Json<OperatorBody>, DeskError> {
    let id = operator_id(id)?;
    let roster = desk.accounts().roster();
    let change = Change { display_name: change.display_name, role: change.role, skills: change.skills, capacity: change.capacity };
    roster.change(id, change, who.actor(), now_ms()).await?;
    let operator = roster.get(id).await?;
    if let Ok(hotline) = desk.hotline() {
        hotline.configured(OperatorId(id), skills_of(&operator.skills), operator.capacity).await?;
    }
    Ok(Json(operator.into()))
}

/// Invites an operator again, who sets another password and second factor. Supervisors only.
#[utoipa::path(post, path = "/api/desk/operators/{id}/invitation", params(("id" = Uuid, Path)), responses(
    (status = 201, body = InvitationBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody)
))]
pub(super) async fn invite(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<(StatusCode, Json<InvitationBody>), DeskError> {
    let id = operator_id(id)?;
    let invitation = desk.accounts().roster().invite(id, who.actor(), now_ms()).await?;
    Ok((StatusCode::CREATED, Json(InvitationBody::new(id, &invitation))))
}

/// Ends an operator's access at once; a new invitation lets them come back. Supervisors only; nobody disables themselves.
#[utoipa::path(post, path = "/api/desk/operators/{id}/disable", params(("id" = Uuid, Path)), responses(
    (status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 409, body = ErrorBody)
))]
pub(super) async fn disable(
    State(desk): State<Desk>,
    Supervisor(who): Supervisor,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, DeskError> {
    let id = operator_id(id)?;
    desk.accounts().roster().disable(id, who.actor(), now_ms()).await?;
    desk.left(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An id that is none looks like one that is unknown.
fn operator_id(id: Result<Path<Uuid>, PathRejection>) -> Result<Uuid, DeskError> {
    id.map(|Path(id)| id).map_err(|_| DeskError::NotFound)
}
