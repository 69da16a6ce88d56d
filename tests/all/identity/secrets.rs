//! Nothing of a person lies in clear where it does not belong.

use super::{BIRTH, CODE, PHONE, Service};
use harness::dialogue::Conversation;
use harness::server::Options;
use harness::telegram::{TOKEN, Telegram};
use harness::wait::until;
use hotro::conversation::now_ms;
use hotro::desk::account::Role;
use hotro::dialogue::{Channel, Event, Input, Method, NotFetched, Verification, after_resolution};
use hotro::identity::demo::PEOPLE;
use hotro::identity::record::{Contribution, Dossier, DossierStatus, Kind, Record, What};
use jiff::civil::date;
use proptest::prelude::*;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

/// Whether a text holds a secret as a word of its own: digits within a long hash are nobody's.
fn holds(text: &[u8], secret: &str) -> bool {
    let part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let found = text.windows(secret.len()).enumerate().filter(|(_, window)| *window == secret.as_bytes());
    found.into_iter().any(|(at, _)| !part(at.checked_sub(1).and_then(|before| text.get(before))) && !part(text.get(at + secret.len())))
}

/// All rows of all tables, as text.
async fn dump(url: &str) -> Vec<u8> {
    let mut connection = PgConnection::connect(url).await.expect("a connection");
    let tables = sqlx::query("select table_name::text from information_schema.tables where table_schema = 'public'");
    let tables: Vec<String> = tables.fetch_all(&mut connection).await.expect("tables").iter().map(|row| row.get(0)).collect();
    let mut out = Vec::new();
    for table in tables {
        let rows = sqlx::query(AssertSqlSafe(format!("select t::text from {table} t"))).fetch_all(&mut connection).await.expect("rows");
        for row in rows {
            out.extend_from_slice(row.get::<String, _>(0).as_bytes());
            out.push(b'\n');
        }
    }
    out
}

