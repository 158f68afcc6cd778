//! One tile of some layers.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::TileCoord;
use super::clusters::Clusters;
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::priority::rank;
use super::shapes::{Grid, MARGIN, draw};
use crate::catalog::Layer;
use crate::geodesy::world::WorldXy;
use crate::index::row::Keys;
use crate::index::{Item, LayerIndex, Point, Shape, Snapshot, Square};

/// A tile, uncompressed.
#[derive(Debug, Default)]
pub struct RenderedTile {
    /// The tile in the MVT format; empty when nothing is there.
    pub bytes: Bytes,
    /// Layers that had to leave features out to keep the budget.
    pub thinned: Vec<Thinned>,
    /// Geometry that could not be drawn.
    pub faults: Faults,
}

/// What a layer left out of a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thinned {
    /// The layer.
    pub layer: String,
    /// How many features the tile has.
    pub kept: u32,
    /// How many it would have had.
    pub total: u32,
}

/// Bad geometry met while drawing, by code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// `ring.degenerate`: rings of fewer than three different positions.
    pub degenerate_rings: u32,
}

/// Draws a tile. `budget` bytes is what it may take at the most, uncompressed.
pub fn render(snapshot: &Snapshot, layers: &[usize], tile: TileCoord, budget: usize) -> RenderedTile {
    let mut faults = Faults::default();
    let mut drawings: Vec<Drawing<'_>> = layers
        .iter()
        .map(|&layer| (layer, &snapshot.catalogue().layers[layer]))
        .filter(|(_, declared)| tile.zoom() >= declared.zoom.min)
        .map(|(layer, declared)| Drawing::start(snapshot, layer, declared, tile, &mut faults))
        .collect();
    let thinned = share_budget(&mut drawings, tile, budget, &mut faults);
    let mut parts = Vec::with_capacity(drawings.len() + 1);
    for drawing in drawings {
        drawing.finish(tile, &mut parts);
    }
    parts.extend(note_thinned(&thinned));
    RenderedTile { bytes: LayerBytes::join(parts), thinned, faults }
}

/// One layer of a tile in the making.
struct Drawing<'s> {
    declared: &'s Layer,
    index: &'s LayerIndex,
    encoder: LayerEncoder<'s>,
    /// The lines and areas that were drawn.
    outlines: Vec<&'s Arc<Item>>,
    /// Whether what was drawn are clusters, which are never thinned.
    is_clustered: bool,
}

impl<'s> Drawing<'s> {
    fn start(snapshot: &'s Snapshot, layer: usize, declared: &'s Layer, tile: TileCoord, faults: &mut Faults) -> Self {
        let index = snapshot.layer(layer);
        let encoder = LayerEncoder::new(declared.id.as_str(), index.keys());
        let mut drawing = Self { declared, index, encoder, outlines: Vec::new(), is_clustered: false };
        match &declared.cluster {
            Some(cluster) if tile.zoom() < cluster.below => drawing.clusters(snapshot, tile, cluster.below),
            _ => {
                drawing.points(tile);
                let margin = f64::from(MARGIN) / f64::from(EXTENT);
                drawing.draw(index.outlines_in(tile.bbox(margin)), tile, faults);
            }
        }
        drawing
    }

    /// Draws the points of the tile.
    fn points(&mut self, tile: TileCoord) {
        let grid = Grid::of(tile);
        let slices = self.slices(tile);
        self.encoder.expect(slices.iter().map(ExactSizeIterator::len).sum());
        let mut geometry = GeometryWriter::default();
        for point in slices.into_iter().flatten() {
            geometry.clear();
            geometry.point(grid.place(point.at));
            self.encoder.tag_row(point.entries());
            self.encoder.feature(point.id.get(), GeomType::Point, geometry.bytes());
        }
    }

    /// The points of the tile, cell by cell. Each stands in one tile only, so that counts over tiles add up.
    fn slices(&self, tile: TileCoord) -> Vec<impl ExactSizeIterator<Item = Point<'s>> + use<'s>> {
        let (first, last) = tile.corners();
        // A hair wider than the tile, since cells and tiles are cut on different roundings.
        let cells = self.index.partitions(tile.bbox(0.001));
        cells.map(|(_, cell)| cell.points().in_tile(first, last)).collect()
    }

    /// Draws features one after the other.
    fn draw(&mut self, items: impl Iterator<Item = &'s Arc<Item>>, tile: TileCoord, faults: &mut Faults) {
        let mut geometry = GeometryWriter::default();
        for item in items {
            let kind = shape(item, tile, &mut geometry, faults);
            if geometry.is_empty() {
                continue;
            }
            self.encoder.tag_row(item.entries());
            self.encoder.feature(item.id.get(), kind, geometry.bytes());
            if kind != GeomType::Point {
                self.outlines.push(item);
            }
        }
    }

