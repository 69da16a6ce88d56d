//! The rows that places are made of: administrative units, offices, collection points, facilities, and where they were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::point::Point;

/// A code of a list: digits and letters that are never read as a number.
pub type Code = String;

/// Where rows were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// As citizens read it.
    pub label: String,
    /// The day of the list: `2026-01-31`, or `2026` when no more is known.
    pub as_of: String,
    /// What its licence wants shown beside it.
    pub attribution: Option<String>,
}

/// The kind of an administrative unit. Communes and provinces are those since 01/07/2025; the others are what they were before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Tỉnh, thành phố: 34.
    Province,
    /// Phường, xã, đặc khu: 3,321.
    Ward,
    /// Tỉnh, thành phố until 30/06/2025: 63.
    OldProvince,
    /// Quận, huyện, thị xã, thành phố thuộc tỉnh until 30/06/2025.
    OldDistrict,
    /// Phường, xã, thị trấn until 30/06/2025.
    OldWard,
}

/// How well a point is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Not at all.
    #[default]
    None,
    /// The middle of a province.
    Province,
    /// The middle of a former district.
    District,
    /// The middle of a commune.
    Ward,
    /// The street.
    Street,
    /// The building.
    Exact,
}

impl Precision {
    const NAMES: [(Precision, &'static str); 6] = [
        (Precision::None, "none"),
        (Precision::Province, "province"),
        (Precision::District, "district"),
        (Precision::Ward, "ward"),
        (Precision::Street, "street"),
        (Precision::Exact, "exact"),
    ];

    /// The word for it in files, in the database and in the API.
    pub fn name(self) -> &'static str {
        Precision::NAMES.iter().find(|(precision, _)| *precision == self).map_or("none", |(_, name)| name)
    }

    /// From that word.
    pub fn parse(name: &str) -> Option<Precision> {
        Precision::NAMES.iter().find(|(_, known)| *known == name).map(|(precision, _)| *precision)
    }
}

/// How sure it is that a place lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Several communes have the name: never ranked by distance.
    Low,
    /// By an older name.
    Medium,
    /// Stated.
    #[default]
    High,
}

impl Confidence {
    /// The word for it in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    /// From that word; what is none means that nothing speaks against it.
    pub fn parse(name: &str) -> Confidence {
        match name {
            "low" => Confidence::Low,
            "medium" => Confidence::Medium,
            _ => Confidence::High,
        }
    }
}

/// An administrative unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// What it is.
    pub level: Level,
    /// Unique within its level.
    pub code: Code,
    /// "Phường Bến Nghé".
    pub name: String,
    /// The code of the unit above: the province of a commune, the former province of a former district, the former district of a
    /// former commune. Empty for provinces.
    pub parent: Code,
    /// What it became: communes of a former commune or district, the province of a former province.
    pub into: Vec<Code>,
    /// The middle of it.
    pub point: Option<Point>,
    /// How well that is known.
    pub precision: Precision,
    /// People; 0 when not known.
    pub population: u32,
    /// Other names.
    pub aliases: Vec<String>,
    /// Where it was read.
    pub source: Arc<Source>,
}

/// What a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Cơ quan BHXH.
    Office,
    /// Điểm thu, tổ chức dịch vụ thu.
    CollectionPoint,
    /// Cơ sở khám bệnh, chữa bệnh.
    Facility,
}

impl PlaceKind {
    /// All of them.
    pub const ALL: [PlaceKind; 3] = [PlaceKind::Office, PlaceKind::CollectionPoint, PlaceKind::Facility];

    /// The word for it in files, in the database and in the API.
    pub fn name(self) -> &'static str {
        match self {
            PlaceKind::Office => "office",
            PlaceKind::CollectionPoint => "collection_point",
            PlaceKind::Facility => "facility",
        }
    }

    /// From that word.
    pub fn parse(name: &str) -> Option<PlaceKind> {
        PlaceKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What sort of office or facility it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Bệnh viện.
    Hospital,
    /// Trung tâm y tế.
    HealthCentre,
    /// Phòng khám.
    Clinic,
    /// Trạm y tế.
    Station,
    /// Bệnh xá, y tế cơ quan and others.
    OtherFacility,
    /// BHXH Việt Nam.
    Headquarters,
    /// BHXH tỉnh, thành phố.
    ProvinceOffice,
    /// BHXH cơ sở.
    BaseOffice,
    /// BHXH cấp huyện, until 30/06/2025.
    DistrictOffice,
    /// A post office; whether it collects contributions is not confirmed.
    PostOffice,
    /// A collection point that its list names as one.
    Collector,
}

impl Sort {
    const NAMES: [(Sort, &'static str); 11] = [
        (Sort::Hospital, "benh_vien"),
        (Sort::HealthCentre, "trung_tam_y_te"),
        (Sort::Clinic, "phong_kham"),
        (Sort::Station, "tram_y_te"),
        (Sort::OtherFacility, "khac"),
        (Sort::Headquarters, "hq"),
        (Sort::ProvinceOffice, "province"),
        (Sort::BaseOffice, "base"),
        (Sort::DistrictOffice, "district_legacy"),
        (Sort::PostOffice, "post_office"),
        (Sort::Collector, "collector"),
    ];

    /// The word for it in files, in the database and in the API.
    pub fn name(self) -> &'static str {
        Sort::NAMES.iter().find(|(sort, _)| *sort == self).map_or("khac", |(_, name)| name)
    }

