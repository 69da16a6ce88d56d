//! The queue of the hotline: a pure aggregate.
//!
//! [`decide`] says what an event changes, [`Queue::apply`] makes it so. Between the two the shell stores the changes: each
//! [`Change`] names the row that it updates, all changes of a decision are one transaction, and a decision that could not be
//! stored never happened. [`Queue::from_rows`] gives the same queue again from what was stored.
//!
//! What holds after every decision:
//! - **One order.** [`Place`]: priority, then a ticket drawn on entry. A ticket is kept until the handoff is closed, so whoever
//!   loses their operator returns to the old place. Tickets are numbers and not times: a clock that is put back reorders nobody.
//! - **Nobody waits while someone eligible is free.** The scheduler is part of every decision that can change who may serve whom.
//! - **One owner.** A claim succeeds on a handoff that waits or is offered to the claimer. It carries a fencing number, one higher
//!   than any before on this handoff; a write with another number is refused ([`Queue::check`]).
//! - **Nobody is stranded.** What an operator holds is leased by presence: no sign of life for [`Rules::lease_ms`] and all of it
//!   goes back. An offer that is not taken in time goes to someone else, and whoever missed it gets no more until they say so.
//! - **A clock put back delays nothing**: a deadline further off than its whole length is counted anew.

mod board;
mod decide;
mod event;
#[cfg(test)]
mod tests;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

pub use decide::decide;
pub use event::{Authority, Change, Decision, QueueEvent, Refusal, Release, Target};
pub use wait::{Standing, WaitRange};

use board::Board;
use wait::Handling;

/// Handoffs open at once; one more is refused.
pub const OPEN_MAX: usize = 10_000;
/// Operators at the desk at once; one more is refused.
pub const OPERATORS_MAX: usize = 1_000;

/// One stay of a conversation in the queue, from asking for an operator until it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandoffId(pub Uuid);

/// An operator (tổng đài viên).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(pub Uuid);

/// A domain of questions that an operator knows: a folder of `faq/content`, such as `bhyt`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Skill(Arc<str>);

impl Skill {
    /// The longest name.
    pub const CHARS_MAX: usize = 40;

    /// A skill by its name: lower-case ASCII letters, digits and `-`. `None` for anything else.
    pub fn parse(name: &str) -> Option<Skill> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=Skill::CHARS_MAX).contains(&name.len()) && name.bytes().all(fits)).then(|| Skill(name.into()))
    }
}

impl fmt::Display for Skill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an operator can serve. Without any named skill: everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skills(Arc<[Skill]>);

impl Skills {
    /// Every handoff.
    pub fn all() -> Skills {
        Skills(Arc::new([]))
    }

    /// Handoffs that need one of these or nothing in particular.
    pub fn of(skills: impl IntoIterator<Item = Skill>) -> Skills {
        Skills(skills.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// Each that is named, in order; none: everything.
    pub fn iter(&self) -> impl Iterator<Item = &Skill> {
        self.0.iter()
    }

    /// Whether a handoff with this need can be served.
    pub fn cover(&self, need: Option<&Skill>) -> bool {
        need.is_none_or(|need| self.0.is_empty() || self.0.contains(need))
    }
}

/// How pressing a handoff is; the most pressing is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// A complaint (khiếu nại) or denunciation (tố cáo).
    Complaint,
    /// The bot did not understand repeatedly.
    RepeatedMisses,
    /// The citizen asked for a person.
    Asked,
    /// The citizen was not content with an answer.
    Unhappy,
}

impl Priority {
    /// Most pressing first.
    pub const ALL: [Priority; 4] = [Priority::Complaint, Priority::RepeatedMisses, Priority::Asked, Priority::Unhappy];

    /// Its number in the database: the smaller, the more pressing.
    pub fn rank(self) -> i64 {
        match self {
            Priority::Complaint => 0,
            Priority::RepeatedMisses => 1,
            Priority::Asked => 2,
            Priority::Unhappy => 3,
        }
    }

    /// The priority of that number.
    pub fn from_rank(rank: i64) -> Option<Priority> {
        Priority::ALL.into_iter().find(|priority| priority.rank() == rank)
    }
}

/// A place in the total order of the queue; the least is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Compared first.
    pub priority: Priority,
    /// The ticket drawn on entry.
    pub ticket: i64,
    /// Tickets differ; this keeps rows that were tampered with from hiding one another.
    pub handoff: HandoffId,
}

/// Where an open handoff stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// For an operator.
    Waiting,
    /// One operator is asked to take it.
    Offered {
        /// Whom.
        to: OperatorId,
        /// Until when, in Unix milliseconds.
        until_ms: i64,
    },
    /// An operator owns it, for as long as they are present.
    Claimed {
        /// Who.
        by: OperatorId,
        /// Since when, in Unix milliseconds.
        since_ms: i64,
    },
}

