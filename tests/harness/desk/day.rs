//! The day itself: who does what when, and what goes wrong.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use hotro::desk::queue::{
    Authority, Change, Decision, HandoffId, Hold, OperatorId, Priority, Queue, QueueEvent, Refusal, Resolution, Rules, Skill, Skills,
    Target, WaitRange, decide,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::stored::Stored;
use super::witness::{Hands, Witness, agree};
use super::{DayReport, Violation};

const CITIZENS: usize = 2_000;
const OPERATORS: usize = 30;
pub(super) const DOMAINS: [&str; 5] = ["bhxh", "bhyt", "bhtn", "vssid", "service"];
/// Decisions shown before a violation.
const SHOWN_MAX: usize = 12;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Midnight in Vietnam, 2026-11-26, in Unix milliseconds.
const MIDNIGHT_MS: i64 = 1_795_626_000_000;
const END_OF_DAY: i64 = 23 * HOUR;
/// Consoles give a sign of life this often.
const BEAT: i64 = 20 * SECOND;
/// The shell looks for ended leases this often.
const TICK: i64 = 5 * SECOND;

/// The domains of an operator as bits; 0 is everything.
pub(super) type SkillMask = u8;

/// Operators are numbered after the citizens, so that no two ids meet.
const OPERATOR_BASE: u128 = 1 << 32;

pub(super) fn handoff_id(citizen: usize) -> HandoffId {
    HandoffId(Uuid::from_u128(citizen as u128))
}

pub(super) fn citizen_of(handoff: HandoffId) -> usize {
    handoff.0.as_u128() as usize
}

pub(super) fn operator_id(operator: usize) -> OperatorId {
    OperatorId(Uuid::from_u128(OPERATOR_BASE + operator as u128))
}

pub(super) fn operator_of(operator: OperatorId) -> usize {
    (operator.0.as_u128() - OPERATOR_BASE) as usize
}

/// Something that someone does. Operators and citizens by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A citizen asks for an operator.
    Enter(usize),
    /// A citizen is tired of waiting, unless an operator had them since: the count of their waits.
    Tire(usize, u32),
    /// An operator's shift begins, goes into a break, comes out of it, ends.
    Begin(usize),
    Break(usize),
    Resume(usize),
    End(usize),
    /// A console gives a sign of life; of this start of it only.
    Beat(usize, u32),
    /// An operator takes what they were offered.
    Take(usize, usize),
    /// An operator takes someone from the list.
    Pick(usize),
    /// An operator comes back to the screen after a missed offer.
    Ready(usize),
    /// An operator wants to end a talk, under this fencing number.
    Finish(usize, usize, i64),
    /// A laptop is closed or crashes, and is there again.
    Crash(usize),
    Restart(usize),
    /// A connection is lost, and is there again.
    Disconnect(usize),
    Reconnect(usize),
    /// A supervisor steps in.
    Supervise,
    /// The program starts anew from what it has stored.
    Deploy,
    /// The clock of the server is put forward or back.
    Jump,
    Tick,
}

#[derive(Debug, Clone, Copy)]
struct Citizen {
    entered_ms: i64,
    /// What they were told on entry.
    told: Option<WaitRange>,
    waits: u32,
    served: bool,
}

/// An operator with their laptop.
#[derive(Debug, Clone, Copy)]
struct Console {
    on_shift: bool,
    running: bool,
    connected: bool,
    on_break: bool,
    capacity: u32,
    /// Signs of life of an earlier start are over.
    starts: u32,
}

impl Console {
    fn reaches_server(&self) -> bool {
        self.on_shift && self.running && self.connected
    }
}

pub(super) struct Day {
    seed: u64,
    chance: StdRng,
    /// True time, in milliseconds since midnight.
    at_ms: i64,
    /// How far the clock of the server is off.
    clock_error_ms: i64,
    agenda: BinaryHeap<Reverse<(i64, u64, Step)>>,
    planned: u64,
    rules: Rules,
    queue: Queue,
    stored: Stored,
    witness: Witness,
    citizens: Vec<Citizen>,
    consoles: Vec<Console>,
    skills: [SkillMask; OPERATORS],
    /// What `skills` are to the queue, made once.
    domains: [Skill; DOMAINS.len()],
    last: VecDeque<(i64, QueueEvent, Decision)>,
}

