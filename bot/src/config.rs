//! Configuration: `hotro.toml`, then `HOTRO_*` variables, then flags. Read once, in `main`. A bad value stops the start and names its key.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::channel::web::LimitsConfig;
use crate::conversation::RetentionConfig;
use crate::desk::calendar::Calendar;
use crate::desk::queue::Rules;
use crate::desk::settings::Settings;
use crate::news::NewsConfig;

/// The file that is read when it is there and none is named.
const DEFAULT_FILE: &str = "hotro.toml";
const ENV_PREFIX: &str = "HOTRO_";

/// Every key, dotted. The variable of `web.allowed_origins` is `HOTRO_WEB_ALLOWED_ORIGINS`.
const KEYS: &[&str] = &[
    "listen",
    "data_dir",
    "database_url",
    "faq_dir",
    "key",
    "web.public_url",
    "web.allowed_origins",
    "limits.messages_per_conversation_per_minute",
    "limits.messages_per_network_per_minute",
    "limits.conversations_per_network_per_minute",
    "limits.trusted_proxies",
    "desk.lease_s",
    "desk.offer_s",
    "desk.service_level_s",
    "desk.calendar",
    "webhook.url",
    "webhook.secret",
    "mail.smtp_url",
    "mail.from",
    "mail.to",
    "records.upstream_url",
    "records.upstream_key",
    "records.upstream_identity",
    "records.upstream_identity_key",
    "records.upstream_ca",
    "records.timeout_ms",
    "retention.conversation_days",
    "retention.telegram_update_days",
    "retention.attachment_days",
    "sms.gateway",
    "sms.url",
    "sms.body",
    "sms.authorization",
    "telegram.token",
    "telegram.api_url",
    "telegram.public_url",
    "telegram.webhook_secret",
    "news.feeds",
    "news.article_hosts",
    "news.allow_private_networks",
    "news.timeout_s",
    "news.quiet_from_h",
    "news.quiet_to_h",
    "log.filter",
    "log.format",
    "traces.endpoint",
    "traces.percent",
];
/// Variables that other programs agree on, and the key that they set.
const FOREIGN_VARIABLES: &[(&str, &str)] = &[("DATABASE_URL", "database_url"), ("TELEGRAM_BOT_TOKEN", "telegram.token")];

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address to serve on. Default 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// Folder of the SQLite database; made when it is not there. Default `data`.
    pub data_dir: PathBuf,
    /// `postgres://...` or `sqlite://...`; default: SQLite in `data_dir`.
    pub database_url: Option<Secret>,
    /// A FAQ folder instead of the embedded one.
    pub faq_dir: Option<PathBuf>,
    /// The key that personal data and second factors are sealed with: 64 hexadecimal digits, from the variable HOTRO_KEY. The same
    /// on all nodes. Default: a file in `data_dir`, made at the first start.
    pub key: Option<Secret>,
    /// The widget and its API.
    pub web: WebConfig,
    /// Limits on citizens.
    pub limits: LimitsConfig,
    /// The operators' desk.
    pub desk: DeskConfig,
    /// The agency's own system, told of handoffs; off without a URL.
    pub webhook: WebhookConfig,
    /// The mailbox that is told who waits while nobody is at the desk; off without an SMTP URL.
    pub mail: MailConfig,
    /// Personal records.
    pub records: RecordsConfig,
    /// How long things are kept.
    pub retention: RetentionConfig,
    /// Texts to the telephones of citizens.
    pub sms: SmsConfig,
    /// Telegram; off without a token.
    pub telegram: TelegramConfig,
    /// The policy news.
    pub news: NewsConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Spans for a collector.
    pub traces: TracesConfig,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("data"),
            database_url: None,
            faq_dir: None,
            key: None,
            web: WebConfig::default(),
            limits: LimitsConfig::default(),
            desk: DeskConfig::default(),
            webhook: WebhookConfig::default(),
            mail: MailConfig::default(),
            records: RecordsConfig::default(),
            retention: RetentionConfig::default(),
            sms: SmsConfig::default(),
            telegram: TelegramConfig::default(),
            news: NewsConfig::default(),
            log: LogConfig::default(),
            traces: TracesConfig::default(),
        }
    }
}

