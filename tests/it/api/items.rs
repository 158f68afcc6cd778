//! Features: pages, filters, single features, tags.

use std::collections::BTreeSet;

use platbook::domain::{Edit, Version};
use serde_json::{Value, json};

use crate::support::{PLATES, SOUTH_WEST, STATUSES, TestApp};

pub(super) fn ids(page: &Value) -> Vec<u64> {
    page["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_u64().unwrap()).collect()
}

pub(super) fn next_of(page: &Value) -> Option<String> {
    let links = page["links"].as_array().unwrap();
    links.iter().find(|link| link["rel"] == "next").map(|link| link["href"].as_str().unwrap().to_owned())
}

/// Follows `next` to the end.
pub(super) async fn all_pages(server: &TestApp, first: &str) -> Vec<Value> {
    let mut pages = vec![server.json(first).await];
    while let Some(next) = next_of(pages.last().unwrap()) {
        pages.push(server.json(next.strip_prefix(&server.base).unwrap()).await);
        assert!(pages.len() <= PLATES, "paging ends");
    }
    pages
}

#[tokio::test]
async fn paging_loses_and_doubles_nothing() {
    let server = TestApp::start().await;
    for (query, expected) in [
        ("limit=1", PLATES),
        ("limit=7", PLATES),
        ("limit=137", PLATES),
        ("limit=10000", PLATES),
        ("limit=5&status=mounted&lang=en", PLATES / 5),
        ("limit=3&bbox=112.7,30.3,112.8,30.5", 69),
        ("limit=4&division=429005001", 69),
        ("limit=4&division=429005001002&status=made", 7),
    ] {
        let pages = all_pages(&server, &format!("/collections/doorplate/items?{query}")).await;
        let found: Vec<u64> = pages.iter().flat_map(ids).collect();
        let distinct: BTreeSet<u64> = found.iter().copied().collect();
        assert_eq!((found.len(), distinct.len()), (expected, expected), "{query}");
        assert!(found.is_sorted(), "{query}");
        for page in &pages {
            assert_eq!(page["numberMatched"], expected, "{query}");
            assert_eq!(page["numberReturned"], ids(page).len(), "{query}");
        }
    }
}

#[tokio::test]
async fn a_page_is_geojson_with_links_time_and_revision() {
    let server = TestApp::start().await;
    let answer = server.get("/collections/doorplate/items?limit=2&status=mounted").await;
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let page = answer.json();
    assert_eq!(page["type"], "FeatureCollection");
    assert!(page["timeStamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(answer.header("platbook-revision"), page["revision"].to_string());
    let rels: BTreeSet<&str> = page["links"].as_array().unwrap().iter().map(|l| l["rel"].as_str().unwrap()).collect();
    assert_eq!(rels, BTreeSet::from(["self", "alternate", "collection", "next"]));
    for rel in rels {
        assert!(answer.header("link").contains(&format!("rel=\"{rel}\"")), "{rel}");
    }
    let plate = &page["features"][0];
    assert_eq!(plate["properties"]["status"], "mounted");
    assert_eq!(plate["geometry"]["type"], "Point");
    assert_eq!(plate["version"], 1);
    assert_eq!(plate["village"].as_str().unwrap().len(), 12);
    let written = answer.text();
    let decimals = |text: &str| text.split('.').nth(1).map_or(0, str::len);
    let at = written.split("\"coordinates\":[").nth(1).unwrap().split(']').next().unwrap();
    assert!(at.split(',').all(|number| decimals(number) <= 7), "{at}");
}

#[tokio::test]
async fn boxes_filters_and_divisions_hold_together() {
    let server = TestApp::start().await;
    let matched =
        async |query: &str| server.json(&format!("/collections/{query}")).await["numberMatched"].as_u64().unwrap();
    assert_eq!(matched("doorplate/items").await, PLATES as u64);
    let mut by_status = 0;
    for status in STATUSES {
        by_status += matched(&format!("doorplate/items?status={status}")).await;
    }
    assert_eq!(by_status, PLATES as u64);
    let mut by_village = 0;
    for village in ["429005001001", "429005001002", "429005002001", "429005002002"] {
        by_village += matched(&format!("doorplate/items?division={village}")).await;
    }
    assert_eq!(by_village, PLATES as u64);
    assert_eq!(matched("doorplate/items?division=429005").await, PLATES as u64);
    assert_eq!(matched("doorplate/items?number=5").await, 1);
    assert_eq!(matched("doorplate/items?number=99998").await, 0);
    assert_eq!(matched("doorplate/items?synthetic=true").await, PLATES as u64);
    assert_eq!(matched("doorplate/items?synthetic=false").await, 0);
    assert_eq!(matched("doorplate/items?street=%E7%A4%BA%E4%BE%8B%E8%B7%AF").await, PLATES as u64);
    assert_eq!(matched("doorplate/items?bbox=0,0,1,1").await, 0);
    assert_eq!(matched("doorplate/items?bbox=-180,-90,180,90").await, PLATES as u64);
    let (west, south) = SOUTH_WEST;
    assert_eq!(matched(&format!("village/items?bbox={w},{s},{w},{s}", w = west + 0.05, s = south + 0.05)).await, 1);
    assert_eq!(matched("network-link/items?bbox=112.75,30.32,112.76,30.34").await, 1, "a line through the box");
    for datetime in [
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "../2024-01-01",
        "2024-01-01/..",
        "2024-01-01T00:00:00Z/2025-01-01T00:00:00Z",
    ] {
        assert_eq!(matched(&format!("doorplate/items?datetime={datetime}")).await, PLATES as u64, "{datetime}");
    }
}

#[tokio::test]
async fn hidden_small_counts_are_neither_shown_nor_found() {
    let server = TestApp::start().await;
    let page = server.json("/collections/population/items").await;
    let persons: Vec<&Value> =
        page["features"].as_array().unwrap().iter().map(|f| &f["properties"]["persons"]).collect();
    // 7 is small; with the sum of the township, 96 would give it away.
    assert_eq!(persons, [&Value::from(1203), &Value::from(845), &Value::Null, &Value::Null]);
    assert_eq!(server.json("/collections/population/items?persons=7").await["numberMatched"], 0);
    assert_eq!(server.json("/collections/population/items?persons=96").await["numberMatched"], 0);
    assert_eq!(server.json("/collections/population/items?persons=845").await["numberMatched"], 1);
    let shown = server.get("/collections/population/items/429005002002?f=html&lang=en").await.text();
    assert!(!shown.contains("Persons"), "{shown}");
}

#[tokio::test]
async fn a_feature_is_found_by_number_and_by_code() {
    let server = TestApp::start().await;
    let first = server.json("/collections/doorplate/items?limit=1").await["features"][0].clone();
    let by_number = server.json(&format!("/collections/doorplate/items/{}", first["id"])).await;
    let code = first["properties"]["code"].as_str().unwrap();
    let by_code = server.json(&format!("/collections/doorplate/items/{code}")).await;
    assert_eq!(by_number, by_code);
    for member in ["id", "geometry", "properties", "version", "village"] {
        assert_eq!(by_number[member], first[member]);
    }
    // A number of another layer is no feature of this one.
    server.get(&format!("/collections/village/items/{}", first["id"])).await.problem(404, "feature.not_found");
}

#[tokio::test]
async fn a_tag_holds_until_the_feature_is_written_again() {
    let server = TestApp::start().await;
    let path = "/collections/doorplate/items/4290050010010000100000000";
    let answer = server.get(path).await;
    let etag = answer.header("etag").to_owned();
    for known in [etag.as_str(), "*", &format!("\"other\", {etag}"), &format!("W/{etag}")] {
        let again = server.ask("GET", path, &[("if-none-match", known)]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), etag);
        assert!(!again.header("platbook-revision").is_empty());
    }
    assert_eq!(server.ask("GET", path, &[("if-none-match", "\"other\"")]).await.status, 200);
    let page = server.get(&format!("{path}?f=html")).await;
    assert_ne!(page.header("etag"), etag, "the page for people is another form");

    let id = answer.json()["id"].as_u64().unwrap().try_into().unwrap();
    let mut draft = server.app.store.feature(id).await.unwrap().unwrap().content;
    draft.properties.insert("status".to_owned(), "damaged".into());
    server.write(vec![Edit::Update { id, base: Version::FIRST, draft }], Vec::new()).await;
    let changed = server.ask("GET", path, &[("if-none-match", &etag)]).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["properties"]["status"], "damaged");
    assert_eq!(changed.json()["version"], 2);
    let before: u64 = answer.header("platbook-revision").parse().unwrap();
    assert_eq!(changed.header("platbook-revision"), (before + 1).to_string());

    let other = TestApp::start().await;
    assert_eq!(other.ask("GET", path, &[("if-none-match", &etag)]).await.status, 200, "another database, another tag");
}

#[tokio::test]
async fn a_deleted_feature_is_gone_from_pages_and_by_number() {
    let server = TestApp::start().await;
    let id = server.json("/collections/doorplate/items?limit=1").await["features"][0]["id"].as_u64().unwrap();
    server.write(vec![Edit::Delete { id: id.try_into().unwrap(), base: Version::FIRST }], Vec::new()).await;
    server.get(&format!("/collections/doorplate/items/{id}")).await.problem(404, "feature.not_found");
    assert_eq!(server.json("/collections/doorplate/items").await["numberMatched"], PLATES as u64 - 1);
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let server = TestApp::start().await;
    for path in [
        "/collections",
        "/collections/doorplate/items",
        "/collections/doorplate/items/4290050010010000100000000",
        "/catalogue",
        "/healthz",
    ] {
        let get = server.get(path).await;
        let head = server.ask("HEAD", path, &[("accept-language", "en")]).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["content-type", "etag", "platbook-revision"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn what_stands_in_a_village_is_found_when_its_border_has_moved_away() {
    let server = TestApp::start().await;
    let plates = "/collections/doorplate/items?limit=1&division=429005001001";
    let filtered = "/collections/doorplate/items?limit=1&filter=village%20%3D%20%27429005001001%27";
    let before = server.json(plates).await["numberMatched"].clone();
    assert!(before.as_u64().unwrap() > 0);
    let village = server.json("/collections/village/items/429005001001").await["id"].as_u64().unwrap();
    let village = server.app.store.feature(village.to_string().parse().unwrap()).await.unwrap().unwrap();
    let mut draft = village.content.clone();
    let away =
        json!({ "type": "Polygon", "coordinates": [[[113.0, 30.0], [113.1, 30.0], [113.1, 30.1], [113.0, 30.0]]] });
    draft.geometry = platbook::domain::Geometry::from_geojson(&away).unwrap();
    server.write(vec![Edit::Update { id: village.id, base: village.version, draft }], Vec::new()).await;
    for path in [plates, filtered] {
        assert_eq!(server.json(path).await["numberMatched"], before, "{path}");
    }
}

#[tokio::test]
async fn pages_lead_back_the_way_they_led_forth() {
    let server = TestApp::start().await;
    let ids = |page: &Value| -> Vec<u64> {
        page["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_u64().unwrap()).collect()
    };
    let linked = |page: &Value, rel: &str| {
        let link = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == rel)?.clone();
        Some(link["href"].as_str().unwrap().strip_prefix(&server.base).unwrap().to_owned())
    };
    for query in
        ["limit=10", "limit=10&sortby=-status,address", "limit=7&status=made", "limit=50&filter=status%3C%3E'made'"]
    {
        let mut page = server.json(&format!("/collections/doorplate/items?{query}")).await;
        assert_eq!(linked(&page, "prev"), None, "{query}: nothing lies before the first");
        let mut forth = vec![ids(&page)];
        while let Some(next) = linked(&page, "next") {
            page = server.json(&next).await;
            forth.push(ids(&page));
        }
        let mut back = vec![ids(&page)];
        while let Some(prev) = linked(&page, "prev") {
            page = server.json(&prev).await;
            assert!(linked(&page, "next").is_some(), "{query}: what one came from follows");
            back.push(ids(&page));
        }
        back.reverse();
        assert_eq!(forth, back, "{query}");
    }
}

#[tokio::test]
async fn a_page_that_leads_back_stays_right_while_others_edit() {
    let server = TestApp::start().await;
    let first = server.json("/collections/doorplate/items?limit=10").await;
    let second =
        server.json(&format!("/collections/doorplate/items?limit=10&cursor={}", first["features"][9]["id"])).await;
    let third_to_last = first["features"][7]["id"].as_u64().unwrap();
    let edit = Edit::Delete { id: third_to_last.try_into().unwrap(), base: Version::FIRST };
    server.write(vec![edit], Vec::new()).await;
    let back = second["links"].as_array().unwrap().iter().find(|link| link["rel"] == "prev").unwrap();
    let page = server.json(back["href"].as_str().unwrap().strip_prefix(&server.base).unwrap()).await;
    assert_eq!(page["numberReturned"], 9, "it holds the nine that are left, not one of the page before");
    assert!(page["features"].as_array().unwrap().iter().all(|feature| feature["id"] != third_to_last));
    for (empty, rel) in [("cursor=~1", "next"), ("cursor=99999999", "prev")] {
        let page = server.json(&format!("/collections/doorplate/items?{empty}&limit=10")).await;
        assert_eq!(page["numberReturned"], 0);
        let link = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == rel).unwrap();
        let around = server.json(link["href"].as_str().unwrap().strip_prefix(&server.base).unwrap()).await;
        assert_eq!(around["numberReturned"], 10, "an empty page leads back: {empty}");
    }
    server.get("/collections/doorplate/items?cursor=~x").await.problem(400, "parameter.invalid");
}

#[tokio::test]
async fn pages_for_people_have_a_map_of_what_they_tell() {
    let server = TestApp::start().await;
    for (path, marks) in [
        ("/collections/doorplate/items?f=html&lang=en&limit=25", 25),
        ("/collections/village/items?f=html&lang=en", 4),
        ("/collections/network-link/items?f=html&lang=en", 1),
        ("/collections/village/items/429005001001?f=html&lang=en", 1),
        ("/collections/village?f=html&lang=en", 4),
    ] {
        let page = server.get(path).await.text();
        assert_eq!(page.matches("class=\"own").count(), marks, "{path}");
        assert!(page.contains("园林街道</text>") && page.contains("Open on the map"), "{path}");
        assert!(!page.contains("NaN") && !page.contains("inf"), "{path}");
    }
    let many = server.get("/collections/doorplate/items?f=html&limit=10&cursor=~99").await.text();
    assert!(many.contains("Previous page") && many.contains("Next page"));
    let nothing = server.get("/collections/doorplate/items?f=html&status=made&code=none").await.text();
    assert!(!nothing.contains("<figure>"), "there is nothing to draw");
}
