//! OGC GeoPackage 1.3 (OGC 12-128r18): one table of features with its spatial index.

use std::fs::File;
use std::io::{self, Write};

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql};

use super::binary;
use super::export::{Export, ExportError};
use super::format::Format;
use super::table::{Table, as_multi};
use crate::catalog::PropertyType;
use crate::domain::{Bbox, GeometryKind};
use crate::geodesy::crs::Crs;
use crate::index::Cell;

/// The tables that every GeoPackage has, and the systems of coordinates that it must know (tables 1 to 21).
const FRAME: &str = include_str!("geopackage/frame.sql");

/// Keeps the spatial index right when somebody edits the file (extension `gpkg_rtree_index`); `{t}` stands for the
/// table.
const TRIGGERS: &str = include_str!("geopackage/triggers.sql");

/// Writes a GeoPackage by way of a temporary file.
pub(super) fn write(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("export.gpkg");
    let mut database = Connection::open(&path).map_err(told)?;
    fill(&mut database, export)?;
    database.close().map_err(|(_, error)| told(error))?;
    io::copy(&mut File::open(&path)?, out)?;
    Ok(())
}

fn told(error: rusqlite::Error) -> ExportError {
    ExportError::of(Format::GeoPackage)(&error)
}

fn fill(database: &mut Connection, export: &Export<'_>) -> Result<(), ExportError> {
    let table = Table::of(export.layer);
    // Nobody reads the file before it is whole, and half a file is thrown away.
    database.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;").map_err(told)?;
    let all = database.transaction().map_err(told)?;
    all.execute_batch(FRAME).map_err(told)?;
    let crs = export.crs;
    all.execute(
        "INSERT OR REPLACE INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, NULL)",
        (format!("EPSG:{}", crs.epsg()), crs.epsg(), crs.wkt()),
    )
    .map_err(told)?;
    all.execute_batch(&declaration(&table)).map_err(told)?;
    let around = write_features(&all, export, &table)?;
    let [west, south, east, north] = around.map_or([None; 4], |around| around.map(Some));
    all.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y, max_x, max_y, srs_id)
         VALUES (?1, 'features', ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (&table.name, &table.name, &table.title, west, south, east, north, crs.epsg()),
    )
    .map_err(told)?;
    all.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', ?2, ?3, 0, 0)",
        (&table.name, kind_of(table.geometry), crs.epsg()),
    )
    .map_err(told)?;
    all.execute(
        "INSERT INTO gpkg_extensions VALUES (?1, 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        [&table.name],
    )
    .map_err(told)?;
    all.execute_batch(&TRIGGERS.replace("{t}", &table.name)).map_err(told)?;
    all.commit().map_err(told)
}

const fn kind_of(geometry: GeometryKind) -> &'static str {
    match geometry {
        GeometryKind::Point => "POINT",
        GeometryKind::Line => "MULTILINESTRING",
        GeometryKind::Polygon => "MULTIPOLYGON",
    }
}

/// The table and its index. Names are ids of the catalogue: letters, digits, `-` and `_`.
fn declaration(table: &Table) -> String {
    let column = |column: &super::table::Column| {
        let kind = match column.kind {
            PropertyType::String => "TEXT",
            PropertyType::Integer => "INTEGER",
            PropertyType::Number => "DOUBLE",
            PropertyType::Boolean => "BOOLEAN",
            PropertyType::Date => "DATE",
        };
        format!(", \"{}\" {kind}", column.name)
    };
    // The feature's number is the row's.
    let columns: String = table.columns.iter().skip(1).map(column).collect();
    format!(
        "CREATE TABLE \"{name}\" (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind}{columns});
         CREATE VIRTUAL TABLE \"rtree_{name}_geom\" USING rtree(id, minx, maxx, miny, maxy);",
        name = table.name,
        kind = kind_of(table.geometry),
    )
}

/// Writes all rows and their boxes; the box around them all, in the system of the file.
fn write_features(database: &Connection, export: &Export<'_>, table: &Table) -> Result<Option<[f64; 4]>, ExportError> {
    let places = ", ?".repeat(table.columns.len());
    let insert = format!("INSERT INTO \"{}\" VALUES (?{places})", table.name);
    let mut insert = database.prepare(&insert).map_err(told)?;
    let index = format!("INSERT INTO \"rtree_{}_geom\" VALUES (?1, ?2, ?3, ?4, ?5)", table.name);
    let mut index = database.prepare(&index).map_err(told)?;
    let mut village = String::new();
    let mut geometry = Vec::new();
    let mut around: Option<[f64; 4]> = None;
    for item in export.each() {
        let shape = as_multi(export.geometry(item)?);
        let own = box_of(&shape, item.bbox());
        encode(&shape, own, export.crs, &mut geometry)?;
        let row = table.row(item, &mut village);
        let id = item.id.get() as i64;
        insert.raw_bind_parameter(1, id).map_err(told)?;
        insert.raw_bind_parameter(2, geometry.as_slice()).map_err(told)?;
        for (i, cell) in row.iter().enumerate().skip(1) {
            insert.raw_bind_parameter(i + 2, cell).map_err(told)?;
        }
        insert.raw_execute().map_err(told)?;
        let [west, south, east, north] = own;
        index.execute((id, west, east, south, north)).map_err(told)?;
        around = Some(around.map_or(own, |[w, s, e, n]| [w.min(west), s.min(south), e.max(east), n.max(north)]));
    }
    Ok(around)
}

fn box_of(shape: &geo_types::Geometry<f64>, bbox: Bbox) -> [f64; 4] {
    use geo::BoundingRect;
    shape.bounding_rect().map_or(bbox.into(), |rect| [rect.min().x, rect.min().y, rect.max().x, rect.max().y])
}

/// A geometry as GeoPackage holds it (clause 2.1.3): a header, a box unless it is a point, well-known binary.
fn encode(shape: &geo_types::Geometry<f64>, own: [f64; 4], crs: Crs, out: &mut Vec<u8>) -> Result<(), ExportError> {
    const LITTLE_ENDIAN: u8 = 1;
    const WITH_BOX: u8 = 1 << 1;
    let is_point = matches!(shape, geo_types::Geometry::Point(_));
    out.clear();
    out.extend_from_slice(b"GP\0");
    out.push(if is_point { LITTLE_ENDIAN } else { LITTLE_ENDIAN | WITH_BOX });
    out.extend(i32::from(crs.epsg()).to_le_bytes());
    if !is_point {
        let [west, south, east, north] = own;
        for side in [west, east, south, north] {
            out.extend(side.to_le_bytes());
        }
    }
    binary::write(shape, out).map_err(|error| ExportError::of(Format::GeoPackage)(&error))
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Cell::Text(text) => text.into(),
            Cell::Whole(number) => number.into(),
            Cell::Real(number) => number.into(),
            Cell::Bool(yes) => yes.into(),
        })
    }
}
