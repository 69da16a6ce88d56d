//! What names mean, and what is near.

use std::collections::BTreeSet;

use super::{Found, Gazetteer, Level, Nearest, Places, Point, Spot, UNITS_ASKED_MAX};
use crate::random::Random;

const PHRASES: &str = include_str!("../../data/place-phrases.tsv");
/// Phrases that the table has at least.
const PHRASES_MIN: usize = 400;
/// So many of a hundred are read right.
const RIGHT_PERCENT_MIN: usize = 97;

/// What a row of the table expects.
enum Expected<'a> {
    No,
    /// One of these labels, which are one spot.
    Unit(Vec<&'a str>),
    /// Asked back: the first of these comes first, all are offered.
    Asked(Vec<&'a str>),
}

impl Expected<'_> {
    fn read(text: &str) -> Expected<'_> {
        match text.strip_prefix('?') {
            _ if text == "-" => Expected::No,
            Some(labels) => Expected::Asked(labels.split(" | ").map(str::trim).filter(|label| !label.is_empty()).collect()),
            None => Expected::Unit(text.split(" = ").collect()),
        }
    }

    fn is_met_by(&self, found: &Found, gazetteer: &Gazetteer) -> bool {
        match (self, found) {
            (Expected::No, Found::Nothing) => true,
            (Expected::Unit(labels), Found::One(unit)) => labels.contains(&gazetteer.label(*unit).as_str()),
            (Expected::Asked(wanted), Found::Several { units, .. }) => {
                let offered: Vec<String> = units.iter().map(|&unit| gazetteer.label(unit)).collect();
                wanted.first().is_none_or(|first| offered[0] == *first)
                    && wanted.iter().all(|label| offered.iter().any(|known| known == label))
            }
            _ => false,
        }
    }
}

/// Present provinces of the units with these labels.
fn provinces(labels: &[&str], gazetteer: &Gazetteer) -> BTreeSet<u32> {
    let levels = [Level::Province, Level::OldProvince, Level::OldDistrict, Level::Ward, Level::OldWard];
    let of_label = |unit: &u32| labels.contains(&gazetteer.label(*unit).as_str());
    levels.into_iter().flat_map(|level| gazetteer.of_level(level)).filter(of_label).filter_map(|unit| gazetteer.province(unit)).collect()
}

fn shown(found: &Found, gazetteer: &Gazetteer) -> String {
    match found {
        Found::Nothing => "nothing".to_owned(),
        Found::One(unit) => gazetteer.label(*unit),
        Found::Several { units, .. } => {
            let labels: Vec<String> = units.iter().map(|&unit| gazetteer.label(unit)).collect();
            format!("? {}", labels.join(" | "))
        }
    }
}

#[test]
fn phrases_name_the_units_that_people_mean() {
    let places = Places::embedded();
    let gazetteer = places.gazetteer();
    let rows: Vec<(&str, &str)> = PHRASES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap_or_else(|| panic!("{line:?} has no tab")))
        .collect();
    assert!(rows.len() >= PHRASES_MIN, "{} phrases", rows.len());
    let known: BTreeSet<String> = [Level::Province, Level::OldProvince, Level::OldDistrict, Level::Ward, Level::OldWard]
        .into_iter()
        .flat_map(|level| gazetteer.of_level(level))
        .map(|unit| gazetteer.label(unit))
        .collect();
    let (mut wrong, mut silent) = (Vec::new(), Vec::new());
    for (phrase, text) in &rows {
        let expected = Expected::read(text);
        if let Expected::Unit(labels) | Expected::Asked(labels) = &expected {
            labels.iter().for_each(|label| assert!(known.contains(*label), "{phrase}: {label} is no unit"));
        }
        let found = match places.ask(phrase).spot {
            Spot::Named(found) => found,
            Spot::Unsaid | Spot::Here => Found::Nothing,
        };
        if let Found::Several { units, .. } = &found {
            assert!((2..=UNITS_ASKED_MAX).contains(&units.len()), "{phrase}: {} choices", units.len());
        }
        if !expected.is_met_by(&found, gazetteer) {
            let line = format!("{phrase}: {}, expected {text}", shown(&found, gazetteer));
            // Somebody is sent to another province without having been asked.
            if let (Found::One(unit), Expected::Unit(labels)) = (&found, &expected)
                && !gazetteer.province(*unit).is_some_and(|province| provinces(labels, gazetteer).contains(&province))
            {
                silent.push(line.clone());
            }
            if let (Found::One(_), Expected::Asked(_)) = (&found, &expected) {
                silent.push(line.clone());
            }
            wrong.push(line);
        }
    }
    let right = rows.len() - wrong.len();
    println!("{right} of {} phrases", rows.len());
    assert!(silent.is_empty(), "silently wrong across provinces:\n{}\n\nall that is wrong:\n{}", silent.join("\n"), wrong.join("\n"));
    assert!(right * 100 >= rows.len() * RIGHT_PERCENT_MIN, "{right} of {} phrases are right:\n{}", rows.len(), wrong.join("\n"));
    // Shown when the test is run by hand with --nocapture.
    wrong.iter().for_each(|line| println!("{line}"));
}

