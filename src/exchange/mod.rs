//! Features in the formats others read.

pub mod geojson;
