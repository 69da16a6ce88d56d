//! Every parser that sees bytes from outside, each as a function of bytes that must not panic, hang or break its promise.
//!
//! `make fuzz` drives them by libFuzzer; the tests give each its corpus and small changes of it.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use faq::Faq;
use hotro::calculator::{Answers, Calculator, Law, calculate};
use hotro::channel::telegram::{Telegram, TelegramConfig, Timing, Webhook};
use hotro::channel::web::{self, Limits, LimitsConfig, Origins, Web};
use hotro::config::Config;
use hotro::conversation::{Conversations, Phone, replay};
use hotro::desk::attachment;
use hotro::dialogue::{Channel, ChoiceId, Input, Recorded, State, day_in_vietnam};
use hotro::identity::birth::parse_birth;
use hotro::identity::code::{CitizenId, Identifier, SocialInsuranceCode};
use hotro::identity::import::{FileKind, import_file};
use hotro::identity::verification::Otp;
use hotro::places::Defaults;
use hotro::secret::Key;
use hotro::store::Store;
use jiff::civil::date;
use knowledge::news::{feed, page};
use knowledge::places::{Hours, Places};
use knowledge::{AskContext, MESSAGE_CHARS_MAX, amounts, normalize_for_display};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use url::Url;

use crate::content::small_faq;
use crate::dialogue::{Conversation, knowledge, news, now_ms};

/// Bytes; what is longer costs the fuzzer more than it finds.
pub const INPUT_BYTES_MAX: usize = 16 * 1024;
/// Inputs of one random dialogue.
const DIALOGUE_INPUTS_MAX: usize = 12;
const WEBHOOK_SECRET: &str = "invented-secret-of-a-webhook";

/// A parser and how it is tried.
pub struct Target {
    /// Its corpus lies in the folder of this name.
    pub name: &'static str,
    /// Panics when the promise is broken.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "amounts", run: read_amounts },
    Target { name: "api", run: call_api },
    Target { name: "ask", run: ask },
    Target { name: "attachment", run: clean_attachment },
    Target { name: "calculator", run: calculate_answers },
    Target { name: "config", run: load_config },
    Target { name: "constants", run: load_constants },
    Target { name: "dialogue", run: converse },
    Target { name: "display", run: display },
    Target { name: "documents", run: load_documents },
    Target { name: "feed", run: read_feed },
    Target { name: "hours", run: read_hours },
    Target { name: "identity", run: read_identity },
    Target { name: "log", run: read_log },
    Target { name: "news", run: load_news },
    Target { name: "page", run: clean_page },
    Target { name: "places", run: ask_places },
    Target { name: "places-json", run: import_places_json },
    Target { name: "places-text", run: import_places_text },
    Target { name: "places-workbook", run: import_places_workbook },
    Target { name: "questions", run: load_questions },
    Target { name: "records", run: import_records },
    Target { name: "topic", run: load_topic },
    Target { name: "webhook", run: take_update },
];

/// The first byte chooses, the rest is the input.
fn split(bytes: &[u8]) -> (usize, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest))
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn display(bytes: &[u8]) {
    let once = normalize_for_display(&text(bytes));
    assert!(once.chars().count() <= MESSAGE_CHARS_MAX);
    assert_eq!(normalize_for_display(&once), once, "a second pass changes nothing");
}

fn ask(bytes: &[u8]) {
    let question = text(bytes);
    let reading = knowledge().ask(&question, &AskContext::default());
    let today = day_in_vietnam(now_ms());
    let _ = news().read(&reading, today);
    let trace = &reading.trace;
    assert!(trace.candidates.iter().all(|candidate| (0.0..=1.0).contains(&candidate.probability)), "a probability is none");
}

fn read_amounts(bytes: &[u8]) {
    let read = amounts(&text(bytes), date(2026, 11, 25));
    assert!(read.found.len() <= MESSAGE_CHARS_MAX * 4);
}

fn ask_places(bytes: &[u8]) {
    static PLACES: LazyLock<Arc<Places>> = LazyLock::new(Places::embedded);
    let _ = PLACES.ask(&text(bytes));
}

