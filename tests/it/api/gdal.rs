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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proj_puts_every_plate_where_this_server_does() {
    let server = TestApp::start().await;
    let source = format!("OAPIF:{}", server.base);
    for code in ["3857", "4547", "4526"] {
        let uri = format!("http://www.opengis.net/def/crs/EPSG/0/{code}");
        let ours = server.json(&format!("/collections/doorplate/items?limit=1000&crs={uri}")).await;
        let target = format!("EPSG:{code}");
        let arguments = ["-f", "CSV", "/vsistdout/", &source, "doorplate", "-t_srs", &target, "-lco", "GEOMETRY=AS_XY"];
        let theirs = run("ogr2ogr", arguments.map(str::to_owned).to_vec()).await;
        assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
        let mut table = csv::Reader::from_reader(theirs.stdout.as_slice());
        let code_at = table.headers().unwrap().iter().position(|name| name == "code").unwrap();
        let mut compared = 0;
        for row in table.records().map(Result::unwrap) {
            let features = ours["features"].as_array().unwrap();
            let feature = features.iter().find(|one| one["properties"]["code"] == row[code_at]).unwrap();
            let at = |axis: usize| feature["geometry"]["coordinates"][axis].as_f64().unwrap();
            // GDAL writes easting first, whatever the order of the axes.
            let (east, north) = if code == "3857" { (at(0), at(1)) } else { (at(1), at(0)) };
            let (x, y): (f64, f64) = (row[0].parse().unwrap(), row[1].parse().unwrap());
            assert!((east - x).abs() < 0.002 && (north - y).abs() < 0.002, "{code}: {east},{north} beside {x},{y}");
            compared += 1;
        }
        assert_eq!(compared, ours["numberMatched"], "{code}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_counts_what_the_same_filter_counts_here() {
    let server = TestApp::start().await;
    let source = format!("OAPIF:{}", server.base);
    for filter in [
        "status = 'mounted' AND priority > 10",
        "status IN ('made', 'planned') OR code LIKE '%7'",
        "NOT (priority BETWEEN 5 AND 50)",
        "NOT (status = 'lost') AND code >= '429005001002'",
        "status <> 'mounted' AND (priority + 1) * 2 >= 40",
    ] {
        let arguments = ["-ro", "-so", &source, "doorplate", "-where", filter].map(str::to_owned);
        let told = run("ogrinfo", arguments.to_vec()).await;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let encoded: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let ours = server.json(&format!("/collections/doorplate/items?limit=1&filter={encoded}")).await;
        let matched = &ours["numberMatched"];
        assert!(text.contains(&format!("Feature Count: {matched}")), "{filter}: {matched} beside {text}");
    }
}
