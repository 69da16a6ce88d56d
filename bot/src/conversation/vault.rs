//! What the log holds sealed: personal messages, each under the key of the verification in whose time it was said.
//!
//! When that verification ends its key goes, and nobody opens them any more.

use tokio::sync::Notify;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{ConversationError, Conversations, now_ms};
use crate::dialogue::{Event, Lookups, Message, Recorded, Turn};
use crate::identity::Identity;
use crate::secret::Key;
use crate::store::StoreError;

/// Before what is sealed; no JSON begins so.
const SEALED: &str = "sealed:";

/// What conversations need around personal records. Empty until it is attached.
#[derive(Default)]
pub(super) struct Vault {
    pub(super) key: std::sync::OnceLock<Key>,
    pub(super) lookups: std::sync::OnceLock<()>,
    pub(super) errands: Notify,
}

/// Where what an errand needs is sealed for.
pub(crate) fn effect_place(conversation_id: Uuid, request: u64) -> String {
    format!("effect/{conversation_id}/{request}")
}

fn message_place(conversation_id: Uuid, request: u64) -> String {
    format!("event.personal/{conversation_id}/{request}")
}

impl Conversations {
    /// The key with which personal things are sealed. Only the first call counts.
    pub fn attach_vault(&self, key: Key) {
        let _ = self.vault.key.set(key);
    }

    /// Records can be looked up from now on.
    pub fn offer_lookups(&self) {
        let _ = self.vault.lookups.set(());
    }

    /// Seals a text for a place in the database. Without a key it stays as it is.
    pub(crate) fn seal_text(&self, place: &str, text: &str) -> String {
        match self.vault.key.get() {
            Some(key) => format!("{SEALED}{}", key.seal(place, text.as_bytes())),
            None => text.to_owned(),
        }
    }

    /// What [`Conversations::seal_text`] sealed, or left as it was; `None` when it cannot be opened.
    pub(crate) fn open_text(&self, place: &str, text: &str) -> Option<Zeroizing<String>> {
        let Some(sealed) = text.strip_prefix(SEALED) else { return Some(Zeroizing::new(text.to_owned())) };
        let opened = self.vault.key.get()?.open(place, sealed).ok()?;
        std::str::from_utf8(&opened).ok().map(|text| Zeroizing::new(text.to_owned()))
    }

    pub(super) fn lookups(&self) -> Lookups {
        if self.vault.lookups.get().is_some() { Lookups::On } else { Lookups::Off }
    }

    /// Returns when a turn has asked for something slow since the last return.
    pub async fn errand_arrived(&self) {
        self.vault.errands.notified().await;
    }

    /// The key of what is said while a verification counts; `None` when it counts no longer.
    async fn data_key(&self, id: Uuid, verification: Uuid) -> Result<Option<Key>, StoreError> {
        let Some(key) = self.vault.key.get() else { return Ok(None) };
        let row = self.store.verification_of(id).await?;
        let row = row.filter(|row| row.verification_id == verification && row.state == "verified" && now_ms() < row.until_ms);
        Ok(row.and_then(|row| Identity::open_data_key(key, &row).ok()))
    }

    /// Seals what a turn says personally. What cannot be sealed is not said.
    pub(super) async fn seal(&self, id: Uuid, turn: &mut Turn) -> Result<(), ConversationError> {
        for event in &mut turn.events {
            let Event::PersonalMessage { request, verification, sealed, open, .. } = event else { continue };
            let Some(message) = open.take() else { continue };
            let Some(key) = self.data_key(id, *verification).await? else { continue };
            let body = Zeroizing::new(serde_json::to_vec(&message).map_err(ConversationError::Unwritable)?);
            *sealed = key.seal(&message_place(id, *request), &body);
        }
        Ok(())
    }

    /// Opens personal messages for whoever delivers them to their citizen. Those whose time is over stay sealed.
    pub async fn open_personal(&self, id: Uuid, events: &mut [Recorded]) -> Result<(), ConversationError> {
        let mut known: Option<(Uuid, Option<Key>)> = None;
        for recorded in events {
            let Event::PersonalMessage { request, verification, until_ms, sealed, open, .. } = &mut recorded.event else { continue };
            if sealed.is_empty() || now_ms() >= *until_ms {
                continue;
            }
            let key = match &known {
                Some((of, key)) if of == verification => key.clone(),
                _ => {
                    let key = self.data_key(id, *verification).await?;
                    known = Some((*verification, key.clone()));
                    key
                }
            };
            let Some(key) = key else { continue };
            let message: Option<Message> =
                key.open(&message_place(id, *request), sealed).ok().and_then(|body| serde_json::from_slice(&body).ok());
            *open = message.map(Box::new);
        }
        Ok(())
    }

    /// Erases a conversation up to a seq: its events become tombstones, and what was sealed beside it goes.
    pub async fn erase(&self, id: Uuid, up_to: u64, at_ms: i64) -> Result<(), ConversationError> {
        let slot = self.slot(id);
        let mut loaded = slot.lock().await;
        self.store.erase_conversation(id, up_to, at_ms).await?;
        // What was folded before remembers what is gone.
        *loaded = None;
        Ok(())
    }
}
