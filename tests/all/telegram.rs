//! Citizens on Telegram, through a Bot API server of our own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use faq::{Block, Faq};
use harness::postgres::Postgres;
use harness::telegram::{BOT, Fault, TOKEN, Telegram as Server, World};
use hotro::channel::telegram::{Telegram, TelegramConfig, TelegramError, Timing, Webhook};
use hotro::conversation::Conversations;
use hotro::dialogue::{Event, texts};
use hotro::store::Store;
use knowledge::Knowledge;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The words of a button under the greeting: what they lead to does not depend on the ranking.
const QUESTION: &str = "quên mật khẩu vssid";
const AN: i64 = 101;
const BINH: i64 = 102;
const CHI: i64 = 103;
const GROUP: i64 = -100_777;
const SECRET: &str = "a-secret-of-the-webhook";

static KNOWLEDGE: LazyLock<Arc<Knowledge>> =
    LazyLock::new(|| Arc::new(Knowledge::build(Arc::new(Faq::embedded().expect("the FAQ parses"))).expect("the index is built")));

/// A database that outlives the nodes on it.
struct Database {
    store: Store,
    _folder: TempDir,
}

impl Database {
    async fn new() -> Database {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("hotro.db").display())).await.unwrap();
        Database { store, _folder: folder }
    }
}

fn config(server: &Server) -> TelegramConfig {
    let timing = Timing {
        messages_per_s: NonZeroU32::new(1_000).unwrap(),
        chat_pause: Duration::from_millis(1),
        retry_pause: Duration::from_millis(20),
        lease: Duration::from_secs(1),
        look_again: Duration::from_millis(50),
    };
    TelegramConfig { token: TOKEN.to_owned(), api_url: Some(server.url().parse().unwrap()), webhook: None, timing }
}

fn with_webhook(server: &Server) -> TelegramConfig {
    let webhook = Webhook { public_url: "https://hotro.example".parse().unwrap(), secret: SECRET.to_owned() };
    TelegramConfig { webhook: Some(webhook), ..config(server) }
}

/// The program, as far as Telegram sees it.
struct Node {
    conversations: Arc<Conversations>,
    router: Router,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), TelegramError>>,
}

impl Node {
    fn start(config: TelegramConfig, store: &Store) -> Node {
        let conversations = Conversations::new(store.clone(), Arc::clone(&KNOWLEDGE));
        let telegram = Telegram::new(config, Arc::clone(&conversations)).unwrap();
        let router = telegram.router();
        let (stop, stopping) = watch::channel(false);
        let running = tokio::spawn(async move { telegram.run(stopping).await });
        Node { conversations, router, stop, running }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap().unwrap();
    }

    /// Ends at once, in the middle of whatever it does.
    async fn crash(self) {
        self.running.abort();
        let _ = self.running.await;
    }

    async fn log(&self, chat_id: i64) -> Vec<Event> {
        let chat = self.conversations.store().telegram_chat(chat_id).await.unwrap().expect("the chat has a conversation");
        let log = self.conversations.events(chat.conversation_id, 0).await.unwrap();
        log.into_iter().map(|recorded| recorded.event).collect()
    }
}

/// The usual set-up: one node that polls.
async fn polling() -> (Server, Database, Node) {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    let node = Node::start(config(&server), &database.store);
    (server, database, node)
}

fn greeting() -> String {
    "Chào bạn. Mình là trợ lý tự động".to_owned()
}

