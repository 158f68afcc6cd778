//! What somebody sees of the map is the map without everything else, through every question.

use std::collections::BTreeSet;
use std::sync::Arc;

use platbook::app::{Encoding, LayerSet, Shown, TileCache, TileLimits};
use platbook::catalog::Catalogue;
use platbook::domain::{
    Bbox, Change, ChangeKind, Commit, DivisionCode, Draft, Feature, FeatureId, Geometry, LayerSight, LonLat, Revision,
    Sight, Version,
};
use platbook::index::{Query, Snapshot};
use platbook::tiles::{TileCoord, render};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use crate::support::small_catalogue;

const LAYERS: [&str; 4] = ["doorplate", "network-link", "base-station", "population"];
const VILLAGES: [&str; 5] = ["429005001001", "429005001002", "429005002001", "429005003001", "429005003002"];

/// A feature to be: layer, place, village, count.
type Sketch = (usize, (f64, f64), Option<usize>, u64);

fn sketch() -> impl Strategy<Value = Sketch> {
    (0..LAYERS.len(), (112.5..113.0_f64, 30.1..30.6_f64), proptest::option::weighted(0.8, 0..VILLAGES.len()), 0..30_u64)
}

fn feature(number: usize, (layer, (lon, lat), village, count): &Sketch, revision: u64) -> Feature {
    let geometry = if LAYERS[*layer] == "network-link" {
        let line = geo_types::LineString::from(vec![(*lon, *lat), (lon + 0.04, lat + 0.03)]);
        Geometry::new(line.into()).unwrap()
    } else {
        Geometry::point(LonLat::new(*lon, *lat).unwrap())
    };
    let properties = match LAYERS[*layer] {
        "population" => json!({ "code": format!("C{}", number % 7), "persons": count, "households": count / 3 }),
        _ => json!({ "code": format!("C{}", number % 7) }),
    };
    let serde_json::Value::Object(properties) = properties else { unreachable!() };
    Feature {
        id: FeatureId::try_from(number as u64 + 1).unwrap(),
        version: Version(revision as u32),
        revision: Revision(revision),
        content: Draft {
            layer: LAYERS[*layer].parse().unwrap(),
            geometry,
            properties,
            village: village.map(|village| VILLAGES[village].parse().unwrap()),
        },
    }
}

fn layer_sight() -> impl Strategy<Value = LayerSight> {
    let codes: Vec<DivisionCode> =
        ["429005001", "429005003", "429005001002", "429005002001"].map(|code| code.parse().unwrap()).to_vec();
    prop_oneof![
        Just(LayerSight::All),
        Just(LayerSight::Nothing),
        subsequence(codes, 0..=3).prop_map(LayerSight::within),
    ]
}

fn sights() -> impl Strategy<Value = Arc<Sight>> {
    proptest::collection::vec(layer_sight(), LAYERS.len()).prop_map(|seen| {
        let catalogue = small_catalogue();
        let of = |id: &str| LAYERS.iter().position(|layer| *layer == id).map_or(LayerSight::All, |at| seen[at].clone());
        Arc::new(Sight::new(catalogue.layers.iter().map(|layer| of(layer.id.as_str())).collect()))
    })
}

/// The same map by brute force: everything that is not seen was never there. Counts keep what the
/// whole map hides.
fn ids_seen(whole: &Snapshot, sight: &Sight) -> BTreeSet<FeatureId> {
    whole
        .features_after(None)
        .filter(|(layer, item)| sight.layer(*layer).shows(item.village))
        .map(|(_, item)| item.id)
        .collect()
}