    /// Draws the layer anew with the features of highest priority that fit into `budget` bytes.
    fn thin(&mut self, tile: TileCoord, budget: usize, faults: &mut Faults) -> Thinned {
        let points = self.slices(tile).into_iter().flatten().map(|point| point.item);
        let mut ranked: Vec<&'s Arc<Item>> = points.chain(std::mem::take(&mut self.outlines)).collect();
        let total = ranked.len() as u32;
        ranked.sort_by_cached_key(|item| rank(item, self.declared));
        let (mut used, mut geometry) = (0, GeometryWriter::default());
        ranked.retain(|item| {
            shape(item, tile, &mut geometry, &mut Faults::default());
            used += geometry.bytes().len() + self.encoder.most_bytes(item.entries());
            used <= budget
        });
        ranked.sort_unstable_by_key(|item| item.id);
        self.encoder = LayerEncoder::new(self.declared.id.as_str(), self.index.keys());
        self.draw(ranked.into_iter(), tile, faults);
        Thinned { layer: self.declared.id.to_string(), kept: self.encoder.count(), total }
    }

    fn clusters(&mut self, snapshot: &'s Snapshot, tile: TileCoord, below: u8) {
        self.is_clustered = true;
        let Some(squares) = self.index.squares() else { return };
        let levels = squares.level - tile.zoom();
        let in_tile =
            |square: &&Square| square.key.0 >> levels == tile.column() && square.key.1 >> levels == tile.row();
        // A hair wider than the tile, since cells and squares are cut on different roundings.
        let finest = self.index.partitions(tile.bbox(0.001)).flat_map(|(_, cell)| cell.squares()).filter(in_tile);
        let (index, grid) = (self.index, Grid::of(tile));
        let clusters = Clusters { snapshot, index, zoom: tile.zoom(), below, grid };
        clusters.draw(finest.collect(), |_| true, &mut self.encoder);
    }

    fn finish(self, tile: TileCoord, parts: &mut Vec<LayerBytes>) {
        let labels = self.declared.style.label_from.is_some_and(|zoom| tile.zoom() >= zoom);
        if labels {
            let outlines = self.outlines.iter().copied();
            parts.extend(draw_labels(self.declared, self.index, outlines, Grid::of(tile), |at| tile.holds(at)));
        }
        parts.extend(self.encoder.finish());
    }
}

/// Thins the largest layers until the tile keeps its budget: each layer may use an equal share, and
/// what a small layer leaves over goes to the larger ones.
fn share_budget(drawings: &mut [Drawing<'_>], tile: TileCoord, budget: usize, faults: &mut Faults) -> Vec<Thinned> {
    let mut order: Vec<usize> = (0..drawings.len()).collect();
    order.sort_by_key(|&i| drawings[i].encoder.len());
    let mut left = budget;
    let mut thinned = Vec::new();
    for (done, &i) in order.iter().enumerate() {
        let share = left / (order.len() - done);
        if drawings[i].encoder.len() > share && !drawings[i].is_clustered {
            thinned.push(drawings[i].thin(tile, share, faults));
        }
        left = left.saturating_sub(drawings[i].encoder.len());
    }
    thinned
}

/// Writes what of an item lies in the tile: nothing when it is too small or outside.
fn shape(item: &Item, tile: TileCoord, geometry: &mut GeometryWriter, faults: &mut Faults) -> GeomType {
    match item.shape() {
        Shape::Point(at) => {
            geometry.clear();
            geometry.point(Grid::of(tile).place((*at).into()));
            GeomType::Point
        }
        Shape::Outline(outline) => draw(outline, Grid::of(tile), tile.zoom(), geometry, faults),
    }
}

/// A point for each area of a layer whose label is `here`.
pub(super) fn draw_labels<'i>(
    declared: &Layer,
    index: &LayerIndex,
    items: impl IntoIterator<Item = &'i Arc<Item>>,
    grid: Grid,
    here: impl Fn(WorldXy) -> bool,
) -> Option<LayerBytes> {
    let mut geometry = GeometryWriter::default();
    let mut encoder = LayerEncoder::new(&format!("{}.label", declared.id), index.keys());
    for item in items {
        let Shape::Outline(outline) = item.shape() else { continue };
        let at = outline.representative().into();
        if outline.is_area() && here(at) {
            geometry.clear();
            geometry.point(grid.place(at));
            encoder.tag_row(item.entries());
            encoder.feature(item.id.get(), GeomType::Point, geometry.bytes());
        }
    }
    encoder.finish()
}

/// A layer that tells which layers were thinned.
pub(super) fn note_thinned(thinned: &[Thinned]) -> Option<LayerBytes> {
    let keys = Keys::none();
    let mut geometry = GeometryWriter::default();
    geometry.point((EXTENT / 2, EXTENT / 2));
    let mut encoder = LayerEncoder::new("_thinned", &keys);
    for (i, layer) in thinned.iter().enumerate() {
        encoder.tag_extra("layer", &json!(layer.layer));
        encoder.tag_extra("kept", &json!(layer.kept));
        encoder.tag_extra("total", &json!(layer.total));
        encoder.feature(i as u64 + 1, GeomType::Point, geometry.bytes());
    }
    encoder.finish()
}
