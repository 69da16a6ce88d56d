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
    /// A command of the menu, without its slash: help, tracuu, gan, tintuc, tinh, tongdai, xoadulieu.
    Command {
        /// The word.
        name: String,
    },
    /// Something that the bot cannot read.
    Unsupported(Unsupported),
    /// A photo or a file for the operators, kept already.
    Attachment(Attachment),
    /// A photo or a file for the operators that was not kept.
    Unkept(Unkept),
    /// The citizen shared where they are. Used for one search; it never enters the log.
    Location {
        /// Degrees north, in millionths.
        lat_e6: i32,
        /// Degrees east, in millionths.
        lon_e6: i32,
    },
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
    /// The contact could not be compared with anything.
    ContactUnchecked(NotFetched),
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

/// Why a photo or a file was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unkept {
    /// More than 10 MB, or a picture beyond all measure.
    TooLarge,
    /// Neither a photo nor a PDF file, whatever it is called.
    Kind,
    /// It begins like one and cannot be read.
    Broken,
    /// The conversation has as many as are kept.
    Full,
}

/// A photo or a file of the citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its key.
    pub id: Uuid,
    /// What it is, by its content.
    pub media_type: &'static str,
    /// Its size as kept.
    pub bytes: u64,
}

impl Input {
    /// A shared location in degrees; what is no number is something that cannot be read.
    pub fn location(lat: f64, lon: f64) -> Input {
        const MILLION: f64 = 1e6;
        // Any two numbers of a sane size are taken: whether they lie in Vietnam is for the dialogue to say.
        let e6 = |degrees: f64| (degrees.abs() <= 360.0).then(|| (degrees * MILLION).round() as i32);
        match (e6(lat), e6(lon)) {
            (Some(lat_e6), Some(lon_e6)) => Input::Location { lat_e6, lon_e6 },
            _ => Input::Unsupported(Unsupported::Location),
        }
    }

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
                | Input::Attachment(_)
                | Input::Unkept(_)
                | Input::Location { .. }
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
