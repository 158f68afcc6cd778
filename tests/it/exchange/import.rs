//! `platbook import osm`, as people run it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::judge::{extract, gdal, osmium, pack, run};
use crate::support::{Program, platbook, refusal, success};

/// A piece of Qianjiang: a road with a bridge, a building, a lake with an island, a village; and a road far away.
const TOWN: &str = r#"<osm version="0.6" generator="test">
  <bounds minlat="30.41" minlon="112.88" maxlat="30.44" maxlon="112.91"/>
  <node id="1" version="1" lat="30.4200" lon="112.8900"/>
  <node id="2" version="1" lat="30.4200" lon="112.8950"/>
  <node id="3" version="1" lat="30.4200" lon="112.8960"/>
  <node id="4" version="1" lat="30.4200" lon="112.9000"/>
  <node id="5" version="1" lat="30.4210" lon="112.8910"/>
  <node id="6" version="1" lat="30.4210" lon="112.8914"/>
  <node id="7" version="1" lat="30.4213" lon="112.8914"/>
  <node id="8" version="1" lat="30.4213" lon="112.8910"/>
  <node id="9" version="1" lat="30.4250" lon="112.8900"/>
  <node id="10" version="1" lat="30.4250" lon="112.8950"/>
  <node id="11" version="1" lat="30.4300" lon="112.8950"/>
  <node id="12" version="1" lat="30.4300" lon="112.8900"/>
  <node id="13" version="1" lat="30.4270" lon="112.8920"/>
  <node id="14" version="1" lat="30.4270" lon="112.8930"/>
  <node id="15" version="1" lat="30.4280" lon="112.8925"/>
  <node id="16" version="1" lat="30.4230" lon="112.8980"><tag k="place" v="village"/><tag k="name" v="章华村"/></node>
  <node id="17" version="1" lat="39.9" lon="116.3"/>
  <node id="18" version="1" lat="39.9" lon="116.4"/>
  <way id="20" version="1"><nd ref="1"/><nd ref="2"/>
    <tag k="highway" v="primary"/><tag k="name" v="章华路"/></way>
  <way id="21" version="1"><nd ref="2"/><nd ref="3"/>
    <tag k="highway" v="primary"/><tag k="name" v="章华桥"/><tag k="bridge" v="yes"/></way>
  <way id="22" version="1"><nd ref="3"/><nd ref="4"/>
    <tag k="highway" v="residential"/></way>
  <way id="23" version="1"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="8"/><nd ref="5"/>
    <tag k="building" v="apartments"/><tag k="building:levels" v="6"/></way>
  <way id="24" version="1"><nd ref="9"/><nd ref="10"/><nd ref="11"/><nd ref="12"/><nd ref="9"/></way>
  <way id="25" version="1"><nd ref="13"/><nd ref="14"/><nd ref="15"/><nd ref="13"/></way>
  <way id="26" version="1"><nd ref="17"/><nd ref="18"/>
    <tag k="highway" v="primary"/><tag k="name" v="长安街"/></way>
  <relation id="30" version="1">
    <member type="way" ref="24" role="outer"/><member type="way" ref="25" role="inner"/>
    <tag k="type" v="multipolygon"/><tag k="natural" v="water"/><tag k="name" v="示例湖"/></relation>
</osm>
"#;

struct Scene {
    folder: TempDir,
    database: String,
}

impl Scene {
    /// No database yet.
    fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("city.sqlite").to_str().unwrap().to_owned();
        Self { folder, database }
    }

    /// A small demo city.
    fn city() -> Self {
        let scene = Self::empty();
        success(&["demo", "--database", &scene.database, "--scale", "0.002"]);
        scene
    }

    fn import(&self, file: &Path, more: &[&str]) -> String {
        let mut words = vec!["import", "osm", file.to_str().unwrap(), "--database", &self.database];
        words.extend(more);
        success(&words)
    }

    fn sound(&self) -> String {
        let told = success(&["check", "--database", &self.database]);
        assert!(told.starts_with("sound: "), "{told}");
        told
    }

    /// Whether there is a sound database at a revision.
    fn database_is_at(&self, revision: u64) -> bool {
        Path::new(&self.database).exists() && self.sound().contains(&format!(" at revision {revision};"))
    }

    /// The features of a layer that an import brought, by code.
    fn brought(&self, layer: &str) -> Vec<Value> {
        let lines = success(&["export", layer, "--format", "ndjson", "--database", &self.database]);
        let features = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut brought: Vec<Value> =
            features.filter(|feature| code(feature).is_some_and(|code| code.starts_with("osm:"))).collect();
        brought.sort_by_key(|feature| code(feature).map(str::to_owned));
        brought
    }

    fn pack(&self, name: &str, xml: &str) -> PathBuf {
        pack(self.folder.path(), name, xml)
    }
}

