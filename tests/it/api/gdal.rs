//! GDAL reads the API: it lists every layer and counts what `numberMatched` counts.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{TestApp, grant, small_catalogue};

async fn run(program: &'static str, arguments: Vec<String>) -> Output {
    let path = Path::new("/usr/bin").join(program);
    assert!(path.exists(), "{program} is missing: install the Debian package gdal-bin");
    // In the test's own thread it would keep the server from answering.
    tokio::task::spawn_blocking(move || Command::new(path).args(arguments).output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_lists_every_layer_and_reads_every_feature() {
    let server = TestApp::start().await;
    let source = format!("OAPIF:{}", server.base);
    let listed = run("ogrinfo", vec!["-ro".into(), source.clone()]).await;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success(), "{text}{}", String::from_utf8_lossy(&listed.stderr));
    for layer in &small_catalogue().layers {
        assert!(
            text.contains(&format!(": {} ", layer.id)) || text.contains(&format!(": {}\n", layer.id)),
            "{} of\n{text}",
            layer.id
        );
    }
    let folder = tempfile::tempdir().unwrap();
    for layer in ["doorplate", "village", "network-link"] {
        let file = folder.path().join(format!("{layer}.geojson"));
        let arguments =
            ["-f", "GeoJSON", file.to_str().unwrap(), &source, layer, "-oo", "PAGE_SIZE=13"].map(str::to_owned);
        let copied = run("ogr2ogr", arguments.to_vec()).await;
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let matched = server.json(&format!("/collections/{layer}/items")).await["numberMatched"].clone();
        assert_eq!(copy["features"].as_array().unwrap().len() as u64, matched.as_u64().unwrap(), "{layer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_comes_with_a_token_and_reads_what_the_token_shows() {
    let server = TestApp::guarded().await;
    let source = format!("OAPIF:{}", server.base);
    for (division, nodes) in [("429005", 2), ("429005001", 2), ("429005002", 0)] {
        let bearer = server.bearer(&format!("desk-{division}"), vec![grant("viewer", None, division)]).await;
        let header = format!("Authorization: {bearer}");
        let arguments = ["-ro", "-so", "--config", "GDAL_HTTP_HEADERS", &header, &source, "network-node"];
        let told = run("ogrinfo", arguments.map(str::to_owned).to_vec()).await;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success() && text.contains(&format!("Feature Count: {nodes}")), "{division}: {text}");
    }
    let without = run("ogrinfo", ["-ro", "-so", &source, "network-node"].map(str::to_owned).to_vec()).await;
    assert!(!String::from_utf8_lossy(&without.stdout).contains("Feature Count"), "{without:?}");
}
