//! Tests that cross crates: one binary, so that it links once.

#[macro_use]
mod both;

mod account;
mod attachment;
mod browser;
mod calculation;
mod chaos;
mod command_line;
mod console;
mod content;
mod conversations;
mod coverage;
mod degradation;
mod dependencies;
mod desk;
mod dialogue;
mod fuzz;
mod gaps;
mod handoff;
mod http;
mod identity;
mod news;
mod news_broadcast;
mod news_console;
mod news_feeds;
mod operations;
mod place_import;
mod places;
mod store;
mod telegram;
mod traces;
mod transfer;
