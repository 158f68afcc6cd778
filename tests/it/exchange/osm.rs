//! What is read of an extract, as GDAL and osmium see it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::ControlFlow;

use platbook::domain::{Bbox, Draft, Geometry};
use platbook::exchange::osm::{self, OsmSummary, Skip};
use platbook::geodesy::geodesic::{area_m2, length_m};
use serde_json::Value;

use super::judge::{extract, gdal, osmium};

const EXTRACTS: [&str; 2] = ["monaco", "krems"];

/// What is read of an extract.
struct Read {
    drafts: Vec<Draft>,
    summary: OsmSummary,
}

fn read(name: &str, within: Option<Bbox>) -> Read {
    let mut drafts = Vec::new();
    let mut take = |draft| {
        drafts.push(draft);
        ControlFlow::Continue(())
    };
    let summary = osm::read(File::open(extract(name)).unwrap(), within, &mut |_| (), &mut take).unwrap();
    Read { drafts, summary }
}

impl Read {
    /// The features of a layer by the element they were made of.
    fn layer(&self, layer: &str) -> BTreeMap<&str, &Draft> {
        let of_layer = self.drafts.iter().filter(|draft| draft.layer.as_str() == layer);
        let by_element: Vec<_> =
            of_layer.map(|draft| (text(draft, "code").strip_prefix("osm:").unwrap(), draft)).collect();
        let count = by_element.len();
        let by_element = BTreeMap::from_iter(by_element);
        assert_eq!(by_element.len(), count, "{layer}: an element twice");
        by_element
    }

    fn elements(&self, layer: &str) -> BTreeSet<String> {
        self.layer(layer).into_keys().map(str::to_owned).collect()
    }

    fn skipped(&self, skip: Skip) -> u64 {
        self.summary.skipped.get(&skip).copied().unwrap_or(0)
    }
}

fn text<'a>(draft: &'a Draft, name: &str) -> &'a str {
    draft.properties.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The element that a polygon of GDAL's was made of.
fn element_of(feature: &Value) -> String {
    match feature["properties"]["osm_way_id"].as_str() {
        Some(way) => format!("way/{way}"),
        None => format!("relation/{}", feature["properties"]["osm_id"].as_str().unwrap()),
    }
}

#[test]
fn roads_are_the_ways_that_osmium_finds() {
    let classes = "w/highway=motorway,motorway_link,trunk,trunk_link,primary,primary_link,secondary,secondary_link,\
                   tertiary,tertiary_link,unclassified,residential,living_street,pedestrian,road,service,track,busway";
    for name in EXTRACTS {
        let read = read(name, None);
        let expected = osmium(&extract(name), &[classes], &["w/area=yes"]);
        assert!(expected.len() > 400, "{name}: {}", expected.len());
        assert_eq!(read.elements("road"), expected, "{name}");
        let others = osmium(&extract(name), &["w/highway"], &[classes]).len() as u64;
        assert_eq!(read.skipped(Skip::NoRoadClass), others, "{name}");
        let squares = osmium(&extract(name), &[classes], &[]).len() - expected.len();
        assert_eq!(read.skipped(Skip::TrafficArea), squares as u64, "{name}");
    }
}

#[test]
fn roads_run_where_gdal_draws_them() {
    for name in EXTRACTS {
        let read = read(name, None);
        let roads = read.layer("road");
        let drawn = gdal(&extract(name), &["lines", "-where", "highway IS NOT NULL"]);
        let mut compared = 0;
        for feature in &drawn {
            let element = format!("way/{}", feature["properties"]["osm_id"].as_str().unwrap());
            let Some(road) = roads.get(element.as_str()) else { continue };
            compared += 1;
            assert_eq!(text(road, "name"), feature["properties"]["name"].as_str().unwrap_or_default(), "{element}");
            let geometry = Geometry::from_geojson(&feature["geometry"]).unwrap();
            assert!((length_m(&geometry) - length_m(&road.geometry)).abs() < 0.02, "{element}");
            assert_eq!(geometry.bbox().centre(), road.geometry.bbox().centre(), "{element}");
        }
        assert_eq!(compared, roads.len(), "{name}");
    }
}

