//! Sends what the logs say, each chat through its stored cursor.
//!
//! The cursor moves when Telegram has confirmed. A process that dies between the two sends that one message again; one that lives does
//! not. Within a chat everything is sent in order; chats do not wait for each other.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::{self, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::api::CallError;
use super::backoff::{Backoff, PAUSE_MAX};
use super::lease::stopped;
use super::render::{Outgoing, Rendered, render};
use super::{Bot, chain, count_error, count_sent};
use crate::conversation::{ConversationError, now_ms};
use crate::dialogue::{Channel, Event};
use crate::store::{Announcement, ConversationRow, StoreError};

/// Chats served at once, those that wait for Telegram included.
const CHATS_AT_ONCE_MAX: usize = 1_024;
/// Chats found behind in one look.
const CHATS_FOUND_MAX: usize = 256;
/// Without a reason, a look is due each time so many ticks have passed: it reads every chat, and announcements tell nearly everything.
const TICKS_A_LOOK: u32 = 20;
/// A personal message is taken away after so long. Telegram lets a bot do so for two days.
const PERSONAL_SHOWN_MS: i64 = 24 * 60 * 60 * 1_000;
/// And so many at a look, so that nobody else waits long.
const PERSONAL_DELETED_A_LOOK_MAX: u32 = 8;
/// Conversations whose chat is remembered.
const CONVERSATIONS_REMEMBERED_MAX: usize = 16_384;

/// Sends until `halt`, then ends between two messages.
pub(super) async fn run(bot: Arc<Bot>, halt: watch::Receiver<bool>) {
    // Before the first look: what is appended after it is announced.
    let mut announcements = bot.store().announcements();
    let mut chats = Chats::new(Arc::clone(&bot), halt.clone());
    let mut look_again = interval(bot.timing.look_again);
    look_again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&halt) => break,
            Some(ended) = chats.tasks.join_next_with_id() => chats.ended(ended.map_or_else(|panic| panic.id(), |(task, ())| task)),
            announced = announcements.recv() => match announced {
                Ok(Announcement::Events { conversation_id, .. }) => chats.serve_conversation(conversation_id).await,
                Ok(Announcement::Resync) | Err(RecvError::Lagged(_)) => chats.serve_behind().await,
                Err(RecvError::Closed) => break,
            },
            () = bot.chats_changed.notified() => chats.serve_behind().await,
            _ = look_again.tick() => {
                bot.take_personal_away().await;
                chats.look_if_due().await;
            }
        }
    }
    while chats.tasks.join_next().await.is_some() {}
}

impl Bot {
    /// Remembers a personal message, to take it away later. When that fails the citizen can still do it.
    async fn note_personal(&self, chat_id: i64, message_id: i32) {
        let delete_after_ms = now_ms().saturating_add(PERSONAL_SHOWN_MS);
        if let Err(error) = self.store().telegram_note_personal(chat_id, message_id, delete_after_ms).await {
            count_error("store");
            tracing::error!(error = chain(&error), "a personal message of a chat will not be taken away");
        }
    }

    /// Takes personal messages away whose time is over, a few at a look.
    async fn take_personal_away(&self) {
        let due = match self.store().telegram_personal_due(now_ms(), PERSONAL_DELETED_A_LOOK_MAX).await {
            Ok(due) => due,
            Err(error) => {
                count_error("store");
                return tracing::error!(error = chain(&error), "personal messages of chats cannot be looked for");
            }
        };
        for (chat_id, message_id) in due {
            match self.api.delete(chat_id, message_id).await {
                // Gone already, or too old: asking again changes nothing.
                Ok(()) | Err(CallError::Refused { .. } | CallError::Forbidden) => {
                    if let Err(error) = self.store().telegram_forget_personal(chat_id, message_id).await {
                        return tracing::error!(error = chain(&error), "a personal message of a chat cannot be forgotten");
                    }
                }
                Err(error) => return count_error(error.kind()),
            }
        }
    }
}

/// The chats that are being served.
struct Chats {
    bot: Arc<Bot>,
    halt: watch::Receiver<bool>,
    tasks: JoinSet<()>,
    chat_of_task: HashMap<task::Id, i64>,
    /// True: the log has grown since the task began, which may not have seen it.
    served: HashMap<i64, bool>,
    /// `None`: the conversation is held elsewhere, and always will be.
    chat_of_conversation: LruCache<Uuid, Option<i64>>,
    /// Until the next look.
    ticks: u32,
}

