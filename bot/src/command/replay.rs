//! `hotro replay`: old questions through the present index.

use hotro::config::Config;
use hotro::conversation::{Conversations, Replayed, replay};
use hotro::dialogue::Recorded;
use uuid::Uuid;

/// Conversations read at once.
const PAGE: u32 = 200;

pub(crate) fn run(config: &Config, only: Option<Uuid>) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    super::block_on(async {
        let store = super::open_store(config).await?;
        let conversations = Conversations::new(store.clone(), knowledge.clone());
        let mut total = Replayed::default();
        let mut after = None;
        loop {
            let ids: Vec<Uuid> = match only {
                Some(id) => vec![id],
                None => store.conversations(after, PAGE).await?.into_iter().map(|row| row.conversation_id).collect(),
            };
            for &id in &ids {
                let replayed = replay(&whole_log(&conversations, id).await?, &knowledge);
                for difference in &replayed.differences {
                    println!("{}", serde_json::json!({ "conversation": id, "difference": difference }));
                }
                total.questions += replayed.questions;
                total.differences.extend(replayed.differences);
            }
            after = ids.last().copied();
            if only.is_some() || ids.len() < PAGE as usize {
                break;
            }
        }
        println!("{} questions, {} would end otherwise on {}", total.questions, total.differences.len(), knowledge.index_version());
        store.close().await;
        Ok(())
    })
}

async fn whole_log(conversations: &Conversations, id: Uuid) -> anyhow::Result<Vec<Recorded>> {
    let mut log: Vec<Recorded> = Vec::new();
    loop {
        let page = conversations.events(id, log.last().map_or(0, |last| last.seq)).await?;
        if page.is_empty() {
            return Ok(log);
        }
        log.extend(page);
    }
}
