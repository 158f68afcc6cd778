//! Coordinate systems, grids and measures. Pure; the standard or paper behind each is named.

pub mod around;
pub mod beidou;
pub mod china_shift;
pub mod crs;
pub mod gauss_kruger;
pub mod geodesic;
pub mod world;
