//! `/collections/{layer}/export`: the same features as `/items`, as one file, for whoever may see them.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{TestApp, VILLAGES, grant};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_what_the_same_question_of_items_finds() {
    let server = TestApp::start().await;
    for question in [
        String::new(),
        "&bbox=112.7,30.3,112.8,30.4".to_owned(),
        format!("&division={}", VILLAGES[1].0),
        "&status=damaged".to_owned(),
        "&filter=number%20%3E%20100&sortby=-number".to_owned(),
    ] {
        let items = server.json(&format!("/collections/doorplate/items?limit=1000{question}")).await;
        let answer = server.get(&format!("/collections/doorplate/export?f=geojson{question}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/geo+json");
        let revision = answer.header("platbook-revision");
        let name = format!("attachment; filename=\"doorplate-r{revision}.geojson\"");
        assert_eq!(answer.header("content-disposition"), name);
        let file = answer.json();
        let plain = |features: &Value| -> Vec<Value> {
            features.as_array().unwrap().iter().map(|one| one["properties"].clone()).collect()
        };
        assert_eq!(plain(&file["features"]), plain(&items["features"]), "{question}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_comes_with_its_media_type_and_is_linked_from_the_layer() {
    let server = TestApp::start().await;
    let layer = server.json("/collections/doorplate").await;
    let links: Vec<&Value> =
        layer["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "enclosure").collect();
    assert_eq!(links.len(), 9);
    for link in links {
        let address = link["href"].as_str().unwrap();
        let path = &address[address.find("/collections").unwrap()..];
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), link["type"], "{path}");
        assert!(answer.header("access-control-allow-origin") == "*" && !answer.body.is_empty(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_shows_what_its_reader_may_see_and_a_map_of_then_is_the_map_of_then() {
    let server = TestApp::guarded().await;
    assert_eq!(server.get("/collections/network-node/export?f=csv").await.status, 404);
    let viewer = server.bearer("viewer", vec![grant("viewer", None, VILLAGES[0].0)]).await;
    let whole = server.bearer("whole", vec![grant("viewer", None, "429005")]).await;
    let lines = |bearer: String| {
        let server = &server;
        async move {
            let answer =
                server.ask("GET", "/collections/population/export?f=ndjson", &[("authorization", &bearer)]).await;
            assert_eq!(answer.status, 200);
            assert!(answer.header("cache-control").starts_with("private"));
            answer.text().lines().count()
        }
    };
    assert_eq!((lines(viewer).await, lines(whole).await), (1, 4));
    let before = server.get("/collections/doorplate/export?f=ndjson&datetime=2001-01-01").await;
    assert_eq!((before.status, before.text().len()), (200, 0), "nothing was on the map then");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_said_before_anything_is_sent() {
    let server = TestApp::start().await;
    let ask = |query: &str| {
        let path = format!("/collections/doorplate/export?{query}");
        let server = &server;
        async move { server.get(&path).await.problem(400, "parameter.invalid") }
    };
    let missing = ask("").await;
    assert!(missing["detail"].as_str().unwrap().contains("geojson, jsonfg"), "{missing}");
    assert_eq!(ask("f=dwg").await["parameter"], "f");
    assert_eq!(ask("f=csv&limit=5").await["parameter"], "limit");
    assert_eq!(ask("f=csv&encoding=gbk").await["parameter"], "encoding");
    assert_eq!(ask("f=kml&crs=http://www.opengis.net/def/crs/EPSG/0/4547").await["parameter"], "crs");
    assert_eq!(ask("f=csv&colour=red").await["parameter"], "colour");
    assert_eq!(ask("f=csv&bom=perhaps").await["parameter"], "bom");
    server.get("/collections/doorplate/export?f=csv&filter=colour=1").await.problem(400, "filter.invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_geopackage_is_sound_and_its_index_finds_what_it_has() {
    let server = TestApp::start().await;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("plates.gpkg");
    let crs = "http://www.opengis.net/def/crs/EPSG/0/4547";
    let answer = server.get(&format!("/collections/doorplate/export?f=gpkg&crs={crs}")).await;
    fs::write(&path, &answer.body).unwrap();
    let database = rusqlite::Connection::open(&path).unwrap();
    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(one("PRAGMA integrity_check"), "ok");
    assert_eq!(one("SELECT group_concat(srs_id) FROM gpkg_contents"), "4547");
    let features: i64 = database.query_row("SELECT count(*) FROM doorplate", [], |row| row.get(0)).unwrap();
    let indexed: i64 = database.query_row("SELECT count(*) FROM rtree_doorplate_geom", [], |row| row.get(0)).unwrap();
    assert_eq!((features, indexed), (137, 137));
}
