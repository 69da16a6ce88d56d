//! Which quantity of a message is which input.

use jiff::civil::Date;
use knowledge::{Amounts, Found, Quantity, Unclear, YearMonth, phrases};

use super::Calculation;
use super::choices::word_of;
use super::cues::cues;
use crate::calculator::{Calculator, Kind, Refusal, Slot, Value};

/// Words before a quantity in which the word that names it is looked for.
const REACH: usize = 6;

/// What a quantity is for an input.
pub(super) enum Read {
    /// This.
    Value(Value),
    /// One of these, or none of them.
    Doubt(Vec<Value>, Unsure),
}

/// An input that was said in a way that can be read differently.
pub(super) struct Doubt {
    pub(super) slot: Slot,
    /// As it was written.
    pub(super) written: String,
    /// What it may be.
    pub(super) readings: Vec<Value>,
    pub(super) why: Unsure,
}

/// Unsure an input is not clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsure {
    /// The unit or the year was not said.
    Readings,
    /// More than one number.
    Several,
    /// No such day.
    NoSuchDay,
    /// Not in đồng.
    Currency,
    /// Only a part of a year.
    WhichMonth,
    /// Cannot be, by its size.
    Impossible,
    /// A period ends before it begins.
    Backwards {
        /// Its beginning.
        from: YearMonth,
        /// Its end.
        to: YearMonth,
    },
    /// A month is in two periods.
    Overlap {
        /// The month.
        month: YearMonth,
    },
}

/// Puts the quantities of a message into the inputs of a calculation, that which was asked for first. What cannot be taken as it is
/// comes back as a doubt.
pub(super) fn fill(calculation: &mut Calculation, read: &Amounts, asked: Option<Slot>) -> Vec<Doubt> {
    let calculator = calculation.calculator;
    let mut used = vec![false; read.found.len()];
    let mut doubts = Vec::new();
    if calculator.slots().contains(&Slot::Periods)
        && let Some(history) = read.history()
        && !(history.open && history.spans.len() == 1 && read.found.iter().any(|found| matches!(found.what, Quantity::Months(1..))))
    {
        if history.unclear {
            doubts.push(Doubt { slot: Slot::Periods, written: String::new(), readings: Vec::new(), why: Unsure::Several });
            return doubts;
        }
        let mut spans = history.spans.clone();
        if calculation.answers.is(Slot::Fund, "voluntary") || (says_voluntary(read) && !read.says(phrases!["bắt buộc"])) {
            spans.iter_mut().for_each(|span| span.voluntary = true);
        }
        // A day of birth beside the record is no month of it.
        let taken = calculation.set(Slot::Periods, Value::Periods(spans.clone()));
        if let Err(refusal) = taken {
            let why = match refusal {
                Refusal::TooLarge { .. } => Unsure::Impossible,
                Refusal::PeriodBackwards { from, to } => Unsure::Backwards { from, to },
                Refusal::PeriodsOverlap { month } => Unsure::Overlap { month },
                _ => Unsure::Several,
            };
            doubts.push(Doubt { slot: Slot::Periods, written: String::new(), readings: Vec::new(), why });
            return doubts;
        }
        for (place, found) in read.found.iter().enumerate() {
            used[place] =
                matches!(found.what, Quantity::Money(_) | Quantity::Day(_) | Quantity::Month(_) | Quantity::Year(_) | Quantity::Now)
                    && !read.preceded_by(found, 4, phrases!["sinh", "sn"]);
        }
    }
    let order = asked.into_iter().chain(calculator.slots().iter().copied().filter(|slot| Some(*slot) != asked));
    for slot in order {
        let was_asked = Some(slot) == asked;
        // Months and salary of a record are in the record.
        // "Đóng 5 năm" is nobody's age while no child is ill.
        let no_child = slot == Slot::ChildAge && !was_asked && !calculation.answers.is(Slot::SicknessCase, "child");
        if matches!(slot, Slot::Periods)
            || no_child
            || (calculation.answers.has(Slot::Periods) && matches!(slot, Slot::Months | Slot::LastMonth) && !was_asked)
        {
            continue;
        }
        let found = match slot.kind() {
            Kind::Choice(_) => word_of(calculator, slot, read, was_asked).map(|value| (None, Read::Value(value))),
            _ if slot == Slot::Children && read.says(phrases!["sinh đôi", "song sinh"]) => Some((None, Read::Value(Value::Number(2)))),
            _ if slot == Slot::Children && read.says(phrases!["sinh ba"]) => Some((None, Read::Value(Value::Number(3)))),
            _ => quantity_of(calculator, slot, read, &used, was_asked).map(|(place, read)| (Some(place), read)),
        };
        let Some((place, what)) = found else { continue };
        if let Some(place) = place {
            used[place] = true;
        }
        let written = place.map(|place| read.written(&read.found[place])).unwrap_or_default();
        match what {
            Read::Value(value) => match calculation.set(slot, value.clone()) {
                Ok(()) => {}
                Err(_) => {
                    // Said to be impossible, and asked again.
                    doubts.push(Doubt { slot, written, readings: Vec::new(), why: Unsure::Impossible });
                }
            },
            Read::Doubt(readings, why) => doubts.push(Doubt { slot, written, readings, why }),
        }
    }
    doubts
}

