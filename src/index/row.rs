//! The values of a feature, packed once when it enters the index.
//!
//! A row is a run of entries in key order, the keys that tiles carry first. A plain entry is
//! `key, length, value` with the value in the encoding of a vector-tile `Value` message (MVT 2.1,
//! §4.1), so that a tile copies it as it stands. An enumerated text is `key | 0x80, number of the
//! value`, so that a tile writes each of the few values once.

use serde_json::Value;

use crate::catalog::{Layer, PropertyType, SYNTHETIC};
use crate::domain::Properties;

/// Marks an entry that holds the number of an enumerated value.
const ENUMERATED: u8 = 0x80;

/// The keys of a layer's rows.
#[derive(Debug)]
pub struct Keys {
    all: Vec<Key>,
    /// How many of the keys tiles carry; these come first.
    in_tiles: usize,
    /// Positions in `keys`, in the order of the schema.
    display: Vec<u8>,
    smallest_count: u64,
}

/// One key of a layer's rows.
#[derive(Debug)]
pub struct Key {
    /// The property's name.
    pub name: String,
    /// The texts of an enumerated property, by number.
    pub values: Vec<String>,
    /// The same as vector-tile `Value` messages with their length in front.
    pub encoded_values: Vec<Vec<u8>>,
    is_count: bool,
}

/// One entry of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed<'a> {
    /// The number of an enumerated value.
    Enumerated(u8),
    /// A vector-tile `Value` message with its length in front.
    Plain(&'a [u8]),
}

impl Keys {
    /// The keys of a layer. At most 127 properties fit; the catalogue refuses more.
    pub fn of(layer: &Layer) -> Self {
        let key = |name: &str, values: Vec<String>, is_count| {
            let encoded_values = values.iter().map(|value| encode(&Value::String(value.clone()))).collect();
            Key { name: name.to_owned(), values, encoded_values, is_count }
        };
        let mut keys = Vec::with_capacity(layer.properties.len() + 1);
        let mut tile_keys = 0;
        for in_tiles in [true, false] {
            for (name, property) in layer.properties.iter().filter(|(_, property)| property.tile == in_tiles) {
                let enumerated = property.kind == PropertyType::String && property.values.len() <= 256;
                let values = property.values.iter().filter(|_| enumerated).map(|v| v.value.clone()).collect();
                keys.push(key(name, values, property.count));
            }
            if in_tiles {
                tile_keys = keys.len();
            }
        }
        if !layer.properties.contains_key(SYNTHETIC) {
            keys.push(key(SYNTHETIC, Vec::new(), false));
        }
        let display = layer
            .properties
            .keys()
            .map(String::as_str)
            .chain((!layer.properties.contains_key(SYNTHETIC)).then_some(SYNTHETIC))
            .filter_map(|name| keys.iter().position(|key| key.name == name))
            .map(|position| position as u8)
            .collect();
        Self { all: keys, in_tiles: tile_keys, display, smallest_count: layer.counts_hidden_below().into() }
    }

    /// No keys at all.
    pub const fn none() -> Self {
        Self { all: Vec::new(), in_tiles: 0, display: Vec::new(), smallest_count: 0 }
    }

    /// The keys that tiles carry, in row order.
    pub fn in_tiles(&self) -> &[Key] {
        &self.all[..self.in_tiles]
    }

    /// The names of all keys, in row order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|key| key.name.as_str())
    }

    /// The position of a property.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|key| key.name == name)
    }

    /// The key at a position.
    pub fn key(&self, position: usize) -> &Key {
        &self.all[position]
    }

    /// Packs the values of a feature. Returns the row and how many values had no key.
    pub fn pack(&self, properties: &Properties) -> (Box<[u8]>, usize) {
        let mut row = Vec::with_capacity(128);
        let mut known = 0;
        for (position, key) in self.all.iter().enumerate() {
            let Some(value) = properties.get(&key.name) else { continue };
            known += 1;
            if value.is_null() {
                continue;
            }
            let number = value.as_str().and_then(|text| key.values.iter().position(|known| known == text));
            if let Some(number) = number {
                row.extend([position as u8 | ENUMERATED, number as u8]);
            } else {
                row.push(position as u8);
                row.extend(encode(value));
            }
        }
        (row.into_boxed_slice(), properties.len() - known)
    }

    /// Whether the layer hides small counts.
    pub fn hides_counts(&self) -> bool {
        self.smallest_count > 1 && self.counts().next().is_some()
    }

    /// The keys that hold counts.
    pub fn counts(&self) -> impl Iterator<Item = usize> {
        self.all.iter().enumerate().filter(|(_, key)| key.is_count).map(|(position, _)| position)
    }

    /// Counts below this are hidden.
    pub const fn smallest_count(&self) -> u64 {
        self.smallest_count
    }

    /// A row without its small counts.
    pub(super) fn without_small_counts(&self, row: &[u8]) -> Box<[u8]> {
        let is_small = |key: usize| {
            let count = self.value(row, key).and_then(|value| value.as_u64());
            count.is_some_and(|count| (1..self.smallest_count).contains(&count))
        };
        without(row, |key| self.all[key].is_count && is_small(key))
    }

    /// The value under a key, if the row has it.
    pub fn value(&self, row: &[u8], position: usize) -> Option<Value> {
        let (_, cell) = entries(row).find(|(key, _)| *key == position)?;
        Some(self.decode(position, cell))
    }

    fn decode(&self, position: usize, cell: Packed<'_>) -> Value {
        match cell {
            Packed::Enumerated(number) => Value::String(self.all[position].values[usize::from(number)].clone()),
            Packed::Plain(encoded) => decode(encoded),
        }
    }

    /// All values, in the order of the schema.
    pub fn unpack(&self, row: &[u8]) -> Properties {
        let mut properties = Properties::new();
        for &position in &self.display {
            if let Some(value) = self.value(row, usize::from(position)) {
                properties.insert(self.all[usize::from(position)].name.clone(), value);
            }
        }
        properties
    }

    /// Appends the values as a JSON object, in the order of the schema; only some of them, if `only` names them.
    pub fn write_json(&self, row: &[u8], only: Option<&[String]>, out: &mut Vec<u8>) {
        let mut found: [Option<Packed<'_>>; 128] = [None; 128];
        for (position, cell) in entries(row) {
            found[position & 0x7f] = Some(cell);
        }
        out.push(b'{');
        let mut first = true;
        for &position in &self.display {
            let Some(cell) = found[usize::from(position)] else { continue };
            let key = &self.all[usize::from(position)];
            if only.is_some_and(|only| !only.contains(&key.name)) {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            write_json_value(out, &key.name);
            out.push(b':');
            match cell {
                Packed::Enumerated(number) => write_json_value(out, &key.values[usize::from(number)]),
                Packed::Plain(encoded) => match text_of(encoded) {
                    Some(text) => write_json_value(out, text),
                    None => write_json_value(out, &decode(encoded)),
                },
            }
        }
        out.push(b'}');
    }
}

/// Serialisation into memory cannot fail for texts and values that came from JSON.
fn write_json_value<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

/// The entries of a row: position of the key, and the value.
pub fn entries(row: &[u8]) -> impl Iterator<Item = (usize, Packed<'_>)> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let (&key, tail) = rest.split_first()?;
        if key & ENUMERATED != 0 {
            let (&number, tail) = tail.split_first()?;
            rest = tail;
            return Some((usize::from(key & !ENUMERATED), Packed::Enumerated(number)));
        }
        let (len, start) = read_varint(tail)?;
        let end = start + len as usize;
        let value = tail.get(..end)?;
        rest = &tail[end..];
        Some((usize::from(key), Packed::Plain(value)))
    })
}

