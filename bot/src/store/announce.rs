//! Who follows a conversation learns here that its log has grown.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::error::{StoreError, describe};

/// The channel of LISTEN and NOTIFY.
pub(super) const CHANNEL: &str = "hotro_event";
/// Announcements kept for a slow receiver before it lags; a lagging one only has to re-read what it follows.
const ANNOUNCEMENTS_KEPT: usize = 4_096;
/// The pause between attempts to listen again while PostgreSQL is away.
const RECONNECT_WAIT: Duration = Duration::from_secs(1);

/// New events, or the need to look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// The log of a conversation now reaches `seq`. May come late or twice, and out of order between nodes.
    Events {
        /// Whose log.
        conversation_id: Uuid,
        /// Its last seq at that time.
        seq: u64,
    },
    /// Announcements may have been lost: re-read everything that is followed.
    Resync,
}

/// Tells this process, and marks what it tells the other nodes.
#[derive(Clone)]
pub(super) struct Announcer {
    /// Names this process in its notifications: it has already been told of its own commits.
    node: Uuid,
    receivers: broadcast::Sender<Announcement>,
    /// Apart from the events, which are thousands a second and none of the queue's business.
    desk_moves: watch::Sender<()>,
}

impl Announcer {
    pub(super) fn new() -> Announcer {
        Announcer { node: Uuid::now_v7(), receivers: broadcast::Sender::new(ANNOUNCEMENTS_KEPT), desk_moves: watch::Sender::new(()) }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Announcement> {
        self.receivers.subscribe()
    }

    /// Changes when the queue of the desk may have moved.
    pub(super) fn desk_moves(&self) -> watch::Receiver<()> {
        self.desk_moves.subscribe()
    }

    /// The queue of the desk has moved.
    pub(super) fn announce_desk(&self) {
        self.desk_moves.send_replace(());
    }

    pub(super) fn announce(&self, announcement: Announcement) {
        if announcement == Announcement::Resync {
            self.announce_desk();
        }
        // No receiver is no error: nobody follows a conversation just now.
        let _ = self.receivers.send(announcement);
    }

    /// What the other nodes receive, at most 8,000 bytes by PostgreSQL's limit: conversation, seq and sender.
    pub(super) fn payload(&self, conversation_id: Uuid, seq: u64) -> String {
        format!("{conversation_id} {seq} {}", self.node)
    }

    /// As [`Announcer::payload`], for the queue of the desk: it is told as a conversation that nobody has, which an older program
    /// on another node passes over.
    pub(super) fn desk_payload(&self, version: i64) -> String {
        format!("{} {version} {}", Uuid::nil(), self.node)
    }

    /// Passes a notification on, unless it is this process's own.
    fn pass_on(&self, payload: &str) {
        match self.read(payload) {
            Some(Announcement::Events { conversation_id, .. }) if conversation_id.is_nil() => self.announce_desk(),
            Some(announcement) => self.announce(announcement),
            None => {}
        }
    }

    /// The announcement in a notification, one of the queue as [`Announcer::desk_payload`] tells it; `None` for this process's own.
    fn read(&self, payload: &str) -> Option<Announcement> {
        let mut parts = payload.split(' ');
        let conversation_id = parts.next().and_then(|id| id.parse().ok());
        let seq = parts.next().and_then(|seq| seq.parse().ok());
        let sender = parts.next().and_then(|node| node.parse::<Uuid>().ok());
        match (conversation_id, seq) {
            (Some(_), Some(_)) if sender == Some(self.node) => None,
            (Some(conversation_id), Some(seq)) => Some(Announcement::Events { conversation_id, seq }),
            // Words of another version of the program: something has happened, somewhere.
            _ => Some(Announcement::Resync),
        }
    }
}

/// The task that passes the notifications of other nodes on. Dropping it stops the task.
pub(super) struct Listener {
    _task: JoinSet<()>,
}

impl Listener {
    /// Listens from the moment this returns, until the pool is closed.
    pub(super) async fn start(pool: PgPool, announcer: Announcer) -> Result<Listener, StoreError> {
        let first = listener(&pool).await?;
        let mut task = JoinSet::new();
        task.spawn(keep_listening(first, pool, announcer));
        Ok(Listener { _task: task })
    }
}

async fn listener(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

async fn keep_listening(first: PgListener, pool: PgPool, announcer: Announcer) {
    let Err(mut lost) = pass_on(first, &announcer).await;
    loop {
        if matches!(lost, sqlx::Error::PoolClosed) {
            return;
        }
        tracing::warn!(error = describe(&lost), "not listening for the events of other nodes");
        tokio::time::sleep(RECONNECT_WAIT).await;
        lost = match listener(&pool).await {
            Ok(again) => {
                announcer.announce(Announcement::Resync);
                let Err(lost) = pass_on(again, &announcer).await;
                lost
            }
            Err(error) => error,
        };
    }
}

async fn pass_on(mut listener: PgListener, announcer: &Announcer) -> Result<Infallible, sqlx::Error> {
    loop {
        match listener.try_recv().await? {
            Some(notification) => announcer.pass_on(notification.payload()),
            // The connection was lost, and it listens again since before this returned.
            None => announcer.announce(Announcement::Resync),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_reaches_every_process_but_its_sender() {
        let (sender, other) = (Announcer::new(), Announcer::new());
        let conversation_id = Uuid::now_v7();
        let payload = sender.payload(conversation_id, 7);
        assert_eq!(sender.read(&payload), None);
        assert_eq!(other.read(&payload), Some(Announcement::Events { conversation_id, seq: 7 }));
    }

    #[test]
    fn a_notification_that_cannot_be_read_asks_to_resync() {
        for payload in ["", "x", "0190f5a0-0000-7000-8000-000000000000 -1"] {
            assert_eq!(Announcer::new().read(payload), Some(Announcement::Resync), "{payload:?}");
        }
    }
}
