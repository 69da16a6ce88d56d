//! The queue by example, and what holds whatever happens to it.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const LEASE: i64 = 60_000;
const OFFER: i64 = 30_000;

fn handoff(number: u8) -> HandoffId {
    HandoffId(Uuid::from_u128(u128::from(number)))
}

fn operator(number: u8) -> OperatorId {
    OperatorId(Uuid::from_u128(0x0F00 + u128::from(number)))
}

fn skill(name: &str) -> Skill {
    Skill::parse(name).expect("a skill")
}

fn entered(number: u8, priority: Priority) -> QueueEvent {
    QueueEvent::Entered { handoff: handoff(number), priority, need: None }
}

fn asked(number: u8) -> QueueEvent {
    entered(number, Priority::Asked)
}

fn needing(number: u8, need: &str) -> QueueEvent {
    QueueEvent::Entered { handoff: handoff(number), priority: Priority::Asked, need: Some(skill(need)) }
}

fn arrived(number: u8, capacity: u32) -> QueueEvent {
    QueueEvent::Arrived { operator: operator(number), skills: Skills::all(), capacity, accepting: true }
}

fn skilled(number: u8, capacity: u32, skills: &[&str]) -> QueueEvent {
    let skills = Skills::of(skills.iter().map(|name| skill(name)));
    QueueEvent::Arrived { operator: operator(number), skills, capacity, accepting: true }
}

fn claim(handoff_number: u8, operator_number: u8) -> QueueEvent {
    QueueEvent::Claim { handoff: handoff(handoff_number), operator: operator(operator_number) }
}

fn held_by(operator_number: u8, fence: i64) -> Authority {
    Authority::Holder(Hold { operator: operator(operator_number), fence })
}

/// A queue in the hands of a test, with a clock.
struct Desk {
    queue: Queue,
    now_ms: i64,
}

impl Desk {
    fn after(events: impl IntoIterator<Item = QueueEvent>) -> Desk {
        let mut desk = Desk { queue: Queue::new(Rules::default()), now_ms: 0 };
        events.into_iter().for_each(|event| desk.must(event));
        desk
    }

    fn try_to(&mut self, event: QueueEvent) -> Result<(), Refusal> {
        let decision = decide(&self.queue, &event, self.now_ms);
        decision.changes.iter().for_each(|change| self.queue.apply(change));
        decision.outcome
    }

    fn must(&mut self, event: QueueEvent) {
        let outcome = self.try_to(event.clone());
        assert_eq!(outcome, Ok(()), "{event:?}");
    }

    fn stage(&self, number: u8) -> Stage {
        self.queue.handoff(handoff(number)).expect("an open handoff").stage
    }

    /// To whom a handoff is offered, or by whom claimed: the number of the operator.
    fn holder(&self, number: u8) -> Option<u8> {
        let holder = self.stage(number).holder()?;
        (0..=u8::MAX).find(|&number| operator(number) == holder)
    }

    fn is_claimed(&self, number: u8) -> bool {
        matches!(self.stage(number), Stage::Claimed { .. })
    }

    fn order(&self) -> Vec<u8> {
        let number = |id: HandoffId| (0..=u8::MAX).find(|&number| handoff(number) == id);
        self.queue.line().filter_map(|handoff| number(handoff.id)).collect()
    }
}

#[test]
fn the_order_is_priority_then_entry() {
    let desk = Desk::after([
        entered(1, Priority::Unhappy),
        entered(2, Priority::Asked),
        entered(3, Priority::RepeatedMisses),
        entered(4, Priority::Complaint),
        entered(5, Priority::Asked),
        entered(6, Priority::Complaint),
    ]);
    assert_eq!(desk.order(), [4, 6, 3, 2, 5, 1]);
}

#[test]
fn entering_twice_keeps_the_place() {
    let desk = Desk::after([asked(1), asked(2), asked(1)]);
    assert_eq!(desk.order(), [1, 2]);
}

#[test]
fn offers_go_to_the_free_operator_with_the_fewest_conversations() {
    let mut desk = Desk::after([arrived(1, 2), arrived(2, 2), asked(1), asked(2), asked(3), asked(4), asked(5)]);
    assert_eq!((1..=5).map(|number| desk.holder(number)).collect::<Vec<_>>(), [Some(1), Some(2), Some(1), Some(2), None]);
    // Room is made: the scheduler runs.
    desk.must(claim(2, 2));
    desk.must(QueueEvent::Resolve { handoff: handoff(2), by: held_by(2, 1), reason: Resolution::Answered });
    assert_eq!(desk.holder(5), Some(2));
}

