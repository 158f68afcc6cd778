//! Health, metrics, request ids, headers, too much work.

use std::sync::Arc;
use std::time::Duration;

use platbook::http::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PLATES, Program, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn text_is_compressed_for_whoever_takes_it() {
    let server = TestApp::start().await;
    let path = "/collections/doorplate/items?limit=100";
    let plain = server.ask("GET", path, &[("accept-encoding", "identity")]).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    for encoding in ["gzip", "br", "zstd"] {
        let packed = server.ask("GET", path, &[("accept-encoding", encoding)]).await;
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(packed.body.len() * 4 < plain.body.len(), "{encoding}: {} of {}", packed.body.len(), plain.body.len());
    }
    let export = "/collections/doorplate/export?f=ndjson";
    let sent = server.ask("GET", export, &[("accept-encoding", "gzip")]).await;
    assert_eq!(sent.header("content-encoding"), "gzip");
    // The last four bytes of gzip are the length of what was packed (RFC 1952).
    let whole = server.ask("GET", export, &[("accept-encoding", "identity")]).await.body.len() as u32;
    assert!(sent.body.ends_with(&whole.to_le_bytes()), "a file comes to its end");
    let page = server.ask("GET", "/developers.html", &[("accept-encoding", "gzip")]).await;
    assert_eq!(page.header("content-encoding"), "gzip");
    let archive = server.ask("GET", "/tiles/village/archive?zooms=8-9", &[("accept-encoding", "gzip")]).await;
    assert!(!archive.headers.contains_key("content-encoding"), "what is compressed in itself is sent as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_that_is_liked_best_is_spoken() {
    let server = TestApp::start().await;
    for (liked, title) in [
        ("en;q=0.2, zh;q=0.9", "门楼牌"),
        ("zh;q=0, en", "Doorplates"),
        ("fr, en;q=0.5", "Doorplates"),
        ("fr", "门楼牌"),
    ] {
        let layer = server.ask("GET", "/collections/doorplate?f=json", &[("accept-language", liked)]).await.json();
        assert_eq!(layer["title"], title, "{liked}");
    }
}

#[tokio::test]
async fn health_and_readiness_answer() {
    let server = TestApp::start().await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
}

#[tokio::test]
async fn metrics_count_what_was_asked() {
    let server = TestApp::start().await;
    for _ in 0..3 {
        server.get("/collections/doorplate/items").await;
    }
    server.get("/collections/nothing/items").await;
    server.get("/no/such/path").await;
    let answer = server.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = answer.text();
    for line in [
        "platbook_http_requests_total{route=\"/collections/{layer}/items\",status=\"200\"} 3",
        "platbook_http_requests_total{route=\"/collections/{layer}/items\",status=\"404\"} 1",
        "platbook_http_requests_total{route=\"other\",status=\"404\"} 1",
        "platbook_http_seconds_count{route=\"/collections/{layer}/items\"} 4",
        &format!("platbook_features{{layer=\"doorplate\"}} {PLATES}"),
        "platbook_revision 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} of\n{text}");
    }
    assert!(!text.contains("no/such/path"), "paths that clients make up are no labels");
}

