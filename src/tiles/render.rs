//! One tile of some layers.

use std::cmp::Reverse;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::TileCoord;
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::shapes::{Grid, MARGIN, draw};
use crate::catalog::Layer;
use crate::domain::Revision;
use crate::index::row::Keys;
use crate::index::{Item, LayerIndex, Point, SQUARES_BELOW_TILE, Shape, Snapshot, Square, merge_sorted};

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

/// The newest revision that touched anything a tile may show.
pub fn revision(snapshot: &Snapshot, layers: &[usize], tile: TileCoord) -> Revision {
    let bbox = tile.bbox(f64::from(MARGIN) / f64::from(EXTENT));
    layers.iter().map(|&layer| snapshot.layer(layer).revision_in(bbox)).max().unwrap_or_default()
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
        let priority = self.declared.priority.as_deref();
        ranked.sort_by_cached_key(|item| {
            let rank = priority.and_then(|name| item.property(name)).and_then(|value| value.as_f64()).unwrap_or(0.0);
            // Among equals the order is arbitrary but always the same, and not that of creation.
            (Reverse(TotalOrder(rank)), Reverse(item.vertices()), spread(item.id.get()))
        });
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

    fn clusters(&mut self, snapshot: &Snapshot, tile: TileCoord, below: u8) {
        self.is_clustered = true;
        let Some(squares) = self.index.squares() else { return };
        let grid = Grid::of(tile);
        let lift = squares.level - (tile.zoom() + SQUARES_BELOW_TILE);
        let in_tile = |square: &&Square| {
            let levels = squares.level - tile.zoom();
            square.key.0 >> levels == tile.column() && square.key.1 >> levels == tile.row()
        };
        // A hair wider than the tile, since cells and squares are cut on different roundings.
        let mut finest: Vec<&Square> =
            self.index.partitions(tile.bbox(0.001)).flat_map(|(_, cell)| cell.squares()).filter(in_tile).collect();
        finest.sort_unstable_by_key(|square| (square.lifted_key(lift), square.key));
        let counted = squares.counted_key().map(|key| self.index.keys().key(key));
        let mut geometry = GeometryWriter::default();
        for members in finest.chunk_by(|a, b| a.lifted_key(lift) == b.lifted_key(lift)) {
            let Some(cluster) = merge_sorted(members.iter().map(|square| square.lifted(lift)).collect()).pop() else {
                continue;
            };
            geometry.clear();
            geometry.point(grid.place(cluster.centre()));
            if cluster.count == 1 {
                if let Some((_, item)) = snapshot.feature(cluster.first) {
                    self.encoder.tag_row(item.entries());
                    self.encoder.feature(item.id.get(), GeomType::Point, geometry.bytes());
                }
                continue;
            }
            self.encoder.tag_extra("cluster", &json!(true));
            self.encoder.tag_extra("count", &json!(cluster.count));
            self.encoder.tag_extra("expansion_zoom", &json!(expansion_zoom(members, squares.level, below)));
            if let Some(key) = counted {
                for (value, &count) in key.values.iter().zip(&cluster.by).filter(|(_, count)| **count > 0) {
                    self.encoder.tag_extra(&format!("count_{value}"), &json!(count));
                }
            }
            self.encoder.feature(cluster_id(&cluster, tile), GeomType::Point, geometry.bytes());
        }
    }

    fn finish(self, tile: TileCoord, parts: &mut Vec<LayerBytes>) {
        let labels = self.declared.style.label_from.is_some_and(|zoom| tile.zoom() >= zoom);
        if labels {
            let grid = Grid::of(tile);
            let mut geometry = GeometryWriter::default();
            let mut encoder = LayerEncoder::new(&format!("{}.label", self.declared.id), self.index.keys());
            for item in &self.outlines {
                let Shape::Outline(outline) = item.shape() else { continue };
                let at = outline.representative().into();
                if outline.is_area() && tile.holds(at) {
                    geometry.clear();
                    geometry.point(grid.place(at));
                    encoder.tag_row(item.entries());
                    encoder.feature(item.id.get(), GeomType::Point, geometry.bytes());
                }
            }
            parts.extend(encoder.finish());
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

/// The first zoom at which a cluster's members stand in different squares, or from which points are
/// shown.
fn expansion_zoom(members: &[&Square], level: u8, below: u8) -> u8 {
    let Some((first, rest)) = members.split_first() else { return below };
    let apart = rest.iter().fold(0, |bits, square| bits | (square.key.0 ^ first.key.0) | (square.key.1 ^ first.key.1));
    let different_bits = (32 - apart.leading_zeros()) as u8;
    if different_bits == 0 {
        return below;
    }
    let first_level_apart = level + 1 - different_bits;
    first_level_apart.saturating_sub(SQUARES_BELOW_TILE).min(below)
}

/// An id for a cluster that no feature has and that is the same in every tile set: bit 52 is set,
/// then zoom, row and column of its square.
fn cluster_id(cluster: &Square, tile: TileCoord) -> u64 {
    let (x, y) = (u64::from(cluster.key.0), u64::from(cluster.key.1));
    1 << 52 | u64::from(tile.zoom() & 0x1f) << 46 | (y & 0x7f_ffff) << 23 | (x & 0x7f_ffff)
}

/// Scatters ids evenly (the finaliser of MurmurHash3).
const fn spread(id: u64) -> u64 {
    let mut mixed = id;
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^= mixed >> 33;
    mixed
}

/// Numbers in their total order.
#[derive(PartialEq)]
struct TotalOrder(f64);

impl Eq for TotalOrder {}

impl PartialOrd for TotalOrder {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TotalOrder {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
