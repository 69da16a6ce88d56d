//! An operator at the console: the page's part, in a few lines.

use std::collections::VecDeque;
use std::time::Duration;

use hotro::conversation::now_ms;
use hotro::desk::account::{Actor, Role, Roster, TotpSecret};
use hotro::store::Store;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use crate::citizen::http;
use crate::server::Server;
use crate::sse::Blocks;

/// Invented.
pub const PASSWORD: &str = "một mật khẩu đủ dài";
/// Far more often than a page, for leases far shorter than in service.
const PRESENT_EVERY: Duration = Duration::from_millis(300);
/// What should be seen is seen by then, on a busy machine as well.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody signed in at the desk.
#[derive(Clone)]
pub struct Operator {
    base: String,
    /// Of its page.
    origin: String,
    /// The session, as the browser sends it.
    pub cookie: String,
    /// Who.
    pub id: Uuid,
}

/// A console that gives signs of life.
pub struct Seat(JoinHandle<()>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A handoff that is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub handoff: String,
    /// Whose conversation.
    pub conversation: String,
    /// The fencing number.
    pub fence: i64,
}

impl Operator {
    /// Is invited, accepts and is signed in.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn join(server: &Server, name: &str, display_name: &str, role: Role) -> Operator {
        Operator::join_at(&server.url(""), &server.database_url(), name, display_name, role).await
    }

    /// As [`Operator::join`], at a server of this address on this database.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn join_at(base: &str, database_url: &str, name: &str, display_name: &str, role: Role) -> Operator {
        Operator::join_from(base, base, database_url, name, display_name, role).await
    }

    /// As [`Operator::join_at`], from a page of another origin: that of the server as browsers see it.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn join_from(origin: &str, base: &str, database_url: &str, name: &str, display_name: &str, role: Role) -> Operator {
        let store = Store::open(database_url).await.expect("the database opens");
        let added = Roster::new(store.clone()).add(name, Some(display_name), role, Actor::CommandLine, now_ms()).await;
        store.close().await;
        let (id, invitation) = added.expect("added");
        let token = invitation.token.reveal().to_owned();
        let mut operator = Operator { base: base.to_owned(), origin: origin.to_owned(), cookie: String::new(), id };
        let totp = match role {
            Role::Operator => None,
            Role::Supervisor => {
                let begun = operator.post("/invitation/factor", json!({ "token": token })).await;
                let begun: Value = begun.json().await.expect("JSON");
                Some(app(begun["uri"].as_str().expect("a URI")).code_at(now_ms()))
            }
        };
        let accepted = operator.post("/invitation/accept", json!({ "token": token, "password": PASSWORD, "totp": totp })).await;
        assert_eq!(accepted.status(), StatusCode::CREATED);
        let cookie = accepted.headers()["set-cookie"].to_str().expect("text");
        operator.cookie = cookie.split(';').next().expect("a cookie").to_owned();
        operator
    }

    /// The cookie of the session.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The same session at another node.
    pub fn at(&self, server: &Server) -> Operator {
        Operator { base: server.url(""), origin: server.url(""), ..self.clone() }
    }

    /// A request under `/api/desk`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_from(&self.origin, method, path)
    }

    /// As [`Operator::request`], from a page of this origin.
    pub fn request_from(&self, origin: &str, method: Method, path: &str) -> RequestBuilder {
        let request = http().request(method, format!("{}/api/desk{path}", self.base)).header("Origin", origin);
        if self.cookie.is_empty() { request } else { request.header("Cookie", &self.cookie) }
    }

    /// Writes.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.expect("an answer")
    }

    /// Reads.
    ///
    /// # Panics
    /// It is refused, or there is no answer.
    pub async fn get(&self, path: &str) -> Value {
        let response = self.request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.expect("JSON")
    }

    /// Sits down, or gives a sign of life.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn is_present(&self, accepting: Option<bool>) {
        let response = self.request(Method::PUT, "/presence").json(&json!({ "accepting": accepting })).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
    }

    /// Sits at the desk and wants offers until the answer is dropped: then the laptop is closed.
    pub async fn stays(&self) -> Seat {
        self.is_present(Some(true)).await;
        let operator = self.clone();
        Seat(tokio::spawn(async move {
            loop {
                tokio::time::sleep(PRESENT_EVERY).await;
                // A server that restarts is asked again.
                let _ = operator.request(Method::PUT, "/presence").json(&json!({ "accepting": null })).send().await;
            }
        }))
    }

    /// Takes a handoff.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn claims(&self, handoff: &str) -> Claim {
        let response = self.post(&format!("/handoffs/{handoff}/claim"), json!({})).await;
        assert_eq!(response.status(), StatusCode::OK);
        let claimed: Value = response.json().await.expect("JSON");
        let conversation = claimed["conversation_id"].as_str().expect("an id").to_owned();
        Claim { handoff: handoff.to_owned(), conversation, fence: claimed["fence"].as_i64().expect("a number") }
    }

    /// Writes to the citizen; the status and the answer.
    pub async fn says(&self, claim: &Claim, text: &str) -> (StatusCode, Value) {
        let body = json!({ "client_id": Uuid::now_v7(), "fence": claim.fence, "text": text });
        answer(self.post(&format!("/handoffs/{}/messages", claim.handoff), body).await).await
    }

    /// Does something with a handoff; the status and the answer.
    pub async fn does(&self, what: &str, claim: &Claim, more: Value) -> (StatusCode, Value) {
        let mut body = json!({ "fence": claim.fence });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        answer(self.post(&format!("/handoffs/{}/{what}", claim.handoff), body).await).await
    }

    /// Opens the console.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn looks(&self) -> Console {
        let response = self.request(Method::GET, "/events").send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        Console { response, blocks: Blocks::default(), waiting: VecDeque::new(), last: Value::Null }
    }

    /// The view once it is so.
    ///
    /// # Panics
    /// It does not become so in time.
    pub async fn sees(&self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        self.looks().await.until(what, so).await
    }

    /// The handoff of a conversation, once this operator sees it among `list` (`mine` or `waiting`) at this stage.
    pub async fn finds(&self, list: &str, stage: &str, conversation: &str) -> Value {
        let found = |view: &Value| {
            let handoffs = view[list].as_array().cloned().unwrap_or_default();
            handoffs.into_iter().find(|handoff| handoff["conversation_id"] == conversation && handoff["stage"] == stage)
        };
        let view = self.sees(&format!("{conversation} is {stage} in {list}"), |view| found(view).is_some()).await;
        found(&view).expect("it is there")
    }
}

