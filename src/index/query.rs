//! Questions to a snapshot: pages of a layer, and what is nearest.

use std::sync::Arc;

use geo::{Closest, ClosestPoint};

use super::Snapshot;
use super::item::{Item, Shape};
use crate::domain::{Bbox, DivisionCode, FeatureId, LonLat};

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
    /// Only ids above this one: where the last page ended.
    pub after: Option<FeatureId>,
    /// How many at the most.
    pub limit: usize,
}

/// One page of an answer, in order of id.
#[derive(Debug)]
pub struct Page {
    /// The features.
    pub items: Vec<Arc<Item>>,
    /// How many match in all, `after` and `limit` left aside.
    pub matched: u64,
    /// Whether more follow the last of `items`.
    pub more: bool,
}

impl Snapshot {
    /// A page of the features that match.
    pub fn select(&self, layer: usize, query: &Query) -> Page {
        let index = self.layer(layer);
        let scope = query.bbox.into_iter().chain(query.polygon.as_ref().map(bbox_of)).reduce(narrower);
        let is_match = |item: &Item| matches(item, query);
        if let Some(scope) = scope.or_else(|| query.division.and_then(|code| self.bbox_of_division(code))) {
            let mut found: Vec<&Arc<Item>> = index.in_box(scope).filter(|item| is_match(item)).collect();
            let matched = found.len() as u64;
            found.retain(|item| query.after.is_none_or(|after| item.id > after));
            let more = found.len() > query.limit;
            if more && query.limit > 0 {
                found.select_nth_unstable_by_key(query.limit - 1, |item| item.id);
            }
            found.truncate(query.limit);
            found.sort_unstable_by_key(|item| item.id);
            return Page { items: found.into_iter().map(Arc::clone).collect(), matched, more };
        }
        let everything = query.division.is_none() && query.properties.is_empty();
        let mut following = self
            .features_after(query.after)
            .filter(|(stands_in, item)| *stands_in == layer && is_match(item))
            .map(|(_, item)| item);
        let items: Vec<_> = following.by_ref().take(query.limit).map(Arc::clone).collect();
        let more = following.next().is_some();
        let matched = if everything {
            index.count()
        } else {
            self.features_after(None).filter(|(stands_in, item)| *stands_in == layer && is_match(item)).count() as u64
        };
        Page { items, matched, more }
    }

    /// The box of a division, if its polygon is on the map.
    fn bbox_of_division(&self, code: DivisionCode) -> Option<Bbox> {
        let name = match code.level() {
            crate::domain::DivisionLevel::City => "city",
            crate::domain::DivisionLevel::Township => "township",
            crate::domain::DivisionLevel::Village => "village",
        };
        let layer = self.catalogue().layers.iter().position(|layer| layer.id.as_str() == name)?;
        self.by_code(layer, &code.to_string()).map(|item| item.bbox())
    }

    /// The features nearest to a position, nearest first, with the distance in metres; at most
    /// `limit` of them within `within_m`. Areas that hold the position are at distance 0.
    ///
    /// Distances are those of the mean-latitude formula, which over 100 km is within 0.1 % of the
    /// geodesic.
    pub fn nearest(&self, layer: usize, at: LonLat, limit: usize, within_m: f64) -> Vec<(f64, Arc<Item>)> {
        const FIRST_RADIUS_M: f64 = 200.0;
        let around = Around::new(at);
        let index = self.layer(layer);
        let mut radius = FIRST_RADIUS_M.min(within_m);
        loop {
            let mut found: Vec<(f64, &Arc<Item>)> = index
                .in_box(around.box_around(radius))
                .map(|item| (around.distance_m(item), item))
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

fn matches(item: &Item, query: &Query) -> bool {
    query.bbox.is_none_or(|bbox| item.touches_box(bbox))
        && query.division.is_none_or(|division| item.village.is_some_and(|village| division.contains(village)))
        && query.properties.iter().all(|(name, text)| item.property(name).is_some_and(|value| says(&value, text)))
        && query.polygon.as_ref().is_none_or(|polygon| item.touches(polygon))
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

/// The box that two boxes have in common; the first of them if they share nothing.
fn narrower(a: Bbox, b: Bbox) -> Bbox {
    a.common(b).unwrap_or(a)
}

/// Metres east and north of a position, degrees taken at the mean latitude of both ends on the GRS80
/// ellipsoid.
struct Around {
    origin: LonLat,
    metres_per_degree_north: f64,
}

/// GRS80, the ellipsoid of CGCS2000: semi-major axis, metres.
const SEMI_MAJOR_M: f64 = 6_378_137.0;
/// GRS80: squared eccentricity.
const ECCENTRICITY_2: f64 = 0.006_694_380_022_90;

fn metres_per_degree_east(lat_deg: f64) -> f64 {
    let lat = lat_deg.to_radians();
    let prime_vertical_m = SEMI_MAJOR_M / (1.0 - ECCENTRICITY_2 * lat.sin().powi(2)).sqrt();
    (prime_vertical_m * lat.cos()).to_radians().max(1.0)
}

impl Around {
    fn new(origin: LonLat) -> Self {
        let w2 = 1.0 - ECCENTRICITY_2 * origin.lat().to_radians().sin().powi(2);
        let meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / w2.powf(1.5);
        Self { origin, metres_per_degree_north: meridian_m.to_radians() }
    }

    /// A box that holds the circle.
    fn box_around(&self, radius_m: f64) -> Bbox {
        let north = radius_m / self.metres_per_degree_north * 1.01;
        let (lon, lat) = (self.origin.lon(), self.origin.lat());
        let east = radius_m / metres_per_degree_east((lat.abs() + north).min(90.0));
        Bbox::new((lon - east).max(-180.0), (lat - north).max(-90.0), (lon + east).min(180.0), (lat + north).min(90.0))
            .unwrap_or(Bbox::WORLD)
    }

    fn metres(&self, lon: f64, lat: f64) -> geo_types::Coord<f64> {
        let east = metres_per_degree_east(f64::midpoint(lat, self.origin.lat()));
        geo_types::Coord {
            x: (lon - self.origin.lon()) * east,
            y: (lat - self.origin.lat()) * self.metres_per_degree_north,
        }
    }

    fn distance_m(&self, item: &Item) -> f64 {
        let from_origin = |at: geo_types::Coord<f64>| at.x.hypot(at.y);
        match item.shape() {
            Shape::Point(at) => from_origin(self.metres(at.lon(), at.lat())),
            Shape::Outline(_) if item.covers(self.origin) => 0.0,
            Shape::Outline(outline) => {
                use geo::MapCoords;
                let flat = outline.geometry().as_geo().map_coords(|at| self.metres(at.x, at.y));
                match flat.closest_point(&geo_types::Point::new(0.0, 0.0)) {
                    Closest::Intersection(at) | Closest::SinglePoint(at) => from_origin(at.0),
                    Closest::Indeterminate => f64::INFINITY,
                }
            }
        }
    }
}
