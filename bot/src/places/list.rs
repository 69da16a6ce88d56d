//! From rows of text to rows of places: what the cells of a list mean.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use knowledge::places::{
    Confidence, Hours, Level, Place, PlaceKind, PlacePoint, Point, Precision, Rows, Sort, Source, Unit, facility_code, plain,
};

use super::columns::{Columns, Field, List, Sheet};

/// Problems kept of one reading; their number is counted on.
pub const PROBLEMS_KEPT_MAX: usize = 500;
/// A key: buttons carry it.
const ID_CHARS_MAX: usize = 48;
/// A name, an address, a note.
const TEXT_CHARS_MAX: usize = 400;

/// A row that cannot be used, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line of a text file, the row of a sheet, the entry of a JSON list; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, and what became of the row.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// What a list does not say itself.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// Where it comes from.
    pub source: Option<String>,
    /// Its day.
    pub as_of: Option<String>,
    /// The province of its offices, by code or name.
    pub province: Option<String>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The rows.
    pub rows: Rows,
    /// Which commune is served by which office, from a list of its own.
    pub(super) serves: Vec<(String, String)>,
    /// Problems, the first [`PROBLEMS_KEPT_MAX`].
    pub problems: Vec<Problem>,
    /// All of them.
    pub problem_count: usize,
    seen: BTreeMap<(PlaceKind, String), String>,
    seen_units: BTreeSet<(Level, String)>,
}

/// Sources of the lists that the built-in set was made from, by what their long descriptions contain: what citizens read instead, and
/// what the licence wants beside.
const SOURCES: &[(&str, &str, Option<&str>)] = &[
    ("call 063", "Danh mục cơ sở KCB, Cổng dịch vụ công BHXH Việt Nam", None),
    ("FileMau_D03", "Danh sách cơ sở KCB trong mẫu kê khai điện tử", None),
    ("PostOfficeLocation", "Danh sách bưu cục (chưa xác nhận có thu BHXH, BHYT)", None),
    ("OpenStreetMap", "OpenStreetMap", Some("© OpenStreetMap contributors")),
    ("GSO", "Danh mục hành chính (Cục Thống kê)", None),
    ("vietnamadminunits", "Danh mục hành chính (Cục Thống kê)", None),
    ("project seed", "Tài liệu hướng dẫn VssID", None),
    ("github", "Tổng hợp từ nguồn công khai", None),
    ("street address repeated", "Tổng hợp từ nguồn công khai", None),
];

/// Said of the offices of Hồ Chí Minh City, whose newer list is not known.
const HCMC_NOTE: &str = "Từ 01/10/2025 TP. Hồ Chí Minh sắp xếp lại các BHXH cơ sở, địa bàn có thể đã đổi.";

/// Names that cells refer to.
pub(super) struct Known {
    /// Present provinces by code, by former code, and by plain short name.
    provinces: BTreeMap<String, String>,
    /// Communes by province and plain name.
    wards: BTreeMap<(String, String), Vec<String>>,
    ward_points: BTreeMap<String, Point>,
}

impl Known {
    pub(super) fn of(units: &[Unit]) -> Known {
        let mut known = Known { provinces: BTreeMap::new(), wards: BTreeMap::new(), ward_points: BTreeMap::new() };
        let short = |name: &str| plain(name.trim_start_matches("Thành phố ").trim_start_matches("Tỉnh "));
        for unit in units {
            match unit.level {
                // What a code is today comes before what it was.
                Level::Province => {
                    known.provinces.insert(unit.code.clone(), unit.code.clone());
                    known.provinces.insert(short(&unit.name), unit.code.clone());
                    known.provinces.insert(plain(&unit.name), unit.code.clone());
                }
                Level::OldProvince => {
                    if let Some(into) = unit.into.first() {
                        for key in [unit.code.clone(), short(&unit.name), plain(&unit.name)] {
                            known.provinces.entry(key).or_insert_with(|| into.clone());
                        }
                    }
                }
                Level::Ward => {
                    known.wards.entry((unit.parent.clone(), plain(&unit.name))).or_default().push(unit.code.clone());
                    known.ward_points.extend(unit.point.map(|point| (unit.code.clone(), point)));
                }
                Level::OldDistrict | Level::OldWard => {}
            }
        }
        known
    }

