//! Features in the formats others read.

pub mod csv;
pub mod geojson;
pub mod ndjson;
