//! The worked examples, and promises over all inputs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use faq::Faq;
use jiff::civil::{Date, date};
use knowledge::Span;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

static FAQ: LazyLock<Faq> = LazyLock::new(|| Faq::embedded().unwrap_or_else(|error| panic!("{error}")));
const TODAY: Date = date(2026, 11, 25);
const EXAMPLES_MIN: usize = 12;
const EXAMPLES: [(Calculator, &str); 9] = [
    (Calculator::LumpSum, include_str!("examples/lump-sum.txt")),
    (Calculator::Pension, include_str!("examples/pension.txt")),
    (Calculator::RetirementDate, include_str!("examples/retirement-date.txt")),
    (Calculator::Unemployment, include_str!("examples/unemployment.txt")),
    (Calculator::Maternity, include_str!("examples/maternity.txt")),
    (Calculator::Sickness, include_str!("examples/sickness.txt")),
    (Calculator::HouseholdHealth, include_str!("examples/household-health.txt")),
    (Calculator::Voluntary, include_str!("examples/voluntary.txt")),
    (Calculator::Bill, include_str!("examples/bill.txt")),
];

/// Answers as the files write them: `name=value`, with spaces between.
pub(crate) fn answers(inputs: &str) -> Result<Answers, Refusal> {
    let mut answers = Answers::default();
    for input in inputs.split_whitespace() {
        let (slot, value) = input.split_once('=').expect("name=value");
        let slot: Slot = slot.parse().expect("an input");
        answers.set(slot, Value::parse(slot, value).expect("a value"))?;
    }
    Ok(answers)
}

fn run(calculator: Calculator, inputs: &str, today: Date) -> Result<Json, Refusal> {
    let answers = answers(inputs)?;
    let outcome = calculate(calculator, &answers, today, Law::new(FAQ.constants()))?;
    Ok(serde_json::to_value(outcome).expect("figures are JSON"))
}

/// A figure by its path, as the files write it.
fn figure(outcome: &Json, path: &str) -> String {
    let found = outcome.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Json::Null);
    found.as_str().map_or_else(|| found.to_string(), str::to_owned)
}

