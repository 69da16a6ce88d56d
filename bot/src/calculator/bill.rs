//! Phần quỹ BHYT trả: Luật BHYT, Điều 22 (sửa bởi Luật 51/2024/QH15); NĐ 188/2025, Điều 17 đến 19.

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
    /// What was still to be co-paid until then, before this visit; `None` where it makes no difference.
    pub left: Option<Dong>,
    /// What that bound is counted in changed within the year, up to the visit.
    pub changed: Option<Change>,
    /// What was assumed.
    pub notes: Vec<Note>,
}

/// A change of the reference level within a year. What was co-paid before it counts in the old level, what is left in the new one
/// (NĐ 188/2025, Điều 18 khoản 2 điểm c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The first day of the new level.
    pub on: Date,
    /// The level before.
    pub from: Dong,
    /// The level since.
    pub to: Dong,
    /// What was co-paid before.
    pub paid_before: Dong,
    /// What was still to be co-paid on that day.
    pub left: Dong,
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The share of the group.
    Group,
    /// A health station, and what else the law lists of the first level of care, is paid in full.
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

/// What the law makes of a way to come to a place.
struct Visit {
    share: Share,
    /// Why, when nothing else decides.
    why: Why,
    /// Its co-payment counts towards the exemption of the year (Điều 22 khoản 1 điểm d).
    counts: bool,
}

/// What is paid of the share that somebody is entitled to (mức hưởng).
enum Share {
    Whole,
    /// The constant says how much; before it begins, nothing is paid.
    Part(&'static str),
    Nothing,
}

/// Of Điều 22: khoản 1 điểm c for a place of its list, khoản 5 for an emergency, khoản 1 and 3 for the right way, else khoản 4 for who came
/// by choice.
fn visit(answers: &Answers) -> Visit {
    let inpatient = answers.is(Slot::Stay, "inpatient");
    let (share, why, counts) = match (answers.word(Slot::Route), answers.word(Slot::Facility)) {
        (_, Some("primary")) => (Share::Whole, Why::Primary, true),
        (Some("emergency"), _) => (Share::Whole, Why::Emergency, true),
        (None | Some("right"), _) => (Share::Whole, Why::Group, true),
        // Điểm c and đ: whatever the level and the points of a former district hospital are today.
        (_, Some("primary-other" | "district")) => (Share::Whole, Why::SelfFull, true),
        // Điểm g.
        (_, Some("central")) if inpatient => (Share::Part("health_inpatient_share"), Why::SelfPart, false),
        (_, Some("central")) => (Share::Nothing, Why::SelfNothing, false),
        // Điểm d and h, which are not among those that count.
        _ if inpatient => (Share::Whole, Why::SelfFull, false),
        // Điểm e and h: of a former provincial hospital nobody said which, so it does not count.
        (_, Some("basic-50" | "province")) => (Share::Part("health_outpatient_share"), Why::SelfPart, false),
        _ => (Share::Whole, Why::SelfFull, true),
    };
    Visit { share, why, counts }
}

/// Whether five years of insurance may make a difference: the visit is paid by the whole share of a card that leaves a co-payment, and this
/// co-payment itself may pass the bound.
pub(super) fn five_years_matter(answers: &Answers) -> bool {
    let visit = visit(answers);
    !answers.is(Slot::Rate, "100") && visit.why != Why::Primary && visit.counts && matches!(visit.share, Share::Whole)
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
    let multiple = law.number("health_exemption_multiple", day)?;
    let visit = visit(answers);
    let (place, mut why) = match visit.share {
        Share::Whole => (whole(1), visit.why),
        Share::Part(name) => law.number(name, day).map_or((whole(0), Why::SelfNothing), |share| (share, visit.why)),
        Share::Nothing => (whole(0), visit.why),
    };
    // A small cost is an entitlement to all of it, of which a place pays its share like of any other (NĐ 188/2025, Điều 17 khoản 2).
    let is_small = covered < small_cost;
    if is_small && place == whole(1) && why != Why::Primary {
        why = Why::SmallCost;
    }
    let group = if is_small || why == Why::Primary { whole(1) } else { group };
    let within_place = covered.exact() * place;
    let mut co_payment = Dong::round(within_place * (whole(1) - group));
    let out_of_place = Dong(covered.0 - Dong::round(within_place).0);
    let changed = change(answers, day, multiple, law)?;
    let mut left = None;
    if co_payment.0 > 0 {
        match answers.word(Slot::FiveYears) {
            Some("yes") if place == whole(1) => {
                let until = left_until_exemption(answers, multiple * reference.exact(), changed, &mut notes)?;
                // What counts may pass the bound by itself; what does not is free only for who has passed it.
                let due = match until {
                    Dong(0) => Dong(0),
                    until if visit.counts => co_payment.min(until),
                    _ => co_payment,
                };
                if !visit.counts && due.0 > 0 {
                    note(&mut notes, Note::VisitNotCounted);
                }
                if due < co_payment {
                    (co_payment, why) = (due, Why::Exempt);
                }
                left = Some(until);
            }
            Some("yes") => note(&mut notes, Note::ExemptionInPart),
            None if five_years_matter(answers) => note(&mut notes, Note::FiveYearsUnknown),
            _ => {}
        }
    }
    if answers.is(Slot::Route, "self") && why != Why::Primary {
        note(&mut notes, Note::ContractAssumed);
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
        exemption: Dong::round(multiple * reference.exact()),
        left,
        changed,
        notes,
    })
}

/// The change of the reference level between the first of January and the day of a visit; `None` when there is none.
fn change(answers: &Answers, day: Date, multiple: Exact, law: Law<'_>) -> Result<Option<Change>, Refusal> {
    let new_year = day.first_of_year();
    let Some(on) = law.since("base_salary", day).filter(|on| *on > new_year) else { return Ok(None) };
    let (from, to) = (law.reference_level(new_year)?, law.reference_level(day)?);
    let paid_before = answers.money(Slot::CoPaidBefore).unwrap_or_default();
    // Who has paid all of it in the old level is exempt at once.
    let left = ((multiple - paid_before.exact() / from.exact()) * to.exact()).max(whole(0));
    Ok(Some(Change { on, from, to, paid_before, left: Dong::round(left) }))
}

/// What is still to be co-paid before the rest of the year is free. Of what nobody said when it was paid, all is taken to be paid since the
/// change: it counts for less there, so nobody is promised too much.
fn left_until_exemption(answers: &Answers, bound: Exact, changed: Option<Change>, notes: &mut Vec<Note>) -> Result<Dong, Refusal> {
    let before = changed.map(|change| change.paid_before).unwrap_or_default();
    let paid = answers.money(Slot::CoPaid);
    match (paid, changed) {
        (Some(paid), _) if paid < before => return Err(Refusal::TooLarge { slot: Slot::CoPaidBefore, max: paid.0 }),
        (None, _) => note(notes, Note::CoPaidUnknown),
        (Some(Dong(1..)), Some(change)) if !answers.has(Slot::CoPaidBefore) => note(notes, Note::CoPaidSinceChange { on: change.on }),
        _ => {}
    }
    let since = paid.unwrap_or(before).0 - before.0;
    let left = changed.map_or(Dong::round(bound), |change| change.left);
    Ok(Dong((left.0 - since).max(0)))
}
