//! What stands before the handlers: where a write comes from, and who asks.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRef, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::{Desk, DeskError};
use crate::channel::web::is_own_origin;
use crate::conversation::{Token, now_ms};
use crate::desk::account::{AccountError, Actor, Role, SESSION_MS_MAX, SignedIn};

/// The cookie of a server whose public address is known to be https: its name makes browsers refuse one that a neighbouring
/// domain sets, or that travels unencrypted.
const HOST_COOKIE: &str = "__Host-hotro_desk";
const PLAIN_COOKIE: &str = "hotro_desk";

/// Somebody signed in whose role is supervisor, and who has the second factor that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervisor(pub SignedIn);

/// A JSON body. A wrong one is refused in the API's own words.
pub(super) struct Body<T>(pub(super) T);

/// Lets a write pass only when it comes from a page of this server and says that it is JSON. No page of another origin can send
/// that without asking first, and nobody answers such a question here.
pub(super) async fn writes(State(desk): State<Desk>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    let (method, headers) = (request.method(), request.headers());
    if method == Method::GET || method == Method::HEAD {
        return next.run(request).await;
    }
    if !desk.is_own(headers) {
        desk.refused("origin", Actor::Anyone, Some(desk.network(peer, headers))).await;
        return DeskError::ForbiddenOrigin.into_response();
    }
    // A DELETE has no body, and no form can send one.
    if method != Method::DELETE && !is_json(headers) {
        return DeskError::NotJson.into_response();
    }
    next.run(request).await
}

impl Desk {
    /// The page that asks is ours. Browsers name the origin of every write; a request without one is no browser's.
    fn is_own(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return false };
        match &self.inner.public_origin {
            Some(own) => origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()),
            None => is_own_origin(origin, headers),
        }
    }

    /// The cookie that opens a session, for as long as a session can last.
    pub(super) fn cookie(&self, token: &Token, headers: &HeaderMap) -> Result<HeaderValue, DeskError> {
        self.cookie_line(token.reveal(), SESSION_MS_MAX / 1_000, headers)
    }

    /// The cookie that removes it from the browser.
    pub(super) fn no_cookie(&self, headers: &HeaderMap) -> Result<HeaderValue, DeskError> {
        self.cookie_line("", 0, headers)
    }

    fn cookie_line(&self, value: &str, max_age_s: i64, headers: &HeaderMap) -> Result<HeaderValue, DeskError> {
        // The page's own origin tells whether the browser came by https, whatever proxies are between.
        let by_https = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
        let secure = if self.is_https() || by_https { "; Secure" } else { "" };
        let line = format!("{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}", self.cookie_name());
        HeaderValue::from_str(&line).map_err(|_| DeskError::Internal)
    }

    fn cookie_name(&self) -> &'static str {
        if self.is_https() { HOST_COOKIE } else { PLAIN_COOKIE }
    }

    fn is_https(&self) -> bool {
        self.inner.public_origin.as_ref().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The token that a request presents; `None` without our cookie.
    pub(super) fn presented(&self, headers: &HeaderMap) -> Option<Token> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie_name()).map(|(_, token)| Token::presented(token))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

impl<S> FromRequestParts<S> for SignedIn
where
    Desk: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = DeskError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<SignedIn, DeskError> {
        let desk = Desk::from_ref(state);
        let token = desk.presented(&parts.headers).ok_or(DeskError::SignedOut)?;
        if let Some(signed_in) = desk.accounts().signed_in(&token, now_ms()).await? {
            return Ok(signed_in);
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let network = peer.map(|ConnectInfo(peer)| desk.network(*peer, &parts.headers));
        desk.refused("session", Actor::Anyone, network).await;
        Err(DeskError::SignedOut)
    }
}

impl<S> FromRequestParts<S> for Supervisor
where
    Desk: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = DeskError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Supervisor, DeskError> {
        let desk = Desk::from_ref(state);
        let who = SignedIn::from_request_parts(parts, state).await?;
        if who.lacks_second_factor() {
            return Err(AccountError::SecondFactorRequired.into());
        }
        if who.operator.role != Role::Supervisor {
            desk.refused("role", who.actor(), None).await;
            return Err(DeskError::RoleRefused);
        }
        Ok(Supervisor(who))
    }
}

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = DeskError;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, DeskError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => DeskError::TooLarge,
            _ => DeskError::BadJson,
        })?;
        serde_json::from_slice(&bytes).map(Body).map_err(|_| DeskError::BadJson)
    }
}
