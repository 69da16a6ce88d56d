//! Lists as files: CSV, TSV, XLSX and JSON become rows of text, within bounds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx, open_workbook_from_rs};
use serde_json::Value;

/// A larger file is no list of places: the largest of the whole country has 4 MB.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What a spreadsheet may unpack to. XML shrinks about ten times; a file that grows beyond this is made to harm.
pub const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files inside a spreadsheet.
const PARTS_MAX: usize = 2_000;
/// Rows of one list.
pub const ROWS_MAX: usize = 300_000;
/// Columns that are looked at.
const COLUMNS_MAX: usize = 64;
/// What is kept of a cell.
const CELL_CHARS_MAX: usize = 4_000;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The operating system says no.
    #[error("cannot be opened")]
    Open(#[from] io::Error),
    /// The file is too large.
    #[error("has {bytes} bytes; a list may have at most {FILE_BYTES_MAX}")]
    TooLarge {
        /// How large it is.
        bytes: u64,
    },
    /// The spreadsheet unpacks to too much.
    #[error("unpacks to more than {UNPACKED_BYTES_MAX} bytes: this is no list")]
    Bomb,
    /// More rows than any list has.
    #[error("has more than {ROWS_MAX} rows")]
    TooManyRows,
    /// Not a kind of file that is read.
    #[error("is neither .csv, .tsv, .xlsx nor .json")]
    Kind,
    /// Not UTF-8.
    #[error("is not UTF-8 text (byte {at}): save it as \"CSV UTF-8\"")]
    Encoding {
        /// Where.
        at: usize,
    },
    /// Not what its name says.
    #[error("cannot be read as {kind}: {reason}")]
    Broken {
        /// What its name says.
        kind: &'static str,
        /// Why not.
        reason: String,
    },
}

/// Rows of text with the number that people see beside each: the line of a text file, the row of a sheet, the entry of a JSON list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// In order; empty rows are left out.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads a file by its ending. Of a workbook all sheets are read, one after the other.
    ///
    /// # Errors
    /// The file cannot be read, or is larger than a list may be. Nothing of it is used then.
    pub fn read(path: &Path) -> Result<Vec<Table>, TableError> {
        let kind = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        let bytes = std::fs::metadata(path)?.len();
        if bytes > FILE_BYTES_MAX {
            return Err(TableError::TooLarge { bytes });
        }
        let mut content = Vec::new();
        // The file may grow while it is read.
        File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut content)?;
        if content.len() as u64 > FILE_BYTES_MAX {
            return Err(TableError::TooLarge { bytes: content.len() as u64 });
        }
        match kind.as_str() {
            "csv" | "tsv" | "txt" => Ok(vec![separated(&content, kind == "tsv")?]),
            "json" => Ok(vec![json(&content)?]),
            "xlsx" | "xlsm" => workbook(content),
            _ => Err(TableError::Kind),
        }
    }

    fn push(&mut self, line: usize, cells: Vec<String>) -> Result<(), TableError> {
        if cells.iter().all(String::is_empty) {
            return Ok(());
        }
        if self.rows.len() >= ROWS_MAX {
            return Err(TableError::TooManyRows);
        }
        self.rows.push((line, cells));
        Ok(())
    }
}

/// One writing: composed letters, single spaces, no invisible characters.
fn cell(text: &str) -> String {
    let mut cell = knowledge::normalize_for_display(text);
    if let Some((at, _)) = cell.char_indices().nth(CELL_CHARS_MAX) {
        cell.truncate(at);
    }
    cell
}

