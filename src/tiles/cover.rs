//! Which tiles show a place: what has to be fetched anew when something there has changed.

use std::collections::BTreeSet;

use super::TileCoord;
use super::encode::EXTENT;
use super::shapes::MARGIN;
use crate::domain::Bbox;
use crate::geodesy::world::WorldXy;

/// The tiles of some zooms that show some places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// The tiles, in order of zoom.
    pub tiles: BTreeSet<TileCoord>,
    /// The zoom below which tiles are not listed one by one: every tile within a listed one of this zoom
    /// shows the places too, as far as is known.
    pub deeper_than: Option<u8>,
}

/// The tiles of zooms `min` to `max` that show any of some boxes. A point, a box without extent, stands in
/// one tile of a zoom; everything else is drawn into the margins of its neighbours too. At most `most`
/// tiles are listed; then the deeper zooms are told by their parents.
pub fn cover(boxes: &[Bbox], min: u8, max: u8, most: usize) -> Cover {
    let mut tiles = BTreeSet::new();
    for zoom in min..=max {
        let mut of_zoom = BTreeSet::new();
        for &bbox in boxes {
            let (first, last) = range(bbox, zoom);
            let columns = u64::from(last.0 - first.0) + 1;
            let count = columns * (u64::from(last.1 - first.1) + 1);
            if zoom > min && tiles.len() as u64 + of_zoom.len() as u64 + count > most as u64 {
                return Cover { tiles, deeper_than: Some(zoom - 1) };
            }
            for column in first.0..=last.0 {
                let rows = first.1..=last.1;
                of_zoom.extend(rows.filter_map(|row| TileCoord::new(zoom.into(), column.into(), row.into()).ok()));
            }
        }
        tiles.extend(of_zoom);
    }
    Cover { tiles, deeper_than: None }
}

/// The first and last column and row of the tiles that show a box.
fn range(bbox: Bbox, zoom: u8) -> ((u32, u32), (u32, u32)) {
    if zoom == 0 {
        return ((0, 0), (0, 0));
    }
    let shift = 32 - u32::from(zoom);
    let is_point = bbox.west() >= bbox.east() && bbox.south() >= bbox.north();
    // One unit of a tile more than its margin, for the rounding of what is drawn.
    let margin = if is_point { 0 } else { ((1_u64 << shift) * (MARGIN as u64 + 1) / EXTENT as u64 + 1) as u32 };
    let corner = |lon, lat| crate::domain::LonLat::new(lon, lat).map_or(WorldXy { x: 0, y: 0 }, WorldXy::from);
    let (north_west, south_east) = (corner(bbox.west(), bbox.north()), corner(bbox.east(), bbox.south()));
    let tile = |units: u32| units >> shift;
    (
        (tile(north_west.x.saturating_sub(margin)), tile(north_west.y.saturating_sub(margin))),
        (tile(south_east.x.saturating_add(margin)), tile(south_east.y.saturating_add(margin))),
    )
}
