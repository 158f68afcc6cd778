//! Editing over HTTP: what is written, what is refused, what others see.

use platbook::domain::codes::doorplate::DoorplateCode;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, VILLAGES, grant};

const ITEMS: &str = "/collections/doorplate/items";

/// A plate in the first village, with a right code.
pub(super) fn plate(serial: u32, lon: f64) -> Value {
    let code = DoorplateCode::new(VILLAGES[0].0.parse().unwrap(), 9, serial).unwrap();
    json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [lon, 30.36] },
        "properties": { "code": code.to_string(), "address": "湖北省潜江市测试路", "status": "planned" },
    })
}

/// The town, and an editor of all of it.
async fn scene() -> (TestApp, String) {
    let server = TestApp::guarded().await;
    let editor = server.bearer("editor", vec![grant("editor", None, "429005")]).await;
    (server, editor)
}

/// Writes as somebody, in English, perhaps upon a version.
async fn write(
    server: &TestApp,
    who: &str,
    method: &str,
    path: &str,
    version: Option<u64>,
    body: Option<&Value>,
) -> Answer {
    let base = version.map(|version| format!("\"{version}\""));
    let mut headers = vec![("authorization", who), ("accept-language", "en")];
    if let Some(base) = &base {
        headers.push(("if-match", base));
    }
    server.send(method, path, &headers, body).await
}

async fn made(server: &TestApp, who: &str, serial: u32) -> (u64, String) {
    let answer = write(server, who, "POST", ITEMS, None, Some(&plate(serial, 112.76))).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["id"].as_u64().unwrap();
    assert!(answer.header("location").ends_with(&format!("{ITEMS}/{id}")));
    (id, format!("{ITEMS}/{id}"))
}

#[tokio::test]
async fn a_plate_is_made_changed_and_taken_away_and_each_answer_shows_it() {
    let (server, editor) = scene().await;
    let (_, path) = made(&server, &editor, 1).await;
    let first = server.json(&path).await;
    assert_eq!((&first["version"], &first["village"]), (&json!(1), &json!(VILLAGES[0].0)));
    let patch = json!({ "properties": { "status": "mounted", "mounted_on": "2026-11-25" } });
    let patched = write(&server, &editor, "PATCH", &path, Some(1), Some(&patch)).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    assert_eq!(patched.json()["version"], 2);
    let now = server.ask("GET", &path, &[]).await;
    assert_eq!(now.json()["properties"]["mounted_on"], "2026-11-25");
    assert_eq!(now.header("etag"), patched.header("etag"), "the tag of the answer is that of the item");
    let back = json!({ "properties": { "mounted_on": null } });
    let tagged =
        [("authorization", editor.as_str()), ("if-match", now.header("etag")), ("prefer", "return=representation")];
    let undone = server.send("PATCH", &path, &tagged, Some(&back)).await;
    assert_eq!(undone.header("preference-applied"), "return=representation");
    assert!(undone.json()["properties"].get("mounted_on").is_none());
    let deleted = write(&server, &editor, "DELETE", &path, Some(3), None).await;
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    server.get(&path).await.problem(404, "feature.not_found");
    write(&server, &editor, "PATCH", &path, None, Some(&patch)).await.problem(404, "feature.not_found");
    let versions = server.json(&format!("{path}/versions")).await;
    let told: Vec<(&Value, &Value)> =
        versions["versions"].as_array().unwrap().iter().map(|one| (&one["kind"], &one["actor"])).collect();
    let by_editor = |kind: &'static str| (json!(kind), json!("editor"));
    let expected = [by_editor("deleted"), by_editor("updated"), by_editor("updated"), by_editor("created")];
    assert!(told.into_iter().eq(expected.iter().map(|(kind, actor)| (kind, actor))), "{versions}");
    assert_eq!(versions["versions"][2]["fields"], json!(["mounted_on", "status"]));
}

#[tokio::test]
async fn nothing_to_change_writes_nothing() {
    let (server, editor) = scene().await;
    let (_, path) = made(&server, &editor, 1).await;
    let before = server.app.revision();
    for (method, body) in [("PATCH", json!({})), ("PATCH", json!({ "properties": { "status": "planned" } }))] {
        let answer = write(&server, &editor, method, &path, Some(1), Some(&body)).await;
        assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(1)));
    }
    let as_read = server.json(&path).await;
    assert_eq!(write(&server, &editor, "PUT", &path, Some(1), Some(&as_read)).await.json()["version"], 1);
    assert_eq!(server.app.revision(), before);
}

