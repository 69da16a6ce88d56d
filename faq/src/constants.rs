//! Amounts, rates and ages of law, each with the days on which it holds, and the small expressions by which answers name them.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::problem::Problem;
use crate::source::line_at;

const FILE: &str = "constants.toml";
/// Factors of one product: enough for `base * rate * share * months`.
const FACTORS_MAX: usize = 6;
/// What an invented amount begins with.
const EXAMPLE: &str = "example ";

/// What a constant counts; decides how it is shown and what it may be multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Vietnamese đồng, shown as `2.530.000 đồng`.
    Dong,
    /// Percent, shown as `4,5%`.
    Percent,
    /// An age, written `61y6m`, shown as `61 tuổi 6 tháng`.
    Age,
    /// Days, shown as `45 ngày`.
    Days,
    /// Months, shown as `6 tháng`.
    Months,
    /// Years, shown as `15 năm`.
    Years,
    /// A bare number.
    Count,
}

/// One amount of law over time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// What it is, for editors.
    pub label: String,
    /// What its values count.
    pub unit: Unit,
    values: Vec<Dated>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    #[serde(deserialize_with = "crate::date::deserialize")]
    from: Date,
    #[serde(default, deserialize_with = "crate::date::deserialize_option")]
    to: Option<Date>,
    value: toml::Value,
    basis: String,
}

impl Dated {
    fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// As [`Dated::number`], without a binary fraction between.
    fn decimal(&self, unit: Unit) -> Option<(i64, u32)> {
        match (&self.value, unit) {
            (toml::Value::String(text), Unit::Age) => parse_age(text).map(|months| (i64::from(months), 0)),
            (_, Unit::Age) => None,
            (toml::Value::Integer(number), _) => Some((*number, 0)),
            // The shortest text that reads back as the same number is what the file says.
            (toml::Value::Float(number), _) if number.is_finite() => {
                let text = number.to_string();
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                Some((format!("{whole}{fraction}").parse().ok()?, u32::try_from(fraction.len()).ok()?))
            }
            _ => None,
        }
    }

    /// Months for an age, the number itself otherwise.
    fn number(&self, unit: Unit) -> Option<f64> {
        match (&self.value, unit) {
            (toml::Value::String(text), Unit::Age) => parse_age(text).map(f64::from),
            (_, Unit::Age) => None,
            (toml::Value::Integer(number), _) => Some(*number as f64),
            (toml::Value::Float(number), _) if number.is_finite() => Some(*number),
            _ => None,
        }
    }
}

/// One value of a constant: `mantissa / 10^decimals`, months for an age, 4.5 for 4,5 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact<'a> {
    /// The digits.
    pub mantissa: i64,
    /// How many of them stand behind the point.
    pub decimals: u32,
    /// What is counted.
    pub unit: Unit,
    /// Its first day.
    pub since: Date,
    /// The law.
    pub basis: &'a str,
}

/// Why a text with `{{...}}` cannot be read on a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No constant has that name.
    #[error("unknown constant `{0}`")]
    Unknown(String),
    /// The constant has no value on that day.
    #[error("constant `{name}` has no value on {day}")]
    NoValue {
        /// The constant.
        name: String,
        /// The day asked for.
        day: Date,
    },
    /// Not an expression of the form `name`, `name * 4.5% * 12` or `example 10000000`.
    #[error("cannot read `{{{{{0}}}}}`: expected products like {{{{base_salary * 4.5%}}}}")]
    Syntax(String),
}

/// All constants by name.
#[derive(Debug, Default)]
pub struct Constants(BTreeMap<String, Constant>);

impl Constants {
    pub(crate) fn parse(text: &str, problems: &mut Vec<Problem>) -> Constants {
        let constants = match toml::from_str::<BTreeMap<String, Constant>>(text) {
            Ok(constants) => constants,
            Err(error) => {
                let line = error.span().map_or(0, |span| line_at(text, span.start));
                problems.push(Problem::new(FILE, line, error.message()));
                return Constants::default();
            }
        };
        for (name, constant) in &constants {
            let line = text.find(&format!("[{name}]")).map_or(0, |at| line_at(text, at));
            let mut complain = |message: String| problems.push(Problem::new(FILE, line, format!("`{name}`: {message}")));
            if constant.values.is_empty() {
                complain("no values".to_owned());
            }
            for (value, next) in constant.values.iter().zip(constant.values.iter().skip(1)) {
                if value.to.is_none_or(|to| to >= next.from) {
                    complain(format!("the values from {} and from {} overlap or are out of order", value.from, next.from));
                }
            }
            for value in &constant.values {
                if value.number(constant.unit).is_none() {
                    complain(format!("the value from {} is not a number of its unit", value.from));
                }
                if value.to.is_some_and(|to| to < value.from) {
                    complain(format!("the value from {} ends before it begins", value.from));
                }
                if value.basis.trim().is_empty() {
                    complain(format!("the value from {} has no basis", value.from));
                }
            }
        }
        Constants(constants)
    }

