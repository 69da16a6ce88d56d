//! The rules of a verification: pure, and what each number is for.

mod budget;
mod otp;

pub use budget::{Budget, CODE, CONVERSATION, NETWORK, SERVICE, TEXTS};
pub use otp::{OTP_DIGITS, Otp};

const MINUTE_MS: i64 = 60_000;

/// A form that nobody fills in is closed after so long.
pub const FORM_MS: i64 = 15 * MINUTE_MS;
/// A one-time password is taken for so long.
pub const OTP_MS: i64 = 5 * MINUTE_MS;
/// And so often: five guesses of a million.
pub const OTP_TRIES_MAX: i64 = 5;
/// The next one is sent after so long at the earliest.
pub const OTP_PAUSE_MS: i64 = MINUTE_MS;
/// And so many in one form, which lives for less than an hour.
pub const OTP_SENDS_MAX: i64 = 3;
/// A verification counts for so long.
pub const VERIFIED_MS: i64 = 15 * MINUTE_MS;
/// What is left of a form, that it was there, is forgotten after so long.
pub const FORGET_MS: i64 = 24 * 60 * MINUTE_MS;
