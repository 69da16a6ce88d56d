//! Photos and files of citizens: beside the log, so that they can be deleted after their time.

use sqlx::{FromRow, query, query_as, query_scalar};
use uuid::Uuid;

use super::pools::{in_transaction, on_reader, on_writer};
use super::{Store, StoreError};

/// What a citizen sent, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// Its key.
    pub attachment_id: Uuid,
    /// Whose.
    pub conversation_id: Uuid,
    /// The channel's id of the input.
    pub client_id: String,
    /// What it is, by its content.
    pub media_type: &'static str,
    /// Sealed for the key.
    pub body_sealed: Vec<u8>,
    /// Unix milliseconds.
    pub created_ms: i64,
}

/// What is kept of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AttachmentRow {
    /// Its key.
    #[sqlx(try_from = "String")]
    pub attachment_id: Uuid,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// What it is, by its content.
    pub media_type: String,
    /// Sealed for the key.
    pub body_sealed: Vec<u8>,
}

impl Store {
    /// Keeps an attachment, and gives its key: that of the first when the same input has brought it before. `None` when the
    /// conversation has `per_conversation_max` of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn keep_attachment(&self, new: &NewAttachment, per_conversation_max: u32) -> Result<Option<Uuid>, StoreError> {
        let kept: Option<String> = in_transaction!(self, |tx| {
            query(
                "insert into attachment (attachment_id, conversation_id, client_id, media_type, body_sealed, created_ms)
                 select $1, $2, $3, $4, $5, $6 where (select count(*) from attachment where conversation_id = $2) < $7
                 on conflict (conversation_id, client_id) do nothing",
            )
            .bind(new.attachment_id.to_string())
            .bind(new.conversation_id.to_string())
            .bind(&new.client_id)
            .bind(new.media_type)
            .bind(&new.body_sealed)
            .bind(new.created_ms)
            .bind(i64::from(per_conversation_max))
            .execute(&mut *tx)
            .await?;
            query_scalar("select attachment_id from attachment where conversation_id = $1 and client_id = $2")
                .bind(new.conversation_id.to_string())
                .bind(&new.client_id)
                .fetch_optional(&mut *tx)
                .await?
        });
        Ok(kept.and_then(|id| id.parse().ok()))
    }

    /// An attachment; `None` when there is none of this key, or none any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn attachment(&self, id: Uuid) -> Result<Option<AttachmentRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select attachment_id, conversation_id, media_type, body_sealed from attachment where attachment_id = $1"
        )
        .bind(id.to_string())
        .fetch_optional(pool)
        .await)?)
    }

    /// Deletes the attachments that were sent before a moment; how many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn delete_attachments_before(&self, before_ms: i64) -> Result<u64, StoreError> {
        let deleted = on_writer!(self, |pool| query("delete from attachment where created_ms < $1")
            .bind(before_ms)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        if deleted > 0 {
            self.note_erased();
        }
        Ok(deleted)
    }
}
