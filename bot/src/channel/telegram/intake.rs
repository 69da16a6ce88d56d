//! Updates on their way in: stored by their number before Telegram is told that they arrived.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use teloxide::types::{Update, UpdateKind};

use super::render::Rendered;
use super::translate::{Meaning, translate};
use super::{Bot, count_update};
use crate::conversation::now_ms;
use crate::dialogue::texts;
use crate::store::StoreError;

/// The chat of an update that belongs to none that we keep.
const NO_CHAT: i64 = 0;

/// The number of an update; `None` for what is no update.
pub(super) fn id_of(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

/// What a stored update means.
pub(super) fn read(update_id: i64, update: &Value) -> Meaning {
    match Update::deserialize(update) {
        Ok(Update { kind: UpdateKind::Error(_), .. }) | Err(_) => {
            count_update("unreadable");
            tracing::warn!(update_id, "an update of Telegram cannot be read and is left out");
            Meaning::Nothing
        }
        Ok(update) => translate(&update),
    }
}

impl Bot {
    /// Takes one update in; it may be told as arrived when this returns. The same update again changes nothing.
    pub(super) async fn take_in(self: &Arc<Self>, update_id: i64, update: &Value) -> Result<(), StoreError> {
        let meaning = read(update_id, update);
        match meaning {
            Meaning::Said(_) => count_update("said"),
            Meaning::Blocked { .. } => count_update("blocked"),
            Meaning::CalledInGroup { .. } => count_update("group"),
            Meaning::Nothing => count_update("nothing"),
        }
        match meaning {
            Meaning::Said(said) => self.keep(update_id, said.chat_id, update).await,
            Meaning::Blocked { chat_id, .. } => self.keep(update_id, chat_id, update).await,
            Meaning::CalledInGroup { chat_id, bot } => {
                if self.note(update_id).await? {
                    self.point_to_private_chat(chat_id, &bot);
                }
                Ok(())
            }
            Meaning::Nothing => self.note(update_id).await.map(drop),
        }
    }

    async fn keep(&self, update_id: i64, chat_id: i64, update: &Value) -> Result<(), StoreError> {
        if self.store().telegram_store_update(update_id, chat_id, &update.to_string(), now_ms()).await? {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Stores the number alone: what groups say is none of our business, but polling goes on behind it. False: it was there already.
    async fn note(&self, update_id: i64) -> Result<bool, StoreError> {
        let fresh = self.store().telegram_store_update(update_id, NO_CHAT, "null", now_ms()).await?;
        self.store().telegram_update_handled(update_id, now_ms()).await?;
        Ok(fresh)
    }

    fn point_to_private_chat(self: &Arc<Self>, chat_id: i64, called: &str) {
        let Some(username) = self.username.get().filter(|username| username.eq_ignore_ascii_case(called)) else {
            return;
        };
        if !self.pace.is_free(chat_id) {
            return;
        }
        self.pace.sent(chat_id);
        let reply = Rendered::text(&texts::private_chats_only(&format!("https://t.me/{username}")));
        let bot = Arc::clone(self);
        self.errand("group", async move { bot.api.send(chat_id, &reply).await });
    }
}
