//! The words of the audit.

use serde_json::Value;
use uuid::Uuid;

use crate::store::NewAudit;

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// An operator.
    Operator(Uuid),
    /// Who has a shell on the server.
    CommandLine,
    /// Somebody who has not proved who they are.
    Anyone,
}

/// What was done. A word of the database is never changed; new ones are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An operator was added, or invited again.
    Invited,
    /// An invitation was used: the operator has set a password.
    InvitationAccepted,
    /// Signed in.
    SignedIn,
    /// A wrong password or code; the detail says which.
    SignInFailed,
    /// The attempt after which nothing is tried for a while.
    LockedOut,
    /// Signed out of one browser.
    SignedOut,
    /// Signed out of all browsers.
    SignedOutEverywhere,
    /// Set another password.
    PasswordChanged,
    /// Set up another second factor.
    FactorChanged,
    /// Signed in by a recovery code instead of the second factor.
    RecoveryCodeUsed,
    /// Role, name, skills or capacity of an operator.
    OperatorChanged,
    /// An operator may not work any more.
    OperatorDisabled,
    /// A supervisor, or somebody not in charge of it, read a conversation.
    ConversationRead,
    /// A supervisor took a conversation from its operator, or gave it to another.
    HandoffMoved,
    /// A supervisor closed a conversation.
    HandoffClosed,
    /// A part of the record of a verified citizen was shown.
    RecordRevealed,
    /// A photo or file of a citizen was shown.
    AttachmentSeen,
    /// The telephone number of a citizen was shown.
    CallbackRevealed,
    /// A citizen was called back.
    CallbackDone,
    /// Switches, hours, or what is promised.
    SettingsChanged,
    /// A canned reply was added, changed or removed.
    CannedChanged,
    /// What a citizen said is wrong with a place was looked into.
    PlaceReportDone,
    /// An item of the news was written, approved, hidden, changed or sent.
    NewsChanged,
    /// A request that was refused: forged, from another page, or beyond the role.
    Refused,
}

impl Actor {
    fn word(self) -> String {
        match self {
            Actor::Operator(id) => id.to_string(),
            Actor::CommandLine => "command line".to_owned(),
            Actor::Anyone => "anyone".to_owned(),
        }
    }
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Action::Invited => "invited",
            Action::InvitationAccepted => "invitation_accepted",
            Action::SignedIn => "signed_in",
            Action::SignInFailed => "sign_in_failed",
            Action::LockedOut => "locked_out",
            Action::SignedOut => "signed_out",
            Action::SignedOutEverywhere => "signed_out_everywhere",
            Action::PasswordChanged => "password_changed",
            Action::FactorChanged => "factor_changed",
            Action::RecoveryCodeUsed => "recovery_code_used",
            Action::OperatorChanged => "operator_changed",
            Action::OperatorDisabled => "operator_disabled",
            Action::ConversationRead => "conversation_read",
            Action::HandoffMoved => "handoff_moved",
            Action::HandoffClosed => "handoff_closed",
            Action::RecordRevealed => "record_revealed",
            Action::AttachmentSeen => "attachment_seen",
            Action::CallbackRevealed => "callback_revealed",
            Action::CallbackDone => "callback_done",
            Action::SettingsChanged => "settings_changed",
            Action::CannedChanged => "canned_changed",
            Action::PlaceReportDone => "place_report_done",
            Action::NewsChanged => "news_changed",
            Action::Refused => "refused",
        }
    }
}

/// An act to remember. `detail` is a JSON object without secrets or words of citizens.
pub fn audit(actor: Actor, action: Action, subject: Option<Uuid>, at_ms: i64, detail: &Value) -> NewAudit {
    NewAudit { actor: actor.word(), action: action.word(), subject: subject.map(|id| id.to_string()), at_ms, detail: detail.to_string() }
}
