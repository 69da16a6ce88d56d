//! Telegram: private chats with citizens.
//!
//! What comes in and what goes out meet only in the log. An update is stored by its number before Telegram is told that it arrived
//! ([`intake`], by [`poll`] or [`webhook`]), handled afterwards ([`hearing`]), and whatever the log then holds is sent through a cursor
//! that is stored for each chat ([`sender`]). So a crash loses nothing that Telegram believes delivered, and sends again only what
//! Telegram had not confirmed, or had confirmed in the instant before the crash. [`translate`] and [`render`] are pure.
//!
//! Any node takes webhook calls. Polling, handling and sending are each done by one node at a time, under a lease.

mod api;
mod backoff;
mod hearing;
mod intake;
pub(crate) mod lease;
mod pace;
mod poll;
mod render;
mod sender;
mod translate;
mod webhook;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use reqwest::Url;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::sleep;
use uuid::Uuid;

use crate::config::{self, ConfigError, Secret};
use crate::conversation::Conversations;
use crate::dialogue::texts;
use crate::identity::Identity;
use crate::store::Store;
use api::{BotApi, CallError};
use backoff::Backoff;
use lease::{Lease, stopped};
use pace::Pace;

/// Small courtesies (ending the waiting sign of a tap, pointing a group to the private chat) under way at once; more are left out.
const ERRANDS_AT_ONCE_MAX: usize = 32;
/// Messages on their way to Telegram at once. At 30 a second and a fifth of a second each, six are.
const SENDS_AT_ONCE_MAX: usize = 16;

/// How the bot reaches Telegram, and Telegram the bot.
#[derive(Clone)]
pub struct TelegramConfig {
    /// The bot's token, from BotFather.
    pub token: String,
    /// Another Bot API server than Telegram's.
    pub api_url: Option<Url>,
    /// `None`: updates are polled.
    pub webhook: Option<Webhook>,
    /// Limits and patience.
    pub timing: Timing,
}

/// Where Telegram brings updates.
#[derive(Clone)]
pub struct Webhook {
    /// This server as Telegram reaches it.
    pub public_url: Url,
    /// What Telegram sends along, so that nobody else can bring updates.
    pub secret: String,
}

/// Telegram's limits, and our patience.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Messages a second of the whole bot. Default 30, Telegram's limit.
    pub messages_per_s: NonZeroU32,
    /// Between two messages to one chat. Default 1 s, Telegram's limit.
    pub chat_pause: Duration,
    /// Before the second attempt of what failed; the pauses double up to 30 s. Default 1 s.
    pub retry_pause: Duration,
    /// A node that dies is followed by another after so long. Default 15 s.
    pub lease: Duration,
    /// How often the database is asked for what another node has stored. Default 0.5 s.
    pub look_again: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            messages_per_s: NonZeroU32::new(30).unwrap_or(NonZeroU32::MIN),
            chat_pause: Duration::from_secs(1),
            retry_pause: Duration::from_secs(1),
            lease: Duration::from_secs(15),
            look_again: Duration::from_millis(500),
        }
    }
}

impl TelegramConfig {
    /// Reads the section `telegram` of the configuration; `None` without a token: Telegram is off.
    ///
    /// # Errors
    /// A value that is no token or no URL. The text names its key.
    pub fn from_keys(keys: &config::TelegramConfig) -> Result<Option<TelegramConfig>, ConfigError> {
        let Some(token) = keys.token.as_ref().map(Secret::reveal) else {
            return Ok(None);
        };
        let api_url = keys.api_url.as_deref().map(|url| parse_url("telegram.api_url", url)).transpose()?;
        let webhook = match (&keys.public_url, &keys.webhook_secret) {
            (Some(url), Some(secret)) => {
                Some(Webhook { public_url: parse_url("telegram.public_url", url)?, secret: secret.reveal().to_owned() })
            }
            (Some(_), None) => return Err(ConfigError::Value("telegram.webhook_secret: needed with telegram.public_url".to_owned())),
            (None, _) => None,
        };
        Ok(Some(TelegramConfig { token: token.to_owned(), api_url, webhook, timing: Timing::default() }))
    }
}

fn parse_url(key: &str, url: &str) -> Result<Url, ConfigError> {
    let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    parsed.ok_or_else(|| ConfigError::Value(format!("{key}: expected https://...")))
}

/// Why Telegram cannot be used. Failures that pass are waited for instead.
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {
    /// The token has not the form of a token.
    #[error("telegram.token: expected digits, a colon, then letters, digits, _ and -")]
    TokenForm,
    /// Telegram does not know the token.
    #[error("telegram.token: Telegram does not know this token")]
    Token,
    /// Telegram does not accept what was asked of it at the start: most often the address of the webhook.
    #[error("Telegram refuses {what}")]
    Refused {
        /// The call.
        what: &'static str,
    },
}

