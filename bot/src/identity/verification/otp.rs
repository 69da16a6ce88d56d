//! One-time passwords (mã OTP).

use std::fmt;

use rand::Rng;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::secret::Key;

/// Digits of a one-time password.
pub const OTP_DIGITS: usize = 6;
const OTP_END: u32 = 1_000_000;
const TYPED_CHARS_MAX: usize = 32;

/// A one-time password: exactly six digits. Wiped from memory when dropped.
pub struct Otp(Zeroizing<String>);

impl Otp {
    /// A fresh one.
    pub fn random() -> Otp {
        Otp(Zeroizing::new(format!("{:06}", rand::rng().random_range(0..OTP_END))))
    }

    /// One as it was typed; `None` when it is none.
    pub fn parse(typed: &str) -> Option<Otp> {
        let digits: Zeroizing<String> =
            Zeroizing::new(typed.nfkc().filter(|letter| !letter.is_whitespace() && *letter != '-').take(TYPED_CHARS_MAX).collect());
        (digits.len() == OTP_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(Otp(digits))
    }

    /// The digits, to be sent.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it. Each belongs to one verification.
    pub fn hash(&self, key: &Key, verification: Uuid) -> String {
        hex::encode(key.look_up_hash(&format!("otp/{verification}"), &self.0))
    }

    /// Whether this is the one.
    pub fn matches(&self, key: &Key, verification: Uuid, stored: &str) -> bool {
        self.hash(key, verification).as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Otp(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_read_as_people_type_it_and_belongs_to_one_verification() {
        for typed in ["012345", " 012 345 ", "012-345", "０１２３４５"] {
            assert_eq!(Otp::parse(typed).unwrap().reveal(), "012345", "{typed}");
        }
        for typed in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert!(Otp::parse(typed).is_none(), "{typed}");
        }
        let key = Key::from_hex(&"a".repeat(64)).unwrap();
        let (otp, id) = (Otp::random(), Uuid::from_u128(1));
        assert_eq!(otp.reveal().len(), OTP_DIGITS);
        assert!(otp.matches(&key, id, &otp.hash(&key, id)));
        assert!(!otp.matches(&key, Uuid::from_u128(2), &otp.hash(&key, id)));
        assert_eq!(format!("{otp:?}"), "Otp(***)");
    }
}
