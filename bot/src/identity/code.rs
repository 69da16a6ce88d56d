//! The numbers by which a person is known: social-insurance code and citizen ID.

use std::fmt;

use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

const CODE_DIGITS: usize = 10;
const CITIZEN_ID_DIGITS: usize = 12;
const CARD_CHARS: usize = 15;
/// A card number begins with so many letters.
const CARD_LETTERS: usize = 2;
/// What may be shown of a code: enough to tell one from another.
const SHOWN_DIGITS: usize = 4;
/// Nobody types more than this by mistake.
const TYPED_CHARS_MAX: usize = 64;

/// A social-insurance code (mã số BHXH): exactly 10 ASCII digits. Wiped from memory when dropped.
#[derive(Clone)]
pub struct SocialInsuranceCode(Zeroizing<String>);

/// A citizen ID (số căn cước, số định danh cá nhân): exactly 12 ASCII digits. Wiped from memory when dropped.
#[derive(Clone)]
pub struct CitizenId(Zeroizing<String>);

/// What somebody types to say who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// The code itself, or the last ten digits of a card number.
    Code(SocialInsuranceCode),
    /// The citizen ID.
    CitizenId(CitizenId),
}

/// Why a text is no identifier. Says which rule failed, never the digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Too short, too long, or in between.
    #[error("expected 10, 12 or 15 characters, got {got}")]
    Length {
        /// Without spaces, dots and dashes.
        got: usize,
    },
    /// Letters where digits belong.
    #[error("not all characters are digits")]
    NotDigits,
}

impl Identifier {
    /// Reads a code, a citizen ID or a card number (mã thẻ BHYT) as people type them: spaces, dots and dashes are ignored, full-width digits
    /// are digits.
    ///
    /// # Errors
    /// Which rule failed.
    pub fn parse(typed: &str) -> Result<Identifier, IdentifierError> {
        let text = plain(typed);
        let got = text.chars().count();
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match got {
            CODE_DIGITS if digits(&text) => Ok(Identifier::Code(SocialInsuranceCode(text))),
            CITIZEN_ID_DIGITS if digits(&text) => Ok(Identifier::CitizenId(CitizenId(text))),
            CARD_CHARS if text.is_ascii() => {
                let (letters, number) = text.split_at(CARD_LETTERS);
                if !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) || !digits(number) {
                    return Err(IdentifierError::NotDigits);
                }
                Ok(Identifier::Code(SocialInsuranceCode(Zeroizing::new(text[CARD_CHARS - CODE_DIGITS..].to_owned()))))
            }
            CODE_DIGITS | CITIZEN_ID_DIGITS | CARD_CHARS => Err(IdentifierError::NotDigits),
            _ => Err(IdentifierError::Length { got }),
        }
    }

    /// The kind of it, by which look-up hashes are kept apart.
    pub fn kind(&self) -> &'static str {
        match self {
            Identifier::Code(_) => SocialInsuranceCode::KIND,
            Identifier::CitizenId(_) => CitizenId::KIND,
        }
    }

    /// The digits, to be hashed, sealed or sent upstream.
    pub fn reveal(&self) -> &str {
        match self {
            Identifier::Code(code) => code.reveal(),
            Identifier::CitizenId(id) => id.reveal(),
        }
    }
}

/// What was typed without what people put between digits.
fn plain(typed: &str) -> Zeroizing<String> {
    let between = |letter: &char| matches!(letter, ' ' | '.' | '-' | '\u{a0}' | '\u{2009}' | '\u{202f}');
    Zeroizing::new(typed.trim().nfkc().filter(|letter| !between(letter)).take(TYPED_CHARS_MAX).collect())
}

impl SocialInsuranceCode {
    /// The kind of its look-up hash.
    pub const KIND: &'static str = "social-insurance code";

    /// A code alone.
    ///
    /// # Errors
    /// Which rule failed.
    pub fn parse(typed: &str) -> Result<SocialInsuranceCode, IdentifierError> {
        match Identifier::parse(typed)? {
            Identifier::Code(code) => Ok(code),
            Identifier::CitizenId(_) => Err(IdentifierError::Length { got: CITIZEN_ID_DIGITS }),
        }
    }

    /// The digits.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// "7890": what operators may see.
    pub fn ending(&self) -> &str {
        &self.0[CODE_DIGITS - SHOWN_DIGITS..]
    }
}

impl CitizenId {
    /// The kind of its look-up hash.
    pub const KIND: &'static str = "citizen id";

    /// A citizen ID alone.
    ///
    /// # Errors
    /// Which rule failed.
    pub fn parse(typed: &str) -> Result<CitizenId, IdentifierError> {
        match Identifier::parse(typed)? {
            Identifier::CitizenId(id) => Ok(id),
            Identifier::Code(_) => Err(IdentifierError::Length { got: CODE_DIGITS }),
        }
    }

    /// The digits.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

macro_rules! hidden {
    ($($type:ident)*) => {$(
        impl PartialEq for $type {
            fn eq(&self, other: &$type) -> bool {
                self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
            }
        }
        impl Eq for $type {}
        /// Prints no digit.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        }
    )*};
}
hidden! { SocialInsuranceCode CitizenId }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = |typed: &str| Identifier::parse(typed).map(|id| (id.kind(), id.reveal().to_owned()));
        let expected = Ok((SocialInsuranceCode::KIND, "0012345678".to_owned()));
        for typed in
            ["0012345678", " 00 1234 5678 ", "001.234.5678", "00-12345678", "００１２３４５６７８", "DN4790012345678", "dn 4 79 0012345678"]
        {
            assert_eq!(code(typed), expected, "{typed}");
        }
        assert_eq!(code("000 123 456 789"), Ok((CitizenId::KIND, "000123456789".to_owned())));
    }

    #[test]
    fn what_is_no_code_says_which_rule_failed_and_no_digit() {
        let check = |typed: &str, want: IdentifierError| assert_eq!(Identifier::parse(typed), Err(want), "{typed}");
        check("", IdentifierError::Length { got: 0 });
        check("123456789", IdentifierError::Length { got: 9 });
        check("12345678901", IdentifierError::Length { got: 11 });
        check("00123O5678", IdentifierError::NotDigits);
        check("٠٠١٢٣٤٥٦٧٨", IdentifierError::NotDigits);
        check("4790012345678DN", IdentifierError::NotDigits);
        check(&"9".repeat(10_000), IdentifierError::Length { got: TYPED_CHARS_MAX });
        let printed = format!("{:?}", Identifier::parse("0012345678").unwrap());
        assert!(!printed.contains("1234"), "{printed}");
        assert_eq!(SocialInsuranceCode::parse("0012345678").unwrap().ending(), "5678");
        assert!(SocialInsuranceCode::parse("000123456789").is_err() && CitizenId::parse("0012345678").is_err());
    }
}
