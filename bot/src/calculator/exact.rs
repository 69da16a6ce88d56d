//! Money in whole đồng and exact fractions between.

use num_rational::Ratio;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An exact number. Inputs are bounded ([`Dong::INPUT_MAX`], [`super::MONTHS_MAX`]), so no sum or product of a calculation leaves it.
pub type Exact = Ratio<i128>;

/// An amount of money in whole đồng.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Dong(pub i64);

impl Dong {
    /// The largest amount that is taken from anybody: a trillion. Beyond lies a slip of the keyboard.
    pub const INPUT_MAX: Dong = Dong(1_000_000_000_000);
    /// The most that a month's salary or income may be: twenty times the ceiling of contributions, so that more is a slip of the hand.
    pub const MONTHLY_MAX: Dong = Dong(1_000_000_000);

    /// The amount as an exact number.
    pub fn exact(self) -> Exact {
        Exact::from_integer(i128::from(self.0))
    }

    /// The nearest whole đồng, half a đồng upwards. The decrees name no rounding of their own.
    pub fn round(amount: Exact) -> Dong {
        let half = Exact::new(1, 2);
        Dong(i64::try_from((amount + half).floor().to_integer()).unwrap_or(i64::MAX))
    }
}

/// A whole number as an exact one.
pub fn whole(number: impl Into<i128>) -> Exact {
    Exact::from_integer(number.into())
}

/// A fraction of one in hundredths of a percent.
pub(super) fn hundredths(fraction: Exact) -> i64 {
    i64::try_from((fraction * whole(10_000)).round().to_integer()).unwrap_or_default()
}

/// An exact number as people write it, with at most `decimals` decimals: "1,5".
pub fn decimal(number: Exact, decimals: u32) -> String {
    let power = 10_i128.pow(decimals);
    let scaled = (number * power + Exact::new(1, 2)).floor().to_integer();
    let (units, fraction) = (scaled / power, (scaled % power).abs());
    let fraction = format!("{fraction:0width$}", width = decimals as usize);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { units.to_string() } else { format!("{units},{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_dong_goes_upwards() {
        assert_eq!(Dong::round(Exact::new(5, 2)), Dong(3));
        assert_eq!(Dong::round(Exact::new(7, 3)), Dong(2));
        assert_eq!(Dong::round(whole(7)), Dong(7));
        assert_eq!(Dong::round(Exact::new(-1, 3)), Dong(0));
    }

    #[test]
    fn decimals_are_written_with_a_comma() {
        assert_eq!(decimal(Exact::new(3, 2), 2), "1,5");
        assert_eq!(decimal(whole(60), 2), "60");
        assert_eq!(decimal(Exact::new(11, 4), 2), "2,75");
    }
}
