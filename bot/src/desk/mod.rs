//! The operators' side: who may work at the console, and its API.

pub mod account;
pub mod api;
mod texts;
