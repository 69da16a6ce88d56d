//! What operators of the machine read: metrics, logs, headers, `hotro doctor`, and the files under docs/operations.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use harness::agency::Agency;
use harness::citizen::http;
use harness::feeds::{Answer, Feeds};
use harness::server::{Options, Said, Server, run_with};
use harness::telegram::{TOKEN, Telegram};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use uuid::Uuid;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Words that begin with `hotro_`, as metrics do.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_' && !letter.is_ascii_digit());
    words.filter(|word| word.starts_with("hotro_")).map(str::to_owned).collect()
}

/// The metrics of the list, by name, with their kinds.
fn listed() -> BTreeMap<String, String> {
    let rows = read("docs/operations/metrics.md");
    let rows = rows.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `hotro_")?.split('|').map(str::trim);
        Some((format!("hotro_{}", cells.next()?.trim_end_matches('`')), cells.next()?.to_owned()))
    });
    rows.collect()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The metrics that the program writes, by name, with their kinds.
fn written() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    sources(&repository("bot/src"), &mut files);
    let mut written = BTreeMap::new();
    for file in &files {
        for (macro_call, kind) in
            [("counter!(\"", "counter"), ("gauge!(\"", "gauge"), ("histogram!(\"", "histogram"), ("gauge(\"", "gauge")]
        {
            for part in file.split(macro_call).skip(1) {
                let name = part.split('"').next().unwrap();
                if name.starts_with("hotro_") {
                    written.insert(name.to_owned(), kind.to_owned());
                }
            }
        }
    }
    written.extend(["hotro_backlog", "hotro_backlog_oldest_seconds"].map(|name| (name.to_owned(), "gauge".to_owned())));
    written
}

#[test]
fn the_list_of_metrics_has_what_the_program_writes_and_nothing_else() {
    assert_eq!(listed(), written());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_served_is_in_the_list_with_its_kind() {
    let server = Options::new().start().await;
    server.citizen().await.say("quên mật khẩu vssid").await;
    let page = http().get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let listed = listed();
    let mut kinds = BTreeMap::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} stands twice");
    }
    for (name, kind) in &kinds {
        assert_eq!(listed.get(name), Some(kind), "{name}");
    }
    for line in page.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().unwrap();
        let base = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(kinds.contains_key(base) || kinds.contains_key(name), "{line}");
    }
    for name in ["hotro_build_info", "hotro_turns_total", "hotro_http_requests_total", "hotro_http_request_seconds", "hotro_database_up"] {
        assert!(kinds.contains_key(name), "{name}: {page}");
    }
    assert!(page.contains("hotro_database_up 1\n"), "{page}");
    assert!(page.contains("hotro_backlog{queue=\"handoff\"} 0\n"), "{page}");
    assert!(page.contains("route=\"/api/conversations/{id}/messages\""), "the pattern and no id: {page}");
}

#[test]
fn alerts_and_dashboard_name_only_metrics_that_exist() {
    let listed = listed();
    for file in ["docs/operations/alerts.yml", "docs/operations/dashboard.json"] {
        let used = names(&read(file));
        assert!(used.len() > 10, "{file}: {used:?}");
        for name in used {
            let base = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
            assert!(listed.contains_key(base) || listed.contains_key(&name), "{file}: {name}");
        }
    }
    let dashboard: Value = serde_json::from_str(&read("docs/operations/dashboard.json")).unwrap();
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 10));
    // Every alert leads to a section that is there.
    let headings: BTreeSet<String> = read("docs/operations/README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|heading| {
            let kept = heading.to_lowercase().replace(|letter: char| !letter.is_alphanumeric() && letter != ' ' && letter != '-', "");
            kept.replace(' ', "-")
        })
        .collect();
    let alerts = read("docs/operations/alerts.yml");
    let runbooks: Vec<&str> = alerts.split("README.md#").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    assert_eq!(runbooks.len(), alerts.matches("- alert:").count());
    for runbook in runbooks {
        assert!(headings.contains(runbook), "{runbook} is not among {headings:?}");
    }
}

