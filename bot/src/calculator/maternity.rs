//! Chế độ thai sản: Luật BHXH 41/2024/QH15, Điều 50 to 62; Bộ luật Lao động, Điều 139.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::answers::{Answers, Moment, Slot};
use super::exact::{Dong, whole};
use super::law::Law;
use super::record::{bounded_on, note};
use super::{Note, Refusal};

/// The Social Insurance Law of 2024.
const SINCE: Date = jiff::civil::date(2025, 7, 1);

/// What somebody gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Maternity {
    /// For whom: `birth`, `husband` or `miscarriage`.
    pub case: &'static str,
    /// In all.
    pub total: Dong,
    /// The average of the six months.
    pub average: Dong,
    /// Months of leave, of a birth.
    pub leave_months: i64,
    /// Days of leave, of a husband or after a loss.
    pub leave_days: i64,
    /// The benefit for the leave.
    pub leave_benefit: Dong,
    /// Of a day.
    pub daily: Option<Dong>,
    /// The one-off allowance.
    pub allowance: Dong,
    /// The reference level that it is calculated from.
    pub reference_level: Dong,
    /// Children born at once.
    pub children: i64,
    /// Leave is longer because it is the second child.
    pub second_child: bool,
    /// Whether there is a right to the benefit for the leave.
    pub entitled: bool,
    /// Days of leave of the husband, when he contributes.
    pub husband_days: i64,
    /// The first day of leave.
    pub leave_start: Date,
    /// The last day of leave.
    pub leave_end: Date,
    /// The last day for the papers at the employer.
    pub deadline: Date,
    /// The birth, or the day of the loss.
    pub day: Date,
    /// Whether only the month of birth is known.
    pub whole_month: bool,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<Maternity, Refusal> {
    match answers.word(Slot::MaternityCase).unwrap_or("birth") {
        "miscarriage" => loss(answers, today, law),
        "husband" => husband(answers, law),
        _ => birth(answers, law),
    }
}

/// The day of birth, and whether only its month is known.
fn birth_day(answers: &Answers) -> Result<(Date, bool), Refusal> {
    let (day, whole_month) = match answers.moment(Slot::ChildBirth).ok_or(Refusal::Missing(Slot::ChildBirth))? {
        Moment::Day(day) => (day, false),
        Moment::Month(month) => (Moment::Month(month).first_day(), true),
        Moment::Year(_) => return Err(Refusal::NotReadable(Slot::ChildBirth)),
    };
    if day < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::ChildBirth, since: SINCE });
    }
    Ok((day, whole_month))
}

fn average(answers: &Answers, day: Date, law: Law<'_>, notes: &mut Vec<Note>) -> Result<Dong, Refusal> {
    bounded_on(answers.need_money(Slot::Salary)?, false, day, law, notes)
}

fn birth(answers: &Answers, law: Law<'_>) -> Result<Maternity, Refusal> {
    let mut notes = Vec::new();
    let (day, whole_month) = birth_day(answers)?;
    let average = average(answers, day, law, &mut notes)?;
    let children = answers.number(Slot::Children).unwrap_or(1);
    let more = (children - 1) * law.count("maternity_more_child_months", day)?;
    let is_second = answers.is(Slot::ChildOrder, "second");
    // The longer leave for the second child is law since 01/07/2026; before, there is no such constant.
    let second = is_second.then(|| law.count("maternity_second_child_months", day).ok()).flatten();
    let usual = law.count("maternity_leave_months", day)?;
    // Of twins at the second birth nobody has written how the two rules meet: the longer of the two is certain.
    let leave_months = second.unwrap_or(usual).max(usual + more);
    if second.is_some() && children > 1 {
        note(&mut notes, Note::SecondBirthTwins);
    }
    let leave_start = answers.day(Slot::LeaveStart).unwrap_or(day);
    if leave_start > day {
        return Err(Refusal::OutOfOrder { first: Slot::LeaveStart, second: Slot::ChildBirth });
    }
    if day.checked_sub(2.months()).is_ok_and(|earliest| leave_start < earliest) {
        note(&mut notes, Note::LeaveTooEarly);
    }
    let min = law.count("maternity_months_min", day)?;
    let entitled = answers.number(Slot::MonthsInYear).is_none_or(|months| months >= min);
    if !answers.has(Slot::MonthsInYear) {
        note(&mut notes, Note::MonthsInYearAssumed { months: min });
    }
    let reference_level = law.reference_level(day)?;
    let allowance = Dong::round(reference_level.exact() * law.number("birth_allowance_multiple", day)? * whole(children));
    let leave_benefit = if entitled { Dong::round(average.exact() * whole(leave_months)) } else { Dong(0) };
    let allowance = if entitled { allowance } else { Dong(0) };
    let leave_end = end_of_months(leave_start, leave_months)?;
    future_amounts(law, day, &mut notes);
    Ok(Maternity {
        case: "birth",
        total: Dong(leave_benefit.0 + allowance.0),
        average,
        leave_months,
        leave_days: 0,
        leave_benefit,
        daily: None,
        allowance,
        reference_level,
        children,
        second_child: second.is_some(),
        entitled,
        husband_days: husband_days(answers, children, is_second, day, law)?,
        leave_start,
        leave_end,
        deadline: after_days(leave_end, 45)?,
        day,
        whole_month,
        notes,
    })
}

