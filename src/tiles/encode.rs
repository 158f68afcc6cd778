//! The Mapbox Vector Tile format, version 2.1, written straight from packed rows.

use bytes::Bytes;

use crate::index::row::{Keys, Packed, write_varint};

/// Units along a tile's side.
pub(super) const EXTENT: i32 = 4096;

// Field tags of the messages, `number << 3 | wire type`.
const TILE_LAYER: u8 = 0x1a;
const LAYER_NAME: u8 = 0x0a;
const LAYER_FEATURE: u8 = 0x12;
const LAYER_KEY: u8 = 0x1a;
const LAYER_VALUE: u8 = 0x22;
const LAYER_EXTENT: u8 = 0x28;
const LAYER_VERSION: u8 = 0x78;
const FEATURE_ID: u8 = 0x08;
const FEATURE_TAGS: u8 = 0x12;
const FEATURE_TYPE: u8 = 0x18;
const FEATURE_GEOMETRY: u8 = 0x22;

/// The geometry types of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum GeomType {
    Point = 1,
    Line = 2,
    Polygon = 3,
}

/// One MVT layer in the making, written where it will stay.
pub(super) struct LayerEncoder<'k> {
    keys: &'k Keys,
    /// Keys that are in no row (those of clusters), after the keys of the rows.
    extra_keys: Vec<String>,
    /// Room for tag and length, then name and keys, then features and values as they come; the format lets
    /// them stand in any order.
    bytes: Vec<u8>,
    /// Where features and values begin.
    start: usize,
    value_count: u32,
    /// For each key the tile's number of each enumerated value, plus one.
    enumerated: Vec<Vec<u32>>,
    /// For each key where its last plain value stands, and its number.
    last_plain: Vec<(usize, usize, u32)>,
    tags: Vec<u8>,
    count: u32,
}

/// The bytes of one layer; what stands before `from` is room that was not needed.
pub(super) struct LayerBytes {
    bytes: Vec<u8>,
    from: usize,
}

/// The room of a layer's tag and length: a length of any `usize` fits.
const ROOM: usize = 11;

impl LayerBytes {
    /// The tile of some layers; one alone is not copied.
    pub(super) fn join(layers: Vec<Self>) -> Bytes {
        match <[Self; 1]>::try_from(layers) {
            Ok([Self { mut bytes, from }]) => {
                // What is kept in a cache may waste a little room, not much.
                if bytes.capacity() - bytes.len() > bytes.len() / 4 {
                    bytes.shrink_to_fit();
                }
                Bytes::from(bytes).slice(from..)
            }
            Err(layers) => {
                let mut tile = Vec::with_capacity(layers.iter().map(|layer| layer.bytes.len() - layer.from).sum());
                for layer in &layers {
                    tile.extend_from_slice(&layer.bytes[layer.from..]);
                }
                tile.into()
            }
        }
    }
}

impl<'k> LayerEncoder<'k> {
    pub(super) fn new(name: &str, keys: &'k Keys) -> Self {
        let tile_keys = keys.in_tiles();
        let mut bytes = Vec::with_capacity(4096);
        bytes.resize(ROOM, 0);
        write_text(&mut bytes, LAYER_NAME, name);
        for key in tile_keys {
            write_text(&mut bytes, LAYER_KEY, &key.name);
        }
        bytes.push(LAYER_EXTENT);
        write_varint(&mut bytes, EXTENT as u64);
        bytes.extend([LAYER_VERSION, 2]);
        Self {
            keys,
            extra_keys: Vec::new(),
            start: bytes.len(),
            bytes,
            value_count: 0,
            enumerated: tile_keys.iter().map(|key| vec![0; key.values.len()]).collect(),
            last_plain: vec![(0, 0, 0); tile_keys.len()],
            tags: Vec::with_capacity(64),
            count: 0,
        }
    }

    /// Makes room for so many small features.
    pub(super) fn expect(&mut self, features: usize) {
        /// What a doorplate takes, with id, tags, place and values.
        const BYTES: usize = 128;
        self.bytes.reserve(features * BYTES);
    }

