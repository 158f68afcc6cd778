//! GeoJSON, JSON-FG and lines of GeoJSON.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::mpsc::SyncSender;

use geojson::Feature;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::extent::{Extent, LONGEST_RECORD};
use super::{Head, Record, Records, SourceCrs, SourceError, on_thread};
use crate::exchange::format::Format;
use crate::geodesy::crs::Crs;

/// Bytes in which a file says which system its coordinates are of.
const HEAD: u64 = 64 << 10;

pub(super) fn open_collection(path: &Path, format: Format, extent: &Extent) -> Result<(Head, Records), SourceError> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(HEAD).read_to_end(&mut start)?;
    let skip = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    file.seek(SeekFrom::Start(skip))?;
    let declared = if format == Format::JsonFg { None } else { declared_crs(&start) };
    let crs = declared.or(Some(SourceCrs::Known(Crs::Crs84)));
    let (file, extent) = (extent.of_file(file)?, extent.clone());
    // The parser calls for each feature; who reads asks for the next one.
    let records = on_thread(format, move |sender| {
        let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 20, file));
        let read = Document { sender, format, extent: &extent }.deserialize(&mut json).and_then(|()| json.end());
        if let Err(error) = read {
            let line = Some(error.line() as u64).filter(|line| *line > 0);
            // Nobody listens when the reader has seen enough.
            let _ = sender.send(Err(SourceError::Damaged { format, line, detail: error.to_string() }));
        }
    });
    Ok((Head { encoding: None, crs, columns: Vec::new(), count: None }, records))
}

type Sender = SyncSender<Result<Record, SourceError>>;

/// A document that is a collection of features, wherever its `features` stand, or one feature.
struct Document<'a> {
    sender: &'a Sender,
    format: Format,
    extent: &'a Extent,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<(), D::Error> {
        document.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut others = Map::new();
        let mut has_features = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "features" {
                has_features = true;
                members.next_value_seed(Features(self.sender, self.extent))?;
            } else if matches!(name.as_str(), "type" | "geometry" | "properties" | "id") {
                others.insert(name, members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if has_features {
            return Ok(());
        }
        if others.get("type").and_then(Value::as_str) != Some("Feature") {
            return Err(A::Error::custom(format!(
                "a {} has `features`, a GeoJSON feature `type`; this has neither",
                self.format.name()
            )));
        }
        let feature: Feature = serde_json::from_value(Value::Object(others)).map_err(A::Error::custom)?;
        // Nobody listens when the reader has seen enough.
        let _ = self.sender.send(Ok(record(1, feature)));
        Ok(())
    }
}

/// The features of a collection, sent one by one.
struct Features<'a>(&'a Sender, &'a Extent);

impl<'de> DeserializeSeed<'de> for Features<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, features: D) -> Result<(), D::Error> {
        features.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(feature) = features.next_element::<Feature>()? {
            number += 1;
            self.1.record_ended();
            if self.0.send(Ok(record(number, feature))).is_err() {
                return Err(A::Error::custom("nobody reads on"));
            }
        }
        Ok(())
    }
}

/// The member `crs` of GeoJSON of before 2016, which GDAL still writes.
fn declared_crs(start: &[u8]) -> Option<SourceCrs> {
    let text = String::from_utf8_lossy(start);
    let rest = &text[text.find("\"crs\"")?..];
    let rest = &rest[rest.find("\"properties\"")?..];
    let name = rest.split("\"name\"").nth(1)?.split('"').nth(1)?;
    name.parse().ok()
}

pub(super) fn open_lines(path: &Path, extent: &Extent) -> Result<(Head, Records), SourceError> {
    let mut lines = BufReader::with_capacity(1 << 20, extent.of_file(File::open(path)?)?);
    let extent = extent.clone();
    let (mut number, mut ended) = (0, false);
    let mut text = Vec::new();
    let records = std::iter::from_fn(move || {
        loop {
            if ended {
                return None;
            }
            text.clear();
            number += 1;
            let read = (&mut lines).take(LONGEST_RECORD).read_until(b'\n', &mut text);
            extent.record_ended();
            let line = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
            // Sequences of JSON texts begin each with a mark (RFC 8142).
            let line = line.strip_prefix(b"\x1e").unwrap_or(line).trim_ascii();
            match read {
                Ok(0) => return None,
                Err(error) => {
                    ended = true;
                    return Some(Err(error.into()));
                }
                Ok(_) if line.is_empty() => {}
                Ok(_) => {
                    let feature = serde_json::from_slice::<Feature>(line);
                    ended = feature.is_err();
                    return Some(feature.map(|feature| record(number, feature)).map_err(|error| {
                        SourceError::Damaged { format: Format::Ndjson, line: Some(number), detail: error.to_string() }
                    }));
                }
            }
        }
    });
    let crs = Some(SourceCrs::Known(Crs::Crs84));
    Ok((Head { encoding: None, crs, columns: Vec::new(), count: None }, Box::new(records)))
}

fn record(line: u64, feature: Feature) -> Record {
    let mut values: Map<String, Value> = feature.properties.unwrap_or_default();
    values.retain(|_, value| !value.is_null());
    let geometry = feature
        .geometry
        .map(|geometry| geo_types::Geometry::<f64>::try_from(geometry).map_err(|error| error.to_string()))
        .transpose();
    Record { line, values, geometry }
}
