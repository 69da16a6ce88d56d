//! What happens to the queue, and what it changes.

use super::{Closing, HandoffId, Hold, OperatorId, Priority, Resolution, Skill, Skills};

/// What happens to the queue.
///
/// Events may be repeated: the second time changes nothing. The note of a transfer is no business of the queue: it is an event in
/// the log of the conversation, appended in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueEvent {
    /// A citizen is handed over. A handoff that is open keeps its place.
    Entered {
        /// Who.
        handoff: HandoffId,
        /// How pressing it is.
        priority: Priority,
        /// The skill it needs.
        need: Option<Skill>,
    },
    /// The citizen leaves the queue, or ends the talk with the operator.
    Left {
        /// Who.
        handoff: HandoffId,
    },
    /// The citizen wants to be called back instead.
    CallbackAsked {
        /// Who.
        handoff: HandoffId,
    },
    /// An operator opens the console. One who is at the desk already stays there with these skills and this capacity.
    Arrived {
        /// Who.
        operator: OperatorId,
        /// What they can serve.
        skills: Skills,
        /// Conversations that they hold at once.
        capacity: u32,
        /// Whether they want offers: a console that comes back after a break says what it said before.
        accepting: bool,
    },
    /// An operator's console gives a sign of life.
    Present {
        /// Who.
        operator: OperatorId,
    },
    /// A supervisor changes what an operator serves.
    Configured {
        /// Who.
        operator: OperatorId,
        /// What they can serve.
        skills: Skills,
        /// Conversations that they hold at once. What they hold beyond it stays theirs.
        capacity: u32,
    },
    /// An operator wants offers, or none for now. Without, open offers go to others; what they have claimed stays theirs.
    Accepting {
        /// Who.
        operator: OperatorId,
        /// Whether.
        accepting: bool,
    },
    /// An operator leaves the desk.
    SignedOut {
        /// Who.
        operator: OperatorId,
    },
    /// An operator takes what is offered to them, or from the list by hand.
    Claim {
        /// What.
        handoff: HandoffId,
        /// Who.
        operator: OperatorId,
    },
    /// A conversation goes to another operator, or to another skill.
    Transfer {
        /// What.
        handoff: HandoffId,
        /// By whom.
        by: Authority,
        /// To whom.
        to: Target,
    },
    /// A conversation goes back to its place in the queue.
    Return {
        /// What.
        handoff: HandoffId,
        /// By whom.
        by: Authority,
    },
    /// A conversation is done.
    Resolve {
        /// What.
        handoff: HandoffId,
        /// By whom.
        by: Authority,
        /// Why.
        reason: Resolution,
    },
    /// Time passes.
    Tick,
}

/// By what right a conversation is moved or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// It is theirs.
    Holder(Hold),
    /// A supervisor may do it with every open handoff. Whether someone is one is for the shell to know.
    Supervisor,
}

/// Where a conversation is transferred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// It is offered to this operator, whatever their skills: people know whom they ask.
    Operator(OperatorId),
    /// It goes to its old place and now needs this skill.
    Skill(Skill),
}

