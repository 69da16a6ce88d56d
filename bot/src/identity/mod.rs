//! Personal records, and the proof that somebody may see them.
//!
//! [`record`], [`code`] and [`birth`] are plain values, which the dialogue may use. [`Records`] is the one port to what is known of a person:
//! local tables ([`local`]) or another system over HTTP ([`upstream`]). [`verification`] proves that whoever asks holds the telephone that
//! is registered for the person; what it gives is a [`Verified`], and without one nothing is fetched.

pub mod birth;
pub mod code;
pub mod demo;
pub mod import;
pub mod keys;
pub mod local;
mod port;
pub mod record;
pub mod service;
pub mod sms;
pub mod upstream;
pub mod verification;

pub use port::{Claim, Person, Records, RecordsError, Verified};
pub use service::Identity;
