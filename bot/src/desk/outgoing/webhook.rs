//! The agency's own system is told by HTTP.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use reqwest::redirect::Policy;
use serde::Serialize;
use sha2::Sha256;
use uuid::Uuid;

use super::TellError;
use crate::config::{ConfigError, WebhookConfig};
use crate::conversation::now_ms;
use crate::dialogue::{Event, Recorded};
use crate::store::OutgoingRow;

const CALL_WAIT: Duration = Duration::from_secs(10);
const SECRET_CHARS_MIN: usize = 32;

/// Where to, and the key of the signatures.
pub(super) struct Webhook {
    http: reqwest::Client,
    url: Url,
    /// HMAC-SHA-256 under the shared secret.
    mac: Hmac<Sha256>,
}

/// What is told. It holds nothing of what was said.
#[derive(Serialize)]
struct Told<'a> {
    /// Names the delivery: the same one again is the same event.
    id: Uuid,
    /// handoff.requested, handoff.claimed or handoff.resolved.
    event: &'static str,
    at_ms: i64,
    conversation_id: Uuid,
    /// The place in the conversation's log: deliveries may come late and out of order.
    seq: u64,
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'a str>,
}

impl Webhook {
    /// `None` without a URL.
    pub(super) fn from_keys(keys: &WebhookConfig) -> Result<Option<Webhook>, ConfigError> {
        let refused = |reason: &str| ConfigError::Value(reason.to_owned());
        let Some(url) = &keys.url else { return Ok(None) };
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        let url = url.ok_or_else(|| refused("webhook.url: expected https://..."))?;
        let secret = keys.secret.clone().filter(|secret| secret.reveal().chars().count() >= SECRET_CHARS_MIN);
        let secret = secret.ok_or_else(|| refused("webhook.secret: expected at least 32 characters (openssl rand -hex 32)"))?;
        let mac = Hmac::new_from_slice(secret.reveal().as_bytes()).map_err(|_| refused("webhook.secret: expected a text"))?;
        // A redirect could lead anywhere; the agency names the address that it means.
        let http = reqwest::Client::builder().timeout(CALL_WAIT).redirect(Policy::none()).build();
        let http = http.map_err(|_| refused("webhook.url: no HTTP client can be made"))?;
        Ok(Some(Webhook { http, url, mac }))
    }

    pub(super) async fn tell(&self, row: &OutgoingRow, channel: &str, recorded: &Recorded) -> Result<(), TellError> {
        let (event, reason, operator) = match &recorded.event {
            Event::HandoffRequested { reason } => ("handoff.requested", Some(reason.name()), None),
            Event::HandoffClaimed { operator, .. } => ("handoff.claimed", None, Some(operator.as_str())),
            Event::HandoffResolved { reason } => ("handoff.resolved", Some(reason.as_str()), None),
            _ => return Ok(()),
        };
        let OutgoingRow { outgoing_id: id, conversation_id, seq, .. } = *row;
        let told = Told { id, event, at_ms: recorded.at_ms, conversation_id, seq, channel, reason, operator };
        let body = serde_json::to_string(&told).map_err(|error| TellError::Network(error.to_string()))?;
        let at_s = now_ms() / 1_000;
        let call = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("hotro-event", event)
            .header("hotro-delivery", id.to_string())
            .header("hotro-timestamp", at_s.to_string())
            .header("hotro-signature", self.signature(at_s, &body))
            .body(body);
        let status = call.send().await.map_err(|error| TellError::Network(error.without_url().to_string()))?.status();
        if status.is_success() { Ok(()) } else { Err(TellError::Status(status.as_u16())) }
    }

    /// Over `<hotro-timestamp>.<body>`: the receiver makes the same and compares, and refuses what is older than some minutes.
    fn signature(&self, at_s: i64, body: &str) -> String {
        format!("v1={}", hex::encode(self.mac.clone().chain_update(format!("{at_s}.{body}")).finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(url: &str, secret: &str) -> Result<bool, String> {
        let keys = format!("url = {url:?}\nsecret = {secret:?}");
        Webhook::from_keys(&toml::from_str(&keys).unwrap()).map(|webhook| webhook.is_some()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bad_key_is_named_and_the_secret_is_not_printed() {
        let secret = "0123456789abcdef0123456789abcdef";
        assert_eq!(webhook("https://agency.example/hook", secret), Ok(true));
        assert!(webhook("ftp://agency.example", secret).unwrap_err().contains("webhook.url"));
        let short = webhook("https://agency.example/hook", "geheim").unwrap_err();
        assert!(short.contains("webhook.secret") && !short.contains("geheim"), "{short}");
    }
}
