//! Comma-separated values (RFC 4180), written straight from the index.

use std::fmt::Write as _;
use std::io::Write;

use serde_json::Value;

use crate::catalog::Layer;
use crate::domain::{Geometry, GeometryKind};
use crate::index::Item;

/// What Excel takes as the sign that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes a header and a row a feature, one in memory at a time; how many features there were.
///
/// Columns are `id,version,village,lon,lat`, those of the schema, and `geometry_wkt` where the layer
/// holds lines or areas. `lon` and `lat` are of a position that stands for the whole, in degrees.
pub fn write_table<'a>(
    layer: &Layer,
    items: impl Iterator<Item = &'a Item>,
    byte_order_mark: bool,
    out: &mut dyn Write,
) -> std::io::Result<u64> {
    if byte_order_mark {
        out.write_all(BYTE_ORDER_MARK)?;
    }
    let shaped = layer.geometry != GeometryKind::Point;
    let mut columns: Vec<&str> = layer.properties.keys().map(String::as_str).collect();
    if !columns.contains(&crate::catalog::SYNTHETIC) {
        columns.push(crate::catalog::SYNTHETIC);
    }
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    for name in ["id", "version", "village", "lon", "lat"].iter().chain(&columns) {
        table.write_field(name)?;
    }
    if shaped {
        table.write_field("geometry_wkt")?;
    }
    table.write_record(None::<&[u8]>)?;
    let mut written = 0;
    for item in items {
        let at = item.representative();
        table.write_field(item.id.to_string())?;
        table.write_field(item.version.to_string())?;
        table.write_field(item.village.map(|village| village.to_string()).unwrap_or_default())?;
        table.write_field(degrees(at.lon()))?;
        table.write_field(degrees(at.lat()))?;
        let properties = item.properties();
        for name in &columns {
            table.write_field(properties.get(*name).map(cell).unwrap_or_default())?;
        }
        if shaped {
            table.write_field(wkt(&item.geometry()))?;
        }
        table.write_record(None::<&[u8]>)?;
        written += 1;
    }
    table.flush()?;
    Ok(written)
}

/// A value as a cell. Text that a spreadsheet would run as a formula is kept from it by a `'`.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn degrees(value: f64) -> String {
    const DECIMALS: f64 = 1e7;
    ((value * DECIMALS).round() / DECIMALS).to_string()
}

/// Well-known text (OGC 06-103r4, chapter 7).
fn wkt(geometry: &Geometry) -> String {
    use geo_types::Geometry as G;
    match geometry.as_geo() {
        G::Point(point) => format!("POINT ({})", position(point.0)),
        G::LineString(line) => format!("LINESTRING {}", course(line)),
        G::MultiLineString(lines) => format!("MULTILINESTRING ({})", list(&lines.0, course)),
        G::Polygon(polygon) => format!("POLYGON {}", rings(polygon)),
        G::MultiPolygon(polygons) => format!("MULTIPOLYGON ({})", list(&polygons.0, rings)),
        // `Geometry` holds no other kind.
        _ => String::new(),
    }
}

fn rings(polygon: &geo_types::Polygon<f64>) -> String {
    let mut text = format!("({}", course(polygon.exterior()));
    for hole in polygon.interiors() {
        // Writing into memory cannot fail.
        let _ = write!(text, ",{}", course(hole));
    }
    text.push(')');
    text
}

fn course(line: &geo_types::LineString<f64>) -> String {
    format!("({})", list(&line.0, |at| position(*at)))
}

fn position(at: geo_types::Coord<f64>) -> String {
    format!("{} {}", degrees(at.x), degrees(at.y))
}

fn list<T>(parts: &[T], write: impl Fn(&T) -> String) -> String {
    parts.iter().map(write).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::cell;

    #[test]
    fn only_text_is_kept_from_being_a_formula() {
        assert_eq!(cell(&json!("=1+1")), "'=1+1");
        assert_eq!(cell(&json!("@a")), "'@a");
        assert_eq!(cell(&json!(-3)), "-3");
        assert_eq!(cell(&json!("a-b")), "a-b");
    }
}
