//! `kill -9` while everyone talks, a restart on what is left, and a look at every log.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use uuid::Uuid;

use crate::citizen::{Citizen, Logged};
use crate::questions::question;
use crate::server::Server;
use crate::turns::{Talk, talk_until};

/// Long enough for thousands of turns.
const TALK_BEFORE_KILL: Duration = Duration::from_secs(2);
/// The kill ends the talks; this only bounds them should it not.
const TALK_MAX: Duration = Duration::from_secs(30);

/// What a crash cost.
#[derive(Default, Serialize)]
pub struct Crash {
    /// Questions acknowledged before the kill.
    pub acknowledged: usize,
    /// Of these, not in the log at the seq that was promised.
    pub lost: usize,
    /// Questions, acknowledged or not, that are in a log more than once.
    pub doubled: usize,
    /// Logs with a hole, or a question without its reply.
    pub broken: usize,
    pub conversations: usize,
    /// Of these, those that answered one more question.
    pub going_on: usize,
    /// From the start of the new process to its first answer in an old conversation.
    pub restart_to_answer_ms: f64,
}

/// Kills, restarts in the same folder, and reads everything back.
pub async fn kill_and_restart(server: Server, program: &Path, folder: &Path, conversations: u32) -> Result<Crash> {
    let citizens = Citizen::begin_many(server.address, conversations).await?;
    let talks = talk_until(citizens, Instant::now() + TALK_MAX);
    tokio::time::sleep(TALK_BEFORE_KILL).await;
    server.kill().await?;
    let talks = talks.join_all().await;

    let server = Server::start(program, folder).await.context("restarting")?;
    let mut crash = Crash { conversations: talks.len(), ..Crash::default() };
    for talk in talks {
        crash.look_at(talk, &server).await?;
    }
    Ok(crash)
}

impl Crash {
    async fn look_at(&mut self, talk: Talk, server: &Server) -> Result<()> {
        let Talk { mut citizen, acknowledged, cut_off } = talk;
        let cut_off = cut_off.context("the kill came too late")?;
        anyhow::ensure!(cut_off.error.is::<hyper::Error>(), "before the kill: {:#}", cut_off.error);
        citizen.reconnect(server.address).await?;
        // As a browser does that never heard: the same message again.
        citizen.ask(cut_off.client_id, cut_off.text).await?;
        if self.restart_to_answer_ms == 0.0 {
            self.restart_to_answer_ms = server.started.elapsed().as_secs_f64() * 1e3;
        }
        let one_more = citizen.ask(Uuid::new_v4(), question(0, 0)).await?;

        let log = citizen.log().await?;
        let places = places(&log);
        self.acknowledged += acknowledged.len();
        self.lost += acknowledged.iter().filter(|it| !places.get(&it.client_id).is_some_and(|seqs| seqs.contains(&it.seq))).count();
        self.doubled += places.values().filter(|seqs| seqs.len() > 1).count();
        self.broken += usize::from(!places.contains_key(&cut_off.client_id) || !is_whole(&log));
        self.going_on += usize::from(log.iter().any(|event| event.is_reply() && event.seq > one_more));
        Ok(())
    }

    /// Nothing that was promised is missing.
    pub fn is_harmless(&self) -> bool {
        self.lost + self.doubled + self.broken == 0 && self.going_on == self.conversations
    }
}

/// Where each question is in the log.
fn places(log: &[Logged]) -> HashMap<Uuid, Vec<u64>> {
    let mut places: HashMap<Uuid, Vec<u64>> = HashMap::new();
    for event in log {
        if let Some(client_id) = event.client_id {
            places.entry(client_id).or_default().push(event.seq);
        }
    }
    places
}

/// The numbers have no hole, and every question has its reply before the next one.
fn is_whole(log: &[Logged]) -> bool {
    let numbered = log.iter().zip(1..).all(|(event, seq)| event.seq == seq);
    let ends: Vec<&Logged> = log.iter().filter(|event| event.client_id.is_some() || event.is_reply()).collect();
    // The greeting, then pairs of question and reply.
    let alternating = ends.iter().enumerate().all(|(position, event)| event.is_reply() == (position % 2 == 0));
    numbered && alternating && ends.len() % 2 == 1
}
