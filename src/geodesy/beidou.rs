//! The BeiDou grid (GB/T 39409-2020, two dimensions) and its 1′ cells, the unit of the index.
//!
//! | level | size | digits | code |
//! |---|---|---|---|
//! | 1 | 6° × 4° | N or S, zone 01–60, band A–V | `N49H` |
//! | 2 | 30′ × 30′ | column 0–B, row 0–7 | `N49H84` |
//! | 3 | 15′ × 10′ | 2 · row + column, 0–5 | `N49H841` |
//! | 4 | 1′ × 1′ | column 0–E, row 0–9 | `N49H84198` |
//! | 5 | 4″ | column 0–E, row 0–E | |
//! | 6 | 2″ | 2 · row + column, 0–3 | |
//! | 7–10 | ¼″, 1⁄32″, 1⁄256″, 1⁄2048″ | column 0–7, row 0–7 each | |
//!
//! Rows count away from the equator, columns of level 2 and below away from the west edge of their
//! zone. The tests hold the encoder against the vectors of the standard's annex C and clause 8.1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::{Bbox, LonLat};

/// Parts of a degree that the finest level tells apart: 3600″ × 2048.
const UNITS_PER_DEGREE: u64 = 3600 * 2048;

/// How the square of one level is divided by the next: columns, rows, and whether both are written as
/// one digit.
struct Division {
    columns: u64,
    rows: u64,
    one_digit: bool,
}

/// Levels 2 to 10.
const DIVISIONS: [Division; 9] = [
    Division { columns: 12, rows: 8, one_digit: false },
    Division { columns: 2, rows: 3, one_digit: true },
    Division { columns: 15, rows: 10, one_digit: false },
    Division { columns: 15, rows: 15, one_digit: false },
    Division { columns: 2, rows: 2, one_digit: true },
    Division { columns: 8, rows: 8, one_digit: false },
    Division { columns: 8, rows: 8, one_digit: false },
    Division { columns: 8, rows: 8, one_digit: false },
    Division { columns: 8, rows: 8, one_digit: false },
];

const ZONE_DEGREES: u64 = 6;
const BAND_DEGREES: u64 = 4;
const ZONES: u64 = 60;
/// Bands A to V: up to 88° of latitude.
const BANDS: u64 = 22;

/// Why a text is not a grid code, or a position has none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGridCode {
    /// The length fits no level.
    #[error("expected a BeiDou grid code of 4, 6, 7, 9, 11, 12, 14, 16, 18 or 20 characters, got {got}")]
    Length {
        /// How many characters there were.
        got: usize,
    },
    /// A character that its place does not allow.
    #[error("character {at} of the BeiDou grid code `{code}` is out of range")]
    Character {
        /// Which, from 1.
        at: usize,
        /// The code.
        code: String,
    },
    /// The grid ends at 88° of latitude.
    #[error("the BeiDou grid ends at 88° of latitude, got {lat}°")]
    Polar {
        /// The latitude, degrees.
        lat: String,
    },
    /// A level that does not exist.
    #[error("expected a level from 1 to 10, got {got}")]
    Level {
        /// The level.
        got: u8,
    },
}

/// A square of the grid at one of its ten levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GridCode {
    south: bool,
    level: u8,
    /// West edge in units east of the antimeridian.
    west: u64,
    /// The edge nearer to the equator, in units away from it.
    inner: u64,
}

impl GridCode {
    /// The square of a level that holds a position.
    pub fn of(at: LonLat, level: u8) -> Result<Self, InvalidGridCode> {
        if !(1..=10).contains(&level) {
            return Err(InvalidGridCode::Level { got: level });
        }
        let units = |degrees: f64| (degrees * UNITS_PER_DEGREE as f64).floor() as u64;
        let x = units(at.lon() + 180.0).min(360 * UNITS_PER_DEGREE - 1);
        let y = units(at.lat().abs());
        if y >= BANDS * BAND_DEGREES * UNITS_PER_DEGREE {
            return Err(InvalidGridCode::Polar { lat: at.lat().to_string() });
        }
        let (width, height) = size(level);
        Ok(Self { south: at.lat() < 0.0, level, west: x - x % width, inner: y - y % height })
    }

    /// Its level, 1 to 10.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The square of the level above that holds it; none above level 1.
    pub fn parent(self) -> Option<Self> {
        let level = self.level.checked_sub(1).filter(|level| *level > 0)?;
        let (width, height) = size(level);
        Some(Self { level, west: self.west - self.west % width, inner: self.inner - self.inner % height, ..self })
    }

    /// The box it covers.
    pub fn bbox(self) -> Bbox {
        let degrees = |units: u64| units as f64 / UNITS_PER_DEGREE as f64;
        let (width, height) = size(self.level);
        let (west, east) = (degrees(self.west) - 180.0, degrees(self.west + width) - 180.0);
        let (inner, outer) = (degrees(self.inner), degrees(self.inner + height));
        let (south, north) = if self.south { (-outer, -inner) } else { (inner, outer) };
        Bbox::new(west, south, east, north).unwrap_or(Bbox::WORLD)
    }