fn code(feature: &Value) -> Option<&str> {
    feature["properties"]["code"].as_str()
}

fn codes(features: &[Value]) -> Vec<&str> {
    features.iter().filter_map(code).collect()
}

#[test]
fn an_extract_comes_in_once_and_goes_out_as_it_came() {
    for name in ["monaco", "krems"] {
        let scene = Scene::empty();
        let told = scene.import(&extract(name), &["--everywhere"]);
        assert!(told.contains(" 0 updated, 0 unchanged, 0 removed"), "{told}");
        assert!(!told.contains("value left out"), "{told}");
        let sound = scene.sound();
        let told = scene.import(&extract(name), &["--everywhere"]);
        assert!(told.contains("; 0 features created, 0 updated, ") && told.contains(" unchanged, 0 removed"), "{told}");
        assert_eq!(scene.sound(), sound, "no new revision");
        let exported = scene.folder.path().join("road.geojson");
        success(&["export", "road", "--out", exported.to_str().unwrap(), "--database", &scene.database]);
        let roads = gdal(&exported, &[]);
        let mut elements: Vec<&str> =
            codes(&roads).into_iter().map(|code| code.strip_prefix("osm:").unwrap()).collect();
        elements.sort_unstable();
        let rails = osmium(&extract(name), &["w/highway"], &[]);
        assert!(elements.len() > 400 && elements.iter().all(|element| rails.contains(*element)));
    }
}

#[test]
fn a_named_bridge_is_there_with_its_class_and_origin() {
    let scene = Scene::empty();
    scene.import(&extract("krems"), &["--everywhere"]);
    let roads = scene.brought("road");
    let bridge = roads.iter().find(|road| road["properties"]["name"] == "Wiener Brücke").unwrap();
    let properties = &bridge["properties"];
    assert_eq!((&properties["class"], &properties["bridge"]), (&"tertiary".into(), &true.into()));
    assert_eq!(properties["source"], "© OpenStreetMap contributors, ODbL");
    assert_eq!(properties["synthetic"], false);
    let judged = gdal(&extract("krems"), &["lines", "-where", "name = 'Wiener Brücke' AND highway IS NOT NULL"]);
    let ends = |line: &Value| {
        let line = line["coordinates"].as_array().unwrap().clone();
        (line.first().cloned().unwrap(), line.last().cloned().unwrap(), line.len())
    };
    assert!(judged.iter().any(|judged| ends(&judged["geometry"]) == ends(&bridge["geometry"])), "{judged:?}");
}

#[tokio::test]
async fn the_map_names_openstreetmap_wherever_its_features_are() {
    const NAMED: &str = "© OpenStreetMap contributors, ODbL";
    let scene = Scene::city();
    let file = scene.pack("town", TOWN);
    let attribution = |told: (u16, String), pointer: &'static str| {
        assert_eq!(told.0, 200, "{}", told.1);
        let body: Value = serde_json::from_str(&told.1).unwrap();
        body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {body}")).to_owned()
    };
    let doors = [
        ("/tiles/road", "/attribution"),
        ("/tiles/doorplate,road", "/attribution"),
        ("/collections/road?f=json", "/attribution"),
        ("/styles/light", "/sources/road/attribution"),
        ("/styles/dark", "/sources/water/attribution"),
        ("/catalogue", "/city/attribution/zh"),
        ("/?f=json", "/attribution"),
    ];
    let without = [("/tiles/doorplate", "/attribution"), ("/styles/light", "/sources/doorplate/attribution")];
    let mut server = Program::serve(&scene.database);
    for (path, pointer) in doors {
        assert!(!attribution(server.get(path).await, pointer).contains("OpenStreetMap"), "{path} before");
    }
    scene.import(&file, &[]);
    // The server follows the log; an import by another process reaches it within seconds.
    let end = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !attribution(server.get("/tiles/road").await, "/attribution").contains(NAMED) {
        assert!(std::time::Instant::now() < end, "the server does not follow");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    for (path, pointer) in doors {
        let named = attribution(server.get(path).await, pointer);
        assert!(named.contains("GS(2024)0650") && named.contains(NAMED), "{path}: {named}");
    }
    for (path, pointer) in without {
        assert!(!attribution(server.get(path).await, pointer).contains("OpenStreetMap"), "{path}");
    }
    // With the last of them gone, nobody need be named.
    scene.import(&scene.pack("empty", &without_ways(TOWN, &[20, 21, 22])), &["--remove-missing"]);
    server.kill();
    let server = Program::serve(&scene.database);
    assert!(!attribution(server.get("/tiles/road").await, "/attribution").contains("OpenStreetMap"));
    assert!(attribution(server.get("/tiles/building").await, "/attribution").contains(NAMED));
}

