//! Where records come from: files, and another system.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use harness::server::{Options, Server, run_with};
use harness::sms::Sms;
use harness::tls::{Authority, TlsServer};
use hotro::identity::code::Identifier;
use hotro::identity::import::FileKind;
use hotro::identity::upstream::{HttpRecords, Upstream as Settings};
use hotro::identity::{Records, RecordsError};
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::{Service, take_out_seconds_left, telegram, words};

const KEY: (&str, &str) = ("HOTRO_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");

/// Imports a text as a file of a kind: exit code and what was said.
fn import(folder: &std::path::Path, kind: &str, text: &str) -> (Option<i32>, String) {
    std::fs::write(folder.join("file.csv"), text).expect("the file is written");
    let said = run_with(folder, &["records", "import", "--data", "data", "--kind", kind, "file.csv"], &[KEY], b"").expect("it runs");
    (said.code, said.stdout + &said.stderr)
}

#[test]
fn a_file_is_imported_whole_or_says_its_line() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let check = |kind: &str, text: &str, want: &str| {
        let (code, said) = import(folder.path(), kind, text);
        assert_eq!(code, Some(if want.ends_with(" lines") { 0 } else { 1 }), "{said}");
        assert!(said.contains(want), "expected {want}: {said}");
        assert!(!said.contains("0070000001") && !said.contains("Nguyễn"), "what stands in the file is not said: {said}");
    };
    let person = "code,citizen_id,name,birth,phone\n";
    let period = "code,kind,from,to,employer,job,salary\n";
    check("contribution", &format!("{period}0070000001,bhxh,2020-01,2020-12,A,b,1\n"), "line 2: code: no such person");
    check("person", &format!("{person}0070000001,000190000001,Nguyễn Thị Giả,1990-01-02,0412000001\n"), "1 lines");
    check("person", &format!("{person}0070000001,000190000001,Nguyễn Thị Giả,1990-01-02,0412000001\n"), "1 lines");
    check(
        "person",
        &format!("{person}0070000002,,B,1990-01-02,\n007000000,,Nguyễn,1990-01-02,\n"),
        "line 3: code: expected 10, 12 or 15 characters, got 9",
    );
    check("person", &format!("{person}0070000002,,B,31/01/1990,\n"), "line 2: birth: expected a day as 2026-07-31");
    check("person", &format!("{person}0070000002,,B,1990-01-02,12345\n"), "line 2: phone: no Vietnamese");
    check("person", &format!("{person}0070000002,,B\n"), "line 2: expected 5 fields, got 3");
    check("person", "code,name\n", "line 1: expected the columns code,citizen_id,name,birth,phone");
    check("person", &format!("{person}0070000002,,B,1990-01-02,041200"), "the file is cut off");
    check(
        "contribution",
        &format!("{period}0070000001,bhxh,2020-01,2020-12,A,b,1\n0070000001,bhxh,2021-01,2020-12,A,b,1\n"),
        "line 3: to: before its beginning",
    );
    check("contribution", &format!("{period}0070000001,bhxx,2020-01,2020-12,A,b,1\n"), "line 2: kind: none of the known words");
    check("contribution", &format!("{period}0070000001,bhxh,2020-01,2020-12,A,b,1.000\n"), "line 2: salary: expected whole");
    check("contribution", &format!("{period}0070000001,bhxh,2020-01,2020-12,A,b,1\n0070000001,bhxh,2020-01,2020-11,A,b,2\n"), "2 lines");
    check("benefit", "code,kind,from,to,amount,paid,status\n0070000001,sickness,2026-01-02,,500000,2026-02-01,paid\n", "1 lines");
    check(
        "dossier",
        "code,dossier,procedure,received,due,status,missing,payment\n0070000001,HS-1,Ốm đau,2026-01-02,2026-01-09,approved,,paid\n",
        "1 lines",
    );
    check(
        "card",
        "code,number,from,to,facility,benefit_code,five_years\n0070000001,DN4000070000001,2026-01-01,2026-12-31,TYT,4,\n",
        "1 lines",
    );
    check("visit", "code,date,facility,level,covered,own\n0070000001,2026-01-02,BV,cấp cơ bản,100,0\n", "1 lines");
    check(
        "dependant",
        "code,name,birth,card_number,card_from,card_to,card_facility,card_benefit_code\n0070000001,Bé,2024-01-02,,,,,\n0070000001,An,2020-01-02,TE1000070000009,2020-01-02,2026-09-30,TYT,1\n",
        "2 lines",
    );
    let (code, said) = import(folder.path(), "person", &format!("{person}\u{0}\u{1}\n"));
    assert_eq!(code, Some(1), "{said}");
    // Another key is refused before anything is read.
    let other = run_with(folder.path(), &["records", "demo", "--data", "data"], &[("HOTRO_KEY", &"1".repeat(64))], b"").expect("it runs");
    assert!(other.code == Some(1) && other.stderr.contains("another key"), "{}", other.stderr);
    let broken = run_with(folder.path(), &["records", "demo", "--data", "data"], &[("HOTRO_KEY", "zz")], b"").expect("it runs");
    assert!(broken.code == Some(1) && broken.stderr.contains("64 hexadecimal digits"), "{}", broken.stderr);
    assert_eq!(FileKind::ALL.map(|kind| FileKind::parse(kind.name())), FileKind::ALL.map(Some));
}

