//! `platbook import file`: any file becomes features of a layer, or is told why not, line by line.

use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::GBK;
use platbook::domain::codes::doorplate::DoorplateCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::judge::run;
use crate::support::{TestApp, VILLAGES, platbook, refusal, success};

/// A database with the divisions of a town and nothing else in the layer that is imported.
struct Town {
    folder: TempDir,
    database: String,
    // Keeps the database.
    _server: TestApp,
}

/// A code of the first village that no plate of the town has.
fn code(serial: u32) -> String {
    code_in(0, serial)
}

fn code_in(village: usize, serial: u32) -> String {
    DoorplateCode::new(VILLAGES[village].0.parse().unwrap(), 90_001, serial).unwrap().to_string()
}

fn plates() -> String {
    let [one, two, three] = [1, 2, 3].map(code);
    format!(
        "编码,地址,状态,门牌号,安装日期,经度,纬度\n\
        {one},\"东风路1号，附\",在挂,1,2024/5/6,112.75,30.35\n\
        {two},东风路2号,mounted,2.0,20240507,112.7501,30.3501\n\
        {three},东风路3号,待装,,2024年5月8日,112.7502,30.3502\n"
    )
}

impl Town {
    async fn start() -> Self {
        let server = TestApp::start().await;
        Self { folder: TempDir::new().unwrap(), database: server.database(), _server: server }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn words<'a>(&'a self, file: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
        let mut words =
            vec!["import", "file", file.to_str().unwrap(), "--layer", "doorplate", "--database", &self.database];
        words.extend(more);
        words
    }

    fn import(&self, file: &Path, more: &[&str]) -> String {
        success(&self.words(file, more))
    }

    fn refused(&self, file: &Path, more: &[&str]) -> String {
        refusal(&self.words(file, more))
    }

