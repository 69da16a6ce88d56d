//! What somebody contributed over the years: "từ 2015 đến 2019 lương 4tr, sau đó 7tr", or the lines of a pasted table.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::phrases;

use super::{Amounts, Quantity, Unclear};

/// Periods of one history: more make no salary record.
const SPANS_MAX: usize = 60;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct YearMonth {
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl YearMonth {
    /// `None` when there is no such month.
    pub fn new(year: i16, month: i8) -> Option<YearMonth> {
        ((1..=12).contains(&month) && (1_900..=2_199).contains(&year)).then_some(YearMonth { year, month })
    }

    /// The month of a day.
    pub fn of(day: Date) -> YearMonth {
        YearMonth { year: day.year(), month: day.month() }
    }

    /// Months since the year 0.
    pub fn index(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }

    /// The month so many months later; `None` when it is out of range.
    pub fn shifted(self, months: i32) -> Option<YearMonth> {
        let index = self.index().checked_add(months)?;
        YearMonth::new(i16::try_from(index.div_euclid(12)).ok()?, i8::try_from(index.rem_euclid(12) + 1).ok()?)
    }
}

/// A run of months with one salary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first month.
    pub from: YearMonth,
    /// The last month.
    pub to: YearMonth,
    /// Đồng a month.
    pub salary: i64,
    /// Of voluntary insurance.
    pub voluntary: bool,
}

impl Span {
    /// How many months it has; none when it ends before it begins.
    pub fn months(&self) -> i64 {
        i64::from(self.to.index() - self.from.index() + 1).max(0)
    }
}

/// A salary record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// In the order of the text.
    pub spans: Vec<Span>,
    /// The last span has no end: "sau đó 7tr" goes on until a month that nobody named. It ends with last month here.
    pub open: bool,
    /// Something in it could not be read.
    pub unclear: bool,
}

/// A time and what follows it.
#[derive(Clone, Copy)]
enum Mark {
    Time {
        from: YearMonth,
        to: YearMonth,
        /// It ends something: "đến 2019".
        until: bool,
        /// It goes on: "từ 2015".
        since: bool,
    },
    Now {
        until: bool,
    },
    Then,
    Salary(i64),
    Unclear,
}

impl Amounts {
    /// The salary record that the text tells; `None` when it tells none (at least one time and one amount).
    pub fn history(&self) -> Option<History> {
        let (marks, mut unclear) = times_first(self.marks());
        let last_month = YearMonth::of(self.today()).shifted(-1)?;
        let mut spans: Vec<Span> = Vec::new();
        let mut open = false;
        let mut from: Option<(YearMonth, YearMonth, bool)> = None;
        let mut to: Option<YearMonth> = None;
        // The beginning is the month after the span before.
        let mut then = false;
        // One month or year with an amount beside it is no record: "tháng cuối 9/2024, lương 5tr".
        let mut ranged = false;
        for (at, mark) in marks {
            match mark {
                Mark::Time { from: first, to: last, until, since } => match spans.last_mut() {
                    _ if until && from.is_some() && to.is_none() => to = Some(last),
                    // "03/2015;09/2019;4.000.000"
                    _ if !since && !then && to.is_none() && from.is_some_and(|(begin, ..)| begin <= last) => to = Some(last),
                    // "sau đó 7tr đến 6/2024"
                    Some(before) if until && open && from.is_none() => (before.to, open) = (last, false),
                    before => {
                        // "từ 2015 lương 4tr, từ 2020 lương 7tr": the second begins where the first ends.
                        if let Some(before) = before.filter(|_| open) {
                            before.to = first.shifted(-1)?;
                            open = false;
                        }
                        (from, to, then) = (Some((first, last, since)), None, false);
                    }
                },
                Mark::Now { until } => {
                    if until && from.is_some() {
                        to = Some(last_month);
                    } else if until {
                        open = false;
                    }
                }
                Mark::Then => {
                    if let Some(before) = spans.last() {
                        (from, to, then) = (before.to.shifted(1).map(|next| (next, next, true)), None, true);
                    }
                }
                Mark::Salary(salary) => {
                    let Some((first, last, since)) = from else {
                        // An amount without a time beside those that have theirs.
                        unclear = true;
                        continue;
                    };
                    // "năm 2015 lương 4tr" is that year; "từ 2015 lương 4tr" goes on.
                    open = to.is_none() && since;
                    ranged |= to.is_some() || since;
                    let end = to.unwrap_or(if since { last_month } else { last });
                    spans.push(Span { from: first, to: end, salary, voluntary: self.is_voluntary_near(at) });
                    (from, to) = (None, None);
                }
                Mark::Unclear => unclear = true,
            }
        }
        (ranged || spans.len() > 1).then_some(History { spans, open, unclear })
    }

