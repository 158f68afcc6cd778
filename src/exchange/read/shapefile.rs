//! Esri shapefiles in a zip archive.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use ::shapefile::dbase::encoding::EncodingRs;
use ::shapefile::dbase::{FieldValue, ReaderBuilder};
use ::shapefile::{Reader, Shape, ShapeReader};
use encoding_rs::{Encoding, GB18030, UTF_8};
use serde_json::{Map, Value};
use tempfile::TempDir;
use zip::ZipArchive;

use super::detect::names_in;
use super::{Head, ReadOptions, Record, Records, SourceCrs, SourceError, on_thread};
use crate::exchange::format::Format;

/// An archive unpacks to at most this many times its own size…
const MOST_TIMES: u64 = 200;
/// …if that is not less than this, bytes…
const ALWAYS_BYTES: u64 = 64 << 20;
/// …nor more than this.
const MOST_BYTES: u64 = 4 << 30;

pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<(Head, Records), SourceError> {
    let damaged = SourceError::damaged(Format::Shapefile);
    let folder = tempfile::tempdir()?;
    let parts = Parts::unpack(path, options, &folder)?;
    let opened = |path: &Path| Ok::<_, SourceError>(BufReader::with_capacity(1 << 20, File::open(path)?));
    let encoding = options.encoding.map_or_else(|| parts.encoding(), Ok)?;
    let crs = parts.text("prj")?.and_then(|wkt| SourceCrs::of_wkt(&wkt));
    let shapes = ShapeReader::with_shx(opened(&parts.of("shp"))?, opened(&parts.of("shx"))?);
    let shapes = shapes.map_err(|error| damaged(&error))?;
    let count = shapes.shape_count().ok().map(|count| count as u64);
    let table = ReaderBuilder::new()
        .with_encoding(EncodingRs::from(encoding))
        .build(opened(&parts.of("dbf"))?)
        .map_err(|error| damaged(&error))?;
    let columns =
        table.fields().iter().map(|field| field.name().to_owned()).filter(|name| name != "DeletionFlag").collect();
    let mut reader = Reader::new(shapes, table);
    // The library's records borrow from their reader, so both stay on a thread of their own.
    let records = on_thread(Format::Shapefile, move |sender| {
        let _unpacked = folder;
        for (line, next) in (1..).zip(reader.iter_shapes_and_records()) {
            let record = next.map(|(shape, row)| record(line, shape, row)).map_err(|error| SourceError::Damaged {
                format: Format::Shapefile,
                line: Some(line),
                detail: error.to_string(),
            });
            let is_last = record.is_err();
            if sender.send(record).is_err() || is_last {
                return;
            }
        }
    });
    Ok((Head { encoding: Some(encoding), crs, columns, count }, records))
}

/// The files of one shapefile, unpacked.
struct Parts {
    folder: PathBuf,
}

impl Parts {
    fn unpack(path: &Path, options: &ReadOptions, folder: &TempDir) -> Result<Self, SourceError> {
        let damaged = SourceError::damaged(Format::Shapefile);
        let size = std::fs::metadata(path)?.len();
        let mut archive = ZipArchive::new(File::open(path)?).map_err(|error| damaged(&error))?;
        let names = names_in(&archive);
        let stem = stem_of(&names, options)?;
        let most = bound(size);
        let mut left = most;
        for ending in ["shp", "shx", "dbf", "prj", "cpg"] {
            let wanted = format!("{stem}.{ending}");
            let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(&wanted)) else {
                if matches!(ending, "shp" | "shx" | "dbf") {
                    return Err(SourceError::Missing { missing: wanted });
                }
                continue;
            };
            let packed = archive.by_name(name).map_err(|error| damaged(&error))?;
            let mut to = File::create(folder.path().join(format!("part.{ending}")))?;
            let unpacked = std::io::copy(&mut packed.take(left + 1), &mut to)?;
            left = left.checked_sub(unpacked).ok_or(SourceError::Bomb { most })?;
        }
        Ok(Self { folder: folder.path().to_owned() })
    }

    fn of(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("part.{ending}"))
    }

    fn text(&self, ending: &str) -> Result<Option<String>, SourceError> {
        const MOST: u64 = 64 << 10;
        let Ok(file) = File::open(self.of(ending)) else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The encoding that the `.cpg` file names, or the table's own mark; else what the texts look like.
    fn encoding(&self) -> Result<&'static Encoding, SourceError> {
        const MARK_AT: usize = 29;
        const GBK_MARK: u8 = 0x4d;
        if let Some(name) = self.text("cpg")? {
            let name = name.trim_start_matches('\u{feff}').trim();
            let named = match name.to_ascii_uppercase().trim_start_matches("CP") {
                "936" | "54936" | "GBK" | "GB2312" => Some(GB18030),
                "65001" => Some(UTF_8),
                _ => Encoding::for_label(name.as_bytes()),
            };
            if let Some(named) = named {
                return Ok(named);
            }
        }
        let mut head = Vec::new();
        File::open(self.of("dbf"))?.take(1 << 20).read_to_end(&mut head)?;
        if head.get(MARK_AT) == Some(&GBK_MARK) {
            return Ok(GB18030);
        }
        let is_utf8 = std::str::from_utf8(head.get(32..).unwrap_or_default());
        let is_utf8 = is_utf8.is_ok() || is_utf8.is_err_and(|error| error.error_len().is_none());
        Ok(if is_utf8 { UTF_8 } else { GB18030 })
    }
}