/// The bot on Telegram. Clones are the same bot.
#[derive(Clone)]
pub struct Telegram(Arc<Bot>);

/// What the roles share.
struct Bot {
    api: BotApi,
    webhook: Option<Webhook>,
    timing: Timing,
    conversations: Arc<Conversations>,
    /// Names this process in leases.
    node: String,
    /// The bot's own name, once Telegram has told it.
    username: OnceLock<String>,
    /// An update was stored.
    arrived: Notify,
    /// A chat was bound to its conversation, or its citizen came back: there may be something to send that was announced before.
    chats_changed: Notify,
    pace: Pace,
    sends: Semaphore,
    errands: Arc<Semaphore>,
    /// Set once, when there is a secure form that Telegram can show.
    forms: OnceLock<Forms>,
}

/// Links to the secure form.
struct Forms {
    identity: Identity,
    page: Url,
}

impl Forms {
    /// For an offer of a conversation at a moment. The token stands behind `#`: no server and no proxy sees it in an address.
    fn link(&self, conversation_id: Uuid, offered_ms: i64) -> Option<Url> {
        let mut url = self.page.join("/verify").ok()?;
        url.set_fragment(Some(&self.identity.link(conversation_id, offered_ms)));
        Some(url)
    }
}

impl Telegram {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`TelegramError::TokenForm`].
    pub fn new(config: TelegramConfig, conversations: Arc<Conversations>) -> Result<Telegram, TelegramError> {
        let TelegramConfig { token, api_url, webhook, timing } = config;
        if !is_token(&token) {
            return Err(TelegramError::TokenForm);
        }
        let api = BotApi::new(&token, api_url.as_ref()).ok_or(TelegramError::TokenForm)?;
        Ok(Telegram(Arc::new(Bot {
            api,
            webhook,
            pace: Pace::new(timing.messages_per_s, timing.chat_pause),
            timing,
            conversations,
            node: Uuid::now_v7().to_string(),
            username: OnceLock::new(),
            arrived: Notify::new(),
            chats_changed: Notify::new(),
            sends: Semaphore::new(SENDS_AT_ONCE_MAX),
            errands: Arc::new(Semaphore::new(ERRANDS_AT_ONCE_MAX)),
            forms: OnceLock::new(),
        })))
    }

    /// Offers the secure form at `page`, this server as citizens reach it by `https://`. Only the first call counts.
    pub fn attach_identity(&self, identity: Identity, page: Url) {
        let _ = self.0.forms.set(Forms { identity, page });
    }

    /// The webhook's route; no route when updates are polled.
    pub fn router(&self) -> Router {
        match &self.0.webhook {
            Some(_) => webhook::router(Arc::clone(&self.0)),
            None => Router::new(),
        }
    }

    /// Takes updates in, handles them and sends, until `stop` turns true and what is under way has ended.
    ///
    /// # Errors
    /// Telegram refuses the token or the webhook. While it cannot be reached, this waits.
    pub async fn run(&self, stop: watch::Receiver<bool>) -> Result<(), TelegramError> {
        let bot = &self.0;
        tokio::select! {
            introduced = bot.introduce() => introduced?,
            () = stopped(&stop) => return Ok(()),
        }
        let polling = async {
            if bot.webhook.is_none() {
                bot.lease("telegram-poll").alone(&stop, |halt| poll::run(Arc::clone(bot), halt)).await;
            }
        };
        let hearing = async { bot.lease("telegram-hear").alone(&stop, |halt| hearing::run(Arc::clone(bot), halt)).await };
        let sending = async { bot.lease("telegram-send").alone(&stop, |halt| sender::run(Arc::clone(bot), halt)).await };
        tokio::join!(polling, hearing, sending);
        Ok(())
    }
}

impl Bot {
    fn store(&self) -> &Store {
        self.conversations.store()
    }

