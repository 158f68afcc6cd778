//! Features in the formats others read, and from the formats they bring.

pub mod csv;
pub mod geojson;
pub mod merge;
pub mod ndjson;
pub mod osm;
