//! Hidden counts stay hidden from whoever knows the sum, the rule, and everything that is shown.

use std::collections::{BTreeMap, BTreeSet};

use platbook::index::suppress::{hidden, without_counts};
use proptest::prelude::*;
use serde_json::json;

use crate::support::small_catalogue;

const SMALLEST: u64 = 4;

/// What the world sees of a township: which counts are shown, and the sum.
type Output = (Vec<Option<u64>>, u64);

fn output(counts: &[u64]) -> Output {
    let known: Vec<Option<u64>> = counts.iter().copied().map(Some).collect();
    let hidden = hidden(&known, SMALLEST);
    (known.into_iter().zip(hidden).map(|(count, hidden)| count.filter(|_| !hidden)).collect(), counts.iter().sum())
}

/// Every township of some villages with counts up to `most`.
fn townships(villages: u32, most: u64) -> impl Iterator<Item = Vec<u64>> {
    (0..(most + 1).pow(villages))
        .map(move |number| (0..villages).map(|i| number / (most + 1).pow(i) % (most + 1)).collect())
}

#[test]
fn no_hidden_count_follows_from_all_that_is_shown_and_the_sum() {
    for villages in 2..=4 {
        // Everything the world sees, and each township that looks like that.
        let mut looks: BTreeMap<Output, Vec<Vec<u64>>> = BTreeMap::new();
        for counts in townships(villages, 7) {
            looks.entry(output(&counts)).or_default().push(counts);
        }
        for ((shown, sum), candidates) in looks {
            let hidden: Vec<usize> = (0..shown.len()).filter(|&i| shown[i].is_none()).collect();
            let nothing_left = hidden.len() == shown.len();
            for &i in &hidden {
                let possible: BTreeSet<u64> = candidates.iter().map(|counts| counts[i]).collect();
                let told = possible.len() < 2;
                assert!(!told || nothing_left, "{shown:?} with the sum {sum} can only be {candidates:?}");
            }
        }
    }
}

#[test]
fn what_is_told_apart_from_the_map_has_no_counts_of_a_layer_that_hides_small_ones() {
    let catalogue = small_catalogue();
    let told = |layer: &str, properties: serde_json::Value| {
        let serde_json::Value::Object(mut properties) = properties else { unreachable!() };
        without_counts(catalogue.layer(&layer.parse().unwrap()).unwrap(), &mut properties);
        serde_json::Value::Object(properties)
    };
    let village = json!({ "name": "杨市社区", "persons": 7, "households": 1203 });
    assert_eq!(told("population", village), json!({ "name": "杨市社区" }));
    let plate = json!({ "code": "C", "number": 3 });
    assert_eq!(told("doorplate", plate.clone()), plate);
}

proptest! {
    #[test]
    fn small_counts_are_hidden_and_nothing_is_hidden_without_need(
        counts in proptest::collection::vec(proptest::option::of(0..40_u64), 0..12),
        smallest in 1..12_u64,
    ) {
        let hidden = hidden(&counts, smallest);
        let small = |count: &Option<u64>| count.is_some_and(|count| (1..smallest).contains(&count));
        let any_small = counts.iter().any(small);
        for (count, hidden) in counts.iter().zip(&hidden) {
            prop_assert!(!small(count) || *hidden, "small counts are hidden");
            prop_assert!(!*hidden || count.is_some());
            prop_assert!(!*hidden || any_small, "where none is small, all are shown");
        }
        let values: BTreeSet<u64> = counts.iter().zip(&hidden).filter(|(_, hidden)| **hidden).filter_map(|(c, _)| *c).collect();
        prop_assert!(values.iter().filter(|value| **value >= smallest || **value == 0).count() <= 1,
            "one more count is enough, with those equal to it: {values:?}");
    }

    #[test]
    fn the_order_of_villages_does_not_matter(
        mut counts in proptest::collection::vec(proptest::option::of(0..20_u64), 1..8), turn in 0..8_usize,
    ) {
        let mut told = hidden(&counts, 10);
        let turn = turn % counts.len();
        counts.rotate_left(turn);
        told.rotate_left(turn);
        prop_assert_eq!(hidden(&counts, 10), told);
    }
}
