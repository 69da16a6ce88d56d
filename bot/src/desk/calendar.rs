//! When the operators are there: weekly hours, public holidays, swapped working days, all in Vietnam's time.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use crate::dialogue::VIETNAM;

/// How far ahead an opening is looked for. The longest closing known is Tết with its weekends.
const DAYS_AHEAD_MAX: u32 = 400;
/// Spans of opening on one day.
const SPANS_MAX: usize = 8;
/// Holidays and swapped days that a calendar holds, each.
const EXCEPTIONS_MAX: usize = 500;
const MINUTES_PER_DAY: u16 = 24 * 60;

/// When the operators are there.
///
/// Written as a table of spans for each weekday, in which a lunch break is the gap between two spans:
/// ```toml
/// monday = ["08:00-11:30", "13:30-17:00"]
/// saturday = []
/// holidays = ["2027-01-01", "2027-02-05..2027-02-11"]
/// # Monday is off and worked on the Saturday before, with Monday's hours.
/// swaps = [{ off = "2026-08-31", on = "2026-08-22" }]
/// ```
/// A key that is absent has the default: Monday to Friday in office hours, and the holidays of 2026 and 2027.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarForm", into = "CalendarForm")]
pub struct Calendar {
    /// As it was written.
    form: CalendarForm,
    /// Monday first.
    week: [Vec<Span>; 7],
    holidays: Vec<Holiday>,
    swaps: Vec<Swap>,
}

impl Default for Calendar {
    fn default() -> Calendar {
        // The form is this module's own, and a test reads it.
        let empty = |form| Calendar { form, week: Default::default(), holidays: Vec::new(), swaps: Vec::new() };
        CalendarForm::default().try_into().unwrap_or_else(|_| empty(CalendarForm::default()))
    }
}

impl Calendar {
    /// Whether operators are there at a moment in Unix milliseconds.
    pub fn is_open(&self, at_ms: i64) -> bool {
        let Some(at) = in_vietnam(at_ms) else { return false };
        let minute = minute_of(at.time());
        self.spans_of(at.date()).iter().any(|span| (span.from..span.to).contains(&minute))
    }

    /// The first moment from `at_ms` on at which operators are there, in Unix milliseconds: `at_ms` itself while they are. `None`
    /// when there is none in more than a year.
    pub fn next_opening(&self, at_ms: i64) -> Option<i64> {
        if self.is_open(at_ms) { Some(at_ms) } else { self.opening_after(at_ms) }
    }

    /// The first moment after `at_ms` at which operators come, in Unix milliseconds: while they are there, when they come next. `None`
    /// when there is none in more than a year.
    pub fn opening_after(&self, at_ms: i64) -> Option<i64> {
        let at = in_vietnam(at_ms)?;
        let mut date = at.date();
        // On the first day only what is still to come; from the next day on, everything.
        let mut after = Some(minute_of(at.time()));
        for _ in 0..DAYS_AHEAD_MAX {
            if let Some(span) = self.spans_of(date).iter().find(|span| after.is_none_or(|minute| span.from > minute)) {
                let opening = date.at((span.from / 60) as i8, (span.from % 60) as i8, 0, 0);
                return VIETNAM.to_timestamp(opening).ok().map(Timestamp::as_millisecond);
            }
            date = date.tomorrow().ok()?;
            after = None;
        }
        None
    }

    /// The last day of the last holiday that is named; `None`: there is none. Later ones are not known, and count as working days.
    pub fn holidays_until(&self) -> Option<Date> {
        self.holidays.iter().map(|holiday| holiday.last).max()
    }

    /// A holiday is closed whatever else is said of it; then swaps; then the week.
    fn spans_of(&self, date: Date) -> &[Span] {
        if self.holidays.iter().any(|holiday| holiday.contains(date)) || self.swaps.iter().any(|swap| swap.off == date) {
            return &[];
        }
        let as_if = self.swaps.iter().find(|swap| swap.on == date).map_or(date, |swap| swap.off);
        &self.week[as_if.weekday().to_monday_zero_offset().unsigned_abs() as usize]
    }
}

fn in_vietnam(at_ms: i64) -> Option<DateTime> {
    Timestamp::from_millisecond(at_ms).ok().map(|at| VIETNAM.to_datetime(at))
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// A span of one day, in minutes since midnight, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u16,
    to: u16,
}

