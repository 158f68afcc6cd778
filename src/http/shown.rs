//! Features of the log as they may be shown apart from the map: their history, a conflict, a change.

use serde_json::{Map, Value, json};

use super::AppState;
use super::caller::Caller;
use crate::catalog::Layer;
use crate::domain::{DivisionCode, Feature, LayerId, Properties};
use crate::edit::differences;
use crate::index::suppress::without_counts;

impl AppState {
    /// Whether a caller sees what stands in a village of a layer.
    pub(super) fn sees(&self, caller: &Caller, layer: &LayerId, village: Option<DivisionCode>) -> bool {
        self.app.catalogue.position(layer).is_some_and(|at| caller.sight.layer(at).shows(village))
    }

    /// A feature of the log in GeoJSON, without the counts of a layer that hides small ones; null where the
    /// caller does not see it.
    pub(super) fn shown(&self, caller: &Caller, feature: Option<&Feature>) -> Value {
        let Some(feature) = feature.filter(|it| self.sees(caller, &it.content.layer, it.content.village)) else {
            return Value::Null;
        };
        let Some(layer) = self.app.catalogue.layer(&feature.content.layer) else { return Value::Null };
        json!({
            "type": "Feature",
            "id": feature.id,
            "geometry": feature.content.geometry.to_geojson(),
            "properties": told(layer, &feature.content.properties),
            "version": feature.version,
            "village": feature.content.village,
        })
    }

    /// The members in which two states of a feature differ, as far as they are shown: all that it has
    /// where one of the states is not there.
    pub(super) fn shown_fields(&self, before: Option<&Feature>, after: Option<&Feature>) -> Vec<String> {
        let Some(layer) = before.or(after).and_then(|one| self.app.catalogue.layer(&one.content.layer)) else {
            return Vec::new();
        };
        let content = |feature: &Feature| (feature.content.geometry.clone(), told(layer, &feature.content.properties));
        match (before.map(content), after.map(content)) {
            (Some(before), Some(after)) => differences((&before.0, &before.1), (&after.0, &after.1)),
            (Some(one), None) | (None, Some(one)) => {
                std::iter::once("geometry".to_owned()).chain(one.1.keys().cloned()).collect()
            }
            (None, None) => Vec::new(),
        }
    }
}

/// Values that may be told apart from the map.
pub(super) fn told(layer: &Layer, properties: &Properties) -> Map<String, Value> {
    let mut properties = properties.clone();
    without_counts(layer, &mut properties);
    properties
}
