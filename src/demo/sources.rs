//! The data that the city is built on, as texts, and the reading of them.

use std::collections::BTreeMap;

use geo_types::{Coord, LineString, Polygon};
use serde::Deserialize;

use crate::domain::{DivisionCode, Geometry};

use super::DemoError;
use super::plane::Pt;

/// The texts of the data files; the caller reads them.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The city's outline: GeoJSON with one polygon (`data/divisions/boundary.geojson`).
    pub boundary: &'a str,
    /// The synthetic townships: GeoJSON (`data/divisions/townships-synthetic.geojson`).
    pub townships: &'a str,
    /// The village list of 2023: CSV (`data/divisions/villages-2023.csv`).
    pub villages: &'a str,
    /// Courses of rivers: GeoJSON lines with a `name` (`data/basemap/rivers.geojson`).
    pub rivers: &'a str,
    /// Township seats: GeoJSON points with a `township_code` (`data/basemap/places.geojson`).
    pub places: &'a str,
}

/// A row of the village list.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct VillageRow {
    pub(super) code: DivisionCode,
    pub(super) name: String,
    pub(super) township_code: DivisionCode,
    pub(super) township_name: String,
    pub(super) list_date: String,
}

/// A township as given.
pub(super) struct TownshipShape {
    pub(super) code: DivisionCode,
    pub(super) name: String,
    pub(super) seed: Pt,
    /// Polygons of rings, unclosed, degrees.
    pub(super) polygons: Vec<Vec<Vec<Coord<f64>>>>,
}

/// The outline of the city as given.
pub(super) struct Outline {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) geometry: Geometry,
    pub(super) polygon: Polygon<f64>,
}

fn broken(file: &'static str, detail: &dyn std::fmt::Display) -> DemoError {
    DemoError::Source { file, detail: detail.to_string() }
}

fn features(file: &'static str, text: &str) -> Result<Vec<geojson::Feature>, DemoError> {
    let collection: geojson::FeatureCollection = text.parse().map_err(|error| broken(file, &error))?;
    Ok(collection.features)
}

fn text_of(file: &'static str, feature: &geojson::Feature, key: &str) -> Result<String, DemoError> {
    let value = feature.property(key).and_then(|value| value.as_str());
    value.map(str::to_owned).ok_or_else(|| broken(file, &format!("a feature has no text `{key}`")))
}

fn shape(file: &'static str, feature: &geojson::Feature) -> Result<geo_types::Geometry<f64>, DemoError> {
    let geometry = feature.geometry.clone().ok_or_else(|| broken(file, &"a feature has no geometry"))?;
    geo_types::Geometry::try_from(geometry).map_err(|error| broken(file, &error))
}

pub(super) fn outline(text: &str) -> Result<Outline, DemoError> {
    const FILE: &str = "city boundary";
    let found = features(FILE, text)?;
    let feature = found.first().ok_or_else(|| broken(FILE, &"it holds no feature"))?;
    let geometry = shape(FILE, feature)?;
    let geo_types::Geometry::Polygon(polygon) = &geometry else {
        return Err(broken(FILE, &"its first feature is no Polygon"));
    };
    Ok(Outline {
        name: text_of(FILE, feature, "name")?,
        source: text_of(FILE, feature, "source")?,
        polygon: polygon.clone(),
        geometry: Geometry::new(geometry)?,
    })
}

pub(super) fn townships(text: &str) -> Result<Vec<TownshipShape>, DemoError> {
    const FILE: &str = "synthetic townships";
    let open = |ring: &LineString<f64>| ring.0[..ring.0.len().saturating_sub(1)].to_vec();
    let mut shapes = Vec::new();
    for feature in features(FILE, text)? {
        let polygons = match shape(FILE, &feature)? {
            geo_types::Geometry::Polygon(polygon) => vec![polygon],
            geo_types::Geometry::MultiPolygon(many) => many.0,
            _ => return Err(broken(FILE, &"a feature is no Polygon or MultiPolygon")),
        };
        let seed = feature.property("seed").and_then(|seed| Some((seed.get(0)?.as_f64()?, seed.get(1)?.as_f64()?)));
        let (lon, lat) = seed.ok_or_else(|| broken(FILE, &"a feature has no `seed` of two numbers"))?;
        let rings = |polygon: &Polygon<f64>| {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(open).collect::<Vec<_>>()
        };
        let polygons: Vec<_> = polygons.iter().map(rings).collect();
        if polygons.iter().flatten().any(|ring| ring.len() < 3) {
            return Err(broken(FILE, &"a ring has fewer than three corners"));
        }
        shapes.push(TownshipShape {
            code: text_of(FILE, &feature, "code")?.parse().map_err(|error| broken(FILE, &error))?,
            name: text_of(FILE, &feature, "name")?,
            seed: Pt::from_degrees(lon, lat),
            polygons,
        });
    }
    shapes.sort_by_key(|township| township.code);
    Ok(shapes)
}

pub(super) fn villages(text: &str) -> Result<Vec<VillageRow>, DemoError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Result<Vec<VillageRow>, csv::Error> = reader.deserialize().collect();
    let mut rows = rows.map_err(|error| broken("village list", &error))?;
    rows.sort_by_key(|row| row.code);
    Ok(rows)
}

/// Rivers by name: their courses on the board.
pub(super) fn rivers(text: &str) -> Result<BTreeMap<String, Vec<Vec<Pt>>>, DemoError> {
    const FILE: &str = "rivers";
    let mut rivers: BTreeMap<String, Vec<Vec<Pt>>> = BTreeMap::new();
    for feature in features(FILE, text)? {
        let geo_types::Geometry::LineString(line) = shape(FILE, &feature)? else {
            return Err(broken(FILE, &"a feature is no LineString"));
        };
        let course = line.0.iter().map(|c| Pt::from_degrees(c.x, c.y)).collect();
        rivers.entry(text_of(FILE, &feature, "name")?).or_default().push(course);
    }
    Ok(rivers)
}

/// Seats by township code.
pub(super) fn seats(text: &str) -> Result<BTreeMap<String, Pt>, DemoError> {
    const FILE: &str = "places";
    let mut seats = BTreeMap::new();
    for feature in features(FILE, text)? {
        let Some(code) = feature.property("township_code").and_then(|code| code.as_str()) else {
            continue;
        };
        if let geo_types::Geometry::Point(at) = shape(FILE, &feature)? {
            seats.insert(code.to_owned(), Pt::from_degrees(at.x(), at.y()));
        }
    }
    Ok(seats)
}
