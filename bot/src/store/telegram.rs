//! Telegram's updates on their way in, and how far each chat has been told its conversation.

use std::fmt;

use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::pools::{on_reader, on_writer};
use super::{Store, StoreError, bigint};

/// An update that is stored and not yet handled.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct TelegramUpdate {
    /// Telegram's number of it.
    pub update_id: i64,
    /// The chat it belongs to; 0 when it has none.
    pub chat_id: i64,
    /// Its JSON, as received. It may hold a secret that a citizen typed.
    pub body: String,
}

/// A chat and its conversation.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TelegramChat {
    /// Telegram's number of it.
    pub chat_id: i64,
    /// The conversation held in it, which begins with its first append.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// The last event delivered to the chat; 0 before the first.
    #[sqlx(rename = "cursor_seq", try_from = "i64")]
    pub cursor: u64,
    /// Whether the citizen has blocked the bot.
    pub blocked: bool,
    /// The language of the citizen's client, an IETF tag; `None` when Telegram does not say.
    pub language: Option<String>,
}

impl fmt::Debug for TelegramUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TelegramUpdate {{ update_id: {}, .. }}", self.update_id)
    }
}

impl Store {
    /// Stores an update as received; `chat_id` is 0 when it has none. Returns false when it was already there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_store_update(&self, update_id: i64, chat_id: i64, body: &str, at_ms: i64) -> Result<bool, StoreError> {
        let stored = on_writer!(self, |pool| query(
            "insert into telegram_update (update_id, chat_id, body, stored_ms) values ($1, $2, $3, $4)
             on conflict (update_id) do nothing"
        )
        .bind(update_id)
        .bind(chat_id)
        .bind(body)
        .bind(at_ms)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(stored == 1)
    }

    /// The first `limit` updates not yet handled, by number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_pending_updates(&self, limit: u32) -> Result<Vec<TelegramUpdate>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select update_id, chat_id, body from telegram_update
             where handled_ms is null order by update_id limit $1"
        )
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// Marks an update as handled and wipes its body.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_update_handled(&self, update_id: i64, at_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "update telegram_update set body = null, handled_ms = $2 where update_id = $1 and handled_ms is null"
        )
        .bind(update_id)
        .bind(at_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The number after the highest update stored, which is the offset to poll from; 0 before the first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_next_offset(&self) -> Result<i64, StoreError> {
        let next =
            on_reader!(self, |pool| query_scalar("select coalesce(max(update_id) + 1, 0) from telegram_update").fetch_one(pool).await)?;
        Ok(next)
    }

    /// A chat, or `None` when it was never bound to a conversation.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_chat(&self, chat_id: i64) -> Result<Option<TelegramChat>, StoreError> {
        let row = on_reader!(self, |pool| query_as(
            "select chat_id, conversation_id, cursor_seq, blocked <> 0 as blocked, language from telegram_chat where chat_id = $1"
        )
        .bind(chat_id)
        .fetch_optional(pool)
        .await)?;
        Ok(row)
    }

    /// The chat in which a conversation is held; `None` when it is held elsewhere, or not bound yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_chat_of(&self, conversation_id: Uuid) -> Result<Option<i64>, StoreError> {
        let chat_id = on_reader!(self, |pool| query_scalar("select chat_id from telegram_chat where conversation_id = $1")
            .bind(conversation_id.to_string())
            .fetch_optional(pool)
            .await)?;
        Ok(chat_id)
    }

    /// Binds a chat to a conversation unless it is bound already, and returns the conversation it is bound to.
    ///
    /// # Errors
    /// The database fails, or the conversation belongs to another chat.
    pub async fn telegram_bind_chat(&self, chat_id: i64, conversation_id: Uuid, at_ms: i64) -> Result<Uuid, StoreError> {
        // An update that changes nothing: `do nothing` would not return the row that is already there.
        let bound: String = on_writer!(self, |pool| query_scalar(
            "insert into telegram_chat (chat_id, conversation_id, cursor_seq, blocked, bound_ms)
             values ($1, $2, 0, 0, $3)
             on conflict (chat_id) do update set chat_id = excluded.chat_id
             returning conversation_id"
        )
        .bind(chat_id)
        .bind(conversation_id.to_string())
        .bind(at_ms)
        .fetch_one(pool)
        .await)?;
        bound.parse().map_err(|_| StoreError::Database(format!("the conversation of chat {chat_id} is no UUID")))
    }

    /// Remembers a personal message, to be taken away after a moment.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_note_personal(&self, chat_id: i64, message_id: i32, delete_after_ms: i64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query(
            "insert into telegram_personal (chat_id, message_id, delete_after_ms) values ($1, $2, $3)
             on conflict (chat_id, message_id) do nothing"
        )
        .bind(chat_id)
        .bind(i64::from(message_id))
        .bind(delete_after_ms)
        .execute(pool)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Personal messages whose time is over: chat and number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_personal_due(&self, at_ms: i64, limit: u32) -> Result<Vec<(i64, i32)>, StoreError> {
        let rows: Vec<(i64, i64)> = on_reader!(self, |pool| query_as(
            "select chat_id, message_id from telegram_personal where delete_after_ms <= $1 order by delete_after_ms limit $2"
        )
        .bind(at_ms)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows.into_iter().map(|(chat_id, message_id)| (chat_id, i32::try_from(message_id).unwrap_or(0))).collect())
    }

    /// A personal message was taken away.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_forget_personal(&self, chat_id: i64, message_id: i32) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("delete from telegram_personal where chat_id = $1 and message_id = $2")
            .bind(chat_id)
            .bind(i64::from(message_id))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Chats that have not been told all of their conversation, without those that have blocked the bot.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_chats_behind(&self, limit: u32) -> Result<Vec<TelegramChat>, StoreError> {
        let rows = on_reader!(self, |pool| query_as(
            "select chat.chat_id, chat.conversation_id, chat.cursor_seq, chat.blocked <> 0 as blocked, chat.language
             from telegram_chat as chat join conversation using (conversation_id)
             where chat.cursor_seq < conversation.last_seq and chat.blocked = 0
             order by chat.chat_id limit $1"
        )
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows)
    }

    /// Notes that a chat has been told its conversation up to `seq`. The cursor never moves back.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_delivered(&self, chat_id: i64, seq: u64) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update telegram_chat set cursor_seq = $2 where chat_id = $1 and cursor_seq < $2")
            .bind(chat_id)
            .bind(bigint(seq))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Notes that the citizen has blocked the bot, or has come back.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_set_blocked(&self, chat_id: i64, blocked: bool) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update telegram_chat set blocked = $2 where chat_id = $1")
            .bind(chat_id)
            .bind(i64::from(blocked))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Notes the language of the citizen's client.
    ///
    /// # Errors
    /// The database fails.
    pub async fn telegram_set_language(&self, chat_id: i64, language: Option<&str>) -> Result<(), StoreError> {
        on_writer!(self, |pool| query("update telegram_chat set language = $2 where chat_id = $1")
            .bind(chat_id)
            .bind(language)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
