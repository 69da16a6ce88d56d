//! The operators' desk: who may work at it, who waits for a person, who serves them, and when somebody is there.
//!
//! [`queue`] and [`calendar`] decide and know no clock, no I/O and no randomness; a test in `tests/` makes sure of it.

pub mod account;
pub mod api;
pub mod attachment;
pub mod calendar;
pub mod hotline;
pub mod outgoing;
pub mod queue;
pub mod settings;
pub mod statistics;
mod texts;
