//! Lock-out with back-off: how long the next attempt has to wait.

use crate::store::Attempts;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// When attempts under one key are locked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Attempts in a row before the first lock.
    pub free: i64,
    /// The first lock; each further failure doubles it.
    pub first_ms: i64,
    /// The longest lock.
    pub lock_ms_max: i64,
    /// Failures are forgotten after so long without another one.
    pub forget_ms: i64,
}

/// Attempts on one name, whether it exists or not. The longest lock is short: a stranger can lock an operator out by failing
/// on purpose, and 100 guesses a day find no password.
pub const ACCOUNT: Rule = Rule { free: 5, first_ms: MINUTE_MS, lock_ms_max: 15 * MINUTE_MS, forget_ms: 24 * HOUR_MS };
/// Attempts from one network. A whole office signs in from behind one address, at the same minute.
pub const NETWORK: Rule = Rule { free: 60, first_ms: MINUTE_MS, lock_ms_max: HOUR_MS, forget_ms: 24 * HOUR_MS };
/// No row matters for longer.
pub const FORGET_MS_MAX: i64 = 24 * HOUR_MS;

impl Rule {
    /// Counts an attempt as failed before it is made, so that attempts made at once are counted, too; one that succeeds is
    /// taken back. `Err` is the time until which nothing is tried.
    pub fn count(&self, before: Attempts, now_ms: i64) -> Result<Attempts, i64> {
        // A lock longer than the rule allows is of a clock that has been set back since.
        if (1..=self.lock_ms_max).contains(&before.locked_until_ms.saturating_sub(now_ms)) {
            return Err(before.locked_until_ms);
        }
        let forgotten = now_ms.saturating_sub(before.last_ms) >= self.forget_ms;
        let failures = if forgotten { 1 } else { before.failures.saturating_add(1) };
        let locked_until_ms = match u32::try_from(failures - self.free) {
            Ok(doublings) => {
                let factor = 1_i64.checked_shl(doublings.min(32)).unwrap_or(i64::MAX);
                now_ms.saturating_add(self.first_ms.saturating_mul(factor).min(self.lock_ms_max))
            }
            // Attempts are left.
            Err(_) => 0,
        };
        Ok(Attempts { failures, last_ms: now_ms, locked_until_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_790_000_000_000;

    /// Fails as soon as it may, and lists the waits in minutes.
    fn waits(rule: &Rule, attempts: usize) -> Vec<i64> {
        let (mut counted, mut now_ms) = (Attempts::default(), NOW_MS);
        let mut fail = || {
            counted = rule.count(counted, now_ms).expect("not locked");
            let wait_ms = (counted.locked_until_ms - now_ms).max(0);
            if wait_ms > 0 {
                assert_eq!(rule.count(counted, now_ms + wait_ms - 1), Err(now_ms + wait_ms), "locked until the end");
            }
            now_ms += wait_ms;
            wait_ms / MINUTE_MS
        };
        (0..attempts).map(|_| fail()).collect()
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        assert_eq!(waits(&ACCOUNT, 11), [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]);
        assert_eq!(waits(&NETWORK, 70)[58..], [0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
        assert_eq!(waits(&ACCOUNT, 200)[199], 15);
    }

    #[test]
    fn a_day_without_a_failure_forgets() {
        let before = Attempts { failures: 50, last_ms: NOW_MS, locked_until_ms: 0 };
        assert_eq!(ACCOUNT.count(before, NOW_MS + 24 * HOUR_MS).map(|after| after.failures), Ok(1));
        assert_eq!(ACCOUNT.count(before, NOW_MS + 24 * HOUR_MS - 1).map(|after| after.failures), Ok(51));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out_for_days() {
        let before = Attempts { failures: 9, last_ms: NOW_MS, locked_until_ms: NOW_MS + 15 * MINUTE_MS };
        assert_eq!(ACCOUNT.count(before, NOW_MS), Err(NOW_MS + 15 * MINUTE_MS));
        let after = ACCOUNT.count(before, NOW_MS - 48 * HOUR_MS).expect("not locked");
        assert_eq!(after.failures, 10, "the failures still count");
    }
}