/// A setting that hotro does not know stops it, and nobody reads a log before the containers are up.
#[test]
fn the_settings_of_the_containers_are_known() {
    let compose = read("docs/operations/compose.yaml");
    let readme = read("docs/operations/README.md");
    let set = compose.lines().filter_map(|line| line.trim().split_once(": ")).chain(
        readme
            .lines()
            .filter(|line| line.contains("printf '"))
            .flat_map(|line| line.split('\'').nth(1).unwrap().split("\\n"))
            .filter_map(|line| line.split_once('=')),
    );
    let key = "0".repeat(64);
    let settings: Vec<(&str, String)> = set
        .filter(|(name, _)| name.starts_with("HOTRO_"))
        .map(|(name, value)| (name, value.replace("${PUBLIC_NAME}", "hotro.example.gov.vn").replace("%s", &key)))
        .collect();
    for name in ["HOTRO_LIMITS_TRUSTED_PROXIES", "HOTRO_KEY", "HOTRO_WEB_ALLOWED_ORIGINS"] {
        assert!(settings.iter().any(|(set, _)| *set == name), "{name} is not among {settings:?}");
    }
    let variables: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = TempDir::new().unwrap();
    let said = run_with(folder.path(), &["ask", "quên mật khẩu vssid"], &variables, b"").unwrap();
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    // The same address in both places: what the proxy says of citizens is believed.
    let (_, proxy) = variables.iter().find(|(name, _)| *name == "HOTRO_LIMITS_TRUSTED_PROXIES").unwrap();
    assert!(compose.contains(&format!("ipv4_address: {proxy}\n")), "{proxy}");
}

