//! From the bot to a person and back: operators and citizens at the built program, on SQLite and on PostgreSQL.

use std::collections::HashMap;

use harness::citizen::Citizen;
use harness::console::Operator;
use harness::postgres::Postgres;
use harness::server::{Options, Server};
use harness::telegram::{TOKEN, Telegram};
use harness::wait::until;
use hotro::conversation::now_ms;
use hotro::desk::account::Role;
use hotro::dialogue::day_in_vietnam;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

const AN: i64 = 201;

on_both! {
    sqlite: super::Options::new(), postgres: super::Options::on_postgres().await;
    two_operators_serve_three_citizens
    what_is_not_ones_own_is_refused
    a_citizen_leaves_and_ends_as_they_like
    out_of_hours_a_message_waits_for_the_next_shift
    supervisors_switch_move_and_close
    a_citizen_is_told_where_they_stand
    a_citizen_is_called_back
    the_past_is_counted
    telegram_is_told_the_place_and_not_too_often
    a_kill_keeps_places_and_owners
    racing_claims_have_one_winner
}

/// Leases that a test can wait for, and that no sign of life is late for.
fn short(options: Options) -> Options {
    options.variable("HOTRO_DESK_LEASE_S", "10").variable("HOTRO_DESK_OFFER_S", "60")
}

async fn operator(server: &Server, name: &str, display_name: &str) -> Operator {
    Operator::join(server, name, display_name, Role::Operator).await
}

async fn asks(server: &Server) -> Citizen {
    let citizen = server.citizen().await;
    citizen.tap("operator").await;
    citizen
}

fn code(refused: &(StatusCode, Value)) -> (u16, &str) {
    (refused.0.as_u16(), refused.1["error"]["code"].as_str().unwrap_or_default())
}

