//! Calculators: what somebody gets or pays under the law, from their own numbers.
//!
//! Pure: no clock, no I/O, no words for citizens and no reading of their texts. Money is whole đồng ([`Dong`]), what stands between is
//! exact ([`Exact`]), and every amount and rate of law comes from the FAQ's constants as of the day that the law looks at: the birth,
//! the retirement, the application ([`Law`]). What the law does not say is not calculated; what had to be assumed is a [`Note`].

mod answers;
mod bill;
mod exact;
mod household_health;
mod law;
mod lump_sum;
mod maternity;
mod pension;
mod record;
mod retirement_date;
mod sickness;
mod unemployment;
mod voluntary;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use knowledge::YearMonth;
use serde::{Deserialize, Serialize};

pub use answers::{Answers, Kind, Moment, PERIODS_MAX, Slot, Value, money_max};
pub use bill::{Bill, Change, Why};
pub use exact::{Dong, Exact, decimal};
pub use household_health::{HouseholdHealth, Member};
pub use law::{Law, Unknown};
pub use lump_sum::{LumpSum, Obstacle};
pub use maternity::Maternity;
pub use pension::{Gap, Pension};
pub use record::{Row, record};
pub use retirement_date::RetirementDate;
pub use sickness::Sickness;
pub use unemployment::Unemployment;
pub use voluntary::Voluntary;

/// Months of contributions, at most: a life of work has fewer.
pub const MONTHS_MAX: i64 = 720;

/// What can be calculated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calculator {
    /// BHXH một lần.
    LumpSum,
    /// Lương hưu hằng tháng.
    Pension,
    /// Ngày đủ tuổi nghỉ hưu.
    RetirementDate,
    /// Trợ cấp thất nghiệp.
    Unemployment,
    /// Thai sản.
    Maternity,
    /// Ốm đau.
    Sickness,
    /// BHYT hộ gia đình.
    HouseholdHealth,
    /// BHXH tự nguyện.
    Voluntary,
    /// Phần BHYT trả của một lần khám chữa bệnh.
    Bill,
}

impl Calculator {
    /// All of them, most asked first.
    pub const ALL: [Calculator; 9] = [
        Calculator::LumpSum,
        Calculator::Maternity,
        Calculator::Unemployment,
        Calculator::Pension,
        Calculator::RetirementDate,
        Calculator::Voluntary,
        Calculator::HouseholdHealth,
        Calculator::Sickness,
        Calculator::Bill,
    ];

