//! Schemas of features, filters and orders (OGC API – Features Part 5).

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn every_layer_tells_what_it_has_may_be_asked_and_is_sorted_by() {
    let server = TestApp::start().await;
    let collections = server.json("/collections").await;
    let layers = collections["collections"].as_array().unwrap().iter().filter(|one| one["itemType"] == "feature");
    for layer in layers {
        for (name, has_place) in [("schema", true), ("queryables", true), ("sortables", false)] {
            let rel = format!("http://www.opengis.net/def/rel/ogc/1.0/{name}");
            let link = layer["links"].as_array().unwrap().iter().find(|link| link["rel"] == rel.as_str()).unwrap();
            let href = link["href"].as_str().unwrap();
            let answer = server.get(href.strip_prefix(&server.base).unwrap()).await;
            assert_eq!(answer.header("content-type"), "application/schema+json", "{href}");
            let schema = answer.json();
            jsonschema::validator_for(&schema).unwrap();
            assert_eq!((&schema["$id"], &schema["type"]), (&json!(href), &json!("object")));
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            let properties = schema["properties"].as_object().unwrap();
            let of_role = |role: &str| properties.values().filter(|one| one["x-ogc-role"] == role).count();
            assert_eq!((of_role("id"), of_role("primary-geometry")), (1, usize::from(has_place)), "{href}");
            for (property, told) in properties {
                let is_place = told["x-ogc-role"] == "primary-geometry";
                assert_eq!(told.get("type").is_none(), is_place, "{href} {property}");
                assert!(!is_place || told["format"].as_str().unwrap().starts_with("geometry-"), "{href}");
            }
            let mut places: Vec<u64> =
                properties.values().filter_map(|one| one["x-ogc-propertySeq"].as_u64()).collect();
            let told = places.len();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), told, "no two stand at one place");
        }
    }
}

#[tokio::test]
async fn what_is_not_told_cannot_be_asked_or_sorted_by() {
    let server = TestApp::start().await;
    let sortables = server.json("/collections/doorplate/sortables").await;
    assert_eq!(sortables["additionalProperties"], false);
    let names: Vec<&String> = sortables["properties"].as_object().unwrap().keys().collect();
    for name in names {
        let answer = server.get(&format!("/collections/doorplate/items?limit=1&sortby={name}")).await;
        assert_eq!(answer.status, 200, "{name}");
    }
    assert_eq!(server.get("/collections/doorplate/items?sortby=geometry").await.status, 400);
    assert_eq!(server.get("/collections/doorplate/items?sortby=colour").await.status, 400);
}

#[tokio::test]
async fn features_hold_to_the_schema_that_is_told() {
    let server = TestApp::start().await;
    for layer in ["doorplate", "village", "road"] {
        let schema = server.json(&format!("/collections/{layer}/schema")).await;
        let validator = jsonschema::validator_for(&schema).unwrap();
        let page = server.json(&format!("/collections/{layer}/items?limit=50")).await;
        for feature in page["features"].as_array().unwrap() {
            let mut all = feature["properties"].clone();
            all["id"] = feature["id"].clone();
            all["geometry"] = feature["geometry"].clone();
            let faults: Vec<String> = validator.iter_errors(&all).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{layer} {feature}: {faults:?}");
        }
        assert_ne!(schema["required"], Value::Null, "{layer}");
    }
}