    /// The times and amounts of the text with the word where each begins.
    fn marks(&self) -> Vec<(usize, Mark)> {
        let mut marks: Vec<(usize, Mark)> = Vec::new();
        let mut at = 0;
        let mut found = self.found.iter().peekable();
        while at < self.tokens.len() && marks.len() < SPANS_MAX * 3 {
            if let Some(next) = found.peek().filter(|next| next.words.start == at) {
                let before = at.checked_sub(1);
                let dash = matches!(self.gap(at).trim(), "-" | "–" | "→" | "->" | "~") || self.gap(at).contains('\t');
                let until = before.is_some_and(|before| self.is(before, "đến") || self.is(before, "tới")) || dash;
                let since = (1..=2).filter_map(|back| at.checked_sub(back)).any(|before| self.is(before, "từ") || self.is(before, "kể"));
                let time = |from: YearMonth, to: YearMonth| Some(Mark::Time { from, to, until, since });
                // Somebody's birth is no month of a record.
                let born = self.preceded_by(next, 3, phrases!["sinh", "sn"]);
                let mark = match &next.what {
                    Quantity::Day(_) | Quantity::Month(_) | Quantity::Year(_) if born => None,
                    Quantity::Day(day) => time(YearMonth::of(*day), YearMonth::of(*day)),
                    Quantity::Month(month) => time(*month, *month),
                    Quantity::Year(year) => {
                        let month = |month: i8| YearMonth { year: *year, month };
                        time(month(1), month(12))
                    }
                    Quantity::Now => Some(Mark::Now { until }),
                    Quantity::Money(salary) => Some(Mark::Salary(*salary)),
                    Quantity::Unclear(Unclear::Money(_) | Unclear::Several | Unclear::NoSuchDay | Unclear::Currency) => Some(Mark::Unclear),
                    _ => None,
                };
                marks.extend(mark.map(|mark| (at, mark)));
                at = next.words.end;
                found.next();
                continue;
            }
            let then = (self.is(at, "sau") && self.is(at + 1, "đó"))
                || (self.is(at, "tiếp") && (self.is(at + 1, "theo") || self.is(at + 1, "đó")))
                || (self.is(at, "rồi") && (self.is(at + 1, "lên") || self.is(at + 1, "tăng") || self.is(at + 1, "sau")));
            if then {
                marks.push((at, Mark::Then));
                at += 2;
                continue;
            }
            at += 1;
        }
        marks
    }

    fn is_voluntary_near(&self, at: usize) -> bool {
        (at.saturating_sub(8)..at + 6).any(|place| self.is(place, "tự") && self.is(place + 1, "nguyện"))
            && !(at.saturating_sub(8)..at + 6).any(|place| self.is(place, "bắt") && self.is(place + 1, "buộc"))
    }
}

/// Marks in which each amount stands behind its times: in "lương 4tr từ 2015 đến 2019, 7tr từ 2020" the amounts come first. Whether an
/// amount has no time of its own.
fn times_first(marks: Vec<(usize, Mark)>) -> (Vec<(usize, Mark)>, bool) {
    let is_salary = |mark: &(usize, Mark)| matches!(mark.1, Mark::Salary(_));
    if !marks.first().is_some_and(is_salary) {
        return (marks, false);
    }
    let mut ordered = Vec::with_capacity(marks.len());
    let mut unclear = false;
    let mut rest = marks.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if !is_salary(first) {
            // "..., sau đó 7tr": from here on as it stands.
            ordered.extend_from_slice(rest);
            break;
        }
        let times = after.iter().position(|mark| is_salary(mark) || matches!(mark.1, Mark::Then)).unwrap_or(after.len());
        unclear |= times == 0;
        ordered.extend_from_slice(&after[..times]);
        ordered.push(*first);
        rest = &after[times..];
    }
    (ordered, unclear)
}
