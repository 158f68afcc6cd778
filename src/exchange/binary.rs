//! Well-known binary (OGC 06-103r4, chapter 8), as GeoPackage and GeoParquet hold it.

use geo_traits::to_geo::ToGeoGeometry;
use geo_types::Geometry;
use wkb::Endianness;
use wkb::error::WkbError;
use wkb::writer::WriteOptions;

/// Appends a geometry.
pub(super) fn write(geometry: &Geometry<f64>, out: &mut Vec<u8>) -> Result<(), WkbError> {
    out.reserve(wkb::writer::geometry_wkb_size(geometry));
    wkb::writer::write_geometry(out, geometry, &WriteOptions { endianness: Endianness::LittleEndian })
}

/// Reads a geometry.
pub(super) fn read(bytes: &[u8]) -> Result<Geometry<f64>, String> {
    let read = wkb::reader::read_wkb(bytes).map_err(|error| error.to_string())?;
    read.try_to_geometry().ok_or_else(|| "an empty geometry".to_owned())
}
