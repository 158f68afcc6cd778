//! Who asks.

use std::collections::BTreeSet;

use crate::domain::{ANONYMOUS, Action, DivisionCode, DivisionLevel, Grant, LayerId};

/// What a view token is limited to, whatever its account may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// These layers; none: all.
    pub layers: Option<BTreeSet<LayerId>>,
    /// This division; the city is everywhere.
    pub division: DivisionCode,
}

impl Within {
    /// Whether it has a layer.
    pub fn covers(&self, layer: &LayerId) -> bool {
        self.layers.as_ref().is_none_or(|layers| layers.contains(layer))
    }

    /// Whether it has what stands in a village; what stands in none is the whole city's.
    pub fn reaches(&self, village: Option<DivisionCode>) -> bool {
        let is_city = self.division.level() == DivisionLevel::City;
        is_city || village.is_some_and(|village| self.division.contains(village))
    }
}

/// Somebody, or some program, and what they were granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account's name; in the log it says who wrote a change.
    pub name: String,
    /// What they were granted.
    pub grants: Vec<Grant>,
    /// What the token they came with is for; none: all that was granted.
    pub scopes: Option<BTreeSet<Action>>,
    /// What the view token they came with is limited to, public layers too.
    pub within: Option<Within>,
    /// The department they belong to.
    pub department: Option<String>,
    /// Whether nobody signed in.
    pub is_anonymous: bool,
}

impl Actor {
    /// Somebody who did not sign in, with what everybody is granted.
    pub fn anonymous(grants: Vec<Grant>) -> Self {
        Self { name: ANONYMOUS.to_owned(), grants, scopes: None, within: None, department: None, is_anonymous: true }
    }

    /// An account, signed in.
    pub fn account(name: impl Into<String>, grants: Vec<Grant>) -> Self {
        Self { name: name.into(), grants, scopes: None, within: None, department: None, is_anonymous: false }
    }

    /// The same in a department.
    #[must_use]
    pub fn of_department(self, department: Option<String>) -> Self {
        Self { department, ..self }
    }

    /// The same with no more than a token is for.
    #[must_use]
    pub fn limited_to(self, scopes: BTreeSet<Action>) -> Self {
        Self { scopes: Some(scopes), ..self }
    }

    /// The same as somebody who comes with a view token: for reading, within its limits.
    #[must_use]
    pub fn viewing(self, within: Within) -> Self {
        Self { scopes: Some(BTreeSet::from([Action::Read])), within: Some(within), department: None, ..self }
    }

    /// Whether the token they came with is for an action; without a token all are.
    pub fn in_scope(&self, action: Action) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&action))
    }
}
