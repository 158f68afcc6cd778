//! Whom the features of a layer ask to be named: what a map must show beside them.

use std::collections::BTreeMap;

use super::item::Item;
use super::row::{Keys, Packed, text_of};

/// The property that says where a feature comes from.
const SOURCE: &str = "source";

/// How a source begins that must be named wherever its features are shown.
const MARK: char = '©';

/// The sources of a layer that must be named, with the number of features of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributions {
    source: Option<usize>,
    counts: BTreeMap<Box<str>, u64>,
}

impl Attributions {
    /// None yet, of a layer with these keys.
    pub(super) fn of(keys: &Keys) -> Self {
        Self { source: keys.position(SOURCE), counts: BTreeMap::new() }
    }

    /// Counts a feature in.
    pub(super) fn add(&mut self, item: &Item) {
        let Some(source) = self.named(item) else { return };
        match self.counts.get_mut(source) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(source.into(), 1);
            }
        }
    }

    /// Counts a feature out.
    pub(super) fn remove(&mut self, item: &Item) {
        let Some(source) = self.named(item) else { return };
        if let Some(count) = self.counts.get_mut(source) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(source);
            }
        }
    }

    /// The texts to show, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.counts.keys().map(AsRef::as_ref)
    }

    fn named<'a>(&self, item: &'a Item) -> Option<&'a str> {
        let source = self.source?;
        match item.entries().find(|(key, _)| *key == source)?.1 {
            Packed::Plain(encoded) => text_of(encoded).filter(|text| text.starts_with(MARK)),
            Packed::Enumerated(_) => None,
        }
    }
}
