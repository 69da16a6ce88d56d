//! The secure form and what it opens, in a real Chromium.

use super::{BIRTH, Service};
use fantoccini::key::Key;
use harness::browser::{Browser, Screen};

const TAB: char = '\u{e004}';

/// Keeps a picture where `PICTURES` says, for people to look at.
async fn picture(browser: &Browser, name: &str) {
    if let Ok(folder) = std::env::var("PICTURES") {
        browser.wait("nothing moves", "root?.getAnimations().every((animation) => animation.playState !== 'running') ?? true").await;
        std::fs::write(format!("{folder}/{name}.png"), browser.picture().await).expect("the picture is kept");
    }
}

pub(super) async fn press(browser: &Browser, key: Key) {
    browser.press(&char::from(key).to_string()).await;
}

/// Presses Tab until an element of the widget has the focus.
pub(super) async fn tab_to(browser: &Browser, selector: &str) {
    for _ in 0..60 {
        let there = format!("return root.activeElement?.matches({selector:?}) ?? false;");
        if browser.look(&there).await == true {
            return;
        }
        browser.press(&TAB.to_string()).await;
    }
    panic!("Tab never comes to {selector}");
}

pub(super) async fn last_says(browser: &Browser, what: &str, words: &str) {
    browser.wait(what, &format!("[...root.querySelectorAll('.msg.bot')].at(-1)?.innerText.includes({words:?})")).await;
}

/// The whole flow, by keyboard alone once the chat is open.
async fn look_up(service: &Service, screen: Screen, name: &str) {
    let person = service.person();
    let browser = Browser::visit(&service.server, screen).await;
    browser.click("#launcher").await;
    browser.wait("the greeting", "root.querySelector('.msg.bot')").await;
    browser.say("tôi đóng được bao nhiêu năm rồi").await;
    last_says(&browser, "the form is offered", "biểu mẫu an toàn").await;
    picture(&browser, &format!("{name}-1-offer")).await;

    tab_to(&browser, ".choices:not(.used) [data-choice=verify]").await;
    press(&browser, Key::Enter).await;
    browser.wait("the form is open", "root.querySelector('#identifier')").await;
    picture(&browser, &format!("{name}-2-form")).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());

    // What is missing is said where it is missing, and the focus goes there.
    tab_to(&browser, "#identifier").await;
    browser.press(&person.code[..5]).await;
    press(&browser, Key::Enter).await;
    browser.wait("consent comes first", "root.querySelector('#secure form > .error')?.textContent.includes('đồng ý')").await;
    tab_to(&browser, "#consent").await;
    browser.press(" ").await;
    tab_to(&browser, "button.go").await;
    press(&browser, Key::Enter).await;
    browser
        .wait(
            "the code is too short",
            "root.querySelector('#identifier-error').textContent.includes('mình thấy 5') && root.activeElement.id === 'identifier'",
        )
        .await;
    picture(&browser, &format!("{name}-3-error")).await;
    browser.press(&person.code[5..]).await;
    tab_to(&browser, "#birth").await;
    browser.press(&BIRTH.replace('/', "")).await;
    press(&browser, Key::Enter).await;
    browser.wait("the password is asked for", "root.querySelector('#otp')").await;
    picture(&browser, &format!("{name}-4-otp")).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    assert_eq!(browser.look("return root.querySelector('#otp').autocomplete;").await, "one-time-code");

    let otp = service.sms.otp(&person.phone, 1).await;
    tab_to(&browser, "#otp").await;
    browser.press(if otp == "000000" { "111111" } else { "000000" }).await;
    press(&browser, Key::Enter).await;
    browser.wait("it was another", "root.querySelector('#otp-error').textContent.includes('còn 4 lần')").await;
    browser.press(&otp).await;
    press(&browser, Key::Enter).await;
    browser.wait("the form is gone and the answer there", "!root.querySelector('#secure') && root.querySelector('.personal')").await;
    last_says(&browser, "the months", "năm").await;
    picture(&browser, &format!("{name}-5-result")).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    let overflow = "return [document.documentElement, root.querySelector('#log')].some((node) => node.scrollWidth > node.clientWidth);";
    assert_eq!(browser.look(overflow).await, false);

    browser.say("thẻ bảo hiểm của tôi còn hạn không").await;
    last_says(&browser, "the card", "Trạm y tế Thử Nghiệm").await;
    picture(&browser, &format!("{name}-6-card")).await;
    browser.say("hồ sơ thai sản của em tới đâu rồi").await;
    last_says(&browser, "the file", "HS-THU-0001").await;
    picture(&browser, &format!("{name}-7-dossier")).await;

    browser.say("đăng xuất").await;
    browser
        .wait("nothing personal is left", "!root.querySelector('.personal') && root.querySelector('#log').innerText.includes('đã được ẩn')")
        .await;
    browser.reload().await;
    browser.click("#launcher").await;
    browser.wait("the log is back", "root.querySelectorAll('.msg.bot').length >= 2").await;
    assert_eq!(browser.look("return root.querySelector('#log').innerText.includes('HS-THU');").await, false);
    picture(&browser, &format!("{name}-8-signed-out")).await;
    browser.close().await;
}