/// The XML without some ways.
fn without_ways(xml: &str, ways: &[u32]) -> String {
    let mut xml = xml.to_owned();
    for way in ways {
        let start = xml.find(&format!("<way id=\"{way}\"")).unwrap();
        let end = start + xml[start..].find("</way>").unwrap() + "</way>".len();
        xml.replace_range(start..end, "");
    }
    xml
}

#[tokio::test]
async fn what_lies_in_the_city_comes_in_and_gets_its_village() {
    let scene = Scene::city();
    let told = scene.import(&scene.pack("town", TOWN), &[]);
    assert!(told.contains("; 6 features created, 0 updated, 0 unchanged"), "{told}");
    assert!(told.contains("left out, outside the box: 1"), "{told}");
    scene.sound();
    assert_eq!(codes(&scene.brought("road")), ["osm:way/20", "osm:way/21", "osm:way/22"]);
    let server = Program::serve(&scene.database);
    let (_, told) = server.get("/at?lon=112.8912&lat=30.42115").await;
    let building = &scene.brought("building")[0];
    let village = building["village"].as_str().unwrap();
    assert!(village.starts_with("429005") && village.len() == 12);
    assert!(told.contains(village), "{village} of {told}");
    assert_eq!(building["properties"]["floors"], 6);
    let lake = &scene.brought("water")[0];
    assert_eq!(lake["geometry"]["coordinates"].as_array().unwrap().len(), 2, "an island");
    let told = scene.import(&scene.pack("town", TOWN), &["--everywhere"]);
    assert!(told.contains("; 1 features created, 0 updated, 6 unchanged"), "{told}");
}

