//! A citizen who speaks the API: the widget's part, in a few lines.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::server::Server;
use crate::sse::{Block, Blocks};
use crate::wait::until;

/// Longer than a busy machine needs.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// One conversation, seen from outside.
#[derive(Clone)]
pub struct Citizen {
    http: Client,
    base: String,
    /// Id of the conversation.
    pub id: String,
    /// What opens it.
    pub token: String,
}

/// What was sent, and what the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The id of the message.
    pub client_id: String,
    /// The number of the citizen's event.
    pub seq: u64,
}

impl Citizen {
    /// Begins a conversation.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn begin(server: &Server) -> Citizen {
        Citizen::begin_at(http(), &server.url("")).await
    }

    /// As [`Citizen::begin`], at a server of this address, by this client.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn begin_at(http: Client, base: &str) -> Citizen {
        let response = http.post(format!("{base}/api/conversations")).send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::CREATED);
        let created: Value = response.json().await.expect("JSON");
        let field = |name: &str| created[name].as_str().unwrap_or_else(|| panic!("{name} in {created}")).to_owned();
        Citizen { http, base: base.to_owned(), id: field("conversation_id"), token: field("token") }
    }

    /// The same conversation through another node.
    pub fn on(&self, server: &Server) -> Citizen {
        Citizen { base: server.url(""), ..self.clone() }
    }

    /// The same conversation at a server of this address.
    pub fn at(&self, base: &str) -> Citizen {
        Citizen { base: base.to_owned(), ..self.clone() }
    }

    /// Types a message.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn say(&self, text: &str) -> Sent {
        self.try_send(json!({ "client_id": Uuid::now_v7(), "text": text })).await.expect("accepted")
    }

    /// Taps a choice.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn tap(&self, choice: &str) -> Sent {
        self.try_send(json!({ "client_id": Uuid::now_v7(), "choice": choice })).await.expect("accepted")
    }

    /// Sends a message; `None` when no acknowledgement came back.
    pub async fn try_send(&self, message: Value) -> Option<Sent> {
        let response = self.post_message().json(&message).send().await.ok()?;
        if response.status() != StatusCode::ACCEPTED {
            return None;
        }
        let answer: Value = response.json().await.ok()?;
        Some(Sent { client_id: message["client_id"].as_str()?.to_owned(), seq: answer["seq"].as_u64()? })
    }

    /// A request to send a message, with the token and no body yet.
    pub fn post_message(&self) -> RequestBuilder {
        self.http.post(format!("{}/api/conversations/{}/messages", self.base, self.id)).bearer_auth(&self.token)
    }

    /// Sends something else about the conversation.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn post(&self, what: &str, body: &Value) -> Response {
        let request = self.http.post(format!("{}/api/conversations/{}/{what}", self.base, self.id)).bearer_auth(&self.token);
        request.json(body).send().await.expect("the server answers")
    }

    /// Sends a photo or a file.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn attach(&self, client_id: Uuid, bytes: Vec<u8>) -> Response {
        self.attach_to(&self.id, client_id, bytes).await
    }

    /// Sends a photo or a file to a conversation that may be another's.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn attach_to(&self, conversation: &str, client_id: Uuid, bytes: Vec<u8>) -> Response {
        let url = format!("{}/api/conversations/{conversation}/attachments", self.base);
        let request = self.http.post(url).query(&[("client_id", client_id)]).bearer_auth(&self.token);
        request.body(bytes).send().await.expect("the server answers")
    }

    /// A request to read the log, with the token.
    pub fn get_events(&self) -> RequestBuilder {
        self.http.get(format!("{}/api/conversations/{}/events", self.base, self.id)).bearer_auth(&self.token)
    }

    /// The events after a number; 0 for all.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn events(&self, after: u64) -> Vec<Value> {
        let response = self.get_events().query(&[("after", after)]).send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::OK);
        let mut page: Value = response.json().await.expect("JSON");
        serde_json::from_value(page["events"].take()).expect("a list of events")
    }

    /// The bot's reply to a message.
    ///
    /// # Panics
    /// There is none.
    pub async fn reply(&self, sent: &Sent) -> Value {
        let events = self.events(sent.seq).await;
        events.into_iter().find(|event| event["kind"] == "bot_message").expect("a reply")
    }

    /// The first event of a kind after a number, when it has come.
    ///
    /// # Panics
    /// It does not come in time.
    pub async fn hears(&self, kind: &str, after: u64) -> Value {
        until(&format!("the citizen hears {kind}"), async || self.events(after).await.into_iter().find(|event| event["kind"] == kind)).await
    }

    /// Follows the log, from its beginning or after an event.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn follow(&self, last_event_id: Option<u64>) -> EventStream {
        let mut request = self.get_events().header("Accept", "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        EventStream { response, blocks: Blocks::default(), waiting: VecDeque::new() }
    }
}

/// A client that does not wait for ever.
pub fn http() -> Client {
    Client::builder().read_timeout(ANSWER_WITHIN).build().expect("a client")
}

/// An open stream of events.
pub struct EventStream {
    response: Response,
    blocks: Blocks,
    waiting: VecDeque<Value>,
}

impl EventStream {
    /// The next event; `None` when the server ended the stream.
    ///
    /// # Panics
    /// The connection broke, nothing came for long, or the `id:` of an event is not its seq.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let chunk = self.response.chunk().await.expect("the stream goes on or ends")?;
            self.waiting.extend(self.blocks.read(&chunk).iter().filter_map(parse));
        }
    }
}

/// One event of a stream; `None` for a comment. What is no event of the log has a name, and comes as `whisper`.
fn parse(block: &Block) -> Option<Value> {
    let data: Value = serde_json::from_str(block.field("data")?).expect("JSON");
    if let Some(name) = block.field("event") {
        return Some(json!({ "whisper": name, "data": data }));
    }
    assert_eq!(block.field("id").and_then(|id| id.parse().ok()), data["seq"].as_u64());
    Some(data)
}
