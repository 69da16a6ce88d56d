//! SIGTERM while thousands of streams are open and citizens talk: how long the end takes, and what it cost them.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::citizen::{Citizen, Stream};
use crate::server::Server;
use crate::turns::talk_until;

/// Service managers wait so long before they kill.
const END_WITHIN: Duration = Duration::from_secs(10);
const TALKERS: u32 = 32;
const TALK_BEFORE: Duration = Duration::from_secs(2);

/// What the end looked like.
#[derive(Serialize)]
pub struct Drain {
    pub streams: u32,
    pub end_s: f64,
    /// Streams that ended as streams should: whole, so that a browser goes elsewhere at once.
    pub streams_ended_whole: usize,
    pub acknowledged: usize,
    /// Of these, not in the log after the restart.
    pub lost: usize,
    pub ended_well: bool,
}

/// Opens, talks, ends, and looks at the logs again.
pub async fn measure(program: &Path, streams: u32) -> Result<Drain> {
    let folder = TempDir::new().context("making a temporary folder")?;
    let server = Server::start(program, folder.path()).await?;
    let mut open = JoinSet::new();
    for citizen in Citizen::begin_many(server.address, streams).await? {
        let stream = citizen.follow().await?;
        open.spawn(async move {
            let _citizen = citizen;
            Stream::ends_whole(stream).await
        });
    }
    let talks = talk_until(Citizen::begin_many(server.address, TALKERS).await?, Instant::now() + END_WITHIN * 2);
    tokio::time::sleep(TALK_BEFORE).await;
    let begun = Instant::now();
    let status = timeout(END_WITHIN * 2, server.terminate()).await.context("it does not end")??;
    let end_s = begun.elapsed().as_secs_f64();
    let streams_ended_whole = open.join_all().await.into_iter().filter(|whole| *whole).count();
    let server = Server::start(program, folder.path()).await.context("starting again")?;
    let mut drain = Drain { streams, end_s, streams_ended_whole, acknowledged: 0, lost: 0, ended_well: status.success() };
    for mut talk in talks.join_all().await {
        talk.citizen.reconnect(server.address).await?;
        let log = talk.citizen.log().await?;
        let is_there = |client_id, seq| log.iter().any(|event| event.client_id == Some(client_id) && event.seq == seq);
        drain.acknowledged += talk.acknowledged.len();
        drain.lost += talk.acknowledged.iter().filter(|it| !is_there(it.client_id, it.seq)).count();
    }
    ensure!(drain.acknowledged > 0, "nobody talked");
    Ok(drain)
}

impl Drain {
    /// In time, and nothing that was promised is missing.
    pub fn keeps_promises(&self) -> bool {
        self.ended_well && self.lost == 0 && self.end_s < END_WITHIN.as_secs_f64() && self.streams_ended_whole == self.streams as usize
    }
}

impl fmt::Display for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "SIGTERM with {} open streams and {TALKERS} who talk: ended after {:.2} s (aim: under 10)", self.streams, self.end_s)?;
        writeln!(f, "streams that ended whole: {} of {}", self.streams_ended_whole, self.streams)?;
        writeln!(f, "messages acknowledged: {}, lost: {}", self.acknowledged, self.lost)
    }
}
