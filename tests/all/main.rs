//! Tests that cross crates: one binary, so that it links once.

mod account;
mod browser;
mod command_line;
mod console;
mod content;
mod conversations;
mod coverage;
mod desk;
mod dialogue;
mod gaps;
mod handoff;
mod http;
mod news;
mod news_broadcast;
mod news_console;
mod news_feeds;
mod store;
mod telegram;
