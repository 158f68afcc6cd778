//! Pages for people who open a resource of the API in a browser: plain, legible, linked onward.

use std::sync::Arc;

use axum::body::Body;
use serde_json::Value;

use super::html_map;
use super::respond::Answer;
use crate::catalog::{Layer, SYNTHETIC};
use crate::domain::{Lang, Revision};
use crate::index::{Item, Page, Query, Snapshot};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:1.5rem auto;padding:0 1rem;\
color:#1c2733;background:#fff}a{color:#0b57a4}table{border-collapse:collapse;display:block;overflow-x:auto}\
th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #d5dbe1;vertical-align:top}\
@media(max-width:40rem){th,td{min-width:6em}td{overflow-wrap:anywhere}}\
footer{margin-top:2rem;color:#55606c;font-size:.9rem}\
@media(prefers-color-scheme:dark){body{color:#e4e9ee;background:#12181f}a{color:#8cc0f5}th,td{border-color:#33404d}\
footer{color:#9aa7b4}}";

/// A text in the language of the page.
pub(super) const fn say<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// Text as it may stand in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A link.
pub(super) fn anchor(href: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escaped(href), escaped(text))
}

/// A whole page: the way to it from the map, a heading, a body that is already HTML.
pub(super) fn page(lang: Lang, trail: &[(&str, &str)], title: &str, body: &str) -> String {
    let start = [("/", say(lang, "地图", "Map")), ("/collections", say(lang, "图层", "Layers"))];
    let trail: Vec<String> = start.iter().chain(trail).map(|(href, text)| anchor(href, text)).collect();
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title} · Platbook</title><style>{STYLE}{}</style></head>\
         <body><nav aria-label=\"{}\">{}</nav><main><h1>{title}</h1>{body}</main><footer>{} · {}</footer></body></html>\n",
        say(lang, "zh-CN", "en"),
        html_map::STYLE,
        say(lang, "路径", "Trail"),
        trail.join(" › "),
        anchor("?f=json", "JSON"),
        anchor("/api.html", say(lang, "接口文档", "API documentation")),
        title = escaped(title),
    )
}

/// A page as an answer.
pub(super) fn answer(revision: Revision, page: String) -> Answer {
    Answer { revision, media_type: "text/html; charset=utf-8", body: Body::from(page) }
}

/// The layers.
pub(super) fn layers<'a>(lang: Lang, layers: impl Iterator<Item = (&'a Layer, u64)>) -> String {
    let table = layer_table(lang, "/collections", layers);
    page(lang, &[], say(lang, "图层", "Layers"), &table)
}

/// Layers, each with a link to what stands under its id at a path.
fn layer_table<'a>(lang: Lang, under: &str, layers: impl Iterator<Item = (&'a Layer, u64)>) -> String {
    let rows: String = layers
        .map(|(layer, count)| {
            let link = anchor(&format!("{under}/{}", layer.id), layer.title.in_lang(lang));
            let description = escaped(layer.description.in_lang(lang));
            format!("<tr><td>{link}</td><td>{count}</td><td>{description}</td></tr>")
        })
        .collect();
    let heads = [say(lang, "图层", "Layer"), say(lang, "要素数", "Features"), say(lang, "说明", "Description")];
    table(&heads, &rows)
}

/// Records of layers; `json` is where the same is for programs.
pub(super) fn records<'a>(lang: Lang, layers: impl Iterator<Item = (&'a Layer, u64)>, json: &str) -> String {
    let table = layer_table(lang, "/collections/layers/items", layers);
    let search = format!(
        "<form action=\"/collections/layers/items\"><input type=\"search\" name=\"q\" aria-label=\"{0}\">\
         <input type=\"hidden\" name=\"f\" value=\"html\"> <button>{0}</button></form>",
        say(lang, "检索", "Search"),
    );
    let body = format!("{search}{table}<p>{}</p>", anchor(json, "GeoJSON"));
    page(lang, &[], say(lang, "图层目录", "Catalogue of layers"), &body)
}

/// Features that stand for a layer on the map of its page.
const SAMPLE: usize = 1_000;

/// One layer: what it is, where it has something, and where to go on.
pub(super) fn layer(lang: Lang, snapshot: &Snapshot, at: usize) -> String {
    let (layer, count) = (&snapshot.catalogue().layers[at], snapshot.count(at));
    let sample = snapshot.select(at, &Query { limit: SAMPLE, ..Query::default() });
    let map = html_map::drawn(lang, snapshot, at, &borrowed(&sample.items));
    let sampled = match (sample.more, lang) {
        (false, _) => String::new(),
        (true, Lang::Zh) => format!("<p>图中为前 {} 个，共 {count} 个。</p>", sample.items.len()),
        (true, Lang::En) => format!("<p>The map shows the first {} of {count}.</p>", sample.items.len()),
    };
    let own = format!("/collections/{}", layer.id);
    let rows: String = layer
        .properties
        .iter()
        .map(|(name, property)| {
            let unit = property.unit.as_deref().unwrap_or_default();
            let title = escaped(property.title.in_lang(lang));
            format!("<tr><td>{title}</td><td><code>{}</code></td><td>{}</td></tr>", escaped(name), escaped(unit))
        })
        .collect();
    let heads = [say(lang, "属性", "Property"), say(lang, "键", "Key"), say(lang, "单位", "Unit")];
    let body = format!(
        "<p>{}</p><p>{} · {} · {}</p>{map}{sampled}{}",
        escaped(layer.description.in_lang(lang)),
        anchor(&format!("{own}/items"), &format!("{} ({count})", say(lang, "要素", "Features"))),
        anchor(&format!("{own}/schema"), say(lang, "属性模式", "Schema")),
        anchor(&format!("/tiles/{}", layer.id), "TileJSON"),
        table(&heads, &rows),
    );
    page(lang, &[], layer.title.in_lang(lang), &body)
}

