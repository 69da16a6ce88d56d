//! Dates of birth as people type them.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

/// Nobody alive was born before.
const YEAR_MIN: i16 = 1900;
const TYPED_CHARS_MAX: usize = 32;

/// Why a text is no date of birth. Says which rule failed, never the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BirthError {
    /// Not day, month and year.
    #[error("expected day, month and year, as 25/11/1990")]
    Form,
    /// No such day, such as 31/02.
    #[error("there is no such day")]
    NoSuchDay,
    /// It has not come yet.
    #[error("the day is in the future")]
    Future,
    /// Before anybody alive was born.
    #[error("the year is before {YEAR_MIN}")]
    TooOld,
}

/// Reads `25/11/1990`, `25.11.1990`, `25-11-1990`, `25 11 1990`, `25111990` or `1990-11-25`.
///
/// # Errors
/// Which rule failed.
pub fn parse_birth(typed: &str, today: Date) -> Result<Date, BirthError> {
    let text: String = typed.trim().nfkc().take(TYPED_CHARS_MAX).collect();
    let parts: Vec<&str> = text.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty()).collect();
    let numbers = match parts.as_slice() {
        [all] if all.len() == 8 && all.is_ascii() => [&all[..2], &all[2..4], &all[4..]],
        [year, month, day] if year.len() == 4 => [*day, *month, *year],
        [day, month, year] => [*day, *month, *year],
        _ => return Err(BirthError::Form),
    };
    let number = |text: &str, digits: usize| {
        let is_number = !text.is_empty() && text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i16>().ok()).flatten().ok_or(BirthError::Form)
    };
    let (day, month, year) = (number(numbers[0], 2)?, number(numbers[1], 2)?, number(numbers[2], 4)?);
    if numbers[2].len() != 4 {
        return Err(BirthError::Form);
    }
    let part = |number: i16| i8::try_from(number).map_err(|_| BirthError::Form);
    let date = Date::new(year, part(month)?, part(day)?).map_err(|_| BirthError::NoSuchDay)?;
    match date {
        date if date > today => Err(BirthError::Future),
        date if date.year() < YEAR_MIN => Err(BirthError::TooOld),
        date => Ok(date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_date_of_birth_is_read_as_people_type_it() {
        let today = date(2026, 11, 26);
        let check = |typed: &str, want: Result<Date, BirthError>| assert_eq!(parse_birth(typed, today), want, "{typed}");
        let born = Ok(date(1990, 3, 5));
        for typed in ["05/03/1990", "5/3/1990", " 5.3.1990 ", "5-3-1990", "05 03 1990", "05031990", "1990-03-05", "０５/０３/１９９０"]
        {
            check(typed, born);
        }
        check("29/02/2000", Ok(date(2000, 2, 29)));
        check("31/02/1990", Err(BirthError::NoSuchDay));
        check("29/02/1999", Err(BirthError::NoSuchDay));
        check("00/01/1999", Err(BirthError::NoSuchDay));
        check("27/11/2026", Err(BirthError::Future));
        check("26/11/2026", Ok(today));
        check("01/01/1899", Err(BirthError::TooOld));
        for bad in ["", "1990", "5/3", "5/3/90", "5/3/19900", "a/b/cccc", "5/3/1990/1", "0503199", "-5/3/1990x", "５/３/九"] {
            check(bad, Err(BirthError::Form));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_may_be_typed(typed in proptest::prelude::any::<String>()) {
            let _ = parse_birth(&typed, date(2026, 11, 26));
            let _ = crate::identity::code::Identifier::parse(&typed);
        }
    }
}
