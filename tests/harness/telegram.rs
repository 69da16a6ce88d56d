//! A Bot API server for the tests: as much of <https://core.telegram.org/bots/api> as the bot uses, with the faults that the real one
//! has. Citizens write to it, the bot polls it, and what the bot sends can be waited for.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The token that the server knows.
pub const TOKEN: &str = "42:test-token";
/// The name of the bot.
pub const BOT: &str = "hotro_test_bot";
/// What should happen has happened by then, on a busy machine as well.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_UPDATE_ID: i64 = 1_000;
const DATE: i64 = 1_790_000_000;

/// What the server does instead of what it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Asks for a pause of so many seconds.
    Flood(u64),
    /// Answers with this status and no JSON.
    Status(u16),
    /// Refuses the call for good.
    BadRequest,
    /// Drops the connection, the call not done.
    Drop,
    /// Never answers, the call not done.
    Stall,
    /// Does the call and never answers.
    StallAfter,
}

/// A message that the bot sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// To whom.
    pub chat_id: i64,
    /// Its number in the chat.
    pub message_id: i64,
    /// As sent, with tags.
    pub html: String,
    /// When.
    pub at: Instant,
    /// Its buttons: what they say, and what they send back (empty for a link; of a Web App its address, of one that shares the contact or
    /// the location `contact` or `location`).
    pub buttons: Vec<(String, String)>,
}

/// Everything that happened at the server.
#[derive(Default)]
pub struct World {
    /// Messages of the bot, in the order in which they came.
    pub sent: Vec<Sent>,
    /// Messages that the bot took away: chat and number.
    pub deleted: Vec<(i64, i64)>,
    /// Taps that the bot has answered.
    pub answered_taps: Vec<String>,
    /// The menu.
    pub commands: Vec<String>,
    /// What the bot asked for with setWebhook.
    pub webhook: Option<Value>,
    /// Attempts to send, failed ones included.
    pub attempts: HashMap<i64, usize>,
    files: HashMap<String, Vec<u8>>,
    updates: Vec<Value>,
    confirmed: i64,
    held: bool,
    repeating: bool,
    reversing: bool,
    messages: i64,
    blocked: HashSet<i64>,
    faults: HashMap<i64, VecDeque<Fault>>,
    poll_faults: VecDeque<Fault>,
}

struct Shared {
    world: Mutex<World>,
    /// Rings when the world has changed.
    changed: watch::Sender<()>,
}

/// The server. It stops when this is dropped.
pub struct Telegram {
    shared: Arc<Shared>,
    url: String,
    server: JoinHandle<()>,
}

/// Someone who writes to the bot in a private chat.
pub struct Citizen<'a> {
    telegram: &'a Telegram,
    chat_id: i64,
}

