//! GeoJSON features, one a line, as GDAL's `GeoJSONSeq` reads them.

use std::io::Write;

use super::geojson::write_feature;
use crate::index::Item;

/// Writes a feature a line, one in memory at a time; how many there were.
pub fn write_lines<'a>(items: impl Iterator<Item = &'a Item>, out: &mut dyn Write) -> std::io::Result<u64> {
    let mut line = Vec::new();
    let mut written = 0;
    for item in items {
        line.clear();
        write_feature(item, &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
        written += 1;
    }
    Ok(written)
}
