//! What tests need around the program: databases, servers, a browser, a Bot API.

pub mod citizen;
pub mod dialogue;
pub mod postgres;
pub mod server;
pub mod wait;
pub mod telegram;
