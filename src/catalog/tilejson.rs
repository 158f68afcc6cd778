//! What TileJSON 3.0 says of the layers of a tile set; archives of tiles say the same.

use serde_json::{Map, Value, json};

use super::Layer;
use crate::domain::Lang;

/// The member `vector_layers`.
pub fn vector_layers<'a>(layers: impl IntoIterator<Item = &'a Layer>, lang: Lang) -> Vec<Value> {
    let described = |layer: &Layer| {
        let fields: Map<String, Value> = layer
            .properties
            .iter()
            .filter(|(_, property)| property.tile)
            .map(|(name, property)| (name.clone(), property.title.in_lang(lang).into()))
            .collect();
        json!({
            "id": layer.id,
            "description": layer.title.in_lang(lang),
            "fields": fields,
            "minzoom": layer.zoom.min,
            "maxzoom": layer.zoom.max,
        })
    };
    layers.into_iter().map(described).collect()
}