fn says_voluntary(read: &Amounts) -> bool {
    read.says(phrases!["tự nguyện"])
}

/// The quantity of an input: the place of it, and what it is.
fn quantity_of(calculator: Calculator, slot: Slot, read: &Amounts, used: &[bool], asked: bool) -> Option<(usize, Read)> {
    let cues = cues(calculator, slot);
    let candidates = || read.found.iter().enumerate().filter(|(place, _)| !used[*place]);
    let is_named = |found: &Found| {
        read.preceded_by(found, REACH, cues.before)
            || read.followed_by(found, 3, cues.after)
            || (cues.before.is_empty() && cues.after.is_empty())
    };
    let forbidden = |found: &Found| read.preceded_by(found, 4, cues.not_before) || read.followed_by(found, 3, cues.not_after);
    // First what is named, then what stands alone.
    let named = candidates()
        .filter(|(_, found)| !forbidden(found) && is_named(found))
        .find_map(|(place, found)| Some((place, take(calculator, slot, found, read, asked)?)));
    if named.is_some() {
        return named;
    }
    let alone = asked || cues.alone;
    let mut others = candidates()
        .filter(|(_, found)| asked || !forbidden(found))
        .filter_map(|(place, found)| Some((place, take(calculator, slot, found, read, asked)?)));
    let first = others.next().filter(|_| alone)?;
    Some(first)
}

/// What a quantity is for an input; `None` when it is of another kind.
fn take(calculator: Calculator, slot: Slot, found: &Found, read: &Amounts, asked: bool) -> Option<Read> {
    match slot.kind() {
        Kind::Money => money(&found.what, asked || read.preceded_by(found, 3, phrases!["lương", "thu nhập"])),
        Kind::Months => months(calculator, slot, &found.what, asked),
        Kind::Count(_) => count(slot, &found.what, asked),
        Kind::Date => date(slot, found, read, asked),
        Kind::Choice(_) | Kind::Periods => None,
    }
}

fn money(what: &Quantity, named: bool) -> Option<Read> {
    Some(match what {
        Quantity::Money(money) => Read::Value(Value::Number(*money)),
        // "lương 5": five millions most likely, but nobody said so.
        Quantity::Number(number) if named => match number {
            ..1 => Read::Value(Value::Number(*number)),
            1..=99 => Read::Doubt(vec![Value::Number(number * 1_000_000)], Unsure::Readings),
            100..=999 => Read::Doubt(vec![Value::Number(number * 1_000)], Unsure::Readings),
            1_000..=99_999 => Read::Doubt(vec![Value::Number(number * 1_000), Value::Number(*number)], Unsure::Readings),
            _ => Read::Value(Value::Number(*number)),
        },
        Quantity::Unclear(Unclear::Money(readings)) if named => {
            Read::Doubt(readings.iter().map(|money| Value::Number(*money)).collect(), Unsure::Readings)
        }
        Quantity::Unclear(Unclear::Currency) => Read::Doubt(Vec::new(), Unsure::Currency),
        Quantity::Unclear(Unclear::Several | Unclear::Money(_)) => Read::Doubt(Vec::new(), Unsure::Several),
        _ => return None,
    })
}

fn months(calculator: Calculator, slot: Slot, what: &Quantity, asked: bool) -> Option<Read> {
    Some(match what {
        Quantity::Months(months) if slot == Slot::ChildAge => Read::Value(Value::Number(*months)),
        Quantity::Age(months) if slot == Slot::ChildAge => Read::Value(Value::Number(*months)),
        Quantity::Months(months) => Read::Value(Value::Number(*months)),
        Quantity::Number(number) if asked => {
            let years = number.saturating_mul(12);
            match (slot, *number) {
                (_, ..1) => Read::Value(Value::Number(*number)),
                // Nobody contributes for more than sixty years.
                (_, 61..) => Read::Doubt(vec![Value::Number(*number)], Unsure::Readings),
                (Slot::ChildAge, _) => Read::Doubt(vec![Value::Number(years), Value::Number(*number)], Unsure::Readings),
                _ if calculator == Calculator::Sickness => {
                    Read::Doubt(vec![Value::Number(years), Value::Number(*number)], Unsure::Readings)
                }
                _ => Read::Doubt(vec![Value::Number(years), Value::Number(*number)], Unsure::Readings),
            }
        }
        // "57t", "9,7 năm", "4-5 năm"
        Quantity::Unclear(Unclear::Several) if asked => Read::Doubt(Vec::new(), Unsure::Several),
        _ => return None,
    })
}

