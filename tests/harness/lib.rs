//! What tests need around the program: databases, servers, a browser, a Bot API.

pub mod citizen;
pub mod postgres;
pub mod server;
