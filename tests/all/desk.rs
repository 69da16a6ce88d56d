//! What holds at the operators' desk on any day.

use harness::desk::{DayReport, run_day};
use harness::sources;

/// `make simulation` plays a thousand.
const DAYS: u64 = 20;

#[test]
fn every_rule_of_the_queue_holds_on_simulated_days() {
    let mut total = DayReport::default();
    for seed in 0..DAYS {
        total += run_day(seed).unwrap_or_else(|violation| panic!("{violation}"));
    }
    // A day on which nothing goes wrong proves nothing.
    for (what, count) in [
        ("claims that came second", total.claims_refused),
        ("writes of operators whose claim was over", total.writes_refused),
        ("conversations that went back", total.returns),
        ("restarts", total.restarts),
        ("clock jumps", total.clock_jumps),
        ("call-backs", total.callbacks),
    ] {
        assert!(count > DAYS, "{what}: {count}\n{total}");
    }
    // Four of five, by the promise of `WaitRange`; operators come and go, which it does not foresee.
    assert!(total.waits_kept * 4 > total.waits_told * 3, "{total}");
}

#[test]
fn the_same_seed_is_the_same_day() {
    assert_eq!(run_day(7).expect("a day"), run_day(7).expect("the same day"));
}

#[test]
fn the_desk_decides_without_clock_chance_or_outside() {
    assert!(sources::pure("bot/src/desk/queue") >= 5);
    assert_eq!(sources::pure("bot/src/desk/calendar.rs"), 1);
}
