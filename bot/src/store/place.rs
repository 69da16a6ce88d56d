//! Places that were imported, and what citizens say is wrong with them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use knowledge::places::{
    Confidence, Hours, Place, PlaceKind, PlacePoint, Point, Precision, Rows, Sort, Source, Unit, level_letter, level_of,
};
use sqlx::{FromRow, QueryBuilder, query, query_as, query_scalar};
use uuid::Uuid;

use super::audit::{NewAudit, change_audited, insert_audit};
use super::pools::{in_transaction, on_reader};
use super::{Store, StoreError};

/// Rows written by one statement: SQLite takes 32,766 values in one.
const ROWS_A_STATEMENT: usize = 500;
/// Reports listed.
pub const PLACE_REPORTS_MAX: u32 = 500;
/// Between the entries of a list in one column.
const LIST: char = ';';

#[derive(Debug, Clone, PartialEq, FromRow)]
struct UnitRow {
    level: String,
    code: String,
    name: String,
    parent: String,
    became: String,
    lat: Option<f64>,
    lon: Option<f64>,
    geo_precision: String,
    population: i64,
    aliases: String,
    source: String,
    as_of: String,
    attribution: Option<String>,
}

#[derive(Debug, Clone, PartialEq, FromRow)]
struct PlaceRow {
    kind: String,
    place_id: String,
    name: String,
    former: String,
    sort: String,
    address: Option<String>,
    phone: Option<String>,
    hours: Option<String>,
    emergency: Option<i64>,
    care_level: Option<String>,
    ward_code: Option<String>,
    province_code: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    geo_precision: String,
    confidence: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    successor_id: Option<String>,
    serves: String,
    note: Option<String>,
    source: String,
    as_of: String,
    attribution: Option<String>,
}

#[derive(Debug, Clone, PartialEq, FromRow)]
struct PointRow {
    kind: String,
    place_id: String,
    lat: f64,
    lon: f64,
    geo_precision: String,
    phone: Option<String>,
    source: String,
    as_of: String,
    attribution: Option<String>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlacesImported {
    /// Rows that were not there.
    pub added: usize,
    /// Rows that are otherwise now.
    pub changed: usize,
    /// Rows that were there just so.
    pub same: usize,
    /// Points that were left as they were, because they are known better.
    pub kept_points: usize,
}

/// What a citizen says is wrong with a place.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PlaceReportRow {
    /// Its key.
    #[sqlx(try_from = "String")]
    pub place_report_id: Uuid,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub conversation_id: Uuid,
    /// The kind of the place.
    pub kind: String,
    /// Its id.
    pub place_id: String,
    /// Its name as it was shown.
    pub name: String,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
}

impl Store {
    /// Everything that was imported.
    ///
    /// # Errors
    /// The database fails.
    pub async fn place_rows(&self) -> Result<Rows, StoreError> {
        let mut sources = Sources::default();
        let units = self.unit_rows().await?.into_iter().filter_map(|row| row.read(&mut sources)).collect();
        let places = self.place_table().await?.into_iter().filter_map(|row| row.read(&mut sources)).collect();
        let points = self.point_rows().await?.into_iter().filter_map(|row| row.read(&mut sources)).collect();
        Ok(Rows { units, places, points })
    }

    async fn unit_rows(&self) -> Result<Vec<UnitRow>, StoreError> {
        Ok(on_reader!(self, |pool| {
            query_as(
            "select level, code, name, parent, became, lat, lon, geo_precision, population, aliases, source, as_of, attribution from place_unit"
        )
        .fetch_all(pool)
        .await
        })?)
    }

