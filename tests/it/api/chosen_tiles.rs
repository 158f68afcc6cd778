//! Tiles of what a question chooses, and of counts by area, judged by another decoder and by what items count.

use std::collections::BTreeMap;

use mvt_reader::Reader;
use mvt_reader::feature::{Feature, Value as Told};
use serde_json::Value;

use crate::support::{PLATES, TestApp, VILLAGES};

/// All features of a layer in the tiles of a level, over the limits that the tileset names.
async fn over_tiles(server: &TestApp, set: &str, level: u64, query: &str) -> Vec<Feature> {
    let tileset = server.json(&format!("/collections/doorplate/tiles/{set}")).await;
    let name = level.to_string();
    let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
    let limits = limits.iter().find(|limit| limit["tileMatrix"].as_str() == Some(&name)).unwrap();
    let number = |key: &str| limits[key].as_u64().unwrap();
    let mut found = Vec::new();
    for row in number("minTileRow")..=number("maxTileRow") {
        for column in number("minTileCol")..=number("maxTileCol") {
            let path = format!("/collections/doorplate/tiles/{set}/{level}/{row}/{column}?{query}");
            found.extend(features(server, &path, "doorplate").await);
        }
    }
    found
}

async fn features(server: &TestApp, path: &str, layer: &str) -> Vec<Feature> {
    let answer = server.get(path).await;
    assert!(matches!(answer.status, 200 | 204), "{path}: {}", answer.text());
    if answer.status == 204 {
        return Vec::new();
    }
    let reader = Reader::new(answer.body.clone()).unwrap();
    let at = reader.get_layer_names().unwrap().iter().position(|name| name == layer);
    at.map(|at| reader.get_features(at).unwrap()).unwrap_or_default()
}