/// The widget and its API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebConfig {
    /// `https://` address of this server as browsers reach it, without a path: the links of invitations, and the only origin that
    /// the console writes from. Default none: `listen`, and the host that a browser asks.
    pub public_url: Option<String>,
    /// Origins of the pages that carry the widget, beside this server's own; `*` for all. Default none.
    pub allowed_origins: Vec<String>,
}

/// The operators' desk. What supervisors save in the console replaces the hours and what is promised.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskConfig {
    /// How long an operator counts as present after a sign of life, in seconds; consoles give one every ten. Default 60.
    pub lease_s: NonZeroU32,
    /// How long an offer stands, in seconds. Default 30.
    pub offer_s: NonZeroU32,
    /// Within how many seconds a citizen should have an operator. Default 120.
    pub service_level_s: NonZeroU32,
    /// When the operators are there. Default: office hours and the public holidays.
    pub calendar: Calendar,
}

impl Default for DeskConfig {
    fn default() -> DeskConfig {
        let seconds = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        DeskConfig { lease_s: seconds(60), offer_s: seconds(30), service_level_s: seconds(120), calendar: Calendar::default() }
    }
}

impl DeskConfig {
    /// How long leases and offers last.
    pub fn rules(&self) -> Rules {
        let ms = |seconds: NonZeroU32| i64::from(seconds.get()) * 1_000;
        Rules { lease_ms: ms(self.lease_s), offer_ms: ms(self.offer_s) }
    }

    /// What is in force until a supervisor saves something else.
    pub fn settings(&self) -> Settings {
        Settings { calendar: self.calendar.clone(), service_level_s: self.service_level_s.get(), ..Settings::default() }
    }
}

/// The agency's own system.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// `https://` address that is told when a handoff is requested, claimed or resolved. Default none: off.
    pub url: Option<String>,
    /// What the calls are signed with; needed with `url`: at least 32 characters.
    pub secret: Option<Secret>,
}

/// The mailbox for those who wait while nobody is at the desk.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// `smtps://user:password@host:465`, or `smtp://host:587?tls=required`. Default none: off.
    pub smtp_url: Option<Secret>,
    /// The sender's address; needed with `smtp_url`.
    pub from: Option<String>,
    /// The mailbox; needed with `smtp_url`.
    pub to: Option<String>,
}

/// Personal records: from the tables of this installation, or from another system.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordsConfig {
    /// `https://` address of another system that has the records; docs/records-api.yaml says what it answers. Default none: the tables
    /// that `hotro records import` fills.
    pub upstream_url: Option<String>,
    /// What this program proves itself with there, a bearer key; from the variable HOTRO_RECORDS_UPSTREAM_KEY.
    pub upstream_key: Option<Secret>,
    /// A PEM file with this program's certificate (and those that lead to its authority), for mutual TLS.
    pub upstream_identity: Option<PathBuf>,
    /// A PEM file with the private key of that certificate. Default: the key stands in the file of the certificate.
    pub upstream_identity_key: Option<PathBuf>,
    /// A PEM file with the authorities that the other system's certificate may come from, and no others. Default: those of the public web.
    pub upstream_ca: Option<PathBuf>,
    /// How long an answer is waited for, in milliseconds. Default 3000.
    pub timeout_ms: NonZeroU32,
}

impl Default for RecordsConfig {
    fn default() -> RecordsConfig {
        let timeout_ms = NonZeroU32::new(3_000).unwrap_or(NonZeroU32::MIN);
        RecordsConfig {
            upstream_url: None,
            upstream_key: None,
            upstream_identity: None,
            upstream_identity_key: None,
            upstream_ca: None,
            timeout_ms,
        }
    }
}

/// Texts to the telephones of citizens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsConfig {
    /// How. Default `auto`.
    pub gateway: SmsGateway,
    /// Where the gateway takes a POST.
    pub url: Option<String>,
    /// The body of that request, with `{phone}` and `{text}`: JSON when it begins with a bracket, else a form. Default a JSON object
    /// with `to` and `text`.
    pub body: Option<String>,
    /// The value of the header Authorization; from the variable HOTRO_SMS_AUTHORIZATION.
    pub authorization: Option<Secret>,
}

