//! `/collections/{layer}/quality`: every feature held against the rules, by whoever may see it.

use platbook::domain::{Draft, Edit, Geometry};
use serde_json::{Value, json};

use crate::support::{TestApp, VILLAGES, grant};

fn draft(layer: &str, geometry: &Value, properties: Value) -> Edit {
    let Value::Object(properties) = properties else { panic!("properties are an object") };
    let geometry = Geometry::from_geojson(geometry).unwrap();
    Edit::Create(Draft { layer: layer.parse().unwrap(), geometry, properties, village: None })
}

fn line(from: [f64; 2], to: [f64; 2]) -> Value {
    json!({ "type": "LineString", "coordinates": [from, to] })
}

fn square(west: f64, south: f64, side: f64) -> Value {
    let (east, north) = (west + side, south + side);
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_found_counted_and_listed() {
    let server = TestApp::start().await;
    // The plates of the town have no right check digits; the store takes what programs write.
    let plates = server.json("/collections/doorplate/quality").await;
    assert_eq!((&plates["inspected"], &plates["rules"][0]["rule"]), (&137.into(), &"property.invalid".into()));
    let links = server.json("/collections/network-link/quality").await;
    assert_eq!(links["found"], 0, "{links}");

    let link = json!({ "code": "L-2", "from_node": "N-CORE", "to_node": "N-AGG", "standard": "2G", "verdict": "pass", "assessed_on": "2020-01-01" });
    server
        .write(
            vec![
                draft("network-link", &line([112.72, 30.33], [112.75, 30.36]), link),
                draft(
                    "village",
                    &square(112.72, 30.32, 0.001),
                    json!({ "code": "429005001009", "name": "重叠村", "kind": "community" }),
                ),
            ],
            Vec::new(),
        )
        .await;
    let links = server.json("/collections/network-link/quality").await;
    let rules: Vec<&str> =
        links["rules"].as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["line.loose_end", "value.stale"]);
    let finding = &links["findings"][0];
    assert!(finding["message"].as_str().unwrap().contains("112.750000,30.360000"), "{finding}");
    assert_eq!(server.json("/collections/network-link/quality?rule=value.stale").await["found"], 1);

    let villages = server.json("/collections/village/quality?rule=area.overlap").await;
    // The two that lie over each other, and no neighbour that only touches.
    assert_eq!(villages["found"], 2, "{villages}");
    let table = server.get("/collections/village/quality?f=csv").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.text().contains(",warning,area.overlap,"), "{}", table.text());
    let one = server.get("/collections/village/quality?f=csv&limit=1").await;
    assert_eq!(one.text().lines().count(), 2, "{}", one.text());
    server.get("/collections/village/quality?f=xml").await.problem(400, "parameter.invalid");
    server.get("/collections/villages/quality").await.problem(404, "layer.not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_he_may_not_see() {
    let server = TestApp::guarded().await;
    let own = server.bearer("own", vec![grant("viewer", None, VILLAGES[0].0)]).await;
    let all = server.bearer("all", vec![grant("viewer", None, "429005")]).await;
    let inspected = |bearer: String| {
        let server = &server;
        async move {
            let path = "/collections/population/quality";
            server.ask("GET", path, &[("authorization", &bearer)]).await.json()["inspected"].clone()
        }
    };
    assert_eq!((inspected(own).await, inspected(all).await), (1.into(), 4.into()));
}
