//! `hotro doctor`: looks at everything that the service rests on, changes nothing, and says what to do.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use faq::Severity;
use hotro::channel::telegram::TelegramConfig;
use hotro::config::{Config, Secret, SmsGateway};
use hotro::conversation::now_ms;
use hotro::desk::outgoing;
use hotro::dialogue::day_in_vietnam;
use hotro::secret::{KEY_FILE, Key};
use hotro::store::transfer;
use reqwest::{Client, Method, StatusCode, Url};
use serde::Deserialize;
use tokio::net::TcpListener;

use super::certificate::not_after_ms;

const WAIT: Duration = Duration::from_secs(10);
/// Time to have a certificate renewed by hand.
const CERTIFICATE_DAYS_MIN: i64 = 21;
const CLOCK_WARN_MS: u64 = 1_000;
/// Leases last longer; with more than this, two nodes could hold one.
const CLOCK_FAIL_MS: u64 = 5_000;
const FREE_WARN_BYTES: u64 = 5 * 1024 * 1024 * 1024;
const FREE_FAIL_BYTES: u64 = 512 * 1024 * 1024;
const FREE_WARN_PERCENT: u64 = 10;
/// Updates that wait at Telegram while somebody fetches them.
const UPDATES_WAITING_MAX: i64 = 100;
const DAY_MS: i64 = 86_400_000;
/// Next year's holidays are announced in autumn.
const HOLIDAYS_AHEAD_DAYS_MIN: i32 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Grade::Ok => "ok",
            Grade::Warn => "warn",
            Grade::Fail => "fail",
        })
    }
}

/// What was found, a line each.
struct Findings {
    worst: Grade,
    counts: [usize; 3],
}

impl Findings {
    fn add(&mut self, grade: Grade, what: &str, found: impl fmt::Display) {
        self.worst = self.worst.max(grade);
        self.counts[grade as usize] += 1;
        let _ = writeln!(std::io::stdout().lock(), "{grade:<4}  {what:<13}  {found}");
    }
}