/// How much an archive of a size may unpack to, bytes.
pub(super) fn bound(size: u64) -> u64 {
    size.saturating_mul(MOST_TIMES).clamp(ALWAYS_BYTES, MOST_BYTES)
}

/// The name of the files without their endings: the one that was chosen, or the only one.
fn stem_of(names: &[String], options: &ReadOptions) -> Result<String, SourceError> {
    let stem = |name: &String| {
        let end = name.len().checked_sub(4)?;
        name.get(end..)?.eq_ignore_ascii_case(".shp").then(|| name[..end].to_owned())
    };
    let mut stems: Vec<String> = names.iter().filter_map(stem).collect();
    if let Some(chosen) = &options.layer
        && let Some(at) = stems.iter().position(|stem| stem == chosen)
    {
        return Ok(stems.swap_remove(at));
    }
    match stems.len() {
        0 => Err(SourceError::Missing { missing: ".shp".to_owned() }),
        1 => Ok(stems.swap_remove(0)),
        _ => Err(SourceError::Several { names: stems }),
    }
}

fn record(line: u64, shape: Shape, row: ::shapefile::dbase::Record) -> Record {
    let geometry = match shape {
        Shape::NullShape => Ok(None),
        shape => geo_types::Geometry::<f64>::try_from(shape)
            .map(|geometry| Some(simple(geometry)))
            .map_err(|error| error.to_string()),
    };
    let mut values = Map::new();
    for (name, value) in row {
        if let Some(value) = value_of(value) {
            values.insert(name, value);
        }
    }
    Record { line, values, geometry }
}

/// One part of several is just that part.
fn simple(geometry: geo_types::Geometry<f64>) -> geo_types::Geometry<f64> {
    use geo_types::Geometry as G;
    match geometry {
        G::MultiPolygon(mut several) if several.0.len() == 1 => G::Polygon(several.0.swap_remove(0)),
        G::MultiLineString(mut several) if several.0.len() == 1 => G::LineString(several.0.swap_remove(0)),
        other => other,
    }
}

fn value_of(value: FieldValue) -> Option<Value> {
    Some(match value {
        FieldValue::Character(text) => text.filter(|text| !text.is_empty())?.into(),
        FieldValue::Numeric(number) => as_number(number?),
        FieldValue::Float(number) => as_number(number?.into()),
        FieldValue::Logical(yes) => yes?.into(),
        FieldValue::Date(day) => {
            let day = day?;
            format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()).into()
        }
        FieldValue::Integer(number) => number.into(),
        FieldValue::Currency(number) | FieldValue::Double(number) => as_number(number),
        FieldValue::Memo(text) => text.into(),
        FieldValue::DateTime(moment) => {
            let day = moment.date();
            format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()).into()
        }
    })
}

/// A number of a table, whole where it is.
fn as_number(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT { Value::from(number as i64) } else { Value::from(number) }
}
