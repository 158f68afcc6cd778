//! What is seen: each person the part of the map that is theirs, at every door, and caches that keep
//! the parts apart.

use platbook::domain::Action;

use crate::support::{TestApp, grant};

/// What a person gets of a path.
async fn asked(server: &TestApp, who: &str, path: &str) -> crate::support::Answer {
    let headers: &[(&str, &str)] = if who.is_empty() { &[] } else { &[("authorization", who)] };
    server.ask("GET", path, headers).await
}

/// Somebody of each township, and somebody of the city.
async fn three(server: &TestApp) -> (String, String, String) {
    let south = server.bearer("south", vec![grant("viewer", None, "429005001")]).await;
    let north = server.bearer("north", vec![grant("viewer", None, "429005002")]).await;
    let city = server.bearer("city-hall", vec![grant("viewer", None, "429005")]).await;
    (south, north, city)
}

#[tokio::test]
async fn a_township_sees_its_own_of_an_internal_layer_at_every_door() {
    let server = TestApp::guarded().await;
    let (south, north, city) = three(&server).await;
    for (who, nodes) in [(&south, 2), (&north, 0), (&city, 2)] {
        let items = asked(&server, who, "/collections/network-node/items").await.json();
        assert_eq!(items["numberMatched"], nodes);
        let catalogue = asked(&server, who, "/catalogue").await.json();
        let layers = catalogue["layers"].as_array().unwrap();
        let counted = &layers.iter().find(|layer| layer["id"] == "network-node").unwrap()["count"];
        assert_eq!(*counted, nodes);
        let item = asked(&server, who, "/collections/network-node/items/N-CORE").await;
        assert_eq!(item.status, if nodes > 0 { 200 } else { 404 });
        let found = asked(&server, who, "/search?q=N-CORE").await.json();
        assert_eq!(found["results"].as_array().unwrap().len(), usize::from(nodes > 0));
        let tile = asked(&server, who, "/tiles/network-node/9/416/210").await;
        assert_eq!(tile.status, if nodes > 0 { 200 } else { 204 });
        let metrics = asked(&server, who, "/metrics").await.text();
        assert!(metrics.contains(&format!("platbook_features{{layer=\"network-node\"}} {nodes}\n")), "{metrics}");
    }
}

#[tokio::test]
async fn a_grant_in_one_layer_shows_no_other() {
    let server = TestApp::guarded().await;
    let who = server.bearer("links", vec![grant("viewer", Some(&["network-link"]), "429005")]).await;
    assert_eq!(asked(&server, &who, "/collections/network-link/items").await.json()["numberMatched"], 1);
    let problem = asked(&server, &who, "/collections/network-node/items").await.problem(404, "layer.not_found");
    assert!(problem["known"].to_string().contains("network-link"));
    assert!(!problem["known"].to_string().contains("network-node"));
    asked(&server, &who, "/tiles/network-link,network-node/9/416/210").await.problem(404, "layer.not_found");
}

#[tokio::test]
async fn a_token_that_is_not_for_reading_shows_public_layers_only() {
    let server = TestApp::guarded().await;
    server.account("editor", vec![grant("editor", None, "429005")], None).await;
    let token = format!("Bearer {}", server.token("editor", &[Action::Update], 48).await);
    assert_eq!(asked(&server, &token, "/collections/doorplate/items").await.status, 200);
    asked(&server, &token, "/collections/network-node/items").await.problem(404, "layer.not_found");
}

