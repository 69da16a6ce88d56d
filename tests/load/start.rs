//! From the start of the process to the first answered question.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use uuid::Uuid;

use crate::citizen::Citizen;
use crate::questions::question;
use crate::server::Server;

/// What a fresh start costs.
#[derive(Serialize)]
pub struct Start {
    pub first_answer_ms: f64,
    pub resident_mb: f64,
}

/// Starts on an empty folder and asks one question.
pub async fn first_answer(program: &Path, folder: &Path) -> Result<(Server, Start)> {
    let server = Server::start(program, folder).await?;
    let mut citizen = Citizen::begin(server.address).await?;
    let seq = citizen.ask(Uuid::new_v4(), question(0, 0)).await?;
    let log = citizen.log().await?;
    let first_answer_ms = server.started.elapsed().as_secs_f64() * 1e3;
    anyhow::ensure!(log.iter().any(|event| event.is_reply() && event.seq > seq), "no reply to the first question");
    let resident_mb = server.resident_kb()? as f64 / 1024.0;
    Ok((server, Start { first_answer_ms, resident_mb }))
}
