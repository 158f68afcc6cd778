//! Geometry in EPSG:4490 degrees, checked once where it enters.

use geo::CoordsIter;
use geo::algorithm::{BoundingRect, InteriorPoint};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Bbox, CoordinateError, LonLat};

/// The kinds of geometry that a layer may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeometryKind {
    /// One position.
    Point,
    /// A line, or several that belong together.
    Line,
    /// An area, or several that belong together.
    Polygon,
}

/// Why a geometry is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeometryError {
    /// A coordinate is out of range or not a number.
    #[error(transparent)]
    Coordinate(#[from] CoordinateError),
    /// A geometry without coordinates, or a line of one point.
    #[error("the geometry is empty: a line needs two positions, a ring four")]
    Empty,
    /// A ring whose last position is not its first, or that has fewer than four.
    #[error("ring {ring} is not closed: its first and last position must be equal, with at least two others between")]
    OpenRing {
        /// Which ring, counted from 0 through all polygons.
        ring: usize,
    },
    /// More rings than can be held against each other in a moment.
    #[error("the geometry has {got} rings; at most {MOST_RINGS} are read")]
    Rings {
        /// How many there are.
        got: usize,
    },
    /// A geometry type that no layer can hold.
    #[error(
        "`{got}` is not a geometry a feature can have; expected Point, LineString, MultiLineString, Polygon or MultiPolygon"
    )]
    Type {
        /// The type that was given.
        got: &'static str,
    },
    /// Not GeoJSON geometry.
    #[error("not a GeoJSON geometry: {detail}")]
    Syntax {
        /// What the parser found.
        detail: String,
    },
}

/// Rings of a geometry at the most: each is held against each.
pub const MOST_RINGS: usize = 2_000;

/// The rings of all areas of a geometry.
pub fn rings_of(geometry: &geo_types::Geometry<f64>) -> usize {
    let of_one = |polygon: &geo_types::Polygon<f64>| 1 + polygon.interiors().len();
    match geometry {
        geo_types::Geometry::Polygon(polygon) => of_one(polygon),
        geo_types::Geometry::MultiPolygon(polygons) => polygons.iter().map(of_one).sum(),
        geo_types::Geometry::GeometryCollection(all) => all.iter().map(rings_of).sum(),
        _ => 0,
    }
}

/// Where a feature is: coordinates in range, lines of two positions or more, rings closed.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry(geo_types::Geometry<f64>);

impl Geometry {
    /// Checks a geometry whose coordinates are EPSG:4490 longitude, latitude in degrees.
    pub fn new(geometry: geo_types::Geometry<f64>) -> Result<Self, GeometryError> {
        use geo_types::Geometry as G;
        let rings = rings_of(&geometry);
        if rings > MOST_RINGS {
            return Err(GeometryError::Rings { got: rings });
        }
        for coord in geometry.coords_iter() {
            LonLat::new(coord.x, coord.y)?;
        }
        match &geometry {
            G::Point(_) => {}
            G::LineString(line) => check_line(line)?,
            G::MultiLineString(lines) => {
                not_empty(lines.0.len())?;
                lines.0.iter().try_for_each(check_line)?;
            }
            G::Polygon(polygon) => {
                check_polygon(polygon, 0)?;
            }
            G::MultiPolygon(polygons) => {
                not_empty(polygons.0.len())?;
                polygons.0.iter().try_fold(0, |ring, polygon| check_polygon(polygon, ring))?;
            }
            G::MultiPoint(_) => return Err(GeometryError::Type { got: "MultiPoint" }),
            G::GeometryCollection(_) => return Err(GeometryError::Type { got: "GeometryCollection" }),
            G::Line(_) | G::Rect(_) | G::Triangle(_) => return Err(GeometryError::Type { got: "a shape" }),
        }
        Ok(Self(geometry))
    }

    /// A point geometry.
    pub fn point(at: LonLat) -> Self {
        Self(geo_types::Point::new(at.lon(), at.lat()).into())
    }

    /// The geometry as `geo` knows it, EPSG:4490 degrees.
    pub const fn as_geo(&self) -> &geo_types::Geometry<f64> {
        &self.0
    }

    /// What kind of layer it fits.
    pub const fn kind(&self) -> GeometryKind {
        use geo_types::Geometry as G;
        match self.0 {
            G::LineString(_) | G::MultiLineString(_) => GeometryKind::Line,
            G::Polygon(_) | G::MultiPolygon(_) => GeometryKind::Polygon,
            _ => GeometryKind::Point,
        }
    }

