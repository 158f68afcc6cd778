//! What exists is declared, not coded: the city, its departments, its layers,
//! the roles of its people.
//!
//! The files stand under `data/catalog/`; [`Catalogue::load`] reads and checks them at start, and an
//! error names file, line, key and what was expected. Adding a layer is adding a file.

pub mod basemap;
mod check;
pub mod divisions;
mod faults;
mod layer;
mod load;
pub mod published;
mod role;
pub mod schema;
pub mod style;
pub mod tilejson;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use faults::PropertyFault;
pub use layer::{
    Class, Cluster, CodeKind, CodeRule, Edits, EndsOn, EnumValue, Fresh, Governance, Inside, Layer, Marker, Property,
    PropertyType, Sensitivity, Style, Zooms,
};

pub use load::{CatalogueError, Fault, Files};
pub use role::{Role, Roles};

use crate::domain::{Bbox, Bilingual, DivisionCode, LayerId, LonLat};

/// The id of the catalogue of layers among collections; no layer may have it.
pub const LAYERS: &str = "layers";

/// The property every feature may have: true when the demo made it.
pub const SYNTHETIC: &str = "synthetic";

/// The names under which a filter asks for what every feature has: where it is, its number, its village.
pub const GEOMETRY: &str = "geometry";
/// Its number.
pub const ID: &str = "id";
/// The village that holds it.
pub const VILLAGE: &str = "village";

/// Everything that is declared about one city.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The city itself.
    pub city: City,
    /// Groups of the layer tree, in order.
    pub groups: IndexMap<String, Group>,
    /// Departments that own layers or deliver data, by id.
    pub departments: IndexMap<String, Department>,
    /// What somebody may do, by role.
    pub roles: Roles,
    /// The enabled layers, in drawing order from bottom to top. [`LayerIndex`](crate::index) speaks
    /// of a layer by its position here.
    pub layers: Vec<Layer>,
    /// Layers declared but off.
    pub disabled: Vec<Layer>,
    /// A digest of all the files: two catalogues with the same digest draw and check alike.
    pub digest: u64,
}

/// The city on the map.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Its code, six digits.
    pub code: DivisionCode,
    /// Its name.
    pub title: Bilingual,
    /// The box around it, EPSG:4490 degrees.
    pub bounds: Bbox,
    /// Where the map opens.
    pub centre: LonLat,
    /// The central meridian of its Gauss–Krüger zone, degrees east; 114 for EPSG:4547.
    pub central_meridian_deg: f64,
    /// Who must be named wherever the map is drawn (the boundary's 审图号, OpenStreetMap…).
    pub attribution: Bilingual,
}

/// A heading of the layer tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub title: Bilingual,
}

/// A department of the city.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Its name.
    pub title: Bilingual,
}

impl Catalogue {
    /// How many layers can be declared: a set of layers is one 128-bit number.
    pub const MOST_LAYERS: usize = 128;

    /// The position of an enabled layer.
    pub fn position(&self, id: &LayerId) -> Option<usize> {
        self.layers.iter().position(|layer| layer.id == *id)
    }

    /// An enabled layer.
    pub fn layer(&self, id: &LayerId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == *id)
    }
}
