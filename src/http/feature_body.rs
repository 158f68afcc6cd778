//! Features and parts of features that clients send, read into commands.

use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Problem;
use super::edits::unusable;
use super::filtered::crs_of;
use crate::domain::{FeatureId, Geometry, Properties, Version};
use crate::edit::{Base, Fault, Line, Operation, Patch};
use crate::geodesy::crs::{Crs, CrsError};

const GEOJSON: [&str; 2] = ["application/geo+json", "application/json"];
const MERGE_PATCH: [&str; 2] = ["application/merge-patch+json", "application/json"];

/// Where a feature is to be, and its values.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) geometry: Geometry,
    pub(super) properties: Properties,
}

/// A GeoJSON feature (RFC 7946). Members that this server gives (`id`, `links`, `version`…) are passed over.
pub(super) fn feature(headers: &HeaderMap, body: &[u8]) -> Result<Content, Problem> {
    let mut members = object(headers, body, &GEOJSON)?;
    if members.get("type").and_then(Value::as_str) != Some("Feature") {
        return Err(Problem::unusable_body("`type` is to be `Feature`"));
    }
    let crs = crs_of_body(headers)?;
    let geometry = geometry(members.get("geometry"), crs).map_err(|fault| unusable(vec![fault]))?;
    let properties = properties(members.remove("properties")).map_err(|fault| unusable(vec![fault]))?;
    Ok(Content { geometry, properties })
}

/// A merge patch (RFC 7396) of a feature: geometry, properties or both.
pub(super) fn patch(headers: &HeaderMap, body: &[u8]) -> Result<Patch, Problem> {
    let mut members = object(headers, body, &MERGE_PATCH)?;
    let crs = crs_of_body(headers)?;
    patch_of(members.remove("geometry"), members.remove("properties"), crs).map_err(|fault| unusable(vec![fault]))
}

fn patch_of(geometry_part: Option<Value>, properties_part: Option<Value>, crs: Crs) -> Result<Patch, Fault> {
    let geometry = geometry_part.map(|value| geometry(Some(&value), crs)).transpose()?;
    let properties = properties(properties_part)?;
    Ok(Patch { geometry, properties })
}

fn object(headers: &HeaderMap, body: &[u8], kinds: &[&str]) -> Result<Map<String, Value>, Problem> {
    expect(headers, kinds)?;
    match serde_json::from_slice(body).map_err(|error| Problem::unusable_body(&error.to_string()))? {
        Value::Object(members) => Ok(members),
        _ => Err(Problem::unusable_body("an object is expected")),
    }
}

/// Refuses a body of another media type.
pub(super) fn expect(headers: &HeaderMap, kinds: &[&str]) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Ok(());
    }
    let (got, known) = (kind.chars().take(60).collect::<String>(), kinds.join(", "));
    let detail = (format!("请求体应为 {known}，得到“{got}”。"), format!("The body is to be {known}, not `{got}`."));
    let title = ("请求体类型有误", "The body has another media type");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.media_type", title, detail))
}

/// The system of the coordinates that are sent (`Content-Crs`).
fn crs_of_body(headers: &HeaderMap) -> Result<Crs, Problem> {
    let uri = headers.get("content-crs").map(|value| value.to_str().unwrap_or_default());
    uri.map_or(Ok(Crs::default()), |uri| crs_of("Content-Crs", uri))
}

fn geometry(value: Option<&Value>, crs: Crs) -> Result<Geometry, Fault> {
    let fault = |error: &dyn std::fmt::Display| {
        Fault::new("/geometry", "geometry.unreadable", format!("几何无法读取：{error}。"), error.to_string())
    };
    let Some(value) = value.filter(|value| !value.is_null()) else {
        let (zh, en) = ("要素须有几何。", "a feature needs a geometry");
        return Err(Fault::new("/geometry", "geometry.missing", zh, en));
    };
    let mut value = value.clone();
    if crs != Crs::Crs84
        && let Some(coordinates) = value.get_mut("coordinates")
    {
        to_lonlat(coordinates, crs).map_err(|error| fault(&error))?;
    }
    Geometry::from_geojson(&value).map_err(|error| fault(&error))
}

/// Brings every position to longitude and latitude. What is no position is left for who reads it next.
fn to_lonlat(coordinates: &mut Value, crs: Crs) -> Result<(), CrsError> {
    let Value::Array(list) = coordinates else { return Ok(()) };
    if let [first, second, ..] = &mut list[..]
        && let (Some(a), Some(b)) = (first.as_f64(), second.as_f64())
    {
        let at = crs.to_lonlat(a, b)?;
        (*first, *second) = (at.lon().into(), at.lat().into());
        return Ok(());
    }
    list.iter_mut().try_for_each(|part| to_lonlat(part, crs))
}

fn properties(value: Option<Value>) -> Result<Properties, Fault> {
    match value {
        None | Some(Value::Null) => Ok(Properties::new()),
        Some(Value::Object(properties)) => Ok(properties),
        Some(_) => {
            Err(Fault::new("/properties", "properties.kind", "properties 应为对象。", "`properties` is an object"))
        }
    }
}

/// One line of a change set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    create: Option<String>,
    replace: Option<String>,
    patch: Option<String>,
    delete: Option<String>,
    id: Option<FeatureId>,
    version: Option<Version>,
    geometry: Option<Value>,
    properties: Option<Value>,
}

/// Reads a line of a change set (`{"create":"layer",…}`, `replace`, `patch`, `delete`); `layer` finds the
/// position of a layer. What is wrong with it is a fault of the line.
pub(super) fn line(text: &str, layer: impl Fn(&str) -> Option<usize>) -> Result<Line, Fault> {
    let fault = |zh: String, en: String| Fault::new("", "line.unreadable", zh, en);
    let written: Written =
        serde_json::from_str(text).map_err(|error| fault(format!("此行无法读取：{error}"), error.to_string()))?;
    let asked = [&written.create, &written.replace, &written.patch, &written.delete];
    let mut named = asked.into_iter().enumerate().filter_map(|(verb, id)| Some((verb, id.as_ref()?)));
    let (Some((verb, name)), None) = (named.next(), named.next()) else {
        let en = "exactly one of `create`, `replace`, `patch` and `delete` is expected, with a layer";
        return Err(fault("应恰有 create、replace、patch、delete 之一，其值为图层。".to_owned(), en.to_owned()));
    };
    let at = layer(name).ok_or_else(|| {
        let name: String = name.chars().take(60).collect();
        Fault::new("", "layer.not_found", format!("没有图层 {name}。"), format!("there is no layer `{name}`"))
    })?;
    let base = written.version.map_or(Base::Current, Base::Version);
    let id = || {
        let (zh, en) = ("缺少 id。".to_owned(), "`id` is missing: the number of the feature".to_owned());
        written.id.ok_or_else(|| fault(zh, en))
    };
    let operation = match verb {
        0 => Operation::Create {
            geometry: geometry(written.geometry.as_ref(), Crs::Crs84)?,
            properties: properties(written.properties.clone())?,
        },
        1 => Operation::Replace {
            id: id()?,
            base,
            geometry: geometry(written.geometry.as_ref(), Crs::Crs84)?,
            properties: properties(written.properties.clone())?,
        },
        2 => {
            let patch = patch_of(written.geometry.clone(), written.properties.clone(), Crs::Crs84)?;
            Operation::Patch { id: id()?, base, patch }
        }
        _ => Operation::Delete { id: id()?, base },
    };
    Ok(Line { layer: at, operation })
}
