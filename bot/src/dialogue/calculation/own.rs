//! Contributions of one's own record as what a calculation is made from.
//!
//! They are read when everything else is known, and what comes of them is said in a personal message. The log and the state keep no more
//! than the wish ([`super::Calculation::own`]).

use jiff::civil::Date;
use knowledge::{Span, YearMonth};

use crate::calculator::{Answers, Calculator, Refusal, Slot, Value};
use crate::identity::record::{Contribution, Kind, Month};

/// The inputs that a record answers.
pub(super) const FILLED: &[Slot] = &[Slot::Periods, Slot::Months, Slot::Salary, Slot::LastMonth];
/// The calculations that a record helps with.
pub(in crate::dialogue) const CALCULATORS: &[Calculator] = &[Calculator::LumpSum, Calculator::Pension, Calculator::Unemployment];
/// The months whose average an unemployment benefit is counted from.
const AVERAGED_MONTHS: i64 = 6;

/// What a record says for a calculation.
#[derive(Debug, PartialEq)]
pub(super) struct Filled {
    /// The answers given before, and those of the record.
    pub(super) answers: Answers,
    /// The first and the last month that were counted.
    pub(super) between: (YearMonth, YearMonth),
    /// Some months have two entries, of which one was counted.
    pub(super) twice: bool,
}

/// The insurance whose contributions count.
pub(super) fn kind(calculator: Calculator) -> Kind {
    if calculator == Calculator::Unemployment { Kind::Bhtn } else { Kind::Bhxh }
}

/// Answers what a record answers, and nobody else has. `None`: it holds no month of that insurance.
///
/// # Errors
/// It holds what cannot be calculated with, a month without a salary for one.
pub(super) fn fill(
    calculator: Calculator,
    answers: &Answers,
    contributions: &[Contribution],
    today: Date,
) -> Result<Option<Filled>, Refusal> {
    let (spans, twice) = spans(contributions, kind(calculator), today);
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(None) };
    let between = (first.from, last.to);
    let mut answers = answers.clone();
    if calculator == Calculator::Unemployment {
        answers.set(Slot::Months, Value::Number(spans.iter().map(Span::months).sum()))?;
        answers.set(Slot::Salary, Value::Number(average_of_last(&spans)))?;
    } else {
        answers.set(Slot::Periods, Value::Periods(spans))?;
    }
    Ok(Some(Filled { answers, between, twice }))
}

/// The months of one kind up to today in order, each once, those alike beside each other as one. Whether some stood there twice.
fn spans(contributions: &[Contribution], kind: Kind, today: Date) -> (Vec<Span>, bool) {
    let mut periods: Vec<&Contribution> = contributions.iter().filter(|period| period.kind == kind).collect();
    periods.sort_by_key(|period| (period.from, period.to));
    let mut spans: Vec<Span> = Vec::new();
    let mut twice = false;
    for period in periods {
        let (Some(mut from), Some(to)) = (year_month(period.from), year_month(period.to.min(Month::of(today)))) else { continue };
        if let Some(free) = spans.last().and_then(|last| last.to.shifted(1))
            && from < free
        {
            twice = true;
            from = free;
        }
        if from > to {
            continue;
        }
        let span = Span { from, to, salary: period.salary_dong, voluntary: kind == Kind::Bhxh && period.employer.is_empty() };
        match spans.last_mut() {
            Some(last) if last.to.shifted(1) == Some(from) && (last.salary, last.voluntary) == (span.salary, span.voluntary) => {
                last.to = to
            }
            _ => spans.push(span),
        }
    }
    (spans, twice)
}

fn year_month(month: Month) -> Option<YearMonth> {
    YearMonth::new(i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?)
}

/// The average of the last months, as many as count, rounded to the đồng.
fn average_of_last(spans: &[Span]) -> i64 {
    let (mut months, mut sum) = (0_i64, 0_i64);
    for span in spans.iter().rev() {
        let taken = span.months().min(AVERAGED_MONTHS - months);
        months += taken;
        sum = sum.saturating_add(span.salary.saturating_mul(taken));
    }
    if months == 0 { 0 } else { (sum + months / 2) / months }
}

