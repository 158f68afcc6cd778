//! The rules of editing, held against what stands on the map.

use jiff::civil::Date;
use rayon::prelude::*;

use super::check::{self, Subject};
use super::{Fault, Rules};
use crate::domain::{DivisionCode, Draft, FeatureId, LonLat};
use crate::index::{Item, Snapshot};

/// A feature about which something is to be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// The feature.
    pub feature: FeatureId,
    /// The village it stands in.
    pub village: Option<DivisionCode>,
    /// Where it is.
    pub at: LonLat,
    /// What would stop it from being written.
    pub faults: Vec<Fault>,
    /// What is worth a look.
    pub warnings: Vec<Fault>,
}

/// Looks at every feature of a layer as if it were written now; those about which something is to be said, in order of
/// id. Freshness is told as of `today`.
pub fn inspect(rules: &Rules, map: &Snapshot, layer: usize, today: Date) -> Vec<Inspected> {
    let items = map.all_matching(layer, &crate::index::Query::default());
    items.par_iter().filter_map(|item| inspect_one(rules, map, layer, item, today)).collect()
}

fn inspect_one(rules: &Rules, map: &Snapshot, at: usize, item: &Item, today: Date) -> Option<Inspected> {
    let layer = &rules.catalogue().layers[at];
    let draft = Draft {
        layer: layer.id.clone(),
        geometry: item.geometry(),
        properties: item.properties(),
        village: item.village,
    };
    let subject = Subject { map, at, layer, before: None, draft: &draft, own: Some(item.id), sight: None };
    let faults = check::faults(&subject, rules.validator(at));
    let mut warnings = check::warnings(&subject);
    warnings.extend(check::stale(&subject, today));
    let is_sound = faults.is_empty() && warnings.is_empty();
    (!is_sound).then(|| Inspected {
        feature: item.id,
        village: item.village,
        at: item.representative(),
        faults,
        warnings,
    })
}
