//! GeoJSON (RFC 7946), written straight from the index.

use std::io::Write;

use crate::domain::Geometry;
use crate::index::{Item, Shape};

/// Decimals of a degree that are written: the seventh is a centimetre.
const DECIMALS: f64 = 1e7;

/// Writes a `FeatureCollection`, one feature in memory at a time; how many there were.
pub fn write_collection<'a>(items: impl Iterator<Item = &'a Item>, out: &mut dyn Write) -> std::io::Result<u64> {
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    let mut line = Vec::new();
    let mut written = 0;
    for item in items {
        line.clear();
        line.extend_from_slice(if written == 0 { b"\n" } else { b",\n" });
        write_feature(item, &mut line);
        out.write_all(&line)?;
        written += 1;
    }
    out.write_all(b"\n]}\n")?;
    Ok(written)
}

/// Appends a feature: id, geometry, properties, and as foreign members version and village.
pub fn write_feature(item: &Item, out: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    let _ = write!(out, "{{\"type\":\"Feature\",\"id\":{},\"geometry\":", item.id);
    match item.shape() {
        Shape::Point(at) => {
            out.extend_from_slice(b"{\"type\":\"Point\",\"coordinates\":");
            write_position(geo_types::Coord::from(*at), out);
            out.push(b'}');
        }
        Shape::Outline(outline) => write_geometry(outline.geometry(), out),
    }
    out.extend_from_slice(b",\"properties\":");
    item.write_properties(out);
    let _ = write!(out, ",\"version\":{}", item.version);
    if let Some(village) = item.village {
        let _ = write!(out, ",\"village\":\"{village}\"");
    }
    out.push(b'}');
}

/// Appends a geometry.
pub fn write_geometry(geometry: &Geometry, out: &mut Vec<u8>) {
    use geo_types::Geometry as G;
    let mut object = |name: &str, write: &mut dyn FnMut(&mut Vec<u8>)| {
        let _ = write!(out, "{{\"type\":\"{name}\",\"coordinates\":");
        write(out);
        out.push(b'}');
    };
    match geometry.as_geo() {
        G::Point(point) => object("Point", &mut |out| write_position(point.0, out)),
        G::LineString(line) => object("LineString", &mut |out| write_line(line, out)),
        G::MultiLineString(lines) => object("MultiLineString", &mut |out| write_list(&lines.0, out, write_line)),
        G::Polygon(polygon) => object("Polygon", &mut |out| write_polygon(polygon, out)),
        G::MultiPolygon(polygons) => object("MultiPolygon", &mut |out| write_list(&polygons.0, out, write_polygon)),
        // `Geometry` holds no other kind.
        _ => out.extend_from_slice(b"null"),
    }
}

fn write_polygon(polygon: &geo_types::Polygon<f64>, out: &mut Vec<u8>) {
    out.push(b'[');
    write_line(polygon.exterior(), out);
    for hole in polygon.interiors() {
        out.push(b',');
        write_line(hole, out);
    }
    out.push(b']');
}

fn write_line(line: &geo_types::LineString<f64>, out: &mut Vec<u8>) {
    write_list(&line.0, out, |at, out| write_position(*at, out));
}

fn write_list<T>(list: &[T], out: &mut Vec<u8>, write: fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (i, part) in list.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(part, out);
    }
    out.push(b']');
}

fn write_position(at: geo_types::Coord<f64>, out: &mut Vec<u8>) {
    let rounded = |degrees: f64| (degrees * DECIMALS).round() / DECIMALS;
    let _ = write!(out, "[{},{}]", rounded(at.x), rounded(at.y));
}
