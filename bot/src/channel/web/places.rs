//! `GET /api/places`: offices, collection points and facilities, by point, by words, by name and by code. Nothing is stored.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use faq::Block;
use jiff::civil::Date;
use knowledge::places::{Found, HITS_MAX, Hit, Near, PlaceKind, PlaceQuestion, Places, Point, Sort, Spot, What, Wish, facility_code};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Web;
use super::error::{ApiError, ErrorBody};
use crate::conversation::now_ms;
use crate::dialogue::texts::place as words;
use crate::dialogue::{attribution, card, day_in_vietnam, notes, sought_place};

/// Characters of `q`: a sentence.
const Q_CHARS_MAX: usize = 200;
/// Characters of `near`: two numbers.
const NEAR_CHARS_MAX: usize = 64;
/// Places of one answer when `limit` does not say.
const LIMIT_USUAL: usize = 10;

#[derive(Deserialize)]
pub(super) struct Asked {
    near: Option<String>,
    kind: Option<String>,
    q: Option<String>,
    limit: Option<String>,
}

/// Places that were found, or the spots that the words may mean.
#[derive(Serialize, ToSchema)]
pub(super) struct PlacesBody {
    /// Where was looked: the commune whose middle is nearest to the point, or the unit that was named. Absent when neither was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    spot: Option<SpotBody>,
    /// The best first.
    places: Vec<PlaceBody>,
    /// Units that the words may mean, the likeliest first, at most 5: ask again with the label of one of them. Empty when the words are
    /// clear.
    choices: Vec<SpotBody>,
    /// To be shown beside the places, by the licences of their points.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<String>,
}

/// An administrative unit.
#[derive(Serialize, ToSchema)]
struct SpotBody {
    /// Its level (P, W: province and commune of today; p, d, w: province, district, commune until 30/06/2025) and its code.
    #[schema(example = "W00004")]
    unit: String,
    /// As people read it.
    label: String,
}

/// A place.
#[derive(Serialize, ToSchema)]
struct PlaceBody {
    /// `office`, `collection_point` or `facility`.
    kind: &'static str,
    /// Unique within its kind: of a facility the five-character code.
    id: String,
    /// What sort of office or facility it is: `benh_vien`, `phong_kham`, `base` ...
    sort: &'static str,
    name: String,
    /// The commune when no more is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// In Vietnamese, as coarse as it is known: "khoảng 3-4 km (theo trung tâm phường, xã)". Absent when the place is listed by its area.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<String>,
    /// It is the office that its list names for this commune.
    responsible: bool,
    /// Degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    /// How well the point is known: `exact`, `street`, `ward` (the middle of the commune), `district`, `province`, `none`.
    precision: &'static str,
    /// Opening hours, when they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<String>,
    /// What citizens should know beside: that it moved, that it is responsible.
    notes: Vec<String>,
    /// Where that was read, and of which day it is.
    source: String,
    /// A link to a map with the way there.
    #[serde(skip_serializing_if = "Option::is_none")]
    directions: Option<String>,
}

/// Why nothing can be looked for.
enum Refusal {
    /// A parameter is missing or not of its form.
    Parameter(&'static str),
    /// The point is none of ours: a code for programs, words for people.
    Point(&'static str, Vec<Block>),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Parameter(name) => ApiError::BadRequest(name).into_response(),
            Refusal::Point(code, words) => {
                let words = words.iter().flat_map(Block::spans).map(|span| span.text.as_str()).collect::<String>();
                (StatusCode::BAD_REQUEST, Json(ErrorBody::new(code, words))).into_response()
            }
        }
    }
}

/// Places near a point, in or near a unit that is named, by name or by code. Low-confidence points are never ranked by distance.
#[utoipa::path(get, path = "/api/places",
    params(
        ("near" = Option<String>, Query, description = "degrees north and east, `21.0285,105.8542`, in Vietnam; used for this answer and kept nowhere"),
        ("kind" = Option<String>, Query, description = "`office`, `collection_point` or `facility`; without it the nearest of each kind, or what `q` says"),
        ("q" = Option<String>, Query, description = "words, with or without accents: a unit of today or before (`gò vấp sg`), a name (`bv chợ rẫy`), a code (`01001`), a sort (`phòng khám`); at most 200 characters. One of `near` and `q` is needed"),
        ("limit" = Option<u32>, Query, description = "at most so many places, 1 to 30; 10 without it")
    ),
    responses(
        (status = 200, body = PlacesBody),
        (status = 400, body = ErrorBody, description = "bad_request: a parameter is missing or not of its form; not_a_point: `near` is no two numbers of degrees; swapped_point: longitude came first; outside_vietnam"),
        (status = 429, body = ErrorBody, description = "see Retry-After")
))]
pub(super) async fn find(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    web.inner.limits.request(web.inner.limits.network(peer, &headers))?;
    let Query(asked) = query.map_err(|_| ApiError::BadRequest("near"))?;
    let places = web.conversations().places();
    let answer = answer(&places, &asked, day_in_vietnam(now_ms()));
    // The address of the question has somebody's location in it: no cache keeps it.
    Ok(([(header::CACHE_CONTROL, "no-store")], answer.map_or_else(Refusal::into_response, |body| Json(body).into_response()))
        .into_response())
}

