//! The single sign-on, against a real provider.

use platbook::http::{Access, Mapping, Provider};
use serde_json::json;

use crate::support::{Answer, Browser, PASSWORD, SignOnProvider, TestApp, grant};

fn access(provider: &SignOnProvider) -> Access {
    let editors = Mapping {
        claim: "groups".to_owned(),
        value: "map-editors".to_owned(),
        role: "editor".parse().unwrap(),
        layers: None,
        division: Some("429005001".parse().unwrap()),
    };
    let oidc = Provider {
        issuer: provider.issuer.clone(),
        client_id: "platbook".to_owned(),
        client_secret: Some("a secret between the two".to_owned()),
        redirect: None,
        scopes: vec!["profile".to_owned(), "groups".to_owned()],
        name_claim: "preferred_username".to_owned(),
        grants: vec![editors],
    };
    Access { oidc: Some(oidc), attempts_a_minute: 100_000, ..Access::default() }
}

/// The cookies that an answer sets, as they are sent back.
fn cookies(answer: &Answer) -> Vec<String> {
    let set = answer.headers.get_all("set-cookie").iter();
    set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
}

/// Goes to the provider, signs in there, and returns what brings one back: the path, and our cookie.
async fn signed_in_there(server: &TestApp, provider: &SignOnProvider, name: &str) -> (String, String) {
    let sent = server.get("/session/oidc").await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let there = sent.header("location").to_owned();
    for part in ["response_type=code", "code_challenge_method=S256", "nonce=", "state="] {
        assert!(there.contains(part), "{there}");
    }
    let back = Browser::default().sign_in_at(&provider.issuer, &there, name).await;
    (back.strip_prefix(&server.base).unwrap().to_owned(), cookies(&sent)[0].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_at_the_provider_is_signed_in_here_with_what_the_claims_give() {
    let provider = SignOnProvider::start();
    let server = TestApp::guarded_by(access(&provider)).await;
    let (back, journey) = signed_in_there(&server, &provider, "ada").await;
    let entered = server.ask("GET", &back, &[("cookie", &journey)]).await;
    assert_eq!((entered.status, entered.header("location")), (303, "/"), "{}", entered.text());
    let session = cookies(&entered).into_iter().find(|cookie| cookie.starts_with("__Host-platbook=")).unwrap();
    let told = server.ask("GET", "/session", &[("cookie", &session)]).await.json();
    assert_eq!(told["name"], "ada");
    assert_eq!(told["grants"], json!([{ "role": "editor", "division": "429005001" }]));
    // The second time it is the same account; what an administrator took away since stays away.
    let mut account = server.app.store.accounts().account(&"ada".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((account.title.as_str(), &account.password), ("Name of ada", &None));
    account.disabled = true;
    server.app.store.accounts().update_account(&account).await.unwrap();
    let (back, journey) = signed_in_there(&server, &provider, "ada").await;
    let refused = server.ask("GET", &back, &[("cookie", &journey), ("accept-language", "en")]).await;
    refused.problem(401, "account.disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_that_is_not_ones_own_or_gives_no_rights_lets_nobody_in() {
    let provider = SignOnProvider::start();
    let server = TestApp::guarded_by(access(&provider)).await;
    server.account("chief", vec![grant("administrator", None, "429005")], Some(PASSWORD)).await;
    // Somebody else's way back in my browser: without my cookie, or with that of another journey.
    let (back, journey) = signed_in_there(&server, &provider, "ada").await;
    server.ask("GET", &back, &[]).await.problem(401, "sign_on.broken_off");
    let (_, another) = signed_in_there(&server, &provider, "ada").await;
    server.ask("GET", &back, &[("cookie", &another)]).await.problem(401, "sign_on.broken_off");
    let forged = back.replace("code=", "code=x");
    server.ask("GET", &forged, &[("cookie", &journey)]).await.problem(401, "sign_on.failed");
    // A nonce of another journey: the ID token was made for somebody else.
    let parts: Vec<&str> = journey.split_once('=').unwrap().1.split('.').collect();
    let twisted = format!("__Host-platbook-oidc={}.another-nonce.{}", parts[0], parts[2]);
    server.ask("GET", &back, &[("cookie", &twisted)]).await.problem(401, "sign_on.failed");
    // A code is good once.
    server.ask("GET", &back, &[("cookie", &journey)]).await.problem(401, "sign_on.failed");
    let (back, journey) = signed_in_there(&server, &provider, "bob").await;
    server.ask("GET", &back, &[("cookie", &journey)]).await.problem(403, "sign_on.no_rights");
    // A local account of the same name is not taken over.
    let (back, journey) = signed_in_there(&server, &provider, "chief").await;
    server.ask("GET", &back, &[("cookie", &journey)]).await.problem(409, "account.exists");
    let names: Vec<String> =
        server.app.store.accounts().accounts().await.unwrap().iter().map(|one| one.name.to_string()).collect();
    assert_eq!(names, ["chief"]);
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_plainly() {
    let provider = SignOnProvider::start();
    let mut access = access(&provider);
    drop(provider);
    access.oidc.as_mut().unwrap().redirect = Some("http://127.0.0.1/session/oidc/callback".to_owned());
    let server = TestApp::guarded_by(access).await;
    let told = server.get("/session/oidc").await.problem(503, "sign_on.away");
    assert!(!told.to_string().contains("127.0.0.1"), "the cause is for the log: {told}");
}
