//! What bad input gets: a clear problem, in the client's language, that says how to mend it.

use platbook::http::Limits;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::TestApp;

#[tokio::test]
async fn every_wrong_parameter_is_named_and_explained() {
    let server = TestApp::start().await;
    let items = "/collections/doorplate/items";
    for (path, parameter, advice) in [
        (format!("{items}?bbox=1,2,3,4,5"), "bbox", "5 numbers"),
        (format!("{items}?bbox=1,2,3"), "bbox", "3 numbers"),
        (format!("{items}?bbox=112,30,0,113,31,9"), "bbox", "leave the two heights out"),
        (format!("{items}?bbox=NaN,30,113,31"), "bbox", "finite"),
        (format!("{items}?bbox=112,30,inf,31"), "bbox", "finite"),
        (format!("{items}?bbox=30.1,112.5,30.6,113.0"), "bbox", "axes swapped"),
        (format!("{items}?bbox=113,30,112,31"), "bbox", "west 113 is greater than east 112"),
        (format!("{items}?bbox=112,31,113,30"), "bbox", "south 31 is greater than north 30"),
        (format!("{items}?bbox=a,b,c,d"), "bbox", "`a`, which is no number"),
        (format!("{items}?bbox="), "bbox", "four numbers"),
        (format!("{items}?limit=0"), "limit", "at least 1"),
        (format!("{items}?limit=-1"), "limit", "whole number from 1"),
        (format!("{items}?limit=1e9"), "limit", "whole number from 1"),
        (format!("{items}?limit=ten"), "limit", "not `ten`"),
        (format!("{items}?limit=1&limit=2"), "limit", "more than once"),
        (format!("{items}?cursor=junk"), "cursor", "`next` or `prev` link"),
        (format!("{items}?cursor=0"), "cursor", "`next` or `prev` link"),
        (format!("{items}?cursor=-5"), "cursor", "`next` or `prev` link"),
        (format!("{items}?division=4290"), "division", "6, 9 or 12 digits"),
        (format!("{items}?datetime=yesterday"), "datetime", "RFC 3339"),
        (format!("{items}?datetime=2024-01-01/2025-01-01/2026-01-01"), "datetime", "RFC 3339"),
        (format!("{items}?f=shapefile"), "f", "json, geojson or html"),
        (format!("{items}?limt=5"), "limt", "did you mean `limit`"),
        (format!("{items}?stauts=mounted"), "stauts", "did you mean `status`"),
        (format!("{items}?status=hung"), "status", "one of: planned, made, mounted"),
        (format!("{items}?number=five"), "number", "a whole number"),
        (format!("{items}?synthetic=maybe"), "synthetic", "true or false"),
        (format!("{items}?mounted_on=June"), "mounted_on", "a day such as"),
        (format!("{items}/1?bbox=1,2,3,4"), "bbox", "unknown"),
        ("/collections?limit=3".to_owned(), "limit", "unknown"),
        ("/catalogue?f=html".to_owned(), "f", "f=json"),
        ("/at?lon=112.9".to_owned(), "lat", "missing"),
        ("/at?lon=30.4&lat=112.9".to_owned(), "lon,lat", "axes swapped"),
        ("/at?lon=NaN&lat=30".to_owned(), "lon,lat", "finite"),
        ("/at?lon=east&lat=30".to_owned(), "lon", "longitude in degrees"),
        ("/search".to_owned(), "q", "1 to 100"),
        ("/search?q=%20".to_owned(), "q", "1 to 100"),
        (format!("/search?q={}", "x".repeat(101)), "q", "1 to 100"),
        ("/search?q=x&limit=0".to_owned(), "limit", "at least 1"),
        ("/divisions?date=2019".to_owned(), "date", "2019-12-31"),
        ("/divisions?parent=x".to_owned(), "parent", "6 or 9 digits"),
        ("/tiles/doorplate/a/0/0".to_owned(), "tile", "whole numbers"),
    ] {
        let problem = server.get(&path).await.problem(400, "parameter.invalid");
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(advice), "{path}: {detail}");

        let in_chinese = server.ask("GET", &path, &[("accept-language", "zh-CN,en;q=0.5")]).await;
        let problem = in_chinese.problem(400, "parameter.invalid");
        assert_eq!(problem["title"], "参数有误", "{path}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)), "{path}: {detail}");
        assert!(!detail.contains("expected"), "no English in Chinese: {detail}");
    }
}

