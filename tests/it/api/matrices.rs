//! OGC API – Tiles: tile matrix sets, tilesets, and tiles of grids in metres and in degrees, judged by 天地图's own
//! numbers and by another decoder.

use std::collections::BTreeSet;

use mvt_reader::Reader;
use serde_json::Value;

use crate::support::{PLATES, TestApp};

/// The units along a side of a tile.
const EXTENT: f64 = 4096.0;

#[tokio::test]
async fn the_sets_are_defined_as_the_standard_and_tianditu_have_them() {
    let server = TestApp::start().await;
    let listed = server.json("/tileMatrixSets").await;
    let ids: Vec<&str> =
        listed["tileMatrixSets"].as_array().unwrap().iter().map(|set| set["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad"]);
    let first = |set: &Value| set["tileMatrices"][0].clone();
    // OGC 17-083r4, annex D, tables D.1 and D.2.
    let mercator = first(&server.json("/tileMatrixSets/WebMercatorQuad").await);
    let near = |number: &Value, expected: f64| (number.as_f64().unwrap() / expected - 1.0).abs() < 1e-9;
    assert!(near(&mercator["scaleDenominator"], 559_082_264.028_717_8), "{mercator}");
    assert!(near(&mercator["cellSize"], 156_543.033_928_041), "{mercator}");
    let degrees = first(&server.json("/tileMatrixSets/WorldCRS84Quad").await);
    assert!(near(&degrees["scaleDenominator"], 279_541_132.014_358_76), "{degrees}");
    assert_eq!((&degrees["matrixWidth"], &degrees["matrixHeight"]), (&2.into(), &1.into()));
    assert_eq!(degrees["cellSize"], 0.703_125);

    let ours = server.json("/tileMatrixSets/CGCS2000Quad").await;
    assert_eq!(ours["crs"], "http://www.opengis.net/def/crs/EPSG/0/4490");
    let mut judged = 0;
    for row in csv::Reader::from_path("tests/data/standards/tianditu_tiles.csv").unwrap().records() {
        let row = row.unwrap();
        if &row[0] != "c" {
            continue;
        }
        let number = |i: usize| row[i].parse::<f64>().unwrap();
        let matrices = ours["tileMatrices"].as_array().unwrap();
        let matrix = matrices.iter().find(|matrix| matrix["id"] == row[1]).unwrap();
        let side = matrix["cellSize"].as_f64().unwrap() * 256.0;
        let [north, west] = [0, 1].map(|i| matrix["pointOfOrigin"][i].as_f64().unwrap());
        let (column, tile_row) = (((number(2) - west) / side).floor(), ((north - number(3)) / side).floor());
        assert_eq!((column, tile_row), (number(4), number(5)), "{row:?}");
        judged += 1;
    }
    assert!(judged >= 5);
    server.get("/tileMatrixSets/GoogleMapsCompatible").await.problem(404, "tile.unknown_matrix_set");
}

/// A tile, decoded by another's reader.
async fn tile(server: &TestApp, set: &str, level: u64, row: u64, column: u64) -> Option<Reader> {
    let path = format!("/collections/doorplate/tiles/{set}/{level}/{row}/{column}");
    let answer = server.get(&path).await;
    match answer.status {
        204 => None,
        200 => {
            assert_eq!(answer.header("content-type"), "application/vnd.mapbox-vector-tile");
            Some(Reader::new(answer.body.clone()).unwrap())
        }
        other => panic!("{path}: {other} {}", answer.text()),
    }
}

