//! Trợ cấp thất nghiệp: Luật Việc làm 74/2025/QH15, Điều 38, 39.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::Dong;
use super::law::Law;
use super::record::note;
use super::{Note, Refusal};

/// What somebody gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unemployment {
    /// Each month.
    pub monthly: Dong,
    /// For so many months; 0 when there is no right.
    pub months: i64,
    /// In all.
    pub total: Dong,
    /// Before the bound.
    pub unbounded: Dong,
    /// The highest that is paid in the region.
    pub cap: Dong,
    /// The average that it is calculated from, within the law's bound.
    pub average: Dong,
    /// The region whose bound was used; `None` when it makes no difference.
    pub region: Option<u8>,
    /// Months contributed.
    pub contributed_months: i64,
    /// The last day for the papers.
    pub deadline: Date,
    /// Whether that day is over.
    pub too_late: bool,
    /// The day from which it is paid when the papers are handed in on `apply_date`: the eleventh working day.
    pub paid_from: Date,
    /// The day on which the papers are handed in.
    pub apply_date: Date,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<Unemployment, Refusal> {
    /// The lowest of the four.
    const LOWEST_REGION: u8 = 4;
    /// The Employment Act of 2025.
    const SINCE: Date = jiff::civil::date(2026, 1, 1);
    let mut notes = Vec::new();
    let stop = answers.need_day(Slot::StopDate)?;
    if stop < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::StopDate, since: SINCE });
    }
    let contributed = answers.need_number(Slot::Months)?;
    let salary = answers.need_money(Slot::Salary)?;
    let region = answers.number(Slot::Region).and_then(|region| u8::try_from(region).ok());
    let used = region.unwrap_or(LOWEST_REGION);
    let wage = law.region_wage(used, stop)?;
    let ceiling = Dong::round(wage.exact() * law.number("ui_salary_cap_multiple", stop)?);
    let average = if salary > ceiling {
        note(&mut notes, Note::LoweredToCeiling { from: salary, to: ceiling });
        ceiling
    } else {
        salary
    };
    let reference = law.reference_level(stop)?;
    if salary < reference {
        note(&mut notes, Note::BelowFloor { salary, floor: reference });
    }
    let unbounded = Dong::round(average.exact() * law.number("ui_benefit_rate", stop)?);
    let cap = Dong::round(wage.exact() * law.number("ui_cap_multiple", stop)?);
    let monthly = unbounded.min(cap);
    let min = law.count("ui_months_min", stop)?;
    let first_step = law.count("ui_first_step", stop)?;
    let months = if contributed < min {
        0
    } else {
        let more = (contributed - first_step).max(0) / law.count("ui_more_step", stop)?.max(1);
        (law.count("ui_first_months", stop)? + more).min(law.count("ui_months_max", stop)?)
    };
    if region.is_none() && unbounded > cap {
        note(&mut notes, Note::LowestRegion);
    }
    if law.since("region_wage_1", stop).is_some_and(|since| since.year() < stop.year()) {
        note(&mut notes, Note::AmountsOf { year: law.since("region_wage_1", stop).map_or(stop.year(), Date::year) });
    }
    let claim = law.count("ui_claim_months", stop)?;
    let deadline = stop.checked_add(claim.months()).map_err(|_| Refusal::NotReadable(Slot::StopDate))?;
    let apply_date = answers.day(Slot::ApplyDate).unwrap_or_else(|| today.max(stop));
    if apply_date < stop {
        return Err(Refusal::OutOfOrder { first: Slot::StopDate, second: Slot::ApplyDate });
    }
    Ok(Unemployment {
        monthly,
        months,
        total: Dong(monthly.0.saturating_mul(months)),
        unbounded,
        cap,
        average,
        region: region.or((unbounded > cap).then_some(LOWEST_REGION)),
        contributed_months: contributed,
        deadline,
        too_late: apply_date > deadline,
        paid_from: working_day(apply_date, 11),
        apply_date,
        notes,
    })
}

/// The n-th working day after a day, Monday to Friday; public holidays are not known here and are said to move it.
pub(super) fn working_day(after: Date, count: u32) -> Date {
    let mut day = after;
    let mut left = count;
    while left > 0 {
        let Ok(next) = day.tomorrow() else { return day };
        day = next;
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}
