//! What somebody is told of a revision: what they want of it, as far as they see it. The same words for
//! pages, streams and webhooks.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::App;
use super::feed::{Notice, Noticed, TILES};
use crate::catalog::Catalogue;
use crate::domain::{Bbox, DivisionCode, LayerId, LayerSight, Revision, Sight, Wanted};
use crate::store::StoreError;
use crate::tiles::{Cover, cover};

/// What one of many listeners is told; those who want and see the same are told the same text.
pub(super) type ToldKey = (Revision, Arc<Sight>, String);

impl App {
    /// What a revision is to somebody, as JSON text; none when nothing of it is for them, or when the log
    /// has no such revision.
    pub async fn told(
        &self,
        sight: &Arc<Sight>,
        wanted: &Wanted,
        revision: Revision,
    ) -> Result<Option<Arc<str>>, Arc<StoreError>> {
        let Some(notice) = self.notice(revision).await? else { return Ok(None) };
        let text = || tell(&self.catalogue, sight, wanted, &notice).map(|told| Arc::from(told.to_string()));
        // Boxes are mostly somebody's own; to remember them would push out what many share.
        if wanted.bbox.is_some() {
            return Ok(text());
        }
        let key = (revision, Arc::clone(sight), serde_json::to_string(wanted).unwrap_or_default());
        Ok(self.feed.told.get_with(key, async { text() }).await)
    }
}

/// A notice as far as it is wanted and seen; none when nothing of it is.
pub fn tell(catalogue: &Catalogue, sight: &Sight, wanted: &Wanted, notice: &Notice) -> Option<Value> {
    let listener = Listener { catalogue, sight, wanted };
    let of_layer = notice.changes.iter().filter(|change| wanted.has_layer(&change.layer));
    let changes: Vec<Value> = of_layer.filter_map(|change| listener.change(change)).collect();
    if changes.is_empty() && notice.is_complete {
        return None;
    }
    let of_layer = notice.tiles.iter().filter(|(layer, _)| wanted.has_layer(layer));
    let tiles: Map<String, Value> = of_layer
        .filter_map(|(layer, cover)| Some((layer.to_string(), listener.tiles(notice, layer, cover)?)))
        .collect();
    if changes.is_empty() && tiles.is_empty() {
        return None;
    }
    Some(json!({
        "revision": notice.revision, "at": notice.at, "actor": notice.actor, "reason": notice.reason,
        "changes": changes, "complete": notice.is_complete, "tiles": tiles,
    }))
}

/// Who is told.
struct Listener<'l> {
    catalogue: &'l Catalogue,
    sight: &'l Sight,
    wanted: &'l Wanted,
}

impl Listener<'_> {
    fn sees(&self, layer: &LayerId, village: Option<DivisionCode>) -> bool {
        self.catalogue.position(layer).is_some_and(|at| self.sight.layer(at).shows(village))
    }

    fn change(&self, change: &Noticed) -> Option<Value> {
        let seen = |place: &&(Option<DivisionCode>, Bbox)| self.sees(&change.layer, place.0);
        let before = change.before.as_ref().filter(seen);
        let after = change.after.as_ref().filter(seen);
        if !before.iter().chain(&after).any(|(village, bbox)| self.wanted.has_place(*village, *bbox)) {
            return None;
        }
        Some(json!({
            "layer": change.layer, "id": change.feature, "kind": change.kind, "version": change.version,
            "village": after.or(before).and_then(|place| place.0),
            "before": before.map(|place| place.1), "after": after.map(|place| place.1),
        }))
    }

    /// The tiles of a layer that changed, as far as the listener may know: where they see some divisions of
    /// it only, the tiles of the changes they see.
    fn tiles(&self, notice: &Notice, id: &LayerId, whole: &Cover) -> Option<Value> {
        let at = self.catalogue.position(id)?;
        match self.sight.layer(at) {
            LayerSight::All => return Some(tiles_json(whole)),
            LayerSight::Nothing => return None,
            // Which of the changes that are not told they see is not known: any tile may be another.
            LayerSight::Divisions(_) if !notice.is_complete => return Some(json!({ "zooms": [], "deeper_than": 0 })),
            LayerSight::Divisions(_) => {}
        }
        let layer = &self.catalogue.layers[at];
        let of_layer = notice.changes.iter().filter(|change| change.layer == *id);
        let places = of_layer.flat_map(|change| change.before.iter().chain(&change.after));
        let seen: Vec<Bbox> = places.filter(|place| self.sees(id, place.0)).map(|(_, bbox)| *bbox).collect();
        (!seen.is_empty()).then(|| tiles_json(&cover(&seen, layer.zoom.min, layer.zoom.max, TILES)))
    }
}

/// Tiles by zoom: `[[zoom, [[column, row], …]], …]`.
fn tiles_json(cover: &Cover) -> Value {
    let mut zooms: Vec<(u8, Vec<[u32; 2]>)> = Vec::new();
    for tile in &cover.tiles {
        match zooms.last_mut() {
            Some((zoom, tiles)) if *zoom == tile.zoom() => tiles.push([tile.column(), tile.row()]),
            _ => zooms.push((tile.zoom(), vec![[tile.column(), tile.row()]])),
        }
    }
    json!({ "zooms": zooms, "deeper_than": cover.deeper_than })
}
