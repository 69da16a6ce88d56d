//! What tests need around the program: databases, servers, a browser, a Bot API.

pub mod browser;
pub mod citizen;
pub mod content;
pub mod dialogue;
pub mod kept;
pub mod postgres;
pub mod server;
pub mod telegram;
pub mod wait;
