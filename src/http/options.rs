//! `OPTIONS`: which methods a resource has (RFC 9110, §9.3.7). What browsers ask before they cross to
//! another origin (a preflight) is answered by the layer that knows the rules about that.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::openapi;

/// What the web app's files have.
const OF_FILES: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The methods of each path, as `Allow` tells them.
#[derive(Clone)]
pub(super) struct Allowed(Arc<matchit::Router<HeaderValue>>);

impl Allowed {
    /// Those of the API's description. Two paths of one shape cannot be in it, so that every one is taken.
    pub(super) fn of_api() -> Self {
        let mut by_path: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (path, method) in openapi::methods() {
            by_path.entry(path).or_default().push(method.to_uppercase());
        }
        let mut paths = matchit::Router::new();
        for (path, mut methods) in by_path {
            if methods.iter().any(|method| method == "GET") {
                methods.push("HEAD".to_owned());
            }
            methods.push("OPTIONS".to_owned());
            let allowed = HeaderValue::from_str(&methods.join(", ")).unwrap_or(OF_FILES);
            if let Err(error) = paths.insert(path, allowed) {
                tracing::error!(%error, path, "a path of the API's description");
            }
        }
        Self(Arc::new(paths))
    }
}

/// Answers `OPTIONS` that is no preflight.
pub(super) async fn tell(State(allowed): State<Allowed>, request: Request, next: Next) -> Response {
    let is_preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() != Method::OPTIONS || is_preflight {
        return next.run(request).await;
    }
    let allow = allowed.0.at(request.uri().path()).map_or(OF_FILES, |found| found.value.clone());
    (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response()
}
