//! Places: offices, collection points, facilities, and the administrative units in which they are looked for.
//!
//! [`Places`] is a snapshot: made from rows, immutable, shared, exchanged as a whole. [`Places::ask`] reads a message,
//! [`Places::find`] looks for what is near. The crate knows no database and no file: rows come in, [`Places::embedded`] are the ones
//! that the program carries.

mod ask;
mod compact;
mod gazetteer;
mod hours;
mod names;
mod nearest;
mod point;
mod row;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::civil::{Date, Weekday};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

pub use ask::{Open, PlaceQuestion, Spot, What};
pub use compact::{CompactError, decode, encode, level_letter, level_of};
pub use gazetteer::{CHOICES_MAX as UNITS_ASKED_MAX, Found, Gazetteer};
pub use hours::Hours;
pub use names::facility_code;
pub use nearest::Nearest;
pub use point::Point;
pub use row::{Code, Confidence, Level, Place, PlaceKind, PlacePoint, Precision, Rows, Sort, Source, Unit};

use names::Names;

/// Places looked at for one search, however few of them fit: filters may leave out nearly all.
const LOOKED_AT_MAX: usize = 20_000;
/// Places that a search gives at most.
pub const HITS_MAX: usize = 30;

/// A unit as buttons and logs name it: its level and its code, `W00004`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitKey {
    level: Level,
    code: Code,
}

impl UnitKey {
    /// Longer codes than this are none.
    const CODE_CHARS_MAX: usize = 8;

    /// Of a unit.
    pub fn of(unit: &Unit) -> UnitKey {
        UnitKey { level: unit.level, code: unit.code.clone() }
    }

    /// `None` for what is no key.
    pub fn parse(text: &str) -> Option<UnitKey> {
        let level = level_of(text.get(..1)?)?;
        let code = &text[1..];
        let fits = (1..=UnitKey::CODE_CHARS_MAX).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| UnitKey { level, code: code.to_owned() })
    }
}

impl fmt::Display for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", level_letter(self.level), self.code)
    }
}

impl TryFrom<String> for UnitKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<UnitKey, &'static str> {
        UnitKey::parse(&text).ok_or("no key of a unit")
    }
}

impl From<UnitKey> for String {
    fn from(key: UnitKey) -> String {
        key.to_string()
    }
}

/// Where a search begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Near {
    /// At a point.
    Point(Point),
    /// In a unit, by its number.
    Unit(u32),
}

/// What a search wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// What for.
    pub kind: PlaceKind,
    /// Only of this sort.
    pub sort: Option<Sort>,
    /// Only of this level of care.
    pub care_level: Option<&'static str>,
    /// Only what is known to be open then.
    pub open: Option<(Weekday, Option<u16>)>,
    /// Only what is known to take emergencies day and night.
    pub emergency: bool,
    /// The day of the search.
    pub today: Date,
}

impl Wish {
    /// Everything of a kind.
    pub fn of(kind: PlaceKind, today: Date) -> Wish {
        Wish { kind, sort: None, care_level: None, open: None, emergency: false, today }
    }

    fn is_met_by(&self, place: &Place) -> bool {
        place.kind == self.kind
            && self.sort.is_none_or(|sort| place.sort == sort)
            && self.care_level.is_none_or(|level| place.care_level.as_deref() == Some(level))
            && (!self.emergency || place.emergency == Some(true))
            && self.open.is_none_or(|(day, minute)| {
                let hours = place.hours.as_ref();
                hours.is_some_and(|hours| minute.map_or(hours.opens_on(day), |minute| hours.is_open(day, minute)))
            })
            && Places::is_valid(place, self.today)
    }
}

/// A place that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its number.
    pub place: u32,
    /// From where the search began; `None` when the place is listed by its area.
    pub distance_m: Option<f64>,
    /// It is responsible for the commune, by its list.
    pub responsible: bool,
}

