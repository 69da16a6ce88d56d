//! An SMS gateway for the tests: what it was sent can be read, and it can fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::wait::until;

/// The value of the header Authorization that it wants.
pub const AUTHORIZATION: &str = "Bearer a-key-of-the-gateway";

#[derive(Default)]
struct World {
    /// Number and text.
    sent: Vec<(String, String)>,
    faults: VecDeque<u16>,
}

/// The gateway. It stops when this is dropped.
pub struct Sms {
    world: Arc<Mutex<World>>,
    url: String,
    server: JoinHandle<()>,
}

impl Sms {
    /// Starts a gateway on a free loopback port.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> Result<Sms> {
        let world: Arc<Mutex<World>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.context("looking for a free port")?;
        let url = format!("http://{}/send", listener.local_addr()?);
        let router = Router::new().route("/send", post(receive)).with_state(Arc::clone(&world));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Sms { world, url, server })
    }

    /// Where it takes texts.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next texts are answered so, and lost.
    pub fn fail(&self, statuses: impl IntoIterator<Item = u16>) {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).faults.extend(statuses);
    }

    /// All texts so far: number and text.
    pub fn sent(&self) -> Vec<(String, String)> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).sent.clone()
    }

    /// The password in the `nth` text to a telephone, from 1, when it has come.
    ///
    /// # Panics
    /// It does not come in time.
    pub async fn otp(&self, phone: &str, nth: usize) -> String {
        until(&format!("{nth} texts to a telephone"), async || {
            let sent = self.sent();
            let text = sent.iter().filter(|(to, _)| to == phone).nth(nth - 1).map(|(_, text)| text.clone())?;
            text.split(|letter: char| !letter.is_ascii_digit()).find(|word| word.len() == 6).map(str::to_owned)
        })
        .await
    }
}

impl Drop for Sms {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(world): State<Arc<Mutex<World>>>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    if headers.get("authorization").is_none_or(|value| value != AUTHORIZATION) {
        return StatusCode::UNAUTHORIZED;
    }
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(status) = world.faults.pop_front() {
        return StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    }
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    world.sent.push((field("to"), field("text")));
    StatusCode::OK
}
