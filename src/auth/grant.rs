//! Whether a grant can be given: what it names must be declared.

use crate::catalog::Catalogue;
use crate::domain::{DivisionCode, Grant};

/// Why a grant cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrant {
    /// A role that is not declared.
    #[error("there is no role `{got}`; there are: {known}")]
    Role {
        /// What stood there.
        got: String,
        /// Those declared.
        known: String,
    },
    /// A layer that is not declared.
    #[error("there is no layer `{got}`; there are: {known}")]
    Layer {
        /// What stood there.
        got: String,
        /// Those declared.
        known: String,
    },
    /// A division of somewhere else.
    #[error("the division {got} does not lie in {city}, the city of this map")]
    Division {
        /// What stood there.
        got: DivisionCode,
        /// The city.
        city: DivisionCode,
    },
}

/// A department that is not declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no department `{got}`; there are: {known}")]
pub struct UnknownDepartment {
    /// What stood there.
    pub got: String,
    /// Those declared.
    pub known: String,
}

/// Checks a department against the catalogue.
pub fn check_department(catalogue: &Catalogue, department: &str) -> Result<(), UnknownDepartment> {
    if catalogue.departments.contains_key(department) {
        return Ok(());
    }
    let known: Vec<&str> = catalogue.departments.keys().map(String::as_str).collect();
    Err(UnknownDepartment { got: department.chars().take(60).collect(), known: known.join(", ") })
}

/// Checks a grant against the catalogue.
pub fn check_grant(catalogue: &Catalogue, grant: &Grant) -> Result<(), InvalidGrant> {
    if !catalogue.roles.contains_key(&grant.role) {
        let known: Vec<&str> = catalogue.roles.keys().map(crate::domain::RoleId::as_str).collect();
        return Err(InvalidGrant::Role { got: grant.role.to_string(), known: known.join(", ") });
    }
    let declared = || catalogue.layers.iter().chain(&catalogue.disabled);
    for layer in grant.layers.iter().flatten() {
        if !declared().any(|known| known.id == *layer) {
            let known: Vec<&str> = declared().map(|layer| layer.id.as_str()).collect();
            return Err(InvalidGrant::Layer { got: layer.to_string(), known: known.join(", ") });
        }
    }
    let city = catalogue.city.code;
    if !city.contains(grant.division) {
        return Err(InvalidGrant::Division { got: grant.division, city });
    }
    Ok(())
}
