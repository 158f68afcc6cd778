//! Features in the formats others read, and from the formats they bring.

mod archive;
mod binary;
mod csv;
mod export;
mod flatgeobuf;
mod format;
pub mod geojson;
mod geopackage;
mod geoparquet;
mod jsonfg;
mod kml;
pub mod merge;
mod ndjson;
pub mod osm;
pub mod read;
mod shapefile;
mod table;

pub use archive::{Archive, ArchiveError, ArchiveFormat, ArchiveSummary, InvalidZooms, UnknownArchive, Zooms};
pub use csv::{Headings, without_formula};
pub use export::{Export, ExportError};
pub use format::{Format, UnknownFormat};
