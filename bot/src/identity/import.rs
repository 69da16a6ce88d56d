//! Filling the local tables from CSV files: one kind a file, a whole file or nothing of it, in bounded memory.
//!
//! docs/records.md has the columns. The same file again changes nothing: each fact is known by what makes it that fact.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::code::{CitizenId, SocialInsuranceCode};
use super::local::{PersonBody, citizen_hash, content_hash, kind, person_hash, person_place, record_hash, record_place};
use super::record::{Benefit, Card, Contribution, Dependant, Dossier, Month, Visit};
use crate::conversation::Phone;
use crate::secret::Key;
use crate::store::{Import, PersonRow, RECORDS_PER_STATEMENT_MAX, RecordRow, Store, StoreError};

/// A text longer than this is no name, job or procedure.
const TEXT_CHARS_MAX: usize = 300;
/// No contribution, benefit or bill is larger, in đồng.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Persons, who come before what is known of them.
    Person,
    /// Contribution periods.
    Contribution,
    /// Benefits.
    Benefit,
    /// Dossiers.
    Dossier,
    /// Health-insurance cards.
    Card,
    /// Visits.
    Visit,
    /// Children.
    Dependant,
}

impl FileKind {
    /// All of them.
    pub const ALL: [FileKind; 7] = [
        FileKind::Person,
        FileKind::Contribution,
        FileKind::Benefit,
        FileKind::Dossier,
        FileKind::Card,
        FileKind::Visit,
        FileKind::Dependant,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Person => "person",
            FileKind::Contribution => kind::CONTRIBUTION,
            FileKind::Benefit => kind::BENEFIT,
            FileKind::Dossier => kind::DOSSIER,
            FileKind::Card => kind::CARD,
            FileKind::Visit => kind::VISIT,
            FileKind::Dependant => kind::DEPENDANT,
        }
    }

    /// Reads [`FileKind::name`].
    pub fn parse(name: &str) -> Option<FileKind> {
        FileKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The columns, in order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            FileKind::Person => &["code", "citizen_id", "name", "birth", "phone"],
            FileKind::Contribution => &["code", "kind", "from", "to", "employer", "job", "salary"],
            FileKind::Benefit => &["code", "kind", "from", "to", "amount", "paid", "status"],
            FileKind::Dossier => &["code", "dossier", "procedure", "received", "due", "status", "missing", "payment"],
            FileKind::Card => &["code", "number", "from", "to", "facility", "benefit_code", "five_years"],
            FileKind::Visit => &["code", "date", "facility", "level", "covered", "own"],
            FileKind::Dependant => &["code", "name", "birth", "card_number", "card_from", "card_to", "card_facility", "card_benefit_code"],
        }
    }
}

/// Why a file was not imported. Says the line and the column, never what stands there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot be read")]
    Read(#[from] std::io::Error),
    /// A line is wrong.
    #[error("line {line}: {reason}")]
    Line {
        /// From 1, the header included.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The header is another.
    #[error("line 1: expected the columns {expected}")]
    Header {
        /// As they should be.
        expected: String,
    },
    /// The last line does not end.
    #[error("the last line does not end with a line break: the file is cut off")]
    CutOff,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One line.
struct Row<'a> {
    columns: &'static [&'static str],
    record: &'a csv::StringRecord,
    line: u64,
}

