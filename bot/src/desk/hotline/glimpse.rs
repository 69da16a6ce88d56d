//! What a list shows of a conversation without opening it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio::sync::broadcast::{self, error::TryRecvError};
use uuid::Uuid;

use crate::conversation::{ConversationError, Conversations};
use crate::dialogue::Event;
use crate::store::Announcement;

/// Events of a conversation that are read when it is first shown.
const EVENTS_AT_FIRST_MAX: u32 = 100;
/// What is shown of the citizen's last words.
const PREVIEW_CHARS_MAX: usize = 120;
/// More unread messages are not counted.
const UNREAD_MAX: u32 = 99;

/// The end of a conversation, at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glimpse {
    /// The last words of the citizen, masked, cut.
    pub preview: String,
    /// When they were said, in Unix milliseconds; `None` when nothing was.
    pub last_citizen_ms: Option<i64>,
    /// Messages of the citizen since the operator's last.
    pub unread: u32,
    /// What operators call it; `None`: as stored.
    pub labels: Option<Vec<String>>,
    seq: u64,
}

impl Glimpse {
    fn see(&mut self, seq: u64, at_ms: i64, event: &Event) {
        self.seq = seq;
        match event {
            Event::CitizenMessage { text: words, .. } | Event::CitizenChoice { label: words, .. } => {
                self.preview = words.chars().take(PREVIEW_CHARS_MAX).collect();
                self.last_citizen_ms = Some(at_ms);
                self.unread = (self.unread + 1).min(UNREAD_MAX);
            }
            Event::CitizenUnsupported { .. } | Event::CitizenAttachment { .. } => {
                self.last_citizen_ms = Some(at_ms);
                self.unread = (self.unread + 1).min(UNREAD_MAX);
            }
            Event::OperatorMessage { .. } | Event::OperatorAnswer { .. } => self.unread = 0,
            Event::LabelsChanged { labels, .. } => self.labels = Some(labels.clone()),
            _ => {}
        }
    }
}

/// Glimpses of what is shown.
#[derive(Default)]
pub(super) struct Glimpses {
    known: HashMap<Uuid, Glimpse>,
    grown: HashSet<Uuid>,
    shown: Option<Instant>,
}

impl Glimpses {
    /// Takes in what was announced since the last time. Whether some of it can be seen.
    pub(super) fn catch_up(&mut self, announcements: &mut broadcast::Receiver<Announcement>) -> bool {
        let mut seen = false;
        loop {
            match announcements.try_recv() {
                Ok(Announcement::Events { conversation_id, .. }) => {
                    if self.known.contains_key(&conversation_id) {
                        self.grown.insert(conversation_id);
                        seen = true;
                    }
                }
                Ok(Announcement::Resync) | Err(TryRecvError::Lagged(_)) => {
                    self.grown.extend(self.known.keys());
                    seen |= !self.known.is_empty();
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return seen,
            }
        }
    }

    pub(super) fn shown_ago(&self) -> Duration {
        self.shown.map_or(Duration::MAX, |shown| shown.elapsed())
    }

    /// Reads what is new of the conversations that are shown now, and forgets the others.
    pub(super) async fn look(
        &mut self,
        conversations: &Conversations,
        shown: &[Uuid],
    ) -> Result<&HashMap<Uuid, Glimpse>, ConversationError> {
        self.shown = Some(Instant::now());
        let wanted: HashSet<Uuid> = shown.iter().copied().collect();
        self.known.retain(|id, _| wanted.contains(id));
        for &id in shown {
            match self.known.get_mut(&id) {
                Some(glimpse) if self.grown.contains(&id) => {
                    for recorded in conversations.events(id, glimpse.seq).await? {
                        glimpse.see(recorded.seq, recorded.at_ms, &recorded.event);
                    }
                }
                Some(_) => {}
                None => {
                    let mut glimpse = Glimpse::default();
                    for recorded in conversations.last_events(id, EVENTS_AT_FIRST_MAX).await? {
                        glimpse.see(recorded.seq, recorded.at_ms, &recorded.event);
                    }
                    self.known.insert(id, glimpse);
                }
            }
        }
        self.grown.clear();
        Ok(&self.known)
    }
}
