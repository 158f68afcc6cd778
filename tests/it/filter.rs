//! Filters: the answers of the reference implementation to its own questions, the expressions of the OGC's
//! abstract test suite, and that what the index serves is what asking every feature gives.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use platbook::catalog::schema::queryables;
use platbook::filter::{Filter, FilterError, Kind, Language, Queryables, Span, Subject, Value};
use platbook::index::{Query, Snapshot};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value as Json;

use crate::support::{TestApp, small_catalogue};

/// A file of the tests that come with the `cql2` crate.
fn reference(path: &str) -> String {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        // What other platforms need was never downloaded.
        let rustc = Command::new("rustc").arg("-vV").output().unwrap();
        let rustc = String::from_utf8(rustc.stdout).unwrap();
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let told = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let told: Json = serde_json::from_slice(&told.stdout).unwrap();
        let cql2 = told["packages"].as_array().unwrap().iter().find(|package| package["name"] == "cql2").unwrap();
        PathBuf::from(cql2["manifest_path"].as_str().unwrap()).parent().unwrap().join("tests")
    });
    fs::read_to_string(folder.join(path)).unwrap()
}

/// A row of the reference's table.
struct Row {
    values: Json,
    geometry: geo_types::Geometry<f64>,
}

fn value_of(json: &Json, kind: Kind) -> Value<'_> {
    match (json, kind) {
        (Json::String(text), Kind::Date) => Value::Span(Span::day(text).unwrap()),
        (Json::String(text), Kind::Timestamp) => Value::Span(Span::instant(text).unwrap()),
        (Json::String(text), _) => Value::text(text.as_str()),
        (Json::Number(number), _) => Value::Number(number.as_f64().unwrap()),
        (Json::Bool(yes), _) => Value::Bool(*yes),
        (Json::Array(items), _) => Value::List(items.iter().map(|item| value_of(item, Kind::Text)).collect()),
        _ => Value::Null,
    }
}

impl Subject for Row {
    fn value(&self, name: &str, kind: Kind) -> Value<'_> {
        if kind == Kind::Geometry {
            return Value::Geometry(std::borrow::Cow::Borrowed(&self.geometry));
        }
        value_of(&self.values[name], kind)
    }
}

fn table() -> (Vec<Row>, Queryables) {
    let rows = reference("cql2testdata.ndjson")
        .lines()
        .map(|line| {
            let values: Json = serde_json::from_str(line).unwrap();
            let geometry: geojson::Geometry = serde_json::from_value(values["geom"].clone()).unwrap();
            Row { geometry: geometry.try_into().unwrap(), values }
        })
        .collect();
    let kinds = [
        ("intfield", Kind::Number),
        ("floatfield", Kind::Number),
        ("textfield", Kind::Text),
        ("boolfield", Kind::Boolean),
        ("datefield", Kind::Date),
        ("ts_start", Kind::Timestamp),
        ("ts_end", Kind::Timestamp),
        ("intarrayfield", Kind::List),
        ("nfield", Kind::Boolean),
        ("geom", Kind::Geometry),
    ];
    (rows, kinds.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect())
}

fn parse(text: &str, queryables: &Queryables) -> Result<Filter, FilterError> {
    Filter::parse(text, Language::Text, queryables, &|x, y| Ok((x, y)))
}

