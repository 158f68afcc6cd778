//! Tiles: what they show is what the index holds, read back by an independent decoder.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mvt_reader::Reader;
use mvt_reader::feature::Value;
use platbook::domain::{
    Change, ChangeKind, Commit, Draft, Feature, FeatureId, Geometry, LonLat, Properties, Revision, Version,
};
use platbook::geodesy::world::WorldXy;
use platbook::index::Snapshot;
use platbook::tiles::{AnyTile, InvalidTile, TileCoord, render};
use proptest::prelude::*;

use crate::support::small_catalogue;

const PLENTY: usize = 64 << 20;

fn feature(id: u64, layer: &str, geometry: Geometry, properties: Properties) -> Feature {
    Feature {
        id: FeatureId::try_from(id).unwrap(),
        version: Version::FIRST,
        revision: Revision(1),
        content: Draft { layer: layer.parse().unwrap(), geometry, properties, village: None },
    }
}

fn plates(points: &[(f64, f64)]) -> Vec<Feature> {
    const STATUSES: [&str; 5] = ["planned", "made", "mounted", "damaged", "missing"];
    let plate = |(i, (lon, lat)): (usize, &(f64, f64))| {
        let mut properties = Properties::new();
        properties.insert("code".into(), format!("P{i}").into());
        properties.insert("status".into(), STATUSES[i % 5].into());
        properties.insert("priority".into(), (i % 4).into());
        properties.insert("address".into(), format!("湖北省潜江市示例路{}号", i / 3).into());
        feature(i as u64 + 1, "doorplate", Geometry::point(LonLat::new(*lon, *lat).unwrap()), properties)
    };
    points.iter().enumerate().map(plate).collect()
}

/// A plate written once more, elsewhere and under another code.
fn moved_to(mut plate: Feature, (lon, lat): (f64, f64), revision: Revision) -> Feature {
    plate.revision = revision;
    plate.version = plate.version.next();
    plate.content.geometry = Geometry::point(LonLat::new(lon, lat).unwrap());
    plate.content.properties.insert("code".into(), format!("R{}", revision.0).into());
    plate
}

fn commit_of(updated: &Feature) -> Commit {
    Commit {
        revision: updated.revision,
        actor: "test".into(),
        reason: String::new(),
        at: jiff::Timestamp::UNIX_EPOCH,
        changes: vec![Change {
            feature: updated.id,
            layer: updated.content.layer.clone(),
            kind: ChangeKind::Updated,
            version: updated.version,
            after: Some(updated.clone()),
        }],
        intakes: Vec::new(),
    }
}

fn layer_of(snapshot: &Snapshot, id: &str) -> usize {
    snapshot.catalogue().position(&id.parse().unwrap()).unwrap()
}

/// The features of one MVT layer of a tile: id, values, first position.
fn decode(bytes: Vec<u8>, layer: &str) -> Vec<(u64, BTreeMap<String, Value>, geo_types::Geometry<f32>)> {
    let reader = Reader::new(bytes).unwrap();
    let names = reader.get_layer_names().unwrap();
    let Some(position) = names.iter().position(|name| name == layer) else { return Vec::new() };
    let features = reader.get_features(position).unwrap();
    features
        .into_iter()
        .map(|f| (f.id.unwrap(), f.properties.unwrap_or_default().into_iter().collect(), f.geometry))
        .collect()
}

fn number(value: &Value) -> u64 {
    match value {
        Value::UInt(number) => *number,
        Value::Int(number) | Value::SInt(number) => u64::try_from(*number).unwrap(),
        other => panic!("no whole number: {other:?}"),
    }
}

