//! Features counted, and their values added up, by what they have in common.

use std::collections::BTreeMap;

use super::{Item, Query, Snapshot};
use crate::domain::DivisionLevel;
use crate::geodesy::beidou::GridCode;

/// What features are put together by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The division of a level that holds them.
    Division(DivisionLevel),
    /// The 1′ cell of the BeiDou grid that holds a position that stands for them.
    Cell,
    /// The value of a property.
    Property(String),
}

/// The level of the BeiDou grid whose squares are the cells of the index: 1′ × 1′ (GB/T 39409).
const CELL_LEVEL: u8 = 4;

/// What is told of the features that are put together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums {
    /// How many there are.
    pub count: u64,
    /// Of those that have the value that is asked for.
    pub values: Option<Values>,
}

/// What is told of the values of some features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    /// How many have one.
    pub count: u64,
    /// All together.
    pub sum: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Values {
    /// The mean; there is at least one value.
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    fn with(self, value: f64) -> Self {
        Self {
            count: self.count + 1,
            sum: self.sum + value,
            least: self.least.min(value),
            greatest: self.greatest.max(value),
        }
    }
}

impl Sums {
    fn add(&mut self, value: Option<f64>) {
        self.count += 1;
        if let Some(value) = value {
            let first = Values { count: 0, sum: 0.0, least: value, greatest: value };
            self.values = Some(self.values.unwrap_or(first).with(value));
        }
    }
}

impl Snapshot {
    /// The features that match, by what they have in common; those that have no such thing are under none.
    /// `value` is a property of numbers that is added up.
    pub fn aggregate(
        &self,
        layer: usize,
        query: &Query,
        by: &By,
        value: Option<&str>,
    ) -> BTreeMap<Option<String>, Sums> {
        let mut groups: BTreeMap<Option<String>, Sums> = BTreeMap::new();
        for item in self.matching(layer, query) {
            let value = value.and_then(|name| item.property(name)?.as_f64());
            groups.entry(key(&item, by)).or_default().add(value);
        }
        groups
    }
}

fn key(item: &Item, by: &By) -> Option<String> {
    match by {
        By::Division(level) => Some(item.village?.at(*level)?.to_string()),
        By::Cell => Some(GridCode::of(item.representative(), CELL_LEVEL).ok()?.to_string()),
        By::Property(name) => match item.property(name)? {
            serde_json::Value::String(text) => Some(text),
            serde_json::Value::Null => None,
            other => Some(other.to_string()),
        },
    }
}