fn read_hours(bytes: &[u8]) {
    if let Some(hours) = Hours::parse(&text(bytes)) {
        assert!(!hours.shown().is_empty());
    }
}

fn read_identity(bytes: &[u8]) {
    let typed = text(bytes);
    if let Ok(code) = SocialInsuranceCode::parse(&typed) {
        assert!(code.reveal().len() == 10 && code.reveal().bytes().all(|byte| byte.is_ascii_digit()));
    }
    if let Ok(id) = CitizenId::parse(&typed) {
        assert!(id.reveal().len() == 12 && id.reveal().bytes().all(|byte| byte.is_ascii_digit()));
    }
    let _ = Identifier::parse(&typed);
    let today = date(2026, 11, 25);
    if let Ok(birth) = parse_birth(&typed, today) {
        assert!(birth <= today, "nobody is born tomorrow");
    }
    if let Some(otp) = Otp::parse(&typed) {
        assert_eq!(otp.reveal().len(), 6);
    }
    let _ = Phone::parse(&typed).map(|phone| phone.masked());
    if let Some(id) = ChoiceId::parse(&typed) {
        assert_eq!(ChoiceId::parse(&id.to_string()).as_ref(), Some(&id), "a button that is read is written the same");
    }
}

/// A dialogue: a line is an input, its first letter says of which kind.
fn converse(bytes: &[u8]) {
    let (channel, rest) = split(bytes);
    let mut conversation = Conversation::on([Channel::Web, Channel::Telegram][channel % 2]);
    let mut offered = Vec::new();
    for line in text(rest).lines().take(DIALOGUE_INPUTS_MAX) {
        let (kind, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        let input = match kind {
            "!" => Input::Choice { id: rest.to_owned() },
            "/" => Input::Command { name: rest.to_owned() },
            "@" => {
                let (lat, lon) = rest.split_once(',').unwrap_or((rest, ""));
                Input::location(lat.trim().parse().unwrap_or(21.0), lon.trim().parse().unwrap_or(105.8))
            }
            "^" => Input::Start,
            // Taps one of what was offered.
            "#" => match offered.get(rest.len() % offered.len().max(1)) {
                Some(id) => Input::Choice { id: String::clone(id) },
                None => Input::Start,
            },
            _ => Input::Message { text: line.to_owned() },
        };
        let turn = conversation.hear(&input);
        assert!(!turn.events.is_empty(), "every input is answered or recorded");
        offered = conversation.state.offered.iter().map(|choice| choice.id.to_string()).collect();
    }
    let log = serde_json::to_string(&conversation.log).expect("a log is JSON");
    let read: Vec<Recorded> = serde_json::from_str(&log).expect("a log is read again");
    // Not the whole events: the last digit of a probability may be another after JSON.
    let kinds = |log: &[Recorded]| log.iter().map(|recorded| (recorded.seq, recorded.event.kind())).collect::<Vec<_>>();
    assert_eq!(kinds(&read), kinds(&conversation.log), "a log that is read again is the same");
    let mut state = State::default();
    read.iter().for_each(|recorded| state.apply(recorded));
    assert_eq!(state, conversation.state, "a log adds up to one state");
}

fn read_log(bytes: &[u8]) {
    let Ok(log) = serde_json::from_slice::<Vec<Recorded>>(bytes) else { return };
    let mut state = State::default();
    log.iter().for_each(|recorded| state.apply(recorded));
    let _ = replay(&log, knowledge());
    let _: Vec<_> = log.into_iter().filter_map(|recorded| recorded.event.for_citizen()).collect();
}

fn calculate_answers(bytes: &[u8]) {
    let (which, rest) = split(bytes);
    let calculator = Calculator::ALL[which % Calculator::ALL.len()];
    let Ok(answers) = serde_json::from_slice::<Answers>(rest) else { return };
    let Ok(answers) = answers.checked() else { return };
    let law = Law::new(knowledge().faq().constants());
    let _ = calculate(calculator, &answers, day_in_vietnam(now_ms()), law);
}

fn read_feed(bytes: &[u8]) {
    const TYPES: [Option<&str>; 4] =
        [None, Some("application/rss+xml"), Some("text/xml; charset=windows-1258"), Some("application/feed+json")];
    let (kind, rest) = split(bytes);
    let base = Url::parse("https://bao.example/rss/").expect("an address");
    let Ok(read) = feed::read(rest, TYPES[kind % TYPES.len()], &base, now_ms()) else { return };
    assert!(read.items.len() <= feed::FEED_ITEMS_MAX);
    for item in read.items {
        assert!(matches!(item.url.scheme(), "http" | "https"), "a link that no browser should follow");
        assert!(!item.title.trim().is_empty() && !item.title.contains('\n'));
        assert!(item.text.chars().count() <= page::TEXT_CHARS_MAX);
    }
}

fn clean_page(bytes: &[u8]) {
    const TYPES: [Option<&str>; 3] = [None, Some("text/html; charset=utf-8"), Some("text/html; charset=utf-16le")];
    let (kind, rest) = split(bytes);
    let html = page::decode(rest, TYPES[kind % TYPES.len()]);
    for plain in [page::plain(&html), page::plain_line(&html, 200), page::article(&html)] {
        assert!(plain.chars().count() <= page::TEXT_CHARS_MAX);
        assert!(!plain.chars().any(|letter| letter.is_control() && letter != '\n'), "control characters are no text");
    }
}

fn clean_attachment(bytes: &[u8]) {
    if let Ok(cleaned) = attachment::clean(bytes) {
        assert!(!cleaned.bytes.is_empty());
    }
}

thread_local! {
    static FOLDER: TempDir = folder();
}

/// In memory where there is such a folder: some targets write a file per input.
fn folder() -> TempDir {
    let in_memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    if in_memory.is_dir() { builder.tempdir_in(in_memory) } else { builder.tempdir() }.expect("a folder")
}

/// Gives `run` a file of these bytes.
fn in_file(name: &str, bytes: &[u8], run: impl FnOnce(&Path)) {
    FOLDER.with(|folder| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).expect("a file is written");
        run(&file);
    });
}

