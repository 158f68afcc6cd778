//! Everybody's words: identifiers, codes, coordinates, features, changes, grants.
//!
//! Plain values only. Nothing here knows a store, a clock, HTTP or the async runtime; whatever
//! may be wrong about a value is found out where it is parsed.

mod access;
mod change;
pub mod codes;
mod feature;
mod geometry;
mod ids;
mod lonlat;
mod sight;
mod text;
mod wanted;

pub use access::{ANONYMOUS, AccountName, Action, Grant, InvalidAccountName, InvalidAction, InvalidRole, RoleId};
pub use change::{
    Applied, Attempt, Change, ChangeCount, ChangeKind, ChangeSet, ClaimedCode, Claims, Commit, CommitSummary, Edit,
    Intake, OperationId,
};
pub use codes::division::{DivisionCode, DivisionLevel};
pub use feature::{Draft, Feature, Properties};
pub use geometry::{Geometry, GeometryError, GeometryKind, MOST_RINGS, rings_of};
pub use ids::{FeatureId, InvalidId, LayerId, Revision, Version, ViewId};
pub use lonlat::{Bbox, CoordinateError, LonLat};
pub use sight::{LayerSight, Sight};
pub use text::{Bilingual, Lang};
pub use wanted::Wanted;
