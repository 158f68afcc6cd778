//! The map as somebody sees it: a snapshot that holds nothing else, so that no question to it can
//! tell more.

use std::sync::Arc;

use super::Snapshot;
use super::item::Item;
use super::layer::LayerIndex;
use crate::domain::{LayerSight, Sight};

impl Snapshot {
    /// This map as far as a sight goes. Layers that are seen whole are shared, the others hold what is
    /// seen and are empty otherwise.
    #[must_use]
    pub fn seen_by(&self, sight: &Arc<Sight>) -> Self {
        self.seen(sight, |_| None)
    }

    /// This map as far as the sight of `seen` goes, which was made from `whole`: layers that have not
    /// changed since are taken from there.
    #[must_use]
    pub fn seen_since(&self, whole: &Self, seen: &Self) -> Self {
        let Some(sight) = &seen.sight else { return self.clone() };
        let same = |layer: usize| {
            let unchanged = Arc::ptr_eq(self.layers.get(layer)?, whole.layers.get(layer)?);
            seen.layers.get(layer).filter(|_| unchanged).map(Arc::clone)
        };
        self.seen(sight, same)
    }

    fn seen(&self, sight: &Arc<Sight>, known: impl Fn(usize) -> Option<Arc<LayerIndex>>) -> Self {
        if sight.is_whole() {
            return self.clone();
        }
        let layer = |(at, whole): (usize, &Arc<LayerIndex>)| match sight.layer(at) {
            LayerSight::All => Arc::clone(whole),
            part => known(at).unwrap_or_else(|| Arc::new(whole.seen_by(part))),
        };
        let intake =
            |(at, sum): (usize, &Option<super::IntakeSum>)| sum.filter(|_| *sight.layer(at) == LayerSight::All);
        Self {
            catalogue: Arc::clone(&self.catalogue),
            revision: self.revision,
            layers: self.layers.iter().enumerate().map(layer).collect(),
            ids: self.ids.clone(),
            intakes: self.intakes.iter().enumerate().map(intake).collect(),
            sight: Some(Arc::clone(sight)),
            is_past: self.is_past,
        }
    }

    /// What this snapshot was cut down to; none: it is the whole map.
    pub fn sight(&self) -> Option<&Arc<Sight>> {
        self.sight.as_ref()
    }

    /// Whether an item, which the shared table of ids holds, is on this map.
    pub(super) fn shows(&self, layer: usize, item: &Item) -> bool {
        self.sight.as_ref().is_none_or(|sight| sight.layer(layer).shows(item.village))
    }
}