fn import_places(name: &str, bytes: &[u8]) {
    in_file(name, bytes, |file| {
        let defaults = Defaults { source: Some("thử".to_owned()), as_of: Some("2026-11-25".to_owned()), province: None };
        let _ = hotro::places::read(file, &defaults, &Default::default());
    });
}

fn import_places_text(bytes: &[u8]) {
    const NAMES: [&str; 6] =
        ["offices.csv", "facilities.tsv", "communes.csv", "provinces.tsv", "collection_points.csv", "office_wards.csv"];
    let (name, rest) = split(bytes);
    import_places(NAMES[name % NAMES.len()], rest);
}

fn import_places_json(bytes: &[u8]) {
    import_places("facilities.json", bytes);
}

fn import_places_workbook(bytes: &[u8]) {
    import_places("facilities.xlsx", bytes);
}

/// A small set of contents, with `bytes` in the place of one of its files.
fn load_content(path: &str, bytes: &[u8]) {
    thread_local! {
        static FAQ: TempDir = small_faq();
    }
    FAQ.with(|folder| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let before = std::fs::read(&file).ok();
        std::fs::write(&file, bytes).expect("a file is written");
        if let Ok(faq) = Faq::from_dir(folder.path()) {
            let today = date(2026, 11, 25);
            let _ = faq::check(&faq, today);
            for topic in faq.topics() {
                let _ = faq.answer(topic, today, None);
            }
        }
        match before {
            Some(before) => std::fs::write(&file, before).expect("a file is written"),
            None => std::fs::remove_file(&file).expect("a file is removed"),
        }
    });
}

fn load_topic(bytes: &[u8]) {
    load_content("content/vssid/ring.md", bytes);
}

fn load_news(bytes: &[u8]) {
    load_content("news/2026-07-01-invented.md", bytes);
}

fn load_constants(bytes: &[u8]) {
    load_content("constants.toml", bytes);
}

