//! Where nodes are, and the geometries that ways and relations make of them.

use geo::algorithm::buffer::{Buffer, BufferStyle, LineCap, LineJoin};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use super::tags::{Form, Thing};
use super::{CODE_PREFIX, Made, Skip, rings};
use crate::domain::{Bbox, Geometry};
use crate::geodesy::geodesic;

/// Steps of a coordinate: 10⁻⁷ degrees, as the OpenStreetMap database has it.
const STEPS_PER_DEGREE: f64 = 1e7;

/// Stands for a node that the file does not hold.
const NOWHERE: [i32; 2] = [i32::MIN; 2];

/// Stands for a node outside ±180°, ±90°.
const OFF_THE_EARTH: [i32; 2] = [i32::MAX; 2];

/// The positions of the nodes that something needs: sixteen bytes each.
pub(super) struct Positions {
    nodes: Nodes,
    at: Vec<[i32; 2]>,
}

impl Positions {
    /// Positions of nodes, by their place.
    pub(super) fn new(nodes: Nodes, at: Vec<[i32; 2]>) -> Self {
        Self { nodes, at }
    }

    fn line(&self, nodes: &[i64]) -> Result<LineString<f64>, Skip> {
        let mut line = Vec::with_capacity(nodes.len());
        for &node in nodes {
            let at = self.nodes.place(node).map_or(NOWHERE, |place| self.at[place]);
            let coord = match at {
                NOWHERE => return Err(Skip::NodeMissing),
                OFF_THE_EARTH => return Err(Skip::OutOfRange),
                [lon, lat] => degrees([lon, lat]),
            };
            if line.last() != Some(&coord) {
                line.push(coord);
            }
        }
        if line.len() < 2 { Err(Skip::TooFewPositions) } else { Ok(LineString::new(line)) }
    }

    /// The geometry that a way's nodes have in a form.
    pub(super) fn shape(&self, nodes: &[i64], form: Form) -> Result<Geometry, Skip> {
        let shape = match form {
            Form::Line => self.line(nodes)?.into(),
            Form::Strip(width_m) => areas(strip(&self.line(nodes)?, width_m).0)?,
            Form::Area if nodes.first() != nodes.last() => return Err(Skip::OpenRing),
            Form::Area => areas(rings::nest(vec![self.line(nodes)?])?)?,
        };
        Geometry::new(shape).map_err(|_| Skip::Degenerate)
    }

    /// The areas that ways make together.
    pub(super) fn multipolygon(&self, ways: &[&[i64]]) -> Result<Geometry, Skip> {
        let lines = rings::close(ways)?.iter().map(|ring| self.line(ring)).collect::<Result<_, _>>()?;
        Geometry::new(areas(rings::nest(lines)?)?).map_err(|_| Skip::Degenerate)
    }
}

fn areas(mut polygons: Vec<Polygon<f64>>) -> Result<geo_types::Geometry<f64>, Skip> {
    match polygons.len() {
        0 => Err(Skip::Degenerate),
        1 => Ok(polygons.remove(0).into()),
        _ => Ok(MultiPolygon::new(polygons).into()),
    }
}

/// Nodes that something needs, each once.
#[derive(Default)]
pub(super) struct NodeSet {
    nodes: Vec<i64>,
    /// How many of them are sorted and different.
    settled: usize,
}

impl NodeSet {
    /// Adds nodes; what is there twice is thrown out whenever the list has doubled.
    pub(super) fn add(&mut self, nodes: &[i64]) {
        const AT_LEAST: usize = 1 << 20;
        self.nodes.extend_from_slice(nodes);
        if self.nodes.len() > AT_LEAST.max(2 * self.settled) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.nodes.sort_unstable();
        self.nodes.dedup();
        self.settled = self.nodes.len();
    }

    /// The nodes in their final places.
    pub(super) fn finish(mut self) -> Nodes {
        self.settle();
        self.nodes.shrink_to_fit();
        Nodes(self.nodes)
    }
}

/// The nodes that something needs, each in its place.
pub(super) struct Nodes(Vec<i64>);

impl Nodes {
    /// The place of a node, if something needs it.
    pub(super) fn place(&self, node: i64) -> Option<usize> {
        self.0.binary_search(&node).ok()
    }

