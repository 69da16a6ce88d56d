//! Tests that cross crates: one binary, so that it links once.

mod browser;
mod command_line;
mod content;
mod conversations;
mod dialogue;
mod http;
mod store;
mod telegram;
