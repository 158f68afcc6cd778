//! The tile matrix sets that are served (OGC 17-083r4), as their definitions and as tiles.

use serde_json::{Value, json};

use super::coord::{InvalidTile, numbers};
use super::encode::EXTENT;
use super::shapes::{Grid, MARGIN};
use super::{DegreeTile, MAX_ZOOM, TileCoord};
use crate::domain::{Bbox, LonLat, Revision};
use crate::geodesy::crs::Crs;
use crate::geodesy::world::WorldXy;
use crate::index::Snapshot;

/// Pixels along a side of a tile, in which resolutions are told.
const PIXELS: u32 = 256;

/// Metres of the standardised rendering pixel (OGC 17-083r4, 6.2.2).
const PIXEL_M: f64 = 0.000_28;

/// Half the length of the equator of Web Mercator, metres.
const HALF_WORLD_M: f64 = 20_037_508.342_789_244;

/// Metres of a degree on the equator, as scales of grids in degrees are told (OGC 17-083r4, 6.2.2).
const DEGREE_M: f64 = 111_319.490_793_273_57;

/// A tile matrix set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixSet {
    /// Google's squares of EPSG:3857.
    WebMercatorQuad,
    /// Squares of degrees, two beside each other at level 0.
    WorldCrs84Quad,
    /// The same squares in EPSG:4490, with the levels of 天地图's `c`: two beside each other at level 1.
    Cgcs2000Quad,
}

/// A tile of any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnyTile {
    /// A square of the world.
    World(TileCoord),
    /// A square of degrees.
    Degrees(DegreeTile),
}

impl From<TileCoord> for AnyTile {
    fn from(tile: TileCoord) -> Self {
        Self::World(tile)
    }
}

impl AnyTile {
    /// The zoom of the WebMercatorQuad whose tiles are as wide.
    pub const fn zoom(self) -> u8 {
        match self {
            Self::World(tile) => tile.zoom(),
            Self::Degrees(tile) => tile.zoom(),
        }
    }

    /// The box that it covers, widened on each side by a part of its width.
    pub fn bbox(self, margin: f64) -> Bbox {
        match self {
            Self::World(tile) => tile.bbox(margin),
            Self::Degrees(tile) => tile.bbox(margin),
        }
    }

    /// Whether a position lies in it: each position lies in exactly one tile of a level.
    pub fn holds(self, at: WorldXy) -> bool {
        match self {
            Self::World(tile) => tile.holds(at),
            Self::Degrees(tile) => tile.holds(at.to_lonlat()),
        }
    }

    pub(super) fn grid(self) -> Grid {
        match self {
            Self::World(tile) => Grid::of(tile),
            Self::Degrees(tile) => tile.grid(),
        }
    }

    /// The newest revision that touched anything it may show.
    pub fn revision(self, snapshot: &Snapshot, layers: &[usize]) -> Revision {
        let bbox = self.bbox(f64::from(MARGIN) / f64::from(EXTENT));
        layers.iter().map(|&layer| snapshot.layer(layer).revision_in(bbox)).max().unwrap_or_default()
    }

    /// Its column and row.
    pub const fn address(self) -> (u32, u32) {
        match self {
            Self::World(tile) => (tile.column(), tile.row()),
            Self::Degrees(tile) => (tile.column(), tile.row()),
        }
    }
}

