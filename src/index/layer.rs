//! One layer of a snapshot: its cells, and its features by code.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::attributions::Attributions;
use super::item::{Item, Shape};
use super::outline::Junctions;
use super::partition::Partition;
use super::row::Keys;
use super::squares::Squares;
use super::suppress::{shown_anew, township_of};
use super::tables::CodeTable;
use crate::catalog::Layer;
use crate::domain::{Bbox, DivisionCode, FeatureId, LayerSight, Revision};
use crate::geodesy::beidou::{Cell, cells_of};

/// Where a cell stands among the cells of its layer: south to north, then west to east.
type CellKey = (u16, u16);

const fn key_of(cell: Cell) -> CellKey {
    (cell.row, cell.col)
}

/// One layer of a snapshot.
#[derive(Debug, Clone)]
pub struct LayerIndex {
    keys: Arc<Keys>,
    squares: Option<Arc<Squares>>,
    shared_borders: bool,
    code_key: Option<usize>,
    cells: Vec<(CellKey, Arc<Partition>)>,
    codes: Option<CodeTable>,
    attributions: Attributions,
    count: u64,
    extent: Option<Bbox>,
    /// The newest revision that is not told apart by cell: that of the scan the layer was built from.
    base: Revision,
    revision: Revision,
}

/// What a batch of commits does to a layer.
#[derive(Default)]
pub(super) struct LayerEdit {
    /// Features that are gone or replaced, as they were.
    pub removed: Vec<Arc<Item>>,
    /// Features that are new or replace others.
    pub added: Vec<Arc<Item>>,
    /// Boxes that changed, each with the revision that changed it, in order of revision.
    pub touched: Vec<(Bbox, Revision)>,
}

impl LayerIndex {
    /// An empty layer.
    pub(super) fn empty(layer: &Layer) -> Self {
        let keys = Arc::new(Keys::of(layer));
        Self {
            squares: Squares::of(layer, &keys).map(Arc::new),
            shared_borders: layer.shared_borders,
            code_key: layer.code.as_ref().and_then(|code| keys.position(&code.property)),
            codes: layer.code.as_ref().map(|_| CodeTable::new(std::iter::empty())),
            attributions: Attributions::of(&keys),
            keys,
            cells: Vec::new(),
            count: 0,
            extent: None,
            base: Revision::ZERO,
            revision: Revision::ZERO,
        }
    }

    /// Loads all features of a layer. Items whose vertices depend on neighbours are replaced in `items`.
    pub(super) fn load(&mut self, items: &mut [Arc<Item>], revision: Revision) {
        if self.shared_borders {
            rank_together(items);
        }
        if self.keys.hides_counts() {
            hide_together(items, &self.keys);
        }
        let mut by_cell: BTreeMap<CellKey, Vec<Arc<Item>>> = BTreeMap::new();
        for item in &*items {
            for key in keys_in(item.bbox()) {
                by_cell.entry(key).or_default().push(Arc::clone(item));
            }
            self.extent = Some(self.extent.map_or(item.bbox(), |extent| extent.union(item.bbox())));
            self.attributions.add(item);
        }
        let squares = self.squares.as_deref();
        self.cells = by_cell
            .into_par_iter()
            .map(|(key, items)| (key, Arc::new(Partition::new(items, squares, revision))))
            .collect();
        if self.codes.is_some() {
            self.codes = Some(CodeTable::new(items.iter().filter_map(|item| Some((self.code_digest(item)?, item.id)))));
        }
        self.count = items.len() as u64;
        self.base = revision;
        self.revision = revision;
    }

    /// Applies an edit. Returns the neighbours that had to be drawn anew with it, or show other counts.
    pub(super) fn edit(&mut self, edit: &LayerEdit) -> Vec<Arc<Item>> {
        self.replace(edit);
        let mut anew = Vec::new();
        if self.shared_borders {
            let redrawn = self.redrawn_neighbours(edit);
            self.replace(&redrawn);
            anew.extend(redrawn.added);
        }
        if self.keys.hides_counts() {
            let shown = self.shown_anew(edit);
            self.replace(&shown);
            anew.extend(shown.added);
        }
        for (sign, items) in [(false, &edit.removed), (true, &edit.added)] {
            for item in items {
                if let (Some(digest), Some(codes)) = (self.code_digest(item), self.codes.as_mut()) {
                    if sign { codes.insert(digest, item.id) } else { codes.remove(digest, item.id) }
                }
                if sign { self.attributions.add(item) } else { self.attributions.remove(item) }
            }
        }
        self.count = (self.count + edit.added.len() as u64).saturating_sub(edit.removed.len() as u64);
        for item in &edit.added {
            self.extent = Some(self.extent.map_or(item.bbox(), |extent| extent.union(item.bbox())));
        }
        if let Some((_, revision)) = edit.touched.last() {
            self.revision = *revision;
        }
        anew
    }

