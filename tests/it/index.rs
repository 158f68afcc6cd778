//! The index: every answer equals brute force, and the snapshot at a revision equals a rebuild.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use geo::{Distance, Geodesic};
use platbook::catalog::Catalogue;
use platbook::domain::{
    Bbox, Change, ChangeKind, Commit, Draft, Feature, FeatureId, Geometry, LayerId, LonLat, Properties, Revision,
    Version,
};
use platbook::index::{Difference, Edge, Place, Query, Snapshot, between};
use proptest::prelude::*;

use crate::support::small_catalogue;

/// A step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Create { layer: usize, at: (f64, f64), size: f64, code: u32 },
    Move { which: usize, at: (f64, f64), size: f64 },
    Delete { which: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let at = (112.48..113.05_f64, 30.06..30.66_f64);
    let size = prop_oneof![Just(0.0), 0.0001..0.001_f64, 0.01..0.3_f64];
    prop_oneof![
        4 => (0..3_usize, at.clone(), size.clone(), 0..1000_u32)
            .prop_map(|(layer, at, size, code)| Step::Create { layer, at, size, code }),
        2 => (any::<usize>(), at, size).prop_map(|(which, at, size)| Step::Move { which, at, size }),
        1 => any::<usize>().prop_map(|which| Step::Delete { which }),
    ]
}

const LAYERS: [&str; 3] = ["doorplate", "network-link", "village"];

fn geometry(layer: usize, (lon, lat): (f64, f64), size: f64) -> Geometry {
    let size = size.max(0.0001);
    let line = |points: Vec<(f64, f64)>| geo_types::LineString::from(points);
    match layer {
        0 => Geometry::point(LonLat::new(lon, lat).unwrap()),
        1 => {
            let bend = (lon + size / 2.0, lat + size / 9.0);
            Geometry::new(line(vec![(lon, lat), bend, (lon + size, lat)]).into()).unwrap()
        }
        _ => {
            let (east, north) = (lon + size, lat + size);
            let ring = line(vec![(lon, lat), (east, lat), (east, north), (lon, north), (lon, lat)]);
            Geometry::new(geo_types::Polygon::new(ring, vec![]).into()).unwrap()
        }
    }
}

/// Plays steps into commits, several steps to a commit now and then.
fn history(steps: &[Step]) -> Vec<Commit> {
    let mut alive: Vec<(Feature, usize)> = Vec::new();
    let mut commits: Vec<Commit> = Vec::new();
    let mut next_id = 1;
    for (number, step) in steps.iter().enumerate() {
        let revision = Revision(number as u64 / 2 + 1);
        let change = match step {
            Step::Create { layer, at, size, code } => {
                let mut properties = Properties::new();
                properties.insert("code".into(), format!("C{code}").into());
                let id = FeatureId::try_from(next_id).unwrap();
                next_id += 1;
                let layer_id: LayerId = LAYERS[*layer].parse().unwrap();
                let content = Draft {
                    layer: layer_id.clone(),
                    geometry: geometry(*layer, *at, *size),
                    properties,
                    village: None,
                };
                let feature = Feature { id, version: Version::FIRST, revision, content };
                alive.push((feature.clone(), *layer));
                Change {
                    feature: id,
                    layer: layer_id,
                    kind: ChangeKind::Created,
                    version: Version::FIRST,
                    after: Some(feature),
                }
            }
            Step::Move { which, at, size } if !alive.is_empty() => {
                let index = which % alive.len();
                let (feature, layer) = &mut alive[index];
                feature.version = feature.version.next();
                feature.revision = revision;
                feature.content.geometry = geometry(*layer, *at, *size);
                Change {
                    feature: feature.id,
                    layer: feature.content.layer.clone(),
                    kind: ChangeKind::Updated,
                    version: feature.version,
                    after: Some(feature.clone()),
                }
            }
            Step::Delete { which } if !alive.is_empty() => {
                let (feature, _) = alive.swap_remove(which % alive.len());
                Change {
                    feature: feature.id,
                    layer: feature.content.layer,
                    kind: ChangeKind::Deleted,
                    version: feature.version.next(),
                    after: None,
                }
            }
            _ => continue,
        };
        match commits.last_mut() {
            Some(commit) if commit.revision == revision => commit.changes.push(change),
            _ => commits.push(Commit {
                revision,
                actor: "test".into(),
                reason: String::new(),
                at: jiff::Timestamp::UNIX_EPOCH,
                changes: vec![change],
                intakes: Vec::new(),
            }),
        }
    }
    commits
}

