//! Lines of one kind that many requests would write.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One line in so much time. When there are too many citizens, or no database, thousands of requests a second are refused for the same
/// reason: to log each would cost more than to refuse it. The metrics count them all.
const EVERY: Duration = Duration::from_secs(1);

/// Lets one line through in [`EVERY`].
pub(super) struct Sparing(Mutex<Counted>);

struct Counted {
    last: Option<Instant>,
    left_out: u64,
}

impl Sparing {
    pub(super) const fn new() -> Sparing {
        Sparing(Mutex::new(Counted { last: None, left_out: 0 }))
    }

    /// How many lines were left out since the last one; None: this one is left out too.
    pub(super) fn line(&self, now: Instant) -> Option<u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.last.is_some_and(|last| now.duration_since(last) < EVERY) {
            counted.left_out += 1;
            return None;
        }
        counted.last = Some(now);
        Some(mem::take(&mut counted.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_a_second_tells_of_the_others() {
        let (sparing, begun) = (Sparing::new(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        let said: Vec<Option<u64>> = [0, 1, 999, 1_000, 1_500, 5_000, 6_000].map(|ms| sparing.line(at(ms))).into();
        assert_eq!(said, [Some(0), None, None, Some(2), None, Some(1), Some(0)]);
    }
}
