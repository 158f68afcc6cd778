//! Lines and areas with, for each vertex, the zoom from which it is drawn.
//!
//! Vertices are ranked by the effective area of Visvalingam and Whyatt (1993, "Line generalisation
//! by repeated elimination of points"): a vertex goes when the triangle with its neighbours is
//! smaller than half a pixel each way. The ranking is made once; a tile only compares numbers.
//!
//! Where areas share borders, rings are first cut into arcs at the junctions (vertices where more
//! than two borders meet). An arc is ranked by itself, and the ranking does not depend on its
//! direction, so both neighbours keep the same vertices at every zoom and no gap opens.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::domain::{Bbox, Geometry, GeometryKind, LonLat};
use crate::geodesy::world::{DEEPEST_ZOOM, WorldXy};

/// Side of the square that a vertex's triangle must exceed to be drawn, in units of a tile of 4096:
/// half a pixel of a tile drawn 512 pixels wide.
const TOLERANCE_UNITS: f64 = 4.0;

/// The geometry of a line or area, and its vertices on the world grid.
#[derive(Debug, Clone)]
pub struct Outline {
    geometry: Geometry,
    bbox: Bbox,
    representative: LonLat,
    chains: Vec<Chain>,
}

/// A line, or a ring without its closing vertex.
#[derive(Debug, Clone)]
pub struct Chain {
    /// What it is.
    pub role: Role,
    /// Its vertices.
    pub vertices: Vec<Vertex>,
}

/// What a chain is in its geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A line.
    Line,
    /// The outer ring of an area.
    Exterior,
    /// A hole of the area whose exterior came before.
    Interior,
}

/// A vertex on the world grid.
#[derive(Debug, Clone, Copy)]
pub struct Vertex {
    /// Where.
    pub at: WorldXy,
    /// The first zoom at which it is drawn.
    pub from_zoom: u8,
}

/// The neighbours of each vertex over a set of rings: up to three are told apart.
pub(super) type Junctions = HashMap<WorldXy, [Option<WorldXy>; 3]>;

impl Outline {
    /// The outline of a geometry, its vertices ranked by its own course alone.
    pub(super) fn of(geometry: Geometry) -> Self {
        let mut outline = Self {
            bbox: geometry.bbox(),
            representative: geometry.representative(),
            chains: chains_of(&geometry),
            geometry,
        };
        outline.rank(&Junctions::new());
        outline
    }

    /// The same outline with its rings cut into arcs at the junctions.
    pub(super) fn ranked(&self, junctions: &Junctions) -> Self {
        let mut outline = self.clone();
        outline.rank(junctions);
        outline
    }

    fn rank(&mut self, junctions: &Junctions) {
        for chain in &mut self.chains {
            let zooms = match chain.role {
                Role::Line => rank_arc(&positions(&chain.vertices)),
                Role::Exterior | Role::Interior => rank_ring(&positions(&chain.vertices), junctions),
            };
            for (vertex, from_zoom) in chain.vertices.iter_mut().zip(zooms) {
                vertex.from_zoom = from_zoom;
            }
        }
    }

    /// Enters this outline's rings into a table of junctions.
    pub(super) fn enter(&self, junctions: &mut Junctions) {
        for chain in self.chains.iter().filter(|chain| chain.role != Role::Line) {
            let n = chain.vertices.len();
            for (i, vertex) in chain.vertices.iter().enumerate() {
                let known = junctions.entry(vertex.at).or_default();
                for neighbour in [chain.vertices[(i + n - 1) % n].at, chain.vertices[(i + 1) % n].at] {
                    if !known.contains(&Some(neighbour))
                        && let Some(free) = known.iter_mut().find(|slot| slot.is_none())
                    {
                        *free = Some(neighbour);
                    }
                }
            }
        }
    }

    /// The geometry as it is stored.
    pub const fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The box around it.
    pub const fn bbox(&self) -> Bbox {
        self.bbox
    }

    /// A position that stands for the whole; labels stand on it.
    pub const fn representative(&self) -> LonLat {
        self.representative
    }

    /// Whether it is an area.
    pub fn is_area(&self) -> bool {
        self.geometry.kind() == GeometryKind::Polygon
    }

    /// Its lines or rings.
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let vertices: usize = self.chains.iter().map(|chain| chain.vertices.len()).sum();
        std::mem::size_of::<Self>()
            + self.chains.len() * std::mem::size_of::<Chain>()
            + vertices * (std::mem::size_of::<Vertex>() + std::mem::size_of::<geo_types::Coord<f64>>())
    }
}

fn positions(vertices: &[Vertex]) -> Vec<WorldXy> {
    vertices.iter().map(|vertex| vertex.at).collect()
}

fn chains_of(geometry: &Geometry) -> Vec<Chain> {
    use geo_types::Geometry as G;
    let ring = |role, line: &geo_types::LineString<f64>| chain(role, &line.0[..line.0.len() - 1]);
    let rings = |polygon: &geo_types::Polygon<f64>| {
        std::iter::once(ring(Role::Exterior, polygon.exterior()))
            .chain(polygon.interiors().iter().map(|line| ring(Role::Interior, line)))
            .collect::<Vec<_>>()
    };
    match geometry.as_geo() {
        G::LineString(line) => vec![chain(Role::Line, &line.0)],
        G::MultiLineString(lines) => lines.0.iter().map(|line| chain(Role::Line, &line.0)).collect(),
        G::Polygon(polygon) => rings(polygon),
        G::MultiPolygon(polygons) => polygons.0.iter().flat_map(rings).collect(),
        _ => Vec::new(),
    }
}

