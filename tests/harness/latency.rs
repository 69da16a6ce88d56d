//! How long things take, on a machine that is never quite idle.

use std::time::Duration;

/// Times of many calls of one kind.
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// In any order.
    pub fn new(mut times: Vec<Duration>) -> Latencies {
        times.sort_unstable();
        Latencies(times)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time within which this share of the calls was done, in milliseconds; NaN when there are none.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * share).round() as usize).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}