async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, response.json().await.unwrap_or(Value::Null))
}

/// The secret of an authenticator app that has read the enrolment.
fn app(uri: &str) -> TotpSecret {
    let secret = uri.split_once("secret=").and_then(|(_, rest)| rest.split('&').next()).expect("a secret");
    let bits = secret.bytes().fold(String::new(), |bits, byte| {
        let value = if byte.is_ascii_digit() { byte - b'2' + 26 } else { byte - b'A' };
        format!("{bits}{value:05b}")
    });
    let bytes = bits.as_bytes().chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')));
    TotpSecret::from_bytes(&bytes.collect::<Vec<u8>>()).expect("20 bytes")
}

/// An open console.
pub struct Console {
    response: Response,
    blocks: Blocks,
    waiting: VecDeque<(String, Value)>,
    last: Value,
}

impl Console {
    /// The next event and its name.
    ///
    /// # Panics
    /// The stream broke.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let chunk = self.response.chunk().await.expect("the stream goes on or ends")?;
            for block in self.blocks.read(&chunk) {
                if let (Some(name), Some(data)) = (block.field("event"), block.field("data")) {
                    self.waiting.push_back((name.to_owned(), serde_json::from_str(data).expect("JSON")));
                }
            }
        }
    }

    /// The first view that is so.
    ///
    /// # Panics
    /// None is in time.
    pub async fn until(&mut self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let (name, view) = self.next().await.expect("the stream goes on");
                if name == "desk" {
                    if so(&view) {
                        return view;
                    }
                    self.last = view;
                }
            }
        };
        match timeout(PATIENCE, waiting).await {
            Ok(view) => view,
            Err(_) => panic!("not in time: {what}; the console shows {:#}", self.last),
        }
    }
}
