//! What an event changes: first the time that has passed, then the event, then the scheduler.

use super::board::Draft;
use super::{
    Authority, Change, Closing, Decision, Handoff, HandoffId, Hold, OPEN_MAX, OPERATORS_MAX, OperatorId, Place, Queue, QueueEvent, Refusal,
    Release, Resolution, Skill, Skills, Stage, Target,
};

/// What an event changes at a moment in Unix milliseconds. The same arguments always give the same decision.
///
/// Leases and offers that have ended by then are ended first, so an operator who is late is refused, however long nobody looked.
pub fn decide(queue: &Queue, event: &QueueEvent, now_ms: i64) -> Decision {
    let mut draft = Draft::on(queue, now_ms);
    draft.let_time_pass();
    let outcome = draft.take(event);
    // A tick schedules in any case: the queue may come from rows that another version of this program has left.
    if *event == QueueEvent::Tick || draft.changes.iter().any(Change::moves_work) {
        draft.schedule();
    }
    Decision { changes: draft.changes, outcome }
}

impl Draft<'_> {
    fn let_time_pass(&mut self) {
        let queue = self.queue;
        let lease_end_ms = self.lease_end_ms();
        let offer_end_ms = self.offer_end_ms();
        for (&operator, seat) in &queue.seats {
            let present_until_ms = seat.operator.present_until_ms;
            if present_until_ms <= self.now_ms {
                self.leave_desk(operator, Release::LeaseEnded);
                continue;
            }
            if present_until_ms > lease_end_ms {
                self.change(Change::PresentUntil { operator, until_ms: lease_end_ms });
            }
            let mut missed_one = false;
            for (&handoff, &until_ms) in &seat.offered {
                if until_ms <= self.now_ms {
                    self.change(Change::Released { handoff, from: operator, why: Release::OfferEnded });
                    missed_one = true;
                } else if until_ms > offer_end_ms {
                    self.change(Change::OfferUntil { handoff, until_ms: offer_end_ms });
                }
            }
            // Whoever misses an offer is not looking: without this, two who are not would pass a citizen back and forth.
            if missed_one {
                self.set_accepting(operator, false);
            }
        }
    }

    fn take(&mut self, event: &QueueEvent) -> Result<(), Refusal> {
        match *event {
            QueueEvent::Entered { handoff, priority, ref need } => {
                if self.handoff(handoff).is_none() {
                    if self.queue.handoffs.len() >= OPEN_MAX {
                        return Err(Refusal::Full);
                    }
                    let ticket = self.next_ticket();
                    self.change(Change::Entered { handoff, priority, need: need.clone(), ticket });
                }
            }
            QueueEvent::Left { handoff } => {
                let closing = match self.open_handoff(handoff)?.stage {
                    Stage::Waiting | Stage::Offered { .. } => Closing::Abandoned,
                    Stage::Claimed { .. } => Closing::Resolved(Resolution::EndedByCitizen),
                };
                self.change(Change::Closed { handoff, closing, at_ms: self.now_ms });
            }
            QueueEvent::CallbackAsked { handoff } => {
                self.open_handoff(handoff)?;
                self.change(Change::Closed { handoff, closing: Closing::Callback, at_ms: self.now_ms });
            }
            QueueEvent::Arrived { operator, ref skills, capacity, accepting } => {
                if self.seat(operator).is_some() {
                    self.renew(operator);
                    self.configure(operator, skills, capacity)?;
                } else if self.queue.seats.len() >= OPERATORS_MAX {
                    return Err(Refusal::Full);
                } else {
                    let until_ms = self.lease_end_ms();
                    self.change(Change::Arrived { operator, skills: skills.clone(), capacity, accepting, until_ms });
                }
            }
            QueueEvent::Present { operator } => {
                self.seat(operator).ok_or(Refusal::NotPresent)?;
                self.renew(operator);
            }
            QueueEvent::Configured { operator, ref skills, capacity } => self.configure(operator, skills, capacity)?,
            QueueEvent::Accepting { operator, accepting } => {
                self.seat(operator).ok_or(Refusal::NotPresent)?;
                self.set_accepting(operator, accepting);
            }
            QueueEvent::SignedOut { operator } => {
                self.seat(operator).ok_or(Refusal::NotPresent)?;
                self.leave_desk(operator, Release::SignedOut);
            }
            QueueEvent::Claim { handoff, operator } => self.claim(handoff, operator)?,
            QueueEvent::Transfer { handoff, by, ref to } => {
                self.authorise(handoff, by)?;
                self.transfer(handoff, to)?;
            }
            QueueEvent::Return { handoff, by } => {
                self.authorise(handoff, by)?;
                self.release(handoff, Release::Returned);
            }
            QueueEvent::Resolve { handoff, by, reason } => {
                self.authorise(handoff, by)?;
                self.change(Change::Closed { handoff, closing: Closing::Resolved(reason), at_ms: self.now_ms });
            }
            QueueEvent::Tick => {}
        }
        Ok(())
    }

    fn claim(&mut self, id: HandoffId, operator: OperatorId) -> Result<(), Refusal> {
        let seat = self.seat(operator).ok_or(Refusal::NotPresent)?;
        let handoff = self.open_handoff(id)?;
        match handoff.stage {
            // The answer to their first claim was lost.
            Stage::Claimed { by, .. } if by == operator => return Ok(()),
            Stage::Offered { to, .. } if to == operator => {}
            Stage::Claimed { .. } | Stage::Offered { .. } => return Err(Refusal::Taken),
            Stage::Waiting if !seat.operator.skills.cover(handoff.need.as_ref()) => return Err(Refusal::NotSkilled),
            Stage::Waiting if !seat.has_room() => return Err(Refusal::NoRoom),
            Stage::Waiting => {}
        }
        let fence = handoff.fence.saturating_add(1);
        self.change(Change::Claimed { handoff: id, by: operator, fence, at_ms: self.now_ms });
        Ok(())
    }

    fn transfer(&mut self, handoff: HandoffId, to: &Target) -> Result<(), Refusal> {
        match to {
            Target::Operator(operator) => {
                let seat = self.seat(*operator).ok_or(Refusal::NotPresent)?;
                if self.open_handoff(handoff)?.stage.holder() == Some(*operator) {
                    return Ok(());
                }
                if !seat.operator.accepting {
                    return Err(Refusal::NotAccepting);
                }
                if !seat.has_room() {
                    return Err(Refusal::NoRoom);
                }
                self.release(handoff, Release::Transferred);
                self.offer(handoff, *operator);
            }
            Target::Skill(need) => {
                self.release(handoff, Release::Transferred);
                self.change(Change::Needs { handoff, need: need.clone() });
            }
        }
        Ok(())
    }

    fn authorise(&self, handoff: HandoffId, by: Authority) -> Result<(), Refusal> {
        let handoff = self.open_handoff(handoff)?;
        match by {
            Authority::Supervisor => Ok(()),
            Authority::Holder(hold) => {
                self.seat(hold.operator).ok_or(Refusal::NotPresent)?;
                handoff.is_held_by(hold)
            }
        }
    }

    fn configure(&mut self, operator: OperatorId, skills: &Skills, capacity: u32) -> Result<(), Refusal> {
        let now = &self.seat(operator).ok_or(Refusal::NotPresent)?.operator;
        if now.skills != *skills || now.capacity != capacity {
            self.change(Change::Configured { operator, skills: skills.clone(), capacity });
        }
        Ok(())
    }

    fn set_accepting(&mut self, operator: OperatorId, accepting: bool) {
        let Some(seat) = self.seat(operator) else { return };
        let withdrawn: Vec<HandoffId> = if accepting { Vec::new() } else { seat.offered.keys().copied().collect() };
        if seat.operator.accepting != accepting {
            self.change(Change::Accepting { operator, accepting });
        }
        for handoff in withdrawn {
            self.change(Change::Released { handoff, from: operator, why: Release::OfferWithdrawn });
        }
    }

    fn leave_desk(&mut self, operator: OperatorId, why: Release) {
        let Some(seat) = self.seat(operator) else { return };
        let held: Vec<HandoffId> = seat.claimed.iter().chain(seat.offered.keys()).copied().collect();
        for handoff in held {
            self.change(Change::Released { handoff, from: operator, why });
        }
        self.change(Change::Gone { operator });
    }

    fn renew(&mut self, operator: OperatorId) {
        let until_ms = self.lease_end_ms();
        if self.seat(operator).is_some_and(|seat| seat.operator.present_until_ms != until_ms) {
            self.change(Change::PresentUntil { operator, until_ms });
        }
    }

    /// Out of whosever hands it is in; nothing when it waits.
    fn release(&mut self, handoff: HandoffId, why: Release) {
        if let Some(from) = self.handoff(handoff).and_then(|handoff| handoff.stage.holder()) {
            self.change(Change::Released { handoff, from, why });
        }
    }

    fn offer(&mut self, handoff: HandoffId, to: OperatorId) {
        self.change(Change::Offered { handoff, to, until_ms: self.offer_end_ms(), turn: self.next_turn() });
    }

    fn open_handoff(&self, id: HandoffId) -> Result<&Handoff, Refusal> {
        self.handoff(id).ok_or(Refusal::NoSuchHandoff)
    }

    fn lease_end_ms(&self) -> i64 {
        self.now_ms.saturating_add(self.queue.rules.lease_ms)
    }

    fn offer_end_ms(&self) -> i64 {
        self.now_ms.saturating_add(self.queue.rules.offer_ms)
    }

    /// Offers those waiting, in order, to the free operators who can serve them.
    fn schedule(&mut self) {
        let mut bench = Bench { operators: self.seats().filter(|seat| seat.operator.accepting).map(Candidate::from).collect() };
        if !bench.has_room() {
            return;
        }
        let queue = self.queue;
        let mut untouched = queue.line.iter().copied().peekable();
        let mut touched = self.touched_places().into_iter().peekable();
        // The line may be long and wait for a skill that nobody here has: each such need is looked at once.
        let mut hopeless: Vec<Option<Skill>> = Vec::new();
        while let Some(Place { handoff: id, .. }) = next_of_both(&mut untouched, &mut touched) {
            let Some(handoff) = self.handoff(id).filter(|handoff| handoff.stage == Stage::Waiting) else { continue };
            if hopeless.contains(&handoff.need) {
                continue;
            }
            if let Some(operator) = bench.seat_one(handoff, self.next_turn()) {
                self.offer(id, operator);
                if !bench.has_room() {
                    return;
                }
            } else if handoff.avoid.is_none() {
                let need = handoff.need.clone();
                hopeless.push(need);
            }
        }
    }
}