#[test]
fn a_need_is_served_by_who_has_the_skill() {
    let mut desk = Desk::after([skilled(1, 4, &["bhyt"]), needing(1, "bhxh"), needing(2, "bhyt"), asked(3)]);
    assert_eq!([1, 2, 3].map(|number| desk.holder(number)), [None, Some(1), Some(1)]);
    assert_eq!(desk.try_to(claim(1, 1)), Err(Refusal::NotSkilled));
    desk.must(QueueEvent::Configured { operator: operator(1), skills: Skills::all(), capacity: 4 });
    assert_eq!(desk.holder(1), Some(1));
}

#[test]
fn an_offer_that_ends_goes_to_another_and_then_back_to_its_place() {
    let mut desk = Desk::after([arrived(1, 1), arrived(2, 1), asked(1), asked(2), asked(3)]);
    assert_eq!([1, 2, 3].map(|number| desk.holder(number)), [Some(1), Some(2), None]);
    desk.must(claim(2, 2));
    desk.now_ms = OFFER;
    desk.must(QueueEvent::Tick);
    // Operator 1 missed it and is asked no more; operator 2 is full.
    assert_eq!(desk.order(), [1, 3]);
    assert_eq!([1, 3].map(|number| desk.stage(number)), [Stage::Waiting; 2]);
    desk.must(QueueEvent::Accepting { operator: operator(1), accepting: true });
    assert_eq!([1, 3].map(|number| desk.holder(number)), [Some(1), None]);
    assert_eq!(desk.try_to(claim(1, 2)), Err(Refusal::Taken));
}

#[test]
fn whoever_wants_no_offers_keeps_what_they_have() {
    let mut desk = Desk::after([arrived(1, 2), asked(1), asked(2), claim(1, 1)]);
    desk.must(QueueEvent::Accepting { operator: operator(1), accepting: false });
    assert!(desk.is_claimed(1));
    assert_eq!(desk.stage(2), Stage::Waiting);
    // They may still take one by hand.
    desk.must(claim(2, 1));
    assert_eq!(desk.try_to(claim(2, 1)), Ok(()), "a repeated claim is answered as the first");
}

#[test]
fn a_lease_that_ends_returns_everything_to_its_place_and_fences_its_holder_off() {
    let mut desk = Desk::after([arrived(1, 2), asked(1), asked(2), asked(3), claim(1, 1), claim(2, 1)]);
    let old = Hold { operator: operator(1), fence: 1 };
    assert_eq!(desk.queue.check(handoff(1), old, LEASE - 1), Ok(()));
    // Nobody has looked yet, and still the write is refused.
    assert_eq!(desk.queue.check(handoff(1), old, LEASE), Err(Refusal::NotPresent));
    desk.now_ms = LEASE;
    assert_eq!(desk.try_to(QueueEvent::Present { operator: operator(1) }), Err(Refusal::NotPresent), "too late to renew");
    assert_eq!(desk.order(), [1, 2, 3]);
    desk.must(arrived(1, 1));
    desk.must(claim(1, 1));
    assert_eq!(desk.queue.check(handoff(1), old, LEASE), Err(Refusal::NotTheirs), "another tab, with the old number");
    assert_eq!(desk.queue.check(handoff(1), Hold { operator: operator(1), fence: 2 }, LEASE), Ok(()));
    let stale = QueueEvent::Resolve { handoff: handoff(1), by: held_by(1, 1), reason: Resolution::Answered };
    assert_eq!(desk.try_to(stale), Err(Refusal::NotTheirs));
}

#[test]
fn presence_renews_the_lease_and_signing_out_ends_it() {
    let mut desk = Desk::after([arrived(1, 1), asked(1), claim(1, 1)]);
    for _ in 0..10 {
        desk.now_ms += LEASE - 1;
        desk.must(QueueEvent::Present { operator: operator(1) });
    }
    assert!(desk.is_claimed(1));
    desk.must(arrived(2, 1));
    desk.must(QueueEvent::SignedOut { operator: operator(1) });
    assert_eq!((desk.is_claimed(1), desk.holder(1)), (false, Some(2)));
}