/// Uses everything, on the web and on Telegram, then looks for what was typed.
async fn nothing_is_in_clear(options: Options, postgres: Option<String>) {
    let telegram = Telegram::start().await.expect("a Bot API server");
    let options = options
        .variable("TELEGRAM_BOT_TOKEN", TOKEN)
        .variable("HOTRO_TELEGRAM_API_URL", telegram.url())
        .variable("HOTRO_LOG_FILTER", "debug")
        .variable("HOTRO_WEB_PUBLIC_URL", "https://hotro.example");
    let mut service = Service::start(options).await;
    let citizen = service.server.citizen().await;
    citizen.say(&format!("mã số {CODE} sinh {BIRTH} số {PHONE} tra giúp, otp 482913")).await;
    let session = service.form(&citizen).await;
    assert_eq!(service.begin(&session, CODE, BIRTH).await.status(), StatusCode::ACCEPTED);
    let otp = service.sms.otp(PHONE, 1).await;
    service.post("check", &session, json!({ "otp": if otp == "271828" { "271829" } else { "271828" } })).await;
    assert_eq!(service.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);
    for what in ["participation", "detail-bhxh", "benefits", "dossiers", "card", "visits", "dependants", "code"] {
        let sent = citizen.tap(&format!("look:{what}")).await;
        citizen.hears("personal_message", sent.seq).await;
    }
    let sent = citizen.tap("calc:own:lump-sum").await;
    citizen.hears("personal_message", sent.seq).await;
    // An operator opens a part, with more in the reason than belongs there; a callback is asked for; a record does not come.
    let thu = service.operator_from("https://hotro.example", Role::Operator).await;
    let claim = super::reveal::claim(&thu, &citizen).await;
    let reason = format!("xem giúp cô ấy mã {CODE} sinh {BIRTH}, máy {PHONE}");
    let (status, _) = thu.does("record", &claim, json!({ "client_id": Uuid::now_v7(), "what": "card", "reason": reason })).await;
    assert_eq!(status, StatusCode::OK);
    citizen.say("số điện thoại của tôi là 0412777666, căn cước 000190777666").await;
    let (from_ms, to_ms) = (now_ms() + 3_600_000, now_ms() + 7_200_000);
    let caller = service.server.citizen().await;
    let wish = json!({ "client_id": Uuid::now_v7(), "phone": "0412999777", "from_ms": from_ms, "to_ms": to_ms });
    assert_eq!(caller.post("callback", &wish).await.status(), StatusCode::ACCEPTED);
    let by_id = service.server.citizen().await;
    let session = service.form(&by_id).await;
    service.begin(&session, PEOPLE[0].citizen_id, BIRTH).await;
    let second = service.sms.otp(PHONE, 2).await;
    service.begin(&service.form(&service.server.citizen().await).await, "0099999999", BIRTH).await;

    telegram.citizen(77).says(&format!("{CODE} ngày sinh {BIRTH}"));
    telegram.citizen(77).says("tra cứu");
    let url = until("the form is offered", async || {
        telegram.look(|world| world.sent_to(77).flat_map(|sent| sent.buttons.clone()).find(|(_, data)| data.contains("/verify#")))
    })
    .await
    .1;
    let token = url.split('#').nth(1).expect("a token").to_owned();
    let opened = harness::citizen::http().post(service.server.url("/api/verification/open")).json(&json!({ "token": token })).send();
    let opened: serde_json::Value = opened.await.expect("an answer").json().await.expect("JSON");
    let link_session = opened["session"].as_str().expect("a session").to_owned();
    service.begin(&link_session, CODE, BIRTH).await;
    telegram.citizen(77).shares_contact("84412345678", true);
    until("the menu", async || telegram.look(|world| world.sent_to(77).any(|sent| sent.html.contains("bạn muốn xem gì")).then_some(())))
        .await;
    telegram.citizen(77).says("thẻ bảo hiểm của tôi còn hạn không");
    until("the card", async || telegram.look(|world| world.sent_to(77).any(|sent| sent.html.contains("Trạm y tế")).then_some(()))).await;

    let metrics = reqwest::get(service.server.url("/metrics")).await.expect("metrics").text().await.expect("text");
    let said = telegram.look(|world| world.sent.iter().map(|sent| sent.html.clone()).collect::<String>());
    let mut places = vec![("the metrics", metrics.into_bytes()), ("Telegram", said.into_bytes())];
    if let Some(url) = postgres {
        places.push(("PostgreSQL", dump(&url).await));
    }
    // Before it stops: the write-ahead log is there, too.
    for file in ["hotro.db", "hotro.db-wal", "hotro.db-shm"] {
        if let Ok(bytes) = std::fs::read(service.server.data().join(file)) {
            places.push((file, bytes));
        }
    }
    service.server.stop();
    places.push(("the log", service.server.log().into_bytes()));
    let secrets = [
        CODE,
        PEOPLE[0].citizen_id,
        PHONE,
        "84412345678",
        "412345678",
        BIRTH,
        "1990-03-05",
        "05031990",
        "482913",
        if otp == "271828" { "271829" } else { "271828" },
        "0412777666",
        "000190777666",
        "0412999777",
        &link_session,
        &otp,
        &second,
        "0099999999",
        PEOPLE[0].name,
        "Phạm Gia Thử",
        "HS-THU-0001",
        "Công ty May Thử Nghiệm Một",
        "6200000",
        "6.200.000",
        "DN4000012345678",
        &token,
        &citizen.token,
    ];
    for (place, bytes) in &places {
        assert!(!bytes.is_empty() || *place == "the log", "{place} was read");
        for secret in secrets {
            assert!(!holds(bytes, secret), "{secret} is in {place}");
        }
    }
    assert!(holds(b"say 482913.", "482913") && !holds(b"a482913f", "482913"), "the search finds what is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_in_clear_on_sqlite() {
    nothing_is_in_clear(Options::new(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_in_clear_on_postgres() {
    let url = harness::postgres::Postgres::shared().database().await.expect("a database");
    nothing_is_in_clear(Options::new().database(&url), Some(url.clone())).await;
}

/// What every record of the property holds.
const CANARY: &str = "Hồ sơ hoàng yến";
/// The same as a salary, and as it is said.
const CANARY_DONG: i64 = 7_654_321;
const CANARIES: [&str; 3] = [CANARY, "7654321", "7.654.321"];

fn record(what: Option<What>) -> Record {
    if what == Some(What::ForCalculation) {
        let month = |text: &str| text.parse().expect("a month");
        return Record::Contributions(vec![Contribution {
            kind: Kind::Bhxh,
            from: month("2015-01"),
            to: month("2020-12"),
            employer: CANARY.to_owned(),
            job: String::new(),
            salary_dong: CANARY_DONG,
        }]);
    }
    Record::Dossiers(vec![Dossier {
        code: "HS-1".to_owned(),
        procedure: CANARY.to_owned(),
        received: date(2026, 1, 1),
        due: date(2026, 2, 1),
        status: DossierStatus::Approved,
        missing: None,
        payment: None,
    }])
}

/// What may come into a conversation, in whatever order.
#[derive(Debug, Clone)]
enum Act {
    Says(&'static str),
    Taps(&'static str),
    Verified { person: u128, in_time: bool },
    Fetched { request: u64, person: u128 },
    FetchedAsAsked { person: u128 },
    NotFetched { request: u64 },
    OperatorClaims,
    OperatorIsDone,
    Waits { minutes: i64 },
}

fn any_act() -> impl Strategy<Value = Act> {
    let words = ["hồ sơ thai sản của em tới đâu rồi", "đăng xuất", "nhắc lại", "tra cứu", "quên mật khẩu vssid", "gặp tổng đài viên", "1"];
    let taps = [
        "look:dossiers",
        "look:card",
        "sign-out",
        "verify",
        "lookup",
        "erase",
        "print",
        "delete-message",
        "help",
        "calc:own",
        "calc:own:lump-sum",
        "calc:change0",
        "calc:resume",
    ];
    prop_oneof![
        3 => prop::sample::select(words.to_vec()).prop_map(Act::Says),
        4 => prop::sample::select(taps.to_vec()).prop_map(Act::Taps),
        3 => (1..3_u128, prop::bool::weighted(0.7)).prop_map(|(person, in_time)| Act::Verified { person, in_time }),
        2 => (0..30_u64, 1..3_u128).prop_map(|(request, person)| Act::Fetched { request, person }),
        4 => (1..3_u128).prop_map(|person| Act::FetchedAsAsked { person }),
        1 => (0..30_u64).prop_map(|request| Act::NotFetched { request }),
        2 => Just(Act::OperatorClaims),
        1 => Just(Act::OperatorIsDone),
        1 => (1..20_i64).prop_map(|minutes| Act::Waits { minutes }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A record is shown only after the conversation's own verification, in time, for the person of that verification, when it was
    /// asked for, and while no operator talks; and the log never holds it in clear.
    #[test]
    fn a_record_is_shown_only_to_whom_it_belongs(acts in prop::collection::vec(any_act(), 1..25)) {
        let mut conversation = Conversation::on(Channel::Web);
        conversation.hear(&Input::Start);
        for act in acts {
            let before = conversation.state.clone();
            let input = match act {
                Act::Says(text) => Input::Message { text: text.to_owned() },
                Act::Taps(id) => Input::Choice { id: id.to_owned() },
                Act::Verified { person, in_time } => {
                    let until_ms = conversation.now_ms() + if in_time { 900_000 } else { 0 };
                    Input::Verified { verification: Verification { id: Uuid::from_u128(person), until_ms, ending: "5678".to_owned() }, by: Method::Otp }
                }
                Act::Fetched { request, person } => Input::Fetched { request, verification: Uuid::from_u128(person), record: Box::new(record(None)) },
                Act::FetchedAsAsked { person } => {
                    let request = before.asked.map_or(0, |(request, _)| request);
                    let record = Box::new(record(before.asked.map(|(_, what)| what)));
                    Input::Fetched { request, verification: Uuid::from_u128(person), record }
                }
                Act::NotFetched { request } => Input::NotFetched { request, why: NotFetched::Unavailable },
                Act::OperatorClaims => {
                    if before.in_queue {
                        conversation.happens(Event::HandoffClaimed { operator: "Chị Thu".to_owned(), fence: 1 });
                    }
                    continue;
                }
                Act::OperatorIsDone => {
                    if before.operator.is_some() {
                        after_resolution("answered").into_iter().for_each(|event| conversation.happens(event));
                    }
                    continue;
                }
                Act::Waits { minutes } => {
                    conversation.waits(minutes * 60_000);
                    continue;
                }
            };
            let turn = conversation.hear(&input);
            for event in &turn.events {
                if let Event::PersonalMessage { request, verification, open, .. } = event {
                    let proved = before.verified.as_ref().expect("a verification");
                    prop_assert_eq!(proved.id, *verification);
                    prop_assert!(proved.until_ms > conversation.now_ms() && before.operator.is_none());
                    let fetched_for_it = matches!(&input, Input::Fetched { verification, .. } if *verification == proved.id);
                    prop_assert!(fetched_for_it);
                    prop_assert_eq!(before.asked.map(|(asked, _)| asked), Some(*request));
                    prop_assert!(open.is_some());
                } else {
                    let event = format!("{event:?}");
                    prop_assert!(CANARIES.iter().all(|canary| !event.contains(canary)), "{}", event);
                }
            }
            let stored = serde_json::to_string(&(&conversation.log, &conversation.state)).expect("JSON");
            prop_assert!(CANARIES.iter().all(|canary| !stored.contains(canary)), "{}", stored);
        }
    }
}
