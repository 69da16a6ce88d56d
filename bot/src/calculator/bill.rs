//! Phần quỹ BHYT trả: Luật BHYT, Điều 22 (sửa bởi Luật 51/2024/QH15); NĐ 188/2025, Điều 18, 19.

use jiff::civil::Date;
use serde::Serialize;

use super::answers::{Answers, Slot};
use super::exact::{Dong, Exact, hundredths, whole};
use super::law::Law;
use super::record::note;
use super::{Note, Refusal};

/// Who pays what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bill {
    /// What insurance pays.
    pub insurance: Dong,
    /// What the patient pays, with what is not covered.
    pub patient: Dong,
    /// Of which co-payment.
    pub co_payment: Dong,
    /// Of which for coming without a referral.
    pub out_of_place: Dong,
    /// Of which not covered.
    pub outside: Dong,
    /// What is covered.
    pub covered: Dong,
    /// The share of the group, in hundredths of a percent.
    pub group_rate: i64,
    /// The share of that share which is paid here, in hundredths of a percent.
    pub place_rate: i64,
    /// Why it is so.
    pub why: Why,
    /// Below this a visit is paid in full.
    pub small_cost: Dong,
    /// Co-payments of a year above this are paid back for the rest of it.
    pub exemption: Dong,
    /// What was assumed.
    pub notes: Vec<Note>,
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The share of the group.
    Group,
    /// The first level of care is paid in full.
    Primary,
    /// A small visit is paid in full.
    SmallCost,
    /// Five years insured, and co-payments above the bound.
    Exempt,
    /// An emergency is paid everywhere.
    Emergency,
    /// Came without a referral, where that makes no difference.
    SelfFull,
    /// Came without a referral, and is paid in part.
    SelfPart,
    /// Came without a referral, and is not paid.
    SelfNothing,
}

pub(super) fn calculate(answers: &Answers, today: Date, law: Law<'_>) -> Result<Bill, Refusal> {
    /// The Health Insurance Law as changed by law 51/2024.
    const SINCE: Date = jiff::civil::date(2025, 7, 1);
    let mut notes = Vec::new();
    let day = answers.day(Slot::VisitDate).unwrap_or(today);
    if day < SINCE {
        return Err(Refusal::BeforeLaw { slot: Slot::VisitDate, since: SINCE });
    }
    let covered = answers.need_money(Slot::Bill)?;
    let outside = answers.money(Slot::BillOutside).unwrap_or_default();
    let group = Exact::new(i128::from(answers.need_number(Slot::Rate)?), 100);
    let reference = law.reference_level(day)?;
    let small_cost = Dong::round(reference.exact() * law.number("health_small_cost_share", day)?);
    let exemption = Dong::round(reference.exact() * law.number("health_exemption_multiple", day)?);
    let inpatient = answers.is(Slot::Stay, "inpatient");
    let facility = answers.word(Slot::Facility).unwrap_or("basic");
    let route = answers.word(Slot::Route).unwrap_or("right");
    let part = |name: &str| law.number(name, day);
    let (place, why) = match (route, facility) {
        (_, "primary") => (whole(1), Why::Primary),
        ("emergency", _) => (whole(1), Why::Emergency),
        ("right", _) if covered < small_cost => (whole(1), Why::SmallCost),
        ("right", _) => (whole(1), Why::Group),
        (_, "central") if inpatient => (part("health_inpatient_share")?, Why::SelfPart),
        _ if inpatient => (whole(1), Why::SelfFull),
        (_, "basic") => (whole(1), Why::SelfFull),
        (_, "central") => (whole(0), Why::SelfNothing),
        // Half is paid since 01/07/2026; before, there is no such constant.
        _ => part("health_outpatient_share").map_or((whole(0), Why::SelfNothing), |share| (share, Why::SelfPart)),
    };
    let full = matches!(why, Why::Primary | Why::SmallCost);
    let group = if full { whole(1) } else { group };
    let within_place = covered.exact() * place;
    let mut co_payment = Dong::round(within_place * (whole(1) - group));
    let out_of_place = Dong(covered.0 - Dong::round(within_place).0);
    let mut why = why;
    if why == Why::Group && answers.is(Slot::FiveYears, "yes") && co_payment.0 > 0 {
        if let Some(paid) = answers.money(Slot::CoPaid) {
            let left = Dong((exemption.0 - paid.0).max(0));
            if left < co_payment {
                (co_payment, why) = (left, Why::Exempt);
            }
        } else {
            note(&mut notes, Note::CoPaidUnknown);
            if co_payment > exemption {
                (co_payment, why) = (exemption, Why::Exempt);
            }
        }
    }
    let patient = Dong(co_payment.0 + out_of_place.0 + outside.0);
    Ok(Bill {
        insurance: Dong(covered.0 - co_payment.0 - out_of_place.0),
        patient,
        co_payment,
        out_of_place,
        outside,
        covered,
        group_rate: hundredths(group),
        place_rate: hundredths(place),
        why,
        small_cost,
        exemption,
        notes,
    })
}