#[test]
fn a_newer_extract_updates_what_changed_and_leaves_what_is_gone_unless_told() {
    let scene = Scene::city();
    scene.import(&scene.pack("town", TOWN), &["--everywhere"]);
    let before = scene.brought("road");
    let newer = TOWN
        .replace("章华桥", "章华大桥")
        .replace("lat=\"30.4213\" lon=\"112.8914\"", "lat=\"30.4214\" lon=\"112.8914\"");
    let newer = without_ways(&newer, &[22, 26]);
    let file = scene.pack("newer", &newer);
    let told = scene.import(&file, &[]);
    assert!(told.contains("; 0 features created, 2 updated, 3 unchanged, 0 removed"), "{told}");
    let after = scene.brought("road");
    assert_eq!(codes(&after), codes(&before), "what is gone stays");
    let versions: Vec<_> = after.iter().map(|road| road["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2, 1, 1]);
    assert_eq!(after[1]["id"], before[1]["id"]);
    assert_eq!(after[1]["properties"]["name"], "章华大桥");
    let told = scene.import(&file, &["--remove-missing"]);
    assert!(told.contains("; 0 features created, 0 updated, 5 unchanged, 1 removed"), "{told}");
    // Way 26 lies outside the box that the extract covers: nothing is known of it.
    assert_eq!(codes(&scene.brought("road")), ["osm:way/20", "osm:way/21", "osm:way/26"]);
    let sound = scene.sound();
    let told = scene.import(&file, &["--remove-missing"]);
    assert!(told.contains("; 0 features created, 0 updated, 5 unchanged, 0 removed"), "{told}");
    assert_eq!(scene.sound(), sound);
    let demo = success(&["export", "road", "--format", "ndjson", "--database", &scene.database]);
    assert!(demo.lines().count() > 3, "the demo's roads are not this source's to remove");
}

#[test]
fn nothing_is_removed_where_the_extract_does_not_say_what_it_covers() {
    let scene = Scene::city();
    let sound = scene.sound();
    let remove = |file: &Path, more: &[&str]| {
        let mut words =
            vec!["import", "osm", file.to_str().unwrap(), "--database", &scene.database, "--remove-missing"];
        words.extend(more);
        refusal(&words)
    };
    let told = remove(&extract("monaco"), &["--everywhere"]);
    assert!(told.contains("does not say which box it covers") && told.contains("osmium extract"), "{told}");
    let told = remove(&extract("krems"), &[]);
    assert!(told.contains("none of the city's box"), "{told}");
    assert_eq!(scene.sound(), sound);
}

/// The catalogue with one layer's file rewritten.
fn catalogue_with(folder: &Path, file: &str, rewrite: impl Fn(&str) -> String) -> String {
    let root = folder.join("catalog");
    fs::create_dir_all(root.join("layers")).unwrap();
    for (from, to) in [("data/catalog", root.clone()), ("data/catalog/layers", root.join("layers"))] {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let file = root.join("layers").join(file);
    let text = rewrite(&fs::read_to_string(&file).unwrap());
    fs::write(file, text).unwrap();
    root.to_str().unwrap().to_owned()
}

#[test]
fn what_a_layer_refuses_is_left_out_and_counted() {
    let scene = Scene::empty();
    let file = scene.pack("town", TOWN);
    let residential = "  { value = \"residential\", title = { zh = \"街路巷\", en = \"Residential\" } },\n";
    let without_residential = |text: &str| {
        assert!(text.contains(residential));
        let drawn = "  { value = \"residential\", color = \"#c6c2ba\", dark = \"#565b63\" },\n";
        assert!(text.contains(drawn));
        text.replace(residential, "").replace(drawn, "")
    };
    // A value that the layer does not know is left out of its feature…
    let catalogue = catalogue_with(scene.folder.path(), "road.toml", without_residential);
    let told = scene.import(&file, &["--catalog", &catalogue]);
    assert!(told.contains("; 6 features created"), "{told}");
    assert!(told.contains("value left out, road.class: 1"), "{told}");
    let roads = scene.brought("road");
    assert_eq!(roads[2]["properties"].get("class"), None);
    // …and the feature with it, where the layer cannot do without.
    let scene = Scene::empty();
    let catalogue = catalogue_with(scene.folder.path(), "road.toml", |text| {
        without_residential(text).replace(
            "title = { zh = \"等级\", en = \"Class\" }",
            "title = { zh = \"等级\", en = \"Class\" }\nrequired = true",
        )
    });
    let told = scene.import(&file, &["--catalog", &catalogue]);
    assert!(told.contains("; 5 features created"), "{told}");
    assert!(told.contains("left out, road: `class` (Class) is missing: 1"), "{told}");
    assert_eq!(codes(&scene.brought("road")), ["osm:way/20", "osm:way/21"]);
    scene.sound();
    // A layer that does not know the property at all, and one that is not there.
    let scene = Scene::empty();
    let catalogue = catalogue_with(scene.folder.path(), "place.toml", |text| {
        text.replace("id = \"place\"", "id = \"place\"\nenabled = false")
    });
    let told = scene.import(&file, &["--catalog", &catalogue]);
    assert!(told.contains("left out, place: the catalogue has no such layer: 1"), "{told}");
}

#[test]
fn an_import_that_broke_off_is_completed_by_the_next() {
    let scene = Scene::empty();
    let file = scene.folder.path().join("many.osm.pbf");
    // The same town eight times over, with other numbers: more than one change set.
    let copies: Vec<String> = (0..8)
        .map(|copy| {
            let path = scene.folder.path().join(format!("{copy}.osm.pbf")).to_str().unwrap().to_owned();
            let start = format!("--start-id={0},{0},{0}", 1 + copy * 100_000);
            run("osmium", &["renumber", &start, "-o", &path, extract("krems").to_str().unwrap()]);
            path
        })
        .collect();
    let mut words = vec!["merge", "-o", file.to_str().unwrap()];
    words.extend(copies.iter().map(String::as_str));
    run("osmium", &words);
    // The disk fills up on the way: a little more of it each time, until one change set fits and the next does not.
    let mut pages = (3..).map(|step| 300 * step);
    while !scene.database_is_at(1) {
        let short = format!("{}?max_page_count={}", scene.database, pages.next().unwrap());
        let told = refusal(&["import", "osm", file.to_str().unwrap(), "--everywhere", "--database", &short]);
        assert!(told.contains("full"), "{told}");
    }
    let told = scene.import(&file, &["--everywhere"]);
    assert!(told.contains("; ") && told.contains(" 0 updated, 10000 unchanged"), "{told}");
    let whole = Scene::empty();
    whole.import(&file, &["--everywhere"]);
    for layer in ["road", "building", "water", "railway", "place"] {
        assert_eq!(codes(&scene.brought(layer)), codes(&whole.brought(layer)), "{layer}");
    }
    scene.sound();
}

#[test]
fn wrong_words_are_told_apart_from_wrong_files() {
    let output = platbook(&["import", "osm"]);
    assert_eq!(output.status.code(), Some(2));
    let help = success(&["import", "osm", "--help"]);
    assert!(help.contains("--remove-missing") && help.contains("stays"), "{help}");
}
