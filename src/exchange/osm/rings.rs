//! Putting the ways of a multipolygon together: ways to rings, rings to areas with holes.
//!
//! Roles (`outer`, `inner`) are not asked: they are wrong too often. A ring inside an odd number of
//! others is a hole, as the even-odd rule has it.

use std::collections::HashMap;

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{Area, BoundingRect, InteriorPoint, Orient};
use geo_types::{LineString, Polygon};

use super::Skip;

/// Joins ways, given by their nodes, to rings at their ends.
pub(super) fn close(ways: &[&[i64]]) -> Result<Vec<Vec<i64>>, Skip> {
    let mut rings = Vec::new();
    let mut at_node: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut used = vec![false; ways.len()];
    for (number, way) in ways.iter().enumerate() {
        let (Some(&first), Some(&last)) = (way.first(), way.last()) else { return Err(Skip::TooFewPositions) };
        if first == last {
            used[number] = true;
            rings.push(way.to_vec());
        } else {
            at_node.entry(first).or_default().push(number);
            at_node.entry(last).or_default().push(number);
        }
    }
    for start in 0..ways.len() {
        if !used[start] {
            used[start] = true;
            walk(ways, start, &at_node, &mut used, &mut rings)?;
        }
    }
    Ok(rings)
}

/// Follows ways from `start` until nothing is left open. Wherever the path comes back to a node where
/// ways meet, the loop is a ring: rings that touch come apart there.
fn walk(
    ways: &[&[i64]],
    start: usize,
    at_node: &HashMap<i64, Vec<usize>>,
    used: &mut [bool],
    rings: &mut Vec<Vec<i64>>,
) -> Result<(), Skip> {
    let mut path = ways[start].to_vec();
    let mut joints = vec![0];
    loop {
        let end = path[path.len() - 1];
        if let Some(joint) = joints.iter().rposition(|&at| path[at] == end) {
            let from = joints[joint];
            rings.push(path[from..].to_vec());
            path.truncate(from + 1);
            joints.truncate(joint);
            if joints.is_empty() {
                return Ok(());
            }
        }
        let here = path[path.len() - 1];
        joints.push(path.len() - 1);
        let next = at_node.get(&here).and_then(|ways| ways.iter().copied().find(|&way| !used[way]));
        let next = next.ok_or(Skip::OpenRing)?;
        used[next] = true;
        if ways[next][0] == here {
            path.extend(&ways[next][1..]);
        } else {
            path.extend(ways[next].iter().rev().skip(1));
        }
    }
}

struct Ring {
    polygon: Polygon<f64>,
    area: f64,
    bbox: geo_types::Rect<f64>,
    /// The smallest ring around it.
    around: Option<usize>,
    depth: usize,
}

/// Sorts closed rings into areas and their holes; outer rings turn left, holes right.
pub(super) fn nest(lines: Vec<LineString<f64>>) -> Result<Vec<Polygon<f64>>, Skip> {
    let mut rings = Vec::with_capacity(lines.len());
    for line in lines {
        if line.0.len() < 4 {
            return Err(Skip::TooFewPositions);
        }
        let polygon = Polygon::new(line, Vec::new());
        let area = polygon.unsigned_area();
        let bbox = polygon.bounding_rect().filter(|_| area > 0.0).ok_or(Skip::Degenerate)?;
        rings.push(Ring { polygon, area, bbox, around: None, depth: 0 });
    }
    rings.sort_by(|a, b| b.area.total_cmp(&a.area));
    for inner in 1..rings.len() {
        if let Some(outer) = (0..inner).rev().find(|&outer| holds(&rings[outer], &rings[inner])) {
            rings[inner].around = Some(outer);
            rings[inner].depth = rings[outer].depth + 1;
        }
    }
    let holes_of = |outer: usize| {
        rings
            .iter()
            .filter(|ring| ring.depth % 2 == 1 && ring.around == Some(outer))
            .map(|ring| ring.polygon.exterior().clone())
            .collect()
    };
    let polygon = |(number, ring): (usize, &Ring)| {
        let polygon = Polygon::new(ring.polygon.exterior().clone(), holes_of(number));
        (ring.depth % 2 == 0).then(|| polygon.orient(geo::orient::Direction::Default))
    };
    Ok(rings.iter().enumerate().filter_map(polygon).collect())
}

fn holds(outer: &Ring, inner: &Ring) -> bool {
    let (a, b) = (outer.bbox, inner.bbox);
    if b.min().x < a.min().x || b.min().y < a.min().y || b.max().x > a.max().x || b.max().y > a.max().y {
        return false;
    }
    let place = |at: &geo_types::Coord<f64>| outer.polygon.coordinate_position(at);
    let off_the_border = inner.polygon.exterior().0.iter().map(place).find(|place| *place != CoordPos::OnBoundary);
    // Every vertex on the other ring: an inner point decides.
    let decided = off_the_border.or_else(|| inner.polygon.interior_point().map(|point| place(&point.0)));
    decided == Some(CoordPos::Inside)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, side: f64) -> LineString<f64> {
        LineString::from(vec![
            (west, south),
            (west, south + side),
            (west + side, south + side),
            (west + side, south),
            (west, south),
        ])
    }

    #[test]
    fn ways_in_any_order_and_direction_make_one_ring() {
        let rings = close(&[&[1, 2, 3], &[5, 4, 3], &[5, 6, 1]]).unwrap();
        assert_eq!(rings, vec![vec![1, 2, 3, 4, 5, 6, 1]]);
    }

    #[test]
    fn rings_that_touch_in_a_node_come_apart() {
        // Two loops through node 1, in four ways.
        let mut rings = close(&[&[1, 2, 3], &[3, 4, 1], &[1, 5, 6], &[6, 7, 1]]).unwrap();
        rings.sort();
        assert_eq!(rings, vec![vec![1, 2, 3, 4, 1], vec![1, 5, 6, 7, 1]]);
        // The same, walked into half-way round the other loop.
        let rings = close(&[&[3, 4, 1], &[1, 5, 6], &[6, 7, 1], &[1, 2, 3]]).unwrap();
        assert_eq!(rings.len(), 2);
        assert!(rings.iter().all(|ring| ring.first() == ring.last() && ring.len() == 5));
    }

    #[test]
    fn a_gap_is_said() {
        assert_eq!(close(&[&[1, 2, 3], &[3, 4, 5]]), Err(Skip::OpenRing));
        assert_eq!(close(&[&[]]), Err(Skip::TooFewPositions));
    }

    #[test]
    fn an_island_in_a_lake_on_an_island_is_an_area_of_its_own() {
        let polygons =
            nest(vec![square(2.0, 2.0, 1.0), square(0.0, 0.0, 10.0), square(1.0, 1.0, 5.0), square(20.0, 0.0, 1.0)])
                .unwrap();
        let areas: Vec<(f64, usize)> =
            polygons.iter().map(|polygon| (polygon.unsigned_area(), polygon.interiors().len())).collect();
        assert_eq!(areas, vec![(75.0, 1), (1.0, 0), (1.0, 0)]);
        assert!(polygons[0].signed_area() > 0.0, "outer rings turn left");
    }

    #[test]
    fn rings_without_area_are_refused() {
        let flat = LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (0.0, 0.0)]);
        assert_eq!(nest(vec![flat]).unwrap_err(), Skip::Degenerate);
    }
}
