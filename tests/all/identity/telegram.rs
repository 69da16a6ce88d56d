//! Lookups on Telegram: by the form, by the citizen's own contact.

use super::{BIRTH, CODE, PHONE, Service};
use harness::server::Options;
use harness::telegram::{Sent, TOKEN, Telegram};
use harness::wait::until;
use hotro::desk::account::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

pub(super) const AN: i64 = 901;
const BINH: i64 = 902;

pub(super) async fn start(options: Options) -> (Telegram, Service) {
    let telegram = Telegram::start().await.expect("a Bot API server");
    let options = options
        .variable("TELEGRAM_BOT_TOKEN", TOKEN)
        .variable("HOTRO_TELEGRAM_API_URL", telegram.url())
        .variable("HOTRO_WEB_PUBLIC_URL", "https://hotro.example");
    let service = Service::start(options).await;
    (telegram, service)
}

/// The newest message to a chat of which this holds.
pub(super) async fn said(telegram: &Telegram, chat: i64, what: &str, holds: impl Fn(&Sent) -> bool) -> Sent {
    until(what, async || telegram.look(|world| world.sent_to(chat).filter(|sent| holds(sent)).last().cloned())).await
}

/// Asks, and opens the form by the button of the answer: the token of its link.
async fn link(telegram: &Telegram, chat: i64, question: &str) -> String {
    telegram.citizen(chat).says(question);
    let offer = said(telegram, chat, "the form is offered", |sent| sent.buttons.iter().any(|(_, data)| data.contains("/verify#"))).await;
    let (_, url) = offer.buttons.into_iter().find(|(_, data)| data.contains("/verify#")).expect("the button");
    url.strip_prefix("https://hotro.example/verify#").expect("a page of this server").to_owned()
}

/// The session of the form that An has opened to see their card.
pub(super) async fn form(telegram: &Telegram, service: &Service) -> String {
    let token = link(telegram, AN, "thẻ bảo hiểm của tôi còn hạn không").await;
    service.open(&token).await.1["session"].as_str().expect("a session").to_owned()
}

impl Service {
    async fn open(&self, token: &str) -> (StatusCode, Value) {
        let request = harness::citizen::http().post(self.server.url("/api/verification/open")).json(&json!({ "token": token }));
        let response = request.send().await.expect("the server answers");
        (response.status(), response.json().await.expect("JSON"))
    }
}