/// Great-circle distance by the haversine formula, which shares nothing with the index.
fn haversine_m((lat_a, lon_a): (f64, f64), (lat_b, lon_b): (f64, f64)) -> f64 {
    const EARTH_RADIUS_M: f64 = 6_371_008.8;
    let half = |a: f64, b: f64| ((b - a) / 2.0).sin().powi(2);
    let part = half(lat_a, lat_b) + lat_a.cos() * lat_b.cos() * half(lon_a, lon_b);
    2.0 * EARTH_RADIUS_M * part.sqrt().min(1.0).asin()
}

#[test]
fn the_nearest_are_those_of_a_brute_force_over_the_globe() {
    const QUERIES: usize = 10_000;
    const NEAREST: usize = 10;
    /// Below this, two distances are one: floating-point numbers end there.
    const SAME_M: f64 = 0.05;
    let mut random = Random::new(6);
    let mut between = |low: f64, high: f64| low + (high - low) * f64::from(random.unit());
    let places = Places::embedded();
    let gazetteer = places.gazetteer();
    let points: Vec<Point> = gazetteer.of_level(Level::Ward).filter_map(|ward| gazetteer.point(ward)).collect();
    let bounds = |of: fn(&Point) -> f64| {
        let values = points.iter().map(of);
        (values.clone().fold(f64::MAX, f64::min), values.fold(f64::MIN, f64::max))
    };
    let ((south, north), (west, east)) = (bounds(|point| point.lat()), bounds(|point| point.lon()));
    // A third of them, and those at the corners of the country: brute force is slow.
    let is_outermost = |point: &Point| point.lat() == south || point.lat() == north || point.lon() == west || point.lon() == east;
    let mut points: Vec<Point> =
        points.iter().enumerate().filter(|(at, point)| at % 3 == 0 || is_outermost(point)).map(|(_, point)| *point).collect();
    // The poles, both sides of the antimeridian, and the same point twice.
    let far =
        [(90.0, 0.0), (90.0, 120.0), (-90.0, -60.0), (0.0, 180.0), (0.0, -180.0), (16.0, 179.9999), (16.0, -179.9999), (-45.0, 179.5)];
    points.extend(far.iter().map(|&(lat, lon)| Point::new(lat, lon).unwrap()));
    points.extend((0..200).map(|_| Point::new(between(-90.0, 90.0), between(-180.0, 180.0)).unwrap()));
    points.push(points[0]);
    let index = Nearest::build(points.iter().zip(0..).map(|(&point, number)| (number, point)));
    assert_eq!(index.len(), points.len());
    let radians: Vec<(f64, f64)> = points.iter().map(|point| (point.lat().to_radians(), point.lon().to_radians())).collect();
    let mut queries: Vec<(f64, f64)> = far.to_vec();
    queries.extend([(south, west), (south, east), (north, west), (north, east)]);
    queries.extend((0..QUERIES / 2).map(|_| (between(south - 0.5, north + 0.5), between(west - 0.5, east + 0.5))));
    queries.extend((0..QUERIES / 4).map(|_| (between(-90.0, 90.0), between(-180.0, 180.0))));
    queries.extend((0..QUERIES / 8).map(|_| (between(-90.0, 90.0), between(179.0, 180.0))));
    queries.resize_with(QUERIES, || {
        let pole = if between(0.0, 1.0) < 0.5 { 90.0 } else { -90.0 };
        (pole * between(0.98, 1.0), between(-180.0, 180.0))
    });
    for (lat, lon) in queries {
        let from = (lat.to_radians(), lon.to_radians());
        let mut all: Vec<(f64, u32)> = radians.iter().zip(0..).map(|(&point, number)| (haversine_m(from, point), number)).collect();
        all.select_nth_unstable_by(NEAREST, |a, b| a.0.total_cmp(&b.0));
        all.truncate(NEAREST);
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let found: Vec<(u32, f64)> = index.from(Point::new(lat, lon).unwrap()).take(NEAREST).collect();
        assert_eq!(found.len(), NEAREST);
        for (&(number, metres), &(expected_m, _)) in found.iter().zip(&all) {
            // Haversine is coarse at the antipodes, where nothing is near anyway.
            let tolerance = SAME_M.max(expected_m * 1e-7);
            assert!((metres - expected_m).abs() <= tolerance, "from {lat} {lon}: {metres} m, expected {expected_m} m");
            assert!(
                (haversine_m(from, radians[number as usize]) - metres).abs() <= tolerance,
                "from {lat} {lon}: {number} is not that far"
            );
        }
        let distinct: BTreeSet<u32> = found.iter().map(|&(number, _)| number).collect();
        assert_eq!(distinct.len(), NEAREST, "from {lat} {lon}: one of them twice");
    }
}
