//! Operators: take what waits, write something, end it; at whatever node answers.

use std::sync::Arc;
use std::time::Duration;

use harness::console::Operator;
use harness::sse::Blocks;
use hotro::desk::account::Role;
use rand::Rng;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::world::{Phase, World, pause, random};

const VIEW_WITHIN: Duration = Duration::from_secs(8);
const PRESENT_EVERY: Duration = Duration::from_secs(2);
/// Messages are written again so often before the handoff is left to its lease.
const TRIES_MAX: usize = 40;

/// What an operator wrote and was acknowledged: conversation and text.
pub type Written = (String, String);

/// Operators with a session, before anything breaks.
pub async fn join(world: &World, count: u32) -> Vec<Operator> {
    let mut operators = Vec::new();
    for number in 0..count {
        let name = format!("op{number}");
        operators.push(Operator::join_at(&world.urls[0], &world.database_url, &name, &name, Role::Operator).await);
    }
    operators
}

/// A day's work.
pub async fn work(world: Arc<World>, operator: Operator) -> Vec<Written> {
    let mut random = random(operator.id.as_u128() as u64, 3, 0);
    let present = tokio::spawn({
        let (world, operator) = (world.clone(), operator.clone());
        async move {
            loop {
                let _ = send(request(&world, &operator, Method::PUT, "/presence").json(&json!({ "accepting": true }))).await;
                tokio::time::sleep(PRESENT_EVERY).await;
            }
        }
    });
    let mut written = Vec::new();
    while !world.is(Phase::Closed) {
        let view = timeout(VIEW_WITHIN, view(&world, &operator)).await.ok().flatten().unwrap_or_default();
        let handoffs = |list: &str| view[list].as_array().cloned().unwrap_or_default();
        for handoff in handoffs("mine").into_iter().chain(handoffs("waiting")) {
            serve(&world, &operator, &mut random, &handoff, &mut written).await;
        }
        pause(&mut random, 200, 800).await;
    }
    present.abort();
    written
}

async fn serve(world: &World, operator: &Operator, random: &mut rand::rngs::StdRng, handoff: &Value, written: &mut Vec<Written>) {
    let id = handoff["handoff_id"].as_str().unwrap_or_default();
    let Some((StatusCode::OK, claimed)) =
        send(request(world, operator, Method::POST, &format!("/handoffs/{id}/claim")).json(&json!({}))).await
    else {
        return;
    };
    let (fence, conversation) = (claimed["fence"].clone(), claimed["conversation_id"].as_str().unwrap_or_default().to_owned());
    for _ in 0..random.random_range(1..=2) {
        let (client_id, text) = (Uuid::now_v7(), format!("Chào bạn, mình là tổng đài viên ({})", Uuid::new_v4()));
        let body = json!({ "client_id": client_id, "fence": fence, "text": text });
        for _ in 0..TRIES_MAX {
            match send(request(world, operator, Method::POST, &format!("/handoffs/{id}/messages")).json(&body)).await {
                Some((status, _)) if status.is_success() => {
                    written.push((conversation.clone(), text));
                    break;
                }
                // It is somebody else's by now.
                Some((StatusCode::CONFLICT | StatusCode::NOT_FOUND | StatusCode::FORBIDDEN, _)) => return,
                _ => pause(random, 200, 600).await,
            }
        }
        pause(random, 100, 500).await;
    }
    let body = json!({ "fence": fence, "reason": "answered", "summary": "" });
    for _ in 0..TRIES_MAX {
        match send(request(world, operator, Method::POST, &format!("/handoffs/{id}/resolve")).json(&body)).await {
            Some((status, _)) if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS => return,
            _ => pause(random, 200, 600).await,
        }
    }
}

fn request(world: &World, operator: &Operator, method: Method, path: &str) -> RequestBuilder {
    let base = world.any_node();
    world.http.request(method, format!("{base}/api/desk{path}")).header("origin", base).header("cookie", operator.cookie())
}

async fn send(request: RequestBuilder) -> Option<(StatusCode, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status();
    Some((status, response.json().await.unwrap_or(Value::Null)))
}

/// The first view that a console gets.
async fn view(world: &World, operator: &Operator) -> Option<Value> {
    let base = world.any_node();
    let request = world.streams.get(format!("{base}/api/desk/events")).header("origin", base).header("cookie", operator.cookie());
    let mut response = request.send().await.ok()?;
    let mut blocks = Blocks::default();
    while let Ok(Some(piece)) = response.chunk().await {
        let blocks = blocks.read(&piece);
        if let Some(view) = blocks.iter().find(|block| block.field("event") == Some("desk")) {
            return serde_json::from_str(view.field("data")?).ok();
        }
    }
    None
}
