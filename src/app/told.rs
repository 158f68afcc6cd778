//! What somebody is told of a revision: what they want of it, as far as they see it. The same words for
//! pages, streams and webhooks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::App;
use super::feed::{Contents, Notice, Noticed, TILES};
use crate::catalog::schema::queryables;
use crate::catalog::{Catalogue, GEOMETRY, ID, Layer, VILLAGE};
use crate::domain::{Bbox, DivisionCode, Feature, LayerId, LayerSight, Properties, Revision, Sight, Wanted};
use crate::filter::{Filter, FilterError, Kind, Language, Span, Subject, Value as Asked};
use crate::index::suppress::without_counts;
use crate::store::StoreError;
use crate::tiles::{Cover, cover};

/// What one of many listeners is told; those who want and see the same are told the same text.
pub(super) type ToldKey = (Revision, Arc<Sight>, String);

/// What somebody wants to hear of, ready to be asked.
#[derive(Debug)]
pub struct Wish {
    wanted: Wanted,
    filters: BTreeMap<LayerId, Filter>,
    /// The same for all who want the same.
    key: String,
}

/// Why a wish cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// A filter is about the properties of a layer.
    #[error("a filter comes with the layers that it is about")]
    NoLayers,
    /// The filter does not fit a layer.
    #[error("the filter does not fit the layer `{layer}`: {error}")]
    Filter {
        /// The layer.
        layer: LayerId,
        /// What is wrong.
        error: FilterError,
    },
}

impl Wish {
    /// Checks what is wanted against what is declared.
    pub fn new(catalogue: &Catalogue, wanted: Wanted) -> Result<Self, WishError> {
        let mut filters = BTreeMap::new();
        if let Some(text) = &wanted.filter {
            for id in wanted.layers.as_ref().ok_or(WishError::NoLayers)? {
                let Some(layer) = catalogue.layer(id) else { continue };
                let filter = Filter::parse(text, Language::Text, &queryables(layer), &|x, y| Ok((x, y)));
                let filter = filter.map_err(|error| WishError::Filter { layer: id.clone(), error })?;
                filters.insert(id.clone(), filter);
            }
        }
        let key = serde_json::to_string(&wanted).unwrap_or_default();
        Ok(Self { wanted, filters, key })
    }
}

impl App {
    /// What a revision is to somebody, as JSON text; none when nothing of it is for them, or when the log
    /// has no such revision.
    pub async fn told(
        &self,
        sight: &Arc<Sight>,
        wish: &Wish,
        revision: Revision,
    ) -> Result<Option<Arc<str>>, Arc<StoreError>> {
        // Boxes are mostly somebody's own; to remember them would push out what many share.
        if wish.wanted.bbox.is_some() {
            return Ok(self.tell(sight, wish, revision).await?.map(|told| Arc::from(told.to_string())));
        }
        let key = (revision, Arc::clone(sight), wish.key.clone());
        let telling = async {
            let told = self.tell(sight, wish, revision).await?;
            Ok::<_, Arc<StoreError>>(told.map(|told| Arc::from(told.to_string())))
        };
        self.feed.told.try_get_with(key, telling).await.map_err(Arc::unwrap_or_clone)
    }

    /// What a revision is to somebody.
    pub async fn tell(&self, sight: &Sight, wish: &Wish, revision: Revision) -> Result<Option<Value>, Arc<StoreError>> {
        let Some(notice) = self.notice(revision).await? else { return Ok(None) };
        let contents = if wish.filters.is_empty() { None } else { Some(self.contents(revision).await?) };
        let listener = Listener { catalogue: &self.catalogue, sight, wish, contents: contents.as_deref() };
        Ok(listener.told(&notice))
    }
}

/// Who is told.
struct Listener<'l> {
    catalogue: &'l Catalogue,
    sight: &'l Sight,
    wish: &'l Wish,
    /// What the features are before and after; only where the wish asks for it.
    contents: Option<&'l Contents>,
}

