//! Signing in and out, tokens and accounts, and what bad credentials get.

use platbook::domain::Action;
use platbook::http::Access;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp, grant};

async fn sign_in(server: &TestApp, name: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
    server.send("POST", "/session", headers, Some(&json!({ "name": name, "password": password }))).await
}

/// The cookie that an answer sets, as it is sent back.
fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn who(server: &TestApp, cookie: &str) -> Value {
    server.ask("GET", "/session", &[("cookie", cookie)]).await.json()
}

async fn town_with_chief() -> TestApp {
    let server = TestApp::guarded().await;
    server.account("chief", vec![grant("administrator", None, "429005")], Some(PASSWORD)).await;
    server
}

#[tokio::test]
async fn one_signs_in_sees_more_and_signs_out() {
    let server = town_with_chief().await;
    let before = server.json("/session").await;
    assert_eq!((&before["signed_in"], &before["name"]), (&json!(false), &json!("anonymous")));
    assert_eq!(before["may"]["layers"]["doorplate"], json!(["read"]));
    assert!(before["may"]["layers"].get("network-node").is_none());
    let entered = sign_in(&server, "chief", PASSWORD, &[]).await;
    assert_eq!(entered.status, 200, "{}", entered.text());
    let set = entered.header("set-cookie");
    for part in ["__Host-platbook=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let cookie = cookie_of(&entered);
    let told = who(&server, &cookie).await;
    assert_eq!((&told["signed_in"], &told["name"], &told["by"]), (&json!(true), &json!("chief"), &json!("session")));
    assert_eq!(told["may"]["service"], json!(["publish", "audit", "administer"]));
    assert!(told["may"]["layers"]["network-node"].as_array().unwrap().contains(&json!("update")));
    assert_eq!(server.ask("GET", "/collections/network-node", &[("cookie", &cookie)]).await.status, 200);
    let left = server.ask("DELETE", "/session", &[("cookie", &cookie)]).await;
    assert_eq!(left.status, 204);
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
    let answer =
        server.ask("GET", "/collections/network-node", &[("cookie", &cookie), ("accept-language", "en")]).await;
    answer.problem(401, "session.ended");
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "a cookie that does not hold is taken back");
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_get_the_same_answer() {
    let server = town_with_chief().await;
    server.account("program", vec![grant("connector", None, "429005")], None).await;
    let mut told = Vec::new();
    for (name, password) in
        [("chief", "wrong horse battery"), ("nobody", PASSWORD), ("No Name!", PASSWORD), ("program", ""), ("chief", "")]
    {
        let mut problem = sign_in(&server, name, password, &[]).await.problem(401, "session.refused");
        problem.as_object_mut().unwrap().remove("request_id");
        told.push(problem);
    }
    assert!(told.iter().all(|problem| *problem == told[0]), "{told:?}");
    let broken = server.send("POST", "/session", &[], Some(&json!({ "name": "chief" }))).await;
    assert!(broken.problem(400, "body.invalid")["detail"].as_str().unwrap().contains("password"));
    let form = server.ask("POST", "/session", &[("content-type", "application/x-www-form-urlencoded")]).await;
    form.problem(415, "body.media_type");
}

#[tokio::test]
async fn a_planted_session_is_worth_nothing_and_an_old_one_ends() {
    let server = town_with_chief().await;
    let planted = "__Host-platbook=0123456789abcdef";
    let entered = sign_in(&server, "chief", PASSWORD, &[("cookie", planted)]).await;
    let first = cookie_of(&entered);
    assert_ne!(first, planted);
    server.ask("GET", "/session", &[("cookie", planted)]).await.problem(401, "session.ended");
    let second = cookie_of(&sign_in(&server, "chief", PASSWORD, &[("cookie", &first)]).await);
    assert_ne!(first, second);
    server.ask("GET", "/session", &[("cookie", &first)]).await.problem(401, "session.ended");
    assert_eq!(who(&server, &second).await["name"], "chief");
}

#[tokio::test]
async fn writes_from_pages_of_other_sites_are_refused() {
    let server = town_with_chief().await;
    let cookie = server.cookie("chief").await;
    let body = json!({ "name": "t", "scopes": ["read"], "days": 1 });
    for foreign in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let answer = server.send("POST", "/tokens", &[("cookie", &cookie), foreign], Some(&body)).await;
        answer.problem(403, "request.cross_site");
        let entering = sign_in(&server, "chief", PASSWORD, &[foreign]).await;
        entering.problem(403, "request.cross_site");
    }
    for own in [("sec-fetch-site", "same-origin"), ("origin", server.base.as_str())] {
        let answer = server.send("POST", "/tokens", &[("cookie", &cookie), own], Some(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

#[tokio::test]
async fn tokens_are_shown_once_do_what_they_are_for_and_are_taken_back() {
    let server = town_with_chief().await;
    let cookie = server.cookie("chief").await;
    let as_chief = [("cookie", cookie.as_str())];
    let body = json!({ "name": "nightly report", "scopes": ["read", "audit"], "days": 30 });
    let made = server.send("POST", "/tokens", &as_chief, Some(&body)).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let shown = made["token"].as_str().unwrap().to_owned();
    assert!(shown.starts_with("pbk_") && shown.len() == 68, "{shown}");
    let listed = server.ask("GET", "/tokens", &as_chief).await;
    assert!(!listed.text().contains(&shown) && listed.json()["tokens"][0].get("token").is_none());
    let bearer = format!("Bearer {shown}");
    let by_token = [("authorization", bearer.as_str())];
    assert_eq!(server.ask("GET", "/audit", &by_token).await.status, 200);
    server.ask("GET", "/users", &by_token).await.problem(403, "access.token");
    let more = json!({ "name": "more", "scopes": ["read", "administer"], "days": 1 });
    server.send("POST", "/tokens", &by_token, Some(&more)).await.problem(403, "access.token");
    for (key, value) in [("scopes", json!([])), ("days", json!(0)), ("days", json!(400)), ("name", json!(" "))] {
        let mut bad = body.clone();
        bad[key] = value;
        server.send("POST", "/tokens", &as_chief, Some(&bad)).await.problem(400, "body.invalid");
    }
    let path = format!("/tokens/{}", made["id"]);
    assert_eq!(server.ask("DELETE", &path, &as_chief).await.status, 204);
    server.ask("GET", "/audit", &by_token).await.problem(401, "token.unknown");
}

#[tokio::test]
async fn what_does_not_hold_is_refused_with_its_reason_and_never_taken_for_nobody() {
    let server = town_with_chief().await;
    let good = server.token("chief", &Action::ALL, 48).await;
    let ended = server.token("chief", &Action::ALL, 1).await;
    let last = if good.ends_with('0') { '4' } else { '0' };
    let forged = format!("{}{last}", &good[..good.len() - 1]);
    let other_town = town_with_chief().await;
    let foreign = other_town.token("chief", &Action::ALL, 48).await;
    for (value, code) in [
        (format!("Bearer {forged}"), "token.unknown"),
        (format!("Bearer {foreign}"), "token.unknown"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(), "token.unknown"),
        (format!("Bearer {ended}"), "token.expired"),
        (format!("Basic {good}"), "authorization.unreadable"),
        (good.clone(), "authorization.unreadable"),
    ] {
        // Also where nobody would get an answer.
        for path in ["/collections/doorplate/items", "/tiles/doorplate/9/416/210", "/catalogue"] {
            let answer = server.ask("GET", path, &[("authorization", &value)]).await;
            answer.problem(401, code);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(server.ask("GET", "/users", &[("authorization", &format!("bearer {good}"))]).await.status, 200);
}

#[tokio::test]
async fn an_account_that_is_shut_out_loses_everything_at_once() {
    let server = town_with_chief().await;
    let chief = server.cookie("chief").await;
    server.account("clerk", vec![grant("editor", None, "429005")], Some(PASSWORD)).await;
    let session = cookie_of(&sign_in(&server, "clerk", PASSWORD, &[]).await);
    let token = format!("Bearer {}", server.token("clerk", &Action::ALL, 48).await);
    assert_eq!(who(&server, &session).await["name"], "clerk");
    assert_eq!(server.ask("GET", "/tokens", &[("authorization", &token)]).await.status, 200);
    let shut = server.send("PATCH", "/users/clerk", &[("cookie", &chief)], Some(&json!({ "disabled": true }))).await;
    assert_eq!((shut.status, &shut.json()["disabled"]), (200, &json!(true)));
    server.ask("GET", "/session", &[("cookie", &session)]).await.problem(401, "session.ended");
    server.ask("GET", "/tokens", &[("authorization", &token)]).await.problem(401, "account.disabled");
    sign_in(&server, "clerk", PASSWORD, &[]).await.problem(401, "account.disabled");
    sign_in(&server, "clerk", "a wrong password", &[]).await.problem(401, "session.refused");
}

#[tokio::test]
async fn rights_change_at_once_and_the_last_administrator_stays() {
    let server = town_with_chief().await;
    let chief = server.cookie("chief").await;
    let as_chief = [("cookie", chief.as_str())];
    let new =
        json!({ "name": "clerk", "password": PASSWORD, "grants": [{ "role": "viewer", "division": "429005001" }] });
    assert_eq!(server.send("POST", "/users", &as_chief, Some(&new)).await.status, 201);
    server.send("POST", "/users", &as_chief, Some(&new)).await.problem(409, "account.exists");
    let clerk = cookie_of(&sign_in(&server, "clerk", PASSWORD, &[]).await);
    assert_eq!(who(&server, &clerk).await["may"]["layers"]["sector"], json!(["read"]));
    let more = json!({ "grants": [{ "role": "editor", "layers": ["sector"], "division": "429005001" }] });
    assert_eq!(server.send("PATCH", "/users/clerk", &as_chief, Some(&more)).await.status, 200);
    let told = who(&server, &clerk).await;
    assert_eq!(told["may"]["layers"]["sector"], json!(["read", "create", "update", "delete", "submit"]));
    assert!(told["may"]["layers"].get("network-node").is_none());
    for (bad, word) in [
        (json!([{ "role": "king", "division": "429005" }]), "king"),
        (json!([{ "role": "viewer", "division": "110101" }]), "110101"),
        (json!([{ "role": "viewer", "division": "429005", "layers": ["moon"] }]), "moon"),
    ] {
        let answer = server.send("PATCH", "/users/clerk", &as_chief, Some(&json!({ "grants": bad }))).await;
        assert!(answer.problem(400, "grant.invalid")["detail"].as_str().unwrap().contains(word));
    }
    for last in [json!({ "disabled": true }), json!({ "grants": [] })] {
        let answer = server.send("PATCH", "/users/chief", &as_chief, Some(&last)).await;
        answer.problem(409, "account.last_administrator");
    }
}

#[tokio::test]
async fn everybody_changes_their_own_password_and_other_sessions_end() {
    let server = town_with_chief().await;
    server.account("clerk", vec![grant("viewer", None, "429005")], Some(PASSWORD)).await;
    let (here, there) = (server.cookie("clerk").await, server.cookie("clerk").await);
    let as_clerk = [("cookie", here.as_str())];
    let patch = |current: &str, new: &str| json!({ "password": new, "current_password": current });
    let change = async |current: &str, new: &str| {
        server.send("PATCH", "/users/clerk", &as_clerk, Some(&patch(current, new))).await
    };
    change("not the one", "another horse").await.problem(403, "password.wrong");
    change(PASSWORD, "short").await.problem(400, "body.invalid");
    let of_chief = server.send("PATCH", "/users/chief", &as_clerk, Some(&patch(PASSWORD, "another horse"))).await;
    of_chief.problem(403, "access.role");
    assert_eq!(change(PASSWORD, "another horse").await.status, 200);
    for cookie in [&here, &there] {
        server.ask("GET", "/session", &[("cookie", cookie)]).await.problem(401, "session.ended");
    }
    sign_in(&server, "clerk", PASSWORD, &[]).await.problem(401, "session.refused");
    assert_eq!(sign_in(&server, "clerk", "another horse", &[]).await.status, 200);
}

#[tokio::test]
async fn too_many_attempts_have_to_wait() {
    let server = TestApp::guarded_by(Access { attempts_a_minute: 3, ..Access::default() }).await;
    server.account("chief", vec![grant("administrator", None, "429005")], Some(PASSWORD)).await;
    for _ in 0..3 {
        sign_in(&server, "chief", "a wrong password", &[]).await.problem(401, "session.refused");
    }
    let answer = sign_in(&server, "chief", PASSWORD, &[]).await;
    answer.problem(429, "attempts.too_many");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
    // One address, many names: a proxy on this machine says for whom it asks.
    for (address, expected) in [("203.0.113.7", 429), ("203.0.113.8", 401)] {
        let mut last = 0;
        for number in 0..32 {
            let name = format!("{number}-{}", address.len() + number);
            let from = [("x-forwarded-for", if number < 31 { "203.0.113.7" } else { address })];
            last = sign_in(&server, &format!("{name}-{expected}"), "a wrong password", &from).await.status;
        }
        assert_eq!(last, expected, "{address}");
    }
    let token = [("authorization", "Bearer pbk_0"), ("x-forwarded-for", "203.0.113.7")];
    server.ask("GET", "/catalogue", &token).await.problem(429, "attempts.too_many");
    let token = [("authorization", "Bearer pbk_0"), ("x-forwarded-for", "203.0.113.9")];
    server.ask("GET", "/catalogue", &token).await.problem(401, "token.unknown");
}

#[tokio::test]
async fn what_people_do_stands_in_the_audit_list_and_pages() {
    let server = town_with_chief().await;
    let chief = cookie_of(&sign_in(&server, "chief", PASSWORD, &[("x-request-id", "request-0001")]).await);
    sign_in(&server, "chief", "a wrong password", &[]).await.problem(401, "session.refused");
    let as_chief = [("cookie", chief.as_str())];
    let new = json!({ "name": "clerk", "grants": [] });
    assert_eq!(server.send("POST", "/users", &as_chief, Some(&new)).await.status, 201);
    let mut entries = Vec::new();
    let mut path = "/audit?limit=2".to_owned();
    loop {
        let page = server.ask("GET", &path, &as_chief).await.json();
        entries.extend(page["entries"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/audit?limit=2&cursor={next}");
    }
    let (made, entries): (Vec<Value>, Vec<Value>) =
        entries.into_iter().partition(|entry| entry["action"] == "map.changed");
    let revisions: Vec<u64> = made.iter().map(|entry| entry["revision"].as_u64().unwrap()).collect();
    assert_eq!(revisions, [2, 1], "who changed the map is told beside it, each once");
    assert_eq!((&made[1]["actor"], &made[1]["reason"]), (&json!("test"), &json!("a test")));
    let told: Vec<(&str, &str, &str)> = entries
        .iter()
        .map(|entry| ["actor", "action", "subject"].map(|key| entry[key].as_str().unwrap()).into())
        .collect();
    assert_eq!(
        told,
        [("chief", "account.created", "clerk"), ("chief", "session.refused", ""), ("chief", "session.began", "")]
    );
    assert_eq!(entries[2]["request_id"], "request-0001");
}

#[tokio::test]
async fn plain_http_has_a_cookie_of_its_own() {
    let access = Access { secure_cookies: false, ..Access::default() };
    let server = TestApp::guarded_by(access).await;
    server.account("chief", vec![grant("administrator", None, "429005")], Some(PASSWORD)).await;
    let entered = sign_in(&server, "chief", PASSWORD, &[]).await;
    let set = entered.header("set-cookie");
    assert!(set.starts_with("platbook=") && set.contains("HttpOnly") && !set.contains("Secure"), "{set}");
    assert_eq!(who(&server, &cookie_of(&entered)).await["name"], "chief");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutting_out_is_not_undone_by_another_change_at_the_same_moment() {
    let server = town_with_chief().await;
    let chief = server.cookie("chief").await;
    let as_chief = [("cookie", chief.as_str())];
    for round in 0..4 {
        let name = format!("clerk{round}");
        server.account(&name, vec![grant("editor", None, "429005")], Some(PASSWORD)).await;
        let path = format!("/users/{name}");
        let (password, shut) = (json!({ "password": "another long password" }), json!({ "disabled": true }));
        // A password takes a while to be worked out; who is shut out meanwhile stays so.
        let setting = server.send("PATCH", &path, &as_chief, Some(&password));
        let shutting = async {
            tokio::time::sleep(std::time::Duration::from_millis(5 * round)).await;
            server.send("PATCH", &path, &as_chief, Some(&shut)).await
        };
        let (set, done) = tokio::join!(setting, shutting);
        assert_eq!((set.status, done.status), (200, 200));
        assert_eq!(server.ask("GET", &path, &as_chief).await.json()["disabled"], true, "{name}");
        sign_in(&server, &name, "another long password", &[]).await.problem(401, "account.disabled");
    }
}

#[tokio::test]
async fn guessing_ones_own_password_has_to_wait() {
    let server = TestApp::guarded_by(Access { attempts_a_minute: 3, ..Access::default() }).await;
    server.account("chief", vec![grant("administrator", None, "429005")], Some(PASSWORD)).await;
    let chief = server.cookie("chief").await;
    let guess = json!({ "password": "another long password", "current_password": "a guess" });
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(server.send("PATCH", "/users/chief", &[("cookie", &chief)], Some(&guess)).await.status);
    }
    assert!(statuses[0] == 403 && statuses[11] == 429, "{statuses:?}");
}
