//! A place as it is shown: a card, the way there, a small map.

use jiff::civil::Date;
use knowledge::places::{Hit, Level, Near, Place, PlaceKind, Places, Point, Precision};
use serde::{Deserialize, Serialize};

use super::SoughtPlace;
use crate::dialogue::choice::ChoiceId;
use crate::dialogue::texts::place as words;

/// Communes named on a map.
const MAP_COMMUNES_MAX: usize = 9;

/// Places to go to, as they are shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlaceList {
    /// In order.
    pub cards: Vec<PlaceCard>,
    /// Where they lie; absent when no point is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<PlaceMap>,
    /// What the licences of the points want shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
}

/// One place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlaceCard {
    /// On the list and on the map, from 1.
    pub number: usize,
    /// What is tapped to say that something is wrong with it.
    pub wrong: String,
    /// Its name.
    pub name: String,
    /// The code of a facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where; the commune when no more is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// As people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// As a phone dials it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_href: Option<String>,
    /// How far, and from where that is reckoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<String>,
    /// When it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// It is responsible, it has moved, it is not confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Where that was read, and of which day it is.
    pub source: String,
    /// Opens a map with the way there; absent when nobody knows where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directions: Option<String>,
}

/// A small map without any picture from elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlaceMap {
    /// The places, numbered as the cards are.
    pub places: Vec<MapPoint>,
    /// Communes around them, to find one's way.
    pub communes: Vec<MapCommune>,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    /// Of the card.
    pub number: usize,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The building and not the middle of its commune.
    pub exact: bool,
}

/// The middle of a commune on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapCommune {
    /// Its name.
    pub name: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The one that was searched in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub here: bool,
}

/// A hit as it is told.
pub fn sought_place(places: &Places, hit: &Hit, near: Near) -> SoughtPlace {
    let place = places.place(hit.place);
    let from_unit = match near {
        Near::Unit(unit) => Some(unit),
        Near::Point(_) => None,
    };
    let distance = hit.distance_m.map(|metres| match from_unit {
        Some(unit) => {
            let same = place.ward.as_deref() == Some(places.gazetteer().unit(unit).code);
            words::distance_from_unit(metres, same, place.precision, places.gazetteer().unit(unit).level)
        }
        None => words::distance_from_you(metres, place.precision),
    });
    SoughtPlace { kind: place.kind, id: place.id.clone(), distance, responsible: hit.responsible }
}

/// What is to be known of a place beside where it is.
pub fn notes(places: &Places, number: u32, today: Date) -> Vec<String> {
    let place = places.place(number);
    let mut notes: Vec<String> = Vec::new();
    if !Places::is_valid(&place, today) {
        let successor = place.successor.as_deref().and_then(|id| places.number(place.kind, id)).map(|at| places.place(at));
        let served = place.ward.as_deref().and_then(|ward| places.serving(ward).first()).map(|&at| places.place(at));
        let instead = successor.or(served.filter(|_| place.kind == PlaceKind::Office));
        notes.push(words::gone(&place, instead.as_ref()));
    }
    if place.kind == PlaceKind::Office && !place.former.is_empty() {
        notes.push(words::formerly(&place.former));
    }
    notes.extend(place.note.clone());
    notes
}

/// A place as it is shown.
pub fn card(places: &Places, number: u32, at: usize) -> PlaceCard {
    let place = &places.place(number);
    let commune =
        place.ward.as_deref().and_then(|ward| places.gazetteer().number(Level::Ward, ward)).map(|ward| places.gazetteer().label(ward));
    let province = || {
        place
            .province
            .as_deref()
            .and_then(|code| places.gazetteer().number(Level::Province, code))
            .map(|at| places.gazetteer().unit(at).name.to_owned())
    };
    let area = commune.or_else(province);
    let address = match (&place.address, &area) {
        (Some(address), _) => Some(address.clone()),
        (None, Some(area)) => Some(words::only_area(area)),
        (None, None) => None,
    };
    PlaceCard {
        number: at,
        wrong: ChoiceId::WrongPlace(place.kind, place.id.clone()).to_string(),
        name: place.name.clone(),
        code: (place.kind == PlaceKind::Facility).then(|| place.id.clone()),
        address,
        phone: place.phone.clone(),
        phone_href: place.phone.as_deref().and_then(dial),
        distance: None,
        hours: place.hours.as_ref().map(knowledge::places::Hours::shown),
        notes: Vec::new(),
        source: words::source(place),
        directions: directions(place, area.as_deref()),
    }
}

/// `tel:` with nothing but what a phone dials: the first number of several.
fn dial(phone: &str) -> Option<String> {
    let first = phone.split([';', '/', ',']).next()?;
    let digits: String = first.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    (digits.len() >= 3).then(|| format!("tel:{digits}"))
}

/// A link that a phone opens in its own map: to the point when it is the building's, else to the words of the address. The middle of a
/// commune would lead somebody into a field.
fn directions(place: &Place, area: Option<&str>) -> Option<String> {
    let wanted = match place.point.filter(|_| place.precision >= Precision::Street) {
        Some(point) => format!("{},{}", point.lat(), point.lon()),
        None => {
            // With neither street nor commune a map would show some other house of the name.
            let area = area.filter(|_| place.address.is_some() || place.ward.is_some())?;
            let parts = [Some(place.name.as_str()), place.address.as_deref(), Some(area)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    };
    Some(format!("https://www.google.com/maps/dir/?api=1&destination={}", percent(&wanted)))
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// What the licences of the points of these places want shown.
pub fn attribution(places: &Places, numbers: &[u32]) -> Option<String> {
    let of = |place: &Place| {
        let sources = [Some(&place.source), place.point_source.as_ref()];
        sources.into_iter().flatten().filter_map(|source| source.attribution.clone()).collect::<Vec<_>>()
    };
    let mut all: Vec<String> = numbers.iter().flat_map(|&number| of(&places.place(number))).collect();
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The places on a map, with communes around them. `None` when no point is known.
pub fn map_of(places: &Places, numbers: &[u32], first: usize, unit: Option<u32>) -> Option<PlaceMap> {
    const DECIMALS: f64 = 1e4;
    let round = |degrees: f64| (degrees * DECIMALS).round() / DECIMALS;
    let points: Vec<MapPoint> = numbers
        .iter()
        .zip(first..)
        .filter_map(|(&number, at)| {
            let place = places.place(number);
            let exact = place.precision >= Precision::Street;
            place.point.map(|point| MapPoint { number: at, lat: round(point.lat()), lon: round(point.lon()), exact })
        })
        .collect();
    let middle = unit.filter(|&unit| !places.is_wide(unit)).and_then(|unit| places.gazetteer().point(unit));
    let middle = middle.or_else(|| Point::new(points.first()?.lat, points.first()?.lon))?;
    if points.is_empty() {
        return None;
    }
    let communes = places.wards_near(middle).take(MAP_COMMUNES_MAX).filter_map(|ward| {
        let point = places.gazetteer().point(ward)?;
        let name = places.gazetteer().short_name(ward).to_owned();
        Some(MapCommune { name, lat: round(point.lat()), lon: round(point.lon()), here: unit == Some(ward) })
    });
    Some(PlaceMap { places: points, communes: communes.collect() })
}
