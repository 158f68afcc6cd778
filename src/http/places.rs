//! Finding places: what is here, and going to a place by name, code or coordinates.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::catalog::Layer;
use crate::domain::{Bbox, DivisionCode, DivisionLevel, Lang, LayerId, LonLat};
use crate::geodesy::beidou::GridCode;
use crate::index::{Item, Snapshot};

/// The level of a 1′ cell.
const CELL_LEVEL: u8 = 4;

/// Results of a search at the most, and when no number is named.
pub(super) const MOST: usize = 50;
pub(super) const USUAL: usize = 10;

/// `GET /at?lon=&lat=`: the divisions and the cell of a position.
pub(super) async fn read_place(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let lon = required(params.parse("lon", ("经度（度）", "a longitude in degrees"))?, "lon")?;
    let lat = required(params.parse("lat", ("纬度（度）", "a latitude in degrees"))?, "lat")?;
    params.finish()?;
    let at = LonLat::new(lon, lat).map_err(|error| Problem::coordinates("lon,lat", &error))?;
    let snapshot = state.snapshot(&caller).await;
    let village = snapshot.village_at(at);
    let township = village.and_then(|code| code.at(DivisionLevel::Township));
    let body = json!({
        "lon": lon,
        "lat": lat,
        "cell": GridCode::of(at, CELL_LEVEL).ok(),
        "township": township.map(|code| named(&snapshot, "township", code)),
        "village": village.map(|code| named(&snapshot, "village", code)),
    });
    Ok(Answer::json(snapshot.revision(), &body))
}

fn required(value: Option<f64>, name: &str) -> Result<f64, Problem> {
    value.ok_or_else(|| {
        Problem::parameter(name, format!("缺少参数 {name}。"), format!("The parameter `{name}` is missing."))
    })
}

/// A division's code, and its name if it is on the map.
pub(super) fn named(snapshot: &Snapshot, layer: &str, code: DivisionCode) -> Value {
    let layer = layer.parse::<LayerId>().ok().and_then(|id| snapshot.catalogue().position(&id));
    let item = layer.and_then(|layer| snapshot.by_code(layer, &code.to_string()));
    json!({ "code": code, "name": item.and_then(|item| item.property("name")) })
}

/// `GET /search?q=`: townships and villages by name or code, coordinates, grid codes, features by code.
pub(super) async fn search_places(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    mut params: Params,
) -> Result<Answer, Problem> {
    const LONGEST: usize = 100;
    let q = params.take("q")?.unwrap_or_default();
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    let q = q.trim();
    if q.is_empty() || q.chars().count() > LONGEST {
        let (zh, en) =
            (format!("请输入 1 至 {LONGEST} 个字符的 q。"), format!("`q` is 1 to {LONGEST} characters to look for."));
        return Err(Problem::parameter("q", zh, en));
    }
    let snapshot = state.snapshot(&caller).await;
    let mut results: Vec<Value> = Vec::new();
    results.extend(by_coordinates(q));
    results.extend(by_cell(q));
    for kind in ["township", "village", "place"] {
        results.extend(by_name(&state, &caller, &snapshot, (kind, lang), q, limit));
    }
    results.extend(by_code(&state, &caller, &snapshot, q, lang));
    results.truncate(limit);
    Ok(Answer::json(snapshot.revision(), &json!({ "query": q, "results": results })))
}

/// `112.9, 30.4`, in that order or the other, since only one makes sense in China.
fn by_coordinates(q: &str) -> Option<Value> {
    let (a, b) = q.split_once([',', '，', ' '])?;
    let (a, b): (f64, f64) = (a.trim().parse().ok()?, b.trim().parse().ok()?);
    let at = LonLat::new(a, b).or_else(|_| LonLat::new(b, a)).ok()?;
    Some(json!({
        "kind": "coordinates",
        "title": format!("{:.6}, {:.6}", at.lon(), at.lat()),
        "subtitle": GridCode::of(at, CELL_LEVEL).map(|code| code.to_string()).unwrap_or_default(),
        "center": at,
        "bbox": null,
    }))
}

fn by_cell(q: &str) -> Option<Value> {
    let code: GridCode = q.to_ascii_uppercase().parse().ok()?;
    let bbox = code.bbox();
    Some(json!({ "kind": "cell", "title": code, "subtitle": "GB/T 39409", "center": bbox.centre(), "bbox": bbox }))
}

/// Features of a layer whose name holds the text, the shortest names first.
fn by_name(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    (kind, lang): (&str, Lang),
    q: &str,
    limit: usize,
) -> Vec<Value> {
    let Ok(layer) = state.layer(caller, kind) else { return Vec::new() };
    let name_of = |item: &Item| item.property("name").and_then(|name| name.as_str().map(str::to_owned));
    let mut found: Vec<(String, std::sync::Arc<Item>)> = snapshot
        .layer(layer)
        .in_box(Bbox::WORLD)
        .filter_map(|item| {
            let name = name_of(item)?;
            let is_code = item.property("code").is_some_and(|code| code.as_str() == Some(q));
            (name.contains(q) || is_code).then(|| (name, item.clone()))
        })
        .collect();
    found.sort_by(|(a, x), (b, y)| a.chars().count().cmp(&b.chars().count()).then(x.id.cmp(&y.id)));
    found.truncate(limit);
    let township = |item: &Item| {
        let code = item.village?.at(DivisionLevel::Township)?;
        named(snapshot, "township", code)["name"].as_str().map(str::to_owned)
    };
    // Of one name there may be a town and a village in it.
    let told = |item: &Item| {
        let class = class_of(&snapshot.catalogue().layers[layer], item, lang);
        class.into_iter().chain(township(item)).collect::<Vec<_>>().join(" · ")
    };
    found.into_iter().map(|(name, item)| result(kind, name, told(&item), snapshot, layer, &item)).collect()
}

/// What people call the kind of a feature.
fn class_of(layer: &Layer, item: &Item, lang: Lang) -> Option<String> {
    const KIND: &str = "kind";
    let own = item.property(KIND)?;
    let value = layer.properties.get(KIND)?.values.iter().find(|value| own.as_str() == Some(value.value.as_str()))?;
    Some(value.title.in_lang(lang).to_owned())
}

/// Features of any visible layer with exactly this code.
fn by_code(state: &AppState, caller: &Caller, snapshot: &Snapshot, q: &str, lang: Lang) -> Vec<Value> {
    state
        .visible_layers(caller)
        .filter(|(_, layer)| !matches!(layer.id.as_str(), "township" | "village"))
        .filter_map(|(at, layer)| {
            let item = snapshot.by_code(at, q)?;
            let label = item.property(&layer.label).and_then(|label| label.as_str().map(str::to_owned));
            let title = label.unwrap_or_else(|| q.to_owned());
            Some(result("feature", title, layer.title.in_lang(lang).to_owned(), snapshot, at, &item))
        })
        .collect()
}

fn result(kind: &str, title: String, subtitle: String, snapshot: &Snapshot, layer: usize, item: &Item) -> Value {
    json!({
        "kind": kind,
        "title": title,
        "subtitle": subtitle,
        "center": item.representative(),
        "bbox": item.bbox(),
        "layer": snapshot.catalogue().layers[layer].id,
        "id": item.id,
    })
}
