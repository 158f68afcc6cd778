//! What low zooms show instead of points: counts by squares of the world grid.
//!
//! A square of level l is a tile of zoom l. Each point stands in exactly one, and squares never
//! straddle tiles of a smaller zoom, so the counts of the clusters of any zoom add up to the count of
//! the points. Cells keep the squares of the finest level; coarser ones are sums.

use std::sync::Arc;

use super::item::Item;
use super::row::Packed;
use crate::catalog::Layer;
use crate::domain::FeatureId;
use crate::geodesy::world::WorldXy;

/// A tile of zoom z shows clusters of squares of level z + 3: 8 × 8, 64 pixels wide each.
pub const SQUARES_BELOW_TILE: u8 = 3;

/// How a layer's points are gathered.
#[derive(Debug, Clone)]
pub struct Squares {
    /// The finest level.
    pub level: u8,
    /// The enumerated key whose values are counted, and how many values it has.
    by: Option<(usize, usize)>,
}

/// The points in one square.
#[derive(Debug, Clone)]
pub struct Square {
    /// Column and row of the square among those of its level.
    pub key: (u32, u32),
    /// How many points.
    pub count: u32,
    /// The sum of their world coordinates, for their centre.
    pub sum: (u64, u64),
    /// The point of the smallest id: a square of one point shows it.
    pub first: FeatureId,
    /// How many points have each value of the counted key.
    pub by: Box<[u32]>,
}

impl Squares {
    /// How a layer's points are gathered, if it declares clusters.
    pub(super) fn of(layer: &Layer, keys: &super::row::Keys) -> Option<Self> {
        let cluster = layer.cluster.as_ref()?;
        let by = cluster.by.as_ref().and_then(|name| {
            let position = keys.position(name)?;
            Some((position, keys.key(position).values.len()))
        });
        Some(Self { level: cluster.below.saturating_sub(1) + SQUARES_BELOW_TILE, by })
    }

    /// The key whose values are counted.
    pub fn counted_key(&self) -> Option<usize> {
        self.by.map(|(position, _)| position)
    }

    /// The squares of some points, in order of their key.
    pub fn gather(&self, items: &[Arc<Item>]) -> Vec<Square> {
        let mut squares: Vec<Square> = items.iter().filter_map(|item| self.square_of(item)).collect();
        squares.sort_by_key(|square| square.key);
        merge_sorted(squares)
    }

    fn square_of(&self, item: &Item) -> Option<Square> {
        let WorldXy { x, y } = item.point()?.into();
        let mut by = vec![0; self.by.map_or(0, |(_, values)| values)].into_boxed_slice();
        if let Some((position, _)) = self.by {
            let number = item.entries().find_map(|(key, value)| match value {
                Packed::Enumerated(number) if key == position => Some(number),
                _ => None,
            });
            if let Some(count) = number.and_then(|number| by.get_mut(usize::from(number))) {
                *count = 1;
            }
        }
        let shift = 32 - self.level;
        Some(Square { key: (x >> shift, y >> shift), count: 1, sum: (u64::from(x), u64::from(y)), first: item.id, by })
    }
}

/// Adds up neighbours of the same key.
pub fn merge_sorted(squares: Vec<Square>) -> Vec<Square> {
    let mut merged: Vec<Square> = Vec::with_capacity(squares.len());
    for square in squares {
        match merged.last_mut() {
            Some(last) if last.key == square.key => last.add(&square),
            _ => merged.push(square),
        }
    }
    merged.shrink_to_fit();
    merged
}

impl Square {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum.0 += other.sum.0;
        self.sum.1 += other.sum.1;
        self.first = self.first.min(other.first);
        for (count, more) in self.by.iter_mut().zip(other.by.iter()) {
            *count += more;
        }
    }

    /// The key of the square `levels` above that holds this one.
    pub const fn lifted_key(&self, levels: u8) -> (u32, u32) {
        (self.key.0 >> levels, self.key.1 >> levels)
    }

    /// The square `levels` above that holds this one.
    pub fn lifted(&self, levels: u8) -> Self {
        Self { key: self.lifted_key(levels), ..self.clone() }
    }

    /// The middle of its points.
    pub fn centre(&self) -> WorldXy {
        let count = u64::from(self.count.max(1));
        WorldXy { x: (self.sum.0 / count) as u32, y: (self.sum.1 / count) as u32 }
    }
}
