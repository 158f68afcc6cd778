//! The map as it was: what has changed since is put back.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Snapshot;
use crate::domain::{Change, ChangeKind, Commit, Feature, FeatureId, LayerId, Revision};

impl Snapshot {
    /// The map at an earlier revision: `touched` are the features changed since, `states` those of them
    /// that were there, as they were.
    #[must_use]
    pub fn rewound(&self, to: Revision, touched: &[(FeatureId, LayerId)], states: Vec<Feature>) -> Self {
        let mut states = states.into_iter().peekable();
        let changes = touched
            .iter()
            .map(|(id, layer)| {
                // Both are in order of id.
                while states.next_if(|state| state.id < *id).is_some() {}
                let after = states.next_if(|state| state.id == *id);
                let kind = if after.is_some() { ChangeKind::Updated } else { ChangeKind::Deleted };
                let version = after.as_ref().map_or(crate::domain::Version::FIRST, |state| state.version);
                Change { feature: *id, layer: layer.clone(), kind, version, after }
            })
            .collect();
        let commit = Commit {
            revision: self.revision.next(),
            actor: String::new(),
            reason: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            changes,
            intakes: Vec::new(),
        };
        let mut past = self.apply(&[commit]);
        let changed: BTreeSet<usize> = touched.iter().filter_map(|(_, layer)| self.catalogue.position(layer)).collect();
        for layer in changed {
            past.hide_counts_of(layer);
        }
        past.revision = to;
        past.is_past = true;
        past
    }

    /// Hides the counts of a layer that hides small ones: beside today's, those of an earlier time would give away what
    /// either of them hides.
    fn hide_counts_of(&mut self, layer: usize) {
        if !self.layers[layer].keys().hides_counts() {
            return;
        }
        for item in Arc::make_mut(&mut self.layers[layer]).hide_all_counts() {
            self.ids.set(item.id, Some((layer as u16, item)));
        }
    }

    /// Whether it is the map of an earlier time.
    pub const fn is_past(&self) -> bool {
        self.is_past
    }
}
