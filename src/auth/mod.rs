//! Who may: one rule, asked at every door. It must not know cookies, headers or stores.
//!
//! An [`Actor`] holds grants; a grant gives a declared role in some layers and one division. [`may`]
//! decides about one action on one target. What may be read of the whole map is a value,
//! [`Sight`](crate::domain::Sight), by which the index leaves out everything else.

mod actor;
mod grant;
mod rule;
mod sight;

pub use actor::{Actor, Within};
pub use grant::{InvalidGrant, UnknownDepartment, check_department, check_grant};
pub use rule::{Denied, Target, may};
