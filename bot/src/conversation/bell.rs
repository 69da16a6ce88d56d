//! Wakes the readers of a conversation when its log has grown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use uuid::Uuid;

use crate::store::Announcement;

/// Readers by conversation. Holds an entry only while someone reads.
#[derive(Clone, Default)]
pub(super) struct Bell {
    readers: Arc<Mutex<HashMap<Uuid, watch::Sender<u64>>>>,
}

/// One reader's ear. Dropping it stops the following.
pub struct Follower {
    receiver: watch::Receiver<u64>,
    bell: Bell,
    id: Uuid,
}

impl Bell {
    pub(super) fn listen(mut announcements: broadcast::Receiver<Announcement>) -> Bell {
        let bell = Bell::default();
        let ringing = bell.clone();
        tokio::spawn(async move {
            loop {
                match announcements.recv().await {
                    Ok(Announcement::Events { conversation_id, seq }) => ringing.ring(conversation_id, seq),
                    Ok(Announcement::Desk { .. }) => {}
                    // Something was missed: every reader looks for itself.
                    Ok(Announcement::Resync) | Err(RecvError::Lagged(_)) => ringing.ring_all(),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        bell
    }

    pub(super) fn follow(&self, id: Uuid) -> Follower {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = readers.entry(id).or_insert_with(|| watch::channel(0).0).subscribe();
        Follower { receiver, bell: self.clone(), id }
    }

    fn ring(&self, id: Uuid, seq: u64) {
        if let Some(sender) = self.readers.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            sender.send_modify(|last| *last = seq.max(*last));
        }
    }

    fn ring_all(&self) {
        for sender in self.readers.lock().unwrap_or_else(PoisonError::into_inner).values() {
            sender.send_modify(|_| ());
        }
    }
}

impl Follower {
    /// Returns when the log may have grown since the last return. A ring that came before this call is not lost.
    pub async fn wait(&mut self) {
        if self.receiver.changed().await.is_err() {
            // The bell is never dropped while a follower holds it; should it be, there is nothing more to hear.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut readers = self.bell.readers.lock().unwrap_or_else(PoisonError::into_inner);
        // This follower's own receiver is still alive here.
        if readers.get(&self.id).is_some_and(|sender| sender.receiver_count() <= 1) {
            readers.remove(&self.id);
        }
    }
}