impl MatrixSet {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WebMercatorQuad, Self::WorldCrs84Quad, Self::Cgcs2000Quad];

    /// Its id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "WebMercatorQuad",
            Self::WorldCrs84Quad => "WorldCRS84Quad",
            Self::Cgcs2000Quad => "CGCS2000Quad",
        }
    }

    /// The set of an id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// Its URI, of those that the OGC has registered.
    pub const fn uri(self) -> Option<&'static str> {
        match self {
            Self::WebMercatorQuad => Some("http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"),
            Self::WorldCrs84Quad => Some("http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad"),
            Self::Cgcs2000Quad => None,
        }
    }

    /// Its title, zh and en.
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::WebMercatorQuad => ("Web 墨卡托方格（天地图 w）", "Google Maps compatible, the grid of web maps"),
            Self::WorldCrs84Quad => ("CRS84 经纬度方格", "CRS84 for the world"),
            Self::Cgcs2000Quad => {
                ("CGCS2000 经纬度方格（天地图 c，级别一致）", "CGCS2000, level for level that of Tianditu `c`")
            }
        }
    }

    /// The system of its coordinates.
    pub const fn crs(self) -> Crs {
        match self {
            Self::WebMercatorQuad => Crs::Epsg3857,
            Self::WorldCrs84Quad => Crs::Crs84,
            Self::Cgcs2000Quad => Crs::Epsg4490,
        }
    }

    /// How many levels its numbers are above those of the WebMercatorQuad with tiles as wide.
    const fn below_web_mercator(self) -> u8 {
        match self {
            Self::WebMercatorQuad | Self::Cgcs2000Quad => 0,
            Self::WorldCrs84Quad => 1,
        }
    }

    /// Its first and last level.
    pub const fn levels(self) -> (u8, u8) {
        match self {
            Self::WebMercatorQuad => (0, MAX_ZOOM),
            Self::WorldCrs84Quad => (0, MAX_ZOOM - 1),
            Self::Cgcs2000Quad => (1, MAX_ZOOM),
        }
    }

    /// The level whose tiles are as wide as those of a zoom of the WebMercatorQuad, or the nearest there is.
    pub fn level_of_zoom(self, zoom: u8) -> u8 {
        let (first, last) = self.levels();
        zoom.saturating_sub(self.below_web_mercator()).clamp(first, last)
    }

    /// The tile of a path: matrix, row, column.
    pub fn tile(self, matrix: &str, row: &str, column: &str) -> Result<AnyTile, InvalidTile> {
        let [level, row, column] = numbers([matrix, row, column])?;
        match self {
            Self::WebMercatorQuad => TileCoord::new(level, column, row).map(AnyTile::World),
            Self::WorldCrs84Quad => DegreeTile::new(level, column, row).map(AnyTile::Degrees),
            Self::Cgcs2000Quad => match level.checked_sub(1) {
                Some(level) => DegreeTile::new(level, column, row).map(AnyTile::Degrees),
                None => Err(InvalidTile::Zoom { zoom: level }),
            },
        }
    }

    /// The tile of one of its levels in which a position lies.
    pub fn holding(self, level: u8, at: LonLat) -> AnyTile {
        match self {
            Self::WebMercatorQuad => AnyTile::World(TileCoord::holding(level, at.into())),
            Self::WorldCrs84Quad => AnyTile::Degrees(DegreeTile::holding(level, at)),
            Self::Cgcs2000Quad => AnyTile::Degrees(DegreeTile::holding(level.saturating_sub(1), at)),
        }
    }

    /// Its definition in JSON (OGC 17-083r4, clause 9).
    pub fn definition(self, title: &str) -> Value {
        let (first, last) = self.levels();
        let mut definition = json!({
            "id": self.id(),
            "title": title,
            "crs": self.crs().uri(),
            "orderedAxes": match self {
                Self::WebMercatorQuad => ["E", "N"],
                Self::WorldCrs84Quad => ["Lon", "Lat"],
                Self::Cgcs2000Quad => ["Lat", "Lon"],
            },
            "tileMatrices": (first..=last).map(|level| self.matrix(level)).collect::<Vec<_>>(),
        });
        if let Some(uri) = self.uri() {
            definition["uri"] = uri.into();
        }
        definition
    }

    fn matrix(self, level: u8) -> Value {
        let zoom = level + self.below_web_mercator();
        let columns = 1_u64 << zoom;
        let (cell, metres, origin, rows) = match self {
            Self::WebMercatorQuad => {
                let cell = 2.0 * HALF_WORLD_M / (columns as f64 * f64::from(PIXELS));
                (cell, cell, [-HALF_WORLD_M, HALF_WORLD_M], columns)
            }
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => {
                let cell = 360.0 / (columns as f64 * f64::from(PIXELS));
                // The corner is told in the order of the system's axes.
                let origin = if self == Self::WorldCrs84Quad { [-180.0, 90.0] } else { [90.0, -180.0] };
                (cell, cell * DEGREE_M, origin, columns / 2)
            }
        };
        json!({
            "id": level.to_string(),
            "scaleDenominator": metres / PIXEL_M,
            "cellSize": cell,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": origin,
            "tileWidth": PIXELS,
            "tileHeight": PIXELS,
            "matrixWidth": columns,
            "matrixHeight": rows,
        })
    }
}