#[tokio::test]
async fn a_writer_who_saw_an_old_version_is_told_what_happened_since() {
    let (server, editor) = scene().await;
    let other = server.bearer("other", vec![grant("editor", None, "429005")]).await;
    let (_, path) = made(&server, &editor, 1).await;
    let theirs = json!({ "properties": { "status": "made", "street": "甲路" } });
    assert_eq!(write(&server, &other, "PATCH", &path, Some(1), Some(&theirs)).await.status, 200);
    let mine = json!({ "properties": { "status": "damaged", "number": 7 } });
    let problem = write(&server, &editor, "PATCH", &path, Some(1), Some(&mine)).await.problem(412, "version.conflict");
    assert_eq!(
        (&problem["current"]["version"], &problem["current"]["properties"]["status"]),
        (&json!(2), &json!("made"))
    );
    assert_eq!(problem["since"][0]["actor"], "other");
    assert_eq!(problem["since"][0]["fields"], json!(["status", "street"]));
    let collision = json!({ "field": "status", "base": "planned", "mine": "damaged", "theirs": "made" });
    assert_eq!(problem["collisions"], json!([collision]), "the number is mine alone, the street theirs alone");
    assert_eq!(server.json(&path).await["version"], 2, "nothing was overwritten");
}

#[tokio::test]
async fn a_feature_that_breaks_rules_is_refused_by_pointer_and_one_worth_a_look_is_warned_of() {
    let (server, editor) = scene().await;
    let (_, path) = made(&server, &editor, 1).await;
    let twin = plate(1, 112.77);
    let mut elsewhere = plate(2, 112.85);
    let mut outside = plate(3, 100.0);
    outside["geometry"]["coordinates"] = json!([30.36, 112.76]);
    elsewhere["properties"]["status"] = json!("planned");
    let cases = [
        (json!({ "type": "Feature", "geometry": null, "properties": {} }), "/geometry", "geometry.missing"),
        (twin, "/properties/code", "code.taken"),
        (elsewhere, "/geometry", "village.mismatch"),
        (outside, "/geometry", "geometry.unreadable"),
        (plate(4, 110.0), "/geometry", "geometry.outside_city"),
        (
            json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": [112.76, 30.36] },
                    "properties": { "code": "1", "address": "x", "status": "new" } }),
            "/properties/status",
            "property.invalid",
        ),
        (
            json!({ "type": "Feature", "properties": {},
                    "geometry": { "type": "LineString", "coordinates": [[112.76, 30.36], [112.77, 30.36]] } }),
            "/geometry",
            "geometry.kind",
        ),
    ];
    let before = server.app.revision();
    for (feature, pointer, code) in cases {
        let problem =
            write(&server, &editor, "POST", ITEMS, None, Some(&feature)).await.problem(422, "feature.invalid");
        let faults = problem["faults"].as_array().unwrap();
        assert!(faults.iter().any(|fault| fault["pointer"] == pointer && fault["code"] == code), "{code}: {problem}");
    }
    let bow = json!({ "type": "Feature", "properties": { "code": "W-9", "name": "湖", "kind": "lake" },
        "geometry": { "type": "Polygon", "coordinates": [[[112.72, 30.32], [112.73, 30.33], [112.73, 30.32], [112.72, 30.33], [112.72, 30.32]]] } });
    let crossing = write(&server, &editor, "POST", "/collections/water/items", None, Some(&bow)).await;
    assert_eq!(crossing.problem(422, "feature.invalid")["faults"][0]["code"], "geometry.invalid");
    assert_eq!(server.app.revision(), before, "nothing was written");
    let near = plate(5, 112.760_02);
    let answer = write(&server, &editor, "POST", ITEMS, None, Some(&near)).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["warnings"][0]["code"], "feature.too_near", "{}", answer.text());
    let astray = json!({ "properties": { "compound": "没有的小区" } });
    let warned = write(&server, &editor, "PATCH", &path, None, Some(&astray)).await;
    assert_eq!(warned.json()["warnings"][0]["pointer"], "/properties/compound");
}