impl Telegram {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> Result<Telegram> {
        let shared = Arc::new(Shared { world: Mutex::default(), changed: watch::Sender::new(()) });
        let listener = TcpListener::bind("127.0.0.1:0").await.context("looking for a free port")?;
        let url = format!("http://{}", listener.local_addr()?);
        let router =
            Router::new().route("/{bot}/{method}", post(call)).route("/file/{bot}/files/{file}", get(file)).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Telegram { shared, url, server })
    }

    /// The address for `telegram.api_url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Someone with this private chat.
    pub fn citizen(&self, chat_id: i64) -> Citizen<'_> {
        Citizen { telegram: self, chat_id }
    }

    /// Someone writes in a group, whose number is negative.
    pub fn said_in_group(&self, chat_id: i64, text: &str) {
        self.bring("message", |message_id| {
            let chat = json!({"id": chat_id, "title": "Nhóm", "type": "supergroup"});
            json!({"message_id": message_id, "from": user(7), "chat": chat, "date": DATE, "text": text})
        });
    }

    /// The next attempts to send to a chat, or to take a message away there, end so.
    pub fn fail_sends(&self, chat_id: i64, faults: impl IntoIterator<Item = Fault>) {
        self.world().faults.entry(chat_id).or_default().extend(faults);
    }

    /// From here on every attempt to send succeeds.
    pub fn forgive_sends(&self) {
        self.world().faults.clear();
    }

    /// The next polls end so.
    pub fn fail_polls(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world().poll_faults.extend(faults);
        self.shared.ring();
    }

    /// Polls bring nothing until [`Telegram::release_updates`].
    pub fn hold_updates(&self) {
        self.world().held = true;
    }

    /// The next poll brings what was held, the last first if so wished.
    pub fn release_updates(&self, reversed: bool) {
        let mut world = self.world();
        (world.held, world.reversing) = (false, reversed);
        drop(world);
        self.shared.ring();
    }

    /// The next poll brings all updates of all time once more.
    pub fn repeat_updates(&self) {
        self.world().repeating = true;
        self.shared.ring();
    }

    /// The updates that were not polled yet, as a webhook would bring them.
    pub fn take_updates(&self) -> Vec<Value> {
        let mut world = self.world();
        let taken: Vec<Value> = world.updates.iter().filter(|update| id_of(update) >= world.confirmed).cloned().collect();
        world.confirmed = taken.last().map_or(world.confirmed, |last| id_of(last) + 1);
        taken
    }

    /// What happened so far.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world())
    }

    /// Waits until this holds.
    ///
    /// # Panics
    /// It does not hold in time.
    pub async fn until(&self, what: &str, holds: impl Fn(&World) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        let waiting = async {
            while !holds(&self.world()) {
                changed.changed().await.expect("the server runs");
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            let sent: Vec<Sent> = self.look(|world| world.sent.clone());
            panic!("not in time: {what}; the bot has sent {sent:#?}");
        }
    }

    /// The messages of the bot to a chat, when there are at least so many.
    ///
    /// # Panics
    /// They do not come in time.
    pub async fn replies(&self, chat_id: i64, count: usize) -> Vec<Sent> {
        self.until(&format!("{count} messages to chat {chat_id}"), |world| world.sent_to(chat_id).count() >= count).await;
        self.look(|world| world.sent_to(chat_id).cloned().collect())
    }

    fn bring(&self, kind: &str, body: impl FnOnce(i64) -> Value) -> i64 {
        let mut world = self.world();
        world.messages += 1;
        let message_id = world.messages;
        let update_id = FIRST_UPDATE_ID + i64::try_from(world.updates.len()).expect("not many updates");
        let body = body(message_id);
        world.updates.push(json!({"update_id": update_id, kind: body}));
        drop(world);
        self.shared.ring();
        message_id
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    /// The messages of the bot to a chat.
    pub fn sent_to(&self, chat_id: i64) -> impl Iterator<Item = &Sent> {
        self.sent.iter().filter(move |sent| sent.chat_id == chat_id)
    }
}

impl Citizen<'_> {
    /// Writes. Returns the number of the message.
    pub fn says(&self, text: &str) -> i64 {
        self.sends(json!({"text": text}))
    }

    /// Sends a message with these fields beside the usual ones. Returns its number.
    pub fn sends(&self, fields: Value) -> i64 {
        self.telegram.bring("message", |message_id| self.message(message_id, fields))
    }

    /// Changes a message that was sent.
    pub fn edits(&self, message_id: i64, text: &str) {
        self.telegram.bring("edited_message", |_| self.message(message_id, json!({"text": text, "edit_date": DATE + 60})));
    }

    /// Taps the button of the latest message that has it.
    ///
    /// # Panics
    /// There is no such button.
    pub fn taps(&self, label: &str) {
        let (message, data) = self.telegram.look(|world| {
            let buttons = world.sent_to(self.chat_id).flat_map(|sent| sent.buttons.iter().map(move |button| (sent, button)));
            let (sent, (_, data)) = buttons.filter(|(_, (button, _))| button == label).last().expect("a button with this label");
            (self.bot_message(sent), data.clone())
        });
        self.telegram.bring(
            "callback_query",
            |id| json!({"id": format!("tap-{id}"), "from": user(self.chat_id), "chat_instance": "1", "message": message, "data": data}),
        );
    }

    /// Shares a contact: the citizen's own, or somebody's else.
    pub fn shares_contact(&self, phone: &str, own: bool) -> i64 {
        let user_id = if own { self.chat_id } else { self.chat_id + 1 };
        self.sends(json!({"contact": {"phone_number": phone, "first_name": "An", "user_id": user_id}}))
    }

    /// Taps a button with this data, of a message of long ago.
    pub fn taps_choice(&self, data: &str) {
        self.telegram.bring("callback_query", |id| {
            let old = Sent { chat_id: self.chat_id, message_id: 1, html: "x".to_owned(), at: Instant::now(), buttons: Vec::new() };
            json!({"id": format!("tap-{id}"), "from": user(self.chat_id), "chat_instance": "1", "message": self.bot_message(&old), "data": data})
        });
    }

    /// Sends a sticker.
    pub fn sends_sticker(&self) -> i64 {
        let sticker = json!({"file_id": "f", "file_unique_id": "u", "file_size": 9, "type": "regular", "width": 512, "height": 512,
            "is_animated": false, "is_video": false, "emoji": "👍", "set_name": "s"});
        self.sends(json!({"sticker": sticker}))
    }

    /// Sends a photo, with words under it or without.
    pub fn sends_photo(&self, caption: Option<&str>) -> i64 {
        let mut fields = json!({"photo": [{"file_id": "f", "file_unique_id": "u", "file_size": 9, "width": 90, "height": 60}]});
        if let Some(caption) = caption {
            fields["caption"] = json!(caption);
        }
        self.sends(fields)
    }

    /// Sends a photo that can be fetched, `album` when it is one of several.
    pub fn sends_picture(&self, bytes: &[u8], album: Option<&str>) -> i64 {
        let file_id = self.keeps(bytes);
        let size =
            |file_id: &str, side: u32| json!({"file_id": file_id, "file_unique_id": "u", "file_size": 9, "width": side, "height": side});
        let mut fields = json!({"photo": [size("small", 90), size(&file_id, 1_280)]});
        if let Some(album) = album {
            fields["media_group_id"] = json!(album);
        }
        self.sends(fields)
    }

    /// Sends a file that can be fetched.
    pub fn sends_file(&self, bytes: &[u8]) -> i64 {
        let file_id = self.keeps(bytes);
        self.sends(json!({"document": {"file_id": file_id, "file_unique_id": "u", "file_size": bytes.len()}}))
    }

    fn keeps(&self, bytes: &[u8]) -> String {
        let mut world = self.telegram.world();
        let file_id = format!("file-{}", world.files.len());
        world.files.insert(file_id.clone(), bytes.to_vec());
        file_id
    }

    /// Blocks the bot.
    pub fn blocks_bot(&self) {
        self.telegram.world().blocked.insert(self.chat_id);
        self.changes_membership("member", "kicked");
    }

    /// Blocks the bot; the update about it is lost.
    pub fn blocks_bot_unnoticed(&self) {
        self.telegram.world().blocked.insert(self.chat_id);
    }

    /// Comes back.
    pub fn unblocks_bot(&self) {
        self.telegram.world().blocked.remove(&self.chat_id);
        self.changes_membership("kicked", "member");
    }

    fn changes_membership(&self, old: &str, new: &str) {
        let member = |status: &str| json!({"user": bot(), "status": status, "until_date": 0});
        self.telegram.bring("my_chat_member", |_| {
            json!({"chat": self.chat(), "from": user(self.chat_id), "date": DATE, "old_chat_member": member(old), "new_chat_member": member(new)})
        });
    }

    fn message(&self, message_id: i64, fields: Value) -> Value {
        let mut message = json!({"message_id": message_id, "from": user(self.chat_id), "chat": self.chat(), "date": DATE});
        if let (Some(message), Value::Object(fields)) = (message.as_object_mut(), fields) {
            message.extend(fields);
        }
        message
    }

    fn bot_message(&self, sent: &Sent) -> Value {
        json!({"message_id": sent.message_id, "from": bot(), "chat": self.chat(), "date": DATE, "text": sent.html})
    }

    fn chat(&self) -> Value {
        json!({"id": self.chat_id, "first_name": "An", "type": "private"})
    }
}