    /// The word for it on the command line, in addresses and in buttons.
    pub fn name(self) -> &'static str {
        match self {
            Calculator::LumpSum => "lump-sum",
            Calculator::Pension => "pension",
            Calculator::RetirementDate => "retirement-date",
            Calculator::Unemployment => "unemployment",
            Calculator::Maternity => "maternity",
            Calculator::Sickness => "sickness",
            Calculator::HouseholdHealth => "household-health",
            Calculator::Voluntary => "voluntary",
            Calculator::Bill => "bill",
        }
    }

    /// The slots that it uses, in the order in which they are asked and shown.
    pub fn slots(self) -> &'static [Slot] {
        match self {
            Calculator::LumpSum => {
                &[Slot::Periods, Slot::Months, Slot::Salary, Slot::LastMonth, Slot::Fund, Slot::Reason, Slot::StateSupport]
            }
            Calculator::Pension => &[
                Slot::Sex,
                Slot::Birth,
                Slot::Periods,
                Slot::Months,
                Slot::Salary,
                Slot::Retirement,
                Slot::RetireOn,
                Slot::LateMonths,
                Slot::JoinedBefore2025,
                Slot::Fund,
            ],
            Calculator::RetirementDate => &[Slot::Sex, Slot::Birth, Slot::Retirement],
            Calculator::Unemployment => &[Slot::Months, Slot::Salary, Slot::StopDate, Slot::Region, Slot::ApplyDate],
            Calculator::Maternity => &[
                Slot::MaternityCase,
                Slot::PregnancyWeeks,
                Slot::ChildBirth,
                Slot::Salary,
                Slot::ChildOrder,
                Slot::Children,
                Slot::Delivery,
                Slot::MonthsInYear,
                Slot::LeaveStart,
                Slot::Days,
            ],
            Calculator::Sickness => {
                &[Slot::SicknessCase, Slot::ChildAge, Slot::Salary, Slot::Days, Slot::Months, Slot::DaysTaken, Slot::Work, Slot::StartDate]
            }
            Calculator::HouseholdHealth => &[Slot::Members, Slot::Students, Slot::Household, Slot::PayMonths, Slot::StartDate],
            Calculator::Voluntary => &[Slot::Income, Slot::Method, Slot::MissingMonths, Slot::Support, Slot::StartDate, Slot::SupportUsed],
            Calculator::Bill => &[
                Slot::Bill,
                Slot::Rate,
                Slot::Route,
                Slot::Facility,
                Slot::Stay,
                Slot::FiveYears,
                Slot::CoPaid,
                Slot::CoPaidBefore,
                Slot::BillOutside,
                Slot::VisitDate,
            ],
        }
    }

    /// The next slot without which nothing can be calculated; `None` when the answers are enough. What comes from `elsewhere` is not asked for.
    pub fn missing(self, answers: &Answers, elsewhere: &[Slot]) -> Option<Slot> {
        let has = |slot: Slot| answers.has(slot) || elsewhere.contains(&slot);
        let without = |slots: &[Slot]| slots.iter().copied().find(|slot| !has(*slot));
        match self {
            Calculator::LumpSum if has(Slot::Periods) => None,
            Calculator::LumpSum => without(&[Slot::Months, Slot::Salary, Slot::LastMonth]),
            Calculator::Pension if has(Slot::Periods) => without(&[Slot::Sex, Slot::Birth]),
            Calculator::Pension => without(&[Slot::Sex, Slot::Birth, Slot::Months, Slot::Salary]),
            Calculator::RetirementDate => without(&[Slot::Sex, Slot::Birth]),
            Calculator::Unemployment => without(&[Slot::Months, Slot::Salary, Slot::StopDate, Slot::Region]),
            Calculator::Maternity => match answers.word(Slot::MaternityCase) {
                Some("miscarriage") => without(&[Slot::PregnancyWeeks, Slot::Salary]),
                Some("husband") => without(&[Slot::ChildBirth, Slot::Salary, Slot::Delivery]),
                _ => without(&[Slot::ChildBirth, Slot::Salary, Slot::ChildOrder]),
            },
            Calculator::Sickness => match answers.word(Slot::SicknessCase) {
                Some("child") => without(&[Slot::ChildAge, Slot::Salary, Slot::Days]),
                Some(_) => without(&[Slot::Salary, Slot::Days, Slot::Months]),
                None => without(&[Slot::SicknessCase]),
            },
            Calculator::HouseholdHealth => without(&[Slot::Members, Slot::PayMonths]),
            Calculator::Voluntary if answers.is(Slot::Method, "missing") => without(&[Slot::Income, Slot::MissingMonths]),
            Calculator::Voluntary => without(&[Slot::Income, Slot::Method, Slot::Support]),
            Calculator::Bill => match (answers.word(Slot::Route), answers.word(Slot::Facility)) {
                // A health station is paid in full, whoever comes; elsewhere at the first level it makes no difference how long somebody stays.
                (_, Some("primary")) => without(&[Slot::Bill, Slot::Rate]),
                (Some("self"), Some("primary-other")) => without(&[Slot::Bill, Slot::Rate]),
                (Some("self"), _) => without(&[Slot::Bill, Slot::Rate, Slot::Facility, Slot::Stay]),
                (_, _) => without(&[Slot::Bill, Slot::Rate, Slot::Route]),
            },
        }
    }

    /// The next slot to ask somebody for: what is missing, else what could be left out but is worth a question.
    pub fn question(self, answers: &Answers, elsewhere: &[Slot]) -> Option<Slot> {
        let worth = (self == Calculator::Bill && bill::five_years_matter(answers)).then_some(Slot::FiveYears);
        self.missing(answers, elsewhere).or(worth.filter(|slot| !answers.has(*slot)))
    }
}

impl fmt::Display for Calculator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Calculator {
    type Err = ();

    fn from_str(name: &str) -> Result<Calculator, ()> {
        Calculator::ALL.into_iter().find(|calculator| calculator.name() == name).ok_or(())
    }
}

/// What was assumed, or changed because the law does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "note")]
pub enum Note {
    /// A salary above the ceiling counts as the ceiling.
    LoweredToCeiling {
        /// What was said.
        from: Dong,
        /// What counts.
        to: Dong,
    },
    /// A salary below the floor counts as the floor.
    RaisedToFloor {
        /// What was said.
        from: Dong,
        /// What counts.
        to: Dong,
    },
    /// A salary below what contributions may be paid on, taken as it is.
    BelowFloor {
        /// What was said.
        salary: Dong,
        /// The floor.
        floor: Dong,
    },
    /// The contributions are taken to have had no break.
    WithoutBreak {
        /// The first month then.
        from: YearMonth,
        /// The last.
        to: YearMonth,
    },
    /// The factors of another year were used, because those of the year of settlement are not known.
    FactorsOf {
        /// That year.
        year: i16,
    },
    /// The average was taken as it was said, without factors.
    NoFactors,
    /// Amounts of law of an earlier year were used for a day to come.
    AmountsOf {
        /// That year.
        year: i16,
    },
    /// State support of voluntary contributions would be taken off, and nobody said how much it was.
    StateSupportNotTakenOff,
    /// The region was not said, so the lowest bound was used.
    LowestRegion,
    /// Twins at the second birth: the law does not say how the rules meet.
    SecondBirthTwins,
    /// Leave begins more than two months before the birth.
    LeaveTooEarly,
    /// So many months in the year before the birth are taken to be there.
    MonthsInYearAssumed {
        /// Months.
        months: i64,
    },
    /// More days than the law allows.
    DaysLowered {
        /// What was said.
        from: i64,
        /// What counts.
        to: i64,
    },
    /// From 22 weeks on with enough contributions, both parents have the leave of a birth.
    LateLoss,
    /// A birth of which only the year is known counts from 1 January.
    BirthOnFirstOfJanuary,
    /// Support ends within what is paid.
    SupportEnds {
        /// Months that are still supported.
        months: i64,
    },
    /// Contributions before 01/07/2025 are taken to be there or not.
    JoinedBefore2025Assumed,
    /// The co-payments of the year so far were not said.
    CoPaidUnknown,
    /// The co-payments of the year so far are taken to be paid since the reference level changed.
    CoPaidSinceChange {
        /// The day.
        on: Date,
    },
    /// Nobody said whether somebody is insured for five years without a break, so they are taken not to be.
    FiveYearsUnknown,
    /// Whether the exemption of a year reaches a visit that is paid in part is not settled, so it was left out.
    ExemptionInPart,
    /// The co-payment of this visit does not count towards the exemption of the year.
    VisitNotCounted,
    /// The place is taken to have a health insurance contract; without one there is a ceiling.
    ContractAssumed,
    /// An amount of law changes on this day, within what is paid.
    ChangesOn {
        /// The day.
        day: Date,
    },
}

