//! Clients that others wrote, against a running server: OWSLib, GeoPandas, Schemathesis.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use platbook::domain::Action;
use platbook::domain::codes::doorplate::DoorplateCode;
use serde_json::{Value, json};

use crate::support::{PLATES, TestApp, VILLAGES, grant};

/// A program among the clients.
fn client(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/bin").join(name);
    assert!(path.exists(), "{} is missing; `scripts/install clients` installs it", path.display());
    path
}

/// Runs a script of the folder `clients` to its end; what it wrote, as JSON.
async fn run(script: &'static str, arguments: Vec<String>, input: String) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients").join(script);
    let output = tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut child = Command::new(client("python"))
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn owslib_reads_filters_and_writes_features() {
    let server = TestApp::guarded().await;
    server.account("desk", vec![grant("editor", None, "429005")], None).await;
    let scopes = [Action::Read, Action::Create, Action::Update, Action::Delete];
    let token = server.token("desk", &scopes, 48).await;
    let code = DoorplateCode::new(VILLAGES[0].0.parse().unwrap(), 90_003, 1).unwrap().to_string();
    let plate = json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [112.755, 30.355] },
        "properties": { "code": code, "address": "东风路7号", "status": "mounted" },
    });
    let told = run("owslib_client.py", vec![format!("{}/", server.base), token], plate.to_string()).await;
    assert_eq!(told["plates"], PLATES);
}

#[tokio::test(flavor = "multi_thread")]
async fn geopandas_reads_what_is_exported() {
    let server = TestApp::start().await;
    let told = run("geopandas_client.py", vec![server.base.clone()], String::new()).await;
    assert_eq!((&told["plates"], &told["villages"]), (&PLATES.into(), &VILLAGES.len().into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_failure_and_no_undeclared_answer() {
    let server = TestApp::guarded().await;
    let bearer = server.bearer("junk", vec![grant("administrator", None, "429005")]).await;
    let address = format!("{}/api", server.base);
    let output = tokio::task::spawn_blocking(move || {
        Command::new(client("schemathesis"))
            .args(["run", &address, "--header", &format!("Authorization: {bearer}")])
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
            .args(["--phases", "examples,coverage,fuzzing", "--mode", "all", "--max-examples", "20", "--seed", "1"])
            // A stream of events does not end, and an account that shuts itself out sees nothing more.
            .args(["--exclude-path", "/changes", "--exclude-path", "/users/{name}", "--exclude-path", "/session"])
            .args(["--workers", "4", "--request-timeout", "30", "--no-color"])
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
}