#[test]
fn the_worked_examples_come_out() {
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<Calculator, usize> = BTreeMap::new();
    for (calculator, text) in EXAMPLES {
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (given, expected) = line.split_once(" => ").expect("inputs => figures");
            let (day, inputs) = given.split_once(' ').expect("DAY inputs");
            *counts.entry(calculator).or_default() += 1;
            match run(calculator, inputs, day.parse().expect("a day")) {
                Err(refusal) => wrong.push(format!("{calculator} {line}: {refusal}")),
                Ok(outcome) => wrong.extend(expected.split_whitespace().filter_map(|pair| {
                    let (path, value) = pair.split_once('=')?;
                    let found = figure(&outcome, path);
                    (found != value).then(|| format!("{calculator} {inputs}: {path} is {found}, not {value}"))
                })),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(Calculator::ALL.iter().all(|calculator| counts[calculator] >= EXAMPLES_MIN), "{counts:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    for (calculator, inputs) in [
        (Calculator::Maternity, "child_birth=2027-03 salary=0 child_order=first"),
        (Calculator::Maternity, "child_birth=2027-03 salary=-5 child_order=first"),
        (Calculator::Maternity, "child_birth=2025-06-30 salary=8000000 child_order=first"),
        (Calculator::Maternity, "child_birth=2027-03-15 salary=8000000 child_order=first leave_start=2027-04-01"),
        (Calculator::Unemployment, "months=2400 salary=8000000 region=1 stop_date=2026-09-30"),
        (Calculator::Unemployment, "months=48 salary=8000000 region=5 stop_date=2026-09-30"),
        (Calculator::Unemployment, "months=48 salary=8000000 region=1 stop_date=2026-09-30 apply_date=2026-09-01"),
        (Calculator::LumpSum, "periods=2020-05..2020-01:5000000"),
        (Calculator::LumpSum, "periods=2020-01..2020-12:5000000,2020-06..2021-05:5000000"),
        (Calculator::LumpSum, "periods=2020-01..2030-12:5000000"),
        (Calculator::LumpSum, "periods=2015-01..2016-12:900000000000"),
        (Calculator::Voluntary, "income=3000000 method=missing missing_months=61"),
        (Calculator::HouseholdHealth, "members=0 pay_months=12"),
        (Calculator::RetirementDate, "sex=male birth=2030-01-01"),
        (Calculator::Bill, "bill=60000000 rate=80 route=right five_years=yes co_paid=5000000 co_paid_before=6000000"),
    ] {
        assert!(run(calculator, inputs, TODAY).is_err(), "{calculator} {inputs}");
    }
}

fn notes(inputs: &str) -> Vec<String> {
    let outcome = run(Calculator::Bill, inputs, TODAY).unwrap_or_else(|error| panic!("{inputs}: {error}"));
    outcome["notes"].as_array().expect("notes").iter().map(|note| figure(note, "note")).collect()
}

#[test]
fn what_a_bill_takes_for_granted_is_said() {
    let right = "bill=60000000 rate=80 route=right";
    let part = "bill=60000000 rate=80 route=self facility=central stay=inpatient";
    let not_counted = "bill=60000000 rate=80 route=self facility=basic stay=inpatient five_years=yes co_paid=0 co_paid_before=0";
    for (inputs, said) in [
        (format!("{right} five_years=no"), vec![]),
        (right.to_owned(), vec!["five_years_unknown"]),
        (format!("{right} five_years=yes"), vec!["co_paid_unknown"]),
        (format!("{right} five_years=yes co_paid=7000000"), vec!["co_paid_since_change"]),
        (format!("{right} five_years=yes co_paid=7000000 visit_date=2026-06-30"), vec![]),
        (format!("{right} five_years=yes co_paid=7000000 co_paid_before=7000000"), vec![]),
        ("bill=60000000 rate=100 route=right".to_owned(), vec![]),
        ("bill=60000000 rate=80 route=emergency five_years=no".to_owned(), vec![]),
        (format!("{part} five_years=no"), vec!["contract_assumed"]),
        (format!("{part} five_years=yes co_paid=20000000"), vec!["exemption_in_part", "contract_assumed"]),
        (not_counted.to_owned(), vec!["visit_not_counted", "contract_assumed"]),
    ] {
        assert_eq!(notes(&inputs), said, "{inputs}");
    }
}

#[test]
fn five_years_are_asked_for_only_where_they_may_make_a_difference() {
    let asked = |inputs: &str| Calculator::Bill.question(&answers(inputs).expect("answers"), &[]);
    for (inputs, slot) in [
        ("rate=80 route=right", Some(Slot::FiveYears)),
        ("rate=80 route=right five_years=no", None),
        ("rate=100 route=right", None),
        ("rate=80 route=emergency", Some(Slot::FiveYears)),
        ("rate=80 route=self", Some(Slot::Facility)),
        ("rate=80 route=self facility=primary", None),
        ("rate=80 route=self facility=primary-other", Some(Slot::FiveYears)),
        ("rate=80 route=self facility=district stay=inpatient", Some(Slot::FiveYears)),
        ("rate=80 route=self facility=basic stay=outpatient", Some(Slot::FiveYears)),
        ("rate=80 route=self facility=basic stay=inpatient", None),
        ("rate=80 route=self facility=province stay=outpatient", None),
        ("rate=80 route=self facility=central stay=inpatient", None),
    ] {
        assert_eq!(asked(&format!("bill=12000000 {inputs}")), slot, "{inputs}");
    }
}

fn amount(inputs: &str, path: &str, calculator: Calculator) -> i64 {
    figure(&run(calculator, inputs, TODAY).unwrap_or_else(|error| panic!("{inputs}: {error}")), path).parse().expect("a number")
}

proptest! {
    #[test]
    fn an_unemployment_benefit_grows_with_salary_and_months_up_to_its_bounds(months in 12_i64..700, salary in 1_i64..400_000_000, region in 1_u8..=4) {
        let of = |months: i64, salary: i64| {
            let outcome = run(Calculator::Unemployment, &format!("months={months} salary={salary} region={region} stop_date=2026-09-30"), TODAY).unwrap();
            (outcome["monthly"].as_i64().unwrap(), outcome["months"].as_i64().unwrap(), outcome["cap"].as_i64().unwrap())
        };
        let (monthly, count, cap) = of(months, salary);
        prop_assert!((0..=cap).contains(&monthly) && (3..=12).contains(&count));
        prop_assert!(of(months, salary + 1_000_000).0 >= monthly && of(months + 12, salary).1 >= count);
    }

    #[test]
    fn a_lump_sum_does_not_depend_on_how_its_record_is_written(start in 0_i32..120, length in 2_i32..100, cut in 1_i32..99, salary in 1_000_000_i64..90_000_000) {
        let from = YearMonth { year: 2008, month: 1 }.shifted(start).unwrap();
        let to = from.shifted(length).unwrap();
        let middle = from.shifted(cut.min(length)).unwrap();
        let span = |from, to| Span { from, to, salary, voluntary: false };
        let whole = record(&[span(from, to)], TODAY, Law::new(FAQ.constants())).unwrap();
        let parts = [span(middle, to), span(from, middle.shifted(-1).unwrap())];
        let split = record(&parts, TODAY, Law::new(FAQ.constants())).unwrap();
        prop_assert_eq!((whole.months, whole.average, whole.sum), (split.months, split.average, split.sum));
        // With the same salary in the latest years, one more month is never less.
        prop_assert!(whole.months_before_2014 <= whole.months);
    }

    #[test]
    fn a_pension_rate_grows_to_its_bound(months in 180_i64..700, male in any::<bool>()) {
        let sex = if male { "male" } else { "female" };
        let of = |months: i64| amount(&format!("sex={sex} birth=1966-01-01 months={months} salary=9000000"), "rate", Calculator::Pension);
        let rate = of(months);
        prop_assert!((4_000..=7_500).contains(&rate) && of(months + 1) >= rate);
    }

    #[test]
    fn a_bill_is_paid_once(bill in 1_i64..1_000_000_000, rate in 0_usize..3, route in 0_usize..3, facility in 0_usize..7, stay in 0_usize..2) {
        let word = |slot: Slot, at: usize| match slot.kind() { Kind::Choice(words) => words[at], _ => "" };
        let inputs = format!(
            "bill={bill} rate={} route={} facility={} stay={} five_years=no",
            word(Slot::Rate, rate), word(Slot::Route, route), word(Slot::Facility, facility), word(Slot::Stay, stay)
        );
        let outcome = run(Calculator::Bill, &inputs, TODAY).unwrap();
        let (insurance, patient) = (outcome["insurance"].as_i64().unwrap(), outcome["patient"].as_i64().unwrap());
        prop_assert!(insurance >= 0 && patient >= 0 && insurance + patient == bill);
    }

    #[test]
    fn what_was_co_paid_before_the_base_salary_changed_is_worth_no_less(bill in 400_000_i64..1_000_000_000, before in 0_i64..15_000_000, since in 0_i64..5_000_000) {
        let of = |when: &str| {
            amount(&format!("bill={bill} rate=80 route=right five_years=yes co_paid={} {when}", before + since), "patient", Calculator::Bill)
        };
        let since_then = of("co_paid_before=0");
        let in_the_old_level = of(&format!("co_paid_before={before}"));
        prop_assert!(in_the_old_level <= since_then);
        // Nobody is promised more who does not say when it was.
        prop_assert_eq!(of(""), since_then);
    }

    #[test]
    fn maternity_and_sickness_grow_with_the_salary(salary in 1_i64..100_000_000, more in 0_i64..10_000_000, days in 1_i64..100) {
        let birth = |salary: i64| amount(&format!("child_birth=2027-03-15 salary={salary} child_order=second"), "total", Calculator::Maternity);
        let ill = |salary: i64, days: i64| amount(&format!("sickness_case=own salary={salary} days={days} months=60"), "total", Calculator::Sickness);
        prop_assert!(birth(salary) > 0 && birth(salary + more) >= birth(salary) && birth(salary) <= 7 * 50_600_000 + 5_060_000);
        prop_assert!(ill(salary, days) > 0 && ill(salary + more, days) >= ill(salary, days) && ill(salary, days + 1) >= ill(salary, days));
    }

    #[test]
    fn years_ahead_cost_less_and_missing_months_more_than_month_by_month(income in 1_500_000_i64..50_600_000, years in 2_i64..=5) {
        let of = |inputs: &str| amount(inputs, "total", Calculator::Voluntary);
        let months = years * 12;
        let monthly = of(&format!("income={income} method=1 support=other"));
        let ahead = of(&format!("income={income} method={months} support=other"));
        let missing = of(&format!("income={income} method=missing missing_months={months}"));
        prop_assert!(ahead < monthly * months && monthly * months < missing);
    }

    #[test]
    fn a_lump_sum_grows_with_the_income_and_since_2014_with_the_months(
        start in 0_i32..140, length in 1_i32..150, salary in 3_000_000_i64..46_800_000, more in 0_i64..20_000_000, fund in 0_usize..2
    ) {
        // Beyond the bounds of any month, an older month counts with less than the others.
        // Before 2014 a whole year is worth less than the months that would have moved behind it, so nothing is said of those.
        let from = YearMonth { year: 2014, month: 2 }.shifted(start).unwrap();
        let to = from.shifted(length).unwrap().min(YearMonth::of(TODAY));
        prop_assume!(from <= to);
        let voluntary = ["", "v"][fund];
        let of = |from: YearMonth, salary: i64| {
            let period = format!("periods={}-{:02}..{}-{:02}:{salary}{voluntary} reason=abroad", from.year, from.month, to.year, to.month);
            amount(&period, "amount", Calculator::LumpSum)
        };
        let least = of(from, salary);
        prop_assert!(least >= 0 && of(from, salary + more) >= least);
        prop_assert!(of(from.shifted(-1).unwrap(), salary) >= least);
    }

    #[test]
    fn the_order_of_periods_and_the_way_a_record_is_given_make_no_difference(
        cuts in prop::collection::vec((1_i32..40, 0_i32..20, 500_000_i64..60_000_000), 1..8), order in any::<prop::sample::Index>()
    ) {
        let mut month = YearMonth { year: 2000, month: 1 };
        let mut periods = Vec::new();
        for (length, gap, salary) in cuts {
            let to = month.shifted(length - 1).unwrap();
            periods.push(format!("{}-{:02}..{}-{:02}:{salary}", month.year, month.month, to.year, to.month));
            month = to.shifted(1 + gap).unwrap();
        }
        let in_order = periods.join(",");
        let at = order.index(periods.len());
        periods.rotate_left(at);
        periods.reverse();
        let mixed = periods.join(",");
        for (calculator, others) in [(Calculator::LumpSum, ""), (Calculator::Pension, "sex=female birth=1970-05-01")] {
            let of = |periods: &str| run(calculator, &format!("{others} periods={periods}"), TODAY);
            prop_assert_eq!(of(&in_order), of(&mixed));
        }
    }

    #[test]
    fn months_with_one_salary_are_one_period(months in 1_i32..300, ago in 0_i32..60, salary in 1_000_000_i64..80_000_000) {
        let to = YearMonth::of(TODAY).shifted(-ago).unwrap();
        let from = to.shifted(1 - months).unwrap();
        let span = format!("periods={}-{:02}..{}-{:02}:{salary}", from.year, from.month, to.year, to.month);
        let counted = format!("months={months} salary={salary} last_month={}-{:02}", to.year, to.month);
        prop_assert_eq!(amount(&span, "amount", Calculator::LumpSum), amount(&counted, "amount", Calculator::LumpSum));
    }

    #[test]
    fn a_pension_grows_with_the_salary_and_stays_below_three_quarters_of_the_ceiling(
        months in 1_i64..700, salary in 1_i64..200_000_000, more in 0_i64..50_000_000, male in any::<bool>()
    ) {
        let sex = if male { "male" } else { "female" };
        let of = |salary: i64| amount(&format!("sex={sex} birth=1966-01-01 months={months} salary={salary}"), "monthly", Calculator::Pension);
        let monthly = of(salary);
        prop_assert!((0..=50_600_000 * 3 / 4).contains(&monthly) && of(salary + more) >= monthly);
    }

    #[test]
    fn who_is_born_later_retires_no_earlier(month in 0_i32..700, kind in 0_usize..5, male in any::<bool>()) {
        let Kind::Choice(kinds) = Slot::Retirement.kind() else { unreachable!("kinds of retirement are words") };
        let born = |months: i32| YearMonth { year: 1950, month: 1 }.shifted(months).unwrap();
        let of = |born: YearMonth| {
            let sex = if male { "male" } else { "female" };
            let inputs = format!("sex={sex} birth={}-{:02}-01 retirement={}", born.year, born.month, kinds[kind]);
            figure(&run(Calculator::RetirementDate, &inputs, TODAY).unwrap(), "day").parse::<Date>().unwrap()
        };
        prop_assert!(of(born(month)) <= of(born(month + 1)));
    }

    #[test]
    fn a_household_pays_more_for_one_more_and_less_for_each(members in 1_i64..29, months in 0_usize..3) {
        let months = [3, 6, 12][months];
        let of = |members: i64| amount(&format!("members={members} pay_months={months}"), "total", Calculator::HouseholdHealth);
        prop_assert!(0 < of(members) && of(members) < of(members + 1));
        prop_assert!(of(members + 1) * members <= of(members) * (members + 1));
        prop_assert_eq!(of(members), months / 3 * amount(&format!("members={members} pay_months=3"), "total", Calculator::HouseholdHealth));
    }

    #[test]
    fn whatever_is_answered_no_figure_is_negative(calculator in 0_usize..9, choices in prop::collection::vec(any::<u32>(), 30)) {
        let calculator = Calculator::ALL[calculator];
        let mut answers = Answers::default();
        for (slot, choice) in calculator.slots().iter().zip(choices) {
            let number = i64::from(choice);
            // Answers that mean nothing together are refused; a third of the inputs that may be left out are.
            let value = match slot.kind() {
                Kind::Money => Value::Number(number % 300_000_000),
                Kind::Months => Value::Number(number % 721),
                Kind::Count(max) => Value::Number(number % (max + 1)),
                Kind::Date => Value::Word(format!("{:04}-{:02}-{:02}", 1955 + number % 80, 1 + number / 80 % 12, 1 + number / 960 % 28)),
                Kind::Choice(words) => Value::word(words[usize::try_from(number).unwrap() % words.len()]),
                Kind::Periods => Value::parse(*slot, &format!("{}-03..2024-06:{}", 1996 + number % 28, 1 + number % 90_000_000)).unwrap(),
            };
            if number % 3 != 0 {
                let _ = answers.set(*slot, value);
            }
        }
        if let Ok(outcome) = calculate(calculator, &answers, TODAY, Law::new(FAQ.constants())) {
            let mut left = vec![serde_json::to_value(outcome).unwrap()];
            while let Some(value) = left.pop() {
                match value {
                    Json::Array(inner) => left.extend(inner),
                    Json::Object(inner) => left.extend(inner.into_iter().filter(|(name, _)| name != "notes").map(|(_, inner)| inner)),
                    Json::Number(number) => prop_assert!(number.as_i64().is_some_and(|number| number >= 0), "{calculator} {answers:?}: {number}"),
                    _ => {}
                }
            }
        }
    }
}