/// The working days of leave of a husband: the longest that applies.
fn husband_days(answers: &Answers, children: i64, second: bool, day: Date, law: Law<'_>) -> Result<i64, Refusal> {
    let surgery = answers.is(Slot::Delivery, "caesarean");
    let preterm = answers.is(Slot::Delivery, "preterm");
    let mut days = law.count("father_days", day)?;
    if surgery || preterm {
        days = days.max(law.count("father_days_surgery", day)?);
    }
    if children > 1 {
        let name = if surgery { "father_days_twins_surgery" } else { "father_days_twins" };
        days = days.max(law.count(name, day)? + (children - 2) * law.count("father_days_more_child", day)?);
    }
    if second && let Ok(longer) = law.count("father_days_second_child", day) {
        days = days.max(longer);
    }
    Ok(days)
}

fn husband(answers: &Answers, law: Law<'_>) -> Result<Maternity, Refusal> {
    let mut notes = Vec::new();
    let (day, whole_month) = birth_day(answers)?;
    let average = average(answers, day, law, &mut notes)?;
    let children = answers.number(Slot::Children).unwrap_or(1);
    let second = answers.is(Slot::ChildOrder, "second");
    let days = husband_days(answers, children, second, day, law)?;
    let daily = average.exact() / law.number("benefit_month_days", day)?;
    let leave_benefit = Dong::round(daily * whole(days));
    let within = after_days(day, 60)?;
    future_amounts(law, day, &mut notes);
    Ok(Maternity {
        case: "husband",
        total: leave_benefit,
        average,
        leave_months: 0,
        leave_days: days,
        leave_benefit,
        daily: Some(Dong::round(daily)),
        allowance: Dong(0),
        reference_level: law.reference_level(day)?,
        children,
        second_child: second && law.count("father_days_second_child", day).is_ok(),
        entitled: true,
        husband_days: days,
        leave_start: day,
        leave_end: within,
        deadline: within,
        day,
        whole_month,
        notes,
    })
}

fn loss(answers: &Answers, today: Date, law: Law<'_>) -> Result<Maternity, Refusal> {
    let mut notes = Vec::new();
    let day = answers.day(Slot::LeaveStart).unwrap_or(today);
    if day < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::LeaveStart, since: SINCE });
    }
    let weeks = answers.need_number(Slot::PregnancyWeeks)?;
    let average = average(answers, day, law, &mut notes)?;
    let name = match weeks {
        ..5 => "miscarriage_days_under_5w",
        5..13 => "miscarriage_days_under_13w",
        13..22 => "miscarriage_days_under_22w",
        _ => "miscarriage_days_from_22w",
    };
    let days = law.count(name, day)?;
    let days = answers.number(Slot::Days).map_or(days, |prescribed| {
        if prescribed > days {
            note(&mut notes, Note::DaysLowered { from: prescribed, to: days });
        }
        prescribed.min(days)
    });
    if weeks >= 22 {
        note(&mut notes, Note::LateLoss);
    }
    let daily = average.exact() / law.number("maternity_month_days", day)?;
    let leave_benefit = Dong::round(daily * whole(days));
    let leave_end = after_days(day, days - 1)?;
    Ok(Maternity {
        case: "miscarriage",
        total: leave_benefit,
        average,
        leave_months: 0,
        leave_days: days,
        leave_benefit,
        daily: Some(Dong::round(daily)),
        allowance: Dong(0),
        reference_level: law.reference_level(day)?,
        children: 0,
        second_child: false,
        entitled: true,
        husband_days: 0,
        leave_start: day,
        leave_end,
        deadline: after_days(leave_end, 45)?,
        day,
        whole_month: false,
        notes,
    })
}

fn future_amounts(law: Law<'_>, day: Date, notes: &mut Vec<Note>) {
    if let Some(since) = law.since("base_salary", day).filter(|since| day.year() > since.year()) {
        note(notes, Note::AmountsOf { year: since.year() });
    }
}

/// The last day of so many months from a day on.
fn end_of_months(start: Date, months: i64) -> Result<Date, Refusal> {
    start.checked_add(months.months()).and_then(Date::yesterday).map_err(|_| Refusal::NotReadable(Slot::LeaveStart))
}

fn after_days(day: Date, days: i64) -> Result<Date, Refusal> {
    day.checked_add(days.days()).map_err(|_| Refusal::NotReadable(Slot::LeaveStart))
}
