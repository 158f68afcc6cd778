//! GeoJSON features, one a line, as GDAL's `GeoJSONSeq` reads them.

use std::io::Write;

use super::export::{Export, ExportError};
use super::geojson::write_feature;

/// Writes a feature a line, one in memory at a time.
pub(super) fn write_lines(export: &Export<'_>, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let mut line = Vec::new();
    for item in export.each() {
        line.clear();
        write_feature(item, &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}