/// All places, ready to be searched.
pub struct Places {
    gazetteer: Gazetteer,
    places: Vec<Place>,
    names: Names,
    by_id: FxHashMap<(PlaceKind, Code), u32>,
    /// Places of each kind whose point may be measured from.
    near: [Nearest; 3],
    /// The middles of the present communes, by their numbers in the gazetteer.
    wards: Nearest,
    /// A commune to the offices that serve it.
    served: FxHashMap<Code, Vec<u32>>,
    /// Places of each province.
    of_province: FxHashMap<Code, Vec<u32>>,
}

impl Places {
    /// The places that the program carries.
    pub fn embedded() -> Arc<Places> {
        static EMBEDDED: LazyLock<Arc<Places>> = LazyLock::new(|| Arc::new(Places::build(Places::embedded_rows())));
        Arc::clone(&EMBEDDED)
    }

    /// Their rows.
    pub fn embedded_rows() -> Rows {
        // The file is part of the program and read by a test: an unreadable one leaves no places instead of a crash.
        decode(include_str!("../../data/places.tsv")).unwrap_or_default()
    }

    /// From rows: layers of points are put on the places they belong to, unless those are known better.
    pub fn build(rows: Rows) -> Places {
        let Rows { units, mut places, points } = rows;
        let gazetteer = Gazetteer::build(units, include_str!("../../data/place-names.tsv"));
        places.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        places.dedup_by(|a, b| a.kind == b.kind && a.id == b.id);
        let by_id: FxHashMap<(PlaceKind, Code), u32> =
            places.iter().zip(0..).map(|(place, at)| ((place.kind, place.id.clone()), at)).collect();
        for layer in points {
            let Some(&at) = by_id.get(&(layer.kind, layer.id)) else { continue };
            let place = &mut places[at as usize];
            if layer.precision > place.precision {
                (place.point, place.precision, place.confidence) = (Some(layer.point), layer.precision, Confidence::High);
                place.point_source = Some(layer.source);
                place.phone = place.phone.take().or(layer.phone);
            }
        }
        for place in &mut places {
            // A commune says in which province it lies.
            if place.province.is_none()
                && let Some(ward) = place.ward.as_deref().and_then(|ward| gazetteer.number(Level::Ward, ward))
            {
                place.province = gazetteer.province(ward).map(|province| gazetteer.unit(province).code.clone());
            }
        }
        let numbered = || places.iter().zip(0u32..);
        let near = PlaceKind::ALL.map(|kind| {
            let known = |place: &Place| place.kind == kind && place.confidence != Confidence::Low;
            Nearest::build(numbered().filter(|(place, _)| known(place)).filter_map(|(place, at)| Some((at, place.point?))))
        });
        let wards = Nearest::build(gazetteer.of_level(Level::Ward).filter_map(|ward| Some((ward, gazetteer.point(ward)?))));
        let mut served: FxHashMap<Code, Vec<u32>> = FxHashMap::default();
        let mut of_province: FxHashMap<Code, Vec<u32>> = FxHashMap::default();
        for (place, at) in numbered() {
            place.serves.iter().for_each(|ward| served.entry(ward.clone()).or_default().push(at));
            if let Some(province) = &place.province {
                of_province.entry(province.clone()).or_default().push(at);
            }
        }
        let names = Names::build(&places);
        Places { gazetteer, names, by_id, near, wards, served, of_province, places }
    }

    /// The administrative units.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }

    /// All places by their numbers.
    pub fn all(&self) -> &[Place] {
        &self.places
    }

    /// A place by its number.
    pub fn place(&self, number: u32) -> &Place {
        &self.places[number as usize]
    }

    /// Its number.
    pub fn number(&self, kind: PlaceKind, id: &str) -> Option<u32> {
        self.by_id.get(&(kind, id.to_owned())).copied()
    }

