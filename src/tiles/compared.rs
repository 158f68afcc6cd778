//! A tile of what differs between two maps.

use serde_json::json;

use super::TileCoord;
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::render::{Faults, RenderedTile, Thinned, note_thinned};
use super::shapes::{Grid, MARGIN, draw};
use crate::catalog::Layer;
use crate::index::row::Keys;
use crate::index::{Difference, Differing, Item, Shape};

/// Differing features that a tile has at the most of each layer.
const MOST: usize = 20_000;

/// Draws the features of some layers that differ, each with its id and, as `change`, what became of it.
/// What moved is drawn where it is, and with `was` where it was. Of the values there is none: who wants
/// them asks for the feature. A layer that differs in more than a tile holds says so, as in any tile.
pub fn render_compared<'d>(
    layers: &[(usize, &Layer)],
    differing: impl Iterator<Item = &'d Differing> + Clone,
    tile: TileCoord,
) -> RenderedTile {
    let bbox = tile.bbox(f64::from(MARGIN) / f64::from(EXTENT));
    let keys = Keys::none();
    let (mut parts, mut thinned, mut faults) = (Vec::new(), Vec::new(), Faults::default());
    for (at, layer) in layers {
        let mut encoder = LayerEncoder::new(layer.id.as_str(), &keys);
        let mut pen =
            Pen { tile, grid: Grid::of(tile), geometry: GeometryWriter::default(), faults: Faults::default() };
        let mut of_layer = differing.clone().filter(|one| one.layer == *at && one.touches_box(bbox));
        for one in of_layer.by_ref().take(MOST) {
            let (before, after) = match one.difference {
                Difference::Changed => (None, one.after.as_deref()),
                _ => (one.before.as_deref(), one.after.as_deref()),
            };
            for (item, was) in before.map(|item| (item, true)).into_iter().chain(after.map(|item| (item, false))) {
                pen.write(item, one.difference, was, &mut encoder);
            }
        }
        let left_out = of_layer.count() as u32;
        if left_out > 0 {
            let kept = MOST as u32;
            thinned.push(Thinned { layer: layer.id.to_string(), kept, total: kept + left_out });
        }
        faults.degenerate_rings += pen.faults.degenerate_rings;
        parts.extend(encoder.finish());
    }
    parts.extend(note_thinned(&thinned));
    RenderedTile { bytes: LayerBytes::join(parts), thinned, faults }
}

/// What draws one feature after the other.
struct Pen {
    tile: TileCoord,
    grid: Grid,
    geometry: GeometryWriter,
    faults: Faults,
}

impl Pen {
    fn write(&mut self, item: &Item, difference: Difference, was: bool, encoder: &mut LayerEncoder<'_>) {
        let kind = match item.shape() {
            Shape::Point(at) => {
                self.geometry.clear();
                let at = (*at).into();
                // Each point stands in one tile only.
                if self.tile.holds(at) {
                    self.geometry.point(self.grid.place(at));
                }
                GeomType::Point
            }
            Shape::Outline(outline) => draw(outline, self.grid, self.tile.zoom(), &mut self.geometry, &mut self.faults),
        };
        if self.geometry.is_empty() {
            return;
        }
        encoder.tag_extra("change", &json!(difference.as_str()));
        encoder.tag_extra("was", &json!(was));
        encoder.feature(item.id.get(), kind, self.geometry.bytes());
    }
}
