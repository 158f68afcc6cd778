//! What keeps the service observable: request ids, the access log, health and metrics.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use uuid::Uuid;

use super::caller::Caller;
use super::problem::REQUEST_ID;
use super::respond::REVISION;
use super::{AppState, Problem};

/// Requests by route and status.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What is counted while serving.
pub(super) struct Metrics {
    requests: Family<Served, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        /// Upper edges in seconds: from a cached tile to a very long query.
        fn buckets() -> Histogram {
            Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0])
        }
        Self { requests: Family::default(), seconds: Family::new_with_constructor(buckets) }
    }
}

/// Gives every request an id (or keeps the client's, if it is a plain word) and answers with it.
pub(super) async fn identify(mut request: Request, next: Next) -> Response {
    let own = request.headers().get(REQUEST_ID).filter(|id| is_plain(id)).cloned();
    let id = own.or_else(|| Uuid::now_v7().to_string().parse().ok()).unwrap_or(HeaderValue::from_static("-"));
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (8..=64).contains(&bytes.len()) && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
}

/// Counts, times and logs a request.
pub(super) async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let id = request.headers().get(REQUEST_ID).cloned();
    let method = request.method().clone();
    let started = Instant::now();
    let mut response = next.run(request).await;
    let took = started.elapsed();
    // Every answer names the revision; those made from the map have named theirs already.
    response.headers_mut().entry(REVISION).or_insert_with(|| state.app.revision().0.into());
    let status = response.status().as_u16();
    state.metrics.seconds.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
    if tracing::enabled!(tracing::Level::DEBUG) || status >= 500 {
        let request_id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
        let took_ms = took.as_secs_f64() * 1000.0;
        if status >= 500 {
            tracing::warn!(%method, route, status, took_ms, request_id, "served");
        } else {
            tracing::debug!(%method, route, status, took_ms, request_id, "served");
        }
    }
    state.metrics.requests.get_or_create(&Served { route, status }).inc();
    response
}

/// `GET /healthz`: the process answers.
pub(super) async fn read_health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the log is followed.
pub(super) async fn read_readiness(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.app.is_ready() {
        return Ok("ready\n");
    }
    let detail = (
        "数据库没有应答，正在重试；地图仍显示最后的修订。".to_owned(),
        "The database does not answer and is tried again; the map still shows its last revision.".to_owned(),
    );
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store.unavailable", ("未就绪", "Not ready"), detail))
}

/// `GET /metrics`: OpenMetrics text for Prometheus.
pub(super) async fn read_metrics(State(state): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    let mut registry = Registry::with_prefix("platbook");
    registry.register("http_requests", "Requests by route and status", state.metrics.requests.clone());
    registry.register("http_seconds", "Time to answer by route, seconds", state.metrics.seconds.clone());
    let snapshot = state.snapshot(&caller).await;
    let gauge = |value: u64| ConstGauge::new(value as i64);
    let (bytes, entries) = state.app.tiles.held();
    registry.register("revision", "Newest revision shown", gauge(snapshot.revision().0));
    registry.register("tile_cache_bytes", "Memory of drawn tiles", gauge(bytes));
    registry.register("tile_cache_entries", "Drawn tiles kept", gauge(entries));
    registry.register("tiles_drawn", "Tiles drawn since the start", gauge(state.app.tiles.drawn() as u64));
    let features: Family<LayerLabel, prometheus_client::metrics::gauge::Gauge> = Family::default();
    for (at, layer) in state.visible_layers(&caller) {
        features.get_or_create(&LayerLabel { layer: layer.id.to_string() }).set(snapshot.count(at) as i64);
    }
    registry.register("features", "Features by layer", features);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Problem::internal(&error))?;
    let media_type = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LayerLabel {
    layer: String,
}