on_both! {
    sqlite: super::Service::shared(), postgres: super::Service::shared_on_postgres();
    a_record_is_looked_up_by_keyboard_on_a_desktop
    a_record_is_looked_up_by_keyboard_on_a_phone
}

async fn a_record_is_looked_up_by_keyboard_on_a_desktop(service: &Service) {
    look_up(service, Screen::Desktop, "desktop").await;
}

async fn a_record_is_looked_up_by_keyboard_on_a_phone(service: &Service) {
    look_up(service, Screen::Phone, "phone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_night_the_form_is_readable_and_escape_leaves_it() {
    let browser = Browser::visit(&Service::shared().server, Screen::DarkDesktop).await;
    browser.click("#launcher").await;
    browser.say("tra cứu").await;
    last_says(&browser, "the form is offered", "biểu mẫu an toàn").await;
    browser.click(".choices:not(.used) [data-choice=verify]").await;
    browser.wait("the form is open", "root.querySelector('#identifier')").await;
    picture(&browser, "night-form").await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    press(&browser, Key::Escape).await;
    browser
        .wait(
            "the form is gone, the chat is not",
            "!root.querySelector('#secure') && !root.querySelector('#panel').hidden && root.activeElement.id === 'field'",
        )
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_printed_from_the_session() {
    let (service, person) = (Service::shared(), Service::shared().person());
    let browser = Browser::visit(&service.server, Screen::Desktop).await;
    browser.click("#launcher").await;
    browser.say("tra cứu").await;
    last_says(&browser, "the form is offered", "biểu mẫu an toàn").await;
    browser.click(".choices:not(.used) [data-choice=verify]").await;
    browser.wait("the form is open", "root.querySelector('#identifier')").await;
    browser.click("#identifier").await;
    browser.press(&person.code).await;
    browser.click("#birth").await;
    browser.press(BIRTH).await;
    browser.click("#consent").await;
    browser.click("#secure button.go").await;
    browser.wait("the password is asked for", "root.querySelector('#otp')").await;
    browser.click("#otp").await;
    browser.press(&service.sms.otp(&person.phone, 1).await).await;
    browser.click("#secure button.go").await;
    last_says(&browser, "the menu", "bạn muốn xem gì").await;
    picture(&browser, "menu").await;
    browser.click(".choices:not(.used) [data-choice='look:participation']").await;
    last_says(&browser, "the months", "Tổng thời gian đóng").await;
    browser.click(".choices:not(.used) [data-choice=print]").await;
    browser.other_window().await;
    browser.wait("the page is filled", "document.querySelectorAll('main table').length === 2").await;
    picture(&browser, "print").await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    let shown = browser.look("return document.querySelector('main').innerText + location.href;").await;
    let shown = shown.as_str().expect("text");
    assert!(shown.contains("Công ty Thử Nghiệm Riêng") && shown.contains(&person.code) && shown.ends_with("/print"), "{shown}");
    browser.close().await;
}
