//! Bảo hiểm xã hội một lần: Luật BHXH 41/2024/QH15, Điều 70, 102; NĐ 158/2025, Điều 14 to 17; NĐ 159/2025, Điều 9, 10.

use jiff::civil::Date;
use knowledge::{Span, YearMonth};
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::{Dong, Exact, whole};
use super::law::Law;
use super::record::{self, Row, half_years};
use super::{Note, Refusal};

/// What somebody gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LumpSum {
    /// The amount.
    pub amount: Dong,
    /// Whether the reason that was named gives a right to it; `None` when it cannot be told from what is known.
    pub entitled: Option<bool>,
    /// What stands against it.
    pub obstacle: Option<Obstacle>,
    /// The month from which the papers can be handed in, for who stopped working.
    pub earliest: Option<YearMonth>,
    /// All months.
    pub months: i64,
    /// Months before 2014, after those left over moved to the second phase.
    pub months_before_2014: i64,
    /// Months from 2014 on, with those that moved.
    pub months_from_2014: i64,
    /// Months that moved.
    pub moved: i64,
    /// Half years of the first phase.
    pub half_years_before_2014: i64,
    /// Half years of the second phase.
    pub half_years_from_2014: i64,
    /// The average of the adjusted salaries.
    pub average: Dong,
    /// Hundredths of a month of the average that are paid.
    pub benefit_months_hundredths: i64,
    /// Of less than a year: what was contributed, before the bound.
    pub contributed: Option<Dong>,
    /// What the state paid of it, taken off.
    pub state_support: Dong,
    /// Months of voluntary insurance.
    pub voluntary_months: i64,
    /// Year by year.
    pub rows: Vec<Row>,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

/// What stands against a lump sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Twenty years or more: who left work has no right to it.
    TwentyYears,
    /// Nothing was contributed before 01/07/2025.
    #[serde(rename = "joined_since_july_2025")]
    JoinedSinceJuly2025,
    /// Fifteen years or more: whoever has the age gets a pension.
    EnoughForPension,
}

/// The record of the answers: the periods, or one that ends with the last month.
pub(super) fn spans(answers: &Answers, today: Date, notes: &mut Vec<Note>) -> Result<Vec<Span>, Refusal> {
    if let Some(periods) = answers.periods() {
        return Ok(periods.to_vec());
    }
    let months = answers.need_number(Slot::Months)?;
    let salary = answers.need_money(Slot::Salary)?;
    let last = answers.need_day(Slot::LastMonth).map(YearMonth::of)?;
    // "2024" alone is the end of that year.
    let last = match answers.moment(Slot::LastMonth) {
        Some(super::Moment::Year(year)) => YearMonth { year, month: 12 }.min(YearMonth::of(today)),
        _ => last,
    };
    let back = i32::try_from(1 - months).map_err(|_| Refusal::NotReadable(Slot::Months))?;
    let from = last.shifted(back).ok_or(Refusal::TooLarge { slot: Slot::Months, max: super::MONTHS_MAX })?;
    record::note(notes, Note::WithoutBreak { from, to: last });
    Ok(vec![Span { from, to: last, salary: salary.0, voluntary: answers.is(Slot::Fund, "voluntary") }])
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<LumpSum, Refusal> {
    const HALVES_A_YEAR: i64 = 2;
    let mut notes = Vec::new();
    let spans = spans(answers, today, &mut notes)?;
    let record = record::record(&spans, today, law)?;
    notes.extend(record.notes);
    let (before, from) = (record.months_before_2014, record.months - record.months_before_2014);
    // Months left over before 2014 are counted with those from 2014 on, when there are some.
    let moved = if before > 0 && from > 0 { before % 12 } else { 0 };
    let (before, from) = (before - moved, from + moved);
    let (halves_before, halves_from) = (half_years(before), half_years(from));
    let per_half = |name| Ok::<Exact, Refusal>(law.number(name, today)? / whole(HALVES_A_YEAR));
    let benefit_months =
        per_half("lump_months_before_2014")? * whole(halves_before) + per_half("lump_months_from_2014")? * whole(halves_from);
    let (amount, contributed) = if record.months < 12 {
        let paid = record.sum * law.number("compulsory_pension_rate", today)?;
        let most = record.average * law.number("lump_months_short_max", today)?;
        (paid.min(most), Some(Dong::round(paid)))
    } else {
        (record.average * benefit_months, None)
    };
    let reason = answers.word(Slot::Reason).unwrap_or("left");
    // Of the gravely ill nothing is taken off.
    let support = answers.money(Slot::StateSupport).filter(|_| reason != "illness").unwrap_or_default();
    if record.voluntary_months > 0 && !answers.has(Slot::StateSupport) && reason != "illness" {
        record::note(&mut notes, Note::StateSupportNotTakenOff);
    }
    let obstacle = match reason {
        "left" if record.months_before_july_2025 == 0 => Some(Obstacle::JoinedSinceJuly2025),
        "left" if record.months >= 240 => Some(Obstacle::TwentyYears),
        "age" if record.months >= 180 => Some(Obstacle::EnoughForPension),
        _ => None,
    };
    let amount = Dong(Dong::round(amount).0.saturating_sub(support.0).max(0));
    Ok(LumpSum {
        amount,
        entitled: obstacle.map(|_| false),
        obstacle,
        // Twelve months without contributions, up to the month before the papers are handed in.
        earliest: (reason == "left" && obstacle.is_none()).then(|| record.last.shifted(13)).flatten(),
        months: record.months,
        months_before_2014: before,
        months_from_2014: from,
        moved,
        half_years_before_2014: halves_before,
        half_years_from_2014: halves_from,
        average: Dong::round(record.average),
        benefit_months_hundredths: i64::try_from((benefit_months * whole(100)).to_integer()).unwrap_or_default(),
        contributed,
        state_support: support,
        voluntary_months: record.voluntary_months,
        rows: record.rows,
        notes,
    })
}
