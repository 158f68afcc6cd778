//! The map at one revision, and how commits lead from one to the next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::item::Item;
use super::layer::{LayerEdit, LayerIndex};
use super::tables::IdTable;
use crate::catalog::Catalogue;
use crate::domain::{Bbox, Commit, DivisionCode, Feature, FeatureId, Lang, LonLat, Revision, Sight};

/// The map at one revision. Cloning shares everything.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) revision: Revision,
    pub(super) layers: Vec<Arc<LayerIndex>>,
    pub(super) ids: IdTable,
    pub(super) intakes: Vec<Option<IntakeSum>>,
    /// What it was cut down to; none: it is the whole map. The table of ids is that of the whole map.
    pub(super) sight: Option<Arc<Sight>>,
    /// Whether it is the map of an earlier time.
    pub(super) is_past: bool,
}

/// The deliveries of raw data that a layer was made from, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeSum {
    /// 归集量: records delivered.
    pub collected: u64,
    /// 治理后量: records that came through cleaning.
    pub governed: u64,
    /// When the last delivery was taken in.
    pub last: jiff::Timestamp,
}

impl Snapshot {
    /// The map of an empty log.
    pub fn empty(catalogue: Arc<Catalogue>) -> Self {
        let layers: Vec<_> = catalogue.layers.iter().map(|layer| Arc::new(LayerIndex::empty(layer))).collect();
        Self {
            revision: Revision::ZERO,
            intakes: vec![None; layers.len()],
            layers,
            ids: IdTable::default(),
            catalogue,
            sight: None,
            is_past: false,
        }
    }

    /// The map of a scanned store.
    pub fn build(catalogue: Arc<Catalogue>, features: Vec<Feature>, revision: Revision) -> Self {
        let mut builder = super::Builder::new(catalogue);
        builder.add(features);
        builder.finish(revision)
    }

    /// Sets what was delivered for a layer before this snapshot's revision.
    pub fn set_intake(&mut self, layer: usize, sum: IntakeSum) {
        self.intakes[layer] = Some(sum);
    }

    /// The map after more commits, in order. Commits up to this snapshot's revision are passed over;
    /// features of layers that are not declared are left out of the index. Only the whole map can be
    /// led on.
    pub fn apply(&self, commits: &[Commit]) -> Self {
        debug_assert!(self.sight.is_none(), "a part of the map cannot be led on");
        let mut next = self.clone();
        let mut edits: BTreeMap<usize, PendingEdit> = BTreeMap::new();
        for commit in commits.iter().filter(|commit| commit.revision > self.revision) {
            for change in &commit.changes {
                let Some(layer) = self.catalogue.position(&change.layer) else { continue };
                let keys = self.layers[layer].keys();
                let after = change.after.as_ref().map(|feature| Arc::new(Item::new(feature, keys)));
                let edit = edits.entry(layer).or_default();
                let before = edit.now.entry(change.feature).or_insert_with(|| Standing {
                    first: self.ids.find(change.feature).map(|(_, item)| Arc::clone(item)),
                    last: None,
                    seen: false,
                });
                let left = if before.seen { before.last.clone() } else { before.first.clone() };
                for item in left.iter().chain(after.iter()) {
                    edit.touched.push((item.bbox(), commit.revision));
                }
                before.last = after;
                before.seen = true;
            }
            for intake in &commit.intakes {
                if let Some(layer) = self.catalogue.position(&intake.layer) {
                    next.intakes[layer] = Some(IntakeSum::plus(next.intakes[layer], intake, commit.at));
                }
            }
            next.revision = commit.revision;
        }
        for (layer, pending) in edits {
            next.edit_layer(layer, pending);
        }
        next
    }

    fn edit_layer(&mut self, layer: usize, pending: PendingEdit) {
        let number = layer as u16;
        let mut edit = LayerEdit { touched: pending.touched, ..LayerEdit::default() };
        let mut now: Vec<_> = pending.now.into_iter().collect();
        now.sort_unstable_by_key(|(id, _)| *id);
        for (id, standing) in now {
            self.ids.set(id, standing.last.clone().map(|item| (number, item)));
            edit.removed.extend(standing.first);
            edit.added.extend(standing.last);
        }
        for item in Arc::make_mut(&mut self.layers[layer]).edit(&edit) {
            self.ids.set(item.id, Some((number, item)));
        }
    }

