//! GeoParquet, and Parquet tables without a geometry.

use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, RowAccessor};
use serde_json::{Map, Value};

use super::{Head, Record, Records, SourceCrs, SourceError};
use crate::exchange::binary;
use crate::exchange::format::Format;
use crate::geodesy::crs::Crs;

pub(super) fn open(path: &Path) -> Result<(Head, Records), SourceError> {
    let damaged = SourceError::damaged(Format::GeoParquet);
    let file = SerializedFileReader::new(File::open(path)?).map_err(|error| damaged(&error))?;
    let metadata = file.metadata().file_metadata();
    let entries = metadata.key_value_metadata().into_iter().flatten();
    let geo = entries.into_iter().find(|entry| entry.key == "geo").and_then(|entry| entry.value.as_deref());
    let geo: Value = geo.map_or(Ok(Value::Null), serde_json::from_str).map_err(|error| damaged(&error))?;
    let geometry = geo["primary_column"].as_str().unwrap_or("geometry").to_owned();
    let encoding = geo["columns"][&geometry]["encoding"].as_str().unwrap_or("WKB");
    if encoding != "WKB" {
        return Err(damaged(&format!("its geometries are encoded as {encoding}; only WKB is read")));
    }
    let crs = crs_of(&geo["columns"][&geometry]);
    let covering = geo["columns"][&geometry]["covering"]["bbox"]["xmin"][0].as_str().unwrap_or_default().to_owned();
    let names = metadata.schema_descr().root_schema().get_fields().iter().map(|field| field.name().to_owned());
    let columns = names.filter(|name| *name != geometry && *name != covering).collect();
    let count = u64::try_from(metadata.num_rows()).ok();
    let (mut line, mut ended) = (0, false);
    let mut rows = file.into_iter();
    let records = std::iter::from_fn(move || {
        if ended {
            return None;
        }
        line += 1;
        let row = match rows.next()? {
            Ok(row) => row,
            Err(error) => {
                ended = true;
                let detail = error.to_string();
                return Some(Err(SourceError::Damaged { format: Format::GeoParquet, line: Some(line), detail }));
            }
        };
        let mut record = Record { line, values: Map::new(), geometry: Ok(None) };
        for (i, (name, field)) in row.get_column_iter().enumerate() {
            if *name == geometry {
                record.geometry = match field {
                    Field::Null => Ok(None),
                    _ => row
                        .get_bytes(i)
                        .map_err(|error| error.to_string())
                        .and_then(|wkb| binary::read(wkb.data()))
                        .map(Some),
                };
            } else if *name != covering {
                let value = field.to_json_value();
                if !value.is_null() {
                    record.values.insert(name.clone(), value);
                }
            }
        }
        Some(Ok(record))
    });
    Ok((Head { encoding: None, crs, columns, count }, Box::new(records)))
}

/// The system of a geometry column: CRS84 where none is named, unknown where it is said to be.
fn crs_of(column: &Value) -> Option<SourceCrs> {
    match column.get("crs") {
        None => Some(SourceCrs::Known(Crs::Crs84)),
        Some(Value::Null) => None,
        Some(described) => {
            let id = &described["id"];
            let code = id["code"].as_str().map(str::to_owned).or_else(|| Some(id["code"].as_i64()?.to_string()))?;
            format!("{}:{code}", id["authority"].as_str()?).parse().ok()
        }
    }
}