/// Why nothing can be calculated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A slot has no answer.
    #[error("`{0}` is missing")]
    Missing(Slot),
    /// Zero or less.
    #[error("`{0}` must be more than zero")]
    NotPositive(Slot),
    /// More than can be.
    #[error("`{slot}` is more than {max}")]
    TooLarge {
        /// Which.
        slot: Slot,
        /// What can be.
        max: i64,
    },
    /// Not of the kind that the slot takes.
    #[error("`{0}` is not what this input takes")]
    NotReadable(Slot),
    /// A period ends before it begins.
    #[error("a period ends before it begins")]
    PeriodBackwards {
        /// Its beginning.
        from: YearMonth,
        /// Its end.
        to: YearMonth,
    },
    /// A month is in two periods.
    #[error("two periods overlap")]
    PeriodsOverlap {
        /// The month.
        month: YearMonth,
    },
    /// Contributions that are yet to come.
    #[error("contributions of a month to come")]
    InFuture {
        /// The month.
        month: YearMonth,
    },
    /// Two dates are in the wrong order.
    #[error("`{second}` is before `{first}`")]
    OutOfOrder {
        /// Should be first.
        first: Slot,
        /// Should be second.
        second: Slot,
    },
    /// The rules that are known begin later.
    #[error("`{slot}` is before {since}")]
    BeforeLaw {
        /// Which date.
        slot: Slot,
        /// From when on the rules are known.
        since: Date,
    },
    /// A value of law is not known.
    #[error(transparent)]
    Law(#[from] Unknown),
}

/// A result.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// BHXH một lần.
    LumpSum(LumpSum),
    /// Lương hưu.
    Pension(Pension),
    /// Ngày đủ tuổi.
    RetirementDate(RetirementDate),
    /// Trợ cấp thất nghiệp.
    Unemployment(Unemployment),
    /// Thai sản.
    Maternity(Maternity),
    /// Ốm đau.
    Sickness(Sickness),
    /// BHYT hộ gia đình.
    HouseholdHealth(HouseholdHealth),
    /// BHXH tự nguyện.
    Voluntary(Voluntary),
    /// Phần BHYT trả.
    Bill(Bill),
}

/// Calculates from answers that have been checked ([`Answers::set`], [`Answers::checked`]). The same arguments, the same outcome.
pub fn calculate(calculator: Calculator, answers: &Answers, today: Date, law: Law<'_>) -> Result<Outcome, Refusal> {
    if let Some(slot) = calculator.missing(answers, &[]) {
        return Err(Refusal::Missing(slot));
    }
    Ok(match calculator {
        Calculator::LumpSum => Outcome::LumpSum(lump_sum::calculate(answers, today, law)?),
        Calculator::Pension => Outcome::Pension(pension::calculate(answers, today, law)?),
        Calculator::RetirementDate => Outcome::RetirementDate(retirement_date::calculate(answers, today, law)?),
        Calculator::Unemployment => Outcome::Unemployment(unemployment::calculate(answers, today, law)?),
        Calculator::Maternity => Outcome::Maternity(maternity::calculate(answers, today, law)?),
        Calculator::Sickness => Outcome::Sickness(sickness::calculate(answers, today, law)?),
        Calculator::HouseholdHealth => Outcome::HouseholdHealth(household_health::calculate(answers, today, law)?),
        Calculator::Voluntary => Outcome::Voluntary(voluntary::calculate(answers, today, law)?),
        Calculator::Bill => Outcome::Bill(bill::calculate(answers, today, law)?),
    })
}