#[tokio::test]
async fn every_answer_has_a_request_id_a_revision_and_no_sniffing() {
    let server = TestApp::start().await;
    for path in [
        "/",
        "/healthz",
        "/metrics",
        "/nothing",
        "/collections/doorplate/items",
        "/api.html",
        "/?f=x",
        "/tiles/doorplate/3/8/0",
    ] {
        let answer = server.get(path).await;
        assert!(answer.header("x-request-id").len() >= 8, "{path}");
        assert_eq!(answer.header("platbook-revision"), "2", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    let own = server.ask("GET", "/nothing", &[("x-request-id", "my-request-0001")]).await;
    assert_eq!(own.problem(404, "path.not_found")["request_id"], "my-request-0001");
    for odd in ["short", "has space in it", "<script>alert(1)</script>", &"x".repeat(65)] {
        let answer = server.ask("GET", "/healthz", &[("x-request-id", odd)]).await;
        assert_ne!(answer.header("x-request-id"), odd);
    }
}

#[tokio::test]
async fn any_page_may_read_and_none_may_write() {
    let server = TestApp::start().await;
    let answer = server.ask("GET", "/collections", &[("origin", "https://map.example")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let preflight = [
        ("origin", "https://map.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "if-none-match"),
    ];
    let answer = server.ask("OPTIONS", "/collections/doorplate/items/1", &preflight).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.header("access-control-allow-methods").contains("POST"));
    assert!(!answer.header("access-control-allow-headers").is_empty());
}

#[tokio::test]
async fn addresses_in_answers_are_those_the_client_used() {
    let server = TestApp::start().await;
    let behind_proxy = [("x-forwarded-proto", "https"), ("x-forwarded-host", "map.example:8443")];
    let landing = server.ask("GET", "/", &behind_proxy).await.text();
    assert!(landing.contains("https://map.example:8443/collections"), "{landing}");
    let forged = [("x-forwarded-proto", "javascript"), ("x-forwarded-host", "x/\"><script>")];
    let landing = server.ask("GET", "/", &forged).await.text();
    assert!(landing.contains(&format!("{}/collections", server.base)) && !landing.contains("script>"), "{landing}");
}

#[tokio::test]
async fn too_much_work_is_turned_away_and_comes_back() {
    let server = Arc::new(TestApp::with(Limits { concurrent: 1, waiting: 0, ..Limits::default() }).await);
    let mut busy = 0;
    let mut served = 0;
    for _ in 0..50 {
        let many = (0..24).map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.get("/collections/doorplate/items?limit=200&synthetic=true").await })
        });
        for answer in futures_util::future::join_all(many).await {
            let answer = answer.unwrap();
            if answer.status == 200 {
                served += 1;
            } else {
                answer.problem(503, "server.busy");
                assert_eq!(answer.header("retry-after"), "1");
                busy += 1;
            }
        }
        if busy > 0 && served > 0 {
            break;
        }
    }
    assert!(busy > 0 && served > 0, "{busy} turned away, {served} served");
    assert_eq!(server.get("/collections/doorplate/items").await.status, 200, "afterwards all is well");
}

#[tokio::test]
async fn a_resource_tells_the_methods_that_it_answers() {
    let server = TestApp::start().await;
    let paths = [
        "/",
        "/collections",
        "/collections/doorplate/items",
        "/collections/doorplate/items/1",
        "/changesets",
        "/changesets/1/undo",
        "/tiles/village/8/208/105",
        "/session",
        "/users/somebody",
        "/icon.svg",
    ];
    for path in paths {
        let told = server.ask("OPTIONS", path, &[]).await;
        assert_eq!(told.status, 204, "{path}");
        let allowed: Vec<&str> = told.header("allow").split(", ").collect();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            let answer = server.ask(method, path, &[]).await;
            assert_eq!(answer.status == 405, !allowed.contains(&method), "{method} {path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn who_connects_and_does_not_ask_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("platbook.toml");
    std::fs::write(&settings, "[http]\nhead_timeout_s = 1\n").unwrap();
    let database = folder.path().join("city.sqlite");
    let flags = ["--config", settings.to_str().unwrap()];
    let server = Program::serve_with(database.to_str().unwrap(), &flags);
    for said in ["", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut connection = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
        connection.write_all(said.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut heard)).await;
        ended.expect("the server ends it").ok();
        assert!(!heard.starts_with(b"HTTP/1.1 200"), "{said}");
    }
    assert_eq!(server.get("/healthz").await.0, 200);
    assert!(server.stop().0, "it ends well");
}

#[tokio::test]
async fn a_packed_body_is_refused_as_such() {
    let server = TestApp::start().await;
    let headers = [("content-encoding", "gzip"), ("content-type", "application/x-ndjson"), ("accept-language", "en")];
    let answer = server.send("POST", "/changesets", &headers, Some(&serde_json::json!({}))).await;
    answer.problem(415, "body.encoding");
}
