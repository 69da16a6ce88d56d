//! Who watches the queue: keeps its own books from the changes alone and says which rule a change has broken. Written as plainly as
//! the rules are said, sharing nothing with the code that it watches.

use hotro::desk::queue::{Change, Closing, Hold, Priority, Queue, QueueEvent, Refusal, Release, Rules, Skill, Target};

use super::DayReport;
use super::day::{DOMAINS, SkillMask, citizen_of, handoff_id, operator_id, operator_of};

/// How often the whole line is compared; one place in it is compared after every decision.
const WHOLE_LINE_EVERY: u64 = 64;

type Rule = Result<(), String>;

/// Ends the check with what was broken.
macro_rules! broken {
    ($($what:tt)+) => { return Err(format!($($what)+)) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hands {
    Nobodys,
    Asked(usize),
    Owned(usize, i64),
}

/// A citizen as the witness knows them.
#[derive(Debug, Clone)]
struct Citizen {
    open: bool,
    closed: bool,
    priority: Priority,
    need: Option<usize>,
    /// The how-manieth to enter.
    entry: usize,
    hands: Hands,
    gave_it_back: Option<usize>,
    last_fence: i64,
    /// When the last offer was made, in true time.
    asked_ms: i64,
}

/// An operator as the witness knows them.
#[derive(Debug, Clone)]
struct Seat {
    skills: SkillMask,
    capacity: usize,
    accepting: bool,
    load: usize,
    /// To whom they were offered and have not answered.
    asked: Vec<usize>,
    /// True time, whatever the clock of the server says.
    last_sign_ms: i64,
}

pub(super) struct Witness {
    citizens: Vec<Citizen>,
    seats: Vec<Option<Seat>>,
    /// Those whom nobody owns: priority, entry, citizen; sorted.
    line: Vec<(Priority, usize, usize)>,
    entries: usize,
    last_ticket: i64,
    checks: u64,
    /// True time.
    last_jump_ms: i64,
    rules: Rules,
    pub(super) report: DayReport,
}

impl Witness {
    pub(super) fn new(citizens: usize, operators: usize, rules: Rules) -> Witness {
        let citizen = Citizen {
            open: false,
            closed: false,
            priority: Priority::Asked,
            need: None,
            entry: 0,
            hands: Hands::Nobodys,
            gave_it_back: None,
            last_fence: 0,
            asked_ms: 0,
        };
        Witness {
            citizens: vec![citizen; citizens],
            seats: vec![None; operators],
            line: Vec::new(),
            entries: 0,
            last_ticket: 0,
            checks: 0,
            last_jump_ms: i64::MIN / 2,
            rules,
            report: DayReport::default(),
        }
    }

    pub(super) fn is_open(&self, citizen: usize) -> bool {
        self.citizens[citizen].open
    }

    pub(super) fn hands(&self, citizen: usize) -> Hands {
        self.citizens[citizen].hands
    }

    pub(super) fn is_at_desk(&self, operator: usize) -> bool {
        self.seats[operator].is_some()
    }

    /// The citizen at a place in line.
    pub(super) fn in_line(&self, index: usize) -> usize {
        self.line[index].2
    }

    pub(super) fn line_length(&self) -> usize {
        self.line.len()
    }

    pub(super) fn clock_jumped(&mut self, true_ms: i64) {
        self.last_jump_ms = true_ms;
        self.report.clock_jumps += 1;
    }

    /// Notes a change, if the event may cause it. `skills` are those of the operator who arrives or is configured.
    pub(super) fn see(&mut self, event: &QueueEvent, change: &Change, skills: &[SkillMask], true_ms: i64) -> Rule {
        match *change {
            Change::Entered { handoff, priority, ref need, ticket } => {
                let citizen = citizen_of(handoff);
                let known = &mut self.citizens[citizen];
                if known.open || known.closed {
                    broken!("citizen {citizen} entered twice");
                }
                if ticket <= self.last_ticket {
                    broken!("citizen {citizen} drew ticket {ticket} after {}", self.last_ticket);
                }
                self.last_ticket = ticket;
                self.entries += 1;
                known.open = true;
                known.priority = priority;
                known.need = need.as_ref().map(domain_of);
                known.entry = self.entries;
                self.line_up(citizen);
            }
            Change::Offered { handoff, to, .. } => self.see_offer(event, citizen_of(handoff), operator_of(to), true_ms)?,
            Change::OfferUntil { handoff, .. } => {
                let citizen = citizen_of(handoff);
                if !matches!(self.hands(citizen), Hands::Asked(_)) {
                    broken!("an offer of citizen {citizen} is prolonged that nobody has");
                }
            }
            Change::Claimed { handoff, by, fence, .. } => self.see_claim(citizen_of(handoff), operator_of(by), fence)?,
            Change::Released { handoff, from, why } => {
                let (citizen, operator) = (citizen_of(handoff), operator_of(from));
                match self.hands(citizen) {
                    Hands::Asked(asked) if asked == operator => {}
                    Hands::Owned(owner, _) if owner == operator => self.line_up(citizen),
                    other => broken!("citizen {citizen} is released from operator {operator}, but is {other:?}"),
                }
                let given_back = matches!(why, Release::Returned | Release::Transferred);
                self.citizens[citizen].gave_it_back = given_back.then_some(operator);
                self.let_go(citizen);
                self.report.returns += 1;
            }
            Change::Needs { handoff, ref need } => self.citizens[citizen_of(handoff)].need = Some(domain_of(need)),
            Change::Closed { handoff, closing, .. } => self.see_closing(event, citizen_of(handoff), closing)?,
            Change::Arrived { operator, capacity, accepting, .. } => {
                let operator = operator_of(operator);
                if self.is_at_desk(operator) {
                    broken!("operator {operator} sits down twice");
                }
                let (skills, capacity) = (skills[operator], capacity as usize);
                self.seats[operator] = Some(Seat { skills, capacity, accepting, load: 0, asked: Vec::new(), last_sign_ms: true_ms });
            }
            Change::PresentUntil { operator, .. } => {
                let operator = operator_of(operator);
                let Some(seat) = &mut self.seats[operator] else { broken!("operator {operator} is present and not at the desk") };
                // Without a sign of life it is the clock that was put back.
                let sign = |of: hotro::desk::queue::OperatorId| operator_of(of) == operator;
                if matches!(*event, QueueEvent::Present { operator } | QueueEvent::Arrived { operator, .. } if sign(operator)) {
                    seat.last_sign_ms = true_ms;
                }
            }
            Change::Configured { operator, capacity, .. } => {
                let operator = operator_of(operator);
                let Some(seat) = &mut self.seats[operator] else { broken!("operator {operator} is configured and not at the desk") };
                seat.skills = skills[operator];
                seat.capacity = capacity as usize;
            }
            Change::Accepting { operator, accepting } => {
                let operator = operator_of(operator);
                let Some(seat) = &mut self.seats[operator] else { broken!("operator {operator} accepts and is not at the desk") };
                seat.accepting = accepting;
            }
            Change::Gone { operator } => {
                let operator = operator_of(operator);
                match self.seats[operator].take() {
                    Some(Seat { load: 0, .. }) => {}
                    Some(Seat { load, .. }) => broken!("operator {operator} is gone with {load} conversations"),
                    None => broken!("operator {operator} is gone twice"),
                }
            }
        }
        Ok(())
    }

    fn see_offer(&mut self, event: &QueueEvent, citizen: usize, operator: usize, true_ms: i64) -> Rule {
        self.report.offers += 1;
        if !self.is_open(citizen) || self.hands(citizen) != Hands::Nobodys {
            broken!("citizen {citizen}, {:?}, is offered to operator {operator}", self.hands(citizen));
        }
        let by_a_person = matches!(event, QueueEvent::Transfer { handoff, to: Target::Operator(to), .. }
            if citizen_of(*handoff) == citizen && operator_of(*to) == operator);
        if !by_a_person && !self.may_be_offered(citizen, operator) {
            broken!("citizen {citizen} is offered to operator {operator}, who may not serve them");
        }
        let place = self.place(citizen);
        if let Some(&(.., first)) =
            self.line.iter().take_while(|&&other| other < place).find(|&&(.., other)| !by_a_person && self.may_be_offered(other, operator))
        {
            broken!("citizen {citizen} is offered to operator {operator} before citizen {first}");
        }
        let load = |seat: &Seat| seat.load;
        let least = (0..self.seats.len())
            .filter(|&other| self.may_be_offered(citizen, other))
            .filter_map(|it| self.seats[it].as_ref())
            .map(load)
            .min();
        let Some(seat) = &mut self.seats[operator] else { broken!("citizen {citizen} is offered to operator {operator}, who is away") };
        if !by_a_person && least.is_some_and(|least| least < seat.load) {
            broken!("citizen {citizen} is offered to operator {operator}, but another has fewer conversations");
        }
        if !seat.accepting || seat.load >= seat.capacity {
            broken!("citizen {citizen} is offered to operator {operator}, who has no room");
        }
        seat.load += 1;
        seat.asked.push(citizen);
        self.citizens[citizen].hands = Hands::Asked(operator);
        self.citizens[citizen].asked_ms = true_ms;
        Ok(())
    }

    fn see_claim(&mut self, citizen: usize, operator: usize, fence: i64) -> Rule {
        let hands = self.hands(citizen);
        let Some(seat) = &mut self.seats[operator] else { broken!("operator {operator} claims citizen {citizen} and is away") };
        let known = &mut self.citizens[citizen];
        match hands {
            Hands::Asked(asked) if asked == operator => seat.asked.retain(|&other| other != citizen),
            Hands::Nobodys if seat.load < seat.capacity && serves(seat.skills, known.need) => seat.load += 1,
            other => broken!("operator {operator} claims citizen {citizen}, who is {other:?}"),
        }
        if !known.open {
            broken!("operator {operator} claims citizen {citizen}, who is not there");
        }
        if fence <= known.last_fence {
            broken!("citizen {citizen} is claimed under number {fence} after {}", known.last_fence);
        }
        known.last_fence = fence;
        known.hands = Hands::Owned(operator, fence);
        known.gave_it_back = None;
        let place = self.place(citizen);
        self.line.retain(|&other| other != place);
        self.report.claims += 1;
        Ok(())
    }

    fn see_closing(&mut self, event: &QueueEvent, citizen: usize, closing: Closing) -> Rule {
        if !self.is_open(citizen) {
            broken!("citizen {citizen} is closed and not there");
        }
        let owned = matches!(self.hands(citizen), Hands::Owned(..));
        let fits = match closing {
            Closing::Abandoned => matches!(event, QueueEvent::Left { .. }) && !owned,
            Closing::Callback => matches!(event, QueueEvent::CallbackAsked { .. }),
            Closing::Resolved(_) => matches!(event, QueueEvent::Resolve { .. }) || (matches!(event, QueueEvent::Left { .. }) && owned),
        };
        if !fits {
            broken!("citizen {citizen} ends as {} by {event:?}", closing.name());
        }
        match closing {
            Closing::Abandoned => self.report.abandoned += 1,
            Closing::Callback => self.report.callbacks += 1,
            Closing::Resolved(_) => self.report.resolved += 1,
        }
        self.let_go(citizen);
        let place = self.place(citizen);
        self.line.retain(|&other| other != place);
        let known = &mut self.citizens[citizen];
        known.open = false;
        known.closed = true;
        Ok(())
    }

    /// What must hold after every decision.
    pub(super) fn check(&mut self, queue: &Queue, true_ms: i64, now_ms: i64) -> Rule {
        self.report.decisions += 1;
        self.report.line_max = self.report.line_max.max(self.line.len());
        for (operator, seat) in self.seats.iter().enumerate() {
            let Some(seat) = seat else { continue };
            let silent_ms = true_ms - seat.last_sign_ms.max(self.last_jump_ms);
            if silent_ms >= self.rules.lease_ms {
                broken!("operator {operator} is silent for {silent_ms} ms and still holds {} conversations", seat.load);
            }
            let since_ms = |citizen: usize| self.citizens[citizen].asked_ms.max(self.last_jump_ms);
            if let Some(citizen) = seat.asked.iter().find(|&&citizen| true_ms - since_ms(citizen) >= self.rules.offer_ms) {
                broken!("operator {operator} does not answer and citizen {citizen} is still theirs");
            }
            if !seat.accepting || seat.load >= seat.capacity {
                continue;
            }
            let waiting = self
                .line
                .iter()
                .map(|&(.., citizen)| citizen)
                .find(|&citizen| self.hands(citizen) == Hands::Nobodys && self.may_be_offered(citizen, operator));
            if let Some(citizen) = waiting {
                broken!("citizen {citizen} waits while operator {operator} is free");
            }
        }
        self.checks += 1;
        if self.checks.is_multiple_of(WHOLE_LINE_EVERY) {
            let told = queue.standings(now_ms);
            let told = told.iter().map(|&(handoff, standing)| (citizen_of(handoff), standing.position));
            let true_line = self.line.iter().enumerate().map(|(index, &(.., citizen))| (citizen, index + 1));
            if !told.eq(true_line) {
                broken!("the line that citizens are told is not the true one");
            }
        } else if !self.line.is_empty() {
            let index = self.checks as usize % self.line.len();
            let citizen = self.in_line(index);
            let told = queue.position(handoff_id(citizen));
            if told != Some(index + 1) {
                broken!("citizen {citizen} is told position {told:?} and is at {}", index + 1);
            }
        }
        Ok(())
    }

    /// Whether the answer to an operator who wants to write is the right one.
    pub(super) fn check_write(&mut self, citizen: usize, hold: Hold, answer: Result<(), Refusal>, true_ms: i64) -> Rule {
        let operator = operator_of(hold.operator);
        let owner = self.is_open(citizen) && self.hands(citizen) == Hands::Owned(operator, hold.fence);
        let fresh = |seat: &Seat| true_ms - seat.last_sign_ms < self.rules.lease_ms && self.last_jump_ms <= seat.last_sign_ms;
        match answer {
            Ok(()) if !owner => broken!("operator {operator} may write to citizen {citizen}, who is {:?}", self.hands(citizen)),
            Err(Refusal::NotTheirs | Refusal::NoSuchHandoff) if owner => {
                broken!("operator {operator} may not write to their own citizen {citizen}")
            }
            Err(Refusal::NotPresent) if owner && self.seats[operator].as_ref().is_some_and(fresh) => {
                broken!("operator {operator} is present and may not write to citizen {citizen}")
            }
            Ok(()) => {}
            Err(_) => self.report.writes_refused += 1,
        }
        Ok(())
    }

    /// What must hold when the day is over.
    pub(super) fn check_end(&self, queue: &Queue) -> Rule {
        if let Some(citizen) = self.citizens.iter().position(|citizen| !citizen.closed) {
            broken!("citizen {citizen} never came to an end: {:?}", self.citizens[citizen]);
        }
        if queue.handoffs().next().is_some() || queue.operators().next().is_some() {
            broken!("someone is left in the queue or at the desk at night");
        }
        Ok(())
    }

    /// Whether the queue itself may choose this operator for this citizen now.
    fn may_be_offered(&self, citizen: usize, operator: usize) -> bool {
        let known = &self.citizens[citizen];
        let able = |seat: &Seat| seat.accepting && serves(seat.skills, known.need);
        let Some(seat) = &self.seats[operator] else { return false };
        if known.hands != Hands::Nobodys || !able(seat) || seat.load >= seat.capacity {
            return false;
        }
        // Whoever gave the citizen back is asked only when nobody else could ever serve them.
        let others = || (0..self.seats.len()).any(|other| other != operator && self.seats[other].as_ref().is_some_and(able));
        known.gave_it_back != Some(operator) || !others()
    }

    fn place(&self, citizen: usize) -> (Priority, usize, usize) {
        let known = &self.citizens[citizen];
        (known.priority, known.entry, citizen)
    }

    fn line_up(&mut self, citizen: usize) {
        let place = self.place(citizen);
        let index = self.line.partition_point(|&other| other < place);
        self.line.insert(index, place);
    }

    /// Out of whosever hands.
    fn let_go(&mut self, citizen: usize) {
        if let Hands::Asked(operator) | Hands::Owned(operator, _) = self.hands(citizen)
            && let Some(seat) = &mut self.seats[operator]
        {
            seat.load -= 1;
            seat.asked.retain(|&other| other != citizen);
        }
        self.citizens[citizen].hands = Hands::Nobodys;
    }
}

fn serves(skills: SkillMask, need: Option<usize>) -> bool {
    need.is_none_or(|domain| skills == 0 || skills & (1 << domain) != 0)
}

fn domain_of(skill: &Skill) -> usize {
    let name = skill.to_string();
    DOMAINS.iter().position(|&domain| domain == name).expect("a domain of this simulation")
}

/// For what the queue and the witness must agree on about one citizen.
pub(super) fn agree(queue: &Queue, witness: &Witness, citizen: usize) -> Rule {
    use hotro::desk::queue::Stage;
    let told = queue.handoff(handoff_id(citizen)).map(|handoff| match handoff.stage {
        Stage::Waiting => Hands::Nobodys,
        Stage::Offered { to, .. } => Hands::Asked(operator_of(to)),
        Stage::Claimed { by, .. } => Hands::Owned(operator_of(by), handoff.fence),
    });
    let seen = witness.is_open(citizen).then(|| witness.hands(citizen));
    if told != seen {
        broken!("citizen {citizen} is {seen:?} by what was changed, and {told:?} in the queue");
    }
    if let Some(Hands::Owned(operator, _)) = seen
        && !queue.claimed_by(operator_id(operator)).any(|handoff| handoff == handoff_id(citizen))
    {
        broken!("operator {operator} owns citizen {citizen} and does not know");
    }
    Ok(())
}
