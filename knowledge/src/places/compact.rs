//! The form in which places travel inside the program: one row a line, fields by tabs, empty fields at the end left out.
//!
//! Text and not bytes, so that a change of the list can be read where changes are reviewed. The same rows always give the same text.
//! It is also the form in which places are kept: see [`super::lines`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::hours::Hours;
use super::point::Point;
use super::row::{Confidence, Level, Place, PlaceKind, Precision, Rows, Sort, Source, Unit};

/// Between the entries of a field.
const LIST: char = ';';
pub(super) const FIELD: char = '\t';

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what} cannot be read")]
pub struct CompactError {
    /// From 1.
    pub line: usize,
    /// The field.
    pub what: &'static str,
}

/// Rows as text. Layers of points are not in it: they are put on the places that they belong to, and carry the duties of their licences.
pub fn encode(rows: &Rows) -> String {
    let mut out = String::new();
    let sources: BTreeMap<&Source, usize> = {
        let mut all: Vec<&Source> = rows.units.iter().map(|unit| &*unit.source).collect();
        all.extend(rows.places.iter().flat_map(|place| std::iter::once(&place.source).chain(&place.point_source)).map(|source| &**source));
        all.sort();
        all.dedup();
        all.into_iter().zip(0..).collect()
    };
    for source in sources.keys() {
        line(&mut out, &["S", &source.label, &source.as_of, source.attribution.as_deref().unwrap_or_default()]);
    }
    let points: BTreeMap<&str, Point> =
        rows.units.iter().filter(|unit| unit.level == Level::Ward).filter_map(|unit| Some((unit.code.as_str(), unit.point?))).collect();
    for unit in &rows.units {
        let (lat, lon) = numbers(unit.point);
        line(
            &mut out,
            &[
                "U",
                level_letter(unit.level),
                &unit.code,
                &unit.name,
                &sources[&*unit.source].to_string(),
                &unit.parent,
                &unit.into.join(";"),
                &lat,
                &lon,
                precision_letter(unit.precision),
                &if unit.population == 0 { String::new() } else { unit.population.to_string() },
                &unit.aliases.join(";"),
            ],
        );
    }
    for place in &rows.places {
        // A place in the middle of its commune lies where the commune does.
        let of_ward = place.ward.as_deref().and_then(|ward| points.get(ward));
        let (lat, lon) = numbers(place.point.filter(|point| of_ward != Some(point)));
        line(
            &mut out,
            &[
                "P",
                place.sort.name(),
                &place.id,
                &place.name,
                &sources[&*place.source].to_string(),
                place.province.as_deref().unwrap_or_default(),
                place.ward.as_deref().unwrap_or_default(),
                precision_letter(place.precision),
                confidence_letter(place.confidence),
                &lat,
                &lon,
                place.address.as_deref().unwrap_or_default(),
                place.phone.as_deref().unwrap_or_default(),
                &place.former.join(";"),
                place.valid_from.as_deref().unwrap_or_default(),
                place.valid_to.as_deref().unwrap_or_default(),
                place.successor.as_deref().unwrap_or_default(),
                &place.serves.join(";"),
                place.note.as_deref().unwrap_or_default(),
                &place.hours.as_ref().map(Hours::shown).unwrap_or_default(),
                place.emergency.map_or("", |yes| if yes { "1" } else { "0" }),
                place.care_level.as_deref().unwrap_or_default(),
                &place.point_source.as_ref().map_or_else(String::new, |source| sources[&**source].to_string()),
            ],
        );
    }
    out
}

fn line(out: &mut String, fields: &[&str]) {
    let filled = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
    for (at, field) in fields[..filled].iter().enumerate() {
        if at > 0 {
            out.push(FIELD);
        }
        // A field has neither tabs nor line breaks, whoever wrote it.
        out.extend(field.chars().map(|letter| if matches!(letter, FIELD | '\n' | '\r') { ' ' } else { letter }));
    }
    out.push('\n');
}

/// Seven decimals are a centimetre.
fn numbers(point: Option<Point>) -> (String, String) {
    point.map_or_else(Default::default, |point| (number(point.lat()), number(point.lon())))
}