    fn lease(&self, name: &'static str) -> Lease<'_> {
        Lease { store: self.store(), name, holder: &self.node, ttl: self.timing.lease }
    }

    /// Learns the bot's name, and tells Telegram the menu and how updates are to come. Every node does so; the calls may be repeated.
    async fn introduce(&self) -> Result<(), TelegramError> {
        let username = self.insist("getMe", || self.api.username()).await?;
        tracing::info!(bot = username, "connected to Telegram");
        let _ = self.username.set(username);
        let commands = texts::commands();
        self.insist("setMyCommands", || self.api.set_commands(&commands)).await?;
        match &self.webhook {
            Some(webhook) => {
                let address = webhook.address();
                self.insist("setWebhook", || self.api.set_webhook(&address, &webhook.secret)).await
            }
            None => self.insist("deleteWebhook", || self.api.delete_webhook()).await,
        }
    }

    /// Calls until Telegram has answered.
    async fn insist<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        what: &'static str,
        call: impl Fn() -> F,
    ) -> Result<T, TelegramError> {
        let mut backoff = Backoff::new(self.timing.retry_pause);
        loop {
            let pause = match call().await {
                Ok(done) => return Ok(done),
                Err(CallError::Token) => return Err(TelegramError::Token),
                Err(CallError::Refused { .. } | CallError::Forbidden) => return Err(TelegramError::Refused { what }),
                Err(CallError::Flood { retry_after }) => retry_after,
                Err(error) => {
                    count_error(error.kind());
                    tracing::warn!(call = what, error = chain(&error), "Telegram does not answer yet");
                    backoff.pause()
                }
            };
            sleep(pause).await;
        }
    }

    /// Does a small courtesy on the side. When many are under way it is left out, and when it fails it is not repeated.
    fn errand(self: &Arc<Self>, kind: &'static str, work: impl Future<Output = Result<(), CallError>> + Send + 'static) {
        let Ok(permit) = Arc::clone(&self.errands).try_acquire_owned() else {
            return count_error("errand_left_out");
        };
        tokio::spawn(async move {
            match work.await {
                Ok(()) => count_sent(kind),
                Err(error) => count_error(error.kind()),
            }
            drop(permit);
        });
    }
}

impl Webhook {
    /// The address that Telegram is told.
    pub fn address(&self) -> Url {
        let mut address = self.public_url.clone();
        address.set_path(&format!("{}{}", self.public_url.path().trim_end_matches('/'), webhook::PATH));
        address
    }
}

fn is_token(token: &str) -> bool {
    token.split_once(':').is_some_and(|(bot, secret)| {
        let number = !bot.is_empty() && bot.bytes().all(|byte| byte.is_ascii_digit());
        number && !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    })
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

fn count_update(kind: &'static str) {
    metrics::counter!("hotro_telegram_updates_total", "kind" => kind).increment(1);
}

fn count_sent(kind: &'static str) {
    metrics::counter!("hotro_telegram_sent_total", "kind" => kind).increment(1);
}

fn count_error(kind: &'static str) {
    metrics::counter!("hotro_telegram_errors_total", "kind" => kind).increment(1);
}

// The token and the secret belong in no log file.
impl fmt::Debug for TelegramConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TelegramConfig { token: _, api_url, webhook, timing } = self;
        f.debug_struct("TelegramConfig")
            .field("token", &"***")
            .field("api_url", &api_url.as_ref().map(Url::as_str))
            .field("webhook", webhook)
            .field("timing", timing)
            .finish()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook {{ public_url: {:?}, secret: *** }}", self.public_url.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(keys: &str) -> Result<Option<TelegramConfig>, String> {
        TelegramConfig::from_keys(&toml::from_str(keys).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_token_telegram_is_off() {
        assert!(config("").unwrap().is_none());
        assert!(config("token = \"1:a\"").unwrap().unwrap().webhook.is_none());
    }

    #[test]
    fn a_bad_url_names_its_key() {
        assert_eq!(config("token = \"1:a\"\napi_url = \"nowhere\"").unwrap_err(), "configuration: telegram.api_url: expected https://...");
        let alone = config("token = \"1:a\"\npublic_url = \"https://a.example\"").unwrap_err();
        assert!(alone.contains("telegram.webhook_secret"), "{alone}");
    }

    #[test]
    fn the_webhook_is_below_the_public_url() {
        let address = |url: &str| Webhook { public_url: Url::parse(url).unwrap(), secret: String::new() }.address().to_string();
        assert_eq!(address("https://a.example"), "https://a.example/telegram/webhook");
        assert_eq!(address("https://a.example/bot/"), "https://a.example/bot/telegram/webhook");
    }

    #[test]
    fn a_token_has_its_form() {
        assert!(is_token("123456:ABC-def_9"));
        for bad in ["", "123456", "123456:", ":abc", "abc:def", "1:a/b", "1:a b", "1:a?b"] {
            assert!(!is_token(bad), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let keys = "token = \"1:geheim\"\npublic_url = \"https://a.example\"\nwebhook_secret = \"geheim-geheim-geheim\"";
        assert!(!format!("{:?}", config(keys).unwrap()).contains("geheim"));
    }
}