    fn province(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let code = if text.len() == 1 { format!("0{text}") } else { text.to_owned() };
        self.provinces.get(&code).or_else(|| self.provinces.get(&plain(text))).cloned()
    }

    /// The communes of a served area as lists write them: bullets, semicolons, line breaks, and the names themselves.
    fn communes(&self, province: Option<&str>, text: &str) -> (Vec<String>, Vec<String>) {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for name in commune_names(text) {
            let key = plain(&name);
            let provinces = self.wards.keys().filter(|(of, known)| *known == key && province.is_none_or(|province| province == of));
            let codes: Vec<&String> = provinces.flat_map(|key| &self.wards[key]).collect();
            match codes[..] {
                [code] => found.push(code.clone()),
                _ => missing.push(name),
            }
        }
        (found, missing)
    }
}

/// "+ Phường A; Xã B - Xã C" are three.
pub(super) fn commune_names(text: &str) -> Vec<String> {
    const KINDS: [&str; 3] = ["phường", "xã", "đặc khu"];
    let spaced = text.replace(['+', ';', '|', '\n', '•'], ",");
    let mut names = Vec::new();
    for part in spaced.split([',', '–']) {
        // A hyphen separates names, and stands in some: "Văn Miếu - Quốc Tử Giám" goes on without a kind of its own.
        let mut name = String::new();
        for piece in part.split('-') {
            let piece = piece.trim();
            let lower = piece.to_lowercase();
            let begins = KINDS.iter().any(|kind| lower.starts_with(kind));
            if begins || name.is_empty() {
                names.extend(Some(std::mem::take(&mut name)).filter(|name| !name.is_empty()));
                name = piece.to_owned();
            } else if !piece.is_empty() {
                name = format!("{name} - {piece}");
            }
        }
        names.push(name);
    }
    // "các phường: A, B và C" lists names without their kind.
    let names = names.into_iter().map(|name| name.trim().trim_end_matches('.').to_owned()).filter(|name| !name.is_empty());
    names.collect()
}

impl Reading {
    fn problem(&mut self, file: &str, line: usize, message: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_KEPT_MAX {
            self.problems.push(Problem { file: file.to_owned(), line, message: message.into() });
        }
    }

    /// Takes the rows of a list in.
    pub(super) fn take(&mut self, sheet: Sheet, known: &Known, defaults: &Defaults) {
        let Sheet { file, list, columns, rows } = sheet;
        let mut sources: BTreeMap<(String, String, String), Arc<Source>> = BTreeMap::new();
        for (line, cells) in rows {
            let get = |field| columns.get(&cells, field);
            let given = |field, default: &Option<String>| {
                Some(get(field)).filter(|text| !text.is_empty()).map(str::to_owned).or_else(|| default.clone())
            };
            let (Some(from), Some(as_of)) =
                (given(Field::Source, &defaults.source), given(Field::AsOf, &defaults.as_of).or_else(|| no_day(list)))
            else {
                self.problem(
                    &file,
                    line,
                    "no source or no day: give both as columns (source, as_of) or with --source and --as-of; left out",
                );
                continue;
            };
            if !is_day(&as_of) {
                self.problem(&file, line, format!("as_of {as_of:?} is no day (2026-01-31) and no year; left out"));
                continue;
            }
            let legal = get(Field::LegalBasis).to_owned();
            let source = sources
                .entry((from.clone(), as_of.clone(), legal.clone()))
                .or_insert_with(|| Arc::new(source(&from, &as_of, &legal)))
                .clone();
            let row = Row { file: &file, line, columns: &columns, cells: &cells, source, known, defaults, raw: from.starts_with("github") };
            let taken = match list {
                List::Provinces | List::Wards | List::OldDistricts | List::OldWards => self.unit(&row, list),
                List::OfficeWards => {
                    self.serves.push((get(Field::OfficeId).to_owned(), get(Field::ServedCode).to_owned()));
                    Ok(())
                }
                List::Offices => self.office(&row),
                List::Facilities => self.facility(&row),
                List::Agents => self.agent(&row),
                List::Points => self.layer(&row),
            };
            if let Err(message) = taken {
                self.problem(&file, line, message);
            }
        }
    }

