//! What somebody contributed over the years: "từ 2015 đến 2019 lương 4tr, sau đó 7tr", or the lines of a pasted table.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    Time { from: YearMonth, to: YearMonth, until: bool },
    Now { until: bool },
    Then,
    Salary(i64),
    Unclear,
}

impl Amounts {
    /// The salary record that the text tells; `None` when it tells none (at least one time and one amount).
    pub fn history(&self) -> Option<History> {
        let marks = self.marks();
        let last_month = YearMonth::of(self.today()).shifted(-1)?;
        let mut spans: Vec<Span> = Vec::new();
        let mut open = false;
        let mut unclear = false;
        let mut from: Option<(YearMonth, YearMonth)> = None;
        let mut to: Option<YearMonth> = None;
        for (place, &(at, mark)) in marks.iter().enumerate() {
            match mark {
                Mark::Time { from: first, to: last, until } => {
                    if until && from.is_some() && to.is_none() {
                        to = Some(last);
                    } else {
                        // "từ 2015 lương 4tr, từ 2020 lương 7tr": the second begins where the first ends.
                        if open && let Some(before) = spans.last_mut() {
                            before.to = first.shifted(-1)?;
                            open = false;
                        }
                        (from, to) = (Some((first, last)), None);
                    }
                }
                Mark::Now { until } => {
                    if until && from.is_some() {
                        to = Some(last_month);
                    }
                }
                Mark::Then => {
                    if let Some(before) = spans.last() {
                        (from, to) = (before.to.shifted(1).map(|next| (next, next)), None);
                    }
                }
                Mark::Salary(salary) => {
                    let Some((first, last)) = from else { continue };
                    let then =
                        place.checked_sub(1).and_then(|before| marks.get(before)).is_some_and(|(_, mark)| matches!(mark, Mark::Then));
                    let since = then || self.says_since(at);
                    // "năm 2015 lương 4tr" is that year; "từ 2015 lương 4tr" goes on.
                    let end = match to {
                        Some(end) => end,
                        None if since => {
                            open = true;
                            last_month
                        }
                        None => last,
                    };
                    spans.push(Span { from: first, to: end, salary, voluntary: self.is_voluntary_near(at) });
                    (from, to) = (None, None);
                }
                Mark::Unclear => unclear = true,
            }
        }
        // A time after the last amount ends it: "lương 4tr từ 2015 đến 2019" begins with the amount.
        if spans.is_empty()
            && let Some((first, last)) = from
            && let Some(salary) = marks.iter().find_map(|(_, mark)| if let Mark::Salary(salary) = mark { Some(*salary) } else { None })
            && to.is_some()
        {
            spans.push(Span {
                from: first,
                to: to.unwrap_or(last),
                salary,
                voluntary: self.says(&["tự nguyện"]) && !self.says(&["bắt buộc"]),
            });
        }
        (!spans.is_empty()).then_some(History { spans, open, unclear })
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
                let mark = match &next.what {
                    Quantity::Day(day) => Some(Mark::Time { from: YearMonth::of(*day), to: YearMonth::of(*day), until }),
                    Quantity::Month(month) => Some(Mark::Time { from: *month, to: *month, until }),
                    Quantity::Year(year) => {
                        let month = |month: i8| YearMonth { year: *year, month };
                        Some(Mark::Time { from: month(1), to: month(12), until })
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

    /// Whether the time before an amount begins with "từ", and nothing ended it.
    fn says_since(&self, at: usize) -> bool {
        let start = self
            .found
            .iter()
            .rev()
            .find(|found| found.words.end <= at && matches!(found.what, Quantity::Day(_) | Quantity::Month(_) | Quantity::Year(_)));
        start.is_some_and(|found| {
            (1..=2).filter_map(|back| found.words.start.checked_sub(back)).any(|before| self.is(before, "từ") || self.is(before, "kể"))
        })
    }

    fn is_voluntary_near(&self, at: usize) -> bool {
        (at.saturating_sub(8)..at + 6).any(|place| self.is(place, "tự") && self.is(place + 1, "nguyện"))
            && !(at.saturating_sub(8)..at + 6).any(|place| self.is(place, "bắt") && self.is(place + 1, "buộc"))
    }
}
