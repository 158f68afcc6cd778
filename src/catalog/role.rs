//! The declaration of a role: one heading of `data/catalog/roles.toml`.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::domain::{Action, Bilingual, RoleId};

/// The declared roles, in order.
pub type Roles = IndexMap<RoleId, Role>;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name for people.
    pub title: Bilingual,
    /// What it may do.
    pub may: BTreeSet<Action>,
}