    /// How many places of a kind are valid on a day.
    pub fn count(&self, kind: PlaceKind, today: Date) -> usize {
        self.places.iter().filter(|place| place.kind == kind && Places::is_valid(place, today)).count()
    }

    /// Reads a message. Any text is read in bounded time.
    pub fn ask(&self, text: &str) -> PlaceQuestion {
        ask::read_question(self, text)
    }

    /// A unit by the key of a button.
    pub fn unit(&self, key: &UnitKey) -> Option<u32> {
        self.gazetteer.number(key.level, &key.code)
    }

    /// The key of a unit.
    pub fn key(&self, unit: u32) -> UnitKey {
        UnitKey::of(self.gazetteer.unit(unit))
    }

    /// Whether a place is there on a day.
    pub fn is_valid(place: &Place, today: Date) -> bool {
        let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
        day(&place.valid_from).is_none_or(|from| from <= today) && day(&place.valid_to).is_none_or(|to| today <= to)
    }

    /// The commune whose middle is nearest. It need not be the one that the point lies in.
    pub fn ward_near(&self, point: Point) -> Option<u32> {
        self.wards_near(point).next()
    }

    /// Communes by the distance of their middles.
    pub fn wards_near(&self, point: Point) -> impl Iterator<Item = u32> + '_ {
        self.wards.from(point).map(|(ward, _)| ward)
    }

    /// Places for a wish, the best first: offices that are responsible, then by distance, then what can only be listed for the area.
    /// At most `limit`, and never more than [`HITS_MAX`].
    pub fn find(&self, near: Near, wish: &Wish, limit: usize) -> Vec<Hit> {
        let limit = limit.min(HITS_MAX);
        let mut hits: Vec<Hit> = Vec::new();
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let (point, wards) = match near {
            Near::Point(point) => (Some(point), self.ward_near(point).map(|ward| vec![ward]).unwrap_or_default()),
            Near::Unit(unit) => (self.gazetteer.point(unit), self.gazetteer.wards(unit).to_vec()),
        };
        let province_wide = matches!(near, Near::Unit(unit) if self.is_wide(unit));
        if wish.kind == PlaceKind::Office && !province_wide {
            let mut served: Vec<u32> = wards
                .iter()
                .filter_map(|&ward| self.served.get(&self.gazetteer.unit(ward).code))
                .flatten()
                .copied()
                .filter(|&at| wish.is_met_by(self.place(at)) && seen.insert(at))
                .collect();
            let from = |at: u32| point.zip(self.place(at).point).map(|(from, to)| from.distance_m(to));
            served.sort_by(|&a, &b| from(a).unwrap_or(f64::MAX).total_cmp(&from(b).unwrap_or(f64::MAX)).then(a.cmp(&b)));
            hits.extend(served.into_iter().map(|place| Hit { place, distance_m: from(place), responsible: true }));
        }
        if province_wide {
            if let Near::Unit(unit) = near {
                hits.extend(self.in_province(unit, wish, &mut seen));
            }
        } else if let Some(point) = point {
            let province = wards.first().and_then(|&ward| self.gazetteer.province(ward));
            // Who is responsible for a commune is never in another province, however near.
            let within = province.filter(|_| wish.kind == PlaceKind::Office).map(|province| self.gazetteer.unit(province).code.as_str());
            hits.extend(self.by_distance(point, wish, within, limit, &mut seen));
            if wish.kind == PlaceKind::Office
                && hits.len() < limit
                && let Some(office) = province.and_then(|province| self.province_office(province, wish.today))
                && wish.is_met_by(self.place(office))
                && seen.insert(office)
            {
                hits.push(Hit { place: office, distance_m: None, responsible: false });
            }
        }
        hits.truncate(limit);
        hits
    }

    /// Whether a unit is so wide that distances from its middle say nothing.
    pub fn is_wide(&self, unit: u32) -> bool {
        matches!(self.gazetteer.unit(unit).level, Level::Province | Level::OldProvince)
    }

    fn by_distance(&self, point: Point, wish: &Wish, within: Option<&str>, limit: usize, seen: &mut FxHashSet<u32>) -> Vec<Hit> {
        let mut found: Vec<(f64, u32)> = Vec::new();
        for (place, distance) in self.near[wish.kind as usize].from(point).take(LOOKED_AT_MAX) {
            // Those at the same distance are all collected, so that their order does not depend on the tree.
            if found.len() >= limit && found.last().is_some_and(|&(last, _)| distance > last) {
                break;
            }
            let inside = within.is_none_or(|province| self.place(place).province.as_deref() == Some(province));
            if inside && wish.is_met_by(self.place(place)) && seen.insert(place) {
                found.push((distance, place));
            }
        }
        // A commune's places share its middle: hospitals come first there.
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| self.place(a.1).sort.cmp(&self.place(b.1).sort)).then(a.1.cmp(&b.1)));
        found.into_iter().map(|(distance, place)| Hit { place, distance_m: Some(distance), responsible: false }).collect()
    }

    /// A province is too wide to measure from its middle: what is in it, the larger first.
    fn in_province(&self, unit: u32, wish: &Wish, seen: &mut FxHashSet<u32>) -> Vec<Hit> {
        let Some(province) = self.gazetteer.province(unit) else { return Vec::new() };
        let mut found: Vec<u32> = self.of_province.get(&self.gazetteer.unit(province).code).into_iter().flatten().copied().collect();
        if province != unit {
            // Of a former province only its own communes, and the office that it has now.
            let wards: FxHashSet<&str> = self.gazetteer.wards(unit).iter().map(|&ward| self.gazetteer.unit(ward).code.as_str()).collect();
            let inside =
                |place: &Place| place.sort == Sort::ProvinceOffice || place.ward.as_deref().is_some_and(|ward| wards.contains(ward));
            found.retain(|&at| inside(self.place(at)));
        }
        found.retain(|&at| wish.is_met_by(self.place(at)) && seen.insert(at));
        found.sort_by_key(|&at| {
            let place = self.place(at);
            (place.sort, place.address.is_none(), at)
        });
        found.into_iter().map(|place| Hit { place, distance_m: None, responsible: false }).collect()
    }

    /// The office of a province.
    pub fn province_office(&self, province: u32, today: Date) -> Option<u32> {
        let code = &self.gazetteer.unit(province).code;
        let offices = self.of_province.get(code).into_iter().flatten().copied();
        offices.filter(|&at| self.place(at).sort == Sort::ProvinceOffice && Places::is_valid(self.place(at), today)).min()
    }

    /// Offices that serve a commune, by its code.
    pub fn serving(&self, ward: &str) -> &[u32] {
        self.served.get(ward).map(Vec::as_slice).unwrap_or_default()
    }

    /// Codes like one that is not there: with an O for a zero, or the other way round.
    pub fn codes_like(&self, code: &str) -> Vec<u32> {
        let plain = |text: &str| text.replace('O', "0");
        let wanted = plain(code);
        let facilities = self.places.iter().zip(0..).filter(|(place, _)| place.kind == PlaceKind::Facility && plain(&place.id) == wanted);
        facilities.map(|(_, at)| at).take(HITS_MAX).collect()
    }

    /// How many places each source has.
    pub fn sources(&self) -> BTreeMap<&Source, usize> {
        let mut sources: BTreeMap<&Source, usize> = BTreeMap::new();
        self.places.iter().for_each(|place| *sources.entry(&place.source).or_default() += 1);
        sources
    }
}

/// A name without case, accents and signs, for comparing headers and names: "Địa chỉ (trụ sở)" is "dia chi tru so".
pub fn plain(text: &str) -> String {
    let bare: String = crate::text::chars::normalize(text).chars().map(crate::text::chars::bare).collect();
    bare.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
