use std::fmt;

use rand::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The secret that opens a conversation, a session of an operator or an invitation: 32 random bytes in hex. Only its hash is
/// stored.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A fresh one.
    pub fn random() -> Token {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Token(hex::encode(bytes))
    }

    /// A token as it came in a request; any text may be tried.
    pub fn presented(text: &str) -> Token {
        Token(text.to_owned())
    }

    /// What is given to the browser.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    pub(crate) fn matches(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

/// Prints no secret.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}
