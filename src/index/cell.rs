//! Values of a feature as tables want them, borrowed from its packed row.

use super::item::Item;
use super::row::{BOOL, DOUBLE, Keys, Packed, SINT, UINT, entries, read_varint, text_of};

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Text; days, too.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Bool(bool),
}

impl Item {
    /// Its values that may be shown, in the order in which they are packed, each with the position of its key
    /// among [`Keys`](super::row::Keys).
    pub fn cells(&self) -> impl Iterator<Item = (usize, Cell<'_>)> {
        let keys = self.keys();
        entries(self.row().bytes())
            .filter_map(move |(position, packed)| Some((position, cell_of(keys, position, packed)?)))
    }

    /// The value under one key, unpacked alone.
    pub fn cell(&self, position: usize) -> Option<Cell<'_>> {
        let (_, packed) = entries(self.row().bytes()).find(|(key, _)| *key == position)?;
        cell_of(self.keys(), position, packed)
    }
}

/// A packed value under a key.
pub(super) fn cell_of<'a>(keys: &'a Keys, position: usize, packed: Packed<'a>) -> Option<Cell<'a>> {
    let encoded = match packed {
        Packed::Enumerated(number) => {
            return keys.key(position).values.get(usize::from(number)).map(|text| Cell::Text(text));
        }
        Packed::Plain(encoded) => encoded,
    };
    if let Some(text) = text_of(encoded) {
        return Some(Cell::Text(text));
    }
    let (_, start) = read_varint(encoded)?;
    let (&tag, body) = encoded.get(start..)?.split_first()?;
    let varint = || read_varint(body).map(|(number, _)| number);
    match tag {
        BOOL => Some(Cell::Bool(body.first() == Some(&1))),
        // What no signed number holds is told as near as a real one comes.
        UINT => varint().map(|number| i64::try_from(number).map_or(Cell::Real(number as f64), Cell::Whole)),
        SINT => varint().map(|number| Cell::Whole((number >> 1) as i64 ^ -((number & 1) as i64))),
        DOUBLE => body.try_into().ok().map(|bytes| Cell::Real(f64::from_le_bytes(bytes))),
        _ => None,
    }
}
