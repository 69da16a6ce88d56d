//! Places: offices, collection points, facilities, and the administrative units in which they are looked for.
//!
//! [`Places`] is a snapshot: made from rows, immutable, shared, exchanged as a whole. [`Places::ask`] reads a message,
//! [`Places::find`] looks for what is near. The crate knows no database and no file: rows come in, [`Places::embedded`] are the ones
//! that the program carries.

mod ask;
mod compact;
mod gazetteer;
mod hours;
mod lines;
mod names;
mod nearest;
mod point;
mod row;
mod slips;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::civil::{Date, Weekday};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

pub use ask::{Open, PlaceQuestion, Spot, What};
pub use compact::{CompactError, decode, encode, level_letter, level_of};
pub use gazetteer::{CHOICES_MAX as UNITS_ASKED_MAX, Found, Gazetteer, UnitView};
pub use hours::Hours;
pub use names::facility_code;
pub use nearest::Nearest;
pub use point::Point;
pub use row::{Code, Confidence, Level, Place, PlaceKind, PlacePoint, Precision, Rows, Sort, Source, Unit};

use compact::{Fields, place_field};
use lines::{Lines, Lists};
use names::Names;
use point::PackedPoint;

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
    pub fn of(unit: &UnitView<'_>) -> UnitKey {
        UnitKey { level: unit.level, code: unit.code.to_owned() }
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

    fn is_met_by(&self, places: &Places, number: u32) -> bool {
        let known = places.known(number);
        let plain =
            known.sort.kind() == self.kind && self.sort.is_none_or(|sort| known.sort == sort) && known.is_valid(day_number(self.today));
        if !plain || self.care_level.is_none() && !self.emergency && self.open.is_none() {
            return plain;
        }
        let fields = places.fields(number);
        self.care_level.is_none_or(|level| fields.get(place_field::CARE_LEVEL) == level)
            && (!self.emergency || fields.get(place_field::EMERGENCY) == "1")
            && self.open.is_none_or(|(day, minute)| {
                let hours = Hours::parse(fields.get(place_field::HOURS));
                hours.is_some_and(|hours| minute.map_or(hours.opens_on(day), |minute| hours.is_open(day, minute)))
            })
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

/// What searches look at of a place; the rest is in its line.
struct Known {
    /// Where its line begins.
    line: u32,
    sort: Sort,
    confidence: Confidence,
    point: PackedPoint,
    /// The number of its province; of the commune's when the list has none.
    province: Option<u32>,
    /// The first and the last day, see [`day_number`].
    valid: (i32, i32),
}

impl Known {
    fn is_valid(&self, day: i32) -> bool {
        (self.valid.0..=self.valid.1).contains(&day)
    }
}

/// Days in their order: 20260131.
fn day_number(day: Date) -> i32 {
    i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day())
}

/// All places, ready to be searched. They are kept as the text that they travel in (see [`lines`]): what searches look at is beside it.
pub struct Places {
    lines: Arc<Lines>,
    sources: Vec<Arc<Source>>,
    gazetteer: Gazetteer,
    /// By kind and id.
    places: Box<[Known]>,
    names: Names,
    /// Places of each kind whose point may be measured from.
    near: [Nearest; 3],
    /// The middles of the present communes, by their numbers in the gazetteer.
    wards: Nearest,
    /// A commune to the offices that serve it.
    served: Lists,
    /// Places of each province.
    of_province: Lists,
}

impl Places {
    const TEXT: &str = include_str!("../../data/places.tsv");

    /// The places that the program carries.
    pub fn embedded() -> Arc<Places> {
        static EMBEDDED: LazyLock<Arc<Places>> = LazyLock::new(|| Arc::new(Places::from_text(Cow::Borrowed(Places::TEXT))));
        Arc::clone(&EMBEDDED)
    }

    /// Their rows.
    pub fn embedded_rows() -> Rows {
        // The file is part of the program and read by a test: an unreadable one leaves no places instead of a crash.
        decode(Places::TEXT).unwrap_or_default()
    }

    /// From rows: layers of points are put on the places they belong to, unless those are known better.
    pub fn build(mut rows: Rows) -> Places {
        let by_id: FxHashMap<(PlaceKind, &str), usize> =
            rows.places.iter().enumerate().map(|(at, place)| ((place.kind, place.id.as_str()), at)).collect();
        let points = std::mem::take(&mut rows.points);
        let put: Vec<(usize, PlacePoint)> =
            points.into_iter().filter_map(|layer| Some((*by_id.get(&(layer.kind, layer.id.as_str()))?, layer))).collect();
        for (at, layer) in put {
            let place = &mut rows.places[at];
            if layer.precision > place.precision {
                (place.point, place.precision, place.confidence) = (Some(layer.point), layer.precision, Confidence::High);
                place.point_source = Some(layer.source);
                place.phone = place.phone.take().or(layer.phone);
            }
        }
        let text = encode(&rows);
        drop(rows);
        Places::from_text(Cow::Owned(text))
    }

    /// From text, see [`compact`]; what cannot be read is left out.
    fn from_text(text: Cow<'static, str>) -> Places {
        let lines = Arc::new(Lines::new(text));
        let gazetteer = Gazetteer::build(Arc::clone(&lines), include_str!("../../data/place-names.tsv"));
        let mut sources = Vec::new();
        let mut places: Vec<Known> = Vec::new();
        for (at, line) in lines.iter() {
            let fields = Fields::of(line);
            match fields.get(0) {
                "S" => sources.push(fields.source()),
                "P" => {
                    let ward = gazetteer.number(Level::Ward, fields.get(place_field::WARD));
                    let point = fields.place_point(|_| gazetteer.point(ward?));
                    let (Ok(sort), Ok(point)) = (fields.sort(), point) else { continue };
                    let province = match fields.get(place_field::PROVINCE) {
                        "" => ward.and_then(|ward| gazetteer.province(ward)),
                        code => gazetteer.number(Level::Province, code),
                    };
                    let day = |at: usize| fields.get(at).parse().ok().map(day_number);
                    places.push(Known {
                        line: at,
                        sort,
                        confidence: fields.confidence(),
                        point: point.into(),
                        province,
                        valid: (day(place_field::VALID_FROM).unwrap_or(i32::MIN), day(place_field::VALID_TO).unwrap_or(i32::MAX)),
                    });
                }
                _ => {}
            }
        }
        let id = |known: &Known| lines.field(known.line, place_field::ID);
        places.sort_by(|a, b| (a.sort.kind(), id(a)).cmp(&(b.sort.kind(), id(b))));
        places.dedup_by(|a, b| a.sort.kind() == b.sort.kind() && id(a) == id(b));
        let numbered = || places.iter().zip(0u32..);
        let near = PlaceKind::ALL.map(|kind| {
            let known = |known: &Known| known.sort.kind() == kind && known.confidence != Confidence::Low;
            Nearest::build(numbered().filter(|(place, _)| known(place)).filter_map(|(place, at)| Some((at, place.point.get()?))))
        });
        let wards = Nearest::build(gazetteer.of_level(Level::Ward).filter_map(|ward| Some((ward, gazetteer.point(ward)?))));
        let (mut served, mut of_province) = (Vec::new(), Vec::new());
        for (place, at) in numbered() {
            let serves = compact::entries(lines.field(place.line, place_field::SERVES));
            served.extend(serves.filter_map(|ward| Some((gazetteer.number(Level::Ward, ward)?, at))));
            of_province.extend(place.province.map(|province| (province, at)));
        }
        let names = Names::build(places.iter().map(|known| {
            let fields = Fields::of(lines.line(known.line));
            std::iter::once(fields.get(place_field::NAME)).chain(compact::entries(fields.get(place_field::FORMER)))
        }));
        let (served, of_province) = (Lists::of(gazetteer.len(), served), Lists::of(gazetteer.len(), of_province));
        Places { sources, gazetteer, names, near, wards, served, of_province, places: places.into(), lines }
    }

    /// The administrative units.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn known(&self, number: u32) -> &Known {
        &self.places[number as usize]
    }

    fn fields(&self, number: u32) -> Fields<'_> {
        Fields::of(self.lines.line(self.known(number).line))
    }

    /// A place by its number, read from where it is kept.
    pub fn place(&self, number: u32) -> Place {
        let known = self.known(number);
        let fields = self.fields(number);
        let place = fields.place(&self.sources, |_| known.point.get());
        // Its line was read when the places were built.
        let mut place = place.unwrap_or_else(|_| Place::named(known.sort.kind(), Code::new(), Code::new(), known.sort, Arc::default()));
        place.province = place.province.or_else(|| known.province.map(|province| self.gazetteer.unit(province).code.to_owned()));
        place
    }

    /// Its number.
    pub fn number(&self, kind: PlaceKind, id: &str) -> Option<u32> {
        let id_of = |known: &Known| self.lines.field(known.line, place_field::ID);
        let found = self.places.binary_search_by(|known| known.sort.kind().cmp(&kind).then_with(|| id_of(known).cmp(id)));
        found.ok().map(|at| at as u32)
    }

    /// What a place is for.
    pub fn kind(&self, number: u32) -> PlaceKind {
        self.sort(number).kind()
    }

    /// What sort it is.
    pub fn sort(&self, number: u32) -> Sort {
        self.known(number).sort
    }

    /// Its name.
    pub fn name(&self, number: u32) -> &str {
        self.fields(number).get(place_field::NAME)
    }

    fn former(&self, number: u32) -> impl Iterator<Item = &str> {
        compact::entries(self.fields(number).get(place_field::FORMER))
    }

    fn find_named(&self, asked: &[words::Token]) -> Vec<(u32, f64)> {
        self.names.find(asked, self)
    }

    /// How many places of a kind are valid on a day.
    pub fn count(&self, kind: PlaceKind, today: Date) -> usize {
        self.places.iter().filter(|known| known.sort.kind() == kind && known.is_valid(day_number(today))).count()
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
        UnitKey::of(&self.gazetteer.unit(unit))
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
                .flat_map(|&ward| self.served.get(ward))
                .copied()
                .filter(|&at| wish.is_met_by(self, at) && seen.insert(at))
                .collect();
            let from = |at: u32| point.zip(self.known(at).point.get()).map(|(from, to)| from.distance_m(to));
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
            let within = province.filter(|_| wish.kind == PlaceKind::Office);
            hits.extend(self.by_distance(point, wish, within, limit, &mut seen));
            if wish.kind == PlaceKind::Office
                && hits.len() < limit
                && let Some(office) = province.and_then(|province| self.province_office(province, wish.today))
                && wish.is_met_by(self, office)
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
        matches!(self.gazetteer.level(unit), Level::Province | Level::OldProvince)
    }

    fn by_distance(&self, point: Point, wish: &Wish, within: Option<u32>, limit: usize, seen: &mut FxHashSet<u32>) -> Vec<Hit> {
        let mut found: Vec<(f64, u32)> = Vec::new();
        for (place, distance) in self.near[wish.kind as usize].from(point).take(LOOKED_AT_MAX) {
            // Those at the same distance are all collected, so that their order does not depend on the tree.
            if found.len() >= limit && found.last().is_some_and(|&(last, _)| distance > last) {
                break;
            }
            let inside = within.is_none_or(|province| self.known(place).province == Some(province));
            if inside && wish.is_met_by(self, place) && seen.insert(place) {
                found.push((distance, place));
            }
        }
        // A commune's places share its middle: hospitals come first there.
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| self.sort(a.1).cmp(&self.sort(b.1))).then(a.1.cmp(&b.1)));
        found.into_iter().map(|(distance, place)| Hit { place, distance_m: Some(distance), responsible: false }).collect()
    }

    /// A province is too wide to measure from its middle: what is in it, the larger first.
    fn in_province(&self, unit: u32, wish: &Wish, seen: &mut FxHashSet<u32>) -> Vec<Hit> {
        let Some(province) = self.gazetteer.province(unit) else { return Vec::new() };
        let mut found: Vec<u32> = self.of_province.get(province).to_vec();
        if province != unit {
            // Of a former province only its own communes, and the office that it has now.
            let wards = self.gazetteer.wards(unit);
            let inside = |at: u32| {
                let ward = || self.gazetteer.number(Level::Ward, self.fields(at).get(place_field::WARD));
                self.sort(at) == Sort::ProvinceOffice || ward().is_some_and(|ward| wards.binary_search(&ward).is_ok())
            };
            found.retain(|&at| inside(at));
        }
        found.retain(|&at| wish.is_met_by(self, at) && seen.insert(at));
        found.sort_by_cached_key(|&at| (self.sort(at), self.fields(at).get(place_field::ADDRESS).is_empty(), at));
        found.into_iter().map(|place| Hit { place, distance_m: None, responsible: false }).collect()
    }

    /// The office of a province.
    pub fn province_office(&self, province: u32, today: Date) -> Option<u32> {
        let offices = self.of_province.get(province).iter().copied();
        offices.filter(|&at| self.sort(at) == Sort::ProvinceOffice && self.known(at).is_valid(day_number(today))).min()
    }

    /// The office of a former district, when a list has it and it is gone: it bears the name of the district.
    pub fn former_office(&self, unit: u32, today: Date) -> Option<Place> {
        if self.gazetteer.level(unit) != Level::OldDistrict {
            return None;
        }
        let province = self.gazetteer.province(unit)?;
        let named = format!(" {}", self.gazetteer.short_name(unit).to_lowercase());
        let gone = |&at: &u32| {
            let known = self.known(at);
            known.sort == Sort::DistrictOffice && known.valid.1 < day_number(today) && self.name(at).to_lowercase().ends_with(&named)
        };
        self.of_province.get(province).iter().copied().find(gone).map(|at| self.place(at))
    }

    /// Offices that serve a commune, by its code.
    pub fn serving(&self, ward: &str) -> &[u32] {
        self.gazetteer.number(Level::Ward, ward).map_or(&[], |ward| self.served.get(ward))
    }

    /// Codes like one that is not there: with an O for a zero, or the other way round.
    pub fn codes_like(&self, code: &str) -> Vec<u32> {
        let plain = |text: &str| text.replace('O', "0");
        let wanted = plain(code);
        let numbers = 0..self.places.len() as u32;
        let is_it = |&at: &u32| self.kind(at) == PlaceKind::Facility && plain(self.fields(at).get(place_field::ID)) == wanted;
        numbers.filter(is_it).take(HITS_MAX).collect()
    }
}

/// A name without case, accents and signs, for comparing headers and names: "Địa chỉ (trụ sở)" is "dia chi tru so".
pub fn plain(text: &str) -> String {
    let bare: String = crate::text::chars::normalize(text).chars().map(crate::text::chars::bare).collect();
    bare.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
