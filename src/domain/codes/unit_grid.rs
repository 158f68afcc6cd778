//! The code of a cell of urban management (单元网格编码, GB/T 30428.1): village (12 digits) and number (3),
//! counted from west to east and north to south within the village.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::DivisionCode;

/// Why a text is not a unit grid code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a unit grid code of 15 digits that begins with a village code, got `{got}`")]
pub struct InvalidUnitGridCode {
    /// What stood there.
    pub got: String,
}

/// The code of a unit grid cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitGridCode {
    village: DivisionCode,
    number: u16,
}

impl UnitGridCode {
    /// The village it lies in.
    pub const fn village(self) -> DivisionCode {
        self.village
    }

    /// Its number in the village, 1 to 999.
    pub const fn number(self) -> u16 {
        self.number
    }
}

impl FromStr for UnitGridCode {
    type Err = InvalidUnitGridCode;

    fn from_str(text: &str) -> Result<Self, InvalidUnitGridCode> {
        let invalid = || InvalidUnitGridCode { got: text.chars().take(40).collect() };
        if text.len() != 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let village = text[..12].parse().map_err(|_| invalid())?;
        let number = text[12..].parse().map_err(|_| invalid())?;
        if number == 0 { Err(invalid()) } else { Ok(Self { village, number }) }
    }
}

impl fmt::Display for UnitGridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.village, self.number)
    }
}

impl TryFrom<String> for UnitGridCode {
    type Error = InvalidUnitGridCode;

    fn try_from(text: String) -> Result<Self, InvalidUnitGridCode> {
        text.parse()
    }
}

impl From<UnitGridCode> for String {
    fn from(code: UnitGridCode) -> Self {
        code.to_string()
    }
}
