//! One conversation as its citizen sees it: the API and nothing else.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, header, http};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::connection::Connection;

/// A citizen with a conversation that has begun.
pub struct Citizen {
    address: SocketAddr,
    id: Uuid,
    authorization: String,
    connection: Connection,
}

/// How a message was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It is in the log.
    Taken,
    /// 503, with the time to wait.
    Refused,
    /// Anything else.
    Rude,
}

/// What this program reads of an event of the log.
#[derive(Debug, Clone, Deserialize)]
pub struct Logged {
    pub seq: u64,
    kind: String,
    /// The question's own id; absent on everything that is no question.
    pub client_id: Option<Uuid>,
}

impl Logged {
    /// The bot said it.
    pub fn is_reply(&self) -> bool {
        self.kind == "bot_message"
    }
}

impl Citizen {
    /// Begins a conversation on a connection of its own.
    pub async fn begin(address: SocketAddr) -> Result<Citizen> {
        #[derive(Deserialize)]
        struct Created {
            conversation_id: Uuid,
            token: String,
        }
        let mut connection = Connection::open(address).await?;
        let request = Request::post("/api/conversations").header(header::HOST, address.to_string()).body(Full::default())?;
        let body = connection.fetch(request, 201).await?;
        let Created { conversation_id: id, token } = serde_json::from_slice(&body)?;
        Ok(Citizen { address, id, authorization: format!("Bearer {token}"), connection })
    }

    /// Begins many, one after the other: the beginning is not what is measured.
    pub async fn begin_many(address: SocketAddr, count: u32) -> Result<Vec<Citizen>> {
        let mut citizens = Vec::new();
        for _ in 0..count {
            citizens.push(Citizen::begin(address).await.context("beginning a conversation")?);
        }
        Ok(citizens)
    }

    /// Goes on with the conversation at another server, or after a restart.
    pub async fn reconnect(&mut self, address: SocketAddr) -> Result<()> {
        self.connection = Connection::open(address).await?;
        self.address = address;
        Ok(())
    }

    /// Asks; the seq under which the question is in the log.
    pub async fn ask(&mut self, client_id: Uuid, text: &str) -> Result<u64> {
        #[derive(Deserialize)]
        struct Accepted {
            seq: u64,
        }
        let body = json!({ "client_id": client_id, "text": text }).to_string();
        let request = self
            .request(Method::POST, &format!("/api/conversations/{}/messages", self.id))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body))?;
        let body = self.connection.fetch(request, 202).await?;
        Ok(serde_json::from_slice::<Accepted>(&body)?.seq)
    }

    /// Sends once, and tells how it was met.
    pub async fn offer(&mut self, client_id: Uuid, text: &str) -> Reply {
        let body = json!({ "client_id": client_id, "text": text }).to_string();
        let request = self
            .request(Method::POST, &format!("/api/conversations/{}/messages", self.id))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body));
        let Ok(request) = request else { return Reply::Rude };
        let Ok(response) = self.connection.send(request).await else { return Reply::Rude };
        let (status, polite) = (response.status(), response.headers().contains_key(header::RETRY_AFTER));
        match (status.as_u16(), response.into_body().collect().await) {
            (202, Ok(_)) => Reply::Taken,
            (503, Ok(_)) if polite => Reply::Refused,
            _ => Reply::Rude,
        }
    }

    /// The whole log.
    pub async fn log(&mut self) -> Result<Vec<Logged>> {
        #[derive(Deserialize)]
        struct Page {
            events: Vec<Logged>,
        }
        let mut log: Vec<Logged> = Vec::new();
        loop {
            let after = log.last().map_or(0, |event| event.seq);
            let request = self.request(Method::GET, &self.events_path(after)).body(Full::default())?;
            let page: Page = serde_json::from_slice(&self.connection.fetch(request, 200).await?)?;
            if page.events.is_empty() {
                return Ok(log);
            }
            log.extend(page.events);
        }
    }

    /// Follows the log from its beginning, on a connection of its own.
    pub async fn follow(&self) -> Result<Stream> {
        let mut connection = Connection::open(self.address).await?;
        let request = self.request(Method::GET, &self.events_path(0)).header(header::ACCEPT, "text/event-stream").body(Full::default())?;
        let response = connection.send(request).await?;
        anyhow::ensure!(response.status() == 200, "the stream was answered with {}", response.status());
        Ok(Stream { body: response.into_body(), unread: Vec::new(), _connection: connection })
    }

    fn events_path(&self, after: u64) -> String {
        format!("/api/conversations/{}/events?after={after}", self.id)
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, &self.authorization)
    }
}

/// An open event stream.
pub struct Stream {
    body: Incoming,
    /// The beginning of a line whose end has not arrived.
    unread: Vec<u8>,
    _connection: Connection,
}

impl Stream {
    /// Reads to its end; whether that is an end, and no break.
    pub async fn ends_whole(mut self) -> bool {
        loop {
            match self.body.frame().await {
                Some(Ok(_)) => {}
                Some(Err(_)) => return false,
                None => return true,
            }
        }
    }

    /// Reads until this event has arrived.
    pub async fn wait_for(&mut self, seq: u64) -> Result<()> {
        let wanted = format!("id: {seq}");
        loop {
            while let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                if line.trim_ascii_end() == wanted.as_bytes() {
                    return Ok(());
                }
            }
            let frame = self.body.frame().await.context("the stream ended")??;
            if let Ok(data) = frame.into_data() {
                self.unread.extend_from_slice(&data);
            }
        }
    }
}
