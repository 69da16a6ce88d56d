//! The widget in a real Chromium, as a citizen uses it.

use harness::browser::{Browser, Screen};
use harness::console::Operator;
use harness::server::{Options, Server};
use hotro::desk::account::Role;
use serde_json::Value;

const QUESTION: &str = "quên mật khẩu vssid";
const QUIET: &str = "root.querySelector('#status').innerText === '' && !root.querySelector('.pending')";
/// Too short to be answered at once: one of them is asked back, whatever the weights of the ranking.
const VAGUE: [&str; 5] = ["vssid", "thẻ bhyt", "mật khẩu", "thai sản", "trợ cấp thất nghiệp"];

/// Opens the page and the chat on it, and waits for the greeting.
async fn open_chat(server: &Server, screen: Screen) -> Browser {
    let browser = Browser::visit(server, screen).await;
    browser.click("#launcher").await;
    wait_for_bot_messages(&browser, 1).await;
    browser
}

async fn wait_for_bot_messages(browser: &Browser, count: usize) {
    let condition = format!("root.querySelectorAll('.msg.bot').length >= {count} && {QUIET}");
    browser.wait(&format!("the bot has spoken {count} times"), &condition).await;
}

/// What is still fading or sliding in has other colours and another place.
async fn wait_until_still(browser: &Browser) {
    browser.wait("nothing moves", "root.getAnimations().every((animation) => animation.playState !== 'running')").await;
}

