//! Clients that others wrote, against a running server: OWSLib, QGIS, GeoPandas, Schemathesis.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use platbook::domain::Action;
use platbook::domain::codes::doorplate::DoorplateCode;
use serde_json::{Value, json};

use crate::support::{PLATES, TestApp, VILLAGES, grant, refusal, success};

/// A program among the clients.
fn client(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/bin").join(name);
    assert!(path.exists(), "{} is missing; `scripts/install clients` installs it", path.display());
    path
}

/// Runs a script of the folder `clients` to its end; what it wrote, as JSON.
async fn run(script: &'static str, arguments: Vec<String>, input: String) -> Value {
    run_by(client("python"), script, arguments, input).await
}

/// The same by a Python of one's choice.
async fn run_by(python: PathBuf, script: &'static str, arguments: Vec<String>, input: String) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients").join(script);
    let output = tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut child = Command::new(python)
            .env("QT_QPA_PLATFORM", "offscreen")
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
async fn qgis_reads_filters_and_cuts_out_layers() {
    let server = TestApp::start().await;
    // QGIS comes with Debian and its Python; `scripts/install qgis` installs it.
    let python = PathBuf::from("/usr/bin/python3");
    let told = run_by(python, "qgis_client.py", vec![format!("{}/", server.base)], String::new()).await;
    assert_eq!((&told["plates"], &told["villages"]), (&PLATES.into(), &VILLAGES.len().into()));
    for (name, query) in [("here", "bbox=112.7,30.3,112.8,30.5"), ("damaged", "status=damaged")] {
        let matched =
            server.json(&format!("/collections/doorplate/items?limit=1&{query}")).await["numberMatched"].clone();
        assert_eq!(told[name], matched, "{name}");
    }
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
            .arg("--config-file")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients/schemathesis.toml"))
            .args(["run", &address, "--header", &format!("Authorization: {bearer}")])
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            ])
            .args(["--phases", "examples,coverage,fuzzing", "--mode", "all", "--max-examples", "20", "--seed", "1"])
            // A stream of events does not end, and an account that shuts itself out sees nothing more.
            .args(["--exclude-path", "/changes", "--exclude-path", "/users/{name}", "--exclude-path", "/session"])
            // It has no writer of NDJSON.
            .args(["--exclude-operation-id", "create_changeset"])
            // It would throw away the token that it came with.
            .args(["--exclude-operation-id", "delete_token"])
            // What it answers is what another server did.
            .args(["--exclude-operation-id", "ping_webhook"])
            // Nothing prints here, and is said to be so.
            .args(["--exclude-operation-id", "read_print"])
            // What it keeps between runs is of no use to the next.
            .current_dir(std::env::temp_dir())
            .args(["--workers", "1", "--request-timeout", "30", "--no-color"])
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_tiles_have_the_tiles_that_are_served() {
    let server = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (database, at) = (server.database(), |name: &str| folder.path().join(name).to_str().unwrap().to_owned());
    let layers = "village,doorplate";
    for name in ["town.pmtiles", "town.mbtiles"] {
        let told = success(&["tiles", layers, "--zooms", "8-14", "--out", &at(name), "--database", &database]);
        assert!(told.contains(" of zooms 8 to 14, 0 of them thinned"), "{told}");
    }
    let told = run("pmtiles_client.py", vec![at("town.pmtiles")], String::new()).await;
    assert_eq!((&told["layers"], &told["zooms"]), (&json!(["village", "doorplate"]), &json!([8, 14])));
    assert!(told["attribution"].as_str().unwrap().contains("审图号"), "{told}");
    let tiles = told["tiles"].as_object().unwrap();
    assert!(tiles.len() > 100, "{}", tiles.len());
    let archived = rusqlite::Connection::open(at("town.mbtiles")).unwrap();
    let count: i64 = archived.query_row("SELECT count(*) FROM tiles", [], |row| row.get(0)).unwrap();
    assert_eq!(count as usize, tiles.len());
    for (tile, bytes) in tiles.iter().step_by(17) {
        let served = server.get(&format!("/tiles/{layers}/{tile}")).await;
        assert_eq!(*bytes, served.body.len(), "{tile}");
    }
    let sent = server.get(&format!("/tiles/{layers}/archive?zooms=8-14")).await;
    assert_eq!(sent.header("content-type"), "application/vnd.pmtiles");
    std::fs::write(at("sent.pmtiles"), &sent.body).unwrap();
    let sent = run("pmtiles_client.py", vec![at("sent.pmtiles")], String::new()).await;
    assert_eq!(sent, told, "over HTTP it is the same");
    let packed = server.get(&format!("/tiles/{layers}/archive?zooms=8-10&f=mbtiles")).await;
    assert!(packed.body.starts_with(b"SQLite format 3"));
    server.get("/tiles/doorplate/archive?bbox=0,0,1,1").await.problem(422, "archive.empty");
    server.get("/tiles/doorplate/archive?zooms=0-22").await.problem(422, "archive.too_large");
    server.get("/tiles/doorplate/archive?zooms=9-3").await.problem(400, "parameter.invalid");
    success(&["tiles", "--basemap", "--zooms", "8-10", "--out", &at("base.pmtiles"), "--database", &database]);
    let base = run("pmtiles_client.py", vec![at("base.pmtiles")], String::new()).await;
    let mut based: Vec<&str> = base["layers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    based.sort_unstable();
    assert_eq!(based, ["building", "place", "railway", "road", "water"]);
    let info = Command::new("ogrinfo").args(["-so", &at("town.mbtiles")]).output().unwrap();
    let info = String::from_utf8_lossy(&info.stdout).into_owned();
    assert!(info.contains("doorplate") && info.contains("village"), "GDAL reads it: {info}");
    let none = refusal(&["tiles", layers, "--out", &at("town.zip"), "--database", &database]);
    assert!(none.contains("to end in .pmtiles or .mbtiles"), "{none}");
    let deep = refusal(&["tiles", layers, "--zooms", "8-22", "--out", &at("deep.pmtiles"), "--database", &database]);
    assert!(deep.contains("beyond 4000000 tiles"), "{deep}");
}

/// The blocks of code of the developers' page, by their ids.
async fn quick_starts(server: &TestApp) -> std::collections::BTreeMap<String, String> {
    let page = server.get("/developers.html").await.text();
    let block = regex::Regex::new(r#"(?s)<code id="(\w+)">(.*?)</code></pre>"#).unwrap();
    let plain = |html: &str| html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    block.captures_iter(&page).map(|found| (found[1].to_owned(), plain(&found[2]))).collect()
}

/// Runs a block of code; what it wrote.
async fn run_block(program: PathBuf, code: String, folder: PathBuf, token: String) -> String {
    let output = tokio::task::spawn_blocking(move || {
        Command::new(program).args(["-c", &code]).current_dir(folder).env("TOKEN", token).output().unwrap()
    });
    let output = output.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_quick_start_runs_as_it_stands() {
    let server = TestApp::start().await;
    server.account("desk", vec![grant("connector", None, "429005")], None).await;
    let token = server.token("desk", &[Action::Read, Action::Create, Action::Update, Action::Import], 48).await;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    let code = DoorplateCode::new(VILLAGES[0].0.parse().unwrap(), 90_004, 1).unwrap();
    std::fs::write(at.join("plates.csv"), format!("code,address,lon,lat\n{code},东风路9号,112.756,30.356\n")).unwrap();
    let blocks = quick_starts(&server).await;
    let ids: Vec<&str> = blocks.keys().map(String::as_str).collect();
    // A browser runs the one of MapLibre, in the journeys of the web app.
    assert_eq!(ids, ["changes", "curl", "gdal", "geopandas", "import", "maplibre", "requests"]);
    let shell = |id: &str| run_block("bash".into(), format!("set -e\n{}", blocks[id]), at.clone(), token.clone());
    let python = |id: &str| run_block(client("python"), blocks[id].clone(), at.clone(), token.clone());
    let curl = shell("curl").await;
    assert!(curl.contains("\"numberMatched\":137") && curl.contains("429005001,"), "{curl}");
    assert!(at.join("doorplate.gpkg").exists());
    assert!(shell("gdal").await.contains("Feature Count: 4"));
    assert!(shell("changes").await.contains("\"revision\":"));
    let imported = shell("import").await;
    assert!(imported.contains("\"created\":1"), "{imported}");
    assert!(python("requests").await.contains(" mounted plates at revision "));
    let told = python("geopandas").await;
    assert!(told.contains("km² in 4 villages"), "{told}");
}