#[tokio::test]
async fn a_township_touches_only_its_own() {
    let (server, editor) = scene().await;
    let south = server.bearer("south", vec![grant("editor", None, "429005001")]).await;
    let north = server.bearer("north", vec![grant("editor", None, "429005002")]).await;
    let (_, path) = made(&server, &south, 1).await;
    let patch = json!({ "properties": { "status": "made" } });
    let told = write(&server, &north, "PATCH", &path, None, Some(&patch)).await;
    assert_eq!(told.status, 403, "{}", told.text());
    let mut away = plate(1, 112.75);
    away["geometry"]["coordinates"] = json!([112.75, 30.45]);
    assert_eq!(write(&server, &south, "PUT", &path, None, Some(&away)).await.status, 403, "out of one's own");
    assert_eq!(write(&server, &north, "DELETE", &path, None, None).await.status, 403);
    assert_eq!(write(&server, &editor, "PATCH", &path, None, Some(&patch)).await.status, 200);
}

#[tokio::test]
async fn a_change_set_is_whole_or_as_much_as_can_be_and_sent_twice_done_once() {
    let (server, editor) = scene().await;
    let create = |serial, lon| {
        let plate = plate(serial, lon);
        json!({ "create": "doorplate", "geometry": plate["geometry"], "properties": plate["properties"] }).to_string()
    };
    let text = format!("{}\n\n{}\n{}", create(1, 112.71), r#"{"delete":"doorplate","id":999999}"#, create(2, 112.72));
    let who = [("authorization", editor.as_str()), ("accept-language", "en"), ("idempotency-key", "once")];
    let ndjson = "application/x-ndjson";
    let before = server.app.revision();
    let problem =
        server.post("/changesets?reason=test", &who[..2], ndjson, &text).await.problem(422, "changeset.refused");
    let lines: Vec<(&Value, &Value)> =
        problem["lines"].as_array().unwrap().iter().map(|line| (&line["line"], &line["status"])).collect();
    let expected = [(json!(1), json!("not_done")), (json!(3), json!("refused")), (json!(4), json!("not_done"))];
    assert!(lines.into_iter().eq(expected.iter().map(|(line, status)| (line, status))), "{problem}");
    assert_eq!(server.app.revision(), before);
    let done = server.post("/changesets?mode=best&reason=test", &who, ndjson, &text).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let (first, revision) = (done.json(), server.app.revision());
    assert_eq!(first["lines"][0]["status"], "done");
    assert_eq!(first["lines"][1]["problem"]["code"], "feature.not_found");
    let again = server.post("/changesets?mode=best&reason=test", &who, ndjson, &text).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"), "{}", again.text());
    let made = |answer: &Value| {
        [0, 2].map(|line| (answer["lines"][line]["id"].clone(), answer["lines"][line]["version"].clone()))
    };
    let again = again.json();
    assert_eq!((made(&again), &again["revision"]), (made(&first), &first["revision"]));
    let other = server.post("/changesets", &who, ndjson, &create(3, 112.73)).await;
    other.problem(422, "idempotency.reused");
    assert_eq!(server.app.revision(), revision);
    let sets = server.json("/changesets?limit=1").await;
    assert_eq!(sets["changesets"][0]["reason"], "test");
    assert_eq!(sets["changesets"][0]["counts"], json!([{ "layer": "doorplate", "kind": "created", "count": 2 }]));
}

#[tokio::test]
async fn a_change_set_is_taken_back_unless_it_was_changed_since() {
    let (server, editor) = scene().await;
    let (id, path) = made(&server, &editor, 1).await;
    let patch = json!({ "properties": { "status": "made" } });
    write(&server, &editor, "PATCH", &path, None, Some(&patch)).await;
    let deleted = write(&server, &editor, "DELETE", &path, None, None).await.json()["revision"].as_u64().unwrap();
    let undo = |revision: u64| format!("/changesets/{revision}/undo");
    let problem =
        write(&server, &editor, "POST", &undo(deleted - 1), None, None).await.problem(409, "undo.changed_since");
    assert_eq!(problem["changed"], json!([{ "id": id, "version": null }]));
    let restored = write(&server, &editor, "POST", &undo(deleted), None, None).await;
    assert_eq!(restored.status, 200, "{}", restored.text());
    let now = server.json(&path).await;
    assert_eq!(
        (&now["version"], &now["properties"]["status"]),
        (&json!(4), &json!("made")),
        "the same feature is back"
    );
    write(&server, &editor, "POST", "/changesets/99999/undo", None, None).await.problem(404, "revision.not_found");
    write(&server, &editor, "POST", "/changesets/x/undo", None, None).await.problem(400, "parameter.invalid");
}

#[tokio::test]
async fn a_create_that_is_sent_again_under_its_key_makes_one_plate() {
    let (server, editor) = scene().await;
    let headers = [("authorization", editor.as_str()), ("accept-language", "en"), ("idempotency-key", "plate 1")];
    let send = async |plate: Value| server.send("POST", ITEMS, &headers, Some(&plate)).await;
    let (first, again) = (send(plate(1, 112.76)).await, send(plate(1, 112.76)).await);
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text());
    assert_eq!((&first.json()["id"], &first.json()["revision"]), (&again.json()["id"], &again.json()["revision"]));
    send(plate(2, 112.77)).await.problem(422, "idempotency.reused");
    let whole = [headers[0], ("prefer", "return=representation")];
    let shown = server.send("POST", ITEMS, &whole, Some(&plate(3, 112.78))).await;
    assert_eq!(shown.header("content-type"), "application/geo+json");
    assert_eq!((&shown.json()["type"], &shown.json()["warnings"]), (&json!("Feature"), &json!([])));
}

