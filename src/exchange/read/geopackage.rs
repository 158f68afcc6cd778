//! OGC GeoPackage: a layer of features.

use std::path::Path;

use geo_types::Geometry;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde_json::{Map, Value};

use super::{Head, ReadOptions, Record, Records, SourceCrs, SourceError};
use crate::exchange::binary;
use crate::exchange::format::Format;

/// Rows that are read together.
const TOGETHER: i64 = 2_000;

fn told(error: rusqlite::Error) -> SourceError {
    SourceError::damaged(Format::GeoPackage)(&error)
}

pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<(Head, Records), SourceError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(told)?;
    database.execute_batch("PRAGMA trusted_schema = OFF;").map_err(told)?;
    for table in ["gpkg_geometry_columns", "gpkg_spatial_ref_sys"] {
        expect_table(&database, table)?;
    }
    let layer = layer_of(&database, options)?;
    expect_table(&database, &layer.table)?;
    let crs = database
        .query_row(
            "SELECT organization || ':' || organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            [layer.srs_id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )
        .ok()
        .and_then(|(name, wkt)| name.parse().ok().or_else(|| SourceCrs::of_wkt(&wkt)));
    let table = quoted(&layer.table);
    let count = database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
    let count = count.map_err(told)?.unsigned_abs();
    let columns = {
        let rows = database.prepare(&format!("SELECT * FROM {table} LIMIT 0")).map_err(told)?;
        rows.column_names().into_iter().filter(|name| *name != layer.geometry).map(str::to_owned).collect()
    };
    let mut rows =
        Rows { database, table, geometry: layer.geometry, after: i64::MIN, number: 0, ready: Vec::new(), ended: false };
    let records = std::iter::from_fn(move || rows.next_row());
    Ok((Head { encoding: None, crs, columns, count: Some(count) }, Box::new(records)))
}

/// Refuses what is no plain table: a view is a program of whoever wrote the file, and need not end.
fn expect_table(database: &Connection, name: &str) -> Result<(), SourceError> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let declared: Option<String> = database.query_row(sql, [name], |row| row.get(0)).optional().map_err(told)?;
    let is_plain = declared.is_some_and(|sql| !sql.trim_start().to_uppercase().starts_with("CREATE VIRTUAL"));
    let refused = |detail: String| Err(SourceError::damaged(Format::GeoPackage)(&detail));
    if !is_plain {
        return refused(format!("it has no table `{name}`; a GeoPackage has one"));
    }
    // A column that is reckoned can be of any size, whatever the file has.
    let sql = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE hidden <> 0";
    let reckoned: i64 = database.query_row(sql, [name], |row| row.get(0)).map_err(told)?;
    if reckoned > 0 { refused(format!("the table `{name}` has generated columns")) } else { Ok(()) }
}

struct Layer {
    table: String,
    geometry: String,
    srs_id: i64,
}

/// The layer that was chosen, or the only one.
fn layer_of(database: &Connection, options: &ReadOptions) -> Result<Layer, SourceError> {
    let sql = "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns ORDER BY table_name";
    let none = |error| {
        SourceError::damaged(Format::GeoPackage)(&format!("it is an SQLite database, but no GeoPackage ({error})"))
    };
    let mut rows = database.prepare(sql).map_err(none)?;
    let layer = |row: &rusqlite::Row<'_>| Ok(Layer { table: row.get(0)?, geometry: row.get(1)?, srs_id: row.get(2)? });
    let mut layers: Vec<Layer> = rows.query_map([], layer).and_then(Iterator::collect).map_err(told)?;
    if let Some(chosen) = &options.layer
        && let Some(at) = layers.iter().position(|layer| layer.table == *chosen)
    {
        return Ok(layers.swap_remove(at));
    }
    match layers.len() {
        0 => Err(SourceError::damaged(Format::GeoPackage)(&"it holds no layer of features")),
        1 => Ok(layers.swap_remove(0)),
        _ => Err(SourceError::Several { names: layers.into_iter().map(|layer| layer.table).collect() }),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The rows of a table in the order of their numbers, some at a time.
struct Rows {
    database: Connection,
    table: String,
    geometry: String,
    after: i64,
    number: u64,
    /// Rows that were read, the next one last.
    ready: Vec<Record>,
    ended: bool,
}

impl Rows {
    fn next_row(&mut self) -> Option<Result<Record, SourceError>> {
        if self.ready.is_empty() && !self.ended {
            match self.read_more() {
                Ok(more) => self.ended = !more,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(told(error)));
                }
            }
        }
        self.ready.pop().map(Ok)
    }

    fn read_more(&mut self) -> rusqlite::Result<bool> {
        let sql = format!("SELECT rowid, * FROM {} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2", self.table);
        let mut statement = self.database.prepare_cached(&sql)?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = statement.query((self.after, TOGETHER))?;
        while let Some(row) = rows.next()? {
            self.after = row.get(0)?;
            self.number += 1;
            let mut record = Record { line: self.number, values: Map::new(), geometry: Ok(None) };
            for (i, name) in names.iter().enumerate().skip(1) {
                let value = row.get_ref(i)?;
                if *name == self.geometry {
                    record.geometry = geometry_of(value);
                } else if let Some(value) = value_of(value) {
                    record.values.insert(name.clone(), value);
                }
            }
            self.ready.push(record);
        }
        self.ready.reverse();
        Ok(!self.ready.is_empty())
    }
}

fn value_of(value: ValueRef<'_>) -> Option<Value> {
    Some(match value {
        ValueRef::Null | ValueRef::Blob(_) => return None,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
    })
}

/// The geometry after its header (clause 2.1.3).
fn geometry_of(value: ValueRef<'_>) -> Result<Option<Geometry<f64>>, String> {
    let ValueRef::Blob(bytes) = value else { return Ok(None) };
    let none = || "no geometry of a GeoPackage".to_owned();
    if !bytes.starts_with(b"GP") {
        return Err(none());
    }
    let flags = *bytes.get(3).ok_or_else(none)?;
    let numbers_of_box = match (flags >> 1) & 0b111 {
        0 => 0,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err(none()),
    };
    // An empty geometry is none.
    if flags & 0b1_0000 != 0 {
        return Ok(None);
    }
    let wkb = bytes.get(8 + 8 * numbers_of_box..).ok_or_else(none)?;
    binary::read(wkb).map(Some)
}
