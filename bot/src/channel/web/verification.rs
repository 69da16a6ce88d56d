//! The secure form: code, date of birth and one-time password come here, and never into the chat.
//!
//! The widget opens the form of its conversation with the conversation's token, a page of this server with the one-time token of a link.
//! Both get a session, which is all that the form holds.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;
use uuid::Uuid;

use super::api::authorise;
use super::error::{ApiError, ErrorBody};
use super::{Web, Work};
use crate::conversation::{Token, now_ms};
use crate::dialogue::texts::lookup::{self as words, form};
use crate::dialogue::{Channel, Input, NotFetched, day_in_vietnam};
use crate::identity::birth::parse_birth;
use crate::identity::code::Identifier;
use crate::identity::demo;
use crate::identity::record::{Contribution, Kind, Record, What, total};
use crate::identity::service::{Form, FormError, Started};
use crate::identity::verification::Otp;
use crate::identity::{Claim, Identity};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Answers about who somebody is leave at whole steps after the question came. Looking takes a fraction of the first.
const ANSWER_STEP: Duration = Duration::from_millis(50);

/// What a form needs to go on.
#[derive(Serialize, ToSchema)]
pub(super) struct FormBody {
    /// Opens this form; shown only here.
    session: String,
    /// When it closes, in Unix milliseconds.
    expires_ms: i64,
    /// The agreement: what is read, what for, for how long.
    consent: &'static str,
}

/// Why a form cannot go on.
pub(super) struct Refused(Box<Response>);

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Refused {
        Refused(Box::new(error.into_response()))
    }
}

impl From<FormError> for Refused {
    fn from(error: FormError) -> Refused {
        let seconds = |wait_ms: i64| (wait_ms.max(0) + SECOND_MS - 1) / SECOND_MS;
        let (status, code, message, wait_s) = match error {
            FormError::Closed => (StatusCode::UNAUTHORIZED, "form_closed", form::CLOSED.to_owned(), None),
            FormError::Link => (StatusCode::UNAUTHORIZED, "link_used", form::LINK_USED.to_owned(), None),
            FormError::Locked { wait_ms } => {
                let minutes = (wait_ms.max(0) + MINUTE_MS - 1) / MINUTE_MS;
                (StatusCode::TOO_MANY_REQUESTS, "locked", form::locked(minutes.max(1)), Some(seconds(wait_ms)))
            }
            FormError::TooEarly { wait_ms } => {
                (StatusCode::TOO_MANY_REQUESTS, "too_early", form::too_early(seconds(wait_ms)), Some(seconds(wait_ms)))
            }
            FormError::NoSends => (StatusCode::CONFLICT, "no_sends", form::NO_SENDS.to_owned(), None),
            FormError::NoTries => (StatusCode::CONFLICT, "no_tries", form::NO_TRIES.to_owned(), None),
            FormError::WrongOtp { left } => (StatusCode::UNPROCESSABLE_ENTITY, "wrong_otp", form::wrong_otp(left), None),
            FormError::Store(error) => return ApiError::from(crate::conversation::ConversationError::from(error)).into(),
            FormError::Conversation(error) => return ApiError::from(error).into(),
        };
        refused(status, code, message, wait_s)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = *self.0;
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        response
    }
}

fn refused(status: StatusCode, code: &'static str, message: String, wait_s: Option<i64>) -> Refused {
    let mut response = (status, Json(ErrorBody::new(code, message))).into_response();
    if let Some(value) = wait_s.and_then(|wait_s| header::HeaderValue::from_str(&wait_s.to_string()).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Refused(Box::new(response))
}

/// A field of the form that cannot be read; the name of the field stands in the code.
fn field(code: &'static str, message: impl Into<String>) -> Refused {
    refused(StatusCode::BAD_REQUEST, code, message.into(), None)
}

/// What is personal is kept by nobody on the way.
fn private<T: Serialize>(status: StatusCode, body: T) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn identity(web: &Web) -> Result<&Identity, Refused> {
    web.inner.identity.get().ok_or_else(|| refused(StatusCode::NOT_FOUND, "off", form::OFF.to_owned(), None))
}

fn session(headers: &HeaderMap) -> Result<Token, Refused> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    bearer.map(Token::presented).ok_or_else(|| FormError::Closed.into())
}

fn body<T: for<'de> Deserialize<'de>>(bytes: Result<Bytes, BytesRejection>) -> Result<T, Refused> {
    let bytes = bytes.map_err(|_| ApiError::BadJson)?;
    Ok(serde_json::from_slice(&bytes).map_err(|_| ApiError::BadJson)?)
}

