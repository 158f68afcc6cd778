//! Tiles of grids in degrees: WorldCRS84Quad (OGC 17-083r4, annex D.2), whose squares are also those of 天地图's `c`.

use super::coord::{InvalidTile, MAX_ZOOM};
use super::encode::EXTENT;
use super::shapes::Grid;
use crate::domain::{Bbox, LonLat};

/// A square of degrees that exists: level of WorldCRS84Quad, column from the west, row from the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DegreeTile {
    level: u8,
    column: u32,
    row: u32,
}

impl DegreeTile {
    /// The tile at a column and row of a level: level 0 has two columns and one row.
    pub fn new(level: u64, column: u64, row: u64) -> Result<Self, InvalidTile> {
        if level >= u64::from(MAX_ZOOM) {
            return Err(InvalidTile::Zoom { zoom: level });
        }
        let (last_column, last_row) = ((2_u32 << level) - 1, (1_u32 << level) - 1);
        if column > u64::from(last_column) || row > u64::from(last_row) {
            return Err(InvalidTile::OutsideMatrix { zoom: level as u8, column, row, last_column, last_row });
        }
        Ok(Self { level: level as u8, column: column as u32, row: row as u32 })
    }

    /// The zoom of the WebMercatorQuad whose tiles are as wide.
    pub const fn zoom(self) -> u8 {
        self.level + 1
    }

    /// Its width and height, degrees.
    fn side(self) -> f64 {
        180.0 / f64::from(1_u32 << self.level)
    }

    fn west(self) -> f64 {
        f64::from(self.column) * self.side() - 180.0
    }

    fn north(self) -> f64 {
        90.0 - f64::from(self.row) * self.side()
    }

    /// The box that it covers, widened on each side by a part of its width.
    pub fn bbox(self, margin: f64) -> Bbox {
        let (side, west, north) = (self.side(), self.west(), self.north());
        let lon = |lon: f64| lon.clamp(-180.0, 180.0);
        let lat = |lat: f64| lat.clamp(-90.0, 90.0);
        let (wide, south) = (margin * side, north - side);
        Bbox::new(lon(west - wide), lat(south - wide), lon(west + side + wide), lat(north + wide))
            .unwrap_or(Bbox::WORLD)
    }

    /// The tile of a level in which a position lies. `level` is below [`MAX_ZOOM`].
    pub fn holding(level: u8, at: LonLat) -> Self {
        let corner = Self { level, column: 0, row: 0 };
        let cell = |offset: f64, last: u32| ((offset / corner.side()) as u32).min(last);
        let (last_column, last_row) = ((2_u32 << level) - 1, (1_u32 << level) - 1);
        Self { level, column: cell(at.lon() + 180.0, last_column), row: cell(90.0 - at.lat(), last_row) }
    }

    /// Whether a position lies in it: each position lies in exactly one tile of a level.
    pub fn holds(self, at: LonLat) -> bool {
        Self::holding(self.level, at) == self
    }

    /// Its column from the west.
    pub const fn column(self) -> u32 {
        self.column
    }

    /// Its row from the north.
    pub const fn row(self) -> u32 {
        self.row
    }

    pub(super) fn grid(self) -> Grid {
        Grid::Degrees { west: self.west(), north: self.north(), units_per_degree: f64::from(EXTENT) / self.side() }
    }
}
