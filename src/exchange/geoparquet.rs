//! GeoParquet 1.1: a Parquet file whose `geometry` column is well-known binary, and whose `bbox` column lets readers
//! pass over what lies elsewhere.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::json;

use super::binary;
use super::export::{Export, ExportError};
use super::format::Format;
use super::table::Table;
use crate::catalog::PropertyType;
use crate::domain::{Bbox, GeometryKind};
use crate::index::{Cell, Item};

/// Features of one row group: what is in memory at a time.
const ROWS_TOGETHER: usize = 50_000;

const GEOMETRY: &str = "geometry";
const BBOX: &str = "bbox";
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// Writes row group after row group.
pub(super) fn write(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let failed = ExportError::of(Format::GeoParquet);
    let told = |error: ParquetError| failed(&error);
    let table = Table::of(export.layer);
    let schema = schema_of(&table).map_err(told)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_owned(), geo_metadata(&table, export.items))]))
        .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(told)?;
    for items in export.items.chunks(ROWS_TOGETHER) {
        let rows = Rows::of(&table, items, export.progress).map_err(told)?;
        let mut group = file.next_row_group().map_err(told)?;
        rows.write(&table, &mut group).map_err(told)?;
        group.close().map_err(told)?;
    }
    // Closing writes the index of what was written.
    file.close().map_err(told)?;
    Ok(())
}

fn schema_of(table: &Table) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    for column in &table.columns {
        let (physical, logical) = match column.kind {
            PropertyType::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            PropertyType::Integer => (Physical::INT64, None),
            PropertyType::Number => (Physical::DOUBLE, None),
            PropertyType::Boolean => (Physical::BOOLEAN, None),
            PropertyType::Date => (Physical::INT32, Some(LogicalType::Date)),
        };
        let field = Type::primitive_type_builder(&column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        fields.push(Arc::new(field.build()?));
    }
    let geometry =
        Type::primitive_type_builder(GEOMETRY, Physical::BYTE_ARRAY).with_repetition(Repetition::REQUIRED).build()?;
    fields.push(Arc::new(geometry));
    let mut sides = Vec::new();
    for side in SIDES {
        let side =
            Type::primitive_type_builder(side, Physical::DOUBLE).with_repetition(Repetition::REQUIRED).build()?;
        sides.push(Arc::new(side));
    }
    let bbox = Type::group_type_builder(BBOX).with_repetition(Repetition::REQUIRED).with_fields(sides).build()?;
    fields.push(Arc::new(bbox));
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

/// The `geo` entry of the file. Coordinates are longitude and latitude of OGC:CRS84, as they are when no system is
/// named.
fn geo_metadata(table: &Table, items: &[Arc<Item>]) -> String {
    let kinds = match table.geometry {
        GeometryKind::Point => vec!["Point"],
        GeometryKind::Line => vec!["LineString", "MultiLineString"],
        GeometryKind::Polygon => vec!["Polygon", "MultiPolygon"],
    };
    let covering: serde_json::Map<String, serde_json::Value> =
        SIDES.into_iter().map(|side| (side.to_owned(), json!([BBOX, side]))).collect();
    let mut column = json!({
        "encoding": "WKB",
        "geometry_types": kinds,
        "covering": { "bbox": covering },
    });
    if let Some(around) = items.iter().map(|item| item.bbox()).reduce(Bbox::union) {
        column["bbox"] = json!(<[f64; 4]>::from(around));
    }
    json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: column } }).to_string()
}

/// Rows of a group, column by column.
struct Rows {
    columns: Vec<Values>,
    geometry: Vec<ByteArray>,
    sides: [Vec<f64>; 4],
}

/// The values of a column, and for each row whether it has one.
struct Values {
    data: Data,
    levels: Vec<i16>,
}

enum Data {
    Text(Vec<ByteArray>),
    Whole(Vec<i64>),
    Real(Vec<f64>),
    Bool(Vec<bool>),
    Day(Vec<i32>),
}

impl Data {
    const fn of(kind: PropertyType) -> Self {
        match kind {
            PropertyType::String => Self::Text(Vec::new()),
            PropertyType::Integer => Self::Whole(Vec::new()),
            PropertyType::Number => Self::Real(Vec::new()),
            PropertyType::Boolean => Self::Bool(Vec::new()),
            PropertyType::Date => Self::Day(Vec::new()),
        }
    }

    /// Adds a value; whether it is one of this column.
    fn push(&mut self, cell: Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Text(values), Cell::Text(text)) => values.push(text.into()),
            (Self::Whole(values), Cell::Whole(number)) => values.push(number),
            (Self::Real(values), Cell::Real(number)) => values.push(number),
            (Self::Real(values), Cell::Whole(number)) => values.push(number as f64),
            (Self::Bool(values), Cell::Bool(yes)) => values.push(yes),
            (Self::Day(values), Cell::Text(text)) => match days_since_1970(text) {
                Some(days) => values.push(days),
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

impl Rows {
    fn of(table: &Table, items: &[Arc<Item>], progress: &(dyn Fn() + Sync)) -> Result<Self, ParquetError> {
        let values = |column: &super::table::Column| Values {
            data: Data::of(column.kind),
            levels: Vec::with_capacity(items.len()),
        };
        let mut rows = Self {
            columns: table.columns.iter().map(values).collect(),
            geometry: Vec::with_capacity(items.len()),
            sides: std::array::from_fn(|_| Vec::with_capacity(items.len())),
        };
        let mut village = String::new();
        for item in items {
            progress();
            for (cell, column) in table.row(item, &mut village).into_iter().zip(&mut rows.columns) {
                let is_there = cell.is_some_and(|cell| column.data.push(cell));
                column.levels.push(i16::from(is_there));
            }
            let shape = item.geo();
            let mut bytes = Vec::new();
            binary::write(&shape, &mut bytes).map_err(|error| ParquetError::External(Box::new(error)))?;
            rows.geometry.push(bytes.into());
            for (side, values) in <[f64; 4]>::from(item.bbox()).into_iter().zip(&mut rows.sides) {
                values.push(side);
            }
        }
        Ok(rows)
    }

    /// Writes the columns in the order of the schema.
    fn write<W: Write + Send>(
        &self,
        table: &Table,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        debug_assert_eq!(table.columns.len(), self.columns.len());
        for Values { data, levels } in &self.columns {
            let levels = Some(levels.as_slice());
            match data {
                Data::Text(values) => write_column::<ByteArrayType, W>(group, values, levels)?,
                Data::Whole(values) => write_column::<Int64Type, W>(group, values, levels)?,
                Data::Real(values) => write_column::<DoubleType, W>(group, values, levels)?,
                Data::Bool(values) => write_column::<BoolType, W>(group, values, levels)?,
                Data::Day(values) => write_column::<Int32Type, W>(group, values, levels)?,
            }
        }
        write_column::<ByteArrayType, W>(group, &self.geometry, None)?;
        for side in &self.sides {
            write_column::<DoubleType, W>(group, side, None)?;
        }
        Ok(())
    }
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns than the rows".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// Days since 1970-01-01 of a day such as `2025-06-30`.
fn days_since_1970(text: &str) -> Option<i32> {
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(jiff::civil::Date::constant(1970, 1, 1).until(day).ok()?.get_days())
}
