//! Features in another order than that of their ids.

use std::cmp::Ordering;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::Value;

use super::item::Item;
use crate::catalog::{ID, VILLAGE};
use crate::domain::FeatureId;

/// A property that features are sorted by. What has no value comes last either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// Its name.
    pub property: String,
    /// Whether the greatest come first.
    pub is_descending: bool,
}

/// `name`, `+name` or `-name`.
impl FromStr for SortKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A plus of a query string is a space.
        let name = text.trim_start_matches(['+', ' ', '-']);
        Ok(Self { property: name.to_owned(), is_descending: text.starts_with('-') })
    }
}

/// The values that an item is sorted by, and its id, so that there is one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// A value for each key.
    pub values: Vec<Value>,
    /// The id.
    pub id: FeatureId,
}

impl Place {
    /// The place of an item under some keys.
    pub fn of(item: &Item, keys: &[SortKey]) -> Self {
        let value = |key: &SortKey| match key.property.as_str() {
            ID => item.id.get().into(),
            VILLAGE => item.village.map_or(Value::Null, |village| village.to_string().into()),
            name => item.property(name).unwrap_or(Value::Null),
        };
        Self { values: keys.iter().map(value).collect(), id: item.id }
    }

    fn order(&self, other: &Self, keys: &[SortKey]) -> Ordering {
        let by_keys = keys.iter().zip(self.values.iter().zip(&other.values)).map(|(key, (a, b))| {
            let order = order(a, b);
            let is_present = !a.is_null() && !b.is_null();
            if key.is_descending && is_present { order.reverse() } else { order }
        });
        by_keys.fold(Ordering::Equal, Ordering::then).then(self.id.cmp(&other.id))
    }
}

/// Where a page begins or ends in the order of its features.
#[derive(Debug, Clone, PartialEq)]
pub enum Edge {
    /// It is the next after a place.
    After(Place),
    /// It is the last before a place.
    Before(Place),
}

impl Edge {
    /// The place itself, which is not on the page.
    pub const fn place(&self) -> &Place {
        match self {
            Self::After(place) | Self::Before(place) => place,
        }
    }

    /// Whether the page lies before the place.
    pub const fn is_before(&self) -> bool {
        matches!(self, Self::Before(_))
    }
}

/// The so many that lie next to an edge, in order; and whether more lie beyond them.
pub(super) fn page(
    found: Vec<Arc<Item>>,
    keys: &[SortKey],
    edge: Option<&Edge>,
    limit: usize,
) -> (Vec<Arc<Item>>, bool) {
    let is_before = edge.is_some_and(Edge::is_before);
    // From the edge on, whichever way the page lies.
    let outward = |a: &Place, b: &Place| if is_before { b.order(a, keys) } else { a.order(b, keys) };
    let mut placed: Vec<(Place, Arc<Item>)> = found.into_iter().map(|item| (Place::of(&item, keys), item)).collect();
    if let Some(edge) = edge {
        placed.retain(|(place, _)| outward(place, edge.place()).is_gt());
    }
    let more = placed.len() > limit;
    if more && limit > 0 {
        placed.select_nth_unstable_by(limit - 1, |a, b| outward(&a.0, &b.0));
    }
    placed.truncate(limit);
    placed.sort_unstable_by(|a, b| a.0.order(&b.0, keys));
    (placed.into_iter().map(|(_, item)| item).collect(), more)
}

/// Values of one property; what is nothing comes last.
fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN))
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => a.is_null().cmp(&b.is_null()),
    }
}
