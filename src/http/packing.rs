//! Which answers are compressed on their way. Tiles come compressed already, each once for all who ask.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Text that is worth it; what is compressed in itself, and events that are waited for, are left as they are.
const TEXT: [&str; 12] = [
    "application/json",
    "application/geo+json",
    "application/fg+json",
    "application/schema+json",
    "application/problem+json",
    "application/vnd.oai.openapi+json",
    "application/vnd.google-earth.kml+xml",
    "application/x-ndjson",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
];

/// Below this many bytes nothing is won.
const LEAST: u64 = 1024;

/// Compresses text at the fastest level: the next ones cost more time than they save on most lines.
pub(super) fn layer() -> CompressionLayer<impl Predicate> {
    let is_text = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let of = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = of(header::CONTENT_TYPE);
        let is_text = TEXT.iter().any(|text| media_type.starts_with(text)) || media_type.contains("javascript");
        // A secret beside what a caller sent must not be told by its length (BREACH).
        is_text && !of(header::CACHE_CONTROL).contains("no-store")
    };
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(LEAST).and(is_text))
}