fn user(id: i64) -> Value {
    json!({"id": id, "is_bot": false, "first_name": "An", "language_code": "vi"})
}

fn bot() -> Value {
    json!({"id": 42, "is_bot": true, "first_name": "hotro", "username": BOT})
}

fn id_of(update: &Value) -> i64 {
    update["update_id"].as_i64().expect("an update has a number")
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        self.changed.send_replace(());
    }
}

fn done(result: Value) -> Response {
    Json(json!({"ok": true, "result": result})).into_response()
}

fn refused(status: StatusCode, description: &str) -> Response {
    (status, Json(json!({"ok": false, "error_code": status.as_u16(), "description": description}))).into_response()
}

fn dropped() -> Response {
    Body::from_stream(stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("the connection is dropped")) })).into_response()
}

async fn call(State(shared): State<Arc<Shared>>, Path((bot_path, method)): Path<(String, String)>, Json(body): Json<Value>) -> Response {
    if bot_path.strip_prefix("bot") != Some(TOKEN) {
        return refused(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    let response = match method.to_lowercase().as_str() {
        "getme" => {
            let mut me = bot();
            for right in ["can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "has_main_web_app"] {
                me[right] = json!(false);
            }
            done(me)
        }
        "getupdates" => get_updates(&shared, &body).await,
        "setwebhook" => {
            shared.world().webhook = Some(body);
            done(json!(true))
        }
        "deletewebhook" => {
            shared.world().webhook = None;
            done(json!(true))
        }
        "setmycommands" => {
            let commands = body["commands"].as_array().map(Vec::as_slice).unwrap_or_default();
            shared.world().commands = commands.iter().filter_map(|command| Some(command["command"].as_str()?.to_owned())).collect();
            done(json!(true))
        }
        "answercallbackquery" => {
            shared.world().answered_taps.extend(body["callback_query_id"].as_str().map(str::to_owned));
            done(json!(true))
        }
        "getfile" => {
            let file_id = body["file_id"].as_str().unwrap_or_default();
            match shared.world().files.contains_key(file_id) {
                true => done(json!({"file_id": file_id, "file_unique_id": "u", "file_path": format!("files/{file_id}")})),
                false => refused(StatusCode::BAD_REQUEST, "Bad Request: file is too big"),
            }
        }
        "sendmessage" => with_faults(&shared, &body, send_message).await,
        "deletemessage" => with_faults(&shared, &body, delete_message).await,
        _ => refused(StatusCode::NOT_FOUND, "Not Found"),
    };
    shared.ring();
    response
}

async fn file(State(shared): State<Arc<Shared>>, Path((bot_path, file)): Path<(String, String)>) -> Response {
    let ours = bot_path.strip_prefix("bot") == Some(TOKEN);
    let bytes = shared.world().files.get(&file).filter(|_| ours).cloned();
    bytes.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

async fn get_updates(shared: &Shared, body: &Value) -> Response {
    let mut changed = shared.changed.subscribe();
    let waiting = async {
        loop {
            if let Some(response) = poll(&mut shared.world(), body) {
                return response;
            }
            let _ = changed.changed().await;
        }
    };
    timeout(Duration::from_secs(body["timeout"].as_u64().unwrap_or(0)), waiting).await.unwrap_or_else(|_| done(json!([])))
}

/// `None`: there is nothing to tell yet.
fn poll(world: &mut World, body: &Value) -> Option<Response> {
    if world.webhook.is_some() {
        return Some(refused(StatusCode::CONFLICT, "Conflict: can't use getUpdates method while webhook is active"));
    }
    match world.poll_faults.pop_front() {
        Some(Fault::Flood(seconds)) => return Some(flood(seconds)),
        Some(Fault::Status(status)) => return Some(broken(status)),
        Some(_) => return Some(dropped()),
        None => {}
    }
    world.confirmed = world.confirmed.max(body["offset"].as_i64().unwrap_or(0));
    if world.held {
        return None;
    }
    let from = if std::mem::take(&mut world.repeating) { 0 } else { world.confirmed };
    let mut updates: Vec<Value> = world.updates.iter().filter(|update| id_of(update) >= from).cloned().collect();
    if updates.is_empty() {
        return None;
    }
    if std::mem::take(&mut world.reversing) {
        updates.reverse();
    }
    Some(done(json!(updates)))
}

async fn with_faults(shared: &Shared, body: &Value, what: fn(&mut World, i64, &Value) -> Response) -> Response {
    let chat_id = body["chat_id"].as_i64().unwrap_or(0);
    let fault = {
        let mut world = shared.world();
        *world.attempts.entry(chat_id).or_default() += 1;
        world.faults.get_mut(&chat_id).and_then(VecDeque::pop_front)
    };
    shared.ring();
    match fault {
        None => what(&mut shared.world(), chat_id, body),
        Some(Fault::Flood(seconds)) => flood(seconds),
        Some(Fault::Status(status)) => broken(status),
        Some(Fault::BadRequest) => refused(StatusCode::BAD_REQUEST, "Bad Request: chat not found"),
        Some(Fault::Drop) => dropped(),
        Some(Fault::Stall) => std::future::pending().await,
        Some(Fault::StallAfter) => {
            what(&mut shared.world(), chat_id, body);
            shared.ring();
            std::future::pending().await
        }
    }
}

fn flood(seconds: u64) -> Response {
    let body = json!({"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": seconds}});
    (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
}

fn broken(status: u16) -> Response {
    (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), "<html>Bad Gateway</html>").into_response()
}

/// Checks what Telegram checks.
fn send_message(world: &mut World, chat_id: i64, body: &Value) -> Response {
    if world.blocked.contains(&chat_id) {
        return refused(StatusCode::FORBIDDEN, "Forbidden: bot was blocked by the user");
    }
    let html = body["text"].as_str().unwrap_or_default();
    if html.trim().is_empty() || body["parse_mode"] != "HTML" {
        return refused(StatusCode::BAD_REQUEST, "Bad Request: message text is empty");
    }
    let rows = body["reply_markup"]["inline_keyboard"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut buttons = Vec::new();
    for button in rows.iter().filter_map(Value::as_array).flatten() {
        let data = button["callback_data"].as_str().unwrap_or_default();
        let app = button["web_app"]["url"].as_str();
        let url = button["url"].as_str().or(app);
        if data.len() > 64 || url.is_some_and(|url| !url.starts_with("https://")) || (data.is_empty() && url.is_none()) {
            return refused(StatusCode::BAD_REQUEST, "Bad Request: BUTTON_INVALID");
        }
        let data = if let Some(app) = app { app } else { data };
        buttons.push((button["text"].as_str().unwrap_or_default().to_owned(), data.to_owned()));
    }
    for button in body["reply_markup"]["keyboard"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten() {
        let asked = ["contact", "location"].into_iter().find(|what| button[format!("request_{what}")] == true).unwrap_or_default();
        buttons.push((button["text"].as_str().unwrap_or_default().to_owned(), asked.to_owned()));
    }
    world.messages += 1;
    let message_id = world.messages;
    world.sent.push(Sent { chat_id, message_id, html: html.to_owned(), at: Instant::now(), buttons });
    done(json!({"message_id": message_id, "date": DATE, "chat": {"id": chat_id, "type": "private", "first_name": "An"}, "text": html}))
}

fn delete_message(world: &mut World, chat_id: i64, body: &Value) -> Response {
    let message_id = body["message_id"].as_i64().unwrap_or(0);
    world.deleted.push((chat_id, message_id));
    done(json!(true))
}
