//! Lương hưu: Luật BHXH 41/2024/QH15, Điều 64 to 68, 72, 73, 98 to 100; NĐ 158/2025, Điều 13, 15 to 17; NĐ 159/2025, Điều 7.

use jiff::ToSpan;
use jiff::civil::Date;
use knowledge::YearMonth;
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::{Dong, Exact, hundredths, whole};
use super::law::Law;
use super::record::{self, half_years, note};
use super::retirement_date::{self, RetirementDate};
use super::voluntary::{Flow, flow};
use super::{Note, Refusal};

/// What somebody gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pension {
    /// Each month; of who lacks months, after these are paid.
    pub monthly: Dong,
    /// The rate in hundredths of a percent, after what is cut.
    pub rate: i64,
    /// The rate before.
    pub full_rate: i64,
    /// What is cut for retiring early, in hundredths of a percent.
    pub cut: i64,
    /// Whole months before the usual age.
    pub early_months: i64,
    /// The average of the adjusted salaries.
    pub average: Dong,
    /// Months contributed.
    pub months: i64,
    /// In half years, as the rate counts them.
    pub half_years: i64,
    /// Months that are missing; `None` when there are enough.
    pub gap: Option<Gap>,
    /// Raised to the reference level.
    pub raised_to_minimum: bool,
    /// The one-off for the years beyond the highest rate.
    pub extra: Dong,
    /// Half years beyond it, before the age.
    pub extra_half_years: i64,
    /// Half years beyond it that were contributed after the age.
    pub late_half_years: i64,
    /// The month from which it is paid, or could be.
    pub from: YearMonth,
    /// The age.
    pub age: RetirementDate,
    /// The least months.
    pub months_min: i64,
    /// What was assumed or changed.
    pub notes: Vec<Note>,
}

/// What is missing, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Months.
    pub months: i64,
    /// Paid at once as compulsory insurance, of at most six months.
    pub compulsory_cost: Option<Dong>,
    /// Paid at once as voluntary insurance on the lowest income, of at most sixty months.
    pub voluntary_cost_least: Option<Dong>,
    /// The same on the average salary.
    pub voluntary_cost_same: Option<Dong>,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<Pension, Refusal> {
    let age = retirement_date::calculate(answers, today, law)?;
    let mut notes = age.notes.clone();
    let voluntary = answers.is(Slot::Fund, "voluntary");
    let male = answers.is(Slot::Sex, "male");
    let kind = answers.word(Slot::Retirement).unwrap_or("normal");
    let reduced = kind.starts_with("reduced");
    let (months, average, compulsory_months, joined_before) = match answers.periods() {
        Some(spans) => {
            let record = record::record(spans, today, law)?;
            record.notes.iter().for_each(|said| note(&mut notes, *said));
            (record.months, record.average, record.months - record.voluntary_months, Some(record.months_before_july_2025 > 0))
        }
        None => {
            let months = answers.need_number(Slot::Months)?;
            let salary = record::bounded_on(answers.need_money(Slot::Salary)?, voluntary, today, law, &mut notes)?;
            note(&mut notes, Note::NoFactors);
            (months, salary.exact(), if voluntary { 0 } else { months }, None)
        }
    };
    let joined_before = answers.word(Slot::JoinedBefore2025).map(|word| word == "yes").or(joined_before);
    // The law looks at the day of retirement; amounts of days to come are today's until somebody sets others.
    let earliest = age.day;
    let start = if let Some(wish) = answers.day(Slot::RetireOn) {
        if wish < earliest {
            return Err(Refusal::OutOfOrder { first: Slot::Birth, second: Slot::RetireOn });
        }
        wish
    } else if reduced {
        earliest.max(today)
    } else {
        earliest
    };
    let law_day = start.max(jiff::civil::date(2025, 7, 1));
    if law.since("base_salary", law_day).is_some_and(|since| law_day.year() > since.year()) {
        let year = law.since("base_salary", law_day).map_or(law_day.year(), Date::year);
        note(&mut notes, Note::AmountsOf { year });
    }
    let years_min = law.count(if reduced { "pension_early_years_min" } else { "pension_years_min" }, law_day)?;
    let months_min = years_min * 12;
    let missing = (months_min - months).max(0);
    let counted = months.max(months_min);
    let halves = half_years(counted);
    let full_rate = rate(halves, male, law, law_day)?;
    let early_months = if reduced { whole_months(start, age.usual_day) } else { 0 };
    let cut = early_cut(early_months, law, law_day)?;
    let rate = (full_rate - cut).max(whole(0));
    let mut monthly = Dong::round(average * rate);
    let reference = law.reference_level(law_day)?;
    // The floor is for who joined before 01/07/2025 and has twenty years of compulsory contributions.
    let has_floor = compulsory_months >= 240 && joined_before.unwrap_or(compulsory_months >= 240);
    let raised_to_minimum = has_floor && monthly < reference;
    if raised_to_minimum {
        monthly = reference;
        if joined_before.is_none() {
            note(&mut notes, Note::JoinedBefore2025Assumed);
        }
    }
    let full_years = law.count(if male { "pension_full_years_male" } else { "pension_full_years_female" }, law_day)?;
    let beyond = (months - full_years * 12).max(0);
    let late = answers.number(Slot::LateMonths).unwrap_or(0).min(beyond);
    let late_half_years = half_years(late);
    let extra_half_years = half_years(beyond - late);
    let per_half = |name| Ok::<Exact, Refusal>(law.number(name, law_day)? / whole(2));
    let extra_months =
        per_half("pension_extra_year_months")? * whole(extra_half_years) + per_half("pension_late_year_months")? * whole(late_half_years);
    let gap = if missing > 0 { Some(gap(missing, average, law_day.max(today), law)?) } else { None };
    Ok(Pension {
        monthly,
        rate: hundredths(rate),
        full_rate: hundredths(full_rate),
        cut: hundredths(cut),
        early_months,
        average: Dong::round(average),
        months,
        half_years: halves,
        gap,
        raised_to_minimum,
        extra: Dong::round(average * extra_months),
        extra_half_years,
        late_half_years,
        from: YearMonth::of(start).shifted(1).ok_or(Refusal::NotReadable(Slot::RetireOn))?,
        age,
        months_min,
        notes,
    })
}

