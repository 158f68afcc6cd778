//! OGC Features and Geometries JSON (OGC 21-045r1): GeoJSON that also says which system its coordinates are of.

use std::io::Write;

use serde_json::json;

use super::export::{Export, ExportError};
use super::geojson::{DEGREE, METRE, write_geometry, write_rest};
use crate::domain::GeometryKind;
use crate::geodesy::crs::Crs;

/// The classes that the document keeps.
const CONFORMS_TO: [&str; 2] = [
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
];

/// Writes a collection, one feature in memory at a time. In another system than CRS84 a feature has its coordinates
/// under `place`, and under `geometry` those that every reader of GeoJSON knows.
pub(super) fn write_collection(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let dimension = match export.layer.geometry {
        GeometryKind::Point => 0,
        GeometryKind::Line => 1,
        GeometryKind::Polygon => 2,
    };
    let head = json!({
        "type": "FeatureCollection",
        "conformsTo": CONFORMS_TO,
        "featureType": export.layer.id,
        "geometryDimension": dimension,
        "coordRefSys": export.crs.uri(),
    });
    let mut line = head.to_string().into_bytes();
    // The features are one more member.
    line.pop();
    line.extend_from_slice(b",\"features\":[");
    for (i, item) in export.each().enumerate() {
        line.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
        // Writing into memory cannot fail.
        let _ = write!(line, "{{\"type\":\"Feature\",\"id\":{},\"time\":null,\"place\":", item.id);
        if export.crs == Crs::Crs84 {
            line.extend_from_slice(b"null");
        } else {
            write_place(export, item, &mut line)?;
        }
        line.extend_from_slice(b",\"geometry\":");
        write_geometry(&item.geo(), DEGREE, &mut line);
        write_rest(item, None, &mut line);
        out.write_all(&line)?;
        line.clear();
    }
    out.write_all(&line)?;
    out.write_all(b"\n]}\n")?;
    Ok(())
}

/// The coordinates in the order of the axes of their system.
fn write_place(export: &Export<'_>, item: &crate::index::Item, line: &mut Vec<u8>) -> Result<(), ExportError> {
    let moved = super::table::geometry_by_axes(item, export.crs).map_err(|source| export.out_of_reach(item, source))?;
    let step = if export.crs.is_geographic() { DEGREE } else { METRE };
    write_geometry(&moved, step, line);
    Ok(())
}
