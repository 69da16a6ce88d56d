//! Work that one node at a time does.

use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::conversation::now_ms;
use crate::store::Store;

/// What is under way when the work is to end may take so long; shorter than any lease, so that nobody else has begun by then.
const GRACE: Duration = Duration::from_secs(5);
/// A lease is renewed so many times before it would run out.
const RENEWALS: u32 = 3;

/// A lease, and who asks for it.
pub(crate) struct Lease<'a> {
    pub(crate) store: &'a Store,
    pub(crate) name: &'static str,
    /// Names this process.
    pub(crate) holder: &'a str,
    /// A node that dies is followed by another after so long.
    pub(crate) ttl: Duration,
}

impl Lease<'_> {
    /// Does `work` whenever this node holds the lease, until `stop`. The work is told to end by its argument, which turns true; it must
    /// not end by itself.
    pub(crate) async fn alone<F: Future<Output = ()>>(&self, stop: &watch::Receiver<bool>, work: impl Fn(watch::Receiver<bool>) -> F) {
        while !*stop.borrow() {
            if self.acquire().await != Some(true) {
                tokio::select! {
                    () = stopped(stop) => return,
                    () = sleep(self.ttl / RENEWALS) => continue,
                }
            }
            tracing::debug!(lease = self.name, "this node has the lease");
            let (halt, halted) = watch::channel(false);
            let mut work = Box::pin(work(halted).fuse());
            tokio::select! {
                () = &mut work => {}
                () = stopped(stop) => {}
                () = self.lost() => tracing::warn!(lease = self.name, "this node has lost the lease"),
            }
            let _ = halt.send(true);
            if timeout(GRACE, work).await.is_err() {
                tracing::warn!(lease = self.name, "what was under way did not end in time and is cut off");
            }
        }
        if let Err(error) = self.store.release_lease(self.name, self.holder).await {
            tracing::warn!(lease = self.name, %error, "the lease was not given back; it will run out");
        }
    }

    /// Keeps the lease; returns when it is gone.
    async fn lost(&self) {
        let mut held_until = Instant::now() + self.ttl;
        loop {
            sleep(self.ttl / RENEWALS).await;
            match self.acquire().await {
                Some(true) => held_until = Instant::now() + self.ttl,
                Some(false) => return,
                None if Instant::now() >= held_until => return,
                None => {}
            }
        }
    }

    /// `None`: the database did not say.
    async fn acquire(&self) -> Option<bool> {
        let ttl_ms = i64::try_from(self.ttl.as_millis()).unwrap_or(i64::MAX);
        match self.store.acquire_lease(self.name, self.holder, now_ms(), ttl_ms).await {
            Ok(held) => Some(held),
            Err(error) => {
                tracing::warn!(lease = self.name, %error, "the lease could not be asked for");
                None
            }
        }
    }
}

/// Returns when the flag turns true, or nobody is left to turn it.
pub(crate) async fn stopped(stop: &watch::Receiver<bool>) {
    let _ = stop.clone().wait_for(|stop| *stop).await;
}
