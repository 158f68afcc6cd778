//! Tiles of grids in degrees: WorldCRS84Quad (OGC 17-083r4, annex D.2), whose squares are also those of 天地图's `c`.

use std::sync::Arc;

use super::clusters::Clusters;
use super::coord::{InvalidTile, MAX_ZOOM};
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::priority::rank;
use super::render::{Faults, RenderedTile, Thinned, draw_labels, note_thinned};
use super::shapes::{Grid, MARGIN, draw};
use crate::catalog::Layer;
use crate::domain::{Bbox, LonLat, Revision};
use crate::geodesy::world::WorldXy;
use crate::index::{Item, SQUARES_BELOW_TILE, Shape, Snapshot};

/// Features that a layer has in a tile at the most.
const MOST: usize = 20_000;

/// A square of degrees that exists: level of WorldCRS84Quad, column from the west, row from the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    fn holds(self, at: LonLat) -> bool {
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

    fn grid(self) -> Grid {
        Grid::Degrees { west: self.west(), north: self.north(), units_per_degree: f64::from(EXTENT) / self.side() }
    }

    /// The newest revision that touched anything it may show.
    pub fn revision(self, snapshot: &Snapshot, layers: &[usize]) -> Revision {
        let bbox = self.bbox(f64::from(MARGIN) / f64::from(EXTENT));
        layers.iter().map(|&layer| snapshot.layer(layer).revision_in(bbox)).max().unwrap_or_default()
    }
}

/// Draws a tile as [`render`](super::render) does: the same features, vertices and clusters at the same width of a
/// tile. A layer of more features than a tile holds keeps those of the highest priority and says so.
pub fn render_degrees(snapshot: &Snapshot, layers: &[usize], tile: DegreeTile) -> RenderedTile {
    let (mut parts, mut thinned, mut faults) = (Vec::new(), Vec::new(), Faults::default());
    for &layer in layers {
        let declared = &snapshot.catalogue().layers[layer];
        if tile.zoom() < declared.zoom.min {
            continue;
        }
        let encoder = LayerEncoder::new(declared.id.as_str(), snapshot.layer(layer).keys());
        let mut pen = Pen { tile, encoder, geometry: GeometryWriter::default() };
        match &declared.cluster {
            Some(cluster) if tile.zoom() < cluster.below => pen.clusters(snapshot, layer, cluster.below),
            _ => thinned.extend(pen.features(snapshot, layer, declared, &mut parts, &mut faults)),
        }
        parts.extend(pen.encoder.finish());
    }
    parts.extend(note_thinned(&thinned));
    RenderedTile { bytes: LayerBytes::join(parts), thinned, faults }
}

/// What draws the features of one layer.
struct Pen<'s> {
    tile: DegreeTile,
    encoder: LayerEncoder<'s>,
    geometry: GeometryWriter,
}

impl<'s> Pen<'s> {
    fn features(
        &mut self,
        snapshot: &'s Snapshot,
        layer: usize,
        declared: &Layer,
        parts: &mut Vec<LayerBytes>,
        faults: &mut Faults,
    ) -> Option<Thinned> {
        let bbox = self.tile.bbox(f64::from(MARGIN) / f64::from(EXTENT));
        let is_here = |item: &&'s Arc<Item>| match item.shape() {
            Shape::Point(at) => self.tile.holds(*at),
            Shape::Outline(_) => true,
        };
        let mut items: Vec<&'s Arc<Item>> = snapshot.layer(layer).in_box(bbox).filter(is_here).collect();
        let total = items.len();
        if total > MOST {
            items.sort_by_cached_key(|item| rank(item, declared));
            items.truncate(MOST);
            items.sort_unstable_by_key(|item| item.id);
        }
        for item in &items {
            self.feature(item, faults);
        }
        if declared.style.label_from.is_some_and(|zoom| self.tile.zoom() >= zoom) {
            let here = |at: WorldXy| self.tile.holds(at.to_lonlat());
            let drawn = items.iter().copied();
            parts.extend(draw_labels(declared, snapshot.layer(layer), drawn, self.tile.grid(), here));
        }
        (total > MOST).then(|| Thinned { layer: declared.id.to_string(), kept: MOST as u32, total: total as u32 })
    }

    fn feature(&mut self, item: &'s Item, faults: &mut Faults) {
        let kind = match item.shape() {
            Shape::Point(at) => {
                self.geometry.clear();
                self.geometry.point(self.tile.grid().place((*at).into()));
                GeomType::Point
            }
            Shape::Outline(outline) => draw(outline, self.tile.grid(), self.tile.zoom(), &mut self.geometry, faults),
        };
        if !self.geometry.is_empty() {
            self.encoder.tag_row(item.entries());
            self.encoder.feature(item.id.get(), kind, self.geometry.bytes());
        }
    }

    /// The clusters whose middle is in this tile, so that counts over tiles add up.
    fn clusters(&mut self, snapshot: &'s Snapshot, layer: usize, below: u8) {
        let (index, zoom, grid) = (snapshot.layer(layer), self.tile.zoom(), self.tile.grid());
        // A square that reaches into this tile may have its middle here.
        let around = self.tile.bbox(2.0 / f64::from(1_u32 << SQUARES_BELOW_TILE));
        let finest = index.partitions(around).flat_map(|(_, cell)| cell.squares()).collect();
        let clusters = Clusters { snapshot, index, zoom, below, grid };
        clusters.draw(finest, |at| self.tile.holds(at.to_lonlat()), &mut self.encoder);
    }
}
