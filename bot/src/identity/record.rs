//! What is known of an insured person: plain values, without how they are stored.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::code::SocialInsuranceCode;

/// What of a record somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// Months paid, by kind, with the gaps.
    Participation,
    /// The same of one kind, by year and employer.
    Detail(Kind),
    /// Benefits received.
    Benefits,
    /// Files handed in.
    Dossiers,
    /// The health-insurance card.
    Card,
    /// Visits paid by health insurance.
    Visits,
    /// Children.
    Dependants,
    /// The person's own social-insurance code.
    Code,
    /// Months paid, as what a calculation is made from.
    ForCalculation,
}

impl What {
    /// All of them.
    pub const ALL: [What; 11] = [
        What::Participation,
        What::Detail(Kind::Bhxh),
        What::Detail(Kind::Bhyt),
        What::Detail(Kind::Bhtn),
        What::Benefits,
        What::Dossiers,
        What::Card,
        What::Visits,
        What::Dependants,
        What::Code,
        What::ForCalculation,
    ];

    /// The word for it in buttons, in the database and in the audit.
    pub fn name(self) -> &'static str {
        match self {
            What::Participation => "participation",
            What::Detail(Kind::Bhxh) => "detail-bhxh",
            What::Detail(Kind::Bhyt) => "detail-bhyt",
            What::Detail(Kind::Bhtn) => "detail-bhtn",
            What::Benefits => "benefits",
            What::Dossiers => "dossiers",
            What::Card => "card",
            What::Visits => "visits",
            What::Dependants => "dependants",
            What::Code => "code",
            What::ForCalculation => "calculation",
        }
    }

    /// Reads [`What::name`].
    pub fn parse(name: &str) -> Option<What> {
        What::ALL.into_iter().find(|what| what.name() == name)
    }
}

impl Serialize for What {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<What, D::Error> {
        let name = String::deserialize(deserializer)?;
        What::parse(&name).ok_or_else(|| serde::de::Error::custom("no such part of a record"))
    }
}

/// A kind of insurance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bảo hiểm xã hội.
    Bhxh,
    /// Bảo hiểm y tế.
    Bhyt,
    /// Bảo hiểm thất nghiệp.
    Bhtn,
}

impl Kind {
    /// All of them, in the order in which they are read.
    pub const ALL: [Kind; 3] = [Kind::Bhxh, Kind::Bhyt, Kind::Bhtn];
}

/// A month of a year, as months are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// `month` from 1 to 12; `None` when it is none.
    pub fn new(year: i16, month: i8) -> Option<Month> {
        ((1900..=2200).contains(&year) && (1..=12).contains(&month)).then(|| Month(i32::from(year) * 12 + i32::from(month) - 1))
    }

    /// The month of a day.
    pub fn of(day: Date) -> Month {
        Month(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// 1 to 12.
    pub fn month(self) -> i32 {
        self.0.rem_euclid(12) + 1
    }

    /// So many months later.
    pub fn plus(self, months: i32) -> Month {
        Month(self.0.saturating_add(months))
    }

    /// Months from here to another; negative when that is earlier.
    pub fn until(self, other: Month) -> i32 {
        other.0 - self.0
    }
}

/// "07/2026", as people read it.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}/{}", self.month(), self.year())
    }
}

/// Reads "2026-07".
impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Month, Self::Err> {
        const EXPECTED: &str = "expected a month as 2026-07";
        let (year, month) = text.split_once('-').ok_or(EXPECTED)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(EXPECTED);
        }
        Month::new(year.parse().map_err(|_| EXPECTED)?, month.parse().map_err(|_| EXPECTED)?).ok_or(EXPECTED)
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:04}-{:02}", self.year(), self.month()))
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A contribution period (quá trình đóng): whole months, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// Of which insurance.
    pub kind: Kind,
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// Who paid; empty for voluntary contributions.
    pub employer: String,
    /// What the person did there.
    pub job: String,
    /// What the contribution was counted from, in đồng a month.
    pub salary_dong: i64,
}

/// A benefit received (chế độ đã hưởng).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benefit {
    /// Which.
    pub kind: BenefitKind,
    /// Its first day.
    pub from: Date,
    /// Its last day; `None`: it goes on, or is paid once.
    pub to: Option<Date>,
    /// In đồng; of a pension, a month.
    pub amount_dong: i64,
    /// When it was paid.
    pub paid: Option<Date>,
    /// How far it is.
    pub status: PaymentStatus,
}

/// A kind of benefit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BenefitKind {
    /// Ốm đau.
    Sickness,
    /// Thai sản.
    Maternity,
    /// Tai nạn lao động, bệnh nghề nghiệp.
    WorkAccident,
    /// BHXH một lần.
    LumpSum,
    /// Lương hưu.
    Pension,
    /// Trợ cấp thất nghiệp.
    Unemployment,
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Decided, not paid yet.
    Approved,
    /// Paid.
    Paid,
    /// The bank has sent it back.
    Returned,
    /// Not granted.
    Refused,
}

/// A dossier (hồ sơ) that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    /// Its code (mã hồ sơ).
    pub code: String,
    /// The procedure, as people call it.
    pub procedure: String,
    /// When it was received.
    pub received: Date,
    /// When it is due.
    pub due: Date,
    /// How far it is.
    pub status: DossierStatus,
    /// What is missing.
    pub missing: Option<String>,
    /// How far its payment is.
    pub payment: Option<PaymentStatus>,
}

