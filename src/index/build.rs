//! Building a snapshot from a scan of the store.

use std::mem;
use std::sync::Arc;

use rayon::prelude::*;

use super::item::Item;
use super::layer::LayerIndex;
use super::row::Keys;
use super::run::Row;
use super::tables::IdTable;
use super::{IntakeSum, Snapshot};
use crate::catalog::Catalogue;
use crate::domain::{DivisionCode, Feature, FeatureId, LonLat, Revision, Version};
use crate::geodesy::beidou::Cell;
use crate::geodesy::world::WorldXy;

/// Takes in the features of a scan batch by batch, so that never more than one batch is held
/// unpacked.
pub struct Builder {
    catalogue: Arc<Catalogue>,
    layers: Vec<LayerIndex>,
    taken: Vec<Taken>,
}

/// What has been taken in of one layer.
#[derive(Default)]
struct Taken {
    /// Lines and areas, and points that hide counts.
    items: Vec<Arc<Item>>,
    /// Other points, until it is known which of them are neighbours.
    points: Vec<TakenPoint>,
    /// Their packed rows.
    rows: Vec<u8>,
}

struct TakenPoint {
    id: FeatureId,
    version: Version,
    revision: Revision,
    village: Option<DivisionCode>,
    at: LonLat,
    /// Where its row starts among the rows, and how long it is.
    row: (usize, u32),
}

/// A feature, packed.
enum Packed {
    Item(Arc<Item>),
    Point(TakenPoint, Box<[u8]>),
}

impl Builder {
    /// An empty map.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let layers: Vec<_> = catalogue.layers.iter().map(LayerIndex::empty).collect();
        Self { taken: layers.iter().map(|_| Taken::default()).collect(), layers, catalogue }
    }

    /// Takes in more features. Those of layers that are not declared (or off) are left out.
    pub fn add(&mut self, features: Vec<Feature>) {
        let (catalogue, layers) = (&self.catalogue, &self.layers);
        let packed: Vec<(usize, Packed)> = features
            .into_par_iter()
            .filter_map(|feature| {
                let layer = catalogue.position(&feature.content.layer)?;
                Some((layer, pack(&feature, layers[layer].keys())))
            })
            .collect();
        for (layer, packed) in packed {
            self.taken[layer].take(packed);
        }
    }

    /// The map of everything taken in, which was scanned at `revision`.
    pub fn finish(mut self, revision: Revision) -> Snapshot {
        let mut rows: Vec<(u16, Arc<Item>)> = Vec::new();
        for (number, (layer, taken)) in self.layers.iter_mut().zip(&mut self.taken).enumerate() {
            let mut items = mem::take(taken).into_items(layer.keys());
            items.par_sort_unstable_by_key(|item| item.id);
            layer.load(&mut items, revision);
            rows.extend(items.into_iter().map(|item| (number as u16, item)));
        }
        rows.par_sort_unstable_by_key(|(_, item)| item.id);
        Snapshot {
            intakes: vec![None::<IntakeSum>; self.layers.len()],
            layers: self.layers.into_iter().map(Arc::new).collect(),
            ids: IdTable::from_sorted(rows.into_iter()),
            catalogue: self.catalogue,
            revision,
            sight: None,
            is_past: false,
        }
    }
}

fn pack(feature: &Feature, keys: &Arc<Keys>) -> Packed {
    let Some(at) = feature.content.geometry.as_point().filter(|_| !keys.hides_counts()) else {
        return Packed::Item(Arc::new(Item::new(feature, keys)));
    };
    let (row, _unknown) = keys.pack(&feature.content.properties);
    let point = TakenPoint {
        id: feature.id,
        version: feature.version,
        revision: feature.revision,
        village: feature.content.village,
        at,
        row: (0, row.len() as u32),
    };
    Packed::Point(point, row)
}

impl Taken {
    fn take(&mut self, packed: Packed) {
        match packed {
            Packed::Item(item) => self.items.push(item),
            Packed::Point(mut point, row) => {
                point.row.0 = self.rows.len();
                self.points.push(point);
                self.rows.extend_from_slice(&row);
            }
        }
    }

    /// The items: points cell by cell, each along the Z-curve, the rows of a cell in one run.
    fn into_items(self, keys: &Arc<Keys>) -> Vec<Arc<Item>> {
        let Self { mut items, mut points, rows } = self;
        points.par_sort_by_cached_key(|point| {
            let cell = Cell::of(point.at);
            (cell.row, cell.col, WorldXy::from(point.at).z_order(), point.id)
        });
        let row = |point: &TakenPoint| &rows[point.row.0..][..point.row.1 as usize];
        let of_cell = |points: &[TakenPoint]| -> Vec<Arc<Item>> {
            let packed = Row::in_one_run(points.iter().map(row));
            let items = points.iter().zip(packed);
            items.map(|(point, row)| Arc::new(point.with_row(row, keys))).collect()
        };
        let cells: Vec<&[TakenPoint]> = points.chunk_by(|a, b| Cell::of(a.at) == Cell::of(b.at)).collect();
        items.par_extend(cells.into_par_iter().flat_map_iter(of_cell));
        items
    }
}

impl TakenPoint {
    fn with_row(&self, row: Row, keys: &Arc<Keys>) -> Item {
        Item::at_point((self.id, self.version, self.revision), self.village, self.at, row, keys)
    }
}
