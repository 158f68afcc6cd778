//! Codes that are given here: the next one of a village and street, so that nobody counts or works out check digits.

use crate::catalog::{CodeKind, Layer};
use crate::domain::Draft;
use crate::domain::codes::doorplate::DoorplateCode;
use crate::index::Snapshot;

/// The code of a new feature that brings none; none where the layer's codes are given elsewhere, or nothing says which
/// village it stands in. `is_given` tells codes that the same change set gives.
///
/// A plate is numbered in its street: that of a plate of the same village whose `street`, else whose `compound`, is its
/// own; if there is none, the street's number is the next of the village.
pub(super) fn next_code(
    map: &Snapshot,
    at: usize,
    draft: &Draft,
    is_given: impl Fn(&str) -> bool,
) -> Option<(String, String)> {
    let layer: &Layer = &map.catalogue().layers[at];
    let rule = layer.code.as_ref().filter(|rule| rule.kind == CodeKind::Doorplate)?;
    let brought = draft.properties.get(&rule.property).and_then(|code| code.as_str());
    if brought.is_some_and(|code| !code.is_empty()) {
        return None;
    }
    let village = draft.village?;
    let place = |properties: &dyn Fn(&str) -> Option<String>| properties("street").or_else(|| properties("compound"));
    let own = place(&|name| draft.properties.get(name)?.as_str().map(str::to_owned));
    let (mut last_street, mut street_of_own, mut last_serials) = (0, None, std::collections::BTreeMap::new());
    let index = map.layer(at);
    let around = index.bbox_of_division(village);
    for item in around.into_iter().flat_map(|around| index.in_box(around)) {
        let code = item.property(&rule.property).and_then(|code| code.as_str()?.parse::<DoorplateCode>().ok());
        let Some(code) = code.filter(|code| code.village() == village) else { continue };
        last_street = last_street.max(code.street());
        let serial = last_serials.entry(code.street()).or_insert(0);
        *serial = code.serial().max(*serial);
        if own.is_some() && place(&|name| item.property(name)?.as_str().map(str::to_owned)) == own {
            street_of_own = street_of_own.max(Some(code.street()));
        }
    }
    let street = street_of_own.unwrap_or(last_street + 1);
    let first = last_serials.get(&street).map_or(1, |last| last + 1);
    (first..)
        .map_while(|serial| DoorplateCode::new(village, street, serial).ok())
        .map(|code| code.to_string())
        .find(|code| !is_given(code) && map.by_code(at, code).is_none())
        .map(|code| (rule.property.clone(), code))
}
