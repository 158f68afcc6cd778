//! The records of a file as lines of a command, read ahead on a thread of their own.

use std::collections::HashSet;
use std::sync::Arc;

use geo::MapCoords;
use geo::orient::{Direction, Orient};
use geo_types::Coord;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::Plan;
use super::mapping::{Target, value_of};
use super::report::{Finding, Severity};
use crate::app::App;
use crate::catalog::{Layer, PropertyType};
use crate::domain::{Geometry, GeometryKind};
use crate::edit::{Base, Line, Operation, Patch};
use crate::exchange::read::{Record, Source, SourceError, as_text};
use crate::geodesy::crs::CrsError;
use crate::index::Item;

/// Chunks that are read ahead of what is written.
const AHEAD: usize = 2;

/// A chunk of records: where each stands, and what it asks, or what is wrong with it.
type Chunk = Vec<(u64, Result<Line, Vec<Finding>>)>;

/// What comes of a file.
pub(super) enum Part {
    /// Some records.
    Chunk(Chunk),
    /// All have come. A file whose end never comes was not read to it.
    End,
}

/// Reading of one file.
pub(super) struct Reading {
    app: Arc<App>,
    plan: Plan,
    /// Digests of the codes that came, 16 bytes a record.
    codes: HashSet<u128>,
}

impl Reading {
    /// Starts to read; chunks come as fast as they are taken.
    pub(super) fn start(
        app: Arc<App>,
        source: Source,
        plan: Plan,
        together: usize,
    ) -> Result<mpsc::Receiver<Result<Part, SourceError>>, SourceError> {
        let records = source.records()?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let mut reading = Self { app, plan, codes: HashSet::new() };
        tokio::task::spawn_blocking(move || {
            let mut chunk = Vec::with_capacity(together);
            for record in records {
                match record {
                    Ok(record) => chunk.push((record.line, reading.line(record))),
                    Err(error) => {
                        // What was read before is told first.
                        let told = sender.blocking_send(Ok(Part::Chunk(chunk)));
                        let _ = told.and_then(|()| sender.blocking_send(Err(error)));
                        return;
                    }
                }
                if chunk.len() == together {
                    let full = std::mem::replace(&mut chunk, Vec::with_capacity(together));
                    if sender.blocking_send(Ok(Part::Chunk(full))).is_err() {
                        return;
                    }
                }
            }
            let told = sender.blocking_send(Ok(Part::Chunk(chunk)));
            let _ = told.and_then(|()| sender.blocking_send(Ok(Part::End)));
        });
        Ok(receiver)
    }

    fn layer(&self) -> &Layer {
        &self.app.catalogue.layers[self.plan.layer]
    }

