//! Updates on their way in: stored by their number before Telegram is told that they arrived.

use std::sync::Arc;

use serde_json::Value;
use teloxide::types::{Update, UpdateKind};

use super::render::Rendered;
use super::translate::{Meaning, Said, translate};
use super::{Bot, count_error, count_update};
use crate::conversation::now_ms;
use crate::dialogue::texts;
use crate::store::StoreError;

/// The chat of an update that belongs to none that we keep.
const NO_CHAT: i64 = 0;
const NO_BODY: &str = "";
/// Fields of a message that decide nothing here, and repeat what other people wrote.
const UNREAD_FIELDS: [&str; 8] = [
    "entities",
    "caption_entities",
    "reply_to_message",
    "external_reply",
    "quote",
    "forward_origin",
    "link_preview_options",
    "reply_markup",
];

/// Where a stored update is sealed for.
pub(super) fn place_of(update_id: i64) -> String {
    format!("telegram_update/{update_id}")
}

/// The number of an update; `None` for what is no update.
pub(super) fn id_of(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

/// The update without what is never read: not kept, and unable to make teloxide give up a whole message, as a kind of entity does that
/// it does not know.
fn without_unread(mut update: Value) -> Value {
    for kind in ["message", "edited_message"] {
        if let Some(message) = update.get_mut(kind).and_then(Value::as_object_mut) {
            message.retain(|field, _| !UNREAD_FIELDS.contains(&field.as_str()));
        }
    }
    if let Some(message) = update.pointer_mut("/callback_query/message").and_then(Value::as_object_mut) {
        message.retain(|field, _| ["message_id", "date", "chat"].contains(&field.as_str()));
    }
    update
}

/// What an update means; `None` when teloxide cannot read it.
pub(super) fn read(body: &str) -> Option<Meaning> {
    // From text, not from a `Value`: teloxide borrows the names of the fields, and finds no kind at all when it cannot.
    let update: Update = serde_json::from_str(body).ok()?;
    if let UpdateKind::Error(_) = update.kind { None } else { Some(translate(&update)) }
}

impl Bot {
    /// Takes one update in; it may be told as arrived when this returns. The same update again changes nothing.
    pub(super) async fn take_in(self: &Arc<Self>, update_id: i64, update: Value) -> Result<(), StoreError> {
        let body = without_unread(update).to_string();
        let meaning = read(&body).unwrap_or_else(|| {
            count_error("update");
            tracing::warn!(update_id, "an update of Telegram cannot be read and is left out");
            Meaning::Nothing
        });
        count_update(meaning.kind());
        match meaning {
            Meaning::Said(Said { chat_id, .. }) | Meaning::Blocked { chat_id, .. } => self.keep(update_id, chat_id, &body).await,
            Meaning::CalledInGroup { chat_id, bot } => {
                if self.note(update_id).await? {
                    self.point_to_private_chat(chat_id, &bot);
                }
                Ok(())
            }
            Meaning::Nothing => self.note(update_id).await.map(drop),
        }
    }

    async fn keep(&self, update_id: i64, chat_id: i64, body: &str) -> Result<(), StoreError> {
        // It may hold a secret that a citizen typed, or a telephone number that they share.
        let body = self.conversations.seal_text(&place_of(update_id), body);
        if self.store().telegram_store_update(update_id, chat_id, &body, now_ms()).await? {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Stores the number alone: what groups say is none of our business, but polling goes on behind it. False: it was there already.
    async fn note(&self, update_id: i64) -> Result<bool, StoreError> {
        let fresh = self.store().telegram_store_update(update_id, NO_CHAT, NO_BODY, now_ms()).await?;
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
        self.errand("group", async move { bot.api.send(chat_id, &reply).await.map(drop) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::Input;
    use serde_json::json;

    fn message(fields: Value) -> Value {
        let person = json!({"id": 77, "is_bot": false, "first_name": "An"});
        let mut message = json!({"message_id": 9, "from": person, "chat": {"id": 77, "type": "private"}, "date": 1_790_000_000});
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        message
    }

    fn heard(update: Value) -> Option<Input> {
        match read(&without_unread(update).to_string()) {
            Some(Meaning::Said(said)) => Some(said.input),
            _ => None,
        }
    }

    #[test]
    fn what_teloxide_does_not_know_yet_does_not_silence_a_citizen() {
        let invented = json!([{"type": "invented_later", "offset": 0, "length": 1}]);
        let fields = json!({"text": "rút một lần", "entities": invented, "forward_origin": {"type": "invented_later"},
            "reply_to_message": message(json!({"text": "a", "entities": invented})), "quote": {"invented": 1}});
        assert_eq!(heard(json!({"update_id": 5, "message": message(fields)})), Some(Input::Message { text: "rút một lần".to_owned() }));
    }

    #[test]
    fn a_tap_needs_little_of_the_message_it_is_under() {
        let under = message(json!({"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "b", "invented": {}}]]}}));
        let query = json!({"id": "q", "from": under["from"], "chat_instance": "1", "data": "help", "message": under});
        assert_eq!(heard(json!({"update_id": 5, "callback_query": query})), Some(Input::Choice { id: "help".to_owned() }));
    }

    #[test]
    fn what_is_no_update_has_no_number() {
        for bad in [json!(null), json!([]), json!({}), json!({"update_id": "5"}), json!({"update_id": 5.5})] {
            assert_eq!(id_of(&bad), None, "{bad}");
        }
        assert_eq!(id_of(&json!({"update_id": 5})), Some(5));
    }
}