    /// A position for each, none known yet.
    pub(super) fn nowhere(&self) -> Vec<[i32; 2]> {
        vec![NOWHERE; self.0.len()]
    }
}

/// A position in steps, from the nanodegrees of the file.
pub(super) fn steps(nano_lon: i64, nano_lat: i64) -> [i32; 2] {
    const NANO_PER_STEP: i64 = 100;
    const NANO_PER_DEGREE: i64 = 1_000_000_000;
    let fits = (-180 * NANO_PER_DEGREE..=180 * NANO_PER_DEGREE).contains(&nano_lon)
        && (-90 * NANO_PER_DEGREE..=90 * NANO_PER_DEGREE).contains(&nano_lat);
    if fits { [(nano_lon / NANO_PER_STEP) as i32, (nano_lat / NANO_PER_STEP) as i32] } else { OFF_THE_EARTH }
}

fn degrees([lon, lat]: [i32; 2]) -> Coord<f64> {
    Coord { x: f64::from(lon) / STEPS_PER_DEGREE, y: f64::from(lat) / STEPS_PER_DEGREE }
}

/// The point at a node's position.
pub(super) fn point(at: [i32; 2]) -> Result<Geometry, Skip> {
    if at == OFF_THE_EARTH {
        return Err(Skip::OutOfRange);
    }
    Geometry::new(geo_types::Point(degrees(at)).into()).map_err(|_| Skip::OutOfRange)
}

/// The strip of a width along a line, worked out on a plane that touches the earth at the line's
/// middle latitude (off by 1 % of the width where a line goes 60 km north).
fn strip(line: &LineString<f64>, width_m: f64) -> MultiPolygon<f64> {
    const METRES_PER_DEGREE: f64 = 111_195.0;
    /// Angle of a chord where the strip turns, radians: eight to a half circle.
    const TURN: f64 = std::f64::consts::PI / 8.0;
    let Some(&origin) = line.0.first() else { return MultiPolygon::new(Vec::new()) };
    let (south, north) =
        line.0.iter().fold((origin.y, origin.y), |(south, north), at| (south.min(at.y), north.max(at.y)));
    // Near the poles a degree of longitude is nothing; no river is there.
    let shrink = f64::midpoint(south, north).to_radians().cos().max(1e-3);
    let plane = |at: &Coord<f64>| Coord {
        x: (at.x - origin.x) * shrink * METRES_PER_DEGREE,
        y: (at.y - origin.y) * METRES_PER_DEGREE,
    };
    let earth = |at: Coord<f64>| {
        let round = |degrees: f64| (degrees * STEPS_PER_DEGREE).round() / STEPS_PER_DEGREE;
        Coord {
            x: round(origin.x + at.x / METRES_PER_DEGREE / shrink).clamp(-180.0, 180.0),
            y: round(origin.y + at.y / METRES_PER_DEGREE).clamp(-90.0, 90.0),
        }
    };
    let style = BufferStyle::new(width_m / 2.0).line_cap(LineCap::Round(TURN)).line_join(LineJoin::Round(TURN));
    let plane = LineString::new(line.0.iter().map(plane).collect());
    geo::MapCoords::map_coords(&plane.buffer_with_style(style), earth)
}

fn touches(geometry: &Geometry, bbox: Bbox) -> bool {
    use geo::Intersects;
    let rect = geo_types::Rect::new((bbox.west(), bbox.south()), (bbox.east(), bbox.north()));
    geometry.bbox().intersects(bbox) && geometry.as_geo().intersects(&rect)
}

/// A thing as a feature, unless it lies outside.
pub(super) fn made(
    thing: Thing,
    element: &str,
    id: i64,
    geometry: Geometry,
    within: Option<Bbox>,
) -> Result<Made, Skip> {
    if within.is_some_and(|within| !touches(&geometry, within)) {
        return Err(Skip::Outside);
    }
    let extent = match thing {
        Thing::Road { .. } => geodesic::length_m(&geometry),
        Thing::Water { kind: None, .. } => geodesic::area_m2(&geometry),
        _ => 0.0,
    };
    let layer = thing.layer();
    let properties = thing.properties(format!("{CODE_PREFIX}{element}/{id}"), extent);
    Ok(Made { layer, geometry, properties })
}
