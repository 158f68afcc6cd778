//! Which village a feature is written into.

use crate::domain::{DivisionCode, DivisionLevel, Draft};
use crate::index::Snapshot;

/// The village of a draft: of a village itself its own code, of the divisions above none, of
/// everything else the village that holds its representative position.
pub fn assign_village(snapshot: &Snapshot, draft: &Draft) -> Option<DivisionCode> {
    match draft.layer.as_str() {
        "city" | "township" => None,
        "village" => {
            let code: DivisionCode = draft.properties.get("code")?.as_str()?.parse().ok()?;
            (code.level() == DivisionLevel::Village).then_some(code)
        }
        _ => snapshot.village_at(draft.geometry.representative()),
    }
}
