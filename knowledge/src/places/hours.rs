//! Opening hours as lists write them, and whether a place is open at a moment.

use std::fmt::Write;

use jiff::civil::Weekday;

const DAY_MINUTES: u16 = 24 * 60;
/// "7:30-11:30, 13:00-17:00, ...": more intervals a day are a mistake.
const INTERVALS_A_DAY_MAX: usize = 6;
const DAYS: [(&str, Weekday); 16] = [
    ("t2", Weekday::Monday),
    ("t3", Weekday::Tuesday),
    ("t4", Weekday::Wednesday),
    ("t5", Weekday::Thursday),
    ("t6", Weekday::Friday),
    ("t7", Weekday::Saturday),
    ("cn", Weekday::Sunday),
    ("chủ nhật", Weekday::Sunday),
    ("chu nhat", Weekday::Sunday),
    ("mo", Weekday::Monday),
    ("tu", Weekday::Tuesday),
    ("we", Weekday::Wednesday),
    ("th", Weekday::Thursday),
    ("fr", Weekday::Friday),
    ("sa", Weekday::Saturday),
    ("su", Weekday::Sunday),
];

/// When a place is open in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Minutes from midnight, from and to, for each day from Monday on.
    days: [Vec<(u16, u16)>; 7],
}

impl Hours {
    /// Reads "T2-T6 07:30-11:30, 13:00-17:00; T7 7h30-11h30", "Mo-Fr 07:30-17:00", "24/7". `None` for what it does not understand:
    /// hours that are guessed would send somebody to a closed door.
    pub fn parse(text: &str) -> Option<Hours> {
        let text = text.trim().to_lowercase().replace('–', "-").replace("thứ ", "t").replace("thu ", "t");
        if matches!(text.as_str(), "24/7" | "24/24" | "24h" | "24/24h") {
            return Some(Hours { days: std::array::from_fn(|_| vec![(0, DAY_MINUTES)]) });
        }
        let mut days: [Vec<(u16, u16)>; 7] = Default::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            // The times begin at the first digit that is not part of a day's name.
            let begin = part.char_indices().find(|&(at, letter)| letter.is_ascii_digit() && !part[..at].ends_with('t'))?.0;
            let named = days_of(part[..begin].trim().trim_end_matches(':'))?;
            let times: Vec<(u16, u16)> = part[begin..].split(',').map(interval).collect::<Option<_>>()?;
            for day in named {
                days[day].extend(&times);
                if days[day].len() > INTERVALS_A_DAY_MAX {
                    return None;
                }
            }
        }
        days.iter_mut().for_each(|day| day.sort_unstable());
        days.iter().any(|day| !day.is_empty()).then_some(Hours { days })
    }

    /// Whether it is open at that time of that day.
    pub fn is_open(&self, day: Weekday, minute: u16) -> bool {
        self.of(day).iter().any(|&(from, to)| from <= minute && minute < to)
    }

    /// Whether it opens on that day at all.
    pub fn opens_on(&self, day: Weekday) -> bool {
        !self.of(day).is_empty()
    }

    /// Whether it never closes.
    pub fn is_always(&self) -> bool {
        self.days.iter().all(|day| day[..] == [(0, DAY_MINUTES)])
    }

    fn of(&self, day: Weekday) -> &[(u16, u16)] {
        &self.days[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }

    /// "T2-T6 7:30-11:30, 13:00-17:00; T7 7:30-11:30", which [`Hours::parse`] reads again.
    pub fn shown(&self) -> String {
        if self.is_always() {
            return "24/7".to_owned();
        }
        let mut out = String::new();
        let mut day = 0;
        while day < 7 {
            let alike = (day..7).take_while(|&other| self.days[other] == self.days[day]).count();
            if !self.days[day].is_empty() {
                let separator = if out.is_empty() { "" } else { "; " };
                let _ = write!(out, "{separator}{}", DAYS[day].0.to_uppercase());
                if alike > 1 {
                    let _ = write!(out, "-{}", DAYS[day + alike - 1].0.to_uppercase());
                }
                for (at, (from, to)) in self.days[day].iter().enumerate() {
                    let separator = if at == 0 { " " } else { ", " };
                    let _ = write!(out, "{separator}{}:{:02}-{}:{:02}", from / 60, from % 60, to / 60, to % 60);
                }
            }
            day += alike;
        }
        out
    }
}

/// Numbers of the days from Monday on: "t2-t6", "t7, cn"; every day when none is named.
fn days_of(text: &str) -> Option<Vec<usize>> {
    if text.is_empty() || text == "hằng ngày" || text == "hàng ngày" {
        return Some((0..7).collect());
    }
    let day = |name: &str| {
        let found = DAYS.iter().find(|(known, _)| *known == name.trim())?;
        Some(usize::from(found.1.to_monday_zero_offset().unsigned_abs()))
    };
    let mut days = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((from, to)) => {
                let (from, to) = (day(from)?, day(to)?);
                if from > to {
                    return None;
                }
                days.extend(from..=to);
            }
            None => days.push(day(part)?),
        }
    }
    Some(days)
}

fn interval(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minutes(from)?, minutes(to)?);
    (from < to).then_some((from, to))
}

/// "7:30", "07h30", "7h", "7".
fn minutes(text: &str) -> Option<u16> {
    let text = text.trim().trim_end_matches("giờ").trim();
    let (hours, minutes) = text.split_once([':', 'h']).unwrap_or((text, "0"));
    let hours: u16 = hours.trim().parse().ok()?;
    let minutes: u16 = if minutes.trim().is_empty() { 0 } else { minutes.trim().parse().ok()? };
    let total = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && total <= DAY_MINUTES).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hours_are_read_and_shown() {
        for (text, shown) in [
            ("T2-T6 07:30-11:30, 13:00-17:00; T7 7h30-11h30", Some("T2-T6 7:30-11:30, 13:00-17:00; T7 7:30-11:30")),
            ("Thứ 2 - Thứ 6: 7h-17h", Some("T2-T6 7:00-17:00")),
            ("Mo-Fr 07:30-17:00; Sa 08:00-12:00", Some("T2-T6 7:30-17:00; T7 8:00-12:00")),
            ("hàng ngày 6:00-20:00", Some("T2-CN 6:00-20:00")),
            ("24/7", Some("24/7")),
            ("giờ hành chính", None),
            ("T6-T2 07:30-11:30", None),
            ("T2 17:00-07:00", None),
            ("T2 25:00-26:00", None),
            ("", None),
        ] {
            assert_eq!(Hours::parse(text).map(|hours| hours.shown()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn a_place_is_open_when_its_hours_say_so() {
        let hours = Hours::parse("T2-T6 07:30-11:30, 13:00-17:00").unwrap();
        assert!(hours.is_open(Weekday::Monday, 7 * 60 + 30));
        assert!(!hours.is_open(Weekday::Monday, 11 * 60 + 30));
        assert!(!hours.is_open(Weekday::Saturday, 9 * 60) && !hours.opens_on(Weekday::Saturday));
    }

    proptest! {
        #[test]
        fn any_text_may_be_read(text in "\\PC{0,40}|[tmofrsa0-9:h,; -]{0,40}") {
            if let Some(hours) = Hours::parse(&text) {
                prop_assert_eq!(Hours::parse(&hours.shown()), Some(hours));
            }
        }
    }
}