fn load_documents(bytes: &[u8]) {
    let (which, rest) = split(bytes);
    load_content(["documents.toml", "outdated.toml"][which % 2], rest);
}

fn load_questions(bytes: &[u8]) {
    load_content("questions/vssid.tsv", bytes);
}

fn load_config(bytes: &[u8]) {
    in_file("hotro.toml", bytes, |file| {
        let _ = Config::load(Some(file), [], []);
    });
}

/// The parts of a server that take bytes, without a network.
struct Served {
    runtime: Runtime,
    store: Store,
    key: Key,
    router: Router,
    _folder: TempDir,
}

impl Served {
    fn new() -> Served {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = folder();
        let (store, router) = runtime.block_on(async {
            let url = format!("sqlite://{}", folder.path().join("hotro.db").display());
            let store = Store::open(&url).await.expect("a store");
            let faq = Faq::embedded().expect("the embedded FAQ");
            let knowledge = knowledge().over(Arc::new(faq));
            let conversations = Conversations::new(store.clone(), Arc::new(knowledge));
            let (_, stopping) = tokio::sync::watch::channel(false);
            let limits = Limits::new(&LimitsConfig {
                messages_per_conversation_per_minute: NonZeroU32::MAX,
                messages_per_network_per_minute: NonZeroU32::MAX,
                conversations_per_network_per_minute: NonZeroU32::MAX,
                trusted_proxies: Vec::new(),
            });
            let web = Web::new(conversations.clone(), limits, Origins::new(Vec::new()), stopping, None);
            let webhook =
                Webhook { public_url: Url::parse("https://hotro.example").expect("an address"), secret: WEBHOOK_SECRET.to_owned() };
            let keys = TelegramConfig {
                token: crate::telegram::TOKEN.to_owned(),
                api_url: Some(Url::parse("http://127.0.0.1:9").expect("an address")),
                webhook: Some(webhook),
                timing: Timing::default(),
            };
            let telegram = Telegram::new(keys, conversations).expect("Telegram");
            let router = web::router(web, utoipa::openapi::OpenApi::default()).merge(telegram.router());
            (store, router.layer(MockConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 4_000)))))
        });
        let key = Key::from_hex(&"5eed".repeat(16)).expect("a key");
        Served { runtime, store, key, router, _folder: folder }
    }

    /// Answers one request; never with an error of ours.
    fn call(&self, request: Request<Body>) -> StatusCode {
        let status = self.runtime.block_on(self.router.clone().oneshot(request)).expect("a router has no error").status();
        assert!(!status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE, "an answer of {status}");
        status
    }
}

/// Runs with the one server of this thread.
fn served<T>(run: impl FnOnce(&Served) -> T) -> T {
    thread_local! {
        static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
    }
    SERVED.with_borrow_mut(|served| run(served.get_or_insert_with(Served::new)))
}

fn take_update(bytes: &[u8]) {
    let request = Request::post("/telegram/webhook")
        .header("x-telegram-bot-api-secret-token", WEBHOOK_SECRET)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(bytes.to_vec()))
        .expect("a request");
    served(|served| served.call(request));
}

/// The first line is a path, what follows the body. Streams never end, so they are not asked for.
fn call_api(bytes: &[u8]) {
    let (method, rest) = split(bytes);
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let path = text(&rest[..line]).into_owned();
    let body = rest.get(line + 1..).unwrap_or_default().to_vec();
    let method = if method % 2 == 0 { Method::POST } else { Method::GET };
    if method == Method::GET && path.contains("/events") {
        return;
    }
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, "Bearer invented")
        .body(Body::from(body));
    // What is no path does not reach a server either.
    if let Ok(request) = request {
        served(|served| served.call(request));
    }
}

fn import_records(bytes: &[u8]) {
    let (kind, rest) = split(bytes);
    let kind = FileKind::ALL[kind % FileKind::ALL.len()];
    in_file("records.csv", rest, |file| {
        served(|served| {
            let import = import_file(&served.store, &served.key, kind, file, now_ms());
            let _ = served.runtime.block_on(import);
        });
    });
}