#[cfg(test)]
mod tests {
    use super::super::Calculation;
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 26);

    fn paid(kind: Kind, from: &str, to: &str, employer: &str, salary_dong: i64) -> Contribution {
        Contribution {
            kind,
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            employer: employer.to_owned(),
            job: String::new(),
            salary_dong,
        }
    }

    fn month(year: i16, month: i8) -> YearMonth {
        YearMonth::new(year, month).unwrap()
    }

    #[test]
    fn months_of_two_employers_count_once_and_the_future_not_at_all() {
        let record = [
            paid(Kind::Bhxh, "2020-01", "2020-12", "A", 5_000_000),
            paid(Kind::Bhxh, "2020-11", "2021-02", "B", 6_000_000),
            paid(Kind::Bhxh, "2021-03", "2021-06", "C", 6_000_000),
            paid(Kind::Bhxh, "2026-10", "2027-03", "", 3_000_000),
            paid(Kind::Bhyt, "2019-01", "2026-12", "A", 5_000_000),
        ];
        let filled = fill(Calculator::LumpSum, &Answers::default(), &record, TODAY).unwrap().unwrap();
        let expected = [
            Span { from: month(2020, 1), to: month(2020, 12), salary: 5_000_000, voluntary: false },
            Span { from: month(2021, 1), to: month(2021, 6), salary: 6_000_000, voluntary: false },
            Span { from: month(2026, 10), to: month(2026, 11), salary: 3_000_000, voluntary: true },
        ];
        assert_eq!(filled.answers.periods().unwrap(), expected);
        assert!(filled.twice);
        assert_eq!(filled.between, (month(2020, 1), month(2026, 11)));
    }

    #[test]
    fn an_unemployment_benefit_is_counted_from_the_last_six_months() {
        let record = [
            paid(Kind::Bhtn, "2020-01", "2026-06", "A", 8_000_000),
            paid(Kind::Bhtn, "2026-07", "2026-08", "A", 11_000_000),
            paid(Kind::Bhxh, "2010-01", "2026-08", "A", 9_000_000),
        ];
        let filled = fill(Calculator::Unemployment, &Answers::default(), &record, TODAY).unwrap().unwrap();
        assert_eq!(filled.answers.number(Slot::Months), Some(6 * 12 + 8));
        assert_eq!(filled.answers.number(Slot::Salary), Some((4 * 8_000_000 + 2 * 11_000_000) / 6));
        assert!(!filled.twice);
    }

    #[test]
    fn what_was_typed_gives_way_to_the_record() {
        let mut typed = Calculation::new(Calculator::LumpSum);
        typed.set(Slot::Months, Value::Number(10)).unwrap();
        typed.set(Slot::Reason, Value::word("abroad")).unwrap();
        typed.take_own();
        let record = [paid(Kind::Bhxh, "2020-01", "2020-12", "A", 5_000_000)];
        let filled = fill(Calculator::LumpSum, &typed.answers, &record, TODAY).unwrap().unwrap();
        assert!(!filled.answers.has(Slot::Months));
        assert_eq!(filled.answers.word(Slot::Reason), Some("abroad"));
    }

    #[test]
    fn a_record_without_months_or_without_a_salary_is_told_apart() {
        let nothing = fill(Calculator::Pension, &Answers::default(), &[paid(Kind::Bhyt, "2020-01", "2020-12", "A", 1)], TODAY);
        assert_eq!(nothing, Ok(None));
        let unpaid = fill(Calculator::Pension, &Answers::default(), &[paid(Kind::Bhxh, "2020-01", "2020-12", "A", 0)], TODAY);
        assert_eq!(unpaid, Err(Refusal::NotPositive(Slot::Salary)));
    }
}
