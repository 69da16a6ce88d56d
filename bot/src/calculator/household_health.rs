//! BHYT hộ gia đình: Luật BHYT, Điều 13; NĐ 188/2025, Điều 6.

use jiff::civil::Date;
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::{Dong, Exact, hundredths, whole};
use super::law::Law;
use super::{Note, Refusal};

/// What a household pays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HouseholdHealth {
    /// For all, for the months paid.
    pub total: Dong,
    /// For all, each month.
    pub monthly: Dong,
    /// One by one, in order.
    pub members: Vec<Member>,
    /// Months paid for.
    pub months: i64,
    /// The contribution of the first member, each month.
    pub full: Dong,
    /// The base salary that it is calculated from.
    pub base_salary: Dong,
    /// What was assumed.
    pub notes: Vec<Note>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// `member`, `student`, `near-poor`, `farmer`.
    pub group: &'static str,
    /// Of the full contribution, in hundredths of a percent.
    pub share: i64,
    /// Each month.
    pub monthly: Dong,
    /// For the months paid.
    pub total: Dong,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<HouseholdHealth, Refusal> {
    /// The decree.
    const SINCE: Date = jiff::civil::date(2025, 7, 1);
    /// From here on each member pays the same.
    const LAST_STEP: i64 = 5;
    let day = answers.day(Slot::StartDate).unwrap_or(today);
    if day < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::StartDate, since: SINCE });
    }
    let count = answers.need_number(Slot::Members)?;
    let students = answers.number(Slot::Students).unwrap_or(0);
    if count + students == 0 {
        return Err(Refusal::NotPositive(Slot::Members));
    }
    let months = answers.need_number(Slot::PayMonths)?;
    let base_salary = law.reference_level(day)?;
    let full = base_salary.exact() * law.number("health_rate", day)?;
    let of = |group: &'static str, share: Exact| Member {
        group,
        share: hundredths(share),
        monthly: Dong::round(full * share),
        total: Dong::round(full * share * whole(months)),
    };
    let mut members = Vec::new();
    for place in 1..=count {
        members.push(match answers.word(Slot::Household).unwrap_or("ordinary") {
            "near-poor" => of("near-poor", whole(1) - law.number("health_support_near_poor", day)?),
            "farmer" => of("farmer", whole(1) - law.number("health_support_farmer", day)?),
            _ if place == 1 => of("member", whole(1)),
            _ => of("member", law.number(&format!("household_rate_{}", place.min(LAST_STEP)), day)?),
        });
    }
    for _ in 0..students {
        members.push(of("student", whole(1) - law.number("health_support_student", day)?));
    }
    Ok(HouseholdHealth {
        total: Dong(members.iter().map(|member| member.total.0).sum()),
        monthly: Dong(members.iter().map(|member| member.monthly.0).sum()),
        members,
        months,
        full: Dong::round(full),
        base_salary,
        notes: Vec::new(),
    })
}
