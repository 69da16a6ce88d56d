//! Reading the audit.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::guard::Supervisor;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::store::AuditRow;

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<Uuid>,
}

/// An act.
#[derive(Serialize, ToSchema)]
pub(super) struct Act {
    audit_id: Uuid,
    /// An operator's id, `command line` or `anyone`.
    actor: String,
    action: String,
    /// The id of an operator or a conversation.
    subject: Option<String>,
    /// In Unix milliseconds.
    at_ms: i64,
    #[schema(value_type = Object)]
    detail: Value,
}

impl From<AuditRow> for Act {
    fn from(row: AuditRow) -> Act {
        let detail = serde_json::from_str(&row.detail).unwrap_or(Value::Null);
        Act { audit_id: row.audit_id, actor: row.actor, action: row.action, subject: row.subject, at_ms: row.at_ms, detail }
    }
}

/// A page of the audit, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Acts {
    /// At most 100; ask again with `before` the last one.
    acts: Vec<Act>,
}

/// The newest acts, or those before one of them. Supervisors only.
#[utoipa::path(get, path = "/api/desk/audit",
    params(("before" = Option<Uuid>, Query, description = "an audit_id; what came before it is given")),
    responses((status = 200, body = Acts), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(super) async fn page(
    State(desk): State<Desk>,
    _: Supervisor,
    query: Result<Query<Before>, QueryRejection>,
) -> Result<Json<Acts>, DeskError> {
    let Query(Before { before }) = query.map_err(|_| DeskError::BadRequest("before"))?;
    let rows = desk.accounts().audit_page(before).await?;
    Ok(Json(Acts { acts: rows.into_iter().map(Act::from).collect() }))
}
