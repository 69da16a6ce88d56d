//! What a calculation is made from: one answer a slot. The same slots are asked in the dialogue, named on the command line and in the
//! API, so that all three calculate alike.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use knowledge::{Span, YearMonth};
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::exact::Dong;

/// Periods of one record, at most.
pub const PERIODS_MAX: usize = 60;

macro_rules! slots {
    ($($(#[$doc:meta])* $slot:ident = $name:literal, $kind:expr;)*) => {
        /// One input of a calculation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Slot { $($(#[$doc])* #[serde(rename = $name)] $slot,)* }

        impl Slot {
            /// All of them.
            pub const ALL: &[Slot] = &[$(Slot::$slot),*];

            /// The word for it in the API, on the command line and in buttons.
            pub fn name(self) -> &'static str {
                match self { $(Slot::$slot => $name),* }
            }

            /// What it takes.
            pub fn kind(self) -> Kind {
                match self { $(Slot::$slot => $kind),* }
            }
        }
    };
}

/// What a slot takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Đồng.
    Money,
    /// A whole number of months.
    Months,
    /// A count of something, at most so many.
    Count(i64),
    /// A day, a month or a year, as `2027-03-15`, `2027-03` or `2027`.
    Date,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Contribution periods.
    Periods,
}

/// Yes and no as words.
pub const YES_NO: &[&str] = &["yes", "no"];

