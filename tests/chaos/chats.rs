//! A citizen on Telegram: each message names an amount that no other names, and so does its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::citizens::ANSWERED_WITHIN;
use crate::world::{Phase, World, pause, random};

const FIRST_CHAT: i64 = 5_000_000;
/// A chat waits so long for an answer before it says something else; the answer may still come.
const PATIENCE: Duration = Duration::from_secs(40);
/// Amounts of one chat lie so far from those of another.
const AMOUNTS_APART: u64 = 10_000;

/// What a chat said and got.
pub struct Chat {
    /// The private chat.
    pub chat_id: i64,
    /// The amounts it named, as they are written in answers.
    pub amounts: Vec<String>,
    /// The last one was answered in time.
    pub answered: bool,
}

/// A whole visit.
pub async fn talk(world: Arc<World>, seed: u64, number: u32) -> Chat {
    let mut random = random(seed, 2, number);
    let chat_id = FIRST_CHAT + i64::from(number);
    let mut chat = Chat { chat_id, amounts: Vec::new(), answered: false };
    loop {
        let is_last = world.is(Phase::Calm);
        // Above the fifteenth of the base salary, so that all of it is calculated with, and no round number.
        let amount = 20_000_001 + u64::from(number) * AMOUNTS_APART + chat.amounts.len() as u64;
        let written = with_points(amount);
        world
            .telegram
            .citizen(chat_id)
            .says(&format!("viện phí {written} đồng, đúng tuyến, thẻ 80%, chưa đủ 5 năm liên tục thì bhyt trả bao nhiêu"));
        let (begun, patience) = (Instant::now(), if is_last { ANSWERED_WITHIN } else { PATIENCE });
        while begun.elapsed() < patience && !chat.answered {
            pause(&mut random, 50, 150).await;
            chat.answered = is_answered(&world, chat_id, &written);
        }
        chat.amounts.push(written);
        if is_last {
            return chat;
        }
        chat.answered = false;
        pause(&mut random, 500, 3_000).await;
    }
}

fn is_answered(world: &World, chat_id: i64, written: &str) -> bool {
    world.telegram.look(|world| world.sent_to(chat_id).any(|sent| sent.html.contains(written)))
}

fn with_points(amount: u64) -> String {
    let digits = amount.to_string();
    let grouped: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    grouped.join(".")
}
