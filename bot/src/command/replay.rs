//! `hotro replay`: old questions through the present index.

use hotro::config::Config;
use hotro::conversation::{log_after, replay};
use uuid::Uuid;

/// Conversations read at once.
const PAGE: u32 = 200;

pub(crate) fn run(config: &Config, only: Option<Uuid>) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    super::block_on(async {
        let store = super::open_store(config).await?;
        let (mut questions, mut differences) = (0, 0);
        let mut after = None;
        loop {
            let ids: Vec<Uuid> = match only {
                Some(id) => vec![id],
                None => store.conversations(after, PAGE).await?.into_iter().map(|row| row.conversation_id).collect(),
            };
            for &id in &ids {
                let replayed = replay(&log_after(&store, id, 0).await?, &knowledge);
                for difference in &replayed.differences {
                    say!("{}", serde_json::json!({ "conversation": id, "difference": difference }));
                }
                questions += replayed.questions;
                differences += replayed.differences.len();
            }
            after = ids.last().copied();
            if only.is_some() || ids.len() < PAGE as usize {
                break;
            }
        }
        say!("{questions} questions, {differences} would end otherwise on {}", knowledge.index_version());
        store.close().await;
        Ok(())
    })
}
