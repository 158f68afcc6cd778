//! What is told to one is not told to another: whose change it was, which number stands behind a code, where a request
//! came from, and what a token may take away.

use platbook::domain::Action;
use platbook::http::Access;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp, grant};

const NODES: &str = "/collections/network-node/items";
/// In the first village, which is the south's.
const IN_THE_SOUTH: f64 = 30.36;
/// In the third, which is the north's.
const IN_THE_NORTH: f64 = 30.46;

fn node(code: &str, lat: f64) -> Value {
    json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [112.761, lat] },
        "properties": { "code": code, "name": "测试节点" },
    })
}

async fn send(server: &TestApp, who: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    server.send(method, path, &[("authorization", who), ("accept-language", "en")], body).await
}

async fn editors(server: &TestApp) -> (String, String, String) {
    let south = server.bearer("south", vec![grant("editor", None, "429005001")]).await;
    let north = server.bearer("north", vec![grant("editor", None, "429005002")]).await;
    let city = server.bearer("city-hall", vec![grant("editor", None, "429005")]).await;
    (south, north, city)
}

#[tokio::test]
async fn change_sets_are_listed_for_those_who_see_what_they_changed() {
    let server = TestApp::guarded().await;
    let (south, north, city) = editors(&server).await;
    let made = send(&server, &south, "POST", NODES, Some(&node("N-SOUTH", IN_THE_SOUTH))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let path = format!("{NODES}/{}", made.json()["id"]);
    assert_eq!(send(&server, &south, "DELETE", &path, None).await.status, 200);
    let listed = async |who: &str| {
        let sets = send(&server, who, "GET", "/changesets", None).await.json();
        let sets = sets["changesets"].as_array().unwrap().clone();
        sets.into_iter().filter(|set| set["actor"] == "south").collect::<Vec<Value>>()
    };
    for (who, name) in [(&south, "south"), (&city, "the city")] {
        let sets = listed(who).await;
        let kinds: Vec<&Value> = sets.iter().map(|set| &set["counts"][0]["kind"]).collect();
        assert_eq!(kinds, ["deleted", "created"], "{name}");
    }
    assert_eq!(listed(&north).await, Vec::<Value>::new(), "neither who nor why is told to the north");
}

#[tokio::test]
async fn a_code_that_is_taken_does_not_tell_the_number_of_what_one_does_not_see() {
    let server = TestApp::guarded().await;
    let (_, north, city) = editors(&server).await;
    let core = send(&server, &city, "GET", &format!("{NODES}/N-CORE"), None).await.json()["id"].to_string();
    let taken = async |who: &str| {
        let refused = send(&server, who, "POST", NODES, Some(&node("N-CORE", IN_THE_NORTH))).await;
        let problem = refused.problem(422, "feature.invalid");
        assert_eq!(problem["faults"][0]["code"], "code.taken");
        problem["faults"][0].to_string()
    };
    assert!(taken(&city).await.contains(&format!("feature {core}")));
    let told = taken(&north).await;
    assert!(!told.contains(&core) && told.contains("not yours to see"), "{told}");
}

#[tokio::test]
async fn taking_a_change_set_back_under_one_key_is_done_once() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let made = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await.json();
    let undo = |revision: &Value| format!("/changesets/{revision}/undo");
    let headers = [("authorization", south.as_str()), ("idempotency-key", "take it back")];
    let first = server.ask("POST", &undo(&made["revision"]), &headers).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let again = server.ask("POST", &undo(&made["revision"]), &headers).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"), "{}", again.text());
    assert_eq!(again.json(), first.json());
    let other = send(&server, &south, "POST", NODES, Some(&node("N-2", IN_THE_SOUTH))).await.json();
    server.ask("POST", &undo(&other["revision"]), &headers).await.problem(422, "idempotency.reused");
}

#[tokio::test]
async fn a_version_is_named_by_a_tag_that_a_proxy_weakened() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let made = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await;
    let path = format!("{NODES}/{}", made.json()["id"]);
    let tag = format!("W/{}", send(&server, &south, "GET", &path, None).await.header("etag"));
    let patch = json!({ "properties": { "name": "新名" } });
    let headers = [("authorization", south.as_str()), ("if-match", tag.as_str())];
    assert_eq!(server.send("PATCH", &path, &headers, Some(&patch)).await.status, 200);
    server
        .send("PATCH", &path, &headers, Some(&json!({ "properties": { "name": "又" } })))
        .await
        .problem(412, "version.conflict");
}

