//! Wakes the readers of a conversation when its log has grown, or something is whispered to its citizen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use uuid::Uuid;

use super::whisper::{Place, Whisper};
use crate::store::Announcement;

/// Readers by conversation. Holds an entry only while someone reads, and the places of all who wait.
#[derive(Clone, Default)]
pub(super) struct Bell(Arc<Inner>);

#[derive(Default)]
struct Inner {
    readers: Mutex<HashMap<Uuid, watch::Sender<Sign>>>,
    places: Mutex<HashMap<Uuid, Place>>,
}

/// What a reader is woken by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sign {
    /// Grows when the log may have grown.
    rings: u64,
    whisper: Whisper,
}

/// One reader's ear. Dropping it stops the following.
pub struct Follower {
    receiver: watch::Receiver<Sign>,
    /// The rings that were heard.
    rings: u64,
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
                    Ok(Announcement::Events { conversation_id, .. }) => ringing.ring(conversation_id),
                    // Something was missed: every reader looks for itself.
                    Ok(Announcement::Resync) | Err(RecvError::Lagged(_)) => ringing.ring_all(),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        bell
    }

    pub(super) fn follow(&self, id: Uuid) -> Follower {
        // In this order everywhere: the readers first, then the places.
        let mut readers = self.readers();
        let place = self.places().get(&id).copied();
        let new = || watch::Sender::new(Sign { rings: 0, whisper: Whisper { place, typed: 0 } });
        let receiver = readers.entry(id).or_insert_with(new).subscribe();
        let rings = receiver.borrow().rings;
        Follower { receiver, rings, bell: self.clone(), id }
    }

    /// Where everyone stands now. Who stands where they stood hears nothing.
    pub(super) fn tell_places(&self, places: HashMap<Uuid, Place>) {
        let readers = self.readers();
        for (id, reader) in readers.iter() {
            let place = places.get(id).copied();
            reader.send_if_modified(|sign| std::mem::replace(&mut sign.whisper.place, place) != place);
        }
        *self.places() = places;
    }

    pub(super) fn tell_typing(&self, id: Uuid) {
        if let Some(reader) = self.readers().get(&id) {
            reader.send_modify(|sign| sign.whisper.typed += 1);
        }
    }

    fn ring(&self, id: Uuid) {
        if let Some(reader) = self.readers().get(&id) {
            reader.send_modify(|sign| sign.rings += 1);
        }
    }

    fn ring_all(&self) {
        for reader in self.readers().values() {
            reader.send_modify(|sign| sign.rings += 1);
        }
    }

    fn readers(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<Sign>>> {
        self.0.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Uuid, Place>> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// Returns when the log may have grown since the last return, true, or only something was whispered. A ring that came before this
    /// call is not lost.
    pub async fn wait(&mut self) -> bool {
        if self.receiver.changed().await.is_err() {
            // The bell is never dropped while a follower holds it; should it be, there is nothing more to hear.
            std::future::pending::<()>().await;
        }
        let rings = self.receiver.borrow_and_update().rings;
        std::mem::replace(&mut self.rings, rings) != rings
    }

    /// What is whispered to the citizen now.
    pub fn whisper(&self) -> Whisper {
        self.receiver.borrow().whisper
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut readers = self.bell.readers();
        // This follower's own receiver is still alive here.
        if readers.get(&self.id).is_some_and(|sender| sender.receiver_count() <= 1) {
            readers.remove(&self.id);
        }
    }
}