fn holds(
    catalogue: &Catalogue,
    whole: &Snapshot,
    seen: &Snapshot,
    sight: &Sight,
    bbox: Bbox,
) -> Result<(), TestCaseError> {
    let expected = ids_seen(whole, sight);
    let all: BTreeSet<FeatureId> = seen.features_after(None).map(|(_, item)| item.id).collect();
    prop_assert_eq!(&all, &expected);
    for (layer, item) in whole.features_after(None) {
        let found = seen.feature(item.id);
        prop_assert_eq!(found.is_some(), expected.contains(&item.id));
        prop_assert!(found.is_none_or(|(there, same)| there == layer && same.properties() == item.properties()));
    }
    for id in LAYERS {
        let layer = catalogue.position(&id.parse().unwrap()).unwrap();
        let here = |set: &dyn Fn(&platbook::index::Item) -> bool| -> Vec<FeatureId> {
            let all = whole.features_after(None).filter(|(at, item)| *at == layer && expected.contains(&item.id));
            all.filter(|(_, item)| set(item)).map(|(_, item)| item.id).collect()
        };
        prop_assert_eq!(seen.count(layer), here(&|_| true).len() as u64);
        let whole_query = Query { limit: 1000, ..Query::default() };
        for query in [
            whole_query.clone(),
            Query { bbox: Some(bbox), ..whole_query.clone() },
            Query { division: Some("429005001".parse().unwrap()), ..whole_query.clone() },
            Query { properties: vec![("code".into(), "C3".into())], ..whole_query },
        ] {
            let (part, full) = (seen.select(layer, &query), whole.select(layer, &query));
            let part_ids: Vec<FeatureId> = part.items.iter().map(|item| item.id).collect();
            let full_ids: Vec<FeatureId> =
                full.items.iter().map(|item| item.id).filter(|id| expected.contains(id)).collect();
            prop_assert_eq!(part.matched as usize, part_ids.len());
            prop_assert_eq!(part_ids, full_ids);
        }
        let centre = bbox.centre();
        let near: BTreeSet<FeatureId> =
            seen.nearest(layer, centre, 1000, 1e6).into_iter().map(|(_, item)| item.id).collect();
        prop_assert_eq!(near, here(&|_| true).into_iter().collect::<BTreeSet<_>>());
        for code in 0..7 {
            let code = format!("C{code}");
            let found = seen.by_code(layer, &code).map(|item| item.id);
            let first = here(&|item| item.property("code") == Some(code.as_str().into())).into_iter().min();
            prop_assert_eq!(found, first);
        }
        let extent = here(&|_| true).iter().map(|id| whole.feature(*id).unwrap().1.bbox()).reduce(Bbox::union);
        // A layer that is shared may have a box that is wider than needed, as the whole map's may.
        if *sight.layer(layer) != LayerSight::All {
            prop_assert_eq!(seen.extent(layer), extent);
        }
    }
    Ok(())
}