impl Day {
    pub(super) fn new(seed: u64) -> Day {
        let rules = Rules::default();
        let mut day = Day {
            seed,
            chance: StdRng::seed_from_u64(seed),
            at_ms: 0,
            clock_error_ms: 0,
            agenda: BinaryHeap::with_capacity(2 * CITIZENS),
            planned: 0,
            rules,
            queue: Queue::new(rules),
            stored: Stored::default(),
            witness: Witness::new(CITIZENS, OPERATORS, rules),
            citizens: vec![Citizen { entered_ms: 0, told: None, waits: 0, served: false }; CITIZENS],
            consoles: Vec::with_capacity(OPERATORS),
            skills: [0; OPERATORS],
            domains: DOMAINS.map(|domain| Skill::parse(domain).expect("the name of a domain")),
            last: VecDeque::with_capacity(SHOWN_MAX + 1),
        };
        day.plan_operators();
        day.plan_citizens();
        day.plan_troubles();
        day
    }

    pub(super) fn run(mut self) -> Result<DayReport, Violation> {
        match self.play() {
            Ok(()) => Ok(self.witness.report),
            Err(what) => Err(Violation {
                seed: self.seed,
                at: time_of_day(self.at_ms),
                what,
                before: self
                    .last
                    .iter()
                    .map(|(at_ms, event, decision)| format!("{} {event:?}\n    {decision:?}", time_of_day(*at_ms)))
                    .collect(),
            }),
        }
    }

    fn play(&mut self) -> Result<(), String> {
        while let Some(Reverse((at_ms, _, step))) = self.agenda.pop() {
            self.at_ms = at_ms;
            self.take(step)?;
        }
        self.witness.check_end(&self.queue)
    }

    fn plan_operators(&mut self) {
        for operator in 0..OPERATORS {
            let late = operator % 2 == 1;
            let begin = if late { 9 * HOUR + HOUR / 2 } else { 7 * HOUR + HOUR / 2 } + self.between(0, 40 * MINUTE);
            let end = begin + 8 * HOUR + self.between(0, 30 * MINUTE);
            let lunch = 11 * HOUR + self.between(0, 2 * HOUR);
            self.plan(begin, Step::Begin(operator));
            self.plan(lunch, Step::Break(operator));
            let back = lunch + self.between(20 * MINUTE, HOUR);
            self.plan(back, Step::Resume(operator));
            self.plan(end, Step::End(operator));
            for _ in 0..self.between(0, 3) {
                let at = self.between(begin, end);
                self.plan(at, Step::Crash(operator));
            }
            for _ in 0..self.between(0, 4) {
                let at = self.between(begin, end);
                self.plan(at, Step::Disconnect(operator));
            }
            for _ in 0..self.between(0, 20) {
                let at = self.between(begin, end);
                self.plan(at, Step::Pick(operator));
            }
            self.skills[operator] = self.any_skills();
            let capacity = self.between(1, 5) as u32;
            self.consoles.push(Console { on_shift: false, running: true, connected: true, on_break: false, capacity, starts: 0 });
        }
    }

    /// Two humps, at ten and at three, and some who come before anyone is there or after everyone has left.
    fn plan_citizens(&mut self) {
        for citizen in 0..CITIZENS {
            let at = match self.between(0, 10) {
                0 => self.between(6 * HOUR, 19 * HOUR),
                1..6 => 8 * HOUR + self.between(0, 2 * HOUR) + self.between(0, 2 * HOUR),
                _ => 13 * HOUR + self.between(0, 2 * HOUR) + self.between(0, 2 * HOUR),
            };
            self.plan(at, Step::Enter(citizen));
        }
    }

