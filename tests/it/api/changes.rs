//! What changed: as a page, as a stream, in tiles, and as of a moment.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::edits::plate;
use crate::support::{TestApp, grant};

const ITEMS: &str = "/collections/doorplate/items";

async fn scene() -> (TestApp, String) {
    let server = TestApp::guarded().await;
    let editor = server.bearer("editor", vec![grant("editor", None, "429005")]).await;
    (server, editor)
}

async fn write(server: &TestApp, who: &str, method: &str, path: &str, body: &Value) -> Value {
    let answer = server.send(method, path, &[("authorization", who)], Some(body)).await;
    assert!((200..300).contains(&answer.status), "{}", answer.text());
    answer.json()
}

/// The tiles that a commit names for a layer, as `z/x/y`.
fn tiles(commit: &Value, layer: &str) -> BTreeSet<String> {
    let zooms = commit["tiles"][layer]["zooms"].as_array().unwrap();
    let each = zooms.iter().flat_map(|zoom| {
        let tiles = zoom[1].as_array().unwrap();
        tiles.iter().map(move |tile| format!("{}/{}/{}", zoom[0], tile[0], tile[1]))
    });
    each.collect()
}

#[tokio::test]
async fn a_moved_plate_changes_just_the_tiles_that_are_named() {
    let (server, editor) = scene().await;
    let made = write(&server, &editor, "POST", ITEMS, &plate(1, 112.76)).await;
    let path = format!("{ITEMS}/{}", made["id"]);
    let before = server.app.revision().0;
    let everywhere: Vec<String> = (8..=16_u32)
        .flat_map(|zoom| {
            let at = |lon: f64| ((lon + 180.0) / 360.0 * f64::from(1 << zoom)) as u32;
            let lat = 30.36_f64.to_radians();
            let row =
                ((0.5 - (lat.tan() + 1.0 / lat.cos()).ln() / std::f64::consts::TAU) * f64::from(1 << zoom)) as u32;
            (at(112.755)..=at(112.785)).map(move |column| format!("{zoom}/{column}/{row}"))
        })
        .collect();
    let tag = async |tile: &String| {
        let answer = server.get(&format!("/tiles/doorplate/{tile}")).await;
        (answer.body.clone(), tile.clone())
    };
    let mut drawn = Vec::new();
    for tile in &everywhere {
        drawn.push(tag(tile).await);
    }
    let moved = json!({ "geometry": { "type": "Point", "coordinates": [112.78, 30.36] } });
    write(&server, &editor, "PATCH", &path, &moved).await;
    let page = server.json(&format!("/changes?after={before}")).await;
    let commit = &page["commits"][0];
    assert_eq!(commit["changes"][0]["before"], json!([112.76, 30.36, 112.76, 30.36]));
    assert_eq!(commit["changes"][0]["after"], json!([112.78, 30.36, 112.78, 30.36]));
    let mut changed = BTreeSet::new();
    for (body, tile) in drawn {
        if tag(&tile).await.0 != body {
            changed.insert(tile);
        }
    }
    assert!(!changed.is_empty());
    let named = tiles(commit, "doorplate");
    assert!(changed.is_subset(&named), "{:?}", changed.difference(&named));
    assert!(named.len() <= 2 * 9, "one tile a zoom before and after: {named:?}");
}

#[tokio::test]
async fn a_page_of_changes_has_an_end() {
    let (server, editor) = scene().await;
    write(&server, &editor, "POST", ITEMS, &plate(1, 112.76)).await;
    let page = server.json("/changes?limit=1").await;
    assert_eq!((&page["commits"][0]["revision"], &page["next"]), (&json!(1), &json!(1)));
    let rest = server.json("/changes?after=1").await;
    assert_eq!((rest["commits"].as_array().unwrap().len(), &rest["next"]), (2, &Value::Null));
    for after in ["3", "18446744073709551615"] {
        assert_eq!(server.json(&format!("/changes?after={after}")).await["commits"], json!([]), "{after}");
    }
}

