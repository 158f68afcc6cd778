//! The blocks of an `.osm.pbf` file: found once, then read again and again in parallel batches.
//!
//! A batch is all of the file that is in memory at a time.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use osmpbf::{BlobReader, BlobType, ByteOffset, PrimitiveBlock};
use rayon::prelude::*;

use super::OsmError;
use crate::domain::Bbox;

/// The largest block, compressed or not, that the format allows, bytes.
const MAX_BLOCK_BYTES: i32 = 32 * 1024 * 1024;

/// Blocks that are decoded at a time: enough to keep some cores busy, and with the usual size of a
/// block (some 8000 elements) a few tens of megabytes.
const BATCH: usize = 16;

/// What the header may demand of a reader.
const KNOWN_FEATURES: [&str; 3] = ["OsmSchema-V0.6", "DenseNodes", "LocationsOnWays"];

/// Which elements a block holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Holds {
    pub(super) nodes: bool,
    pub(super) ways: bool,
}

/// What a block holds, and what was read of it.
type Decoded<T> = Result<(Holds, T), OsmError>;

struct Block {
    offset: ByteOffset,
    end: u64,
    holds: Holds,
}

/// The blocks of one file.
// The blocks are what it is about.
#[allow(clippy::struct_field_names)]
pub(super) struct Blocks<R: Read + Seek + Send> {
    reader: BlobReader<BufReader<R>>,
    blocks: Vec<Block>,
    /// Length of the file, bytes.
    pub(super) length: u64,
    /// The box that the header names.
    pub(super) area: Option<Bbox>,
}

impl<R: Read + Seek + Send> Blocks<R> {
    /// Finds the blocks and checks that the file is whole and of a kind that can be read.
    pub(super) fn find(mut source: R) -> Result<Self, OsmError> {
        let length = source.seek(SeekFrom::End(0))?;
        let mut start = Vec::new();
        source.seek(SeekFrom::Start(0))?;
        source.by_ref().take(8).read_to_end(&mut start)?;
        source.seek(SeekFrom::Start(0))?;
        let not_pbf = || OsmError::NotPbf { found: kind_of(&start) };
        let mut reader = BlobReader::new_seekable(BufReader::new(source)).map_err(|_| not_pbf())?;
        let mut blocks = Vec::new();
        let (mut end, mut headers) = (0, 0_usize);
        while let Some(found) = reader.next_header_skip_blob() {
            let (header, offset) = match found {
                Ok((header, Some(offset))) => (header, offset),
                _ if headers == 0 => return Err(not_pbf()),
                Ok(_) => return Err(OsmError::Damaged { at_byte: end, detail: "a block without a place".to_owned() }),
                Err(error) => return Err(OsmError::Damaged { at_byte: end, detail: error.to_string() }),
            };
            let size = header.get_blob_size();
            if !(0..=MAX_BLOCK_BYTES).contains(&size) {
                return Err(OsmError::Damaged { at_byte: end, detail: format!("a block of {size} bytes") });
            }
            end = reader.seek_raw(SeekFrom::Current(0)).map_err(|error| damaged(offset.0, &error))?;
            if end > length {
                break;
            }
            match header.blob_type() {
                BlobType::OsmHeader => headers += 1,
                BlobType::OsmData if headers > 0 => blocks.push(Block { offset, end, holds: Holds::default() }),
                BlobType::OsmData => return Err(not_pbf()),
                BlobType::Unknown(_) => {}
            }
        }
        if headers == 0 {
            return Err(not_pbf());
        }
        if end != length {
            return Err(OsmError::Truncated { length, at_byte: end.min(length) });
        }
        let area = read_header(&mut reader)?;
        Ok(Self { reader, blocks, length, area })
    }

    /// Reads the blocks for which `wanted` holds: `read` in parallel, `take` one by one in the order
    /// of the file, with the block's number. `progress` gets the bytes that are behind.
    pub(super) fn pass<T: Send>(
        &mut self,
        wanted: impl Fn(Holds) -> bool,
        progress: &mut dyn FnMut(u64),
        read: impl Fn(&PrimitiveBlock) -> Result<T, String> + Sync,
        mut take: impl FnMut(T) -> Result<(), OsmError>,
    ) -> Result<(), OsmError> {
        let numbers: Vec<usize> = (0..self.blocks.len()).filter(|&number| wanted(self.blocks[number].holds)).collect();
        for batch in numbers.chunks(BATCH) {
            let mut blobs = Vec::with_capacity(batch.len());
            for &number in batch {
                let offset = self.blocks[number].offset;
                let blob = self.reader.blob_from_offset(offset).map_err(|error| damaged(offset.0, &error))?;
                blobs.push((number, offset.0, blob));
            }
            let results: Vec<(usize, Decoded<T>)> = blobs
                .into_par_iter()
                .map(|(number, at_byte, blob)| {
                    let result = blob.to_primitiveblock().map_err(|error| damaged(at_byte, &error)).and_then(|block| {
                        guarded(&block, &read).map_err(|detail| OsmError::Damaged { at_byte, detail })
                    });
                    (number, result)
                })
                .collect();
            for (number, result) in results {
                let (holds, value) = result?;
                self.blocks[number].holds = holds;
                progress(self.blocks[number].end);
                take(value)?;
            }
        }
        progress(self.length);
        Ok(())
    }
}

/// Reads a block; the decoder stops by a panic at numbers that overflow and at member types that the
/// format does not know, which here is one more kind of damage.
fn guarded<T>(
    block: &PrimitiveBlock,
    read: &(impl Fn(&PrimitiveBlock) -> Result<T, String> + Sync),
) -> Result<(Holds, T), String> {
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        let mut holds = Holds::default();
        for group in block.groups() {
            holds.nodes |= group.nodes().len() > 0 || group.dense_nodes().len() > 0;
            holds.ways |= group.ways().len() > 0;
        }
        read(block).map(|value| (holds, value))
    }));
    guarded.unwrap_or_else(|_| Err("numbers or member types out of range".to_owned()))
}

/// Checks what the header demands; the box that it names.
fn read_header<R: Read + Seek + Send>(reader: &mut BlobReader<BufReader<R>>) -> Result<Option<Bbox>, OsmError> {
    let blob = reader.blob_from_offset(ByteOffset(0)).map_err(|error| damaged(0, &error))?;
    let header = blob.to_headerblock().map_err(|error| damaged(0, &error))?;
    match header.required_features().iter().find(|feature| !KNOWN_FEATURES.contains(&feature.as_str())) {
        Some(feature) => Err(OsmError::Feature { feature: feature.clone() }),
        None => Ok(header.bbox().and_then(|area| Bbox::new(area.left, area.bottom, area.right, area.top).ok())),
    }
}

fn damaged(at_byte: u64, error: &osmpbf::Error) -> OsmError {
    OsmError::Damaged { at_byte, detail: error.to_string() }
}

/// What a file that is no `.osm.pbf` looks like from its first bytes.
fn kind_of(start: &[u8]) -> &'static str {
    match start {
        [] => "an empty file",
        [0x1f, 0x8b, ..] => "a gzip file",
        [b'B', b'Z', b'h', ..] => "a bzip2 file",
        [b'P', b'K', ..] => "a zip file",
        [b'<', ..] => "an XML file",
        [b'{' | b'[', ..] => "a JSON file",
        _ => "something else",
    }
}
