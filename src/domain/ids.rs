//! Identifiers and positions in the log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not a decimal number in `1..=FeatureId::MAX`.
    #[error("expected a feature id, a whole number from 1 to {max}, got `{got}`", max = FeatureId::MAX)]
    Feature {
        /// What stood there.
        got: String,
    },
    /// Not `[a-z][a-z0-9-]*` of at most 40 characters.
    #[error("expected a layer id of lower-case letters, digits and hyphens that starts with a letter, got `{got}`")]
    Layer {
        /// What stood there.
        got: String,
    },
    /// Not the twelve letters and digits of a saved view.
    #[error("expected the id of a saved view, {len} lower-case letters and digits, got `{got}`", len = ViewId::LEN)]
    View {
        /// What stood there.
        got: String,
    },
}

/// The number of a feature: given by the store when the feature is created, never reused.
///
/// It stays below 2^53, so that it is exact in JavaScript and can be the feature id of a vector
/// tile: items, tiles and the index name a feature alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct FeatureId(u64);

impl FeatureId {
    /// The largest id: the largest whole number that every JSON reader keeps exact.
    pub const MAX: u64 = (1 << 53) - 1;

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for FeatureId {
    type Error = InvalidId;

    fn try_from(number: u64) -> Result<Self, InvalidId> {
        if (1..=Self::MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidId::Feature { got: number.to_string() })
        }
    }
}

impl From<FeatureId> for u64 {
    fn from(id: FeatureId) -> Self {
        id.0
    }
}

impl FromStr for FeatureId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::Feature { got: text.chars().take(40).collect() };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.starts_with('0') {
            return Err(invalid());
        }
        text.parse::<u64>().ok().and_then(|number| Self::try_from(number).ok()).ok_or_else(invalid)
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a layer in the catalogue, as it stands in URLs: `doorplate`, `network-link`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LayerId(Box<str>);

impl LayerId {
    /// The longest layer id, in bytes.
    pub const MAX_LEN: usize = 40;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LayerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let starts_with_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let clean = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if starts_with_letter && clean && text.len() <= Self::MAX_LEN {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::Layer { got: text.chars().take(60).collect() })
        }
    }
}

impl TryFrom<String> for LayerId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<LayerId> for String {
    fn from(id: LayerId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A position in the log: the number of a committed change set. Zero is the empty log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision before the first change.
    pub const ZERO: Self = Self(0);

    /// The revision after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How often a feature has been written; the first version is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl Version {
    /// The version of a feature just created.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a saved view, as it stands in short links: `/v/k3v9mq2xw7ha`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViewId(Box<str>);

impl ViewId {
    /// How long an id is: with 32 signs, 60 bits, so that nobody finds one by trying.
    pub const LEN: usize = 12;

    /// Without letters that are taken for digits, or for each other, when they are read aloud.
    const SIGNS: [u8; 32] = *b"0123456789abcdefghjkmnpqrstvwxyz";

    /// The id that bytes drawn at random make.
    pub fn of_drawn(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes.iter().map(|byte| char::from(Self::SIGNS[usize::from(byte & 31)])).collect())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ViewId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() == Self::LEN && text.bytes().all(|byte| Self::SIGNS.contains(&byte)) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::View { got: text.chars().take(40).collect() })
        }
    }
}

impl TryFrom<String> for ViewId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<ViewId> for String {
    fn from(id: ViewId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for ViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
