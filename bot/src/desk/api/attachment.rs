//! What citizens sent beside words, shown to the operator who may read the conversation.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, SignedIn, audit};
use crate::desk::attachment::AttachmentError;

/// Whatever a file holds, a browser that opens it runs nothing of it and asks nobody.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox";

/// A photo, or a PDF file to be saved. Who may not read the conversation may not see it; every look is audited.
#[utoipa::path(get, path = "/api/desk/attachments/{id}", params(("id" = Uuid, Path)), responses(
    (status = 200, content_type = "image/jpeg"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    (status = 404, body = ErrorBody, description = "none of this id, or deleted after its time")
))]
pub(super) async fn show(State(desk): State<Desk>, who: SignedIn, id: Result<Path<Uuid>, PathRejection>) -> Result<Response, DeskError> {
    let Path(id) = id.map_err(|_| DeskError::NotFound)?;
    let found = desk.hotline()?.attachments().open(id).await.map_err(|error| match error {
        AttachmentError::Store(error) => DeskError::from(error),
        AttachmentError::Sealed(error) => {
            tracing::error!(attachment.id = %id, error = error.to_string(), "an attachment cannot be opened");
            DeskError::Internal
        }
    })?;
    let found = found.ok_or(DeskError::NotFound)?;
    desk.open(&who, Ok(Path(found.conversation_id))).await?;
    let act = audit(who.actor(), Action::AttachmentSeen, Some(found.conversation_id), now_ms(), &json!({ "attachment": id }));
    desk.accounts().remember(&act).await?;
    let as_file = !found.media_type.starts_with("image/");
    let mut response = found.bytes.to_vec().into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&found.media_type).map_err(|_| DeskError::Internal)?;
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // A PDF is a program for its reader: the operator decides to open it.
    let disposition = if as_file { "attachment; filename=\"tep-cua-nguoi-dan.pdf\"" } else { "inline" };
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}
