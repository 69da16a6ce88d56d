//! hotro: one program that answers citizens of Vietnam Social Security.
//!
//! ARCHITECTURE.md at the root of the repository has the map. Imports point one way:
//! `main -> channel -> conversation -> dialogue -> knowledge -> faq`; `store` implements what `conversation` asks for.

pub mod channel;
pub mod config;
pub mod content;
pub mod conversation;
pub mod dialogue;
pub mod store;
