//! The base map: the declared layers that lie under everything else, in colours that stay behind the data.
//!
//! It is drawn as the catalogue draws its layers, from one source, with colours brought back: nothing on it is
//! brighter than what is shown on it.

use serde_json::{Map, Value, json};

use super::style::{Theme, style};
use super::{Catalogue, Layer};
use crate::domain::Lang;

/// A look of the base map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// 浅灰
    Light,
    /// 深色
    Dark,
    /// 叠加于影像: lines and names for a picture of the ground, which is not covered.
    Overlay,
}

/// How much of a colour's difference from grey stays: water is still blue, and no road is as bright as data.
const SATURATION: f64 = 0.45;

impl Flavour {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Overlay];

    /// Its name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Overlay => "overlay",
        }
    }

    /// A colour as this look has it.
    fn mutes(self, [red, green, blue]: [f64; 3]) -> [f64; 3] {
        // ITU-R BT.709: how bright a colour looks.
        let grey = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        // What of the way to the ground's own grey it is brought.
        let (ground, way) = match self {
            Self::Light => (243.0, 0.45),
            Self::Dark => (27.0, 0.45),
            Self::Overlay => (255.0, 0.7),
        };
        [red, green, blue].map(|part| {
            let paler = grey + (part - grey) * SATURATION;
            paler + (ground - paler) * way
        })
    }
}

impl Catalogue {
    /// The layers of the base map, from bottom to top.
    pub fn basemap(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().filter(|layer| layer.basemap)
    }
}

/// The style of the base map with some of its layers; `attribution` is whom it must name.
pub fn basemap_style(
    catalogue: &Catalogue,
    flavour: Flavour,
    lang: Lang,
    base_url: &str,
    (shown, attribution): (&[&Layer], &str),
) -> Value {
    let layers: Vec<(&Layer, String)> = shown.iter().map(|layer| (*layer, String::new())).collect();
    let ids: Vec<&str> = shown.iter().map(|layer| layer.id.as_str()).collect();
    let tiles = format!("{base_url}/tiles/{}/{{z}}/{{x}}/{{y}}", ids.join(","));
    let theme = if flavour == Flavour::Dark { Theme::Dark } else { Theme::Light };
    let mut whole = style(catalogue, theme, lang, "", &layers);
    let zooms = || layers.iter().map(|(layer, _)| layer.zoom);
    let (first, last) = (zooms().map(|zoom| zoom.min).min(), zooms().map(|zoom| zoom.max).max());
    whole["name"] = json!(format!("{} · base-{}", catalogue.city.title.in_lang(lang), flavour.name()));
    whole["sources"] = json!({ "base": {
        "type": "vector", "tiles": [tiles], "minzoom": first.unwrap_or(0), "maxzoom": last.unwrap_or(0),
        "bounds": <[f64; 4]>::from(catalogue.city.bounds), "attribution": attribution,
    } });
    if let Some(drawn) = whole["layers"].as_array_mut() {
        drawn.retain(|layer| flavour != Flavour::Overlay || !covers(layer));
        for layer in drawn {
            let Value::Object(layer) = layer else { continue };
            if layer.contains_key("source") {
                layer.insert("source".to_owned(), json!("base"));
            }
            if let Some(Value::Object(layout)) = layer.get_mut("layout") {
                layout.remove("visibility");
            }
            let is_label = layer.get("type").is_some_and(|kind| kind == "symbol");
            let Some(Value::Object(paint)) = layer.get_mut("paint") else { continue };
            if is_label && flavour == Flavour::Overlay {
                on_a_picture(paint);
            } else if !is_label {
                paint.values_mut().for_each(|value| mute(flavour, value));
            }
        }
    }
    whole
}

/// Whether a part of the style hides what is under it.
fn covers(layer: &Value) -> bool {
    layer["type"] == "background" || layer["type"] == "fill"
}

/// Names that are read on any ground.
fn on_a_picture(paint: &mut Map<String, Value>) {
    paint.insert("text-color".to_owned(), json!("#ffffff"));
    paint.insert("text-halo-color".to_owned(), json!("#1b2430"));
    paint.insert("text-halo-width".to_owned(), json!(2));
}

/// Brings back every colour in a value of the style.
fn mute(flavour: Flavour, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(color) = color_of(text) {
                let [red, green, blue] = flavour.mutes(color).map(|part| part.round().clamp(0.0, 255.0) as u8);
                *text = format!("#{red:02x}{green:02x}{blue:02x}");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| mute(flavour, value)),
        _ => {}
    }
}

/// The red, green and blue of `#rrggbb`.
fn color_of(text: &str) -> Option<[f64; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    Some([16, 8, 0].map(|shift| f64::from((number >> shift) & 0xff)))
}
