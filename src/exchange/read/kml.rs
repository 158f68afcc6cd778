//! OGC KML, also packed as KMZ: the placemarks of all folders.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPolygon, Point, Polygon};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};
use zip::ZipArchive;

use super::detect::names_in;
use super::extent::Extent;
use super::shapefile::bound;
use super::{Head, Record, Records, SourceCrs, SourceError};
use crate::exchange::format::Format;
use crate::geodesy::crs::Crs;

/// Geometries within geometries.
const DEEPEST: usize = 8;

/// Bytes of one text at the most.
const LONGEST_TEXT: usize = 64 << 20;

pub(super) fn open(path: &Path, extent: &Extent) -> Result<(Head, Records), SourceError> {
    let mut file = File::open(path)?;
    let mut magic = [0; 2];
    let is_packed = file.read(&mut magic)? == 2 && magic == *b"PK";
    file.rewind()?;
    let mut documents = if is_packed { unpacked(path)? } else { vec![file] };
    documents.reverse();
    extent.begin(documents.iter().map(|file| Ok(file.metadata()?.len())).sum::<std::io::Result<u64>>()?);
    let extent = extent.clone();
    let mut open = None;
    let (mut line, mut ended) = (0, false);
    let records = std::iter::from_fn(move || {
        while !ended {
            let Some(document) = &mut open else {
                open = Some(Placemarks::of(extent.counted(documents.pop()?)));
                continue;
            };
            match document.next_record(line + 1) {
                Ok(Some(record)) => {
                    line += 1;
                    extent.record_ended();
                    return Some(Ok(record));
                }
                Ok(None) => open = None,
                Err(detail) => {
                    ended = true;
                    return Some(Err(SourceError::Damaged { format: Format::Kml, line: None, detail }));
                }
            }
        }
        None
    });
    let head = Head { encoding: None, crs: Some(SourceCrs::Known(Crs::Crs84)), columns: Vec::new(), count: None };
    Ok((head, Box::new(records)))
}

/// The documents of an archive: GDAL puts each layer in one of its own.
fn unpacked(path: &Path) -> Result<Vec<File>, SourceError> {
    let damaged = SourceError::damaged(Format::Kml);
    let most = bound(std::fs::metadata(path)?.len());
    let mut left = most;
    let mut archive = ZipArchive::new(File::open(path)?).map_err(|error| damaged(&error))?;
    let mut documents = Vec::new();
    for name in names_in(&archive).into_iter().filter(|name| name.to_lowercase().ends_with(".kml")) {
        let packed = archive.by_name(&name).map_err(|error| damaged(&error))?;
        let mut to = tempfile::tempfile()?;
        let unpacked = std::io::copy(&mut packed.take(left + 1), &mut to)?;
        left = left.checked_sub(unpacked).ok_or(SourceError::Bomb { most })?;
        to.rewind()?;
        documents.push(to);
    }
    Ok(documents)
}

struct Placemarks<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
}

/// An element that begins or ends, or text.
enum Token {
    Start(String, Option<String>),
    End(String),
    Text(String),
    Eof,
}

impl<F: Read> Placemarks<BufReader<F>> {
    fn of(file: F) -> Self {
        Self { reader: Reader::from_reader(BufReader::with_capacity(1 << 20, file)), buffer: Vec::new() }
    }
}