    fn replace(&mut self, edit: &LayerEdit) {
        let mut touched: BTreeMap<CellKey, Revision> = BTreeMap::new();
        for (bbox, revision) in &edit.touched {
            touched.extend(keys_in(*bbox).map(|key| (key, *revision)));
        }
        let gone: HashSet<FeatureId> = edit.removed.iter().map(|item| item.id).collect();
        let mut come: BTreeMap<CellKey, Vec<Arc<Item>>> = BTreeMap::new();
        for item in &edit.added {
            for key in keys_in(item.bbox()) {
                come.entry(key).or_default().push(Arc::clone(item));
            }
        }
        for (key, revision) in touched {
            let at = self.cells.binary_search_by_key(&key, |(key, _)| *key);
            let mut items: Vec<Arc<Item>> = match at {
                Ok(at) => self.cells[at].1.items().filter(|item| !gone.contains(&item.id)).map(Arc::clone).collect(),
                Err(_) => Vec::new(),
            };
            items.append(&mut come.remove(&key).unwrap_or_default());
            let partition = Arc::new(Partition::new(items, self.squares.as_deref(), revision));
            match at {
                Ok(at) => self.cells[at].1 = partition,
                Err(at) => self.cells.insert(at, (key, partition)),
            }
        }
    }

    /// The areas around an edit, their vertices ranked anew: a border that is no longer shared, or
    /// newly is, changes both its sides.
    fn redrawn_neighbours(&self, edit: &LayerEdit) -> LayerEdit {
        let mut redrawn = LayerEdit::default();
        let mut seen = HashSet::new();
        for (bbox, revision) in &edit.touched {
            for item in self.in_box(*bbox).filter(|item| seen.insert(item.id)) {
                redrawn.removed.push(Arc::clone(item));
                redrawn.touched.push((item.bbox(), *revision));
            }
        }
        let mut around = Junctions::new();
        let mut entered = HashSet::new();
        for item in &redrawn.removed {
            for neighbour in self.in_box(item.bbox()).filter(|item| entered.insert(item.id)) {
                if let Shape::Outline(outline) = neighbour.shape() {
                    outline.enter(&mut around);
                }
            }
        }
        redrawn.added = redrawn.removed.iter().map(|item| ranked(item, &around)).collect();
        redrawn
    }

    /// The items of the townships of an edit that must show other counts than before.
    fn shown_anew(&self, edit: &LayerEdit) -> LayerEdit {
        let townships: HashSet<_> = edit.removed.iter().chain(&edit.added).map(|item| township_of(item)).collect();
        let items: Vec<_> =
            self.in_box(Bbox::WORLD).filter(|item| townships.contains(&township_of(item))).map(Arc::clone).collect();
        let revision = edit.touched.last().map_or(self.revision, |(_, revision)| *revision);
        let mut shown = LayerEdit::default();
        for (before, after) in shown_anew(&items, &self.keys) {
            shown.touched.push((before.bbox(), revision));
            shown.removed.push(before);
            shown.added.push(after);
        }
        shown
    }

    /// Hides every count, where small ones are hidden. The items that show less from now on.
    pub(super) fn hide_all_counts(&mut self) -> Vec<Arc<Item>> {
        let counts: Vec<usize> = self.keys.counts().collect();
        let mut edit = LayerEdit::default();
        for item in self.in_box(Bbox::WORLD).map(Arc::clone) {
            if let Some(hidden) = item.hiding(&counts) {
                edit.touched.push((item.bbox(), self.revision));
                edit.removed.push(item);
                edit.added.push(Arc::new(hidden));
            }
        }
        self.replace(&edit);
        edit.added
    }

    /// This layer as far as a sight of a part of it goes. Cells stay for their revisions.
    pub(super) fn seen_by(&self, sight: &LayerSight) -> Self {
        let mut seen = Self { cells: Vec::new(), count: 0, extent: None, ..self.clone() };
        if *sight == LayerSight::Nothing {
            return Self { base: Revision::ZERO, revision: Revision::ZERO, ..seen };
        }
        for item in self.in_box(Bbox::WORLD).filter(|item| sight.shows(item.village)) {
            seen.count += 1;
            seen.extent = Some(seen.extent.map_or(item.bbox(), |extent| extent.union(item.bbox())));
        }
        seen.cells = self
            .cells
            .iter()
            .map(|(key, cell)| {
                let items = cell.items().filter(|item| sight.shows(item.village)).map(Arc::clone).collect();
                (*key, Arc::new(Partition::new(items, self.squares.as_deref(), cell.revision())))
            })
            .collect();
        seen
    }

