//! Comma-separated values (RFC 4180), written straight from the index.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

use super::export::{Export, ExportError};
use super::geojson::{DEGREE, rounded};
use super::table::{OWN_COLUMNS, Table, VERSION};
use crate::catalog::{ID, Layer, SYNTHETIC, VILLAGE};
use crate::domain::{GeometryKind, Lang};
use crate::index::Cell;

/// What Excel takes as the sign that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How columns and enumerated values are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Headings {
    /// By the names that programs know.
    #[default]
    Names,
    /// By the titles of a language, for people.
    Titles(Lang),
}

/// Writes a header and a row a feature, one in memory at a time.
///
/// Columns are `id,version,village,lon,lat`, those of the schema, and `geometry_wkt` where the layer
/// holds lines or areas. `lon` and `lat` are of a position that stands for the whole, in degrees.
pub(super) fn write_table(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    if export.byte_order_mark {
        out.write_all(BYTE_ORDER_MARK)?;
    }
    let columns = Table::of(export.layer);
    let shaped = export.layer.geometry != GeometryKind::Point;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let told = |error: csv::Error| ExportError::Io(error.into());
    let (own, properties) = columns.columns.split_at(OWN_COLUMNS);
    let names = own.iter().map(|column| column.name.as_str());
    let names = names.chain(["lon", "lat"]).chain(properties.iter().map(|column| column.name.as_str()));
    let headings = names.chain(shaped.then_some("geometry_wkt"));
    table.write_record(headings.map(|name| heading(export, name))).map_err(told)?;
    let mut village = String::new();
    for item in export.each() {
        let at = item.representative();
        let row = columns.row(item, &mut village);
        for (i, value) in row.iter().enumerate() {
            if i == OWN_COLUMNS {
                table.write_field(degrees(at.lon())).map_err(told)?;
                table.write_field(degrees(at.lat())).map_err(told)?;
            }
            let written = value.map(|value| match export.headings {
                Headings::Names => cell(value),
                Headings::Titles(lang) => titled(export.layer, &columns.columns[i].name, value, lang),
            });
            table.write_field(written.unwrap_or_default().as_ref()).map_err(told)?;
        }
        if shaped {
            table.write_field(wkt(&item.geo())).map_err(told)?;
        }
        table.write_record(None::<&[u8]>).map_err(told)?;
    }
    table.flush()?;
    Ok(())
}

/// What stands above a column.
fn heading<'e>(export: &'e Export<'_>, name: &'e str) -> &'e str {
    let Headings::Titles(lang) = export.headings else { return name };
    if let Some(property) = export.layer.properties.get(name) {
        return property.title.in_lang(lang);
    }
    let (zh, en) = match name {
        // Layers have numbers of their own.
        ID => ("要素编号", "Feature id"),
        VERSION => ("版本", "Version"),
        VILLAGE => ("所在村（社区）代码", "Village code"),
        "lon" => ("经度", "Longitude"),
        "lat" => ("纬度", "Latitude"),
        SYNTHETIC => ("合成数据", "Synthetic"),
        other => (other, other),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// A value as people read it. A code of many digits begins with a tab: a spreadsheet would round it as a number.
fn titled<'c>(layer: &'c Layer, name: &str, value: Cell<'c>, lang: Lang) -> Cow<'c, str> {
    const EXACT_DIGITS: usize = 11;
    match value {
        Cell::Text(text) => {
            let values = layer.properties.get(name).map(|property| property.values.as_slice()).unwrap_or_default();
            if let Some(known) = values.iter().find(|known| known.value == text) {
                return known.title.in_lang(lang).into();
            }
            if text.len() > EXACT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
                return format!("\t{text}").into();
            }
            without_formula(text)
        }
        Cell::Bool(yes) => match (lang, yes) {
            (Lang::Zh, true) => "是",
            (Lang::Zh, false) => "否",
            (Lang::En, true) => "yes",
            (Lang::En, false) => "no",
        }
        .into(),
        number => cell(number),
    }
}

/// Text that a spreadsheet would run as a formula, kept from it by a `'`.
pub fn without_formula(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}

/// A value as it is written.
fn cell(value: Cell<'_>) -> Cow<'_, str> {
    match value {
        Cell::Text(text) => without_formula(text),
        Cell::Whole(number) => number.to_string().into(),
        // As JSON has it: a number that is not counted stays one when it is whole.
        Cell::Real(number) => format!("{number:?}").into(),
        Cell::Bool(yes) => if yes { "true" } else { "false" }.into(),
    }
}

fn degrees(value: f64) -> String {
    rounded(value, DEGREE).to_string()
}

/// Well-known text (OGC 06-103r4, chapter 7).
fn wkt(geometry: &geo_types::Geometry<f64>) -> String {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(point) => format!("POINT ({})", position(point.0)),
        G::LineString(line) => format!("LINESTRING {}", course(line)),
        G::MultiLineString(lines) => format!("MULTILINESTRING ({})", list(&lines.0, course)),
        G::Polygon(polygon) => format!("POLYGON {}", rings(polygon)),
        G::MultiPolygon(polygons) => format!("MULTIPOLYGON ({})", list(&polygons.0, rings)),
        // A feature has no other kind.
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
    use super::{Cell, cell};

    #[test]
    fn only_text_is_kept_from_being_a_formula() {
        assert_eq!(cell(Cell::Text("=1+1")), "'=1+1");
        assert_eq!(cell(Cell::Text("@a")), "'@a");
        assert_eq!(cell(Cell::Whole(-3)), "-3");
        assert_eq!(cell(Cell::Text("a-b")), "a-b");
    }
}
