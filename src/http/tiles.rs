//! Vector tiles and TileJSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use super::asked::{encoded_pairs, take_condition};
use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{Answer, REVISION, base_url, is_known, mark_sharing, not_modified};
use super::{AppState, Problem};
use crate::app::{Chosen, Encoding, LayerSet, Shown, TileCache};
use crate::catalog::tilejson::vector_layers;
use crate::domain::{Bbox, Lang, Revision};
use crate::index::Snapshot;
use crate::tiles::{InvalidTile, Thinned, TileCoord};

pub(super) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.mapbox-vector-tile");

/// `GET /tiles/{layers}/{z}/{x}/{y}`: a tile of a comma list of layers.
pub(super) async fn read_tile(
    State(state): State<AppState>,
    caller: Caller,
    Path((layers, z, x, y)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let moment = params.moment()?;
    let layers = layer_set(&state, &caller, &layers)?;
    let row = y.strip_suffix(".mvt").or_else(|| y.strip_suffix(".pbf")).unwrap_or(&y);
    let tile = TileCoord::parse(&z, &x, row)?.into();
    // What else a map appends to an address is its own affair.
    let chosen = take_chosen(&mut params, &state, layers)?;
    answer_tile(&state, &caller, Shown { layers, tile, chosen }, moment, &headers).await
}

/// Takes which features of its layers a tile is to show.
pub(super) fn take_chosen(params: &mut Params, state: &AppState, layers: LayerSet) -> Result<Option<Chosen>, Problem> {
    const ASKING: [&str; 5] = ["filter", "filter-lang", "filter-crs", "q", "division"];
    if ASKING.iter().all(|name| params.peek(name).is_none()) {
        return Ok(None);
    }
    let mut written = String::new();
    let mut queries = BTreeMap::new();
    for layer in layers.layers() {
        // Each layer is asked by its own properties.
        let mut own = params.clone();
        let (query, kept) = take_condition(&mut own, &state.app.catalogue.layers[layer])?;
        written = encoded_pairs(&kept);
        queries.insert(layer, query);
    }
    for name in ASKING {
        params.take(name)?;
    }
    Ok(Some(Chosen { written: written.into(), queries: Arc::new(queries) }))
}

/// A tile, or that the client has it.
pub(super) async fn answer_tile(
    state: &AppState,
    caller: &Caller,
    shown: Shown,
    moment: Option<Timestamp>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = state.snapshot_at(caller, moment).await?;
    let revision = TileCache::revision(&snapshot, &shown);
    let encoding = preferred_encoding(headers);
    let tags = tags_of(state, &snapshot, &shown, revision, encoding);
    if tags.get(header::ETAG).and_then(|tag| tag.to_str().ok()).is_some_and(|tag| is_known(headers, tag)) {
        return Ok(not_modified(tags));
    }
    let tile = state.app.tiles.tile(&snapshot, &shown, revision, encoding).await?;
    let mut response = (tags, [(header::CONTENT_TYPE, MEDIA_TYPE)]).into_response();
    if tile.bytes.is_empty() {
        *response.status_mut() = StatusCode::NO_CONTENT;
        return Ok(response);
    }
    if let Some(token) = encoding.token() {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(token));
    }
    mark_thinned(response.headers_mut(), &tile.thinned);
    *response.body_mut() = tile.bytes.into();
    Ok(response)
}

/// Says which layers had to leave features out.
pub(super) fn mark_thinned(headers: &mut HeaderMap, thinned: &[Thinned]) {
    let told: Vec<String> = thinned.iter().map(|t| format!("{}={}/{}", t.layer, t.kept, t.total)).collect();
    if let Some(value) = (!told.is_empty()).then(|| told.join(", ")).and_then(|text| text.parse().ok()) {
        headers.insert("platbook-thinned", value);
    }
}

/// Tag, revision and rules of caching. The tag is exact, so a client may keep a tile for as long as
/// it likes and ask whether it still holds. Tiles of people who see different parts have different tags.
fn tags_of(state: &AppState, snapshot: &Snapshot, shown: &Shown, revision: Revision, encoding: Encoding) -> HeaderMap {
    let database = state.database() ^ TileCache::view(snapshot, shown.layers);
    let layers = &snapshot.catalogue().layers;
    let is_public = shown.layers.layers().into_iter().all(|at| layers[at].is_public());
    let suffix = encoding.token().unwrap_or("id");
    let mut headers = HeaderMap::with_capacity(8);
    if let Ok(etag) = format!("\"{database:016x}-{revision}-{suffix}\"").parse() {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    mark_sharing(&mut headers, is_public);
    headers.insert(REVISION, snapshot.revision().0.into());
    headers
}

/// The layers of a comma list.
pub(super) fn layer_set(state: &AppState, caller: &Caller, layers: &str) -> Result<LayerSet, Problem> {
    layers.split(',').try_fold(LayerSet::default(), |set, id| Ok(set.with(state.layer(caller, id)?)))
}

/// The encoding a client accepts that is cheapest to make for its size.
fn preferred_encoding(headers: &HeaderMap) -> Encoding {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts = |token: &str| {
        accepted.split(',').any(|part| {
            let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
            let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>() == Ok(0.0));
            name.trim().eq_ignore_ascii_case(token) && !refused
        })
    };
    [Encoding::Zstd, Encoding::Gzip, Encoding::Brotli]
        .into_iter()
        .find(|encoding| encoding.token().is_some_and(accepts))
        .unwrap_or(Encoding::Identity)
}

/// `GET /tiles/{layers}`: TileJSON 3.0.
pub(super) async fn read_tilejson(
    State(state): State<AppState>,
    caller: Caller,
    Path(layers): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let positions = layer_set(&state, &caller, &layers)?.layers();
    let catalogue = &state.app.catalogue;
    let declared: Vec<_> = positions.iter().map(|&at| &catalogue.layers[at]).collect();
    let vector_layers = vector_layers(declared.iter().copied(), lang);
    let snapshot = state.snapshot(&caller).await;
    let bounds = positions.iter().filter_map(|&at| snapshot.extent(at)).reduce(Bbox::union);
    let tilejson = json!({
        "tilejson": "3.0.0",
        "name": declared.iter().map(|layer| layer.title.in_lang(lang)).collect::<Vec<_>>().join(" · "),
        "attribution": snapshot.attribution(positions.iter().copied(), lang),
        "tiles": [format!("{}/tiles/{layers}/{{z}}/{{x}}/{{y}}", base_url(&headers))],
        "minzoom": declared.iter().map(|layer| layer.zoom.min).min(),
        "maxzoom": declared.iter().map(|layer| layer.zoom.max).max(),
        "bounds": <[f64; 4]>::from(bounds.unwrap_or(catalogue.city.bounds)),
        "vector_layers": vector_layers,
    });
    Ok(Answer::json(snapshot.revision(), &tilejson))
}

impl From<InvalidTile> for Problem {
    fn from(error: InvalidTile) -> Self {
        let en = error.to_string();
        match error {
            InvalidTile::Syntax { got } => {
                Self::parameter("tile", format!("瓦片路径应为 /级别/列/行 的整数，得到 {got}。"), en)
            }
            InvalidTile::Zoom { zoom } => Self::not_found("tile.outside_matrix", format!("没有第 {zoom} 级。"), en),
            InvalidTile::OutsideMatrix { zoom, last_column, last_row, .. } => {
                let zh = format!("第 {zoom} 级的列为 0 到 {last_column}，行为 0 到 {last_row}。");
                Self::not_found("tile.outside_matrix", zh, en)
            }
        }
    }
}
