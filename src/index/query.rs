//! Questions to a snapshot: pages of a layer, and what is nearest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Snapshot;
use super::cell::Cell;
use super::item::{Item, Shape};
use super::sort::{self, Edge, SortKey};
use crate::catalog::VILLAGE;
use crate::domain::{Bbox, DivisionCode, FeatureId, LonLat};
use crate::filter::Filter;
use crate::geodesy::around::Around;

/// Tells a question that nobody waits for its answer any more; then it ends, with whatever it has.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the question.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is asked of one layer. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Touches this box.
    pub bbox: Option<Bbox>,
    /// Touches this area.
    pub polygon: Option<geo_types::MultiPolygon<f64>>,
    /// Stands in this division.
    pub division: Option<DivisionCode>,
    /// Has these values; a property and the text of its value.
    pub properties: Vec<(String, String)>,
    /// Has these words in its texts, each in any of them, whatever their case.
    pub words: Vec<String>,
    /// Is let through by this filter.
    pub filter: Option<Arc<Filter>>,
    /// In this order; none: in order of id.
    pub sort: Vec<SortKey>,
    /// Only what lies on one side of a place in that order: where another page ended.
    pub edge: Option<Edge>,
    /// How many at the most.
    pub limit: usize,
    /// Ends it before its time.
    pub stop: Stop,
}

/// One page of an answer, in the order that was asked for.
#[derive(Debug)]
pub struct Page {
    /// The features.
    pub items: Vec<Arc<Item>>,
    /// How many match in all, `edge` and `limit` left aside.
    pub matched: u64,
    /// Whether more follow the last of `items`, or, on a page before an edge, lie before the first.
    pub more: bool,
}

impl Snapshot {
    /// A page of the features that match.
    pub fn select(&self, layer: usize, query: &Query) -> Page {
        let everything = query.bbox.is_none()
            && query.polygon.is_none()
            && query.division.is_none()
            && query.properties.is_empty()
            && query.words.is_empty()
            && query.filter.is_none();
        if everything && query.sort.is_empty() {
            return self.page_of_all(layer, query);
        }
        let found = self.matching(layer, query);
        let matched = found.len() as u64;
        let (items, more) = sort::page(found, &query.sort, query.edge.as_ref(), query.limit);
        Page { items, matched, more }
    }

    /// All features that match, in order of id or as `query` has it; `edge` and `limit` are left aside.
    pub fn all_matching(&self, layer: usize, query: &Query) -> Vec<Arc<Item>> {
        let mut found = self.matching(layer, query);
        if query.sort.is_empty() {
            found.sort_unstable_by_key(|item| item.id);
            return found;
        }
        let all = found.len();
        sort::page(found, &query.sort, None, all).0
    }

    /// All features that match, in no order; `edge` and `limit` are left aside.
    pub fn matching(&self, layer: usize, query: &Query) -> Vec<Arc<Item>> {
        let is_match = |item: &Item| matches(item, query);
        if let Some(found) = self.by_codes_of(layer, query) {
            return found.into_iter().filter(|item| is_match(item)).collect();
        }
        let index = self.layer(layer);
        let filter = query.filter.as_deref();
        let mut boxes = vec![query.bbox, query.polygon.as_ref().map(bbox_of), filter.and_then(scope_of)];
        for division in query.division.into_iter().chain(filter.and_then(only_division)) {
            let Some(bbox) = index.bbox_of_division(division) else { return Vec::new() };
            boxes.push(Some(bbox));
        }
        // What touches two boxes need not touch what these have in common.
        let scope = boxes.into_iter().flatten().min_by(|a, b| a.size().total_cmp(&b.size())).unwrap_or(Bbox::WORLD);
        let waited_for = index.in_box(scope).take_while(|_| !query.stop.is_told());
        waited_for.filter(|item| is_match(item)).map(Arc::clone).collect()
    }

    /// The features whose codes are the only ones that a filter lets through.
    fn by_codes_of(&self, layer: usize, query: &Query) -> Option<Vec<Arc<Item>>> {
        let property = &self.catalogue().layers[layer].code.as_ref()?.property;
        let mut codes = query.filter.as_ref()?.only_values(property)?;
        codes.sort_unstable();
        codes.dedup();
        Some(codes.into_iter().filter_map(|code| self.by_code(layer, code)).collect())
    }

    fn page_of_all(&self, layer: usize, query: &Query) -> Page {
        let (items, more) = match &query.edge {
            Some(Edge::Before(place)) => {
                let (mut items, more) = taken(self.features_before(place.id), layer, query.limit);
                items.reverse();
                (items, more)
            }
            edge => taken(self.features_after(edge.as_ref().map(|edge| edge.place().id)), layer, query.limit),
        };
        Page { items, matched: self.layer(layer).count(), more }
    }