fn borrowed(items: &[Arc<Item>]) -> Vec<&Item> {
    items.iter().map(AsRef::as_ref).collect()
}

/// The queries of the pages that stand around one.
pub(super) struct Around {
    /// Of the page that goes before.
    pub(super) prev: Option<String>,
    /// Of the page that follows.
    pub(super) next: Option<String>,
}

/// A page of features.
pub(super) fn items(lang: Lang, snapshot: &Snapshot, at: usize, found: &Page, around: &Around) -> String {
    let layer = &snapshot.catalogue().layers[at];
    let own = format!("/collections/{}", layer.id);
    let heads: Vec<&str> = std::iter::once(say(lang, "编号", "Number"))
        .chain(layer.properties.values().map(|property| property.title.in_lang(lang)))
        .collect();
    let mut rows = String::new();
    for item in &found.items {
        let number = anchor(&format!("{own}/items/{}", item.id), &item.id.to_string());
        let values = item.properties();
        let cells: String = layer
            .properties
            .keys()
            .map(|name| format!("<td>{}</td>", shown(lang, layer, name, values.get(name))))
            .collect();
        rows.push_str(&format!("<tr><td>{number}</td>{cells}</tr>"));
    }
    let counted = match lang {
        Lang::Zh => format!("共 {} 个，本页 {} 个。", found.matched, found.items.len()),
        Lang::En => format!("{} in all, {} on this page.", found.matched, found.items.len()),
    };
    let to = |query: &Option<String>, zh, en| Some(anchor(&format!("?{}", query.as_ref()?), say(lang, zh, en)));
    let links = [to(&around.prev, "上一页", "Previous page"), to(&around.next, "下一页", "Next page")];
    let onward = links.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let map = html_map::drawn(lang, snapshot, at, &borrowed(&found.items));
    let title = layer.title.in_lang(lang);
    let body = format!("<p>{counted} {onward}</p>{map}{}<p>{onward}</p>", table(&heads, &rows));
    page(lang, &[(&own, title)], title, &body)
}

/// One feature.
pub(super) fn item(lang: Lang, snapshot: &Snapshot, at: usize, item: &Item) -> String {
    let layer = &snapshot.catalogue().layers[at];
    let own = format!("/collections/{}", layer.id);
    let values = item.properties();
    let named = layer.properties.iter().map(|(name, property)| (name.as_str(), property.title.in_lang(lang)));
    let mut rows: String = named
        .chain([(SYNTHETIC, say(lang, "合成数据", "Synthetic"))])
        .filter(|(name, _)| values.contains_key(*name))
        .map(|(name, title)| {
            format!("<tr><th>{}</th><td>{}</td></tr>", escaped(title), shown(lang, layer, name, values.get(name)))
        })
        .collect();
    let stands = item.representative();
    let place = format!("{:.6}, {:.6}", stands.lon(), stands.lat());
    let village = item.village.map(|code| code.to_string()).unwrap_or_default();
    for (title, value) in [
        (say(lang, "位置（EPSG:4490）", "Position (EPSG:4490)"), place),
        (say(lang, "所在村（社区）", "Village"), village),
        (say(lang, "版本", "Version"), item.version.to_string()),
    ] {
        rows.push_str(&format!("<tr><th>{title}</th><td>{}</td></tr>", escaped(&value)));
    }
    let label = item.property(&layer.label).and_then(|label| label.as_str().map(str::to_owned));
    let title = label.unwrap_or_else(|| item.id.to_string());
    let items = format!("{own}/items");
    let trail = [(own.as_str(), layer.title.in_lang(lang)), (items.as_str(), say(lang, "要素", "Features"))];
    let map = html_map::drawn(lang, snapshot, at, &[item]);
    page(lang, &trail, &title, &format!("{map}{}", table(&[], &rows)))
}

fn table(heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", escaped(head))).collect();
    let head = if heads.is_empty() { String::new() } else { format!("<thead><tr>{heads}</tr></thead>") };
    format!("<table>{head}<tbody>{rows}</tbody></table>")
}

/// A value as people read it: the title of an enumerated one, the unit after a number.
fn shown(lang: Lang, layer: &Layer, name: &str, value: Option<&Value>) -> String {
    let property = layer.properties.get(name);
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::Bool(true)) => say(lang, "是", "yes").to_owned(),
        Some(Value::Bool(false)) => say(lang, "否", "no").to_owned(),
        Some(Value::String(text)) => {
            let known = property.and_then(|property| property.values.iter().find(|known| known.value == *text));
            known.map_or_else(|| text.clone(), |known| known.title.in_lang(lang).to_owned())
        }
        Some(other) => other.to_string(),
    };
    let unit = property.and_then(|property| property.unit.as_deref()).unwrap_or_default();
    escaped(format!("{text} {unit}").trim_end())
}