    /// Its place in the log.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// What is declared. Layers are named by their position in `catalogue().layers`.
    pub const fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// One layer.
    pub fn layer(&self, layer: usize) -> &LayerIndex {
        &self.layers[layer]
    }

    /// How many features a layer has.
    pub fn count(&self, layer: usize) -> u64 {
        self.layers[layer].count()
    }

    /// The newest revision that touched a layer.
    pub fn layer_revision(&self, layer: usize) -> Revision {
        self.layers[layer].revision()
    }

    /// The box around a layer; none when it is empty.
    pub fn extent(&self, layer: usize) -> Option<Bbox> {
        self.layers[layer].extent()
    }

    /// Who must be named where these layers are shown: the city's own sources, and those that the
    /// features ask for.
    pub fn attribution(&self, layers: impl IntoIterator<Item = usize>, lang: Lang) -> String {
        let asked: BTreeSet<&str> =
            layers.into_iter().flat_map(|layer| self.layers[layer].attributions().texts()).collect();
        let own = self.catalogue.city.attribution.in_lang(lang);
        std::iter::once(own).chain(asked).collect::<Vec<_>>().join(" · ")
    }

    /// What was delivered for a layer.
    pub fn intake(&self, layer: usize) -> Option<IntakeSum> {
        self.intakes[layer]
    }

    /// A feature and the layer it stands in.
    pub fn feature(&self, id: FeatureId) -> Option<(usize, Arc<Item>)> {
        self.find(id).map(|(layer, item)| (layer, Arc::clone(item)))
    }

    pub(super) fn find(&self, id: FeatureId) -> Option<(usize, &Arc<Item>)> {
        self.ids.find(id).filter(|(layer, item)| self.shows(*layer, item))
    }

    /// All features above an id in order, with the layer each stands in.
    pub fn features_after(&self, id: Option<FeatureId>) -> impl Iterator<Item = (usize, &Arc<Item>)> {
        self.ids.after(id).filter(|(layer, item)| self.shows(*layer, item))
    }

    /// All features below an id, the highest first, with the layer each stands in.
    pub fn features_before(&self, id: FeatureId) -> impl Iterator<Item = (usize, &Arc<Item>)> {
        self.ids.before(id).filter(|(layer, item)| self.shows(*layer, item))
    }

    /// The feature of a layer with this code; of several the one of the smallest id.
    pub fn by_code(&self, layer: usize, code: &str) -> Option<Arc<Item>> {
        let index = &self.layers[layer];
        let name = &index.keys().key(index.code_key()?).name;
        index
            .with_code(code)
            .filter_map(|id| self.find(id))
            .map(|(_, item)| item)
            .find(|item| item.property(name).is_some_and(|value| value.as_str() == Some(code)))
            .map(Arc::clone)
    }

    /// The village of a position: on a border the one of the smallest code.
    pub fn village_at(&self, at: LonLat) -> Option<DivisionCode> {
        let layer = self.catalogue.layers.iter().position(|layer| layer.id.as_str() == "village")?;
        self.layers[layer]
            .in_box(at.into())
            .filter(|item| item.covers(at))
            .filter_map(|item| item.property("code")?.as_str()?.parse().ok())
            .min()
    }
}

impl IntakeSum {
    fn plus(sum: Option<Self>, intake: &crate::domain::Intake, at: jiff::Timestamp) -> Self {
        let (collected, governed) = sum.map_or((0, 0), |sum| (sum.collected, sum.governed));
        Self { collected: collected + intake.collected, governed: governed + intake.governed, last: at }
    }
}

/// What a run of commits does to one layer, before it is done.
#[derive(Default)]
struct PendingEdit {
    now: HashMap<FeatureId, Standing>,
    touched: Vec<(Bbox, Revision)>,
}

/// One feature through a run of commits.
struct Standing {
    /// As it was before the first of them.
    first: Option<Arc<Item>>,
    /// As it is after the last; none when deleted.
    last: Option<Arc<Item>>,
    seen: bool,
}