/// The tiles of a zoom that hold some of the points.
fn tiles_of(points: &[(f64, f64)], zoom: u8) -> BTreeSet<TileCoord> {
    points.iter().map(|(lon, lat)| TileCoord::holding(zoom, WorldXy::from(LonLat::new(*lon, *lat).unwrap()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_counts_of_every_zoom_add_up_to_the_features(
        points in prop::collection::vec((112.5..113.0_f64, 30.1..30.6_f64), 1..300),
        zoom in 6..18_u8,
    ) {
        let snapshot = Snapshot::build(small_catalogue(), plates(&points), Revision(1));
        let layer = layer_of(&snapshot, "doorplate");
        let declared = &snapshot.catalogue().layers[layer];
        prop_assume!(zoom >= declared.zoom.min);
        let below = declared.cluster.as_ref().unwrap().below;
        let mut counted = 0;
        let mut by_status = 0;
        for tile in tiles_of(&points, zoom) {
            for (_, values, _) in decode(render(&snapshot, &[layer], tile, PLENTY).bytes.to_vec(), "doorplate") {
                if let Some(count) = values.get("count") {
                    prop_assert!(zoom < below);
                    counted += number(count);
                    by_status += values.iter().filter(|(key, _)| key.starts_with("count_")).map(|(_, n)| number(n)).sum::<u64>();
                    let expansion = number(&values["expansion_zoom"]) as u8;
                    prop_assert!(expansion > zoom && expansion <= below);
                } else {
                    counted += 1;
                    by_status += 1;
                    prop_assert!(values.contains_key("code"));
                }
            }
        }
        prop_assert_eq!(counted, points.len() as u64);
        prop_assert_eq!(by_status, points.len() as u64);
    }

    #[test]
    fn a_tile_shows_the_points_that_stand_in_it_with_their_newest_values(
        points in prop::collection::vec((112.80..112.83_f64, 30.30..30.33_f64), 1..200),
        moved in prop::collection::vec((any::<prop::sample::Index>(), (112.80..112.83_f64, 30.30..30.33_f64)), 0..20),
        zoom in 14..21_u8,
    ) {
        let mut features = plates(&points);
        let mut snapshot = Snapshot::build(small_catalogue(), features.clone(), Revision(1));
        for (turn, (which, (lon, lat))) in moved.iter().enumerate() {
            let moved = which.get(&features).clone();
            let at = which.index(features.len());
            features[at] = moved_to(moved, (*lon, *lat), Revision(turn as u64 + 2));
            snapshot = snapshot.apply(&[commit_of(&features[at])]);
        }
        let layer = layer_of(&snapshot, "doorplate");
        let mut shown: BTreeMap<u64, (TileCoord, Value)> = BTreeMap::new();
        let at = |feature: &Feature| feature.content.geometry.as_point().unwrap();
        let standing: Vec<_> = features.iter().map(|feature| (at(feature).lon(), at(feature).lat())).collect();
        for tile in tiles_of(&standing, zoom) {
            for (id, values, _) in decode(render(&snapshot, &[layer], tile, PLENTY).bytes.to_vec(), "doorplate") {
                prop_assert!(shown.insert(id, (tile, values["code"].clone())).is_none(), "{id} twice");
            }
        }
        let expected: BTreeMap<u64, (TileCoord, Value)> = features
            .iter()
            .map(|feature| {
                let code = feature.content.properties["code"].as_str().unwrap().to_owned();
                (feature.id.get(), (TileCoord::holding(zoom, at(feature).into()), Value::String(code)))
            })
            .collect();
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn a_cluster_falls_apart_at_its_expansion_zoom(
        points in prop::collection::vec((112.7..112.8_f64, 30.3..30.4_f64), 2..60),
    ) {
        let snapshot = Snapshot::build(small_catalogue(), plates(&points), Revision(1));
        let layer = layer_of(&snapshot, "doorplate");
        let below = snapshot.catalogue().layers[layer].cluster.as_ref().unwrap().below;
        for tile in tiles_of(&points, 9) {
            for (_, values, _) in decode(render(&snapshot, &[layer], tile, PLENTY).bytes.to_vec(), "doorplate") {
                let Some(expansion) = values.get("expansion_zoom") else { continue };
                let expansion = number(expansion) as u8;
                if expansion >= below { continue; }
                // One zoom before it is still whole: some cluster there has no smaller count.
                let whole = |zoom: u8| {
                    tiles_of(&points, zoom)
                        .into_iter()
                        .flat_map(|tile| decode(render(&snapshot, &[layer], tile, PLENTY).bytes.to_vec(), "doorplate"))
                        .any(|(_, other, _)| other.get("count") == values.get("count"))
                };
                prop_assert!(whole(expansion - 1));
            }
        }
    }
}

#[test]
fn a_tile_carries_ids_and_values_of_its_features() {
    let snapshot = Snapshot::build(small_catalogue(), plates(&[(112.9, 30.4), (112.9001, 30.4001)]), Revision(1));
    let layer = layer_of(&snapshot, "doorplate");
    let tile = TileCoord::holding(16, WorldXy::from(LonLat::new(112.9, 30.4).unwrap()));
    let features = decode(render(&snapshot, &[layer], tile, PLENTY).bytes.to_vec(), "doorplate");
    let mut codes: Vec<_> = features.iter().map(|(id, values, _)| (*id, values["code"].clone())).collect();
    codes.sort_by_key(|(id, _)| *id);
    assert_eq!(codes, [(1, Value::String("P0".into())), (2, Value::String("P1".into()))]);
    assert_eq!(features[0].1["address"], Value::String("湖北省潜江市示例路0号".into()));
}

#[test]
fn a_tile_over_its_budget_keeps_the_highest_priority_and_says_so() {
    let points: Vec<_> = (0..2000).map(|i| (112.9 + f64::from(i) * 1e-6, 30.4)).collect();
    let snapshot = Snapshot::build(small_catalogue(), plates(&points), Revision(1));
    let layer = layer_of(&snapshot, "doorplate");
    let tile = TileCoord::holding(15, WorldXy::from(LonLat::new(112.9005, 30.4).unwrap()));
    let full = render(&snapshot, &[layer], tile, PLENTY);
    assert!(full.thinned.is_empty());
    let budget = full.bytes.len() / 4;
    let thinned = render(&snapshot, &[layer], tile, budget);
    assert!(thinned.bytes.len() <= budget + 1024, "{} of {budget}", thinned.bytes.len());
    assert_eq!(thinned.bytes, render(&snapshot, &[layer], tile, budget).bytes, "thinning is deterministic");
    let note = &thinned.thinned[0];
    assert!(note.kept < note.total);
    let flagged = decode(thinned.bytes.to_vec(), "_thinned");
    assert_eq!(number(&flagged[0].1["kept"]), u64::from(note.kept));
    let kept: BTreeSet<u64> = decode(thinned.bytes.to_vec(), "doorplate").into_iter().map(|(id, ..)| id).collect();
    let lowest_kept = kept.iter().map(|id| (id - 1) % 4).min().unwrap();
    assert!(lowest_kept >= 2, "features of priority 0 and 1 go before those of 2 and 3");
}

#[test]
fn neighbours_keep_the_same_vertices_of_their_border_at_every_zoom() {
    let wiggle: Vec<(f64, f64)> =
        (0..=200).map(|i| (112.8 + (f64::from(i) * 0.7).sin() * 0.002, 30.3 + f64::from(i) * 0.001)).collect();
    let (bottom, top) = (wiggle[0], wiggle[200]);
    let polygon = |ring: Vec<(f64, f64)>| Geometry::new(geo_types::Polygon::new(ring.into(), vec![]).into()).unwrap();
    let mut west = wiggle.clone();
    west.extend([(112.6, top.1), (112.6, bottom.1), bottom]);
    let mut east: Vec<_> = wiggle.iter().rev().copied().collect();
    east.extend([(113.0, bottom.1), (113.0, top.1), top]);
    let features = vec![
        feature(1, "village", polygon(west), Properties::new()),
        feature(2, "village", polygon(east), Properties::new()),
    ];
    let snapshot = Snapshot::build(small_catalogue(), features, Revision(1));
    let layer = layer_of(&snapshot, "village");
    let min = snapshot.catalogue().layers[layer].zoom.min;
    let mut vertices_by_zoom = Vec::new();
    for zoom in min..14 {
        let tile = TileCoord::holding(zoom, WorldXy::from(LonLat::new(112.8, 30.4).unwrap()));
        let shapes = decode(render(&snapshot, &[layer], tile, PLENTY).bytes.to_vec(), "village");
        assert_eq!(shapes.len(), 2);
        let ring = |i: usize| -> BTreeSet<(i32, i32)> {
            let polygon: geo_types::MultiPolygon<f32> = match shapes[i].2.clone() {
                geo_types::Geometry::Polygon(polygon) => vec![polygon].into(),
                geo_types::Geometry::MultiPolygon(polygons) => polygons,
                other => panic!("{other:?}"),
            };
            polygon.0[0].exterior().0.iter().map(|c| (c.x as i32, c.y as i32)).collect()
        };
        let (a, b) = (ring(0), ring(1));
        // Vertices strictly inside the tile's window, away from outer corners, belong to the border.
        let on_border = |ring: &BTreeSet<(i32, i32)>, other: &BTreeSet<(i32, i32)>| {
            ring.difference(other).filter(|(x, y)| (-63..4159).contains(x) && (-63..4159).contains(y)).count()
        };
        let outer_corners = 2;
        assert!(on_border(&a, &b) <= outer_corners && on_border(&b, &a) <= outer_corners, "zoom {zoom}");
        vertices_by_zoom.push(a.intersection(&b).count());
    }
    assert!(vertices_by_zoom[0] < vertices_by_zoom[2], "low zooms have fewer vertices: {vertices_by_zoom:?}");
}

#[test]
fn tiles_outside_the_matrix_are_refused() {
    assert_eq!(
        TileCoord::parse("3", "8", "0"),
        Err(InvalidTile::OutsideMatrix { zoom: 3, column: 8, row: 0, last_column: 7, last_row: 7 })
    );
    assert_eq!(TileCoord::parse("23", "0", "0"), Err(InvalidTile::Zoom { zoom: 23 }));
    for (z, x, y) in [("-1", "0", "0"), ("a", "0", "0"), ("1", "", "0"), ("1", "0", "0x"), ("99999999999999", "0", "0")]
    {
        assert!(matches!(TileCoord::parse(z, x, y), Err(InvalidTile::Syntax { .. } | InvalidTile::Zoom { .. })));
    }
}

#[test]
fn an_edit_renames_only_the_tiles_it_touches() {
    let points = [(112.6, 30.2), (112.9, 30.5)];
    let snapshot = Arc::new(Snapshot::build(small_catalogue(), plates(&points), Revision(1)));
    let layer = layer_of(&snapshot, "doorplate");
    let moved = moved_to(plates(&points).remove(0), (112.6005, 30.2005), Revision(2));
    let next = snapshot.apply(&[commit_of(&moved)]);
    let revision = |snapshot: &Snapshot, (lon, lat): (f64, f64)| {
        let tile = TileCoord::holding(15, WorldXy::from(LonLat::new(lon, lat).unwrap()));
        AnyTile::from(tile).revision(snapshot, &[layer])
    };
    assert_eq!(revision(&next, points[0]), Revision(2));
    assert_eq!(revision(&next, points[1]), Revision(1));
}