    /// From that word.
    pub fn parse(name: &str) -> Option<Sort> {
        Sort::NAMES.iter().find(|(_, known)| *known == name).map(|(sort, _)| *sort)
    }

    /// What it is a sort of.
    pub fn kind(self) -> PlaceKind {
        match self {
            Sort::Hospital | Sort::HealthCentre | Sort::Clinic | Sort::Station | Sort::OtherFacility => PlaceKind::Facility,
            Sort::Headquarters | Sort::ProvinceOffice | Sort::BaseOffice | Sort::DistrictOffice => PlaceKind::Office,
            Sort::PostOffice | Sort::Collector => PlaceKind::CollectionPoint,
        }
    }

    /// What a facility's name says that it is.
    pub fn of_facility(name: &str) -> Sort {
        let name = name.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&["trạm y tế", "tyt "]) {
            Sort::Station
        } else if has(&["phòng khám", "pk "]) {
            Sort::Clinic
        } else if has(&["trung tâm y tế", "ttyt"]) {
            Sort::HealthCentre
        } else if has(&["bệnh viện", "bv"]) {
            Sort::Hospital
        } else {
            Sort::OtherFacility
        }
    }
}

/// A place that citizens go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What it is for.
    pub kind: PlaceKind,
    /// Unique within its kind: the 5-character code of a facility, the key of an office or collection point in its list.
    pub id: Code,
    /// Its name.
    pub name: String,
    /// Names it had before.
    pub former: Vec<String>,
    /// What sort it is.
    pub sort: Sort,
    /// Street and commune.
    pub address: Option<String>,
    /// To dial, as written.
    pub phone: Option<String>,
    /// When it is open.
    pub hours: Option<Hours>,
    /// Whether it takes emergencies day and night.
    pub emergency: Option<bool>,
    /// Cấp chuyên môn: `ban_dau`, `co_ban`, `chuyen_sau`.
    pub care_level: Option<String>,
    /// The commune it lies in.
    pub ward: Option<Code>,
    /// The province it lies in.
    pub province: Option<Code>,
    /// Where it lies.
    pub point: Option<Point>,
    /// How well that is known.
    pub precision: Precision,
    /// How sure that is.
    pub confidence: Confidence,
    /// First day.
    pub valid_from: Option<String>,
    /// Last day; a place that has one is told of, not offered.
    pub valid_to: Option<String>,
    /// What it became: the id of a place of its kind.
    pub successor: Option<Code>,
    /// Communes that an office serves.
    pub serves: Vec<Code>,
    /// What citizens should know beside.
    pub note: Option<String>,
    /// Where it was read.
    pub source: Arc<Source>,
    /// Where its point was read, when elsewhere.
    pub point_source: Option<Arc<Source>>,
}

impl Place {
    /// A row with nothing but its key, its name and where it was read.
    pub fn named(kind: PlaceKind, id: Code, name: String, sort: Sort, source: Arc<Source>) -> Place {
        Place {
            kind,
            id,
            name,
            former: Vec::new(),
            sort,
            address: None,
            phone: None,
            hours: None,
            emergency: None,
            care_level: None,
            ward: None,
            province: None,
            point: None,
            precision: Precision::None,
            confidence: Confidence::High,
            valid_from: None,
            valid_to: None,
            successor: None,
            serves: Vec::new(),
            note: None,
            source,
            point_source: None,
        }
    }
}

/// A point for a place that another list has: a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacePoint {
    /// Of what.
    pub kind: PlaceKind,
    /// Of which.
    pub id: Code,
    /// Where it lies.
    pub point: Point,
    /// How well that is known.
    pub precision: Precision,
    /// A phone number that the layer knows.
    pub phone: Option<String>,
    /// Where it was read.
    pub source: Arc<Source>,
}

/// Rows of all kinds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// By level and code.
    pub units: Vec<Unit>,
    /// By kind and id.
    pub places: Vec<Place>,
    /// By kind and id.
    pub points: Vec<PlacePoint>,
}

impl Rows {
    /// These rows with those of `other` put over them: a row of the same key replaces the one here, except that a point is never
    /// replaced by a coarser one.
    pub fn overlaid(self, other: Rows) -> Rows {
        let mut units: BTreeMap<(Level, Code), Unit> = self.units.into_iter().map(|unit| ((unit.level, unit.code.clone()), unit)).collect();
        units.extend(other.units.into_iter().map(|unit| ((unit.level, unit.code.clone()), unit)));
        let mut places: BTreeMap<(PlaceKind, Code), Place> =
            self.places.into_iter().map(|place| ((place.kind, place.id.clone()), place)).collect();
        for mut place in other.places {
            let key = (place.kind, place.id.clone());
            if let Some(known) = places.get(&key).filter(|known| known.precision > place.precision) {
                (place.point, place.precision, place.confidence) = (known.point, known.precision, known.confidence);
                place.point_source = Some(known.point_source.clone().unwrap_or_else(|| known.source.clone()));
            }
            places.insert(key, place);
        }
        let mut points: BTreeMap<(PlaceKind, Code), PlacePoint> =
            self.points.into_iter().map(|point| ((point.kind, point.id.clone()), point)).collect();
        for point in other.points {
            let key = (point.kind, point.id.clone());
            if points.get(&key).is_none_or(|known| known.precision <= point.precision) {
                points.insert(key, point);
            }
        }
        Rows { units: units.into_values().collect(), places: places.into_values().collect(), points: points.into_values().collect() }
    }
}