    async fn place_table(&self) -> Result<Vec<PlaceRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select kind, place_id, name, former, sort, address, phone, hours, emergency, care_level, ward_code, province_code, lat, lon,
                    geo_precision, confidence, valid_from, valid_to, successor_id, serves, note, source, as_of, attribution
             from place"
        )
        .fetch_all(pool)
        .await)?)
    }

    async fn point_rows(&self) -> Result<Vec<PointRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select kind, place_id, lat, lon, geo_precision, phone, source, as_of, attribution from place_point"
        )
        .fetch_all(pool)
        .await)?)
    }

    /// Takes rows in, all of them or none: new ones are added, those of a known key replace it, except that a point is never replaced by a
    /// coarser one. What is the same already is not written.
    ///
    /// # Errors
    /// The database fails; nothing has changed then.
    pub async fn import_places(&self, rows: &Rows, path: &str, at_ms: i64) -> Result<PlacesImported, StoreError> {
        let mut done = PlacesImported::default();
        let known: HashMap<(String, String), UnitRow> = by_key(self.unit_rows().await?, UnitRow::key);
        let units = changed(rows.units.iter().map(UnitRow::of), &known, UnitRow::key, &mut done, |_, _| false);
        let known: HashMap<(String, String), PlaceRow> = by_key(self.place_table().await?, PlaceRow::key);
        let places = changed(rows.places.iter().map(PlaceRow::of), &known, PlaceRow::key, &mut done, PlaceRow::keep_point);
        let known: HashMap<(String, String), PointRow> = by_key(self.point_rows().await?, PointRow::key);
        let points = changed(rows.points.iter().map(PointRow::of), &known, PointRow::key, &mut done, PointRow::keep_point);
        let written = done.added + done.changed;
        if written == 0 {
            return Ok(done);
        }
        in_transaction!(self, |tx| {
            for chunk in units.chunks(ROWS_A_STATEMENT) {
                let mut insert = QueryBuilder::new(
                    "insert into place_unit (level, code, name, parent, became, lat, lon, geo_precision, population, aliases, source, as_of,
                                             attribution) ",
                );
                insert.push_values(chunk, |mut values, row| {
                    values
                        .push_bind(&row.level)
                        .push_bind(&row.code)
                        .push_bind(&row.name)
                        .push_bind(&row.parent)
                        .push_bind(&row.became)
                        .push_bind(row.lat)
                        .push_bind(row.lon)
                        .push_bind(&row.geo_precision)
                        .push_bind(row.population)
                        .push_bind(&row.aliases)
                        .push_bind(&row.source)
                        .push_bind(&row.as_of)
                        .push_bind(&row.attribution);
                });
                insert.push(
                    " on conflict (level, code) do update set name = excluded.name, parent = excluded.parent, became = excluded.became,
                         lat = excluded.lat, lon = excluded.lon, geo_precision = excluded.geo_precision, population = excluded.population,
                         aliases = excluded.aliases, source = excluded.source, as_of = excluded.as_of, attribution = excluded.attribution",
                );
                insert.build().execute(&mut *tx).await?;
            }
            for chunk in places.chunks(ROWS_A_STATEMENT) {
                let mut insert = QueryBuilder::new(
                    "insert into place (kind, place_id, name, former, sort, address, phone, hours, emergency, care_level, ward_code,
                                        province_code, lat, lon, geo_precision, confidence, valid_from, valid_to, successor_id, serves, note,
                                        source, as_of, attribution) ",
                );
                insert.push_values(chunk, |mut values, row| {
                    values
                        .push_bind(&row.kind)
                        .push_bind(&row.place_id)
                        .push_bind(&row.name)
                        .push_bind(&row.former)
                        .push_bind(&row.sort)
                        .push_bind(&row.address)
                        .push_bind(&row.phone)
                        .push_bind(&row.hours)
                        .push_bind(row.emergency)
                        .push_bind(&row.care_level)
                        .push_bind(&row.ward_code)
                        .push_bind(&row.province_code)
                        .push_bind(row.lat)
                        .push_bind(row.lon)
                        .push_bind(&row.geo_precision)
                        .push_bind(&row.confidence)
                        .push_bind(&row.valid_from)
                        .push_bind(&row.valid_to)
                        .push_bind(&row.successor_id)
                        .push_bind(&row.serves)
                        .push_bind(&row.note)
                        .push_bind(&row.source)
                        .push_bind(&row.as_of)
                        .push_bind(&row.attribution);
                });
                insert.push(
                    " on conflict (kind, place_id) do update set name = excluded.name, former = excluded.former, sort = excluded.sort,
                         address = excluded.address, phone = excluded.phone, hours = excluded.hours, emergency = excluded.emergency,
                         care_level = excluded.care_level, ward_code = excluded.ward_code, province_code = excluded.province_code,
                         lat = excluded.lat, lon = excluded.lon, geo_precision = excluded.geo_precision, confidence = excluded.confidence,
                         valid_from = excluded.valid_from, valid_to = excluded.valid_to, successor_id = excluded.successor_id,
                         serves = excluded.serves, note = excluded.note, source = excluded.source, as_of = excluded.as_of,
                         attribution = excluded.attribution",
                );
                insert.build().execute(&mut *tx).await?;
            }
            for chunk in points.chunks(ROWS_A_STATEMENT) {
                let mut insert = QueryBuilder::new(
                    "insert into place_point (kind, place_id, lat, lon, geo_precision, phone, source, as_of, attribution) ",
                );
                insert.push_values(chunk, |mut values, row| {
                    values
                        .push_bind(&row.kind)
                        .push_bind(&row.place_id)
                        .push_bind(row.lat)
                        .push_bind(row.lon)
                        .push_bind(&row.geo_precision)
                        .push_bind(&row.phone)
                        .push_bind(&row.source)
                        .push_bind(&row.as_of)
                        .push_bind(&row.attribution);
                });
                insert.push(
                    " on conflict (kind, place_id) do update set lat = excluded.lat, lon = excluded.lon,
                         geo_precision = excluded.geo_precision, phone = excluded.phone, source = excluded.source, as_of = excluded.as_of,
                         attribution = excluded.attribution",
                );
                insert.build().execute(&mut *tx).await?;
            }
            query(
                "insert into place_import (place_import_id, at_ms, path, changed)
                 select coalesce(max(place_import_id), 0) + 1, $1, $2, $3 from place_import",
            )
            .bind(at_ms)
            .bind(path)
            .bind(i64::try_from(written).unwrap_or(i64::MAX))
            .execute(&mut *tx)
            .await?;
        });
        Ok(done)
    }

    /// The number of the last import; 0 before the first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn last_place_import(&self) -> Result<i64, StoreError> {
        Ok(on_reader!(self, |pool| query_scalar("select coalesce(max(place_import_id), 0) from place_import").fetch_one(pool).await)?)
    }

    /// What citizens say is wrong and nobody has looked at, the oldest first, at most [`PLACE_REPORTS_MAX`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn place_reports(&self) -> Result<Vec<PlaceReportRow>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select place_report_id, conversation_id, kind, place_id, name, at_ms from place_report
             where done_ms is null order by at_ms, place_report_id limit $1"
        )
        .bind(i64::from(PLACE_REPORTS_MAX))
        .fetch_all(pool)
        .await)?)
    }
}