#[test]
fn a_clock_that_is_put_back_delays_nothing() {
    let mut desk = Desk::after([]);
    desk.now_ms = 3_600_000;
    desk.must(arrived(1, 2));
    desk.must(asked(1));
    desk.must(claim(1, 1));
    desk.must(asked(2));
    desk.now_ms = 0;
    desk.must(QueueEvent::Tick);
    assert_eq!(desk.queue.next_deadline_ms(), Some(OFFER));
    desk.must(asked(3));
    desk.now_ms = LEASE;
    desk.must(QueueEvent::Tick);
    assert_eq!(desk.order(), [1, 2, 3]);
}

#[test]
fn a_transfer_is_offered_to_one_operator_or_goes_to_a_skill() {
    let mut desk = Desk::after([arrived(1, 1), asked(1), claim(1, 1), skilled(2, 1, &["bhyt"]), skilled(3, 1, &["vssid"])]);
    let transfer = |to, fence| QueueEvent::Transfer { handoff: handoff(1), by: held_by(1, fence), to };
    desk.must(transfer(Target::Operator(operator(2)), 1));
    assert_eq!(desk.holder(1), Some(2));
    assert_eq!(desk.try_to(transfer(Target::Operator(operator(3)), 1)), Err(Refusal::NotTheirs));
    desk.must(claim(1, 2));
    let by = held_by(2, 2);
    desk.must(QueueEvent::Transfer { handoff: handoff(1), by, to: Target::Skill(skill("vssid")) });
    assert_eq!(desk.holder(1), Some(3));
    let unknown = Target::Operator(operator(9));
    desk.must(claim(1, 3));
    assert_eq!(
        desk.try_to(QueueEvent::Transfer { handoff: handoff(1), by: held_by(3, 3), to: unknown }),
        Err(Refusal::NotPresent),
        "it stays with whoever has it"
    );
    assert_eq!(desk.holder(1), Some(3));
    desk.must(asked(2));
    desk.must(claim(2, 1));
    let full = QueueEvent::Transfer { handoff: handoff(1), by: Authority::Supervisor, to: Target::Operator(operator(1)) };
    assert_eq!(desk.try_to(full), Err(Refusal::NoRoom));
}

#[test]
fn whoever_gave_it_back_is_asked_last() {
    let mut desk = Desk::after([arrived(1, 4), asked(1), claim(1, 1), arrived(2, 1)]);
    desk.must(asked(2));
    desk.must(claim(2, 2));
    // Operator 1 is free, operator 2 is not: it waits for operator 2.
    desk.must(QueueEvent::Return { handoff: handoff(1), by: held_by(1, 1) });
    assert_eq!(desk.stage(1), Stage::Waiting);
    // Nobody else is left who could serve it.
    desk.must(QueueEvent::Accepting { operator: operator(2), accepting: false });
    assert_eq!(desk.holder(1), Some(1));
}

#[test]
fn a_handoff_ends_in_every_way() {
    let check = |before: &[QueueEvent], last: QueueEvent, want: Closing| {
        let mut desk = Desk::after(before.iter().cloned());
        let decision = decide(&desk.queue, &last, 7);
        assert!(decision.changes.contains(&Change::Closed { handoff: handoff(1), closing: want, at_ms: 7 }), "{decision:?}");
        desk.must(last.clone());
        assert_eq!(desk.try_to(last), Err(Refusal::NoSuchHandoff));
        assert!(desk.try_to(claim(1, 1)).is_err());
    };
    let left = QueueEvent::Left { handoff: handoff(1) };
    let claimed = [arrived(1, 1), asked(1), claim(1, 1)];
    check(&[asked(1)], left.clone(), Closing::Abandoned);
    check(&claimed[..2], left.clone(), Closing::Abandoned);
    check(&claimed, left, Closing::Resolved(Resolution::EndedByCitizen));
    check(&[asked(1)], QueueEvent::CallbackAsked { handoff: handoff(1) }, Closing::Callback);
    let reason = Resolution::Referred;
    check(&claimed, QueueEvent::Resolve { handoff: handoff(1), by: held_by(1, 1), reason }, Closing::Resolved(reason));
    check(&[asked(1)], QueueEvent::Resolve { handoff: handoff(1), by: Authority::Supervisor, reason }, Closing::Resolved(reason));
}

