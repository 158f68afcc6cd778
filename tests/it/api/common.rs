//! Landing page, conformance, collections, schema.

use std::collections::BTreeSet;

use crate::support::{PLATES, TestApp, small_catalogue};
use serde_json::Value;

fn rels(body: &Value) -> BTreeSet<String> {
    body["links"].as_array().unwrap().iter().map(|link| link["rel"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_landing_page_leads_to_everything_and_its_links_answer() {
    let server = TestApp::start().await;
    let landing = server.json("/").await;
    let found = rels(&landing);
    for rel in ["self", "service-desc", "service-doc", "conformance", "data"] {
        assert!(found.contains(rel), "{rel} of {found:?}");
    }
    for link in landing["links"].as_array().unwrap() {
        let path = link["href"].as_str().unwrap().strip_prefix(&server.base).unwrap();
        let answer = server.ask("GET", path, &[("accept", link["type"].as_str().unwrap())]).await;
        // A program built without the web app says so in place of the map.
        let no_web_app = link["type"] == "text/html" && path == "/" && answer.status == 404;
        assert!(answer.status == 200 || no_web_app, "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn browsers_get_the_map_at_the_root_or_are_told_that_it_was_not_built() {
    let server = TestApp::start().await;
    for path in ["/", "/?f=html", "/?lang=en&z=12&layers=doorplate&f=html"] {
        let answer = server.ask("GET", path, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]).await;
        assert!(answer.header("vary").to_ascii_lowercase().contains("accept") || answer.status == 404, "{path}");
        if answer.status == 200 {
            assert!(answer.header("content-type").starts_with("text/html"));
            assert!(answer.header("content-security-policy").contains("default-src 'self'"));
        } else {
            assert!(answer.problem(404, "web.not_built")["detail"].as_str().unwrap().contains("npm run build"));
        }
    }
}

#[tokio::test]
async fn what_is_declared_is_on_the_page_that_names_the_proof() {
    let server = TestApp::start().await;
    let told = server.json("/conformance").await["conformsTo"].clone();
    let declared: Vec<&str> = told.as_array().unwrap().iter().map(|class| class.as_str().unwrap()).collect();
    let page = include_str!("../../../docs/CONFORMANCE.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let mut listed = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        listed.push(format!("http://www.opengis.net/spec/{}", cells[1].trim_matches('`')));
        for module in cells[3].split('`').skip(1).step_by(2) {
            let path = format!("{}/tests/it/{}.rs", env!("CARGO_MANIFEST_DIR"), module.replace("::", "/"));
            assert!(std::path::Path::new(&path).exists(), "{row}: {path}");
        }
    }
    assert_eq!(declared, listed);
}

#[tokio::test]
async fn collections_are_the_enabled_layers_with_extent_and_links() {
    let server = TestApp::start().await;
    let body = server.json("/collections").await;
    let layers = body["collections"].as_array().unwrap().iter().filter(|one| one["itemType"] == "feature");
    let listed: BTreeSet<String> = layers.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let enabled: BTreeSet<String> = small_catalogue().layers.iter().map(|layer| layer.id.to_string()).collect();
    assert_eq!(listed, enabled);
    for disabled in &small_catalogue().disabled {
        assert!(!listed.contains(disabled.id.as_str()));
        server.get(&format!("/collections/{}", disabled.id)).await.problem(404, "layer.not_found");
    }
    let plates = server.json("/collections/doorplate").await;
    let bbox: Vec<f64> = serde_json::from_value(plates["extent"]["spatial"]["bbox"][0].clone()).unwrap();
    assert!((bbox[0] - 112.71).abs() < 1e-6 && (bbox[1] - 30.31).abs() < 1e-6, "{bbox:?}");
    assert!(plates["crs"][0].as_str().unwrap().ends_with("CRS84"));
    let found = rels(&plates);
    for rel in ["self", "alternate", "items", "describedby"] {
        assert!(found.contains(rel), "{rel}");
    }
}

#[tokio::test]
async fn a_layer_describes_its_properties_as_json_schema() {
    let server = TestApp::start().await;
    let answer = server.get("/collections/doorplate/schema").await;
    assert_eq!(answer.header("content-type"), "application/schema+json");
    let schema = answer.json();
    assert_eq!(schema["properties"]["status"]["enum"][2], "mounted");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let page = server.json("/collections/doorplate/items?limit=200").await;
    let features = page["features"].as_array().unwrap();
    assert_eq!(features.len(), PLATES);
    let plates: Vec<&Value> = features.iter().map(|feature| &feature["properties"]).collect();
    assert!(plates.iter().all(|plate| validator.is_valid(plate)), "what is served obeys the schema that is served");
}

#[tokio::test]
async fn titles_follow_the_language_of_the_request() {
    let server = TestApp::start().await;
    let title = async |path: &str, language: &str| {
        let answer = server.ask("GET", path, &[("accept-language", language)]).await;
        answer.json()["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(title("/collections/village", "en-GB,en;q=0.9").await, "Villages");
    assert_eq!(title("/collections/village", "zh-CN").await, "村（社区）");
    assert_eq!(title("/collections/village", "fr").await, "村（社区）");
    assert_eq!(title("/collections/village?lang=en", "zh-CN").await, "Villages");
}

#[tokio::test]
async fn people_get_pages_that_link_onward() {
    let server = TestApp::start().await;
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("accept-language", "zh")];
    let mut path = "/collections".to_owned();
    for next in ["/collections/doorplate", "/collections/doorplate/items", "/collections/doorplate/items/"] {
        let page = server.ask("GET", &path, &browser).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(page.text().contains("<html lang=\"zh-CN\">"));
        let start = page.text().find(&format!("href=\"{next}")).unwrap_or_else(|| panic!("{path} links to {next}")) + 6;
        path = page.text()[start..].split('"').next().unwrap().to_owned();
    }
    let plate = server.ask("GET", &path, &browser).await.text();
    assert!(plate.contains("湖北省潜江市示例路") && plate.contains("牌型") && plate.contains("小门牌"), "{plate}");
    let in_english = server.ask("GET", &format!("{path}?f=html&lang=en"), &[]).await.text();
    assert!(in_english.contains("<html lang=\"en\">") && in_english.contains("Synthetic"), "{in_english}");
}

#[tokio::test]
async fn what_features_say_cannot_become_markup() {
    use platbook::domain::{Draft, Edit, Geometry, LonLat};
    let server = TestApp::start().await;
    let name = "<script>alert('x')</script>\"&";
    let serde_json::Value::Object(properties) = serde_json::json!({ "code": "W-2", "name": name, "kind": "lake" })
    else {
        unreachable!()
    };
    let draft = Draft {
        layer: "place".parse().unwrap(),
        geometry: Geometry::point(LonLat::new(112.8, 30.4).unwrap()),
        properties,
        village: None,
    };
    server.write(vec![Edit::Create(draft)], Vec::new()).await;
    for path in ["/collections/place/items?f=html", "/collections/place/items/W-2?f=html"] {
        let answer = server.get(path).await;
        if answer.status == 404 {
            continue;
        }
        assert!(!answer.text().contains("<script"), "{path}");
        assert!(answer.text().contains("&lt;script&gt;alert(&#39;x&#39;)"), "{path}: {}", answer.text());
    }
    assert_eq!(server.json("/collections/place/items").await["features"][0]["properties"]["name"], name);
}

#[tokio::test]
async fn internal_layers_stay_behind_every_door_for_those_who_do_not_sign_in() {
    let server = TestApp::guarded().await;
    for door in [
        "/collections/network-node",
        "/collections/network-node/items",
        "/collections/network-node/items/1",
        "/collections/network-node/schema",
        "/tiles/network-node",
        "/tiles/doorplate,network-node/14/13330/6740",
    ] {
        let problem = server.get(door).await.problem(404, "layer.not_found");
        assert!(!problem["known"].to_string().contains("network"), "{problem}");
    }
    for door in ["/collections", "/catalogue", "/styles/light", "/metrics", "/search?q=N-CORE", "/"] {
        let answer = server.get(door).await;
        assert_eq!(answer.status, 200, "{door}");
        let told = answer.text().replace("\"query\":\"N-CORE\"", "");
        assert!(!told.contains("network-node") && !told.contains("N-CORE"), "{door}: {told}");
    }
    let open = TestApp::start().await;
    assert_eq!(open.json("/collections/network-node/items").await["numberMatched"], 2);
}
