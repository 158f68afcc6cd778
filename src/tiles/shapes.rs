//! From vertices on the world grid to the geometry of one tile.

use super::TileCoord;
use super::clip::{Window, Xy, clip_line, clip_ring, double_area};
use super::encode::{EXTENT, GeomType, GeometryWriter};
use super::render::Faults;
use crate::domain::{Bbox, LonLat};
use crate::geodesy::world::WorldXy;
use crate::index::{Chain, Outline, Role};

/// How far geometry reaches over the edge of a tile, in tile units, so that outlines and wide lines
/// meet across it.
pub(super) const MARGIN: i32 = 64;

const WINDOW: Window = Window { min: -MARGIN, max: EXTENT + MARGIN };

/// A tile's own units.
#[derive(Debug, Clone, Copy)]
pub(super) enum Grid {
    /// A square of the world grid.
    World { west: i64, north: i64, zoom: u8 },
    /// A square of degrees.
    Degrees { west: f64, north: f64, units_per_degree: f64 },
}

impl Grid {
    pub(super) fn of(tile: TileCoord) -> Self {
        let span = 1_i64 << (32 - tile.zoom());
        Self::World { west: i64::from(tile.column()) * span, north: i64::from(tile.row()) * span, zoom: tile.zoom() }
    }

    /// A position in tile units, rounded.
    pub(super) fn place(self, at: WorldXy) -> Xy {
        match self {
            Self::World { west, north, zoom } => {
                let scale = |world: u32, edge: i64| {
                    let offset = i64::from(world) - edge;
                    if zoom >= 20 {
                        return (offset << (zoom - 20)) as i32;
                    }
                    let shift = 20 - zoom;
                    ((offset + (1 << (shift - 1))) >> shift) as i32
                };
                (scale(at.x, west), scale(at.y, north))
            }
            Self::Degrees { west, north, units_per_degree } => {
                let at = at.to_lonlat();
                let east = (at.lon() - west) * units_per_degree;
                let south = (north - at.lat()) * units_per_degree;
                (east.round() as i32, south.round() as i32)
            }
        }
    }
}

/// Writes what of an outline lies in the tile; nothing when all of it is too small or outside.
pub(super) fn draw(outline: &Outline, grid: Grid, zoom: u8, out: &mut GeometryWriter, faults: &mut Faults) -> GeomType {
    out.clear();
    let mut inside_exterior = false;
    for chain in outline.chains() {
        match chain.role {
            Role::Line => {
                for piece in clip_line(path(chain, zoom, grid), WINDOW) {
                    if piece.len() >= 2 {
                        out.path(&piece, false);
                    }
                }
            }
            Role::Exterior => inside_exterior = draw_ring(chain, zoom, grid, out, faults, true),
            Role::Interior if inside_exterior => {
                draw_ring(chain, zoom, grid, out, faults, false);
            }
            Role::Interior => {}
        }
    }
    if outline.is_area() { GeomType::Polygon } else { GeomType::Line }
}

/// Writes what of a box lies in the tile.
pub(super) fn draw_box(bbox: Bbox, grid: Grid, out: &mut GeometryWriter) {
    out.clear();
    let [west, south, east, north]: [f64; 4] = bbox.into();
    let corners = [(west, north), (east, north), (east, south), (west, south)];
    let placed = corners.iter().filter_map(|&(lon, lat)| Some(grid.place(LonLat::new(lon, lat).ok()?.into())));
    let mut ring = clip_ring(placed.collect(), WINDOW);
    ring.dedup();
    if ring.len() >= 3 && double_area(&ring) != 0 {
        out.path(&ring, true);
    }
}

/// The vertices that are drawn at a zoom, without repetitions.
fn path(chain: &Chain, zoom: u8, grid: Grid) -> Vec<Xy> {
    let mut path: Vec<Xy> = Vec::with_capacity(chain.vertices.len());
    for vertex in chain.vertices.iter().filter(|vertex| vertex.from_zoom <= zoom) {
        let at = grid.place(vertex.at);
        if path.last() != Some(&at) {
            path.push(at);
        }
    }
    path
}

fn draw_ring(
    chain: &Chain,
    zoom: u8,
    grid: Grid,
    out: &mut GeometryWriter,
    faults: &mut Faults,
    exterior: bool,
) -> bool {
    if chain.vertices.len() < 3 {
        faults.degenerate_rings += 1;
        return false;
    }
    let mut ring = clip_ring(path(chain, zoom, grid), WINDOW);
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let area = double_area(&ring);
    if ring.len() < 3 || area == 0 {
        return false;
    }
    // On the screen exteriors run clockwise, holes against it (MVT 2.1, §4.3.3.3).
    if (area > 0) != exterior {
        ring.reverse();
    }
    out.path(&ring, true);
    true
}
