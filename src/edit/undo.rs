//! The inverse of a change set.

use std::collections::BTreeMap;

use crate::domain::{ChangeKind, Commit, Draft, Edit, Feature, FeatureId, Version};

/// What undoing a change set comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Undone {
    /// The edits that take it back.
    Edits(Vec<Edit>),
    /// Features that have been changed since, with the version each is at now (none: gone).
    ChangedSince(Vec<(FeatureId, Option<Version>)>),
}

/// The edits that take a commit back: `before` are its features as they stood before it, `now` as they
/// stand now. Nothing is taken back when anything of it has been changed since.
pub fn undo(commit: &Commit, before: &BTreeMap<FeatureId, Feature>, now: &BTreeMap<FeatureId, Feature>) -> Undone {
    let version_now = |id: FeatureId| now.get(&id).map(|feature| feature.version);
    let changed: Vec<_> = commit
        .changes
        .iter()
        .filter(|change| {
            let left = (change.kind != ChangeKind::Deleted).then_some(change.version);
            version_now(change.feature) != left
        })
        .map(|change| (change.feature, version_now(change.feature)))
        .collect();
    if !changed.is_empty() {
        return Undone::ChangedSince(changed);
    }
    let content = |id: FeatureId| before.get(&id).map(|feature| feature.content.clone());
    Undone::Edits(
        commit.changes.iter().filter_map(|change| edit(change.feature, change.version, change.kind, content)).collect(),
    )
}

/// The inverse of one change; `before` gives the content a feature had.
fn edit(id: FeatureId, made: Version, kind: ChangeKind, before: impl Fn(FeatureId) -> Option<Draft>) -> Option<Edit> {
    match (kind, before(id)) {
        (ChangeKind::Deleted, Some(draft)) => Some(Edit::Restore { id, base: made, draft }),
        (_, Some(draft)) => Some(Edit::Update { id, base: made, draft }),
        // What was not there before is not there again; of a deletion there is always a before.
        (ChangeKind::Deleted, None) => None,
        (_, None) => Some(Edit::Delete { id, base: made }),
    }
}
