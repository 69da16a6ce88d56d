//! The nearest of many points: an R*-tree over the unit sphere.
//!
//! On plain degrees the tree would call the wrong ones near (a degree east is shorter than a degree north); on x, y, z it cannot.

use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::point::{Point, chord_to_m};

/// Points that stand for something numbered.
pub struct Nearest {
    tree: RTree<Entry>,
}

struct Entry {
    at: [f64; 3],
    number: u32,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 3]>;

    fn envelope(&self) -> AABB<[f64; 3]> {
        AABB::from_point(self.at)
    }
}

impl PointDistance for Entry {
    fn distance_2(&self, point: &[f64; 3]) -> f64 {
        self.at.distance_2(point)
    }
}

impl Nearest {
    /// Takes all points at once.
    pub fn build(points: impl IntoIterator<Item = (u32, Point)>) -> Nearest {
        let entries = points.into_iter().map(|(number, point)| Entry { at: point.on_sphere(), number }).collect();
        Nearest { tree: RTree::bulk_load(entries) }
    }

    /// All numbers with their distance in metres, nearest first, found as they are asked for. Equal distances come in any order.
    pub fn from(&self, point: Point) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.tree.nearest_neighbor_iter_with_distance_2(point.on_sphere()).map(|(entry, squared)| (entry.number, chord_to_m(squared)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
