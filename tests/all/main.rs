//! Tests that cross crates: one binary, so that it links once.

mod http;
mod conversations;
mod store;
mod telegram;
