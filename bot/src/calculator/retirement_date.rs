//! Tuổi nghỉ hưu: Bộ luật Lao động, Điều 169; NĐ 135/2020, Điều 4, 5; Luật BHXH 41/2024/QH15, Điều 64, 65.

use jiff::ToSpan;
use jiff::civil::Date;
use knowledge::YearMonth;
use serde::Serialize;

use super::answers::{Answers, Moment, Slot};
use super::law::Law;
use super::record::note;
use super::{Note, Refusal};

/// The year in which the ages began to rise.
const SCHEDULE_FROM: i16 = 2021;
/// Nobody waits longer.
const AGE_YEARS_MAX: i16 = 70;

/// When somebody reaches the age.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetirementDate {
    /// The day on which the age is reached.
    pub day: Date,
    /// The month from which a pension is paid.
    pub pension_from: YearMonth,
    /// The age, in months.
    pub age_months: i64,
    /// The usual age of that year, in months.
    pub usual_age_months: i64,
    /// The day on which the usual age is reached.
    pub usual_day: Date,
    /// Reached before the schedule began.
    pub before_schedule: bool,
    /// Whether that day is over.
    pub reached: bool,
    /// By so many months below the usual age, at most.
    pub lower_by_months: i64,
    /// What was assumed.
    pub notes: Vec<Note>,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<RetirementDate, Refusal> {
    let mut notes = Vec::new();
    let moment = answers.moment(Slot::Birth).ok_or(Refusal::Missing(Slot::Birth))?;
    if matches!(moment, Moment::Year(_)) {
        note(&mut notes, Note::BirthOnFirstOfJanuary);
    }
    let birth = moment.first_day();
    if birth > today {
        return Err(Refusal::NotReadable(Slot::Birth));
    }
    if birth.year() < today.year() - 120 {
        return Err(Refusal::NotReadable(Slot::Birth));
    }
    let male = answers.need_word(Slot::Sex)? == "male";
    let lower_by_months = match answers.word(Slot::Retirement).unwrap_or("normal") {
        "hazardous" | "reduced-61" => 60,
        "coal-mine" | "reduced-81" => 120,
        _ => 0,
    };
    let (usual_day, usual_age_months, before_schedule) = reached(birth, male, 0, law)?;
    let (day, age_months, _) = reached(birth, male, lower_by_months, law)?;
    let pension_from = YearMonth::of(day).shifted(1).ok_or(Refusal::NotReadable(Slot::Birth))?;
    Ok(RetirementDate {
        day,
        pension_from,
        age_months,
        usual_age_months,
        usual_day,
        before_schedule,
        reached: day <= today,
        lower_by_months,
        notes,
    })
}

/// The first day on which somebody has the age that the year of that day asks for, that age in months, and whether it came before the
/// schedule.
fn reached(birth: Date, male: bool, lower_by: i64, law: Law<'_>) -> Result<(Date, i64, bool), Refusal> {
    let name = if male { "retirement_age_male" } else { "retirement_age_female" };
    for year in SCHEDULE_FROM..=birth.year().saturating_add(AGE_YEARS_MAX).max(SCHEDULE_FROM) {
        let day = Date::new(year, 1, 1).map_err(|_| Refusal::NotReadable(Slot::Birth))?;
        let age = law.count(name, day)? - lower_by;
        let reached = birth.checked_add(age.months()).map_err(|_| Refusal::NotReadable(Slot::Birth))?;
        if reached.year() <= year {
            return Ok((reached, age, reached.year() < SCHEDULE_FROM));
        }
    }
    Err(Refusal::NotReadable(Slot::Birth))
}
