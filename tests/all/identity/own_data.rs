//! What citizens may do with their own data at any time: end the session, have everything erased.

use super::reveal::claim;
use super::{Service, words};
use harness::browser::{Browser, Screen};
use harness::citizen::Citizen;
use harness::server::Options;
use hotro::conversation::now_ms;
use hotro::desk::account::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

on_both! {
    sqlite: super::Service::shared(), postgres: super::Service::shared_on_postgres();
    a_conversation_is_erased_with_a_receipt
    everything_is_erased_while_an_operator_talks
    whoever_waits_leaves_the_queue_with_what_is_erased
    a_wish_to_be_called_back_is_erased_with_its_number
    the_button_in_the_widget_asks_and_shows_the_receipt_on_a_desktop
    the_button_in_the_widget_asks_and_shows_the_receipt_on_a_phone
}

/// Asks, is sure, and reads the receipt.
async fn erase(citizen: &Citizen) -> Value {
    let asked = citizen.tap("ask-erase").await;
    let asks = citizen.reply(&asked).await;
    assert!(words(&asks).contains("Bạn có chắc không") && words(&asks).contains("Không lấy lại được"), "{asks}");
    let sure = citizen.tap("erase").await;
    let done = citizen.hears("erase_done", sure.seq).await;
    let receipt = done["receipt"].as_str().expect("a receipt");
    assert_eq!(receipt.len(), 10, "{done}");
    let told = citizen.hears("bot_message", done["seq"].as_u64().expect("a number")).await;
    assert!(words(&told).contains(receipt), "{told}");
    done
}

async fn a_conversation_is_erased_with_a_receipt(service: &Service) {
    let citizen = service.verified_as(&service.person()).await;
    let sent = citizen.tap("look:card").await;
    citizen.hears("personal_message", sent.seq).await;
    citizen.say("bí mật của riêng tôi").await;
    let asked = citizen.say("xóa dữ liệu của tôi").await;
    assert!(words(&citizen.reply(&asked).await).contains("Bạn có chắc không"));
    let kept = citizen.tap("keep").await;
    assert!(words(&citizen.reply(&kept).await).contains("giữ nguyên"));
    // Nobody is asked only once: a button that was never shown erases nothing.
    let hasty = citizen.tap("erase").await;
    assert!(words(&citizen.reply(&hasty).await).contains("Bạn có chắc không"));
    erase(&citizen).await;
    let log = citizen.events(0).await;
    assert!(!json!(log).to_string().contains("bí mật"), "{log:#?}");
    let erased = log.iter().filter(|event| event["kind"] == "erased").count();
    assert!(erased > 5 && log[0]["kind"] == "started", "{log:#?}");
    // The conversation goes on, and proves nothing any more.
    let sent = citizen.tap("look:card").await;
    assert!(citizen.reply(&sent).await["message"]["choices"].to_string().contains("\"verify\""));
}