fn count(slot: Slot, what: &Quantity, asked: bool) -> Option<Read> {
    let value = |number: i64| Some(Read::Value(Value::Number(number)));
    match (slot, what) {
        (Slot::PregnancyWeeks, Quantity::Weeks(weeks)) => value(*weeks),
        (Slot::PregnancyWeeks, Quantity::Months(months)) => {
            // A month of pregnancy is four weeks and a bit: the week decides, so it is asked for.
            Some(Read::Doubt(vec![Value::Number(months * 4), Value::Number(months * 4 + 1)], Unsure::Readings))
        }
        (Slot::Days | Slot::DaysTaken, Quantity::Days(days)) => value(*days),
        (Slot::Days | Slot::DaysTaken, Quantity::Weeks(weeks)) => {
            Some(Read::Doubt(vec![Value::Number(weeks * 5), Value::Number(weeks * 6)], Unsure::Readings))
        }
        (Slot::MissingMonths | Slot::SupportUsed, Quantity::Months(months)) => value(*months),
        (Slot::MonthsInYear, Quantity::Months(months)) => value((*months).min(12)),
        (Slot::Days | Slot::DaysTaken | Slot::PregnancyWeeks, Quantity::Number(number)) if asked => value(*number),
        (Slot::MissingMonths, Quantity::Number(number)) if asked => {
            Some(Read::Doubt(vec![Value::Number(*number), Value::Number(number * 12)], Unsure::Readings))
        }
        (Slot::MissingMonths, _) => None,
        (Slot::Members | Slot::Students | Slot::Children, Quantity::Number(number)) => value(*number),
        (_, Quantity::Number(number)) if asked => value(*number),
        _ => None,
    }
}

/// A date for an input. What is said without its year may be in this year or the next, or in the last when it is past.
fn date(slot: Slot, found: &Found, read: &Amounts, asked: bool) -> Option<Read> {
    let today = read.today();
    let exact = matches!(slot, Slot::ChildBirth | Slot::StopDate | Slot::ApplyDate | Slot::LeaveStart | Slot::VisitDate | Slot::StartDate);
    let past = matches!(slot, Slot::LastMonth | Slot::VisitDate | Slot::Birth);
    let years = |year: i16| if past { [year, year - 1] } else { [year, year + 1] };
    let years = if matches!(slot, Slot::StopDate) { [today.year(), today.year() - 1] } else { years(today.year()) };
    let born = match &found.what {
        Quantity::Day(day) => Some(YearMonth::of(*day)),
        Quantity::Month(month) => Some(*month),
        Quantity::Year(year) => YearMonth::new(*year, 1),
        _ => None,
    };
    if slot == Slot::Birth && born.is_some_and(|born| born > YearMonth::of(today)) {
        return Some(Read::Doubt(Vec::new(), Unsure::Impossible));
    }
    Some(match &found.what {
        // The month is all that the law asks for, so the day is not kept.
        Quantity::Day(day) if slot == Slot::Birth => Read::Value(Value::month(YearMonth::of(*day))),
        Quantity::Day(day) => Read::Value(Value::day(*day)),
        Quantity::Month(month) => Read::Value(Value::month(*month)),
        Quantity::Year(year) if exact => {
            let _ = year;
            return asked.then(|| Read::Doubt(Vec::new(), Unsure::WhichMonth));
        }
        Quantity::Year(year) => Read::Value(Value::year(*year)),
        Quantity::Now => Read::Value(if slot == Slot::LastMonth { Value::month(YearMonth::of(today)) } else { Value::day(today) }),
        Quantity::Unclear(Unclear::DayMonth { day, month }) => {
            let days = years.iter().filter_map(|year| Date::new(*year, *month, *day).ok()).map(Value::day).collect();
            Read::Doubt(days, Unsure::Readings)
        }
        Quantity::Unclear(Unclear::MonthOnly(month)) => {
            let months = years.iter().filter_map(|year| YearMonth::new(*year, *month)).map(Value::month).collect();
            Read::Doubt(months, Unsure::Readings)
        }
        Quantity::Unclear(Unclear::PartOfYear(_)) => Read::Doubt(Vec::new(), Unsure::WhichMonth),
        Quantity::Unclear(Unclear::NoSuchDay) => Read::Doubt(Vec::new(), Unsure::NoSuchDay),
        // "65" after "sinh năm nào?"
        Quantity::Number(number @ 30..=99) if asked && slot == Slot::Birth => {
            Read::Doubt(vec![Value::year(i16::try_from(1_900 + number).ok()?)], Unsure::Readings)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use knowledge::amounts;

    use super::*;

    #[test]
    fn what_was_co_paid_before_the_base_salary_changed_is_told_from_the_whole_year() {
        let said = |text: &str| {
            let mut calculation = Calculation::new(Calculator::Bill);
            let doubts = fill(&mut calculation, &amounts(text, date(2026, 11, 25)), None);
            assert!(doubts.is_empty(), "{text}");
            [Slot::Bill, Slot::CoPaid, Slot::CoPaidBefore].map(|slot| calculation.answers.number(slot).unwrap_or_default())
        };
        assert_eq!(said("viện phí 60tr, đã cùng chi trả 9tr, nửa đầu năm 7tr"), [60_000_000, 9_000_000, 7_000_000]);
        assert_eq!(said("viện phí 60tr, đã cùng chi trả 9tr"), [60_000_000, 9_000_000, 0]);
    }
}