#[tokio::test]
async fn texts_that_no_database_keeps_are_refused_at_every_door() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let chief = server.bearer("chief", vec![grant("administrator", None, "429005")]).await;
    let mut nul = node("N-1", IN_THE_SOUTH);
    nul["properties"]["name"] = json!("a\u{0}b");
    let problem = send(&server, &south, "POST", NODES, Some(&nul)).await.problem(422, "feature.invalid");
    assert_eq!(problem["faults"][0]["pointer"], "/properties/name");
    for path in ["/search?q=%00", "/changesets?reason=a%00b", "/collections/doorplate/items?q=%00"] {
        send(&server, &chief, "GET", path, None).await.problem(400, "parameter.invalid");
    }
    let user = json!({ "name": "clerk", "title": "a\u{0}", "grants": [] });
    send(&server, &chief, "POST", "/users", Some(&user)).await.problem(400, "body.invalid");
    let plain = json!({ "name": "clerk", "title": "a\\u0000", "password": PASSWORD, "grants": [] });
    assert_eq!(send(&server, &chief, "POST", "/users", Some(&plain)).await.status, 201, "a backslash is none");
}

#[tokio::test]
async fn only_known_proxies_say_where_the_server_was_reached() {
    let forwarded = [("x-forwarded-host", "maps.example"), ("x-forwarded-proto", "https")];
    let first_link = async |server: &TestApp| {
        let landing = server.ask("GET", "/collections", &forwarded).await.json();
        landing["links"][0]["href"].as_str().unwrap().to_owned()
    };
    let known = TestApp::guarded().await;
    assert!(first_link(&known).await.starts_with("https://maps.example/"));
    let elsewhere = vec!["192.0.2.0/24".parse().unwrap()];
    let unknown = TestApp::guarded_by(Access { proxies: elsewhere, ..Access::default() }).await;
    assert!(first_link(&unknown).await.starts_with(&unknown.base));
}

#[tokio::test]
async fn wrong_tries_from_one_place_keep_nobody_out_who_comes_from_another() {
    let server = TestApp::guarded_by(Access { attempts_a_minute: 3, ..Access::default() }).await;
    server.account("clerk", vec![grant("editor", None, "429005")], Some(PASSWORD)).await;
    let sign_in = async |place: &str, password: &str| {
        let body = json!({ "name": "clerk", "password": password });
        server.send("POST", "/session", &[("x-forwarded-for", place)], Some(&body)).await.status
    };
    for _ in 0..3 {
        assert_eq!(sign_in("198.51.100.7", "wrong").await, 401);
    }
    assert_eq!(sign_in("198.51.100.7", PASSWORD).await, 429, "from there it is too much");
    assert_eq!(sign_in("198.51.100.8", PASSWORD).await, 200);
}

#[tokio::test]
async fn a_token_takes_away_none_that_may_do_more_than_itself() {
    let server = TestApp::guarded().await;
    server.account("clerk", vec![grant("editor", None, "429005")], None).await;
    let reader = format!("Bearer {}", server.token("clerk", &[Action::Read], 48).await);
    let all = format!("Bearer {}", server.token("clerk", &Action::ALL, 48).await);
    let tokens = send(&server, &all, "GET", "/tokens", None).await.json();
    let id_of = |scopes: usize| {
        let mut tokens = tokens["tokens"].as_array().unwrap().iter();
        tokens.find(|token| token["scopes"].as_array().unwrap().len() == scopes).unwrap()["id"].to_string()
    };
    let path = |id: String| format!("/tokens/{id}");
    send(&server, &reader, "DELETE", &path(id_of(Action::ALL.len())), None).await.problem(403, "access.token");
    assert_eq!(send(&server, &all, "GET", "/tokens", None).await.status, 200, "it is still there");
    assert_eq!(send(&server, &reader, "DELETE", &path(id_of(1)), None).await.status, 204, "itself it may");
}