#[tokio::test]
async fn a_limit_over_the_most_is_the_most() {
    let server = TestApp::with(Limits { page_most: 20, ..Limits::default() }).await;
    for limit in ["21", "1000000000", "99999999999999999"] {
        let page = server.json(&format!("/collections/doorplate/items?limit={limit}")).await;
        assert_eq!(page["numberReturned"], 20, "{limit}");
    }
    let operation = server.json("/api").await["paths"]["/collections/{layer}/items"]["get"].clone();
    let limit = operation["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "limit").unwrap();
    assert_eq!(limit["schema"]["maximum"], 20);
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_is() {
    let server = TestApp::start().await;
    let layer = server.get("/collections/doorplates/items").await.problem(404, "layer.not_found");
    assert!(layer["known"].as_array().unwrap().contains(&"doorplate".into()));
    for path in ["/collections/DoorPlate", "/collections/-", "/tiles/doorplate,nothing/3/0/0", "/tiles/,/3/0/0"] {
        server.get(path).await.problem(404, "layer.not_found");
    }
    for id in ["999999999", "0", "-1", "9007199254740992", "18446744073709551616", "x", "%00", "%F0%9F%97%BA"] {
        server.get(&format!("/collections/doorplate/items/{id}")).await.problem(404, "feature.not_found");
    }
    server.get("/styles/sepia").await.problem(404, "style.not_found");
    server.get("/divisions?date=1999-01-01").await.problem(404, "division.no_list");
    for path in ["/tiles/doorplate/3/8/0", "/tiles/doorplate/23/0/0", "/tiles/doorplate/0/0/1"] {
        server.get(path).await.problem(404, "tile.outside_matrix");
    }
    for path in
        ["/nothing", "/collections/doorplate/items/1/more", "/../etc/passwd", "/assets/../../Cargo.toml", "//", "/.env"]
    {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    server.get("/nothing").await.problem(404, "path.not_found");
    // A proper client takes the dots out of a path before it sends it.
    for path in ["/../etc/passwd", "/assets/../../Cargo.toml", "/collections/../../x", "/%2e%2e/%2e%2e/etc/passwd"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let status = server.raw(request.as_bytes()).await;
        assert!(status.contains(" 404 "), "{path}: {status}");
    }
}

#[tokio::test]
async fn what_cannot_be_decoded_is_refused() {
    let server = TestApp::start().await;
    server.get("/collections/%FF%FE/items").await.problem(400, "path.invalid");
    server.get("/collections/doorplate/items/%C3%28").await.problem(400, "path.invalid");
    for request in ["GET / HTTP/9.9\r\n\r\n", "GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n", "BREW\r\n\r\n"] {
        let status = server.raw(request.as_bytes()).await;
        assert!(status.contains(" 400 ") || status.contains(" 505 "), "{request:?}: {status}");
    }
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn queries_have_an_end() {
    let server = TestApp::with(Limits { query_bytes: 200, ..Limits::default() }).await;
    let long = format!("/collections/doorplate/items?street={}", "x".repeat(300));
    let problem = server.get(&long).await.problem(414, "query.too_long");
    assert!(problem["detail"].as_str().unwrap().contains("at most 200"), "{problem}");
    assert_eq!(server.get("/collections/doorplate/items?street=x").await.status, 200);
}

#[tokio::test]
async fn other_methods_are_refused_with_those_allowed() {
    let server = TestApp::start().await;
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for path in ["/collections", "/collections/doorplate", "/healthz", "/", "/index.html", "/nothing"] {
            let answer = server.ask(method, path, &[]).await;
            answer.problem(405, "method.not_allowed");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_accept_gets_what_there_is() {
    let server = TestApp::start().await;
    for accept in ["application/x-nothing", "*/*", "image/png, */*;q=0.1", ";;;", "text/html;q=0"] {
        let answer = server.ask("GET", "/collections/doorplate/items?f=json", &[("accept", accept)]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/geo+json"), "{accept}");
    }
    let answer = server.ask("GET", "/collections", &[("accept", "application/x-nothing")]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
}

#[tokio::test]
async fn the_language_of_a_problem_can_be_named_in_the_query() {
    let server = TestApp::start().await;
    let answer = server.ask("GET", "/collections/x?lang=en", &[("accept-language", "zh")]).await;
    assert_eq!(answer.problem(404, "layer.not_found")["title"], "Not found");
    let answer = server.ask("GET", "/collections/x", &[]).await;
    assert_eq!(answer.problem(404, "layer.not_found")["title"], "未找到");
}

#[tokio::test]
async fn junk_never_makes_the_server_fail() {
    let server = TestApp::start().await;
    let segment = prop_oneof![
        Just("collections".to_owned()),
        Just("doorplate".to_owned()),
        Just("items".to_owned()),
        Just("tiles".to_owned()),
        Just("village,doorplate".to_owned()),
        Just("search".to_owned()),
        Just("at".to_owned()),
        Just("divisions".to_owned()),
        "[0-9]{1,25}",
        "[-+.a-zA-Z0-9,%~!$&'()*;:@]{0,12}",
        "(%[0-9A-F]{2}){1,6}",
    ];
    let name = prop_oneof![
        Just("bbox"),
        Just("limit"),
        Just("cursor"),
        Just("division"),
        Just("f"),
        Just("lang"),
        Just("status"),
        Just("q"),
        Just("lon"),
        Just("lat"),
        Just("date"),
        Just("parent"),
        Just("datetime"),
        Just(""),
        Just("%00"),
    ];
    let value =
        prop_oneof!["[-0-9.,eE+]{0,24}", "(%[0-9A-F]{2}){0,9}", "[a-zA-Z0-9%/?;:@ ]{0,20}", "-?(NaN|inf|1e308|0x1)"];
    let pairs = prop::collection::vec((name, value).prop_map(|(name, value)| format!("{name}={value}")), 0..4);
    let request = (
        prop::collection::vec(segment, 0..6),
        pairs,
        prop_oneof![Just("GET"), Just("HEAD"), Just("POST"), Just("OPTIONS")],
    );
    let mut runner = TestRunner::deterministic();
    for _ in 0..1500 {
        let (segments, pairs, method) = request.new_tree(&mut runner).unwrap().current();
        let path = format!("/{}?{}", segments.join("/"), pairs.join("&"));
        let answer = server.ask(method, &path, &[("accept-language", "en")]).await;
        assert!(answer.status < 500, "{method} {path}: {} {}", answer.status, answer.text());
        if answer.status >= 400 && method != "HEAD" {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}: {}", answer.status);
            assert!(!answer.json()["code"].as_str().unwrap().is_empty());
        }
    }
    assert_eq!(server.get("/healthz").await.status, 200);
}
