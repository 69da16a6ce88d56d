//! What tests need around the program: databases, servers, a browser, a Bot API.

pub mod postgres;
