//! One cell of one layer, immutable: its points, an R-tree of everything else, and what low zooms show
//! instead of the points.

use std::sync::Arc;

use rstar::{AABB, RStarInsertionStrategy, RTree, RTreeObject, RTreeParams};

use super::item::Item;
use super::points::Points;
use super::squares::{Square, Squares};
use crate::domain::{Bbox, DivisionCode, Revision};

/// The features of one layer that touch one cell of the grid.
#[derive(Debug)]
pub struct Partition {
    revision: Revision,
    points: Points,
    tree: RTree<Entry, WideNodes>,
    squares: Vec<Square>,
    /// The villages that its features stand in, with the box of those that do.
    villages: Box<[(DivisionCode, Bbox)]>,
}

/// Nodes of many children: fewer nodes to keep and to follow. Trees are only ever loaded as a whole.
#[derive(Debug)]
struct WideNodes;

impl RTreeParams for WideNodes {
    const MIN_SIZE: usize = 8;
    const MAX_SIZE: usize = 16;
    const REINSERTION_COUNT: usize = 4;
    type DefaultInsertionStrategy = RStarInsertionStrategy;
}

/// A line or an area in the tree.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    envelope: AABB<[f64; 2]>,
    pub(super) item: Arc<Item>,
}

impl Entry {
    pub(super) fn new(item: Arc<Item>) -> Self {
        Self { envelope: envelope(item.bbox()), item }
    }
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

pub(super) fn envelope(bbox: Bbox) -> AABB<[f64; 2]> {
    AABB::from_corners([bbox.west(), bbox.south()], [bbox.east(), bbox.north()])
}

impl Partition {
    /// Loads a cell. `revision` is the newest that touched it, also when a feature only left it.
    pub(super) fn new(items: Vec<Arc<Item>>, squares: Option<&Squares>, revision: Revision) -> Self {
        let squares = squares.map_or_else(Vec::new, |squares| squares.gather(&items));
        let villages = villages_of(&items);
        let (points, others): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.point().is_some());
        let entries = others.into_iter().map(Entry::new).collect();
        Self { revision, points: Points::new(points), tree: RTree::bulk_load_with_params(entries), squares, villages }
    }

    /// The newest revision that touched the cell.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Its points.
    pub const fn points(&self) -> &Points {
        &self.points
    }

    /// The lines and areas whose boxes touch a box, in no order.
    pub fn outlines_in(&self, bbox: Bbox) -> impl Iterator<Item = &Arc<Item>> {
        self.tree.locate_in_envelope_intersecting(envelope(bbox)).map(|entry| &entry.item)
    }

    /// How many features it holds.
    pub fn len(&self) -> usize {
        self.points.count() + self.tree.size()
    }

    /// Whether it holds none; a cell stays when its last feature leaves, for its revision.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All features, in no order.
    pub fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.points.items().chain(self.tree.iter().map(|entry| &entry.item))
    }

    /// The box of the features that stand in a division; none when none does.
    pub fn bbox_of_division(&self, division: DivisionCode) -> Option<Bbox> {
        let within = self.villages.iter().filter(|(village, _)| division.contains(*village));
        within.map(|(_, bbox)| *bbox).reduce(Bbox::union)
    }

    /// The squares that low zooms are made of, in order of their key.
    pub fn squares(&self) -> &[Square] {
        &self.squares
    }
}

fn villages_of(items: &[Arc<Item>]) -> Box<[(DivisionCode, Bbox)]> {
    let mut villages: Vec<(DivisionCode, Bbox)> = Vec::new();
    for item in items {
        let Some(village) = item.village else { continue };
        // A cell has a handful.
        match villages.iter_mut().find(|(known, _)| *known == village) {
            Some((_, bbox)) => *bbox = bbox.union(item.bbox()),
            None => villages.push((village, item.bbox())),
        }
    }
    villages.into_boxed_slice()
}
