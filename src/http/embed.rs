//! The map in pages of other sites: which may frame it, and what scripts of theirs may send along.

use std::str::FromStr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::AppState;

/// A site that may show the map in a frame, as browsers name it: `https://hall.example.gov.cn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an origin, http or https with a host and without a path (https://hall.example.gov.cn), got `{got}`")]
pub struct InvalidOrigin {
    /// What stood there.
    pub got: String,
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        // Browsers write an origin in one way only; what is written otherwise would never be met.
        let url = reqwest::Url::parse(text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && !text.contains('*'));
        match url.filter(|url| url.origin().ascii_serialization() == text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(InvalidOrigin { got: text.chars().take(100).collect() }),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

/// The policy of the web app's files. Nothing but this server is ever asked: scripts, styles, tiles and images come
/// from here; framed they are by this server's own pages and by declared sites.
pub(super) fn content_policy(origins: &[Origin]) -> HeaderValue {
    const REST: &str = "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; \
                        style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors";
    let sites: String = origins.iter().map(|origin| format!(" {}", origin.0)).collect();
    // An origin is ASCII without blanks, so that it is always a header.
    HeaderValue::try_from(format!("{REST} 'self'{sites}")).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Lets scripts of declared sites send a token along: `*` covers all headers but this one.
pub(super) async fn let_tokens_in(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_declared = is_declared(&state.limits.embed_origins, request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_declared && headers.contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*, authorization"));
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

fn is_declared(origins: &[Origin], headers: &HeaderMap) -> bool {
    let from = headers.get(header::ORIGIN).and_then(|from| from.to_str().ok());
    from.is_some_and(|from| origins.iter().any(|origin| origin.0 == from))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for good in ["https://hall.example.gov.cn", "http://10.20.0.7:8080", "https://[2001:db8::1]"] {
            assert_eq!(String::from(good.parse::<Origin>().unwrap()), good);
        }
        for bad in [
            "https://hall.example.gov.cn/",
            "https://hall.example.gov.cn/page",
            "https://hall.example.gov.cn:443",
            "https://Hall.example.gov.cn",
            "https://*.example.gov.cn",
            "https://user@hall.example.gov.cn",
            "ftp://hall.example.gov.cn",
            "file:///tmp",
            "*",
            "null",
            "'self'",
            "hall.example.gov.cn",
            "https://a.example; script-src *",
            "",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn without_declared_sites_only_own_pages_frame_the_map() {
        let policy = content_policy(&[]);
        assert!(policy.to_str().unwrap().ends_with("frame-ancestors 'self'"), "{policy:?}");
        let policy = content_policy(&["https://hall.example.gov.cn".parse().unwrap()]);
        assert!(policy.to_str().unwrap().ends_with("frame-ancestors 'self' https://hall.example.gov.cn"));
    }
}