    fn unit(&mut self, row: &Row<'_>, list: List) -> Result<(), String> {
        let code = row.get(if row.columns.has(Field::UnitCode) { Field::UnitCode } else { Field::Code }).to_owned();
        let name = with_usual_kind(row.get(Field::Name));
        let into = |text: &str| text.split(';').filter(|code| !code.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (level, parent, into) = match list {
            List::Provinces if row.get(Field::Era) == "new_2025" => (Level::Province, String::new(), Vec::new()),
            List::Provinces => (Level::OldProvince, String::new(), into(row.get(Field::MergedInto))),
            List::OldDistricts => (Level::OldDistrict, row.get(Field::ProvinceOld).to_owned(), into(row.get(Field::Into))),
            List::OldWards => (Level::OldWard, row.get(Field::DistrictOld).to_owned(), into(row.get(Field::NewWard))),
            _ => (Level::Ward, row.get(Field::Province).to_owned(), Vec::new()),
        };
        if code.is_empty() || name.is_empty() {
            return Err("a unit without a code or a name; left out".to_owned());
        }
        if level == Level::OldWard {
            // A commune that was divided has a row for each part.
            if let Some(unit) = self.rows.units.iter_mut().rev().take(64).find(|unit| unit.level == level && unit.code == code) {
                for code in into {
                    if !unit.into.contains(&code) {
                        unit.into.push(code);
                    }
                }
                return Ok(());
            }
        }
        if !self.seen_units.insert((level, code.clone())) {
            if level == Level::OldWard
                && let Some(unit) = self.rows.units.iter_mut().find(|unit| unit.level == level && unit.code == code)
            {
                unit.into.extend(into.into_iter().filter(|code| !unit.into.contains(code)).collect::<Vec<_>>());
                return Ok(());
            }
            return Err(format!("unit {code} a second time; left out"));
        }
        let (point, precision, _) = row.point()?;
        let population = row.get(Field::Population).replace('.', "").parse().unwrap_or(0);
        let aliases = row.get(Field::Aliases).split(';').map(str::trim);
        // What only repeats the name without its accents, the reader of names does by itself.
        let known: BTreeSet<String> = [plain(&name), plain(short_name(&name))].into();
        let mut seen = BTreeSet::new();
        let aliases: Vec<String> = aliases
            .filter(|alias| !alias.is_empty() && !known.contains(&plain(alias)) && seen.insert(plain(alias).replace(' ', "")))
            .map(str::to_owned)
            .collect();
        let source = row.source.clone();
        self.rows.units.push(Unit { level, code, name, parent, into, point, precision, population, aliases, source });
        Ok(())
    }

    fn place(&mut self, row: &Row<'_>, place: Place) -> Result<(), String> {
        let key = (place.kind, place.id.clone());
        if let Some(first) = self.seen.get(&key) {
            return Err(format!("{} {} a second time (first in {first}); left out", place.kind.name(), place.id));
        }
        self.seen.insert(key, format!("{}:{}", row.file, row.line));
        self.rows.places.push(place);
        Ok(())
    }

    fn office(&mut self, row: &Row<'_>) -> Result<(), String> {
        let name = row
            .text(if row.columns.has(Field::OfficeName) { Field::OfficeName } else { Field::Name })
            .ok_or("an office without a name; left out")?;
        let sort = match row.get(Field::Kind) {
            "" => Sort::BaseOffice,
            word => Sort::parse(word)
                .filter(|sort| sort.kind() == PlaceKind::Office)
                .ok_or_else(|| format!("kind {word:?} is no kind of office; left out"))?,
        };
        let served = row.get(Field::Served);
        let given = row.text(Field::Province).or_else(|| row.defaults.province.clone());
        let province = match given {
            Some(text) => Some(row.known.province(&text).ok_or_else(|| format!("province {text:?} is not known; left out"))?),
            None => None,
        };
        let (serves, missing) = row.known.communes(province.as_deref(), served);
        if !missing.is_empty() && !row.raw {
            self.problem(
                row.file,
                row.line,
                format!("communes not known, or in several provinces: {}; the office is taken without them", missing.join(", ")),
            );
        }
        let id = match row.text(Field::OfficeId) {
            Some(id) => id,
            None => format!(
                "{}-{}",
                province.as_deref().ok_or("an office needs an id or a province (--province); left out")?,
                plain(&name).replace(' ', "-")
            ),
        };
        let id: String =
            id.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')).take(ID_CHARS_MAX).collect();
        let (point, precision, confidence) = row.point()?;
        let former = row.text(Field::FormerName).into_iter().collect();
        let place = Place {
            former,
            address: row.text(Field::Address),
            phone: row.phone(),
            hours: row.hours(self)?,
            ward: row.text(Field::Ward),
            province,
            point,
            precision,
            confidence,
            valid_from: row.day(Field::ValidFrom)?,
            valid_to: row.day(Field::ValidTo)?,
            successor: row.text(Field::Successor),
            serves,
            note: row.note(),
            ..Place::named(PlaceKind::Office, id, name, sort, row.source.clone())
        };
        self.place(row, place)
    }

    fn facility(&mut self, row: &Row<'_>) -> Result<(), String> {
        let name = row.text(Field::Name).ok_or("a facility without a name; left out")?;
        let written = match (row.text(Field::Code), row.text(Field::FacilityPart)) {
            (Some(code), _) => code,
            // Two columns: province and facility. A spreadsheet has taken their zeros away.
            (None, Some(part)) => format!("{:0>2}{:0>3}", row.get(Field::Province), part),
            (None, None) => return Err("a facility without a code; left out".to_owned()),
        };
        let code = facility_code(&written)
            .ok_or_else(|| format!("code {written:?} is no facility code (5 letters and digits, the first two digits); left out"))?;
        let sort = match row.get(Field::Kind) {
            "" => Sort::of_facility(&name),
            word => Sort::parse(word)
                .filter(|sort| sort.kind() == PlaceKind::Facility)
                .unwrap_or_else(|| Sort::of_facility(&format!("{word} {name}"))),
        };
        let (point, precision, confidence) = row.point()?;
        let older = row.text(Field::Name2024).filter(|older| plain(older) != plain(&name));
        let gone = row.file.contains("2024_only");
        let province = if row.columns.has(Field::FacilityPart) { None } else { row.text(Field::Province) };
        let province = province.and_then(|text| row.known.province(&text)).or_else(|| row.known.province(&code[..2]));
        let place = Place {
            former: older.into_iter().collect(),
            address: row.text(Field::Address),
            phone: row.phone(),
            hours: row.hours(self)?,
            emergency: row.flag(Field::Emergency),
            care_level: row.text(Field::CareLevel),
            ward: row.text(Field::Ward),
            province,
            point,
            precision,
            confidence,
            valid_from: row.day(Field::ValidFrom)?,
            // The day before the list in which it is missing.
            valid_to: if gone { Some("2026-01-30".to_owned()) } else { row.day(Field::ValidTo)? },
            successor: row.text(Field::Successor),
            note: row.note(),
            ..Place::named(PlaceKind::Facility, code, name, sort, row.source.clone())
        };
        self.place(row, place)
    }

    fn agent(&mut self, row: &Row<'_>) -> Result<(), String> {
        let name = row.text(Field::Name).ok_or("a collection point without a name; left out")?;
        let id = row.text(Field::AgentId).ok_or("a collection point without an id; left out")?;
        let (point, precision, confidence) = row.point()?;
        let sort = if row.get(Field::Collects) == "unverified" { Sort::PostOffice } else { Sort::Collector };
        let place = Place {
            address: row.text(Field::Address),
            phone: row.phone(),
            hours: row.hours(self)?,
            ward: row.text(Field::Ward),
            province: row.text(Field::Province).and_then(|text| row.known.province(&text)),
            point,
            precision,
            confidence,
            valid_from: row.day(Field::ValidFrom)?,
            valid_to: row.day(Field::ValidTo)?,
            note: row.note(),
            ..Place::named(PlaceKind::CollectionPoint, id, name, sort, row.source.clone())
        };
        self.place(row, place)
    }

    fn layer(&mut self, row: &Row<'_>) -> Result<(), String> {
        // Without a code it may be any house of that name: it belongs to no place of ours.
        let Some(written) = row.text(Field::Code) else { return Ok(()) };
        if row.get(Field::Match).contains("times") {
            return Err(format!("{written} was matched with several points; left out"));
        }
        let id = facility_code(&written).ok_or_else(|| format!("code {written:?} is no facility code; left out"))?;
        let (point, precision, _) = row.point()?;
        let point = point.ok_or("a point without coordinates; left out")?;
        if self.rows.points.iter().any(|known| known.id == id) {
            return Err(format!("a second point for {id}; left out"));
        }
        let kind = PlaceKind::Facility;
        self.rows.points.push(PlacePoint { kind, id, point, precision, phone: row.phone(), source: row.source.clone() });
        Ok(())
    }
}

/// One row with what it needs to be understood.
struct Row<'a> {
    file: &'a str,
    line: usize,
    columns: &'a Columns,
    cells: &'a [String],
    source: Arc<Source>,
    known: &'a Known,
    defaults: &'a Defaults,
    /// Of the collected lists, whose notes are for their collectors.
    raw: bool,
}