fn chain(role: Role, coords: &[geo_types::Coord<f64>]) -> Chain {
    let mut vertices: Vec<Vertex> = Vec::with_capacity(coords.len());
    for coord in coords {
        let Ok(at) = LonLat::new(coord.x, coord.y) else { continue };
        let at = WorldXy::from(at);
        if vertices.last().is_none_or(|last| last.at != at) {
            vertices.push(Vertex { at, from_zoom: 0 });
        }
    }
    Chain { role, vertices }
}

/// The zooms of a ring's vertices. The ring is cut at its junctions; a ring with fewer than two is
/// cut at its smallest vertex and the one farthest from there, so that neighbours choose alike.
fn rank_ring(ring: &[WorldXy], junctions: &Junctions) -> Vec<u8> {
    let n = ring.len();
    if n < 4 {
        return vec![0; n];
    }
    let is_junction = |at: &WorldXy| junctions.get(at).is_some_and(|neighbours| neighbours[2].is_some());
    let mut cuts: Vec<usize> = (0..n).filter(|&i| is_junction(&ring[i])).collect();
    if cuts.len() < 2 {
        let first = cuts.first().copied().or_else(|| (0..n).min_by_key(|&i| ring[i])).unwrap_or(0);
        let farthest = (0..n).max_by_key(|&i| (square_distance(ring[first], ring[i]), ring[i])).unwrap_or(n / 2);
        cuts = vec![first.min(farthest), first.max(farthest)];
    }
    let mut zooms = vec![0; n];
    for (k, &start) in cuts.iter().enumerate() {
        let end = if k + 1 < cuts.len() { cuts[k + 1] } else { cuts[0] + n };
        let arc: Vec<WorldXy> = (start..=end).map(|i| ring[i % n]).collect();
        for (i, zoom) in rank_arc(&arc).into_iter().enumerate() {
            zooms[(start + i) % n] = zoom;
        }
    }
    zooms
}

/// The zooms of an arc's vertices; its ends are always drawn. Ties go by position, so that the arc
/// read backwards gives the same answer.
fn rank_arc(arc: &[WorldXy]) -> Vec<u8> {
    let n = arc.len();
    let mut zooms = vec![0; n];
    if n < 3 {
        return zooms;
    }
    let mut before: Vec<usize> = (0..n).map(|i| i.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (1..=n).collect();
    let mut current = vec![0_u128; n];
    let mut heap = BinaryHeap::with_capacity(n);
    for i in 1..n - 1 {
        current[i] = double_area(arc[i - 1], arc[i], arc[i + 1]);
        heap.push(Reverse((current[i], arc[i], i)));
    }
    let mut gone = vec![false; n];
    let mut largest_so_far = 0;
    while let Some(Reverse((area, _, i))) = heap.pop() {
        if gone[i] || area != current[i] {
            continue;
        }
        // A vertex never goes before one that was eliminated earlier.
        largest_so_far = area.max(largest_so_far);
        zooms[i] = first_zoom(largest_so_far);
        gone[i] = true;
        let (left, right) = (before[i], after[i]);
        after[left] = right;
        before[right] = left;
        for j in [left, right] {
            if j != 0 && j != n - 1 {
                current[j] = double_area(arc[before[j]], arc[j], arc[after[j]]);
                heap.push(Reverse((current[j], arc[j], j)));
            }
        }
    }
    zooms
}

/// The first zoom at which a triangle of this doubled area (in square world units) exceeds the
/// tolerance.
fn first_zoom(double_area: u128) -> u8 {
    let side = (double_area as f64 / 2.0).sqrt();
    (0..DEEPEST_ZOOM)
        .find(|&zoom| side > TOLERANCE_UNITS * f64::from(1_u32 << (20 - zoom.min(20))))
        .unwrap_or(DEEPEST_ZOOM)
}

fn double_area(a: WorldXy, b: WorldXy, c: WorldXy) -> u128 {
    let along = |from: u32, to: u32| i128::from(to) - i128::from(from);
    (along(a.x, b.x) * along(a.y, c.y) - along(a.x, c.x) * along(a.y, b.y)).unsigned_abs()
}

fn square_distance(a: WorldXy, b: WorldXy) -> u128 {
    let square = |d: u32| u128::from(d) * u128::from(d);
    square(a.x.abs_diff(b.x)) + square(a.y.abs_diff(b.y))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_arc_read_backwards_keeps_the_same_vertices(
            points in prop::collection::vec((0_u32..1 << 20, 0_u32..1 << 20), 3..60)
        ) {
            let mut arc: Vec<WorldXy> = points.into_iter().map(|(x, y)| WorldXy { x, y }).collect();
            arc.sort_unstable();
            arc.dedup();
            let forwards = rank_arc(&arc);
            arc.reverse();
            let mut backwards = rank_arc(&arc);
            backwards.reverse();
            prop_assert_eq!(forwards, backwards);
        }
    }
}
