//! GeoJSON (RFC 7946), written straight from the index.

use std::io::Write;

use geo_types::Coord;

use super::export::{Export, ExportError};
use super::table::geometry_by_axes;
use crate::geodesy::crs::{Crs, CrsError};
use crate::index::Item;

/// Parts of a degree that are written: a centimetre.
pub(super) const DEGREE: f64 = 1e7;
/// Parts of a metre that are written: a millimetre.
pub(super) const METRE: f64 = 1e3;

/// Writes a `FeatureCollection`, one feature in memory at a time.
pub(super) fn write_collection(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    let mut line = Vec::new();
    for (i, item) in export.each().enumerate() {
        line.clear();
        line.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
        write_feature(item, &mut line);
        out.write_all(&line)?;
    }
    out.write_all(b"\n]}\n")?;
    Ok(())
}

/// Appends a feature: id, geometry, properties, and as foreign members version and village.
pub fn write_feature(item: &Item, out: &mut Vec<u8>) {
    write_with(item, None, out, |out| write_geometry(&item.geo(), DEGREE, out));
}

/// The same with coordinates of another system, in the order of its axes, and with some of the properties only.
/// Nothing is written where the system does not reach.
pub fn write_feature_in(item: &Item, crs: Crs, only: Option<&[String]>, out: &mut Vec<u8>) -> Result<(), CrsError> {
    if crs == Crs::Crs84 {
        write_with(item, only, out, |out| write_geometry(&item.geo(), DEGREE, out));
        return Ok(());
    }
    let moved = geometry_by_axes(item, crs)?;
    let step = if crs.is_geographic() { DEGREE } else { METRE };
    write_with(item, only, out, |out| write_geometry(&moved, step, out));
    Ok(())
}

fn write_with(item: &Item, only: Option<&[String]>, out: &mut Vec<u8>, geometry: impl FnOnce(&mut Vec<u8>)) {
    // Writing into memory cannot fail.
    let _ = write!(out, "{{\"type\":\"Feature\",\"id\":{},\"geometry\":", item.id);
    geometry(out);
    write_rest(item, only, out);
}

/// Appends what comes after the geometry, and the end.
pub(super) fn write_rest(item: &Item, only: Option<&[String]>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"properties\":");
    item.write_properties(only, out);
    let _ = write!(out, ",\"version\":{}", item.version);
    if let Some(village) = item.village {
        let _ = write!(out, ",\"village\":\"{village}\"");
    }
    out.push(b'}');
}

/// Appends a geometry.
pub(super) fn write_geometry(geometry: &geo_types::Geometry<f64>, step: f64, out: &mut Vec<u8>) {
    use geo_types::Geometry as G;
    let mut object = |name: &str, write: &mut dyn FnMut(&mut Vec<u8>)| {
        let _ = write!(out, "{{\"type\":\"{name}\",\"coordinates\":");
        write(out);
        out.push(b'}');
    };
    match geometry {
        G::Point(point) => object("Point", &mut |out| write_position(point.0, step, out)),
        G::LineString(line) => object("LineString", &mut |out| write_line(line, step, out)),
        G::MultiLineString(lines) => object("MultiLineString", &mut |out| write_list(&lines.0, step, out, write_line)),
        G::Polygon(polygon) => object("Polygon", &mut |out| write_polygon(polygon, step, out)),
        G::MultiPolygon(polygons) => {
            object("MultiPolygon", &mut |out| write_list(&polygons.0, step, out, write_polygon));
        }
        // A feature has no other kind.
        _ => out.extend_from_slice(b"null"),
    }
}

fn write_polygon(polygon: &geo_types::Polygon<f64>, step: f64, out: &mut Vec<u8>) {
    out.push(b'[');
    write_line(polygon.exterior(), step, out);
    for hole in polygon.interiors() {
        out.push(b',');
        write_line(hole, step, out);
    }
    out.push(b']');
}

fn write_line(line: &geo_types::LineString<f64>, step: f64, out: &mut Vec<u8>) {
    write_list(&line.0, step, out, |at, step, out| write_position(*at, step, out));
}

fn write_list<T>(list: &[T], step: f64, out: &mut Vec<u8>, write: fn(&T, f64, &mut Vec<u8>)) {
    out.push(b'[');
    for (i, part) in list.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(part, step, out);
    }
    out.push(b']');
}

/// The coordinates of a position, rounded to `step` parts of their unit.
fn write_position(at: Coord<f64>, step: f64, out: &mut Vec<u8>) {
    let _ = write!(out, "[{},{}]", rounded(at.x, step), rounded(at.y, step));
}

/// A number rounded to `step` parts of its unit.
pub(super) fn rounded(number: f64, step: f64) -> f64 {
    (number * step).round() / step
}