    /// How many features it has.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Its bytes so far, but for name and keys.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Notes the tile values of a row for the feature that is written next.
    pub(super) fn tag_row<'r>(&mut self, row: impl Iterator<Item = (usize, Packed<'r>)>) {
        let tile_keys = self.keys.in_tiles().len();
        for (key, value) in row {
            if key >= tile_keys {
                break;
            }
            let number = match value {
                Packed::Enumerated(which) => self.enumerated_value(key, usize::from(which)),
                Packed::Plain(encoded) => self.plain_value(key, encoded),
            };
            self.tag(key as u32, number);
        }
    }

    /// What a feature takes at the most besides its geometry, when it shares no value with others.
    pub(super) fn most_bytes<'r>(&self, row: impl Iterator<Item = (usize, Packed<'r>)>) -> usize {
        /// Tags, types and lengths of a feature, and its id.
        const FRAME: usize = 24;
        /// A pair of tags, and the tag of a value.
        const PAIR: usize = 6;
        let tile_keys = self.keys.in_tiles().len();
        let value = |value: Packed<'_>| match value {
            Packed::Enumerated(_) => PAIR,
            Packed::Plain(encoded) => PAIR + encoded.len(),
        };
        FRAME + row.take_while(|(key, _)| *key < tile_keys).map(|(_, packed)| value(packed)).sum::<usize>()
    }

    #[inline]
    fn tag(&mut self, key: u32, value: u32) {
        write_varint(&mut self.tags, u64::from(key));
        write_varint(&mut self.tags, u64::from(value));
    }

    fn enumerated_value(&mut self, key: usize, which: usize) -> u32 {
        let known = self.enumerated[key][which];
        if known != 0 {
            return known - 1;
        }
        let number =
            push_value(&mut self.bytes, &mut self.value_count, &self.keys.in_tiles()[key].encoded_values[which]);
        self.enumerated[key][which] = number + 1;
        number
    }

    /// Neighbours often share a value (a street, a town), so the last one of each key is looked at
    /// before a new one is written.
    fn plain_value(&mut self, key: usize, encoded: &[u8]) -> u32 {
        let (start, end, number) = self.last_plain[key];
        let last = &self.bytes[start..end];
        // Codes and addresses differ at their ends.
        if last.last() == encoded.last() && last == encoded {
            return number;
        }
        let number = push_value(&mut self.bytes, &mut self.value_count, encoded);
        let end = self.bytes.len();
        self.last_plain[key] = (end - encoded.len(), end, number);
        number
    }

    /// Notes a value under a key that is in no row.
    pub(super) fn tag_extra(&mut self, key: &str, value: &serde_json::Value) {
        let at = self.extra_keys.iter().position(|known| known == key).unwrap_or_else(|| {
            self.extra_keys.push(key.to_owned());
            self.extra_keys.len() - 1
        });
        let encoded = crate::index::row::encode(value);
        let number = push_value(&mut self.bytes, &mut self.value_count, &encoded);
        self.tag((self.keys.in_tiles().len() + at) as u32, number);
    }

    /// Writes a feature with the values noted since the last one.
    pub(super) fn feature(&mut self, id: u64, kind: GeomType, geometry: &[u8]) {
        let mut head = [0_u8; 24];
        let mut used = 0;
        let mut put = |byte: u8| {
            head[used] = byte;
            used += 1;
        };
        put(FEATURE_ID);
        varint_bytes(id, &mut put);
        put(FEATURE_TYPE);
        put(kind as u8);
        let tags_len = self.tags.len();
        let with_tags = if tags_len == 0 { 0 } else { 1 + varint_len(tags_len) + tags_len };
        let body = used + with_tags + 1 + varint_len(geometry.len()) + geometry.len();
        self.bytes.push(LAYER_FEATURE);
        write_varint(&mut self.bytes, body as u64);
        self.bytes.extend_from_slice(&head[..used]);
        if tags_len > 0 {
            self.bytes.push(FEATURE_TAGS);
            write_varint(&mut self.bytes, tags_len as u64);
            self.bytes.append(&mut self.tags);
        }
        self.bytes.push(FEATURE_GEOMETRY);
        write_varint(&mut self.bytes, geometry.len() as u64);
        self.bytes.extend_from_slice(geometry);
        self.count += 1;
    }

    /// The bytes of the layer; a layer without features leaves no trace.
    pub(super) fn finish(mut self) -> Option<LayerBytes> {
        if self.count == 0 {
            return None;
        }
        for key in &self.extra_keys {
            write_text(&mut self.bytes, LAYER_KEY, key);
        }
        let mut head = vec![TILE_LAYER];
        write_varint(&mut head, (self.bytes.len() - ROOM) as u64);
        let from = ROOM - head.len();
        self.bytes[from..ROOM].copy_from_slice(&head);
        Some(LayerBytes { bytes: self.bytes, from })
    }
}

#[inline]
fn push_value(values: &mut Vec<u8>, count: &mut u32, encoded: &[u8]) -> u32 {
    values.push(LAYER_VALUE);
    values.extend_from_slice(encoded);
    *count += 1;
    *count - 1
}

fn write_text(out: &mut Vec<u8>, tag: u8, text: &str) {
    out.push(tag);
    write_varint(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn varint_bytes(mut number: u64, put: &mut impl FnMut(u8)) {
    while number >= 0x80 {
        put(number as u8 | 0x80);
        number >>= 7;
    }
    put(number as u8);
}

const fn varint_len(number: usize) -> usize {
    let bits = usize::BITS as usize - (number | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// A geometry in the making: commands and zigzag deltas (MVT 2.1, §4.3).
#[derive(Default)]
pub(super) struct GeometryWriter {
    bytes: Vec<u8>,
    cursor: (i32, i32),
}

impl GeometryWriter {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.cursor = (0, 0);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn point(&mut self, at: (i32, i32)) {
        self.command(1, 1);
        self.to(at);
    }

    /// A line of two positions or more, or a ring without its closing position.
    pub(super) fn path(&mut self, path: &[(i32, i32)], closed: bool) {
        let Some((&first, rest)) = path.split_first() else { return };
        self.command(1, 1);
        self.to(first);
        self.command(2, rest.len());
        for &at in rest {
            self.to(at);
        }
        if closed {
            self.command(7, 1);
        }
    }

    fn command(&mut self, id: u64, count: usize) {
        write_varint(&mut self.bytes, (count as u64) << 3 | id);
    }

    fn to(&mut self, at: (i32, i32)) {
        for delta in [at.0 - self.cursor.0, at.1 - self.cursor.1] {
            write_varint(&mut self.bytes, u64::from(((delta << 1) ^ (delta >> 31)) as u32));
        }
        self.cursor = at;
    }
}