impl FromStr for Span {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Span, CalendarError> {
        let bad = || CalendarError::Span(text.to_owned());
        let (from, to) = text.split_once('-').ok_or_else(bad)?;
        let (from, to) = (minutes(from).ok_or_else(bad)?, minutes(to).ok_or_else(bad)?);
        if from < to { Ok(Span { from, to }) } else { Err(bad()) }
    }
}

/// `08:30`, up to `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hour, minute): (u16, u16) = (two_digits(hour)?, two_digits(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= MINUTES_PER_DAY).then_some(minutes)
}

/// One day, or several from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holiday {
    first: Date,
    last: Date,
}

impl Holiday {
    fn contains(self, date: Date) -> bool {
        (self.first..=self.last).contains(&date)
    }
}

impl FromStr for Holiday {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Holiday, CalendarError> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (day(first)?, day(last)?);
        if first <= last { Ok(Holiday { first, last }) } else { Err(CalendarError::Day(text.to_owned())) }
    }
}

fn day(text: &str) -> Result<Date, CalendarError> {
    text.parse().map_err(|_| CalendarError::Day(text.to_owned()))
}

/// A working day moved to another date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Swap {
    off: Date,
    on: Date,
}

/// Why a calendar cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A span of opening.
    #[error("expected a span such as \"08:00-11:30\", later than the one before it, not \"{0}\"")]
    Span(String),
    /// A day, or a first and a last one.
    #[error("expected a day such as \"2027-01-01\" or \"2027-02-05..2027-02-11\", not \"{0}\"")]
    Day(String),
    /// A day that is worked instead of another.
    #[error("{0} cannot be worked instead of another day: it is a holiday, or swapped twice")]
    Swap(Date),
    /// A list is too long.
    #[error("{0}: more than {1} entries")]
    TooMany(&'static str, usize),
}

/// A calendar as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CalendarForm {
    monday: Vec<String>,
    tuesday: Vec<String>,
    wednesday: Vec<String>,
    thursday: Vec<String>,
    friday: Vec<String>,
    saturday: Vec<String>,
    sunday: Vec<String>,
    holidays: Vec<String>,
    swaps: Vec<SwapForm>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwapForm {
    off: String,
    on: String,
}

/// The hours that offices of social insurance publish (the topic `service/office-hours`).
const OFFICE_HOURS: [&str; 2] = ["08:00-11:30", "13:30-17:00"];
/// Public holidays of article 112 of the Labour Code 2019 (45/2019/QH14), with the working days given for those on a weekend.
///
/// For 2026 as announced by the Ministry of Home Affairs. For 2027 by the rule alone: Tết from the last day of the old year
/// (05/02), the second day of the National Day after the first. Once that year's announcement is known, it goes here.
const HOLIDAYS: [&str; 12] = [
    "2026-01-01",
    // Tết Bính Ngọ.
    "2026-02-16..2026-02-20",
    // Giỗ Tổ Hùng Vương fell on a Sunday.
    "2026-04-27",
    "2026-04-30",
    "2026-05-01",
    "2026-09-01..2026-09-02",
    "2027-01-01",
    // Tết Đinh Mùi; two of its five days fall on a weekend.
    "2027-02-05..2027-02-11",
    // Giỗ Tổ Hùng Vương.
    "2027-04-16",
    "2027-04-30",
    // 01/05 falls on a Saturday.
    "2027-05-01..2027-05-03",
    "2027-09-02..2027-09-03",
];
/// Days off that were worked on a Saturday, as announced for 2026.
const SWAPS: [(&str, &str); 2] = [("2026-01-02", "2026-01-10"), ("2026-08-31", "2026-08-22")];

impl Default for CalendarForm {
    fn default() -> CalendarForm {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        CalendarForm {
            monday: owned(&OFFICE_HOURS),
            tuesday: owned(&OFFICE_HOURS),
            wednesday: owned(&OFFICE_HOURS),
            thursday: owned(&OFFICE_HOURS),
            friday: owned(&OFFICE_HOURS),
            saturday: Vec::new(),
            sunday: Vec::new(),
            holidays: owned(&HOLIDAYS),
            swaps: SWAPS.map(|(off, on)| SwapForm { off: off.to_owned(), on: on.to_owned() }).into(),
        }
    }
}

impl From<Calendar> for CalendarForm {
    fn from(calendar: Calendar) -> CalendarForm {
        calendar.form
    }
}

