//! Who may do what, as plain values: actions, roles by name, grants.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{DivisionCode, DivisionLevel, LayerId};

/// What may be done; a role names those it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// See features, and their history.
    Read,
    /// Make features.
    Create,
    /// Change features.
    Update,
    /// Delete features.
    Delete,
    /// Propose a change for review.
    Submit,
    /// Decide about proposals.
    Review,
    /// Deliver many features at once.
    Import,
    /// Show saved views to everybody.
    Publish,
    /// See who did and read what.
    Audit,
    /// Give accounts and grants.
    Administer,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Submit,
        Self::Review,
        Self::Import,
        Self::Publish,
        Self::Audit,
        Self::Administer,
    ];

    /// Those about features of a layer; the others are about the service.
    pub const IN_LAYERS: [Self; 7] =
        [Self::Read, Self::Create, Self::Update, Self::Delete, Self::Submit, Self::Review, Self::Import];

    /// The word for it in files and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Submit => "submit",
            Self::Review => "review",
            Self::Import => "import",
            Self::Publish => "publish",
            Self::Audit => "audit",
            Self::Administer => "administer",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Action {
    type Err = InvalidAction;

    fn from_str(text: &str) -> Result<Self, InvalidAction> {
        let known = Self::ALL.into_iter().find(|action| action.word() == text);
        known.ok_or_else(|| InvalidAction { got: text.chars().take(40).collect() })
    }
}

/// Why a text is no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}, got `{got}`", Action::ALL.map(Action::word).join(", "))]
pub struct InvalidAction {
    /// What stood there.
    pub got: String,
}

/// The name of a role in the catalogue: `editor`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleId(Box<str>);

/// Why a text is no name of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a role, lower-case letters, digits and hyphens after a letter, got `{got}`")]
pub struct InvalidRole {
    /// What stood there.
    pub got: String,
}

impl RoleId {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 40;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleId {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        let starts_with_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let clean = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if starts_with_letter && clean && text.len() <= Self::MAX_LEN {
            Ok(Self(text.into()))
        } else {
            Err(InvalidRole { got: text.chars().take(60).collect() })
        }
    }
}

impl TryFrom<String> for RoleId {
    type Error = InvalidRole;

    fn try_from(text: String) -> Result<Self, InvalidRole> {
        text.parse()
    }
}

impl From<RoleId> for String {
    fn from(id: RoleId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of an account: what somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(Box<str>);

/// Why a text is no name of an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 1 to 64 lower-case letters, digits and . _ @ -, first a letter or digit, not `{ANONYMOUS}`; got `{got}`"
)]
pub struct InvalidAccountName {
    /// What stood there.
    pub got: String,
}

/// The name under which nobody in particular asks; no account can have it.
pub const ANONYMOUS: &str = "anonymous";

impl AccountName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountName {
    type Err = InvalidAccountName;

    fn from_str(text: &str) -> Result<Self, InvalidAccountName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let starts_well = text.bytes().next().is_some_and(plain);
        let clean = text.bytes().all(|byte| plain(byte) || b"._@-".contains(&byte));
        if starts_well && clean && text.len() <= Self::MAX_LEN && text != ANONYMOUS {
            Ok(Self(text.into()))
        } else {
            Err(InvalidAccountName { got: text.chars().take(80).collect() })
        }
    }
}

impl TryFrom<String> for AccountName {
    type Error = InvalidAccountName;

    fn try_from(text: String) -> Result<Self, InvalidAccountName> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0.into()
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: RoleId,
    /// The layers it holds in; none: in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<BTreeSet<LayerId>>,
    /// The division it holds in; the city is everywhere.
    pub division: DivisionCode,
}

impl Grant {
    /// Whether it holds in a layer.
    pub fn covers(&self, layer: &LayerId) -> bool {
        self.layers.as_ref().is_none_or(|layers| layers.contains(layer))
    }

    /// Whether it holds everywhere.
    pub fn is_city_wide(&self) -> bool {
        self.division.level() == DivisionLevel::City
    }

    /// Whether it holds for what stands in a village; what stands in none is the whole city's.
    pub fn reaches(&self, village: Option<DivisionCode>) -> bool {
        self.is_city_wide() || village.is_some_and(|village| self.division.contains(village))
    }
}
