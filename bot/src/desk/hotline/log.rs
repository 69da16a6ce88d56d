//! What a decision writes: its rows, and what the logs of the conversations tell of it.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Act, Held, HotlineError, stored};
use crate::desk::queue::{Change, Closing, HandoffId, Release, Resolution, Stage, Standing};
use crate::dialogue::{Channel, Event, Minutes, after_resolution};
use crate::store::{DeskAppend, DeskChange, DeskNote, DeskWrite, NewEvent};

/// Positions at which a citizen who gets messages instead of an open stream is told of every step.
const TOLD_EACH_MAX: i64 = 3;
/// Citizens told in one decision; the others are told with the next.
const TOLD_PER_DECISION_MAX: usize = 50;

/// A decision being written down.
pub(super) struct Draft<'a> {
    act: &'a Act,
    at_ms: i64,
    version: i64,
    changes: Vec<DeskChange>,
    notes: Vec<DeskNote>,
    events: BTreeMap<Uuid, Vec<Event>>,
    /// Somebody came into the line, or left it.
    line_moved: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(version: i64, at_ms: i64, act: &'a Act) -> Draft<'a> {
        Draft { act, at_ms, version, changes: Vec::new(), notes: Vec::new(), events: BTreeMap::new(), line_moved: false }
    }

    /// Makes a change so, and notes what it writes.
    pub(super) fn change(&mut self, held: &mut Held, change: Change) {
        let before = handoff_in(&change).and_then(|id| held.queue.handoff(id)).map(|handoff| handoff.stage);
        let case = handoff_in(&change).and_then(|id| held.cases.get(&id));
        if let Some(conversation_id) = case.map(|case| case.conversation_id) {
            let told = self.told_by(held, &change, before);
            if !told.is_empty() {
                self.events.entry(conversation_id).or_default().extend(told);
            }
        }
        self.line_moved |=
            matches!(change, Change::Entered { .. } | Change::Claimed { .. } | Change::Released { .. } | Change::Closed { .. });
        self.changes.push(row_of(&change));
        held.queue.apply(&change);
    }

    /// What the log of the conversation tells. Who was merely offered it is nobody's business there.
    fn told_by(&self, held: &Held, change: &Change, before: Option<Stage>) -> Vec<Event> {
        match *change {
            Change::Claimed { by, fence, .. } => vec![Event::HandoffClaimed { operator: held.name(by), fence }],
            Change::Released { from, why, .. } if matches!(before, Some(Stage::Claimed { .. })) => {
                let (to_operator, to_skill) = self.act.to.clone().filter(|_| why == Release::Transferred).unwrap_or_default();
                vec![Event::HandoffReleased { operator: Some(held.name(from)), why: why.name().to_owned(), to_operator, to_skill }]
            }
            // The citizen's own turn has told already.
            Change::Closed { .. } if self.act.own_turn => Vec::new(),
            Change::Closed { closing: Closing::Resolved(reason), .. } => after_resolution(reason.name()),
            _ => Vec::new(),
        }
    }

    /// Tells those who get messages instead of an open stream where they stand: at first, each time their position has halved, and
    /// near the end each step. So nobody is told more often than some times, however long the line.
    pub(super) fn tell_positions(&mut self, held: &mut Held, at_ms: i64) {
        if !self.line_moved || !held.cases.values().any(|case| case.channel == Channel::Telegram.name()) {
            return;
        }
        let mut told = 0;
        for (id, standing) in held.queue.standings(at_ms) {
            if told == TOLD_PER_DECISION_MAX {
                return;
            }
            let waits = held.queue.handoff(id).is_some_and(|handoff| handoff.stage == Stage::Waiting);
            let Some(case) = held.cases.get_mut(&id).filter(|case| waits && case.channel == Channel::Telegram.name()) else { continue };
            let position = i64::try_from(standing.position).unwrap_or(i64::MAX);
            if case.told.is_some_and(|told| position >= told || (position > TOLD_EACH_MAX && position * 2 > told)) {
                continue;
            }
            case.told = Some(position);
            told += 1;
            self.notes.push(DeskNote::Told { handoff_id: id.0, position });
            self.events.entry(case.conversation_id).or_default().push(position_event(&standing));
        }
    }

    /// What is to be stored; `None`: nothing. `own` is the act, unless it was refused.
    pub(super) fn finish(self, own: Option<&Act>) -> Result<Option<DeskWrite>, HotlineError> {
        let mut notes = self.notes;
        let mut appends = Vec::with_capacity(self.events.len() + 1);
        let mut own_append = own.and_then(|act| act.append.clone());
        for (conversation_id, events) in self.events {
            let events = events.iter().map(stored).collect::<Result<Vec<NewEvent>, _>>()?;
            match own_append.take_if(|append| append.conversation_id == conversation_id) {
                Some(mut append) => {
                    append.events.extend(events);
                    // It was made without them.
                    append.snapshot = None;
                    appends.push(append);
                }
                None => appends.push(DeskAppend {
                    conversation_id,
                    expected_seq: None,
                    events,
                    input_id: None,
                    effects: Vec::new(),
                    snapshot: None,
                }),
            }
        }
        appends.extend(own_append);
        // In one order on all nodes.
        appends.sort_by_key(|append| append.conversation_id);
        let audits = own.map(|act| act.audits.clone()).unwrap_or_default();
        notes.extend(own.into_iter().flat_map(|act| act.notes.iter().cloned()));
        if self.changes.is_empty() && notes.is_empty() && appends.is_empty() && audits.is_empty() {
            return Ok(None);
        }
        Ok(Some(DeskWrite { expected_version: self.version, at_ms: self.at_ms, changes: self.changes, notes, appends, audits }))
    }
}

