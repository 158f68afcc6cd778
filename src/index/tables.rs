//! Looking features up by id and by code, in tables that share what an edit does not touch.

use std::sync::Arc;

use super::item::Item;
use crate::domain::FeatureId;

/// Ids per block: an edit copies one block.
const BLOCK: u64 = 1024;

/// An id within its block.
const fn rest_of(id: FeatureId) -> u16 {
    (id.get() % BLOCK) as u16
}

/// Features by id, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct IdTable {
    blocks: Vec<Arc<Block>>,
}

#[derive(Debug, Clone, Default)]
struct Block {
    number: u64,
    /// The id within the block, the layer, the feature.
    rows: Vec<(u16, u16, Arc<Item>)>,
}

impl IdTable {
    /// A table of rows that are in order of id.
    pub(super) fn from_sorted(rows: impl Iterator<Item = (u16, Arc<Item>)>) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        for (layer, item) in rows {
            let number = item.id.get() / BLOCK;
            if blocks.last().is_none_or(|block| block.number != number) {
                blocks.push(Block { number, rows: Vec::new() });
            }
            if let Some(block) = blocks.last_mut() {
                block.rows.push((rest_of(item.id), layer, item));
            }
        }
        for block in &mut blocks {
            block.rows.shrink_to_fit();
        }
        Self { blocks: blocks.into_iter().map(Arc::new).collect() }
    }

    pub(super) fn find(&self, id: FeatureId) -> Option<(usize, &Arc<Item>)> {
        let at = self.blocks.binary_search_by_key(&(id.get() / BLOCK), |block| block.number).ok()?;
        let rows = &self.blocks[at].rows;
        let row = rows.binary_search_by_key(&rest_of(id), |row| row.0).ok()?;
        Some((usize::from(rows[row].1), &rows[row].2))
    }

    /// Puts a feature in, or takes it out.
    pub(super) fn set(&mut self, id: FeatureId, value: Option<(u16, Arc<Item>)>) {
        let number = id.get() / BLOCK;
        let at = match self.blocks.binary_search_by_key(&number, |block| block.number) {
            Ok(at) => at,
            Err(_) if value.is_none() => return,
            Err(at) => {
                self.blocks.insert(at, Arc::new(Block { number, rows: Vec::new() }));
                at
            }
        };
        let rows = &mut Arc::make_mut(&mut self.blocks[at]).rows;
        match (rows.binary_search_by_key(&rest_of(id), |row| row.0), value) {
            (Ok(row), Some((layer, item))) => rows[row] = (rest_of(id), layer, item),
            (Ok(row), None) => {
                rows.remove(row);
            }
            (Err(row), Some((layer, item))) => rows.insert(row, (rest_of(id), layer, item)),
            (Err(_), None) => {}
        }
    }

    /// The features above an id, in order, with the layer each stands in.
    pub(super) fn after(&self, id: Option<FeatureId>) -> impl Iterator<Item = (usize, &Arc<Item>)> {
        let from = id.map_or(0, |id| id.get() / BLOCK);
        let first = self.blocks.partition_point(|block| block.number < from);
        self.blocks[first..]
            .iter()
            .flat_map(|block| block.rows.iter().map(|row| (block.number, row)))
            .filter(move |(number, row)| id.is_none_or(|id| (*number, row.0) > (from, rest_of(id))))
            .map(|(_, (_, layer, item))| (usize::from(*layer), item))
    }

    /// The features below an id, the highest first, with the layer each stands in.
    pub(super) fn before(&self, id: FeatureId) -> impl Iterator<Item = (usize, &Arc<Item>)> {
        let from = id.get() / BLOCK;
        let end = self.blocks.partition_point(|block| block.number <= from);
        self.blocks[..end]
            .iter()
            .rev()
            .flat_map(|block| block.rows.iter().rev().map(|row| (block.number, row)))
            .filter(move |(number, row)| (*number, row.0) < (from, rest_of(id)))
            .map(|(_, (_, layer, item))| (usize::from(*layer), item))
    }
}

/// Shards of a code table: an edit copies one shard.
const SHARDS: usize = 1024;

/// Ids by the digest of a code; whoever asks compares the code itself.
#[derive(Debug, Clone)]
pub(super) struct CodeTable {
    shards: Vec<Arc<Vec<(u64, FeatureId)>>>,
}

impl CodeTable {
    pub(super) fn new(rows: impl Iterator<Item = (u64, FeatureId)>) -> Self {
        let mut shards = vec![Vec::new(); SHARDS];
        for row in rows {
            shards[shard_of(row.0)].push(row);
        }
        for shard in &mut shards {
            shard.sort_unstable();
            shard.shrink_to_fit();
        }
        Self { shards: shards.into_iter().map(Arc::new).collect() }
    }

    pub(super) fn digest(code: &str) -> u64 {
        xxhash_rust::xxh3::xxh3_64(code.as_bytes())
    }

    /// The features whose code has this digest.
    pub(super) fn find(&self, digest: u64) -> impl Iterator<Item = FeatureId> {
        let shard = &self.shards[shard_of(digest)];
        let first = shard.partition_point(|row| row.0 < digest);
        shard[first..].iter().take_while(move |row| row.0 == digest).map(|row| row.1)
    }

    pub(super) fn insert(&mut self, digest: u64, id: FeatureId) {
        let shard = Arc::make_mut(&mut self.shards[shard_of(digest)]);
        if let Err(at) = shard.binary_search(&(digest, id)) {
            shard.insert(at, (digest, id));
        }
    }

    pub(super) fn remove(&mut self, digest: u64, id: FeatureId) {
        let shard = Arc::make_mut(&mut self.shards[shard_of(digest)]);
        if let Ok(at) = shard.binary_search(&(digest, id)) {
            shard.remove(at);
        }
    }
}

const fn shard_of(digest: u64) -> usize {
    (digest >> 54) as usize
}
