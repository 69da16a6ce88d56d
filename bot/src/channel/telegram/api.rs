//! The Bot API over HTTP.
//!
//! teloxide gives the types of the calls and the updates; the transport is ours. Its client holds a call that ends in a 5xx for ten
//! seconds, its Throttle keeps the queue of what is to be sent in memory, where a crash loses it, and it hands updates out only after
//! parsing them, so that what it cannot parse could not be stored as received. Here the queue is the log, and the pace is in [`super::pace`].

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use teloxide::payloads::{AnswerCallbackQuery, DeleteMessage, DeleteWebhook, GetMe, SendMessage, SendMessageSetters, SetMyCommands};
use teloxide::requests::Payload;
use teloxide::types::{
    BotCommand, ButtonRequest, CallbackQueryId, ChatId, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup, LinkPreviewOptions, Me,
    MessageId, ParseMode, ReplyMarkup,
};

use super::render::{Outgoing, Rendered};

const TELEGRAM: &str = "https://api.telegram.org";
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// For a call that Telegram answers at once.
const CALL_WAIT: Duration = Duration::from_secs(30);
/// For the contents of a file.
const FILE_WAIT: Duration = Duration::from_secs(60);
/// How long Telegram holds a poll when there is nothing to tell.
const POLL_HOLD: Duration = Duration::from_secs(50);
/// Telegram's own limit of a batch.
const UPDATES_A_POLL_MAX: u32 = 100;
/// The kinds of updates that mean something here; Telegram sends no others.
const ALLOWED_UPDATES: [&str; 4] = ["message", "edited_message", "callback_query", "my_chat_member"];
/// The pause that is kept when Telegram asks for one and does not say how long.
const FLOOD_PAUSE: Duration = Duration::from_secs(5);

/// Why a call did not do what was asked. Holds nothing of what was sent, and no URL: the token is a part of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("Telegram asks for a pause of {} s", retry_after.as_secs())]
    Flood { retry_after: Duration },
    #[error("Telegram forbids it: the chat does not want the bot")]
    Forbidden,
    #[error("Telegram does not know the token")]
    Token,
    /// The same call would be refused again.
    #[error("Telegram refuses the call with status {status}")]
    Refused { status: u16 },
    #[error("Telegram fails with status {status}")]
    Server { status: u16 },
    #[error("Telegram cannot be reached")]
    Network(#[source] reqwest::Error),
    #[error("Telegram's answer cannot be read")]
    Unreadable,
}

impl CallError {
    /// The word for it in metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            CallError::Flood { .. } => "flood",
            CallError::Forbidden => "forbidden",
            CallError::Token => "token",
            CallError::Refused { .. } => "refused",
            CallError::Server { .. } => "server",
            CallError::Network(_) => "network",
            CallError::Unreadable => "unreadable",
        }
    }
}

/// Every answer of the Bot API.
#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
    parameters: Option<Parameters>,
}

/// As much of a sent message as is needed.
#[derive(Deserialize)]
struct SentMessage {
    message_id: i32,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

/// The calls that the bot makes.
#[derive(Clone)]
pub(super) struct BotApi {
    http: reqwest::Client,
    /// `https://.../bot<token>/`.
    methods: Url,
    /// `https://.../file/bot<token>/`.
    files: Url,
}

impl BotApi {
    /// `server` is another Bot API server than Telegram's. `None` when it and the token make no URL.
    pub(super) fn new(token: &str, server: Option<&Url>) -> Option<BotApi> {
        let server = server.map_or(TELEGRAM, Url::as_str).trim_end_matches('/');
        let methods = Url::parse(&format!("{server}/bot{token}/")).ok()?;
        let files = Url::parse(&format!("{server}/file/bot{token}/")).ok()?;
        // Telegram does not redirect, and the token follows nobody elsewhere.
        let http = reqwest::Client::builder().connect_timeout(CONNECT_WAIT).redirect(Policy::none()).build().ok()?;
        Some(BotApi { http, methods, files })
    }

    /// The bot's own name, without `@`.
    pub(super) async fn username(&self) -> Result<String, CallError> {
        let me: Me = self.call(GetMe::NAME, &GetMe::new(), CALL_WAIT).await?;
        me.user.username.ok_or(CallError::Unreadable)
    }

    pub(super) async fn set_commands(&self, commands: &[(&str, &str)]) -> Result<(), CallError> {
        let commands = commands.iter().map(|(word, what)| BotCommand::new(*word, *what));
        self.do_call(&SetMyCommands::new(commands)).await
    }

    /// Updates come to `url` from now on, each with `secret`.
    pub(super) async fn set_webhook(&self, url: &Url, secret: &str) -> Result<(), CallError> {
        // teloxide's own is a form with files, for a certificate that we do not have.
        let body = json!({"url": url, "secret_token": secret, "allowed_updates": ALLOWED_UPDATES});
        self.call::<IgnoredAny>("SetWebhook", &body, CALL_WAIT).await.map(drop)
    }

    /// Updates wait to be polled from now on. Those that have not been delivered are kept.
    pub(super) async fn delete_webhook(&self) -> Result<(), CallError> {
        self.do_call(&DeleteWebhook::new()).await
    }

    /// Updates from `offset` on, as received; all before it are confirmed thereby. Returns when there are any, or none for a while.
    pub(super) async fn updates(&self, offset: i64) -> Result<Vec<Value>, CallError> {
        let body = json!({
            "offset": offset, "limit": UPDATES_A_POLL_MAX, "timeout": POLL_HOLD.as_secs(), "allowed_updates": ALLOWED_UPDATES,
        });
        self.call("GetUpdates", &body, POLL_HOLD + CALL_WAIT).await
    }