/// The journal had the old pages until thousands of other turns had come.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_is_in_no_file_of_sqlite() {
    let service = Service::start(Options::new()).await;
    let citizen = service.server.citizen().await;
    citizen.say("bí mật của riêng tôi").await;
    let holds = |text: &str| {
        let files = ["hotro.db", "hotro.db-wal"].map(|file| std::fs::read(service.server.data().join(file)).unwrap_or_default());
        files.iter().any(|file| file.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    assert!(holds("bí mật của riêng"), "it would be found");
    erase(&citizen).await;
    assert!(!holds("bí mật của riêng"));
}

async fn everything_is_erased_while_an_operator_talks(service: &Service) {
    let thu = service.operator(Role::Operator).await;
    let (citizen, _, claim) = service.talk(&thu).await;
    assert_eq!(thu.says(&claim, "Bạn cho mình biết bí mật nhé").await.0, StatusCode::ACCEPTED);
    citizen.say("bí mật của riêng tôi").await;
    let done = erase(&citizen).await;
    let log = citizen.events(0).await;
    assert!(!json!(log).to_string().contains("bí mật"), "{log:#?}");
    // The talk has ended with it: the operator may not write any more, and the bot answers again.
    let (status, refused) = thu.says(&claim, "còn đó không").await;
    assert!(status == StatusCode::CONFLICT && refused["error"]["code"] == "no_such_handoff", "{refused}");
    let sent = citizen.say("quên mật khẩu vssid").await;
    assert_eq!(citizen.reply(&sent).await["outcome"], "answered");
    assert!(done["seq"].as_u64() < Some(sent.seq));
    assert_eq!(citizen.post("summary", &json!({})).await.status(), StatusCode::UNAUTHORIZED);
}

async fn whoever_waits_leaves_the_queue_with_what_is_erased(service: &Service) {
    let thu = service.operator(Role::Operator).await;
    let citizen = service.server.citizen().await;
    citizen.tap("operator").await;
    let handoff = thu.finds("waiting", "waiting", &citizen.id).await;
    erase(&citizen).await;
    let id = handoff["handoff_id"].as_str().expect("an id");
    let refused = thu.post(&format!("/handoffs/{id}/claim"), json!({})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    // A second wish is a new one, once the console has seen the end of the first.
    let gone = |view: &Value| view["waiting"].as_array().is_some_and(|all| all.iter().all(|one| one["handoff_id"] != id));
    thu.sees("the first wish is gone", gone).await;
    claim(&thu, &citizen).await;
}

async fn a_wish_to_be_called_back_is_erased_with_its_number(service: &Service) {
    let thu = service.operator(Role::Operator).await;
    let citizen = service.server.citizen().await;
    let hour_ms = 3_600_000;
    let wish =
        json!({ "client_id": Uuid::now_v7(), "phone": "0412999888", "from_ms": now_ms() + hour_ms, "to_ms": now_ms() + 3 * hour_ms });
    assert_eq!(citizen.post("callback", &wish).await.status(), StatusCode::ACCEPTED);
    let waits = async || {
        let all = thu.get("/callbacks").await;
        all.as_array().expect("a list").iter().find(|one| one["conversation_id"] == citizen.id.as_str()).cloned()
    };
    let callback = waits().await.expect("it waits");
    erase(&citizen).await;
    assert!(waits().await.is_none());
    let id = callback["callback_id"].as_str().expect("an id");
    assert_eq!(thu.post(&format!("/callbacks/{id}/reveal"), json!({})).await.status(), StatusCode::NOT_FOUND);
}

async fn the_button_in_the_widget_asks_and_shows_the_receipt_on_a_desktop(service: &Service) {
    by_the_button(service, Screen::Desktop).await;
}

async fn the_button_in_the_widget_asks_and_shows_the_receipt_on_a_phone(service: &Service) {
    by_the_button(service, Screen::Phone).await;
}

async fn by_the_button(service: &Service, screen: Screen) {
    let browser = Browser::visit(&service.server, screen).await;
    browser.click("#launcher").await;
    browser.wait("the greeting", "root.querySelector('.msg.bot')").await;
    browser.say("bí mật của riêng tôi").await;
    browser.wait("it is said", "root.querySelector('#log').innerText.includes('bí mật')").await;
    // By keyboard: from the log's first line, where the rule stands.
    super::browser::tab_to(&browser, ".rule .more").await;
    super::browser::press(&browser, fantoccini::key::Key::Enter).await;
    super::browser::last_says(&browser, "it is asked once more", "Bạn có chắc không").await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    assert_eq!(browser.look("return root.querySelector('#log').innerText.includes('bí mật');").await, true, "nothing is gone yet");
    browser.keep_picture(&format!("erase-1-{screen:?}")).await;
    super::browser::tab_to(&browser, ".choices:not(.used) [data-choice=erase]").await;
    super::browser::press(&browser, fantoccini::key::Key::Enter).await;
    super::browser::last_says(&browser, "the receipt", "Mã biên nhận").await;
    assert_eq!(browser.look("return root.querySelector('#log').innerText.includes('bí mật');").await, false);
    browser.keep_picture(&format!("erase-2-{screen:?}")).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.reload().await;
    browser.click("#launcher").await;
    super::browser::last_says(&browser, "the receipt is still there", "Mã biên nhận").await;
    assert_eq!(browser.look("return root.querySelector('#log').innerText.includes('bí mật');").await, false);
    browser.close().await;
}
