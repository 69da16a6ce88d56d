//! A contribution record: its months, the salaries adjusted to today, their average.

use jiff::civil::Date;
use knowledge::{Span, YearMonth};
use serde::Serialize;

use super::exact::{Dong, Exact, whole};
use super::law::Law;
use super::{Note, Refusal};

/// From here on the law of 2024 bounds what contributions are paid on.
const BOUNDED_SINCE: YearMonth = YearMonth { year: 2025, month: 7 };
/// The first month of the second phase of the lump sum.
pub(super) const SECOND_PHASE: YearMonth = YearMonth { year: 2014, month: 1 };

/// The months of one year with one salary and one factor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The year of contribution.
    pub year: i16,
    /// Months in it.
    pub months: i64,
    /// What was contributed on.
    pub salary: Dong,
    /// By what it is multiplied, in hundredths.
    pub factor_hundredths: i64,
    /// Of voluntary insurance.
    pub voluntary: bool,
}

/// A record, added up.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// All months.
    pub months: i64,
    /// Those before 2014.
    pub months_before_2014: i64,
    /// Those of voluntary insurance.
    pub voluntary_months: i64,
    /// Those before 01/07/2025.
    pub months_before_july_2025: i64,
    /// The first month.
    pub first: YearMonth,
    /// The last month.
    pub last: YearMonth,
    /// The average of the adjusted salaries.
    pub average: Exact,
    /// The sum of the salaries as they were paid on.
    pub sum: Exact,
    /// Year by year.
    pub rows: Vec<Row>,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

/// Adds a record up for a benefit that is settled on `day`.
pub fn record(spans: &[Span], day: Date, law: Law<'_>) -> Result<Record, Refusal> {
    let mut spans = spans.to_vec();
    spans.sort_by_key(|span| (span.from, span.to));
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Err(Refusal::Missing(super::Slot::Periods)) };
    let (first, last) = (first.from, last.to);
    if last > YearMonth::of(day) {
        return Err(Refusal::InFuture { month: last });
    }
    let mut total = Record {
        months: 0,
        months_before_2014: 0,
        voluntary_months: 0,
        months_before_july_2025: 0,
        first,
        last,
        average: whole(0),
        sum: whole(0),
        rows: Vec::new(),
        notes: Vec::new(),
    };
    let mut adjusted = whole(0);
    for span in &spans {
        let mut month = span.from;
        while month <= span.to {
            // Months that are alike are counted at once: to the end of the year, or to where the bounds begin.
            let year_end = YearMonth { year: month.year, month: 12 };
            let half = YearMonth { year: month.year, month: 6 };
            let end = if month <= half { half } else { year_end }.min(span.to);
            let months = Span { from: month, to: end, ..*span }.months();
            let salary = bounded(span, month, law, &mut total.notes)?;
            let (factor, table) = law.factor(span.voluntary, month.year, day)?;
            if table != day.year() {
                note(&mut total.notes, Note::FactorsOf { year: table });
            }
            adjusted += salary.exact() * factor * whole(months);
            total.sum += salary.exact() * whole(months);
            total.months += months;
            total.voluntary_months += if span.voluntary { months } else { 0 };
            total.months_before_2014 += if end < SECOND_PHASE { months } else { 0 };
            total.months_before_july_2025 += if end < BOUNDED_SINCE { months } else { 0 };
            let factor_hundredths = i64::try_from((factor * whole(100)).round().to_integer()).unwrap_or(100);
            let row = Row { year: month.year, months, salary, factor_hundredths, voluntary: span.voluntary };
            match total.rows.last_mut().filter(|last| Row { months, ..(*last).clone() } == row) {
                Some(last) => last.months += months,
                None => total.rows.push(row),
            }
            month = end.shifted(1).ok_or(Refusal::NotReadable(super::Slot::Periods))?;
        }
    }
    if total.months > super::MONTHS_MAX {
        return Err(Refusal::TooLarge { slot: super::Slot::Months, max: super::MONTHS_MAX });
    }
    total.average = adjusted / whole(total.months);
    Ok(total)
}

/// The salary of a month as the law lets contributions be paid on it.
fn bounded(span: &Span, month: YearMonth, law: Law<'_>, notes: &mut Vec<Note>) -> Result<Dong, Refusal> {
    /// No salary of those years was higher: 20 times any base salary lies below.
    const BEFORE_MAX: Dong = Dong(200_000_000);
    let salary = Dong(span.salary);
    if month < BOUNDED_SINCE {
        return if salary > BEFORE_MAX { Err(Refusal::TooLarge { slot: super::Slot::Salary, max: BEFORE_MAX.0 }) } else { Ok(salary) };
    }
    let day = Date::new(month.year, month.month, 1).map_err(|_| Refusal::NotReadable(super::Slot::Periods))?;
    bounded_on(salary, span.voluntary, day, law, notes)
}

/// A salary, or an income, within what the law lets contributions be paid on.
pub(super) fn bounded_on(salary: Dong, voluntary: bool, day: Date, law: Law<'_>, notes: &mut Vec<Note>) -> Result<Dong, Refusal> {
    let ceiling = law.salary_ceiling(day)?;
    let floor = if voluntary { law.income_floor(day)? } else { law.reference_level(day)? };
    Ok(if salary > ceiling {
        note(notes, Note::LoweredToCeiling { from: salary, to: ceiling });
        ceiling
    } else if salary < floor {
        note(notes, Note::RaisedToFloor { from: salary, to: floor });
        floor
    } else {
        salary
    })
}

pub(super) fn note(notes: &mut Vec<Note>, note: Note) {
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// Months as the law counts them in years: up to six months more are half a year, seven to eleven a whole one. In half years.
pub(super) fn half_years(months: i64) -> i64 {
    months / 12 * 2
        + match months % 12 {
            0 => 0,
            1..=6 => 1,
            _ => 2,
        }
}