#[test]
fn the_wait_is_unknown_until_some_were_served_and_someone_is_there() {
    let mut desk = Desk::after([arrived(1, 1)]);
    let wait = |desk: &Desk, number| desk.queue.standing(handoff(number), desk.now_ms).expect("someone in line").wait;
    for number in 1..=5 {
        desk.must(asked(number));
        desk.must(claim(number, 1));
        desk.must(asked(100));
        assert_eq!(wait(&desk, 100), None);
        desk.must(QueueEvent::Left { handoff: handoff(100) });
        for _ in 0..6 {
            desk.now_ms += LEASE - 10_000;
            desk.must(QueueEvent::Present { operator: operator(1) });
        }
        desk.must(QueueEvent::Resolve { handoff: handoff(number), by: held_by(1, 1), reason: Resolution::Answered });
    }
    for number in 11..=20 {
        desk.must(asked(number));
    }
    // Five minutes each, one at a time. Number 11 is offered.
    assert_eq!(wait(&desk, 12), Some(WaitRange { minutes_min: 2, minutes_max: 20 }));
    assert_eq!(wait(&desk, 15), Some(WaitRange { minutes_min: 10, minutes_max: 45 }));
    assert_eq!(wait(&desk, 20), Some(WaitRange { minutes_min: 30, minutes_max: 75 }));
    // Twice the staff.
    desk.must(QueueEvent::Configured { operator: operator(1), skills: Skills::all(), capacity: 2 });
    assert_eq!(wait(&desk, 20), Some(WaitRange { minutes_min: 15, minutes_max: 45 }));
    // Only for another skill.
    desk.must(QueueEvent::Configured { operator: operator(1), skills: Skills::of([skill("bhyt")]), capacity: 2 });
    desk.must(needing(21, "bhxh"));
    assert_eq!(wait(&desk, 21), None);
    desk.must(QueueEvent::Accepting { operator: operator(1), accepting: false });
    assert_eq!(wait(&desk, 20), None);
    assert_eq!(desk.queue.standing(handoff(20), desk.now_ms).map(|standing| standing.position), Some(10));
}

/// Few of each, so that events meet.
fn any_event() -> impl Strategy<Value = QueueEvent> {
    let any_handoff = || (0..6_u8).prop_map(handoff);
    let any_operator = || (0..3_u8).prop_map(operator);
    let any_skill = || select(vec!["bhxh", "bhyt"]).prop_map(skill);
    let any_skills = || prop_oneof![2 => Just(Skills::all()), 1 => any_skill().prop_map(|skill| Skills::of([skill]))];
    let any_by = || {
        let holder = (any_operator(), 0..4_i64).prop_map(|(operator, fence)| Authority::Holder(Hold { operator, fence }));
        prop_oneof![3 => holder, 1 => Just(Authority::Supervisor)]
    };
    let any_target = prop_oneof![any_operator().prop_map(Target::Operator), any_skill().prop_map(Target::Skill)];
    prop_oneof![
        8 => (any_handoff(), select(Priority::ALL.to_vec()), proptest::option::of(any_skill()))
            .prop_map(|(handoff, priority, need)| QueueEvent::Entered { handoff, priority, need }),
        2 => any_handoff().prop_map(|handoff| QueueEvent::Left { handoff }),
        1 => any_handoff().prop_map(|handoff| QueueEvent::CallbackAsked { handoff }),
        6 => (any_operator(), any_skills(), 0..3_u32, any::<bool>())
            .prop_map(|(operator, skills, capacity, accepting)| QueueEvent::Arrived { operator, skills, capacity, accepting }),
        6 => any_operator().prop_map(|operator| QueueEvent::Present { operator }),
        1 => (any_operator(), any_skills(), 0..3_u32)
            .prop_map(|(operator, skills, capacity)| QueueEvent::Configured { operator, skills, capacity }),
        3 => (any_operator(), any::<bool>()).prop_map(|(operator, accepting)| QueueEvent::Accepting { operator, accepting }),
        1 => any_operator().prop_map(|operator| QueueEvent::SignedOut { operator }),
        10 => (any_handoff(), any_operator()).prop_map(|(handoff, operator)| QueueEvent::Claim { handoff, operator }),
        3 => (any_handoff(), any_by(), any_target).prop_map(|(handoff, by, to)| QueueEvent::Transfer { handoff, by, to }),
        2 => (any_handoff(), any_by()).prop_map(|(handoff, by)| QueueEvent::Return { handoff, by }),
        2 => (any_handoff(), any_by(), select(Resolution::ALL.to_vec()))
            .prop_map(|(handoff, by, reason)| QueueEvent::Resolve { handoff, by, reason }),
        2 => Just(QueueEvent::Tick),
    ]
}

