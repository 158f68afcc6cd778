//! What may be asked of the features of a layer.

use geo::CoordsIter;
use serde_json::{Map, Value};

use crate::domain::{FeatureId, Geometry, Properties, Version};

/// One thing that is asked, of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The layer's position in the catalogue.
    pub layer: usize,
    /// What is asked.
    pub operation: Operation,
}

/// What is asked of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Make a feature.
    Create {
        /// Where it is.
        geometry: Geometry,
        /// Its values.
        properties: Properties,
    },
    /// Give a feature another content.
    Replace {
        /// Which feature.
        id: FeatureId,
        /// The version the writer saw.
        base: Base,
        /// Where it is from now on.
        geometry: Geometry,
        /// Its values from now on.
        properties: Properties,
    },
    /// Change some of a feature.
    Patch {
        /// Which feature.
        id: FeatureId,
        /// The version the writer saw.
        base: Base,
        /// What changes.
        patch: Patch,
    },
    /// Remove a feature.
    Delete {
        /// Which feature.
        id: FeatureId,
        /// The version the writer saw.
        base: Base,
    },
}

/// The version a writer saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// This one, and no other may be current.
    Version(Version),
    /// Whichever is current; a layer may refuse it.
    Current,
}

/// A change of some members of a feature (RFC 7396, merge patch).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    /// Where it is from now on; none: where it was.
    pub geometry: Option<Geometry>,
    /// Values from now on; null takes a value away.
    pub properties: Map<String, Value>,
}

impl Patch {
    /// The content of a feature after the patch.
    pub fn apply(&self, geometry: &Geometry, properties: &Properties) -> (Geometry, Properties) {
        let mut patched = Value::Object(properties.clone());
        json_patch::merge(&mut patched, &Value::Object(self.properties.clone()));
        let properties = match patched {
            Value::Object(properties) => properties,
            _ => Properties::new(),
        };
        (self.geometry.clone().unwrap_or_else(|| geometry.clone()), properties)
    }
}

impl Operation {
    /// The feature it is about; none of a create.
    pub const fn feature(&self) -> Option<FeatureId> {
        match self {
            Self::Create { .. } => None,
            Self::Replace { id, .. } | Self::Patch { id, .. } | Self::Delete { id, .. } => Some(*id),
        }
    }

    /// The corners of the geometry that it brings.
    pub fn corners(&self) -> usize {
        let geometry = match self {
            Self::Create { geometry, .. } | Self::Replace { geometry, .. } => Some(geometry),
            Self::Patch { patch, .. } => patch.geometry.as_ref(),
            Self::Delete { .. } => None,
        };
        geometry.map_or(0, |geometry| geometry.as_geo().coords_count())
    }

    /// The version the writer saw; of a create there is none to see.
    pub const fn base(&self) -> Base {
        match self {
            Self::Create { .. } => Base::Current,
            Self::Replace { base, .. } | Self::Patch { base, .. } | Self::Delete { base, .. } => *base,
        }
    }
}