slots! {
    /// Compulsory, voluntary.
    Fund = "fund", Kind::Choice(&["compulsory", "voluntary"]);
    /// Why somebody takes the lump sum.
    Reason = "reason", Kind::Choice(&["left", "age", "abroad", "illness", "army"]);
    /// Contribution periods with their salaries.
    Periods = "periods", Kind::Periods;
    /// Months contributed.
    Months = "months", Kind::Months;
    /// The last month contributed.
    LastMonth = "last_month", Kind::Date;
    /// The monthly salary contributed on, on average.
    Salary = "salary", Kind::Money;
    /// What the state paid of voluntary contributions.
    StateSupport = "state_support", Kind::Money;
    /// The insured person's sex.
    Sex = "sex", Kind::Choice(&["male", "female"]);
    /// The insured person's birth.
    Birth = "birth", Kind::Date;
    /// Why somebody may retire before the usual age.
    Retirement = "retirement", Kind::Choice(&["normal", "hazardous", "coal-mine", "reduced-61", "reduced-81"]);
    /// When somebody wants to retire.
    RetireOn = "retire_on", Kind::Date;
    /// Months contributed after reaching the age.
    LateMonths = "late_months", Kind::Months;
    /// Whether the contributions began before 01/07/2025.
    JoinedBefore2025 = "joined_before_2025", Kind::Choice(YES_NO);
    /// The day on which the contract ended.
    StopDate = "stop_date", Kind::Date;
    /// The wage region of the last employer.
    Region = "region", Kind::Choice(&["1", "2", "3", "4"]);
    /// The day on which the papers are handed in.
    ApplyDate = "apply_date", Kind::Date;
    /// What a maternity benefit is for.
    MaternityCase = "maternity_case", Kind::Choice(&["birth", "husband", "miscarriage"]);
    /// The day of birth of the child, expected or past.
    ChildBirth = "child_birth", Kind::Date;
    /// Children born at once.
    Children = "children", Kind::Count(6);
    /// Which child of the mother it is.
    ChildOrder = "child_order", Kind::Choice(&["first", "second", "third"]);
    /// How the child is born.
    Delivery = "delivery", Kind::Choice(&["natural", "caesarean", "preterm"]);
    /// Weeks of the pregnancy that was lost.
    PregnancyWeeks = "pregnancy_weeks", Kind::Count(45);
    /// Months contributed in the twelve before the birth.
    MonthsInYear = "months_in_year", Kind::Count(12);
    /// The first day of leave.
    LeaveStart = "leave_start", Kind::Date;
    /// Days of leave.
    Days = "days", Kind::Count(366);
    /// What a sickness benefit is for.
    SicknessCase = "sickness_case", Kind::Choice(&["own", "long-term", "child"]);
    /// Days already taken in the same year.
    DaysTaken = "days_taken", Kind::Count(366);
    /// Kind of work.
    Work = "work", Kind::Choice(&["normal", "hazardous"]);
    /// The child's age in months.
    ChildAge = "child_age", Kind::Months;
    /// Members of a household who pay for health insurance as such.
    Members = "members", Kind::Count(30);
    /// Pupils and students in it.
    Students = "students", Kind::Count(30);
    /// Standing of a household.
    Household = "household", Kind::Choice(&["ordinary", "near-poor", "farmer"]);
    /// Months paid for.
    PayMonths = "pay_months", Kind::Choice(&["3", "6", "12"]);
    /// When somebody pays or begins.
    StartDate = "start_date", Kind::Date;
    /// The income chosen for voluntary contributions.
    Income = "income", Kind::Money;
    /// How voluntary contributions are paid: every so many months, for years ahead, or for missing ones.
    Method = "method", Kind::Choice(&["1", "3", "6", "12", "24", "36", "48", "60", "missing"]);
    /// Months that are missing.
    MissingMonths = "missing_months", Kind::Count(600);
    /// By whom the state supports voluntary contributions.
    Support = "support", Kind::Choice(&["other", "poor", "near-poor", "ethnic"]);
    /// Months of support already used.
    SupportUsed = "support_used", Kind::Count(600);
    /// Costs of treatment that insurance covers.
    Bill = "bill", Kind::Money;
    /// Costs that it does not cover.
    BillOutside = "bill_outside", Kind::Money;
    /// The share that insurance pays of a group.
    Rate = "rate", Kind::Choice(&["80", "95", "100"]);
    /// How somebody came to the facility.
    Route = "route", Kind::Choice(&["right", "emergency", "self"]);
    /// The facility: what the law lists of the first level, others of it; a former district hospital; a hospital of the basic level without a
    /// tier of before 2025, below and from 50 points on; a former provincial hospital; another of the specialised level.
    Facility = "facility", Kind::Choice(&["primary", "primary-other", "district", "basic", "basic-50", "province", "central"]);
    /// In hospital or not.
    Stay = "stay", Kind::Choice(&["outpatient", "inpatient"]);
    /// Insured for five years without a break.
    FiveYears = "five_years", Kind::Choice(YES_NO);
    /// Co-payments of the year so far.
    CoPaid = "co_paid", Kind::Money;
    /// Of which before the reference level changed within the year.
    CoPaidBefore = "co_paid_before", Kind::Money;
    /// The day of treatment.
    VisitDate = "visit_date", Kind::Date;
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Slot {
    type Err = ();

    fn from_str(name: &str) -> Result<Slot, ()> {
        Slot::ALL.iter().copied().find(|slot| slot.name() == name).ok_or(())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Đồng, months, a count.
    Number(i64),
    /// A date or a choice.
    Word(String),
    /// Contribution periods.
    Periods(Vec<Span>),
}

impl Value {
    /// Reads the value of a slot from a word: `8500000`, `2027-03`, `second`, `2015-03..2019-09:4000000,2019-10..2024-06:7000000`, where
    /// an amount that ends in `v` is of voluntary insurance.
    pub fn parse(slot: Slot, text: &str) -> Option<Value> {
        let month = |text: &str| match Moment::parse(text)? {
            Moment::Month(month) => Some(month),
            Moment::Day(day) => Some(YearMonth::of(day)),
            Moment::Year(_) => None,
        };
        match slot.kind() {
            Kind::Money | Kind::Months | Kind::Count(_) => Some(Value::Number(text.parse().ok()?)),
            Kind::Date | Kind::Choice(_) => Some(Value::word(text)),
            Kind::Periods => {
                let spans = text.split(',').map(|part| {
                    let (months, salary) = part.split_once(':')?;
                    let (from, to) = months.split_once("..")?;
                    let (salary, voluntary) = salary.strip_suffix('v').map_or((salary, false), |salary| (salary, true));
                    Some(Span { from: month(from)?, to: month(to)?, salary: salary.parse().ok()?, voluntary })
                });
                Some(Value::Periods(spans.collect::<Option<Vec<Span>>>()?))
            }
        }
    }

    /// A date, exact to the day.
    pub fn day(day: Date) -> Value {
        Value::Word(day.to_string())
    }

    /// A month.
    pub fn month(month: YearMonth) -> Value {
        Value::Word(format!("{:04}-{:02}", month.year, month.month))
    }

    /// A year.
    pub fn year(year: i16) -> Value {
        Value::Word(format!("{year:04}"))
    }

    /// A word.
    pub fn word(word: &str) -> Value {
        Value::Word(word.to_owned())
    }
}

/// A day, a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A day.
    Day(Date),
    /// A month.
    Month(YearMonth),
    /// A year.
    Year(i16),
}

impl Moment {
    /// Reads `2027-03-15`, `2027-03` or `2027`.
    pub fn parse(text: &str) -> Option<Moment> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        let year = parts.first().filter(|year| digits(year, 4))?.parse::<i16>().ok().filter(|year| (1_900..=2_150).contains(year))?;
        match parts[..] {
            [_] => Some(Moment::Year(year)),
            [_, month] if digits(month, 2) => Some(Moment::Month(YearMonth::new(year, month.parse().ok()?)?)),
            [_, month, day] if digits(month, 2) && digits(day, 2) => {
                Some(Moment::Day(Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?))
            }
            _ => None,
        }
    }

    /// The first day of it.
    pub fn first_day(self) -> Date {
        match self {
            Moment::Day(day) => day,
            Moment::Month(month) => Date::new(month.year, month.month, 1).unwrap_or(Date::ZERO),
            Moment::Year(year) => Date::new(year, 1, 1).unwrap_or(Date::ZERO),
        }
    }
}