#[test]
fn buildings_have_the_outline_and_the_area_that_gdal_gives_them() {
    for (name, with_holes) in [("monaco", 10), ("krems", 10)] {
        let read = read(name, None);
        let buildings = read.layer("building");
        // `ST_Area(…, 1)` is on the ellipsoid, by another program than ours.
        let sql = "SELECT osm_id, osm_way_id, name, geometry, ST_Area(geometry, 1) AS area, \
                   ST_NumInteriorRing(ST_GeometryN(geometry, 1)) AS holes \
                   FROM multipolygons WHERE building IS NOT NULL AND building <> 'no'";
        let judged = gdal(&extract(name), &["-dialect", "SQLITE", "-sql", sql]);
        let expected: BTreeSet<String> = judged.iter().map(element_of).collect();
        assert_eq!(read.elements("building"), expected, "{name}");
        for feature in &judged {
            let element = element_of(feature);
            let building = buildings[element.as_str()];
            let (own, theirs) = (area_m2(&building.geometry), feature["properties"]["area"].as_f64().unwrap());
            // Of these buildings, SpatiaLite's areas are off by up to 6.3e-5 of what GeographicLib gives.
            assert!((own - theirs).abs() <= 1e-3 + theirs * 1e-4, "{name} {element}: {own} m², GDAL has {theirs} m²");
            let outline = area_m2(&Geometry::from_geojson(&feature["geometry"]).unwrap());
            assert!((own - outline).abs() <= 1e-3, "{name} {element}: {own} m², GDAL's outline holds {outline} m²");
            assert_eq!(text(building, "name"), feature["properties"]["name"].as_str().unwrap_or_default(), "{element}");
        }
        let holed = judged.iter().filter(|feature| feature["properties"]["holes"].as_u64() > Some(0)).count();
        assert!(holed >= with_holes, "{name}: {holed} buildings with courtyards");
    }
}

#[test]
fn waters_railways_and_places_are_those_of_osmium() {
    for name in EXTRACTS {
        let read = read(name, None);
        let file = extract(name);
        let railways = osmium(&file, &["w/railway=rail"], &[]);
        assert_eq!(read.elements("railway"), railways, "{name}");
        let places = osmium(&file, &["n/place=city,town,village,hamlet,suburb"], &[]);
        assert!(!places.is_empty());
        assert_eq!(read.elements("place"), places, "{name}");
        for feature in gdal(&file, &["points", "-where", "place IN ('city', 'town', 'village', 'hamlet', 'suburb')"]) {
            let element = format!("node/{}", feature["properties"]["osm_id"].as_str().unwrap());
            let place = read.layer("place")[element.as_str()];
            assert_eq!(text(place, "name"), feature["properties"]["name"].as_str().unwrap());
            assert_eq!(text(place, "kind"), feature["properties"]["place"].as_str().unwrap());
            let at = place.geometry.as_point().unwrap();
            assert_eq!(feature["geometry"]["coordinates"], serde_json::json!([at.lon(), at.lat()]), "{element}");
        }
        let still = ["wr/natural=water", "wr/landuse=reservoir,basin", "wr/waterway=riverbank,river,canal"];
        let waters = read.elements("water");
        let candidates = osmium(&file, &still, &["wr/building"]);
        let unmade: Vec<&String> = candidates.difference(&waters).collect();
        let accounted: u64 = [
            Skip::MemberMissing,
            Skip::NodeMissing,
            Skip::OpenRing,
            Skip::Underground,
            Skip::InMultipolygon,
            Skip::TooFewPositions,
            Skip::Degenerate,
        ]
        .into_iter()
        .map(|skip| read.skipped(skip))
        .sum();
        assert!(unmade.len() as u64 <= accounted, "{name}: {unmade:?} of {:?}", read.summary);
        assert!(waters.difference(&candidates).all(|element| element.starts_with("relation/")), "{name}");
    }
}
