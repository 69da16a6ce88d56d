//! The form in which places travel inside the program: one row a line, fields by tabs, empty fields at the end left out.
//!
//! Text and not bytes, so that a change of the list can be read where changes are reviewed. The same rows always give the same text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::hours::Hours;
use super::point::Point;
use super::row::{Confidence, Level, Place, PlaceKind, Precision, Rows, Sort, Source, Unit};

/// Between the entries of a field.
const LIST: char = ';';
const FIELD: char = '\t';

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what} cannot be read")]
pub struct CompactError {
    /// From 1.
    pub line: usize,
    /// The field.
    pub what: &'static str,
}

/// Rows as text. Layers of points are not in it: they carry the duties of their own licences.
pub fn encode(rows: &Rows) -> String {
    let mut out = String::new();
    let sources: BTreeMap<&Source, usize> = {
        let mut all: Vec<&Source> = rows.units.iter().map(|unit| &*unit.source).collect();
        all.extend(rows.places.iter().map(|place| &*place.source));
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
            ],
        );
    }
    out
}

fn line(out: &mut String, fields: &[&str]) {
    let filled = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
    let _ = writeln!(out, "{}", fields[..filled].join("\t"));
}

/// Four decimals are eleven metres, and no point of the built-in lists is known better.
fn numbers(point: Option<Point>) -> (String, String) {
    point.map_or_else(Default::default, |point| (number(point.lat()), number(point.lon())))
}

fn number(degrees: f64) -> String {
    format!("{degrees:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
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
        let fields: Vec<&str> = line.split(FIELD).collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        let some = |at: usize| Some(field(at)).filter(|text| !text.is_empty()).map(str::to_owned);
        let list = |at: usize| field(at).split(LIST).filter(|entry| !entry.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let point = |at: usize| match (field(at), field(at + 1)) {
            ("", "") => Ok(None),
            (lat, lon) => {
                let point = lat.parse().ok().zip(lon.parse().ok()).and_then(|(lat, lon)| Point::new(lat, lon));
                point.map(Some).ok_or(unreadable("point"))
            }
        };
        match field(0) {
            "S" => sources.push(Arc::new(Source { label: field(1).to_owned(), as_of: field(2).to_owned(), attribution: some(3) })),
            "U" => {
                let source = field(4).parse().ok().and_then(|at: usize| sources.get(at)).ok_or(unreadable("source"))?;
                let level = level_of(field(1)).ok_or(unreadable("level"))?;
                let point = point(7)?;
                if level == Level::Ward {
                    wards.insert(fields[2], point);
                }
                rows.units.push(Unit {
                    level,
                    code: field(2).to_owned(),
                    name: field(3).to_owned(),
                    parent: field(5).to_owned(),
                    into: list(6),
                    point,
                    precision: precision_of(field(9)),
                    population: if field(10).is_empty() { 0 } else { field(10).parse().map_err(|_| unreadable("population"))? },
                    aliases: list(11),
                    source: source.clone(),
                });
            }
            "P" => {
                let source = field(4).parse().ok().and_then(|at: usize| sources.get(at)).ok_or(unreadable("source"))?;
                let sort = Sort::parse(field(1)).ok_or(unreadable("sort"))?;
                let precision = precision_of(field(7));
                let of_ward = || wards.get(field(6)).copied().flatten();
                rows.places.push(Place {
                    province: some(5),
                    ward: some(6),
                    precision,
                    confidence: confidence_of(field(8)),
                    point: point(9)?.or_else(|| if precision == Precision::None { None } else { of_ward() }),
                    address: some(11),
                    phone: some(12),
                    former: list(13),
                    valid_from: some(14),
                    valid_to: some(15),
                    successor: some(16),
                    serves: list(17),
                    note: some(18),
                    hours: Hours::parse(field(19)),
                    emergency: some(20).map(|flag| flag == "1"),
                    care_level: some(21),
                    ..Place::named(sort.kind(), field(2).to_owned(), field(3).to_owned(), sort, source.clone())
                });
            }
            _ => return Err(unreadable("kind of row")),
        }
    }
    Ok(rows)
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
