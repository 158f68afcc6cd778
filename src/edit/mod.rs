//! What an edit comes to: who may make it, whether it is right, which changes it is.
//!
//! [`decide`] is the one place that turns commands into edits of the log. It is pure: the map, the
//! features as they stand, the actor and the command come in, edits or refusals go out. It must not
//! know HTTP, stores or clocks.

mod check;
mod coding;
mod collision;
mod command;
mod decide;
mod fault;
mod inspect;
mod undo;
mod village;

pub use collision::{Collision, collisions, differences};
pub use command::{Base, Line, Operation, Patch};
pub use decide::{Refusal, Rules, Verdict, decide};
pub use fault::{Fault, rule_codes, title_of};
pub use inspect::{Inspected, inspect};
pub use undo::{NotUndone, may_take_back, undo};
pub use village::assign_village;
