//! Answers: their media types, links and the revision they were made from.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::domain::Revision;

/// The header that names the revision an answer was made from.
pub(super) const REVISION: HeaderName = HeaderName::from_static("platbook-revision");

/// A body with its media type, made from a revision.
pub(super) struct Answer {
    pub(super) revision: Revision,
    pub(super) media_type: &'static str,
    pub(super) body: Body,
}

impl Answer {
    /// JSON.
    pub(super) fn json(revision: Revision, value: &Value) -> Self {
        Self { revision, media_type: "application/json", body: value.to_string().into() }
    }

    /// GeoJSON that is already written.
    pub(super) fn geojson(revision: Revision, bytes: Vec<u8>) -> Self {
        Self { revision, media_type: "application/geo+json", body: bytes.into() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
            (header::VARY, HeaderValue::from_static("Accept, Accept-Language")),
            (REVISION, self.revision.0.into()),
        ];
        let mut response = (headers, self.body).into_response();
        if self.media_type.starts_with("text/html") {
            let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// One link of OGC API.
pub(super) fn link(href: String, rel: &str, media_type: &str, title: &str) -> Value {
    json!({ "href": href, "rel": rel, "type": media_type, "title": title })
}

/// Links as a header (RFC 8288), for clients that do not read the body.
pub(super) fn link_header(links: &[Value]) -> HeaderValue {
    let one = |link: &Value| {
        let text = |key: &str| link[key].as_str().unwrap_or_default();
        let media_type = link["type"].as_str().map(|name| format!("; type=\"{name}\"")).unwrap_or_default();
        format!("<{}>; rel=\"{}\"{media_type}", text("href"), text("rel"))
    };
    let all: Vec<String> = links.iter().map(one).collect();
    // Addresses are percent-encoded, so nothing stands here that a header cannot hold.
    HeaderValue::try_from(all.join(", ")).unwrap_or(HeaderValue::from_static(""))
}

/// Where the client reached the server: `X-Forwarded-Proto` and `-Host` by a proxy, else `Host`.
pub(super) fn base_url(headers: &HeaderMap) -> String {
    let text = |name: &str| {
        headers.get_all(name).iter().next_back().and_then(|value| value.to_str().ok()).filter(|text| is_plain(text))
    };
    let host = text("x-forwarded-host").or_else(|| text("host")).unwrap_or("localhost");
    let scheme = text("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or("http");
    format!("{scheme}://{host}")
}

/// Host names, ports and addresses only: what stands here is written into answers.
fn is_plain(text: &str) -> bool {
    text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

/// Whether caches between may keep an answer for everybody, or only the client that asked. Either way
/// they ask whether it still holds.
pub(super) fn mark_sharing(headers: &mut HeaderMap, is_public: bool) {
    if is_public {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    } else {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.append(header::VARY, HeaderValue::from_static("Cookie, Authorization"));
    }
}

/// Whether one of the tags in `If-None-Match` is this one.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// "You have it already."
pub(super) fn not_modified(headers: impl IntoResponse) -> Response {
    let mut response = headers.into_response();
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// A table that is written, as text.
pub(super) fn table_text(table: csv::Writer<Vec<u8>>) -> Result<String, csv::Error> {
    let written = table.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}
