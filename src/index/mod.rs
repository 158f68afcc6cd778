//! The spatial index: the newest map held in memory, as immutable snapshots.
//!
//! A [`Snapshot`] is the whole map at one revision. Each layer is cut into the 1′ cells of the
//! BeiDou grid (GB/T 39409); each cell holds a bulk-loaded R-tree behind an `Arc`. Applying a commit
//! rebuilds the cells it touches and shares all others, so readers never lock and never see half a
//! change. Pure values: no task, no clock, no store.

use std::sync::Arc;

use crate::catalog::Catalogue;
use crate::domain::{Bbox, Commit, DivisionCode, Feature, FeatureId, Geometry, LonLat, Properties, Revision, Version};

/// The map at one revision.
#[derive(Clone)]
pub struct Snapshot {
    catalogue: Arc<Catalogue>,
}

/// A feature as the index holds it.
pub struct Item {
    /// Its number.
    pub id: FeatureId,
    /// How often it has been written.
    pub version: Version,
    /// The revision that wrote it.
    pub revision: Revision,
    /// The village that holds it.
    pub village: Option<DivisionCode>,
}

impl Item {
    /// Where it is.
    pub fn geometry(&self) -> Geometry {
        unimplemented!()
    }

    /// The box around it.
    pub fn bbox(&self) -> Bbox {
        unimplemented!()
    }

    /// Its values that may be shown, in schema order; hidden small counts are absent.
    pub fn properties(&self) -> Properties {
        unimplemented!()
    }

    /// Appends the values that may be shown as a JSON object, without building a tree of values.
    pub fn write_properties(&self, _out: &mut Vec<u8>) {
        unimplemented!()
    }

    /// One value.
    pub fn property(&self, _name: &str) -> Option<serde_json::Value> {
        unimplemented!()
    }
}

/// What is asked of one layer. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Touches this box.
    pub bbox: Option<Bbox>,
    /// Touches this polygon.
    pub polygon: Option<geo_types::MultiPolygon<f64>>,
    /// Stands in this division.
    pub division: Option<DivisionCode>,
    /// Has these values; a property and the text of its value.
    pub properties: Vec<(String, String)>,
    /// Only ids above this one: where the last page ended.
    pub after: Option<FeatureId>,
    /// How many at the most.
    pub limit: usize,
}

/// One page of an answer, in order of id.
pub struct Page {
    /// The features.
    pub items: Vec<Arc<Item>>,
    /// How many match in all, `after` and `limit` left aside.
    pub matched: u64,
    /// Whether more follow the last of `items`.
    pub more: bool,
}

impl Snapshot {
    /// The map of an empty log.
    pub fn empty(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue }
    }

    /// The map after more commits, which must follow this snapshot's revision in order.
    pub fn apply(&self, _commits: &[Commit]) -> Self {
        unimplemented!()
    }

    /// The map of a scanned store.
    pub fn build(_catalogue: Arc<Catalogue>, _features: Vec<Feature>, _revision: Revision) -> Self {
        unimplemented!()
    }

    /// Its place in the log.
    pub fn revision(&self) -> Revision {
        unimplemented!()
    }

    /// What is declared. Layers are named by their position in `catalogue().layers`.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// How many features a layer has.
    pub fn count(&self, _layer: usize) -> u64 {
        unimplemented!()
    }

    /// The newest revision that touched a layer.
    pub fn layer_revision(&self, _layer: usize) -> Revision {
        unimplemented!()
    }

    /// The box around a layer; none when it is empty.
    pub fn extent(&self, _layer: usize) -> Option<Bbox> {
        unimplemented!()
    }

    /// A feature and the layer it stands in.
    pub fn feature(&self, _id: FeatureId) -> Option<(usize, Arc<Item>)> {
        unimplemented!()
    }

    /// The feature of a layer with this code.
    pub fn by_code(&self, _layer: usize, _code: &str) -> Option<Arc<Item>> {
        unimplemented!()
    }

    /// A page of the features that match.
    pub fn select(&self, _layer: usize, _query: &Query) -> Page {
        unimplemented!()
    }

    /// The features nearest to a position, with their distance in metres, nearest first.
    pub fn nearest(&self, _layer: usize, _at: LonLat, _limit: usize, _within_m: f64) -> Vec<(f64, Arc<Item>)> {
        unimplemented!()
    }

    /// The village of a position.
    pub fn village_at(&self, _at: LonLat) -> Option<DivisionCode> {
        unimplemented!()
    }
}