    /// The constant with this name.
    pub fn get(&self, name: &str) -> Option<&Constant> {
        self.0.get(name)
    }

    /// The value of a constant on a day, exactly as it is written; `None` when there is no such constant or no value on that day.
    pub fn exact(&self, name: &str, day: Date) -> Option<Exact<'_>> {
        let constant = self.0.get(name)?;
        let value = constant.values.iter().find(|value| value.holds_on(day))?;
        let (mantissa, decimals) = value.decimal(constant.unit)?;
        Some(Exact { mantissa, decimals, unit: constant.unit, since: value.from, basis: &value.basis })
    }

    /// The days on which some constant takes a new value or ends, sorted: an answer may read differently from then on.
    pub fn changes(&self) -> Vec<Date> {
        days_of(self.0.values())
    }

    /// `text` with every `{{expression}}` replaced by its value on `day`.
    pub fn resolve(&self, text: &str, day: Date) -> Result<String, ResolveError> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let Some((expression, after)) = after.split_once("}}") else {
                return Err(ResolveError::Syntax(after.chars().take(40).collect()));
            };
            out.push_str(&self.evaluate(expression, day)?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The days on which a constant that an expression names takes a new value or ends, sorted.
    pub(crate) fn changes_of(&self, expression: &str) -> Vec<Date> {
        days_of(factors(expression).filter_map(|factor| self.0.get(factor)))
    }

    fn evaluate(&self, expression: &str, day: Date) -> Result<String, ResolveError> {
        let syntax = || ResolveError::Syntax(expression.to_owned());
        let example = expression.starts_with(EXAMPLE);
        let mut number = 1.0;
        let mut unit = None;
        for (position, factor) in factors(expression).enumerate() {
            if position >= FACTORS_MAX {
                return Err(syntax());
            }
            let (factor_number, factor_unit) = match parse_literal(factor) {
                Some((value, Unit::Count)) if example && position == 0 => (value, Unit::Dong),
                Some(literal) => literal,
                None if is_name(factor) => self.value(factor, day)?,
                None => return Err(syntax()),
            };
            number *= if factor_unit == Unit::Percent && position > 0 { factor_number / 100.0 } else { factor_number };
            unit = Some(match (unit, factor_unit) {
                (None, first) => first,
                // A share of something is that thing; a number of them too.
                (Some(Unit::Age), _) | (_, Unit::Age) => return Err(syntax()),
                (Some(whole), Unit::Percent | Unit::Count) => whole,
                (Some(Unit::Count), other) => other,
                (Some(Unit::Percent), other) => {
                    number /= 100.0;
                    other
                }
                _ => return Err(syntax()),
            });
        }
        // An example is an invented amount of money, so that a reader of the file never takes it for law.
        if example && unit != Some(Unit::Dong) {
            return Err(syntax());
        }
        unit.map(|unit| show(number, unit)).ok_or_else(syntax)
    }

    fn value(&self, name: &str, day: Date) -> Result<(f64, Unit), ResolveError> {
        let constant = self.0.get(name).ok_or_else(|| ResolveError::Unknown(name.to_owned()))?;
        constant
            .values
            .iter()
            .find(|value| value.holds_on(day))
            .and_then(|value| value.number(constant.unit))
            .map(|number| (number, constant.unit))
            .ok_or_else(|| ResolveError::NoValue { name: name.to_owned(), day })
    }
}

/// The expressions of a text, each between `{{` and `}}`.
pub(crate) fn expressions(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0))
}

/// A text as typed by hand: a mark stands for each expression.
pub(crate) fn without_expressions(text: &str) -> String {
    let mut outside = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        outside.push_str(before);
        // A word of its own, so that "{{a}} đồng" does not join with a number before it.
        outside.push_str(" ¤ ");
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    outside.push_str(rest);
    outside
}

/// What an expression multiplies.
fn factors(expression: &str) -> impl Iterator<Item = &str> {
    expression.strip_prefix(EXAMPLE).unwrap_or(expression).split('*').map(str::trim)
}

/// The days on which some of the constants take a new value or end, sorted.
fn days_of<'a>(constants: impl Iterator<Item = &'a Constant>) -> Vec<Date> {
    let values = constants.flat_map(|constant| &constant.values);
    let mut days: Vec<Date> =
        values.flat_map(|value| [Some(value.from), value.to.and_then(|to| to.checked_add(1.day()).ok())]).flatten().collect();
    days.sort_unstable();
    days.dedup();
    days
}

