//! The code of a municipal component (部件标识码, GB/T 30428.2): county (6 digits), main class (2), sub-class (2),
//! serial number (6).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::DivisionCode;

/// Why a text is not a component code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a component code of 16 digits that begins with a county code, got `{got}`")]
pub struct InvalidComponentCode {
    /// What stood there.
    pub got: String,
}

/// The code of a municipal component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComponentCode {
    county: DivisionCode,
    class: u16,
    serial: u32,
}

impl ComponentCode {
    /// The county it stands in.
    pub const fn county(self) -> DivisionCode {
        self.county
    }

    /// Main class and sub-class, two digits each.
    pub const fn class(self) -> u16 {
        self.class
    }

    /// Its number within the class.
    pub const fn serial(self) -> u32 {
        self.serial
    }
}

impl FromStr for ComponentCode {
    type Err = InvalidComponentCode;

    fn from_str(text: &str) -> Result<Self, InvalidComponentCode> {
        let invalid = || InvalidComponentCode { got: text.chars().take(40).collect() };
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        Ok(Self {
            county: text[..6].parse().map_err(|_| invalid())?,
            class: text[6..10].parse().map_err(|_| invalid())?,
            serial: text[10..].parse().map_err(|_| invalid())?,
        })
    }
}

impl fmt::Display for ComponentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:04}{:06}", self.county, self.class, self.serial)
    }
}

impl TryFrom<String> for ComponentCode {
    type Error = InvalidComponentCode;

    fn try_from(text: String) -> Result<Self, InvalidComponentCode> {
        text.parse()
    }
}

impl From<ComponentCode> for String {
    fn from(code: ComponentCode) -> Self {
        code.to_string()
    }
}