fn assert_headers(name: &str, response: &Response) {
    let header = |header: &str| response.headers().get(header).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{name}");
    assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"), "{name}");
    assert!(header("permissions-policy").is_some_and(|policy| policy.contains("camera=()")), "{name}");
    let policy = header("content-security-policy").unwrap_or_else(|| panic!("{name} has no policy"));
    assert!(policy.contains("frame-ancestors "), "{name}: {policy}");
    assert!(policy.contains("base-uri 'none'"), "{name}: {policy}");
    assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{name}: {policy}");
    let id = header("x-request-id").unwrap_or_else(|| panic!("{name} has no number"));
    assert!(Uuid::try_parse(&id).is_ok(), "{name}: {id}");
    assert!(header("strict-transport-security").is_none(), "{name}: this server is not reached by TLS");
    for gone in ["server", "x-powered-by"] {
        assert!(header(gone).is_none(), "{name}: {gone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_with_the_headers_that_protect() {
    let server = Server::shared();
    let http = http();
    let doc: Value = http.get(server.url("/api/openapi.json")).send().await.unwrap().json().await.unwrap();
    let mut asked = 0;
    for (path, methods) in doc["paths"].as_object().unwrap() {
        let filled: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "01890000-0000-7000-8000-000000000000" } else { part }).collect();
        for method in methods.as_object().unwrap().keys().filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str())) {
            let method: Method = method.to_uppercase().parse().unwrap();
            // Creating a conversation is the one that answers strangers; all others refuse here, and refusals have the headers too.
            let response = http.request(method.clone(), server.url(&filled.join("/"))).send().await.unwrap();
            assert_headers(&format!("{method} {path}"), &response);
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
    let assets = read("bot/src/channel/web/assets.rs");
    let pages: Vec<&str> = assets.split(".route(\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    assert!(pages.len() > 15, "{pages:?}");
    let others = [
        "/healthz",
        "/readyz",
        "/metrics",
        "/news.atom",
        "/news.json",
        "/api/demo",
        "/console/views/queue.js",
        "/nowhere",
        "/console/nowhere.js",
    ];
    for path in pages.into_iter().chain(others) {
        let response = http.get(server.url(&path.replace("{*path}", "queue"))).send().await.unwrap();
        assert_headers(path, &response);
    }
    let refused = http.delete(server.url("/api/conversations")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_headers("a method that is not there", &refused);
    // A frame would let another page cover the console or the form with its own buttons.
    for (path, ancestors) in
        [("/console", "frame-ancestors 'none'"), ("/", "frame-ancestors 'none'"), ("/verify", "frame-ancestors https://web.telegram.org")]
    {
        let response = http.get(server.url(path)).send().await.unwrap();
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains(ancestors), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_tls_asks_browsers_to_stay_there() {
    let server = Options::new().variable("HOTRO_WEB_PUBLIC_URL", "https://hotro.example.gov.vn").start().await;
    let response = http().get(server.url("/")).send().await.unwrap();
    assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_name_request_and_conversation_and_nobody() {
    let server = Options::new().variable("HOTRO_LOG_FORMAT", "json").variable("HOTRO_LOG_FILTER", "info,hotro=debug").start().await;
    let citizen = server.citizen().await;
    let given = Uuid::now_v7();
    let text = "tôi là Nguyễn Văn Thử, số 0412345678, quên mật khẩu vssid";
    let body = serde_json::json!({ "client_id": Uuid::now_v7(), "text": text });
    let answer = citizen.post_message().header("x-request-id", given.to_string()).json(&body).send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], given.to_string().as_str());
    let log = server.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    let of_request = |line: &&Value| line["span"]["request.id"] == given.to_string().as_str();
    let line = lines.iter().find(of_request).unwrap_or_else(|| panic!("no line of {given}: {log}"));
    assert_eq!(line["span"]["conversation.id"], citizen.id.as_str());
    assert_eq!(line["span"]["http.route"], "/api/conversations/{id}/messages");
    for secret in ["Nguyễn", "0412345678", "mật khẩu", citizen.token.as_str()] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

/// Whichever is free.
const ANY_PORT: &str = "127.0.0.1:0";
const KEY: (&str, &str) = ("HOTRO_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");

fn doctor(folder: &Path, variables: &[(&str, &str)]) -> Said {
    let said = run_with(folder, &["doctor"], variables, b"").unwrap();
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    for secret in ["geheim", KEY.1, TOKEN] {
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret), "{}{}", said.stdout, said.stderr);
    }
    said
}

/// An address at which nobody answers, as long as the socket is there: it is bound, so that no other has it, and does not listen.
fn nowhere() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn assert_line(said: &Said, grade: &str, what: &str, found: &str) {
    let has = |line: &str| line.starts_with(grade) && line.contains(&format!("  {what} ")) && line.contains(found);
    assert!(said.stdout.lines().any(has), "expected {grade} {what}: {found}\n{}{}", said.stdout, said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_running_installation_in_order() {
    for options in [Options::new(), Options::on_postgres().await] {
        let telegram = Telegram::start().await.unwrap();
        let feeds = Feeds::start().await.unwrap();
        feeds.serve("/rss", Answer::feed("application/rss+xml", "<rss/>"));
        let server = options.start().await;
        let listen = server.url("").replace("http://", "");
        let feed = format!("[{{ id = \"bao\", name = \"Báo\", url = \"{}\" }}]", feeds.url("/rss"));
        let data = server.data();
        let said = doctor(
            data.parent().unwrap(),
            &[
                KEY,
                ("HOTRO_LISTEN", &listen),
                ("DATABASE_URL", &server.database_url()),
                ("TELEGRAM_BOT_TOKEN", TOKEN),
                ("HOTRO_TELEGRAM_API_URL", telegram.url()),
                ("HOTRO_NEWS_FEEDS", &feed),
                ("HOTRO_SMS_URL", &feeds.url("/sms")),
                ("HOTRO_SMS_AUTHORIZATION", "geheim"),
            ],
        );
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
        assert_line(&said, "ok", "listen", "hotro serves on ");
        assert_line(&said, "ok", "database", "its schema is up to date");
        assert_line(&said, "ok", "key", "it is the key of this database");
        assert_line(&said, "ok", "telegram", "the bot is @");
        assert_line(&said, "ok", "news", "bao: 127.0.0.1 answers");
        assert_line(&said, "ok", "sms", "sms.url: 127.0.0.1 answers");
        assert!(said.stdout.ends_with(" 0 fail\n"), "{}", said.stdout);
        if server.database_url().starts_with("postgres") {
            assert_line(&said, "ok", "clock", " ms from the database's");
        }
    }
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do_and_no_secret() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (_nowhere, nowhere) = nowhere();
    let nowhere = format!("http://{nowhere}");
    let fresh = doctor(folder.path(), &[("HOTRO_LISTEN", ANY_PORT)]);
    assert_eq!(fresh.code, Some(0), "{}{}", fresh.stdout, fresh.stderr);
    assert_line(&fresh, "warn", "key", "openssl rand -hex 32");
    assert_line(&fresh, "ok", "database", "is not there yet");
    assert_line(&fresh, "warn", "configuration", "sms.gateway is console");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "it makes nothing");

    let sick = doctor(
        folder.path(),
        &[
            ("HOTRO_LISTEN", &taken),
            ("HOTRO_KEY", "geheim"),
            ("DATABASE_URL", "postgres://hotro:geheim@127.0.0.1:1/hotro"),
            ("HOTRO_WEB_PUBLIC_URL", "http://hotro.example.invalid"),
            ("TELEGRAM_BOT_TOKEN", "1234567890:geheim-geheim-geheim-geheim-geheim-x"),
            ("HOTRO_TELEGRAM_API_URL", &nowhere),
            ("HOTRO_RECORDS_UPSTREAM_URL", &nowhere),
            ("HOTRO_SMS_GATEWAY", "console"),
            ("HOTRO_WEBHOOK_URL", &nowhere),
            ("HOTRO_WEBHOOK_SECRET", "geheim"),
        ],
    );
    assert_eq!(sick.code, Some(1), "{}{}", sick.stdout, sick.stderr);
    assert_line(&sick, "fail", "listen", "is no hotro");
    assert_line(&sick, "fail", "key", "64 hexadecimal digits");
    assert_line(&sick, "fail", "database", "hotro on 127.0.0.1:1");
    assert_line(&sick, "warn", "configuration", "limits.trusted_proxies is empty");
    assert_line(&sick, "fail", "configuration", "console prints one-time passwords");
    assert_line(&sick, "fail", "records", "127.0.0.1 cannot be reached");
    assert_line(&sick, "fail", "configuration", "webhook.secret: expected at least 32 characters");

    let broken = doctor(folder.path(), &[("HOTRO_LISTEN", "nowhere")]);
    assert_eq!(broken.code, Some(1));
    assert!(broken.stderr.contains("listen: "), "{}", broken.stderr);
}

/// It called settings "ok" with which the service then ended at its start, again and again.
#[test]
fn the_doctor_refuses_what_the_start_refuses() {
    let (_nowhere, nowhere) = nowhere();
    let local = format!("http://{nowhere}");
    let refused: [(&str, &[(&str, &str)]); 8] = [
        ("log.filter", &[("HOTRO_LOG_FILTER", "hotro=loud=quiet")]),
        ("traces.endpoint", &[("HOTRO_TRACES_ENDPOINT", "http://127.0.0.1:4318")]),
        ("sms.url: expected https", &[("HOTRO_SMS_URL", "http://sms.example.invalid")]),
        ("sms.body", &[("HOTRO_SMS_URL", &local), ("HOTRO_SMS_BODY", "geheim")]),
        ("sms.gateway", &[("HOTRO_SMS_GATEWAY", "console"), ("HOTRO_WEB_PUBLIC_URL", "https://hotro.example.invalid")]),
        ("records.upstream_url: expected https", &[("HOTRO_RECORDS_UPSTREAM_URL", "http://records.example.invalid")]),
        ("mail.from", &[("HOTRO_MAIL_SMTP_URL", "smtp://ca:geheim@127.0.0.1:1")]),
        ("webhook.secret", &[("HOTRO_WEBHOOK_URL", &local), ("HOTRO_WEBHOOK_SECRET", "geheim")]),
    ];
    for (found, variables) in refused {
        let folder = TempDir::new().unwrap();
        let variables: Vec<_> = variables.iter().copied().chain([("HOTRO_LISTEN", ANY_PORT), KEY]).collect();
        let said = doctor(folder.path(), &variables);
        assert_line(&said, "fail", "configuration", &format!("hotro does not start: {found}"));
        assert!(said.code == Some(1) && !said.stdout.contains("every key is known and fits"), "{}", said.stdout);
        let started = run_with(folder.path(), &["serve"], &variables, b"").unwrap();
        assert!(started.code == Some(1) && started.stderr.contains(found), "{found}: {}{}", started.stdout, started.stderr);
    }
}

/// After the last holiday that is named Tết counted as working days, and nobody was told.
#[test]
fn the_doctor_says_that_holidays_run_out() {
    let folder = TempDir::new().unwrap();
    let calendar = r#"{ holidays = ["2026-01-01", "2026-02-16..2026-02-20"] }"#;
    let said = doctor(folder.path(), &[("HOTRO_LISTEN", ANY_PORT), ("HOTRO_DESK_CALENDAR", calendar)]);
    assert_line(&said, "warn", "configuration", "holidays are known until 2026-02-20");
    let said = doctor(folder.path(), &[("HOTRO_LISTEN", ANY_PORT), ("HOTRO_DESK_CALENDAR", r#"{ holidays = [] }"#)]);
    assert!(!said.stdout.contains("holidays"), "{}", said.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_knocks_at_the_mail_server() {
    let agency = Agency::start().await.unwrap();
    let folder = TempDir::new().unwrap();
    let (_nowhere, nowhere) = nowhere();
    let silent = format!("smtp://{nowhere}");
    for (url, grade, found) in [(&agency.smtp_url, "ok", "lets hotro in"), (&silent, "fail", "does not answer")] {
        let keys = [("HOTRO_MAIL_SMTP_URL", url.as_str()), ("HOTRO_MAIL_FROM", "hotro@a.example"), ("HOTRO_MAIL_TO", "ca@a.example")];
        let variables: Vec<_> = keys.into_iter().chain([("HOTRO_LISTEN", ANY_PORT)]).collect();
        assert_line(&doctor(folder.path(), &variables), grade, "mail", found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_wakes_somebody_is_counted_from_the_start() {
    let server = Options::new().start().await;
    let page = http().get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "hotro_faq_reloads_total{result=\"refused\"} 0",
        "hotro_faq_reloads_total{result=\"failed\"} 0",
        "hotro_outgoing_total{sink=\"webhook\",result=\"given_up\"} 0",
        "hotro_sms_total{result=\"failed\"} 0",
        "hotro_telegram_errors_total{kind=\"stopped\"} 0",
        "hotro_verification_errors_total{what=\"records\"} 0",
        "hotro_verifications_total{step=\"verified\"} 0",
    ] {
        assert!(page.lines().any(|served| served == line), "{line}: {page}");
    }
}

#[test]
fn the_doctor_sees_another_key_and_a_key_that_others_may_read() {
    let folder = TempDir::new().unwrap();
    let added = run_with(folder.path(), &["records", "demo"], &[KEY], b"").unwrap();
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let other = "0123".repeat(16);
    let said = doctor(folder.path(), &[("HOTRO_LISTEN", ANY_PORT), ("HOTRO_KEY", &other)]);
    assert_eq!(said.code, Some(1));
    assert_line(&said, "fail", "key", "was used with another key");
    let said = doctor(folder.path(), &[("HOTRO_LISTEN", ANY_PORT)]);
    assert_line(&said, "fail", "key", "was used with a key, and there is none");
    let file = folder.path().join("data/hotro.key");
    fs::write(&file, KEY.1).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let said = doctor(folder.path(), &[("HOTRO_LISTEN", ANY_PORT)]);
    assert_line(&said, "fail", "key", "chmod 600");
}