/// A row without the entries under some keys.
pub(super) fn without(row: &[u8], hides: impl Fn(usize) -> bool) -> Box<[u8]> {
    let mut kept = Vec::with_capacity(row.len());
    for (key, value) in entries(row).filter(|(key, _)| !hides(*key)) {
        match value {
            Packed::Enumerated(number) => kept.extend([key as u8 | ENUMERATED, number]),
            Packed::Plain(encoded) => {
                kept.push(key as u8);
                kept.extend(encoded);
            }
        }
    }
    kept.into_boxed_slice()
}

/// Appends a protobuf varint.
pub fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A protobuf varint and how many bytes it took.
pub fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((number, i + 1));
        }
    }
    None
}

// Field tags of the vector-tile `Value` message.
const STRING: u8 = 0x0a;
pub(super) const DOUBLE: u8 = 0x19;
pub(super) const UINT: u8 = 0x28;
pub(super) const SINT: u8 = 0x30;
pub(super) const BOOL: u8 = 0x38;

/// A `Value` message with its length in front. Arrays and objects, which tiles do not know, become
/// their JSON text.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut message = Vec::with_capacity(16);
    match value {
        Value::String(text) => encode_text(&mut message, text),
        Value::Bool(yes) => message.extend([BOOL, u8::from(*yes)]),
        Value::Number(number) => {
            if let Some(whole) = number.as_u64() {
                message.push(UINT);
                write_varint(&mut message, whole);
            } else if let Some(whole) = number.as_i64() {
                message.push(SINT);
                write_varint(&mut message, ((whole << 1) ^ (whole >> 63)) as u64);
            } else {
                message.push(DOUBLE);
                message.extend(number.as_f64().unwrap_or_default().to_le_bytes());
            }
        }
        other => encode_text(&mut message, &other.to_string()),
    }
    let mut out = Vec::with_capacity(message.len() + 2);
    write_varint(&mut out, message.len() as u64);
    out.append(&mut message);
    out
}

fn encode_text(message: &mut Vec<u8>, text: &str) {
    message.push(STRING);
    write_varint(message, text.len() as u64);
    message.extend(text.as_bytes());
}

/// The text of an encoded value, if it is one.
pub fn text_of(encoded: &[u8]) -> Option<&str> {
    let (_, start) = read_varint(encoded)?;
    let message = &encoded[start..];
    if *message.first()? != STRING {
        return None;
    }
    let (len, used) = read_varint(&message[1..])?;
    std::str::from_utf8(message.get(1 + used..1 + used + len as usize)?).ok()
}

/// The reverse of [`encode`].
fn decode(encoded: &[u8]) -> Value {
    if let Some(text) = text_of(encoded) {
        return Value::String(text.to_owned());
    }
    let message = read_varint(encoded).map_or(encoded, |(_, start)| &encoded[start..]);
    let Some((&tag, body)) = message.split_first() else { return Value::Null };
    match tag {
        BOOL => Value::Bool(body.first() == Some(&1)),
        UINT => read_varint(body).map_or(Value::Null, |(number, _)| number.into()),
        SINT => read_varint(body).map_or(Value::Null, |(n, _)| ((n >> 1) as i64 ^ -((n & 1) as i64)).into()),
        DOUBLE => body.try_into().map_or(Value::Null, |bytes| f64::from_le_bytes(bytes).into()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_value_reads_back_as_it_was(text in ".*", number in any::<i64>(), real in -1e12..1e12f64, yes: bool) {
            for value in [Value::from(text), number.into(), real.into(), yes.into()] {
                prop_assert_eq!(decode(&encode(&value)), value);
            }
        }
    }
}
