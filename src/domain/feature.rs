//! One thing on the map.

use serde::{Deserialize, Serialize};

use super::{DivisionCode, FeatureId, Geometry, LayerId, Revision, Version};

/// The named values of a feature, in the order of the layer's schema.
///
/// An absent value and a null are the same thing, and only the absence is kept.
pub type Properties = serde_json::Map<String, serde_json::Value>;

/// A feature as it is to be: what a create or an update writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The layer it belongs to.
    pub layer: LayerId,
    /// Where it is, EPSG:4490.
    pub geometry: Geometry,
    /// Its values.
    pub properties: Properties,
    /// The village that holds its representative point; none outside every village and for
    /// features larger than a village (the city, townships).
    pub village: Option<DivisionCode>,
}

/// A feature as it stands at a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Its number.
    pub id: FeatureId,
    /// How often it has been written.
    pub version: Version,
    /// The revision that wrote this version.
    pub revision: Revision,
    /// What was written.
    #[serde(flatten)]
    pub content: Draft,
}
