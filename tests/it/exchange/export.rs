//! `platbook export`: what is written, GDAL reads back as the store has it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use platbook::domain::{Draft, Edit, Feature};
use platbook::store;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::judge::gdal;
use crate::support::{TestApp, VILLAGES, platbook, refusal, success};

/// A small demo city, and all its features as the store has them, by layer and id.
pub(super) struct City {
    pub(super) folder: TempDir,
    pub(super) database: String,
    pub(super) features: BTreeMap<String, BTreeMap<u64, Feature>>,
}

impl City {
    pub(super) async fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
        success(&["demo", "--database", &database, "--scale", "0.002"]);
        let mut features: BTreeMap<String, BTreeMap<u64, Feature>> = BTreeMap::new();
        let mut sink = |batch: Vec<Feature>| {
            for feature in batch {
                let of_layer = features.entry(feature.content.layer.to_string()).or_default();
                of_layer.insert(feature.id.get(), feature);
            }
            true
        };
        store::open_existing(&database).await.unwrap().scan(&mut sink).await.unwrap();
        Self { folder, database, features }
    }

    pub(super) fn export(&self, layer: &str, format: &str) -> PathBuf {
        // By these names GDAL knows the formats.
        let ending = match format {
            "ndjson" => "geojsonl",
            "shp" => "shp.zip",
            other => other,
        };
        let file = self.folder.path().join(format!("{layer}.{ending}"));
        let words =
            ["export", layer, "--format", format, "--out", file.to_str().unwrap(), "--database", &self.database];
        assert_eq!(success(&words), "", "all that is written is in the file");
        file
    }
}

/// A file in a zip archive, as GDAL names it.
pub(super) fn in_archive(file: &Path) -> PathBuf {
    PathBuf::from(format!("/vsizip/{}", file.display()))
}

pub(super) const LAYERS: [&str; 6] = ["doorplate", "network-link", "village", "building", "road", "base-station"];

/// Whether two numbers are one on the ground: a tenth of a millimetre would already be told apart.
pub(super) fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-7
}

