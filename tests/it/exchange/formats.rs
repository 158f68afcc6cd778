//! Every format that GDAL reads: counts, geometry and attributes are those of the store.

use std::collections::BTreeMap;

use platbook::domain::Feature;
use serde_json::Value;

use super::export::{City, LAYERS, in_archive, is_close, numbers};
use super::judge::gdal;
use crate::support::success;

/// The parts of a geometry, whether it is said to be one or several.
fn parts(geometry: &Value) -> Vec<Value> {
    let kind = geometry["type"].as_str().unwrap();
    match kind.strip_prefix("Multi") {
        Some(_) => geometry["coordinates"].as_array().unwrap().clone(),
        None => vec![geometry["coordinates"].clone()],
    }
}

/// Rings as they are from their smallest corner on, whichever way round: shapefiles turn them.
fn as_rings(parts: &[Value]) -> Vec<Vec<(i64, i64)>> {
    let ring = |ring: &Value| {
        let numbers = numbers(ring);
        let corners: Vec<(i64, i64)> =
            numbers.chunks(2).map(|at| ((at[0] * 1e7).round() as i64, (at[1] * 1e7).round() as i64)).collect();
        let mut sorted = corners;
        sorted.pop();
        sorted.sort_unstable();
        sorted
    };
    let mut rings: Vec<_> = parts.iter().flat_map(|part| part.as_array().unwrap().iter().map(ring)).collect();
    rings.sort();
    rings
}

/// What GDAL makes of a value in a format that has no such kind.
fn as_read(read: &Value, value: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let yes = match read {
        Value::Bool(yes) => Some(*yes),
        Value::Number(one) => Some(one.as_i64() == Some(1)),
        Value::String(word) => Some(matches!(word.as_str(), "T" | "t" | "true" | "1")),
        _ => None,
    };
    match value {
        Value::Bool(own) => yes == Some(*own),
        Value::Number(_) => number(read).zip(number(value)).is_some_and(|(a, b)| (a - b).abs() <= 1e-6 * b.abs()),
        // A day is a moment where the format has only these.
        _ => {
            text(read) == text(value) || text(read).replace('/', "-").starts_with(&format!("{}T00:00:00", text(value)))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_every_format_back_as_the_store_has_it() {
    let city = City::make().await;
    for format in ["gpkg", "fgb", "shp", "kml"] {
        for layer in LAYERS {
            let stored = &city.features[layer];
            let file = city.export(layer, format);
            let file = if format == "shp" { in_archive(&file) } else { file };
            let read = gdal(&file, &[]);
            assert_eq!(read.len(), stored.len(), "{layer} {format}");
            let by_code: BTreeMap<&str, &Feature> =
                stored.values().map(|one| (one.content.properties["code"].as_str().unwrap(), one)).collect();
            for feature in &read {
                let own = by_code[feature["properties"]["code"].as_str().unwrap()];
                // In a GeoPackage the number is that of the row.
                let id = feature["properties"]["id"].as_f64().map(|id| id as u64);
                assert!(format == "gpkg" || id == Some(own.id.get()), "{layer} {format}: {feature}");
                assert!(as_read(&feature["properties"]["version"], &own.version.0.into()), "{layer} {format}");
                let own = &own.content;
                for (name, value) in &own.properties {
                    let name = if format == "shp" { &name[..name.len().min(10)] } else { name };
                    // Of the name of a placemark GDAL makes a field of its own.
                    let Some(read) = feature["properties"].get(name).filter(|read| !read.is_null()) else {
                        assert!(format == "kml" && feature["properties"]["Name"] == *value, "{layer} {format} {name}");
                        continue;
                    };
                    assert!(as_read(read, value), "{layer} {format} {name}: {read} for {value}");
                }
                let own = serde_json::to_value(&own.geometry).unwrap();
                let (own_parts, theirs) = (parts(&own), parts(&feature["geometry"]));
                if own["type"].as_str().unwrap().ends_with("Polygon") {
                    assert_eq!(as_rings(&own_parts), as_rings(&theirs), "{layer} {format}");
                    continue;
                }
                let (own, theirs): (Vec<_>, Vec<_>) =
                    (own_parts.iter().flat_map(numbers).collect(), theirs.iter().flat_map(numbers).collect());
                assert_eq!(own.len(), theirs.len(), "{layer} {format}");
                assert!(own.iter().zip(&theirs).all(|(a, b)| is_close(*a, *b)), "{layer} {format}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_finds_the_coordinates_of_another_system_where_they_are() {
    let city = City::make().await;
    let stored = &city.features["doorplate"];
    for (format, ending) in [("gpkg", "gpkg"), ("fgb", "fgb"), ("shp", "shp.zip")] {
        for crs in ["EPSG:4547", "EPSG:4526", "EPSG:3857", "EPSG:4490", "EPSG:4326"] {
            let file = city.folder.path().join(format!("plates.{}.{ending}", &crs[5..]));
            let path = file.to_str().unwrap();
            let words =
                ["export", "doorplate", "--format", format, "--crs", crs, "--out", path, "--database", &city.database];
            success(&words);
            let file = if format == "shp" { in_archive(&file) } else { file };
            // GDAL takes the file by its own word for what the system is.
            let read = gdal(&file, &["-t_srs", "EPSG:4490"]);
            assert_eq!(read.len(), stored.len(), "{format} {crs}");
            for feature in &read {
                let code = feature["properties"]["code"].as_str().unwrap();
                let own = stored.values().find(|one| one.content.properties["code"] == code).unwrap();
                let (at, place) = (own.content.geometry.representative(), numbers(&feature["geometry"]));
                assert!(
                    is_close(place[0], at.lon()) && is_close(place[1], at.lat()),
                    "{format} {crs}: {place:?} {at:?}"
                );
            }
        }
    }
}