impl TryFrom<CalendarForm> for Calendar {
    type Error = CalendarError;

    fn try_from(form: CalendarForm) -> Result<Calendar, CalendarError> {
        let written = form.clone();
        let days = [
            ("monday", form.monday),
            ("tuesday", form.tuesday),
            ("wednesday", form.wednesday),
            ("thursday", form.thursday),
            ("friday", form.friday),
            ("saturday", form.saturday),
            ("sunday", form.sunday),
        ];
        let mut week: [Vec<Span>; 7] = Default::default();
        for (spans, (key, texts)) in week.iter_mut().zip(days) {
            bounded(key, texts.len(), SPANS_MAX)?;
            for text in texts {
                let span: Span = text.parse()?;
                if spans.last().is_some_and(|before: &Span| span.from < before.to) {
                    return Err(CalendarError::Span(text));
                }
                spans.push(span);
            }
        }
        bounded("holidays", form.holidays.len(), EXCEPTIONS_MAX)?;
        bounded("swaps", form.swaps.len(), EXCEPTIONS_MAX)?;
        let holidays = form.holidays.iter().map(|text| text.parse()).collect::<Result<Vec<Holiday>, _>>()?;
        let mut swaps: Vec<Swap> = Vec::with_capacity(form.swaps.len());
        for SwapForm { off, on } in &form.swaps {
            let swap = Swap { off: day(off)?, on: day(on)? };
            let named = |date: Date| swaps.iter().any(|other| other.off == date || other.on == date);
            if let Some(twice) = [swap.off, swap.on].into_iter().find(|&date| named(date)) {
                return Err(CalendarError::Swap(twice));
            }
            if swap.on == swap.off || holidays.iter().any(|holiday| holiday.contains(swap.on)) {
                return Err(CalendarError::Swap(swap.on));
            }
            swaps.push(swap);
        }
        Ok(Calendar { form: written, week, holidays, swaps })
    }
}

