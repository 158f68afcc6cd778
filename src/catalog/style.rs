//! The MapLibre style of the catalogue: what is declared is what is drawn, and the legend says the
//! same.
//!
//! One vector source for each layer, of the layer's id. Style layers are named `<layer>` (fill, line
//! or marker), `<layer>.outline`, `<layer>.label`, `<layer>.cluster`, `<layer>.cluster-count`, and
//! carry the layer's id as `metadata["platbook:layer"]`. Markers are images named
//! `marker-<shape>-<#rrggbb>`, which the map draws itself when it misses them, so that no sprite and
//! no glyph is ever fetched: labels use the fonts of the system.

use serde_json::{Map, Value, json};

use super::{Catalogue, Layer, Marker, Style};
use crate::domain::{GeometryKind, Lang};

/// The light and the dark map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// 浅色
    Light,
    /// 深色
    Dark,
}

/// Colours of the map itself, from the design language: never more saturated than the data.
struct Ground {
    land: &'static str,
    label: &'static str,
    halo: &'static str,
    count: &'static str,
}

impl Theme {
    const fn ground(self) -> Ground {
        match self {
            Self::Light => Ground { land: "#f6f5f1", label: "#3b4250", halo: "#ffffff", count: "#ffffff" },
            Self::Dark => Ground { land: "#161b22", label: "#c8d0da", halo: "#161b22", count: "#10151c" },
        }
    }

    fn pick<'a>(self, light: &'a str, dark: &'a str) -> &'a str {
        match self {
            Self::Light => light,
            Self::Dark => dark,
        }
    }
}

/// Fonts by their names on the systems people have; no font is ever sent.
const FONTS: [&str; 6] =
    ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans", "sans-serif"];

/// The group of the city's divisions, whose names come first.
const DIVISIONS: &str = "division";

/// The style of some layers, each with whom the map must name beside it.
pub fn style(catalogue: &Catalogue, theme: Theme, lang: Lang, base_url: &str, shown: &[(&Layer, String)]) -> Value {
    let layers: Vec<&Layer> = shown.iter().map(|(layer, _)| *layer).collect();
    let sources: Map<String, Value> = shown
        .iter()
        .map(|(layer, attribution)| (layer.id.to_string(), source(layer, catalogue, base_url, attribution)))
        .collect();
    let mut drawn =
        vec![json!({ "id": "land", "type": "background", "paint": { "background-color": theme.ground().land } })];
    // Clusters stand above all shapes, and labels above the clusters. What is drawn last is placed first:
    // the counts of clusters have their fixed places, and around them townships, then villages, then all
    // others find theirs.
    drawn.extend(layers.iter().flat_map(|layer| shapes(layer, theme)));
    drawn.extend(layers.iter().filter_map(|layer| clusters(layer, theme)));
    let (divisions, others): (Vec<&Layer>, Vec<&Layer>) = layers.iter().partition(|layer| layer.group == DIVISIONS);
    drawn.extend(others.into_iter().chain(divisions).filter_map(|layer| label(layer, theme)));
    drawn.extend(layers.iter().filter_map(|layer| cluster_counts(layer, theme, lang)));
    json!({
        "version": 8,
        "name": catalogue.city.title.in_lang(lang),
        "center": <[f64; 2]>::from(catalogue.city.centre),
        "zoom": 10,
        "sources": sources,
        "layers": drawn,
    })
}

fn source(layer: &Layer, catalogue: &Catalogue, base_url: &str, attribution: &str) -> Value {
    json!({
        "type": "vector",
        "tiles": [format!("{base_url}/tiles/{}/{{z}}/{{x}}/{{y}}", layer.id)],
        "minzoom": layer.zoom.min,
        "maxzoom": layer.zoom.max,
        "bounds": <[f64; 4]>::from(catalogue.city.bounds),
        "attribution": attribution,
    })
}

/// One style layer.
fn part(layer: &Layer, suffix: &str, source_layer: &str, kind: &str, rest: Value) -> Value {
    let id = if suffix.is_empty() { layer.id.to_string() } else { format!("{}.{suffix}", layer.id) };
    let mut part = json!({
        "id": id,
        "type": kind,
        "source": layer.id,
        "source-layer": source_layer,
        "minzoom": layer.zoom.min,
        "metadata": { "platbook:layer": layer.id },
        "layout": { "visibility": if layer.visible { "visible" } else { "none" } },
    });
    if let (Value::Object(part), Value::Object(rest)) = (&mut part, rest) {
        for (key, value) in rest {
            match (part.get_mut(&key), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
                (_, value) => {
                    part.insert(key, value);
                }
            }
        }
    }
    part
}