fn features(reader: &Reader, name: &str) -> Vec<mvt_reader::feature::Feature> {
    let Some(at) = reader.get_layer_names().unwrap().iter().position(|layer| layer == name) else { return Vec::new() };
    reader.get_features(at).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_plate_is_in_one_tile_of_a_level_where_it_is() {
    let server = TestApp::start().await;
    for (set, level, first_level) in [("CGCS2000Quad", 15_u64, 1_u64), ("WorldCRS84Quad", 14, 0)] {
        let tileset = server.json(&format!("/collections/doorplate/tiles/{set}")).await;
        let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
        let name = level.to_string();
        let of_level = limits.iter().find(|limit| limit["tileMatrix"].as_str() == Some(&name)).unwrap();
        let range = |least: &str, most: &str| of_level[least].as_u64().unwrap()..=of_level[most].as_u64().unwrap();
        let side = 180.0 / f64::from(1 << (level - first_level));
        let mut seen = BTreeSet::new();
        for row in range("minTileRow", "maxTileRow") {
            for column in range("minTileCol", "maxTileCol") {
                let Some(reader) = tile(&server, set, level, row, column).await else { continue };
                for feature in features(&reader, "doorplate") {
                    let id = feature.id.unwrap();
                    assert!(seen.insert(id), "{set}: {id} twice");
                    let item = server.json(&format!("/collections/doorplate/items/{id}")).await;
                    let at = |i: usize| item["geometry"]["coordinates"][i].as_f64().unwrap();
                    let geo_types::Geometry::MultiPoint(points) = &feature.geometry else { panic!("{feature:?}") };
                    let place = points.0[0];
                    let lon = column as f64 * side - 180.0 + f64::from(place.x()) / EXTENT * side;
                    let lat = 90.0 - row as f64 * side - f64::from(place.y()) / EXTENT * side;
                    let unit = side / EXTENT;
                    assert!((lon - at(0)).abs() <= unit && (lat - at(1)).abs() <= unit, "{set} {id}: {lon} {lat}");
                }
            }
        }
        assert_eq!(seen.len(), PLATES, "{set}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_of_a_level_count_every_plate_once() {
    let server = TestApp::start().await;
    for level in [9, 11, 13] {
        let tileset = server.json("/collections/doorplate/tiles/CGCS2000Quad").await;
        let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
        let name = level.to_string();
        let of_level = limits.iter().find(|limit| limit["tileMatrix"].as_str() == Some(&name)).unwrap();
        let range = |least: &str, most: &str| of_level[least].as_u64().unwrap()..=of_level[most].as_u64().unwrap();
        let mut counted = 0;
        for row in range("minTileRow", "maxTileRow") {
            for column in range("minTileCol", "maxTileCol") {
                let Some(reader) = tile(&server, "CGCS2000Quad", level, row, column).await else { continue };
                for feature in features(&reader, "doorplate") {
                    counted += match feature.properties.unwrap().get("count") {
                        Some(mvt_reader::feature::Value::UInt(count)) => *count as usize,
                        _ => 1,
                    };
                }
            }
        }
        assert_eq!(counted, PLATES, "level {level}");
    }
}

#[tokio::test]
async fn a_tile_of_web_mercator_is_the_one_that_the_map_has() {
    let server = TestApp::start().await;
    let ours = server.get("/tiles/doorplate/14/13330/6740").await;
    let standard = server.get("/collections/doorplate/tiles/WebMercatorQuad/14/6740/13330").await;
    assert_eq!((ours.status, &ours.body), (standard.status, &standard.body));
    let villages = "/collections/village/tiles/CGCS2000Quad/12/678/3330";
    let answer = server.get(villages).await;
    let tag = answer.header("etag").to_owned();
    assert_eq!(server.ask("GET", villages, &[("if-none-match", &tag)]).await.status, 304);
    let reader = Reader::new(answer.body.clone()).unwrap();
    assert!(!features(&reader, "village").is_empty());
}

#[tokio::test]
async fn a_tileset_says_what_is_in_it_and_where_its_tiles_are() {
    let server = TestApp::start().await;
    let list = server.json("/collections/village/tiles").await;
    let sets: Vec<&str> =
        list["tilesets"].as_array().unwrap().iter().map(|set| set["tileMatrixSetURI"].as_str().unwrap()).collect();
    assert!(sets[0].ends_with("/OGC/1.0/WebMercatorQuad") && sets[2].ends_with("/tileMatrixSets/CGCS2000Quad"));
    let tileset = server.json("/collections/village/tiles/WorldCRS84Quad").await;
    assert_eq!((&tileset["dataType"], &tileset["layers"][0]["id"]), (&"vector".into(), &"village".into()));
    let item = tileset["links"].as_array().unwrap().iter().find(|link| link["rel"] == "item").unwrap();
    let template = item["href"].as_str().unwrap();
    assert!(template.ends_with("/tiles/WorldCRS84Quad/{tileMatrix}/{tileRow}/{tileCol}") && item["templated"] == true);
    for (path, code) in [
        ("/collections/village/tiles/WorldCRS84Quad/3/8/0", "tile.outside_matrix"),
        ("/collections/village/tiles/CGCS2000Quad/0/0/0", "tile.outside_matrix"),
        ("/collections/village/tiles/CGCS2000Quad/30/0/0", "tile.outside_matrix"),
        ("/collections/village/tiles/What/3/1/0", "tile.unknown_matrix_set"),
        ("/collections/villages/tiles", "layer.not_found"),
    ] {
        server.get(path).await.problem(404, code);
    }
    server.get("/collections/village/tiles/CGCS2000Quad/a/0/0").await.problem(400, "parameter.invalid");
    server.get("/collections/village/tiles/CGCS2000Quad/9/84/416?f=png").await.problem(400, "parameter.invalid");
}
