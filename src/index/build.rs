//! Building a snapshot from a scan of the store.

use std::sync::Arc;

use rayon::prelude::*;

use super::item::Item;
use super::layer::LayerIndex;
use super::tables::IdTable;
use super::{IntakeSum, Snapshot};
use crate::catalog::Catalogue;
use crate::domain::{Feature, Revision};

/// Takes in the features of a scan batch by batch, so that never more than one batch is held
/// unpacked.
pub struct Builder {
    catalogue: Arc<Catalogue>,
    layers: Vec<LayerIndex>,
    items: Vec<Vec<Arc<Item>>>,
}

impl Builder {
    /// An empty map.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let layers: Vec<_> = catalogue.layers.iter().map(LayerIndex::empty).collect();
        Self { items: vec![Vec::new(); layers.len()], layers, catalogue }
    }

    /// Takes in more features. Those of layers that are not declared (or off) are left out.
    pub fn add(&mut self, features: Vec<Feature>) {
        let (catalogue, layers) = (&self.catalogue, &self.layers);
        let packed: Vec<(usize, Arc<Item>)> = features
            .into_par_iter()
            .filter_map(|feature| {
                let layer = catalogue.position(&feature.content.layer)?;
                Some((layer, Arc::new(Item::new(&feature, layers[layer].keys()))))
            })
            .collect();
        for (layer, item) in packed {
            self.items[layer].push(item);
        }
    }

    /// The map of everything taken in, which was scanned at `revision`.
    pub fn finish(mut self, revision: Revision) -> Snapshot {
        for (layer, items) in self.layers.iter_mut().zip(&mut self.items) {
            items.sort_unstable_by_key(|item| item.id);
            layer.load(items, revision);
        }
        let mut rows: Vec<(u16, Arc<Item>)> = Vec::with_capacity(self.items.iter().map(Vec::len).sum());
        for (layer, items) in self.items.into_iter().enumerate() {
            rows.extend(items.into_iter().map(|item| (layer as u16, item)));
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
