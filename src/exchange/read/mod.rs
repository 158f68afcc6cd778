//! Reading the formats that others bring: which one a file is, what columns it has, and its records one by one.
//!
//! A file is looked at by what it holds, not by its name. What is wrong with one record is told with that record; what
//! is wrong with the file ends the reading.

mod csv;
mod detect;
mod extent;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod geoparquet;
mod kml;
mod shapefile;
mod system;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use geo_types::Geometry;
use serde_json::{Map, Value};

use super::format::Format;
pub use extent::Extent;
pub use system::{SourceCrs, UnknownSystem};

/// Records that are looked at to tell what the columns hold.
const SAMPLE: usize = 200;

/// Different values of a column that are shown.
const EXAMPLES: usize = 3;

/// The most columns a source may have.
const MOST_COLUMNS: usize = 500;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is none of the formats.
    #[error("this is none of the formats that are read ({}); it begins with {begins}", Format::names())]
    Unknown {
        /// How it begins.
        begins: String,
    },
    /// Something is missing that belongs to it.
    #[error("the archive has no {missing}; a shapefile needs .shp, .shx and .dbf of one name")]
    Missing {
        /// What is missing.
        missing: String,
    },
    /// It holds several layers, and none was chosen.
    #[error("the file holds several layers: {}; choose one of them", .names.join(", "))]
    Several {
        /// Their names.
        names: Vec<String>,
    },
    /// It unpacks to more than is read.
    #[error("the archive unpacks to more than {most} bytes; unpack it and import the file itself")]
    Bomb {
        /// How much is unpacked at the most.
        most: u64,
    },
    /// Text that is not of the encoding.
    #[error("line {line}, column `{column}`: not {encoding}; name the encoding, or save the file as UTF-8")]
    Encoding {
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// The encoding that it was taken for.
        encoding: &'static str,
    },
    /// It is damaged, or no file of its format.
    #[error("{} cannot be read{}: {detail}", .format.name(), at_line(*.line))]
    Damaged {
        /// The format.
        format: Format,
        /// Where, if it is known.
        line: Option<u64>,
        /// What was found.
        detail: String,
    },
    /// Nothing is in it but, perhaps, the names of columns.
    #[error("the file has no records; it was read as {}", .format.name())]
    NoRecords {
        /// The format that it was taken for.
        format: Format,
    },
    /// It has too many columns.
    #[error("the file has {got} columns; at most {MOST_COLUMNS} are read")]
    TooManyColumns {
        /// How many.
        got: usize,
    },
}

fn at_line(line: Option<u64>) -> String {
    line.map(|line| format!(" at line {line}")).unwrap_or_default()
}

impl SourceError {
    /// What is said when the library that reads a format gives up on a file without a word.
    pub fn unreadable(format: Format) -> Self {
        Self::Damaged { format, line: None, detail: "it is damaged in a way that its reader cannot name".to_owned() }
    }

    fn damaged(format: Format) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |error| Self::Damaged { format, line: None, detail: error.to_string() }
    }
}

/// One record of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it stands: the line of a text, else its number, from 1.
    pub line: u64,
    /// Its values by column; what is empty is left out.
    pub values: Map<String, Value>,
    /// Where it is, east before north in the system of the source; none: it does not say. What cannot be read is told.
    pub geometry: Result<Option<Geometry<f64>>, String>,
}

/// How a source is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The encoding of its text; none: it is found out.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// The layer, of a file with several.
    pub layer: Option<String>,
    /// Told how far the file has been read, where its format has no count of records.
    pub extent: Extent,
}

/// A column of a source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// Some of its values.
    pub examples: Vec<String>,
}

/// A file that can be read, and what is known of it beforehand.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    options: ReadOptions,
    /// The format.
    pub format: Format,
    /// The encoding of its text, where it is not always UTF-8.
    pub encoding: Option<&'static str>,
    /// The system of its coordinates, if it says.
    pub crs: Option<SourceCrs>,
    /// Its columns.
    pub columns: Vec<SourceColumn>,
    /// Whether a record has a geometry of its own, beside what stands in columns.
    pub has_geometry: bool,
    /// How many records it has, if it says.
    pub count: Option<u64>,
}

