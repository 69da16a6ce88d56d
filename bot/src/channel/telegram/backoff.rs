//! Longer and longer pauses between attempts.

use std::time::Duration;

/// However long Telegram is away, it is asked again after so long.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A part of the pause is left to chance, so that many who fail together do not come back together.
const JITTER: f64 = 0.25;

/// The pauses of one thing that is attempted again.
pub(super) struct Backoff {
    first: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration) -> Backoff {
        Backoff { first, next: first }
    }

    /// How long to wait before the next attempt.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(PAUSE_MAX);
        pause.mul_f64(1.0 + JITTER * rand::random::<f64>())
    }

    /// It worked: the next failure is a first one again.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}
