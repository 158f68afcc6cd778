//! HTTP: the only place that knows axum. Handlers extract, take one snapshot, ask it, answer.

mod access;
mod aggregate;
mod archives;
mod asked;
mod assets;
mod attempts;
mod audit;
mod body;
mod caller;
mod catalogue;
mod changes;
mod changesets;
mod collections;
mod compare;
mod edits;
mod embed;
mod exports;
mod extract;
mod feature_body;
mod filtered;
mod html;
mod html_map;
mod import_told;
mod imports;
mod items;
mod landing;
mod matrices;
mod moment;
mod oidc;
mod openapi;
mod options;
mod packing;
mod places;
mod print;
mod problem;
mod proxies;
mod quality;
mod query;
mod records;
mod respond;
mod search;
mod service;
mod session;
mod shown;
mod sorted;
mod styles;
mod tiles;
mod tokens;
mod users;
mod versions;
mod view_tokens;
mod views;
mod webhooks;
mod work;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::imports::Jobs;
use crate::print::Printer;
use crate::webhooks::Courier;
pub use access::Access;
pub use embed::{InvalidOrigin, Origin};
pub use oidc::{Mapping, Provider};
pub use openapi::document as openapi_document;
pub use problem::Problem;

/// Bounds of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body, bytes.
    pub body_bytes: usize,
    /// The largest file that is imported over HTTP, bytes.
    pub import_bytes: u64,
    /// The longest query string, bytes.
    pub query_bytes: usize,
    /// Features on a page when none is named.
    pub page: usize,
    /// Features on a page at the most.
    pub page_most: usize,
    /// Pages of features that are put together at the same time.
    pub concurrent: usize,
    /// Requests that may wait for that; more are turned away with 503.
    pub waiting: usize,
    /// Layers that are sent as files at the same time; more are turned away with 503.
    pub exports: usize,
    /// Saved views that one account may have.
    pub views: u32,
    /// The sites that may show the map in a frame, and whose scripts may send a token along; none: no other site.
    pub embed_origins: Vec<Origin>,
    /// How long a request may take, seconds.
    pub timeout_s: u64,
    /// How long a client may take to say what it asks, and be silent between requests, seconds.
    pub head_timeout_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            body_bytes: 1 << 20,
            import_bytes: 1 << 30,
            query_bytes: 8 << 10,
            page: 10,
            page_most: 10_000,
            concurrent: cores,
            waiting: 256,
            exports: 8,
            views: 500,
            embed_origins: Vec::new(),
            timeout_s: 30,
            head_timeout_s: 60,
        }
    }
}

/// What every handler has.
#[derive(Clone)]
struct AppState(Arc<Inner>);

struct Inner {
    app: Arc<App>,
    limits: Limits,
    /// What the web app's files may load, and who may frame them.
    content_policy: HeaderValue,
    metrics: service::Metrics,
    desk: work::Desk,
    /// Event streams that are told of a change at the same time: thousands wake with each, and whoever edits
    /// meanwhile is not to wait for them all.
    telling: Semaphore,
    /// Layers that are sent as files at the same time.
    exports: work::Seats,
    /// Archives of tiles that are drawn at the same time: each takes all cores.
    archives: work::Seats,
    door: caller::Door,
    single_sign_on: Option<oidc::SignOn>,
    courier: Arc<Courier>,
    imports: Jobs,
    inspections: quality::Inspections,
    aggregates: aggregate::Aggregates,
    printer: Printer,
    /// Accounts are changed one after the other: what is read is still so when it is written.
    account_turn: tokio::sync::Mutex<()>,
    /// Passwords are worked out at a desk of their own: who asks much of the map keeps nobody from signing in.
    password_desk: work::Desk,
}