/// The whole log of the page's conversation, asked for with the page's own token.
async fn events_of(browser: &Browser) -> Vec<Value> {
    let read = "const key = Object.keys(localStorage).find((key) => key.endsWith(':conversation')); \
        const { id, token } = JSON.parse(localStorage.getItem(key)); const request = new XMLHttpRequest(); \
        request.open('GET', `/api/conversations/${id}/events?after=0`, false); \
        request.setRequestHeader('Authorization', `Bearer ${token}`); request.send(); return JSON.parse(request.responseText).events;";
    serde_json::from_value(browser.look(read).await).expect("a list of events")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_gets_its_answer() {
    let browser = open_chat(Server::shared(), Screen::Desktop).await;
    browser.say(QUESTION).await;
    wait_for_bot_messages(&browser, 2).await;
    assert_eq!(browser.texts(".msg.me .text").await, [QUESTION]);
    let answer = &browser.texts(".msg.bot").await[1];
    assert!(answer.contains("VssID"), "{answer}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vague_question_is_settled_by_a_tap() {
    let server = Server::shared();
    let citizen = server.citizen().await;
    let mut vague = None;
    for question in VAGUE {
        let sent = citizen.say(question).await;
        if citizen.reply(&sent).await["outcome"] == "clarify" {
            vague = Some(question);
            break;
        }
    }
    let browser = open_chat(server, Screen::Desktop).await;
    browser.say(vague.expect("one of them is asked back")).await;
    wait_for_bot_messages(&browser, 2).await;
    let choice = browser.texts(".choices:not(.used) button.choice").await.swap_remove(0);
    browser.click(".choices:not(.used) button.choice").await;
    wait_for_bot_messages(&browser, 3).await;
    assert_eq!(browser.texts(".msg.me .text").await[1], choice);
    assert_eq!(events_of(&browser).await[5]["outcome"], "answered");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_the_conversation() {
    let browser = open_chat(Server::shared(), Screen::Desktop).await;
    browser.say(QUESTION).await;
    wait_for_bot_messages(&browser, 2).await;
    let before = browser.texts(".msg .text, .msg .card > p").await;
    browser.reload().await;
    browser.click("#launcher").await;
    wait_for_bot_messages(&browser, 2).await;
    assert_eq!(browser.texts(".msg .text, .msg .card > p").await, before);
    assert_eq!(events_of(&browser).await.len(), 4);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_written_while_the_server_is_away_arrives_once() {
    let mut server = Options::new().start().await;
    let browser = open_chat(&server, Screen::Desktop).await;
    browser.say("cảm ơn").await;
    wait_for_bot_messages(&browser, 2).await;

    server.kill();
    browser.say(QUESTION).await;
    browser.say("cần mang giấy tờ gì").await;
    browser.wait("the citizen is told", "root.querySelector('#status').innerText !== ''").await;
    assert_eq!(browser.texts(".msg.pending .text").await, [QUESTION, "cần mang giấy tờ gì"]);

    let _server = server.start_again().await;
    wait_for_bot_messages(&browser, 4).await;
    let said = ["cảm ơn", QUESTION, "cần mang giấy tờ gì"];
    assert_eq!(browser.texts(".msg.me .text").await, said);
    let events = events_of(&browser).await;
    let stored: Vec<&str> =
        events.iter().filter(|event| event["kind"] == "citizen_message").filter_map(|event| event["text"].as_str()).collect();
    assert_eq!(stored, said);
    assert_eq!(browser.texts(".msg.bot").await.len(), events.iter().filter(|event| event["kind"] == "bot_message").count());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_a_message_stays_text() {
    let browser = open_chat(Server::shared(), Screen::Desktop).await;
    let text = "<img src=x onerror=alert(1)><script>alert(1)</script>";
    browser.say(text).await;
    wait_for_bot_messages(&browser, 2).await;
    assert_eq!(browser.texts(".msg.me .text").await, [text]);
    assert_eq!(browser.look("return root.querySelectorAll('#log img, #log script').length;").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_the_chat_fills_the_screen() {
    let browser = open_chat(Server::shared(), Screen::Phone).await;
    wait_until_still(&browser).await;
    let panel =
        browser.look("const { x, y, width, height } = root.querySelector('#panel').getBoundingClientRect(); return [x, y, width, height];");
    assert_eq!(panel.await, serde_json::json!([0, 0, 390, 844]));
    browser.say(QUESTION).await;
    wait_for_bot_messages(&browser, 2).await;
    let overflow = "return [document.documentElement, root.querySelector('#log')].some((node) => node.scrollWidth > node.clientWidth);";
    assert_eq!(browser.look(overflow).await, false);
    wait_until_still(&browser).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.click("#close").await;
    assert_eq!(browser.look("return root.querySelector('#panel').hidden;").await, true);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_is_enough() {
    use fantoccini::key::Key;
    let browser = Browser::visit(Server::shared(), Screen::Desktop).await;
    let is_focused = |selector: &str| format!("root.activeElement === root.querySelector('{selector}')");
    let tab = char::from(Key::Tab).to_string();
    let mut tabs = 0;
    while browser.look(&format!("return {};", is_focused("#launcher"))).await == false {
        assert!(tabs < 100, "Tab never comes to the launcher");
        tabs += 1;
        browser.press(&tab).await;
    }
    browser.press(&char::from(Key::Enter).to_string()).await;
    browser.wait("the field has the focus", &is_focused("#field")).await;
    wait_for_bot_messages(&browser, 1).await;
    browser.press(&format!("{QUESTION}{}", char::from(Key::Enter))).await;
    wait_for_bot_messages(&browser, 2).await;
    browser.press(&char::from(Key::Escape).to_string()).await;
    browser
        .wait(
            "the chat is closed and the launcher has the focus",
            &format!("root.querySelector('#panel').hidden && {}", is_focused("#launcher")),
        )
        .await;
    browser.close().await;
}

/// Checks the page with the chat closed, then open with an answer in it.
async fn is_accessible(screen: Screen) {
    let browser = Browser::visit(Server::shared(), screen).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.click("#launcher").await;
    wait_for_bot_messages(&browser, 1).await;
    browser.say(QUESTION).await;
    wait_for_bot_messages(&browser, 2).await;
    wait_until_still(&browser).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_violation() {
    is_accessible(Screen::Desktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_violation_by_night() {
    is_accessible(Screen::DarkDesktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_night_the_chat_is_dark() {
    let brightness = "const [r, g, b] = getComputedStyle(root.querySelector('#panel')).backgroundColor.match(/\\d+/g).map(Number); return (r + g + b) / 3;";
    let mut measured = Vec::new();
    for screen in [Screen::Desktop, Screen::DarkDesktop] {
        let browser = open_chat(Server::shared(), screen).await;
        measured.push(browser.look(brightness).await.as_f64().expect("a number"));
        browser.close().await;
    }
    assert!(measured[0] > 200.0 && measured[1] < 60.0, "{measured:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_waits_for_an_operator_talks_and_judges() {
    // One sign of life is enough for all that the browser does.
    let server = Options::new().variable("HOTRO_DESK_LEASE_S", "600").start().await;
    let thu = Operator::join(&server, "thu", "Chị Thu", Role::Operator).await;
    thu.is_present(None).await;
    let browser = open_chat(&server, Screen::Phone).await;
    browser.say("gặp tổng đài viên").await;
    browser.wait("the place is shown", "root.querySelector('#status').innerText.includes('vị trí 1')").await;
    let view = thu.sees("somebody waits", |view| view["waiting_total"] == 1).await;
    let claim = thu.claims(view["waiting"][0]["handoff_id"].as_str().expect("an id")).await;
    browser.wait("the talk is shown", "root.querySelector('#state').innerText.includes('Chị Thu')").await;
    thu.says(&claim, "Chào bạn <b>nhé</b>").await;
    browser.wait("the operator is read", "root.querySelector('.msg.operator .card')?.innerText === 'Chào bạn <b>nhé</b>'").await;
    let answer = serde_json::json!({ "client_id": "a", "topic": "vssid/forgot-password-app" });
    assert_eq!(thu.does("answers", &claim, answer).await.0.as_u16(), 202);
    browser.wait("the answer is read", "root.querySelector('.msg.operator .basis')").await;
    browser.say("cảm ơn chị").await;
    wait_until_still(&browser).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.click("#status .way").await;
    browser.wait("the bot asks for a rating", "root.querySelectorAll('.choices:not(.used) button.choice').length === 5").await;
    browser.click(".choices:not(.used) button[data-choice='rate:5']").await;
    browser.wait("thanks", "[...root.querySelectorAll('.msg.bot')].at(-1).innerText.includes('Cảm ơn bạn đã đánh giá')").await;
    let log = events_of(&browser).await;
    assert!(log.iter().any(|event| event["kind"] == "rated" && event["stars"] == 5), "{log:#?}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_shown_as_cards_and_on_a_map_of_our_own() {
    for (screen, name) in [(Screen::Phone, "phone"), (Screen::DarkDesktop, "dark")] {
        let browser = Browser::visit(Server::shared(), screen).await;
        browser.click("#launcher").await;
        browser.wait("it has begun", "root.querySelector('.choice:enabled')").await;
        browser.say("phòng khám gần hà đông").await;
        browser.wait("the places are there", "root.querySelectorAll('.place').length >= 3 && root.querySelector('.map svg .pin')").await;
        let told = browser.look("return root.querySelector('.map svg').getAttribute('aria-label');").await;
        assert!(told.as_str().is_some_and(|told| told.contains("1. ")), "the map says what it shows: {told}");
        assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
        browser.keep_picture(&format!("widget-places-{name}")).await;
        browser.look("root.querySelector('.place:nth-of-type(2)').scrollIntoView();").await;
        browser.keep_picture(&format!("widget-places-{name}-cards")).await;
        browser.close().await;
    }
}