/// Another system that has the records, as docs/records-api.yaml says; it can be made to fail.
#[derive(Clone, Default)]
struct Upstream {
    mood: Arc<AtomicU8>,
    /// How often it was asked.
    asked: Arc<AtomicUsize>,
    url: String,
}

const WELL: u8 = 0;
const SLOW: u8 = 1;
const BROKEN: u8 = 2;
const NONSENSE: u8 = 3;
const SOMEBODY_ELSE: u8 = 4;

async fn answer(State(own): State<Upstream>, Path(path): Path<String>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    own.asked.fetch_add(1, Ordering::Relaxed);
    if headers.get("authorization").is_none_or(|value| value != "Bearer upstream-key") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match own.mood.load(Ordering::Relaxed) {
        SLOW => tokio::time::sleep(Duration::from_secs(30)).await,
        BROKEN => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        NONSENSE => return Json(json!({ "birth": "yesterday", "code": ["x"] })).into_response(),
        _ => {}
    }
    if body["code"] != "0080000001" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let code = if own.mood.load(Ordering::Relaxed) == SOMEBODY_ELSE { "0080000002" } else { "0080000001" };
    match path.as_str() {
        "persons/find" => Json(json!({ "code": code, "citizen_id": null, "birth": "1990-01-02", "phone": "0412000009" })).into_response(),
        "records/card" => Json(json!({ "number": "DN4000080000001", "from": "2026-01-01", "to": "2099-12-31", "facility": "Bệnh viện Xa", "benefit_code": 4, "five_years": null })).into_response(),
        _ => Json(json!([])).into_response(),
    }
}

fn answers(upstream: Upstream) -> Router {
    Router::new().route("/base/v1/{*path}", post(answer)).with_state(upstream)
}

