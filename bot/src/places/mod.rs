//! Places from files and from the database: lists are read, checked and put over the set that the program carries.

mod columns;
mod list;
mod service;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use knowledge::places::{PlaceKind, Places, Point, Rows};

pub use list::{Defaults, PROBLEMS_KEPT_MAX, Problem, Reading};
pub use service::{load, watch};
pub use table::{FILE_BYTES_MAX, ROWS_MAX, TableError, UNPACKED_BYTES_MAX};

use columns::Sheet;
use list::Known;
use table::Table;

/// Files read of one folder.
const FILES_MAX: usize = 100;

/// Why nothing can be imported.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file cannot be read; no file of the folder is used then.
    #[error("{file}")]
    File {
        /// Which.
        file: String,
        /// Why.
        #[source]
        error: TableError,
    },
    /// No row of column names was found.
    #[error("{file}: no list in it: none of the first rows names the columns of a list of places (see docs/places.md)")]
    NoList {
        /// Which.
        file: String,
    },
    /// The folder cannot be listed.
    #[error("{0}")]
    Folder(String),
}

/// Reads a list, or all lists of a folder. What rows refer to (communes, provinces) is looked up in the lists read with them, and in
/// `known`.
///
/// # Errors
/// A file cannot be read as a whole. Rows that cannot be used are no errors: they are told of in [`Reading::problems`].
pub fn read(path: &Path, defaults: &Defaults, known: &Rows) -> Result<Reading, ReadError> {
    let mut sheets = Vec::new();
    for file in files(path)? {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let tables = Table::read(&file).map_err(|error| ReadError::File { file: name.clone(), error })?;
        let before = sheets.len();
        sheets.extend(tables.into_iter().filter_map(|table| Sheet::of(&name, table)));
        if sheets.len() == before {
            return Err(ReadError::NoList { file: name });
        }
    }
    sheets.sort_by_key(Sheet::rank);
    let mut reading = Reading::default();
    let (units, others): (Vec<Sheet>, Vec<Sheet>) = sheets.into_iter().partition(Sheet::is_of_units);
    let nobody = Known::of(&[]);
    for sheet in units {
        tracing::debug!(rows = sheet.len(), "a list of units is read");
        reading.take(sheet, &nobody, defaults);
    }
    let all: Vec<_> = known.units.iter().chain(&reading.rows.units).cloned().collect();
    let named = Known::of(&all);
    for sheet in others {
        tracing::debug!(rows = sheet.len(), "a list of places is read");
        reading.take(sheet, &named, defaults);
    }
    serve(&mut reading, known);
    Ok(reading)
}

/// Gives offices the communes that a list of its own says they serve.
fn serve(reading: &mut Reading, known: &Rows) {
    let mut served: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (office, ward) in std::mem::take(&mut reading.serves) {
        let wards = served.entry(office).or_default();
        if !wards.contains(&ward) {
            wards.push(ward);
        }
    }
    for (office, wards) in served {
        let is_it = |place: &&mut knowledge::places::Place| place.kind == PlaceKind::Office && place.id == office;
        if let Some(place) = reading.rows.places.iter_mut().find(is_it) {
            place.serves = wards;
        } else if let Some(place) = known.places.iter().find(|place| place.kind == PlaceKind::Office && place.id == office) {
            reading.rows.places.push(knowledge::places::Place { serves: wards, ..place.clone() });
        } else {
            reading.problem_count += 1;
            reading.problems.push(Problem {
                file: "office_wards".to_owned(),
                line: 0,
                message: format!("office {office} is not known; left out"),
            });
        }
    }
}

/// The file, or the lists of the folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = |error: std::io::Error| ReadError::Folder(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(folder)? {
        let file = entry.map_err(folder)?.path();
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        if file.is_file() && matches!(ending.as_str(), "csv" | "tsv" | "xlsx" | "json") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() || files.len() > FILES_MAX {
        return Err(ReadError::Folder(format!("{}: {} lists in it; expected 1 to {FILES_MAX}", path.display(), files.len())));
    }
    Ok(files)
}

/// The rows that the program carries, made from a folder of lists: without layers of points, which keep the duties of their licences.
pub fn built_in(mut rows: Rows) -> Rows {
    rows.points.clear();
    // Eleven metres: no point of these lists is known better, and the file stays small.
    let rounded = |point: Point| {
        let four = |degrees: f64| (degrees * 1e4).round() / 1e4;
        Point::new(four(point.lat()), four(point.lon())).unwrap_or(point)
    };
    rows.units.iter_mut().for_each(|unit| unit.point = unit.point.map(rounded));
    rows.places.iter_mut().for_each(|place| place.point = place.point.map(rounded));
    rows.units.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
    rows.places.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    rows
}

/// What is served when nothing was imported.
pub fn embedded() -> std::sync::Arc<Places> {
    Places::embedded()
}