fn bounded(key: &'static str, length: usize, max: usize) -> Result<(), CalendarError> {
    if length <= max { Ok(()) } else { Err(CalendarError::TooMany(key, max)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Local time in Vietnam, such as `2026-11-26T08:00`.
    fn ms(local: &str) -> i64 {
        let local: DateTime = local.parse().expect("a local time");
        VIETNAM.to_timestamp(local).expect("a moment").as_millisecond()
    }

    fn local(at_ms: i64) -> String {
        in_vietnam(at_ms).expect("a moment").strftime("%Y-%m-%dT%H:%M").to_string()
    }

    fn calendar(text: &str) -> Result<Calendar, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn the_default_calendar_keeps_office_hours_holidays_and_swaps() {
        let calendar = Calendar::default();
        let check = |at: &str, opening: &str| {
            let open = at == opening;
            assert_eq!((calendar.is_open(ms(at)), calendar.next_opening(ms(at)).map(local)), (open, Some(opening.to_owned())), "{at}");
        };
        assert_eq!(calendar.holidays_until(), Some(jiff::civil::date(2027, 9, 3)));
        // A Thursday.
        assert_eq!(calendar.opening_after(ms("2026-11-26T08:00")).map(local), Some("2026-11-26T13:30".to_owned()));
        assert_eq!(calendar.opening_after(ms("2026-11-27T14:00")).map(local), Some("2026-11-30T08:00".to_owned()));
        check("2026-11-26T00:00", "2026-11-26T08:00");
        check("2026-11-26T07:59", "2026-11-26T08:00");
        check("2026-11-26T08:00", "2026-11-26T08:00");
        check("2026-11-26T11:29", "2026-11-26T11:29");
        check("2026-11-26T11:30", "2026-11-26T13:30");
        check("2026-11-26T13:29", "2026-11-26T13:30");
        check("2026-11-26T16:59", "2026-11-26T16:59");
        check("2026-11-26T17:00", "2026-11-27T08:00");
        // Friday evening, the weekend.
        check("2026-11-27T17:00", "2026-11-30T08:00");
        check("2026-11-29T23:59", "2026-11-30T08:00");
        // Tết, with the weekends around it.
        check("2026-02-13T17:00", "2026-02-23T08:00");
        check("2026-02-17T09:00", "2026-02-23T08:00");
        check("2027-02-04T18:00", "2027-02-12T08:00");
        check("2027-04-30T09:00", "2027-05-04T08:00");
        // The Monday before the National Day was worked on a Saturday.
        check("2026-08-21T17:00", "2026-08-22T08:00");
        check("2026-08-22T09:00", "2026-08-22T09:00");
        check("2026-08-22T12:00", "2026-08-22T13:30");
        check("2026-08-31T09:00", "2026-09-03T08:00");
    }

    #[test]
    fn a_moment_is_vietnams_wherever_the_server_is() {
        let calendar = Calendar::default();
        let at = |utc: &str| utc.parse::<Timestamp>().expect("a moment").as_millisecond();
        assert!(calendar.is_open(at("2026-11-26T01:00:00Z")));
        assert!(calendar.is_open(at("2026-11-26T09:59:59.999Z")));
        assert!(!calendar.is_open(at("2026-11-26T10:00:00Z")));
        // Sunday in UTC, Monday in Vietnam.
        assert!(calendar.is_open(at("2026-11-30T01:00:00Z")) && !calendar.is_open(at("2026-11-29T17:00:00Z")));
        for out_of_range in [i64::MIN, i64::MAX] {
            assert_eq!((calendar.is_open(out_of_range), calendar.next_opening(out_of_range)), (false, None));
        }
    }

    #[test]
    fn a_calendar_is_written_as_a_table() {
        let check = |text: &str, at: &str, opening: Option<&str>| {
            let calendar = calendar(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(calendar.next_opening(ms(at)).map(local).as_deref(), opening, "{text}");
        };
        check("", "2026-11-26T12:00", Some("2026-11-26T13:30"));
        check("thursday = ['07:00-19:00']", "2026-11-26T12:00", Some("2026-11-26T12:00"));
        check("saturday = ['08:00-11:30']", "2026-11-27T17:00", Some("2026-11-28T08:00"));
        // A night is two spans.
        check("friday = ['22:00-24:00']\nsaturday = ['00:00-06:00']", "2026-11-27T23:59", Some("2026-11-27T23:59"));
        check("friday = ['22:00-24:00']\nsaturday = ['00:00-06:00']", "2026-11-28T00:00", Some("2026-11-28T00:00"));
        check("holidays = ['2026-11-26..2026-11-27']", "2026-11-26T09:00", Some("2026-11-30T08:00"));
        check("swaps = [{ off = '2026-11-30', on = '2026-11-28' }]", "2026-11-27T17:00", Some("2026-11-28T08:00"));
        check("swaps = [{ off = '2026-11-30', on = '2026-11-28' }]", "2026-11-28T17:00", Some("2026-12-01T08:00"));
        let never = "monday = []\ntuesday = []\nwednesday = []\nthursday = []\nfriday = []";
        check(never, "2026-11-26T09:00", None);
    }

    #[test]
    fn a_bad_calendar_is_refused_by_what_is_bad() {
        let check = |text: &str, want: &str| {
            let got = calendar(text).expect_err(text);
            assert!(got.contains(want), "{text}: {got}");
        };
        check("monday = ['8:00-11:30']", "\"8:00-11:30\"");
        check("monday = ['08:00']", "\"08:00\"");
        check("monday = ['11:30-08:00']", "\"11:30-08:00\"");
        check("monday = ['08:00-24:01']", "\"08:00-24:01\"");
        check("monday = ['08:00-+9:00']", "\"08:00-+9:00\"");
        check("monday = ['08:00-12:00', '11:00-17:00']", "\"11:00-17:00\"");
        check(
            "monday = ['00:00-00:01', '00:01-00:02', '00:02-00:03', '00:03-00:04', '00:04-00:05', '00:05-00:06', '00:06-00:07', '00:07-00:08', '00:08-00:09']",
            "monday: more than 8",
        );
        check("holidays = ['2027-02-30']", "\"2027-02-30\"");
        check("holidays = ['2027-02-11..2027-02-05']", "\"2027-02-11..2027-02-05\"");
        check("swaps = [{ off = '2026-11-30', on = '2026-09-02' }]", "2026-09-02 cannot be worked");
        check("swaps = [{ off = '2026-11-30', on = '2026-11-30' }]", "2026-11-30 cannot be worked");
        check(
            "swaps = [{ off = '2026-11-30', on = '2026-11-28' }, { off = '2026-12-01', on = '2026-11-28' }]",
            "2026-11-28 cannot be worked",
        );
        check("montag = []", "unknown field `montag`");
    }
}
