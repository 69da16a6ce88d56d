//! A mailbox is told who waits while nobody is at the desk.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::TellError;
use crate::config::{ConfigError, MailConfig};
use crate::desk::texts;
use crate::store::OutgoingRow;

const SEND_WAIT: Duration = Duration::from_secs(10);

/// The mail server, and between whom.
pub(super) struct Mail {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Mailbox,
    /// The console's address, as far as it is known.
    origin: Option<String>,
}

impl Mail {
    /// `None` without a server.
    pub(super) fn from_keys(keys: &MailConfig, origin: Option<String>) -> Result<Option<Mail>, ConfigError> {
        let refused = |reason: &str| ConfigError::Value(reason.to_owned());
        let Some(url) = &keys.smtp_url else { return Ok(None) };
        // Its error may repeat the password.
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.reveal());
        let smtp = smtp.map_err(|_| refused("mail.smtp_url: expected smtps://user:password@host:465"))?.timeout(Some(SEND_WAIT)).build();
        let mailbox = |key: &str, address: &Option<String>| {
            let parsed = address.as_deref().and_then(|address| address.parse().ok());
            parsed.ok_or_else(|| refused(&format!("{key}: expected an address such as ca-truc@agency.example")))
        };
        Ok(Some(Mail { smtp, from: mailbox("mail.from", &keys.from)?, to: mailbox("mail.to", &keys.to)?, origin }))
    }

    /// Whether the server answers and knows the user. Nothing is sent.
    pub(super) async fn lets_in(&self) -> bool {
        self.smtp.test_connection().await.unwrap_or(false)
    }

    /// `words` are the citizen's last ones, masked.
    pub(super) async fn tell(&self, row: &OutgoingRow, at_ms: i64, words: Option<&str>) -> Result<(), TellError> {
        let link = self.origin.as_ref().map(|origin| format!("{origin}/console/c/{}", row.conversation_id));
        let message = Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            // The same in every attempt: a mailbox that got it before the answer was lost shows it once.
            .message_id(Some(format!("<{}@hotro>", row.outgoing_id)))
            .subject(texts::WAITING_SUBJECT)
            .header(ContentType::TEXT_PLAIN)
            .body(texts::waiting_mail(at_ms, words, link.as_deref()))
            .map_err(|error| TellError::Smtp(error.to_string()))?;
        // The server's answer may repeat an address; its code says enough.
        self.smtp.send(message).await.map(drop).map_err(|error| {
            let code = error.status().map(|code| code.to_string());
            TellError::Smtp(code.unwrap_or_else(|| if error.is_timeout() { "no answer in time" } else { "no connection" }.to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(keys: &str) -> Result<bool, String> {
        Mail::from_keys(&toml::from_str(keys).unwrap(), None).map(|mail| mail.is_some()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_bad_key_is_named_and_the_password_is_not_printed() {
        let good = "smtp_url = \"smtps://ca:geheim@mail.agency.example:465\"\nfrom = \"hotro@agency.example\"\nto = \"Ca trực <ca@agency.example>\"";
        assert_eq!(mail(good), Ok(true));
        assert_eq!(mail(""), Ok(false));
        let wrong = mail("smtp_url = \"https://ca:geheim@mail.agency.example\"").unwrap_err();
        assert!(wrong.contains("mail.smtp_url") && !wrong.contains("geheim"), "{wrong}");
        assert!(mail("smtp_url = \"smtp://mail.agency.example\"\nfrom = \"a@b.example\"").unwrap_err().contains("mail.to"));
    }
}
