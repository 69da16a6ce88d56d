//! Which pages may talk to the API from a browser.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};

use super::error::ApiError;

/// Origins (`https://example.gov.vn`) of pages that carry the widget, beside this server's own.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// `*` allows every page; conversations are opened by their token alone, never by a cookie.
    pub fn new(allowed: Vec<String>) -> Origins {
        Origins(allowed.into_iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect())
    }

    /// Whether a page of another origin may read answers.
    pub(super) fn allows_cross(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.0.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
    }

    /// Refuses a write from a page that is neither ours nor allowed. Programs send no Origin and are not concerned.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        match headers.get(header::ORIGIN) {
            Some(origin) if !self.allows_cross(origin) && !is_own_origin(origin, headers) => Err(ApiError::ForbiddenOrigin),
            _ => Ok(()),
        }
    }
}

/// The page came from the host that is being asked.
pub(crate) fn is_own_origin(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let from = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    match (host.map(str::parse::<Authority>), from.map(str::parse::<Authority>)) {
        (Some(Ok(host)), Some(Ok(from))) => host == from,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_origins_are_refused_unless_listed() {
        let check = |allowed: &[&str], origin: Option<&str>, want: bool| {
            let origins = Origins::new(allowed.iter().map(ToString::to_string).collect());
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "hotro.example:8080".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(origins.check(&headers).is_ok(), want, "{allowed:?} {origin:?}");
        };
        check(&[], None, true);
        check(&[], Some("http://hotro.example:8080"), true);
        check(&[], Some("https://evil.example"), false);
        check(&[], Some("null"), false);
        check(&["https://bhxh.example"], Some("https://bhxh.example"), true);
        check(&["https://bhxh.example/"], Some("https://BHXH.example"), true);
        check(&["https://bhxh.example"], Some("https://bhxh.example.evil"), false);
        check(&["*"], Some("https://anything.example"), true);
    }
}
