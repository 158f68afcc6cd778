//! The code of a doorplate (门楼牌编码): Platbook's own, since no public standard fixes one.
//!
//! Twenty-five digits: village (12), street or compound within it (5), serial number (6), and two
//! check digits by MOD 97-10 of ISO/IEC 7064, which finds every single wrong digit and every swap of
//! two neighbours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::{DivisionCode, DivisionLevel};

/// Why a text or some numbers are not a doorplate code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDoorplateCode {
    /// Not 25 digits that begin with a village.
    #[error("expected a doorplate code of 25 digits that begins with a village code, got `{got}`")]
    Shape {
        /// What stood there.
        got: String,
    },
    /// The check digits do not fit.
    #[error("the doorplate code ends in {got:02}, its check digits are {expected:02}; is a digit mistyped?")]
    Check {
        /// What stood there.
        got: u8,
        /// What fits.
        expected: u8,
    },
    /// A street above 99,999, a serial above 999,999, or a division that is no village.
    #[error("expected a village, a street up to 99999 and a serial up to 999999")]
    Range,
}

/// A doorplate code whose check digits are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DoorplateCode {
    village: DivisionCode,
    street: u32,
    serial: u32,
}

impl DoorplateCode {
    /// The code of a plate: its village, the number of its street or compound there, its own number.
    pub fn new(village: DivisionCode, street: u32, serial: u32) -> Result<Self, InvalidDoorplateCode> {
        let fits = village.level() == DivisionLevel::Village && street <= 99_999 && serial <= 999_999;
        if fits { Ok(Self { village, street, serial }) } else { Err(InvalidDoorplateCode::Range) }
    }

    /// The village the plate was given in.
    pub const fn village(self) -> DivisionCode {
        self.village
    }

    /// The number of its street or compound in the village.
    pub const fn street(self) -> u32 {
        self.street
    }

    /// Its own number.
    pub const fn serial(self) -> u32 {
        self.serial
    }

    fn check(self) -> u8 {
        let body = (u128::from(self.village.number()) * 100_000 + u128::from(self.street)) * 1_000_000
            + u128::from(self.serial);
        (98 - body * 100 % 97) as u8
    }
}

impl FromStr for DoorplateCode {
    type Err = InvalidDoorplateCode;

    fn from_str(text: &str) -> Result<Self, InvalidDoorplateCode> {
        let shape = || InvalidDoorplateCode::Shape { got: text.chars().take(40).collect() };
        if text.len() != 25 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(shape());
        }
        let number = |from: usize, to: usize| text[from..to].parse::<u32>().map_err(|_| shape());
        let village = text[..12].parse().map_err(|_| shape())?;
        let code = Self::new(village, number(12, 17)?, number(17, 23)?)?;
        let (got, expected) = (number(23, 25)? as u8, code.check());
        if got == expected { Ok(code) } else { Err(InvalidDoorplateCode::Check { got, expected }) }
    }
}

impl fmt::Display for DoorplateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:05}{:06}{:02}", self.village, self.street, self.serial, self.check())
    }
}

impl TryFrom<String> for DoorplateCode {
    type Error = InvalidDoorplateCode;

    fn try_from(text: String) -> Result<Self, InvalidDoorplateCode> {
        text.parse()
    }
}

impl From<DoorplateCode> for String {
    fn from(code: DoorplateCode) -> Self {
        code.to_string()
    }
}
