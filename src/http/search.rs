//! Going to a place by name, address, code or coordinates.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::Params;
use super::places::{CELL_LEVEL, named};
use super::respond::Answer;
use super::{AppState, Problem};
use crate::catalog::Layer;
use crate::domain::{Bbox, DivisionLevel, Lang, LonLat};
use crate::geodesy::beidou::GridCode;
use crate::index::{Item, Snapshot};

/// Results of a search at the most, and when no number is named.
pub(super) const MOST: usize = 50;
pub(super) const USUAL: usize = 10;

/// The layers that one goes to by name, the most important first.
const GO_TO: [&str; 4] = ["city", "township", "village", "place"];

/// `GET /search?q=`: townships and villages by name or code, coordinates, grid codes, features by code, and whatever
/// has a name or an address.
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
    let q = q.to_owned();
    let inner = state.clone();
    let work = move || {
        let mut results: Vec<Value> = Vec::new();
        results.extend(by_coordinates(&q, snapshot.catalogue().city.bounds));
        results.extend(by_cell(&q));
        for kind in GO_TO {
            results.extend(by_name(&inner, &caller, &snapshot, (kind, lang), &q, limit));
        }
        results.extend(by_code(&inner, &caller, &snapshot, &q, lang));
        if results.len() < limit {
            let found = by_label(&inner, &caller, &snapshot, &q, lang, limit);
            let is_new =
                |one: &Value| !results.iter().any(|other| other["id"] == one["id"] && other["id"] != Value::Null);
            let new: Vec<Value> = found.into_iter().filter(is_new).collect();
            results.extend(new);
        }
        results.truncate(limit);
        Answer::json(snapshot.revision(), &json!({ "query": q, "results": results }))
    };
    state.desk.run(work).await
}

/// `112.9, 30.4` or `东经112°53′13″ 北纬30°25′19″`, in that order or the other, since only one makes sense in China.
/// What lies far from the city was not meant.
fn by_coordinates(q: &str, city: Bbox) -> Option<Value> {
    const FAR_DEG: f64 = 5.0;
    let (a, b) = match &angles(q)[..] {
        [a, b] => (*a, *b),
        _ => return None,
    };
    let around = city.centre();
    let is_near = |at: &LonLat| (at.lon() - around.lon()).abs().max((at.lat() - around.lat()).abs()) < FAR_DEG;
    let at = [(a, b), (b, a)].into_iter().filter_map(|(lon, lat)| LonLat::new(lon, lat).ok()).find(is_near)?;
    Some(json!({
        "kind": "coordinates",
        "title": format!("{:.6}, {:.6}", at.lon(), at.lat()),
        "subtitle": GridCode::of(at, CELL_LEVEL).map(|code| code.to_string()).unwrap_or_default(),
        "center": at,
        "bbox": null,
    }))
}

/// The angles of a text, degrees: with marks of degrees, minutes and seconds, or without. Letters and other marks
/// only stand between them.
fn angles(q: &str) -> Vec<f64> {
    const BETWEEN: [char; 12] = [',', '，', ' ', ';', '东', '北', '经', '纬', 'E', 'N', 'e', 'n'];
    let parts = q.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty());
    let angle = |part: &str| -> Option<f64> {
        let places: Vec<&str> = part.split(['°', '度', '′', '\'', '’', '分', '″', '"', '”', '秒']).collect();
        let (numbers, rest) = places.split_at(places.len().min(3));
        let is_ended = rest.iter().all(|one| one.is_empty());
        let sixtieths = numbers.iter().filter(|one| !one.is_empty()).zip([1.0, 60.0, 3600.0]);
        let degrees: Option<Vec<f64>> =
            sixtieths.map(|(number, parts)| Some(number.trim().parse::<f64>().ok()? / parts)).collect();
        degrees.filter(|degrees| is_ended && !degrees.is_empty()).map(|degrees| degrees.iter().sum())
    };
    let angles: Option<Vec<f64>> = parts.map(angle).collect();
    angles.unwrap_or_default()
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
        .filter(|(_, layer)| !GO_TO.contains(&layer.id.as_str()))
        .filter_map(|(at, layer)| {
            let item = snapshot.by_code(at, q)?;
            let label = item.property(&layer.label).and_then(|label| label.as_str().map(str::to_owned));
            let title = label.unwrap_or_else(|| q.to_owned());
            Some(result("feature", title, layer.title.in_lang(lang).to_owned(), snapshot, at, &item))
        })
        .collect()
}

/// Features of any other visible layer whose labels have the words of the text in them.
fn by_label(state: &AppState, caller: &Caller, snapshot: &Snapshot, q: &str, lang: Lang, limit: usize) -> Vec<Value> {
    let is_name = |layer: &Layer| layer.code.as_ref().is_none_or(|code| code.property != layer.label);
    let others = state.visible_layers(caller).filter(|(_, layer)| !GO_TO.contains(&layer.id.as_str()));
    let mut layers: Vec<(usize, &Layer)> = others.filter(|(_, layer)| is_name(layer)).collect();
    // Of a plate and its address the plate is shown: it stands there.
    layers.sort_by_key(|(_, layer)| std::cmp::Reverse(layer.order));
    let layers: Vec<usize> = layers.into_iter().map(|(at, _)| at).collect();
    let q = plain(q);
    let words: Vec<&str> = q.split([' ', ',', '，']).filter(|word| !word.is_empty()).collect();
    // Bare numbers stand in every other address.
    if !q.chars().any(char::is_alphabetic) {
        return Vec::new();
    }
    let found = snapshot.labelled(&layers, &words, limit);
    found
        .into_iter()
        .map(|one| {
            let layer = &snapshot.catalogue().layers[one.layer];
            let told = [Some(layer.title.in_lang(lang).to_owned()), class_of(layer, &one.item, lang)];
            let told: Vec<String> = told.into_iter().flatten().collect();
            result("feature", one.label, told.join(" · "), snapshot, one.layer, &one.item)
        })
        .collect()
}

/// Digits and spaces as labels have them: a Chinese keyboard gives wide ones.
fn plain(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{3000}' => ' ',
        '０'..='９' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    text.chars().map(narrow).collect()
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
