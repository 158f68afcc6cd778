//! What a change set comes to, once the log's end and the touched features are known.
//!
//! Encoding is done before any lock is taken; what is left under the lock is arithmetic.

use std::collections::HashMap;

use super::Committed;
use super::rows::{self, Fault, Stored};
use crate::domain::{ChangeKind, ChangeSet, Claims, Edit, FeatureId, Revision, Version};

/// A change set, encoded.
pub(super) struct Prepared {
    /// Who.
    pub(super) actor: String,
    /// Why.
    pub(super) reason: String,
    /// When.
    pub(super) at: jiff::Timestamp,
    /// The client's name for it.
    pub(super) operation: Option<String>,
    /// The digest of what was asked, its bits as a signed number.
    pub(super) operation_digest: Option<i64>,
    /// JSON array; none when empty.
    pub(super) intakes: Option<String>,
    /// The codes it gives.
    pub(super) claims: Claims,
    edits: Vec<PreparedEdit>,
}

/// An edit, encoded: the feature and the version the writer saw (none: create), the content (none:
/// delete), and whether that version must be a deletion.
struct PreparedEdit {
    on: Option<(FeatureId, Version)>,
    content: Option<Stored>,
    restores: bool,
}

/// How the touched features stand: version and layer of those that are there, and of the deletions
/// of those that are gone.
#[derive(Default)]
pub(super) struct Standing {
    /// Features that are there.
    pub(super) current: HashMap<FeatureId, (Version, String)>,
    /// Features that are gone.
    pub(super) gone: HashMap<FeatureId, (Version, String)>,
}

/// A row of `change`.
pub(super) struct Write<'a> {
    /// Which feature.
    pub(super) feature: FeatureId,
    /// The version this makes.
    pub(super) version: Version,
    /// Its layer.
    pub(super) layer: &'a str,
    /// What happens.
    pub(super) kind: ChangeKind,
    /// The content; none of a deletion.
    pub(super) content: Option<&'a Stored>,
}

/// The edit whose base version is not current: why there is no plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stale {
    /// Which feature.
    pub(super) feature: FeatureId,
    /// The version the writer saw.
    pub(super) base: Version,
}

impl Prepared {
    /// Encodes a change set.
    pub(super) fn new(change_set: &ChangeSet) -> Result<Self, Fault> {
        let mut edits = Vec::with_capacity(change_set.edits.len());
        for edit in &change_set.edits {
            edits.push(match edit {
                Edit::Create(draft) => PreparedEdit { on: None, content: Some(rows::stored(draft)?), restores: false },
                Edit::Update { id, base, draft } => {
                    PreparedEdit { on: Some((*id, *base)), content: Some(rows::stored(draft)?), restores: false }
                }
                Edit::Restore { id, base, draft } => {
                    PreparedEdit { on: Some((*id, *base)), content: Some(rows::stored(draft)?), restores: true }
                }
                Edit::Delete { id, base } => PreparedEdit { on: Some((*id, *base)), content: None, restores: false },
            });
        }
        let mut touched: Vec<FeatureId> = edits.iter().filter_map(|edit| Some(edit.on?.0)).collect();
        touched.sort_unstable();
        if let Some(pair) = touched.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Fault::Twice(pair[0]));
        }
        let intakes =
            if change_set.intakes.is_empty() { None } else { Some(serde_json::to_string(&change_set.intakes)?) };
        Ok(Self {
            actor: change_set.actor.clone(),
            reason: change_set.reason.clone(),
            at: change_set.at,
            operation: change_set.operation.map(|attempt| attempt.id.to_string()),
            operation_digest: change_set.operation.map(|attempt| attempt.digest.cast_signed()),
            intakes,
            claims: change_set.claims.clone(),
            edits,
        })
    }

    /// How many features it makes.
    pub(super) fn creates(&self) -> i64 {
        self.edits.iter().filter(|edit| edit.on.is_none()).count() as i64
    }

    /// How many edits it has.
    pub(super) fn len(&self) -> usize {
        self.edits.len()
    }

    /// The features it updates or deletes, which must be there.
    pub(super) fn touched(&self) -> Vec<i64> {
        self.edits.iter().filter(|edit| !edit.restores).filter_map(|edit| Some(edit.on?.0.get() as i64)).collect()
    }

    /// The features it brings back, which must be gone.
    pub(super) fn restored(&self) -> Vec<i64> {
        self.edits.iter().filter(|edit| edit.restores).filter_map(|edit| Some(edit.on?.0.get() as i64)).collect()
    }

    /// The time to write, after an entry of the log that was written at `newest`: RFC 3339, never
    /// before that entry's.
    pub(super) fn written_at(&self, newest: Option<&str>) -> Result<String, Fault> {
        let newest: Option<jiff::Timestamp> = newest
            .map(str::parse)
            .transpose()
            .map_err(|error| Fault::Content(format!("the time of a change set: {error}")))?;
        Ok(newest.map_or(self.at, |newest| newest.max(self.at)).to_string())
    }

    /// The rows to write, given the first free feature id and version and layer of what is touched.
    pub(super) fn plan<'a>(
        &'a self,
        first_id: u64,
        standing: &'a Standing,
    ) -> Result<Result<Vec<Write<'a>>, Stale>, Fault> {
        let mut free = first_id..;
        let mut writes = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            let content = edit.content.as_ref();
            let Some((feature, base)) = edit.on else {
                let feature = FeatureId::try_from(free.next().unwrap_or(u64::MAX))
                    .map_err(|error| Fault::Content(error.to_string()))?;
                let layer = content.map_or("", |content| content.layer.as_str());
                writes.push(Write { feature, version: Version::FIRST, layer, kind: ChangeKind::Created, content });
                continue;
            };
            let where_it_stands = if edit.restores { &standing.gone } else { &standing.current };
            let Some((_, layer)) = where_it_stands.get(&feature).filter(|(version, _)| *version == base) else {
                return Ok(Err(Stale { feature, base }));
            };
            let (layer, kind) = match content {
                Some(content) if edit.restores => (content.layer.as_str(), ChangeKind::Created),
                Some(content) => (content.layer.as_str(), ChangeKind::Updated),
                None => (layer.as_str(), ChangeKind::Deleted),
            };
            writes.push(Write { feature, version: base.next(), layer, kind, content });
        }
        Ok(Ok(writes))
    }
}

/// What the writes of a revision are to the one who asked.
pub(super) fn committed(revision: u64, writes: &[Write<'_>]) -> Committed {
    Committed { revision: Revision(revision), features: writes.iter().map(|write| write.feature).collect() }
}
