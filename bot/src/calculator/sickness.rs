//! Chế độ ốm đau: Luật BHXH 41/2024/QH15, Điều 42 to 48.

use jiff::civil::Date;
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::{Dong, hundredths, whole};
use super::law::Law;
use super::record::{bounded_on, note};
use super::{Note, Refusal};

/// What somebody gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sickness {
    /// In all.
    pub total: Dong,
    /// Of a day at the usual rate.
    pub daily: Dong,
    /// The usual rate, in hundredths of a percent.
    pub rate: i64,
    /// Days paid at it.
    pub days: i64,
    /// Days of a year at most.
    pub days_max: i64,
    /// Days that are paid at the lower rate of a long illness.
    pub long_days: i64,
    /// That rate, in hundredths of a percent.
    pub long_rate: i64,
    /// Of a day at it.
    pub long_daily: Dong,
    /// Days that are not paid.
    pub unpaid_days: i64,
    /// The salary that counts.
    pub salary: Dong,
    /// For what: `own`, `long-term`, `child`.
    pub case: String,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<Sickness, Refusal> {
    /// The Social Insurance Law of 2024.
    const SINCE: Date = jiff::civil::date(2025, 7, 1);
    let mut notes = Vec::new();
    let day = answers.day(Slot::StartDate).unwrap_or(today);
    if day < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::StartDate, since: SINCE });
    }
    let salary = bounded_on(answers.need_money(Slot::Salary)?, false, day, law, &mut notes)?;
    let days = answers.need_number(Slot::Days)?;
    let taken = answers.number(Slot::DaysTaken).unwrap_or(0);
    let case = answers.word(Slot::SicknessCase).unwrap_or("own").to_owned();
    // Which of the three steps of contribution the months are on.
    let step = match answers.number(Slot::Months).unwrap_or(0) {
        ..180 => 1,
        180..360 => 2,
        _ => 3,
    };
    let days_max = if case == "child" {
        let age = answers.need_number(Slot::ChildAge)?;
        if age < law.count("sick_child_young_age", day)? {
            law.count("child_sick_days_young", day)?
        } else if age < law.count("sick_child_age", day)? {
            law.count("child_sick_days", day)?
        } else {
            0
        }
    } else {
        let hazardous = if answers.is(Slot::Work, "hazardous") { "_hazardous" } else { "" };
        law.count(&format!("sickness_days{hazardous}_{step}"), day)?
    };
    let left = (days_max - taken).max(0);
    let paid = days.min(left);
    let long_days = if case == "long-term" { days - paid } else { 0 };
    let unpaid_days = days - paid - long_days;
    if unpaid_days > 0 {
        note(&mut notes, Note::DaysLowered { from: days, to: paid });
    }
    let of_month = law.number("benefit_month_days", day)?;
    let rate = law.number("sickness_rate", day)?;
    let long_rate = law.number(&format!("sickness_long_rate_{step}"), day)?;
    let daily = salary.exact() * rate / of_month;
    let long_daily = salary.exact() * long_rate / of_month;
    Ok(Sickness {
        total: Dong::round(daily * whole(paid) + long_daily * whole(long_days)),
        daily: Dong::round(daily),
        rate: hundredths(rate),
        days: paid,
        days_max,
        long_days,
        long_rate: hundredths(long_rate),
        long_daily: Dong::round(long_daily),
        unpaid_days,
        salary,
        case,
        notes,
    })
}