/// The colour of a feature: that of its class, or the layer's.
fn color(style: &Style, theme: Theme, name: impl Fn(&str) -> String) -> Value {
    let own = name(theme.pick(&style.color, &style.dark));
    match &style.by {
        Some(by) if !style.classes.is_empty() => {
            let mut expression = vec![json!("match"), json!(["get", by])];
            for class in &style.classes {
                expression.push(json!(class.value));
                expression.push(json!(name(theme.pick(&class.color, &class.dark))));
            }
            expression.push(json!(own));
            Value::Array(expression)
        }
        _ => json!(own),
    }
}

/// A size that doubles about every three zooms; `size` holds at zoom 14.
fn by_zoom(size: f64) -> Value {
    json!(["interpolate", ["exponential", 1.3], ["zoom"], 8, size * 0.35, 14, size, 18, size * 3.0])
}

/// The same, wider by a pixel for the feature under the pointer.
fn by_zoom_hovered(size: f64) -> Value {
    let at = |size: f64| when_hovered(size + 1.0, &json!(size));
    json!(["interpolate", ["exponential", 1.3], ["zoom"], 8, at(size * 0.35), 14, at(size), 18, at(size * 3.0)])
}

/// A value for the feature under the pointer, and one for all others. What is selected is ringed by the
/// map itself, above whatever style it draws.
fn when_hovered(hovered: impl Into<Value>, else_: &Value) -> Value {
    json!(["case", ["boolean", ["feature-state", "hover"], false], hovered.into(), else_])
}

fn shapes(layer: &Layer, theme: Theme) -> Vec<Value> {
    let style = &layer.style;
    let plain = |color_of: &str| color_of.to_owned();
    let colored = color(style, theme, plain);
    let id = layer.id.as_str();
    match layer.geometry {
        GeometryKind::Polygon => {
            let fill = json!({ "paint": {
                "fill-color": colored,
                "fill-opacity": when_hovered((style.opacity + 0.1).min(1.0), &json!(style.opacity)),
            }});
            let mut line = json!({ "paint": {
                "line-color": when_hovered(theme.ground().label, &colored),
                "line-width": by_zoom_hovered(style.size),
            }});
            add_dash(&mut line, style);
            let mut parts = vec![part(layer, "", id, "fill", fill)];
            // Fully opaque areas need no outline of their own colour.
            if style.opacity < 1.0 {
                parts.push(part(layer, "outline", id, "line", line));
            }
            parts
        }
        GeometryKind::Line => {
            let mut line = json!({
                "layout": { "line-cap": "round", "line-join": "round" },
                "paint": {
                    "line-color": when_hovered(theme.ground().label, &colored),
                    "line-width": by_zoom_hovered(style.size),
                },
            });
            add_dash(&mut line, style);
            vec![part(layer, "", id, "line", line)]
        }
        GeometryKind::Point if style.marker == Marker::Circle => {
            let circle = json!({
                "filter": ["!", ["has", "cluster"]],
                "paint": {
                    "circle-color": colored,
                    "circle-radius": by_zoom(style.size),
                    "circle-stroke-color": when_hovered(theme.ground().label, &json!(theme.ground().halo)),
                    "circle-stroke-width": when_hovered(1.8, &json!(0.8)),
                },
            });
            vec![part(layer, "", id, "circle", circle)]
        }
        GeometryKind::Point => {
            let shape = marker_name(style.marker);
            let icon = json!({
                "filter": ["!", ["has", "cluster"]],
                "layout": {
                    "icon-image": color(style, theme, |color| format!("marker-{shape}-{color}")),
                    "icon-size": ["interpolate", ["linear"], ["zoom"], 8, style.size / 20.0, 16, style.size / 5.0],
                    "icon-allow-overlap": true,
                    "icon-ignore-placement": true,
                },
            });
            vec![part(layer, "", id, "symbol", icon)]
        }
    }
}

/// The word for a marker in image names.
pub const fn marker_name(marker: Marker) -> &'static str {
    match marker {
        Marker::Circle => "circle",
        Marker::Square => "square",
        Marker::Triangle => "triangle",
        Marker::Diamond => "diamond",
        Marker::Star => "star",
        Marker::Cross => "cross",
    }
}

fn add_dash(line: &mut Value, style: &Style) {
    if !style.dash.is_empty() {
        line["paint"]["line-dasharray"] = json!(style.dash);
    }
}

/// The circles of a layer's clusters, if it has any.
fn clusters(layer: &Layer, theme: Theme) -> Option<Value> {
    layer.cluster.as_ref()?;
    let circle = json!({
        "filter": ["has", "cluster"],
        "paint": {
            "circle-color": theme.pick(&layer.style.color, &layer.style.dark),
            "circle-opacity": 0.82,
            "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "count"]], 0.3, 7, 2, 11, 3, 14, 4, 17, 5, 24],
            "circle-stroke-color": theme.ground().halo,
            "circle-stroke-width": when_hovered(2.0, &json!(1)),
        },
    });
    Some(part(layer, "cluster", layer.id.as_str(), "circle", circle))
}

