//! `hotro export`: one conversation's log.

use std::io::Write;

use anyhow::bail;
use hotro::config::Config;
use hotro::conversation::log_after;
use uuid::Uuid;

pub(crate) fn run(config: &Config, conversation: Uuid) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        if store.conversation(conversation).await?.is_none() {
            bail!("no conversation {conversation}");
        }
        let mut out = std::io::stdout().lock();
        for recorded in log_after(&store, conversation, 0).await? {
            serde_json::to_writer(&mut out, &recorded)?;
            writeln!(out)?;
        }
        store.close().await;
        Ok(())
    })
}
