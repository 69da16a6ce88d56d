//! The amounts, rates and ages of law, as of the day that the law looks at.

use faq::{Constants, Unit};
use jiff::civil::Date;

use super::exact::{Dong, Exact, whole};

/// A value of law was needed that nobody wrote down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("constant `{name}` has no value on {day}")]
pub struct Unknown {
    /// The constant.
    pub name: String,
    /// The day.
    pub day: Date,
}

/// The law over time.
#[derive(Debug, Clone, Copy)]
pub struct Law<'a> {
    constants: &'a Constants,
}

impl<'a> Law<'a> {
    /// The law that these constants tell.
    pub fn new(constants: &'a Constants) -> Law<'a> {
        Law { constants }
    }

    /// A number of law on a day; a percentage as a fraction of one.
    pub fn number(self, name: &str, day: Date) -> Result<Exact, Unknown> {
        let exact = self.constants.exact(name, day).ok_or_else(|| Unknown { name: name.to_owned(), day })?;
        let scale = 10_i128.checked_pow(exact.decimals + if exact.unit == Unit::Percent { 2 } else { 0 });
        let scale = scale.ok_or_else(|| Unknown { name: name.to_owned(), day })?;
        Ok(Exact::new(i128::from(exact.mantissa), scale))
    }

    /// An amount of law on a day.
    pub fn money(self, name: &str, day: Date) -> Result<Dong, Unknown> {
        self.number(name, day).map(Dong::round)
    }

    /// A whole number of law on a day: days, months, years, or an age in months.
    pub fn count(self, name: &str, day: Date) -> Result<i64, Unknown> {
        let unknown = || Unknown { name: name.to_owned(), day };
        i64::try_from(self.number(name, day)?.floor().to_integer()).map_err(|_| unknown())
    }

    /// Since when the value of a day holds; `None` when there is none.
    pub fn since(self, name: &str, day: Date) -> Option<Date> {
        self.constants.exact(name, day).map(|exact| exact.since)
    }

    /// The law of a value on a day.
    pub fn basis(self, name: &str, day: Date) -> Option<&'a str> {
        self.constants.exact(name, day).map(|exact| exact.basis)
    }

    /// The reference level (mức tham chiếu), which is the base salary while there is one.
    pub fn reference_level(self, day: Date) -> Result<Dong, Unknown> {
        self.money("base_salary", day)
    }

    /// The highest salary that contributions are paid on.
    pub fn salary_ceiling(self, day: Date) -> Result<Dong, Unknown> {
        Ok(Dong::round(self.reference_level(day)?.exact() * self.number("salary_cap_multiple", day)?))
    }

    /// The floor of the income that a voluntary contributor may choose: the poverty line of the countryside.
    pub fn income_floor(self, day: Date) -> Result<Dong, Unknown> {
        self.money("rural_poverty_line", day)
    }

    /// The lowest minimum wage of a month in a region, 1 to 4.
    pub fn region_wage(self, region: u8, day: Date) -> Result<Dong, Unknown> {
        self.money(&format!("region_wage_{region}"), day)
    }

    /// By what the salary contributed in a year is multiplied when a benefit is settled on `day`; with the year that the table is of.
    /// The table of a coming year is not known: that of the latest year known stands for it.
    pub fn factor(self, voluntary: bool, year: i16, day: Date) -> Result<(Exact, i16), Unknown> {
        const FIRST: i16 = 1994;
        const FIRST_VOLUNTARY: i16 = 2008;
        let (kind, first) = if voluntary { ("income", FIRST_VOLUNTARY) } else { ("wage", FIRST) };
        let table = |year: i16| {
            let name = format!("{kind}_factor_{year}");
            let factor = self.number(&name, day)?;
            Ok((factor, self.since(&name, day).map_or(day.year(), Date::year)))
        };
        match table(year.max(first)) {
            Ok(known) => Ok(known),
            // The year of settlement itself, and those to come.
            Err(_) if year >= day.year() => Ok((whole(1), day.year())),
            // For the latest table that is known, this year was still to come.
            Err(unknown) => {
                let latest = (first..year).rev().find_map(|year| table(year).ok());
                latest.map(|(_, of)| (whole(1), of)).ok_or(unknown)
            }
        }
    }
}
