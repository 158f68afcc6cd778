//! View tokens and the pages of other sites that come with them.

use jiff::{SignedDuration, Timestamp};
use platbook::app::members::create_view_token;
use platbook::domain::Action;
use platbook::http::{Access, Limits};
use platbook::store::accounts::{SecretHash, ViewToken};
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp, grant};

const HALL: &str = "https://hall.example.gov.cn";

async fn town() -> TestApp {
    let access = Access { attempts_a_minute: 100_000, ..Access::default() };
    let limits = Limits { embed_origins: vec![HALL.parse().unwrap()], ..Limits::default() };
    let server = TestApp::within(limits, access).await;
    server.account("ann", vec![grant("editor", None, "429005")], Some(PASSWORD)).await;
    server.account("zoe", vec![grant("viewer", None, "429005001")], Some(PASSWORD)).await;
    server
}

fn of(layers: &[&str], division: Option<&str>) -> Value {
    let mut body = json!({ "layers": layers, "minutes": 10 });
    if let Some(division) = division {
        body["division"] = division.into();
    }
    body
}

async fn made(server: &TestApp, header: (&str, &str), body: &Value) -> String {
    let answer = server.send("POST", "/view-tokens", &[header], Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

async fn with(server: &TestApp, bearer: &str, path: &str) -> Answer {
    server.ask("GET", path, &[("authorization", bearer), ("accept-language", "en")]).await
}

async fn count(server: &TestApp, bearer: &str, layer: &str) -> u64 {
    let answer = with(server, bearer, &format!("/collections/{layer}/items?limit=1")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["numberMatched"].as_u64().unwrap()
}

#[tokio::test]
async fn a_view_token_reads_its_layers_in_its_division_and_nothing_else() {
    let server = town().await;
    let cookie = server.cookie("ann").await;
    let all = made(&server, ("cookie", &cookie), &of(&["doorplate", "network-node"], None)).await;
    assert_eq!((count(&server, &all, "doorplate").await, count(&server, &all, "network-node").await), (137, 2));
    let narrow = made(&server, ("cookie", &cookie), &of(&["doorplate"], Some("429005001"))).await;
    assert_eq!(count(&server, &narrow, "doorplate").await, 69, "public layers too are seen in its division only");
    for path in ["/collections/network-node/items", "/collections/village/items", "/tiles/doorplate,village/9/416/210"]
    {
        with(&server, &narrow, path).await.problem(404, "layer.not_found");
    }
    assert_eq!(with(&server, &narrow, "/tiles/doorplate/9/416/210").await.status, 200);
    let style = with(&server, &narrow, "/styles/light").await.json();
    let drawn = style["layers"].as_array().unwrap().iter().filter_map(|layer| layer["source-layer"].as_str());
    let drawn: Vec<&str> = drawn.collect();
    assert!(!drawn.is_empty() && drawn.iter().all(|layer| *layer == "doorplate"), "{drawn:?}");
    let told = with(&server, &narrow, "/session").await.json();
    assert_eq!(told["by"], "view-token");
    assert_eq!(told["within"], json!({ "layers": ["doorplate"], "division": "429005001" }));
    assert_eq!(told["may"], json!({ "service": [], "layers": { "doorplate": ["read"] } }));
}

#[tokio::test]
async fn a_view_token_does_nothing_but_read_the_map() {
    let server = town().await;
    let cookie = server.cookie("ann").await;
    let bearer = made(&server, ("cookie", &cookie), &of(&["doorplate"], None)).await;
    let by = [("authorization", bearer.as_str())];
    for path in ["/tokens", "/users/ann", "/users", "/audit", "/imports", "/webhooks"] {
        with(&server, &bearer, path).await.problem(403, "access.view_token");
    }
    let token = json!({ "name": "wider", "scopes": ["read"], "days": 1 });
    server.send("POST", "/tokens", &by, Some(&token)).await.problem(403, "access.view_token");
    let again = of(&["network-node"], None);
    server.send("POST", "/view-tokens", &by, Some(&again)).await.problem(403, "access.view_token");
    let password = json!({ "password": "another long password", "current_password": PASSWORD });
    server.send("PATCH", "/users/ann", &by, Some(&password)).await.problem(403, "access.view_token");
    let view = json!({ "kind": "view", "title": "x", "audience": "mine", "state": "" });
    server.send("POST", "/views", &by, Some(&view)).await.problem(403, "access.token");
    let path = "/collections/doorplate/items/4290050010010000100000000";
    server
        .send("PATCH", path, &by, Some(&json!({ "properties": { "status": "lost" } })))
        .await
        .problem(403, "access.token");
    // A saved view of its maker's own is not the page's.
    let kept = server.send("POST", "/views", &[("cookie", &cookie)], Some(&view)).await.json();
    with(&server, &bearer, &format!("/views/{}", kept["id"].as_str().unwrap())).await.problem(404, "view.not_found");
}

#[tokio::test]
async fn a_view_token_is_never_wider_than_what_made_it() {
    let server = town().await;
    let cookie = server.cookie("zoe").await;
    let township = made(&server, ("cookie", &cookie), &of(&["doorplate", "population"], None)).await;
    assert_eq!(count(&server, &township, "population").await, 2, "of the whole city, what its maker sees of it");
    let by = [("cookie", cookie.as_str()), ("accept-language", "en")];
    let elsewhere = of(&["population"], Some("429005002"));
    server.send("POST", "/view-tokens", &by, Some(&elsewhere)).await.problem(403, "access.division");
    server.send("POST", "/view-tokens", &by, Some(&of(&["moon"], None))).await.problem(404, "layer.not_found");
    server.send("POST", "/view-tokens", &[], Some(&of(&["doorplate"], None))).await.problem(401, "access.sign_in");
    for (member, value) in
        [("minutes", json!(61)), ("minutes", json!(0)), ("layers", json!([])), ("division", json!("110101"))]
    {
        let mut bad = of(&["doorplate"], None);
        bad[member] = value;
        server.send("POST", "/view-tokens", &by, Some(&bad)).await.problem(400, "body.invalid");
    }
    let writing = format!("Bearer {}", server.token("ann", &[Action::Create], 48).await);
    let answer =
        server.send("POST", "/view-tokens", &[("authorization", &writing)], Some(&of(&["doorplate"], None))).await;
    answer.problem(403, "access.token");
    // Its grants are asked anew at each request.
    server.account("chief", vec![grant("administrator", None, "429005")], None).await;
    let chief = server.cookie("chief").await;
    let patched = server.send("PATCH", "/users/zoe", &[("cookie", &chief)], Some(&json!({ "grants": [] }))).await;
    assert_eq!(patched.status, 200);
    with(&server, &township, "/collections/population/items").await.problem(404, "layer.not_found");
}

#[tokio::test]
async fn a_view_token_ends_with_what_made_it() {
    let server = town().await;
    let session = server.cookie("ann").await;
    let of_session = made(&server, ("cookie", &session), &of(&["network-node"], None)).await;
    assert_eq!(count(&server, &of_session, "network-node").await, 2);
    server.ask("DELETE", "/session", &[("cookie", &session)]).await;
    with(&server, &of_session, "/collections/network-node/items").await.problem(401, "token.unknown");
    let chief = server.cookie("zoe").await;
    let token = json!({ "name": "hall", "scopes": ["read"], "days": 1 });
    let token = server.send("POST", "/tokens", &[("cookie", &chief)], Some(&token)).await.json();
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let of_token = made(&server, ("authorization", &bearer), &of(&["population"], None)).await;
    assert_eq!(count(&server, &of_token, "population").await, 2);
    let removed = server.ask("DELETE", &format!("/tokens/{}", token["id"]), &[("cookie", &chief)]).await;
    assert_eq!(removed.status, 204);
    with(&server, &of_token, "/collections/population/items").await.problem(401, "token.unknown");
}

#[tokio::test]
async fn what_does_not_hold_is_refused_and_never_taken_for_nobody() {
    let server = town().await;
    let cookie = server.cookie("ann").await;
    let good = made(&server, ("cookie", &cookie), &of(&["doorplate"], None)).await;
    let last = if good.ends_with('0') { '4' } else { '0' };
    let forged = format!("{}{last}", &good[..good.len() - 1]);
    for wrong in [forged.as_str(), "Bearer pbv_", &good.replace("pbv_", "pbk_")] {
        with(&server, wrong, "/collections/doorplate/items").await.problem(401, "token.unknown");
    }
    // One that was made two hours ago, for an hour.
    let then = Timestamp::now() - SignedDuration::from_hours(2);
    let old = ViewToken {
        secret: SecretHash::of(""),
        account: "ann".parse().unwrap(),
        maker: SecretHash::of(cookie.split_once('=').unwrap().1),
        layers: None,
        division: "429005".parse().unwrap(),
        created: then,
        expires: then + SignedDuration::from_hours(1),
    };
    let (shown, _) = create_view_token(server.app.store.accounts(), old, 10).await.unwrap().unwrap();
    with(&server, &format!("Bearer {shown}"), "/collections/doorplate/items").await.problem(401, "token.expired");
}

#[tokio::test]
async fn declared_sites_frame_the_map_and_send_tokens_along() {
    let server = town().await;
    let elsewhere = TestApp::guarded().await;
    for (server, sites) in
        [(&server, "frame-ancestors 'self' https://hall.example.gov.cn"), (&elsewhere, "frame-ancestors 'self'")]
    {
        let page = server.ask("GET", "/", &[("accept", "text/html")]).await;
        let policy = page.header("content-security-policy");
        assert!(policy.ends_with(sites), "{policy}");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
    }
    for (origin, declared) in
        [(HALL, true), ("https://other.example", false), ("https://hall.example.gov.cn.evil.example", false)]
    {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ];
        let answer = server.ask("OPTIONS", "/tiles/doorplate/9/416/210", &preflight).await;
        let allowed = answer.header("access-control-allow-headers");
        assert_eq!(allowed.contains("authorization"), declared, "{origin}: {allowed}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "cookies are never sent along");
        assert!(!answer.header("access-control-allow-methods").contains("POST"));
    }
}