async fn upstream() -> Upstream {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let upstream = Upstream { url: format!("http://{}/base", listener.local_addr().expect("an address")), ..Upstream::default() };
    let router = answers(upstream.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    upstream
}

/// Enough for an answer on a busy machine, and far less than the slow one takes.
const TIMEOUT_MS: &str = "2000";

/// The answer to a first step.
async fn begun(response: reqwest::Response) -> (StatusCode, Value) {
    let status = response.status();
    let mut body: Value = response.json().await.expect("JSON");
    take_out_seconds_left(&mut body);
    (status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_is_asked_and_its_failures_are_told() {
    let upstream = upstream().await;
    let sms = Sms::start().await.expect("a gateway");
    let options = Options::new()
        .variable("HOTRO_RECORDS_UPSTREAM_URL", &upstream.url)
        .variable("HOTRO_RECORDS_UPSTREAM_KEY", "upstream-key")
        .variable("HOTRO_RECORDS_TIMEOUT_MS", TIMEOUT_MS);
    let server: Server = options.sms(&sms).start().await;
    let service = Service::over(server, sms);
    service.sms.fail([500]);
    let citizen = service.server.citizen().await;
    let session = service.form(&citizen).await;
    let well = begun(service.begin(&session, "0080000001", "02/01/1990").await).await;
    // The gateway fails once and is asked again.
    let otp = service.sms.otp("0412000009", 1).await;
    assert_eq!(service.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);
    let sent = citizen.tap("look:card").await;
    assert!(words(&citizen.hears("personal_message", sent.seq).await).contains("Bệnh viện Xa"));
    let moods = [
        (NONSENSE, "không đúng mẫu"),
        (BROKEN, "không trả lời"),
        (SLOW, "quá chậm"),
        (SLOW, "quá chậm"),
        (SLOW, "quá chậm"),
        // Left alone.
        (SLOW, "không trả lời"),
    ];
    for (number, (mood, said)) in moods.into_iter().enumerate() {
        upstream.mood.store(mood, Ordering::Relaxed);
        let (asked_at, asked_before) = (std::time::Instant::now(), upstream.asked.load(Ordering::Relaxed));
        let sent = citizen.tap("look:card").await;
        let told = citizen.hears("bot_message", sent.seq).await;
        assert!(words(&told).contains(said) && words(&told).contains("1900 9068"), "{told}");
        assert!(asked_at.elapsed() < Duration::from_secs(15), "nobody waits for ever");
        if number >= 5 {
            assert_eq!(upstream.asked.load(Ordering::Relaxed), asked_before, "after five failures it is left alone");
        }
    }
    // The form answers as ever, while the other system is down and when it is not itself.
    for mood in [SLOW, NONSENSE, SOMEBODY_ELSE] {
        upstream.mood.store(mood, Ordering::Relaxed);
        let session = service.form(&service.server.citizen().await).await;
        let answer = service.begin(&session, if mood == SLOW { "0080000001" } else { "0080000077" }, "02/01/1990").await;
        assert_eq!(begun(answer).await, well);
    }
    assert_eq!(service.sms.sent().len(), 1);
    let log = service.server.log();
    assert!(!log.contains("0080000001") && !log.contains("0412000009"), "{log}");
}

/// A citizen was told that their code or birth date is wrong, and lost one of five tries.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_nobody_can_compare_costs_no_try() {
    let upstream = upstream().await;
    let options = Options::new()
        .variable("HOTRO_RECORDS_UPSTREAM_URL", &upstream.url)
        .variable("HOTRO_RECORDS_UPSTREAM_KEY", "upstream-key")
        .variable("HOTRO_RECORDS_TIMEOUT_MS", TIMEOUT_MS);
    let (telegram, service) = telegram::start(options).await;
    let session = telegram::form(&telegram, &service).await;
    service.begin(&session, "0080000001", "02/01/1990").await;
    telegram::said(&telegram, telegram::AN, "the contact is asked for", |sent| sent.html.contains("Nếu thông tin khớp")).await;
    service.sms.otp("0412000009", 1).await;
    let heard = |words: &'static str| telegram.look(|world| world.sent_to(telegram::AN).filter(|sent| sent.html.contains(words)).count());
    let shares = async |phone: &str, words: &'static str| {
        let before = heard(words);
        telegram.citizen(telegram::AN).shares_contact(phone, true);
        harness::wait::until(words, async || (heard(words) > before).then_some(())).await;
    };
    // In all more often than a code may be tried; five failures in a row, and the other system would be left alone.
    for _ in 0..2 {
        upstream.mood.store(NONSENSE, Ordering::Relaxed);
        for _ in 0..4 {
            shares("+84412000009", "không đúng mẫu").await;
        }
        upstream.mood.store(WELL, Ordering::Relaxed);
        shares("+84412000008", "chưa xác minh được").await;
    }
    shares("+84412000009", "Bệnh viện Xa").await;
    let metrics = harness::citizen::http().get(service.server.url("/metrics")).send().await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("hotro_verification_errors_total{what=\"records\"} 8\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_is_asked_over_mutual_tls_with_its_own_authority() {
    let (authority, stranger) = (Authority::new().expect("an authority"), Authority::new().expect("another"));
    let (own, forged) = (authority.certify("hotro").expect("a certificate"), stranger.certify("hotro").expect("a certificate"));
    let upstream = TlsServer::start(&authority, answers(Upstream::default())).await.expect("a server");
    let url = format!("https://{}/base", upstream.address);
    let pem = |parts: &[&String]| parts.iter().map(|part| part.as_str()).collect::<String>().into_bytes();
    let records = |identity: Option<Vec<u8>>, ca: Option<Vec<u8>>| {
        HttpRecords::new(Settings {
            url: url.parse().expect("an address"),
            key: Some("upstream-key".to_owned()),
            identity: identity.map(Into::into),
            ca,
            timeout: Duration::from_secs(10),
        })
    };
    let identifier = Identifier::parse("0080000001").expect("a code");
    let known = pem(&[&own.certificate, &own.key]);
    let ours = || Some(authority.pem().into_bytes());
    let found = records(Some(known.clone()), ours()).expect("it can be used").find(&identifier).await.expect("an answer");
    assert!(found.is_some_and(|person| person.code.reveal() == "0080000001"));
    // Without a certificate, with another's, and where the other system's own is not known.
    for (identity, ca) in [
        (None, ours()),
        (Some(pem(&[&forged.certificate, &forged.key])), ours()),
        (Some(known.clone()), Some(stranger.pem().into_bytes())),
        (Some(known.clone()), None),
    ] {
        let refused = records(identity, ca).expect("it can be used").find(&identifier).await;
        assert!(matches!(refused, Err(RecordsError::Unavailable(_))), "{refused:?}");
    }
    // What can be no certificate is named.
    for (identity, ca, want) in [
        (Some(pem(&[&own.certificate])), ours(), "records.upstream_identity"),
        (Some(b"nonsense".to_vec()), ours(), "records.upstream_identity"),
        (Some(known.clone()), Some(b"nonsense".to_vec()), "records.upstream_ca"),
    ] {
        assert_eq!(records(identity, ca).err(), Some(want));
    }

    // The whole program, with a file for each part.
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the file is written");
        folder.path().join(name).display().to_string()
    };
    let sms = Sms::start().await.expect("a gateway");
    let options = Options::new()
        .variable("HOTRO_RECORDS_UPSTREAM_URL", &url)
        .variable("HOTRO_RECORDS_UPSTREAM_KEY", "upstream-key")
        .variable("HOTRO_RECORDS_UPSTREAM_IDENTITY", &file("client.pem", &own.certificate))
        .variable("HOTRO_RECORDS_UPSTREAM_IDENTITY_KEY", &file("client.key", &own.key))
        .variable("HOTRO_RECORDS_UPSTREAM_CA", &file("ca.pem", &authority.pem()));
    let service = Service::over(options.sms(&sms).start().await, sms);
    let citizen = service.server.citizen().await;
    service.verify_born(&citizen, "0080000001", "02/01/1990", "0412000009", 1).await;
    let sent = citizen.tap("look:card").await;
    assert!(words(&citizen.hears("personal_message", sent.seq).await).contains("Bệnh viện Xa"));

    // A bad value stops the start and names the key.
    let serve = |variables: &[(&str, &str)]| {
        let said = run_with(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--data", "data"], variables, b"").expect("it runs");
        assert_eq!(said.code, Some(1), "{}", said.stdout);
        said.stderr
    };
    let plain = [KEY, ("HOTRO_RECORDS_UPSTREAM_URL", "http://records.example")];
    assert!(serve(&plain).contains("records.upstream_url: expected https"));
    let missing = [KEY, ("HOTRO_RECORDS_UPSTREAM_URL", url.as_str()), ("HOTRO_RECORDS_UPSTREAM_CA", "missing.pem")];
    assert!(serve(&missing).contains("records.upstream_ca: cannot be read"));
    let half = [KEY, ("HOTRO_RECORDS_UPSTREAM_URL", url.as_str()), ("HOTRO_RECORDS_UPSTREAM_IDENTITY_KEY", "client.key")];
    assert!(serve(&half).contains("records.upstream_identity_key: needs the certificate"));
}

/// The people and facts that are stored, sealed as they are.
async fn stored(folder: &std::path::Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(folder.join("data/hotro.db")).read_only(true);
    let mut connection = options.connect().await.expect("the database opens");
    let rows = sqlx::query_scalar(
        "select person_hash || sealed || changed_ms from person union all select record_hash || sealed || changed_ms from record order by 1",
    );
    rows.fetch_all(&mut connection).await.expect("rows")
}

#[tokio::test]
async fn the_same_file_again_changes_no_row_and_a_wrong_one_leaves_none_behind() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let person = "code,citizen_id,name,birth,phone\n0070000001,000190000001,Nguyễn Thị Giả,1990-01-02,0412000001\n";
    let visits =
        "code,date,facility,level,covered,own\n0070000001,2026-01-02,BV,cấp cơ bản,100,0\n0070000001,2026-02-02,BV,cấp cơ bản,100,0\n";
    let run = |kind: &str, text: &str| import(folder.path(), kind, text);
    assert_eq!((run("person", person).0, run("visit", visits).0), (Some(0), Some(0)));
    let before = stored(folder.path()).await;
    assert_eq!(before.len(), 3);
    assert_eq!((run("person", person).0, run("visit", visits).0), (Some(0), Some(0)));
    assert_eq!(stored(folder.path()).await, before, "not even sealed anew");
    // One amount is another, and only its row is another.
    assert_eq!(run("visit", &visits.replace("02-02,BV,cấp cơ bản,100", "02-02,BV,cấp cơ bản,200")).0, Some(0));
    let after = stored(folder.path()).await;
    assert_eq!(after.iter().filter(|row| !before.contains(row)).count(), 1);
    // A mistake in the last of thousands of lines, and a file that is cut off there.
    let mut many = visits.to_owned();
    for day in 1..=2_500 {
        many.push_str(&format!("0070000001,2020-01-01,BV {day},cấp cơ bản,100,0\n"));
    }
    for broken in [format!("{many}0070000001,2020-13-01,BV,cấp cơ bản,100,0\n"), format!("{many}0070000001,2020-01-01,B")] {
        assert_eq!(run("visit", &broken).0, Some(1));
        assert_eq!(stored(folder.path()).await, after, "nothing half-written");
    }
    // Another key file than the one that the database knows.
    let key = folder.path().join("data/hotro.key");
    for (text, want) in [("1".repeat(64), "another key"), ("zz".to_owned(), "holds no key")] {
        std::fs::write(&key, text).expect("the file is written");
        let said = run_with(folder.path(), &["audit", "--data", "data"], &[], b"").expect("it runs");
        assert!(said.code == Some(1) && said.stderr.contains(want), "{}", said.stderr);
    }
    assert_eq!(stored(folder.path()).await, after);
}