/// Prints a line for each thing looked at. Success: nothing has failed.
pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = Findings { worst: Grade::Ok, counts: [0; 3] };
    super::block_on(async {
        look_at_configuration(config, &mut findings).await;
        let key = look_at_key(config, &mut findings);
        look_at_database(config, key.as_ref(), &mut findings).await;
        look_at_disk(config, &mut findings);
        look_at_content(config, &mut findings);
        let http = Client::builder().timeout(WAIT).tls_info(true).redirect(reqwest::redirect::Policy::none()).build()?;
        look_at_telegram(config, &http, &mut findings).await;
        look_at_neighbours(config, &http, &mut findings).await;
        Ok(())
    })?;
    let [ok, warn, fail] = findings.counts;
    say!("{ok} ok, {warn} warn, {fail} fail");
    Ok(if findings.worst == Grade::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn look_at_configuration(config: &Config, findings: &mut Findings) {
    const WHAT: &str = "configuration";
    let grade = |warns: bool| if warns { Grade::Warn } else { Grade::Ok };
    let refusals = refusals(config);
    if refusals.is_empty() {
        findings.add(Grade::Ok, WHAT, "every key is known and fits");
    }
    for refusal in refusals {
        let why = format!("{refusal:#}");
        findings.add(Grade::Fail, WHAT, format!("hotro does not start: {}", why.trim_start_matches("configuration: ")));
    }
    let url = config.public_origin();
    match &url {
        None if !config.listen.ip().is_loopback() => findings.add(
            Grade::Warn,
            WHAT,
            format!(
                "web.public_url is not set and {} is not a loopback address: set it to the https:// address of the proxy",
                config.listen
            ),
        ),
        Some(url) if url.starts_with("http://") && !url.contains("127.0.0.1") && !url.contains("localhost") => {
            findings.add(Grade::Warn, WHAT, "web.public_url is http://: put a proxy with TLS in front and name its https:// address");
        }
        _ => {}
    }
    if url.is_some() && config.limits.trusted_proxies.is_empty() {
        let found = "limits.trusted_proxies is empty: behind a proxy all citizens share the limits of one network; add the proxy's address";
        findings.add(Grade::Warn, WHAT, found);
    }
    match config.sms_gateway() {
        // Among the refusals.
        Err(_) => {}
        Ok(SmsGateway::Off) => findings.add(Grade::Warn, WHAT, "sms.gateway is off: nobody can look up their record; set sms.url"),
        Ok(SmsGateway::Console) => {
            findings.add(Grade::Warn, WHAT, "sms.gateway is console: one-time passwords are printed; good to try hotro, not to serve")
        }
        Ok(_) => findings.add(Grade::Ok, WHAT, "one-time passwords go to sms.url"),
    }
    let today = day_in_vietnam(now_ms());
    if let Some(until) = config.desk.calendar.holidays_until()
        && (until - today).get_days() < HOLIDAYS_AHEAD_DAYS_MIN
    {
        let found =
            format!("desk.calendar: holidays are known until {until}: add the next ones there or, where that has them, in the console");
        findings.add(Grade::Warn, WHAT, found);
    }
    match TcpListener::bind(config.listen).await {
        Ok(_) => findings.add(Grade::Ok, "listen", format!("{} is free", config.listen)),
        Err(error) => match readiness(config).await {
            Some((ready, body)) => findings.add(grade(!ready), "listen", format!("hotro serves on {}: {body}", config.listen)),
            None => findings.add(
                Grade::Fail,
                "listen",
                format!("{}: {error}, and what is there is no hotro; stop it or set listen to another address", config.listen),
            ),
        },
    }
}

/// Why the program would not start as it is configured: whatever it makes of its keys at the start is made here, and thrown away.
fn refusals(config: &Config) -> Vec<anyhow::Error> {
    let tried = [
        super::log::filter(config).map(drop),
        super::traces::start(&config.traces).map(drop),
        super::records::sms(config).map(drop),
        super::records::upstream(&config.records).map(drop),
        outgoing::check(config).map_err(anyhow::Error::from),
    ];
    tried.into_iter().filter_map(Result::err).collect()
}

/// What a hotro on the configured address says of itself.
async fn readiness(config: &Config) -> Option<(bool, String)> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let client = Client::builder().timeout(WAIT).no_proxy().build().ok()?;
    let response = client.get(format!("http://{address}/readyz")).send().await.ok()?;
    let ready = response.status() == StatusCode::OK;
    #[derive(Deserialize)]
    struct Ready {
        database: String,
        stopping: bool,
    }
    let said: Ready = response.json().await.ok()?;
    let stopping = if said.stopping { ", stopping" } else { "" };
    Some((ready, format!("database {}{stopping}", said.database)))
}

fn look_at_key(config: &Config, findings: &mut Findings) -> Option<Key> {
    if let Some(text) = config.key.as_ref().map(Secret::reveal) {
        match Key::from_hex(text) {
            Ok(key) => {
                findings.add(Grade::Ok, "key", "HOTRO_KEY is a key");
                return Some(key);
            }
            Err(error) => findings.add(Grade::Fail, "key", error),
        }
        return None;
    }
    let path = config.data_dir.join(KEY_FILE);
    let Ok(metadata) = std::fs::metadata(&path) else {
        let found = format!("HOTRO_KEY is not set: the first start makes {}; set it to what `openssl rand -hex 32` prints", path.display());
        findings.add(Grade::Warn, "key", found);
        return None;
    };
    match Key::in_file(&path) {
        Err(error) => {
            findings.add(Grade::Fail, "key", error);
            None
        }
        Ok((key, _)) => {
            if metadata.permissions().mode() & 0o077 != 0 {
                findings.add(Grade::Fail, "key", format!("others may read {0}: chmod 600 {0}", path.display()));
            } else {
                let found = format!("it is in {}, beside the data: set HOTRO_KEY instead, and keep a copy elsewhere", path.display());
                findings.add(Grade::Warn, "key", found);
            }
            Some(key)
        }
    }
}

