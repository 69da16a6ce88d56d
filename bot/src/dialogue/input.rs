//! What comes into a conversation, in the dialogue's own words.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lookup::{Method, NotFetched, Verification};
use crate::conversation::Phone;
use crate::identity::record::Record;

/// One input. Channels translate their updates into these and decide nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The citizen opened the conversation, or greeted it by its start command.
    Start,
    /// The citizen wrote.
    Message {
        /// As typed.
        text: String,
    },
    /// The citizen tapped a button.
    Choice {
        /// [`super::ChoiceId`] as text; anything else is answered politely.
        id: String,
    },
    /// A command of the menu, without its slash: help, tracuu, gan, tintuc, tongdai, xoadulieu.
    Command {
        /// The word.
        name: String,
    },
    /// Something that the bot cannot read.
    Unsupported(Unsupported),
    /// The citizen shared a contact: their own, by its number, or another's.
    Contact {
        /// The number of whoever sent it; `None`: somebody else's, which nobody needs.
        own: Option<Phone>,
    },
    /// The first step of the secure form was sent, from a channel that can prove the telephone by itself.
    FormSent,
    /// The citizen has proved who they are.
    Verified {
        /// For how long, and whose record.
        verification: Verification,
        /// How.
        by: Method,
    },
    /// The contact proved nothing.
    ContactRefused,
    /// A part of the record that a turn asked for.
    Fetched {
        /// The seq of the event that asked.
        request: u64,
        /// The verification that it was read under.
        verification: Uuid,
        /// What was read.
        record: Box<Record>,
    },
    /// It could not be read.
    NotFetched {
        /// The seq of the event that asked.
        request: u64,
        /// Why.
        why: NotFetched,
    },
    /// The log was erased.
    Erased {
        /// By which the citizen can ask about it.
        receipt: String,
        /// So many events.
        events: u64,
    },
}

impl Input {
    /// Whether it is the citizen's doing, and not news of something that was asked for.
    pub fn is_citizens(&self) -> bool {
        matches!(
            self,
            Input::Start
                | Input::Message { .. }
                | Input::Choice { .. }
                | Input::Command { .. }
                | Input::Unsupported(_)
                | Input::Contact { .. }
        )
    }
}

/// What the bot cannot read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsupported {
    /// Sticker, GIF, dice: a mood.
    Sticker,
    /// Photo or video.
    Photo,
    /// Voice or video message.
    Voice,
    /// A file.
    File,
    /// A place.
    Location,
    /// A shared contact.
    Contact,
    /// Anything else.
    Other,
}