fn number(degrees: f64) -> String {
    format!("{degrees:.7}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Rows from text.
///
/// # Errors
/// The first line that cannot be read.
pub fn decode(text: &str) -> Result<Rows, CompactError> {
    let mut rows = Rows::default();
    let mut sources: Vec<Arc<Source>> = Vec::new();
    let mut wards: BTreeMap<&str, Option<Point>> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let unreadable = |what| CompactError { line: at + 1, what };
        let fields = Fields::of(line);
        match fields.get(0) {
            "S" => sources.push(fields.source()),
            "U" => {
                let unit = fields.unit(&sources).map_err(unreadable)?;
                if unit.level == Level::Ward {
                    wards.insert(fields.get(unit_field::CODE), unit.point);
                }
                rows.units.push(unit);
            }
            "P" => rows.places.push(fields.place(&sources, |ward| wards.get(ward).copied().flatten()).map_err(unreadable)?),
            _ => return Err(unreadable("kind of row")),
        }
    }
    Ok(rows)
}

/// Where the fields of a unit stand.
pub(super) mod unit_field {
    pub(crate) const LEVEL: usize = 1;
    pub(crate) const CODE: usize = 2;
    pub(crate) const NAME: usize = 3;
    pub(crate) const PARENT: usize = 5;
    pub(crate) const INTO: usize = 6;
    pub(crate) const LAT: usize = 7;
    pub(crate) const POPULATION: usize = 10;
    pub(crate) const ALIASES: usize = 11;
}

/// Where the fields of a place stand.
pub(super) mod place_field {
    pub(crate) const SORT: usize = 1;
    pub(crate) const ID: usize = 2;
    pub(crate) const NAME: usize = 3;
    pub(crate) const PROVINCE: usize = 5;
    pub(crate) const WARD: usize = 6;
    pub(crate) const ADDRESS: usize = 11;
    pub(crate) const FORMER: usize = 13;
    pub(crate) const VALID_FROM: usize = 14;
    pub(crate) const VALID_TO: usize = 15;
    pub(crate) const SERVES: usize = 17;
    pub(crate) const HOURS: usize = 19;
    pub(crate) const EMERGENCY: usize = 20;
    pub(crate) const CARE_LEVEL: usize = 21;
}

/// Fields that a row has at most.
const FIELDS_MAX: usize = 24;

/// The fields of one line.
pub(super) struct Fields<'a> {
    fields: [&'a str; FIELDS_MAX],
}

impl<'a> Fields<'a> {
    pub(super) fn of(line: &'a str) -> Fields<'a> {
        let mut fields = [""; FIELDS_MAX];
        fields.iter_mut().zip(line.split(FIELD)).for_each(|(to, from)| *to = from);
        Fields { fields }
    }

    pub(super) fn get(&self, at: usize) -> &'a str {
        self.fields[at]
    }

    fn some(&self, at: usize) -> Option<String> {
        Some(self.get(at)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn list(&self, at: usize) -> impl Iterator<Item = &'a str> {
        entries(self.get(at))
    }

    fn owned(&self, at: usize) -> Vec<String> {
        self.list(at).map(str::to_owned).collect()
    }

    /// The two fields from there on; `Err` for what is no point.
    pub(super) fn point(&self, at: usize) -> Result<Option<Point>, &'static str> {
        match (self.get(at), self.get(at + 1)) {
            ("", "") => Ok(None),
            (lat, lon) => {
                let point = lat.parse().ok().zip(lon.parse().ok()).and_then(|(lat, lon)| Point::new(lat, lon));
                point.map(Some).ok_or("point")
            }
        }
    }

    pub(super) fn source(&self) -> Arc<Source> {
        Arc::new(Source { label: self.get(1).to_owned(), as_of: self.get(2).to_owned(), attribution: self.some(3) })
    }

    pub(super) fn level(&self) -> Result<Level, &'static str> {
        level_of(self.get(unit_field::LEVEL)).ok_or("level")
    }

    pub(super) fn population(&self) -> Result<u32, &'static str> {
        match self.get(unit_field::POPULATION) {
            "" => Ok(0),
            text => text.parse().map_err(|_| "population"),
        }
    }

    pub(super) fn sort(&self) -> Result<Sort, &'static str> {
        Sort::parse(self.get(place_field::SORT)).ok_or("sort")
    }

    pub(super) fn precision(&self) -> Precision {
        precision_of(self.get(7))
    }

    pub(super) fn confidence(&self) -> Confidence {
        confidence_of(self.get(8))
    }

    /// The point of a place, which may be that of its commune.
    pub(super) fn place_point(&self, of_ward: impl FnOnce(&str) -> Option<Point>) -> Result<Option<Point>, &'static str> {
        let in_the_middle = || if self.precision() == Precision::None { None } else { of_ward(self.get(place_field::WARD)) };
        Ok(self.point(9)?.or_else(in_the_middle))
    }

    fn unit(&self, sources: &[Arc<Source>]) -> Result<Unit, &'static str> {
        Ok(Unit {
            level: self.level()?,
            code: self.get(unit_field::CODE).to_owned(),
            name: self.get(unit_field::NAME).to_owned(),
            parent: self.get(unit_field::PARENT).to_owned(),
            into: self.owned(unit_field::INTO),
            point: self.point(unit_field::LAT)?,
            precision: precision_of(self.get(9)),
            population: self.population()?,
            aliases: self.owned(unit_field::ALIASES),
            source: self.get(4).parse().ok().and_then(|at: usize| sources.get(at)).ok_or("source")?.clone(),
        })
    }

    pub(super) fn place(&self, sources: &[Arc<Source>], of_ward: impl FnOnce(&str) -> Option<Point>) -> Result<Place, &'static str> {
        let source = |at: usize| self.get(at).parse().ok().and_then(|at: usize| sources.get(at)).cloned();
        let sort = self.sort()?;
        let (id, name) = (self.get(place_field::ID).to_owned(), self.get(place_field::NAME).to_owned());
        Ok(Place {
            province: self.some(place_field::PROVINCE),
            ward: self.some(place_field::WARD),
            precision: self.precision(),
            confidence: self.confidence(),
            point: self.place_point(of_ward)?,
            address: self.some(11),
            phone: self.some(12),
            former: self.owned(place_field::FORMER),
            valid_from: self.some(place_field::VALID_FROM),
            valid_to: self.some(place_field::VALID_TO),
            successor: self.some(16),
            serves: self.owned(place_field::SERVES),
            note: self.some(18),
            hours: Hours::parse(self.get(place_field::HOURS)),
            emergency: self.some(place_field::EMERGENCY).map(|flag| flag == "1"),
            care_level: self.some(place_field::CARE_LEVEL),
            point_source: source(22),
            ..Place::named(sort.kind(), id, name, sort, source(4).ok_or("source")?)
        })
    }
}