#[tokio::test]
async fn tiles_are_shared_by_those_who_see_the_same_and_by_nobody_else() {
    let server = TestApp::guarded().await;
    let (south, north, city) = three(&server).await;
    let drawn = || server.app.tiles.drawn();
    let public = "/tiles/doorplate/9/416/210";
    let first = asked(&server, "", public).await;
    let before = drawn();
    for who in [&south, &north, &city] {
        let tile = asked(&server, who, public).await;
        assert_eq!((tile.header("etag"), &tile.body), (first.header("etag"), &first.body));
        assert_eq!(tile.header("cache-control"), "no-cache");
        assert_eq!(tile.header("vary"), "Accept-Encoding");
    }
    assert_eq!(drawn(), before, "a public tile is drawn once for everybody");
    let mixed = "/tiles/doorplate,network-node/9/416/210";
    let (of_south, of_north, of_city) =
        (asked(&server, &south, mixed).await, asked(&server, &north, mixed).await, asked(&server, &city, mixed).await);
    assert_eq!(drawn(), before + 3, "each part is drawn by itself");
    assert_ne!(of_south.header("etag"), of_city.header("etag"));
    assert_ne!(of_south.header("etag"), of_north.header("etag"));
    assert_ne!(of_north.body, of_south.body);
    assert!(of_north.text().find("N-CORE").is_none() && of_south.text().contains("N-CORE"));
    for tile in [&of_south, &of_north, &of_city] {
        assert_eq!(tile.header("cache-control"), "private, no-cache");
        assert!(tile.headers.get_all("vary").iter().any(|value| value == "Cookie, Authorization"));
    }
    let tag = of_south.header("etag").to_owned();
    let again = server.ask("GET", mixed, &[("authorization", &south), ("if-none-match", &tag)]).await;
    assert_eq!(again.status, 304);
    let foreign = server.ask("GET", mixed, &[("authorization", &north), ("if-none-match", &tag)]).await;
    assert_eq!(foreign.status, 200, "a tag of another's tile is not known");
    let neighbour = server.bearer("south-too", vec![grant("editor", None, "429005001")]).await;
    assert_eq!(asked(&server, &neighbour, mixed).await.header("etag"), tag);
    assert_eq!(drawn(), before + 3, "who sees the same shares");
}

#[tokio::test]
async fn answers_that_depend_on_who_asks_say_so_to_caches() {
    let server = TestApp::guarded().await;
    let (_, _, city) = three(&server).await;
    for path in ["/catalogue", "/collections", "/styles/light", "/search?q=x", "/figures"] {
        let (nobody, somebody) = (asked(&server, "", path).await, asked(&server, &city, path).await);
        assert_eq!(nobody.header("cache-control"), "no-cache", "{path}");
        assert_eq!(somebody.header("cache-control"), "private, no-cache", "{path}");
        for answer in [nobody, somebody] {
            assert!(answer.headers.get_all("vary").iter().any(|value| value == "Cookie, Authorization"), "{path}");
        }
    }
}

#[tokio::test]
async fn no_cache_keeps_what_is_said_about_people() {
    let server = TestApp::guarded().await;
    let chief = server.bearer("chief", vec![grant("administrator", None, "429005")]).await;
    for path in ["/session", "/tokens", "/users", "/users/chief", "/audit"] {
        assert_eq!(asked(&server, &chief, path).await.header("cache-control"), "no-store", "{path}");
        assert_eq!(asked(&server, "", path).await.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn small_counts_of_a_township_hide_another_so_that_its_sum_tells_nothing() {
    let server = TestApp::guarded().await;
    let (_, _, city) = three(&server).await;
    let items = asked(&server, &city, "/collections/population/items").await.json();
    let persons: Vec<Option<u64>> = items["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feature| feature["properties"].get("persons").and_then(serde_json::Value::as_u64))
        .collect();
    assert_eq!(persons, [Some(1203), Some(845), None, None], "7 is small, and 96 would tell it");
}

#[tokio::test]
async fn reading_a_sensitive_layer_is_noted_once_an_hour_for_each_person() {
    let server = TestApp::guarded().await;
    let (south, _, city) = three(&server).await;
    let chief = server.bearer("chief", vec![grant("administrator", None, "429005")]).await;
    for path in ["/collections/population/items", "/tiles/population/9/416/210", "/collections/doorplate/items"] {
        for who in [&south, &city, &south] {
            assert!(asked(&server, who, path).await.status < 300);
        }
    }
    asked(&server, "", "/collections/population/items").await.problem(404, "layer.not_found");
    let audit = asked(&server, &chief, "/audit").await.json();
    let mut readers: Vec<(&str, &str)> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "layer.read")
        .map(|entry| (entry["actor"].as_str().unwrap(), entry["subject"].as_str().unwrap()))
        .collect();
    readers.sort_unstable();
    assert_eq!(readers, [("city-hall", "population"), ("south", "population")]);
}