impl Store {
    /// Marks a report as looked into; false when there is no open one of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close_place_report(&self, id: Uuid, audit: &NewAudit) -> Result<bool, StoreError> {
        change_audited!(
            self,
            audit,
            query("update place_report set done_ms = $2 where place_report_id = $1 and done_ms is null")
                .bind(id.to_string())
                .bind(audit.at_ms)
        )
    }
}

fn by_key<R>(rows: Vec<R>, key: impl Fn(&R) -> (String, String)) -> HashMap<(String, String), R> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// Rows that are new or otherwise. `keep` puts a better point of the known row into the new one and says that it did.
fn changed<R: PartialEq, K: Eq + Hash>(
    rows: impl Iterator<Item = R>,
    known: &HashMap<K, R>,
    key: impl Fn(&R) -> K,
    done: &mut PlacesImported,
    keep: impl Fn(&mut R, &R) -> bool,
) -> Vec<R> {
    let mut changed = Vec::new();
    for mut row in rows {
        match known.get(&key(&row)) {
            None => {
                done.added += 1;
                changed.push(row);
            }
            Some(old) => {
                done.kept_points += usize::from(keep(&mut row, old));
                if row == *old {
                    done.same += 1;
                } else {
                    done.changed += 1;
                    changed.push(row);
                }
            }
        }
    }
    changed
}

/// Equal sources are one.
#[derive(Default)]
struct Sources(HashMap<(String, String, Option<String>), Arc<Source>>);

impl Sources {
    fn of(&mut self, label: String, as_of: String, attribution: Option<String>) -> Arc<Source> {
        let key = (label, as_of, attribution);
        let made = || Arc::new(Source { label: key.0.clone(), as_of: key.1.clone(), attribution: key.2.clone() });
        Arc::clone(self.0.entry(key.clone()).or_insert_with(made))
    }
}

fn joined(list: &[String]) -> String {
    list.join(";")
}