/// The entries of a list in one field.
pub(super) fn entries(field: &str) -> impl Iterator<Item = &str> {
    field.split(LIST).filter(|entry| !entry.is_empty())
}

const LEVELS: [(&str, Level); 5] =
    [("P", Level::Province), ("W", Level::Ward), ("p", Level::OldProvince), ("d", Level::OldDistrict), ("w", Level::OldWard)];

/// One letter for a level.
pub fn level_letter(level: Level) -> &'static str {
    LEVELS.iter().find(|(_, known)| *known == level).map_or("", |(letter, _)| letter)
}

/// The level of a letter.
pub fn level_of(letter: &str) -> Option<Level> {
    LEVELS.iter().find(|(known, _)| *known == letter).map(|(_, level)| *level)
}

const PRECISIONS: [(&str, Precision); 5] =
    [("e", Precision::Exact), ("s", Precision::Street), ("w", Precision::Ward), ("d", Precision::District), ("p", Precision::Province)];

fn precision_letter(precision: Precision) -> &'static str {
    PRECISIONS.iter().find(|(_, known)| *known == precision).map_or("", |(letter, _)| letter)
}

fn precision_of(letter: &str) -> Precision {
    PRECISIONS.iter().find(|(known, _)| *known == letter).map_or(Precision::None, |(_, precision)| *precision)
}

fn confidence_letter(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "",
        Confidence::Medium => "m",
        Confidence::Low => "l",
    }
}

fn confidence_of(letter: &str) -> Confidence {
    match letter {
        "l" => Confidence::Low,
        "m" => Confidence::Medium,
        _ => Confidence::High,
    }
}

impl PlaceKind {
    /// One letter for it.
    pub fn letter(self) -> &'static str {
        match self {
            PlaceKind::Office => "o",
            PlaceKind::CollectionPoint => "c",
            PlaceKind::Facility => "f",
        }
    }

    /// From that letter.
    pub fn of_letter(letter: &str) -> Option<PlaceKind> {
        PlaceKind::ALL.into_iter().find(|kind| kind.letter() == letter)
    }
}