impl Row<'_> {
    fn wrong(&self, column: &str, reason: &str) -> ImportError {
        ImportError::Line { line: self.line, reason: format!("{column}: {reason}") }
    }

    fn raw(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|name| *name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    fn text(&self, column: &str) -> Result<String, ImportError> {
        let text = self.raw(column);
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(self.wrong(column, "longer than 300 characters"));
        }
        Ok(text.to_owned())
    }

    fn some_text(&self, column: &str) -> Result<String, ImportError> {
        let text = self.text(column)?;
        if text.is_empty() { Err(self.wrong(column, "is empty")) } else { Ok(text) }
    }

    fn date(&self, column: &str) -> Result<Date, ImportError> {
        self.raw(column).parse().map_err(|_| self.wrong(column, "expected a day as 2026-07-31"))
    }

    fn maybe_date(&self, column: &str) -> Result<Option<Date>, ImportError> {
        if self.raw(column).is_empty() { Ok(None) } else { self.date(column).map(Some) }
    }

    fn month(&self, column: &str) -> Result<Month, ImportError> {
        self.raw(column).parse().map_err(|reason| self.wrong(column, reason))
    }

    fn amount(&self, column: &str) -> Result<i64, ImportError> {
        let amount = self.raw(column).parse().ok().filter(|amount| (0..=AMOUNT_MAX).contains(amount));
        amount.ok_or_else(|| self.wrong(column, "expected whole đồng without separators"))
    }

    /// One word of a closed list.
    fn word<T: DeserializeOwned>(&self, column: &str) -> Result<T, ImportError> {
        serde_json::from_value(Value::from(self.raw(column))).map_err(|_| self.wrong(column, "none of the known words"))
    }

    fn code(&self) -> Result<SocialInsuranceCode, ImportError> {
        SocialInsuranceCode::parse(self.raw("code")).map_err(|error| self.wrong("code", &error.to_string()))
    }

    fn card(&self, prefix: &str) -> Result<Card, ImportError> {
        let column = |name: &str| format!("{prefix}{name}");
        let number = self.some_text(&column("number"))?;
        if number.chars().count() != 15 {
            return Err(self.wrong(&column("number"), "expected 15 characters"));
        }
        let benefit = self.raw(&column("benefit_code")).parse().ok().filter(|code| (1..=5).contains(code));
        let card = Card {
            number,
            from: self.date(&column("from"))?,
            to: self.date(&column("to"))?,
            facility: self.some_text(&column("facility"))?,
            benefit_code: benefit.ok_or_else(|| self.wrong(&column("benefit_code"), "expected 1 to 5"))?,
            five_years: if prefix.is_empty() { self.maybe_date("five_years")? } else { None },
        };
        if card.from > card.to {
            return Err(self.wrong(&column("to"), "before its beginning"));
        }
        Ok(card)
    }
}

/// Imports a file. How many lines it had, without the header.
///
/// # Errors
/// What is wrong, and where. Nothing was imported then.
pub async fn import_file(store: &Store, key: &Key, kind: FileKind, path: &Path, at_ms: i64) -> Result<u64, ImportError> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            return Err(ImportError::CutOff);
        }
        file.seek(SeekFrom::Start(0))?;
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(BufReader::with_capacity(1 << 16, file));
    let header = reader.headers().map_err(|error| broken(&error))?;
    if !header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).eq(kind.columns().iter().copied()) {
        return Err(ImportError::Header { expected: kind.columns().join(",") });
    }
    let mut batch =
        Batch { key, kind, at_ms, import: store.begin_import().await?, persons: Vec::new(), records: Vec::new(), codes: HashMap::new() };
    let mut record = csv::StringRecord::new();
    let mut lines = 0;
    while reader.read_record(&mut record).map_err(|error| broken(&error))? {
        let line = record.position().map_or(0, csv::Position::line);
        batch.take(&Row { columns: kind.columns(), record: &record, line })?;
        lines += 1;
        if batch.persons.len() + batch.records.len() >= RECORDS_PER_STATEMENT_MAX {
            batch.write().await?;
        }
    }
    batch.write().await?;
    batch.import.commit().await?;
    Ok(lines)
}

/// The error without what stands in the file.
fn broken(error: &csv::Error) -> ImportError {
    let line = error.position().map_or(0, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("expected {expected_len} fields, got {len}"),
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => format!("cannot be read: {}", error.kind()),
        _ => "is no CSV".to_owned(),
    };
    ImportError::Line { line, reason }
}

/// Lines that are written together.
struct Batch<'a> {
    key: &'a Key,
    kind: FileKind,
    at_ms: i64,
    import: Import,
    persons: Vec<PersonRow>,
    records: Vec<RecordRow>,
    /// The persons of the batch, and the first line of each.
    codes: HashMap<String, u64>,
}

