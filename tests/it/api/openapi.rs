//! The description of the API is valid, whole and true.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::TestApp;

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "options"];

/// The routes as they stand in the router, each with its methods.
fn routes() -> BTreeSet<(String, String)> {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/mod.rs")).unwrap();
    let mut found = BTreeSet::new();
    for rest in source.split(".route(").skip(1) {
        let route = rest.split("\n        .").next().unwrap();
        let path = route.split('"').nth(1).unwrap();
        for method in METHODS.iter().filter(|method| route.contains(&format!("{method}("))) {
            found.insert((path.to_owned(), (*method).to_owned()));
        }
    }
    found
}

/// Every operation: path, method, description.
fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(m, o)| (path, m, o))).collect()
}

#[tokio::test]
async fn the_document_obeys_the_schema_of_openapi_30() {
    let server = TestApp::start().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/openapi/oas-3.0-2019-04-02.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for lang in ["zh", "en"] {
        let answer = server.get(&format!("/api?lang={lang}")).await;
        assert_eq!(answer.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
        let document = answer.json();
        assert_eq!(document["openapi"], "3.0.3");
        let faults: Vec<String> =
            validator.iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
    let mut broken = server.json("/api").await;
    broken["paths"]["/at"]["get"]["parameters"][0]["in"] = "somewhere".into();
    assert!(!validator.is_valid(&broken), "the schema does judge");
}

#[tokio::test]
async fn every_route_is_described_and_every_description_has_a_route() {
    let server = TestApp::start().await;
    let document = server.json("/api").await;
    let described: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(path, method, _)| (path.clone(), method.clone())).collect();
    assert!(routes().len() >= 20);
    assert_eq!(described, routes());
    let ids: BTreeSet<&str> =
        operations(&document).iter().map(|(_, _, one)| one["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), described.len(), "operation ids are distinct");
}

#[tokio::test]
async fn references_lead_somewhere_and_path_parameters_are_declared() {
    let server = TestApp::start().await;
    let document = server.json("/api").await;
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for (path, _, get) in operations(&document) {
        let in_path: BTreeSet<&str> = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        let parameters = get["parameters"].as_array().unwrap();
        let declared: BTreeSet<&str> =
            parameters.iter().filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(declared, in_path, "{path}");
    }
}

#[tokio::test]
async fn the_examples_of_the_document_are_answered_as_it_says() {
    let server = TestApp::start().await;
    let document = server.json("/api").await;
    for (path, _, get) in operations(&document).into_iter().filter(|(_, method, _)| *method == "get") {
        let mut address = path.clone();
        let mut query = Vec::new();
        for parameter in get["parameters"].as_array().unwrap() {
            let Some(example) = parameter.get("example") else { continue };
            let name = parameter["name"].as_str().unwrap();
            let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match (parameter["in"].as_str().unwrap(), example) {
                ("path", _) => address = address.replace(&format!("{{{name}}}"), &written(example)),
                (_, Value::Object(pairs)) => {
                    query.extend(pairs.iter().map(|(name, value)| format!("{name}={}", written(value))));
                }
                (_, Value::Array(list)) => {
                    query.push(format!("{name}={}", list.iter().map(written).collect::<Vec<_>>().join(",")));
                }
                _ => query.push(format!("{name}={}", written(example))),
            }
        }
        if address == "/collections/doorplate/items/1" {
            address = "/collections/doorplate/items/4290050010010000100000000".to_owned();
        }
        let answer = server.get(&format!("{address}?{}", query.join("&"))).await;
        let described =
            get["responses"].get(answer.status.to_string()).unwrap_or_else(|| panic!("{address}: {}", answer.status));
        // Nobody signed in here, and no single sign-on is set up.
        let ways = get["security"].as_array().unwrap();
        let is_closed = !ways.is_empty() && ways.iter().all(|way| !way.as_object().unwrap().is_empty());
        if is_closed || path.starts_with("/session/oidc") {
            assert_eq!(answer.status, if is_closed { 401 } else { 404 }, "{address}: {}", answer.text());
            continue;
        }
        // Nobody has saved a view here, a short link leads to the map all the same, and nothing prints.
        let special = [("/views/{id}", 404), ("/v/{id}", 303), ("/print", 501)];
        if let Some((_, status)) = special.iter().find(|(special, _)| special == path) {
            assert_eq!(answer.status, *status, "{address}: {}", answer.text());
            continue;
        }
        assert!((200..300).contains(&answer.status), "{address}: {}", answer.text());
        if answer.status == 200 {
            let media_type = answer.header("content-type");
            let media_types: Vec<&String> = described["content"].as_object().unwrap().keys().collect();
            assert!(
                media_types.iter().any(|known| media_type.starts_with(known.as_str())),
                "{address}: {media_type} of {media_types:?}"
            );
        }
        let is_true = answer.status != 200 || shape_holds(&document, &described["content"], &answer);
        assert!(is_true, "{address}: {}", answer.text());
    }
}

/// Whether a JSON answer has the shape the document gives it. Draft 4 is what OpenAPI 3.0 builds on;
/// `nullable` is its own word and stands only where a null is seldom.
fn shape_holds(document: &Value, content: &Value, answer: &crate::support::Answer) -> bool {
    let Some(schema) = content
        .as_object()
        .unwrap()
        .iter()
        .find(|(media_type, _)| answer.header("content-type").starts_with(media_type.as_str()))
    else {
        return false;
    };
    if !schema.0.contains("json") {
        return true;
    }
    let mut schema = schema.1["schema"].clone();
    schema["components"] = document["components"].clone();
    // A schema that is a reference ignores its siblings; wrapped in allOf they stay findable.
    let reference = schema.as_object_mut().unwrap().remove("$ref");
    if let Some(reference) = reference {
        schema["allOf"] = serde_json::json!([{ "$ref": reference }]);
    }
    allow_nulls(&mut schema);
    let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&schema).unwrap();
    validator.is_valid(&answer.json())
}

/// Says `nullable` (OpenAPI 3.0) as JSON Schema does.
fn allow_nulls(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("nullable") == Some(&Value::Bool(true))
                && let Some(kind) = members.get_mut("type")
            {
                *kind = serde_json::json!([kind.take(), "null"]);
            }
            members.values_mut().for_each(allow_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(allow_nulls),
        _ => {}
    }
}

#[tokio::test]
async fn the_docs_page_asks_no_other_host() {
    let server = TestApp::start().await;
    let page = server.get("/api.html").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert!(!page.text().contains("http://") && !page.text().contains("https://"));
    assert!(page.text().contains("/docs/swagger-ui-bundle.js"));
}