    /// The number of the message, when one was sent.
    pub(super) async fn carry_out(&self, chat_id: i64, outgoing: &Outgoing) -> Result<Option<i32>, CallError> {
        match outgoing {
            Outgoing::Message(rendered) => self.send(chat_id, rendered).await.map(Some),
            Outgoing::Delete { message_id } => self.delete(chat_id, *message_id).await.map(|()| None),
        }
    }

    /// Takes a message away.
    pub(super) async fn delete(&self, chat_id: i64, message_id: i32) -> Result<(), CallError> {
        self.do_call(&DeleteMessage::new(ChatId(chat_id), MessageId(message_id))).await
    }

    /// The number of the message in the chat.
    pub(super) async fn send(&self, chat_id: i64, rendered: &Rendered) -> Result<i32, CallError> {
        let no_preview = LinkPreviewOptions {
            is_disabled: true,
            url: None,
            prefer_small_media: false,
            prefer_large_media: false,
            show_above_text: false,
        };
        let mut message =
            SendMessage::new(ChatId(chat_id), rendered.html.clone()).parse_mode(ParseMode::Html).link_preview_options(no_preview);
        if !rendered.keyboard.is_empty() {
            message = message.reply_markup(ReplyMarkup::InlineKeyboard(InlineKeyboardMarkup::new(rendered.keyboard.clone())));
        }
        if let Some((share, others)) = &rendered.asks_location {
            let share = KeyboardButton::new(share).request(ButtonRequest::Location);
            let rows = std::iter::once(vec![share]).chain(others.iter().map(|label| vec![KeyboardButton::new(label)]));
            message = message.reply_markup(ReplyMarkup::Keyboard(KeyboardMarkup::new(rows).resize_keyboard().one_time_keyboard()));
        }
        if let Some(label) = &rendered.contact {
            let share = KeyboardButton::new(label.clone()).request(ButtonRequest::Contact);
            let keyboard = KeyboardMarkup::new([[share]]).resize_keyboard().one_time_keyboard();
            message = message.reply_markup(ReplyMarkup::Keyboard(keyboard));
        }
        if rendered.personal {
            message = message.protect_content(true);
        }
        let sent: SentMessage = self.call(SendMessage::NAME, &message, CALL_WAIT).await?;
        Ok(sent.message_id)
    }

    /// The contents of a file that a citizen sent; `None` when it has more than `bytes_max`, or is not to be had any more.
    pub(super) async fn file(&self, file_id: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, CallError> {
        #[derive(Deserialize)]
        struct Placed {
            file_path: Option<String>,
        }
        let placed: Placed = match self.call("GetFile", &json!({ "file_id": file_id }), CALL_WAIT).await {
            // Telegram hands no bot a file of more than 20 MB.
            Err(CallError::Refused { .. }) => return Ok(None),
            placed => placed?,
        };
        let Some(path) = placed.file_path else { return Ok(None) };
        // The path is Telegram's, and leads nowhere else than below the token.
        let url = self.files.join(path.trim_start_matches('/')).ok().filter(|url| url.as_str().starts_with(self.files.as_str()));
        let Some(url) = url else { return Ok(None) };
        let network = |error: reqwest::Error| CallError::Network(error.without_url());
        let mut response = self.http.get(url).timeout(FILE_WAIT).send().await.map_err(network)?;
        match response.status() {
            status if status.is_success() => {}
            status if status.is_client_error() => return Ok(None),
            status => return Err(CallError::Server { status: status.as_u16() }),
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if bytes.len() + chunk.len() > bytes_max {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    /// Ends the waiting sign on a button.
    pub(super) async fn answer_tap(&self, tap: &CallbackQueryId) -> Result<(), CallError> {
        self.do_call(&AnswerCallbackQuery::new(tap.clone())).await
    }

    /// A call whose result says no more than that it was done.
    async fn do_call<P: Payload + Serialize>(&self, payload: &P) -> Result<(), CallError> {
        self.call::<IgnoredAny>(P::NAME, payload, CALL_WAIT).await.map(drop)
    }

    #[tracing::instrument(name = "telegram call", level = "debug", skip_all, fields(method))]
    async fn call<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize, wait: Duration) -> Result<T, CallError> {
        let network = |error: reqwest::Error| CallError::Network(error.without_url());
        let url = self.methods.join(method).map_err(|_| CallError::Unreadable)?;
        let response = self.http.post(url).json(body).timeout(wait).send().await.map_err(network)?;
        let status = response.status();
        let body = response.bytes().await.map_err(network)?;
        if status.is_success() {
            let answer: Answer<T> = serde_json::from_slice(&body).map_err(|_| CallError::Unreadable)?;
            return answer.result.ok_or(CallError::Unreadable);
        }
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS => {
                let answer: Option<Answer<IgnoredAny>> = serde_json::from_slice(&body).ok();
                let seconds = answer.and_then(|answer| answer.parameters).and_then(|parameters| parameters.retry_after);
                CallError::Flood { retry_after: seconds.map_or(FLOOD_PAUSE, Duration::from_secs) }
            }
            StatusCode::FORBIDDEN => CallError::Forbidden,
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => CallError::Token,
            status if status.is_client_error() => CallError::Refused { status: status.as_u16() },
            status => CallError::Server { status: status.as_u16() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::telegram::chain;

    #[tokio::test]
    async fn an_error_does_not_print_the_token() {
        // A port that was free a moment ago: nobody listens there.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = Url::parse(&format!("http://{free}")).unwrap();
        let error = BotApi::new("42:geheim", Some(&server)).unwrap().username().await.unwrap_err();
        assert!(matches!(error, CallError::Network(_)));
        for printed in [chain(&error), format!("{error:?}")] {
            assert!(!printed.contains("geheim"), "{printed}");
        }
    }
}