impl Batch<'_> {
    fn take(&mut self, row: &Row<'_>) -> Result<(), ImportError> {
        let code = row.code()?;
        let person = person_hash(self.key, &code);
        match self.kind {
            FileKind::Person => self.take_person(row, &code, person)?,
            FileKind::Contribution => {
                let period = Contribution {
                    kind: row.word("kind")?,
                    from: row.month("from")?,
                    to: row.month("to")?,
                    employer: row.text("employer")?,
                    job: row.text("job")?,
                    salary_dong: row.amount("salary")?,
                };
                if period.from > period.to {
                    return Err(row.wrong("to", "before its beginning"));
                }
                self.add(person, row, &format!("{:?}/{}/{}", period.kind, period.from, period.employer), &period);
            }
            FileKind::Benefit => {
                let benefit = Benefit {
                    kind: row.word("kind")?,
                    from: row.date("from")?,
                    to: row.maybe_date("to")?,
                    amount_dong: row.amount("amount")?,
                    paid: row.maybe_date("paid")?,
                    status: row.word("status")?,
                };
                self.add(person, row, &format!("{:?}/{}", benefit.kind, benefit.from), &benefit);
            }
            FileKind::Dossier => {
                let dossier = Dossier {
                    code: row.some_text("dossier")?,
                    procedure: row.some_text("procedure")?,
                    received: row.date("received")?,
                    due: row.date("due")?,
                    status: row.word("status")?,
                    missing: Some(row.text("missing")?).filter(|missing| !missing.is_empty()),
                    payment: if row.raw("payment").is_empty() { None } else { Some(row.word("payment")?) },
                };
                self.add(person, row, &dossier.code, &dossier);
            }
            FileKind::Card => {
                let card = row.card("")?;
                self.add(person, row, &format!("{}/{}", card.number, card.from), &card);
            }
            FileKind::Visit => {
                let visit = Visit {
                    date: row.date("date")?,
                    facility: row.some_text("facility")?,
                    level: row.text("level")?,
                    covered_dong: row.amount("covered")?,
                    own_dong: row.amount("own")?,
                };
                self.add(person, row, &format!("{}/{}", visit.date, visit.facility), &visit);
            }
            FileKind::Dependant => {
                let card = if row.raw("card_number").is_empty() { None } else { Some(row.card("card_")?) };
                let child = Dependant { name: row.some_text("name")?, birth: row.date("birth")?, card };
                self.add(person, row, &format!("{}/{}", child.name, child.birth), &child);
            }
        }
        Ok(())
    }

    fn take_person(&mut self, row: &Row<'_>, code: &SocialInsuranceCode, person: String) -> Result<(), ImportError> {
        let citizen_id = match row.raw("citizen_id") {
            "" => None,
            typed => Some(CitizenId::parse(typed).map_err(|error| row.wrong("citizen_id", &error.to_string()))?),
        };
        let phone = match row.raw("phone") {
            "" => None,
            typed => Some(Phone::parse(typed).ok_or_else(|| row.wrong("phone", "no Vietnamese telephone number"))?),
        };
        let body = PersonBody {
            code: code.reveal().to_owned(),
            citizen_id: citizen_id.as_ref().map(|id| id.reveal().to_owned()),
            name: row.some_text("name")?,
            birth: row.date("birth")?,
            phone: phone.map(|phone| phone.reveal().to_owned()),
        };
        let (sealed, content) = self.seal(&person_place(&person), &body);
        let citizen = citizen_id.map(|id| citizen_hash(self.key, &id));
        // The later line of two replaces the earlier; a statement takes each row once.
        if self.codes.insert(person.clone(), row.line).is_some() {
            self.persons.retain(|other| other.person_hash != person);
        }
        self.persons.push(PersonRow { person_hash: person, citizen_hash: citizen, sealed, content_hash: content, demo: 0 });
        Ok(())
    }

    fn add(&mut self, person: String, row: &Row<'_>, fact: &str, body: &impl Serialize) {
        let kind = self.kind.name();
        let hash = record_hash(self.key, kind, &format!("{person}/{fact}"));
        let (sealed, content) = self.seal(&record_place(&person, kind, &hash), body);
        self.codes.entry(person.clone()).or_insert(row.line);
        self.records.push(RecordRow { person_hash: person, kind, record_hash: hash, sealed, content_hash: content });
    }

    /// Sealed, and the hash by which the same is known again.
    fn seal(&self, place: &str, body: &impl Serialize) -> (String, String) {
        // Plain structs of texts and numbers always become JSON.
        let body = Zeroizing::new(serde_json::to_vec(body).unwrap_or_default());
        (self.key.seal(place, &body), content_hash(self.key, place, &body))
    }

    async fn write(&mut self) -> Result<(), ImportError> {
        if !self.persons.is_empty() {
            self.import.persons(&self.persons, self.at_ms).await?;
            self.persons.clear();
            self.codes.clear();
        }
        if !self.records.is_empty() {
            let asked: Vec<String> = self.codes.keys().cloned().collect();
            let known: HashSet<String> = self.import.known(&asked).await?.into_iter().collect();
            let unknown = self.codes.iter().filter(|(person, _)| !known.contains(*person)).map(|(_, line)| *line).min();
            if let Some(line) = unknown {
                return Err(ImportError::Line { line, reason: "code: no such person; import persons first".to_owned() });
            }
            // The later of two lines about the same fact.
            let mut last: HashMap<String, usize> = HashMap::new();
            for (at, row) in self.records.iter().enumerate() {
                last.insert(row.record_hash.clone(), at);
            }
            let mut at = 0;
            self.records.retain(|row| {
                let keep = last.get(&row.record_hash) == Some(&at);
                at += 1;
                keep
            });
            self.import.records(&self.records, self.at_ms).await?;
            self.records.clear();
            self.codes.clear();
        }
        Ok(())
    }
}