async fn by_the_form((telegram, service): (Telegram, Service)) {
    let token = link(&telegram, AN, "thẻ bảo hiểm của tôi còn hạn không").await;
    let (status, opened) = service.open(&token).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    let session = opened["session"].as_str().expect("a session").to_owned();
    // The link opens once, and what is no link opens nothing.
    let changed = format!("{}0", &token[..token.len() - 1]);
    for bad in [token.as_str(), if changed == token { "x" } else { &changed }, "", &"0".repeat(80)] {
        assert_eq!(service.open(bad).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(service.begin(&session, CODE, BIRTH).await.status(), StatusCode::ACCEPTED);
    let otp = service.sms.otp(PHONE, 1).await;
    assert_eq!(service.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);
    let card = said(&telegram, AN, "the card is shown", |sent| sent.html.contains("Trạm y tế Thử Nghiệm")).await;
    assert!(card.buttons.iter().any(|(label, _)| label == "Xóa tin này"), "{card:?}");
    // The citizen takes it away.
    telegram.citizen(AN).taps("Xóa tin này");
    telegram.until("the message is gone", |world| world.deleted.contains(&(AN, card.message_id))).await;

    // An operator opens a part, and the citizen reads that they did; signing out and erasing are heard while the operator talks.
    let thu = service.operator_from("https://hotro.example", Role::Operator).await;
    telegram.citizen(AN).says("/tongdai");
    let waits = |view: &Value| view["waiting"].as_array().and_then(|all| all.iter().find(|one| one["channel"] == "telegram").cloned());
    let view = thu.sees("An waits", |view| waits(view).is_some()).await;
    let handoff = waits(&view).expect("An waits");
    let claim = thu.claims(handoff["handoff_id"].as_str().expect("an id")).await;
    let ask = json!({ "client_id": uuid::Uuid::now_v7(), "what": "card", "reason": "Kiểm tra hạn thẻ giúp người dân" });
    assert_eq!(thu.does("record", &claim, ask.clone()).await.0, StatusCode::OK);
    said(&telegram, AN, "An is told", |sent| sent.html.contains("vừa mở xem thẻ BHYT của bạn")).await;
    telegram.citizen(AN).says("đăng xuất");
    said(&telegram, AN, "signed out", |sent| sent.html.contains("Đã đăng xuất")).await;
    until("nothing is opened any more", async || (thu.does("record", &claim, ask.clone()).await.0 == StatusCode::CONFLICT).then_some(()))
        .await;
    telegram.citizen(AN).says("/xoadulieu");
    said(&telegram, AN, "asked once more", |sent| sent.html.contains("Bạn có chắc không")).await;
    telegram.citizen(AN).taps("Xóa hết");
    said(&telegram, AN, "the receipt", |sent| sent.html.contains("Mã biên nhận")).await;
    assert_eq!(thu.says(&claim, "còn đó không").await.0, StatusCode::CONFLICT, "the talk has ended with it");
}

async fn by_the_own_contact((telegram, service): (Telegram, Service)) {
    let token = link(&telegram, AN, "hồ sơ thai sản của em tới đâu rồi").await;
    let session = service.open(&token).await.1["session"].as_str().expect("a session").to_owned();
    // Before the form has named anybody, a contact proves nothing.
    telegram.citizen(AN).shares_contact("84412345678", true);
    said(&telegram, AN, "it proves nothing", |sent| sent.html.contains("chưa xác minh được")).await;
    service.begin(&session, CODE, BIRTH).await;
    let asked = said(&telegram, AN, "the contact is asked for", |sent| sent.buttons.iter().any(|(_, data)| data == "contact")).await;
    assert!(asked.html.contains("Nếu thông tin khớp"), "{asked:?}");
    // Somebody else's contact, and another number.
    telegram.citizen(AN).shares_contact("84412345678", false);
    said(&telegram, AN, "not their own", |sent| sent.html.contains("chính tài khoản Telegram này")).await;
    let refusals = telegram.look(|world| world.sent_to(AN).filter(|sent| sent.html.contains("chưa xác minh được")).count());
    telegram.citizen(AN).shares_contact("+84 423456789", true);
    until("another number proves nothing", async || {
        let now = telegram.look(|world| world.sent_to(AN).filter(|sent| sent.html.contains("chưa xác minh được")).count());
        (now > refusals).then_some(())
    })
    .await;
    assert!(telegram.look(|world| world.sent_to(AN).all(|sent| !sent.html.contains("HS-THU"))));
    telegram.citizen(AN).shares_contact("+84412345678", true);
    said(&telegram, AN, "the file is shown", |sent| sent.html.contains("HS-THU-0001")).await;
    // Another chat has proved nothing.
    telegram.citizen(BINH).says("hồ sơ thai sản của em tới đâu rồi");
    said(&telegram, BINH, "the form is offered", |sent| sent.buttons.iter().any(|(_, data)| data.contains("/verify#"))).await;
    telegram.citizen(AN).says("đăng xuất");
    said(&telegram, AN, "signed out", |sent| sent.html.contains("Đã đăng xuất")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_opens_a_record() {
    by_the_form(start(Options::new()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_opens_a_record_on_postgres() {
    let url = harness::postgres::Postgres::shared().database().await.expect("a database");
    by_the_form(start(Options::new().database(&url)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_contact_opens_a_record() {
    by_the_own_contact(start(Options::new()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_contact_opens_a_record_on_postgres() {
    let url = harness::postgres::Postgres::shared().database().await.expect("a database");
    by_the_own_contact(start(Options::new().database(&url)).await).await;
}
