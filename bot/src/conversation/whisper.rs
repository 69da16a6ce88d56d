//! What is shown for a moment and stored nowhere: where a citizen stands in the queue, and who is typing.
//!
//! Nothing rests on it: a whisper that is lost is followed by another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::dialogue::Minutes;

/// Whispers of citizens kept for a console that is slow.
const TYPING_KEPT: usize = 256;

/// Where a citizen stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1 is next.
    pub position: u32,
    /// An honest range of waiting time; `None` when nobody can know.
    pub wait: Option<Minutes>,
}

/// What a citizen's page shows for a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whisper {
    /// `None`: not in the queue.
    pub place: Option<Place>,
    /// Grows when the operator types.
    pub typed: u64,
}

/// Listeners by conversation. Holds an entry only while someone listens, and the places of all who wait.
#[derive(Clone)]
pub(super) struct Whispers(Arc<Inner>);

struct Inner {
    listeners: Mutex<HashMap<Uuid, watch::Sender<Whisper>>>,
    places: Mutex<HashMap<Uuid, Place>>,
    citizens_typing: broadcast::Sender<Uuid>,
}

/// One listener's ear. Dropping it stops the listening.
pub struct Listener {
    receiver: watch::Receiver<Whisper>,
    whispers: Whispers,
    id: Uuid,
}

impl Whispers {
    pub(super) fn new() -> Whispers {
        let citizens_typing = broadcast::Sender::new(TYPING_KEPT);
        Whispers(Arc::new(Inner { listeners: Mutex::default(), places: Mutex::default(), citizens_typing }))
    }

    pub(super) fn listen(&self, id: Uuid) -> Listener {
        // In this order everywhere: the listeners first, then the places.
        let mut listeners = self.listeners();
        let place = self.places().get(&id).copied();
        let listener = listeners.entry(id).or_insert_with(|| watch::Sender::new(Whisper { place, typed: 0 }));
        Listener { receiver: listener.subscribe(), whispers: self.clone(), id }
    }

    /// Where everyone stands now. Who stands where they stood hears nothing.
    pub(super) fn tell_places(&self, places: HashMap<Uuid, Place>) {
        let listeners = self.listeners();
        for (id, listener) in listeners.iter() {
            let place = places.get(id).copied();
            listener.send_if_modified(|whisper| std::mem::replace(&mut whisper.place, place) != place);
        }
        *self.places() = places;
    }

    pub(super) fn tell_typing(&self, id: Uuid) {
        if let Some(listener) = self.listeners().get(&id) {
            listener.send_modify(|whisper| whisper.typed += 1);
        }
    }

    pub(super) fn citizen_types(&self, id: Uuid) {
        // No receiver is no error: no console is open.
        let _ = self.0.citizens_typing.send(id);
    }

    pub(super) fn citizens_typing(&self) -> broadcast::Receiver<Uuid> {
        self.0.citizens_typing.subscribe()
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<Whisper>>> {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Uuid, Place>> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// What is whispered now.
    pub fn now(&self) -> Whisper {
        *self.receiver.borrow()
    }

    /// Returns when something was whispered since the last return.
    pub async fn wait(&mut self) -> Whisper {
        if self.receiver.changed().await.is_err() {
            // The sender is dropped with the last listener only.
            std::future::pending::<()>().await;
        }
        *self.receiver.borrow_and_update()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = self.whispers.listeners();
        // This listener's own receiver is still alive here.
        if listeners.get(&self.id).is_some_and(|sender| sender.receiver_count() <= 1) {
            listeners.remove(&self.id);
        }
    }
}