fn opened(form: &Form) -> Response {
    let body = FormBody { session: form.session.reveal().to_owned(), expires_ms: form.expires_ms, consent: words::CONSENT };
    private(StatusCode::CREATED, body)
}

/// Opens the secure form of a conversation. What an earlier form proved ends.
#[utoipa::path(post, path = "/api/conversations/{id}/verification",
    params(("id" = Uuid, Path), ("Authorization" = String, Header, description = "Bearer <token>")),
    responses((status = 201, body = FormBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(super) async fn open(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    web.inner.origins.check(&headers)?;
    let (id, _at_work) = authorise(&web, id, &headers, Work::Write).await?;
    web.inner.limits.message(id, web.inner.limits.network(peer, &headers))?;
    Ok(opened(&identity(&web)?.open_form(id).await?))
}

/// The one-time token of a link.
#[derive(Deserialize, ToSchema)]
pub(super) struct Link {
    token: Option<String>,
}

/// Opens the secure form by a link, once.
#[utoipa::path(post, path = "/api/verification/open", request_body = Link,
    responses((status = 201, body = FormBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(super) async fn open_by_link(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    web.inner.origins.check(&headers)?;
    let _at_work = web.admit(Work::Write)?;
    web.inner.limits.conversation(web.inner.limits.network(peer, &headers))?;
    let link: Link = body(bytes)?;
    let token = link.token.ok_or(ApiError::BadRequest("token"))?;
    Ok(opened(&identity(&web)?.open_form_by_link(&Token::presented(&token)).await?))
}

/// Who somebody says they are.
#[derive(Deserialize, ToSchema)]
pub(super) struct Start {
    /// They have read what is read and what for, and agree.
    consent: Option<bool>,
    /// Social-insurance code, card number or citizen ID.
    identifier: Option<String>,
    /// 25/11/1990.
    birth: Option<String>,
}

/// A password was made. Whether it was sent to somebody is not said.
#[derive(Serialize, ToSchema)]
pub(super) struct StartedBody {
    /// Vietnamese, for people.
    message: &'static str,
    /// For how long the password is taken.
    otp_expires_in_s: i64,
    /// When another one can be asked for; null: no more.
    resend_in_s: Option<i64>,
}

fn started(started: Started) -> Response {
    let seconds = |until_ms: i64| ((until_ms - now_ms()) / SECOND_MS).max(0);
    let resend_in_s = started.resend_ms.map(|until_ms| seconds(until_ms) + 1);
    private(StatusCode::ACCEPTED, StartedBody { message: form::SENT, otp_expires_in_s: seconds(started.otp_expires_ms), resend_in_s })
}

/// What was found out, at the next whole step after it was asked: a known person costs fractions of a millisecond more or less than an
/// unknown one, and thousands of attempts would tell.
async fn in_step<T>(found_out: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let found_out = found_out.await;
    let steps = begun.elapsed().as_millis() / ANSWER_STEP.as_millis() + 1;
    sleep_until(begun + ANSWER_STEP * u32::try_from(steps).unwrap_or(u32::MAX)).await;
    found_out
}

/// The first step. The answer is the same whoever it is.
#[utoipa::path(post, path = "/api/verification/start", request_body = Start,
    params(("Authorization" = String, Header, description = "Bearer <session>")),
    responses((status = 202, body = StartedBody), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(super) async fn start(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    web.inner.origins.check(&headers)?;
    let _at_work = web.admit(Work::Write)?;
    let identity = identity(&web)?;
    let session = session(&headers)?;
    let typed: Start = body(bytes)?;
    if typed.consent != Some(true) {
        return Err(field("consent", form::NO_CONSENT));
    }
    let identifier = Identifier::parse(typed.identifier.as_deref().unwrap_or_default());
    let identifier = identifier.map_err(|error| field("identifier", form::identifier(error)))?;
    let birth = parse_birth(typed.birth.as_deref().unwrap_or_default(), day_in_vietnam(now_ms()));
    let birth = birth.map_err(|error| field("birth", form::birth(error)))?;
    let network = web.inner.limits.network(peer, &headers);
    let done = in_step(identity.start(&session, network, &Claim { identifier, birth })).await?;
    tell_telegram(&web, &session, done.conversation_id).await;
    Ok(started(done))
}

/// On Telegram there is another way than the password, and the chat offers it.
async fn tell_telegram(web: &Web, session: &Token, id: Uuid) {
    let is_telegram = match web.conversations().store().conversation(id).await {
        Ok(row) => row.is_some_and(|row| row.channel == Channel::Telegram.name()),
        Err(_) => false,
    };
    if is_telegram {
        // Once a form.
        let input_id = format!("form:{}", hex::encode(&session.hash()[..16]));
        if let Err(error) = web.conversations().submit(id, &input_id, &Input::FormSent).await {
            tracing::error!(conversation.id = %id, error = error.to_string(), "the chat could not be told of its form");
        }
    }
}

/// Another password for the same.
#[utoipa::path(post, path = "/api/verification/resend",
    params(("Authorization" = String, Header, description = "Bearer <session>")),
    responses((status = 202, body = StartedBody), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(super) async fn resend(State(web): State<Web>, headers: HeaderMap) -> Result<Response, Refused> {
    web.inner.origins.check(&headers)?;
    let _at_work = web.admit(Work::Write)?;
    let (identity, session) = (identity(&web)?, session(&headers)?);
    Ok(started(in_step(identity.resend(&session)).await?))
}

/// The password from the SMS.
#[derive(Deserialize, ToSchema)]
pub(super) struct Check {
    otp: Option<String>,
}

/// The second step.
#[utoipa::path(post, path = "/api/verification/check", request_body = Check,
    params(("Authorization" = String, Header, description = "Bearer <session>")),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub(super) async fn check(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    web.inner.origins.check(&headers)?;
    let _at_work = web.admit(Work::Write)?;
    let identity = identity(&web)?;
    let session = session(&headers)?;
    let typed: Check = body(bytes)?;
    let otp = Otp::parse(typed.otp.as_deref().unwrap_or_default()).ok_or_else(|| field("otp", form::OTP_FORM))?;
    let network = web.inner.limits.network(peer, &headers);
    in_step(identity.check(&session, network, &otp)).await?;
    Ok(private(StatusCode::OK, json!({ "verified": true })))
}

/// What a printed page needs: read once more, under the eyes of the audit.
#[utoipa::path(post, path = "/api/conversations/{id}/summary",
    params(("id" = Uuid, Path), ("Authorization" = String, Header, description = "Bearer <token>")),
    responses((status = 200), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub(super) async fn summary(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    web.inner.origins.check(&headers)?;
    let (id, at_work) = authorise(&web, id, &headers, Work::Write).await?;
    web.inner.limits.message(id, web.inner.limits.network(peer, &headers))?;
    // Where the records are it may take seconds.
    drop(at_work);
    let identity = identity(&web)?;
    let closed = || FormError::Closed.into();
    let proof = identity.verified(id).await.map_err(FormError::from)?.ok_or_else(closed)?;
    match identity.read(id, What::Participation, None).await {
        Ok((_, Record::Contributions(all))) => Ok(private(StatusCode::OK, summary_of(proof.code().reveal(), &all))),
        Ok(_) | Err(NotFetched::Unavailable | NotFetched::Slow | NotFetched::Unreadable) => Err(ApiError::Unavailable.into()),
        Err(NotFetched::Unverified) => Err(closed()),
    }
}

fn summary_of(code: &str, all: &[Contribution]) -> serde_json::Value {
    let totals = Kind::ALL.into_iter().map(|kind| (kind, total(all, kind))).filter(|(_, total)| total.months > 0);
    let totals: Vec<_> = totals
        .map(|(kind, total)| {
            let gaps: Vec<_> = total.gaps.iter().map(|(from, to)| format!("{from} đến {to}")).collect();
            json!({ "kind": kind, "duration": words::duration(total.months), "months": total.months, "gaps": gaps })
        })
        .collect();
    let periods: Vec<_> = all
        .iter()
        .map(|period| {
            json!({ "kind": period.kind, "from": period.from.to_string(), "to": period.to.to_string(), "months": period.from.until(period.to) + 1,
                "employer": period.employer, "job": period.job, "salary": words::dong(period.salary_dong) })
        })
        .collect();
    json!({ "code": code, "made_ms": now_ms(), "totals": totals, "periods": periods })
}

/// The invented people that this installation knows; the page says which code to try.
pub(super) async fn demo(State(web): State<Web>) -> Response {
    let known = match web.inner.identity.get() {
        Some(_) => web.conversations().store().demo_persons(1).await.is_ok_and(|rows| !rows.is_empty()),
        None => false,
    };
    let people: Vec<_> = demo::PEOPLE
        .iter()
        .filter(|_| known)
        .map(|person| json!({ "code": person.code, "birth": faq::vietnamese_date(person.birth), "about": person.about }))
        .collect();
    Json(json!({ "people": people })).into_response()
}
