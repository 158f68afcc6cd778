//! What is different between the map of two moments.

use std::sync::Arc;

use super::Snapshot;
use super::item::Item;
use super::suppress::without_counts;
use crate::catalog::Layer;
use crate::domain::{Bbox, FeatureId, Properties};

/// What became of a feature from one map to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// It was not there.
    Added,
    /// It is elsewhere, or of another shape; its values may differ, too.
    Moved,
    /// Its values differ.
    Changed,
    /// It is not there any more.
    Removed,
}

impl Difference {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Added, Self::Moved, Self::Changed, Self::Removed];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Moved => "moved",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A feature that differs between two maps.
#[derive(Debug, Clone)]
pub struct Differing {
    /// The position of its layer.
    pub layer: usize,
    /// Its number.
    pub id: FeatureId,
    /// What became of it.
    pub difference: Difference,
    /// Whether its values differ; of what moved that is told apart.
    pub values_differ: bool,
    /// As it was; none when it was added.
    pub before: Option<Arc<Item>>,
    /// As it is; none when it was removed.
    pub after: Option<Arc<Item>>,
}

impl Differing {
    /// The feature before and after, as far as it is there.
    pub fn states(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.before.iter().chain(&self.after)
    }

    /// Whether the feature touches a box, before or after.
    pub fn touches_box(&self, bbox: Bbox) -> bool {
        self.states().any(|item| item.touches_box(bbox))
    }
}

/// The features that differ between two maps of the same sight, among those that were touched between
/// them; in the order that they are named in. Counts of layers that hide small ones are not compared:
/// who sees one before and one after would learn more than from either map.
pub fn between<'a>(
    before: &'a Snapshot,
    after: &'a Snapshot,
    touched: impl IntoIterator<Item = FeatureId> + 'a,
) -> impl Iterator<Item = Differing> + 'a {
    touched.into_iter().filter_map(|id| {
        let (was, is) = (before.feature(id), after.feature(id));
        let (layer, _) = is.as_ref().or(was.as_ref())?;
        let declared = &after.catalogue().layers[*layer];
        let (layer, was, is) = (*layer, was.map(|(_, item)| item), is.map(|(_, item)| item));
        let (difference, values_differ) = difference(declared, was.as_deref(), is.as_deref())?;
        Some(Differing { layer, id, difference, values_differ, before: was, after: is })
    })
}

fn difference(layer: &Layer, was: Option<&Item>, is: Option<&Item>) -> Option<(Difference, bool)> {
    match (was, is) {
        (None, None) => None,
        (None, Some(_)) => Some((Difference::Added, false)),
        (Some(_), None) => Some((Difference::Removed, false)),
        (Some(was), Some(is)) => {
            let values_differ = comparable(layer, was) != comparable(layer, is);
            if was.geometry() != is.geometry() {
                return Some((Difference::Moved, values_differ));
            }
            values_differ.then_some((Difference::Changed, true))
        }
    }
}

/// The values of a feature that may be held beside those of another time.
pub fn comparable(layer: &Layer, item: &Item) -> Properties {
    let mut properties = item.properties();
    without_counts(layer, &mut properties);
    properties
}
