//! People who follow the news, in any number.

use anyhow::{Context, Result};
use hotro::dialogue::{Cadence, Channel, Event, Following};
use hotro::store::{Append, NewConversation, NewEvent, NewsFollowing, Store, StoreEffect};
use uuid::Uuid;

/// Somebody on Telegram who follows everything since a moment, as if they had tapped it then: the log says so, and the chat has been told.
/// `due_ms` is their next digest; `None`: they are told at once.
///
/// # Errors
/// The database fails.
pub async fn follow(store: &Store, chat_id: i64, since_ms: i64, due_ms: Option<i64>) -> Result<()> {
    let id = Uuid::now_v7();
    let cadence = if due_ms.is_some() { Cadence::Daily } else { Cadence::Now };
    let following = Following { themes: Vec::new(), cadence };
    let events = [Event::Started { channel: Channel::Telegram }, Event::NewsFollowed { following }];
    let count = events.len() as u64;
    let events = events.iter().map(|event| Ok(NewEvent { kind: event.kind(), body: serde_json::to_string(event)? }));
    store
        .append(Append {
            conversation_id: id,
            create: Some(NewConversation { channel: Channel::Telegram.name(), token_hash: None }),
            expected_seq: 0,
            at_ms: since_ms,
            events: events.collect::<Result<_>>()?,
            input_id: None,
            effects: vec![StoreEffect::FollowNews(Some(NewsFollowing::new(&[], cadence.name(), due_ms)))],
            snapshot: None,
        })
        .await
        .context("beginning a conversation")?;
    store.telegram_bind_chat(chat_id, id, since_ms).await?;
    store.telegram_delivered(chat_id, count).await?;
    Ok(())
}
