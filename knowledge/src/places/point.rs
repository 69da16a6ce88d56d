//! Points on the earth, and distances between them.

use serde::{Deserialize, Serialize};

/// Mean radius of the earth in metres: what great-circle distances are reckoned with.
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Corners of a box around Vietnam with its islands, in degrees.
const VIETNAM_LAT: std::ops::RangeInclusive<f64> = 6.0..=23.6;
const VIETNAM_LON: std::ops::RangeInclusive<f64> = 102.0..=117.5;

/// A point in degrees: north and east are positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    lat: f64,
    lon: f64,
}

impl Point {
    /// `None` for what is no place on earth: not a number, infinite, out of range.
    pub fn new(lat: f64, lon: f64) -> Option<Point> {
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)).then_some(Point { lat, lon })
    }

    /// Degrees north.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Degrees east.
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Whether it lies in or near Vietnam.
    pub fn is_in_vietnam(self) -> bool {
        VIETNAM_LAT.contains(&self.lat) && VIETNAM_LON.contains(&self.lon)
    }

    /// The same two numbers the other way round, when that is where Vietnam is: somebody gave longitude first.
    pub fn unswapped(self) -> Option<Point> {
        Point::new(self.lon, self.lat).filter(|swapped| !self.is_in_vietnam() && swapped.is_in_vietnam())
    }

    /// Along the great circle, in metres.
    pub fn distance_m(self, other: Point) -> f64 {
        chord_to_m(squared(self.on_sphere(), other.on_sphere()))
    }

    /// On the sphere of radius 1. Distances there know no poles and no antimeridian.
    pub(crate) fn on_sphere(self) -> [f64; 3] {
        let (lat, lon) = (self.lat.to_radians(), self.lon.to_radians());
        let (sin_lat, cos_lat) = (libm::sin(lat), libm::cos(lat));
        [cos_lat * libm::cos(lon), cos_lat * libm::sin(lon), sin_lat]
    }
}

/// A point, or none, in eight bytes: exact to a centimetre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedPoint {
    lat_e7: i32,
    lon_e7: i32,
}

impl PackedPoint {
    const SCALE: f64 = 1e7;
    const NONE: PackedPoint = PackedPoint { lat_e7: i32::MIN, lon_e7: i32::MIN };

    pub(crate) fn get(self) -> Option<Point> {
        let degrees = |scaled: i32| f64::from(scaled) / PackedPoint::SCALE;
        if self == PackedPoint::NONE { None } else { Point::new(degrees(self.lat_e7), degrees(self.lon_e7)) }
    }
}

impl From<Option<Point>> for PackedPoint {
    fn from(point: Option<Point>) -> PackedPoint {
        let scaled = |degrees: f64| (degrees * PackedPoint::SCALE).round() as i32;
        point.map_or(PackedPoint::NONE, |point| PackedPoint { lat_e7: scaled(point.lat), lon_e7: scaled(point.lon) })
    }
}

/// The square of the straight distance between two points of the unit sphere.
fn squared(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Metres along the earth for the square of a chord of the unit sphere.
pub(crate) fn chord_to_m(squared: f64) -> f64 {
    2.0 * EARTH_RADIUS_M * libm::asin((squared.sqrt() / 2.0).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        let check = |a: (f64, f64), b: (f64, f64), km: f64| {
            let (a, b) = (Point::new(a.0, a.1).unwrap(), Point::new(b.0, b.1).unwrap());
            assert!((a.distance_m(b) / 1_000.0 - km).abs() < 0.006 * km + 0.001, "{} {km}", a.distance_m(b) / 1_000.0);
        };
        check((21.0285, 105.8542), (10.7769, 106.7009), 1_143.0);
        check((0.0, 179.5), (0.0, -179.5), 111.2);
        check((90.0, 0.0), (90.0, 135.0), 0.0);
        check((-90.0, 0.0), (90.0, 0.0), 20_015.1);
    }

    #[test]
    fn what_is_no_point_is_refused_and_swapped_numbers_are_noticed() {
        for (lat, lon) in [(f64::NAN, 105.0), (21.0, f64::INFINITY), (105.8, 21.0), (90.1, 0.0), (0.0, -180.5)] {
            assert_eq!(Point::new(lat, lon), None, "{lat} {lon}");
        }
        let swapped = Point::new(16.05, 108.2).unwrap();
        assert_eq!((swapped.is_in_vietnam(), swapped.unswapped()), (true, None));
        assert_eq!(Point::new(48.85, 2.35).unwrap().unswapped(), None);
    }
}