#[tokio::test]
async fn a_deletion_is_not_taken_back_where_its_code_was_given_again_nor_by_who_may_not() {
    let (server, editor) = scene().await;
    let north = server.bearer("north", vec![grant("editor", None, "429005002")]).await;
    let (_, path) = made(&server, &editor, 1).await;
    let deleted = write(&server, &editor, "DELETE", &path, None, None).await.json()["revision"].as_u64().unwrap();
    let undo = format!("/changesets/{deleted}/undo");
    write(&server, &north, "POST", &undo, None, None).await.problem(403, "access.division");
    let (_, other) = made(&server, &editor, 1).await;
    let problem = write(&server, &editor, "POST", &undo, None, None).await.problem(422, "feature.invalid");
    assert_eq!(problem["faults"][0]["code"], "code.taken");
    assert_eq!(write(&server, &editor, "DELETE", &other, None, None).await.status, 200);
    assert_eq!(write(&server, &editor, "POST", &undo, None, None).await.status, 200);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_said_to_be() {
    let (server, editor) = scene().await;
    let who = [("authorization", editor.as_str()), ("accept-language", "en")];
    let geojson = "application/geo+json";
    server.post(ITEMS, &who, geojson, "{").await.problem(400, "body.invalid");
    server.post(ITEMS, &who, geojson, "[]").await.problem(400, "body.invalid");
    server.post(ITEMS, &who, "text/plain", "{}").await.problem(415, "body.media_type");
    server.post(&format!("{ITEMS}?nonsense=1"), &who, geojson, "{}").await.problem(400, "parameter.invalid");
    server.post("/changesets", &who, "application/x-ndjson", "").await.problem(400, "body.invalid");
    let told = server.post("/changesets", &who, "application/x-ndjson", "{\"create\":\"nothing\"}\nx").await;
    let problem = told.problem(422, "changeset.refused");
    assert_eq!(problem["lines"].as_array().unwrap().len(), 2, "{problem}");
    let swapped = [("authorization", editor.as_str()), ("content-crs", "<http://www.opengis.net/def/crs/EPSG/0/4490>")];
    let mut plate = plate(1, 112.76);
    plate["geometry"]["coordinates"] = json!([30.36, 112.76]);
    let made = server.post(ITEMS, &swapped, geojson, &plate.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let old = [("authorization", editor.as_str()), ("if-match", "nonsense"), ("accept-language", "en")];
    let id = made.json()["id"].as_u64().unwrap();
    server.ask("DELETE", &format!("{ITEMS}/{id}"), &old).await.problem(400, "parameter.invalid");
}

/// A plate that brings no code.
fn uncoded(street: &str, lon: f64) -> Value {
    let mut plate = plate(1, lon);
    plate["properties"] = json!({ "address": format!("{street}新牌"), "street": street, "status": "planned" });
    plate
}

#[tokio::test]
async fn a_plate_without_a_code_is_given_the_next_of_its_street() {
    let (server, editor) = scene().await;
    let mut given = Vec::new();
    for (street, lon) in [("测试路", 112.761), ("测试路", 112.762), ("另一条路", 112.763), ("测试路", 112.764)]
    {
        let answer = write(&server, &editor, "POST", ITEMS, None, Some(&uncoded(street, lon))).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let item = server.json(&format!("{ITEMS}/{}", answer.json()["id"])).await;
        given.push(item["properties"]["code"].as_str().unwrap().parse::<DoorplateCode>().unwrap());
    }
    assert!(given.iter().all(|code| code.village().to_string() == VILLAGES[0].0), "{given:?}");
    let serials: Vec<u32> = given.iter().map(|code| code.serial()).collect();
    let streets: Vec<u32> = given.iter().map(|code| code.street()).collect();
    assert_eq!(serials, [1, 2, 1, 3]);
    assert!(streets[0] == streets[1] && streets[1] == streets[3] && streets[2] == streets[0] + 1, "{streets:?}");
    let lines: String = (0..3)
        .map(|i| {
            let feature = uncoded("测试路", 112.765 + f64::from(i) * 0.0001);
            let (geometry, properties) = (&feature["geometry"], &feature["properties"]);
            format!("{}\n", json!({ "create": "doorplate", "geometry": geometry, "properties": properties }))
        })
        .collect();
    let who = [("authorization", editor.as_str())];
    let answer = server.post("/changesets", &who, "application/x-ndjson", &lines).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = server.json(&format!("{ITEMS}?limit=100&street=%E6%B5%8B%E8%AF%95%E8%B7%AF")).await;
    let mut serials: Vec<u32> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["properties"]["code"].as_str().unwrap().parse::<DoorplateCode>().unwrap().serial())
        .collect();
    serials.sort_unstable();
    assert_eq!(serials, [1, 2, 3, 4, 5, 6], "no code twice");
}

#[tokio::test]
async fn what_is_wrong_with_a_value_is_said_in_both_languages_with_all_that_may_stand_there() {
    let (server, editor) = scene().await;
    let mut wrong = plate(1, 112.76);
    wrong["properties"]["status"] = json!("lost");
    wrong["properties"]["colour"] = json!("red");
    let headers = |lang| [("authorization", editor.as_str()), ("accept-language", lang)];
    for (lang, told) in [
        ("zh", ["“状态”（status）不能是", "missing（丢失）", "没有属性 colour"]),
        ("en", ["`status` (Status) cannot be", "missing (Missing)", "there is no `colour`"]),
    ] {
        let problem = server.send("POST", ITEMS, &headers(lang), Some(&wrong)).await.problem(422, "feature.invalid");
        let faults = problem["faults"].to_string();
        assert!(told.iter().all(|part| faults.contains(part)), "{faults}");
    }
    let mut wrong = plate(1, 112.76);
    let code = wrong["properties"]["code"].as_str().unwrap().to_owned();
    let last = if code.ends_with('1') { "2" } else { "1" };
    wrong["properties"]["code"] = json!(format!("{}{last}", &code[..24]));
    let problem = server.send("POST", ITEMS, &headers("zh"), Some(&wrong)).await.problem(422, "feature.invalid");
    let told = problem["faults"][0].to_string();
    assert!(told.contains(&format!("末两位校验码应为 {}", &code[23..])), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_write_one_feature_upon_the_newest_all_come_through() {
    let (server, editor) = scene().await;
    let (_, path) = made(&server, &editor, 1).await;
    let writers = (0..24).map(|i| {
        let (server, editor, path) = (&server, &editor, &path);
        async move {
            let patch = json!({ "properties": { "address": format!("测试路{i}号") } });
            write(server, editor, "PATCH", path, None, Some(&patch)).await.status
        }
    });
    let statuses = futures_util::future::join_all(writers).await;
    assert_eq!(statuses, vec![200; 24]);
    assert_eq!(server.json(&path).await["version"], 25);
}

#[tokio::test]
async fn who_may_not_undo_is_not_told_what_became_of_it() {
    let (server, editor) = scene().await;
    let viewer = server.bearer("viewer", vec![grant("viewer", None, "429005")]).await;
    let (_, path) = made(&server, &editor, 1).await;
    let revision = server.app.revision();
    let patch = json!({ "properties": { "status": "made" } });
    assert_eq!(write(&server, &editor, "PATCH", &path, None, Some(&patch)).await.status, 200);
    let undo = format!("/changesets/{revision}/undo");
    assert_eq!(write(&server, &viewer, "POST", &undo, None, None).await.status, 403);
    assert_eq!(write(&server, &editor, "POST", &undo, None, None).await.status, 409);
}
