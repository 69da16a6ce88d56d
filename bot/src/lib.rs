//! hotro: one program that answers citizens of Vietnam Social Security.
//!
//! ARCHITECTURE.md at the root of the repository has the map. Imports point one way:
//! `main -> channel, desk -> conversation -> dialogue -> knowledge -> faq`; `store` implements what `conversation` and `desk` ask for.

pub mod calculator;
pub mod channel;
pub mod config;
pub mod content;
pub mod conversation;
pub mod desk;
pub mod dialogue;
pub mod identity;
pub mod news;
pub mod places;
pub mod secret;
pub mod store;
