//! One port to the telephones of citizens: a gateway over HTTP, or the terminal of whoever tries hotro.

use std::io::Write;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::{StatusCode, Url, header};

use crate::conversation::Phone;

const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// A password that comes later has lost much of its time.
const CALL_WAIT: Duration = Duration::from_secs(15);
/// The body of a request where none is configured.
pub const BODY_DEFAULT: &str = r#"{"to":"{phone}","text":"{text}"}"#;

/// Why a text was not sent. Holds neither the number nor the text.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// Trying again may help.
    #[error("the SMS gateway cannot be reached")]
    Network(#[source] reqwest::Error),
    /// Trying again may help.
    #[error("the SMS gateway fails with status {0}")]
    Server(u16),
    /// The same text would be refused again.
    #[error("the SMS gateway refuses the request with status {0}")]
    Refused(u16),
    /// The terminal is gone.
    #[error("nothing can be printed")]
    Terminal(#[source] std::io::Error),
}

impl SmsError {
    /// Whether trying again may help.
    pub fn passes(&self) -> bool {
        match self {
            // A request that was sent may have been heard: a second one would be a second SMS.
            SmsError::Network(error) => error.is_connect(),
            SmsError::Server(_) => true,
            SmsError::Refused(_) | SmsError::Terminal(_) => false,
        }
    }
}

/// Sends texts to telephones.
pub trait Sms: Send + Sync {
    /// Sends one text.
    fn send<'a>(&'a self, phone: &'a Phone, text: &'a str) -> BoxFuture<'a, Result<(), SmsError>>;
}

/// Prints texts where the program runs. For trying hotro, never in service: whoever reads the output reads the passwords.
pub struct Console;

impl Sms for Console {
    fn send<'a>(&'a self, phone: &'a Phone, text: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        async move { writeln!(std::io::stdout(), "hotro: SMS to {}: {text}", phone.masked()).map_err(SmsError::Terminal) }.boxed()
    }
}

/// A gateway that takes a text by a POST.
pub struct HttpGateway {
    http: reqwest::Client,
    url: Url,
    /// With `{phone}` and `{text}`.
    body: String,
    is_json: bool,
    authorization: Option<header::HeaderValue>,
}

impl HttpGateway {
    /// `body` holds `{phone}` and `{text}`; when it begins with `{` it is JSON, otherwise a form. `authorization` is the value of that
    /// header. `None` when something of it cannot be used.
    pub fn new(url: Url, body: &str, authorization: Option<&str>) -> Option<HttpGateway> {
        let authorization = match authorization {
            Some(value) => {
                let mut value = header::HeaderValue::from_str(value).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let http = reqwest::Client::builder().connect_timeout(CONNECT_WAIT).timeout(CALL_WAIT).redirect(reqwest::redirect::Policy::none());
        let is_json = body.trim_start().starts_with('{') || body.trim_start().starts_with('[');
        let has_both = body.contains("{phone}") && body.contains("{text}");
        has_both.then(|| http.build().ok()).flatten().map(|http| HttpGateway { http, url, body: body.to_owned(), is_json, authorization })
    }

    fn filled(&self, phone: &Phone, text: &str) -> String {
        let escape = |value: &str| {
            if self.is_json {
                let quoted = serde_json::Value::from(value).to_string();
                quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
            } else {
                let mut out = Url::parse("http://form/").map_or_else(
                    |_| String::new(),
                    |mut url| {
                        url.query_pairs_mut().append_pair("v", value);
                        url.query().unwrap_or_default().to_owned()
                    },
                );
                out.drain(..out.len().min("v=".len()));
                out
            }
        };
        // The number first: a text may hold what looks like a place for it.
        self.body.replacen("{phone}", &escape(phone.reveal()), 1).replacen("{text}", &escape(text), 1)
    }
}

impl Sms for HttpGateway {
    fn send<'a>(&'a self, phone: &'a Phone, text: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        async move {
            let kind = if self.is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            let mut request = self.http.post(self.url.clone()).header(header::CONTENT_TYPE, kind).body(self.filled(phone, text));
            if let Some(authorization) = &self.authorization {
                request = request.header(header::AUTHORIZATION, authorization.clone());
            }
            let response = request.send().await.map_err(|error| SmsError::Network(error.without_url()))?;
            match response.status() {
                status if status.is_success() => Ok(()),
                status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Err(SmsError::Server(status.as_u16())),
                status => Err(SmsError::Refused(status.as_u16())),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_and_escaped() {
        let phone = Phone::parse("0412345678").unwrap();
        let filled =
            |body: &str, text: &str| HttpGateway::new(Url::parse("http://gateway/").unwrap(), body, None).unwrap().filled(&phone, text);
        assert_eq!(filled(BODY_DEFAULT, "a \"b\"\n{phone}"), r#"{"to":"0412345678","text":"a \"b\"\n{phone}"}"#);
        assert_eq!(filled("to={phone}&msg={text}", "a b&c=d"), "to=0412345678&msg=a+b%26c%3Dd");
        assert!(HttpGateway::new(Url::parse("http://gateway/").unwrap(), "{phone}", None).is_none());
        assert!(HttpGateway::new(Url::parse("http://gateway/").unwrap(), BODY_DEFAULT, Some("a\nb")).is_none());
    }
}
