//! What differs between two moments, as a query and as tiles.

use std::collections::BTreeMap;

use mvt_reader::Reader;
use mvt_reader::feature::Value as TileValue;
use platbook::domain::LonLat;
use platbook::tiles::TileCoord;
use serde_json::{Value, json};

use super::edits::plate;
use crate::support::{TestApp, grant};

const ITEMS: &str = "/collections/doorplate/items";

struct Scene {
    server: TestApp,
    editor: String,
}

impl Scene {
    async fn start() -> Self {
        let server = TestApp::guarded().await;
        let editor = server.bearer("editor", vec![grant("editor", None, "429005")]).await;
        Self { server, editor }
    }

    async fn make(&self, serial: u32, lon: f64) -> u64 {
        let headers = [("authorization", self.editor.as_str())];
        let made = self.server.send("POST", ITEMS, &headers, Some(&plate(serial, lon))).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_u64().unwrap()
    }

    async fn patch(&self, id: u64, patch: Value) {
        let headers = [("authorization", self.editor.as_str())];
        let patched = self.server.send("PATCH", &format!("{ITEMS}/{id}"), &headers, Some(&patch)).await;
        assert_eq!(patched.status, 200, "{}", patched.text());
    }

    async fn delete(&self, id: u64) {
        let headers = [("authorization", self.editor.as_str())];
        let deleted = self.server.send("DELETE", &format!("{ITEMS}/{id}"), &headers, None).await;
        assert!(deleted.status < 300, "{}", deleted.text());
    }

    async fn compare(&self, query: &str) -> Value {
        let headers = [("authorization", self.editor.as_str()), ("accept-language", "en")];
        let answer = self.server.ask("GET", &format!("/compare?{query}"), &headers).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.json()
    }

    /// The ids, what became of them, and whether that is where they were, in a tile of zoom 14.
    async fn tile(&self, lon: f64, query: &str) -> Vec<(u64, String, bool)> {
        let tile = TileCoord::holding(14, LonLat::new(lon, 30.36).unwrap().into());
        let path = format!("/compare/tiles/doorplate/{tile}?{query}");
        let answer = self.server.ask("GET", &path, &[("authorization", self.editor.as_str())]).await;
        if answer.status == 204 {
            return Vec::new();
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let features = Reader::new(answer.body).unwrap().get_features(0).unwrap();
        let mut told: Vec<_> = features
            .into_iter()
            .map(|feature| {
                let values = feature.properties.unwrap();
                let TileValue::String(change) = &values["change"] else { panic!("{values:?}") };
                (feature.id.unwrap(), change.clone(), values["was"] == TileValue::Bool(true))
            })
            .collect();
        told.sort();
        told
    }
}

fn told(body: &Value) -> BTreeMap<u64, (String, Vec<String>)> {
    let changes = body["changes"].as_array().unwrap().iter();
    let fields = |one: &Value| serde_json::from_value(one["fields"].clone()).unwrap();
    changes
        .map(|one| (one["id"].as_u64().unwrap(), (one["change"].as_str().unwrap().to_owned(), fields(one))))
        .collect()
}

#[tokio::test]
async fn each_feature_is_told_once_with_what_became_of_it() {
    let scene = Scene::start().await;
    let (moved, changed, removed) =
        (scene.make(1, 112.75).await, scene.make(2, 112.751).await, scene.make(3, 112.752).await);
    let back = scene.make(4, 112.753).await;
    let from = jiff::Timestamp::now();
    let elsewhere = json!({ "type": "Point", "coordinates": [112.7601, 30.36] });
    scene.patch(moved, json!({ "geometry": elsewhere, "properties": { "status": "made" } })).await;
    scene.patch(changed, json!({ "properties": { "status": "mounted" } })).await;
    scene.delete(removed).await;
    scene.patch(back, json!({ "properties": { "status": "mounted" } })).await;
    scene.patch(back, json!({ "properties": { "status": "planned" } })).await;
    let added = scene.make(5, 112.754).await;
    let gone = scene.make(6, 112.755).await;
    scene.delete(gone).await;

    let body = scene.compare(&format!("from={from}")).await;
    // What moved has another status, too: it counts for both.
    assert_eq!(body["counts"], json!({ "added": 1, "moved": 1, "changed": 2, "removed": 1 }));
    let all = told(&body);
    assert_eq!(
        all.keys().copied().collect::<Vec<_>>(),
        [moved, changed, removed, added],
        "what was put back is the same"
    );
    assert_eq!(all[&moved], ("moved".to_owned(), vec!["geometry".to_owned(), "status".to_owned()]));
    assert_eq!(all[&changed], ("changed".to_owned(), vec!["status".to_owned()]));
    let was = &body["changes"][2];
    assert_eq!(
        (&was["change"], &was["after"], &was["before"]["id"]),
        (&json!("removed"), &Value::Null, &json!(removed))
    );

    let order = |one: &str, other: &str| format!("from={one}&to={other}");
    let now = jiff::Timestamp::now().to_string();
    let (there, back) =
        (scene.compare(&order(&from.to_string(), &now)).await, scene.compare(&order(&now, &from.to_string())).await);
    assert_eq!(there, back, "moments in the wrong order are put right");

    let tile = scene.tile(112.7501, &format!("from={from}")).await;
    let word = |id: u64, change: &str, was: bool| (id, change.to_owned(), was);
    let mut expected = vec![
        word(moved, "moved", true),
        word(moved, "moved", false),
        word(changed, "changed", false),
        word(removed, "removed", true),
        word(added, "added", false),
    ];
    expected.sort();
    assert_eq!(tile, expected);
    assert_eq!(scene.tile(113.2, &format!("from={from}")).await, []);
}

#[tokio::test]
async fn a_box_a_layer_and_pages_narrow_what_is_told() {
    let scene = Scene::start().await;
    let from = jiff::Timestamp::now();
    let mut made = Vec::new();
    for serial in 0..5 {
        made.push(scene.make(10 + serial, 112.75 + f64::from(serial) * 0.001).await);
    }
    let boxed = scene.compare(&format!("from={from}&bbox=112.7505,30.3,112.7525,30.4")).await;
    assert_eq!(told(&boxed).keys().copied().collect::<Vec<_>>(), made[1..3]);
    assert_eq!(boxed["counts"]["added"], 2);
    assert_eq!(scene.compare(&format!("from={from}&layer=village")).await["counts"]["added"], 0);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = scene.compare(&format!("from={from}&limit=2{cursor}")).await;
        assert_eq!(page["counts"]["added"], 5, "counts are of all pages");
        seen.extend(told(&page).into_keys());
        let Some(next) = page["next"].as_u64() else { break };
        cursor = format!("&after={next}");
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn who_may_not_see_a_feature_is_not_told_of_it() {
    let scene = Scene::start().await;
    let from = jiff::Timestamp::now();
    scene.make(20, 112.75).await;
    let elsewhere = scene.server.bearer("elsewhere", vec![grant("viewer", None, "429005002")]).await;
    let path = format!("/compare?from={from}&layer=network-node");
    let public = scene.server.ask("GET", &format!("/compare?from={from}"), &[("authorization", &elsewhere)]).await;
    assert_eq!(public.json()["counts"]["added"], 1, "doorplates are public");
    scene.server.get(&path).await.problem(404, "layer.not_found");
    scene.server.get("/compare").await.problem(400, "parameter.invalid");
    scene.server.get("/compare?from=yesterday").await.problem(400, "parameter.invalid");
}
