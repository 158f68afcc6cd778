//! The web app, built into the program.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::respond::{is_known, not_modified};
use super::{AppState, Problem};

/// What `npm run build` made.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct WebApp;

/// Any path that is no route: a file of the web app.
pub(super) async fn read_asset(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ([(header::ALLOW, "GET,HEAD")], StatusCode::METHOD_NOT_ALLOWED).into_response();
    }
    let path = request.uri().path();
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = if path.is_empty() { "index.html" } else { path };
    let Some(file) = WebApp::get(path) else { return missing(path).into_response() };
    // Files whose names hold their digest never change.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let etag = etag(&file.metadata.sha256_hash());
    let media_type = HeaderValue::from_str(file.metadata.mimetype());
    let headers = [
        (header::CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        (header::CONTENT_SECURITY_POLICY, state.content_policy.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        // `/` is the map or the landing page, by Accept.
        (header::VARY, HeaderValue::from_static("Accept")),
    ];
    let tag = HeaderValue::from_str(&etag).map(|etag| [(header::ETAG, etag)]).ok();
    if is_known(request.headers(), &etag) {
        return not_modified((tag, headers));
    }
    (tag, headers, file.data).into_response()
}

fn missing(path: &str) -> Problem {
    let path: String = path.chars().take(100).collect();
    if path == "index.html" {
        let detail = (
            "程序未包含网页；请先在 web/ 中运行 npm ci 与 npm run build，再编译程序。".to_owned(),
            "The program holds no web app; run `npm ci` and `npm run build` in web/, then build it.".to_owned(),
        );
        return Problem::new(
            StatusCode::NOT_FOUND,
            "web.not_built",
            ("网页未构建", "The web app is not built"),
            detail,
        );
    }
    Problem::not_found(
        "path.not_found",
        format!("没有 /{path}；接口见 /api。"),
        format!("There is no /{path}; /api lists what there is."),
    )
}

/// The tag of a file: the start of its SHA-256, which was taken when the program was built.
fn etag(sha256: &[u8; 32]) -> String {
    let digits: String = sha256[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}
