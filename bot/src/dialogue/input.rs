//! What comes into a conversation, in the dialogue's own words.

use serde::{Deserialize, Serialize};

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
