//! FlatGeobuf.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ::flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
use geozero::{ColumnValue, PropertyProcessor, ToGeo};
use serde_json::{Map, Value};

use super::{Head, Record, Records, SourceCrs, SourceError};
use crate::exchange::format::Format;

pub(super) fn open(path: &Path) -> Result<(Head, Records), SourceError> {
    let damaged = SourceError::damaged(Format::FlatGeobuf);
    let told = |error: ::flatgeobuf::Error| damaged(&error);
    let file = FgbReader::open(BufReader::with_capacity(1 << 20, File::open(path)?)).map_err(told)?;
    let header = file.header();
    let crs = header.crs().and_then(|crs| {
        let by_number = format!("{}:{}", crs.org().unwrap_or("EPSG"), crs.code()).parse().ok();
        by_number.or_else(|| SourceCrs::of_wkt(crs.wkt()?))
    });
    let columns = header.columns().into_iter().flatten().map(|column| column.name().to_owned()).collect();
    let count = Some(header.features_count()).filter(|count| *count > 0);
    let mut features = file.select_all_seq().map_err(told)?;
    let (mut line, mut ended) = (0, false);
    let records = std::iter::from_fn(move || {
        if ended {
            return None;
        }
        line += 1;
        let next = match features.next() {
            Ok(None) => return None,
            Ok(Some(feature)) => {
                let mut values = Values::default();
                let read = feature.process_properties(&mut values);
                let is_empty = feature.geometry().is_none();
                let geometry =
                    if is_empty { Ok(None) } else { feature.to_geo().map(Some).map_err(|error| error.to_string()) };
                read.map(|_| Record { line, values: values.0, geometry }).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        ended = next.is_err();
        Some(next.map_err(|detail| SourceError::Damaged { format: Format::FlatGeobuf, line: Some(line), detail }))
    });
    Ok((Head { encoding: None, crs, columns, count }, Box::new(records)))
}

/// The values of a feature as they come.
#[derive(Default)]
struct Values(Map<String, Value>);

impl PropertyProcessor for Values {
    fn property(&mut self, _: usize, name: &str, value: &ColumnValue<'_>) -> geozero::error::Result<bool> {
        let value = match *value {
            ColumnValue::Byte(number) => number.into(),
            ColumnValue::UByte(number) => number.into(),
            ColumnValue::Bool(yes) => yes.into(),
            ColumnValue::Short(number) => number.into(),
            ColumnValue::UShort(number) => number.into(),
            ColumnValue::Int(number) => number.into(),
            ColumnValue::UInt(number) => number.into(),
            ColumnValue::Long(number) => number.into(),
            ColumnValue::ULong(number) => number.into(),
            ColumnValue::Float(number) => number.into(),
            ColumnValue::Double(number) => number.into(),
            ColumnValue::String(text) | ColumnValue::Json(text) | ColumnValue::DateTime(text) => text.into(),
            ColumnValue::Binary(_) => return Ok(false),
        };
        self.0.insert(name.to_owned(), value);
        Ok(false)
    }
}
