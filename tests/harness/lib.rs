//! What tests need around the program: databases, servers, a browser, a Bot API, a day at the operators' desk.

pub mod agency;
pub mod browser;
pub mod citizen;
pub mod console;
pub mod content;
pub mod desk;
pub mod dialogue;
pub mod feeds;
pub mod followers;
pub mod forms;
pub mod fuzz;
pub mod kept;
pub mod latency;
pub mod memory;
pub mod postgres;
pub mod proxy;
pub mod server;
pub mod sms;
pub mod sources;
pub mod sse;
pub mod telegram;
pub mod tls;
pub mod wait;
