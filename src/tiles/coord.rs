//! Tiles of the WebMercatorQuad (OGC 17-083r4, annex D.1).

use std::fmt;

use crate::domain::Bbox;
use crate::geodesy::world::{WorldXy, lonlat_of};

pub use crate::geodesy::world::DEEPEST_ZOOM as MAX_ZOOM;

/// Why three numbers are no tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTile {
    /// Not whole numbers.
    #[error("expected a tile /zoom/column/row of whole numbers, got `{got}`")]
    Syntax {
        /// What stood there.
        got: String,
    },
    /// A zoom that is not served.
    #[error("zoom {zoom} is outside 0..={MAX_ZOOM}")]
    Zoom {
        /// The zoom.
        zoom: u64,
    },
    /// A column or row that the zoom does not have.
    #[error(
        "tile {zoom}/{column}/{row} is outside the matrix: zoom {zoom} has columns 0..={last_column} and rows 0..={last_row}"
    )]
    OutsideMatrix {
        /// The zoom.
        zoom: u8,
        /// The column.
        column: u64,
        /// The row.
        row: u64,
        /// The last column of the zoom.
        last_column: u32,
        /// The last row of the zoom.
        last_row: u32,
    },
}

/// Whole numbers of a tile's path.
pub(super) fn numbers(parts: [&str; 3]) -> Result<[u64; 3], InvalidTile> {
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits)
    };
    let syntax = || InvalidTile::Syntax { got: parts.map(|part| part.chars().take(20).collect::<String>()).join("/") };
    let [zoom, column, row] = parts.map(number);
    Ok([zoom.ok_or_else(syntax)?, column.ok_or_else(syntax)?, row.ok_or_else(syntax)?])
}

/// A tile that exists: zoom, column from the west, row from the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileCoord {
    zoom: u8,
    column: u32,
    row: u32,
}

impl TileCoord {
    /// The tile at a column and row of a zoom.
    pub fn new(zoom: u64, column: u64, row: u64) -> Result<Self, InvalidTile> {
        if zoom > u64::from(MAX_ZOOM) {
            return Err(InvalidTile::Zoom { zoom });
        }
        let last = (1_u32 << zoom) - 1;
        if column.max(row) > u64::from(last) {
            return Err(InvalidTile::OutsideMatrix {
                zoom: zoom as u8,
                column,
                row,
                last_column: last,
                last_row: last,
            });
        }
        Ok(Self { zoom: zoom as u8, column: column as u32, row: row as u32 })
    }

    /// Reads the three parts of a tile's path.
    pub fn parse(zoom: &str, column: &str, row: &str) -> Result<Self, InvalidTile> {
        let [zoom, column, row] = numbers([zoom, column, row])?;
        Self::new(zoom, column, row)
    }

    /// The tile of a zoom that holds a position.
    pub const fn holding(zoom: u8, at: WorldXy) -> Self {
        let zoom = if zoom > MAX_ZOOM { MAX_ZOOM } else { zoom };
        if zoom == 0 {
            return Self { zoom, column: 0, row: 0 };
        }
        Self { zoom, column: at.x >> (32 - zoom), row: at.y >> (32 - zoom) }
    }

    /// Its zoom.
    pub const fn zoom(self) -> u8 {
        self.zoom
    }

    /// Its column, from the west.
    pub const fn column(self) -> u32 {
        self.column
    }

    /// Its row, from the north.
    pub const fn row(self) -> u32 {
        self.row
    }

    /// Whether a position lies in it: each position lies in exactly one tile of a zoom.
    pub const fn holds(self, at: WorldXy) -> bool {
        self.zoom == 0 || (at.x >> (32 - self.zoom) == self.column && at.y >> (32 - self.zoom) == self.row)
    }

    /// Its first and its last position: the north-western and the south-eastern.
    pub const fn corners(self) -> (WorldXy, WorldXy) {
        if self.zoom == 0 {
            return (WorldXy { x: 0, y: 0 }, WorldXy { x: u32::MAX, y: u32::MAX });
        }
        let shift = 32 - self.zoom;
        let first = WorldXy { x: self.column << shift, y: self.row << shift };
        let within = (1 << shift) - 1;
        (first, WorldXy { x: first.x | within, y: first.y | within })
    }

    /// The box that it covers, widened on each side by a part of its width.
    pub fn bbox(self, margin: f64) -> Bbox {
        let tiles = f64::from(1_u32 << self.zoom);
        let edge = |number: f64| (number / tiles).clamp(0.0, 1.0);
        let (column, row) = (f64::from(self.column), f64::from(self.row));
        let north_west = lonlat_of(edge(column - margin), edge(row - margin));
        let south_east = lonlat_of(edge(column + 1.0 + margin), edge(row + 1.0 + margin));
        Bbox::new(north_west.lon(), south_east.lat(), south_east.lon(), north_west.lat()).unwrap_or(Bbox::WORLD)
    }
}

impl fmt::Display for TileCoord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.zoom, self.column, self.row)
    }
}
