//! How often somebody may try to be somebody. Counted in the database before anything is looked up, so that attempts made at once, on
//! several nodes or after a restart count alike, whether the person exists or not.

use crate::store::Attempts;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A limit on attempts under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// So many, then a wait that doubles with each one more.
    BackOff {
        /// Attempts before the first wait.
        free: i64,
        /// The first wait.
        first_ms: i64,
        /// The longest wait.
        wait_ms_max: i64,
        /// Attempts are forgotten after so long without another one.
        forget_ms: i64,
    },
    /// So many in a stretch of time.
    Window {
        /// Attempts.
        max: i64,
        /// The stretch, from the first of them.
        ms: i64,
    },
}

/// Attempts on one code or citizen ID, whoever makes them. A person mistypes a date some times; a stranger who tries dates gets a dozen a
/// day, and locks the owner out of this form for as long, but not out of VssID or the hotline.
pub const CODE: Budget = Budget::BackOff { free: 5, first_ms: 15 * MINUTE_MS, wait_ms_max: 4 * HOUR_MS, forget_ms: 24 * HOUR_MS };
/// Attempts in one conversation.
pub const CONVERSATION: Budget = Budget::BackOff { free: 5, first_ms: 15 * MINUTE_MS, wait_ms_max: 4 * HOUR_MS, forget_ms: 24 * HOUR_MS };
/// Attempts from one network. Mobile networks put many people behind one address; those who succeed do not count.
pub const NETWORK: Budget = Budget::Window { max: 60, ms: HOUR_MS };
/// Attempts of everybody. Far more than succeed on a busy day; what is beyond is an attack from many networks.
pub const SERVICE: Budget = Budget::Window { max: 1_200, ms: MINUTE_MS };

/// Texts to one person, from whatever conversations they are asked for; a password that was used gives them all back. What is beyond is
/// not sent, and the form says what it always says.
pub const TEXTS: Budget = Budget::Window { max: 3, ms: HOUR_MS };

impl Budget {
    /// Counts one attempt. `Err` is the time until which none is taken.
    pub fn count(&self, before: Attempts, now_ms: i64) -> Result<Attempts, i64> {
        match *self {
            Budget::BackOff { free, first_ms, wait_ms_max, forget_ms } => {
                // A wait longer than allowed is of a clock that has been set back since.
                if (1..=wait_ms_max).contains(&before.locked_until_ms.saturating_sub(now_ms)) {
                    return Err(before.locked_until_ms);
                }
                let forgotten = now_ms.saturating_sub(before.last_ms) >= forget_ms;
                let failures = if forgotten { 1 } else { before.failures.saturating_add(1) };
                let locked_until_ms = match u32::try_from(failures - free) {
                    Ok(doublings) => {
                        let factor = 1_i64.checked_shl(doublings.min(32)).unwrap_or(i64::MAX);
                        now_ms.saturating_add(first_ms.saturating_mul(factor).min(wait_ms_max))
                    }
                    Err(_) => 0,
                };
                Ok(Attempts { failures, last_ms: now_ms, locked_until_ms })
            }
            // `last_ms` is when the stretch began.
            Budget::Window { max, ms } => {
                // Of attempts made at once, or on nodes whose clocks differ, a later one may have read an earlier time: it does not begin
                // the stretch anew. A clock that was set back by more than a stretch does.
                let begun = now_ms.saturating_sub(before.last_ms).saturating_abs() < ms && before.failures > 0;
                match begun {
                    true if before.failures >= max => Err(before.last_ms.saturating_add(ms)),
                    true => Ok(Attempts { failures: before.failures + 1, ..before }),
                    false => Ok(Attempts { failures: 1, last_ms: now_ms, locked_until_ms: 0 }),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_790_000_000_000;

    #[test]
    fn waits_double_and_a_day_forgets() {
        let (mut counted, mut now_ms) = (Attempts::default(), NOW_MS);
        let mut waits = Vec::new();
        for _ in 0..9 {
            counted = CODE.count(counted, now_ms).unwrap();
            let wait_ms = (counted.locked_until_ms - now_ms).max(0);
            if wait_ms > 0 {
                assert_eq!(CODE.count(counted, now_ms + wait_ms - 1), Err(now_ms + wait_ms));
            }
            now_ms += wait_ms;
            waits.push(wait_ms / MINUTE_MS);
        }
        assert_eq!(waits, [0, 0, 0, 0, 15, 30, 60, 120, 240]);
        assert_eq!(CODE.count(counted, now_ms + 24 * HOUR_MS).map(|after| after.failures), Ok(1));
    }

    #[test]
    fn a_window_takes_its_number_and_begins_anew() {
        let (mut counted, at_ms) = (Attempts::default(), NOW_MS);
        for number in 1..=60 {
            counted = NETWORK.count(counted, at_ms + number).unwrap();
            assert_eq!(counted.failures, number);
        }
        assert_eq!(NETWORK.count(counted, at_ms + HOUR_MS), Err(at_ms + 1 + HOUR_MS));
        assert_eq!(NETWORK.count(counted, at_ms + 1 + HOUR_MS).map(|after| after.failures), Ok(1));
        assert_eq!(NETWORK.count(Attempts { failures: 0, ..counted }, at_ms + 5).map(|after| after.failures), Ok(1), "all were taken back");
    }

    #[test]
    fn an_attempt_that_read_an_earlier_time_does_not_begin_the_stretch_anew() {
        let budget = Budget::Window { max: 3, ms: 1_000 };
        let mut counted = Attempts::default();
        // As they came, not as they were begun.
        for at_ms in [NOW_MS + 5, NOW_MS, NOW_MS + 9] {
            counted = budget.count(counted, at_ms).expect("within the budget");
        }
        assert_eq!(counted.failures, 3);
        for at_ms in [NOW_MS, NOW_MS + 10, NOW_MS + 1_004] {
            assert_eq!(budget.count(counted, at_ms), Err(NOW_MS + 1_005), "{at_ms}");
        }
        assert_eq!(budget.count(counted, NOW_MS + 1_005).map(|next| next.failures), Ok(1));
        assert_eq!(budget.count(counted, NOW_MS - 1_000).map(|next| next.failures), Ok(1), "the clock was set back");
    }
}
