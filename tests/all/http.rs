//! The citizens' API and the public pages, as the built program serves them over a socket.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harness::citizen::{Citizen, Sent, http};
use harness::server::{ALLOWED_ORIGIN, Options, Server};
use harness::wait::until;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use uuid::Uuid;

const QUESTION: &str = "quên mật khẩu vssid";
/// A tenth of what a phone loads for one photo.
const WIDGET_GZIP_BYTES_MAX: usize = 23_000;

/// Makes two tests of each function, `sqlite::name` and `postgres::name`. Tests of `shared` use one server for all; the others
/// start and end their own.
macro_rules! on_both {
    (shared: $($shared:ident)* ; own: $($own:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $shared() {
                super::$shared(super::Server::shared()).await;
            })*
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $own() {
                super::$own(super::Options::new()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $shared() {
                super::$shared(super::shared_on_postgres().await).await;
            })*
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $own() {
                super::$own(super::Options::on_postgres().await).await;
            })*
        }
    };
}

on_both! {
    shared:
        a_question_is_answered_in_the_log
        a_tapped_choice_is_answered
        a_repeated_message_is_appended_once
        a_stream_resumes_after_the_last_event_and_goes_on_live
    ;
    own:
        streams_end_when_the_server_stops
    a_client_that_sends_half_a_request_does_not_hold_up_the_end
        a_restart_keeps_everything
        what_was_acknowledged_survives_a_kill_once
}

async fn shared_on_postgres() -> &'static Server {
    static SHARED: OnceCell<Server> = OnceCell::const_new();
    SHARED.get_or_init(|| async { Options::on_postgres().await.start().await }).await
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["kind"].as_str()).collect()
}

fn seqs(events: &[Value]) -> Vec<u64> {
    events.iter().filter_map(|event| event["seq"].as_u64()).collect()
}

async fn error_code(name: &str, response: Response) -> String {
    let body: Value = response.json().await.unwrap_or_else(|error| panic!("{name}: an error is JSON: {error}"));
    let message = body["error"]["message"].as_str().expect("a sentence for people");
    assert!(!message.is_empty(), "{body}");
    body["error"]["code"].as_str().expect("a code").to_owned()
}

