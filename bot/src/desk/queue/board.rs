//! Where changes are written: the queue itself, or the draft of a decision on top of it. What a change does is said once, in
//! [`Board::apply`].

use std::collections::BTreeMap;

use super::{Change, Closing, Handoff, HandoffId, Operator, OperatorId, Place, Queue, Seat, Served, Stage};

/// A queue that can be written.
pub(super) trait Board {
    fn handoff_mut(&mut self, id: HandoffId) -> Option<&mut Handoff>;
    fn open(&mut self, handoff: Handoff);
    fn close(&mut self, id: HandoffId);
    /// The handoff at this place is claimed by nobody from now on, or by somebody.
    fn line_up(&mut self, place: Place, in_line: bool);
    fn seat_mut(&mut self, id: OperatorId) -> Option<&mut Seat>;
    fn sit_down(&mut self, seat: Seat);
    fn stand_up(&mut self, id: OperatorId);
    fn ticket_drawn(&mut self, ticket: i64);
    fn served(&mut self, served: Served);

    fn apply(&mut self, change: &Change) {
        match *change {
            Change::Entered { handoff: id, priority, ref need, ticket } => {
                let handoff = Handoff { id, priority, ticket, need: need.clone(), avoid: None, fence: 0, stage: Stage::Waiting };
                self.open(handoff);
                self.ticket_drawn(ticket);
            }
            Change::Offered { handoff, to, until_ms, turn } => {
                self.restage(handoff, Stage::Offered { to, until_ms });
                if let Some(seat) = self.seat_mut(to) {
                    seat.operator.last_turn = turn;
                }
            }
            Change::OfferUntil { handoff, until_ms } => {
                if let Some(&mut Handoff { stage: Stage::Offered { to, .. }, .. }) = self.handoff_mut(handoff) {
                    self.restage(handoff, Stage::Offered { to, until_ms });
                }
            }
            Change::Claimed { handoff, by, fence, at_ms } => {
                self.restage(handoff, Stage::Claimed { by, since_ms: at_ms });
                if let Some(handoff) = self.handoff_mut(handoff) {
                    handoff.fence = fence;
                    handoff.avoid = None;
                }
            }
            Change::Released { handoff, from, why } => {
                self.restage(handoff, Stage::Waiting);
                if let Some(handoff) = self.handoff_mut(handoff) {
                    handoff.avoid = why.is_deliberate().then_some(from);
                }
            }
            Change::Needs { handoff, ref need } => {
                if let Some(handoff) = self.handoff_mut(handoff) {
                    handoff.need = Some(need.clone());
                }
            }
            Change::Closed { handoff: id, closing, at_ms } => {
                if let Some(&mut Handoff { stage: Stage::Claimed { since_ms, .. }, .. }) = self.handoff_mut(id)
                    && matches!(closing, Closing::Resolved(_))
                {
                    self.served(Served { at_ms, handoff: id, handling_ms: at_ms.saturating_sub(since_ms) });
                }
                self.restage(id, Stage::Waiting);
                self.close(id);
            }
            Change::Arrived { operator: id, ref skills, capacity, accepting, until_ms } => {
                let skills = skills.clone();
                self.sit_down(Seat::of(Operator { id, skills, capacity, accepting, present_until_ms: until_ms, last_turn: 0 }));
            }
            Change::PresentUntil { operator, until_ms } => {
                if let Some(seat) = self.seat_mut(operator) {
                    seat.operator.present_until_ms = until_ms;
                }
            }
            Change::Configured { operator, ref skills, capacity } => {
                if let Some(Seat { operator, .. }) = self.seat_mut(operator) {
                    operator.skills = skills.clone();
                    operator.capacity = capacity;
                }
            }
            Change::Accepting { operator, accepting } => {
                if let Some(seat) = self.seat_mut(operator) {
                    seat.operator.accepting = accepting;
                }
            }
            Change::Gone { operator } => self.stand_up(operator),
        }
    }

    /// Moves a handoff from one stage to another, and from one pair of hands to another.
    fn restage(&mut self, id: HandoffId, stage: Stage) {
        let Some(handoff) = self.handoff_mut(id) else { return };
        let before = std::mem::replace(&mut handoff.stage, stage);
        let place = handoff.place();
        if let Some(seat) = before.holder().and_then(|holder| self.seat_mut(holder)) {
            seat.offered.remove(&id);
            seat.claimed.remove(&id);
        }
        if let Some(seat) = stage.holder().and_then(|holder| self.seat_mut(holder)) {
            seat.hold(id, stage);
        }
        self.line_up(place, !matches!(stage, Stage::Claimed { .. }));
    }
}

impl Board for Queue {
    fn handoff_mut(&mut self, id: HandoffId) -> Option<&mut Handoff> {
        self.handoffs.get_mut(&id)
    }