fn position_event(standing: &Standing) -> Event {
    let wait = standing.wait.map(|wait| Minutes { min: wait.minutes_min, max: wait.minutes_max });
    Event::QueuePosition { position: u32::try_from(standing.position).unwrap_or(u32::MAX), wait }
}

/// Whether a change can be seen by anyone: signs of life cannot.
pub(super) fn is_seen(change: &DeskChange) -> bool {
    !matches!(change, DeskChange::SeatUntil { .. } | DeskChange::OfferUntil { .. })
}

fn handoff_in(change: &Change) -> Option<HandoffId> {
    match *change {
        Change::Entered { handoff, .. }
        | Change::Offered { handoff, .. }
        | Change::OfferUntil { handoff, .. }
        | Change::Claimed { handoff, .. }
        | Change::Released { handoff, .. }
        | Change::Needs { handoff, .. }
        | Change::Closed { handoff, .. } => Some(handoff),
        Change::Arrived { .. }
        | Change::PresentUntil { .. }
        | Change::Configured { .. }
        | Change::Accepting { .. }
        | Change::Gone { .. } => None,
    }
}

fn row_of(change: &Change) -> DeskChange {
    match *change {
        Change::Entered { handoff, priority, ref need, ticket } => {
            let need = need.as_ref().map(ToString::to_string);
            DeskChange::Entered { handoff_id: handoff.0, priority: priority.rank(), need, ticket }
        }
        Change::Offered { handoff, to, until_ms, turn } => DeskChange::Offered { handoff_id: handoff.0, operator_id: to.0, until_ms, turn },
        Change::OfferUntil { handoff, until_ms } => DeskChange::OfferUntil { handoff_id: handoff.0, until_ms },
        Change::Claimed { handoff, by, fence, at_ms } => DeskChange::Claimed { handoff_id: handoff.0, operator_id: by.0, fence, at_ms },
        Change::Released { handoff, from, why } => {
            DeskChange::Released { handoff_id: handoff.0, avoid_operator_id: why.is_deliberate().then_some(from.0) }
        }
        Change::Needs { handoff, ref need } => DeskChange::Needs { handoff_id: handoff.0, need: need.to_string() },
        Change::Closed { handoff, closing, at_ms } => DeskChange::Closed {
            handoff_id: handoff.0,
            state: closing.name(),
            resolution: match closing {
                Closing::Resolved(reason) => Some(Resolution::name(reason)),
                Closing::Abandoned | Closing::Callback => None,
            },
            at_ms,
        },
        Change::Arrived { operator, accepting, until_ms, .. } => DeskChange::SeatTaken { operator_id: operator.0, accepting, until_ms },
        Change::PresentUntil { operator, until_ms } => DeskChange::SeatUntil { operator_id: operator.0, until_ms },
        Change::Configured { .. } => DeskChange::Configured,
        Change::Accepting { operator, accepting } => DeskChange::SeatAccepting { operator_id: operator.0, accepting },
        Change::Gone { operator } => DeskChange::SeatLeft { operator_id: operator.0 },
    }
}