impl Listener<'_> {
    /// A notice as far as it is wanted and seen; none when nothing of it is.
    fn told(&self, notice: &Notice) -> Option<Value> {
        let wanted = &self.wish.wanted;
        let of_layer = notice.changes.iter().filter(|change| wanted.has_layer(&change.layer));
        let changes: Vec<Value> = of_layer.filter_map(|change| self.change(change)).collect();
        if changes.is_empty() && notice.is_complete {
            return None;
        }
        let of_layer = notice.tiles.iter().filter(|(layer, _)| wanted.has_layer(layer));
        let tiles: Map<String, Value> = of_layer
            .filter_map(|(layer, cover)| Some((layer.to_string(), self.tiles(notice, layer, cover)?)))
            .collect();
        if changes.is_empty() && tiles.is_empty() {
            return None;
        }
        Some(json!({
            "revision": notice.revision, "at": notice.at, "actor": notice.actor, "reason": notice.reason,
            "changes": changes, "complete": notice.is_complete, "tiles": tiles,
        }))
    }

    fn sees(&self, layer: &LayerId, village: Option<DivisionCode>) -> bool {
        self.catalogue.position(layer).is_some_and(|at| self.sight.layer(at).shows(village))
    }

    fn change(&self, change: &Noticed) -> Option<Value> {
        let seen = |place: &&(Option<DivisionCode>, Bbox)| self.sees(&change.layer, place.0);
        let before = change.before.as_ref().filter(seen);
        let after = change.after.as_ref().filter(seen);
        let is_wanted = |(village, bbox): &(Option<DivisionCode>, Bbox), is_after: bool| {
            self.wish.wanted.has_place(*village, *bbox) && self.is_let_through(change, is_after)
        };
        if !before.is_some_and(|place| is_wanted(place, false)) && !after.is_some_and(|place| is_wanted(place, true)) {
            return None;
        }
        Some(json!({
            "layer": change.layer, "id": change.feature, "kind": change.kind, "version": change.version,
            "village": after.or(before).and_then(|place| place.0),
            "before": before.map(|place| place.1), "after": after.map(|place| place.1),
        }))
    }

    /// Whether the filter lets a feature through as it was, or as it is.
    fn is_let_through(&self, change: &Noticed, is_after: bool) -> bool {
        let Some(contents) = self.contents else { return true };
        let (Some(filter), Some(layer)) = (self.wish.filters.get(&change.layer), self.catalogue.layer(&change.layer))
        else {
            return false;
        };
        let feature = if is_after { contents.after.get(&change.feature) } else { contents.before.get(&change.feature) };
        feature.is_some_and(|feature| filter.lets_through(&Shown::of(layer, feature)))
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

/// A feature of the log as a filter may ask about it: without the counts of a layer that hides small ones.
struct Shown<'f> {
    feature: &'f Feature,
    properties: Cow<'f, Properties>,
}

impl<'f> Shown<'f> {
    fn of(layer: &Layer, feature: &'f Feature) -> Self {
        let mut properties = Cow::Borrowed(&feature.content.properties);
        if layer.counts_hidden_below() > 0 {
            without_counts(layer, properties.to_mut());
        }
        Self { feature, properties }
    }
}

impl Subject for Shown<'_> {
    fn value(&self, name: &str, kind: Kind) -> Asked<'_> {
        match name {
            GEOMETRY => return Asked::Geometry(Cow::Borrowed(self.feature.content.geometry.as_geo())),
            ID => return Asked::Number(self.feature.id.get() as f64),
            VILLAGE => {
                let village = self.feature.content.village;
                return village.map_or(Asked::Null, |village| Asked::text(village.to_string()));
            }
            _ => {}
        }
        match (self.properties.get(name), kind) {
            (Some(Value::String(text)), Kind::Date) => Span::day(text).map_or(Asked::Null, Asked::Span),
            (Some(Value::String(text)), Kind::Timestamp) => Span::instant(text).map_or(Asked::Null, Asked::Span),
            (Some(Value::String(text)), _) => Asked::text(text.as_str()),
            (Some(Value::Number(number)), _) => number.as_f64().map_or(Asked::Null, Asked::Number),
            (Some(Value::Bool(yes)), _) => Asked::Bool(*yes),
            _ => Asked::Null,
        }
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