/// The answers of one calculation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<Slot, Value>);

impl Answers {
    /// The answer of a slot.
    pub fn get(&self, slot: Slot) -> Option<&Value> {
        self.0.get(&slot)
    }

    /// Whether a slot is answered.
    pub fn has(&self, slot: Slot) -> bool {
        self.0.contains_key(&slot)
    }

    /// Takes an answer when it is one that the slot takes.
    pub fn set(&mut self, slot: Slot, value: Value) -> Result<(), Refusal> {
        check(slot, &value)?;
        self.0.insert(slot, value);
        Ok(())
    }

    /// Forgets an answer.
    pub fn remove(&mut self, slot: Slot) {
        self.0.remove(&slot);
    }

    /// All answers, in the order of the slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Value)> {
        self.0.iter().map(|(slot, value)| (*slot, value))
    }

    /// Every answer checked: of those that come from outside.
    pub fn checked(self) -> Result<Answers, Refusal> {
        for (slot, value) in &self.0 {
            check(*slot, value)?;
        }
        Ok(self)
    }

    /// A whole number.
    pub fn number(&self, slot: Slot) -> Option<i64> {
        match self.get(slot)? {
            Value::Number(number) => Some(*number),
            Value::Word(word) => word.parse().ok(),
            Value::Periods(_) => None,
        }
    }

    /// An amount.
    pub fn money(&self, slot: Slot) -> Option<Dong> {
        self.number(slot).map(Dong)
    }

    /// A word.
    pub fn word(&self, slot: Slot) -> Option<&str> {
        match self.get(slot)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether the word of a slot is this one.
    pub fn is(&self, slot: Slot, word: &str) -> bool {
        self.word(slot) == Some(word)
    }

    /// A day, a month or a year.
    pub fn moment(&self, slot: Slot) -> Option<Moment> {
        self.word(slot).and_then(Moment::parse)
    }

    /// The first day of a date.
    pub fn day(&self, slot: Slot) -> Option<Date> {
        self.moment(slot).map(Moment::first_day)
    }

    /// Contribution periods.
    pub fn periods(&self) -> Option<&[Span]> {
        match self.get(Slot::Periods)? {
            Value::Periods(spans) => Some(spans),
            _ => None,
        }
    }

    /// A whole number that must be there.
    pub fn need_number(&self, slot: Slot) -> Result<i64, Refusal> {
        self.number(slot).ok_or(Refusal::Missing(slot))
    }

    /// An amount that must be there and be more than nothing.
    pub fn need_money(&self, slot: Slot) -> Result<Dong, Refusal> {
        self.money(slot).ok_or(Refusal::Missing(slot))
    }

    /// A date that must be there.
    pub fn need_day(&self, slot: Slot) -> Result<Date, Refusal> {
        self.day(slot).ok_or(Refusal::Missing(slot))
    }

    /// A word that must be there.
    pub fn need_word(&self, slot: Slot) -> Result<&str, Refusal> {
        self.word(slot).ok_or(Refusal::Missing(slot))
    }
}

