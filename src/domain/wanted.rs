//! Which changes somebody wants to hear of: one filter for pages, streams and webhooks.

use serde::{Deserialize, Serialize};

use super::{Bbox, DivisionCode, LayerId};

/// What a change must be to be told; what is not named does not matter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// In one of these layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<LayerId>>,
    /// In this division, before or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<DivisionCode>,
    /// Touching this box, before or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Bbox>,
    /// Let through by this filter in CQL2 text, before or after; the layers are named then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

impl Wanted {
    /// Whether anything of a layer is wanted.
    pub fn has_layer(&self, layer: &LayerId) -> bool {
        self.layers.as_ref().is_none_or(|layers| layers.contains(layer))
    }

    /// Whether what stands in a village and a box is wanted.
    pub fn has_place(&self, village: Option<DivisionCode>, bbox: Bbox) -> bool {
        self.division.is_none_or(|division| village.is_some_and(|village| division.contains(village)))
            && self.bbox.is_none_or(|wanted| wanted.intersects(bbox))
    }
}
