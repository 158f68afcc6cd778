//! The unified social credit code (统一社会信用代码, GB 32100-2015).
//!
//! Eighteen characters of 31 (digits and capitals without I, O, S, V, Z): authority, kind, division
//! (6), organisation (9, GB 11714), check character. The check character is
//! `(31 − Σ cᵢ · 3^i mod 31) mod 31` over the first seventeen (clause 4.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Why a text is not a unified social credit code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUscc {
    /// The wrong length.
    #[error("expected a unified social credit code of 18 characters, got {got}")]
    Length {
        /// How many there were.
        got: usize,
    },
    /// A character that the code does not use.
    #[error("character {at} of the credit code is `{got}`; expected a digit or a capital other than I, O, S, V, Z")]
    Character {
        /// Which, from 1.
        at: usize,
        /// What stood there.
        got: char,
    },
    /// The check character does not fit the others.
    #[error("the credit code ends in `{got}`, its check character is `{expected}`")]
    Check {
        /// What stood there.
        got: char,
        /// What fits.
        expected: char,
    },
}

/// A credit code whose check character is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc([u8; 18]);

impl Uscc {
    /// The code whose first seventeen characters are given.
    pub fn from_body(body: &str) -> Result<Self, InvalidUscc> {
        if body.chars().count() != 17 {
            return Err(InvalidUscc::Length { got: body.chars().count() + 1 });
        }
        format!("{body}{}", check_character(&values(body)?)).parse()
    }

    /// Whether the organisation's own check character (GB 11714) fits; old codes may break it, so it
    /// is a warning, not a fault.
    pub fn organisation_check_fits(self) -> bool {
        const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
        let organisation = &self.0[8..17];
        // GB 11714 counts letters from A = 10 without leaving any out.
        let value = |byte: u8| if byte.is_ascii_digit() { u32::from(byte - b'0') } else { u32::from(byte - b'A') + 10 };
        let sum: u32 = organisation[..8].iter().zip(WEIGHTS).map(|(&byte, weight)| value(byte) * weight).sum();
        let expected = match 11 - sum % 11 {
            10 => b'X',
            11 => b'0',
            digit => b'0' + digit as u8,
        };
        organisation[8] == expected
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn values(text: &str) -> Result<Vec<u32>, InvalidUscc> {
    let value = |(at, got): (usize, char)| {
        let position = ALPHABET.iter().position(|&byte| char::from(byte) == got);
        position.map(|value| value as u32).ok_or(InvalidUscc::Character { at: at + 1, got })
    };
    text.chars().enumerate().map(value).collect()
}

fn check_character(values: &[u32]) -> char {
    let weights = std::iter::successors(Some(1_u32), |weight| Some(weight * 3 % 31));
    let sum: u32 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
    char::from(ALPHABET[((31 - sum % 31) % 31) as usize])
}

impl FromStr for Uscc {
    type Err = InvalidUscc;

    fn from_str(text: &str) -> Result<Self, InvalidUscc> {
        let got = text.chars().count();
        if got != 18 {
            return Err(InvalidUscc::Length { got });
        }
        let values = values(text)?;
        let (expected, got) = (check_character(&values[..17]), char::from(ALPHABET[values[17] as usize]));
        if got != expected {
            return Err(InvalidUscc::Check { got, expected });
        }
        let mut bytes = [0; 18];
        bytes.copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Uscc {
    type Error = InvalidUscc;

    fn try_from(text: String) -> Result<Self, InvalidUscc> {
        text.parse()
    }
}

impl From<Uscc> for String {
    fn from(code: Uscc) -> Self {
        code.to_string()
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