#[tokio::test]
async fn a_stream_tells_each_commit_once_and_goes_on_where_it_broke_off() {
    let (server, editor) = scene().await;
    let start = server.app.revision().0;
    let listen = async |last: Option<u64>| {
        let mut request = server.client.get(format!("{}/changes?layer=doorplate", server.base));
        request = request.header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        response
    };
    let mut stream = listen(None).await;
    let hello = tokio::time::timeout(Duration::from_secs(5), stream.chunk()).await.expect("it is heard at once");
    assert!(hello.unwrap().unwrap().starts_with(b": listening"));
    for serial in 1..=3 {
        write(&server, &editor, "POST", ITEMS, &plate(serial, 112.75 + f64::from(serial) * 0.001)).await;
    }
    let mut text = String::new();
    let read = async |text: &mut String, stream: &mut reqwest::Response, events: usize| {
        while text.matches("event: commit").count() < events || !text.ends_with("\n\n") {
            let part = stream.chunk().await.unwrap().expect("the stream goes on");
            text.push_str(std::str::from_utf8(&part).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read(&mut text, &mut stream, 3)).await.unwrap();
    let ids =
        |text: &str| -> Vec<u64> { text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect() };
    assert_eq!(ids(&text), [start + 1, start + 2, start + 3]);
    drop(stream);
    let mut later = listen(Some(start + 1)).await;
    let mut rest = String::new();
    tokio::time::timeout(Duration::from_secs(20), read(&mut rest, &mut later, 2)).await.unwrap();
    assert_eq!(ids(&rest), [start + 2, start + 3]);
}

#[tokio::test]
async fn a_stream_ends_with_the_rights_of_who_listens() {
    let (server, editor) = scene().await;
    let viewer = server.bearer("viewer", vec![grant("viewer", None, "429005")]).await;
    let request = server.client.get(format!("{}/changes", server.base)).header("accept", "text/event-stream");
    let mut stream = request.header("authorization", &viewer).send().await.unwrap();
    let node = "/collections/network-node/items/N-CORE";
    write(&server, &editor, "PATCH", node, &json!({ "properties": { "name": "甲" } })).await;
    let mut heard = String::new();
    while !heard.contains("network-node") {
        heard.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    let accounts = server.app.store.accounts();
    let mut account = accounts.account(&"viewer".parse().unwrap()).await.unwrap().unwrap();
    account.disabled = true;
    accounts.update_account(&account).await.unwrap();
    // What the store said about a token is believed for a second.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    write(&server, &editor, "PATCH", node, &json!({ "properties": { "name": "乙" } })).await;
    let rest = tokio::time::timeout(Duration::from_secs(10), stream.chunk()).await.expect("it ends");
    assert_eq!(rest.unwrap(), None);
}

#[tokio::test]
async fn what_changes_in_internal_layers_is_told_to_those_who_see_them() {
    let (server, editor) = scene().await;
    let node = json!({ "properties": { "name": "另一个名称" } });
    let path = "/collections/network-node/items/N-CORE";
    let revision = write(&server, &editor, "PATCH", path, &node).await["revision"].as_u64().unwrap();
    let changes = format!("/changes?after={}", revision - 1);
    assert_eq!(server.json(&changes).await["commits"], json!([]));
    assert_eq!(server.json("/changesets?limit=1").await["changesets"], json!([]));
    let north = server.bearer("north", vec![grant("viewer", None, "429005002")]).await;
    let seen = server.ask("GET", &changes, &[("authorization", &north)]).await.json();
    assert_eq!(seen["commits"], json!([]), "the node stands in the other township");
    let whole = server.ask("GET", &changes, &[("authorization", &editor)]).await.json();
    assert_eq!(whole["commits"][0]["changes"][0]["layer"], "network-node");
    server.get("/collections/network-node/items/N-CORE/versions").await.problem(404, "layer.not_found");
}

#[tokio::test]
async fn the_map_is_shown_as_it_was() {
    let (server, editor) = scene().await;
    let made = write(&server, &editor, "POST", ITEMS, &plate(1, 112.76)).await;
    let path = format!("{ITEMS}/{}", made["id"]);
    let noon = jiff::Timestamp::now();
    tokio::time::sleep(Duration::from_millis(5)).await;
    write(&server, &editor, "PATCH", &path, &json!({ "properties": { "status": "made" } })).await;
    write(&server, &editor, "POST", ITEMS, &plate(2, 112.77)).await;
    let gone = server.ask("DELETE", &format!("{ITEMS}/4290050010010000100000000"), &[("authorization", &editor)]).await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    let then = format!("datetime={noon}");
    let count = async |path: &str| server.json(path).await["numberMatched"].as_u64().unwrap();
    assert_eq!(count(&format!("{ITEMS}?status=made&{then}")).await + 1, count(&format!("{ITEMS}?status=made")).await);
    assert_eq!(count(&format!("{ITEMS}?{then}")).await, count(ITEMS).await);
    assert_eq!(count(&format!("{ITEMS}?datetime=1969-12-30")).await, 0, "before the log began");
    assert_eq!(server.json(&format!("{path}?{then}")).await["properties"]["status"], "planned");
    let back = server.json(&format!("{ITEMS}/4290050010010000100000000?{then}")).await;
    assert_eq!(back["version"], 1, "what was deleted since is there");
    let tile = "/tiles/doorplate/8/208/105";
    let (now, past) = (server.get(tile).await, server.get(&format!("{tile}?{then}")).await);
    assert_eq!((now.status, past.status), (200, 200));
    assert_ne!(now.header("etag"), past.header("etag"));
    assert_ne!(now.body, past.body);
}

#[tokio::test]
async fn a_read_waits_for_the_revision_it_asks_for_or_says_that_it_is_not_there() {
    let (server, editor) = scene().await;
    let revision = write(&server, &editor, "POST", ITEMS, &plate(1, 112.76)).await["revision"].as_u64().unwrap();
    let answer = server.get(&format!("{ITEMS}?min-revision={revision}")).await;
    assert_eq!(answer.header("platbook-revision"), revision.to_string());
    server.get(&format!("{ITEMS}?min-revision=x")).await.problem(400, "parameter.invalid");
    let far = server.get(&format!("/tiles/doorplate/9/416/210?min-revision={}", revision + 5)).await;
    assert_eq!(far.problem(400, "parameter.invalid")["revision"], revision, "the log ends before it");
}

#[tokio::test]
async fn changes_are_told_by_the_same_filters_as_features() {
    let (server, editor) = scene().await;
    let made = write(&server, &editor, "POST", ITEMS, &plate(1, 112.76)).await;
    let path = format!("{ITEMS}/{}", made["id"]);
    let before = server.app.revision().0;
    write(&server, &editor, "PATCH", &path, &json!({ "properties": { "status": "damaged" } })).await;
    let told = async |query: &str| {
        let page = server.json(&format!("/changes?after={before}&{query}")).await;
        page["commits"].as_array().unwrap().len()
    };
    let status = |status: &str| format!("layer=doorplate&filter=status%20%3D%20%27{status}%27");
    assert_eq!(told(&status("damaged")).await, 1, "as it is");
    assert_eq!(told(&status(plate(1, 112.76)["properties"]["status"].as_str().unwrap())).await, 1, "as it was");
    assert_eq!(told(&status("lost")).await, 0);
    let near = "layer=doorplate&filter=distance_m(geometry,POINT(112.76%2030.36))%3C1";
    assert_eq!(told(near).await, 1);
    server.get("/changes?filter=true").await.problem(400, "parameter.invalid");
    server.get("/changes?layer=doorplate&filter=colour%3D1").await.problem(400, "filter.invalid");
}

#[tokio::test]
async fn no_filter_on_changes_finds_out_a_count_that_is_hidden() {
    let server = TestApp::guarded().await;
    let chief = server.bearer("chief", vec![grant("administrator", None, "429005")]).await;
    let headers = [("authorization", chief.as_str())];
    let told = async |filter: &str| {
        let path = format!("/changes?after=0&layer=population&filter={filter}");
        let page = server.ask("GET", &path, &headers).await.json();
        page["commits"].as_array().unwrap().len()
    };
    let schema = server.ask("GET", "/collections/population/schema", &headers).await.json();
    let names = schema["properties"].as_object().unwrap().iter();
    let counts: Vec<&String> =
        names.filter(|(_, one)| one["type"] == "integer" && one["x-ogc-role"] != "id").map(|(name, _)| name).collect();
    assert!(!counts.is_empty());
    assert_eq!(told("village%20IS%20NOT%20NULL").await, 1, "the change itself is told");
    for count in counts {
        assert_eq!(told(&format!("{count}%20%3E%3D%200")).await, 0, "{count}");
    }
}
