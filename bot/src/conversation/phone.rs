//! Telephone numbers that citizens give to be called back.

use std::fmt;

use zeroize::Zeroizing;

/// Digits of a Vietnamese number with its leading 0: 10 of a mobile, 11 of a landline.
const DIGITS: std::ops::RangeInclusive<usize> = 10..=11;
/// What may be shown: enough to tell one from another.
const SHOWN_DIGITS: usize = 3;

/// A telephone number (số điện thoại) in Vietnam: 10 or 11 digits that begin with 0.
///
/// Spaces, dots, dashes and brackets are ignored, +84 is 0. Wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(Zeroizing<String>);

impl Phone {
    /// A number as it is typed; `None` when it is none.
    pub fn parse(text: &str) -> Option<Phone> {
        let typed: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|letter| !matches!(letter, ' ' | '.' | '-' | '(' | ')')).collect());
        let national = typed.strip_prefix("+84").or_else(|| typed.strip_prefix("84").filter(|rest| rest.len() >= 9));
        let digits = Zeroizing::new(national.map_or_else(|| typed.to_string(), |rest| format!("0{rest}")));
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && DIGITS.contains(&digits.len());
        // 00 and 01 begin no number that can be called within Vietnam.
        (is_number && digits.starts_with('0') && digits.as_bytes()[1] >= b'2').then_some(Phone(digits))
    }

    /// The number, to be sealed or dialled.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// "*******123".
    pub fn masked(&self) -> String {
        let hidden = self.0.len() - SHOWN_DIGITS;
        format!("{}{}", "*".repeat(hidden), &self.0[hidden..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let check = |text: &str, want: Option<&str>| assert_eq!(Phone::parse(text).as_ref().map(Phone::reveal), want, "{text:?}");
        check("0912 345 678", Some("0912345678"));
        check("+84 912.345.678", Some("0912345678"));
        check("84912345678", Some("0912345678"));
        check("(024) 3789-0123", Some("02437890123"));
        for bad in ["", "912345678", "091234567", "0112345678", "09123456789012", "0912x45678", "+84", "1900 9068", "٠٩١٢٣٤٥٦٧٨"]
        {
            check(bad, None);
        }
    }

    #[test]
    fn only_its_end_is_shown() {
        let phone = Phone::parse("0912345678").unwrap();
        assert_eq!(phone.masked(), "*******678");
        assert_eq!(format!("{phone:?}"), "Phone(***)");
    }
}