fn is_name(factor: &str) -> bool {
    factor.starts_with(|c: char| c.is_ascii_lowercase()) && factor.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn parse_literal(factor: &str) -> Option<(f64, Unit)> {
    let (digits, unit) = match factor.strip_suffix('%') {
        Some(digits) => (digits, Unit::Percent),
        None => (factor, Unit::Count),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    digits.parse().ok().map(|number| (number, unit))
}

/// `61y6m` or `75y`, in months.
fn parse_age(text: &str) -> Option<u16> {
    let (years, rest) = text.split_once('y')?;
    let months = match rest {
        "" => 0,
        rest => rest.strip_suffix('m')?.parse::<u16>().ok().filter(|&months| months < 12)?,
    };
    years.parse::<u16>().ok().filter(|&years| years <= 150).map(|years| years * 12 + months)
}

fn show(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Dong => format!("{} đồng", grouped(number.round())),
        Unit::Percent => format!("{}%", decimal(number)),
        Unit::Age => {
            let months = number as u32;
            match (months / 12, months % 12) {
                (years, 0) => format!("{years} tuổi"),
                (years, months) => format!("{years} tuổi {months} tháng"),
            }
        }
        Unit::Days => format!("{} ngày", decimal(number)),
        Unit::Months => format!("{} tháng", decimal(number)),
        Unit::Years => format!("{} năm", decimal(number)),
        Unit::Count => decimal(number),
    }
}

/// `2530000` as `2.530.000`.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

/// At most four decimals, with a comma: `4,5`. Rounding hides the noise of binary fractions.
fn decimal(number: f64) -> String {
    let fixed = format!("{number:.4}");
    let short = fixed.trim_end_matches('0').trim_end_matches('.');
    short.replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const FIXTURE: &str = r#"
        [base_salary]
        label = "Lương cơ sở"
        unit = "dong"
        values = [
          { from = 2024-07-01, to = 2026-06-30, value = 2340000, basis = "a" },
          { from = 2026-07-01, value = 2530000, basis = "b" },
        ]
        [age]
        label = "Tuổi"
        unit = "age"
        values = [{ from = 2026-01-01, to = 2026-12-31, value = "61y6m", basis = "c" }]
        [rate]
        label = "Tỷ lệ"
        unit = "percent"
        values = [{ from = 2025-07-01, value = 4.5, basis = "d" }]
    "#;

    fn constants() -> Constants {
        let mut problems = Vec::new();
        let constants = Constants::parse(FIXTURE, &mut problems);
        assert_eq!(problems, []);
        constants
    }

    #[test]
    fn amounts_read_as_of_the_day() {
        let constants = constants();
        let today = date(2026, 11, 22);
        let check = |text: &str, day, want: &str| assert_eq!(constants.resolve(text, day).unwrap(), want, "{text}");
        check("mỗi tháng {{base_salary}}.", today, "mỗi tháng 2.530.000 đồng.");
        check("{{base_salary}}", date(2026, 6, 30), "2.340.000 đồng");
        check("{{base_salary * 4.5%}}", today, "113.850 đồng");
        check("{{base_salary * rate * 70% * 12}}", today, "956.340 đồng");
        check("{{rate}}", today, "4,5%");
        check("{{age}}", today, "61 tuổi 6 tháng");
        check("{{example 10000000}} là {{example 10000000 * 60%}}", today, "10.000.000 đồng là 6.000.000 đồng");
        check("không có gì", today, "không có gì");
    }

    #[test]
    fn bad_expressions_say_why() {
        let constants = constants();
        let day = date(2026, 11, 22);
        let check = |text: &str, want: ResolveError| assert_eq!(constants.resolve(text, day).unwrap_err(), want);
        check("{{nope}}", ResolveError::Unknown("nope".into()));
        check("{{base_salary + 1}}", ResolveError::Syntax("base_salary + 1".into()));
        check("{{base_salary", ResolveError::Syntax("base_salary".into()));
        check("{{age * 2}}", ResolveError::Syntax("age * 2".into()));
        check("{{example 60%}}", ResolveError::Syntax("example 60%".into()));
        check("{{}}", ResolveError::Syntax(String::new()));
        let later = date(2027, 1, 1);
        assert_eq!(constants.resolve("{{age}}", later).unwrap_err(), ResolveError::NoValue { name: "age".into(), day: later });
    }

    #[test]
    fn overlapping_values_are_refused() {
        let mut problems = Vec::new();
        let text = FIXTURE.replace("to = 2026-06-30", "to = 2026-07-01");
        Constants::parse(&text, &mut problems);
        insta::assert_snapshot!(problems[0], @"constants.toml:2: `base_salary`: the values from 2024-07-01 and from 2026-07-01 overlap or are out of order");
    }

    #[test]
    fn changes_are_the_days_on_which_amounts_move() {
        assert_eq!(constants().changes(), [date(2024, 7, 1), date(2025, 7, 1), date(2026, 1, 1), date(2026, 7, 1), date(2027, 1, 1)]);
    }

    proptest::proptest! {
        #[test]
        fn resolving_never_panics(text in ".{0,200}") {
            let _ = constants().resolve(&text, date(2026, 11, 22));
            let _ = constants().resolve(&format!("{{{{{text}}}}}"), date(2026, 11, 22));
        }
    }
}