impl Chats {
    fn new(bot: Arc<Bot>, halt: watch::Receiver<bool>) -> Chats {
        let remembered = NonZeroUsize::new(CONVERSATIONS_REMEMBERED_MAX).unwrap_or(NonZeroUsize::MIN);
        Chats {
            bot,
            halt,
            tasks: JoinSet::new(),
            chat_of_task: HashMap::new(),
            served: HashMap::new(),
            chat_of_conversation: LruCache::new(remembered),
            // What was appended while nobody was sending.
            ticks: 0,
        }
    }

    async fn serve_conversation(&mut self, conversation_id: Uuid) {
        match self.chat_of(conversation_id).await {
            Ok(Some(chat_id)) => self.serve(chat_id),
            Ok(None) => {}
            Err(error) => self.database_failed(&error),
        }
    }

    async fn chat_of(&mut self, conversation_id: Uuid) -> Result<Option<i64>, StoreError> {
        if let Some(chat_id) = self.chat_of_conversation.get(&conversation_id) {
            return Ok(*chat_id);
        }
        let chat_id = self.bot.store().telegram_chat_of(conversation_id).await?;
        let elsewhere = |row: ConversationRow| row.channel != Channel::Telegram.name();
        if chat_id.is_some() || self.bot.store().conversation(conversation_id).await?.is_some_and(elsewhere) {
            self.chat_of_conversation.put(conversation_id, chat_id);
        } else {
            // Begun a moment ago, and bound to its chat in a moment, perhaps by another node.
            self.look_soon();
        }
        Ok(chat_id)
    }

    fn look_soon(&mut self) {
        self.ticks = 0;
    }

    async fn look_if_due(&mut self) {
        match self.ticks.checked_sub(1) {
            Some(left) => self.ticks = left,
            None => self.serve_behind().await,
        }
    }

    /// Looks for chats that have not been told everything.
    async fn serve_behind(&mut self) {
        self.ticks = TICKS_A_LOOK;
        // Those being served are behind as well: asking for so many more finds others in any case.
        let limit = u32::try_from(self.served.len() + CHATS_FOUND_MAX).unwrap_or(u32::MAX);
        match self.bot.store().telegram_chats_behind(limit).await {
            Ok(behind) => {
                for chat in behind {
                    if !self.served.contains_key(&chat.chat_id) {
                        self.serve(chat.chat_id);
                    }
                }
            }
            Err(error) => self.database_failed(&error),
        }
    }

    fn serve(&mut self, chat_id: i64) {
        if let Some(grown) = self.served.get_mut(&chat_id) {
            *grown = true;
        } else if self.served.len() < CHATS_AT_ONCE_MAX {
            let task = self.tasks.spawn(serve_chat(Arc::clone(&self.bot), chat_id, self.halt.clone()));
            self.chat_of_task.insert(task.id(), chat_id);
            self.served.insert(chat_id, false);
        } else {
            self.look_soon();
        }
    }

    fn ended(&mut self, task: task::Id) {
        if let Some(chat_id) = self.chat_of_task.remove(&task)
            && self.served.remove(&chat_id) == Some(true)
        {
            self.serve(chat_id);
        }
    }

    /// What was announced meanwhile is not lost: the next look finds it.
    fn database_failed(&mut self, error: &StoreError) {
        self.look_soon();
        count_error("store");
        tracing::error!(error = chain(error), "looking for what is to be sent failed");
    }
}

async fn serve_chat(bot: Arc<Bot>, chat_id: i64, halt: watch::Receiver<bool>) {
    if let Err(error) = bot.deliver(chat_id, &halt).await {
        count_error("delivery");
        tracing::error!(error = chain(&error), "what a chat is to be told cannot be read");
        // The chat stays behind and is found again; not at once, should it fail again.
        tokio::select! {
            () = stopped(&halt) => {}
            () = sleep(PAUSE_MAX) => {}
        }
    }
}

/// How telling a chat something ended.
enum Told {
    /// Telegram has confirmed it, or will never take it.
    Done,
    /// The citizen has blocked the bot.
    Blocked,
    /// The process stops; nothing is under way.
    Halted,
}

