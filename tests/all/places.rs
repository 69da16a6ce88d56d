//! Places as citizens and programs ask for them: the API, the widget with and without a location, Telegram.

use std::sync::Arc;

use harness::browser::{Browser, Position, Screen};
use harness::citizen::http;
use harness::console::Operator;
use harness::dialogue::Conversation;
use harness::server::{Options, Server};
use hotro::desk::account::Role;
use hotro::dialogue::{Channel, Input};
use knowledge::places::{Places, Rows};
use reqwest::StatusCode;
use serde_json::{Value, json};

on_both! {
    sqlite: super::Options::new(), postgres: super::Options::on_postgres().await;
    a_place_that_is_reported_wrong_is_looked_into_once
}

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/places-api.json");
/// In Hà Đông.
const NEAR: &str = "20.9710,105.7780";

async fn ask(server: &Server, query: &[(&str, &str)]) -> (StatusCode, Value) {
    let answer = http().get(server.url("/api/places")).query(query).send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store", "somebody's location is in the address");
    (answer.status(), answer.json().await.expect("JSON"))
}

async fn found(query: &[(&str, &str)]) -> Value {
    let (status, body) = ask(Server::shared(), query).await;
    assert_eq!(status, StatusCode::OK, "{query:?}: {body}");
    assert_fits(&document()["components"]["schemas"]["PlacesBody"], &body, "answer");
    body
}

fn document() -> Value {
    serde_json::from_str(&std::fs::read_to_string(DOCUMENT).expect("the document is there")).expect("JSON")
}

