//! Errors of the desk's API: the same shape as the citizens', with words for operators.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::channel::web::{ErrorBody, UNAVAILABLE_RETRY_S};
use crate::conversation::ConversationError;
use crate::desk::account::{AccountError, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordRefusal, RosterError};
use crate::desk::hotline::HotlineError;
use crate::desk::queue::Refusal;
use crate::desk::texts;
use crate::store::StoreError;

/// Why a request to the desk was refused.
#[derive(Debug)]
pub enum DeskError {
    /// No session, a forged one, or one that is over: these look the same.
    SignedOut,
    /// The role does not allow it.
    RoleRefused,
    /// The request came from another page, or from a program that does not say from where.
    ForbiddenOrigin,
    /// The body is not declared as JSON.
    NotJson,
    /// The body is no JSON, or a field is missing or of another type.
    BadJson,
    /// A field is not of its form; the name of the field.
    BadRequest(&'static str),
    /// The body is too long.
    TooLarge,
    /// No such address, or nothing there.
    NotFound,
    /// The address is there, the method is not.
    MethodNotAllowed,
    /// Our fault.
    Internal,
    /// Signing in, passwords, second factors, invitations.
    Account(AccountError),
    /// Changing operators.
    Roster(RosterError),
    /// The queue does not allow it.
    Refused(Refusal),
    /// The conversation cannot be read or written now.
    Conversation(ConversationError),
    /// The queue cannot be read or written now.
    Hotline(HotlineError),
    /// The citizen of the conversation is not verified, or no longer.
    NotVerified,
    /// What is asked of the records does not come.
    RecordsUnavailable,
    /// What was typed cannot be the hours of the desk; why.
    Calendar(String),
    /// This process serves accounts and no queue, or is stopping.
    Unavailable,
}

impl DeskError {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        let said = |status, code, message: &str| (status, code, message.to_owned());
        match self {
            DeskError::SignedOut => said(StatusCode::UNAUTHORIZED, "signed_out", texts::SIGNED_OUT),
            DeskError::RoleRefused => said(StatusCode::FORBIDDEN, "role_refused", texts::ROLE_REFUSED),
            DeskError::ForbiddenOrigin => said(StatusCode::FORBIDDEN, "forbidden_origin", texts::FORBIDDEN_ORIGIN),
            DeskError::NotJson => said(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", texts::NOT_JSON),
            DeskError::BadJson => said(StatusCode::BAD_REQUEST, "bad_json", texts::BAD_JSON),
            DeskError::BadRequest(field) => (StatusCode::BAD_REQUEST, "bad_request", texts::bad_request(field)),
            DeskError::TooLarge => said(StatusCode::PAYLOAD_TOO_LARGE, "too_large", texts::TOO_LARGE),
            DeskError::NotFound => said(StatusCode::NOT_FOUND, "not_found", texts::NOT_FOUND),
            DeskError::MethodNotAllowed => said(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", texts::NOT_FOUND),
            DeskError::Internal => said(StatusCode::INTERNAL_SERVER_ERROR, "internal", texts::INTERNAL),
            DeskError::Account(error) => account_parts(error),
            DeskError::Roster(error) => match error {
                RosterError::Form(field) => DeskError::BadRequest(field).parts(),
                RosterError::NameTaken => said(StatusCode::CONFLICT, "name_taken", texts::NAME_TAKEN),
                RosterError::Full => said(StatusCode::CONFLICT, "roster_full", texts::ROSTER_FULL),
                RosterError::Unknown => DeskError::NotFound.parts(),
                RosterError::OneSelf => said(StatusCode::CONFLICT, "one_self", texts::ONE_SELF),
                RosterError::Store(error) if error.passes() => DeskError::Unavailable.parts(),
                RosterError::Store(_) => DeskError::Internal.parts(),
            },
            DeskError::Refused(refusal) => said(StatusCode::CONFLICT, word_of(*refusal), texts::refused(*refusal)),
            DeskError::Conversation(ConversationError::NotFound) => DeskError::NotFound.parts(),
            DeskError::Conversation(ConversationError::Busy) | DeskError::Hotline(HotlineError::Busy) | DeskError::Unavailable => {
                said(StatusCode::SERVICE_UNAVAILABLE, "unavailable", texts::UNAVAILABLE)
            }
            DeskError::Conversation(ConversationError::Store(error)) | DeskError::Hotline(HotlineError::Store(error)) if error.passes() => {
                DeskError::Unavailable.parts()
            }
            DeskError::Conversation(_) | DeskError::Hotline(_) => DeskError::Internal.parts(),
            DeskError::NotVerified => said(StatusCode::CONFLICT, "not_verified", texts::NOT_VERIFIED),
            DeskError::RecordsUnavailable => said(StatusCode::SERVICE_UNAVAILABLE, "records_unavailable", texts::RECORDS_UNAVAILABLE),
            DeskError::Calendar(reason) => (StatusCode::BAD_REQUEST, "bad_calendar", texts::bad_calendar(reason)),
        }
    }

    /// What engineers need to know; `None` for what people did.
    fn fault(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DeskError::Account(error @ (AccountError::Hash(_) | AccountError::Sealed(_) | AccountError::Store(_))) => Some(error),
            DeskError::Roster(error @ RosterError::Store(_)) => Some(error),
            DeskError::Conversation(ConversationError::NotFound) => None,
            DeskError::Conversation(error) => Some(error),
            DeskError::Hotline(error) => Some(error),
            _ => None,
        }
    }
}

/// The word for a refusal; the page knows it.
fn word_of(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchHandoff => "no_such_handoff",
        Refusal::NotPresent => "not_present",
        Refusal::Taken => "taken",
        Refusal::NotTheirs => "not_theirs",
        Refusal::NotSkilled => "not_skilled",
        Refusal::NoRoom => "no_room",
        Refusal::NotAccepting => "not_accepting",
        Refusal::Full => "full",
    }
}

