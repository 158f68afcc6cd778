//! The formats, by the names that people and programs use for them.

use std::str::FromStr;

/// A format that a layer can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// GeoJSON, RFC 7946.
    GeoJson,
    /// OGC Features and Geometries JSON, OGC 21-045r1.
    JsonFg,
    /// A GeoJSON feature a line.
    Ndjson,
    /// Comma-separated values, RFC 4180.
    Csv,
    /// OGC GeoPackage 1.3.
    GeoPackage,
    /// FlatGeobuf 3.
    FlatGeobuf,
    /// GeoParquet 1.1.
    GeoParquet,
    /// Esri shapefile, its files in one zip archive.
    Shapefile,
    /// OGC KML 2.2.
    Kml,
}

/// No format has this name.
#[derive(Debug, thiserror::Error)]
#[error("`{got}` is not a format; expected one of {}", Format::names())]
pub struct UnknownFormat {
    got: String,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::GeoJson,
        Self::JsonFg,
        Self::Ndjson,
        Self::Csv,
        Self::GeoPackage,
        Self::FlatGeobuf,
        Self::GeoParquet,
        Self::Shapefile,
        Self::Kml,
    ];

    /// Its short name, in `f=` and `--format`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::JsonFg => "jsonfg",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::GeoPackage => "gpkg",
            Self::FlatGeobuf => "fgb",
            Self::GeoParquet => "parquet",
            Self::Shapefile => "shp",
            Self::Kml => "kml",
        }
    }

    /// What stands after the dot in the name of a file.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::JsonFg => "json",
            // By this name GDAL knows lines of GeoJSON.
            Self::Ndjson => "geojsonl",
            Self::Shapefile => "shp.zip",
            other => other.name(),
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::JsonFg => "application/fg+json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::FlatGeobuf => "application/vnd.flatgeobuf",
            Self::GeoParquet => "application/vnd.apache.parquet",
            Self::Shapefile => "application/zip",
            Self::Kml => "application/vnd.google-earth.kml+xml",
        }
    }

    /// Whether its coordinates may be of any system; others hold longitude and latitude only.
    pub const fn has_crs(self) -> bool {
        matches!(self, Self::JsonFg | Self::GeoPackage | Self::FlatGeobuf | Self::Shapefile)
    }

    /// All names, for those who chose none of them.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownFormat { got: name.chars().take(40).collect() })
    }
}