fn point(text: &str) -> Result<Point, Refusal> {
    let none = || Refusal::Point("not_a_point", words::no_point());
    let numbers = text.split_once(',').filter(|_| text.len() <= NEAR_CHARS_MAX).ok_or_else(none)?;
    let (lat, lon): (f64, f64) = numbers.0.trim().parse().ok().zip(numbers.1.trim().parse().ok()).ok_or_else(none)?;
    match Point::new(lat, lon) {
        Some(point) if point.is_in_vietnam() => Ok(point),
        _ if Point::new(lon, lat).is_some_and(Point::is_in_vietnam) => Err(Refusal::Point("swapped_point", words::swapped())),
        Some(_) => Err(Refusal::Point("outside_vietnam", words::outside())),
        None => Err(none()),
    }
}

fn answer(places: &Places, asked: &Asked, today: Date) -> Result<PlacesBody, Refusal> {
    let some = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let limit = match some(&asked.limit) {
        None => LIMIT_USUAL,
        Some(text) => text.parse().ok().filter(|limit| (1..=HITS_MAX).contains(limit)).ok_or(Refusal::Parameter("limit"))?,
    };
    let kind = match some(&asked.kind) {
        None => None,
        Some(name) => Some(PlaceKind::parse(&name).ok_or(Refusal::Parameter("kind"))?),
    };
    let near = some(&asked.near).map(|text| point(&text)).transpose()?;
    let q = some(&asked.q);
    if q.as_deref().is_some_and(|q| q.chars().count() > Q_CHARS_MAX) || near.is_none() && q.is_none() {
        return Err(Refusal::Parameter("q"));
    }
    let read = q.as_deref().map(|q| places.ask(q));
    // A bare code is one here, where nothing else is talked of.
    let code = q.as_deref().and_then(facility_code).or_else(|| read.as_ref().and_then(|read| read.code.clone()));
    if let Some(number) = code.as_deref().and_then(|code| places.number(PlaceKind::Facility, code)) {
        return Ok(body(places, None, Vec::new(), &[told(number)], None, today));
    }
    let spot = match (near, read.as_ref().map(|read| &read.spot)) {
        (Some(point), _) => Near::Point(point),
        (None, Some(Spot::Named(Found::One(unit)))) => Near::Unit(*unit),
        (None, Some(Spot::Named(Found::Several { units, .. }))) => {
            return Ok(body(places, None, units.clone(), &[], None, today));
        }
        (None, _) => {
            let named = read.map_or_else(Vec::new, |read| read.named);
            let wanted = named.into_iter().filter(|&number| kind.is_none_or(|kind| places.kind(number) == kind));
            let hits: Vec<Hit> = wanted.take(limit).map(told).collect();
            return Ok(body(places, None, Vec::new(), &hits, None, today));
        }
    };
    let wishes = wishes(kind, read.as_ref(), today);
    let of_each = limit.div_ceil(wishes.len());
    let hits: Vec<Hit> = wishes.iter().flat_map(|wish| places.find(spot, wish, of_each)).take(limit).collect();
    let unit = match spot {
        Near::Point(point) => places.ward_near(point),
        Near::Unit(unit) => Some(unit),
    };
    Ok(body(places, unit, Vec::new(), &hits, Some(spot), today))
}

/// What is looked for: what the parameter says, then what the words say, then everything.
fn wishes(kind: Option<PlaceKind>, read: Option<&PlaceQuestion>, today: Date) -> Vec<Wish> {
    let said = read.and_then(|read| match read.what {
        Some(What::Place(kind, sort)) => Some((kind, sort)),
        Some(What::Employment) | None => None,
    });
    let of = |kind: PlaceKind, sort: Option<Sort>| Wish { sort: sort.filter(|sort| sort.kind() == kind), ..Wish::of(kind, today) };
    match (kind, said) {
        (Some(kind), said) => vec![of(kind, said.and_then(|(_, sort)| sort))],
        (None, Some((kind, sort))) => vec![of(kind, sort)],
        (None, None) => PlaceKind::ALL.map(|kind| of(kind, None)).to_vec(),
    }
}

fn told(place: u32) -> Hit {
    Hit { place, distance_m: None, responsible: false }
}

fn body(places: &Places, unit: Option<u32>, choices: Vec<u32>, hits: &[Hit], near: Option<Near>, today: Date) -> PlacesBody {
    let spot = |unit: u32| SpotBody { unit: places.key(unit).to_string(), label: places.gazetteer().label(unit) };
    let numbers: Vec<u32> = hits.iter().map(|hit| hit.place).collect();
    PlacesBody {
        spot: unit.map(spot),
        places: hits.iter().zip(1..).map(|(hit, at)| place_body(places, hit, at, near, today)).collect(),
        choices: choices.into_iter().map(spot).collect(),
        attribution: attribution(places, &numbers),
    }
}

fn place_body(places: &Places, hit: &Hit, at: usize, near: Option<Near>, today: Date) -> PlaceBody {
    let place = places.place(hit.place);
    let card = card(places, hit.place, at);
    PlaceBody {
        kind: place.kind.name(),
        sort: place.sort.name(),
        distance: near.and_then(|near| sought_place(places, hit, near).distance),
        responsible: hit.responsible,
        lat: place.point.map(Point::lat),
        lon: place.point.map(Point::lon),
        precision: place.precision.name(),
        notes: hit.responsible.then(words::responsible).into_iter().chain(notes(places, hit.place, today)).collect(),
        id: place.id,
        name: card.name,
        address: card.address,
        phone: card.phone,
        hours: card.hours,
        source: card.source,
        directions: card.directions,
    }
}
