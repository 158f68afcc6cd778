//! Entries of the log, and what is asked of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DivisionCode, Draft, Feature, FeatureId, LayerId, Revision, Version};

/// The name a client gives to a command, so that sending it twice does it once.
pub type OperationId = Uuid;

/// A command that may be sent again: its name, and a digest of what was asked under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its name.
    pub id: OperationId,
    /// The same for the same command.
    pub digest: u64,
}

/// What an operation became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The revision.
    pub revision: Revision,
    /// What had been asked; none of what was written before digests were kept.
    pub digest: Option<u64>,
}

impl Applied {
    /// Whether it was this attempt.
    pub fn is(&self, attempt: Attempt) -> bool {
        self.digest.is_none_or(|digest| digest == attempt.digest)
    }
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The feature is new, or is back after it was gone.
    Created,
    /// The feature was there before.
    Updated,
    /// The feature is gone; its id is never given to another.
    Deleted,
}

impl std::str::FromStr for ChangeKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Created, Self::Updated, Self::Deleted].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

impl ChangeKind {
    /// The word kept in the store and written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// One write that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Make a feature.
    Create(Draft),
    /// Replace the content of a feature, which must still be at version `base`.
    Update {
        /// Which feature.
        id: FeatureId,
        /// The version the writer saw.
        base: Version,
        /// Its content from now on.
        draft: Draft,
    },
    /// Bring back a feature that is gone; its deletion must be version `base`.
    Restore {
        /// Which feature.
        id: FeatureId,
        /// The version its deletion made.
        base: Version,
        /// Its content from now on.
        draft: Draft,
    },
    /// Remove a feature, which must still be at version `base`.
    Delete {
        /// Which feature.
        id: FeatureId,
        /// The version the writer saw.
        base: Version,
    },
}

/// Edits that become one revision together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    /// Who asks: an account name, or the program (`demo`, `import osm`).
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// When it was decided. The log writes the time of its newest entry where this is earlier, so that
    /// time never runs back in it, whatever clocks do.
    pub at: jiff::Timestamp,
    /// The client's name for it, if it may be sent again.
    pub operation: Option<Attempt>,
    /// The edits in order. A feature stands in at most one of them.
    pub edits: Vec<Edit>,
    /// Deliveries of raw data that these edits came from.
    pub intakes: Vec<Intake>,
    /// The codes that these edits give.
    pub claims: Claims,
}

/// Codes that were nobody's when a change set was decided. If one has been given since, the change set
/// is not appended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The revision of the map on which it was decided.
    pub as_of: Revision,
    /// The codes.
    pub codes: Vec<ClaimedCode>,
}

/// A code that is to be one feature's alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimedCode {
    /// The layer in which it is.
    pub layer: LayerId,
    /// The property that holds it.
    pub property: String,
    /// The code.
    pub code: String,
}

/// A delivery of raw data: how much of it came through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// The layer it was for.
    pub layer: LayerId,
    /// The department that delivered it (数源单位), by its id in the catalogue.
    pub source: String,
    /// 归集量: records delivered.
    pub collected: u64,
    /// 治理后量: records that came through cleaning.
    pub governed: u64,
}

/// One entry of the log: what one revision did to one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which feature.
    pub feature: FeatureId,
    /// Its layer.
    pub layer: LayerId,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The version this made (of a deletion: the last version plus one).
    pub version: Version,
    /// The feature from now on; none when deleted.
    pub after: Option<Feature>,
}

/// A change set in the log, its changes only counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitSummary {
    /// Its position.
    pub revision: Revision,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: jiff::Timestamp,
    /// How many changes of each kind each layer had, by where.
    pub counts: Vec<ChangeCount>,
}

/// Changes of one kind in one layer, of features that stood and stand in the same villages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCount {
    /// The layer.
    pub layer: LayerId,
    /// What was done.
    pub kind: ChangeKind,
    /// Where the features were before; none of what is new, and of what stood in no village.
    pub before: Option<DivisionCode>,
    /// Where they are; none of what is gone, and of what stands in no village.
    pub after: Option<DivisionCode>,
    /// How many.
    pub count: u64,
}

/// A change set as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its position.
    pub revision: Revision,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: jiff::Timestamp,
    /// What, in the order of the edits.
    pub changes: Vec<Change>,
    /// Deliveries that came with it.
    pub intakes: Vec<Intake>,
}
