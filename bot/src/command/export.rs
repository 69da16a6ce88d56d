//! `hotro export`: one conversation's log.

use std::io::Write;

use anyhow::bail;
use hotro::config::Config;
use hotro::dialogue::Event;
use uuid::Uuid;

pub(crate) fn run(config: &Config, conversation: Uuid) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        if store.conversation(conversation).await?.is_none() {
            bail!("no conversation {conversation}");
        }
        let mut out = std::io::stdout().lock();
        let mut after = 0;
        loop {
            let events = store.events(conversation, after, 500).await?;
            let Some(last) = events.last() else { break };
            after = last.seq;
            for stored in events {
                let event: Event = serde_json::from_str(&stored.body)?;
                let recorded = hotro::dialogue::Recorded { seq: stored.seq, at_ms: stored.at_ms, event };
                serde_json::to_writer(&mut out, &recorded)?;
                writeln!(out)?;
            }
        }
        store.close().await;
        Ok(())
    })
}
