//! `sortby`, and cursors that stay right while others edit: a place in the order, not a number of rows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::Value;

use super::Problem;
use super::extract::Params;
use crate::catalog::{ID, Layer, SYNTHETIC, VILLAGE};
use crate::domain::FeatureId;
use crate::index::{Edge, Place, SortKey};

/// Keys at the most.
const MOST: usize = 8;

/// Takes what features are sorted by, and how it was written.
pub(super) fn take(params: &mut Params, layer: &Layer) -> Result<(Vec<SortKey>, Option<String>), Problem> {
    let Some(text) = params.take("sortby")? else { return Ok((Vec::new(), None)) };
    let keys: Vec<SortKey> = text.split(',').filter_map(|key| key.parse().ok()).collect();
    let everywhere = [ID, VILLAGE, SYNTHETIC];
    let is_known =
        |key: &SortKey| layer.properties.contains_key(&key.property) || everywhere.contains(&key.property.as_str());
    if keys.len() > MOST || !keys.iter().all(is_known) {
        let own = layer.properties.keys().map(String::as_str);
        let known = everywhere.into_iter().chain(own).collect::<Vec<_>>().join(", ");
        return Err(Problem::parameter(
            "sortby",
            format!("sortby 最多 {MOST} 项，可取：{known}。"),
            format!("`sortby` has at most {MOST} of: {known}."),
        ));
    }
    Ok((keys, Some(text)))
}

/// Begins the cursor of a page that lies before its place.
const BEFORE: char = '~';

/// Takes where another page ended.
pub(super) fn take_cursor(params: &mut Params, keys: &[SortKey]) -> Result<Option<Edge>, Problem> {
    let Some(text) = params.take("cursor")? else { return Ok(None) };
    let (is_before, place) = match text.strip_prefix(BEFORE) {
        Some(rest) => (true, place_of(rest, keys)),
        None => (false, place_of(&text, keys)),
    };
    let place = place.ok_or_else(|| {
        let (zh, en) = ("cursor 应为 next 或 prev 链接中的值。", "`cursor` is what a `next` or `prev` link carries.");
        Problem::parameter("cursor", zh, en)
    })?;
    Ok(Some(if is_before { Edge::Before(place) } else { Edge::After(place) }))
}

/// An edge as a link carries it: in order of id by the id alone.
pub(super) fn cursor_of(edge: &Edge) -> String {
    let place = edge.place();
    let text = if place.values.is_empty() {
        place.id.to_string()
    } else {
        let mut values = place.values.clone();
        values.push(place.id.get().into());
        BASE64.encode(Value::Array(values).to_string())
    };
    if edge.is_before() { format!("{BEFORE}{text}") } else { text }
}

fn place_of(text: &str, keys: &[SortKey]) -> Option<Place> {
    if keys.is_empty() {
        return Some(Place { values: Vec::new(), id: text.parse().ok()? });
    }
    let mut values: Vec<Value> = serde_json::from_slice(&BASE64.decode(text).ok()?).ok()?;
    let id: FeatureId = values.pop()?.to_string().parse().ok()?;
    Some(Place { values, id }).filter(|place| place.values.len() == keys.len())
}