fn number(feature: &Feature, key: &str) -> Option<u64> {
    match feature.properties.as_ref()?.get(key)? {
        Told::UInt(number) => Some(*number),
        Told::Int(number) | Told::SInt(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_of_a_question_hold_just_what_items_find() {
    let server = TestApp::start().await;
    for question in ["filter=status%3D%27mounted%27", "division=429005001001", "q=%E8%B7%AF&filter=number%20%3E%205"] {
        let matched =
            server.json(&format!("/collections/doorplate/items?limit=1&{question}")).await["numberMatched"].clone();
        assert_ne!(matched, 0, "{question}");
        for set in ["WebMercatorQuad", "CGCS2000Quad"] {
            for level in [9, 12, 15] {
                let found = over_tiles(&server, set, level, question).await;
                let count: u64 = found.iter().map(|one| number(one, "count").unwrap_or(1)).sum();
                assert_eq!(matched, count, "{set} {level} {question}");
            }
        }
    }
    let both = "/tiles/doorplate,village/10/832/421";
    let here = format!("{both}?division=429005001001");
    for layer in ["doorplate", "village"] {
        let (all, some) = (features(&server, both, layer).await.len(), features(&server, &here, layer).await.len());
        assert!(0 < some && some < all, "{layer}: {some} of {all}");
    }
    let ours = server.get("/tiles/doorplate/14/13330/6740?filter=status%3D%27mounted%27").await;
    let standard = "/collections/doorplate/tiles/WebMercatorQuad/14/6740/13330?filter=status%3D%27mounted%27";
    assert_eq!(ours.body, server.get(standard).await.body);
    let tag = ours.header("etag").to_owned();
    assert_eq!(server.ask("GET", standard, &[("if-none-match", &tag)]).await.status, 304);
}

#[tokio::test]
async fn a_condition_that_cannot_choose_is_refused() {
    let server = TestApp::start().await;
    for (path, code) in [
        ("/tiles/doorplate,village/14/13330/6740?filter=status%3D%27made%27", "filter.invalid"),
        ("/tiles/doorplate/14/13330/6740?filter=colour%3D1", "filter.invalid"),
        ("/tiles/doorplate/14/13330/6740?filter-lang=cql2-text", "parameter.invalid"),
        ("/collections/doorplate/tiles/CGCS2000Quad/12/678/3330?status=mounted", "parameter.invalid"),
        ("/collections/doorplate/aggregate/tiles/9/416/210", "parameter.invalid"),
        ("/collections/doorplate/aggregate/tiles/9/416/210?by=status", "parameter.invalid"),
        ("/collections/doorplate/aggregate/tiles/9/416/210?by=village&limit=3", "parameter.invalid"),
    ] {
        server.get(path).await.problem(400, code);
    }
    server.get("/collections/doorplate/aggregate/tiles/3/416/210?by=village").await.problem(404, "tile.outside_matrix");
}

/// What the tiles of a level tell of each area.
async fn told(server: &TestApp, query: &str) -> BTreeMap<String, Feature> {
    let mut told = BTreeMap::new();
    // Zoom 9 around the town, with its neighbours.
    for (x, y) in (415..=417).flat_map(|x| (209..=211).map(move |y| (x, y))) {
        let path = format!("/collections/doorplate/aggregate/tiles/9/{x}/{y}?{query}");
        for feature in features(server, &path, "groups").await {
            let Told::String(key) = feature.properties.as_ref().unwrap()["key"].clone() else { panic!("{feature:?}") };
            told.insert(key, feature);
        }
    }
    told
}

#[tokio::test]
async fn areas_tell_what_groups_and_items_count() {
    let server = TestApp::start().await;
    for (by, question) in
        [("village", ""), ("township", "&filter=status%3D%27mounted%27"), ("cell", ""), ("village", "&status=made")]
    {
        let groups = server.json(&format!("/collections/doorplate/aggregate?by={by}&value=priority{question}")).await;
        let areas = told(&server, &format!("by={by}&value=priority{question}")).await;
        let groups: BTreeMap<&str, &Value> = groups["groups"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|group| Some((group["key"].as_str()?, group)))
            .collect();
        for (key, area) in &areas {
            let expected = groups.get(key.as_str()).map_or(0, |group| group["count"].as_u64().unwrap());
            assert_eq!(number(area, "count"), Some(expected), "{by}{question} {key}");
            if let Some(sum) = groups.get(key.as_str()).and_then(|group| group["sum"].as_f64()) {
                let told = match &area.properties.as_ref().unwrap()["sum"] {
                    Told::Double(sum) => *sum,
                    Told::Float(sum) => f64::from(*sum),
                    other => panic!("{other:?}"),
                };
                assert!((told - sum).abs() <= 1e-6 * sum.abs(), "{by}{question} {key}: {told} {sum}");
            }
        }
        assert!(groups.keys().all(|key| areas.contains_key(*key)), "{by}{question}: every group has an area");
        if by == "village" {
            assert_eq!(areas.len(), VILLAGES.len(), "villages with nothing in them are there, too");
        }
    }
    let all: u64 = told(&server, "by=township").await.values().filter_map(|area| number(area, "count")).sum();
    assert_eq!(all, PLATES as u64);
    let path = "/collections/doorplate/aggregate/tiles/9/416/210?by=village";
    let tag = server.get(path).await.header("etag").to_owned();
    assert_eq!(server.ask("GET", path, &[("if-none-match", &tag)]).await.status, 304);
}

#[tokio::test]
async fn hidden_counts_are_hidden_in_areas() {
    let server = TestApp::start().await;
    let path = "/collections/population/aggregate";
    let listed = server.json(&format!("{path}?by=village&value=persons")).await;
    let sums: BTreeMap<&str, bool> = listed["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["key"].as_str().unwrap(), group.get("sum").is_some()))
        .collect();
    assert!(sums.values().any(|told| *told) && sums.values().any(|told| !*told), "some are hidden: {listed}");
    for (x, y) in (415..=417).flat_map(|x| (209..=211).map(move |y| (x, y))) {
        for area in features(&server, &format!("{path}/tiles/9/{x}/{y}?by=village&value=persons"), "groups").await {
            let properties = area.properties.unwrap();
            let Told::String(key) = &properties["key"] else { panic!() };
            assert_eq!(properties.contains_key("sum"), sums.get(key.as_str()).copied().unwrap_or(false), "{key}");
        }
    }
}
