//! The spatial index: the newest map held in memory, as immutable snapshots.
//!
//! A [`Snapshot`] is the whole map at one revision. Each layer is cut into the 1′ cells of the
//! BeiDou grid (GB/T 39409); each cell holds its points along a Z-curve and a bulk-loaded R-tree of
//! everything else, behind an `Arc`. Applying a commit
//! rebuilds the cells it touches and shares all others, so readers never lock and never see half a
//! change. Pure values: no task, no clock, no store.

mod aggregate;
mod attributions;
mod build;
mod cell;
mod compare;
mod difference;
mod item;
mod labels;
mod layer;
mod outline;
mod partition;
mod past;
mod points;
mod query;
pub mod row;
mod run;
mod seen;
mod snapshot;
mod sort;
mod squares;
pub mod suppress;
mod tables;

pub use aggregate::{By, Sums, Values};
pub use build::Builder;
pub use cell::Cell;
pub use difference::{Difference, Differing, between, comparable};
pub use item::{Item, Shape};
pub use labels::{Labelled, Match};
pub use layer::LayerIndex;
pub use outline::{Chain, Outline, Role, Vertex};
pub use partition::Partition;
pub use points::{Point, Points};
pub use query::{Page, Query, Stop};
pub use snapshot::{IntakeSum, Snapshot};
pub use sort::{Edge, Place, SortKey};
pub use squares::{SQUARES_BELOW_TILE, Square, merge_sorted};