/// How many features a tile holds, clusters by what they count, by an independent decoder.
fn count_in_tile(snapshot: &Snapshot, layer: usize, tile: TileCoord) -> u64 {
    let reader = mvt_reader::Reader::new(render(snapshot, &[layer], tile, 1_000_000).bytes.to_vec()).unwrap();
    let layers = 0..reader.get_layer_names().unwrap().len();
    let features = layers.flat_map(|at| reader.get_features(at).unwrap());
    features
        .map(|feature| match feature.properties.unwrap_or_default().get("count") {
            Some(mvt_reader::feature::Value::UInt(points)) => *points,
            _ => 1,
        })
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_question_is_answered_from_what_is_seen(
        sketches in proptest::collection::vec(sketch(), 0..60),
        sight in sights(),
        moved in proptest::collection::vec((any::<proptest::sample::Index>(), sketch()), 0..6),
        corner in (112.5..112.8_f64, 30.1..30.4_f64),
    ) {
        let catalogue = small_catalogue();
        let bbox = Bbox::new(corner.0, corner.1, corner.0 + 0.2, corner.1 + 0.2).unwrap();
        let features: Vec<Feature> = sketches.iter().enumerate().map(|(i, one)| feature(i, one, 1)).collect();
        let whole = Snapshot::build(Arc::clone(&catalogue), features.clone(), Revision(1));
        let seen = whole.seen_by(&sight);
        holds(&catalogue, &whole, &seen, &sight, bbox)?;
        // One tile of low zoom holds them all; its clusters count just what is seen.
        let doorplates = catalogue.position(&"doorplate".parse().unwrap()).unwrap();
        let count = count_in_tile(&seen, doorplates, TileCoord::parse("8", "208", "105").unwrap());
        let inside = ids_seen(&whole, &sight).into_iter().filter(|id| whole.feature(*id).unwrap().0 == doorplates).count();
        prop_assert_eq!(count, inside as u64);
        // Edits lead from one to the next alike, whether cut anew or from the last cut.
        let changes: Vec<Change> = moved
            .iter()
            .filter(|_| !features.is_empty())
            .map(|(which, place)| {
                let number = which.index(features.len());
                let layer = LAYERS.iter().position(|id| *id == features[number].content.layer.as_str()).unwrap();
                let after = feature(number, &(layer, place.1, place.2, place.3), 2);
                Change { feature: after.id, layer: after.content.layer.clone(), kind: ChangeKind::Updated, version: after.version, after: Some(after) }
            })
            .collect();
        let commit = Commit { revision: Revision(2), actor: "test".into(), reason: String::new(), at: jiff::Timestamp::UNIX_EPOCH, changes, intakes: Vec::new() };
        let later = whole.apply(&[commit]);
        let again = later.seen_since(&whole, &seen);
        holds(&catalogue, &later, &again, &sight, bbox)?;
        prop_assert_eq!(later.seen_by(&sight).differences(&again).collect::<Vec<_>>(), Vec::<String>::new());
    }

    #[test]
    fn a_tile_kept_for_one_is_never_given_to_another_who_sees_less_or_more(
        sketches in proptest::collection::vec(sketch(), 0..40),
        seen in proptest::collection::vec(sights(), 1..6),
        layers in subsequence(LAYERS.to_vec(), 1..=4),
    ) {
        let catalogue = small_catalogue();
        let features: Vec<Feature> = sketches.iter().enumerate().map(|(i, one)| feature(i, one, 1)).collect();
        let whole = Snapshot::build(Arc::clone(&catalogue), features, Revision(1));
        let positions: Vec<usize> = layers.iter().map(|id| catalogue.position(&id.parse().unwrap()).unwrap()).collect();
        let set = positions.iter().fold(LayerSet::default(), |set, &layer| set.with(layer));
        let cache = TileCache::new(TileLimits::default());
        let tile = TileCoord::parse("8", "208", "105").unwrap();
        let shown = Shown { layers: set, tile: tile.into(), chosen: None };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for sight in seen.iter().chain(&seen) {
            let snapshot = Arc::new(whole.seen_by(sight));
            let revision = TileCache::revision(&snapshot, &shown);
            let kept = runtime.block_on(cache.tile(&snapshot, &shown, revision, Encoding::Identity)).unwrap();
            let own = render(&snapshot, &set.layers(), tile, TileLimits::default().budget_bytes).bytes;
            prop_assert_eq!(kept.bytes.as_ref(), own.as_ref());
        }
        let views: BTreeSet<Vec<LayerSight>> = seen.iter().map(|sight| positions.iter().map(|&at| sight.layer(at).clone()).collect()).collect();
        prop_assert_eq!(cache.drawn(), views.len(), "who sees the same of these layers shares");
    }

    #[test]
    fn hidden_counts_are_those_of_a_map_built_anew(
        sketches in proptest::collection::vec(sketch().prop_map(|(_, at, village, count)| (3, at, village, count)), 1..20),
        moved in proptest::collection::vec((any::<proptest::sample::Index>(), select(vec![None, Some(0), Some(2)]), 0..15_u64), 0..8),
    ) {
        let catalogue = small_catalogue();
        let mut features: Vec<Feature> = sketches.iter().enumerate().map(|(i, one)| feature(i, one, 1)).collect();
        let mut edited = Snapshot::build(Arc::clone(&catalogue), features.clone(), Revision(1));
        for (number, (which, village, count)) in moved.iter().enumerate() {
            let at = which.index(features.len());
            let revision = number as u64 + 2;
            features[at] = feature(at, &(3, sketches[at].1, *village, *count), revision);
            let after = features[at].clone();
            let change = Change { feature: after.id, layer: after.content.layer.clone(), kind: ChangeKind::Updated, version: after.version, after: Some(after) };
            edited = edited.apply(&[Commit { revision: Revision(revision), actor: "test".into(), reason: String::new(), at: jiff::Timestamp::UNIX_EPOCH, changes: vec![change], intakes: Vec::new() }]);
        }
        let built = Snapshot::build(Arc::clone(&catalogue), features.clone(), edited.revision());
        prop_assert_eq!(edited.differences(&built).collect::<Vec<_>>(), Vec::<String>::new());
        let layer = catalogue.position(&"population".parse().unwrap()).unwrap();
        for item in edited.layer(layer).in_box(Bbox::WORLD) {
            let shown = item.property("persons").and_then(|value| value.as_u64());
            prop_assert!(shown.is_none_or(|count| count == 0 || count >= 10), "{shown:?}");
        }
    }
}