impl Handoff {
    /// Whether it is theirs under this fencing number.
    pub(super) fn is_held_by(&self, hold: Hold) -> Result<(), Refusal> {
        match self.stage {
            Stage::Claimed { by, .. } if by == hold.operator && self.fence == hold.fence => Ok(()),
            _ => Err(Refusal::NotTheirs),
        }
    }
}

/// The operators who accept offers.
struct Bench {
    operators: Vec<Candidate>,
}

struct Candidate {
    id: OperatorId,
    skills: Skills,
    load: usize,
    capacity: usize,
    last_turn: i64,
}

impl From<&super::Seat> for Candidate {
    fn from(seat: &super::Seat) -> Candidate {
        let operator = &seat.operator;
        Candidate {
            id: operator.id,
            skills: operator.skills.clone(),
            load: seat.load(),
            capacity: operator.capacity as usize,
            last_turn: operator.last_turn,
        }
    }
}

impl Candidate {
    fn has_room(&self) -> bool {
        self.load < self.capacity
    }
}

impl Bench {
    fn has_room(&self) -> bool {
        self.operators.iter().any(Candidate::has_room)
    }

    /// Gives a handoff to the operator with the fewest conversations, among these to who was asked longest ago.
    fn seat_one(&mut self, handoff: &Handoff, turn: i64) -> Option<OperatorId> {
        let able = |candidate: &Candidate| candidate.skills.cover(handoff.need.as_ref());
        // Whoever gave it back has a reason. But a citizen whom only they can serve is not left waiting for that.
        let avoid = handoff.avoid.filter(|&avoid| self.operators.iter().any(|other| other.id != avoid && able(other)));
        let free = self.operators.iter_mut().filter(|candidate| candidate.has_room() && able(candidate) && Some(candidate.id) != avoid);
        let chosen = free.min_by_key(|candidate| (candidate.load, candidate.last_turn, candidate.id))?;
        chosen.load += 1;
        chosen.last_turn = turn;
        Some(chosen.id)
    }
}

/// The lesser of what two ordered lists come to next.
fn next_of_both<T: Ord>(
    one: &mut std::iter::Peekable<impl Iterator<Item = T>>,
    other: &mut std::iter::Peekable<impl Iterator<Item = T>>,
) -> Option<T> {
    match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if second < first => other.next(),
        (None, _) => other.next(),
        _ => one.next(),
    }
}
