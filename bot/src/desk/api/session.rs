//! Signing in and out, and what one changes of one's own account.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::guard::Body;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{AccountError, Enrolment, Password, RecoveryCode, Role, SecondFactor, SignIn, SignedIn};

/// Who signs in, and with what.
#[derive(Deserialize, ToSchema)]
pub(super) struct Credentials {
    name: String,
    password: String,
    /// The code of the authenticator app, for who has one.
    totp: Option<String>,
    /// A recovery code instead of it.
    recovery: Option<String>,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    operator_id: Uuid,
    name: String,
    display_name: String,
    role: Role,
    /// The domains that are answered; an empty list means all.
    skills: Vec<String>,
    /// Conversations held at once.
    capacity: u32,
    second_factor: bool,
    /// The role needs a second factor that is not set up: until then, only an operator's rights.
    second_factor_required: bool,
    recovery_codes_left: i64,
    /// When one has to sign in again, in Unix milliseconds; earlier without a request for half an hour.
    expires_ms: i64,
}

/// Signs in. The session is a cookie that scripts cannot read.
#[utoipa::path(post, path = "/api/desk/session", request_body = Credentials, responses(
    (status = 204, description = "signed in; see Set-Cookie"),
    (status = 401, body = ErrorBody, description = "wrong_credentials, second_factor_needed or wrong_code"),
    (status = 403, body = ErrorBody), (status = 415, body = ErrorBody),
    (status = 429, body = ErrorBody, description = "locked out; see Retry-After")
))]
pub(super) async fn sign_in(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(typed): Body<Credentials>,
) -> Result<impl IntoResponse, DeskError> {
    let second_factor = match (typed.totp, typed.recovery) {
        (Some(_), Some(_)) => return Err(DeskError::BadRequest("recovery")),
        (Some(code), None) => Some(SecondFactor::Totp(code)),
        (None, Some(code)) => Some(SecondFactor::Recovery(code)),
        (None, None) => None,
    };
    let network = desk.network(peer, &headers);
    let attempt = SignIn { name: &typed.name, password: Password::typed(&typed.password), second_factor, network };
    let signed_in = desk.accounts().sign_in(attempt, now_ms()).await;
    metrics::counter!("hotro_desk_sign_ins_total", "outcome" => outcome(&signed_in)).increment(1);
    let cookie = desk.cookie(&signed_in?, &headers)?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}

fn outcome<T>(signed_in: &Result<T, AccountError>) -> &'static str {
    match signed_in {
        Ok(_) => "signed_in",
        Err(AccountError::SecondFactorNeeded) => "second_factor_needed",
        Err(AccountError::LockedOut { .. }) => "locked_out",
        Err(AccountError::WrongCredentials | AccountError::WrongCode) => "wrong",
        Err(_) => "failed",
    }
}

/// Who is signed in here.
#[utoipa::path(get, path = "/api/desk/session", responses((status = 200, body = Me), (status = 401, body = ErrorBody)))]
pub(super) async fn show(State(desk): State<Desk>, who: SignedIn) -> Result<Json<Me>, DeskError> {
    let recovery_codes_left = desk.accounts().recovery_codes_left(&who).await?;
    let second_factor_required = who.lacks_second_factor();
    let (operator, expires_ms) = (who.operator, who.expires_ms);
    Ok(Json(Me {
        operator_id: operator.id,
        name: operator.name.as_str().to_owned(),
        display_name: operator.display_name,
        role: operator.role,
        skills: operator.skills,
        capacity: operator.capacity,
        second_factor: operator.second_factor,
        second_factor_required,
        recovery_codes_left,
        expires_ms,
    }))
}

/// Signs out of this browser.
#[utoipa::path(delete, path = "/api/desk/session", responses((status = 204), (status = 401, body = ErrorBody)))]
pub(super) async fn sign_out(State(desk): State<Desk>, who: SignedIn, headers: HeaderMap) -> Result<impl IntoResponse, DeskError> {
    desk.accounts().sign_out(&who, now_ms()).await?;
    desk.left(who.operator.id).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, desk.no_cookie(&headers)?)])))
}

/// Signs out of all browsers, this one included.
#[utoipa::path(post, path = "/api/desk/session/everywhere", responses((status = 204), (status = 401, body = ErrorBody)))]
pub(super) async fn sign_out_everywhere(
    State(desk): State<Desk>,
    who: SignedIn,
    headers: HeaderMap,
) -> Result<impl IntoResponse, DeskError> {
    desk.accounts().sign_out_everywhere(&who, now_ms()).await?;
    desk.left(who.operator.id).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, desk.no_cookie(&headers)?)])))
}

/// Another password.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPassword {
    current: String,
    /// 12 to 256 characters.
    new: String,
}

/// Sets another password and signs out of all other browsers.
#[utoipa::path(post, path = "/api/desk/session/password", request_body = NewPassword, responses(
    (status = 204), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody), (status = 429, body = ErrorBody)
))]
pub(super) async fn change_password(
    State(desk): State<Desk>,
    who: SignedIn,
    Body(typed): Body<NewPassword>,
) -> Result<StatusCode, DeskError> {
    desk.accounts().change_password(&who, Password::typed(&typed.current), &typed.new, now_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The password, again: a browser that was left open is not enough.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasswordAgain {
    password: String,
}

/// What an authenticator app reads. Shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct EnrolmentBody {
    /// Base32, for an app that reads no QR code.
    secret: String,
    /// `otpauth://`, for a telephone that shows this page.
    uri: String,
    /// An SVG document.
    qr_svg: String,
}

impl From<Enrolment> for EnrolmentBody {
    fn from(enrolment: Enrolment) -> EnrolmentBody {
        EnrolmentBody { secret: enrolment.secret, uri: enrolment.uri, qr_svg: enrolment.qr_svg }
    }
}

/// Begins to set up another second factor; the present one works until a code confirms it.
#[utoipa::path(post, path = "/api/desk/session/factor", request_body = PasswordAgain, responses(
    (status = 200, body = EnrolmentBody), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)
))]
pub(super) async fn begin_factor(
    State(desk): State<Desk>,
    who: SignedIn,
    Body(typed): Body<PasswordAgain>,
) -> Result<Json<EnrolmentBody>, DeskError> {
    Ok(Json(desk.accounts().begin_factor(&who, Password::typed(&typed.password), now_ms()).await?.into()))
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
pub(super) struct Code {
    totp: String,
}

/// Shown once; each works once.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

impl From<Vec<RecoveryCode>> for RecoveryCodes {
    fn from(codes: Vec<RecoveryCode>) -> RecoveryCodes {
        RecoveryCodes { recovery_codes: codes.iter().map(RecoveryCode::reveal).collect() }
    }
}

/// Confirms the second factor that was begun.
#[utoipa::path(post, path = "/api/desk/session/factor/confirm", request_body = Code, responses(
    (status = 200, body = RecoveryCodes), (status = 401, body = ErrorBody)
))]
pub(super) async fn confirm_factor(
    State(desk): State<Desk>,
    who: SignedIn,
    Body(typed): Body<Code>,
) -> Result<Json<RecoveryCodes>, DeskError> {
    Ok(Json(desk.accounts().confirm_factor(&who, &typed.totp, now_ms()).await?.into()))
}
