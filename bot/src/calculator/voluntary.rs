//! BHXH tự nguyện: Luật BHXH 41/2024/QH15, Điều 31, 36; NĐ 159/2025, Điều 5, 6, 7.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::{Dong, Exact, hundredths, whole};
use super::law::Law;
use super::record::{bounded_on, note};
use super::{Note, Refusal};

/// What somebody pays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Voluntary {
    /// At once, after what the state pays.
    pub pays: Dong,
    /// Before it.
    pub total: Dong,
    /// What the state pays of it.
    pub state: Dong,
    /// Of one month, before what the state pays.
    pub monthly: Dong,
    /// What the state pays of one month.
    pub state_monthly: Dong,
    /// Of the poverty line's contribution, in hundredths of a percent.
    pub support_rate: i64,
    /// The income that counts.
    pub income: Dong,
    /// The lowest income of the day.
    pub floor: Dong,
    /// The highest income of the day.
    pub ceiling: Dong,
    /// Months paid for.
    pub months: i64,
    /// How.
    pub method: String,
    /// Of the fund's investment, each month, in hundredths of a percent; used for years ahead and missing months.
    pub interest: Option<i64>,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<Voluntary, Refusal> {
    /// The decree.
    const SINCE: Date = jiff::civil::date(2025, 7, 1);
    let mut notes = Vec::new();
    let start = answers.day(Slot::StartDate).unwrap_or(today);
    if start < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::StartDate, since: SINCE });
    }
    let (floor, ceiling) = (law.income_floor(start)?, law.salary_ceiling(start)?);
    let income = bounded_on(answers.need_money(Slot::Income)?, true, start, law, &mut notes)?;
    let method = answers.word(Slot::Method).unwrap_or("1").to_owned();
    let method = answers.number(Slot::Method).map_or(method, |months| months.to_string());
    let missing = method == "missing";
    let months = if missing { answers.need_number(Slot::MissingMonths)? } else { method.parse().unwrap_or(1) };
    let most = law.count("voluntary_missing_months_max", start)?;
    if missing && months > most {
        return Err(Refusal::TooLarge { slot: Slot::MissingMonths, max: most });
    }
    let rate = law.number("voluntary_rate", start)?;
    let monthly = income.exact() * rate;
    let support = match answers.word(Slot::Support).unwrap_or("other") {
        "poor" => law.number("voluntary_support_poor", start)?,
        "near-poor" => law.number("voluntary_support_near_poor", start)?,
        "ethnic" => law.number("voluntary_support_ethnic", start)?,
        _ => law.number("voluntary_support_other", start)?,
    };
    let state_monthly = floor.exact() * rate * support;
    let left = (law.count("voluntary_support_months_max", start)? - answers.number(Slot::SupportUsed).unwrap_or(0)).max(0);
    // Of months that are bought afterwards the decree names no support.
    let supported = if missing { 0 } else { months.min(left) };
    if !missing && supported < months {
        note(&mut notes, Note::SupportEnds { months: supported });
    }
    let ahead = months > 12 && !missing;
    let interest = (ahead || missing).then(|| law.number("fund_monthly_interest", start)).transpose()?;
    let total = match interest {
        Some(interest) => flow(monthly, interest, months, if missing { Flow::Missing } else { Flow::Ahead }),
        None => Dong::round(monthly * whole(months)),
    };
    let state = Dong::round(state_monthly * whole(supported)).min(total);
    if !missing && let Some(day) = change_within(start, months, law) {
        note(&mut notes, Note::ChangesOn { day });
    }
    Ok(Voluntary {
        pays: Dong(total.0 - state.0),
        total,
        state,
        monthly: Dong::round(monthly),
        state_monthly: Dong::round(state_monthly),
        support_rate: hundredths(support),
        income,
        floor,
        ceiling,
        months,
        method,
        interest: interest.map(hundredths),
        notes,
    })
}

/// The first day within some months on which the floor or the ceiling of the income changes.
fn change_within(start: Date, months: i64, law: Law<'_>) -> Option<Date> {
    let bounds = |day| Some((law.income_floor(day).ok()?, law.salary_ceiling(day).ok()?));
    let now = bounds(start)?;
    (1..=months)
        .filter_map(|month| Some(start.checked_add(month.months()).ok()?.first_of_month()))
        .find(|day| bounds(*day).is_some_and(|then| then != now))
}

/// When a month is paid for that lies elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Years ahead: each month is discounted by the months until it comes.
    Ahead,
    /// Missing months: each bears interest.
    Missing,
}

/// The sum of monthly contributions with the fund's interest. The factors are kept to fifteen decimals: sixty of them are wrong by less
/// than a đồng in any amount that can be paid.
pub(super) fn flow(monthly: Exact, interest: Exact, months: i64, flow: Flow) -> Dong {
    const SCALE: i128 = 1_000_000_000_000_000;
    let kept = |factor: Exact| Exact::new((factor * whole(SCALE)).round().to_integer(), SCALE);
    let growth = whole(1) + interest;
    let mut factor = if flow == Flow::Missing { growth } else { whole(1) };
    let mut factors = whole(0);
    for _ in 0..months {
        factors += factor;
        factor = kept(if flow == Flow::Missing { factor * growth } else { factor / growth });
    }
    Dong::round(monthly * factors)
}
