//! Codes of administrative divisions (行政区划代码).
//!
//! Six digits by GB/T 2260 (city or county), nine by GB/T 10114 (township), twelve by the
//! statistical extension of the National Bureau of Statistics (village). 429005 is governed by its
//! province directly: digits 3–4 are the placeholder `90`, and there is no prefecture above it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How deep in the hierarchy a division stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DivisionLevel {
    /// 市/县: six digits.
    City,
    /// 乡镇/街道/管理区: nine digits.
    Township,
    /// 村/社区: twelve digits.
    Village,
}

/// Why a text is not a division code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a division code of 6, 9 or 12 digits that starts with a province (11–82), got `{got}`")]
pub struct InvalidDivisionCode {
    /// What stood there.
    pub got: String,
}

/// The code of a city (6 digits), township (9) or village (12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode {
    /// The digits as a number; a code never starts with 0.
    number: u64,
    level: DivisionLevel,
}

impl DivisionCode {
    /// The level, which follows from the length.
    pub const fn level(self) -> DivisionLevel {
        self.level
    }

    /// The digits as a number.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// The division that holds this one; a city's parent has no code here.
    pub const fn parent(self) -> Option<Self> {
        match self.level {
            DivisionLevel::City => None,
            DivisionLevel::Township => Some(Self { number: self.number / 1000, level: DivisionLevel::City }),
            DivisionLevel::Village => Some(Self { number: self.number / 1000, level: DivisionLevel::Township }),
        }
    }

    /// This division at `level`, if it stands at that level or below it.
    pub fn at(self, level: DivisionLevel) -> Option<Self> {
        if self.level == level { Some(self) } else { self.parent()?.at(level) }
    }

    /// Whether `other` is this division or lies in it.
    pub fn contains(self, other: Self) -> bool {
        other.at(self.level) == Some(self)
    }
}

impl FromStr for DivisionCode {
    type Err = InvalidDivisionCode;

    fn from_str(text: &str) -> Result<Self, InvalidDivisionCode> {
        let invalid = || InvalidDivisionCode { got: text.chars().take(40).collect() };
        let level = match text.len() {
            6 => DivisionLevel::City,
            9 => DivisionLevel::Township,
            12 => DivisionLevel::Village,
            _ => return Err(invalid()),
        };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let province: u8 = text[..2].parse().map_err(|_| invalid())?;
        if !(11..=82).contains(&province) {
            return Err(invalid());
        }
        let number = text.parse().map_err(|_| invalid())?;
        Ok(Self { number, level })
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = InvalidDivisionCode;

    fn try_from(text: String) -> Result<Self, InvalidDivisionCode> {
        text.parse()
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.to_string()
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}
