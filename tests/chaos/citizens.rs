//! A citizen in the widget: asks, asks again elsewhere when nobody answers, and follows the log on a stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness::sse::Blocks;
use rand::Rng;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::world::{Phase, World, pause, random};

/// After the trouble everything is answered by then.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(90);
/// A stream that says nothing for so long is left: the server gives signs of life more often.
const SILENCE_MAX: Duration = Duration::from_secs(25);
const QUESTIONS: [&str; 6] = [
    "quên mật khẩu vssid",
    "bhxh 1 lan can giay to gi",
    "thai sản được nghỉ mấy tháng",
    "thẻ bhyt hết hạn thì làm sao",
    "lương hưu tính thế nào",
    "đóng bhxh tự nguyện bao nhiêu",
];
/// One in so many asks for a person.
const PERSON_ONE_IN: u32 = 12;

/// What a citizen did and saw.
#[derive(Default)]
pub struct Citizen {
    /// Id of the conversation.
    pub id: String,
    token: String,
    /// Messages that were acknowledged: id and seq.
    pub acknowledged: Vec<(Uuid, u64)>,
    /// What the streams brought, by seq, and how often within one stream.
    pub inbox: BTreeMap<u64, Value>,
    /// Numbers that one stream brought twice or in disorder.
    pub disordered: Vec<u64>,
    /// The log as the API tells it in the end.
    pub log: Vec<Value>,
    /// The last question was answered in time.
    pub answered: bool,
    /// Requests that failed and were made again.
    pub again: usize,
}

/// A whole visit.
pub async fn talk(world: Arc<World>, seed: u64, number: u32) -> Citizen {
    let mut random = random(seed, 1, number);
    let mut citizen = Citizen::default();
    while !citizen.begin(&world).await {
        pause(&mut random, 200, 800).await;
    }
    let heard: Arc<Mutex<Heard>> = Arc::default();
    let follower = tokio::spawn(follow(world.clone(), citizen.id.clone(), citizen.token.clone(), heard.clone()));
    while !world.is(Phase::Calm) {
        let text = if random.random_ratio(1, PERSON_ONE_IN) {
            "tôi muốn gặp người thật"
        } else {
            QUESTIONS[random.random_range(0..QUESTIONS.len())]
        };
        citizen.ask(&world, &mut random, text).await;
        pause(&mut random, 200, 2_000).await;
    }
    // An operator may own the conversation: what counts is that the message is there, and that somebody can be heard.
    let last = citizen.ask(&world, &mut random, QUESTIONS[0]).await;
    let begun = Instant::now();
    while begun.elapsed() < ANSWERED_WITHIN && !citizen.answered {
        if let Some(log) = citizen.read(&world).await {
            let answers = ["bot_message", "operator_message", "handoff_resolved"];
            citizen.answered = log.iter().any(|event| event["seq"].as_u64() > last && answers.iter().any(|kind| event["kind"] == *kind));
            citizen.log = log;
        }
        pause(&mut random, 300, 600).await;
    }
    world.one_is_done();
    world.until(Phase::Settled).await;
    // Nothing is appended any more, and the stream has brought the rest.
    let begun = Instant::now();
    while begun.elapsed() < ANSWERED_WITHIN {
        if let Some(log) = citizen.read(&world).await {
            citizen.log = log;
            let end = citizen.log.last().and_then(|event| event["seq"].as_u64());
            if heard.lock().unwrap_or_else(PoisonError::into_inner).inbox.keys().next_back().copied() >= end {
                break;
            }
        }
        pause(&mut random, 300, 600).await;
    }
    follower.abort();
    let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    (citizen.inbox, citizen.disordered) = (heard.inbox, heard.disordered);
    citizen
}

impl Citizen {
    async fn begin(&mut self, world: &World) -> bool {
        let Ok(response) = world.http.post(format!("{}/api/conversations", world.any_node())).send().await else { return false };
        if response.status() != StatusCode::CREATED {
            return false;
        }
        let Ok(created) = response.json::<Value>().await else { return false };
        let field = |name: &str| created[name].as_str().unwrap_or_default().to_owned();
        (self.id, self.token) = (field("conversation_id"), field("token"));
        true
    }

    /// Until it is acknowledged: a browser keeps a message and sends it again.
    async fn ask(&mut self, world: &World, random: &mut rand::rngs::StdRng, text: &str) -> Option<u64> {
        let client_id = Uuid::new_v4();
        let mut gave_up = None;
        loop {
            let url = format!("{}/api/conversations/{}/messages", world.any_node(), self.id);
            let sent = world.http.post(url).bearer_auth(&self.token).json(&json!({ "client_id": client_id, "text": text })).send().await;
            if let Ok(response) = sent
                && response.status() == StatusCode::ACCEPTED
                && let Ok(answer) = response.json::<Value>().await
                && let Some(seq) = answer["seq"].as_u64()
            {
                self.acknowledged.push((client_id, seq));
                return Some(seq);
            }
            self.again += 1;
            pause(random, 100, 700).await;
            if world.is(Phase::Calm) && gave_up.get_or_insert_with(Instant::now).elapsed() > ANSWERED_WITHIN {
                return None;
            }
        }
    }

    /// `None`: not this time.
    async fn read(&self, world: &World) -> Option<Vec<Value>> {
        let mut log: Vec<Value> = Vec::new();
        loop {
            let after = log.last().map_or(Some(0), |event| event["seq"].as_u64())?;
            let url = format!("{}/api/conversations/{}/events?after={after}", world.any_node(), self.id);
            let response = world.http.get(url).bearer_auth(&self.token).send().await.ok()?;
            let mut page: Value = response.json().await.ok()?;
            let events: Vec<Value> = serde_json::from_value(page["events"].take()).ok()?;
            if events.is_empty() {
                return Some(log);
            }
            log.extend(events);
        }
    }
}

/// What the streams of one citizen brought.
#[derive(Default)]
pub struct Heard {
    inbox: BTreeMap<u64, Value>,
    disordered: Vec<u64>,
}

/// Follows for ever: at another node when a stream ends, behind the last number.
async fn follow(world: Arc<World>, id: String, token: String, heard: Arc<Mutex<Heard>>) {
    let mut last = 0;
    loop {
        let url = format!("{}/api/conversations/{id}/events", world.any_node());
        let request = world.streams.get(url).bearer_auth(&token).header(header::ACCEPT, "text/event-stream").header("last-event-id", last);
        if let Ok(Ok(mut response)) = timeout(SILENCE_MAX, request.send()).await
            && response.status() == StatusCode::OK
        {
            let mut blocks = Blocks::default();
            while let Ok(Ok(Some(piece))) = timeout(SILENCE_MAX, response.chunk()).await {
                for block in blocks.read(&piece) {
                    let seq = block.field("id").and_then(|seq| seq.parse::<u64>().ok());
                    let (Some(seq), Some(data)) = (seq, block.field("data")) else { continue };
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    if seq <= last {
                        heard.disordered.push(seq);
                    }
                    last = last.max(seq);
                    heard.inbox.insert(seq, serde_json::from_str(data).unwrap_or(Value::Null));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