fn account_parts(error: &AccountError) -> (StatusCode, &'static str, String) {
    let said = |status, code, message: &str| (status, code, message.to_owned());
    match error {
        AccountError::WrongCredentials => said(StatusCode::UNAUTHORIZED, "wrong_credentials", texts::WRONG_CREDENTIALS),
        AccountError::SecondFactorNeeded => said(StatusCode::UNAUTHORIZED, "second_factor_needed", texts::SECOND_FACTOR_NEEDED),
        AccountError::WrongCode => said(StatusCode::UNAUTHORIZED, "wrong_code", texts::WRONG_CODE),
        AccountError::LockedOut { retry_after_s } => (StatusCode::TOO_MANY_REQUESTS, "locked_out", texts::locked_out(*retry_after_s)),
        AccountError::InvitationClosed => said(StatusCode::NOT_FOUND, "invitation_closed", texts::INVITATION_CLOSED),
        AccountError::Password(refusal) => {
            let (code, message) = match refusal {
                PasswordRefusal::TooShort => ("password_too_short", texts::password_too_short(PASSWORD_CHARS_MIN)),
                PasswordRefusal::TooLong => ("password_too_long", texts::password_too_long(PASSWORD_CHARS_MAX)),
                PasswordRefusal::TooPlain => ("password_too_plain", texts::PASSWORD_TOO_PLAIN.to_owned()),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, code, message)
        }
        AccountError::SecondFactorRequired => said(StatusCode::FORBIDDEN, "second_factor_required", texts::SECOND_FACTOR_REQUIRED),
        AccountError::Busy => said(StatusCode::SERVICE_UNAVAILABLE, "unavailable", texts::UNAVAILABLE),
        AccountError::Store(error) if error.passes() => DeskError::Unavailable.parts(),
        AccountError::Hash(_) | AccountError::Sealed(_) | AccountError::Store(_) => DeskError::Internal.parts(),
    }
}

impl IntoResponse for DeskError {
    fn into_response(self) -> Response {
        if let Some(error) = self.fault() {
            tracing::error!(error = error.to_string(), "a request of an operator failed");
        }
        let (status, code, message) = self.parts();
        let mut response = (status, Json(ErrorBody::new(code, message))).into_response();
        let retry_after_s = match self {
            DeskError::Account(AccountError::LockedOut { retry_after_s }) => Some(retry_after_s),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(UNAVAILABLE_RETRY_S),
            _ => None,
        };
        if let Some(retry_after_s) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}

impl From<AccountError> for DeskError {
    fn from(error: AccountError) -> DeskError {
        DeskError::Account(error)
    }
}

impl From<ConversationError> for DeskError {
    fn from(error: ConversationError) -> DeskError {
        DeskError::Conversation(error)
    }
}

impl From<HotlineError> for DeskError {
    fn from(error: HotlineError) -> DeskError {
        DeskError::Hotline(error)
    }
}

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> DeskError {
        DeskError::Hotline(HotlineError::Store(error))
    }
}

impl From<RosterError> for DeskError {
    fn from(error: RosterError) -> DeskError {
        DeskError::Roster(error)
    }
}