impl<R: BufRead> Placemarks<R> {
    fn next_record(&mut self, line: u64) -> Result<Option<Record>, String> {
        loop {
            match self.token()? {
                Token::Start(name, _) if name == "Placemark" => return self.placemark(line).map(Some),
                Token::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    fn token(&mut self) -> Result<Token, String> {
        loop {
            self.buffer.clear();
            let at = self.reader.buffer_position();
            let event =
                self.reader.read_event_into(&mut self.buffer).map_err(|error| format!("at byte {at}: {error}"))?;
            return Ok(match event {
                Event::Start(start) => Token::Start(local(&start), named(&start)),
                // As if it began and ended; what is empty says nothing.
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::End(end) => Token::End(end.local_name().as_ref().to_owned()),
                Event::Text(text) => Token::Text(text.to_string()),
                Event::CData(text) => Token::Text(text.to_string()),
                Event::GeneralRef(name) => {
                    let letter = name.resolve_char_ref().map_err(|error| error.to_string())?;
                    let text = match letter {
                        Some(letter) => letter.to_string(),
                        None => {
                            // Only the five that XML itself has; a document's own are not read.
                            quick_xml::escape::resolve_predefined_entity(&name).unwrap_or_default().to_owned()
                        }
                    };
                    Token::Text(text)
                }
                Event::Eof => Token::Eof,
            });
        }
    }

    fn placemark(&mut self, line: u64) -> Result<Record, String> {
        let mut record = Record { line, values: Map::new(), geometry: Ok(None) };
        let mut key = None;
        loop {
            match self.token()? {
                Token::End(name) if name == "Placemark" => return Ok(record),
                Token::Eof => return Err("the document ends within a placemark".to_owned()),
                Token::Start(name, attribute) => match name.as_str() {
                    "name" | "description" => self.keep(&name.clone(), &name, &mut record)?,
                    "Data" => key = attribute,
                    "SimpleData" => {
                        if let Some(key) = attribute {
                            self.keep(&key, "SimpleData", &mut record)?;
                        }
                    }
                    "value" => {
                        if let Some(key) = key.take() {
                            self.keep(&key, "value", &mut record)?;
                        }
                    }
                    "Point" | "LineString" | "Polygon" | "MultiGeometry" => {
                        record.geometry = self.geometry(&name, 0).map(Some);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// Keeps the text of an element as a value.
    fn keep(&mut self, key: &str, element: &str, record: &mut Record) -> Result<(), String> {
        let text = self.text(element)?;
        if !text.trim().is_empty() {
            record.values.insert(key.to_owned(), Value::String(text.trim().to_owned()));
        }
        Ok(())
    }

    /// The text up to the end of an element; what stands in elements within it is left out.
    fn text(&mut self, element: &str) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.token()? {
                Token::Text(more) => text.push_str(&more),
                Token::End(name) if name == element => return Ok(text),
                Token::Eof => return Err(format!("the document ends within <{element}>")),
                _ => {}
            }
            if text.len() > LONGEST_TEXT {
                return Err(format!("<{element}> is longer than {LONGEST_TEXT} bytes"));
            }
        }
    }

    /// A geometry whose beginning has been read. It is read to its end even when it is none.
    fn geometry(&mut self, kind: &str, depth: usize) -> Result<Geometry<f64>, String> {
        if depth > DEEPEST {
            return Err(format!("geometries within geometries, more than {DEEPEST} deep"));
        }
        let (mut courses, mut parts) = (Vec::new(), Vec::new());
        let mut fault = None;
        loop {
            match self.token()? {
                Token::Start(name, _) if name == "coordinates" => match coordinates(&self.text("coordinates")?) {
                    Ok(course) => courses.push(course),
                    Err(error) => fault = Some(error),
                },
                Token::Start(name, _)
                    if matches!(name.as_str(), "Point" | "LineString" | "Polygon" | "MultiGeometry") =>
                {
                    match self.geometry(&name, depth + 1) {
                        Ok(part) => parts.push(part),
                        Err(error) => fault = Some(error),
                    }
                }
                Token::End(name) if name == kind => break,
                Token::Eof => return Err(format!("the document ends within <{kind}>")),
                _ => {}
            }
        }
        match fault {
            Some(fault) => Err(fault),
            None => put_together(kind, courses, parts),
        }
    }
}

fn put_together(kind: &str, courses: Vec<Vec<Coord<f64>>>, parts: Vec<Geometry<f64>>) -> Result<Geometry<f64>, String> {
    let mut courses = courses.into_iter();
    let first = courses.next().unwrap_or_default();
    match kind {
        "Point" => first.first().map(|at| Point(*at).into()).ok_or_else(|| "a point without coordinates".to_owned()),
        "LineString" => Ok(LineString(first).into()),
        // The outer ring comes first (clause 10.8).
        "Polygon" => Ok(Polygon::new(LineString(first), courses.map(LineString).collect()).into()),
        _ => several(parts),
    }
}

/// Parts of one kind as one geometry.
fn several(mut parts: Vec<Geometry<f64>>) -> Result<Geometry<f64>, String> {
    if parts.len() == 1 {
        return Ok(parts.swap_remove(0));
    }
    let (mut lines, mut polygons, all) = (Vec::new(), Vec::new(), parts.len());
    for part in parts {
        match part {
            Geometry::LineString(line) => lines.push(line),
            Geometry::Polygon(polygon) => polygons.push(polygon),
            _ => {}
        }
    }
    match (lines.len(), polygons.len()) {
        (0, found) if found == all && all > 0 => Ok(MultiPolygon(polygons).into()),
        (found, 0) if found == all && all > 0 => Ok(MultiLineString(lines).into()),
        _ => Err("geometries of several kinds in one".to_owned()),
    }
}

/// `lon,lat[,height]` after `lon,lat[,height]`.
fn coordinates(text: &str) -> Result<Vec<Coord<f64>>, String> {
    let position = |tuple: &str| {
        let mut numbers = tuple.split(',').map(|number| number.trim().parse::<f64>().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(x), Some(y)) => Ok(Coord { x, y }),
            _ => Err(format!("`{}` is no position", tuple.chars().take(40).collect::<String>())),
        }
    };
    text.split_whitespace().map(position).collect()
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

/// The value of the attribute `name`.
fn named(start: &BytesStart<'_>) -> Option<String> {
    let attribute = start.try_get_attribute("name").ok()??;
    Some(attribute.value.into_owned())
}