/// The records of a source, one by one.
pub type Records = Box<dyn Iterator<Item = Result<Record, SourceError>> + Send>;

/// What a format knows of a file before its records are read.
struct Head {
    encoding: Option<&'static encoding_rs::Encoding>,
    crs: Option<SourceCrs>,
    /// Columns in their order; those of formats that declare none are found in the records.
    columns: Vec<String>,
    count: Option<u64>,
}

impl Source {
    /// Looks at a file: its format, its columns, some of its values.
    pub fn open(path: &Path, options: ReadOptions) -> Result<Self, SourceError> {
        let format = detect::format_of(path)?;
        let (head, records) = open(path, format, &options)?;
        let mut examples: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut columns = head.columns;
        let (mut has_geometry, mut is_empty) = (false, true);
        for record in records.take(SAMPLE) {
            let record = record?;
            is_empty = false;
            has_geometry |= !matches!(record.geometry, Ok(None));
            for (name, value) in record.values {
                if !columns.contains(&name) {
                    columns.push(name.clone());
                }
                let of_column = examples.entry(name).or_default();
                let text = as_text(&value);
                if of_column.len() < EXAMPLES && !of_column.contains(&text) {
                    of_column.push(text.chars().take(80).collect());
                }
            }
        }
        if is_empty {
            return Err(SourceError::NoRecords { format });
        }
        if columns.len() > MOST_COLUMNS {
            return Err(SourceError::TooManyColumns { got: columns.len() });
        }
        let column = |name: String| SourceColumn { examples: examples.remove(&name).unwrap_or_default(), name };
        Ok(Self {
            path: path.to_owned(),
            // Whoever has looked at the first records may still be reading.
            options: ReadOptions { encoding: head.encoding, extent: Extent::default(), ..options },
            format,
            encoding: head.encoding.map(encoding_rs::Encoding::name),
            crs: head.crs,
            columns: columns.into_iter().map(column).collect(),
            has_geometry,
            count: head.count,
        })
    }

    /// The layer that was chosen, of a file with several.
    pub fn layer(&self) -> Option<String> {
        self.options.layer.clone()
    }

    /// How far the file has been read by whoever reads its records.
    pub fn extent(&self) -> Extent {
        self.options.extent.clone()
    }

    /// Its records, from the first on.
    pub fn records(&self) -> Result<Records, SourceError> {
        Ok(open(&self.path, self.format, &self.options)?.1)
    }
}

/// Records that a thread of their own reads ahead: for parsers that call for each record, or whose records borrow from
/// them. A parser that fails over a damaged file is an error, not the file's end.
fn on_thread(format: Format, read: impl FnOnce(&SyncSender<Result<Record, SourceError>>) + Send + 'static) -> Records {
    const AHEAD: usize = 1_000;
    let (sender, received) = sync_channel(AHEAD);
    let mut thread = Some(std::thread::spawn(move || read(&sender)));
    Box::new(std::iter::from_fn(move || match received.recv() {
        Ok(record) => Some(record),
        Err(_) => thread.take()?.join().is_err().then(|| Err(SourceError::unreadable(format))),
    }))
}

fn open(path: &Path, format: Format, options: &ReadOptions) -> Result<(Head, Records), SourceError> {
    let (head, records) = match format {
        Format::Csv => csv::open(path, options),
        Format::GeoJson | Format::JsonFg => geojson::open_collection(path, format, &options.extent),
        Format::Ndjson => geojson::open_lines(path, &options.extent),
        Format::GeoPackage => geopackage::open(path, options),
        Format::FlatGeobuf => flatgeobuf::open(path),
        Format::GeoParquet => geoparquet::open(path),
        Format::Shapefile => shapefile::open(path, options),
        Format::Kml => kml::open(path, &options.extent),
    }?;
    let without_empty = records.map(|record| {
        let mut record = record?;
        record.values.retain(|_, value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()));
        Ok(record)
    });
    Ok((head, Box::new(without_empty)))
}

/// A value as a cell of a table shows it.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
