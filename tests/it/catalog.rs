//! The catalogue: what is declared holds, and a broken declaration says where and why.

use platbook::catalog::divisions::DivisionRegister;
use platbook::catalog::published::{Counted, Qualifier, compare, published};
use platbook::catalog::schema::{Validator, json_schema};
use platbook::catalog::style::{Theme, legend, style};
use platbook::catalog::{Catalogue, Files};
use platbook::domain::Lang;

use crate::support::small_catalogue;

/// The repository's own files.
fn files() -> Files {
    let mut files = Files::new();
    for (prefix, folder) in [("", "data/catalog"), ("layers/", "data/catalog/layers")] {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            files.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    files
}

#[test]
fn the_twelve_classes_are_declared_as_assumed_and_the_rest_beside_them() {
    let catalogue = small_catalogue();
    let mut classes: Vec<u8> = Vec::new();
    for layer in &catalogue.layers {
        if let Some(governance) = &layer.governance {
            assert!(layer.assumed, "{}", layer.id);
            assert!(!governance.sources.is_empty());
            classes.push(governance.class);
        }
    }
    classes.sort_unstable();
    assert_eq!(classes, (1..=12).collect::<Vec<u8>>());
    for id in ["doorplate", "network-node", "network-link", "base-station", "sector", "key-area"] {
        assert!(catalogue.layer(&id.parse().unwrap()).is_some(), "{id}");
    }
    let off: Vec<String> = catalogue.disabled.iter().map(|layer| layer.id.to_string()).collect();
    for id in ["component", "pipeline", "sensing-device", "public-facility"] {
        assert!(off.contains(&id.to_owned()), "{id}");
    }
}

/// Breaks one line of one file and returns what is said about it.
fn broken(file: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = files();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    *text = text.replacen(from, to, 1);
    let error = Catalogue::parse(&files).expect_err("the catalogue is broken");
    error.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_broken_declaration_names_file_line_key_and_what_was_expected() {
    let file = "layers/doorplate.toml";
    let cases = [
        ("group = \"address\"", "group = \"adress\"", "`group`: expected a key of groups.toml"),
        ("below = 14", "below = 99", "`cluster.below`: expected a zoom within the layer's own"),
        ("priority = \"priority\"", "priority = \"code\"", "`priority`: expected a number property; `code` is none"),
        ("label = \"address\"", "label = \"adress\"", "`label`: expected a property"),
        (
            "geometry = \"point\"",
            "geometry = \"dot\"",
            "unknown variant `dot`, expected one of `point`, `line`, `polygon`",
        ),
        ("visible = true", "visibel = true", "unknown field `visibel`"),
        ("color = \"#1f5fa8\"", "color = \"blue\"", "`style.color`: expected a colour like `#1f5fa8`, got `blue`"),
        ("value = \"missing\", color", "value = \"lost\", color", "`style.classes`: expected a value of the property"),
        ("type = \"integer\"\nminimum = 1", "type = \"integer\"\nminimum = 100000", "is greater than the maximum"),
        ("id = \"doorplate\"", "id = \"plate\"", "`id`: expected the name of the file, `doorplate`, got `plate`"),
    ];
    for (from, to, expected) in cases {
        let faults = broken(file, from, to);
        let fault = faults.iter().find(|fault| fault.contains(expected));
        let fault = fault.unwrap_or_else(|| panic!("`{to}` should say `{expected}`, says {faults:?}"));
        let line: usize =
            fault.strip_prefix("layers/doorplate.toml:").unwrap().split(':').next().unwrap().parse().unwrap();
        assert!(line > 0, "{fault}");
    }
}

#[test]
fn the_line_of_a_fault_is_the_line_of_the_key() {
    let faults = broken("layers/doorplate.toml", "priority = \"priority\"", "priority = \"nothing\"");
    let text = &files()["layers/doorplate.toml"];
    let line = text.lines().position(|line| line.starts_with("priority = ")).unwrap() + 1;
    assert!(faults[0].starts_with(&format!("layers/doorplate.toml:{line}: ")), "{faults:?}");
}

#[test]
fn the_base_map_is_of_public_layers() {
    let faults = broken("layers/road.toml", "sensitivity = \"public\"", "sensitivity = \"internal\"");
    assert!(faults.iter().any(|fault| fault.contains("basemap") && fault.contains("public layer")), "{faults:?}");
}

#[test]
fn a_broken_role_names_file_line_key_and_what_was_expected() {
    let reader = "may = [\"read\"]";
    for (from, to, expected) in [
        (reader, "may = [\"raed\"]", "unknown variant `raed`, expected one of `read`, `create`"),
        (reader, "may = []", "`viewer.may`: expected at least one action"),
        ("[viewer]", "[Viewer]", "expected the name of a role"),
        (", \"administer\"]", "]", "expected a role that may `administer`"),
        (reader, "might = [\"read\"]", "unknown field `might`"),
    ] {
        let faults = broken("roles.toml", from, to);
        let told = faults.iter().any(|fault| fault.starts_with("roles.toml:") && fault.contains(expected));
        assert!(told, "`{to}` should say `{expected}`, says {faults:?}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut files = files();
    for (file, from, to) in [
        ("layers/doorplate.toml", "owner = \"public-security\"", "owner = \"nobody\""),
        ("layers/road.toml", "class = 11", "class = 12"),
    ] {
        let text = files.get_mut(file).unwrap();
        *text = text.replacen(from, to, 1);
    }
    files.remove("groups.toml");
    assert_eq!(Catalogue::parse(&files).unwrap_err().faults.len(), 1, "without groups nothing else can be judged");
    files.insert("groups.toml".to_owned(), self::files()["groups.toml"].clone());
    assert!(Catalogue::parse(&files).unwrap_err().faults.len() >= 2);
}

#[test]
fn another_layer_is_a_file_more() {
    let mut files = files();
    let text = files["layers/doorplate.toml"].replace("id = \"doorplate\"", "id = \"hydrant\"");
    files.insert("layers/hydrant.toml".to_owned(), text);
    let catalogue = Catalogue::parse(&files).unwrap();
    assert!(catalogue.layer(&"hydrant".parse().unwrap()).is_some());
    assert_ne!(catalogue.digest, small_catalogue().digest);
}

#[test]
fn what_edits_are_held_against_must_be_declared() {
    for (from, to, message) in [
        (
            "\"compound\", layer = \"compound\"",
            "\"compound\", layer = \"road\"",
            "expected a layer of polygons, got `road`",
        ),
        ("by = \"name\" }]", "by = \"title\" }]", "expected a property of `compound`"),
        ("property = \"compound\"", "property = \"estate\"", "expected a string property"),
        ("apart_m = 3.0", "apart_m = -1.0", "expected a distance above 0"),
    ] {
        let mut files = files();
        let text = files.get_mut("layers/doorplate.toml").unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
        let told = Catalogue::parse(&files).unwrap_err().to_string();
        assert!(told.contains("layers/doorplate.toml") && told.contains(message), "{told}");
    }
}

#[test]
fn what_a_value_names_must_be_declared() {
    let file = "layers/housing-unit.toml";
    let reference = "{ layer = \"building\", by = \"code\" }";
    for (to, message) in [
        ("{ layer = \"tower\", by = \"code\" }", "expected a layer, got `tower`"),
        (
            "{ layer = \"building\", by = \"floors\" }",
            "expected a free text of `building` (code, name, source), got `floors`",
        ),
        (
            "{ layer = \"building\", by = \"use\" }",
            "expected a free text of `building` (code, name, source), got `use`",
        ),
        ("{ layer = \"building\" }", "missing field `by`"),
    ] {
        let faults = broken(file, reference, to);
        assert!(faults.iter().any(|fault| fault.starts_with(file) && fault.contains(message)), "{to}: {faults:?}");
    }
    let floor = "type = \"integer\"";
    let faults = broken(file, floor, &format!("{floor}\nreferences = {reference}"));
    assert!(faults.iter().any(|fault| fault.contains("only a free text names a feature")), "{faults:?}");
    // A layer that is off keeps its data, and its name.
    assert!(
        Catalogue::parse(&{
            let mut files = files();
            let building = files.get_mut("layers/building.toml").unwrap();
            *building = building.replacen("visible = true", "enabled = false", 1);
            files
        })
        .is_ok()
    );
}

#[test]
fn the_schema_tells_whose_code_a_value_is() {
    let catalogue = small_catalogue();
    let link = json_schema(catalogue.layer(&"network-link".parse().unwrap()).unwrap(), Lang::Zh);
    let node = serde_json::json!({ "layer": "network-node", "by": "code" });
    assert_eq!(link["properties"]["from_node"]["x-references"], node);
    assert!(link["properties"]["code"].get("x-references").is_none());
}

#[test]
fn properties_are_held_against_their_schema() {
    let catalogue = small_catalogue();
    let layer = catalogue.layer(&"doorplate".parse().unwrap()).unwrap();
    let validator = Validator::of(layer).unwrap();
    let faults = |json: serde_json::Value| validator.faults(json.as_object().unwrap());
    let code = platbook::domain::codes::doorplate::DoorplateCode::new("429005001001".parse().unwrap(), 1, 1).unwrap();
    let good = serde_json::json!({ "code": code, "address": "湖北省潜江市", "status": "mounted", "number": 12 });
    assert_eq!(faults(good.clone()), []);
    for (key, value, pointer) in [
        ("status", serde_json::json!("lost"), "/status"),
        ("number", serde_json::json!(0), "/number"),
        ("number", serde_json::json!("12"), "/number"),
        ("mounted_on", serde_json::json!("30.6.2025"), "/mounted_on"),
        ("code", serde_json::json!("4290050010010000100000199"), "/code"),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        let found = faults(bad);
        assert!(found.iter().any(|fault| fault.pointer == pointer), "{key}: {found:?}");
    }
    let mut unknown = good;
    unknown["colour"] = "red".into();
    assert_eq!(faults(unknown).len(), 1);
    assert_eq!(json_schema(layer, Lang::En)["properties"]["number"]["maximum"], 99998.0);
}

#[test]
fn every_drawn_class_has_its_row_in_the_legend() {
    let catalogue = small_catalogue();
    let shown: Vec<_> = catalogue.layers.iter().map(|layer| (layer, "© 示例".to_owned())).collect();
    for theme in [Theme::Light, Theme::Dark] {
        let drawn = style(&catalogue, theme, Lang::Zh, "http://map", &shown);
        for layer in &catalogue.layers {
            let rows = legend(layer, theme, Lang::Zh);
            let text = drawn.to_string();
            for row in &rows {
                assert!(text.contains(&row.color), "{}: {}", layer.id, row.color);
            }
            assert_eq!(rows.len(), layer.style.classes.len().max(1));
            assert!(drawn["sources"][layer.id.as_str()]["tiles"][0].as_str().unwrap().starts_with("http://map/tiles/"));
            assert_eq!(drawn["sources"][layer.id.as_str()]["attribution"], "© 示例");
        }
    }
}

#[test]
fn the_lists_of_divisions_say_how_many_there_were() {
    let register = DivisionRegister::embedded().unwrap();
    let villages: Vec<usize> = register.dates().iter().map(|date| register.villages_on(*date).count()).collect();
    let townships: Vec<usize> = register.dates().iter().map(|date| register.townships_on(*date).len()).collect();
    assert_eq!(villages, [471, 473, 473, 473, 465, 468, 467, 466]);
    assert_eq!(townships, [25, 25, 25, 25, 24, 24, 24, 24]);
    assert_eq!(register.list_on("2019-12-31".parse().unwrap()), Some("2019-10-31".parse().unwrap()));
    assert_eq!(register.list_on("2016-01-01".parse().unwrap()), None);
    let in_report = register.townships_on("2023-06-30".parse().unwrap()).iter().filter(|t| t.in_report).count();
    assert_eq!(in_report, 23);
}

#[test]
fn every_published_figure_stands_in_the_report() {
    let report = std::fs::read_to_string("tests/data/report-h1-2025.txt").unwrap();
    let figures = published().unwrap();
    assert!(figures.len() >= 80, "{}", figures.len());
    let mut ids = std::collections::BTreeSet::new();
    for figure in &figures {
        assert!(ids.insert(&figure.id), "{} twice", figure.id);
        assert!(report.contains(&figure.sentence), "{}: {}", figure.id, figure.sentence);
        let number = figure.value.to_string();
        assert!(figure.sentence.contains(&number) || figure.sentence.contains("两批"), "{}", figure.id);
        if figure.sentence.contains(&format!("超{number}")) {
            assert_eq!(figure.qualifier, Qualifier::Over, "{}", figure.id);
        }
    }
}

#[test]
fn published_and_real_figures_stand_side_by_side() {
    let register = DivisionRegister::embedded().unwrap();
    let counted = Counted { outline_m2: Some(2_003_006_000.0), townships: 23, villages: 466, synthetic: true };
    let compared = compare(&published().unwrap(), &register, counted);
    let of = |id: &str| compared.iter().find(|row| row.id == id).unwrap();
    assert!(of("villages").agrees, "the list of 2019 has 473");
    assert!(!of("townships").agrees, "23 are only on the map that was made up after the figure");
    assert!(!of("area").agrees, "no outline has 1993 km²");
    assert_eq!(of("area").declared.value, 1993.0);
    assert_eq!(of("villages").counterparts.len(), 9);
}
