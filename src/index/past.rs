//! The map as it was: what has changed since is put back.

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
        past.revision = to;
        past.is_past = true;
        past
    }

    /// Whether it is the map of an earlier time.
    pub const fn is_past(&self) -> bool {
        self.is_past
    }
}