    /// What the layer's rows are keyed by.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// How the layer's points are gathered at low zooms.
    pub fn squares(&self) -> Option<&Squares> {
        self.squares.as_deref()
    }

    /// How many features it has.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// A box around all its features; it may be wider than needed after deletions.
    pub const fn extent(&self) -> Option<Bbox> {
        self.extent
    }

    /// Whom its features ask to be named beside them.
    pub(super) const fn attributions(&self) -> &Attributions {
        &self.attributions
    }

    /// The newest revision that touched it.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// The newest revision that touched any cell of a box.
    pub fn revision_in(&self, bbox: Bbox) -> Revision {
        self.partitions(bbox).map(|(_, partition)| partition.revision()).max().unwrap_or(self.base).max(self.base)
    }

    /// The cells that touch a box.
    pub fn partitions(&self, bbox: Bbox) -> impl Iterator<Item = (CellKey, &Arc<Partition>)> {
        let (min, max) = cells_of(bbox);
        let first = self.cells.partition_point(|(key, _)| *key < key_of(min));
        self.cells[first..]
            .iter()
            .take_while(move |(key, _)| *key <= key_of(max))
            .filter(move |((_, col), _)| (min.col..=max.col).contains(col))
            .map(|(key, partition)| (*key, partition))
    }

    /// The box of the features that stand in a division, wherever its polygon is now; none when none does.
    pub fn bbox_of_division(&self, division: DivisionCode) -> Option<Bbox> {
        self.cells.iter().filter_map(|(_, cell)| cell.bbox_of_division(division)).reduce(Bbox::union)
    }

    /// The features whose boxes touch a box, each once, in no order.
    ///
    /// A feature stands in every cell of its box; it is reported by the first of these that the
    /// query also covers.
    pub fn in_box(&self, bbox: Bbox) -> impl Iterator<Item = &Arc<Item>> {
        let points = self.partitions(bbox).flat_map(move |(_, partition)| partition.points().in_box(bbox));
        points.chain(self.outlines_in(bbox))
    }

    /// The lines and areas whose boxes touch a box, each once, in no order.
    pub fn outlines_in(&self, bbox: Bbox) -> impl Iterator<Item = &Arc<Item>> {
        let (query_min, _) = cells_of(bbox);
        self.partitions(bbox).flat_map(move |((row, col), partition)| {
            partition.outlines_in(bbox).filter(move |item| {
                let (own_min, _) = cells_of(item.bbox());
                row == own_min.row.max(query_min.row) && col == own_min.col.max(query_min.col)
            })
        })
    }

    /// The features that may have this code.
    pub(super) fn with_code(&self, code: &str) -> impl Iterator<Item = FeatureId> {
        let digest = CodeTable::digest(code);
        self.codes.iter().flat_map(move |codes| codes.find(digest))
    }

    /// The position of the code among the keys.
    pub const fn code_key(&self) -> Option<usize> {
        self.code_key
    }

    fn code_digest(&self, item: &Item) -> Option<u64> {
        let code = item.entries().find(|(key, _)| Some(*key) == self.code_key)?;
        match code.1 {
            super::row::Packed::Plain(encoded) => super::row::text_of(encoded).map(CodeTable::digest),
            super::row::Packed::Enumerated(_) => None,
        }
    }
}

fn keys_in(bbox: Bbox) -> impl Iterator<Item = CellKey> {
    let (min, max) = cells_of(bbox);
    (min.row..=max.row).flat_map(move |row| (min.col..=max.col).map(move |col| (row, col)))
}

fn ranked(item: &Arc<Item>, junctions: &Junctions) -> Arc<Item> {
    match item.shape() {
        Shape::Outline(outline) => Arc::new(item.with_outline(outline.ranked(junctions))),
        Shape::Point(..) => Arc::clone(item),
    }
}

fn hide_together(items: &mut [Arc<Item>], keys: &Keys) {
    let anew: HashMap<FeatureId, Arc<Item>> =
        shown_anew(items, keys).into_iter().map(|(before, after)| (before.id, after)).collect();
    for item in items {
        if let Some(shown) = anew.get(&item.id) {
            *item = Arc::clone(shown);
        }
    }
}

fn rank_together(items: &mut [Arc<Item>]) {
    let mut junctions = Junctions::new();
    for item in &*items {
        if let Shape::Outline(outline) = item.shape() {
            outline.enter(&mut junctions);
        }
    }
    items.par_iter_mut().for_each(|item| *item = ranked(item, &junctions));
}