#[tokio::test]
async fn a_token_makes_none_that_outlives_it() {
    let server = TestApp::guarded().await;
    server.account("clerk", vec![grant("editor", None, "429005")], None).await;
    // It was made a day ago for 48 hours.
    let token = format!("Bearer {}", server.token("clerk", &[Action::Read], 48).await);
    let wish = json!({ "name": "longer", "scopes": ["read"], "days": 366 });
    let made = send(&server, &token, "POST", "/tokens", Some(&wish)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let expires: jiff::Timestamp = made.json()["expires"].as_str().unwrap().parse().unwrap();
    let own_end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    assert!(expires <= own_end, "{expires} is not after {own_end}");
}

#[tokio::test]
async fn reading_a_sensitive_layer_is_noted_whatever_the_door() {
    let server = TestApp::guarded().await;
    let chief = server.bearer("chief", vec![grant("administrator", None, "429005")]).await;
    let question = json!({ "collection": "population", "filter": "persons > 0" });
    let doors: [(&str, &str, Option<&Value>); 3] = [
        ("POST", "/query", Some(&question)),
        ("GET", "/compare?layer=population&from=2020-01-01", None),
        ("GET", "/changes?layer=population", None),
    ];
    for (i, (method, path, body)) in doors.into_iter().enumerate() {
        let name = format!("reader-{i}");
        let reader = server.bearer(&name, vec![grant("viewer", None, "429005")]).await;
        let answer = send(&server, &reader, method, path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let audit = send(&server, &chief, "GET", "/audit", None).await.json();
        let noted = audit["entries"].as_array().unwrap().iter().any(|entry| {
            entry["action"] == "layer.read" && entry["actor"] == *name && entry["subject"] == "population"
        });
        assert!(noted, "{method} {path}");
    }
}

#[tokio::test]
async fn lines_that_cannot_be_read_are_told_until_they_are_too_many() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let headers = [("authorization", south.as_str()), ("accept-language", "en")];
    let sent = async |lines: usize| {
        let bytes = "{\"nothing\":1}\n".repeat(lines);
        server.post("/changesets", &headers, "application/x-ndjson", bytes).await
    };
    let problem = sent(1_000).await.problem(422, "changeset.refused");
    assert_eq!(problem["lines"].as_array().unwrap().len(), 1_000);
    assert!(sent(1_001).await.problem(400, "body.invalid")["detail"].as_str().unwrap().contains("1000"));
}

#[tokio::test]
async fn a_key_answers_only_what_was_asked_under_it() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let first = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await.json();
    let second = send(&server, &south, "POST", NODES, Some(&node("N-2", IN_THE_SOUTH))).await.json();
    let headers = [("authorization", south.as_str()), ("idempotency-key", "rename")];
    let line = |id: &Value, name: &str| {
        json!({ "patch": "network-node", "id": id, "properties": { "name": name } }).to_string()
    };
    let sent = async |lines: String| server.post("/changesets", &headers, "application/x-ndjson", lines).await;
    let one = line(&first["id"], "一");
    assert_eq!(sent(one.clone()).await.status, 200);
    assert_eq!(sent(one.clone()).await.header("idempotency-replayed"), "true");
    let more = format!("{one}\n{}", line(&second["id"], "二"));
    sent(more).await.problem(422, "idempotency.reused");
    // A reason in the words of an undo is no undo.
    let words = format!("/changesets?reason=undo%20{}", first["revision"]);
    let keyed = [("authorization", south.as_str()), ("idempotency-key", "words")];
    assert_eq!(server.post(&words, &keyed, "application/x-ndjson", line(&second["id"], "三")).await.status, 200);
    let undo = format!("/changesets/{}/undo", first["revision"]);
    server.ask("POST", &undo, &keyed).await.problem(422, "idempotency.reused");
}

#[tokio::test]
async fn what_is_sent_again_while_it_is_under_way_is_done_once_and_told_so() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let made = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await;
    let path = format!("{NODES}/{}", made.json()["id"]);
    let patch = json!({ "properties": { "name": "新名" } });
    let headers = [("authorization", south.as_str()), ("idempotency-key", "p"), ("if-match", "\"1\"")];
    let patches = (0..12).map(|_| server.send("PATCH", &path, &headers, Some(&patch)));
    let answers = futures_util::future::join_all(patches).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    let replayed = answers.iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count();
    assert_eq!(replayed, 11, "one did it");
    let undo = format!("/changesets/{}/undo", answers[0].json()["revision"]);
    let keyed = [("authorization", south.as_str()), ("idempotency-key", "u")];
    let undone = futures_util::future::join_all((0..12).map(|_| server.ask("POST", &undo, &keyed))).await;
    assert!(undone.iter().all(|answer| answer.status == 200));
    assert_eq!(send(&server, &south, "GET", &path, None).await.json()["version"], 3, "taken back once");
}