fn split(text: &str) -> Vec<String> {
    text.split(LIST).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

fn point(lat: Option<f64>, lon: Option<f64>) -> Option<Point> {
    Point::new(lat?, lon?)
}

impl UnitRow {
    fn key(row: &UnitRow) -> (String, String) {
        (row.level.clone(), row.code.clone())
    }

    fn of(unit: &Unit) -> UnitRow {
        UnitRow {
            level: level_letter(unit.level).to_owned(),
            code: unit.code.clone(),
            name: unit.name.clone(),
            parent: unit.parent.clone(),
            became: joined(&unit.into),
            lat: unit.point.map(Point::lat),
            lon: unit.point.map(Point::lon),
            geo_precision: unit.precision.name().to_owned(),
            population: i64::from(unit.population),
            aliases: joined(&unit.aliases),
            source: unit.source.label.clone(),
            as_of: unit.source.as_of.clone(),
            attribution: unit.source.attribution.clone(),
        }
    }

    /// `None` for what another version wrote and this one does not know.
    fn read(self, sources: &mut Sources) -> Option<Unit> {
        Some(Unit {
            level: level_of(&self.level)?,
            code: self.code,
            name: self.name,
            parent: self.parent,
            into: split(&self.became),
            point: point(self.lat, self.lon),
            precision: Precision::parse(&self.geo_precision)?,
            population: u32::try_from(self.population).unwrap_or(0),
            aliases: split(&self.aliases),
            source: sources.of(self.source, self.as_of, self.attribution),
        })
    }
}

impl PlaceRow {
    fn key(row: &PlaceRow) -> (String, String) {
        (row.kind.clone(), row.place_id.clone())
    }

    fn of(place: &Place) -> PlaceRow {
        PlaceRow {
            kind: place.kind.name().to_owned(),
            place_id: place.id.clone(),
            name: place.name.clone(),
            former: joined(&place.former),
            sort: place.sort.name().to_owned(),
            address: place.address.clone(),
            phone: place.phone.clone(),
            hours: place.hours.as_ref().map(Hours::shown),
            emergency: place.emergency.map(i64::from),
            care_level: place.care_level.clone(),
            ward_code: place.ward.clone(),
            province_code: place.province.clone(),
            lat: place.point.map(Point::lat),
            lon: place.point.map(Point::lon),
            geo_precision: place.precision.name().to_owned(),
            confidence: place.confidence.name().to_owned(),
            valid_from: place.valid_from.clone(),
            valid_to: place.valid_to.clone(),
            successor_id: place.successor.clone(),
            serves: joined(&place.serves),
            note: place.note.clone(),
            source: place.source.label.clone(),
            as_of: place.source.as_of.clone(),
            attribution: place.source.attribution.clone(),
        }
    }

    fn keep_point(row: &mut PlaceRow, old: &PlaceRow) -> bool {
        let kept = Precision::parse(&old.geo_precision) > Precision::parse(&row.geo_precision);
        if kept {
            (row.lat, row.lon) = (old.lat, old.lon);
            row.geo_precision.clone_from(&old.geo_precision);
            row.confidence.clone_from(&old.confidence);
        }
        kept
    }

    /// `None` for what another version wrote and this one does not know.
    fn read(self, sources: &mut Sources) -> Option<Place> {
        Some(Place {
            kind: PlaceKind::parse(&self.kind)?,
            id: self.place_id,
            name: self.name,
            former: split(&self.former),
            sort: Sort::parse(&self.sort)?,
            address: self.address,
            phone: self.phone,
            hours: self.hours.as_deref().and_then(Hours::parse),
            emergency: self.emergency.map(|flag| flag != 0),
            care_level: self.care_level,
            ward: self.ward_code,
            province: self.province_code,
            point: point(self.lat, self.lon),
            precision: Precision::parse(&self.geo_precision)?,
            confidence: Confidence::parse(&self.confidence),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            successor: self.successor_id,
            serves: split(&self.serves),
            note: self.note,
            source: sources.of(self.source, self.as_of, self.attribution),
            point_source: None,
        })
    }
}

impl PointRow {
    fn key(row: &PointRow) -> (String, String) {
        (row.kind.clone(), row.place_id.clone())
    }

    fn of(point: &PlacePoint) -> PointRow {
        PointRow {
            kind: point.kind.name().to_owned(),
            place_id: point.id.clone(),
            lat: point.point.lat(),
            lon: point.point.lon(),
            geo_precision: point.precision.name().to_owned(),
            phone: point.phone.clone(),
            source: point.source.label.clone(),
            as_of: point.source.as_of.clone(),
            attribution: point.source.attribution.clone(),
        }
    }

    fn keep_point(row: &mut PointRow, old: &PointRow) -> bool {
        let kept = Precision::parse(&old.geo_precision) > Precision::parse(&row.geo_precision);
        if kept {
            row.clone_from(old);
        }
        kept
    }

    /// `None` for what another version wrote and this one does not know.
    fn read(self, sources: &mut Sources) -> Option<PlacePoint> {
        Some(PlacePoint {
            kind: PlaceKind::parse(&self.kind)?,
            id: self.place_id,
            point: Point::new(self.lat, self.lon)?,
            precision: Precision::parse(&self.geo_precision)?,
            phone: self.phone,
            source: sources.of(self.source, self.as_of, self.attribution),
        })
    }
}