/// A way to send texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsGateway {
    /// `http` when `sms.url` is set; otherwise `console` on a loopback address, and `off` on any other.
    #[default]
    Auto,
    /// Prints one-time passwords where the program runs. For trying hotro; refused with a public address.
    Console,
    /// A gateway over HTTP.
    Http,
    /// None: nothing can be looked up.
    Off,
}

/// Telegram.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelegramConfig {
    /// The bot's token, from the variable TELEGRAM_BOT_TOKEN. Default none: Telegram is off.
    pub token: Option<Secret>,
    /// Another Bot API server. Default Telegram's.
    pub api_url: Option<String>,
    /// `https://` address of this server as Telegram reaches it: updates come by webhook. Default none: by polling.
    pub public_url: Option<String>,
    /// What Telegram sends with each webhook call; needed with `public_url`: 16 to 256 of A-Z, a-z, 0-9, `_`, `-`.
    pub webhook_secret: Option<Secret>,
}

/// What is logged.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// As tracing-subscriber's EnvFilter reads it. Default `info`.
    pub filter: String,
    /// Lines for people or for machines. Default `text`.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

/// Spans for an OpenTelemetry collector, where the program was built with them.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// Where a collector takes OTLP over HTTP. Default none: nothing is sent.
    pub endpoint: Option<String>,
    /// Of a hundred traces, so many are sent. Default 100.
    pub percent: u8,
}

impl Default for TracesConfig {
    fn default() -> TracesConfig {
        TracesConfig { endpoint: None, percent: 100 }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        message: String,
    },
    /// A variable sets no known key.
    #[error("{0}: no such setting")]
    Variable(String),
    /// A key is unknown or its value does not fit.
    #[error("configuration: {0}")]
    Value(String),
}

impl Config {
    /// Reads file and variables. `flags` are dotted keys with their values, which win.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Config, ConfigError> {
        let mut table = read_file(file)?;
        let mut variables: Vec<(String, String)> = variables.into_iter().collect();
        variables.sort();
        for (variable, value) in variables {
            let foreign = FOREIGN_VARIABLES.iter().find(|(name, _)| *name == variable).map(|(_, key)| *key);
            let own = || KEYS.iter().find(|key| variable_of(key) == variable).copied();
            match foreign.or_else(own) {
                Some(key) => set(&mut table, key, &value),
                None if variable.starts_with(ENV_PREFIX) => return Err(ConfigError::Variable(variable)),
                None => {}
            }
        }
        for (key, value) in flags {
            set(&mut table, key, &value);
        }
        let config: Config = deserialize(table)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.web.public_url
            && !is_origin(url)
        {
            return Err(ConfigError::Value("web.public_url: expected https://host, without a path".to_owned()));
        }
        self.news.check().map_err(ConfigError::Value)?;
        if self.traces.endpoint.as_ref().is_some_and(|url| !is_origin(url)) {
            return Err(ConfigError::Value("traces.endpoint: expected http://host:4318, without a path".to_owned()));
        }
        if self.traces.percent > 100 {
            return Err(ConfigError::Value("traces.percent: expected 0 to 100".to_owned()));
        }
        let telegram = &self.telegram;
        if let Some(url) = &telegram.public_url {
            if !url.starts_with("https://") && !url.starts_with("http://127.0.0.1") {
                return Err(ConfigError::Value("telegram.public_url: expected https://".to_owned()));
            }
            let secret = telegram.webhook_secret.as_ref().map(Secret::reveal).unwrap_or_default();
            let allowed = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            if !(16..=256).contains(&secret.len()) || !allowed {
                let message = "telegram.webhook_secret: expected 16 to 256 of A-Z, a-z, 0-9, _ and -";
                return Err(ConfigError::Value(message.to_owned()));
            }
        }
        Ok(())
    }

    /// This server's own origin where it is configured: lower case, no slash at its end.
    pub fn public_origin(&self) -> Option<String> {
        self.web.public_url.as_ref().map(|url| url.trim_end_matches('/').to_ascii_lowercase())
    }

    /// How texts are sent.
    ///
    /// # Errors
    /// One-time passwords would be printed by a server that strangers reach.
    pub fn sms_gateway(&self) -> Result<SmsGateway, ConfigError> {
        let is_local = |url: &String| ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|local| url.starts_with(local));
        let is_public = !self.listen.ip().is_loopback() || self.web.public_url.as_ref().is_some_and(|url| !is_local(url));
        match self.sms.gateway {
            SmsGateway::Auto if self.sms.url.is_some() => Ok(SmsGateway::Http),
            SmsGateway::Auto if is_public => Ok(SmsGateway::Off),
            SmsGateway::Auto => Ok(SmsGateway::Console),
            SmsGateway::Console if is_public => Err(ConfigError::Value(
                "sms.gateway: console prints one-time passwords and is for trying hotro on a loopback address only".to_owned(),
            )),
            SmsGateway::Http if self.sms.url.is_none() => Err(ConfigError::Value("sms.url: needed with sms.gateway = \"http\"".to_owned())),
            gateway => Ok(gateway),
        }
    }

    /// The database to open.
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.reveal().to_owned(),
            None => format!("sqlite://{}", self.data_dir.join("hotro.db").display()),
        }
    }
}