async fn look_at_database(config: &Config, key: Option<&Key>, findings: &mut Findings) {
    const WHAT: &str = "database";
    let file = config.data_dir.join("hotro.db");
    if config.database_url.is_none() && !file.exists() {
        return findings.add(Grade::Ok, WHAT, format!("{} is not there yet: the first start makes it", file.display()));
    }
    let seen = match transfer::look(&config.database_url()).await {
        Ok(seen) => seen,
        Err(error) => return findings.add(Grade::Fail, WHAT, format!("{error}: check that it runs, its URL, and who may connect")),
    };
    let database = &seen.database;
    if let Some(origin) = &seen.unfinished {
        let found = format!("{database} was filled by half from {origin}: run that `hotro migrate` or `hotro restore` again, to its end");
        findings.add(Grade::Fail, WHAT, found);
    } else if !seen.unknown.is_empty() {
        findings.add(Grade::Warn, WHAT, format!("{database} was used by a newer hotro: upgrade this one"));
    } else if seen.is_empty {
        findings.add(Grade::Ok, WHAT, format!("{database} is empty: the first start makes its tables"));
    } else if seen.pending > 0 {
        findings.add(Grade::Warn, WHAT, format!("{database}: the next start applies {} migration(s); back it up before", seen.pending));
    } else {
        findings.add(Grade::Ok, WHAT, format!("{database} answers, its schema is up to date"));
    }
    match (&seen.key_print, key) {
        (Some(print), Some(key)) if *print != key.print() => {
            findings.add(Grade::Fail, "key", "the database was used with another key: set HOTRO_KEY to that one, nothing else opens it");
        }
        (Some(_), Some(_)) => findings.add(Grade::Ok, "key", "it is the key of this database"),
        (Some(_), None) => {
            findings.add(Grade::Fail, "key", "the database was used with a key, and there is none: set HOTRO_KEY to that one")
        }
        (None, _) => {}
    }
    if let Some(clock_ms) = seen.clock_ms {
        let apart_ms = clock_ms.abs_diff(now_ms());
        let grade = match apart_ms {
            ..=CLOCK_WARN_MS => Grade::Ok,
            apart_ms if apart_ms <= CLOCK_FAIL_MS => Grade::Warn,
            _ => Grade::Fail,
        };
        let advice = if grade == Grade::Ok { "" } else { ": let both machines keep their time by NTP (timedatectl set-ntp true)" };
        findings.add(grade, "clock", format!("{apart_ms} ms from the database's{advice}"));
    }
}

fn look_at_disk(config: &Config, findings: &mut Findings) {
    // The nearest folder that is there: a first start makes the rest.
    let here = Path::new(".");
    let mut ancestors = config.data_dir.ancestors().map(|folder| if folder == Path::new("") { here } else { folder });
    let Some(folder) = ancestors.find(|folder| folder.exists()) else { return };
    match rustix::fs::statvfs(folder) {
        Err(error) => findings.add(Grade::Warn, "disk", format!("{}: {error}", folder.display())),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let percent = disk.f_bavail.saturating_mul(100).checked_div(disk.f_blocks).unwrap_or(100);
            let grade = match free {
                ..FREE_FAIL_BYTES => Grade::Fail,
                _ if free < FREE_WARN_BYTES || percent < FREE_WARN_PERCENT => Grade::Warn,
                _ => Grade::Ok,
            };
            let advice = if grade == Grade::Ok { "" } else { ": make room; a full disk stops the writing of messages" };
            findings.add(grade, "disk", format!("{} MB ({percent} %) free where {} is{advice}", free / 1_000_000, folder.display()));
        }
    }
    if config.data_dir.exists() && rustix::fs::access(&config.data_dir, rustix::fs::Access::WRITE_OK).is_err() {
        let found = format!("{} cannot be written to: give it to the user that hotro runs as (chown)", config.data_dir.display());
        findings.add(Grade::Fail, "disk", found);
    }
}