impl Row<'_> {
    fn get(&self, field: Field) -> &str {
        self.columns.get(self.cells, field)
    }

    fn text(&self, field: Field) -> Option<String> {
        let text: String = self.get(field).chars().filter(|letter| *letter != '\t').take(TEXT_CHARS_MAX).collect();
        (!text.is_empty()).then_some(text)
    }

    fn phone(&self) -> Option<String> {
        self.text(Field::Phone).filter(|phone| phone.bytes().filter(u8::is_ascii_digit).count() >= 3)
    }

    fn flag(&self, field: Field) -> Option<bool> {
        match plain(self.get(field)).as_str() {
            "1" | "co" | "x" | "yes" | "true" | "24 24" | "24 7" | "24h" => Some(true),
            "0" | "khong" | "no" | "false" => Some(false),
            _ => None,
        }
    }

    fn hours(&self, reading: &mut Reading) -> Result<Option<Hours>, String> {
        let Some(text) = self.text(Field::Hours) else { return Ok(None) };
        let hours = Hours::parse(&text);
        if hours.is_none() {
            reading.problem(
                self.file,
                self.line,
                format!("hours {text:?} are not understood (T2-T6 07:30-11:30, 13:00-17:00); the row is taken without them"),
            );
        }
        Ok(hours)
    }

    fn day(&self, field: Field) -> Result<Option<String>, String> {
        match self.text(field) {
            None => Ok(None),
            Some(text) => day_of(&text).map(Some).ok_or_else(|| format!("{text:?} is no day (2026-01-31); left out")),
        }
    }

    fn note(&self) -> Option<String> {
        let note = self.text(Field::Note)?;
        if !self.raw {
            return Some(note);
        }
        let said = note.split("A later notice").next().unwrap_or_default().trim();
        let said = Some(said).filter(|said| said.starts_with("BHXH ")).map(|said| said.trim_end_matches('.').to_owned() + ".");
        let moved = note.contains("reorganised HCMC").then(|| HCMC_NOTE.to_owned());
        let parts: Vec<String> = said.into_iter().chain(moved).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The point, how well it is known, and how sure it is.
    fn point(&self) -> Result<(Option<Point>, Precision, Confidence), String> {
        let confidence = Confidence::parse(self.get(Field::Confidence));
        let (lat, lon) = (self.get(Field::Lat), self.get(Field::Lon));
        if lat.is_empty() && lon.is_empty() {
            // In the middle of its commune, when that is all that is known.
            let ward = self.text(Field::Ward).and_then(|ward| self.known.ward_points.get(&ward).copied());
            let known = ward.filter(|_| !self.columns.has(Field::Lat));
            return Ok((known, if known.is_some() { Precision::Ward } else { Precision::None }, confidence));
        }
        let number = |text: &str| text.replace(',', ".").parse::<f64>().ok();
        let point = number(lat).zip(number(lon)).and_then(|(lat, lon)| Point::new(lat, lon));
        let swapped = number(lat).zip(number(lon)).and_then(|(lat, lon)| Point::new(lon, lat)).is_some_and(Point::is_in_vietnam);
        let point = match point {
            Some(point) if point.is_in_vietnam() => point,
            _ if swapped => return Err(format!("lat {lat} and lon {lon} are the other way round; left out")),
            Some(_) => return Err(format!("lat {lat}, lon {lon} is not in Vietnam; left out")),
            None => return Err(format!("lat {lat:?}, lon {lon:?} is no point; left out")),
        };
        let precision = match self.get(Field::Precision) {
            "" | "none" => return Err("a point needs a geo_precision (exact, street, ward, district, province); left out".to_owned()),
            word => Precision::parse(word).ok_or_else(|| format!("geo_precision {word:?} is not known; left out"))?,
        };
        Ok((Some(point), precision, confidence))
    }
}