/// All numbers in a GeoJSON geometry, in order.
pub(super) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        Value::Number(number) => vec![number.as_f64().unwrap()],
        Value::Object(object) => object.get("coordinates").map(numbers).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_geojson_back_as_the_store_has_it() {
    let city = City::make().await;
    for format in ["geojson", "ndjson"] {
        for layer in LAYERS {
            let stored = &city.features[layer];
            let read = gdal(&city.export(layer, format), &[]);
            assert_eq!(read.len(), stored.len(), "{layer} {format}");
            let by_code: BTreeMap<&str, &Feature> =
                stored.values().map(|one| (one.content.properties["code"].as_str().unwrap(), one)).collect();
            for feature in &read {
                let own = by_code[feature["properties"]["code"].as_str().unwrap()];
                // Of lines of GeoJSON, GDAL keeps no ids.
                assert!(format == "ndjson" || feature["id"] == own.id.get(), "{layer} {format}: {}", feature["id"]);
                let own = &own.content;
                for (name, value) in &own.properties {
                    let read = &feature["properties"][name];
                    let same = read == value || (read.is_f64() && read.as_f64() == value.as_f64());
                    assert!(same, "{layer} {format} {name}: {read} for {value}");
                }
                let geometry = serde_json::to_value(&own.geometry).unwrap();
                let (own, theirs) = (numbers(&geometry), numbers(&feature["geometry"]));
                assert_eq!(own.len(), theirs.len());
                assert!(own.iter().zip(&theirs).all(|(a, b)| is_close(*a, *b)), "{layer} {format}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_a_table_back_as_the_store_has_it() {
    let city = City::make().await;
    for layer in LAYERS {
        let stored = &city.features[layer];
        let places = ["-oo", "X_POSSIBLE_NAMES=lon", "-oo", "Y_POSSIBLE_NAMES=lat", "-oo", "KEEP_GEOM_COLUMNS=YES"];
        let read = gdal(&city.export(layer, "csv"), &places);
        assert_eq!(read.len(), stored.len(), "{layer}");
        for feature in &read {
            let row = &feature["properties"];
            let own = &stored[&row["id"].as_str().unwrap().parse().unwrap()];
            assert_eq!(row["version"], own.version.to_string());
            assert_eq!(row["village"], own.content.village.map_or(String::new(), |village| village.to_string()));
            for (name, value) in &own.content.properties {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                assert_eq!(row[name], text, "{layer} {name}");
            }
            let at = own.content.geometry.representative();
            let place = numbers(&feature["geometry"]);
            assert!(is_close(place[0], at.lon()) && is_close(place[1], at.lat()), "{layer}: {place:?} for {at:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shape_in_a_table_is_the_shape() {
    let city = City::make().await;
    for layer in ["village", "network-link"] {
        let read = gdal(&city.export(layer, "csv"), &["-oo", "GEOM_POSSIBLE_NAMES=geometry_wkt"]);
        assert_eq!(read.len(), city.features[layer].len());
        for feature in &read {
            let id: u64 = feature["properties"]["id"].as_str().unwrap().parse().unwrap();
            let geometry = serde_json::to_value(&city.features[layer][&id].content.geometry).unwrap();
            assert_eq!(feature["geometry"]["type"], geometry["type"]);
            let (own, theirs) = (numbers(&geometry), numbers(&feature["geometry"]));
            assert!(
                own.len() == theirs.len() && own.iter().zip(&theirs).all(|(a, b)| is_close(*a, *b)),
                "{layer} {id}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shapefile_is_in_gbk_when_it_is_asked_for_and_a_part_by_a_filter() {
    let city = City::make().await;
    let file = city.folder.path().join("old.shp.zip");
    let path = file.to_str().unwrap();
    let filter = "status = 'mounted' AND number < 50";
    let words =
        ["export", "doorplate", "--encoding", "gbk", "--filter", filter, "--out", path, "--database", &city.database];
    success(&words);
    let inside = |name: &str| {
        let mut archive = zip::ZipArchive::new(fs::File::open(&file).unwrap()).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(name).unwrap(), &mut bytes).unwrap();
        bytes
    };
    assert_eq!(inside("doorplate.cpg"), b"GBK");
    let dbf = inside("doorplate.dbf");
    let gbk: &[u8] = b"\xc7\xb1\xbd\xad";
    assert!(dbf.windows(gbk.len()).any(|bytes| bytes == gbk), "潜江 in GBK");
    let columns = String::from_utf8(inside("doorplate.txt")).unwrap();
    assert!(columns.contains("address_co\taddress_code\r\n"), "{columns}");
    let read = gdal(&in_archive(&file), &[]);
    let of_store = city.features["doorplate"].values().filter(|one| {
        let properties = &one.content.properties;
        properties["status"] == "mounted" && properties.get("number").and_then(Value::as_i64).is_some_and(|n| n < 50)
    });
    let addresses: std::collections::BTreeSet<&str> =
        of_store.map(|one| one.content.properties["address"].as_str().unwrap()).collect();
    let theirs = read.iter().map(|one| one["properties"]["address"].as_str().unwrap()).collect();
    assert!(!addresses.is_empty());
    assert_eq!(addresses, theirs);
}

fn plate(properties: Value) -> Draft {
    let Value::Object(properties) = properties else { panic!("properties are an object") };
    Draft {
        layer: "doorplate".parse().unwrap(),
        geometry: platbook::domain::Geometry::from_geojson(&json!({ "type": "Point", "coordinates": [112.75, 30.35] }))
            .unwrap(),
        properties,
        village: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_keeps_codes_quotes_and_lines_and_runs_no_formula() {
    let server = TestApp::start().await;
    let awkward = "甲,\"乙\"\r\n丙";
    let code = "0042900500100000100000100";
    let draft =
        plate(json!({ "code": code, "address": awkward, "street": "=HYPERLINK(\"http://evil\")", "number": 7 }));
    server.write(vec![Edit::Create(draft)], Vec::new()).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("plates.csv");
    let database = server.database();
    let export = ["export", "doorplate", "--format", "csv", "--database", &database, "--out", file.to_str().unwrap()];
    success(&export);
    let read = gdal(&file, &[]);
    let row = &read.iter().find(|row| row["properties"]["code"] == code).unwrap()["properties"];
    // GDAL reads every end of line as a line feed.
    assert_eq!(row["address"], awkward.replace("\r\n", "\n"));
    assert_eq!(row["street"], "'=HYPERLINK(\"http://evil\")");
    assert_eq!((&row["number"], &row["lon"], &row["lat"]), (&"7".into(), &"112.75".into(), &"30.35".into()));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(",\"甲,\"\"乙\"\"\r\n丙\","), "quoted as RFC 4180 has it");
    assert!(text.starts_with("id,version,village,lon,lat,code,"), "{}", text.lines().next().unwrap());
    let marked = success(&[&export[..6], &["--bom"]].concat());
    assert_eq!(marked, format!("\u{feff}{text}"), "with a mark for Excel, and to standard output");
}

#[tokio::test(flavor = "multi_thread")]
async fn small_counts_are_hidden_in_every_format() {
    let server = TestApp::start().await;
    let database = server.database();
    // Beside the few of the last village, those of its neighbour are hidden too: the township's sum would tell.
    let (few, many) = ([VILLAGES[2].0, VILLAGES[3].0], VILLAGES[1].0);
    for format in ["geojson", "ndjson", "csv"] {
        let text = success(&["export", "population", "--format", format, "--database", &database]);
        let line = |village: &str| text.lines().find(|line| line.contains(village)).unwrap().to_owned();
        assert!(line(many).contains("845") && line(many).contains("281"), "{format}: {}", line(many));
        for few in few {
            match format {
                // Households and persons stand side by side, before `synthetic`; the few are nowhere.
                "csv" => assert!(line(few).ends_with(",,,"), "{}", line(few)),
                _ => assert!(!line(few).contains("persons") && !line(few).contains("households"), "{}", line(few)),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_what_stands_in_the_division_or_touches_the_box() {
    let server = TestApp::start().await;
    let database = server.database();
    let export = |more: &[&str]| {
        let mut words = vec!["export", "doorplate", "--format", "ndjson", "--database", &database];
        words.extend(more);
        success(&words).lines().count()
    };
    let all = export(&[]);
    let village = export(&["--division", VILLAGES[0].0]);
    assert_eq!(
        server.json(&format!("/collections/doorplate/items?division={}", VILLAGES[0].0)).await["numberMatched"],
        village
    );
    assert_eq!(export(&["--division", "429005"]), all);
    assert!(village > 0 && village < all);
    assert_eq!(export(&["--bbox", "112.7,30.3,112.8,30.4"]), village);
    assert_eq!(export(&["--bbox=-10,-10,-9,-9"]), 0);
}

fn written(database: &str, layer: &str, file: &Path, format: &str) -> String {
    success(&["export", layer, "--format", format, "--database", database, "--out", file.to_str().unwrap()]);
    fs::read_to_string(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_layer_is_an_empty_file_of_its_format() {
    let server = TestApp::start().await;
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    written(&server.database(), "sector", &at("none.geojson"), "geojson");
    assert_eq!(gdal(&at("none.geojson"), &[]).len(), 0);
    assert_eq!(written(&server.database(), "sector", &at("none.geojsonl"), "ndjson"), "");
    let table = written(&server.database(), "sector", &at("none.csv"), "csv");
    assert!(table.starts_with("id,version,village,lon,lat,") && table.ends_with("\r\n") && table.lines().count() == 1);
    assert_eq!(gdal(&at("none.csv"), &[]).len(), 0);
    for name in ["none.gpkg", "none.fgb", "none.shp.zip", "none.kml", "none.parquet"] {
        let (file, database) = (at(name), server.database());
        // The ending says which format it is.
        success(&["export", "sector", "--database", &database, "--out", file.to_str().unwrap()]);
        assert!(fs::metadata(&file).unwrap().len() > 0);
    }
    for name in ["none.gpkg", "none.fgb", "none.kml"] {
        assert_eq!(gdal(&at(name), &[]).len(), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_said_plainly() {
    let server = TestApp::start().await;
    let database = server.database();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("out.csv");
    let file = file.to_str().unwrap();
    let told = refusal(&["export", "doorplates", "--database", &database, "--out", file]);
    assert!(told.contains("`doorplates` is not a layer; expected one of ") && told.contains(" doorplate,"), "{told}");
    let told = refusal(&["export", "doorplate", "--database", &database, "--out", file, "--bbox", "1,2,3"]);
    assert!(told.contains("has 3 numbers; expected four"), "{told}");
    let told = refusal(&["export", "doorplate", "--database", &database, "--out", file, "--bbox", "3,2,1,4"]);
    assert!(told.contains("west 3 is greater than east 1"), "{told}");
    assert!(!Path::new(file).exists());
    let told = refusal(&["export", "doorplate", "--database", &database, "--out", "/nowhere/out.csv"]);
    assert!(told.contains("writing /nowhere/out.csv: No such file"), "{told}");
    let none = folder.path().join("none.sqlite");
    assert!(refusal(&["export", "doorplate", "--database", none.to_str().unwrap()]).contains("none.sqlite"));
    let output = platbook(&["export", "doorplate", "--database", &database, "--format", "dwg"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("`dwg` is not a format; expected one of geojson, jsonfg, ndjson, csv, gpkg"), "{told}");
    let told = refusal(&["export", "doorplate", "--database", &database, "--format", "kml", "--crs", "EPSG:4547"]);
    assert!(told.contains("kml holds longitude and latitude only"), "{told}");
    let told = refusal(&["export", "doorplate", "--database", &database, "--filter", "colour = 'red'"]);
    assert!(told.contains("the filter cannot be used") && told.contains("colour"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_for_people_has_titles_and_codes_that_a_spreadsheet_keeps() {
    let city = City::make().await;
    let file = city.folder.path().join("people.csv");
    let path = file.to_str().unwrap();
    success(&["export", "doorplate", "--titles", "zh", "--bom", "--out", path, "--database", &city.database]);
    let text = fs::read_to_string(&file).unwrap();
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert!(
        ["要素编号", "经度", "门楼牌编码", "标准地址", "状态"].iter().all(|one| headings.contains(&(*one).to_owned())),
        "{headings:?}"
    );
    let column = |title: &str| headings.iter().position(|heading| heading == title).unwrap();
    let stored = &city.features["doorplate"];
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), stored.len());
    for row in &rows {
        let own = &stored[&row[column("要素编号")].parse::<u64>().unwrap()].content;
        assert_eq!(row[column("门楼牌编码")], format!("\t{}", own.properties["code"].as_str().unwrap()));
        assert!(["待制", "待装", "在挂", "损坏", "丢失"].contains(&&row[column("状态")]), "{row:?}");
    }
    // It comes in again as it went out: nothing has changed.
    let told = success(&["import", "file", path, "--layer", "doorplate", "--dry-run", "--database", &city.database]);
    assert!(told.contains(&format!("{0} records: 0 created, 0 updated, {0} unchanged", rows.len())), "{told}");
    let none = refusal(&["export", "doorplate", "--out", "plates.xyz", "--database", &city.database]);
    assert!(none.contains("tells no format"), "{none}");
}