/// What the bot has said to a chat when it has sent `count` messages; fails when it has sent more. A reply that is sent twice shows when
/// another one has come after it: a chat is told everything in order.
async fn exactly(server: &Server, chat_id: i64, count: usize) -> Vec<String> {
    let sent = server.replies(chat_id, count).await;
    assert_eq!(sent.len(), count, "{sent:#?}");
    sent.into_iter().map(|sent| sent.html).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_in_one_message_with_buttons() {
    let (server, _database, _node) = polling().await;
    server.citizen(AN).says(QUESTION);
    let sent = server.replies(AN, 2).await;
    assert!(sent[0].html.starts_with(&greeting()), "{sent:#?}");
    let answer = &sent[1];
    assert!(answer.html.contains("📄 Căn cứ: ") && !answer.buttons.is_empty(), "{answer:#?}");
    assert!(answer.buttons.iter().any(|(label, data)| label == "Chưa đúng ý" && data.starts_with("wrong:")), "{answer:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_is_noticed_and_answered() {
    let (server, _database, node) = polling().await;
    server.citizen(AN).says("/start");
    server.replies(AN, 1).await;
    server.citizen(AN).taps("Quên mật khẩu VssID");
    let sent = server.replies(AN, 2).await;
    assert!(sent[1].html.contains("VssID"), "{sent:#?}");
    server.until("the tap is answered", |world| world.answered_taps.len() == 1).await;
    let tapped = |event: &Event| matches!(event, Event::CitizenChoice { choice, .. } if choice == "topic:vssid/forgot-password-app");
    assert!(node.log(AN).await.iter().any(tapped));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_greets_once() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start from_poster");
    server.replies(AN, 1).await;
    an.says("/start");
    let sent = exactly(&server, AN, 2).await;
    assert!(sent[0].starts_with(&greeting()) && sent[1].contains("mình đây"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_the_menu_is_understood() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    server.until("the menu is set", |world| world.commands.len() == texts::commands().len()).await;
    an.says(&format!("/tongdai@{BOT}"));
    let sent = server.replies(AN, 2).await;
    assert!(sent[1].html.contains("danh sách chờ"), "{sent:#?}");
    // Telegram's buttons cannot dial.
    assert!(sent[1].html.contains("1900 9068") && sent[1].buttons.iter().all(|(label, _)| !label.starts_with("Gọi")), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_updates_are_answered_once() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says(QUESTION);
    server.replies(AN, 2).await;
    server.repeat_updates();
    an.says("/help");
    server.replies(AN, 3).await;
    server.repeat_updates();
    an.says("cảm ơn");
    exactly(&server, AN, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_out_of_order_are_answered_in_order() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    server.replies(AN, 1).await;
    server.hold_updates();
    an.says("/help");
    an.says("/xoadulieu");
    an.says("/tintuc");
    server.release_updates(true);
    let sent = exactly(&server, AN, 4).await;
    assert!(sent[1].contains("Mình giúp được") && sent[2].contains("Xóa dữ liệu") && sent[3].contains("Tin chính sách"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_telegram_asks_for_is_kept_and_others_go_on() {
    let (server, _database, _node) = polling().await;
    server.fail_sends(AN, [Fault::Flood(4)]);
    let asked_at = Instant::now();
    server.citizen(AN).says("/start");
    server.until("the pause is asked for", |world| world.attempts.get(&AN) == Some(&1)).await;
    server.citizen(BINH).says("/start");
    server.replies(BINH, 1).await;
    exactly(&server, AN, 1).await;
    assert!(asked_at.elapsed() >= Duration::from_secs(4));
    assert_eq!(server.look(|world| world.sent[0].chat_id), BINH, "who was not asked to pause did not wait");
    assert_eq!(server.look(|world| world.attempts[&AN]), 2, "one attempt was enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_delay_and_lose_nothing_and_others_go_on() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    server.fail_sends(AN, [Fault::Status(500), Fault::Drop, Fault::Status(502), Fault::Drop]);
    server.fail_sends(CHI, [Fault::Stall]);
    server.citizen(CHI).says("/start");
    an.says(QUESTION);
    an.says("/help");
    server.citizen(BINH).says("/start");
    server.replies(BINH, 1).await;
    let sent = exactly(&server, AN, 3).await;
    assert!(sent[0].starts_with(&greeting()) && sent[1].contains("VssID") && sent[2].contains("Mình giúp được"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_that_fail_are_repeated() {
    let (server, _database, _node) = polling().await;
    server.citizen(AN).says("/start");
    server.replies(AN, 1).await;
    server.fail_polls([Fault::Status(502), Fault::Drop, Fault::Flood(1)]);
    server.citizen(AN).says("/help");
    exactly(&server, AN, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_telegram_refuses_does_not_stop_the_chat() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    server.replies(AN, 1).await;
    server.fail_sends(AN, [Fault::BadRequest]);
    an.says("/help");
    an.says("cảm ơn");
    let sent = exactly(&server, AN, 2).await;
    assert!(sent[1].contains("Không có gì"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_sends_nothing_confirmed_again_and_loses_nothing() {
    let (server, database, node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    server.replies(AN, 1).await;
    // The second reply is on its way when the process dies.
    server.fail_sends(AN, [Fault::Stall]);
    an.says("/help");
    server.until("it is on its way", |world| world.attempts.get(&AN) == Some(&2)).await;
    node.crash().await;
    an.says("cảm ơn");

    let _node = Node::start(config(&server), &database.store);
    let sent = exactly(&server, AN, 3).await;
    assert!(sent[1].contains("Mình giúp được") && sent[2].contains("Không có gì"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_confirmation_sends_that_one_message_twice() {
    let (server, database, node) = polling().await;
    let an = server.citizen(AN);
    server.fail_sends(AN, [Fault::StallAfter]);
    an.says("/start");
    server.replies(AN, 1).await;
    node.crash().await;

    let _node = Node::start(config(&server), &database.store);
    an.says("/help");
    let sent = exactly(&server, AN, 3).await;
    assert_eq!(sent[0], sent[1]);
    assert!(sent[2].contains("Mình giúp được"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_between_two_messages() {
    let (server, database, node) = polling().await;
    let an = server.citizen(AN);
    for text in ["/start", "/help", "cảm ơn", "/tintuc", "/xoadulieu"] {
        an.says(text);
    }
    server.replies(AN, 1).await;
    node.stop().await;
    let _node = Node::start(config(&server), &database.store);
    exactly(&server, AN, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_blocks_the_bot_is_left_alone_and_told_the_rest_on_return() {
    let (server, database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    server.replies(AN, 1).await;
    an.says("/help");
    an.blocks_bot_unnoticed();
    let blocked = || async { database.store.telegram_chat(AN).await.unwrap().unwrap().blocked };
    // Whether the reply was faster than the block or not, from here on nothing is attempted.
    an.blocks_bot();
    until(blocked).await;
    server.citizen(BINH).says("/start");
    server.replies(BINH, 1).await;
    an.unblocks_bot();
    let sent = exactly(&server, AN, 2).await;
    assert!(sent[1].contains("Mình giúp được"), "{sent:#?}");
    until(|| async { !blocked().await }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_forbids_is_not_tried_again() {
    let (server, database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    server.replies(AN, 1).await;
    an.blocks_bot_unnoticed();
    an.says("/help");
    until(|| async { database.store.telegram_chat(AN).await.unwrap().unwrap().blocked }).await;
    let attempts = server.look(|world| world.attempts[&AN]);
    server.citizen(BINH).says("/start");
    server.replies(BINH, 1).await;
    assert_eq!(server.look(|world| world.attempts[&AN]), attempts);
}

/// Waits until the database says so: nothing announces it.
async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_should_not_be_there_is_deleted() {
    let (server, _database, node) = polling().await;
    let an = server.citizen(AN);
    let message_id = an.says("mã số bhxh của tôi là 0199999999");
    let sent = server.replies(AN, 2).await;
    assert!(sent[1].html.contains("Mình đã che"), "{sent:#?}");
    assert_eq!(server.look(|world| world.deleted.clone()), [(AN, message_id)]);
    let log = node.log(AN).await;
    assert!(!format!("{log:?}").contains("0199999999"));
    // It is gone from the stored update as well.
    until(|| async { node.conversations.store().telegram_pending_updates(10).await.unwrap().is_empty() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_deleted_does_not_stop_the_chat() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    server.replies(AN, 1).await;
    server.fail_sends(AN, [Fault::BadRequest]);
    an.says("mật khẩu của tôi là Abc12345");
    exactly(&server, AN, 2).await;
    assert!(server.look(|world| world.deleted.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_is_answered_politely() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    an.sends_sticker();
    an.sends_photo(None);
    an.sends_photo(Some("/help"));
    an.sends(json!({"voice": {"file_id": "f", "file_unique_id": "u", "file_size": 9, "duration": 2, "mime_type": "audio/ogg"}}));
    an.sends(json!({"document": {"file_id": "f", "file_unique_id": "u", "file_size": 9, "file_name": "don.pdf", "mime_type": "application/pdf"}}));
    an.sends(json!({"location": {"longitude": 105.8, "latitude": 21.0}}));
    an.sends(json!({"contact": {"phone_number": "0", "first_name": "An"}}));
    an.sends(json!({"invented_later": {}}));
    let sent = exactly(&server, AN, 9).await;
    let expected = [
        greeting().as_str(),
        "nhãn dán",
        "đọc được ảnh",
        "Mình giúp được",
        "tin thoại",
        "mở được tệp",
        "vị trí",
        "số điện thoại",
        "đọc được tin",
    ]
    .map(str::to_owned);
    for (sent, expected) in sent.iter().zip(expected) {
        assert!(sent.contains(&expected), "{expected}: {sent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_a_venue_and_words_find_what_is_near() {
    let (server, database, _node) = polling().await;
    let an = server.citizen(AN);
    an.says("/start");
    an.says("bệnh viện gần nhất");
    let asked = server.replies(AN, 2).await;
    assert!(asked[1].buttons.iter().any(|(_, what)| what == "location"), "the phone offers to share where it is: {asked:#?}");
    let hospital_near = |sent: &str, commune: &str| {
        assert!(sent.contains("Bệnh viện gần") && sent.contains(commune) && sent.contains("km"), "{sent}");
    };
    let at = json!({"longitude": 105.778, "latitude": 20.971});
    an.sends(json!({"location": at}));
    let sent = server.replies(AN, 3).await;
    hospital_near(&sent[2].html, "Hà Nội");
    // Directions are links, what leads on are choices.
    let choices: Vec<&str> = sent[2].buttons.iter().map(|(label, _)| label.as_str()).collect();
    assert!(choices.contains(&"🧭 Đường đi 1") && choices.contains(&"Xem thêm nơi khác"), "{choices:?}");
    an.sends(json!({"venue": {"location": {"longitude": 106.7009, "latitude": 10.7769}, "title": "Nhà hát", "address": "Quận 1"},
        "location": {"longitude": 106.7009, "latitude": 10.7769}}));
    hospital_near(&exactly(&server, AN, 4).await[3], "Hồ Chí Minh");
    an.says("phòng khám gần gò vấp sg");
    let sent = exactly(&server, AN, 5).await;
    assert!(sent[4].contains("Phòng khám gần Quận Gò Vấp"), "{}", sent[4]);
    an.taps("Xem thêm nơi khác");
    let sent = exactly(&server, AN, 6).await;
    assert!(sent[5].contains("4. "), "{}", sent[5]);
    // What Telegram brought is wiped, and no log of a conversation has the point.
    let conversation = database.store.telegram_chat(AN).await.unwrap().unwrap().conversation_id;
    let logs = format!("{:?}", database.store.events(conversation, 0, 500).await.unwrap());
    assert!(!logs.contains("105.778") && !logs.contains("105778000"), "{logs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_message_is_heard_again() {
    let (server, _database, _node) = polling().await;
    let an = server.citizen(AN);
    let message_id = an.says("xin chào");
    server.replies(AN, 2).await;
    an.edits(message_id, QUESTION);
    let sent = exactly(&server, AN, 3).await;
    assert!(sent[2].contains("VssID"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_pointed_to_the_private_chat_and_leave_no_trace() {
    let (server, database, _node) = polling().await;
    server.until("the bot knows its name", |world| !world.commands.is_empty()).await;
    server.said_in_group(GROUP, QUESTION);
    server.said_in_group(GROUP, "/help");
    server.said_in_group(GROUP, "/help@another_bot");
    server.said_in_group(GROUP, &format!("/help@{BOT}"));
    let sent = server.replies(GROUP, 1).await;
    assert!(sent[0].html.contains(&format!("https://t.me/{BOT}")), "{sent:#?}");
    server.repeat_updates();
    server.citizen(AN).says("/start");
    server.replies(AN, 1).await;
    assert_eq!(server.look(|world| world.sent_to(GROUP).count()), 1);
    assert_eq!(database.store.telegram_chat(GROUP).await.unwrap(), None);
    assert!(database.store.telegram_pending_updates(10).await.unwrap().iter().all(|update| update.chat_id == AN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_telegram_does_not_know_is_an_error() {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    let config = TelegramConfig { token: "42:another-token".to_owned(), ..config(&server) };
    let node = Node::start(config, &database.store);
    let error = node.running.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "telegram.token: Telegram does not know this token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_its_form_is_an_error() {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    let conversations = Conversations::new(database.store.clone(), Arc::clone(&KNOWLEDGE));
    let config = TelegramConfig { token: "../../etc".to_owned(), ..config(&server) };
    assert!(matches!(Telegram::new(config, conversations), Err(TelegramError::TokenForm)));
}

async fn bring(router: &Router, secret: Option<&str>, body: impl Into<Body>) -> StatusCode {
    let mut request = Request::post("/telegram/webhook").header("content-type", "application/json");
    if let Some(secret) = secret {
        request = request.header("x-telegram-bot-api-secret-token", secret);
    }
    router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_brought_by_webhook_are_answered_once_in_whatever_order() {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    let node = Node::start(with_webhook(&server), &database.store);
    server.until("the webhook is set", |world| world.webhook.is_some()).await;
    let asked = server.look(|world| world.webhook.clone()).unwrap();
    assert_eq!((&asked["url"], &asked["secret_token"]), (&json!("https://hotro.example/telegram/webhook"), &json!(SECRET)));
    assert_eq!(asked["allowed_updates"], json!(["message", "edited_message", "callback_query", "my_chat_member"]));

    let an = server.citizen(AN);
    an.says("/start");
    for update in server.take_updates() {
        assert_eq!(bring(&node.router, Some(SECRET), update.to_string()).await, StatusCode::OK);
    }
    server.replies(AN, 1).await;
    an.says("/help");
    an.says("cảm ơn");
    let updates = server.take_updates();
    for update in updates.iter().rev().chain(&updates) {
        assert_eq!(bring(&node.router, Some(SECRET), update.to_string()).await, StatusCode::OK);
    }
    server.replies(AN, 3).await;
    an.says("/tintuc");
    let update = server.take_updates().remove(0);
    assert_eq!(bring(&node.router, Some(SECRET), update.to_string()).await, StatusCode::OK);
    let sent = exactly(&server, AN, 4).await;
    assert!(sent[3].contains("Tin chính sách"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_telegram_brings_updates() {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    let node = Node::start(with_webhook(&server), &database.store);
    server.citizen(AN).says("/start");
    let update = server.take_updates().remove(0);
    for secret in [None, Some(""), Some("a-secret-of-the-webhooK"), Some("a-secret")] {
        assert_eq!(bring(&node.router, secret, update.to_string()).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(database.store.telegram_next_offset().await.unwrap(), 0, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_body_is_refused() {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    let node = Node::start(with_webhook(&server), &database.store);
    for bad in ["", "{", "[]", "null", "{}", "{\"update_id\": \"x\"}", "{\"update_id\": 1e300}"] {
        assert_eq!(bring(&node.router, Some(SECRET), bad).await, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(bring(&node.router, Some(SECRET), vec![0xff, 0xfe]).await, StatusCode::BAD_REQUEST);
    assert_eq!(bring(&node.router, Some(SECRET), "x".repeat(1024 * 1024 + 1)).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(database.store.telegram_next_offset().await.unwrap(), 0, "nothing was stored");
    // An update of a kind that nobody knows is taken, so that it does not come again, and means nothing.
    let unknown: Value = json!({"update_id": 5, "invented_later": {"text": "a"}});
    assert_eq!(bring(&node.router, Some(SECRET), unknown.to_string()).await, StatusCode::OK);
    assert_eq!(database.store.telegram_next_offset().await.unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_webhook_while_polling() {
    let (_server, _database, node) = polling().await;
    assert_eq!(bring(&node.router, Some(SECRET), "{}").await, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_stored_before_a_crash_is_answered_after_it() {
    let server = Server::start().await.unwrap();
    let database = Database::new().await;
    // The node takes the webhook's call and dies before it has done anything with it.
    let node = Node::start(with_webhook(&server), &database.store);
    let router = node.router.clone();
    node.crash().await;
    server.citizen(AN).says("/start");
    for update in server.take_updates() {
        assert_eq!(bring(&router, Some(SECRET), update.to_string()).await, StatusCode::OK);
    }
    assert_eq!(server.look(|world| world.sent.len()), 0);
    let _node = Node::start(with_webhook(&server), &database.store);
    exactly(&server, AN, 1).await;
}

/// Whatever fails, every message is answered, in order; a reply comes twice only where a crash fell between Telegram and the database.
#[tokio::test(flavor = "multi_thread")]
async fn through_faults_and_crashes_every_message_is_answered_in_order() {
    const ROUNDS: usize = 4;
    const CHATS: std::ops::RangeInclusive<i64> = 1..=8;
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let faults = [Fault::Status(500), Fault::Status(503), Fault::Drop, Fault::Stall, Fault::StallAfter];
    let (server, database, mut node) = polling().await;
    for _ in 0..ROUNDS {
        for chat_id in CHATS {
            let count = random.random_range(0..3);
            server.fail_sends(chat_id, std::iter::repeat_with(|| faults[random.random_range(0..faults.len())]).take(count));
            server.citizen(chat_id).says(["/help", "/tintuc", "/xoadulieu", "/tracuu"][random.random_range(0..4)]);
        }
        if random.random_bool(0.5) {
            server.repeat_updates();
        }
        let sent = server.look(|world| world.sent.len());
        server.until("something is sent", |world| world.sent.len() > sent).await;
        node.crash().await;
        node = Node::start(config(&server), &database.store);
    }
    server.forgive_sends();
    node.crash().await;
    let node = Node::start(config(&server), &database.store);
    for chat_id in CHATS {
        server.citizen(chat_id).says("cảm ơn");
    }
    for chat_id in CHATS {
        let last = |world: &World| world.sent_to(chat_id).last().is_some_and(|sent| sent.html.contains("Không có gì"));
        server.until("the last reply", last).await;
        let mut sent: Vec<String> = server.look(|world| world.sent_to(chat_id).map(|sent| sent.html.clone()).collect());
        let mut said: Vec<String> = node.log(chat_id).await.into_iter().filter_map(said).collect();
        assert_eq!(said.len(), ROUNDS + 2, "one reply each, and the greeting");
        // Two messages that were answered alike, and one that was sent twice, look the same.
        sent.dedup();
        said.dedup();
        assert_eq!(sent.len(), said.len());
        for (sent, said) in sent.iter().zip(&said) {
            assert!(sent.starts_with(said.as_str()), "{said}: {sent}");
        }
    }
}

/// The first words of a message of the bot.
fn said(event: Event) -> Option<String> {
    match event {
        Event::BotMessage { message, .. } => match message.blocks.into_iter().next()? {
            Block::Paragraph { spans } => Some(spans.into_iter().next()?.text),
            Block::Heading { text } => Some(format!("<b>{text}")),
            _ => None,
        },
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_answer_once_and_one_follows_the_other() {
    let server = Server::start().await.unwrap();
    let url = Postgres::shared().database().await.unwrap();
    let (one, two) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
    // Longer than what a node may still do that has lost it, as any lease is in service.
    let mut config = config(&server);
    config.timing.lease = Duration::from_secs(6);
    let nodes = [Node::start(config.clone(), &one), Node::start(config, &two)];
    for chat_id in 1..=20 {
        server.citizen(chat_id).says(QUESTION);
    }
    for chat_id in 1..=20 {
        exactly(&server, chat_id, 2).await;
    }
    let [first, second] = nodes;
    // What Telegram has and the database does not know of yet would be sent again.
    until(|| async { one.telegram_chats_behind(1).await.unwrap().is_empty() }).await;
    first.crash().await;
    server.citizen(1).says("/help");
    exactly(&server, 1, 3).await;
    second.stop().await;
    assert_eq!(server.look(|world| world.sent.len()), 41);
}

/// Waits until the bot has said this to a chat.
async fn heard(server: &Server, chat_id: i64, part: &str) {
    server.until(part, |world| world.sent_to(chat_id).any(|sent| sent.html.contains(part))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_calculators_on_telegram() {
    let (server, _database, node) = polling().await;
    // What stands behind the command is what to calculate.
    let an = server.citizen(AN);
    an.says("/tinh rút bhxh một lần, đóng 9 năm 7 tháng lương 5tr");
    heard(&server, AN, "Tháng cuối cùng bạn đóng").await;
    an.says("9/2024");
    heard(&server, AN, "BHXH một lần khoảng").await;
    an.taps("Đổi một số liệu");
    heard(&server, AN, "Bạn muốn đổi mục nào").await;
    an.taps("Lương đóng");
    heard(&server, AN, "Lương đóng BHXH bình quân").await;
    an.says("6tr");
    heard(&server, AN, "lương đóng 6.000.000 đồng/tháng").await;
    // From the menu, asked for what is missing.
    let binh = server.citizen(BINH);
    binh.says("/tinh");
    heard(&server, BINH, "Bạn muốn mình tính khoản nào").await;
    binh.taps("Tính tiền thất nghiệp");
    heard(&server, BINH, "đóng BHTN được bao lâu").await;
    binh.says("4 năm");
    heard(&server, BINH, "Lương đóng BHTN").await;
    binh.says("8tr");
    heard(&server, BINH, "Ngày nghỉ việc").await;
    binh.says("hôm qua");
    heard(&server, BINH, "vùng lương tối thiểu mấy").await;
    binh.taps("Vùng I");
    heard(&server, BINH, "4.800.000 đồng").await;
    // In free text.
    let chi = server.citizen(CHI);
    chi.says("viện phí 12tr đúng tuyến thẻ 80%, chưa đủ 5 năm liên tục thì bhyt trả bao nhiêu");
    heard(&server, CHI, "9.600.000 đồng").await;
    chi.taps("Gặp tổng đài viên");
    // The greeting, the result, and what becomes of the wish.
    server.replies(CHI, 3).await;
    let log = node.log(CHI).await;
    assert!(log.iter().any(|event| matches!(event, Event::HandoffRequested { .. })), "{log:#?}");
    node.stop().await;
}
