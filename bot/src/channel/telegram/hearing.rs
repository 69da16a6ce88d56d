//! Stored updates are handled: each becomes an input of its chat's conversation.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::backoff::Backoff;
use super::intake::{place_of, read};
use super::lease::stopped;
use super::translate::{Meaning, Said, SentFile};
use super::{Bot, chain, count_error};
use crate::conversation::{Attached, ConversationError, now_ms};
use crate::desk::attachment::ATTACHMENT_BYTES_MAX;
use crate::dialogue::{Channel, Input, Unkept};
use crate::store::{StoreError, TelegramUpdate};

/// Updates read from the database at once.
const UPDATES_READ_MAX: u32 = 256;
/// A file that Telegram does not hand out is asked for so often: the chat waits behind it.
const FILE_TRIES_MAX: u32 = 3;
/// Chats whose updates are handled at once.
const CHATS_AT_ONCE_MAX: usize = 32;

/// Handles what is stored until `halt`. Handling an update twice is harmless: its input id is known.
pub(super) async fn run(bot: Arc<Bot>, halt: watch::Receiver<bool>) {
    let mut backoff = Backoff::new(bot.timing.retry_pause);
    while !*halt.borrow() {
        // An update that is stored from here on leaves a mark in `arrived`, so that none waits for the next look.
        let pause = match bot.hear_pending().await {
            Ok(Heard::All) => {
                backoff.reset();
                bot.timing.look_again
            }
            Ok(Heard::More) => continue,
            Ok(Heard::Failed) => backoff.pause(),
            Err(error) => {
                count_error("store");
                tracing::error!(error = chain(&error), "stored updates of Telegram cannot be read");
                backoff.pause()
            }
        };
        tokio::select! {
            () = stopped(&halt) => {}
            () = bot.arrived.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

/// How a round of handling ended.
enum Heard {
    /// Nothing is left.
    All,
    /// There may be more.
    More,
    /// Some were not handled, and stay stored.
    Failed,
}

impl Bot {
    async fn hear_pending(self: &Arc<Self>) -> Result<Heard, StoreError> {
        let pending = self.store().telegram_pending_updates(UPDATES_READ_MAX).await?;
        let full = pending.len() == UPDATES_READ_MAX as usize;
        let mut chats: BTreeMap<i64, Vec<TelegramUpdate>> = BTreeMap::new();
        for update in pending {
            chats.entry(update.chat_id).or_default().push(update);
        }
        let heard: Vec<bool> =
            stream::iter(chats.into_values()).map(|updates| self.hear_chat(updates)).buffer_unordered(CHATS_AT_ONCE_MAX).collect().await;
        Ok(match (heard.contains(&false), full) {
            (true, _) => Heard::Failed,
            (false, true) => Heard::More,
            (false, false) => Heard::All,
        })
    }

    /// The updates of one chat, in order: when one fails, those behind it wait. False: one failed.
    async fn hear_chat(self: &Arc<Self>, updates: Vec<TelegramUpdate>) -> bool {
        for update in updates {
            if let Err(error) = self.hear(&update).await {
                count_error("hearing");
                tracing::error!(update_id = update.update_id, error = chain(&error), "an update was not handled and is tried again");
                return false;
            }
        }
        true
    }

    #[tracing::instrument(name = "telegram update", level = "debug", skip_all)]
    async fn hear(self: &Arc<Self>, update: &TelegramUpdate) -> Result<(), ConversationError> {
        // Nothing that means anything is stored unread.
        let body = self.conversations.open_text(&place_of(update.update_id), &update.body);
        match body.and_then(|body| read(&body)).unwrap_or(Meaning::Nothing) {
            Meaning::Said(said) => self.answer(said).await?,
            Meaning::Blocked { chat_id, blocked } => {
                self.store().telegram_set_blocked(chat_id, blocked).await?;
                self.chats_changed.notify_one();
            }
            Meaning::CalledInGroup { .. } | Meaning::Nothing => {}
        }
        Ok(self.store().telegram_update_handled(update.update_id, now_ms()).await?)
    }

    async fn answer(self: &Arc<Self>, said: Said) -> Result<(), ConversationError> {
        let Said { chat_id, input_id, input, tap, file } = said;
        if let Some(tap) = tap {
            let bot = Arc::clone(self);
            self.errand("tap", async move { bot.api.answer_tap(&tap).await });
        }
        let (conversation_id, begun) = self.conversation_of(chat_id).await?;
        // The greeting with which a conversation begins is the answer to /start.
        if begun && input == Input::Start {
            return Ok(());
        }
        let heard = async {
            if let Some(file) = file.filter(|_| !begun)
                && self.attach(conversation_id, &file).await?
                && file.alone
            {
                return Ok(());
            }
            self.conversations.submit(conversation_id, &input_id, &input).await.map(drop)
        };
        match heard.await {
            Ok(()) => Ok(()),
            // This would fail again and again, and hold up all that the chat says after it.
            Err(error @ (ConversationError::NotFound | ConversationError::Unreadable { .. } | ConversationError::Unwritable(_))) => {
                count_error("conversation");
                tracing::error!(conversation.id = %conversation_id, error = chain(&error), "an input was left out");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps a photo or a file for the operators. False: none has the conversation or is waited for.
    async fn attach(&self, conversation_id: Uuid, file: &SentFile) -> Result<bool, ConversationError> {
        if !self.conversations.in_handoff(conversation_id).await? {
            return Ok(false);
        }
        let mut backoff = Backoff::new(self.timing.retry_pause);
        let mut tries_left = FILE_TRIES_MAX;
        let bytes = loop {
            tries_left -= 1;
            match self.api.file(&file.file_id, ATTACHMENT_BYTES_MAX).await {
                Ok(bytes) => break bytes.ok_or(Unkept::TooLarge),
                Err(error) => {
                    count_error(error.kind());
                    tracing::warn!(conversation.id = %conversation_id, error = chain(&error), tries_left, "a file of a citizen was not fetched");
                    if tries_left == 0 {
                        break Err(Unkept::Broken);
                    }
                    sleep(backoff.pause()).await;
                }
            }
        };
        let unkept = match bytes {
            Ok(bytes) => match self.conversations.attach(conversation_id, &file.input_id, bytes).await? {
                Attached::At(_) => return Ok(true),
                Attached::NoHandoff => return Ok(false),
                Attached::Unkept(why) => why,
            },
            Err(why) => why,
        };
        self.conversations.submit(conversation_id, &file.input_id, &Input::Unkept(unkept)).await?;
        Ok(true)
    }

    /// The conversation held in a chat, and whether it began just now. Two nodes that begin one at the same time agree on the first that
    /// was bound; the other has no chat and stays a greeting that nobody reads.
    async fn conversation_of(&self, chat_id: i64) -> Result<(Uuid, bool), ConversationError> {
        if let Some(chat) = self.store().telegram_chat(chat_id).await? {
            if chat.blocked {
                // Who speaks has not blocked the bot, whatever we were told last.
                self.store().telegram_set_blocked(chat_id, false).await?;
                self.chats_changed.notify_one();
            }
            return Ok((chat.conversation_id, false));
        }
        let begun = self.conversations.begin(Channel::Telegram).await?.id;
        let bound = self.store().telegram_bind_chat(chat_id, begun, now_ms()).await?;
        self.chats_changed.notify_one();
        Ok((bound, bound == begun))
    }
}
