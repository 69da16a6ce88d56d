//! `POST /api/calculators/{name}`: the calculators without a conversation. Nothing of it is stored or logged.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use faq::Block;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Web;
use super::error::{ApiError, ErrorBody};
use crate::calculator::{Answers, Calculator, Law, Outcome, calculate};
use crate::conversation::now_ms;
use crate::dialogue::day_in_vietnam;
use crate::dialogue::texts::calculation as words;

/// Contribution periods, as the API takes them.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what `Answers` reads")]
struct PeriodBody {
    /// The first month.
    from: MonthBody,
    /// The last month.
    to: MonthBody,
    /// Đồng a month.
    salary: i64,
    /// Of voluntary insurance.
    voluntary: bool,
}

/// A month.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what `Answers` reads")]
struct MonthBody {
    year: i16,
    month: i8,
}

/// Inputs by name: amounts in đồng, durations in months, dates as `2027-03-15`, `2027-03` or `2027`, choices as their word. A calculator
/// takes those of its list; `lump-sum` takes either `periods` or `months`, `salary` and `last_month`.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what `Answers` reads")]
pub(super) struct CalculationBody {
    /// Contribution periods (lump-sum, pension).
    periods: Option<Vec<PeriodBody>>,
    /// Months contributed (lump-sum, pension, unemployment, sickness).
    months: Option<i64>,
    /// Monthly salary contributed on (lump-sum, pension, unemployment, maternity, sickness).
    salary: Option<i64>,
    /// The last month contributed (lump-sum).
    last_month: Option<String>,
    /// `compulsory`, `voluntary`.
    fund: Option<String>,
    /// `left`, `age`, `abroad`, `illness`, `army` (lump-sum).
    reason: Option<String>,
    /// `male`, `female` (pension, retirement-date).
    sex: Option<String>,
    /// Birth of the insured person (pension, retirement-date).
    birth: Option<String>,
    /// `normal`, `hazardous`, `coal-mine`, `reduced-61`, `reduced-81`.
    retirement: Option<String>,
    /// The end of the contract (unemployment).
    stop_date: Option<String>,
    /// `1` to `4` (unemployment).
    region: Option<String>,
    /// `birth`, `husband`, `miscarriage` (maternity).
    maternity_case: Option<String>,
    /// Birth of the child (maternity).
    child_birth: Option<String>,
    /// `first`, `second`, `third` (maternity).
    child_order: Option<String>,
    /// Children born at once (maternity).
    children: Option<i64>,
    /// `natural`, `caesarean`, `preterm` (maternity).
    delivery: Option<String>,
    /// `own`, `long-term`, `child` (sickness).
    sickness_case: Option<String>,
    /// Days of leave (sickness).
    days: Option<i64>,
    /// Members who pay as a household (household-health).
    members: Option<i64>,
    /// `3`, `6`, `12` (household-health).
    pay_months: Option<String>,
    /// The income chosen (voluntary).
    income: Option<i64>,
    /// `1`, `3`, `6`, `12`, `24`, `36`, `48`, `60`, `missing` (voluntary).
    method: Option<String>,
    /// `other`, `poor`, `near-poor`, `ethnic` (voluntary).
    support: Option<String>,
    /// Costs that insurance covers (bill).
    bill: Option<i64>,
    /// `80`, `95`, `100` (bill).
    rate: Option<String>,
    /// `right`, `emergency`, `self` (bill).
    route: Option<String>,
    /// What the state paid of voluntary contributions (lump-sum).
    state_support: Option<i64>,
    /// When somebody wants to retire (pension).
    retire_on: Option<String>,
    /// Months contributed after reaching the age (pension).
    late_months: Option<i64>,
    /// `yes`, `no` (pension).
    joined_before_2025: Option<String>,
    /// The day on which the papers are handed in (unemployment).
    apply_date: Option<String>,
    /// Weeks of the pregnancy that was lost (maternity).
    pregnancy_weeks: Option<i64>,
    /// Months contributed in the twelve before the birth (maternity).
    months_in_year: Option<i64>,
    /// The first day of leave (maternity).
    leave_start: Option<String>,
    /// Days already taken in the same year (sickness).
    days_taken: Option<i64>,
    /// `normal`, `hazardous` (sickness).
    work: Option<String>,
    /// The child's age in months (sickness).
    child_age: Option<i64>,
    /// Pupils and students in the household (household-health).
    students: Option<i64>,
    /// `ordinary`, `near-poor`, `farmer` (household-health).
    household: Option<String>,
    /// When somebody pays or begins (household-health, voluntary, sickness).
    start_date: Option<String>,
    /// Months that are missing, with `method` `missing` (voluntary).
    missing_months: Option<i64>,
    /// Months of support already used (voluntary).
    support_used: Option<i64>,
    /// Costs that insurance does not cover (bill).
    bill_outside: Option<i64>,
    /// `primary`, `primary-other`, `district`, `basic`, `basic-50`, `province`, `central` (bill).
    facility: Option<String>,
    /// `outpatient`, `inpatient` (bill).
    stay: Option<String>,
    /// `yes`, `no`: insured for five years without a break (bill).
    five_years: Option<String>,
    /// Co-payments of the year so far (bill).
    co_paid: Option<i64>,
    /// Of which before the reference level changed within the year (bill).
    co_paid_before: Option<i64>,
    /// The day of treatment (bill).
    visit_date: Option<String>,
}

