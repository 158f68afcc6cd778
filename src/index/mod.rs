//! The spatial index: the newest map held in memory, as immutable snapshots.
//!
//! A [`Snapshot`] is the whole map at one revision. Each layer is cut into the 1′ cells of the
//! BeiDou grid (GB/T 39409); each cell holds a bulk-loaded R-tree behind an `Arc`. Applying a commit
//! rebuilds the cells it touches and shares all others, so readers never lock and never see half a
//! change. Pure values: no task, no clock, no store.

mod attributions;
mod build;
mod compare;
mod item;
mod layer;
mod outline;
mod partition;
mod past;
mod query;
pub mod row;
mod seen;
mod snapshot;
mod squares;
pub mod suppress;
mod tables;

pub use build::Builder;
pub use item::{Item, Shape};
pub use layer::LayerIndex;
pub use outline::{Chain, Outline, Role, Vertex};
pub use partition::Partition;
pub use query::{Page, Query};
pub use snapshot::{IntakeSum, Snapshot};
pub use squares::{SQUARES_BELOW_TILE, Square, merge_sorted};
