//! Temporary.
#![allow(missing_docs)]
use crate::domain::{Bbox, LonLat};
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub col: u16,
    pub row: u16,
}
impl Cell {
    pub fn of(at: LonLat) -> Self {
        Self {
            col: ((at.lon() + 180.0) * 60.0).min(21599.0) as u16,
            row: ((at.lat() + 90.0) * 60.0).min(10799.0) as u16,
        }
    }
}
pub fn cells_of(bbox: Bbox) -> (Cell, Cell) {
    let at = |lon, lat| LonLat::new(lon, lat).map(Cell::of).unwrap_or(Cell { col: 0, row: 0 });
    (at(bbox.west(), bbox.south()), at(bbox.east(), bbox.north()))
}