    fn plan_troubles(&mut self) {
        self.plan(6 * HOUR, Step::Tick);
        for (count, step) in [(60, Step::Supervise), (6, Step::Deploy), (12, Step::Jump)] {
            for _ in 0..self.between(0, count) {
                let at = self.between(6 * HOUR, 20 * HOUR);
                self.plan(at, step);
            }
        }
    }

    fn take(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Enter(citizen) => self.enter(citizen),
            Step::Tire(citizen, waits) => {
                let waits_still = self.citizens[citizen].waits == waits && !matches!(self.witness.hands(citizen), Hands::Owned(..));
                if !self.witness.is_open(citizen) || !waits_still {
                    return Ok(());
                }
                let handoff = handoff_id(citizen);
                let event = if self.one_in(3) { QueueEvent::CallbackAsked { handoff } } else { QueueEvent::Left { handoff } };
                self.must(event)
            }
            Step::Begin(operator) => {
                self.consoles[operator].on_shift = true;
                self.arrive(operator)
            }
            Step::Break(operator) => {
                self.consoles[operator].on_break = true;
                if self.one_in(2) {
                    return self.try_accepting(operator, false);
                }
                self.sign_out(operator)
            }
            Step::Resume(operator) => {
                self.consoles[operator].on_break = false;
                if self.witness.is_at_desk(operator) { self.try_accepting(operator, true) } else { self.arrive(operator) }
            }
            Step::End(operator) => {
                let reached = self.consoles[operator].reaches_server();
                self.consoles[operator].on_shift = false;
                // A console that cannot say goodbye is noticed by its silence.
                if reached { self.sign_out(operator) } else { Ok(()) }
            }
            Step::Beat(operator, starts) => self.beat(operator, starts),
            Step::Take(operator, citizen) => self.answer_offer(operator, citizen),
            Step::Pick(operator) => {
                if self.witness.line_length() == 0 || !self.consoles[operator].reaches_server() {
                    return Ok(());
                }
                let index = self.index(self.witness.line_length());
                let citizen = self.witness.in_line(index);
                self.claim(operator, citizen)
            }
            Step::Ready(operator) => {
                if self.consoles[operator].on_break {
                    return Ok(());
                }
                self.try_accepting(operator, true)
            }
            Step::Finish(operator, citizen, fence) => self.finish(operator, citizen, fence),
            Step::Crash(operator) => {
                self.consoles[operator].running = false;
                let back = self.at_ms + self.between(5 * SECOND, 10 * MINUTE);
                self.plan(back, Step::Restart(operator));
                Ok(())
            }
            Step::Restart(operator) => {
                self.consoles[operator].running = true;
                self.arrive(operator)
            }
            Step::Disconnect(operator) => {
                self.consoles[operator].connected = false;
                let back = self.at_ms + self.between(SECOND, 3 * MINUTE);
                self.plan(back, Step::Reconnect(operator));
                Ok(())
            }
            Step::Reconnect(operator) => {
                self.consoles[operator].connected = true;
                Ok(())
            }
            Step::Supervise => self.supervise(),
            Step::Deploy => self.restart_program(),
            Step::Jump => {
                self.clock_error_ms = if self.one_in(3) { 0 } else { self.between(-HOUR / 2, HOUR / 2) };
                self.witness.clock_jumped(self.at_ms);
                self.must(QueueEvent::Tick)
            }
            Step::Tick => {
                if self.at_ms < END_OF_DAY {
                    self.plan(self.at_ms + TICK, Step::Tick);
                }
                self.must(QueueEvent::Tick)
            }
        }
    }

    fn enter(&mut self, citizen: usize) -> Result<(), String> {
        let priority = match self.between(0, 20) {
            0 => Priority::Complaint,
            1..5 => Priority::RepeatedMisses,
            5..16 => Priority::Asked,
            _ => Priority::Unhappy,
        };
        let handoff = handoff_id(citizen);
        let need = self.one_in(2).then(|| self.any_domain());
        let event = QueueEvent::Entered { handoff, priority, need };
        self.must(event.clone())?;
        // A log is read again after a crash.
        if self.one_in(50) && self.witness.is_open(citizen) {
            self.must(event)?;
        }
        self.citizens[citizen].entered_ms = self.at_ms;
        self.citizens[citizen].told = self.queue.standing(handoff, self.now_ms()).and_then(|standing| standing.wait);
        self.wait(citizen);
        Ok(())
    }

    /// From now on the citizen waits, until they are served or lose patience.
    fn wait(&mut self, citizen: usize) {
        self.citizens[citizen].waits += 1;
        let patience = MINUTE + self.about(30 * MINUTE);
        self.plan(self.at_ms + patience, Step::Tire(citizen, self.citizens[citizen].waits));
    }

    /// The console opens, or comes back.
    fn arrive(&mut self, operator: usize) -> Result<(), String> {
        let Console { on_break, capacity, .. } = self.consoles[operator];
        if !self.consoles[operator].reaches_server() {
            return Ok(());
        }
        self.consoles[operator].starts += 1;
        let starts = self.consoles[operator].starts;
        self.plan(self.at_ms + BEAT, Step::Beat(operator, starts));
        let skills = self.skills_of(operator);
        self.must(QueueEvent::Arrived { operator: operator_id(operator), skills, capacity, accepting: !on_break })
    }

    fn sign_out(&mut self, operator: usize) -> Result<(), String> {
        self.consoles[operator].starts += 1;
        self.attempt(QueueEvent::SignedOut { operator: operator_id(operator) })
    }

    fn beat(&mut self, operator: usize, starts: u32) -> Result<(), String> {
        if self.consoles[operator].starts != starts || !self.consoles[operator].on_shift || !self.consoles[operator].running {
            return Ok(());
        }
        self.plan(self.at_ms + BEAT, Step::Beat(operator, starts));
        if self.consoles[operator].connected
            && self.decide(QueueEvent::Present { operator: operator_id(operator) })? == Err(Refusal::NotPresent)
        {
            return self.arrive(operator);
        }
        Ok(())
    }

    fn try_accepting(&mut self, operator: usize, accepting: bool) -> Result<(), String> {
        if !self.consoles[operator].reaches_server() {
            return Ok(());
        }
        self.attempt(QueueEvent::Accepting { operator: operator_id(operator), accepting })
    }

    fn answer_offer(&mut self, operator: usize, citizen: usize) -> Result<(), String> {
        if !self.consoles[operator].reaches_server() {
            return Ok(());
        }
        // Someone else clicks at the same moment, before or after.
        if self.one_in(20) {
            let rival = self.index(OPERATORS);
            self.claim(rival, citizen)?;
        }
        self.claim(operator, citizen)?;
        // The answer is lost, and the claim sent again.
        if self.one_in(20) {
            self.claim(operator, citizen)?;
        }
        Ok(())
    }

    fn claim(&mut self, operator: usize, citizen: usize) -> Result<(), String> {
        let outcome = self.decide(QueueEvent::Claim { handoff: handoff_id(citizen), operator: operator_id(operator) })?;
        let owns = self.witness.is_open(citizen) && matches!(self.witness.hands(citizen), Hands::Owned(owner, _) if owner == operator);
        if outcome.is_ok() != owns {
            return Err(format!("operator {operator} claims citizen {citizen}: told {outcome:?}, but owns them: {owns}"));
        }
        if outcome.is_err() {
            self.witness.report.claims_refused += 1;
        }
        Ok(())
    }

    fn finish(&mut self, operator: usize, citizen: usize, fence: i64) -> Result<(), String> {
        let console = self.consoles[operator];
        if console.on_shift && !(console.running && console.connected) {
            // As soon as the laptop is there again; by then the conversation may be someone else's.
            self.plan(self.at_ms + 10 * SECOND, Step::Finish(operator, citizen, fence));
            return Ok(());
        }
        let handoff = handoff_id(citizen);
        let hold = Hold { operator: operator_id(operator), fence };
        let answer = self.queue.check(handoff, hold, self.now_ms());
        self.witness.check_write(citizen, hold, answer, self.at_ms)?;
        let by = Authority::Holder(hold);
        let event = match self.between(0, 100) {
            0..4 => QueueEvent::Transfer { handoff, by, to: Target::Skill(self.any_domain()) },
            4..8 => QueueEvent::Transfer { handoff, by, to: Target::Operator(operator_id(self.index(OPERATORS))) },
            8..11 => QueueEvent::Return { handoff, by },
            11..14 if answer.is_ok() => QueueEvent::Left { handoff },
            _ => QueueEvent::Resolve { handoff, by, reason: Resolution::ALL[self.index(Resolution::ALL.len())] },
        };
        let refusal = self.decide(event)?;
        if answer.is_err() && refusal.is_ok() {
            return Err(format!("operator {operator} moved citizen {citizen} under number {fence}, which is over"));
        }
        // The colleague has no time: they go on themselves.
        if answer.is_ok() && refusal.is_err() {
            self.plan(self.at_ms + MINUTE, Step::Finish(operator, citizen, fence));
        }
        Ok(())
    }

    fn supervise(&mut self) -> Result<(), String> {
        let by = Authority::Supervisor;
        let operator = self.index(OPERATORS);
        let citizen = self.index(CITIZENS);
        let handoff = handoff_id(citizen);
        let event = match self.between(0, 5) {
            0 => QueueEvent::Transfer { handoff, by, to: Target::Operator(operator_id(operator)) },
            1 => QueueEvent::Transfer { handoff, by, to: Target::Skill(self.any_domain()) },
            2 => QueueEvent::Return { handoff, by },
            3 => QueueEvent::Resolve { handoff, by, reason: Resolution::Duplicate },
            _ => {
                self.skills[operator] = self.any_skills();
                self.consoles[operator].capacity = self.between(0, 6) as u32;
                let (skills, capacity) = (self.skills_of(operator), self.consoles[operator].capacity);
                QueueEvent::Configured { operator: operator_id(operator), skills, capacity }
            }
        };
        self.attempt(event)
    }

    fn restart_program(&mut self) -> Result<(), String> {
        let loaded = self.stored.load(self.rules);
        if loaded != self.queue {
            return Err("what was stored is not what was in memory".to_owned());
        }
        self.queue = loaded;
        self.witness.report.restarts += 1;
        Ok(())
    }

    /// An event that nothing can be said against.
    fn must(&mut self, event: QueueEvent) -> Result<(), String> {
        let shown = event.clone();
        self.decide(event)?.map_err(|refusal| format!("{shown:?} is refused: {refusal}"))
    }

    /// An event that may be refused.
    fn attempt(&mut self, event: QueueEvent) -> Result<(), String> {
        self.decide(event).map(drop)
    }

    /// Lets the queue decide, stores and applies what it says, and lets the witness look.
    fn decide(&mut self, event: QueueEvent) -> Result<Result<(), Refusal>, String> {
        // The program dies before it has stored its decision: that one never was, and the event comes again.
        if self.one_in(4_000) {
            decide(&self.queue, &event, self.now_ms());
            self.restart_program()?;
        }
        let decision = decide(&self.queue, &event, self.now_ms());
        if self.last.len() == SHOWN_MAX {
            self.last.pop_front();
        }
        self.last.push_back((self.at_ms, event, decision));
        let Some((_, event, decision)) = self.last.pop_back() else { return Ok(Ok(())) };
        let outcome = self.carry_out(&event, &decision).map(|()| decision.outcome);
        self.last.push_back((self.at_ms, event, decision));
        outcome
    }

    fn carry_out(&mut self, event: &QueueEvent, decision: &Decision) -> Result<(), String> {
        for change in &decision.changes {
            self.stored.update(change)?;
            self.queue.apply(change);
            self.witness.see(event, change, &self.skills, self.at_ms)?;
        }
        for change in &decision.changes {
            self.follow(change)?;
        }
        self.witness.check(&self.queue, self.at_ms, self.now_ms())
    }

    /// What people do when they see a change.
    fn follow(&mut self, change: &Change) -> Result<(), String> {
        match *change {
            Change::Offered { handoff, to, .. } => {
                let (citizen, operator) = (citizen_of(handoff), operator_of(to));
                agree(&self.queue, &self.witness, citizen)?;
                // Some are not looking.
                if !self.one_in(20) {
                    let delay = self.between(SECOND, 25 * SECOND);
                    self.plan(self.at_ms + delay, Step::Take(operator, citizen));
                }
            }
            Change::Claimed { handoff, by, fence, .. } => {
                let citizen = citizen_of(handoff);
                agree(&self.queue, &self.witness, citizen)?;
                let talk = MINUTE + self.about(14 * MINUTE);
                self.plan(self.at_ms + talk, Step::Finish(operator_of(by), citizen, fence));
                self.note_wait(citizen);
                // Their console falls silent, and for a while nobody looks: they may not write any longer all the same.
                let hold = Hold { operator: by, fence };
                let much_later_ms = self.now_ms() + self.rules.lease_ms;
                if self.queue.check(handoff, hold, self.now_ms()).is_err() || self.queue.check(handoff, hold, much_later_ms).is_ok() {
                    return Err(format!("citizen {citizen} is not leased for as long as the rules say"));
                }
            }
            Change::Released { handoff, .. } => {
                let citizen = citizen_of(handoff);
                agree(&self.queue, &self.witness, citizen)?;
                if self.citizens[citizen].served {
                    self.wait(citizen);
                }
            }
            Change::Closed { handoff, .. } => agree(&self.queue, &self.witness, citizen_of(handoff))?,
            Change::Accepting { operator, accepting: false } if !self.consoles[operator_of(operator)].on_break => {
                let delay = self.between(20 * SECOND, 5 * MINUTE);
                self.plan(self.at_ms + delay, Step::Ready(operator_of(operator)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether what a citizen was told on entry has come true, when they are served for the first time.
    fn note_wait(&mut self, number: usize) {
        let citizen = &mut self.citizens[number];
        let first = !std::mem::replace(&mut citizen.served, true);
        if let Some(range) = citizen.told.filter(|_| first) {
            let waited_ms = self.at_ms - citizen.entered_ms;
            let told_ms = i64::from(range.minutes_min) * MINUTE..=i64::from(range.minutes_max) * MINUTE;
            self.witness.report.waits_told += 1;
            self.witness.report.waits_kept += u64::from(told_ms.contains(&waited_ms));
        }
    }

    fn plan(&mut self, at_ms: i64, step: Step) {
        self.planned += 1;
        self.agenda.push(Reverse((at_ms, self.planned, step)));
    }

    /// What the clock of the server says.
    fn now_ms(&self) -> i64 {
        MIDNIGHT_MS + self.at_ms + self.clock_error_ms
    }

    fn skills_of(&self, operator: usize) -> Skills {
        let mask = self.skills[operator];
        Skills::of(self.domains.iter().enumerate().filter(|(domain, _)| mask & (1 << domain) != 0).map(|(_, skill)| skill.clone()))
    }

    fn any_skills(&mut self) -> SkillMask {
        if self.one_in(3) { 0 } else { self.chance.random_range(1..1 << DOMAINS.len()) }
    }

    fn any_domain(&mut self) -> Skill {
        let index = self.index(DOMAINS.len());
        self.domains[index].clone()
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        self.chance.random_range(from..to)
    }

    fn index(&mut self, length: usize) -> usize {
        self.chance.random_range(0..length)
    }

    fn one_in(&mut self, times: u32) -> bool {
        self.chance.random_range(0..times) == 0
    }

    /// Exponentially distributed around a mean, in whole numbers, so that a seed is the same day on every machine.
    fn about(&mut self, mean_ms: i64) -> i64 {
        /// A thousandth of the mean, in the middle of each tenth.
        const TENTHS: [i64; 10] = [51, 163, 288, 431, 598, 799, 1_050, 1_386, 1_897, 2_996];
        let tenth = TENTHS[self.index(TENTHS.len())];
        mean_ms * tenth / 1_000 * self.between(800, 1_200) / 1_000
    }
}

fn time_of_day(at_ms: i64) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", at_ms / HOUR, at_ms / MINUTE % 60, at_ms / SECOND % 60, at_ms % SECOND)
}
