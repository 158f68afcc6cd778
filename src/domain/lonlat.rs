//! Positions and boxes in CGCS2000 longitude and latitude (EPSG:4490), in degrees.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why numbers are not a position or a box.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CoordinateError {
    /// A number is NaN or infinite.
    #[error("expected finite numbers, got {got}")]
    NotFinite {
        /// The number that is none.
        got: f64,
    },
    /// A longitude outside ±180° or a latitude outside ±90°.
    #[error("longitude {lon}, latitude {lat} is outside ±180°, ±90°{hint}")]
    OutOfRange {
        /// Longitude as given, degrees.
        lon: f64,
        /// Latitude as given, degrees.
        lat: f64,
        /// Says that the axes look swapped, where they do.
        hint: &'static str,
    },
    /// A box whose south edge lies north of its north edge (or west east of east).
    #[error("the box is empty: {detail}")]
    EmptyBox {
        /// Which edges are the wrong way round.
        detail: String,
    },
    /// Not four comma-separated numbers.
    #[error("expected four numbers `west,south,east,north`, got {got}")]
    BoxShape {
        /// How many numbers there were, or the piece that is no number.
        got: String,
    },
}

/// A position: longitude and latitude in degrees, EPSG:4490, always in range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct LonLat {
    lon: f64,
    lat: f64,
}

impl LonLat {
    /// A position from longitude and latitude in degrees.
    pub fn new(lon: f64, lat: f64) -> Result<Self, CoordinateError> {
        for got in [lon, lat] {
            if !got.is_finite() {
                return Err(CoordinateError::NotFinite { got });
            }
        }
        if lon.abs() > 180.0 || lat.abs() > 90.0 {
            let hint = if lat.abs() <= 180.0 && lon.abs() <= 90.0 {
                "; are the axes swapped? longitude comes first"
            } else {
                ""
            };
            return Err(CoordinateError::OutOfRange { lon, lat, hint });
        }
        Ok(Self { lon, lat })
    }

    /// Longitude, degrees east.
    pub const fn lon(self) -> f64 {
        self.lon
    }

    /// Latitude, degrees north.
    pub const fn lat(self) -> f64 {
        self.lat
    }
}

impl TryFrom<[f64; 2]> for LonLat {
    type Error = CoordinateError;

    fn try_from([lon, lat]: [f64; 2]) -> Result<Self, CoordinateError> {
        Self::new(lon, lat)
    }
}

impl From<LonLat> for [f64; 2] {
    fn from(at: LonLat) -> Self {
        [at.lon, at.lat]
    }
}

impl From<LonLat> for geo_types::Coord<f64> {
    fn from(at: LonLat) -> Self {
        Self { x: at.lon, y: at.lat }
    }
}

/// A box in EPSG:4490 degrees that does not cross the antimeridian; edges belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct Bbox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Bbox {
    /// The whole world.
    pub const WORLD: Self = Self { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    /// A box from its edges in degrees: west ≤ east, south ≤ north.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, CoordinateError> {
        LonLat::new(west, south)?;
        LonLat::new(east, north)?;
        if west > east {
            return Err(CoordinateError::EmptyBox { detail: format!("west {west} is greater than east {east}") });
        }
        if south > north {
            return Err(CoordinateError::EmptyBox { detail: format!("south {south} is greater than north {north}") });
        }
        Ok(Self { west, south, east, north })
    }

    /// West edge, degrees.
    pub const fn west(self) -> f64 {
        self.west
    }

    /// South edge, degrees.
    pub const fn south(self) -> f64 {
        self.south
    }

    /// East edge, degrees.
    pub const fn east(self) -> f64 {
        self.east
    }

    /// North edge, degrees.
    pub const fn north(self) -> f64 {
        self.north
    }

    /// Whether the position lies in the box or on its edge.
    pub fn contains(self, at: LonLat) -> bool {
        (self.west..=self.east).contains(&at.lon) && (self.south..=self.north).contains(&at.lat)
    }

    /// Whether the two boxes share a point.
    pub fn intersects(self, other: Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }

    /// The smallest box around both.
    pub fn union(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    /// The box that both share; none where they do not touch.
    pub fn common(self, other: Self) -> Option<Self> {
        self.intersects(other).then(|| Self {
            west: self.west.max(other.west),
            south: self.south.max(other.south),
            east: self.east.min(other.east),
            north: self.north.min(other.north),
        })
    }

    /// How large it is, square degrees: to compare with others.
    pub fn size(self) -> f64 {
        (self.east - self.west) * (self.north - self.south)
    }

    /// The position in the middle.
    pub fn centre(self) -> LonLat {
        LonLat { lon: f64::midpoint(self.west, self.east), lat: f64::midpoint(self.south, self.north) }
    }
}

impl From<LonLat> for Bbox {
    fn from(at: LonLat) -> Self {
        Self { west: at.lon, south: at.lat, east: at.lon, north: at.lat }
    }
}

impl TryFrom<[f64; 4]> for Bbox {
    type Error = CoordinateError;

    fn try_from([west, south, east, north]: [f64; 4]) -> Result<Self, CoordinateError> {
        Self::new(west, south, east, north)
    }
}

impl From<Bbox> for [f64; 4] {
    fn from(b: Bbox) -> Self {
        [b.west, b.south, b.east, b.north]
    }
}

/// `west,south,east,north`, as OGC API Features writes a box.
impl FromStr for Bbox {
    type Err = CoordinateError;

    fn from_str(text: &str) -> Result<Self, CoordinateError> {
        let mut edges = [0.0; 4];
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() != edges.len() {
            return Err(CoordinateError::BoxShape { got: format!("{} numbers", parts.len()) });
        }
        for (edge, part) in edges.iter_mut().zip(parts) {
            *edge = part.trim().parse().map_err(|_| CoordinateError::BoxShape {
                got: format!("`{}`, which is no number", part.chars().take(30).collect::<String>()),
            })?;
        }
        Self::try_from(edges)
    }
}

impl fmt::Display for Bbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.west, self.south, self.east, self.north)
    }
}