/// How far a dossier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DossierStatus {
    /// Being worked on.
    Processing,
    /// Waits for something from the citizen.
    NeedsMore,
    /// Decided in the citizen's favour.
    Approved,
    /// Sent back or refused.
    Refused,
}

/// A health-insurance card (thẻ BHYT).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// 15 characters.
    pub number: String,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// Where its holder goes first (nơi đăng ký KCB ban đầu).
    pub facility: String,
    /// The benefit code (mã mức hưởng): 1 to 5.
    pub benefit_code: u8,
    /// When five years without a gap are complete.
    pub five_years: Option<Date>,
}

/// A visit paid by health insurance (lượt khám chữa bệnh BHYT).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// When.
    pub date: Date,
    /// Where.
    pub facility: String,
    /// The level of the facility (cấp chuyên môn), as it is called there.
    pub level: String,
    /// Paid by health insurance, in đồng.
    pub covered_dong: i64,
    /// Paid by the person, in đồng.
    pub own_dong: i64,
}

/// A child of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependant {
    /// The full name.
    pub name: String,
    /// The day of birth.
    pub birth: Date,
    /// The card, once there is one.
    pub card: Option<Card>,
}

/// A part of what is known of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// In order of time.
    Contributions(Vec<Contribution>),
    /// The newest first.
    Benefits(Vec<Benefit>),
    /// The newest first.
    Dossiers(Vec<Dossier>),
    /// The one that counts now; `None`: none is known.
    Card(Option<Card>),
    /// The newest first.
    Visits(Vec<Visit>),
    /// The oldest first.
    Dependants(Vec<Dependant>),
    /// The person's code.
    Code(SocialInsuranceCode),
}

/// What all periods of one kind add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Total {
    /// Months; one that two employers paid counts once.
    pub months: i32,
    /// The first month paid.
    pub first: Option<Month>,
    /// The last month paid.
    pub last: Option<Month>,
    /// Months between the first and the last that nobody paid: from and to, both included.
    pub gaps: Vec<(Month, Month)>,
}

/// Adds the periods of one kind up.
pub fn total(contributions: &[Contribution], kind: Kind) -> Total {
    let mut periods: Vec<(Month, Month)> = contributions
        .iter()
        .filter(|period| period.kind == kind && period.from <= period.to)
        .map(|period| (period.from, period.to))
        .collect();
    periods.sort_unstable();
    let mut total = Total { first: periods.first().map(|first| first.0), ..Total::default() };
    for (from, to) in periods {
        let begins = match total.last {
            Some(last) if from <= last => last.plus(1),
            Some(last) if last.until(from) > 1 => {
                total.gaps.push((last.plus(1), from.plus(-1)));
                from
            }
            _ => from,
        };
        total.months += (begins.until(to) + 1).max(0);
        total.last = total.last.max(Some(to));
    }
    total
}

/// "N. T. M.": a name that shows no more than its owner needs to know it.
pub fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(|word| word.chars().next());
    letters.map(|letter| format!("{}.", letter.to_uppercase())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn period(from: &str, to: &str) -> Contribution {
        Contribution {
            kind: Kind::Bhxh,
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            employer: String::new(),
            job: String::new(),
            salary_dong: 0,
        }
    }

    #[test]
    fn months_add_up_once_and_gaps_are_seen() {
        let total = total(&[period("2022-01", "2022-06"), period("2020-11", "2021-02"), period("2021-01", "2021-03")], Kind::Bhxh);
        assert_eq!(total.months, 5 + 6);
        assert_eq!(total.gaps, [("2021-04".parse().unwrap(), "2021-12".parse().unwrap())]);
        assert_eq!(total.first.map(|month| month.to_string()), Some("11/2020".to_owned()));
        assert_eq!(total.last.map(|month| month.to_string()), Some("06/2022".to_owned()));
        assert_eq!(super::total(&[], Kind::Bhtn), Total::default());
    }

    proptest! {
        #[test]
        fn months_and_gaps_fill_the_whole_time(spans in prop::collection::vec((0..600_i32, 0..40_i32), 1..30)) {
            let start = Month::new(1990, 1).unwrap();
            let periods: Vec<Contribution> = spans.iter().map(|(from, length)| Contribution {
                from: start.plus(*from), to: start.plus(from + length), ..period("2020-01", "2020-01")
            }).collect();
            let total = total(&periods, Kind::Bhxh);
            let gaps: i32 = total.gaps.iter().map(|(from, to)| from.until(*to) + 1).sum();
            let (first, last) = (total.first.unwrap(), total.last.unwrap());
            prop_assert_eq!(total.months + gaps, first.until(last) + 1);
            let paid = |month: Month| periods.iter().any(|period| period.from <= month && month <= period.to);
            let counted = (0..=first.until(last)).filter(|&after| paid(first.plus(after))).count();
            prop_assert_eq!(i32::try_from(counted).unwrap(), total.months);
        }
    }

    #[test]
    fn names_are_shown_as_initials() {
        assert_eq!(initials("Nguyễn Thị Mẫu"), "N. T. M.");
        assert_eq!(initials("  đỗ  ánh "), "Đ. Á.");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn every_part_comes_back_as_it_went() {
        for what in What::ALL {
            assert_eq!(What::parse(what.name()), Some(what));
        }
    }
}
