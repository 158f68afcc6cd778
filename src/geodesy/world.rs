//! The Web Mercator world (EPSG:3857) on a grid of 2^32 × 2^32 units, x east, y south.
//!
//! One unit is at most 9.4 mm, so that a position keeps its place at every zoom, and a tile of zoom z
//! is the positions that share their first z bits. The projection is the sphere of radius 6,378,137 m
//! of EPSG method 1024 (Popular Visualisation Pseudo-Mercator).

use std::f64::consts::PI;

use crate::domain::LonLat;

/// Units along each side of the world.
pub const WORLD_UNITS: f64 = 4_294_967_296.0;

/// The deepest zoom that is served: a tile of it is about 9 m wide.
pub const DEEPEST_ZOOM: u8 = 22;

/// The latitude at which the square world ends, degrees.
pub const MAX_LATITUDE_DEG: f64 = 85.051_128_779_806_6;

/// A position on the world grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorldXy {
    /// Units east of the antimeridian.
    pub x: u32,
    /// Units south of the north edge.
    pub y: u32,
}

impl From<LonLat> for WorldXy {
    /// Latitudes beyond the square world come to lie on its edge.
    fn from(at: LonLat) -> Self {
        let x = (at.lon() + 180.0) / 360.0;
        let lat = at.lat().clamp(-MAX_LATITUDE_DEG, MAX_LATITUDE_DEG).to_radians();
        let y = 0.5 - (PI / 4.0 + lat / 2.0).tan().ln() / (2.0 * PI);
        // `as` saturates: 180° and the poles fall on the last unit.
        Self { x: (x * WORLD_UNITS) as u32, y: (y * WORLD_UNITS) as u32 }
    }
}

impl WorldXy {
    /// The position of a unit's north-west corner.
    pub fn to_lonlat(self) -> LonLat {
        lonlat_of(f64::from(self.x) / WORLD_UNITS, f64::from(self.y) / WORLD_UNITS)
    }

    /// Its place along the Z-curve (Morton 1966): the bits of y and x in turn. The positions of any tile
    /// of any zoom follow one another on it.
    pub const fn z_order(self) -> u64 {
        spread(self.y) << 1 | spread(self.x)
    }
}

/// The bits of a number with a zero before each.
const fn spread(bits: u32) -> u64 {
    let mut bits = bits as u64;
    bits = (bits | bits << 16) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits << 8) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333;
    (bits | bits << 1) & 0x5555_5555_5555_5555
}

/// The position at fractions of the world's width from the west and height from the north.
pub fn lonlat_of(x: f64, y: f64) -> LonLat {
    let lon = (x * 360.0 - 180.0).clamp(-180.0, 180.0);
    let lat = (2.0 * ((0.5 - y) * 2.0 * PI).exp().atan() - PI / 2.0).to_degrees().clamp(-90.0, 90.0);
    LonLat::new(lon, lat).unwrap_or_else(|_| crate::domain::Bbox::WORLD.centre())
}
