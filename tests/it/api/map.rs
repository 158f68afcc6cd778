//! What the map draws itself from: catalogue, styles, TileJSON, tiles.

use serde_json::Value;

use crate::support::{PLATES, TestApp, small_catalogue};

#[tokio::test]
async fn the_catalogue_tells_layers_counts_and_governance_figures() {
    let server = TestApp::start().await;
    let catalogue = server.json("/catalogue").await;
    assert_eq!(catalogue["city"]["code"], "429005");
    assert_eq!(catalogue["synthetic"], true);
    let layers = catalogue["layers"].as_array().unwrap();
    assert_eq!(layers.len(), small_catalogue().layers.len());
    let layer = |id: &str| layers.iter().find(|layer| layer["id"] == id).unwrap();
    assert_eq!(layer("doorplate")["count"], PLATES);
    assert_eq!(layer("village")["count"], 4);
    assert!(layer("road")["extent"].is_null(), "an empty layer has no extent");
    assert_eq!(layer("doorplate")["properties"][0]["name"], "code");
    let of_link = layer("network-link")["properties"].as_array().unwrap();
    let from = of_link.iter().find(|property| property["name"] == "from_node").unwrap();
    assert_eq!(from["references"], serde_json::json!({ "layer": "network-node", "by": "code" }));
    let classes: Vec<u64> = layers.iter().filter_map(|layer| layer["governance"]["class"].as_u64()).collect();
    assert_eq!(classes.len(), 12);
}

#[tokio::test]
async fn styles_ask_this_server_only() {
    let server = TestApp::start().await;
    for theme in ["light", "dark"] {
        let style = server.json(&format!("/styles/{theme}")).await;
        assert_eq!(style["version"], 8);
        let text = style.to_string();
        for address in text.split("http").skip(1) {
            let address = format!("http{}", address.split('"').next().unwrap());
            assert!(address.starts_with(&server.base), "{address}");
        }
    }
}

/// Every colour that a part of a style paints with, as red, green and blue.
fn colors(value: &Value, found: &mut Vec<[i64; 3]>) {
    match value {
        Value::String(text) if text.len() == 7 && text.starts_with('#') => {
            let number = i64::from_str_radix(&text[1..], 16).unwrap();
            found.push([number >> 16, (number >> 8) & 255, number & 255]);
        }
        Value::Array(list) => list.iter().for_each(|value| colors(value, found)),
        Value::Object(members) => members.values().for_each(|value| colors(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_base_map_stays_behind_the_data_in_three_looks() {
    let server = TestApp::guarded().await;
    let base = ["water", "building", "railway", "road", "place"];
    for (flavour, covers) in [("light", true), ("dark", true), ("overlay", false)] {
        let style = server.json(&format!("/styles/base-{flavour}")).await;
        assert_eq!(style["sources"].as_object().unwrap().keys().collect::<Vec<_>>(), ["base"], "one source, one file");
        let layers = style["layers"].as_array().unwrap();
        let of = |layer: &&str| {
            layers.iter().filter(|part| part["metadata"]["platbook:layer"] == **layer).cloned().collect::<Vec<_>>()
        };
        for layer in &base {
            let parts = of(layer);
            assert!(!parts.is_empty(), "{flavour}: {layer}");
            assert!(parts.iter().all(|part| part["source"] == "base" && part["layout"]["visibility"].is_null()));
        }
        assert_eq!(
            layers.iter().any(|part| part["type"] == "background" || part["type"] == "fill"),
            covers,
            "{flavour}"
        );
        let mut painted = Vec::new();
        for part in layers.iter().filter(|part| part["type"] != "symbol" && part["type"] != "background") {
            colors(&part["paint"], &mut painted);
        }
        assert!(painted.len() > 5, "{flavour}");
        for color in painted {
            let bright = color.iter().max().unwrap() - color.iter().min().unwrap();
            assert!(bright <= 40, "{flavour}: {color:?} is more than a hue of grey");
        }
        let template = style["sources"]["base"]["tiles"][0].as_str().unwrap().strip_prefix(&server.base).unwrap();
        let path = template.replace("{z}", "10").replace("{x}", "832").replace("{y}", "421");
        assert!([200, 204].contains(&server.get(&path).await.status), "{path}");
    }
    server.get("/styles/base-sepia").await.problem(404, "style.not_found");
}

#[tokio::test]
async fn tilejson_leads_to_tiles_and_tiles_have_tags() {
    let server = TestApp::start().await;
    let tilejson = server.json("/tiles/village,doorplate").await;
    assert_eq!(tilejson["vector_layers"].as_array().unwrap().len(), 2);
    let template = tilejson["tiles"][0].as_str().unwrap().strip_prefix(&server.base).unwrap().to_owned();
    // The tile of zoom 10 that holds 112.8° E, 30.4° N.
    let path = template.replace("{z}", "10").replace("{x}", "832").replace("{y}", "421");
    let tile = server.ask("GET", &path, &[("accept-encoding", "identity")]).await;
    assert_eq!((tile.status, tile.header("content-type")), (200, "application/vnd.mapbox-vector-tile"), "{path}");
    assert!(tile.header("vary").contains("Accept-Encoding"));
    let etag = tile.header("etag").to_owned();
    let again = server.ask("GET", &path, &[("accept-encoding", "identity"), ("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    for (accept, encoding) in [("gzip", "gzip"), ("zstd", "zstd"), ("br", "br"), ("gzip;q=0, br", "br")] {
        let packed = server.ask("GET", &path, &[("accept-encoding", accept)]).await;
        assert_eq!(packed.header("content-encoding"), encoding);
        assert_ne!(packed.header("etag"), etag, "a tag for each encoding");
        assert!(packed.body.len() < tile.body.len(), "{encoding} makes it smaller: {}", packed.body.len());
    }
    let empty = server.get(&template.replace("{z}", "10").replace("{x}", "0").replace("{y}", "0")).await;
    assert_eq!((empty.status, empty.body.len()), (204, 0));
}