fn standing(commits: &[Commit]) -> Vec<Feature> {
    let mut features = std::collections::BTreeMap::new();
    for change in commits.iter().flat_map(|commit| &commit.changes) {
        match &change.after {
            Some(feature) => features.insert(change.feature, feature.clone()),
            None => features.remove(&change.feature),
        };
    }
    features.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_snapshot_equals_a_rebuild_from_the_log(steps in prop::collection::vec(step(), 1..60), batch in 1..7_usize) {
        let catalogue: Arc<Catalogue> = small_catalogue();
        let commits = history(&steps);
        let mut snapshot = Snapshot::empty(Arc::clone(&catalogue));
        for some in commits.chunks(batch) {
            snapshot = snapshot.apply(some);
        }
        let rebuilt = Snapshot::build(catalogue, standing(&commits), snapshot.revision());
        let differences: Vec<_> = snapshot.differences(&rebuilt).collect();
        prop_assert!(differences.is_empty(), "{differences:?}");
    }

    #[test]
    fn every_query_equals_brute_force(
        steps in prop::collection::vec(step(), 1..80),
        (west, south) in (112.4..113.1_f64, 30.0..30.7_f64),
        (width, height) in (0.0..0.3_f64, 0.0..0.3_f64),
        limit in 1..8_usize,
    ) {
        let catalogue = small_catalogue();
        let commits = history(&steps);
        let snapshot = Snapshot::empty(Arc::clone(&catalogue)).apply(&commits);
        let features = standing(&commits);
        let bbox = Bbox::new(west, south, west + width, south + height).unwrap();
        let rect = geo_types::Rect::new((west, south), (west + width, south + height));
        for name in LAYERS {
            let layer = catalogue.position(&name.parse().unwrap()).unwrap();
            let own: Vec<&Feature> = features.iter().filter(|f| f.content.layer.as_str() == name).collect();
            let expected: BTreeSet<FeatureId> = own
                .iter()
                .filter(|f| geo::Intersects::intersects(f.content.geometry.as_geo(), &rect))
                .map(|f| f.id)
                .collect();

            let mut found = BTreeSet::new();
            let mut edge = None;
            loop {
                let asked = Query { bbox: Some(bbox), edge: edge.clone(), limit, ..Query::default() };
                let page = snapshot.select(layer, &asked);
                prop_assert_eq!(page.matched, expected.len() as u64);
                edge = page.items.last().map(|item| Edge::After(Place::of(item, &[]))).or(edge);
                for item in &page.items {
                    prop_assert!(found.insert(item.id), "{} twice", item.id);
                }
                if !page.more { break; }
            }
            prop_assert_eq!(&found, &expected);

            for feature in &own {
                let code = feature.content.properties["code"].as_str().unwrap();
                let item = snapshot.by_code(layer, code).unwrap();
                prop_assert_eq!(item.property("code"), Some(code.into()));
            }
        }
    }

    #[test]
    fn what_differs_between_two_maps_equals_brute_force(steps in prop::collection::vec(step(), 2..60), at in any::<prop::sample::Index>()) {
        let commits = history(&steps);
        prop_assume!(!commits.is_empty());
        let middle = at.index(commits.len());
        let before = Snapshot::empty(small_catalogue()).apply(&commits[..middle]);
        let after = before.apply(&commits[middle..]);
        let mut touched: Vec<FeatureId> =
            commits[middle..].iter().flat_map(|commit| &commit.changes).map(|change| change.feature).collect();
        touched.sort_unstable();
        touched.dedup();
        let found: BTreeMap<FeatureId, Difference> =
            between(&before, &after, touched).map(|one| (one.id, one.difference)).collect();
        let by_id = |commits: &[Commit]| -> BTreeMap<FeatureId, Feature> {
            standing(commits).into_iter().map(|feature| (feature.id, feature)).collect()
        };
        let (was, is) = (by_id(&commits[..middle]), by_id(&commits));
        let expected: BTreeMap<FeatureId, Difference> = was
            .keys()
            .chain(is.keys())
            .filter_map(|id| match (was.get(id), is.get(id)) {
                (None, Some(_)) => Some((*id, Difference::Added)),
                (Some(_), None) => Some((*id, Difference::Removed)),
                (Some(a), Some(b)) if a.content.geometry != b.content.geometry => Some((*id, Difference::Moved)),
                (Some(a), Some(b)) if a.content.properties != b.content.properties => Some((*id, Difference::Changed)),
                _ => None,
            })
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn the_edges_of_a_box_among_many_points_belong_to_it(
        points in prop::collection::vec((112.801..112.815_f64, 30.301..30.315_f64), 2..400),
        (a, b) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let catalogue = small_catalogue();
        let layer = catalogue.position(&LAYERS[0].parse().unwrap()).unwrap();
        let steps: Vec<Step> =
            points.iter().map(|&at| Step::Create { layer: 0, at, size: 0.0, code: 0 }).collect();
        let features = standing(&history(&steps));
        let snapshot = Snapshot::build(catalogue, features.clone(), Revision(1000));
        let (a, b) = (a.get(&points), b.get(&points));
        let bbox = Bbox::new(a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)).unwrap();
        let found: BTreeSet<FeatureId> = snapshot.layer(layer).in_box(bbox).map(|item| item.id).collect();
        let expected: BTreeSet<FeatureId> = features
            .iter()
            .filter(|feature| feature.content.geometry.as_point().is_some_and(|at| bbox.contains(at)))
            .map(|feature| feature.id)
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn nearest_is_nearest_in_metres(
        steps in prop::collection::vec(step(), 1..60),
        at in (112.48..113.05_f64, 30.06..30.66_f64),
        limit in 1..6_usize,
    ) {
        let catalogue = small_catalogue();
        let commits = history(&steps);
        let snapshot = Snapshot::empty(Arc::clone(&catalogue)).apply(&commits);
        let layer = catalogue.position(&"doorplate".parse().unwrap()).unwrap();
        let here = LonLat::new(at.0, at.1).unwrap();
        let mut expected: Vec<f64> = standing(&commits)
            .iter()
            .filter_map(|f| f.content.geometry.as_point())
            .map(|p| Geodesic.distance(geo_types::Point::new(p.lon(), p.lat()), geo_types::Point::new(at.0, at.1)))
            .collect();
        expected.sort_by(f64::total_cmp);
        expected.truncate(limit);
        let found = snapshot.nearest(layer, here, limit, 100_000.0);
        prop_assert_eq!(found.len(), expected.len());
        for ((metres, _), geodesic) in found.iter().zip(expected) {
            prop_assert!((metres - geodesic).abs() <= 0.001 * geodesic + 0.01, "{metres} m, geodesic {geodesic} m");
        }
    }
}
