//! Which layers a request may see: one rule, asked at every door.

use super::{AppState, Problem};
use crate::catalog::{Layer, Sensitivity};
use crate::domain::LayerId;

impl AppState {
    /// Whether a layer may be seen. Sensitive layers hold aggregates only, and the index has already
    /// left their small counts out.
    pub(super) fn may_see(&self, layer: &Layer) -> bool {
        layer.sensitivity != Sensitivity::Internal || self.limits.serve_internal
    }

    /// The position of a layer that exists and may be seen.
    pub(super) fn layer(&self, id: &str) -> Result<usize, Problem> {
        let position = id.parse::<LayerId>().ok().and_then(|id| self.app.catalogue.position(&id));
        let Some(position) = position.filter(|&at| self.may_see(&self.app.catalogue.layers[at])) else {
            // What may not be seen is not said to exist.
            let known: Vec<String> = self.visible_layers().map(|(_, layer)| layer.id.to_string()).collect();
            let id: String = id.chars().take(60).collect();
            return Err(Problem::not_found(
                "layer.not_found",
                format!("没有图层 {id}；可用图层：{}。", known.join("、")),
                format!("There is no layer `{id}`; there are: {}.", known.join(", ")),
            )
            .with("known", known));
        };
        Ok(position)
    }

    /// The layers that may be seen, with their positions.
    pub(super) fn visible_layers(&self) -> impl Iterator<Item = (usize, &Layer)> {
        self.app.catalogue.layers.iter().enumerate().filter(|(_, layer)| self.may_see(layer))
    }
}
