//! OGC API – Tiles (OGC 20-057): tile matrix sets, the tilesets of a layer, its tiles.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{Answer, base_url, link};
use super::tiles::{answer_tile, layer_set, take_chosen};
use super::{AppState, Problem};
use crate::app::Shown;
use crate::domain::{Lang, LonLat};
use crate::geodesy::crs::Crs;
use crate::index::Snapshot;
use crate::tiles::matrix::MatrixSet;

const JSON: &str = "application/json";
const MVT: &str = "application/vnd.mapbox-vector-tile";
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

fn set_of(id: &str) -> Result<MatrixSet, Problem> {
    MatrixSet::of_id(id).ok_or_else(|| {
        let known = MatrixSet::ALL.map(MatrixSet::id).join(", ");
        let zh = format!("没有这个瓦片矩阵集；有：{known}。");
        Problem::not_found(
            "tile.unknown_matrix_set",
            zh,
            format!("There is no such tile matrix set; there are: {known}."),
        )
    })
}

fn title_of(set: MatrixSet, lang: Lang) -> &'static str {
    let (zh, en) = set.title();
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// `GET /tileMatrixSets`
pub(super) async fn list_matrix_sets(
    State(state): State<AppState>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let base = base_url(&headers);
    let one = |set: MatrixSet| {
        let own = format!("{base}/tileMatrixSets/{}", set.id());
        let mut listed = json!({
            "id": set.id(),
            "title": title_of(set, lang),
            "crs": set.crs().uri(),
            "links": [link(own, "self", JSON, "The definition")],
        });
        if let Some(uri) = set.uri() {
            listed["uri"] = uri.into();
        }
        listed
    };
    Ok(Answer::json(state.app.revision(), &json!({ "tileMatrixSets": MatrixSet::ALL.map(one) })))
}

/// `GET /tileMatrixSets/{set}`
pub(super) async fn read_matrix_set(
    State(state): State<AppState>,
    Path(set): Path<String>,
    lang: Lang,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let set = set_of(&set)?;
    Ok(Answer::json(state.app.revision(), &set.definition(title_of(set, lang))))
}

/// `GET /collections/{layer}/tiles`
pub(super) async fn list_tilesets(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let snapshot = state.snapshot(&caller).await;
    let base = base_url(&headers);
    let all = MatrixSet::ALL.map(|set| {
        let mut tileset = tileset(&snapshot, at, set, &base, lang);
        // Only the tileset itself tells what is in it.
        for member in ["layers", "tileMatrixSetLimits"] {
            tileset.as_object_mut().map(|members| members.remove(member));
        }
        tileset
    });
    let own = format!("{base}/collections/{layer}/tiles");
    let body = json!({ "links": [link(own, "self", JSON, "This page")], "tilesets": all });
    Ok(Answer::json(snapshot.revision(), &body))
}

/// `GET /collections/{layer}/tiles/{set}`
pub(super) async fn read_tileset(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, set)): Path<(String, String)>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let set = set_of(&set)?;
    let snapshot = state.snapshot(&caller).await;
    Ok(Answer::json(snapshot.revision(), &tileset(&snapshot, at, set, &base_url(&headers), lang)))
}

fn tileset(snapshot: &Snapshot, at: usize, set: MatrixSet, base: &str, lang: Lang) -> Value {
    let catalogue = snapshot.catalogue();
    let layer = &catalogue.layers[at];
    let own = format!("{base}/collections/{}/tiles/{}", layer.id, set.id());
    let mut item = link(format!("{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"), "item", MVT, "Tiles");
    item["templated"] = true.into();
    let [west, south, east, north]: [f64; 4] = snapshot.extent(at).unwrap_or(catalogue.city.bounds).into();
    let (first, last) = (set.level_of_zoom(layer.zoom.min), set.level_of_zoom(layer.zoom.max));
    let properties: serde_json::Map<String, Value> = layer
        .properties
        .iter()
        .filter(|(_, property)| property.tile)
        .map(|(name, property)| (name.clone(), json!({ "title": property.title.in_lang(lang) })))
        .collect();
    json!({
        "title": layer.title.in_lang(lang),
        "description": layer.description.in_lang(lang),
        "dataType": "vector",
        "crs": set.crs().uri(),
        "tileMatrixSetURI": set.uri().map_or_else(|| format!("{base}/tileMatrixSets/{}", set.id()), str::to_owned),
        "attribution": snapshot.attribution([at], lang),
        "boundingBox": { "lowerLeft": [west, south], "upperRight": [east, north], "crs": Crs::Crs84.uri() },
        "layers": [{
            "id": layer.id,
            "title": layer.title.in_lang(lang),
            "dataType": "vector",
            "minTileMatrix": first.to_string(),
            "maxTileMatrix": last.to_string(),
            "propertiesSchema": { "type": "object", "properties": properties },
        }],
        "tileMatrixSetLimits": (first..=last).filter_map(|level| limits(set, level, [west, south, east, north])).collect::<Vec<_>>(),
        "links": [
            link(own, "self", JSON, "This tileset"),
            item,
            link(format!("{base}/tileMatrixSets/{}", set.id()), TILING_SCHEME, JSON, "The tile matrix set"),
            link(format!("{base}/collections/{}", layer.id), "http://www.opengis.net/def/rel/ogc/1.0/geodata", JSON, "The layer"),
        ],
    })
}

/// The rows and columns of a level that have something in them.
fn limits(set: MatrixSet, level: u8, [west, south, east, north]: [f64; 4]) -> Option<Value> {
    let address = |lon, lat| Some(set.holding(level, LonLat::new(lon, lat).ok()?).address());
    let (first, last) = (address(west, north)?, address(east, south)?);
    Some(json!({
        "tileMatrix": level.to_string(),
        "minTileRow": first.1,
        "maxTileRow": last.1,
        "minTileCol": first.0,
        "maxTileCol": last.0,
    }))
}

/// `GET /collections/{layer}/tiles/{set}/{matrix}/{row}/{column}`
pub(super) async fn read_matrix_tile(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, set, matrix, row, column)): Path<(String, String, String, String, String)>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let moment = params.moment()?;
    if let Some(other) = params.take("f")?.filter(|form| form != "mvt") {
        let en = format!("Tiles are there as f=mvt only, not `{}`.", other.chars().take(20).collect::<String>());
        return Err(Problem::parameter("f", "瓦片只有 f=mvt。", en));
    }
    let layers = layer_set(&state, &caller, &layer)?;
    let tile = set_of(&set)?.tile(&matrix, &row, &column)?;
    let chosen = take_chosen(&mut params, &state, layers)?;
    params.finish()?;
    answer_tile(&state, &caller, Shown { layers, tile, chosen }, moment, &headers).await
}
