//! What the columns of a list are called, and which list that makes it.

use std::collections::BTreeMap;

use knowledge::places::plain;

use super::table::Table;

/// The row with the names of the columns is looked for in so many rows: titles and dates stand above it.
const HEADER_ROWS_MAX: usize = 12;
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    Era,
    Code,
    UnitCode,
    OfficeId,
    AgentId,
    Name,
    FormerName,
    Name2024,
    OfficeName,
    Address,
    Phone,
    Hours,
    Emergency,
    CareLevel,
    Kind,
    Province,
    ProvinceOld,
    DistrictOld,
    Ward,
    NewWard,
    Into,
    MergedInto,
    Lat,
    Lon,
    Precision,
    Confidence,
    Served,
    ServedCode,
    Collects,
    ValidFrom,
    ValidTo,
    Successor,
    Population,
    Aliases,
    OsmName,
    Match,
    FacilityPart,
    LegalBasis,
    Note,
    Source,
    AsOf,
}

/// What columns are called, plain (see [`plain`]).
const HEADERS: &[(&str, Field)] = &[
    ("era", Field::Era),
    ("ma kcb", Field::Code),
    ("ma cskcb", Field::Code),
    ("ma co so kcb", Field::Code),
    ("ma co so kham chua benh", Field::Code),
    ("ma co so", Field::Code),
    ("ma benh vien", Field::FacilityPart),
    ("ma", Field::Code),
    ("code", Field::UnitCode),
    ("maphuongxa", Field::UnitCode),
    ("office id", Field::OfficeId),
    ("agent id", Field::AgentId),
    ("ten benh vien", Field::Name),
    ("ten cskcb", Field::Name),
    ("ten co so kcb", Field::Name),
    ("ten co so kham chua benh", Field::Name),
    ("ten co so", Field::Name),
    ("ten", Field::Name),
    ("name", Field::Name),
    ("ten goi", Field::OfficeName),
    ("ten bhxh co so", Field::OfficeName),
    ("ten co quan bhxh", Field::OfficeName),
    ("co quan bhxh", Field::OfficeName),
    ("former name", Field::FormerName),
    ("ten bhxh cap huyen lien huyen", Field::FormerName),
    ("name 2024", Field::Name2024),
    ("dia chi", Field::Address),
    ("dia chi tru so", Field::Address),
    ("dia chi tru so chinh", Field::Address),
    ("tru so chinh", Field::Address),
    ("tru so", Field::Address),
    ("address", Field::Address),
    ("dien thoai", Field::Phone),
    ("so dien thoai", Field::Phone),
    ("sdt", Field::Phone),
    ("phone", Field::Phone),
    ("gio lam viec", Field::Hours),
    ("thoi gian lam viec", Field::Hours),
    ("opening hours", Field::Hours),
    ("hours", Field::Hours),
    ("cap cuu 24h", Field::Emergency),
    ("emergency", Field::Emergency),
    ("level", Field::CareLevel),
    ("cap chuyen mon", Field::CareLevel),
    ("cap cskcb", Field::CareLevel),
    ("kind", Field::Kind),
    ("loai", Field::Kind),
    ("loai cskcb", Field::Kind),
    ("type", Field::Kind),
    ("province new code", Field::Province),
    ("province code", Field::Province),
    ("ma tinh", Field::Province),
    ("matinh", Field::Province),
    ("tinh", Field::Province),
    ("province old code", Field::ProvinceOld),
    ("district old code", Field::DistrictOld),
    ("ward new code", Field::Ward),
    ("ward code", Field::ServedCode),
    ("ma phuong xa", Field::Ward),
    ("new ward code", Field::NewWard),
    ("successor ward codes", Field::Into),
    ("merged into code", Field::MergedInto),
    ("lat", Field::Lat),
    ("vi do", Field::Lat),
    ("latitude", Field::Lat),
    ("lon", Field::Lon),
    ("lng", Field::Lon),
    ("kinh do", Field::Lon),
    ("longitude", Field::Lon),
    ("geo precision", Field::Precision),
    ("geo confidence", Field::Confidence),
    ("wards served", Field::Served),
    ("dia ban quan ly", Field::Served),
    ("dia ban quan ly theo dvhc cap xa", Field::Served),
    ("collects bhxh", Field::Collects),
    ("valid from", Field::ValidFrom),
    ("ngay hieu luc", Field::ValidFrom),
    ("valid to", Field::ValidTo),
    ("successor", Field::Successor),
    ("population", Field::Population),
    ("aliases", Field::Aliases),
    ("osm name", Field::OsmName),
    ("match", Field::Match),
    ("legal basis", Field::LegalBasis),
    ("note", Field::Note),
    ("ghi chu", Field::Note),
    ("source", Field::Source),
    ("nguon", Field::Source),
    ("as of", Field::AsOf),
    ("tinh den ngay", Field::AsOf),
];