    /// A feature near a position, within some metres, other than `own`: the nearest of those that are met first. Where
    /// many stand at one place it is enough to know of one.
    pub fn near(&self, layer: usize, at: LonLat, within_m: f64, own: Option<FeatureId>) -> Option<(f64, Arc<Item>)> {
        const LOOKED_AT: usize = 64;
        let around = Around::new(at);
        let others = self.layer(layer).in_box(around.box_around(within_m)).filter(|item| Some(item.id) != own);
        let near = others.map(|item| (distance_m(&around, item), item)).filter(|(distance, _)| *distance <= within_m);
        let nearest = near.take(LOOKED_AT).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.id.cmp(&b.1.id)));
        nearest.map(|(distance, item)| (distance, Arc::clone(item)))
    }

    /// The features nearest to a position, nearest first, with the distance in metres; at most
    /// `limit` of them within `within_m`. Areas that hold the position are at distance 0.
    ///
    /// Distances are those of [`Around`].
    pub fn nearest(&self, layer: usize, at: LonLat, limit: usize, within_m: f64) -> Vec<(f64, Arc<Item>)> {
        const FIRST_RADIUS_M: f64 = 200.0;
        let around = Around::new(at);
        let index = self.layer(layer);
        let mut radius = FIRST_RADIUS_M.min(within_m);
        loop {
            let mut found: Vec<(f64, &Arc<Item>)> = index
                .in_box(around.box_around(radius))
                .map(|item| (distance_m(&around, item), item))
                .filter(|(distance, _)| *distance <= radius)
                .collect();
            if found.len() >= limit || radius >= within_m {
                found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.id.cmp(&b.1.id)));
                found.truncate(limit);
                return found.into_iter().map(|(distance, item)| (distance, Arc::clone(item))).collect();
            }
            radius = (radius * 4.0).min(within_m);
        }
    }
}

/// The first so many that stand in a layer, and whether there are more.
fn taken<'i>(all: impl Iterator<Item = (usize, &'i Arc<Item>)>, layer: usize, limit: usize) -> (Vec<Arc<Item>>, bool) {
    let mut of_layer = all.filter(|(stands_in, _)| *stands_in == layer).map(|(_, item)| item);
    let items: Vec<_> = of_layer.by_ref().take(limit).map(Arc::clone).collect();
    (items, of_layer.next().is_some())
}

fn matches(item: &Item, query: &Query) -> bool {
    query.bbox.is_none_or(|bbox| item.touches_box(bbox))
        && query.division.is_none_or(|division| item.village.is_some_and(|village| division.contains(village)))
        && query.properties.iter().all(|(name, text)| item.property(name).is_some_and(|value| says(&value, text)))
        && query.polygon.as_ref().is_none_or(|polygon| item.touches(polygon))
        && query.words.iter().all(|word| has_word(item, word))
        && query.filter.as_ref().is_none_or(|filter| filter.lets_through(item))
}

/// Whether one of its texts has a word in it; the word is in lower case.
fn has_word(item: &Item, word: &str) -> bool {
    item.cells().any(|(_, cell)| match cell {
        // Most texts are Chinese and have no case.
        Cell::Text(text) => text.contains(word) || text.to_lowercase().contains(word),
        _ => false,
    })
}

/// The only village that a filter lets through, if it names one.
fn only_division(filter: &Filter) -> Option<DivisionCode> {
    match filter.only_values(VILLAGE)?[..] {
        [code] => code.parse().ok(),
        _ => None,
    }
}

/// The box of a filter, as far as there are positions in it.
fn scope_of(filter: &Filter) -> Option<Bbox> {
    let rect = filter.scope()?;
    let (min, max) = (rect.min(), rect.max());
    let lon = |lon: f64| lon.clamp(-180.0, 180.0);
    let lat = |lat: f64| lat.clamp(-90.0, 90.0);
    Bbox::new(lon(min.x), lat(min.y), lon(max.x), lat(max.y)).ok()
}

/// Whether a value is written as `text`.
fn says(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(own) => own == text,
        serde_json::Value::Number(own) => {
            own.to_string() == text || text.parse::<f64>().is_ok_and(|number| own.as_f64() == Some(number))
        }
        serde_json::Value::Bool(own) => text == if *own { "true" } else { "false" },
        _ => false,
    }
}

fn bbox_of(area: &geo_types::MultiPolygon<f64>) -> Bbox {
    use geo::BoundingRect;
    area.bounding_rect()
        .and_then(|rect| Bbox::new(rect.min().x, rect.min().y, rect.max().x, rect.max().y).ok())
        .unwrap_or(Bbox::WORLD)
}

fn distance_m(around: &Around, item: &Item) -> f64 {
    match item.shape() {
        Shape::Point(at) => around.distance_to(*at),
        Shape::Outline(outline) => around.distance_m(outline.geometry().as_geo()),
    }
}