const KINDS: [&str; 9] = ["Thành phố ", "Thị trấn ", "Thị xã ", "Đặc khu ", "Phường ", "Huyện ", "Quận ", "Tỉnh ", "Xã "];

fn short_name(name: &str) -> &str {
    KINDS.iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
}

/// "Thành Phố Đồng Hới" and "THỊ XÃ Buôn Hồ" begin like every other name of their kind.
fn with_usual_kind(name: &str) -> String {
    let is_it = |kind: &&&str| {
        let mut letters = name.chars().flat_map(char::to_lowercase);
        kind.chars().flat_map(char::to_lowercase).all(|letter| letters.next() == Some(letter))
    };
    KINDS.iter().find(is_it).map_or_else(|| name.to_owned(), |kind| kind.chars().chain(name.chars().skip(kind.chars().count())).collect())
}

/// The list of who serves whom has no day of its own: it belongs to the list of offices.
fn no_day(list: List) -> Option<String> {
    (list == List::OfficeWards).then(|| "2025".to_owned())
}

fn source(from: &str, as_of: &str, legal: &str) -> Source {
    let known = SOURCES.iter().find(|(part, ..)| from.contains(part));
    let seed = from.starts_with("project seed");
    let label = match known {
        Some(_) if !legal.is_empty() && !seed => legal.to_owned(),
        Some((_, label, _)) => (*label).to_owned(),
        None => from.chars().take(TEXT_CHARS_MAX).collect(),
    };
    Source {
        label,
        as_of: day_of(as_of).unwrap_or_else(|| as_of.to_owned()),
        attribution: known.and_then(|(.., attribution)| attribution.map(str::to_owned)),
    }
}

fn is_day(text: &str) -> bool {
    day_of(text).is_some() || text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// "2026-01-31", "31/01/2026", "31-1-2026".
fn day_of(text: &str) -> Option<String> {
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return Some(day.to_string());
    }
    let parts: Vec<i16> = text.split(['/', '-', '.']).map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    match parts[..] {
        [day, month, year] if year > 1900 => {
            let (day, month) = (i8::try_from(day).ok()?, i8::try_from(month).ok()?);
            jiff::civil::Date::new(year, month, day).ok().map(|day| day.to_string())
        }
        _ => None,
    }
}
