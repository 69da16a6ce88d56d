//! Channels translate between their world and the conversations; they decide nothing.

pub mod telegram;
pub mod terminal;
pub mod web;