fn separated(content: &[u8], tabs: bool) -> Result<Table, TableError> {
    let text = std::str::from_utf8(content).map_err(|error| TableError::Encoding { at: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let separator = match (tabs, ['\t', ';', ','].into_iter().max_by_key(|&separator| head.matches(separator).count())) {
        (true, _) | (false, None) => b'\t',
        (false, Some(separator)) => u8::try_from(separator).unwrap_or(b','),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        // Our tab-separated lists know no quotes: one in a name is a letter of it.
        .quoting(!tabs)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    for record in reader.records() {
        let record = record.map_err(|error| TableError::Broken { kind: "separated text", reason: error.to_string() })?;
        let line = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
        table.push(line, record.iter().take(COLUMNS_MAX).map(cell).collect())?;
    }
    Ok(table)
}

/// The first list of objects in the file, or in one of its fields; the first row holds the names of the fields.
fn json(content: &[u8]) -> Result<Table, TableError> {
    let broken = |reason: String| TableError::Broken { kind: "JSON", reason };
    let value: Value = serde_json::from_slice(content).map_err(|error| broken(error.to_string()))?;
    let is_list = |value: &&Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
    let list = Some(&value).filter(is_list).or_else(|| value.as_object()?.values().find(is_list)).and_then(Value::as_array);
    let list = list.ok_or_else(|| broken("no list of objects in it".to_owned()))?;
    let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
    for name in list.iter().filter_map(Value::as_object).flat_map(|entry| entry.keys()) {
        let next = columns.len();
        if next < COLUMNS_MAX {
            columns.entry(name).or_insert(next);
        }
    }
    let mut names = vec![String::new(); columns.len()];
    columns.iter().for_each(|(name, &at)| names[at] = cell(name));
    let mut table = Table::default();
    table.push(0, names)?;
    for (at, entry) in list.iter().enumerate() {
        let mut cells = vec![String::new(); columns.len()];
        for (name, value) in entry.as_object().into_iter().flatten() {
            let Some(&column) = columns.get(name.as_str()) else { continue };
            cells[column] = match value {
                Value::String(text) => cell(text),
                Value::Number(number) => number.to_string(),
                Value::Bool(yes) => u8::from(*yes).to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
            };
        }
        table.push(at + 1, cells)?;
    }
    Ok(table)
}

fn workbook(content: Vec<u8>) -> Result<Vec<Table>, TableError> {
    let broken = |reason: String| TableError::Broken { kind: "XLSX", reason };
    measure(&content)?;
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(content)).map_err(|error: calamine::XlsxError| broken(error.to_string()))?;
    let mut tables = Vec::new();
    for sheet in book.sheet_names() {
        // Cell by cell: a sheet with one cell in its last corner would be a table of millions of empty ones.
        let Ok(mut cells) = book.worksheet_cells_reader(&sheet) else { continue };
        let mut table = Table::default();
        let (mut row, mut texts): (u32, Vec<String>) = (0, Vec::new());
        while let Some(found) = cells.next_cell().map_err(|error| broken(error.to_string()))? {
            let (at, column) = found.get_position();
            if at != row {
                table.push(row as usize + 1, std::mem::take(&mut texts))?;
                row = at;
            }
            let column = column as usize;
            if column < COLUMNS_MAX {
                if texts.len() <= column {
                    texts.resize(column + 1, String::new());
                }
                texts[column] = value(found.get_value());
            }
        }
        table.push(row as usize + 1, texts)?;
        tables.push(table);
    }
    Ok(tables)
}

fn value(data: &DataRef<'_>) -> String {
    match data {
        DataRef::String(text) => cell(text),
        DataRef::SharedString(text) => cell(text),
        // A code that a spreadsheet has taken for a number has no decimals.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(yes) => u8::from(*yes).to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => cell(text),
        DataRef::DateTime(time) => day(time.as_f64()),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// The day of a spreadsheet's serial number.
fn day(serial: f64) -> String {
    let days = serial.trunc();
    // Spreadsheets count from the last day of 1899.
    let date = (0.0..200_000.0)
        .contains(&days)
        .then(|| jiff::civil::date(1899, 12, 30).checked_add(jiff::Span::new().days(days as i64)).ok())
        .flatten();
    date.map_or_else(String::new, |date| date.to_string())
}

/// Unpacks everything once, counting: what a file says about its own size need not be true.
fn measure(content: &[u8]) -> Result<(), TableError> {
    let broken = |error: zip::result::ZipError| TableError::Broken { kind: "XLSX", reason: error.to_string() };
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(broken)?;
    if archive.len() > PARTS_MAX {
        return Err(TableError::Bomb);
    }
    let mut left = UNPACKED_BYTES_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(broken)?;
        let unpacked = io::copy(&mut part.take(left + 1), &mut io::sink())
            .map_err(|error| TableError::Broken { kind: "XLSX", reason: error.to_string() })?;
        left = left.checked_sub(unpacked).ok_or(TableError::Bomb)?;
    }
    Ok(())
}
