//! What citizens are told when something that the service rests on is gone, and that nothing acknowledged is lost with it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use harness::citizen::{Citizen, http};
use harness::kept::{Kept, keeping};
use harness::postgres::Postgres;
use harness::proxy::{Proxy, Weather};
use harness::server::{Options, Server, program};
use harness::wait::until;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

async fn send(citizen: &Citizen, text: &str) -> Response {
    citizen.post_message().json(&json!({ "client_id": Uuid::now_v7(), "text": text })).send().await.unwrap()
}

/// 503, a sentence for people, and when to come again.
async fn assert_unavailable(response: Response) {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "2");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "unavailable");
    assert!(body["error"]["message"].as_str().unwrap().contains("bạn thử lại"), "{body}");
}

async fn get(server: &Server, path: &str) -> (StatusCode, String) {
    let response = http().get(server.url(path)).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_told_as_a_wait() {
    let postgres = Postgres::start().unwrap();
    let server = Options::new().database(&postgres.database().await.unwrap()).start().await;
    let citizen = server.citizen().await;
    citizen.say("quên mật khẩu vssid").await;
    drop(postgres);
    assert_unavailable(send(&citizen, "còn ai không").await).await;
    assert_unavailable(http().post(server.url("/api/conversations")).send().await.unwrap()).await;
    let (status, body) = get(&server, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("\"database\":\"unavailable\"") || body.contains("\"database\":\"slow\""), "{body}");
    let (status, metrics) = get(&server, "/metrics").await;
    assert!(status == StatusCode::OK && metrics.contains("hotro_database_up 0\n"), "{metrics}");
    // What needs no database goes on.
    for path in ["/", "/widget.js", "/healthz", "/api/calculators"] {
        assert_eq!(get(&server, path).await.0, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_is_waited_for_and_a_silent_one_is_told_as_a_wait() {
    let postgres = Postgres::shared();
    let line = Proxy::before(postgres.address()).await.unwrap();
    let url = postgres.database().await.unwrap().replace(&postgres.address().to_string(), &line.address().to_string());
    let server = Options::new().database(&url).start().await;
    let citizen = server.citizen().await;
    citizen.say("quên mật khẩu vssid").await;
    line.set(Weather::Slow(Duration::from_millis(50)));
    let slowly = citizen.say("lương hưu tính thế nào").await;
    assert_eq!(citizen.reply(&slowly).await["kind"], "bot_message");
    // Half-open: every connection is there, and nothing comes back any more.
    line.set(Weather::Silent);
    let (first, second) = tokio::join!(send(&citizen, "còn ai không"), send(&citizen, "alo"));
    assert_unavailable(first).await;
    assert_unavailable(second).await;
    line.set(Weather::Fair);
    until("it goes on", async || (send(&citizen, "cảm ơn").await.status() == StatusCode::ACCEPTED).then_some(())).await;
}

/// What is worked on at once, and so many more.
const AT_ONCE: usize = 320;
const TOO_MANY: usize = 24;
/// What the server says of messages that were answered within a second.
const QUICK: &str = "hotro_http_request_seconds_bucket{route=\"/api/conversations/{id}/messages\",le=\"1\"}";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_at_once_before_the_database_is_asked() {
    let postgres = Postgres::shared();
    let line = Proxy::before(postgres.address()).await.unwrap();
    let url = postgres.database().await.unwrap().replace(&postgres.address().to_string(), &line.address().to_string());
    let server = Options::new().database(&url).start().await;
    let citizen = server.citizen().await;
    line.set(Weather::Silent);
    let mut sent: FuturesUnordered<_> = (0..AT_ONCE + TOO_MANY).map(|_| send(&citizen, "còn ai không")).collect();
    for _ in 0..TOO_MANY {
        assert_unavailable(sent.next().await.unwrap()).await;
    }
    line.set(Weather::Fair);
    let taken = sent.map(|response| response.status()).collect::<Vec<_>>().await;
    assert!(taken.contains(&StatusCode::ACCEPTED), "what was taken is worked on: {taken:?}");
    let metrics = get(&server, "/metrics").await.1;
    assert!(metrics.contains(&format!("hotro_requests_refused_total {TOO_MANY}\n")), "{metrics}");
    // By the server's own clock, whatever time it took to send so many. The others came before these and were answered after them: had these
    // waited for longer, no request would be as quick.
    let quick = metrics.lines().find_map(|line| line.strip_prefix(QUICK)?.trim().parse::<usize>().ok());
    assert!(quick.is_some_and(|quick| quick >= TOO_MANY), "{quick:?} within a second: {metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_may_only_be_read_refuses_and_then_goes_on() {
    let url = Postgres::shared().database().await.unwrap();
    let name = url.rsplit('/').next().unwrap().to_owned();
    let server = Options::new().database(&url).start().await;
    let citizen = server.citizen().await;
    citizen.say("quên mật khẩu vssid").await;
    let before = citizen.events(0).await;
    let mut beside = PgConnection::connect(&url).await.unwrap();
    // As a standby that was not promoted: every connection finds it so.
    let set = async |beside: &mut PgConnection, value: &str| {
        let setting = format!("alter database {name} set default_transaction_read_only = {value}");
        sqlx::raw_sql(AssertSqlSafe(format!("set transaction read write; {setting}"))).execute(&mut *beside).await.unwrap();
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        sqlx::query(end).fetch_all(beside).await.unwrap();
    };
    set(&mut beside, "on").await;
    // The first may find a connection that has just ended.
    let _ = send(&citizen, "lương hưu tính thế nào").await;
    assert_unavailable(send(&citizen, "lương hưu tính thế nào").await).await;
    assert_eq!(citizen.events(0).await, before, "what is stored can be read, and nothing was half written");
    set(&mut beside, "off").await;
    until("it goes on", async || (send(&citizen, "lương hưu tính thế nào").await.status() == StatusCode::ACCEPTED).then_some(())).await;
}

/// Serves from a folder, with files of at most so many blocks of 512 bytes: a disk that is full.
fn serve(folder: &Path, blocks_max: u64) -> (Kept, String) {
    let script = "trap '' XFSZ; echo $$ > pid; ulimit -S -f $1; shift; exec \"$@\"";
    let mut command = keeping(&folder.join("none"), Path::new("/bin/sh"));
    command.args(["-c", script, "sh", &blocks_max.to_string()]).arg(program());
    command.args(["serve", "--listen", "127.0.0.1:0"]).env_clear().env("HOTRO_LOG_FILTER", "off").current_dir(folder);
    command.env("HOTRO_LIMITS_MESSAGES_PER_CONVERSATION_PER_MINUTE", "100000");
    let mut process = Kept::start(&mut command).unwrap();
    let base = process.read_until(|line| Some(line.strip_prefix("hotro: page    ")?.trim_end_matches('/').to_owned())).unwrap();
    (process, base)
}

fn database(folder: &Path) -> PathBuf {
    folder.join("data/hotro.db")
}

/// The ids of the messages in the log.
async fn known(citizen: &Citizen) -> Vec<String> {
    let (mut known, mut after) = (Vec::new(), 0);
    loop {
        let events = citizen.events(after).await;
        let Some(last) = events.last() else { return known };
        after = last["seq"].as_u64().unwrap();
        known.extend(events.iter().filter_map(|event| Some(event["client_id"].as_str()?.to_owned())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_is_new_and_keeps_what_was_acknowledged() {
    const UNLIMITED_BLOCKS: u64 = 1 << 30;
    let folder = TempDir::new().unwrap();
    let (process, _) = serve(folder.path(), UNLIMITED_BLOCKS);
    process.end("TERM").unwrap();
    let bytes = std::fs::metadata(database(folder.path())).unwrap().len();
    let (process, base) = serve(folder.path(), bytes / 512 + 64);
    let citizen = Citizen::begin_at(http(), &base).await;
    let mut acknowledged = Vec::new();
    let long = "đóng bảo hiểm ".repeat(200);
    let refused = loop {
        assert!(acknowledged.len() < 2_000, "the disk is never full");
        let id = Uuid::now_v7();
        let response = citizen.post_message().json(&json!({ "client_id": id, "text": long })).send().await.unwrap();
        match response.status() {
            StatusCode::ACCEPTED => acknowledged.push(id.to_string()),
            _ => break response,
        }
    };
    assert_unavailable(refused).await;
    assert!(!acknowledged.is_empty());
    assert_eq!(known(&citizen).await, acknowledged, "what is stored can still be read");

    // Room was made. It needed a restart: SQLite had rolled back by itself, and the connection believed in a transaction for ever.
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    let room = std::process::Command::new("prlimit").args(["--pid", pid.trim(), "--fsize=unlimited:"]).status().unwrap();
    assert!(room.success());
    let id = until("it goes on by itself", async || {
        let id = Uuid::now_v7();
        let response = citizen.post_message().json(&json!({ "client_id": id, "text": long })).send().await.unwrap();
        (response.status() == StatusCode::ACCEPTED).then_some(id)
    })
    .await;
    acknowledged.push(id.to_string());
    assert_eq!(known(&citizen).await, acknowledged);
    process.end("KILL").unwrap();

    let (process, base) = serve(folder.path(), UNLIMITED_BLOCKS);
    let again = citizen.at(&base);
    assert_eq!(known(&again).await, acknowledged);
    assert_eq!(send(&again, "cảm ơn").await.status(), StatusCode::ACCEPTED);
    process.end("TERM").unwrap();
}
