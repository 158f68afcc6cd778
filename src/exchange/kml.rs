//! OGC KML 2.2 (OGC 07-147r2): a placemark a feature, its values typed by a schema.

use std::io::{self, Write};

use geo_types::{Coord, Geometry, LineString, Polygon};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::export::{Export, ExportError};
use super::geojson::{DEGREE, rounded};
use super::table::{Column, Table};
use crate::catalog::PropertyType;
use crate::index::{Cell, Item};

/// Writes a document, one feature in memory at a time.
pub(super) fn write(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let table = Table::of(export.layer);
    let label = table.columns.iter().position(|column| column.name == export.layer.label);
    let mut xml = Writer::new(out);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::Start(
        BytesStart::new("kml").with_attributes([("xmlns", "http://www.opengis.net/kml/2.2")]),
    ))?;
    xml.write_event(Event::Start(BytesStart::new("Document").with_attributes([("id", table.name.as_str())])))?;
    text(&mut xml, "name", &table.title)?;
    write_schema(&mut xml, &table)?;
    xml.create_element("Folder").write_inner_content(|xml| {
        text(xml, "name", &table.name)?;
        let mut village = String::new();
        for item in export.each() {
            write_placemark(xml, &table, label, item, &mut village)?;
        }
        Ok(())
    })?;
    xml.write_event(Event::End(BytesEnd::new("Document")))?;
    xml.write_event(Event::End(BytesEnd::new("kml")))?;
    Ok(())
}

fn text<W: Write>(xml: &mut Writer<W>, name: &str, content: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&without_controls(content)))?;
    Ok(())
}

/// Text without the control characters that XML 1.0 cannot hold.
fn without_controls(text: &str) -> std::borrow::Cow<'_, str> {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    if text.chars().all(is_allowed) {
        text.into()
    } else {
        text.chars().filter(|c| is_allowed(*c)).collect::<String>().into()
    }
}

fn write_schema<W: Write>(xml: &mut Writer<W>, table: &Table) -> io::Result<()> {
    let schema = xml.create_element("Schema").with_attributes([("name", table.name.as_str()), ("id", "features")]);
    schema.write_inner_content(|xml| {
        for Column { name, kind } in &table.columns {
            let kind = match kind {
                PropertyType::String | PropertyType::Date => "string",
                // An `int` of KML has 32 bits, which a rate in bit/s exceeds.
                PropertyType::Integer | PropertyType::Number => "double",
                PropertyType::Boolean => "bool",
            };
            xml.create_element("SimpleField")
                .with_attributes([("type", kind), ("name", name.as_str())])
                .write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_placemark<W: Write>(
    xml: &mut Writer<W>,
    table: &Table,
    label: Option<usize>,
    item: &Item,
    village: &mut String,
) -> io::Result<()> {
    let row = table.row(item, village);
    let id = format!("{}.{}", table.name, item.id);
    xml.create_element("Placemark").with_attribute(("id", id.as_str())).write_inner_content(|xml| {
        if let Some(Cell::Text(name)) = label.and_then(|label| row[label]) {
            text(xml, "name", name)?;
        }
        xml.create_element("ExtendedData").write_inner_content(|xml| {
            let data = xml.create_element("SchemaData").with_attribute(("schemaUrl", "#features"));
            data.write_inner_content(|xml| {
                for (column, cell) in table.columns.iter().zip(&row) {
                    let Some(cell) = cell else { continue };
                    let content = match cell {
                        Cell::Text(text) => without_controls(text),
                        Cell::Whole(number) => number.to_string().into(),
                        Cell::Real(number) => number.to_string().into(),
                        Cell::Bool(yes) => if *yes { "1" } else { "0" }.into(),
                    };
                    let data = xml.create_element("SimpleData").with_attribute(("name", column.name.as_str()));
                    data.write_text_content(BytesText::new(&content))?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
        write_geometry(xml, &item.geo())
    })?;
    Ok(())
}

fn write_geometry<W: Write>(xml: &mut Writer<W>, geometry: &Geometry<f64>) -> io::Result<()> {
    match geometry {
        Geometry::Point(point) => write_course(xml, "Point", &[point.0]),
        Geometry::LineString(line) => write_course(xml, "LineString", &line.0),
        Geometry::Polygon(polygon) => write_polygon(xml, polygon),
        Geometry::MultiLineString(lines) => {
            write_parts(xml, &lines.0, |xml, line| write_course(xml, "LineString", &line.0))
        }
        Geometry::MultiPolygon(polygons) => write_parts(xml, &polygons.0, write_polygon),
        // A feature has no other kind.
        _ => Ok(()),
    }
}

fn write_parts<W: Write, T>(
    xml: &mut Writer<W>,
    parts: &[T],
    write: impl Fn(&mut Writer<W>, &T) -> io::Result<()>,
) -> io::Result<()> {
    let parts = |xml: &mut Writer<W>| parts.iter().try_for_each(|part| write(xml, part));
    xml.create_element("MultiGeometry").write_inner_content(parts)?;
    Ok(())
}

fn write_polygon<W: Write>(xml: &mut Writer<W>, polygon: &Polygon<f64>) -> io::Result<()> {
    let ring = |xml: &mut Writer<W>, name: &str, ring: &LineString<f64>| -> io::Result<()> {
        xml.create_element(name).write_inner_content(|xml| write_course(xml, "LinearRing", &ring.0))?;
        Ok(())
    };
    xml.create_element("Polygon").write_inner_content(|xml| {
        ring(xml, "outerBoundaryIs", polygon.exterior())?;
        polygon.interiors().iter().try_for_each(|hole| ring(xml, "innerBoundaryIs", hole))
    })?;
    Ok(())
}

fn write_course<W: Write>(xml: &mut Writer<W>, name: &str, course: &[Coord<f64>]) -> io::Result<()> {
    let course: Vec<String> =
        course.iter().map(|at| format!("{},{}", rounded(at.x, DEGREE), rounded(at.y, DEGREE))).collect();
    xml.create_element(name).write_inner_content(|xml| text(xml, "coordinates", &course.join(" ")))?;
    Ok(())
}