fn look_at_content(config: &Config, findings: &mut Findings) {
    let faq = match super::load_faq(config) {
        Ok(faq) => faq,
        Err(error) => return findings.add(Grade::Fail, "content", format!("{error}: `hotro check` names file and line")),
    };
    let problems = faq::check(&faq, day_in_vietnam(now_ms()));
    let due = problems.iter().filter(|problem| problem.severity == Severity::Due).count();
    let topics = faq.topics().len();
    match (problems.len(), due) {
        (0, _) => findings.add(Grade::Ok, "content", format!("{topics} topics, version {}", faq.version())),
        (all, due) if all == due => {
            findings.add(Grade::Warn, "content", format!("{due} of {topics} topics wait for a review: `hotro check` lists them"));
        }
        (all, _) => findings.add(Grade::Fail, "content", format!("{all} problems: `hotro check` lists them")),
    }
}

async fn look_at_telegram(config: &Config, http: &Client, findings: &mut Findings) {
    const WHAT: &str = "telegram";
    let telegram = match TelegramConfig::from_keys(&config.telegram) {
        Ok(Some(telegram)) => telegram,
        Ok(None) => return findings.add(Grade::Ok, WHAT, "off: TELEGRAM_BOT_TOKEN is not set"),
        Err(error) => return findings.add(Grade::Fail, WHAT, error),
    };
    let api = telegram.api_url.as_ref().map_or("https://api.telegram.org", |url| url.as_str().trim_end_matches('/'));
    // The token is part of the address, so no error may show it.
    let call = async |method: &str| -> Result<serde_json::Value, String> {
        let url = format!("{api}/bot{}/{method}", telegram.token);
        let response = http.post(url).json(&serde_json::json!({})).send().await.map_err(reason)?;
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => {
                Err("refuses the token: take the present one from BotFather into TELEGRAM_BOT_TOKEN".to_owned())
            }
            status if !status.is_success() => Err(format!("answers {status}: try again in some minutes")),
            _ => Ok(response.json::<serde_json::Value>().await.map_err(reason)?["result"].take()),
        }
    };
    match call("GetMe").await {
        Ok(me) => findings.add(Grade::Ok, WHAT, format!("the bot is @{}", me["username"].as_str().unwrap_or("?"))),
        Err(error) => return findings.add(Grade::Fail, WHAT, format!("Telegram {error}")),
    }
    let info = match call("GetWebhookInfo").await {
        Ok(info) => info,
        Err(error) => return findings.add(Grade::Warn, WHAT, format!("the webhook is not known: Telegram {error}")),
    };
    let set = info["url"].as_str().unwrap_or_default();
    let wanted = telegram.webhook.as_ref().map(|webhook| webhook.address().to_string()).unwrap_or_default();
    match (set, wanted.as_str()) {
        ("", "") => findings.add(Grade::Ok, WHAT, "updates are polled"),
        (set, wanted) if set == wanted => findings.add(Grade::Ok, WHAT, "the webhook is this server's"),
        ("", _) => findings.add(Grade::Warn, WHAT, "no webhook is set: the next start of hotro sets it"),
        (_, "") => findings.add(Grade::Warn, WHAT, "a webhook is set and telegram.public_url is not: the next start removes it"),
        _ => findings.add(Grade::Warn, WHAT, "the webhook is another server's: the next start sets it to telegram.public_url"),
    }
    let waiting = info["pending_update_count"].as_i64().unwrap_or(0);
    if waiting > UPDATES_WAITING_MAX {
        findings.add(Grade::Warn, WHAT, format!("{waiting} updates wait at Telegram: is hotro running, and does the proxy reach it?"));
    }
    if let Some(message) = info["last_error_message"].as_str() {
        let at_ms = info["last_error_date"].as_i64().unwrap_or(0).saturating_mul(1_000);
        if now_ms().saturating_sub(at_ms) < DAY_MS {
            findings.add(Grade::Warn, WHAT, format!("Telegram's last error of the webhook, less than a day ago: {message}"));
        }
    }
}