/// How many a cluster stands for, written into its circle.
fn cluster_counts(layer: &Layer, theme: Theme, lang: Lang) -> Option<Value> {
    /// The room of the circle around the number, pixels: names keep out of it where they can.
    const ROOM: f64 = 6.0;
    layer.cluster.as_ref()?;
    let (large, unit, sign) = match lang {
        Lang::Zh => (10_000, 1_000, "万"),
        Lang::En => (10_000, 100, "k"),
    };
    let tenths = json!(["/", ["round", ["/", ["get", "count"], unit]], 10]);
    let count = json!({
        "filter": ["has", "cluster"],
        "layout": {
            "text-field": ["case", [">=", ["get", "count"], large],
                ["concat", ["to-string", tenths], sign], ["to-string", ["get", "count"]]],
            "text-font": FONTS,
            "text-size": 11,
            "text-padding": ROOM,
            "text-allow-overlap": true,
        },
        "paint": { "text-color": theme.ground().count },
    });
    Some(part(layer, "cluster-count", layer.id.as_str(), "symbol", count))
}

/// The labels of a layer, if it has any.
fn label(layer: &Layer, theme: Theme) -> Option<Value> {
    let from = layer.style.label_from?;
    let ground = theme.ground();
    let (source_layer, placement) = match layer.geometry {
        GeometryKind::Polygon => (format!("{}.label", layer.id), "point"),
        GeometryKind::Line => (layer.id.to_string(), "line"),
        GeometryKind::Point => (layer.id.to_string(), "point"),
    };
    // Divisions higher up are written larger.
    let size = match layer.id.as_str() {
        "city" | "township" => json!(["interpolate", ["linear"], ["zoom"], 8, 12, 10, 14, 13, 16]),
        "place" => json!(13),
        _ => json!(12),
    };
    let mut symbol = json!({
        "minzoom": from,
        "filter": labelled(&layer.style, layer.geometry),
        "layout": {
            "text-field": ["to-string", ["get", layer.label]],
            "text-font": FONTS,
            "text-size": size,
            "text-max-width": 8,
            "symbol-placement": placement,
        },
        "paint": { "text-color": ground.label, "text-halo-color": ground.halo, "text-halo-width": 1.5 },
    });
    if layer.geometry == GeometryKind::Point {
        symbol["layout"]["text-offset"] = json!([0, 0.9]);
        symbol["layout"]["text-anchor"] = json!("top");
    }
    if layer.group == DIVISIONS {
        symbol["layout"]["text-variable-anchor"] = json!(["center", "top", "bottom", "left", "right"]);
        symbol["layout"]["text-radial-offset"] = json!(1.1);
        symbol["paint"]["text-halo-width"] = json!(2);
    }
    if layer.id.as_str() == "township" {
        // A township is always named: beside what stands in its way, and over it where there is no room.
        symbol["layout"]["text-allow-overlap"] = json!(true);
    }
    Some(part(layer, "label", &source_layer, "symbol", symbol))
}

/// Which features carry their label at a zoom.
fn labelled(style: &Style, geometry: GeometryKind) -> Value {
    let mut all = vec![json!("all")];
    if geometry == GeometryKind::Point {
        all.push(json!(["!", ["has", "cluster"]]));
    }
    for later in &style.label_later {
        all.push(json!(["any", ["!=", ["get", later.property], later.value], [">=", ["zoom"], later.from]]));
    }
    Value::Array(all)
}

/// A row of the legend.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LegendRow {
    /// The value of the class; none for the layer as a whole.
    pub value: Option<String>,
    /// What people read.
    pub title: String,
    /// Its colour.
    pub color: String,
}

/// The legend of a layer: a row for each class that is drawn, or one for the whole.
pub fn legend(layer: &Layer, theme: Theme, lang: Lang) -> Vec<LegendRow> {
    let style = &layer.style;
    let declared = style.by.as_ref().and_then(|by| layer.properties.get(by));
    let Some(declared) = declared.filter(|_| !style.classes.is_empty()) else {
        let color = theme.pick(&style.color, &style.dark).to_owned();
        return vec![LegendRow { value: None, title: layer.title.in_lang(lang).to_owned(), color }];
    };
    let row = |class: &super::Class| {
        let title = declared.values.iter().find(|value| value.value == class.value).map(|value| &value.title);
        LegendRow {
            value: Some(class.value.clone()),
            title: title.map_or(class.value.as_str(), |title| title.in_lang(lang)).to_owned(),
            color: theme.pick(&class.color, &class.dark).to_owned(),
        }
    };
    style.classes.iter().map(row).collect()
}
