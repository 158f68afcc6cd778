//! Saved views, bookmarks, styles and filters, and who sees and changes them.

use platbook::domain::Action;
use platbook::http::{Access, Limits};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, grant};

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn bookmark(audience: &str) -> Value {
    json!({ "kind": "bookmark", "title": " 东风路社区 ", "audience": audience, "state": "15/30.42/112.89?l=doorplate", "thumbnail": PNG })
}

fn style(audience: &str, layer: &str) -> Value {
    json!({ "kind": "style", "title": "By status", "audience": audience, "layer": layer, "state": { "by": "status" } })
}

/// Two editors and a viewer of the housing bureau, one of the health commission, a chief, and somebody of none.
async fn town() -> TestApp {
    let server = TestApp::guarded().await;
    for (name, role, department) in [
        ("ann", "editor", Some("housing")),
        ("ben", "viewer", Some("housing")),
        ("eve", "viewer", Some("health")),
        ("chief", "administrator", None),
    ] {
        let mut account = server.account(name, vec![grant(role, None, "429005")], None).await;
        account.department = department.map(str::to_owned);
        assert!(server.app.store.accounts().update_account(&account).await.unwrap());
    }
    server
}

async fn by(
    server: &TestApp,
    who: &str,
    method: &str,
    path: &str,
    more: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let cookie = if who.is_empty() { String::new() } else { server.cookie(who).await };
    let mut headers = vec![("accept-language", "en")];
    if !who.is_empty() {
        headers.push(("cookie", cookie.as_str()));
    }
    headers.extend_from_slice(more);
    server.send(method, path, &headers, body).await
}