/// A client that knows itself and the other system by these files, as the program itself does.
fn client_of(files: super::records::UpstreamFiles) -> reqwest::Result<Client> {
    let mut client = Client::builder().timeout(WAIT).tls_info(true);
    if let Some(pem) = files.identity {
        client = client.identity(reqwest::Identity::from_pem(&pem)?);
    }
    if let Some(pem) = files.ca {
        client = client.tls_built_in_root_certs(false);
        for authority in reqwest::Certificate::from_pem_bundle(&pem)? {
            client = client.add_root_certificate(authority);
        }
    }
    client.build()
}

/// Other servers: whether they are there, and until when their certificates are valid.
async fn look_at_neighbours(config: &Config, http: &Client, findings: &mut Findings) {
    if let Some(url) = &config.records.upstream_url {
        // Files that cannot be read, or are none, are among the refusals.
        if let Some(client) = super::records::upstream_files(&config.records).ok().and_then(|files| client_of(files).ok()) {
            look_at_server(&client, "records", "records.upstream_url", url, findings).await;
        }
    }
    if let Some(url) = &config.sms.url {
        look_at_server(http, "sms", "sms.url", url, findings).await;
    }
    if let Some(url) = &config.webhook.url {
        look_at_server(http, "webhook", "webhook.url", url, findings).await;
    }
    match outgoing::mail_lets_in(config).await {
        None => {}
        Some(true) => findings.add(Grade::Ok, "mail", "mail.smtp_url: the server lets hotro in"),
        Some(false) => findings.add(
            Grade::Fail,
            "mail",
            "mail.smtp_url: the server does not answer or does not let hotro in: check the address, the firewall, user and password",
        ),
    }
    for feed in &config.news.feeds {
        look_at_server(http, "news", &feed.id, &feed.url, findings).await;
    }
    if let Some(url) = config.public_origin() {
        look_at_server(http, "proxy", "web.public_url", &url, findings).await;
    }
}

async fn look_at_server(http: &Client, what: &str, key: &str, url: &str, findings: &mut Findings) {
    let Ok(url) = Url::parse(url) else { return findings.add(Grade::Fail, what, format!("{key}: expected https://...")) };
    let host = url.host_str().unwrap_or_default().to_owned();
    // HEAD asks for nothing to be done.
    let response = match http.request(Method::HEAD, url.clone()).send().await {
        Ok(response) => response,
        Err(error) => {
            let found = format!("{key}: {host} {}: check the address, the firewall and its certificate", reason(error));
            // A machine need not reach itself by its public name, nor trust the authority that browsers of its network trust.
            let grade = if what == "proxy" { Grade::Warn } else { Grade::Fail };
            return findings.add(grade, what, found);
        }
    };
    if url.scheme() != "https" {
        let is_local = matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]");
        let grade = if is_local { Grade::Ok } else { Grade::Warn };
        let advice = if is_local { "" } else { ", without TLS: take an https:// address" };
        return findings.add(grade, what, format!("{key}: {host} answers{advice}"));
    }
    let tls = response.extensions().get::<reqwest::tls::TlsInfo>();
    let Some(until_ms) = tls.and_then(|tls| tls.peer_certificate()).and_then(not_after_ms) else {
        return findings.add(Grade::Ok, what, format!("{key}: {host} answers by TLS"));
    };
    let days = until_ms.saturating_sub(now_ms()) / DAY_MS;
    let (grade, advice) = if days < CERTIFICATE_DAYS_MIN { (Grade::Warn, ": have it renewed") } else { (Grade::Ok, "") };
    findings.add(grade, what, format!("{key}: {host} answers by TLS, its certificate is valid for {days} days{advice}"));
}

/// Why a request failed, without its address: that may hold a secret.
fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("did not answer within {} s", WAIT.as_secs());
    }
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("cannot be reached: {innermost}")
}