impl AppState {
    /// A number that differs between databases and between catalogues, so that a tag of one is not
    /// taken for a tag of the other.
    fn database(&self) -> u64 {
        self.app.identity.as_u64_pair().0 ^ self.app.catalogue.digest
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Archives of tiles that are drawn at the same time: one of somebody who signed in, one of anybody.
const ARCHIVES: usize = 2;

/// Every route. What `access` names must be declared, as [`Access::check`] finds; `courier` delivers webhooks of
/// the same app; `printer` prints pages of this router.
pub fn router(app: Arc<App>, limits: Limits, access: Access, courier: Arc<Courier>, printer: Printer) -> Router {
    let proxies: Arc<[ipnet::IpNet]> = access.proxies.clone().into();
    let state = AppState(Arc::new(Inner {
        single_sign_on: access.oidc.clone().map(oidc::SignOn::new),
        door: caller::Door::new(access, &app.catalogue),
        app,
        metrics: service::Metrics::default(),
        desk: work::Desk::new(limits.concurrent, limits.waiting),
        telling: Semaphore::new(limits.concurrent.clamp(1, Semaphore::MAX_PERMITS)),
        exports: work::Seats::new(limits.exports),
        archives: work::Seats::new(ARCHIVES),
        content_policy: embed::content_policy(&limits.embed_origins),
        limits: limits.clone(),
        courier,
        imports: Jobs::default(),
        inspections: quality::Inspections::default(),
        aggregates: aggregate::Aggregates::default(),
        printer,
        account_turn: tokio::sync::Mutex::default(),
        password_desk: work::Desk::new(1, limits.waiting),
    }));
    Router::new()
        .route("/conformance", get(landing::read_conformance))
        .route("/api", get(openapi::read_api))
        .route("/collections", get(collections::list_collections))
        .route("/collections/layers", get(records::read_catalog))
        .route("/collections/layers/items", get(records::list_records))
        .route("/collections/layers/items/{layer}", get(records::read_record))
        .route("/collections/{layer}", get(collections::read_collection))
        .route("/collections/{layer}/schema", get(collections::read_schema))
        .route("/collections/{layer}/queryables", get(collections::read_queryables))
        .route("/collections/{layer}/sortables", get(collections::read_sortables))
        .route("/collections/{layer}/aggregate", get(aggregate::list_groups))
        .route("/collections/{layer}/aggregate/tiles/{z}/{x}/{y}", get(aggregate::read_aggregate_tile))
        .route("/collections/{layer}/export", get(exports::export_items))
        .route("/collections/{layer}/quality", get(quality::read_quality))
        .route("/collections/{layer}/items", get(items::list_items).post(edits::create_item))
        .route(
            "/collections/{layer}/items/{id}",
            get(items::read_item).put(edits::replace_item).patch(edits::update_item).delete(edits::delete_item),
        )
        .route("/collections/{layer}/items/{id}/versions", get(versions::list_versions))
        .route("/collections/{layer}/tiles", get(matrices::list_tilesets))
        .route("/collections/{layer}/tiles/{set}", get(matrices::read_tileset))
        .route("/collections/{layer}/tiles/{set}/{matrix}/{row}/{column}", get(matrices::read_matrix_tile))
        .route("/query", post(query::query_items))
        .route("/changes", get(changes::list_changes))
        .route("/changesets", get(changesets::list_changesets).post(changesets::create_changeset))
        .route("/changesets/{revision}/undo", post(changesets::undo_changeset))
        .route("/compare", get(compare::list_differences))
        .route("/compare/tiles/{layers}/{z}/{x}/{y}", get(compare::read_compared_tile))
        .route("/catalogue", get(catalogue::read_catalogue))
        .route("/divisions", get(catalogue::list_divisions))
        .route("/figures", get(catalogue::list_figures))
        .route("/at", get(places::read_place))
        .route("/search", get(search::search_places))
        .route("/views", get(views::list_views).post(views::create_view))
        .route("/views/{id}", get(views::read_view).put(views::replace_view).delete(views::delete_view))
        .route("/print", get(print::read_print))
        .route("/metrics", get(service::read_metrics))
        .merge(drawn())
        .merge(people())
        // Above this line it is asked who calls; below stands what must answer whoever calls.
        .route_layer(middleware::from_fn_with_state(state.clone(), moment::wait_for_revision))
        .route_layer(middleware::from_fn_with_state(state.clone(), caller::know))
        .route("/", get(landing::read_landing))
        .route("/api.html", get(openapi::read_api_page))
        .route("/developers.html", get(openapi::read_developers_page))
        .route("/healthz", get(service::read_health))
        .route("/readyz", get(service::read_readiness))
        .route("/v/{id}", get(views::read_short_link))
        .route("/session", post(session::create_session).delete(session::delete_session))
        .route("/session/oidc", get(oidc::begin_sign_on))
        .route("/session/oidc/callback", get(oidc::end_sign_on))
        .fallback(assets::read_asset)
        .with_state(state.clone())
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(middleware::from_fn(move |request, next| timed(request, next, Duration::from_secs(limits.timeout_s))))
        .layer(CsrfLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(packing::layer())
        .layer(middleware::from_fn(move |request, next| bounded(request, next, limits.query_bytes)))
        .layer(middleware::from_fn(problem::in_words))
        .layer(middleware::from_fn_with_state(state.clone(), service::observe))
        .layer(middleware::from_fn(service::identify))
        .layer(middleware::from_fn_with_state(proxies, proxies::believe))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET, Method::HEAD])
                .allow_headers(Any)
                .expose_headers(Any),
        )
        .layer(middleware::from_fn_with_state(state, embed::let_tokens_in))
        .layer(middleware::from_fn_with_state(options::Allowed::of_api(), options::tell))
}