async fn saved(server: &TestApp, who: &str, body: &Value) -> String {
    let answer = by(server, who, "POST", "/views", &[], Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn titles(server: &TestApp, who: &str, path: &str) -> Vec<String> {
    let answer = by(server, who, "GET", path, &[], None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let views = answer.json()["views"].as_array().unwrap().clone();
    assert!(views.iter().all(|view| view.get("state").is_none()), "a list has no states");
    views.iter().map(|view| view["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_bookmark_is_kept_read_saved_anew_and_deleted() {
    let server = town().await;
    let made = by(&server, "ben", "POST", "/views", &[], Some(&bookmark("mine"))).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.header("etag"), "\"1\"");
    let body = made.json();
    let path = format!("/views/{}", body["id"].as_str().unwrap());
    assert_eq!(made.header("location"), format!("{}{path}", server.base));
    assert_eq!((&body["title"], &body["owner"], &body["own"]), (&json!("东风路社区"), &json!("ben"), &json!(true)));
    let read = by(&server, "ben", "GET", &path, &[], None).await;
    assert_eq!(read.json(), body);
    assert_eq!(body["state"], "15/30.42/112.89?l=doorplate");
    assert_eq!(body["thumbnail"], PNG);
    let known = by(&server, "ben", "GET", &path, &[("if-none-match", "\"1\"")], None).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let mut changed = bookmark("mine");
    changed["title"] = "Elsewhere".into();
    by(&server, "ben", "PUT", &path, &[], Some(&changed)).await.problem(428, "version.needed");
    let put = by(&server, "ben", "PUT", &path, &[("if-match", "\"1\"")], Some(&changed)).await;
    assert_eq!((put.status, put.header("etag"), &put.json()["version"]), (200, "\"2\"", &json!(2)));
    let stale = by(&server, "ben", "PUT", &path, &[("if-match", "\"1\"")], Some(&bookmark("mine"))).await;
    let current = stale.problem(412, "version.conflict")["current"].clone();
    assert_eq!((&current["title"], &current["version"]), (&json!("Elsewhere"), &json!(2)));
    by(&server, "ben", "DELETE", &path, &[], None).await.problem(428, "version.needed");
    by(&server, "ben", "DELETE", &path, &[("if-match", "\"1\"")], None).await.problem(412, "version.conflict");
    assert_eq!(by(&server, "ben", "DELETE", &path, &[("if-match", "\"2\"")], None).await.status, 204);
    by(&server, "ben", "GET", &path, &[], None).await.problem(404, "view.not_found");
    let audit = by(&server, "chief", "GET", "/audit", &[], None).await.json();
    let actions: Vec<&str> =
        audit["entries"].as_array().unwrap().iter().filter_map(|one| one["action"].as_str()).collect();
    let actions: Vec<&str> = actions.into_iter().filter(|action| action.starts_with("view.")).collect();
    assert_eq!(actions, ["view.removed", "view.changed", "view.created"]);
}

#[tokio::test]
async fn one_is_seen_by_those_it_is_for_and_changed_by_its_owner() {
    let server = town().await;
    let mine = saved(&server, "ann", &bookmark("mine")).await;
    let ours = saved(&server, "ann", &bookmark("department")).await;
    let public = saved(&server, "ann", &style("public", "doorplate")).await;
    // Nobody who does not sign in sees this layer.
    let nodes = saved(&server, "ann", &style("public", "network-node")).await;
    for (who, seen) in [
        ("ann", vec![&nodes, &public, &ours, &mine]),
        ("ben", vec![&nodes, &public, &ours]),
        ("eve", vec![&nodes, &public]),
        ("chief", vec![&nodes, &public]),
        ("", vec![&public]),
    ] {
        assert_eq!(titles(&server, who, "/views").await.iter().collect::<Vec<_>>(), seen, "{who}");
        for id in [&mine, &ours, &public, &nodes] {
            let answer = by(&server, who, "GET", &format!("/views/{id}"), &[], None).await;
            assert_eq!(answer.status, if seen.contains(&id) { 200 } else { 404 }, "{who} {id}");
            // What is not seen is not changed, and not said to be there.
            if who == "ann" || who.is_empty() {
                continue;
            }
            let (path, body) = (format!("/views/{id}"), bookmark("mine"));
            let put = by(&server, who, "PUT", &path, &[("if-match", "\"1\"")], Some(&body)).await;
            if seen.contains(&id) {
                put.problem(403, "view.not_owner");
            } else {
                put.problem(404, "view.not_found");
            }
        }
    }
    by(&server, "ben", "DELETE", &format!("/views/{ours}"), &[("if-match", "*")], None)
        .await
        .problem(403, "view.not_owner");
    let swept = by(&server, "chief", "DELETE", &format!("/views/{public}"), &[("if-match", "\"1\"")], None).await;
    assert_eq!(swept.status, 204, "an administrator takes back what everybody sees");
    by(&server, "chief", "DELETE", &format!("/views/{mine}"), &[("if-match", "*")], None)
        .await
        .problem(404, "view.not_found");
}

#[tokio::test]
async fn to_show_it_to_others_takes_a_department_or_the_right_to_publish() {
    let server = town().await;
    by(&server, "ben", "POST", "/views", &[], Some(&bookmark("public"))).await.problem(403, "access.role");
    by(&server, "chief", "POST", "/views", &[], Some(&bookmark("department"))).await.problem(409, "view.no_department");
    by(&server, "", "POST", "/views", &[], Some(&bookmark("mine"))).await.problem(401, "access.sign_in");
    let mine = saved(&server, "ben", &bookmark("mine")).await;
    let path = format!("/views/{mine}");
    let widened = by(&server, "ben", "PUT", &path, &[("if-match", "\"1\"")], Some(&bookmark("public"))).await;
    widened.problem(403, "access.role");
    by(&server, "eve", "GET", &path, &[], None).await.problem(404, "view.not_found");
    // An editor of one township speaks for it, not for the city.
    server.account("dan", vec![grant("editor", None, "429005001")], None).await;
    by(&server, "dan", "POST", "/views", &[], Some(&bookmark("public"))).await.problem(403, "access.division");
    for (scopes, status) in [(&[Action::Read][..], 403), (&[Action::Read, Action::Create], 201)] {
        let bearer = format!("Bearer {}", server.token("ben", scopes, 48).await);
        let answer = server.send("POST", "/views", &[("authorization", &bearer)], Some(&bookmark("mine"))).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let told = by(&server, "ann", "GET", "/session", &[], None).await.json();
    assert_eq!((&told["may"]["service"], &told["department"]), (&json!(["publish"]), &json!("housing")));
}

#[tokio::test]
async fn a_department_keeps_what_was_shared_with_it() {
    let server = town().await;
    let ours = saved(&server, "ann", &bookmark("department")).await;
    let moved = json!({ "department": "health" });
    let answer = by(&server, "chief", "PATCH", "/users/ann", &[], Some(&moved)).await;
    assert_eq!((answer.status, &answer.json()["department"]), (200, &json!("health")));
    assert_eq!(titles(&server, "ben", "/views").await, std::slice::from_ref(&ours));
    assert!(titles(&server, "eve", "/views").await.is_empty());
    by(&server, "chief", "PATCH", "/users/ann", &[], Some(&json!({ "department": "circus" })))
        .await
        .problem(400, "department.unknown");
    let none = by(&server, "chief", "PATCH", "/users/ann", &[], Some(&json!({ "department": null }))).await;
    assert_eq!(none.json()["department"], Value::Null);
    let kept = by(&server, "chief", "PATCH", "/users/ben", &[], Some(&json!({ "title": "Ben" }))).await;
    assert_eq!(kept.json()["department"], "housing");
    assert_eq!(titles(&server, "ann", "/views").await, [ours], "it stays one's own");
}

#[tokio::test]
async fn lists_are_chosen_from_and_paged() {
    let server = town().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, saved(&server, "ann", &bookmark("mine")).await);
    }
    let styled = saved(&server, "ann", &style("mine", "doorplate")).await;
    assert_eq!(titles(&server, "ann", "/views?kind=style").await, std::slice::from_ref(&styled));
    assert_eq!(titles(&server, "ann", "/views?layer=doorplate&audience=mine").await, [styled]);
    assert!(titles(&server, "ann", "/views?audience=public").await.is_empty());
    let mut found = Vec::new();
    let mut path = "/views?kind=bookmark&limit=2".to_owned();
    loop {
        let page = by(&server, "ann", "GET", &path, &[], None).await.json();
        found.extend(page["views"].as_array().unwrap().iter().map(|view| view["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/views?kind=bookmark&limit=2&cursor={next}");
    }
    assert_eq!(found, ids);
    for (bad, code) in [("kind=x", 400), ("audience=x", 400), ("cursor=x", 400), ("layer=moon", 404), ("x=1", 400)] {
        assert_eq!(by(&server, "ann", "GET", &format!("/views?{bad}"), &[], None).await.status, code, "{bad}");
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_its_reason() {
    let server = town().await;
    let big = "x".repeat(64 << 10);
    for (member, value, word) in [
        ("title", json!("  "), "title"),
        ("title", json!("长".repeat(101)), "title"),
        ("kind", json!("map"), "bookmark"),
        ("audience", json!("world"), "department"),
        ("state", json!([1]), "state"),
        ("state", json!(big), "65536"),
        ("thumbnail", json!("https://example.org/x.png"), "thumbnail"),
        ("thumbnail", json!("data:image/svg+xml;base64,PHN2Zy8+"), "thumbnail"),
        ("owner", json!("chief"), "owner"),
    ] {
        let mut body = bookmark("mine");
        body[member] = value;
        let answer = by(&server, "ann", "POST", "/views", &[], Some(&body)).await;
        let told = answer.problem(400, "body.invalid");
        assert!(told["detail"].as_str().unwrap().contains(word), "{member}: {told}");
    }
    let mut lacking = style("mine", "doorplate");
    lacking.as_object_mut().unwrap().remove("layer");
    let told = by(&server, "ann", "POST", "/views", &[], Some(&lacking)).await.problem(400, "body.invalid");
    assert!(told["detail"].as_str().unwrap().contains("layer"));
    by(&server, "ann", "POST", "/views", &[], Some(&style("mine", "moon"))).await.problem(404, "layer.not_found");
    let whole = json!("x".repeat((64 << 10) - 2));
    let mut body = bookmark("mine");
    body["state"] = whole;
    saved(&server, "ann", &body).await;
    assert!(titles(&server, "ann", "/views").await.len() == 1, "nothing else was kept");
}

#[tokio::test]
async fn an_account_keeps_so_many_and_no_more() {
    let access = Access { attempts_a_minute: 100_000, ..Access::default() };
    let server = TestApp::within(Limits { views: 2, ..Limits::default() }, access).await;
    server.account("ann", vec![grant("editor", None, "429005")], None).await;
    let first = saved(&server, "ann", &bookmark("mine")).await;
    saved(&server, "ann", &bookmark("mine")).await;
    by(&server, "ann", "POST", "/views", &[], Some(&bookmark("mine"))).await.problem(409, "view.too_many");
    by(&server, "ann", "DELETE", &format!("/views/{first}"), &[("if-match", "\"1\"")], None).await;
    saved(&server, "ann", &bookmark("mine")).await;
}

#[tokio::test]
async fn a_short_link_leads_to_the_map() {
    let server = town().await;
    let id = saved(&server, "ann", &bookmark("mine")).await;
    let answer = server.get(&format!("/v/{id}")).await;
    assert_eq!((answer.status, answer.header("location")), (303, format!("/#?v={id}").as_str()));
    for odd in ["/v/short", "/v/UPPERCASE000", "/v/k3v9mq2xw7h%0a"] {
        server.get(odd).await.problem(404, "view.not_found");
    }
}
