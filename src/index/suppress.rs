//! Hiding small counts so that sums do not give them away.
//!
//! A count from 1 up to the layer's smallest is hidden. Who knows the township's sum would still find
//! it as what is missing from the sum, so more counts of the township are hidden, the smallest first,
//! until two of the hidden ones differ. Equal counts are hidden together: the rule then treats all
//! villages alike, so each hidden village may have any of the hidden counts. In a township where every
//! count is hidden and all are equal, nothing more can be hidden; no view shows its sum.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::item::Item;
use super::row::Keys;
use crate::catalog::Layer;
use crate::domain::{DivisionCode, DivisionLevel, Properties};

/// Which counts of one township are hidden; counts that are not known are none of its affair.
pub fn hidden(counts: &[Option<u64>], smallest: u64) -> Vec<bool> {
    let is_small = |count: &Option<u64>| count.is_some_and(|count| (1..smallest).contains(&count));
    let mut hidden: Vec<bool> = counts.iter().map(is_small).collect();
    if !hidden.contains(&true) {
        return hidden;
    }
    while !two_differ(counts, &hidden) {
        let shown = || counts.iter().zip(&hidden).filter(|(_, hidden)| !**hidden).filter_map(|(count, _)| *count);
        // A zero is hidden only when nothing else is left: it protects least.
        let Some(next) = shown().filter(|count| *count > 0).min().or_else(|| shown().min()) else { break };
        for (count, hidden) in counts.iter().zip(&mut hidden) {
            *hidden |= *count == Some(next);
        }
    }
    hidden
}

fn two_differ(counts: &[Option<u64>], hidden: &[bool]) -> bool {
    let mut among = counts.iter().zip(hidden).filter(|(_, hidden)| **hidden).filter_map(|(count, _)| *count);
    let first = among.next();
    among.any(|count| Some(count) != first)
}

/// Leaves all counts of a layer that hides small ones out of some values: for what is told of features
/// apart from the map (their history, a change), where it is not known what else the township shows.
pub fn without_counts(layer: &Layer, properties: &mut Properties) {
    if layer.counts_hidden_below() > 0 {
        properties.retain(|name, _| layer.properties.get(name).is_none_or(|property| !property.count));
    }
}

/// The township an item counts for; none for what stands in no village.
pub(super) fn township_of(item: &Item) -> Option<DivisionCode> {
    item.village?.at(DivisionLevel::Township)
}

/// The items, of whole townships, whose shown counts are not those that may be shown: each as it is
/// and as it must be.
pub(super) fn shown_anew(items: &[Arc<Item>], keys: &Keys) -> Vec<(Arc<Item>, Arc<Item>)> {
    let mut townships: BTreeMap<Option<DivisionCode>, Vec<&Arc<Item>>> = BTreeMap::new();
    for item in items {
        townships.entry(township_of(item)).or_default().push(item);
    }
    let mut anew = Vec::new();
    for items in townships.into_values() {
        let mut hides: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
        for key in keys.counts() {
            let counts: Vec<Option<u64>> = items.iter().map(|item| item.true_count(key)).collect();
            let hidden = hidden(&counts, keys.smallest_count());
            hides.iter_mut().zip(hidden).filter(|(_, hidden)| *hidden).for_each(|(keys, _)| keys.push(key));
        }
        for (item, hides) in items.into_iter().zip(hides) {
            anew.extend(item.hiding(&hides).map(|shown| (Arc::clone(item), Arc::new(shown))));
        }
    }
    anew
}
