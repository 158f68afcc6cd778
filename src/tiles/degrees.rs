//! Tiles of grids in degrees: WorldCRS84Quad (OGC 17-083r4, annex D.2), whose squares are also those of 天地图's `c`.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::json;

use super::coord::{InvalidTile, MAX_ZOOM};
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::render::{Faults, RenderedTile, Thinned, note_thinned};
use super::shapes::{Grid, MARGIN, draw};
use crate::catalog::Layer;
use crate::domain::{Bbox, LonLat, Revision};
use crate::index::{Item, SQUARES_BELOW_TILE, Shape, Snapshot, Square, merge_sorted};

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

    /// Whether a position lies in it: each position lies in exactly one tile of a level.
    fn holds(self, at: LonLat) -> bool {
        let cell = |offset: f64, last: u32| ((offset / self.side()) as u32).min(last);
        let (last_column, last_row) = ((2_u32 << self.level) - 1, (1_u32 << self.level) - 1);
        cell(at.lon() + 180.0, last_column) == self.column && cell(90.0 - at.lat(), last_row) == self.row
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
            Some(cluster) if tile.zoom() < cluster.below => pen.clusters(snapshot, layer),
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
            items.sort_by_cached_key(|item| (Reverse(rank(item, declared)), item.id));
            items.truncate(MOST);
            items.sort_unstable_by_key(|item| item.id);
        }
        for item in &items {
            self.feature(item, faults);
        }
        if declared.style.label_from.is_some_and(|zoom| self.tile.zoom() >= zoom) {
            parts.extend(self.labels(snapshot, layer, declared, &items));
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

    /// A point for each area whose label is in this tile.
    fn labels(
        &mut self,
        snapshot: &'s Snapshot,
        layer: usize,
        declared: &Layer,
        items: &[&'s Arc<Item>],
    ) -> Option<LayerBytes> {
        let mut encoder = LayerEncoder::new(&format!("{}.label", declared.id), snapshot.layer(layer).keys());
        for item in items {
            let Shape::Outline(outline) = item.shape() else { continue };
            let at = outline.representative();
            if outline.is_area() && self.tile.holds(at) {
                self.geometry.clear();
                self.geometry.point(self.tile.grid().place(at.into()));
                encoder.tag_row(item.entries());
                encoder.feature(item.id.get(), GeomType::Point, self.geometry.bytes());
            }
        }
        encoder.finish()
    }

    /// The clusters whose middle is in this tile, so that counts over tiles add up.
    fn clusters(&mut self, snapshot: &'s Snapshot, layer: usize) {
        let index = snapshot.layer(layer);
        let Some(squares) = index.squares() else { return };
        let lift = squares.level - (self.tile.zoom() + SQUARES_BELOW_TILE);
        // A square that reaches into this tile may have its middle here.
        let around = self.tile.bbox(2.0 / f64::from(1_u32 << SQUARES_BELOW_TILE));
        let mut finest: Vec<&Square> = index.partitions(around).flat_map(|(_, cell)| cell.squares()).collect();
        finest.sort_unstable_by_key(|square| (square.lifted_key(lift), square.key));
        let counted = squares.counted_key().map(|key| index.keys().key(key));
        for members in finest.chunk_by(|a, b| a.lifted_key(lift) == b.lifted_key(lift)) {
            let cluster = merge_sorted(members.iter().map(|square| square.lifted(lift)).collect()).pop();
            let Some(cluster) = cluster.filter(|cluster| self.tile.holds(cluster.centre().to_lonlat())) else {
                continue;
            };
            self.geometry.clear();
            self.geometry.point(self.tile.grid().place(cluster.centre()));
            if cluster.count == 1 {
                if let Some((_, item)) = snapshot.feature(cluster.first) {
                    self.encoder.tag_row(item.entries());
                    self.encoder.feature(item.id.get(), GeomType::Point, self.geometry.bytes());
                }
                continue;
            }
            self.encoder.tag_extra("cluster", &json!(true));
            self.encoder.tag_extra("count", &json!(cluster.count));
            if let Some(key) = counted {
                for (value, &count) in key.values.iter().zip(&cluster.by).filter(|(_, count)| **count > 0) {
                    self.encoder.tag_extra(&format!("count_{value}"), &json!(count));
                }
            }
            // An id that no feature has: bit 52 is set.
            let (x, y) = (u64::from(cluster.key.0), u64::from(cluster.key.1));
            let id = 1 << 52 | u64::from(self.tile.zoom() & 0x1f) << 46 | (y & 0x7f_ffff) << 23 | (x & 0x7f_ffff);
            self.encoder.feature(id, GeomType::Point, self.geometry.bytes());
        }
    }
}

/// The priority of a feature, as an order of whole numbers.
fn rank(item: &Item, layer: &Layer) -> i64 {
    let priority = layer.priority.as_deref().and_then(|name| item.property(name)).and_then(|value| value.as_f64());
    priority.map_or(0, |priority| (priority * 1000.0) as i64)
}
