//! The record of a citizen who has proved who they are, as the operator who helps them may open it: part by part, with a reason, while
//! the citizen's own verification lasts, under the eyes of the audit and of the citizen.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use knowledge::mask::mask;
use serde::{Deserialize, Serialize};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use uuid::Uuid;

use super::conversation::{client_id, input_id, words};
use super::guard::Body;
use super::handoff::handoff_id;
use super::{Desk, DeskError};
use crate::channel::web::ErrorBody;
use crate::conversation::now_ms;
use crate::desk::account::{Action, SignedIn, audit};
use crate::desk::hotline::{Act, append_of};
use crate::desk::queue::{Hold, OperatorId, Refusal};
use crate::dialogue::{Event, Message, NotFetched, day_in_vietnam, hide_birth, record_for_operator};
use crate::identity::record::What;

/// A reason says something.
const REASON_CHARS_MIN: usize = 10;
/// And is no story.
const REASON_CHARS_MAX: usize = 300;

/// What is to be seen, and why.
#[derive(Deserialize, ToSchema)]
pub(super) struct Reveal {
    client_id: String,
    /// The number of one's claim.
    fence: i64,
    /// participation, detail-bhxh, detail-bhyt, detail-bhtn, benefits, dossiers, card, visits, dependants or code.
    what: String,
    /// 10 to 300 characters; numbers and birth dates in it are masked. Kept in the audit, not told to the citizen.
    reason: String,
}

/// A part of the record, as the citizen would read it.
#[derive(Serialize, ToSchema)]
pub(super) struct Revealed {
    /// The part.
    what: &'static str,
    /// The last digits of the person's code.
    ending: String,
    /// Until when the verification lasts; what is shown is to be hidden then. In Unix milliseconds.
    until_ms: i64,
    #[schema(value_type = Object)]
    message: Message,
}

/// Opens a part of the record of the citizen who is verified in one's own conversation.
#[utoipa::path(post, path = "/api/desk/handoffs/{id}/record", request_body = Reveal, params(("id" = Uuid, Path)), responses(
    (status = 200, body = Revealed), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
    (status = 409, body = ErrorBody, description = "no_such_handoff, not_present, not_theirs, not_verified"), (status = 503, body = ErrorBody)
))]
pub(super) async fn reveal(
    State(desk): State<Desk>,
    who: SignedIn,
    id: Result<Path<Uuid>, PathRejection>,
    Body(reveal): Body<Reveal>,
) -> Result<Json<Revealed>, DeskError> {
    let handoff = handoff_id(id)?;
    let client_id = client_id(&reveal.client_id)?;
    let what = What::parse(&reveal.what).ok_or(DeskError::BadRequest("what"))?;
    let reason = reason(&reveal.reason)?;
    let hotline = desk.hotline()?;
    let (_, case) = hotline.find(handoff).await?.ok_or(DeskError::Refused(Refusal::NoSuchHandoff))?;
    let check = Some((handoff, Hold { operator: OperatorId(who.operator.id), fence: reveal.fence }));
    // Whose conversation it is comes before whether there is anything to see: to others it is not even said that somebody is verified.
    desk.theirs(&who, Act { check, ..Act::default() }).await?;
    let identity = desk.identity().ok_or(DeskError::NotVerified)?;
    let conversation = case.conversation_id;
    let proof = identity.verified(conversation).await.map_err(|error| DeskError::Hotline(error.into()))?.ok_or(DeskError::NotVerified)?;
    let operator = who.operator.id.to_string();
    // It is noted before anything is given out.
    let read = identity.read(conversation, what, Some((&operator, &reason))).await;
    let (verification, record) = read.map_err(|why| match why {
        NotFetched::Unavailable | NotFetched::Slow | NotFetched::Unreadable => DeskError::RecordsUnavailable,
        NotFetched::Unverified => DeskError::NotVerified,
    })?;
    if verification != proof.verification_id() {
        // Another person may be verified by now: nobody has given this reason for theirs.
        return Err(DeskError::NotVerified);
    }
    // The citizen is told, in the transaction that makes sure that the conversation is still the operator's; then it is shown.
    let event = Event::RecordRevealed { operator: who.operator.display_name.clone(), client_id: client_id.clone(), what };
    let append = Some(append_of(conversation, Some(input_id(&client_id)), &[event])?);
    let detail = json!({ "handoff_id": handoff.0, "what": what.name(), "reason": reason });
    let audits = vec![audit(who.actor(), Action::RecordRevealed, Some(conversation), now_ms(), &detail)];
    desk.theirs(&who, Act { check, append, audits, ..Act::default() }).await?;
    let message = record_for_operator(what, &record, now_ms());
    Ok(Json(Revealed { what: what.name(), ending: proof.code().ending().to_owned(), until_ms: proof.until_ms(), message }))
}

impl Desk {
    /// Does what only the holder of a conversation may do.
    async fn theirs(&self, who: &SignedIn, act: Act) -> Result<(), DeskError> {
        if let Err(refusal) = self.hotline()?.act(act).await?.outcome {
            self.refused("record", who.actor(), None).await;
            return Err(DeskError::Refused(refusal));
        }
        Ok(())
    }
}

/// A reason as it is kept: one that says something, without numbers and birth dates of people.
fn reason(typed: &str) -> Result<String, DeskError> {
    let text = words(&typed.nfc().collect::<String>(), REASON_CHARS_MAX).map_err(|_| DeskError::BadRequest("reason"))?;
    let reason = mask(&text).text;
    let reason = hide_birth(&reason, true, day_in_vietnam(now_ms())).unwrap_or(reason);
    let letters = reason.chars().filter(|letter| letter.is_alphanumeric()).count();
    let words = reason.split_whitespace().count();
    if reason.chars().count() < REASON_CHARS_MIN || letters < REASON_CHARS_MIN / 2 || words < 2 {
        return Err(DeskError::BadRequest("reason"));
    }
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_and_no_number_of_a_person() {
        let check = |typed: &str, want: Option<&str>| assert_eq!(reason(typed).ok().as_deref(), want, "{typed}");
        check("Người dân hỏi vì sao thiếu tháng 5", Some("Người dân hỏi vì sao thiếu tháng 5"));
        check("  kiểm tra\nhồ sơ thai sản ", Some("kiểm tra\nhồ sơ thai sản"));
        for bad in ["", "xem", "..........", "aaaaaaaaaaaa", "          x          ", &"dài ".repeat(100)] {
            check(bad, None);
        }
        let kept = reason("xem giúp mã số BHXH 7912345678 sinh 05/03/1990 của cô ấy").unwrap_or_default();
        assert!(kept.contains("xem giúp") && !kept.contains("7912345678") && !kept.contains("05/03/1990"), "{kept}");
    }
}