#[test]
fn the_reference_and_this_program_let_the_same_through() {
    let (rows, queryables) = table();
    let told = reference("operators_expected.txt");
    let lines: Vec<&str> = told.lines().collect();
    let mut wrong = Vec::new();
    for pair in lines.chunks(2) {
        let [question, expected] = pair else { panic!("a question without an answer") };
        let got = match parse(question, &queryables) {
            Ok(filter) => {
                let through = rows.iter().filter(|row| filter.lets_through(*row));
                through.map(|row| row.values["intfield"].to_string()).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        };
        if got != *expected {
            wrong.push(format!("{question}\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(lines.len() > 300);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len() / 2, wrong.join("\n"));
}

#[test]
fn the_expressions_of_the_abstract_test_suite_are_understood() {
    let (rows, queryables) = table();
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for line in reference("ats/expressions.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (class, expression) = line.split_once('|').unwrap();
        match parse(expression, &queryables) {
            Ok(filter) => {
                assert!(rows.iter().filter(|row| filter.lets_through(*row)).count() <= rows.len());
                *classes.entry(class.to_owned()).or_default() += 1;
            }
            Err(error) => refused.push((expression.to_owned(), error)),
        }
    }
    // The suite leaves the queryable open; where one was put in that does not fit, it is said.
    for (expression, error) in refused {
        let numbers_beside_text = expression.to_lowercase().starts_with("textfield between");
        let names_that_are_none = expression.contains(r#"("foo","bar")"#);
        assert!(numbers_beside_text || names_that_are_none, "{expression}: {error}");
    }
    assert!(classes.len() >= 9 && classes.values().sum::<usize>() > 100, "{classes:?}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_reason() {
    let (_, queryables) = table();
    for (text, reason) in [
        ("intfeld = 1", "`intfeld` is not a queryable"),
        ("intfield = 'one'", "a number"),
        ("textfield LIKE intfield", "text"),
        ("S_INTERSECTS(textfield, POINT(1 2))", "a geometry"),
        ("geom = geom", "a single value"),
        ("ts_start > 'yesterday'", "`yesterday` is not a date"),
        ("datefield = DATE('2025-02-30')", "2025-02-30"),
        ("launch(intfield) = 1", "`launch` is not an operator"),
        ("intfield", "a boolean"),
        ("intfield = ", "line 1, column 12"),
        ("intfield = 1 textfield", "line 1, column 14"),
        ("S_INTERSECTS(geom, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "geometry"),
        ("distance_m(geom, LINESTRING(0 0,1 1)) < 5", "a point"),
    ] {
        let error = parse(text, &queryables).expect_err(text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    let deep =
        |open: &str, close: &str, levels: usize| format!("{}intfield = 1{}", open.repeat(levels), close.repeat(levels));
    assert!(parse(&deep("(", ")", 20), &queryables).is_ok());
    for text in [deep("(", ")", 1_000), deep("not ", "", 1_000), format!("intfield = {}1", "-".repeat(1_000))] {
        assert!(matches!(parse(&text, &queryables), Err(FilterError::TooDeep(_))));
    }
    // What a grammar could try for ever.
    let began = std::time::Instant::now();
    let clever = format!("intfield in {}1{}", "(".repeat(30), ",1)".repeat(30));
    let _ = parse(&clever, &queryables);
    assert!(began.elapsed().as_secs() < 20, "it ends");
    let json = format!("{}{}", r#"{"op":"not","args":["#.repeat(1_000), "]}".repeat(1_000));
    assert!(Filter::parse(&json, Language::Json, &queryables, &|x, y| Ok((x, y))).is_err());
}

/// Filters on doorplates as people may write them.
fn filters() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["planned", "mounted", "damaged"]).prop_map(|status| format!("status = '{status}'")),
        prop::sample::select(vec!["4290050010010000100000000", "4290050010010000100000017", "x"])
            .prop_map(|code| format!("code = '{code}'")),
        Just("code in ('4290050010010000100000000','4290050020010000100000005','nothing')".to_owned()),
        (112.7..112.9_f64, 30.3..30.5_f64, 0.001..0.1_f64).prop_map(|(lon, lat, size)| {
            format!("S_INTERSECTS(geometry, BBOX({lon},{lat},{},{}))", lon + size, lat + size)
        }),
        (112.7..112.9_f64, 30.3..30.5_f64, 10.0..5_000.0_f64)
            .prop_map(|(lon, lat, metres)| format!("distance_m(geometry, POINT({lon} {lat})) < {metres}")),
        Just("village LIKE '429005001%'".to_owned()),
        Just("compound IS NULL".to_owned()),
        (1..40_u64).prop_map(|id| format!("id > {id}")),
        Just("synthetic".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" OR "))),
            inner.prop_map(|one| format!("NOT ({one})")),
        ]
    })
}

/// Filters on where something is, also for what is larger than a point.
fn places() -> impl Strategy<Value = String> {
    let relation =
        prop::sample::select(vec!["S_INTERSECTS", "S_WITHIN", "S_CONTAINS", "S_CROSSES", "S_OVERLAPS", "S_DISJOINT"]);
    let near = || (112.7..112.9_f64, 30.3..30.5_f64, 0.001..0.2_f64);
    let leaf = prop_oneof![
        (relation, near()).prop_map(|(relation, (lon, lat, size))| {
            format!("{relation}(geometry, BBOX({lon},{lat},{},{}))", lon + size, lat + size)
        }),
        (near(), 10.0..9_000.0_f64)
            .prop_map(|((lon, lat, _), metres)| { format!("{metres} >= distance_m(POINT({lon} {lat}), geometry)") }),
        prop::sample::select(vec!["429005001001", "429005002001"]).prop_map(|village| format!("village = '{village}'")),
    ];
    prop::collection::vec(leaf, 1..4).prop_map(|all| all.join(" AND "))
}

fn agrees(map: &Snapshot, layer: &str, text: &str) -> Result<(), TestCaseError> {
    let catalogue = small_catalogue();
    let at = catalogue.position(&layer.parse().unwrap()).unwrap();
    let filter = Arc::new(parse(text, &queryables(&catalogue.layers[at])).unwrap());
    let of_layer = map.features_after(None).filter(|(stands_in, _)| *stands_in == at);
    let expected: Vec<u64> =
        of_layer.filter(|(_, item)| filter.lets_through(item.as_ref())).map(|(_, item)| item.id.get()).collect();
    let page = map.select(at, &Query { filter: Some(filter), limit: 10_000, ..Query::default() });
    prop_assert_eq!(page.matched, expected.len() as u64, "{}: {}", layer, text);
    prop_assert_eq!(page.items.iter().map(|item| item.id.get()).collect::<Vec<_>>(), expected, "{}: {}", layer, text);
    Ok(())
}

#[test]
fn what_the_index_serves_is_what_asking_every_feature_gives() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let map = runtime.block_on(TestApp::start()).app.snapshot();
    proptest!(|(text in filters(), place in places())| {
        agrees(&map, "doorplate", &text)?;
        for layer in ["doorplate", "village", "network-link"] {
            agrees(&map, layer, &place)?;
        }
    });
}