async fn two_operators_serve_three_citizens(options: Options) {
    let telegram = Telegram::start().await.expect("a Bot API");
    let options = short(options).variable("TELEGRAM_BOT_TOKEN", TOKEN).variable("HOTRO_TELEGRAM_API_URL", telegram.url());
    let server = options.start().await;
    let (thu, nam) = (operator(&server, "thu", "Chị Thu").await, operator(&server, "nam", "Anh Nam").await);
    let mut seats = HashMap::from([(thu.id, thu.stays().await), (nam.id, nam.stays().await)]);

    // Three ask; each operator is offered some, and takes what they are offered.
    let (mai, binh) = (server.citizen().await, asks(&server).await);
    mai.say("quên mật khẩu vssid").await;
    mai.tap("operator").await;
    telegram.citizen(AN).says("/tongdai");
    let view = thu.sees("all are offered", |view| {
        let offered = |list: &str| view[list].as_array().map_or(0, |all| all.iter().filter(|one| one["stage"] == "offered").count());
        offered("mine") + offered("waiting") == 3
    });
    let view = view.await;
    let all: Vec<Value> = ["mine", "waiting"].iter().flat_map(|list| view[*list].as_array().cloned().unwrap_or_default()).collect();
    let holder = |id: &str| all.iter().find(|one| one["conversation_id"] == id).expect("it is offered")["operator_id"].clone();
    let by_id = |id: &Value| if *id == json!(thu.id) { &thu } else { &nam };
    let of = |id: &str| {
        all.iter().find(|one| one["conversation_id"] == id).expect("it is offered")["handoff_id"].as_str().expect("an id").to_owned()
    };

    let for_mai = by_id(&holder(&mai.id));
    let claim = for_mai.claims(&of(&mai.id)).await;
    assert_eq!((claim.conversation.as_str(), claim.fence), (mai.id.as_str(), 1));
    let claimed = mai.hears("handoff_claimed", 0).await;
    assert_eq!(claimed["fence"], 1);

    // While an operator has it the bot is silent.
    let sent = mai.say("quên mật khẩu vssid").await;
    assert!(mai.events(sent.seq).await.iter().all(|event| event["kind"] != "bot_message"));
    assert_eq!(for_mai.says(&claim, "Chào bạn, <script>alert(1)</script>\nmình nghe đây.").await.0, StatusCode::ACCEPTED);
    let said = mai.hears("operator_message", sent.seq).await;
    assert_eq!(said["text"], "Chào bạn, <script>alert(1)</script>\nmình nghe đây.");

    // To the other, who takes it; the note is for them alone.
    let other = if for_mai.id == thu.id { &nam } else { &thu };
    let note = json!({ "to_operator": other.id, "to_skill": null, "note": "Bạn ấy cần đổi số điện thoại." });
    assert_eq!(for_mai.does("transfer", &claim, note).await.0, StatusCode::NO_CONTENT);
    other.finds("mine", "offered", &mai.id).await;
    let taken = other.claims(&claim.handoff).await;
    assert_eq!(taken.fence, 2);
    assert_eq!(code(&for_mai.says(&claim, "còn tôi?").await), (409, "not_theirs"));
    let transcript = other.get(&format!("/conversations/{}/events?after=0", mai.id)).await.to_string();
    assert!(transcript.contains("cần đổi số điện thoại") && transcript.contains("index_version"), "{transcript}");
    let log = json!(mai.events(0).await).to_string();
    assert!(!log.contains("cần đổi số") && !log.contains("index_version") && !log.contains("to_operator"), "{log}");

    // The one on Telegram hears the same from the same log.
    let an =
        all.iter().find(|one| one["channel"] == "telegram").expect("An is there")["conversation_id"].as_str().expect("an id").to_owned();
    let for_an = by_id(&holder(&an));
    let claim_an = for_an.claims(&of(&an)).await;
    assert_eq!(for_an.says(&claim_an, "Chào An & gia đình <3").await.0, StatusCode::ACCEPTED);
    telegram.until("An reads the operator", |world| world.sent_to(AN).any(|sent| sent.html.contains("Chào An &amp; gia đình &lt;3"))).await;
    telegram.until("An knows who it is", |world| world.sent_to(AN).any(|sent| sent.html.contains("đã vào cuộc trò chuyện"))).await;

    // A laptop is closed: what it held goes back, and the other is asked.
    let for_binh = by_id(&holder(&binh.id));
    let held = for_binh.claims(&of(&binh.id)).await;
    drop(seats.remove(&for_binh.id));
    let other = if for_binh.id == thu.id { &nam } else { &thu };
    let again = other.finds("mine", "offered", &binh.id).await;
    assert_eq!(again["handoff_id"], held.handoff.as_str(), "the same place");
    assert_eq!(code(&for_binh.says(&held, "tôi quay lại đây").await).0, 409);
    let claim = other.claims(&held.handoff).await;
    assert_eq!(claim.fence, held.fence + 1);
    assert_eq!(binh.hears("handoff_released", 0).await["why"], "lease_ended");
    assert_eq!(other.does("resolve", &claim, json!({ "reason": "answered" })).await.0, StatusCode::NO_CONTENT);
    let resolved = binh.hears("handoff_resolved", 0).await;
    assert_eq!(resolved["reason"], "answered");

    // The bot is back and asks how it was.
    let back = binh.hears("bot_message", resolved["seq"].as_u64().expect("a number")).await;
    assert_eq!(back["message"]["choices"].as_array().expect("choices").len(), 5);
    let sent = binh.tap("rate:4").await;
    assert_eq!(binh.hears("rated", sent.seq).await["stars"], 4);
    binh.tap("review").await;
    let sent = binh.say("chị ấy rất nhiệt tình").await;
    assert_eq!(binh.hears("rated", sent.seq).await["words"], "chị ấy rất nhiệt tình");
    let sent = binh.say("quên mật khẩu vssid").await;
    assert_eq!(binh.reply(&sent).await["outcome"], "answered");
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

async fn what_is_not_ones_own_is_refused(options: Options) {
    let server = options.start().await;
    let (thu, nam) = (operator(&server, "thu", "Chị Thu").await, operator(&server, "nam", "Anh Nam").await);
    let mai = asks(&server).await;
    thu.is_present(None).await;
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    let handoff = waiting["handoff_id"].as_str().expect("an id");

    // Who is not at the desk takes nothing.
    let refused = nam.post(&format!("/handoffs/{handoff}/claim"), json!({})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(refused.json::<Value>().await.expect("JSON")["error"]["code"], "not_present");
    let claim = thu.claims(handoff).await;
    nam.is_present(None).await;
    let refused = nam.post(&format!("/handoffs/{handoff}/claim"), json!({})).await;
    assert_eq!(refused.json::<Value>().await.expect("JSON")["error"]["code"], "taken");

    // Another's conversation is neither written nor read.
    assert_eq!(code(&nam.says(&claim, "xin chào").await), (409, "not_theirs"));
    for path in [format!("/conversations/{}", mai.id), format!("/conversations/{}/events", mai.id)] {
        assert_eq!(nam.request(Method::GET, &path).send().await.expect("an answer").status(), StatusCode::FORBIDDEN, "{path}");
    }
    for what in ["resolve", "return"] {
        assert_eq!(code(&nam.does(what, &claim, json!({ "reason": "answered" })).await), (409, "not_theirs"), "{what}");
        let without = json!({ "fence": null, "reason": "answered" });
        assert_eq!(code(&nam.does(what, &claim, without).await), (403, "role_refused"), "{what}");
    }
    let settings = nam.request(Method::GET, "/settings").send().await.expect("an answer");
    assert_eq!(settings.status(), StatusCode::FORBIDDEN);

    // An old number of one's own is no better.
    let old = harness::console::Claim { fence: claim.fence - 1, ..claim.clone() };
    assert_eq!(code(&thu.says(&old, "xin chào").await), (409, "not_theirs"));
    // Nor is a page of elsewhere, a text of nothing, or one that is too long.
    let body = json!({ "client_id": "a", "fence": claim.fence, "text": "xin chào" });
    let path = format!("/handoffs/{handoff}/messages");
    for origin in ["https://elsewhere.example", "null"] {
        let refused = thu.request_from(origin, Method::POST, &path).json(&body).send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    assert_eq!(code(&thu.says(&claim, " \u{0}\n ").await), (400, "bad_request"));
    assert_eq!(code(&thu.says(&claim, &"a".repeat(2_001)).await), (400, "bad_request"));

    // What is sent twice is written once.
    let once = json!({ "client_id": Uuid::now_v7(), "fence": claim.fence, "text": "một lần" });
    let first: Value = thu.post(&path, once.clone()).await.json().await.expect("JSON");
    let second: Value = thu.post(&path, once).await.json().await.expect("JSON");
    assert_eq!(first, second);
    let said = mai.events(0).await.iter().filter(|event| event["text"] == "một lần").count();
    assert_eq!(said, 1);

    // Reading what is not one's own leaves a trace, and so do refusals.
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    truong.get(&format!("/conversations/{}", mai.id)).await;
    let acts = truong.get("/audit").await["acts"].to_string();
    assert!(
        acts.contains("conversation_read") && acts.contains(r#""reason":"conversation""#) && acts.contains(r#""reason":"role""#),
        "{acts}"
    );
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

async fn a_citizen_leaves_and_ends_as_they_like(options: Options) {
    let server = options.start().await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;

    // Out of the line, whether the queue has seen them or not.
    let mai = asks(&server).await;
    mai.tap("leave-queue").await;
    let again = mai.tap("operator").await;
    assert_eq!(mai.hears("handoff_requested", again.seq).await["reason"], "asked");
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    mai.tap("leave-queue").await;
    thu.sees("nobody waits", |view| view["waiting_total"] == 0).await;
    let refused = thu.post(&format!("/handoffs/{}/claim", waiting["handoff_id"].as_str().expect("an id")), json!({})).await;
    assert_eq!(refused.json::<Value>().await.expect("JSON")["error"]["code"], "no_such_handoff");

    // Out of the talk, by a button: the operator can write no more.
    let binh = asks(&server).await;
    let waiting = thu.finds("waiting", "waiting", &binh.id).await;
    let claim = thu.claims(waiting["handoff_id"].as_str().expect("an id")).await;
    binh.hears("handoff_claimed", 0).await;
    let ended = binh.tap("end-talk").await;
    assert_eq!(binh.hears("handoff_resolved", ended.seq).await["reason"], "ended_by_citizen");
    assert_eq!(code(&thu.says(&claim, "alo?").await), (409, "no_such_handoff"));
    thu.sees("nothing is left", |view| view["mine"].as_array().is_some_and(Vec::is_empty)).await;
    let log = binh.events(0).await;
    assert_eq!(log.iter().filter(|event| event["kind"] == "handoff_resolved").count(), 1);
    assert_eq!(log.last().expect("a reply")["kind"], "bot_message");
}

async fn out_of_hours_a_message_waits_for_the_next_shift(options: Options) {
    let closed = r#"{ monday = [], tuesday = [], wednesday = [], thursday = [], friday = [], saturday = [], sunday = [] }"#;
    let server = options.variable("HOTRO_DESK_CALENDAR", closed).start().await;
    let mai = server.citizen().await;
    let sent = mai.tap("operator").await;
    let reply = mai.reply(&sent).await;
    assert!(reply.to_string().contains("ngoài giờ") && reply.to_string().contains("tel:19009068"), "{reply}");
    assert!(mai.events(0).await.iter().all(|event| event["kind"] != "handoff_requested"));
    mai.tap("leave-message").await;
    let sent = mai.say("thẻ BHYT của con tôi sai tên, mã 0123456789").await;
    assert_eq!(mai.hears("handoff_requested", sent.seq).await["reason"], "asked");
    let thu = operator(&server, "thu", "Chị Thu").await;
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    let preview = waiting["preview"].as_str().expect("text");
    assert!(preview.starts_with("thẻ BHYT của con tôi sai tên") && !preview.contains("0123456789"), "{preview}");
}

async fn supervisors_switch_move_and_close(options: Options) {
    let server = options.start().await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    let mai = asks(&server).await;
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    let claim = thu.claims(waiting["handoff_id"].as_str().expect("an id")).await;
    let board = truong.sees("the board shows it", |view| view["board"]["holding"] == 1).await;
    assert_eq!(board["board"]["service_level"], json!({ "target_ms": 120_000, "within": 1, "of": 1 }));
    let by_role = harness::console::Claim { fence: 0, ..claim.clone() };
    let done = truong.does("resolve", &by_role, json!({ "fence": null, "reason": "duplicate" })).await;
    assert_eq!(done.0, StatusCode::NO_CONTENT);
    assert_eq!(mai.hears("handoff_resolved", 0).await["reason"], "duplicate");

    // Off and on again.
    let mut settings = truong.get("/settings").await;
    settings["handoff_enabled"] = json!(false);
    settings["message"] = json!("Tổng đài bảo trì đến 15:00.");
    let put = async |settings: &Value| truong.request(Method::PUT, "/settings").json(settings).send().await.expect("an answer");
    assert_eq!(put(&settings).await.status(), StatusCode::OK);
    thu.sees("it is switched off", |view| view["handoff_enabled"] == false && view["next_opening_ms"].is_i64()).await;
    let sent = mai.tap("operator").await;
    assert!(mai.reply(&sent).await.to_string().contains("bảo trì đến 15:00"));
    settings["bot_enabled"] = json!(false);
    assert_eq!(put(&settings).await.status(), StatusCode::OK);
    let sent = mai.say("quên mật khẩu vssid").await;
    assert_eq!(mai.reply(&sent).await["outcome"], "refused");
    settings["calendar"]["monday"] = json!(["25:00-26:00"]);
    assert_eq!(put(&settings).await.status(), StatusCode::BAD_REQUEST);

    // Sentences that are sent often.
    let canned = json!({ "title": "Chào", "text": "Chào bạn, mình là {{ten_tong_dai_vien}}.", "skill": null });
    assert_eq!(thu.post("/canned", canned.clone()).await.status(), StatusCode::FORBIDDEN);
    let added: Value = truong.post("/canned", canned).await.json().await.expect("JSON");
    assert_eq!(thu.get("/canned").await[0]["id"], added["id"]);
    let removed = truong.request(Method::DELETE, &format!("/canned/{}", added["id"].as_str().expect("an id"))).send().await;
    assert_eq!(removed.expect("an answer").status(), StatusCode::NO_CONTENT);

    let found = thu.get("/search?q=qu%C3%AAn%20m%E1%BA%ADt%20kh%E1%BA%A9u%20vssid").await;
    assert!(found[0]["basis"].as_array().is_some_and(|basis| !basis.is_empty()), "{found}");
    let acts = truong.get("/audit").await["acts"].to_string();
    for act in ["handoff_closed", "settings_changed", "canned_changed"] {
        assert!(acts.contains(act), "{act} in {acts}");
    }
}

async fn a_citizen_is_told_where_they_stand(options: Options) {
    let server = options.start().await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    let (mai, binh) = (asks(&server).await, server.citizen().await);
    thu.finds("waiting", "waiting", &mai.id).await;
    let mut stream = binh.follow(None).await;
    binh.tap("operator").await;
    let mut whispered = async |name: &str| loop {
        let event = stream.next().await.expect("the stream goes on");
        if event["whisper"] == name {
            return event["data"].clone();
        }
    };
    assert_eq!(whispered("position").await["position"], 2);
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    let claim = thu.claims(waiting["handoff_id"].as_str().expect("an id")).await;
    assert_eq!(whispered("position").await["position"], 1);
    let waiting = thu.finds("waiting", "waiting", &binh.id).await;
    thu.claims(waiting["handoff_id"].as_str().expect("an id")).await;
    assert_eq!(whispered("position").await["position"], Value::Null);
    let typing = thu.post(&format!("/conversations/{}/typing", binh.id), json!({})).await;
    assert_eq!(typing.status(), StatusCode::NO_CONTENT);
    whispered("typing").await;
    assert_eq!(claim.fence, 1);
}

async fn a_citizen_is_called_back(options: Options) {
    const PHONE: &str = "0912 345 678";
    let server = options.start().await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    let mai = asks(&server).await;
    let now_ms = now_ms();
    let wish =
        |phone: &str, from_ms: i64, to_ms: i64| json!({ "client_id": Uuid::now_v7(), "phone": phone, "from_ms": from_ms, "to_ms": to_ms });
    let ask = async |wish: &Value| mai.post("callback", wish).await;
    const HOUR_MS: i64 = 3_600_000;
    for bad in [wish("123", now_ms, now_ms + HOUR_MS), wish(PHONE, now_ms, now_ms + 1), wish(PHONE, now_ms, now_ms + 15 * 24 * HOUR_MS)] {
        assert_eq!(ask(&bad).await.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    let good = wish(PHONE, now_ms, now_ms + HOUR_MS);
    let (first, again): (Value, Value) = (ask(&good).await.json().await.expect("JSON"), ask(&good).await.json().await.expect("JSON"));
    assert_eq!(first, again);
    let view = thu.sees("a callback waits, and nobody in line", |view| view["callbacks_open"] == 1 && view["waiting_total"] == 0).await;
    assert_eq!(view["mine"], json!([]));
    assert_eq!(mai.events(0).await.iter().filter(|event| event["kind"] == "callback_asked").count(), 1);
    let log = json!(mai.events(0).await).to_string();
    assert!(["345 678", "345678"].iter().all(|number| !log.contains(number)), "the number is not in the log");

    assert_eq!(thu.get(&format!("/conversations/{}", mai.id)).await["handoff"], Value::Null, "who calls knows what it was about");
    let listed = thu.get("/callbacks").await;
    let id = listed[0]["callback_id"].as_str().expect("an id").to_owned();
    assert_eq!(listed[0]["phone_masked"], "*******678");
    let revealed: Value = thu.post(&format!("/callbacks/{id}/reveal"), json!({})).await.json().await.expect("JSON");
    assert_eq!(revealed["phone"], "0912345678");
    assert_eq!(thu.get("/callbacks").await[0]["taken_by"], json!(thu.id));
    assert_eq!(thu.post(&format!("/callbacks/{id}/done"), json!({ "result": "later" })).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(thu.post(&format!("/callbacks/{id}/done"), json!({ "result": "reached" })).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(thu.post(&format!("/callbacks/{id}/reveal"), json!({})).await.status(), StatusCode::NOT_FOUND);
    thu.sees("none waits", |view| view["callbacks_open"] == 0).await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    let acts = truong.get("/audit").await["acts"].to_string();
    assert!(acts.contains("callback_revealed") && acts.contains("callback_done"), "{acts}");
}

async fn the_past_is_counted(options: Options) {
    let server = options.start().await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    truong.is_present(None).await;
    let mai = server.citizen().await;
    mai.tap("topic:vssid/forgot-password-app").await;
    mai.say("cách nấu phở bò ngon").await;
    mai.tap("operator").await;
    let waiting = truong.finds("waiting", "waiting", &mai.id).await;
    let claim = truong.claims(waiting["handoff_id"].as_str().expect("an id")).await;
    truong.says(&claim, "Chào bạn.").await;
    truong.does("resolve", &claim, json!({ "reason": "answered" })).await;
    mai.hears("handoff_resolved", 0).await;
    mai.tap("rate:2").await;
    mai.tap("rate:5").await;

    // It may be past midnight by now.
    let today = || day_in_vietnam(now_ms());
    let span = format!("?from={}&to={}", today().yesterday().expect("a day"), today().tomorrow().expect("a day"));
    let counted = truong.get(&format!("/statistics{span}")).await;
    assert_eq!(counted["conversations"][0]["count"], 1);
    assert_eq!(
        (&counted["outcomes"]["answered"], &counted["outcomes"]["missed"], &counted["outcomes"]["handed_off"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(counted["ratings"], json!([0, 0, 0, 0, 1]));
    assert_eq!(counted["topics"][0]["topic"], "vssid/forgot-password-app");
    assert_eq!(counted["service_level"], json!({ "within": 1, "of": 1 }));
    assert!(counted["first_reply_ms"]["p50"].is_i64() && counted["resolution_ms"]["p90"].is_i64(), "{counted}");
    let by_day = counted["by_day"].as_array().expect("days");
    let conversations: Vec<i64> = by_day.iter().filter_map(|day| day["conversations"].as_i64()).collect();
    assert_eq!((conversations.len(), conversations.iter().sum::<i64>()), (3, 1), "{counted}");
    // Without days it is today.
    let (before, counted, after) = (today(), truong.get("/statistics").await, today());
    let by_day = counted["by_day"].as_array().expect("days");
    assert!(by_day.len() == 1 && [before, after].iter().any(|day| by_day[0]["day"] == day.to_string()), "{counted}");
    assert_eq!(
        truong.get("/statistics?from=2020-01-01&to=2020-01-02").await["by_day"],
        json!([
            { "day": "2020-01-01", "conversations": 0, "handoffs": 0 }, { "day": "2020-01-02", "conversations": 0, "handoffs": 0 },
        ])
    );
    let csv = truong.request(Method::GET, &format!("/statistics.csv{span}")).send().await.expect("an answer").text().await.expect("text");
    assert!(csv.starts_with('\u{feff}') && csv.contains("web,") && csv.contains("vssid/forgot-password-app,\""), "{csv}");
    let gaps = truong.get(&format!("/gaps{span}")).await;
    assert_eq!(gaps[0]["question"], "cách nấu phở bò ngon");
    let draft = truong.request(Method::GET, "/gaps/draft").query(&[("question", "cách nấu phở bò ngon")]).send().await.expect("an answer");
    assert!(draft.headers()["content-disposition"].to_str().expect("text").contains("attachment"));
    assert!(draft.text().await.expect("text").contains("cách nấu phở bò ngon"));
    for bad in ["/statistics?from=x", "/statistics?from=2026-01-02&to=2026-01-01", "/statistics?from=2000-01-01&to=2026-01-01"] {
        let refused = truong.request(Method::GET, bad).send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    let thu = operator(&server, "thu", "Chị Thu").await;
    for path in ["/statistics", "/statistics.csv", "/gaps", "/gaps/draft?question=a"] {
        let refused = thu.request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

async fn telegram_is_told_the_place_and_not_too_often(options: Options) {
    const AHEAD: usize = 5;
    let telegram = Telegram::start().await.expect("a Bot API");
    let server = options.variable("TELEGRAM_BOT_TOKEN", TOKEN).variable("HOTRO_TELEGRAM_API_URL", telegram.url()).start().await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    for _ in 0..AHEAD {
        asks(&server).await;
    }
    truong.sees("those ahead wait", |view| view["waiting_total"] == AHEAD).await;
    telegram.citizen(AN).says("/tongdai");
    let told = |position: usize| format!("Bạn đang ở vị trí {position}");
    telegram.until("An knows the place", |world| world.sent_to(AN).any(|sent| sent.html.contains(&told(AHEAD + 1)))).await;
    for left in (0..AHEAD).rev() {
        let view = truong.sees("one less waits", |view| view["waiting_total"] == left + 2).await;
        let first = view["waiting"][0]["handoff_id"].as_str().expect("an id").to_owned();
        let body = json!({ "fence": null, "reason": "duplicate" });
        assert_eq!(truong.post(&format!("/handoffs/{first}/resolve"), body).await.status(), StatusCode::NO_CONTENT);
    }
    telegram.until("An is next", |world| world.sent_to(AN).any(|sent| sent.html.contains(&told(1)))).await;
    let positions: Vec<String> = telegram.look(|world| {
        world.sent_to(AN).filter_map(|sent| sent.html.split_once("Bạn đang ở vị trí ")?.1.chars().next()).map(String::from).collect()
    });
    assert_eq!(positions, ["6", "3", "2", "1"]);
    telegram.citizen(AN).taps("Rời hàng đợi");
    truong.sees("nobody waits", |view| view["waiting_total"] == 0).await;
}

async fn a_kill_keeps_places_and_owners(options: Options) {
    let mut server = options.start().await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    let (mai, binh) = (asks(&server).await, asks(&server).await);
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    let claim = thu.claims(waiting["handoff_id"].as_str().expect("an id")).await;
    let place = thu.finds("waiting", "waiting", &binh.id).await;
    server.kill();
    let server = server.start_again().await;
    let view = thu.sees("all is as it was", |view| view["waiting_total"] == 1 && view["mine"][0]["stage"] == "claimed").await;
    assert_eq!((&view["waiting"][0]["handoff_id"], &view["waiting"][0]["queued_ms"]), (&place["handoff_id"], &place["queued_ms"]));
    assert_eq!(thu.says(&claim, "mình vẫn ở đây").await.0, StatusCode::ACCEPTED);
    mai.hears("operator_message", 0).await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_one_queue() {
    let url = Postgres::shared().database().await.expect("a database");
    let (here, there) = (Options::new().database(&url).start().await, Options::new().database(&url).start().await);
    let thu = operator(&here, "thu", "Chị Thu").await;
    let nam = operator(&here, "nam", "Anh Nam").await.at(&there);
    thu.is_present(None).await;
    nam.is_present(None).await;
    let mai = asks(&there).await;
    let binh = asks(&there).await;
    let mut stream = binh.on(&here).follow(None).await;
    let waiting = thu.finds("waiting", "waiting", &mai.id).await;
    nam.finds("waiting", "waiting", &mai.id).await;
    let handoff = waiting["handoff_id"].as_str().expect("an id");
    let path = format!("/handoffs/{handoff}/claim");
    let (one, other) = tokio::join!(thu.post(&path, json!({})), nam.post(&path, json!({})));
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let winner = if one.status() == StatusCode::OK { &thu } else { &nam };
    let claim = winner.claims(handoff).await;
    assert_eq!(winner.says(&claim, "Chào bạn.").await.0, StatusCode::ACCEPTED);
    mai.hears("operator_message", 0).await;
    // The one behind hears of it at the other node, too.
    loop {
        let event = stream.next().await.expect("the stream goes on");
        if event["whisper"] == "position" && event["data"]["position"] == 1 {
            break;
        }
    }
    let ended = mai.on(&here).tap("end-talk").await;
    assert_eq!(mai.hears("handoff_resolved", ended.seq).await["reason"], "ended_by_citizen");
    assert_eq!(code(&winner.says(&claim, "alo?").await).0, 409);
}

/// The short version of `make race`.
async fn racing_claims_have_one_winner(options: Options) {
    const OPERATORS: usize = 8;
    const CITIZENS: usize = 12;
    let server = options.start().await;
    let mut operators = Vec::new();
    for number in 0..OPERATORS {
        let one = operator(&server, &format!("ca-{number}"), &format!("Ca {number}")).await;
        one.is_present(None).await;
        operators.push(one);
    }
    let mut citizens = Vec::new();
    for _ in 0..CITIZENS {
        citizens.push(asks(&server).await);
    }
    let view = operators[0].sees("all wait", |view| view["waiting_total"] == CITIZENS).await;
    let waiting: Vec<String> =
        view["waiting"].as_array().expect("a list").iter().map(|one| one["handoff_id"].as_str().expect("an id").to_owned()).collect();
    let races = waiting.iter().flat_map(|handoff| operators.iter().map(move |one| (one, handoff)));
    let claims = races.map(async |(one, handoff)| one.post(&format!("/handoffs/{handoff}/claim"), json!({})).await.status());
    let statuses = futures::future::join_all(claims).await;
    let won = statuses.iter().filter(|status| **status == StatusCode::OK).count();
    assert_eq!(won, CITIZENS, "{statuses:?}");
    for citizen in &citizens {
        let claimed = until("it is claimed", async || {
            let log = citizen.events(0).await;
            let claims = log.iter().filter(|event| event["kind"] == "handoff_claimed").count();
            (claims > 0).then_some(claims)
        });
        assert_eq!(claimed.await, 1);
    }
}