/// Events with the time that passes before each; the clock may be put forward or back, even to its ends.
fn any_day() -> impl Strategy<Value = Vec<(i64, QueueEvent)>> {
    let passes = prop_oneof![
        12 => 0..20_000_i64,
        3 => 0..90_000_i64,
        1 => -4_000_000..4_000_000_i64,
        1 => select(vec![i64::MIN, i64::MAX]),
    ];
    proptest::collection::vec((passes, any_event()), 0..120)
}

/// What is stored, given back.
fn reloaded(queue: &Queue) -> Queue {
    let rows = QueueRows {
        handoffs: queue.handoffs().cloned().collect(),
        operators: queue.operators().cloned().collect(),
        served: queue.served().copied().collect(),
        next_ticket: queue.next_ticket,
    };
    Queue::from_rows(queue.rules, rows)
}

/// Said as plainly as possible, and slowly.
fn check_invariants(queue: &Queue, now_ms: i64) -> Result<(), TestCaseError> {
    let line: Vec<&Handoff> = queue.line().collect();
    prop_assert!(line.windows(2).all(|pair| (pair[0].priority, pair[0].ticket) < (pair[1].priority, pair[1].ticket)));
    let unclaimed = queue.handoffs().filter(|handoff| !matches!(handoff.stage, Stage::Claimed { .. })).count();
    prop_assert_eq!(line.len(), unclaimed);
    for operator in queue.operators() {
        prop_assert!(operator.present_until_ms > now_ms || now_ms == i64::MAX, "{:?} is not present", operator);
        let holds = |stage: &Stage| stage.holder() == Some(operator.id);
        let load = queue.handoffs().filter(|handoff| holds(&handoff.stage)).count();
        prop_assert_eq!(load, queue.claimed_by(operator.id).count() + queue.offered_to(operator.id).count());
        prop_assert!(operator.accepting || queue.offered_to(operator.id).next().is_none());
        if !operator.accepting || load >= operator.capacity as usize {
            continue;
        }
        for waiting in line.iter().filter(|handoff| handoff.stage == Stage::Waiting) {
            let could = |other: &Operator| other.accepting && other.skills.cover(waiting.need.as_ref());
            let avoided = waiting.avoid == Some(operator.id) && queue.operators().any(|other| other.id != operator.id && could(other));
            prop_assert!(!could(operator) || avoided, "{:?} waits while {:?} is free", waiting, operator);
        }
    }
    for handoff in queue.handoffs() {
        prop_assert!(handoff.stage.holder().is_none_or(|holder| queue.operator(holder).is_some()), "{:?} is stranded", handoff);
        if let Stage::Offered { until_ms, .. } = handoff.stage {
            prop_assert!(until_ms > now_ms || now_ms == i64::MAX);
        }
    }
    for (index, (id, standing)) in queue.standings(now_ms).into_iter().enumerate() {
        prop_assert_eq!((id, standing.position), (line[index].id, index + 1));
        prop_assert_eq!(queue.standing(id, now_ms), Some(standing));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_happens_the_invariants_hold(day in any_day()) {
        let mut queue = Queue::new(Rules::default());
        let mut now_ms = 0_i64;
        let mut tickets = BTreeSet::new();
        for (passes_ms, event) in day {
            now_ms = now_ms.saturating_add(passes_ms);
            let decision = decide(&queue, &event, now_ms);
            prop_assert_eq!(&decide(&reloaded(&queue), &event, now_ms), &decision, "the same arguments give the same decision");
            for change in &decision.changes {
                if let Change::Claimed { handoff, fence, .. } = *change {
                    prop_assert!(queue.handoff(handoff).is_some_and(|before| before.fence < fence), "a fencing number is used again");
                }
                if let Change::Entered { ticket, .. } = *change {
                    prop_assert!(tickets.insert(ticket), "a ticket is drawn twice");
                }
                queue.apply(change);
            }
            prop_assert_eq!(&reloaded(&queue), &queue);
            check_invariants(&queue, now_ms)?;
            if now_ms < i64::MAX - LEASE {
                let again = decide(&queue, &QueueEvent::Tick, now_ms);
                prop_assert_eq!(again, Decision { changes: Vec::new(), outcome: Ok(()) }, "something was left to do");
            }
        }
    }
}
