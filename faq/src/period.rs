//! Periods: the days that a rule holds, or that a question is about.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::date::parse_vietnamese_date;

/// Days without a gap, first and last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First day; `None` means from ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day; `None` means for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// The time that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// When what is asked about happens.
    pub time: Period,
    /// An earlier time that is named besides ("nghỉ việc năm 2023, giờ mới rút"): its rule is offered, not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Period>,
}

impl Period {
    /// One day.
    pub fn day(day: Date) -> Period {
        Period { from: Some(day), to: Some(day) }
    }

    /// The heading of a dated section: "Trước 01/07/2026", "Từ 01/07/2025 đến 30/06/2026", "Từ 01/01/2027" or "Từ năm 2027"; `None` for
    /// any other heading.
    pub(crate) fn parse(heading: &str) -> Option<Period> {
        if let Some(day) = heading.strip_prefix("Trước ") {
            let to = parse_vietnamese_date(day.trim())?.checked_sub(1.day()).ok()?;
            return Some(Period { from: None, to: Some(to) });
        }
        let rest = heading.strip_prefix("Từ ")?;
        if let Some(year) = rest.strip_prefix("năm ") {
            let year = year.trim().parse().ok().filter(|year| (2000..=2100).contains(year))?;
            return Some(Period { from: Some(date(year, 1, 1)), to: None });
        }
        let (from, to) = rest.split_once(" đến ").map_or((rest, None), |(from, to)| (from, Some(to)));
        let to = match to {
            Some(to) => Some(parse_vietnamese_date(to.trim())?),
            None => None,
        };
        Some(Period { from: Some(parse_vietnamese_date(from.trim())?), to })
    }

    /// Whether the day is one of them.
    pub fn covers(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether some day is one of both.
    pub fn overlaps(&self, other: &Period) -> bool {
        let begins_in_time = |one: &Period, other: &Period| one.from.zip(other.to).is_none_or(|(from, to)| from <= to);
        begins_in_time(self, other) && begins_in_time(other, self)
    }

    /// The day of the period that is nearest to `day`: the last of an earlier period, the first of a coming one. Amounts are those of this day.
    pub fn nearest(&self, day: Date) -> Date {
        let day = self.to.map_or(day, |to| to.min(day));
        self.from.map_or(day, |from| from.max(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_dated_sections_are_periods() {
        let check = |heading: &str, expected: Option<(Option<Date>, Option<Date>)>| {
            assert_eq!(Period::parse(heading).map(|period| (period.from, period.to)), expected, "{heading}");
        };
        check("Trước 01/07/2026", Some((None, Some(date(2026, 6, 30)))));
        check("Từ 01/07/2025 đến 30/06/2026", Some((Some(date(2025, 7, 1)), Some(date(2026, 6, 30)))));
        check("Từ 01/01/2027", Some((Some(date(2027, 1, 1)), None)));
        check("Từ năm 2027", Some((Some(date(2027, 1, 1)), None)));
        check("Từ năm sau", None);
        check("Từ 01/07/2025 đến nay", None);
        check("Từng trường hợp", None);
        check("Trước khi đi", None);
    }

    #[test]
    fn periods_meet_where_they_share_a_day() {
        let period = |from, to| Period { from, to };
        let june = period(Some(date(2026, 6, 1)), Some(date(2026, 6, 30)));
        let check = |other, overlaps, nearest| {
            assert_eq!((june.overlaps(&other), other.overlaps(&june)), (overlaps, overlaps), "{other:?}");
            assert_eq!(other.nearest(date(2026, 6, 10)), nearest, "{other:?}");
        };
        check(period(None, Some(date(2026, 6, 1))), true, date(2026, 6, 1));
        check(period(None, Some(date(2026, 5, 31))), false, date(2026, 5, 31));
        check(period(Some(date(2026, 6, 30)), None), true, date(2026, 6, 30));
        check(period(Some(date(2026, 7, 1)), None), false, date(2026, 7, 1));
        check(period(None, None), true, date(2026, 6, 10));
    }
}
