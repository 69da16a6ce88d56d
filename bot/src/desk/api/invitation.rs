//! Accepting an invitation. The token travels in bodies only: an address would enter logs and histories.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guard::Body;
use super::session::{EnrolmentBody, RecoveryCodes};
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::{Token, now_ms};
use crate::desk::account::{AccountError, Actor, Role};

/// The token of the link, behind its `#`.
#[derive(Deserialize, ToSchema)]
pub(super) struct InvitationToken {
    token: String,
}

/// Who is invited.
#[derive(Serialize, ToSchema)]
pub(super) struct Invited {
    name: String,
    display_name: String,
    role: Role,
    second_factor_required: bool,
    /// In Unix milliseconds.
    expires_ms: i64,
}

/// Who is invited by a link. Uses nothing up.
#[utoipa::path(post, path = "/api/desk/invitation", request_body = InvitationToken, responses(
    (status = 200, body = Invited),
    (status = 404, body = ErrorBody, description = "invitation_closed: unknown, used or over")
))]
pub(super) async fn show(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(typed): Body<InvitationToken>,
) -> Result<Json<Invited>, DeskError> {
    let invited = desk.accounts().invited(&Token::presented(&typed.token), now_ms()).await;
    let (operator, expires_ms) = desk.noting_closed(invited, peer, &headers).await?;
    Ok(Json(Invited {
        name: operator.name.as_str().to_owned(),
        display_name: operator.display_name,
        role: operator.role,
        second_factor_required: operator.role.needs_second_factor(),
        expires_ms,
    }))
}

/// Begins to set up the second factor; again, when the code was not kept.
#[utoipa::path(post, path = "/api/desk/invitation/factor", request_body = InvitationToken, responses(
    (status = 200, body = EnrolmentBody), (status = 404, body = ErrorBody)
))]
pub(super) async fn begin_factor(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(typed): Body<InvitationToken>,
) -> Result<Json<EnrolmentBody>, DeskError> {
    let begun = desk.accounts().begin_invited_factor(&Token::presented(&typed.token), now_ms()).await;
    Ok(Json(desk.noting_closed(begun, peer, &headers).await?.into()))
}

/// What the invited choose.
#[derive(Deserialize, ToSchema)]
pub(super) struct Acceptance {
    token: String,
    /// 12 to 256 characters.
    password: String,
    /// Confirms the second factor that was begun; without it the account has none, which a supervisor's must.
    totp: Option<String>,
}

/// Accepts an invitation and signs in.
#[utoipa::path(post, path = "/api/desk/invitation/accept", request_body = Acceptance, responses(
    (status = 201, body = RecoveryCodes, description = "signed in; see Set-Cookie. The recovery codes are shown once"),
    (status = 401, body = ErrorBody, description = "wrong_code"),
    (status = 403, body = ErrorBody, description = "second_factor_required"),
    (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)
))]
pub(super) async fn accept(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(typed): Body<Acceptance>,
) -> Result<impl IntoResponse, DeskError> {
    let token = Token::presented(&typed.token);
    let accepted = desk.accounts().accept(&token, &typed.password, typed.totp.as_deref(), now_ms()).await;
    let accepted = desk.noting_closed(accepted, peer, &headers).await?;
    let cookie = desk.cookie(&accepted.session, &headers)?;
    let codes = RecoveryCodes::from(accepted.recovery_codes);
    Ok((StatusCode::CREATED, AppendHeaders([(header::SET_COOKIE, cookie)]), Json(codes)))
}

impl Desk {
    async fn noting_closed<T>(&self, done: Result<T, AccountError>, peer: SocketAddr, headers: &HeaderMap) -> Result<T, DeskError> {
        if matches!(done, Err(AccountError::InvitationClosed)) {
            self.refused("invitation", Actor::Anyone, Some(self.network(peer, headers))).await;
        }
        Ok(done?)
    }
}
