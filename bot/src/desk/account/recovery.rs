//! Recovery codes: what to sign in with when the telephone is lost. Each works once.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use rand::RngCore;
use zeroize::Zeroizing;

use crate::secret::Key;

/// Given at once; older ones stop working.
pub const RECOVERY_CODES: usize = 10;
/// 80 bits: nobody guesses them, so their hash need not be slow.
const CODE_BYTES: usize = 10;
const CODE_CHARS: usize = 16;
const GROUP_CHARS: usize = 4;

/// 16 letters and digits. Never printed; wiped when dropped.
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// A fresh one.
    pub fn random() -> RecoveryCode {
        let mut bytes = Zeroizing::new([0; CODE_BYTES]);
        rand::rng().fill_bytes(&mut *bytes);
        RecoveryCode(Zeroizing::new(BASE32_NOPAD.encode(&*bytes).to_ascii_lowercase()))
    }

    /// A code as it was typed, in any case and grouping; `None` when it cannot be one.
    pub fn typed(text: &str) -> Option<RecoveryCode> {
        let is_filling = |char: char| char == '-' || char.is_whitespace();
        let code: String = text.chars().filter(|char| !is_filling(*char)).take(CODE_CHARS + 1).collect();
        let fits = code.len() == CODE_CHARS && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| RecoveryCode(Zeroizing::new(code.to_ascii_lowercase())))
    }

    /// As it is shown: `abcd-efgh-ijkl-mnop`.
    pub fn reveal(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = chars.chunks(GROUP_CHARS).map(|group| group.iter().collect()).collect();
        groups.join("-")
    }

    /// What is stored.
    pub fn hash(&self, key: &Key) -> [u8; 32] {
        key.look_up_hash("recovery_code", &self.0)
    }
}

/// Prints no secret.
impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let key = Key::from_hex(&"a".repeat(64)).unwrap();
        let code = RecoveryCode::random();
        let shown = code.reveal();
        assert_eq!(shown.len(), 19, "four groups of four");
        let check = |typed: &str| assert_eq!(RecoveryCode::typed(typed).unwrap().hash(&key), code.hash(&key));
        check(&shown);
        check(&shown.to_uppercase());
        check(&shown.replace('-', " "));
        for broken in ["", "abcd", "abcd-efgh-ijkl-mnop-q", "ábcd-efgh-ijkl-mno", "abcd_efgh_ijkl_m"] {
            assert!(RecoveryCode::typed(broken).is_none(), "{broken}");
        }
    }
}