#[tokio::test]
async fn an_edit_of_a_hidden_count_does_not_tell_whether_it_was_that() {
    let server = TestApp::guarded().await;
    let (_, north, _) = editors(&server).await;
    let path = "/collections/population/items/429005002002";
    let mut versions = Vec::new();
    for persons in [5, 7] {
        let patch = json!({ "properties": { "persons": persons } });
        let answer = send(&server, &north, "PATCH", path, Some(&patch)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        versions.push(answer.json()["version"].as_u64().unwrap());
        let back =
            send(&server, &north, "POST", &format!("/changesets/{}/undo", answer.json()["revision"]), None).await;
        assert_eq!(back.status, 200, "{}", back.text());
    }
    assert_eq!(versions, [2, 4], "the right guess is a change like the wrong one");
}

#[tokio::test]
async fn a_change_set_of_which_one_sees_nothing_is_not_there_to_be_taken_back() {
    let server = TestApp::guarded().await;
    let (south, north, _) = editors(&server).await;
    let plates = server.bearer("plates", vec![grant("editor", Some(&["doorplate"]), "429005")]).await;
    let made = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await.json();
    let undo = format!("/changesets/{}/undo", made["revision"]);
    for who in [&north, &plates] {
        send(&server, who, "POST", &undo, None).await.problem(404, "revision.not_found");
    }
}

#[tokio::test]
async fn the_tag_of_something_else_names_no_version() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let first = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await;
    let second = send(&server, &south, "POST", NODES, Some(&node("N-2", IN_THE_SOUTH))).await;
    let path = format!("{NODES}/{}", first.json()["id"]);
    let patch = json!({ "properties": { "name": "新名" } });
    for tag in [second.header("etag"), "\"deadbeefdeadbeef-999-1-0-json\""] {
        let headers = [("authorization", south.as_str()), ("if-match", tag)];
        server.send("PATCH", &path, &headers, Some(&patch)).await.problem(412, "version.conflict");
    }
}

#[tokio::test]
async fn values_beyond_what_tiles_and_clients_carry_are_refused() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let long = json!({ "properties": { "name": "长".repeat(2_001) } });
    let made = send(&server, &south, "POST", NODES, Some(&node("N-1", IN_THE_SOUTH))).await;
    let path = format!("{NODES}/{}", made.json()["id"]);
    let problem = send(&server, &south, "PATCH", &path, Some(&long)).await.problem(422, "feature.invalid");
    assert!(problem["faults"][0]["message"].to_string().contains("2000"), "{problem}");
    let plates = "/collections/doorplate/items";
    let plate = send(&server, &south, "POST", plates, Some(&super::edits::plate(1, 112.76))).await.json();
    let path = format!("{plates}/{}", plate["id"]);
    for huge in [json!(1e308), json!(9_223_372_036_854_775_807_u64)] {
        let patch = json!({ "properties": { "priority": huge } });
        let problem = send(&server, &south, "PATCH", &path, Some(&patch)).await.problem(422, "feature.invalid");
        assert_eq!(problem["faults"][0]["pointer"], "/properties/priority");
    }
    let whole = json!({ "properties": { "priority": 3.0 } });
    let patched = send(&server, &south, "PATCH", &path, Some(&whole)).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    let written = send(&server, &south, "GET", &path, None).await.text();
    assert!(written.contains("\"priority\":3,") || written.contains("\"priority\":3}"), "{written}");
}

#[tokio::test]
async fn a_ring_of_very_many_corners_is_refused_before_it_is_looked_at() {
    let server = TestApp::guarded().await;
    let (south, ..) = editors(&server).await;
    let ring: Vec<[f64; 2]> = (0..=20_001)
        .map(|i| f64::from(i % 20_001) / 20_001.0 * std::f64::consts::TAU)
        .map(|turn| [112.76 + 0.01 * turn.cos(), 30.36 + 0.01 * turn.sin()])
        .collect();
    let compound = json!({
        "type": "Feature",
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": { "name": "圆", "code": "C-1" },
    });
    let problem = send(&server, &south, "POST", "/collections/compound/items", Some(&compound))
        .await
        .problem(422, "feature.invalid");
    assert!(problem["faults"].to_string().contains("geometry.too_detailed"), "{problem}");
}

#[tokio::test]
async fn the_map_of_an_earlier_time_does_not_give_away_what_is_hidden_now() {
    let server = TestApp::guarded().await;
    let (_, north, city) = editors(&server).await;
    let before = jiff::Timestamp::now();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let patch = json!({ "properties": { "persons": 400 } });
    let path = "/collections/population/items/429005002002";
    assert_eq!(send(&server, &north, "PATCH", path, Some(&patch)).await.status, 200);
    let counts = async |query: &str| {
        let page = send(&server, &city, "GET", &format!("/collections/population/items{query}"), None).await.json();
        let features = page["features"].as_array().unwrap().clone();
        features.iter().filter(|one| one["properties"].get("persons").is_some()).count()
    };
    assert_eq!(counts("").await, 4, "none is small now");
    assert_eq!(counts(&format!("?datetime={before}")).await, 0, "of what was, none is told");
}