/// The most that an amount of money may be.
pub fn money_max(slot: Slot) -> Dong {
    if matches!(slot, Slot::Salary | Slot::Income) { Dong::MONTHLY_MAX } else { Dong::INPUT_MAX }
}

/// Whether a slot takes a value.
fn check(slot: Slot, value: &Value) -> Result<(), Refusal> {
    // What may be nothing.
    let zero = matches!(
        slot,
        Slot::StateSupport
            | Slot::LateMonths
            | Slot::DaysTaken
            | Slot::Students
            | Slot::Members
            | Slot::SupportUsed
            | Slot::BillOutside
            | Slot::CoPaid
            | Slot::CoPaidBefore
            | Slot::ChildAge
            | Slot::MonthsInYear
    );
    let bounded = |number: i64, max: i64| match number {
        ..0 => Err(Refusal::NotPositive(slot)),
        0 if !zero => Err(Refusal::NotPositive(slot)),
        number if number > max => Err(Refusal::TooLarge { slot, max }),
        _ => Ok(()),
    };
    match (slot.kind(), value) {
        (Kind::Money, Value::Number(money)) => bounded(*money, money_max(slot).0),
        (Kind::Months, Value::Number(months)) => bounded(*months, super::MONTHS_MAX),
        (Kind::Count(max), Value::Number(count)) => bounded(*count, max),
        (Kind::Date, Value::Word(word)) => Moment::parse(word).map(drop).ok_or(Refusal::NotReadable(slot)),
        (Kind::Choice(words), Value::Word(word)) => words.contains(&word.as_str()).then_some(()).ok_or(Refusal::NotReadable(slot)),
        (Kind::Choice(words), Value::Number(number)) => {
            words.contains(&number.to_string().as_str()).then_some(()).ok_or(Refusal::NotReadable(slot))
        }
        (Kind::Periods, Value::Periods(spans)) => check_periods(spans),
        _ => Err(Refusal::NotReadable(slot)),
    }
}

fn check_periods(spans: &[Span]) -> Result<(), Refusal> {
    /// Social insurance as it is counted begins in the year of the Republic.
    const FIRST_YEAR: i16 = 1945;
    if spans.is_empty() || spans.len() > PERIODS_MAX {
        return Err(Refusal::TooLarge { slot: Slot::Periods, max: PERIODS_MAX as i64 });
    }
    for span in spans {
        let real = YearMonth::new(span.from.year, span.from.month).is_some() && YearMonth::new(span.to.year, span.to.month).is_some();
        if !real || span.from.year < FIRST_YEAR || span.to.year > 2_150 {
            return Err(Refusal::NotReadable(Slot::Periods));
        }
        if span.from > span.to {
            return Err(Refusal::PeriodBackwards { from: span.from, to: span.to });
        }
        if span.salary <= 0 {
            return Err(Refusal::NotPositive(Slot::Salary));
        }
        if span.salary > Dong::MONTHLY_MAX.0 {
            return Err(Refusal::TooLarge { slot: Slot::Salary, max: Dong::MONTHLY_MAX.0 });
        }
    }
    let mut sorted: Vec<&Span> = spans.iter().collect();
    sorted.sort_by_key(|span| (span.from, span.to));
    match sorted.windows(2).find(|pair| pair[1].from <= pair[0].to) {
        Some(pair) => Err(Refusal::PeriodsOverlap { month: pair[1].from }),
        None => Ok(()),
    }
}
