//! Items: the features of a layer (OGC 17-069r4, clauses 7.15 and 7.16).

use std::io::Write;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::extract::{Params, unknown_parameter};
use super::respond::{Answer, REVISION, base_url, is_known, link, not_modified};
use super::{AppState, Problem};
use crate::catalog::{Layer, PropertyType};
use crate::domain::{Bbox, FeatureId, InvalidId};
use crate::exchange::geojson::write_feature;
use crate::index::{Page, Query, Snapshot};

/// `GET /collections/{layer}/items`
pub(super) async fn list_items(
    State(state): State<AppState>,
    Path(layer): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    let at = state.layer(&layer)?;
    let snapshot = state.app.snapshot();
    let own = format!("{}/collections/{layer}/items", base_url(&headers));
    let query = read_query(params, &state.app.catalogue.layers[at], &state)?;
    let revision = snapshot.revision();
    let written = tokio::task::spawn_blocking(move || write_page(&snapshot, at, &query, &own));
    Ok(Answer::geojson(revision, written.await.map_err(|error| Problem::internal(&error))?))
}

/// The question that a query string asks.
struct Asked {
    query: Query,
    /// The parameters that hold from page to page, encoded.
    kept: String,
}

fn read_query(mut params: Params, layer: &Layer, state: &AppState) -> Result<Asked, Problem> {
    let bbox: Option<Bbox> = params.parse("bbox")?;
    // Accepted as OGC API Features asks; the features of this version have no time of their own.
    let _datetime = params.take("datetime")?;
    let limit = match params.parse::<usize>("limit")? {
        None => state.limits.page,
        Some(0) => {
            return Err(Problem::parameter("limit", "limit 至少为 1。", "`limit` is at least 1."));
        }
        Some(limit) => limit.min(state.limits.page_most),
    };
    let after: Option<FeatureId> = params.parse("cursor")?;
    let division = params.parse("division")?;
    let properties = params.rest();
    for (name, value) in &properties {
        check_filter(layer, name, value)?;
    }
    let mut kept = vec![("limit".to_owned(), limit.to_string())];
    kept.extend(bbox.map(|bbox| ("bbox".to_owned(), bbox.to_string())));
    kept.extend(division.map(|code: crate::domain::DivisionCode| ("division".to_owned(), code.to_string())));
    kept.extend(properties.iter().cloned());
    let kept = kept.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>();
    Ok(Asked { query: Query { bbox, division, properties, after, limit, polygon: None }, kept: kept.join("&") })
}

/// Percent-encodes what has a meaning in a query string.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A property filter must name a property, and a value that the property can have.
fn check_filter(layer: &Layer, name: &str, value: &str) -> Result<(), Problem> {
    const PARAMETERS: [&str; 7] = ["bbox", "limit", "cursor", "division", "datetime", "f", "lang"];
    let Some(property) = layer.properties.get(name) else {
        if name == crate::catalog::SYNTHETIC {
            return Ok(());
        }
        let known = PARAMETERS.into_iter().chain(layer.properties.keys().map(String::as_str));
        return Err(unknown_parameter(name, known));
    };
    let expected = match property.kind {
        PropertyType::Integer if value.parse::<i64>().is_err() => Some(("整数", "a whole number")),
        PropertyType::Number if value.parse::<f64>().is_err() => Some(("数", "a number")),
        PropertyType::Boolean if !matches!(value, "true" | "false") => Some(("true 或 false", "true or false")),
        _ => None,
    };
    if let Some((zh, en)) = expected {
        return Err(Problem::parameter(name, format!("{name} 应为{zh}。"), format!("`{name}` is {en}.")));
    }
    if !property.values.is_empty() && !property.values.iter().any(|known| known.value == value) {
        let known: Vec<&str> = property.values.iter().map(|known| known.value.as_str()).collect();
        let known = known.join(", ");
        return Err(Problem::parameter(
            name,
            format!("{name} 可取：{known}。"),
            format!("`{name}` is one of: {known}."),
        ));
    }
    Ok(())
}

fn write_page(snapshot: &Arc<Snapshot>, layer: usize, asked: &Asked, own: &str) -> Vec<u8> {
    let page: Page = snapshot.select(layer, &asked.query);
    let mut out = Vec::with_capacity(512 * (page.items.len() + 2));
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[");
    for (i, item) in page.items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_feature(item, &mut out);
    }
    let mut links: Vec<Value> =
        vec![link(format!("{own}?{}", asked.kept), "self", "application/geo+json", "This page")];
    if let Some(last) = page.items.last().filter(|_| page.more) {
        links.push(link(
            format!("{own}?{}&cursor={}", asked.kept, last.id),
            "next",
            "application/geo+json",
            "Next page",
        ));
    }
    // Writing into memory cannot fail.
    let _ = write!(
        out,
        "],\"numberMatched\":{},\"numberReturned\":{},\"revision\":{},\"links\":{}}}",
        page.matched,
        page.items.len(),
        snapshot.revision(),
        json!(links),
    );
    out
}

/// `GET /collections/{layer}/items/{id}`: by number, or by code.
pub(super) async fn read_item(
    State(state): State<AppState>,
    Path((layer, id)): Path<(String, String)>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let at = state.layer(&layer)?;
    let snapshot = state.app.snapshot();
    let by_number = |id: Result<FeatureId, InvalidId>| {
        let (stands_in, item) = snapshot.feature(id.ok()?)?;
        (stands_in == at).then_some(item)
    };
    let item = by_number(id.parse()).or_else(|| snapshot.by_code(at, &id)).ok_or_else(|| {
        let id: String = id.chars().take(60).collect();
        let (zh, en) =
            (format!("图层 {layer} 中没有要素 {id}。"), format!("The layer `{layer}` has no feature `{id}`."));
        Problem::not_found("feature.not_found", zh, en)
    })?;
    let mut tags = HeaderMap::new();
    let etag = format!("\"{}-{}\"", item.id, item.version);
    tags.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    tags.insert(REVISION, snapshot.revision().0.into());
    if let Ok(value) = etag.parse() {
        tags.insert(header::ETAG, value);
    }
    if is_known(&headers, &etag) {
        return Ok(not_modified(tags));
    }
    let mut out = Vec::with_capacity(1024);
    write_feature(&item, &mut out);
    let own = format!("{}/collections/{layer}", base_url(&headers));
    let links = json!([
        link(format!("{own}/items/{}", item.id), "self", "application/geo+json", "This feature"),
        link(own, "collection", "application/json", "Its collection"),
    ]);
    out.pop();
    let _ = write!(out, ",\"links\":{links}}}");
    Ok((tags, Answer::geojson(snapshot.revision(), out)).into_response())
}