    /// Whether it is the same but for less than half a centimetre of rounding: what somebody read and
    /// sent back has not moved.
    pub fn is_same_place(&self, other: &Self) -> bool {
        const HALF_CENTIMETRE_DEG: f64 = 0.5e-7;
        let near = |a: f64, b: f64| (a - b).abs() <= HALF_CENTIMETRE_DEG * 1.01;
        std::mem::discriminant(&self.0) == std::mem::discriminant(&other.0)
            && self.0.coords_count() == other.0.coords_count()
            && self.0.coords_iter().zip(other.0.coords_iter()).all(|(a, b)| near(a.x, b.x) && near(a.y, b.y))
    }

    /// The position, of a point.
    pub fn as_point(&self) -> Option<LonLat> {
        match &self.0 {
            geo_types::Geometry::Point(point) => Some(known(point.x(), point.y())),
            _ => None,
        }
    }

    /// The smallest box around it.
    pub fn bbox(&self) -> Bbox {
        self.0.bounding_rect().map_or(Bbox::WORLD, |rect| {
            Bbox::new(rect.min().x, rect.min().y, rect.max().x, rect.max().y).unwrap_or(Bbox::WORLD)
        })
    }

    /// A position that stands for the whole: the point, the middle vertex of a line's longest part,
    /// an interior point of an area. Villages are assigned by it and labels stand on it.
    pub fn representative(&self) -> LonLat {
        use geo_types::Geometry as G;
        let middle_of = |line: &geo_types::LineString<f64>| line.0[line.0.len() / 2];
        let coord = match &self.0 {
            G::Point(point) => point.0,
            G::LineString(line) => middle_of(line),
            G::MultiLineString(lines) => {
                let longest = lines.0.iter().max_by_key(|line| line.0.len());
                return longest.map_or_else(
                    || self.bbox().centre(),
                    |line| {
                        let at = middle_of(line);
                        known(at.x, at.y)
                    },
                );
            }
            area => match area.interior_point() {
                Some(point) => point.0,
                None => return self.bbox().centre(),
            },
        };
        known(coord.x, coord.y)
    }

    /// Reads a GeoJSON geometry object.
    pub fn from_geojson(value: &serde_json::Value) -> Result<Self, GeometryError> {
        let syntax = |error: &dyn std::fmt::Display| GeometryError::Syntax { detail: error.to_string() };
        let geometry: geojson::Geometry = serde_json::from_value(value.clone()).map_err(|error| syntax(&error))?;
        let geometry = geo_types::Geometry::try_from(geometry).map_err(|error| syntax(&error))?;
        Self::new(geometry)
    }

    /// The GeoJSON geometry object.
    pub fn to_geojson(&self) -> serde_json::Value {
        serde_json::to_value(geojson::Geometry::from(&self.0)).unwrap_or_default()
    }
}

/// A position already checked by [`Geometry::new`].
fn known(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap_or_else(|_| Bbox::WORLD.centre())
}

fn not_empty(parts: usize) -> Result<(), GeometryError> {
    if parts == 0 { Err(GeometryError::Empty) } else { Ok(()) }
}

fn check_line(line: &geo_types::LineString<f64>) -> Result<(), GeometryError> {
    if line.0.len() < 2 { Err(GeometryError::Empty) } else { Ok(()) }
}

fn check_polygon(polygon: &geo_types::Polygon<f64>, first_ring: usize) -> Result<usize, GeometryError> {
    let mut ring_number = first_ring;
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        if ring.0.is_empty() {
            return Err(GeometryError::Empty);
        }
        if ring.0.len() < 4 || ring.0.first() != ring.0.last() {
            return Err(GeometryError::OpenRing { ring: ring_number });
        }
        ring_number += 1;
    }
    Ok(ring_number)
}

impl TryFrom<geo_types::Geometry<f64>> for Geometry {
    type Error = GeometryError;

    fn try_from(geometry: geo_types::Geometry<f64>) -> Result<Self, GeometryError> {
        Self::new(geometry)
    }
}

impl Serialize for Geometry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        geojson::Geometry::from(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Geometry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Self::from_geojson(&value).map_err(serde::de::Error::custom)
    }
}