impl Bot {
    /// Tells a chat everything up to the end of its log.
    async fn deliver(&self, chat_id: i64, halt: &watch::Receiver<bool>) -> Result<(), ConversationError> {
        let Some(chat) = self.store().telegram_chat(chat_id).await?.filter(|chat| !chat.blocked) else {
            return Ok(());
        };
        let mut cursor = chat.cursor;
        loop {
            let mut events = self.conversations.events(chat.conversation_id, cursor).await?;
            self.conversations.open_personal(chat.conversation_id, &mut events).await?;
            let Some(last) = events.last().map(|recorded| recorded.seq) else {
                return Ok(());
            };
            for recorded in events {
                cursor = recorded.seq;
                let form = self.forms.get().and_then(|forms| forms.link(chat.conversation_id, recorded.at_ms));
                let outgoing = render(&recorded.event, form.as_ref());
                let is_news = matches!(recorded.event, Event::News { .. });
                for outgoing in &outgoing {
                    match self.tell(chat_id, outgoing, is_news, halt).await {
                        Told::Done => {}
                        Told::Blocked => return Ok(self.store().telegram_set_blocked(chat_id, true).await?),
                        Told::Halted => return Ok(()),
                    }
                }
                if !outgoing.is_empty() || cursor == last {
                    self.confirm(chat_id, cursor, halt).await?;
                }
            }
        }
    }

    /// Tries until Telegram has decided. Whoever waits here holds up this chat alone.
    async fn tell(&self, chat_id: i64, outgoing: &Outgoing, is_news: bool, halt: &watch::Receiver<bool>) -> Told {
        let mut backoff = Backoff::new(self.timing.retry_pause);
        loop {
            let turn = async { if is_news { self.pace.turn_for_news(chat_id).await } else { self.pace.turn(chat_id).await } };
            tokio::select! {
                () = stopped(halt) => return Told::Halted,
                () = turn => {}
            }
            let error = match self.send_one(chat_id, outgoing).await {
                Ok(message_id) => {
                    count_sent(outgoing.kind());
                    if let (Some(message_id), Outgoing::Message(Rendered { personal: true, .. })) = (message_id, outgoing) {
                        self.note_personal(chat_id, message_id).await;
                    }
                    return Told::Done;
                }
                Err(error) => error,
            };
            count_error(error.kind());
            match error {
                CallError::Forbidden => return Told::Blocked,
                // A chat that is gone, a message already deleted, or our own mistake: the chat goes on with what comes after it.
                CallError::Refused { .. } => {
                    tracing::warn!(what = outgoing.kind(), error = chain(&error), "Telegram refuses what was sent; it is left out");
                    return Told::Done;
                }
                CallError::Flood { retry_after } => self.pace.flooded(chat_id, retry_after),
                CallError::Token | CallError::Server { .. } | CallError::Network(_) | CallError::Unreadable => {
                    tracing::warn!(what = outgoing.kind(), error = chain(&error), "sending failed and is tried again");
                    tokio::select! {
                        () = stopped(halt) => return Told::Halted,
                        () = sleep(backoff.pause()) => {}
                    }
                }
            }
        }
    }

    async fn send_one(&self, chat_id: i64, outgoing: &Outgoing) -> Result<Option<i32>, CallError> {
        // The semaphore is never closed.
        let _permit = self.sends.acquire().await;
        let sent = self.api.carry_out(chat_id, outgoing).await;
        if let Outgoing::Message(_) = outgoing {
            self.pace.sent(chat_id);
        }
        sent
    }

    /// Moves the cursor. Insists, since giving up would send again what was confirmed.
    async fn confirm(&self, chat_id: i64, seq: u64, halt: &watch::Receiver<bool>) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.timing.retry_pause);
        loop {
            match self.store().telegram_delivered(chat_id, seq).await {
                Ok(()) => return Ok(()),
                Err(error) if *halt.borrow() => return Err(error),
                Err(error) => {
                    count_error("store");
                    tracing::error!(error = chain(&error), "the cursor of a chat could not be moved; it is tried again");
                    tokio::select! {
                        () = stopped(halt) => {}
                        () = sleep(backoff.pause()) => {}
                    }
                }
            }
        }
    }
}