/// What an event changes: each is the update of one row, an offer that of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A handoff draws its ticket and waits.
    Entered {
        /// Which.
        handoff: HandoffId,
        /// How pressing it is.
        priority: Priority,
        /// The skill it needs.
        need: Option<Skill>,
        /// Its ticket.
        ticket: i64,
    },
    /// A waiting handoff is offered. The number of the offer goes to the row of the operator.
    Offered {
        /// Which.
        handoff: HandoffId,
        /// To whom.
        to: OperatorId,
        /// Until when.
        until_ms: i64,
        /// The number of the offer.
        turn: i64,
    },
    /// The end of an offer is counted anew, because the clock was put back.
    OfferUntil {
        /// Which.
        handoff: HandoffId,
        /// Until when.
        until_ms: i64,
    },
    /// An operator owns the handoff.
    Claimed {
        /// Which.
        handoff: HandoffId,
        /// Who.
        by: OperatorId,
        /// The fencing number that their writes carry.
        fence: i64,
        /// When.
        at_ms: i64,
    },
    /// A handoff waits again, at its old place.
    Released {
        /// Which.
        handoff: HandoffId,
        /// Who had it.
        from: OperatorId,
        /// Why.
        why: Release,
    },
    /// A handoff needs this skill from now on.
    Needs {
        /// Which.
        handoff: HandoffId,
        /// The skill.
        need: Skill,
    },
    /// A handoff is closed, for good.
    Closed {
        /// Which.
        handoff: HandoffId,
        /// How it ended.
        closing: Closing,
        /// When.
        at_ms: i64,
    },
    /// An operator sits down at the desk.
    Arrived {
        /// Who.
        operator: OperatorId,
        /// What they can serve.
        skills: Skills,
        /// Conversations that they hold at once.
        capacity: u32,
        /// Whether they want offers.
        accepting: bool,
        /// Present until then.
        until_ms: i64,
    },
    /// An operator counts as present for longer, or for less long when the clock was put back.
    PresentUntil {
        /// Who.
        operator: OperatorId,
        /// Present until then.
        until_ms: i64,
    },
    /// An operator serves something else.
    Configured {
        /// Who.
        operator: OperatorId,
        /// What they can serve.
        skills: Skills,
        /// Conversations that they hold at once.
        capacity: u32,
    },
    /// An operator wants offers, or none.
    Accepting {
        /// Who.
        operator: OperatorId,
        /// Whether.
        accepting: bool,
    },
    /// An operator is no longer at the desk. What they held was released before.
    Gone {
        /// Who.
        operator: OperatorId,
    },
}

impl Change {
    /// Whether it can change who may serve whom: only then is there anything to schedule.
    pub(super) fn moves_work(&self) -> bool {
        !matches!(self, Change::PresentUntil { .. } | Change::OfferUntil { .. })
    }
}

/// Why a handoff went back to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The offer was not taken in time.
    OfferEnded,
    /// The operator wants no more offers.
    OfferWithdrawn,
    /// The operator gave no sign of life.
    LeaseEnded,
    /// The operator left the desk.
    SignedOut,
    /// The operator gave it back.
    Returned,
    /// It goes to someone else.
    Transferred,
}

impl Release {
    /// The word for it in the log.
    pub fn name(self) -> &'static str {
        match self {
            Release::OfferEnded => "offer_ended",
            Release::OfferWithdrawn => "offer_withdrawn",
            Release::LeaseEnded => "lease_ended",
            Release::SignedOut => "signed_out",
            Release::Returned => "returned",
            Release::Transferred => "transferred",
        }
    }

    /// Whether the operator meant to give it away, and should not be the next to be asked.
    pub fn is_deliberate(self) -> bool {
        matches!(self, Release::Returned | Release::Transferred)
    }
}

/// What [`super::decide`] decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// To be stored in one transaction and then applied in this order. Not empty even for a refused event when time had passed.
    pub changes: Vec<Change>,
    /// Whether the event was accepted. One that changes nothing because it is already so is accepted.
    pub outcome: Result<(), Refusal>,
}

/// Why an event was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is closed, or never was.
    #[error("the handoff is not open")]
    NoSuchHandoff,
    /// They never arrived, or their lease has ended: the console has to arrive again.
    #[error("the operator is not at the desk")]
    NotPresent,
    /// Another operator has it, or is being asked.
    #[error("another operator has the handoff")]
    Taken,
    /// Their claim is over.
    #[error("the handoff is not this operator's, or no longer under this fencing number")]
    NotTheirs,
    /// It needs a skill that they lack.
    #[error("the operator lacks the skill")]
    NotSkilled,
    /// They hold as many conversations as they can.
    #[error("the operator has no room")]
    NoRoom,
    /// They want no offers for now.
    #[error("the operator accepts no offers")]
    NotAccepting,
    /// [`super::OPEN_MAX`] or [`super::OPERATORS_MAX`] is reached.
    #[error("the queue is full")]
    Full,
}