/// A result.
#[derive(Serialize, ToSchema)]
pub(super) struct CalculationResult {
    /// The calculator.
    calculator: &'static str,
    /// The day as of which it was calculated.
    as_of: String,
    /// What it was calculated from.
    #[schema(value_type = Object)]
    answers: Answers,
    /// The figures.
    #[schema(value_type = Object)]
    result: Outcome,
    /// What is read, in Vietnamese: the amount, the steps with their legal basis, what was assumed, papers and deadlines.
    #[schema(value_type = Vec<Object>)]
    text: Vec<Block>,
}

/// What a calculator takes.
#[derive(Serialize, ToSchema)]
pub(super) struct CalculatorBody {
    /// Its name.
    name: &'static str,
    /// In Vietnamese.
    title: &'static str,
    /// The inputs that it takes.
    inputs: Vec<&'static str>,
}

/// The calculators and what they take.
#[utoipa::path(get, path = "/api/calculators", responses((status = 200, body = Vec<CalculatorBody>)))]
pub(super) async fn list() -> Json<Vec<CalculatorBody>> {
    let body = |calculator: Calculator| CalculatorBody {
        name: calculator.name(),
        title: words::title(calculator),
        inputs: calculator.slots().iter().map(|slot| slot.name()).collect(),
    };
    Json(Calculator::ALL.into_iter().map(body).collect())
}

/// Calculates. Nothing is stored.
#[utoipa::path(post, path = "/api/calculators/{name}", request_body = CalculationBody,
    params(("name" = String, Path, description = "lump-sum, pension, retirement-date, unemployment, maternity, sickness, household-health, voluntary, bill")),
    responses(
        (status = 200, body = CalculationResult),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "an input is missing or cannot be; the message says which"),
        (status = 429, body = ErrorBody, description = "see Retry-After")
))]
pub(super) async fn calculate_one(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    web.inner.origins.check(&headers)?;
    web.inner.limits.request(web.inner.limits.network(peer, &headers))?;
    let Path(name) = name.map_err(|_| ApiError::NotFound)?;
    let calculator: Calculator = name.parse().map_err(|()| ApiError::NotFound)?;
    let body = body.map_err(|_| ApiError::BadJson)?;
    let answers: Answers = serde_json::from_slice(&body).map_err(|_| ApiError::BadJson)?;
    if let Some((slot, _)) = answers.iter().find(|(slot, _)| !calculator.slots().contains(slot)) {
        return Err(ApiError::BadRequest(slot.name()));
    }
    let today = day_in_vietnam(now_ms());
    let knowledge = web.conversations().knowledge();
    let law = Law::new(knowledge.faq().constants());
    let outcome = answers.checked().and_then(|answers| {
        let outcome = calculate(calculator, &answers, today, law)?;
        Ok((answers, outcome))
    });
    Ok(match outcome {
        Ok((answers, result)) => {
            let sheet = words::sheet(calculator, &answers, &Default::default(), &result, law, today);
            let text = sheet.blocks.into_iter().chain(sheet.more).collect();
            Json(CalculationResult { calculator: calculator.name(), as_of: Date::to_string(&today), answers, result, text }).into_response()
        }
        Err(refusal) => {
            let words = words::refusal(&refusal).spans().map(|span| span.text.as_str()).collect::<String>();
            (StatusCode::UNPROCESSABLE_ENTITY, Json(ErrorBody::new("cannot_calculate", words))).into_response()
        }
    })
}

/// The inputs of every calculator are named once.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::calculator::Slot;

    #[test]
    fn every_calculator_lists_inputs_that_are_known() {
        for calculator in Calculator::ALL {
            for slot in calculator.slots() {
                assert_eq!(slot.name().parse::<Slot>(), Ok(*slot));
            }
        }
    }
}