/// The routes of what maps are drawn from.
fn drawn() -> Router<AppState> {
    Router::new()
        .route("/tileMatrixSets", get(matrices::list_matrix_sets))
        .route("/tileMatrixSets/{set}", get(matrices::read_matrix_set))
        .route("/tiles/{layers}", get(tiles::read_tilejson))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::read_tile))
        .route("/tiles/{layers}/archive", get(archives::read_archive))
        .route("/styles/{theme}", get(styles::read_style))
}

/// The routes about people, imports and webhooks; no cache keeps what they answer.
fn people() -> Router<AppState> {
    Router::new()
        .route("/view-tokens", post(view_tokens::create_view_token))
        .route("/tokens", get(tokens::list_tokens).post(tokens::create_token))
        .route("/tokens/{id}", delete(tokens::delete_token))
        .route("/users", get(users::list_users).post(users::create_user))
        .route("/users/{name}", get(users::read_user).patch(users::update_user))
        .route("/audit", get(audit::list_audit))
        .route("/imports", get(imports::list_imports).post(imports::create_import))
        .route("/imports/{id}", get(imports::read_import).delete(imports::delete_import))
        .route("/imports/{id}/run", post(imports::run_import))
        .route("/imports/{id}/cancel", post(imports::cancel_import))
        .route("/imports/{id}/report", get(imports::read_import_report))
        .route("/webhooks", get(webhooks::list_webhooks).post(webhooks::create_webhook))
        .route(
            "/webhooks/{id}",
            get(webhooks::read_webhook).patch(webhooks::update_webhook).delete(webhooks::delete_webhook),
        )
        .route("/webhooks/{id}/secret", post(webhooks::replace_secret))
        .route("/webhooks/{id}/ping", post(webhooks::ping_webhook))
        .route("/webhooks/{id}/undelivered", get(webhooks::list_undelivered))
        .route("/webhooks/{id}/undelivered/{revision}", post(webhooks::redeliver).delete(webhooks::forget_undelivered))
        .route_layer(middleware::from_fn(caller::not_by_view_token))
        // Who comes with a view token may ask what it is for.
        .route("/session", get(session::read_session))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// Ends what takes too long. A file that is sent takes as long as it comes; who sends none is found out as it is read.
/// A print has a time of its own; an archive of tiles is drawn as long as somebody waits for it.
async fn timed(request: Request, next: Next, most: Duration) -> Response {
    let path = request.uri().path();
    let is_archive = path.starts_with("/tiles/") && path.ends_with("/archive");
    if (request.method() == Method::POST && path == "/imports") || path == "/print" || is_archive {
        return next.run(request).await;
    }
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Refuses queries that are too long before anything reads them, and bodies that nobody here unpacks.
async fn bounded(request: Request, next: Next, most: usize) -> Result<Response, Problem> {
    let packed = request.headers().get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity");
    if packed.is_some() {
        let detail = (
            "请求体不支持压缩；请去掉 Content-Encoding 并发送原文。".to_owned(),
            "Bodies are read as they are; send it without `Content-Encoding`.".to_owned(),
        );
        let title = ("请求体编码不支持", "The body is packed");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.encoding", title, detail));
    }
    let got = request.uri().query().map_or(0, str::len);
    if got > most {
        let detail = (
            format!("查询串长 {got} 字节，上限 {most}。"),
            format!("The query has {got} bytes; at most {most} are read."),
        );
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "query.too_long",
            ("查询过长", "The query is too long"),
            detail,
        ));
    }
    Ok(next.run(request).await)
}