    /// What a record asks.
    fn line(&mut self, record: Record) -> Result<Line, Vec<Finding>> {
        let mut findings = Vec::new();
        let properties = self.properties(&record, &mut findings);
        let line = record.line;
        let geometry = self.geometry(record).unwrap_or_else(|finding| {
            findings.push(*finding);
            None
        });
        let rule = self.layer().code.as_ref();
        let code = rule.and_then(|rule| properties.get(&rule.property)?.as_str().map(str::to_owned));
        if let Some(code) = &code
            && !self.codes.insert(xxhash_rust::xxh3::xxh3_128(code.as_bytes()))
        {
            findings.push(fault(
                line,
                "code.twice",
                None,
                (format!("本文件前面已有编码 {code}。"), format!("an earlier line of this file has the code {code}")),
            ));
        }
        // What has no code would come twice when the file is imported again.
        if code.is_none()
            && let Some(rule) = self.layer().code.as_ref()
            && self.layer().properties[&rule.property].required
        {
            let title = &self.layer().properties[&rule.property].title;
            findings.push(fault(
                line,
                "code.missing",
                None,
                (
                    format!("缺少“{}”：导入按编码认要素。新要素可在地图上新增，编码自动给出。", title.zh),
                    format!("`{}` is missing: an import knows features by their code", rule.property),
                ),
            ));
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let standing = code.and_then(|code| self.app.snapshot().by_code(self.plan.layer, &code));
        let operation = match (standing, geometry) {
            (Some(item), geometry) => {
                // Formats turn rings as they like: that moves nothing.
                let geometry = geometry.filter(|geometry| !is_where(&item, geometry));
                // The newest is meant, and named: a layer may ask for it.
                let base = Base::Version(item.version);
                Operation::Patch { id: item.id, base, patch: Patch { geometry, properties } }
            }
            (None, Some(geometry)) => Operation::Create { geometry, properties },
            (None, None) => {
                let told =
                    ("没有位置：新要素须有坐标或几何。", "no position: a new feature needs coordinates or a geometry");
                return Err(vec![fault(line, "geometry.missing", None, (told.0.to_owned(), told.1.to_owned()))]);
            }
        };
        Ok(Line { layer: self.plan.layer, operation })
    }

    fn properties(&self, record: &Record, findings: &mut Vec<Finding>) -> Map<String, Value> {
        let mut properties = Map::new();
        for (column, target) in &self.plan.mapping.0 {
            let (Target::Property(name), Some(value)) = (target, record.values.get(column)) else { continue };
            let read = match self.layer().properties.get(name) {
                Some(property) => value_of(property.kind, &property.values, value),
                // The mark of what the demo made; no layer declares it.
                None => value_of(PropertyType::Boolean, &[], value),
            };
            match read {
                Ok(value) => {
                    properties.insert(name.clone(), value);
                }
                Err(told) => {
                    let value = Some(as_text(value).chars().take(200).collect());
                    let finding = fault(record.line, "value.type", Some(column.clone()), told);
                    findings.push(Finding { value, ..finding });
                }
            }
        }
        properties
    }

    /// Where a record is: by its own geometry, its well-known text, or its two coordinates.
    fn geometry(&self, record: Record) -> Result<Option<Geometry>, Box<Finding>> {
        let Record { line, values, geometry } = record;
        let broken = |column: Option<&str>, detail: String| {
            let told = (format!("几何无法读取：{detail}"), format!("the geometry cannot be read: {detail}"));
            Box::new(fault(line, "geometry.unreadable", column.map(str::to_owned), told))
        };
        let shape = match geometry.map_err(|detail| broken(None, detail))? {
            Some(shape) => Some(shape),
            None => self.shape_of_columns(&values).map_err(|(column, detail)| broken(column, detail))?,
        };
        let Some(shape) = shape else { return Ok(None) };
        let placed = shape.try_map_coords(|at| {
            let at = self.plan.crs.to_lonlat(at.x, at.y)?;
            Ok::<_, CrsError>(Coord { x: at.lon(), y: at.lat() })
        });
        let placed = placed.map_err(|error| {
            let told = (
                format!("坐标不属于 {}：{error}", self.plan.crs.name()),
                format!("the coordinates are not of {}: {error}", self.plan.crs.name()),
            );
            Box::new(fault(line, "geometry.crs", None, told))
        })?;
        Geometry::new(oriented(fitting(placed, self.layer().geometry)))
            .map(Some)
            .map_err(|error| broken(None, error.to_string()))
    }

    fn shape_of_columns<'a>(
        &'a self,
        values: &Map<String, Value>,
    ) -> Result<Option<geo_types::Geometry<f64>>, (Option<&'a str>, String)> {
        let mapping = &self.plan.mapping;
        let text = |target: &Target| {
            let column = mapping.column(target)?;
            Some((column, as_text(values.get(column)?)))
        };
        if let Some((column, text)) = text(&Target::Wkt) {
            let read: Result<wkt::Wkt<f64>, _> = text.parse();
            let read = read.map_err(|detail| (Some(column), detail.to_owned()))?;
            return geo_types::Geometry::try_from(read).map(Some).map_err(|error| (Some(column), error.to_string()));
        }
        let (Some((x_column, x)), Some((y_column, y))) = (text(&Target::X), text(&Target::Y)) else { return Ok(None) };
        let number = |column: &'a str, text: &str| {
            text.trim().parse::<f64>().map_err(|_| (Some(column), format!("`{text}` is no number")))
        };
        Ok(Some(geo_types::Point::new(number(x_column, &x)?, number(y_column, &y)?).into()))
    }
}

/// A geometry as the layer has it: of several parts that are one, the one.
fn fitting(shape: geo_types::Geometry<f64>, kind: GeometryKind) -> geo_types::Geometry<f64> {
    use geo_types::Geometry as G;
    match (shape, kind) {
        (G::MultiPoint(mut several), GeometryKind::Point) if several.0.len() == 1 => G::Point(several.0.swap_remove(0)),
        (G::MultiLineString(mut several), GeometryKind::Line) if several.0.len() == 1 => {
            G::LineString(several.0.swap_remove(0))
        }
        (G::MultiPolygon(mut several), GeometryKind::Polygon) if several.0.len() == 1 => {
            G::Polygon(several.0.swap_remove(0))
        }
        (other, _) => other,
    }
}

/// The same with outer rings against the clock and inner ones with it, as GeoJSON has them.
fn oriented(shape: geo_types::Geometry<f64>) -> geo_types::Geometry<f64> {
    use geo_types::Geometry as G;
    match shape {
        G::Polygon(polygon) => G::Polygon(polygon.orient(Direction::Default)),
        G::MultiPolygon(polygons) => G::MultiPolygon(polygons.orient(Direction::Default)),
        other => other,
    }
}

fn is_where(item: &Item, geometry: &Geometry) -> bool {
    Geometry::new(oriented(item.geo().into_owned())).is_ok_and(|own| geometry.is_same_place(&own))
}

fn fault(line: u64, rule: &'static str, column: Option<String>, (zh, en): (String, String)) -> Finding {
    Finding { line, severity: Severity::Fault, rule, column, value: None, zh, en }
}
