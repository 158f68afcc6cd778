//! Accounts from the terminal, and servers that share them.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Program, postgres, refusal, refusal_of, success, success_of};

const PASSWORD: &str = "correct horse battery\n";

fn database() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
    (folder, path)
}

fn add_chief(database: &str) {
    let args = ["user", "add", "chief", "--role", "administrator", "--password-stdin", "--database", database];
    assert_eq!(success_of(&args, PASSWORD), "chief: administrator in all layers of 429005\n");
}

#[test]
fn the_terminal_makes_changes_and_lists_accounts() {
    let (_folder, path) = database();
    let db = ["--database", path.as_str()];
    let with = |args: &[&str]| -> Vec<String> { args.iter().chain(&db).map(|arg| (*arg).to_owned()).collect() };
    let done = |args: &[&str]| success(&with(args).iter().map(String::as_str).collect::<Vec<_>>());
    let refused = |args: &[&str]| refusal(&with(args).iter().map(String::as_str).collect::<Vec<_>>());
    add_chief(&path);
    let clerk = done(&[
        "user",
        "add",
        "clerk",
        "--role",
        "editor",
        "--layers",
        "doorplate,address",
        "--division",
        "429005001",
        "--no-password",
    ]);
    assert_eq!(clerk, "clerk: editor in address,doorplate of 429005001\n");
    assert!(done(&["user", "grant", "clerk", "--role", "viewer"]).contains("; viewer in all layers of 429005"));
    assert_eq!(
        done(&["user", "grant", "clerk", "--role", "viewer", "--replace"]),
        "clerk: viewer in all layers of 429005\n"
    );
    assert!(done(&["user", "disable", "clerk"]).starts_with("clerk (disabled): "));
    assert!(done(&["user", "enable", "clerk"]).starts_with("clerk: "));
    assert_eq!(done(&["user", "list"]).lines().count(), 2);
    assert!(done(&["token", "create", "clerk", "--name", "report", "--scopes", "read,import"]).starts_with("pbk_"));
    for (args, word) in [
        (&["user", "add", "chief", "--role", "viewer", "--no-password"][..], "already"),
        (&["user", "add", "king", "--role", "king", "--no-password"], "administrator"),
        (&["user", "add", "x", "--role", "viewer", "--layers", "moon", "--no-password"], "doorplate"),
        (&["user", "add", "x", "--role", "viewer", "--division", "110101", "--no-password"], "429005"),
        (&["user", "add", "x", "--role", "viewer"], "--password-stdin"),
        (&["user", "disable", "nobody"], "user list"),
        (&["user", "disable", "chief"], "last administrator"),
        (&["user", "grant", "chief", "--role", "viewer", "--replace"], "last administrator"),
        (&["token", "create", "nobody", "--name", "x", "--scopes", "read"], "user list"),
    ] {
        let told = refused(args);
        assert!(told.contains(word), "{args:?}: {told}");
    }
    let short = ["user", "password", "chief", "--password-stdin", "--database", path.as_str()];
    assert!(refusal_of(&short, "short\n").contains("at least 10 characters"));
    assert!(refusal(&["user", "list", "--database", "/nowhere/at/all.sqlite"]).contains("no such database"));
}

#[test]
fn a_role_that_is_not_declared_is_not_given_to_those_who_do_not_sign_in() {
    let (_folder, path) = database();
    let told = refusal(&["serve", "--database", &path, "--listen", "127.0.0.1:0", "--anonymous-role", "king"]);
    assert!(told.contains("king") && told.contains("viewer"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_to_everybody_is_said_in_the_log() {
    let (_folder, path) = database();
    let server = Program::serve_with(&path, &["--anonymous-role", "viewer"]);
    assert_eq!(server.get("/collections/network-node").await.0, 200);
    let (_, log) = server.stop();
    assert!(log.contains("WARN") && log.contains("viewer"), "{log}");
    let server = Program::serve(&path);
    assert_eq!(server.get("/collections/network-node").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_of_one_database_share_sessions_and_lose_them_together() {
    let address = postgres::fresh_database();
    add_chief(&address);
    let args = ["user", "add", "second", "--role", "administrator", "--no-password", "--database", &address];
    success(&args);
    let (here, there) = (Program::serve(&address), Program::serve(&address));
    let credentials = json!({ "name": "chief", "password": PASSWORD.trim() });
    let entered = here.send("POST", "/session", &[], Some(&credentials)).await;
    assert_eq!(entered.status(), 200);
    let set = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = set.split(';').next().unwrap();
    for server in [&here, &there] {
        let told = server.send("GET", "/users", &[("cookie", cookie)], None).await;
        assert_eq!(told.status(), 200);
        assert!(told.text().await.unwrap().contains("second"));
    }
    success(&["user", "disable", "chief", "--database", &address]);
    for server in [&here, &there] {
        let mut status = 200;
        for _ in 0..100 {
            status = server.send("GET", "/users", &[("cookie", cookie)], None).await.status().as_u16();
            if status != 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(status, 401, "what another process changed is known soon");
    }
}