    fn open(&mut self, handoff: Handoff) {
        self.line.insert(handoff.place());
        self.handoffs.insert(handoff.id, handoff);
    }

    fn close(&mut self, id: HandoffId) {
        if let Some(handoff) = self.handoffs.remove(&id) {
            self.line.remove(&handoff.place());
        }
    }

    fn line_up(&mut self, place: Place, in_line: bool) {
        if in_line {
            self.line.insert(place);
        } else {
            self.line.remove(&place);
        }
    }

    fn seat_mut(&mut self, id: OperatorId) -> Option<&mut Seat> {
        self.seats.get_mut(&id)
    }

    fn sit_down(&mut self, seat: Seat) {
        self.seats.insert(seat.operator.id, seat);
    }

    fn stand_up(&mut self, id: OperatorId) {
        self.seats.remove(&id);
    }

    fn ticket_drawn(&mut self, ticket: i64) {
        self.next_ticket = ticket.saturating_add(1);
    }

    fn served(&mut self, served: Served) {
        self.handling.add(served);
    }
}

/// A decision being made: the queue as it was, and what differs by now. Copies only what it touches.
pub(super) struct Draft<'q> {
    pub(super) queue: &'q Queue,
    pub(super) now_ms: i64,
    pub(super) changes: Vec<Change>,
    /// `None`: closed.
    handoffs: BTreeMap<HandoffId, Option<Handoff>>,
    /// `None`: gone.
    seats: BTreeMap<OperatorId, Option<Seat>>,
    next_ticket: i64,
}

impl<'q> Draft<'q> {
    pub(super) fn on(queue: &'q Queue, now_ms: i64) -> Draft<'q> {
        Draft { queue, now_ms, changes: Vec::new(), handoffs: BTreeMap::new(), seats: BTreeMap::new(), next_ticket: queue.next_ticket }
    }

    /// Writes a change down; what is read from here on has it.
    pub(super) fn change(&mut self, change: Change) {
        self.apply(&change);
        self.changes.push(change);
    }

    pub(super) fn handoff(&self, id: HandoffId) -> Option<&Handoff> {
        match self.handoffs.get(&id) {
            Some(touched) => touched.as_ref(),
            None => self.queue.handoffs.get(&id),
        }
    }

    pub(super) fn seat(&self, id: OperatorId) -> Option<&Seat> {
        match self.seats.get(&id) {
            Some(touched) => touched.as_ref(),
            None => self.queue.seats.get(&id),
        }
    }

    /// Everyone at the desk, in no order that matters.
    pub(super) fn seats(&self) -> impl Iterator<Item = &Seat> {
        let untouched = self.queue.seats.iter().filter(|(id, _)| !self.seats.contains_key(id)).map(|(_, seat)| seat);
        untouched.chain(self.seats.values().flatten())
    }

    /// The places of those waiting whom this decision has touched, in order; the line of the queue has the others.
    pub(super) fn touched_places(&self) -> Vec<Place> {
        let waiting = |handoff: &&Handoff| handoff.stage == Stage::Waiting;
        let mut places: Vec<Place> = self.handoffs.values().flatten().filter(waiting).map(Handoff::place).collect();
        places.sort_unstable();
        places
    }

    pub(super) fn next_ticket(&self) -> i64 {
        self.next_ticket
    }

    /// The number of the next offer.
    pub(super) fn next_turn(&self) -> i64 {
        self.seats().map(|seat| seat.operator.last_turn).max().unwrap_or(0).saturating_add(1)
    }
}

impl Board for Draft<'_> {
    fn handoff_mut(&mut self, id: HandoffId) -> Option<&mut Handoff> {
        self.handoffs.entry(id).or_insert_with(|| self.queue.handoffs.get(&id).cloned()).as_mut()
    }

    fn open(&mut self, handoff: Handoff) {
        self.handoffs.insert(handoff.id, Some(handoff));
    }

    fn close(&mut self, id: HandoffId) {
        self.handoffs.insert(id, None);
    }

    /// Who waits is read off the touched handoffs.
    fn line_up(&mut self, _: Place, _: bool) {}

    fn seat_mut(&mut self, id: OperatorId) -> Option<&mut Seat> {
        self.seats.entry(id).or_insert_with(|| self.queue.seats.get(&id).cloned()).as_mut()
    }

    fn sit_down(&mut self, seat: Seat) {
        self.seats.insert(seat.operator.id, Some(seat));
    }

    fn stand_up(&mut self, id: OperatorId) {
        self.seats.insert(id, None);
    }

    fn ticket_drawn(&mut self, ticket: i64) {
        self.next_ticket = ticket.saturating_add(1);
    }

    /// No decision depends on how long others took.
    fn served(&mut self, _: Served) {}
}