async fn a_question_is_answered_in_the_log(server: &Server) {
    let citizen = server.citizen().await;
    let greeting = citizen.events(0).await;
    assert_eq!(kinds(&greeting), ["started", "bot_message"]);

    let sent = citizen.say(QUESTION).await;
    assert_eq!(sent.seq, 3);
    let events = citizen.events(2).await;
    assert_eq!((seqs(&events), kinds(&events)), (vec![3, 4], vec!["citizen_message", "bot_message"]));
    assert_eq!(events[0]["text"], QUESTION);
    assert_eq!(events[0]["client_id"], sent.client_id.as_str());
    assert!(matches!(events[1]["outcome"].as_str(), Some("answered" | "clarify")), "{events:#?}");
    assert!(events[1]["message"]["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty()));
    // What decided is for reviewers, not for the citizen.
    assert!(events[1].get("decided").is_none(), "{events:#?}");
}

async fn a_tapped_choice_is_answered(server: &Server) {
    let citizen = server.citizen().await;
    let sent = citizen.tap("topic:vssid/login").await;
    let events = citizen.events(sent.seq - 1).await;
    assert_eq!(kinds(&events), ["citizen_choice", "bot_message"]);
    assert_eq!(events[0]["choice"], "topic:vssid/login");
    assert_eq!(events[1]["outcome"], "answered");
    assert!(events[1]["message"]["basis"].as_array().is_some_and(|basis| !basis.is_empty()));
}

async fn a_repeated_message_is_appended_once(server: &Server) {
    let citizen = server.citizen().await;
    let message = json!({ "client_id": Uuid::now_v7(), "text": QUESTION });
    let first = citizen.try_send(message.clone()).await.expect("accepted");
    assert_eq!(citizen.try_send(message.clone()).await.expect("accepted"), first);
    // Also when the repeats arrive while the first is under way.
    let at_once = json!({ "client_id": Uuid::now_v7(), "text": "cảm ơn" });
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (citizen, message) = (citizen.clone(), at_once.clone());
        tasks.spawn(async move { citizen.try_send(message).await.expect("accepted").seq });
    }
    assert_eq!(tasks.join_all().await, [5; 8]);
    assert_eq!(seqs(&citizen.events(0).await), [1, 2, 3, 4, 5, 6]);
}

async fn a_stream_resumes_after_the_last_event_and_goes_on_live(server: &Server) {
    let citizen = server.citizen().await;
    citizen.say(QUESTION).await;
    let mut stream = citizen.follow(Some(2)).await;
    let known = [stream.next().await.expect("event 3"), stream.next().await.expect("event 4")];
    assert_eq!(known.as_slice(), citizen.events(2).await);

    citizen.say("cảm ơn").await;
    let live = [stream.next().await.expect("event 5"), stream.next().await.expect("event 6")];
    assert_eq!(live.as_slice(), citizen.events(4).await);
}

async fn streams_end_when_the_server_stops(options: Options) {
    let mut server = options.start().await;
    let citizen = server.citizen().await;
    let mut stream = citizen.follow(None).await;
    assert_eq!(stream.next().await.expect("event 1")["kind"], "started");
    assert_eq!(stream.next().await.expect("event 2")["kind"], "bot_message");
    server.stop();
    assert_eq!(stream.next().await, None);
}

/// A request that is never ended, on a connection that nobody closes.
async fn a_client_that_sends_half_a_request_does_not_hold_up_the_end(options: Options) {
    let mut server = options.start().await;
    let address = server.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut half = TcpStream::connect(address).await.expect("a connection");
    half.write_all(b"POST /api/conversations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
        .await
        .expect("half a request is sent");
    let citizen = server.citizen().await;
    citizen.say(QUESTION).await;
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

async fn a_restart_keeps_everything(options: Options) {
    let mut server = options.start().await;
    let citizen = server.citizen().await;
    citizen.say(QUESTION).await;
    let before = citizen.events(0).await;
    server.stop();
    let server = server.start_again().await;
    let citizen = citizen.on(&server);
    assert_eq!(citizen.events(0).await, before);
    // The conversation goes on where it was, with what it was about.
    let sent = citizen.say("thế còn đổi mật khẩu thì sao").await;
    assert_eq!(sent.seq, 5);
    citizen.reply(&sent).await;
}

async fn what_was_acknowledged_survives_a_kill_once(options: Options) {
    const CITIZENS: usize = 8;
    const KILLED_AFTER: usize = 100;
    let mut server = options.start().await;
    let acknowledged = std::sync::Arc::new(AtomicUsize::new(0));
    let mut talking = JoinSet::new();
    for _ in 0..CITIZENS {
        let (citizen, acknowledged) = (server.citizen().await, acknowledged.clone());
        talking.spawn(async move {
            let mut acknowledgements: Vec<Sent> = Vec::new();
            while let Some(sent) = citizen.try_send(json!({ "client_id": Uuid::now_v7(), "text": QUESTION })).await {
                acknowledgements.push(sent);
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            (citizen, acknowledgements)
        });
    }
    until("enough messages are acknowledged", async || (acknowledged.load(Ordering::Relaxed) >= KILLED_AFTER).then_some(())).await;
    server.kill();
    let spoken = talking.join_all().await;

    let server = server.start_again().await;
    for (citizen, acknowledgements) in spoken {
        assert_log_has_once(&citizen.on(&server), &acknowledgements).await;
    }
}

/// Every message is in the log once, where it was said to be, each has its reply, and the conversation goes on.
async fn assert_log_has_once(citizen: &Citizen, acknowledgements: &[Sent]) {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let page = citizen.events(events.len() as u64).await;
        if page.is_empty() {
            break;
        }
        events.extend(page);
    }
    assert_eq!(seqs(&events), (1..=events.len() as u64).collect::<Vec<u64>>());
    let said: Vec<&Value> = events.iter().filter(|event| event["kind"] == "citizen_message").collect();
    let ids: HashSet<&str> = said.iter().filter_map(|event| event["client_id"].as_str()).collect();
    assert_eq!(ids.len(), said.len(), "a message is in the log twice");
    for sent in acknowledgements {
        let event = &events[sent.seq as usize - 1];
        assert_eq!(event["client_id"], sent.client_id.as_str(), "an acknowledged message is lost");
    }
    assert_eq!(kinds(&events).iter().filter(|kind| **kind == "bot_message").count(), said.len() + 1);
    let sent = citizen.say("cảm ơn").await;
    assert_eq!(sent.seq, events.len() as u64 + 1);
    citizen.reply(&sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_one_node_arrives_on_a_stream_of_another() {
    let options = Options::on_postgres().await;
    let (here, there) = tokio::join!(options.clone().start(), options.start());
    let citizen = here.citizen().await;
    let mut stream = citizen.on(&there).follow(Some(2)).await;
    let sent = citizen.say(QUESTION).await;
    let arrived = stream.next().await.expect("the message");
    assert_eq!((arrived["seq"].as_u64(), &arrived["text"]), (Some(sent.seq), &json!(QUESTION)));
    assert_eq!(stream.next().await.expect("the reply")["kind"], "bot_message");
    // And back: both nodes write to one log.
    assert_eq!(citizen.on(&there).say("cảm ơn").await.seq, 5);
    assert_eq!(citizen.on(&there).events(0).await, citizen.events(0).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_is_refused_with_its_reason_and_appends_nothing() {
    let server = Server::shared();
    let citizen = server.citizen().await;
    let id = Uuid::now_v7();
    let json_body = |body: Value| citizen.post_message().json(&body);
    let raw_body = |body: Vec<u8>| citizen.post_message().header("Content-Type", "application/json").body(body);
    let without_auth = |id: &str| {
        http().post(server.url(&format!("/api/conversations/{id}/messages"))).json(&json!({ "client_id": Uuid::now_v7(), "text": "a" }))
    };
    let text = |text: String| json!({ "client_id": id, "text": text });
    let request = |method: Method, path: &str| http().request(method, server.url(path));
    let invalid_utf8 = [br#"{"client_id":""#, id.to_string().as_bytes(), br#"","text":""#, b"m\xe1\xba", br#""}"#].concat();
    let other = Citizen::begin(server).await;
    let cases: Vec<(&str, RequestBuilder, u16, &str)> = vec![
        ("no JSON", raw_body(b"{\"client_id\":".to_vec()), 400, "bad_json"),
        ("an empty body", raw_body(Vec::new()), 400, "bad_json"),
        ("a list", json_body(json!([1, 2])), 400, "bad_json"),
        ("a number as text", json_body(json!({ "client_id": id, "text": 7 })), 400, "bad_json"),
        ("invalid UTF-8", raw_body(invalid_utf8), 400, "bad_json"),
        ("half an emoji", raw_body(format!(r#"{{"client_id":"{id}","text":"\ud83d"}}"#).into_bytes()), 400, "bad_json"),
        ("a deep nest", raw_body("[".repeat(50_000).into_bytes()), 400, "bad_json"),
        ("no client_id", json_body(json!({ "text": "a" })), 400, "bad_request"),
        ("a client_id that is no UUID", json_body(json!({ "client_id": "7", "text": "a" })), 400, "bad_request"),
        ("both text and choice", json_body(json!({ "client_id": id, "text": "a", "choice": "help" })), 400, "bad_request"),
        ("neither text nor choice", json_body(json!({ "client_id": id })), 400, "bad_request"),
        ("a long choice", json_body(json!({ "client_id": id, "choice": "x".repeat(129) })), 400, "bad_request"),
        ("4,001 characters", json_body(text("ơ".repeat(4_001))), 413, "message_too_long"),
        ("10,000 emoji", json_body(text("😀".repeat(10_000))), 413, "message_too_long"),
        ("1 MB", json_body(text("a".repeat(1_000_000))), 413, "message_too_long"),
        ("no token", without_auth(&citizen.id), 401, "unauthorized"),
        ("a wrong token", without_auth(&citizen.id).bearer_auth("wrong"), 401, "unauthorized"),
        ("another conversation's token", without_auth(&citizen.id).bearer_auth(&other.token), 401, "unauthorized"),
        ("a token of another kind", without_auth(&citizen.id).basic_auth("a", Some(&citizen.token)), 401, "unauthorized"),
        ("an unknown conversation", without_auth(&Uuid::now_v7().to_string()).bearer_auth(&citizen.token), 401, "unauthorized"),
        ("an id that is no UUID", without_auth("1' or '1'='1").bearer_auth(&citizen.token), 401, "unauthorized"),
        ("an id that is no UTF-8", without_auth("%ff").bearer_auth(&citizen.token), 401, "unauthorized"),
        ("a cursor that is no number", citizen.get_events().query(&[("after", "x")]), 400, "bad_request"),
        ("a cursor that is negative", citizen.get_events().query(&[("after", "-1")]), 400, "bad_request"),
        ("a header that is no cursor", citizen.get_events().header("Last-Event-ID", "x"), 400, "bad_request"),
        ("two cursors", citizen.get_events().query(&[("after", "1"), ("after", "2")]), 400, "bad_request"),
        ("reading without a token", request(Method::GET, &format!("/api/conversations/{}/events", citizen.id)), 401, "unauthorized"),
        ("an unknown path", request(Method::GET, "/api/nothing"), 404, "not_found"),
        ("a wrong method", request(Method::GET, "/api/conversations"), 405, "method_not_allowed"),
        ("a page of elsewhere", json_body(text("a".to_owned())).header("Origin", "https://elsewhere.example"), 403, "forbidden_origin"),
        (
            "a new conversation from elsewhere",
            request(Method::POST, "/api/conversations").header("Origin", "null"),
            403,
            "forbidden_origin",
        ),
    ];
    for (name, request, status, code) in cases {
        let response = request.send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(response.status().as_u16(), status, "{name}");
        assert_eq!(error_code(name, response).await, code, "{name}");
    }
    assert_eq!(seqs(&citizen.events(0).await), [1, 2]);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strange_text_gets_a_polite_reply_and_is_only_text() {
    let citizen = Server::shared().citizen().await;
    let check = async |text: &str, stored: &str| {
        let sent = citizen.say(text).await;
        let events = citizen.events(sent.seq - 1).await;
        assert_eq!(events[0]["text"], stored);
        assert_eq!(events[1]["kind"], "bot_message", "{text:?}: {events:#?}");
        let spoken = events[1]["message"]["blocks"].to_string();
        assert!(spoken.len() > 20, "{text:?} gets an empty reply");
        assert!(!spoken.contains("<script"), "{text:?} is echoed: {spoken}");
    };
    check("", "").await;
    check("\u{0}\u{1}\u{7}\u{1b}[31m\r\n", "[31m").await;
    check("<script>alert(1)</script>", "<script>alert(1)</script>").await;
    check("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>").await;
    check("'; drop table conversation; --", "'; drop table conversation; --").await;
    check("{{base_salary}} %s ${7*7}", "{{base_salary}} %s ${7*7}").await;
    check("😀😀😀", "😀😀😀").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_message_is_answered() {
    let citizen = Server::shared().citizen().await;
    let text = "ơ".repeat(4_000);
    let sent = citizen.say(&text).await;
    citizen.reply(&sent).await;
    assert_eq!(citizen.events(sent.seq - 1).await[0]["text"], text, "stored whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_choice_is_refused_politely() {
    let citizen = Server::shared().citizen().await;
    let sent = citizen.tap("topic:no/such-topic'--").await;
    assert_eq!(citizen.reply(&sent).await["outcome"], "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_fast_is_told_when_to_come_back() {
    let limited = |options: Options, name: &str| options.variable(&format!("HOTRO_LIMITS_{name}_PER_MINUTE"), "2");
    let options = limited(limited(Options::new(), "MESSAGES_PER_CONVERSATION"), "CONVERSATIONS_PER_NETWORK");
    let server = options.start().await;
    let refused = async |response: Response| {
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let seconds: u64 = response.headers()[RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(error_code("too fast", response).await, "rate_limited");
    };
    let citizens = [server.citizen().await, server.citizen().await];
    refused(http().post(server.url("/api/conversations")).send().await.expect("an answer")).await;

    citizens[0].say(QUESTION).await;
    citizens[0].say(QUESTION).await;
    let third = citizens[0].post_message().json(&json!({ "client_id": Uuid::now_v7(), "text": QUESTION }));
    refused(third.send().await.expect("an answer")).await;
    assert_eq!(seqs(&citizens[0].events(0).await), [1, 2, 3, 4, 5, 6]);
    // Somebody else is not concerned.
    citizens[1].say(QUESTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_page_may_ask_and_another_may_not_read() {
    let server = Server::shared();
    let preflight = async |origin: &str| {
        let request = http().request(Method::OPTIONS, server.url("/api/conversations")).header("Origin", origin);
        let request = request.header("Access-Control-Request-Method", "POST");
        let response = request.header("Access-Control-Request-Headers", "authorization,content-type,last-event-id").send().await;
        response.expect("an answer").headers().clone()
    };
    let text = |headers: &HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_lowercase());
    let allowed = preflight(ALLOWED_ORIGIN).await;
    assert_eq!(text(&allowed, "access-control-allow-origin").as_deref(), Some(ALLOWED_ORIGIN));
    for header in ["authorization", "content-type", "last-event-id"] {
        assert!(text(&allowed, "access-control-allow-headers").is_some_and(|allowed| allowed.contains(header)), "{header}");
    }
    assert_eq!(text(&preflight("https://elsewhere.example").await, "access-control-allow-origin"), None);

    let response = http().post(server.url("/api/conversations")).header("Origin", ALLOWED_ORIGIN).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["access-control-allow-origin"], ALLOWED_ORIGIN);
}

async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
    let request = http().get(Server::shared().url(path));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_allows_no_inline_code_and_nothing_from_elsewhere() {
    let response = get("/", &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/html");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    let policy = headers["content-security-policy"].to_str().expect("text");
    for rule in ["default-src 'self'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{rule} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let page = response.text().await.expect("text");
    assert!(page.contains(r#"<script src="/widget.js" defer></script>"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_that_did_not_change_is_not_sent_again() {
    let first = get("/widget.js", &[]).await;
    let etag = first.headers()["etag"].to_str().expect("text").to_owned();
    let again = get("/widget.js", &[("If-None-Match", &etag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.expect("a body").is_empty());
    assert_eq!(get("/widget.js", &[("If-None-Match", "\"other\"")]).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_is_small() {
    let response = get("/widget.js", &[("Accept-Encoding", "gzip")]).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let size = response.bytes().await.expect("a body").len();
    assert!(size <= WIDGET_GZIP_BYTES_MAX, "{size} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_itself() {
    let description: Value = get("/api/openapi.json", &[]).await.json().await.expect("JSON");
    let paths: Vec<&String> = description["paths"].as_object().expect("paths").keys().collect();
    let (desk, citizens): (Vec<&String>, Vec<&String>) = paths.into_iter().partition(|path| path.starts_with("/api/desk/"));
    let of_one = ["attachments", "callback", "events", "messages", "summary", "typing", "verification"]
        .map(|what| format!("/api/conversations/{{id}}/{what}"));
    let news = ["/api/news".to_owned(), "/api/places".to_owned()];
    let form = ["check", "open", "resend", "start"].map(|what| format!("/api/verification/{what}"));
    let (calculators, citizens): (Vec<&String>, Vec<&String>) = citizens.into_iter().partition(|path| path.starts_with("/api/calculators"));
    assert_eq!(calculators, ["/api/calculators", "/api/calculators/{name}"]);
    let calculators: Value = get("/api/calculators", &[]).await.json().await.expect("JSON");
    let described = &description["components"]["schemas"]["CalculationBody"]["properties"];
    let inputs = calculators.as_array().expect("a list").iter().flat_map(|calculator| calculator["inputs"].as_array().expect("inputs"));
    for input in inputs.map(|input| input.as_str().expect("a name")) {
        assert!(described[input].is_object(), "{input} in {described}");
    }
    assert_eq!(description["components"]["schemas"]["NewMessage"]["required"], serde_json::json!(["client_id"]));
    assert_eq!(citizens.into_iter().skip(1).collect::<Vec<_>>(), of_one.iter().chain(&news).chain(&form).collect::<Vec<_>>());
    for path in ["audit", "canned", "events", "handoffs/{id}/claim", "invitation", "operators", "search", "session", "settings"] {
        assert!(desk.contains(&&format!("/api/desk/{path}")), "{path} in {desk:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_see_health_and_turns() {
    assert_eq!(get("/healthz", &[]).await.status(), StatusCode::OK);
    let ready = get("/readyz", &[]).await;
    assert_eq!(ready.status(), StatusCode::OK);
    let ready: Value = ready.json().await.expect("JSON");
    assert!(ready["ready"] == true && ready["stopping"] == false && ready["database"] == "ok", "{ready}");
    assert!(ready["index_age_s"].is_u64() && ready["leases"].is_array(), "{ready}");
    let turns = async || {
        let page = get("/metrics", &[]).await.text().await.expect("text");
        let counts = page.lines().filter(|line| line.starts_with("hotro_turns_total{") && line.contains(r#"channel="web""#));
        counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum::<u64>()
    };
    let before = turns().await;
    // Other tests ask the same server: at least this turn is counted.
    Server::shared().citizen().await.say(QUESTION).await;
    assert!(turns().await > before);
}
