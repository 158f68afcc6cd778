//! Tiles of any grid, of all features or of those that a question chooses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clusters::Clusters;
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::matrix::AnyTile;
use super::priority::rank;
use super::render::{Faults, RenderedTile, Thinned, draw_labels, note_thinned};
use super::shapes::{MARGIN, draw};
use crate::catalog::Layer;
use crate::domain::Bbox;
use crate::index::{Item, LayerIndex, Query, SQUARES_BELOW_TILE, Shape, Snapshot};

/// Features that a layer has in a tile at the most.
const MOST: usize = 20_000;

/// Draws a tile as [`render`](super::render) does: the same features, vertices and clusters at the same width of a
/// tile. `chosen` lets only some features of a layer through; its box is not looked at. A layer of more features than
/// a tile holds keeps those of the highest priority and says so.
pub fn render_chosen(
    snapshot: &Snapshot,
    layers: &[usize],
    tile: AnyTile,
    chosen: Option<&BTreeMap<usize, Query>>,
) -> RenderedTile {
    let (mut parts, mut thinned, mut faults) = (Vec::new(), Vec::new(), Faults::default());
    for &layer in layers {
        let declared = &snapshot.catalogue().layers[layer];
        if tile.zoom() < declared.zoom.min {
            continue;
        }
        let index = snapshot.layer(layer);
        let encoder = LayerEncoder::new(declared.id.as_str(), index.keys());
        let chosen = chosen.and_then(|chosen| chosen.get(&layer));
        let mut pen = Pen { tile, snapshot, layer, index, chosen, encoder, geometry: GeometryWriter::default() };
        match &declared.cluster {
            Some(cluster) if tile.zoom() < cluster.below => pen.clusters(cluster.below),
            _ => thinned.extend(pen.features(declared, &mut parts, &mut faults)),
        }
        parts.extend(pen.encoder.finish());
    }
    parts.extend(note_thinned(&thinned));
    RenderedTile { bytes: LayerBytes::join(parts), thinned, faults }
}

/// What draws the features of one layer.
struct Pen<'s> {
    tile: AnyTile,
    snapshot: &'s Snapshot,
    layer: usize,
    index: &'s LayerIndex,
    chosen: Option<&'s Query>,
    encoder: LayerEncoder<'s>,
    geometry: GeometryWriter,
}

impl Pen<'_> {
    /// The features that touch a box and are chosen.
    fn found(&self, bbox: Bbox) -> Vec<Arc<Item>> {
        match self.chosen {
            None => self.index.in_box(bbox).map(Arc::clone).collect(),
            Some(chosen) => self.snapshot.matching(self.layer, &Query { bbox: Some(bbox), ..chosen.clone() }),
        }
    }

    fn features(&mut self, declared: &Layer, parts: &mut Vec<LayerBytes>, faults: &mut Faults) -> Option<Thinned> {
        let mut items = self.found(self.tile.bbox(f64::from(MARGIN) / f64::from(EXTENT)));
        items.retain(|item| match item.shape() {
            Shape::Point(at) => self.tile.holds((*at).into()),
            Shape::Outline(_) => true,
        });
        let total = items.len();
        if total > MOST {
            items.sort_by_cached_key(|item| rank(item, declared));
            items.truncate(MOST);
        }
        items.sort_unstable_by_key(|item| item.id);
        for item in &items {
            self.feature(item, faults);
        }
        if declared.style.label_from.is_some_and(|zoom| self.tile.zoom() >= zoom) {
            let here = |at| self.tile.holds(at);
            parts.extend(draw_labels(declared, self.index, &items, self.tile.grid(), here));
        }
        (total > MOST).then(|| Thinned { layer: declared.id.to_string(), kept: MOST as u32, total: total as u32 })
    }

    fn feature(&mut self, item: &Item, faults: &mut Faults) {
        let grid = self.tile.grid();
        let kind = match item.shape() {
            Shape::Point(at) => {
                self.geometry.clear();
                self.geometry.point(grid.place((*at).into()));
                GeomType::Point
            }
            Shape::Outline(outline) => draw(outline, grid, self.tile.zoom(), &mut self.geometry, faults),
        };
        if !self.geometry.is_empty() {
            self.encoder.tag_row(item.entries());
            self.encoder.feature(item.id.get(), kind, self.geometry.bytes());
        }
    }

    /// The clusters whose middle is in this tile, so that counts over tiles add up.
    fn clusters(&mut self, below: u8) {
        let Some(squares) = self.index.squares() else { return };
        // A square that reaches into this tile may have its middle here.
        let around = self.tile.bbox(2.0 / f64::from(1_u32 << SQUARES_BELOW_TILE));
        let gathered = self.chosen.map(|_| squares.gather(&self.found(around)));
        let finest = match &gathered {
            Some(gathered) => gathered.iter().collect(),
            None => self.index.partitions(around).flat_map(|(_, cell)| cell.squares()).collect(),
        };
        let (snapshot, index, zoom, grid) = (self.snapshot, self.index, self.tile.zoom(), self.tile.grid());
        let clusters = Clusters { snapshot, index, zoom, below, grid };
        clusters.draw(finest, |at| self.tile.holds(at), &mut self.encoder);
    }
}
