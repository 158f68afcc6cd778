//! Whether two snapshots show the same map.

use std::collections::BTreeSet;

use super::attributions::Attributions;
use super::{Item, Snapshot};
use crate::domain::FeatureId;

impl Snapshot {
    /// How this map differs from another, in words; nothing when both show the same. Looked at are
    /// the features by id, and for each layer that its cells, code table, count and attributions hold just
    /// these.
    pub fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = String> + 'a {
        let revision = (self.revision != other.revision)
            .then(|| format!("revision {} here, {} there", self.revision, other.revision));
        revision
            .into_iter()
            .chain(self.feature_differences(other))
            .chain(self.inner_faults())
            .chain(other.inner_faults())
    }

    fn feature_differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = String> + 'a {
        let changed = self.features_after(None).filter_map(|(layer, item)| match other.find(item.id) {
            Some((there, same)) if there == layer && is_same(item, same) => None,
            Some(_) => Some(format!("feature {} differs", item.id)),
            None => Some(format!("feature {} is missing there", item.id)),
        });
        let extra = other
            .features_after(None)
            .filter(|(_, item)| self.find(item.id).is_none())
            .map(|(_, item)| format!("feature {} is missing here", item.id));
        changed.chain(extra)
    }

    /// Where a snapshot disagrees with itself.
    fn inner_faults(&self) -> Vec<String> {
        let mut by_layer: Vec<BTreeSet<FeatureId>> = vec![BTreeSet::new(); self.layers.len()];
        let mut named: Vec<Attributions> = self.layers.iter().map(|layer| Attributions::of(layer.keys())).collect();
        let mut faults = Vec::new();
        for (layer, item) in self.features_after(None) {
            by_layer[layer].insert(item.id);
            named[layer].add(item);
            if let Some(code) = self.code_of(layer, item)
                && !self.layers[layer].with_code(&code).any(|id| id == item.id)
            {
                faults.push(format!("feature {} is not found by its code {code}", item.id));
            }
        }
        for (position, ids) in by_layer.into_iter().enumerate() {
            let id = &self.catalogue.layers[position].id;
            let layer = &self.layers[position];
            let in_cells: BTreeSet<FeatureId> = layer.in_box(crate::domain::Bbox::WORLD).map(|item| item.id).collect();
            if in_cells != ids {
                faults.push(format!("layer {id}: {} features by id, {} in the cells", ids.len(), in_cells.len()));
            }
            if layer.count() != ids.len() as u64 {
                faults.push(format!("layer {id}: {} features by id, {} counted", ids.len(), layer.count()));
            }
            if *layer.attributions() != named[position] {
                faults.push(format!("layer {id}: other sources are named than its features ask for"));
            }
        }
        faults
    }

    fn code_of(&self, layer: usize, item: &Item) -> Option<String> {
        let keys = self.layers[layer].keys();
        let name = &keys.key(self.layers[layer].code_key()?).name;
        item.property(name)?.as_str().map(str::to_owned)
    }
}

fn is_same(a: &Item, b: &Item) -> bool {
    a.version == b.version
        && a.revision == b.revision
        && a.village == b.village
        && a.entries().eq(b.entries())
        && a.geometry() == b.geometry()
        && a.first_zooms().eq(b.first_zooms())
}