/// The columns of a list.
pub(super) struct Columns(BTreeMap<Field, usize>);

impl Columns {
    fn of(cells: &[String]) -> Columns {
        let mut columns = BTreeMap::new();
        for (at, cell) in cells.iter().enumerate() {
            let name = plain(&cell.replace('_', " "));
            if let Some((_, field)) = HEADERS.iter().find(|(header, _)| *header == name) {
                columns.entry(*field).or_insert(at);
            }
        }
        Columns(columns)
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.0.contains_key(&field)
    }

    pub(super) fn get<'a>(&self, cells: &'a [String], field: Field) -> &'a str {
        self.0.get(&field).and_then(|&at| cells.get(at)).map_or("", |cell| cell.trim())
    }
}

/// Cells that are merged downwards: the row below has the names that are missing above, and nothing where the one above has a name.
fn merged(above: &[String], below: &[String]) -> Vec<String> {
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    let one = |column: usize| match (cell(above, column), cell(below, column)) {
        (upper, lower) if lower.is_empty() => upper,
        (upper, lower) if upper.is_empty() => lower,
        (upper, lower) if Columns::of(std::slice::from_ref(&lower)).0.is_empty() => upper,
        (_, lower) => lower,
    };
    (0..above.len().max(below.len())).map(one).collect()
}

/// Which list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Provinces,
    OldDistricts,
    OldWards,
    Wards,
    OfficeWards,
    Offices,
    Facilities,
    Points,
    Agents,
}

impl List {
    fn of(columns: &Columns) -> Option<List> {
        let has = |field| columns.has(field);
        Some(if has(Field::Era) && has(Field::UnitCode) {
            List::Provinces
        } else if has(Field::Into) {
            List::OldDistricts
        } else if has(Field::NewWard) && has(Field::DistrictOld) {
            List::OldWards
        } else if has(Field::ServedCode) && has(Field::OfficeId) {
            List::OfficeWards
        } else if has(Field::OsmName) && has(Field::Code) {
            List::Points
        } else if has(Field::AgentId) {
            List::Agents
        } else if has(Field::OfficeId) || has(Field::OfficeName) {
            List::Offices
        } else if has(Field::UnitCode) && has(Field::Name) && has(Field::Province) {
            List::Wards
        } else if (has(Field::Code) || has(Field::FacilityPart) && has(Field::Province)) && has(Field::Name) {
            List::Facilities
        } else {
            return None;
        })
    }

    /// Units come first: what follows refers to them.
    fn rank(self) -> usize {
        match self {
            List::Provinces => 0,
            List::Wards => 1,
            List::OldDistricts => 2,
            List::OldWards => 3,
            List::Offices => 4,
            List::Facilities => 5,
            List::Agents => 6,
            List::OfficeWards => 7,
            List::Points => 8,
        }
    }
}

/// A list whose columns are known.
pub(super) struct Sheet {
    pub(super) file: String,
    pub(super) list: List,
    pub(super) columns: Columns,
    pub(super) rows: Vec<(usize, Vec<String>)>,
}

impl Sheet {
    /// Finds the row with the names of the columns: the one that names most of them. `None` when there is none that names a list.
    pub(super) fn of(file: &str, table: Table) -> Option<Sheet> {
        let mut rows = table.rows;
        let mut best: Option<(Columns, List, usize)> = None;
        for at in 0..rows.len().min(HEADER_ROWS_MAX) {
            let one = Columns::of(&rows[at].1);
            let both = rows.get(at + 1).map(|(_, below)| Columns::of(&merged(&rows[at].1, below)));
            let (columns, skip) = match both {
                Some(both) if both.0.len() > one.0.len() && List::of(&both).is_some() => (both, 2),
                _ => (one, 1),
            };
            // Of a title above merged names the row below knows more; of equals the first counts.
            if let Some(list) = List::of(&columns)
                && best.as_ref().is_none_or(|(known, ..)| known.0.len() < columns.0.len())
            {
                best = Some((columns, list, at + skip));
            }
        }
        let (columns, list, begin) = best?;
        let rows = rows.split_off(begin);
        Some(Sheet { file: file.to_owned(), list, columns, rows })
    }

    pub(super) fn rank(&self) -> usize {
        self.list.rank()
    }

    pub(super) fn is_of_units(&self) -> bool {
        self.list.rank() <= List::OldWards.rank()
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}