    /// The squares of the same level that touch it, up to eight; fewer at the poles.
    pub fn neighbours(self) -> Vec<Self> {
        let centre = self.bbox().centre();
        let bbox = self.bbox();
        let (width, height) = (bbox.east() - bbox.west(), bbox.north() - bbox.south());
        let mut found = Vec::with_capacity(8);
        for (dx, dy) in [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)] {
            let mut lon = centre.lon() + f64::from(dx) * width;
            if lon.abs() > 180.0 {
                lon -= 360.0 * lon.signum();
            }
            let at = LonLat::new(lon, centre.lat() + f64::from(dy) * height);
            found.extend(at.ok().and_then(|at| Self::of(at, self.level).ok()));
        }
        found
    }
}

/// Width and height of a level, in units.
fn size(level: u8) -> (u64, u64) {
    DIVISIONS[..usize::from(level - 1)]
        .iter()
        .fold((ZONE_DEGREES * UNITS_PER_DEGREE, BAND_DEGREES * UNITS_PER_DEGREE), |(width, height), division| {
            (width / division.columns, height / division.rows)
        })
}

fn digit(number: u64) -> char {
    char::from_digit(number as u32, 16).unwrap_or('?').to_ascii_uppercase()
}

impl fmt::Display for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut width, mut height) = size(1);
        let (zone, band) = (self.west / width + 1, (self.inner / height) as u8);
        write!(f, "{}{zone:02}{}", if self.south { 'S' } else { 'N' }, char::from(b'A' + band))?;
        for division in &DIVISIONS[..usize::from(self.level - 1)] {
            let (x, y) = (self.west % width, self.inner % height);
            (width, height) = (width / division.columns, height / division.rows);
            let (column, row) = (x / width, y / height);
            if division.one_digit {
                write!(f, "{}", digit(row * division.columns + column))?;
            } else {
                write!(f, "{}{}", digit(column), digit(row))?;
            }
        }
        Ok(())
    }
}

impl FromStr for GridCode {
    type Err = InvalidGridCode;

    fn from_str(text: &str) -> Result<Self, InvalidGridCode> {
        const LENGTHS: [usize; 10] = [4, 6, 7, 9, 11, 12, 14, 16, 18, 20];
        let got = text.chars().count();
        let level = LENGTHS.iter().position(|&length| length == got).ok_or(InvalidGridCode::Length { got })? as u8 + 1;
        let wrong = |at: usize| InvalidGridCode::Character { at, code: text.to_owned() };
        let letters: Vec<char> = text.chars().collect();
        let south = match letters[0] {
            'N' => false,
            'S' => true,
            _ => return Err(wrong(1)),
        };
        let zone = text.get(1..3).and_then(|zone| zone.parse::<u64>().ok()).ok_or_else(|| wrong(2))?;
        if !(1..=ZONES).contains(&zone) || !letters[1].is_ascii_digit() {
            return Err(wrong(2));
        }
        let band =
            u64::from(letters[3]).checked_sub(u64::from('A')).filter(|band| *band < BANDS).ok_or_else(|| wrong(4))?;
        let (mut width, mut height) = size(1);
        let (mut west, mut inner) = ((zone - 1) * width, band * height);
        let mut at = 4;
        for division in &DIVISIONS[..usize::from(level - 1)] {
            let mut next = |limit: u64| {
                at += 1;
                let letter = letters[at - 1];
                let lower = letter.is_ascii_lowercase();
                letter.to_digit(16).map(u64::from).filter(|n| *n < limit && !lower).ok_or_else(|| wrong(at))
            };
            let (column, row) = if division.one_digit {
                let number = next(division.columns * division.rows)?;
                (number % division.columns, number / division.columns)
            } else {
                (next(division.columns)?, next(division.rows)?)
            };
            (width, height) = (width / division.columns, height / division.rows);
            west += column * width;
            inner += row * height;
        }
        Ok(Self { south, level, west, inner })
    }
}

impl TryFrom<String> for GridCode {
    type Error = InvalidGridCode;

    fn try_from(text: String) -> Result<Self, InvalidGridCode> {
        text.parse()
    }
}

impl From<GridCode> for String {
    fn from(code: GridCode) -> Self {
        code.to_string()
    }
}

/// A 1′ × 1′ cell by its column east of the antimeridian and its row north of the south pole. North
/// of the equator these are the squares of level 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Minutes east of the antimeridian, 0 to 21,599.
    pub col: u16,
    /// Minutes north of the south pole, 0 to 10,799.
    pub row: u16,
}

impl Cell {
    /// The cell that holds a position.
    pub fn of(at: LonLat) -> Self {
        const LAST_COL: f64 = 360.0 * 60.0 - 1.0;
        const LAST_ROW: f64 = 180.0 * 60.0 - 1.0;
        let minutes = |degrees: f64, last: f64| (degrees * 60.0).floor().clamp(0.0, last) as u16;
        Self { col: minutes(at.lon() + 180.0, LAST_COL), row: minutes(at.lat() + 90.0, LAST_ROW) }
    }
}

/// The south-western and the north-eastern cell of a box.
pub fn cells_of(bbox: Bbox) -> (Cell, Cell) {
    let corner = |lon, lat| LonLat::new(lon, lat).map_or(Cell { col: 0, row: 0 }, Cell::of);
    (corner(bbox.west(), bbox.south()), corner(bbox.east(), bbox.north()))
}