    /// The doorplates of the house numbers that were imported, by their code.
    fn plates(&self) -> Vec<Value> {
        let words = ["export", "doorplate", "--format", "ndjson", "--database", &self.database];
        let text = success(&[&words[..], &["--filter", "code LIKE '42900500100190001%'"]].concat());
        let mut plates: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        plates.sort_by_key(|plate| plate["properties"]["code"].to_string());
        plates
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_in_every_encoding_and_with_every_separator() {
    let codes = [GBK.encode(&plates()).0.into_owned(), plates().into_bytes()];
    let with_mark = [b"\xef\xbb\xbf".as_slice(), plates().as_bytes()].concat();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(plates().encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let tabs = plates().replace(',', "\t").into_bytes();
    for (i, bytes) in codes.into_iter().chain([with_mark, utf16, tabs]).enumerate() {
        let town = Town::start().await;
        let told = town.import(&town.file("plates.csv", bytes), &[]);
        assert!(told.contains("3 records: 3 created, 0 updated, 0 unchanged, 0 left out"), "{i}: {told}");
        assert!(told.contains("编码 → code") && told.contains("经度 → @x"), "{i}: {told}");
        let plates = town.plates();
        assert_eq!(plates.len(), 3, "{i}");
        let properties = &plates[0]["properties"];
        assert_eq!(properties["address"], "东风路1号，附", "{i}");
        assert_eq!((&properties["status"], &properties["number"]), (&json!("mounted"), &json!(1)), "{i}");
        assert_eq!(plates[1]["properties"]["mounted_on"], "2024-05-07");
        assert_eq!(plates[2]["properties"]["mounted_on"], "2024-05-08");
        assert_eq!(plates[0]["geometry"]["coordinates"], json!([112.75, 30.35]));
        assert_eq!(plates[0]["village"], VILLAGES[0].0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_again_changes_nothing_and_a_newer_file_updates_what_it_has() {
    let town = Town::start().await;
    let file = town.file("plates.csv", plates());
    town.import(&file, &[]);
    assert!(town.import(&file, &[]).contains("0 created, 0 updated, 3 unchanged"), "the same again");
    // A table of two columns moves nothing and takes nothing away.
    let newer = format!("code,status\n{},damaged\n{},在挂\n", code(2), code(1));
    let told = town.import(&town.file("newer.csv", newer), &["--reason", "巡查"]);
    assert!(told.contains("0 created, 1 updated, 1 unchanged"), "{told}");
    let plates = town.plates();
    assert_eq!(plates[1]["properties"]["status"], "damaged");
    assert_eq!(plates[1]["properties"]["address"], "东风路2号");
    assert_eq!(plates[1]["version"], 2);
    assert_eq!(plates[1]["geometry"]["coordinates"], json!([112.7501, 30.3501]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_that_is_written_is_read_back_as_it_was() {
    let town = Town::start().await;
    let all = town.folder.path().join("all.ndjson");
    for (layer, filter) in
        [("doorplate", "code IS NOT NULL"), ("network-link", "code IS NOT NULL"), ("water", "code IS NOT NULL")]
    {
        let export = |format: &str, out: &Path, more: &[&str]| {
            let words = [
                "export",
                layer,
                "--format",
                format,
                "--out",
                out.to_str().unwrap(),
                "--database",
                &town.database,
                "--filter",
                filter,
            ];
            success(&[&words[..], more].concat());
        };
        export("ndjson", &all, &[]);
        let before = fs::read_to_string(&all).unwrap();
        let count = before.lines().count();
        assert!(count > 0, "{layer}");
        for (format, ending, more) in [
            ("geojson", "geojson", &[][..]),
            ("jsonfg", "json", &[]),
            ("ndjson", "geojsonl", &[]),
            ("csv", "csv", &[]),
            ("gpkg", "gpkg", &["--crs", "EPSG:4547"]),
            ("fgb", "fgb", &["--crs", "EPSG:4490"]),
            ("parquet", "parquet", &[]),
            ("shp", "shp.zip", &["--encoding", "gbk"]),
            ("kml", "kml", &[]),
        ] {
            let file = town.folder.path().join(format!("{layer}.{ending}"));
            export(format, &file, more);
            let words = ["import", "file", file.to_str().unwrap(), "--layer", layer, "--database", &town.database];
            let told = success(&words);
            let unchanged = format!("{count} records: 0 created, 0 updated, {count} unchanged, 0 left out");
            // In metres and back again a position moves by less than its last digit.
            let close = format!("{count} records: 0 created, ");
            let is_exact = more.is_empty() || format != "gpkg";
            assert!(told.contains(if is_exact { &unchanged } else { &close }), "{layer} {format}: {told}");
            assert!(told.contains(" 0 left out"), "{layer} {format}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_writes_what_is_read() {
    let town = Town::start().await;
    let from = town.file("plates.csv", plates());
    for (driver, name, more) in [
        ("GPKG", "a.gpkg", &[][..]),
        ("FlatGeobuf", "b.fgb", &[]),
        ("ESRI Shapefile", "c.shp.zip", &["-lco", "ENCODING=UTF-8"]),
        ("GeoJSON", "d.geojson", &["-lco", "RFC7946=NO"]),
        ("GeoJSONSeq", "e.geojsonl", &[]),
        ("LIBKML", "f.kml", &[]),
        ("LIBKML", "g.kmz", &[]),
        ("CSV", "h.csv", &["-lco", "GEOMETRY=AS_WKT"]),
    ] {
        let out = town.folder.path().join(name);
        let mut words = vec!["-f", driver, out.to_str().unwrap(), from.to_str().unwrap(), "-a_srs", "EPSG:4490"];
        words.extend(["-oo", "X_POSSIBLE_NAMES=经度", "-oo", "Y_POSSIBLE_NAMES=纬度", "-nln", "plates"]);
        words.extend([
            "-sql",
            "SELECT \"编码\" AS code, \"地址\" AS address, \"状态\" AS status, \"门牌号\" AS number FROM plates",
        ]);
        words.extend(more);
        run("ogr2ogr", &words);
        let fresh = Town::start().await;
        let told = fresh.import(&out, &[]);
        assert!(told.contains("3 records: 3 created"), "{name}: {told}");
        let plates = fresh.plates();
        assert_eq!(plates[0]["properties"]["address"], "东风路1号，附", "{name}");
        let [lon, lat] = [&plates[1]["geometry"]["coordinates"][0], &plates[1]["geometry"]["coordinates"][1]];
        let is_there = |number: &Value, at: f64| (number.as_f64().unwrap() - at).abs() < 1e-7;
        assert!(is_there(lon, 112.7501) && is_there(lat, 30.3501), "{name}: {lon} {lat}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinates_of_other_systems_come_to_where_they_are() {
    let town = Town::start().await;
    let header = "code,address,status,x,y\n";
    let row = |x: f64, y: f64| format!("{header}{},东风路1号,mounted,{x},{y}\n", code(1));
    // 112.75 E, 30.35 N in each system; the metres are PROJ's.
    let project = |crs: &str| {
        let told = std::process::Command::new("gdaltransform")
            .args(["-s_srs", "OGC:CRS84", "-t_srs", crs, "-output_xy"])
            .stdin(std::process::Stdio::from(fs::File::open(town.file("at", "112.75 30.35\n")).unwrap()))
            .output()
            .unwrap();
        let text = String::from_utf8(told.stdout).unwrap();
        let numbers: Vec<f64> = text.split_whitespace().take(2).map(|number| number.parse().unwrap()).collect();
        (numbers[0], numbers[1])
    };
    for crs in ["EPSG:4547", "EPSG:4526", "EPSG:3857"] {
        let (x, y) = project(crs);
        // The Gauss–Krüger systems of China have northing first; files have it second.
        let (x, y) = if crs != "EPSG:3857" && x < y && crs == "EPSG:4526" { (y, x) } else { (x, y) };
        let (x, y) = if crs == "EPSG:4547" && x > y { (y, x) } else { (x, y) };
        let told = town.import(&town.file("metres.csv", row(x, y)), &[]);
        assert!(told.contains(&format!("coordinates of {crs}")), "{crs}: {told}");
        let plate = &town.plates()[0];
        let at = &plate["geometry"]["coordinates"];
        let is_there = |i: usize, degrees: f64| (at[i].as_f64().unwrap() - degrees).abs() < 1e-7;
        assert!(is_there(0, 112.75) && is_there(1, 30.35), "{crs}: {at}");
    }
    // Nobody can tell shifted degrees from others: they are named.
    let told = town.import(&town.file("amap.csv", row(112.755_6, 30.347_4)), &["--crs", "gcj02"]);
    assert!(told.contains("coordinates of GCJ-02"), "{told}");
    let lon = town.plates()[0]["geometry"]["coordinates"][0].as_f64().unwrap();
    assert!((112.749..112.7515).contains(&lon), "{lon}: some 500 m west of what was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_by_line_and_column_and_the_rest_comes_in() {
    let town = Town::start().await;
    let rows = [
        (code(1), "mounted,1,112.75,30.35"),
        (code(2), "挂好了,2,112.75,30.351"),
        (code(3), "mounted,三,112.75,30.352"),
        (code(1), "mounted,4,112.75,30.353"),
        (code_in(2, 5), "mounted,5,112.75,30.354"),
        (code(6), "mounted,6,30.35,112.75"),
        (code(7), "mounted,7,,"),
        (code(8), "mounted,8,112.7500001,30.35"),
    ];
    let rows: String = rows.iter().map(|(code, rest)| format!("{code},东风路,{rest}\n")).collect();
    let table = format!("code,address,status,number,lon,lat\n{rows}");
    let file = town.file("plates.csv", table);
    let report = town.folder.path().join("report.csv");
    let report_words = ["--report", report.to_str().unwrap()];
    let dry = town.import(&file, &[&["--dry-run"][..], &report_words].concat());
    assert!(dry.contains("8 records: 2 created, 0 updated, 0 unchanged, 6 left out (nothing was written)"), "{dry}");
    assert!(town.plates().is_empty(), "a dry run writes nothing");
    let rows: Vec<Vec<String>> = csv::Reader::from_path(&report)
        .unwrap()
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let found = |line: &str| rows.iter().find(|row| row[0] == line).unwrap_or_else(|| panic!("line {line}: {rows:?}"));
    assert_eq!(&found("3")[1..5], ["fault", "Value of another kind", "status", "挂好了"]);
    assert!(found("3")[5].contains("planned, made, mounted"), "{:?}", found("3"));
    assert_eq!(&found("4")[1..5], ["fault", "Value of another kind", "number", "三"]);
    assert_eq!(found("5")[6], "code.twice");
    assert_eq!(found("6")[6], "village.mismatch");
    assert_eq!(found("7")[6], "geometry.crs");
    assert_eq!(found("8")[6], "geometry.missing");
    // It is held against the map, and on the map the first is not yet.
    assert!(rows.iter().all(|row| row[0] != "9"), "{rows:?}");

    let told = town.refused(&file, &["--atomic"]);
    assert!(told.contains("left out"), "{told}");
    assert!(town.plates().is_empty(), "all or nothing");
    let output = platbook(&town.words(&file, &[]));
    assert!(!output.status.success(), "whoever runs it in a script learns that something was left out");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("6 of 8 records were left out; --report FILE tells each"), "{told}");
    assert_eq!(town.plates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_is_refused_before_anything_is_written() {
    let town = Town::start().await;
    let told = |name: &str, bytes: &[u8], more: &[&str]| town.refused(&town.file(name, bytes), more);
    assert!(told("empty.csv", b"", &[]).contains("it is empty"));
    let noise: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(told("noise", &noise, &[]).contains("none of the formats"));
    let not_one = told("none.gpkg", b"SQLite format 3\0 and nothing else", &[]);
    assert!(not_one.contains("gpkg cannot be read"), "{not_one}");
    let mixed = [b"code,address\n1,".as_slice(), "潜江".as_bytes(), b"\n2,", &GBK.encode("园林").0, b"\n"].concat();
    let mixed = told("mixed.csv", &mixed, &["--encoding", "utf-8"]);
    assert!(mixed.contains("line 3, column `address`: not UTF-8"), "{mixed}");
    let wide = told("wide.csv", b"code,address\n1,a,b,c\n", &[]);
    assert!(wide.contains("at line 2: 4 values for 2 columns"), "{wide}");
    let cut = told("cut.geojson", b"{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",", &[]);
    assert!(cut.contains("geojson cannot be read"), "{cut}");
    // What never ends is not read into memory to its end.
    let corners = "[112.7,30.3],".repeat(2 << 20);
    let line = format!("{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"LineString\",\"coordinates\":[{corners}");
    let whole = format!("{{\"type\":\"FeatureCollection\",\"features\":[{line}");
    for (name, bytes) in [("long.geojson", whole), ("long.csv", format!("code,address\n1,\"{corners}"))] {
        let long = told(name, bytes.as_bytes(), &[]);
        assert!(long.contains("a record takes more than 16 MiB"), "{long}");
    }
    let long = told("long.ndjson", line.as_bytes(), &[]);
    assert!(long.contains("at line 1"), "{long}");
    let none = told("plates.csv", plates().as_bytes(), &["--map", "地址=colour"]);
    assert!(none.contains("`colour`, but the layer has only code"), "{none}");
    let unknown = platbook(&town.words(&town.file("p.csv", plates()), &["--crs", "EPSG:2385"]));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("expected one of OGC:CRS84, EPSG:4490"));
    assert!(town.plates().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_that_lack_a_part_or_burst_are_refused() {
    use std::io::Write;
    let town = Town::start().await;
    let pack = |name: &str, parts: &[(&str, Vec<u8>)]| {
        let path = town.folder.path().join(name);
        let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, bytes) in parts {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
        path
    };
    let path = pack("no-table.zip", &[("plates.shp", vec![0; 100]), ("plates.shx", vec![0; 100])]);
    assert!(town.refused(&path, &[]).contains("the archive has no plates.dbf; a shapefile needs .shp, .shx and .dbf"));
    let zeros = || vec![0_u8; 100 << 20];
    let bomb = pack("bomb.zip", &[("a.shp", zeros()), ("a.shx", vec![0; 100]), ("a.dbf", vec![0; 100])]);
    let told = town.refused(&bomb, &[]);
    assert!(told.contains("unpacks to more than 67108864 bytes"), "{told}");
    let other = pack("letters.zip", &[("readme.txt", b"hello".to_vec())]);
    assert!(town.refused(&other, &[]).contains("a zip archive of readme.txt"));
    let deep = "<MultiGeometry>".repeat(50);
    let kml = format!("<kml><Document><Placemark>{deep}</Placemark></Document></kml>");
    let told = town.refused(&town.file("deep.kml", kml), &[]);
    assert!(told.contains("kml cannot be read"), "{told}");
}