/// The rate of so many half years, as a fraction of one.
fn rate(halves: i64, male: bool, law: Law<'_>, day: Date) -> Result<Exact, Refusal> {
    let number = |name| law.number(name, day);
    let base_years = law.count(if male { "pension_base_years_male" } else { "pension_base_years_female" }, day)?;
    let min_years = law.count("pension_years_min", day)?;
    let rate = if halves >= base_years * 2 {
        number("pension_base_rate")? + number("pension_rate_step")? * Exact::new(i128::from(halves - base_years * 2), 2)
    } else {
        number("pension_short_rate_male")? + number("pension_short_step_male")? * Exact::new(i128::from((halves - min_years * 2).max(0)), 2)
    };
    Ok(rate.min(number("pension_max_rate")?))
}

/// Two percent for each year before the usual age; less than half a year costs nothing, half a year or more one percent.
fn early_cut(months: i64, law: Law<'_>, day: Date) -> Result<Exact, Refusal> {
    let halves = months / 12 * 2 + i64::from(months % 12 >= 6);
    Ok(law.number("pension_early_cut", day)? * Exact::new(i128::from(halves), 2))
}

/// Whole months from a day to a later one; 0 when it is no later.
fn whole_months(from: Date, to: Date) -> i64 {
    let months = i64::from(YearMonth::of(to).index() - YearMonth::of(from).index());
    let whole = from.checked_add(months.months()).is_ok_and(|day| day <= to);
    (if whole { months } else { months - 1 }).max(0)
}

fn gap(months: i64, average: Exact, day: Date, law: Law<'_>) -> Result<Gap, Refusal> {
    let rate = law.number("compulsory_pension_rate", day)?;
    let compulsory_cost = (months <= law.count("pension_missing_months_max", day)?).then(|| Dong::round(average * rate * whole(months)));
    let voluntary = months <= law.count("voluntary_missing_months_max", day)?;
    let cost = |income: Exact| -> Result<Dong, Refusal> {
        let monthly = income * law.number("voluntary_rate", day)?;
        Ok(flow(monthly, law.number("fund_monthly_interest", day)?, months, Flow::Missing))
    };
    let floor = law.income_floor(day)?;
    let same = Dong::round(average).clamp(floor, law.salary_ceiling(day)?);
    Ok(Gap {
        months,
        compulsory_cost,
        voluntary_cost_least: voluntary.then(|| cost(floor.exact())).transpose()?,
        voluntary_cost_same: voluntary.then(|| cost(same.exact())).transpose()?,
    })
}
