//! The judges: programs that others wrote, reading the same files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// An extract among the test data.
pub(super) fn extract(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/osm/{name}.osm.pbf"))
}

/// Runs a judge to its end; what it wrote to standard output.
pub(super) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; scripts/install gdal installs it"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What GDAL reads of a file, as features of GeoJSON; `choice` are further words for `ogr2ogr`.
pub(super) fn gdal(file: &Path, choice: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let read = folder.path().join("read.geojson");
    let mut arguments =
        vec!["-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", read.to_str().unwrap(), file.to_str().unwrap()];
    arguments.extend(["--config", "OGR_GEOJSON_DATE_AS_STRING", "YES"]);
    arguments.extend(choice);
    run("ogr2ogr", &arguments);
    let read: Value = serde_json::from_slice(&std::fs::read(read).unwrap()).unwrap();
    read["features"].as_array().unwrap().clone()
}

/// The elements of an extract that match osmium's filters, as `way/123`; those that match `but`, left out.
pub(super) fn osmium(file: &Path, filters: &[&str], but: &[&str]) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join("all.opl");
    let filtered = |filters: &[&str]| {
        let mut arguments = vec!["tags-filter", "--omit-referenced", "--overwrite", "-o", all.to_str().unwrap()];
        arguments.push(file.to_str().unwrap());
        arguments.extend(filters);
        run("osmium", &arguments);
        std::fs::read_to_string(&all).unwrap().lines().map(element).collect::<BTreeSet<String>>()
    };
    let found = filtered(filters);
    if but.is_empty() { found } else { found.difference(&filtered(but)).cloned().collect() }
}

/// The element that a line of osmium's OPL is about.
fn element(line: &str) -> String {
    let (kind, rest) = line.split_at(1);
    let number = rest.split(' ').next().unwrap();
    let kind = match kind {
        "n" => "node",
        "w" => "way",
        "r" => "relation",
        other => panic!("{other}"),
    };
    format!("{kind}/{number}")
}

/// Makes an extract of OpenStreetMap XML.
pub(super) fn pack(folder: &Path, name: &str, xml: &str) -> PathBuf {
    let (text, packed) = (folder.join(format!("{name}.osm")), folder.join(format!("{name}.osm.pbf")));
    std::fs::write(&text, xml).unwrap();
    run("osmium", &["cat", "--overwrite", "-o", packed.to_str().unwrap(), text.to_str().unwrap()]);
    packed
}