impl Stage {
    /// The word for it in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Stage::Waiting => "waiting",
            Stage::Offered { .. } => "offered",
            Stage::Claimed { .. } => "claimed",
        }
    }

    /// Whose hands it is in.
    pub fn holder(&self) -> Option<OperatorId> {
        match *self {
            Stage::Waiting => None,
            Stage::Offered { to: operator, .. } | Stage::Claimed { by: operator, .. } => Some(operator),
        }
    }
}

/// How a handoff ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Served.
    Resolved(Resolution),
    /// The citizen left before an operator had it.
    Abandoned,
    /// The citizen asked to be called back.
    Callback,
}

impl Closing {
    /// The word for it in the database.
    pub fn name(self) -> &'static str {
        match self {
            Closing::Resolved(_) => "resolved",
            Closing::Abandoned => "abandoned",
            Closing::Callback => "callback",
        }
    }
}

/// Why an operator is done with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The question was answered.
    Answered,
    /// The citizen was sent to an office or another authority.
    Referred,
    /// The citizen no longer writes.
    NoReply,
    /// The same matter is handled elsewhere.
    Duplicate,
    /// Abuse or nonsense.
    Misuse,
    /// The citizen ended the talk.
    EndedByCitizen,
}

impl Resolution {
    /// Every one of them.
    pub const ALL: [Resolution; 6] = [
        Resolution::Answered,
        Resolution::Referred,
        Resolution::NoReply,
        Resolution::Duplicate,
        Resolution::Misuse,
        Resolution::EndedByCitizen,
    ];

    /// The reason of that word.
    pub fn parse(word: &str) -> Option<Resolution> {
        Resolution::ALL.into_iter().find(|reason| reason.name() == word)
    }

    /// The word for it in the database.
    pub fn name(self) -> &'static str {
        match self {
            Resolution::Answered => "answered",
            Resolution::Referred => "referred",
            Resolution::NoReply => "no_reply",
            Resolution::Duplicate => "duplicate",
            Resolution::Misuse => "misuse",
            Resolution::EndedByCitizen => "ended_by_citizen",
        }
    }
}

/// An open handoff: the row that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// Its key.
    pub id: HandoffId,
    /// How pressing it is.
    pub priority: Priority,
    /// Drawn on entry, never given twice.
    pub ticket: i64,
    /// The skill it needs; `None`: anyone can serve it.
    pub need: Option<Skill>,
    /// Who gave it back last. They are asked again only when nobody else at the desk could serve it.
    pub avoid: Option<OperatorId>,
    /// The number of claims so far, and the fencing number of the last.
    pub fence: i64,
    /// Where it stands.
    pub stage: Stage,
}

impl Handoff {
    /// Its place in the order, whatever its stage.
    pub fn place(&self) -> Place {
        Place { priority: self.priority, ticket: self.ticket, handoff: self.id }
    }
}

/// An operator at the desk: the row that is stored. Whoever is not at the desk has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Their key.
    pub id: OperatorId,
    /// What they can serve.
    pub skills: Skills,
    /// Conversations that they hold at once.
    pub capacity: u32,
    /// Whether they want offers.
    pub accepting: bool,
    /// Until when they count as present without another sign of life, in Unix milliseconds.
    pub present_until_ms: i64,
    /// The number of the last offer made to them: among equals, whoever was asked longest ago is asked.
    pub last_turn: i64,
}

impl Operator {
    /// Conversations held at once, unless a supervisor says otherwise.
    pub const CAPACITY_DEFAULT: u32 = 4;
}

/// A resolved handoff, for the estimate of waiting times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// When it was resolved, in Unix milliseconds.
    pub at_ms: i64,
    /// Which.
    pub handoff: HandoffId,
    /// How long its last owner had it.
    pub handling_ms: i64,
}

/// What an operator shows with every write: that the conversation is still theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Who writes.
    pub operator: OperatorId,
    /// The fencing number of their claim.
    pub fence: i64,
}

/// How long things last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long an operator counts as present after a sign of life. Default 60 s: consoles give one every 20 s, so two may be
    /// lost, and a citizen waits for a closed laptop at most a minute.
    pub lease_ms: i64,
    /// How long an offer stands. Default 30 s.
    pub offer_ms: i64,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { lease_ms: 60_000, offer_ms: 30_000 }
    }
}

/// What is stored of a queue.
#[derive(Debug, Clone, Default)]
pub struct QueueRows {
    /// Every open handoff that has a ticket.
    pub handoffs: Vec<Handoff>,
    /// Every operator at the desk.
    pub operators: Vec<Operator>,
    /// The last [`Served::KEPT_MAX`] resolved handoffs, or more.
    pub served: Vec<Served>,
    /// One more than the highest ticket ever drawn.
    pub next_ticket: i64,
}

/// The whole queue: open handoffs and the operators at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    rules: Rules,
    handoffs: BTreeMap<HandoffId, Handoff>,
    seats: BTreeMap<OperatorId, Seat>,
    /// Those that nobody has claimed, in order.
    line: BTreeSet<Place>,
    next_ticket: i64,
    handling: Handling,
}

