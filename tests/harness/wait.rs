//! Waiting for what happens elsewhere: a condition is polled until a deadline, never slept for.

use std::time::{Duration, Instant};

const POLL_EVERY: Duration = Duration::from_millis(20);
/// Longer than a machine needs that builds something beside the tests.
const DEADLINE: Duration = Duration::from_secs(90);

/// The value that `probe` comes to have. `what` names it.
///
/// # Panics
/// It does not come in time.
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(begun.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain until {what}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}