/// `https://host` or `http://host`, perhaps with a port and one slash.
fn is_origin(url: &str) -> bool {
    let Ok(uri) = url.parse::<axum::http::Uri>() else { return false };
    let plain = uri.path() == "/" && uri.query().is_none() && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    plain && matches!(uri.scheme_str(), Some("https" | "http"))
}

fn read_file(named: Option<&Path>) -> Result<Table, ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(Table::new()),
        Err(source) => return Err(ConfigError::File { path: path.to_owned(), source }),
    };
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| 1 + text.bytes().take(span.start).filter(|&byte| byte == b'\n').count());
        ConfigError::Syntax { path: path.to_owned(), message: format!("line {line}: {}", error.message()) }
    })
}

fn variable_of(key: &str) -> String {
    format!("{ENV_PREFIX}{}", key.to_uppercase().replace('.', "_"))
}

/// Whether the value of a dotted key must never be shown.
fn is_secret(key: &str) -> bool {
    let words = ["token", "smtp_url", "secret", "upstream_key", "authorization", "database_url"];
    key == "key" || words.iter().any(|word| key.contains(word))
}

/// Sets a dotted key. A value that reads as a TOML number, list or flag is one; anything else is text, and a secret always is.
fn set(table: &mut Table, key: &str, value: &str) {
    let parsed = || format!("v = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("v"));
    let value = match if is_secret(key) { None } else { parsed() } {
        Some(value @ (Value::Integer(_) | Value::Array(_) | Value::Boolean(_) | Value::Table(_))) => value,
        // A list may be written with commas alone: it is told by its key.
        _ if key == "web.allowed_origins" || key == "limits.trusted_proxies" => {
            Value::Array(value.split(',').map(|item| Value::String(item.trim().to_owned())).collect())
        }
        _ => Value::String(value.to_owned()),
    };
    match key.split_once('.') {
        Some((section, key)) => {
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(key.to_owned(), value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

/// serde's messages name a field but not its section, and may quote a value that is a secret: both are mended here.
fn deserialize(table: Table) -> Result<Config, ConfigError> {
    for (key, value) in &table {
        let known = |dotted: &str| KEYS.contains(&dotted);
        match value {
            Value::Table(section) => {
                for inner in section.keys() {
                    let dotted = format!("{key}.{inner}");
                    if !known(&dotted) {
                        return Err(ConfigError::Value(format!("unknown key `{dotted}`")));
                    }
                    let mut alone = Table::new();
                    alone.insert(key.clone(), Value::Table(Table::from_iter([(inner.clone(), section[inner].clone())])));
                    check_alone(&dotted, alone)?;
                }
            }
            value => {
                if !known(key) {
                    return Err(ConfigError::Value(format!("unknown key `{key}`")));
                }
                check_alone(key, Table::from_iter([(key.clone(), value.clone())]))?;
            }
        }
    }
    table.try_into().map_err(|_| ConfigError::Value("cannot be read".to_owned()))
}

fn check_alone(key: &str, alone: Table) -> Result<(), ConfigError> {
    match alone.try_into::<Config>() {
        Ok(_) => Ok(()),
        Err(error) => {
            let reason = if is_secret(key) { "the value does not fit" } else { error.message() };
            Err(ConfigError::Value(format!("{key}: {reason}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hotro.toml");
        std::fs::write(&path, file).unwrap();
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let flags = flags.iter().map(|(key, value)| (*key, value.to_string()));
        Config::load(Some(&path), variables, flags).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn flags_win_over_variables_and_these_over_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[limits]\nmessages_per_conversation_per_minute = 5\n";
        assert_eq!(load(file, &[], &[]).unwrap().listen.port(), 1);
        let variables = [("HOTRO_LISTEN", "127.0.0.1:2"), ("HOTRO_LIMITS_MESSAGES_PER_CONVERSATION_PER_MINUTE", "7")];
        let config = load(file, &variables, &[]).unwrap();
        assert_eq!((config.listen.port(), config.limits.messages_per_conversation_per_minute.get()), (2, 7));
        assert_eq!(load(file, &variables, &[("listen", "127.0.0.1:3")]).unwrap().listen.port(), 3);
        let origins = load("", &[("HOTRO_WEB_ALLOWED_ORIGINS", "https://a.example, https://b.example")], &[]).unwrap();
        assert_eq!(origins.web.allowed_origins, ["https://a.example", "https://b.example"]);
        assert_eq!(load("", &[("PATH", "/bin"), ("TELEGRAM_BOT_TOKEN", "1:x")], &[]).unwrap().telegram.token.unwrap().reveal(), "1:x");
    }

    /// It was taken for a number and refused.
    #[test]
    fn a_secret_of_digits_is_a_text() {
        let digits = "1234567890".repeat(4);
        let variables = [
            ("HOTRO_WEBHOOK_SECRET", digits.as_str()),
            ("HOTRO_RECORDS_UPSTREAM_KEY", "42"),
            ("HOTRO_SMS_AUTHORIZATION", "true"),
            ("HOTRO_MAIL_SMTP_URL", "[1]"),
        ];
        let config = load("", &variables, &[]).unwrap();
        let shown = |secret: Option<Secret>| secret.map(|secret| secret.reveal().to_owned());
        assert_eq!(shown(config.webhook.secret), Some(digits));
        assert_eq!(shown(config.records.upstream_key).as_deref(), Some("42"));
        assert_eq!(shown(config.sms.authorization).as_deref(), Some("true"));
        assert_eq!(shown(config.mail.smtp_url).as_deref(), Some("[1]"));
    }

    #[test]
    fn a_bad_value_names_its_key_and_no_secret() {
        let check = |file: &str, variables: &[(&str, &str)], want: &str| {
            let got = load(file, variables, &[]).unwrap_err();
            assert!(got.contains(want), "{got}");
            assert!(!got.contains("geheim"), "{got}");
        };
        check("lisen = \"x\"", &[], "unknown key `lisen`");
        check("[web]\norigins = []", &[], "unknown key `web.origins`");
        check("listen = \"nowhere\"", &[], "listen: ");
        check("[limits]\nmessages_per_conversation_per_minute = 0", &[], "limits.messages_per_conversation_per_minute: ");
        check("a = = 1", &[], "FILE: line 1");
        check("", &[("HOTRO_LISTNE", "x")], "HOTRO_LISTNE: no such setting");
        check("[telegram]\ntoken = [\"geheim\"]", &[], "telegram.token: the value does not fit");
        check("[telegram]\npublic_url = \"https://a.example\"", &[], "telegram.webhook_secret: ");
        check("key = [\"geheim\"]", &[], "key: the value does not fit");
        check("[web]\npublic_url = \"https://a.example/console\"", &[], "web.public_url: ");
        check("[web]\npublic_url = \"a.example\"", &[], "web.public_url: ");
        check("[log]\nformat = \"xml\"", &[], "log.format: ");
        check("[traces]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"", &[], "traces.endpoint: ");
        check("[traces]\npercent = 101", &[], "traces.percent: ");
    }

    #[test]
    fn the_example_file_lists_every_key_and_loads() {
        let example = include_str!("../../hotro.example.toml");
        let uncommented: String =
            example.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line)).map(|line| format!("{line}\n")).collect();
        load(&uncommented, &[], &[]).unwrap();
        let table: Table = uncommented.parse().unwrap();
        for key in KEYS {
            let found = match key.split_once('.') {
                Some((section, key)) => table.get(section).and_then(|section| section.get(key)).is_some(),
                None => table.contains_key(*key),
            };
            assert!(found, "{key} is not in hotro.example.toml");
        }
    }
}
