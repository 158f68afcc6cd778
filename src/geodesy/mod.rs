//! Coordinate systems, grids and measures. Pure; the standard or paper behind each is named.

pub mod beidou;
pub mod world;
