//! Which features a tile keeps when it cannot hold all.

use std::cmp::{Ordering, Reverse};

use crate::catalog::Layer;
use crate::index::Item;

/// The place of a feature among those of its layer, the one to keep longest first. Among equals the
/// order is arbitrary but always the same, and not that of creation.
pub(super) fn rank(item: &Item, layer: &Layer) -> impl Ord + use<> {
    let priority = layer.priority.as_deref().and_then(|name| item.property(name)).and_then(|value| value.as_f64());
    (Reverse(TotalOrder(priority.unwrap_or(0.0))), Reverse(item.vertices()), spread(item.id.get()))
}

/// Scatters ids evenly (the finaliser of MurmurHash3).
const fn spread(id: u64) -> u64 {
    let mut mixed = id;
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^= mixed >> 33;
    mixed
}

/// Numbers in their total order.
#[derive(PartialEq)]
struct TotalOrder(f64);

impl Eq for TotalOrder {}

impl PartialOrd for TotalOrder {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TotalOrder {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}