/// Whether a value is what a schema of the document says, and has nothing beside.
fn assert_fits(schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return assert_fits(&document()["components"]["schemas"][name], value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = choices.iter().find(|choice| (choice["type"] == "null") == value.is_null());
        return assert_fits(choice.unwrap_or_else(|| panic!("{at}: {value}")), value, at);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.contains(&kind), "{at}: {kind}, the document says {kinds:?}");
    for (place, entry) in value.as_array().into_iter().flatten().enumerate() {
        assert_fits(&schema["items"], entry, &format!("{at}[{place}]"));
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let of_field = schema["properties"].get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the document"));
        assert_fits(of_field, field, &format!("{at}.{name}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).filter(|_| value.is_object()) {
        assert!(value.get(name).is_some(), "{at}.{name} is missing");
    }
}

fn names(body: &Value) -> Vec<&str> {
    body["places"].as_array().into_iter().flatten().filter_map(|place| place["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_of_places_is_what_the_server_says() {
    let served: Value = http().get(Server::shared().url("/api/openapi.json")).send().await.expect("an answer").json().await.expect("JSON");
    let written = document();
    assert_eq!(written["paths"]["/api/places"], served["paths"]["/api/places"], "docs/places-api.json is another one");
    for (name, schema) in written["components"]["schemas"].as_object().expect("schemas") {
        assert_eq!(*schema, served["components"]["schemas"][name], "docs/places-api.json: {name} is another one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_found_by_point_by_words_by_name_and_by_code() {
    let near = found(&[("near", NEAR), ("kind", "facility"), ("limit", "3")]).await;
    assert_eq!(names(&near).len(), 3, "{near}");
    assert!(near["spot"]["label"].as_str().is_some_and(|label| label.ends_with("Hà Nội")), "{near}");
    assert!(near["places"][0]["distance"].as_str().is_some_and(|distance| distance.contains("km")), "{near}");
    // Of each kind, when none is named.
    let any = found(&[("near", NEAR)]).await;
    let kinds: Vec<&str> = any["places"].as_array().expect("a list").iter().filter_map(|place| place["kind"].as_str()).collect();
    assert!(["office", "facility", "collection_point"].iter().all(|kind| kinds.contains(kind)) && kinds.len() <= 10, "{kinds:?}");
    let responsible = found(&[("q", "bhxh phường bến nghé q1")]).await;
    assert_eq!(responsible["places"][0]["responsible"], true, "{responsible}");
    let named = found(&[("q", "bv chợ rẫy")]).await;
    assert_eq!(names(&named)[0], "Bệnh viện Chợ Rẫy", "{named}");
    for code in ["01001", "01-001", "mã 1001"] {
        assert_eq!(names(&found(&[("q", code)]).await), ["Bệnh viện Hữu Nghị"], "{code}");
    }
    let clinics = found(&[("q", "phòng khám gò vấp sg")]).await;
    assert!(
        clinics["places"].as_array().is_some_and(|places| !places.is_empty() && places.iter().all(|place| place["sort"] == "phong_kham"))
    );
    let asked = found(&[("q", "châu thành"), ("kind", "facility")]).await;
    assert_eq!((asked["choices"].as_array().map(Vec::len), names(&asked)), (Some(5), Vec::new()), "{asked}");
    // The label of a choice is understood.
    let label = asked["choices"][0]["label"].as_str().expect("a label");
    let chosen = found(&[("q", label), ("kind", "facility")]).await;
    assert_eq!(chosen["spot"]["label"], label, "{chosen}");
    assert_eq!(names(&found(&[("q", "zzzz qqqq")]).await), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_for_places_is_refused_by_its_reason() {
    let long = "a".repeat(201);
    for (query, code) in [
        (vec![], "bad_request"),
        (vec![("near", "")], "bad_request"),
        (vec![("near", "105.7780,20.9710")], "swapped_point"),
        (vec![("near", "48.85,2.35")], "outside_vietnam"),
        (vec![("near", "NaN,105.8")], "not_a_point"),
        (vec![("near", "inf,105.8")], "not_a_point"),
        (vec![("near", "91,200")], "not_a_point"),
        (vec![("near", "21.0")], "not_a_point"),
        (vec![("near", "21.0;105.8")], "not_a_point"),
        (vec![("near", NEAR), ("kind", "school")], "bad_request"),
        (vec![("near", NEAR), ("limit", "0")], "bad_request"),
        (vec![("near", NEAR), ("limit", "31")], "bad_request"),
        (vec![("near", NEAR), ("limit", "many")], "bad_request"),
        (vec![("q", long.as_str())], "bad_request"),
    ] {
        let (status, body) = ask(Server::shared(), &query).await;
        assert_eq!((status, body["error"]["code"].as_str()), (StatusCode::BAD_REQUEST, Some(code)), "{query:?}: {body}");
        let words = body["error"]["message"].as_str().expect("a sentence");
        assert!(words.chars().count() > 20 && !words.contains("105"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_asks_for_so_many_places_a_minute_and_no_log_has_its_coordinates() {
    const A_MINUTE: usize = 3;
    let limit = A_MINUTE.to_string();
    let server =
        Options::new().variable("HOTRO_LIMITS_MESSAGES_PER_NETWORK_PER_MINUTE", &limit).variable("HOTRO_LOG_FILTER", "debug").start().await;
    let near = "20.123456,105.654321";
    for _ in 0..A_MINUTE {
        assert_eq!(ask(&server, &[("near", near)]).await.0, StatusCode::OK);
    }
    let refused = http().get(server.url("/api/places")).query(&[("near", near)]).send().await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    let log = server.log();
    assert!(!log.contains("123456") && !log.contains("654321"), "{log}");
}

/// Says what is looked for, and taps the button that shares the location.
async fn shares_location(browser: &Browser) {
    browser.click("#launcher").await;
    browser.wait("it has begun", "root.querySelector('.choice:enabled')").await;
    browser.say("bệnh viện gần nhất").await;
    browser.click(".choices:not(.used) button[data-choice='place-here']").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_is_granted_finds_what_is_near() {
    let browser = Browser::visit(Server::shared(), Screen::Phone).await;
    browser.set_position(Position::At(20.9710, 105.7780)).await;
    shares_location(&browser).await;
    browser.wait("the places are there", "root.querySelectorAll('.place').length >= 3 && root.querySelector('.map svg .you')").await;
    let told = browser.texts(".msg.bot").await.join("\n");
    assert!(told.contains("không lưu vị trí") && told.contains("km"), "{told}");
    // Neither the page nor what it keeps knows where that was.
    let kept = browser.look("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }]) + root.textContent;").await.to_string();
    assert!(!kept.contains("20.97") && !kept.contains("105.77"), "{kept}");
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_is_denied_or_unavailable_leaves_the_way_by_words() {
    for (position, said) in [(Position::Denied, "chưa cho phép"), (Position::Unavailable, "chưa lấy được vị trí")] {
        let browser = Browser::visit(Server::shared(), Screen::Phone).await;
        browser.set_position(position).await;
        shares_location(&browser).await;
        browser.wait("it is said", &format!("root.querySelector('#status').innerText.includes('{said}')")).await;
        browser
            .wait("words are asked for", "[...root.querySelectorAll('.msg.bot')].at(-1).innerText.includes('Không có vị trí cũng được')")
            .await;
        browser.say("ha dong").await;
        browser.wait("the places are there", "root.querySelectorAll('.place').length >= 3").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_cards_and_map_by_day_and_by_night() {
    for (screen, night, name) in [
        (Screen::Phone, false, "phone"),
        (Screen::Phone, true, "phone-dark"),
        (Screen::Desktop, false, "desktop"),
        (Screen::Desktop, true, "desktop-dark"),
    ] {
        let browser = Browser::visit(Server::shared(), screen).await;
        browser.set_position(Position::At(20.9710, 105.7780)).await;
        if night {
            browser.at_night().await;
        }
        shares_location(&browser).await;
        browser.wait("the places are there", "root.querySelectorAll('.place').length >= 3 && root.querySelector('.map svg .you')").await;
        assert_eq!(browser.accessibility_violations().await, Vec::<String>::new(), "{name}");
        browser.look("root.querySelector('.map').scrollIntoView({ block: 'center' });").await;
        browser.keep_picture(&format!("places-{name}-map")).await;
        browser.look("root.querySelector('.place').scrollIntoView({ block: 'start' });").await;
        browser.keep_picture(&format!("places-{name}-cards")).await;
        browser.close().await;
    }
}

async fn a_place_that_is_reported_wrong_is_looked_into_once(options: Options) {
    let server = options.start().await;
    let thu = Operator::join(&server, "thu", "Chị Thu", Role::Operator).await;
    assert_eq!(thu.get("/place-reports").await, json!([]));
    let mai = server.citizen().await;
    mai.say("mã 01001 là bệnh viện nào").await;
    mai.tap("place-wrong:f01001").await;
    // The same again is one report, until it is looked into.
    mai.tap("place-wrong:f01001").await;
    let reports = thu.get("/place-reports").await;
    assert_eq!(reports.as_array().map(Vec::len), Some(1), "{reports}");
    let report = &reports[0];
    assert_eq!(
        (report["kind"].as_str(), report["place_id"].as_str(), report["name"].as_str(), report["conversation_id"].as_str()),
        (Some("facility"), Some("01001"), Some("Bệnh viện Hữu Nghị"), Some(mai.id.as_str()))
    );
    assert!(report["now"]["source"].as_str().is_some_and(|source| source.starts_with("Nguồn: ")), "{report}");
    let done = format!("/place-reports/{}/done", report["place_report_id"].as_str().expect("an id"));
    assert_eq!(thu.post(&done, json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(thu.post(&done, json!({})).await.status(), StatusCode::NOT_FOUND, "it is done");
    assert_eq!(thu.get("/place-reports").await, json!([]));
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    let audit = truong.get("/audit").await.to_string();
    assert_eq!(audit.matches("place_report_done").count(), 1, "{audit}");
    mai.tap("place-wrong:f01001").await;
    assert_eq!(thu.get("/place-reports").await.as_array().map(Vec::len), Some(1), "it is wrong again");
    let stranger = http().get(server.url("/api/desk/place-reports")).send().await.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn a_province_of_which_nothing_is_known_is_said_to_be_empty() {
    let units = Places::embedded_rows().units;
    let empty = Arc::new(Places::build(Rows { units, ..Rows::default() }));
    let mut conversation = Conversation::on(Channel::Web).in_places(empty);
    for asked in ["bệnh viện ở cao bằng", "cơ quan bhxh gần hà đông", "điểm thu bhxh ở q1"] {
        let turn = conversation.hear(&Input::Message { text: asked.to_owned() });
        let said = format!("{:?}", turn.events);
        assert!(said.contains("trong danh sách. Bạn gõ nơi lân cận") && said.contains("1900 9068"), "{asked}: {said}");
        assert!(!said.contains("cards"), "{asked}: {said}");
    }
    let point = conversation.hear(&Input::location(20.9710, 105.7780));
    assert!(!point.events.is_empty(), "a location is answered too");
}
