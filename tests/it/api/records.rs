//! The catalogue of layers, as OGC API – Records has it.

use serde_json::{Value, json};

use crate::support::{PLATES, TestApp};

fn ids(page: &Value) -> Vec<&str> {
    page["features"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

fn of_rel<'a>(links: &'a Value, rel: &str) -> Vec<&'a str> {
    let links = links.as_array().unwrap().iter().filter(|link| link["rel"] == rel);
    links.map(|link| link["href"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_layers_are_records_of_a_catalogue() {
    let server = TestApp::start().await;
    let collections = server.json("/collections").await;
    let collections = collections["collections"].as_array().unwrap();
    let layers: Vec<&str> = collections
        .iter()
        .filter(|collection| collection["itemType"] == "feature")
        .map(|collection| collection["id"].as_str().unwrap())
        .collect();
    let listed = collections.iter().find(|collection| collection["itemType"] == "record").unwrap();
    let answer = server.get("/collections/layers").await;
    assert_eq!(answer.header("content-type"), "application/ogc-catalog+json");
    let catalog = answer.json();
    assert_eq!(catalog, *listed);
    let items = of_rel(&catalog["links"], "items")[0].strip_prefix(&server.base).unwrap().to_owned();
    let answer = server.get(&items).await;
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let page = answer.json();
    assert_eq!(ids(&page), layers);
    assert_eq!((&page["numberMatched"], &page["numberReturned"]), (&layers.len().into(), &layers.len().into()));
    let record = server.json("/collections/layers/items/doorplate?lang=en").await;
    let properties = &record["properties"];
    assert_eq!((&properties["type"], &properties["title"]), (&json!("dataset"), &json!("Doorplates")));
    assert_eq!((&properties["count"], &record["time"]), (&PLATES.into(), &Value::Null));
    assert_eq!(record["geometry"]["type"], "Polygon");
    assert_eq!(of_rel(&record["links"], "collection"), [format!("{}/collections/layers", server.base)]);
    assert_eq!(of_rel(&record["links"], "profile"), ["http://www.opengis.net/def/profile/OGC/0/ogc-record"]);
    for rel in ["self", "alternate", "items", "describedby", "enclosure"] {
        for href in of_rel(&record["links"], rel) {
            assert_eq!(server.get(href.strip_prefix(&server.base).unwrap()).await.status, 200, "{rel} {href}");
        }
    }
    assert_eq!(server.get("/collections/layers/items/no-such").await.status, 404);
}

#[tokio::test]
async fn records_are_found_by_words_place_and_identifiers() {
    let server = TestApp::start().await;
    let items = "/collections/layers/items";
    let all = ids(&server.json(items).await).len();
    for (question, found) in [
        ("q=%E5%B8%A6%E7%BC%96%E7%A0%81", vec!["doorplate"]),
        ("q=PHYSICAL,no-such-word", vec!["doorplate"]),
        ("q=physical%20%20plates", vec!["doorplate"]),
        ("q=plates%20physical", vec![]),
        ("ids=village,doorplate,none", vec!["village", "doorplate"]),
        ("ids=", vec![]),
        ("type=service", vec![]),
        ("externalIds=collection:village", vec!["village"]),
        ("externalIds=village", vec!["village"]),
        ("externalIds=other:village", vec![]),
        ("bbox=0,0,1,1", vec![]),
    ] {
        let page = server.json(&format!("{items}?{question}")).await;
        let mut got = ids(&page);
        let mut found = found;
        got.sort_unstable();
        found.sort_unstable();
        assert_eq!((got, &page["numberMatched"]), (found.clone(), &found.len().into()), "{question}");
    }
    for everything in ["type=dataset", "externalIds=collection:", "bbox=112,30,114,31", "datetime=2020-01-01/.."] {
        assert_eq!(ids(&server.json(&format!("{items}?{everything}")).await).len(), all, "{everything}");
    }
    for junk in ["bbox=1,2,3", "datetime=soon", "offset=-1", "limit=0", "colour=red"] {
        assert_eq!(server.get(&format!("{items}?{junk}")).await.status, 400, "{junk}");
    }
}

#[tokio::test]
async fn pages_of_records_lead_forward_and_back() {
    let server = TestApp::start().await;
    let all = server.json("/collections/layers/items").await;
    let mut page = server.json("/collections/layers/items?limit=4&bbox=112,30,114,31").await;
    let (mut seen, mut pages) = (ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>(), vec![page.clone()]);
    while let Some(next) = of_rel(&page["links"], "next").first() {
        page = server.json(next.strip_prefix(&server.base).unwrap()).await;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        pages.push(page.clone());
    }
    assert_eq!(seen, ids(&all));
    assert!(pages.len() > 2, "there are several pages");
    for (page, before) in pages.iter().skip(1).zip(&pages) {
        let back = of_rel(&page["links"], "prev")[0];
        assert_eq!(ids(&server.json(back.strip_prefix(&server.base).unwrap()).await), ids(before));
    }
}

#[tokio::test]
async fn the_catalogue_is_a_page_for_people_and_shows_only_what_one_sees() {
    let server = TestApp::guarded().await;
    let open = server.json("/collections/layers/items?lang=en").await;
    assert!(ids(&open).contains(&"doorplate") && !ids(&open).contains(&"network-node"));
    assert_eq!(server.get("/collections/layers/items/network-node").await.status, 404);
    let page = server.get("/collections/layers/items?f=html&q=physical&lang=en").await;
    assert!(page.header("content-type").starts_with("text/html"));
    let page = page.text();
    assert!(page.contains("Doorplates") && !page.contains("Villages"), "{page}");
}