/// An operator with what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seat {
    operator: Operator,
    /// With the end of each offer.
    offered: BTreeMap<HandoffId, i64>,
    claimed: BTreeSet<HandoffId>,
}

impl Seat {
    fn of(operator: Operator) -> Seat {
        Seat { operator, offered: BTreeMap::new(), claimed: BTreeSet::new() }
    }

    fn hold(&mut self, handoff: HandoffId, stage: Stage) {
        match stage {
            Stage::Offered { until_ms, .. } => {
                self.offered.insert(handoff, until_ms);
            }
            Stage::Claimed { .. } => {
                self.claimed.insert(handoff);
            }
            Stage::Waiting => {}
        }
    }

    fn load(&self) -> usize {
        self.offered.len() + self.claimed.len()
    }

    fn has_room(&self) -> bool {
        self.load() < self.operator.capacity as usize
    }
}

impl Queue {
    /// An empty queue.
    pub fn new(rules: Rules) -> Queue {
        Queue::from_rows(rules, QueueRows { next_ticket: 1, ..QueueRows::default() })
    }

    /// The queue that was stored. Ask it to [`decide`] on a [`QueueEvent::Tick`] first: time has passed since.
    ///
    /// A row that names an operator who has none is taken as held by one whose lease has ended, so that the next decision returns
    /// it to its place.
    pub fn from_rows(rules: Rules, rows: QueueRows) -> Queue {
        let mut queue = Queue {
            rules,
            handoffs: BTreeMap::new(),
            seats: rows.operators.into_iter().map(|operator| (operator.id, Seat::of(operator))).collect(),
            line: BTreeSet::new(),
            next_ticket: rows.next_ticket,
            handling: rows.served.into_iter().collect(),
        };
        for handoff in rows.handoffs {
            if let Some(holder) = handoff.stage.holder() {
                queue.seats.entry(holder).or_insert_with(|| Seat::of(long_gone(holder))).hold(handoff.id, handoff.stage);
            }
            queue.next_ticket = queue.next_ticket.max(handoff.ticket.saturating_add(1));
            if !matches!(handoff.stage, Stage::Claimed { .. }) {
                queue.line.insert(handoff.place());
            }
            queue.handoffs.insert(handoff.id, handoff);
        }
        queue
    }

    /// Makes a change so. Changes are decided on this very queue and applied in their order.
    pub fn apply(&mut self, change: &Change) {
        Board::apply(self, change);
    }

    /// An open handoff.
    pub fn handoff(&self, handoff: HandoffId) -> Option<&Handoff> {
        self.handoffs.get(&handoff)
    }

    /// Every open handoff.
    pub fn handoffs(&self) -> impl Iterator<Item = &Handoff> {
        self.handoffs.values()
    }

    /// Those that nobody has claimed, in order.
    pub fn line(&self) -> impl Iterator<Item = &Handoff> {
        self.line.iter().filter_map(|place| self.handoffs.get(&place.handoff))
    }

    /// An operator at the desk.
    pub fn operator(&self, operator: OperatorId) -> Option<&Operator> {
        self.seats.get(&operator).map(|seat| &seat.operator)
    }

    /// Every operator at the desk.
    pub fn operators(&self) -> impl Iterator<Item = &Operator> {
        self.seats.values().map(|seat| &seat.operator)
    }

    /// What an operator has claimed.
    pub fn claimed_by(&self, operator: OperatorId) -> impl Iterator<Item = HandoffId> {
        self.seats.get(&operator).into_iter().flat_map(|seat| seat.claimed.iter().copied())
    }

    /// What is offered to an operator.
    pub fn offered_to(&self, operator: OperatorId) -> impl Iterator<Item = HandoffId> {
        self.seats.get(&operator).into_iter().flat_map(|seat| seat.offered.keys().copied())
    }

    /// What the estimate of waiting times rests on, oldest first.
    pub fn served(&self) -> impl Iterator<Item = &Served> {
        self.handling.iter()
    }

    /// Whether a write on this handoff is its owner's. Time that has passed counts, although no decision has noted it yet.
    pub fn check(&self, handoff: HandoffId, hold: Hold, now_ms: i64) -> Result<(), Refusal> {
        let handoff = self.handoffs.get(&handoff).ok_or(Refusal::NoSuchHandoff)?;
        let seat = self.seats.get(&hold.operator).ok_or(Refusal::NotPresent)?;
        if seat.operator.present_until_ms <= now_ms {
            return Err(Refusal::NotPresent);
        }
        handoff.is_held_by(hold)
    }

    /// When the next lease or offer ends, if nothing happens before: the time for a [`QueueEvent::Tick`].
    pub fn next_deadline_ms(&self) -> Option<i64> {
        let ends = |seat: &Seat| seat.offered.values().copied().chain([seat.operator.present_until_ms]).min();
        self.seats.values().filter_map(ends).min()
    }
}

/// An operator of whom nothing is known but what they held.
fn long_gone(id: OperatorId) -> Operator {
    Operator { id, skills: Skills::all(), capacity: 0, accepting: false, present_until_ms: i64::MIN, last_turn: 0 }
}
