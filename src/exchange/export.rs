//! Writing the features of a layer in any format.

use std::io::{self, Write};
use std::sync::Arc;

use super::csv::Headings;
use super::format::Format;
use super::{csv, flatgeobuf, geojson, geopackage, geoparquet, jsonfg, kml, ndjson, shapefile};
use crate::catalog::Layer;
use crate::domain::FeatureId;
use crate::geodesy::crs::{Crs, CrsError};
use crate::index::Item;

/// What is written, and how.
pub struct Export<'a> {
    /// The layer of the features.
    pub layer: &'a Layer,
    /// The features, in the order in which they are written.
    pub items: &'a [Arc<Item>],
    /// The system of the coordinates; only for formats that [have one](Format::has_crs).
    pub crs: Crs,
    /// Whether the text of a shapefile is GBK instead of UTF-8.
    pub gbk: bool,
    /// Whether a CSV file begins with a byte order mark, for Excel.
    pub byte_order_mark: bool,
    /// How the columns of a CSV file are named.
    pub headings: Headings,
    /// Told of each feature that is written.
    pub progress: &'a (dyn Fn() + Sync),
}

/// Why a layer could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be written, or whoever reads has gone.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A feature lies where the system of coordinates does not reach.
    #[error("feature {feature} has no coordinates in EPSG:{epsg}: {source}")]
    Crs {
        /// The feature.
        feature: FeatureId,
        /// The system.
        epsg: u16,
        /// Why.
        source: CrsError,
    },
    /// The format has only longitude and latitude.
    #[error("{} holds longitude and latitude only; leave the coordinate system out", .0.name())]
    NoCrs(Format),
    /// The format cannot hold so much.
    #[error("{features} features are more than {} holds ({most}); use gpkg or fgb, or export a part", .format.name())]
    TooMuch {
        /// The format.
        format: Format,
        /// How many features there are.
        features: usize,
        /// What bounds it.
        most: &'static str,
    },
    /// The library of a format has failed.
    #[error("{} cannot be written: {detail}", .format.name())]
    Format {
        /// The format.
        format: Format,
        /// What the library says.
        detail: String,
    },
}

impl ExportError {
    /// What the library of a format says.
    pub(super) fn of(format: Format) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |error| Self::Format { format, detail: error.to_string() }
    }
}

impl Export<'_> {
    /// Writes all features; none of the formats keeps more of them in memory than a few thousand.
    ///
    /// GeoJSON, JSON-FG, NDJSON, CSV, GeoParquet and KML are written as they go; GeoPackage, FlatGeobuf and
    /// shapefile go through temporary files.
    pub fn write(&self, format: Format, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
        if self.crs != Crs::Crs84 && !format.has_crs() {
            return Err(ExportError::NoCrs(format));
        }
        match format {
            Format::GeoJson => geojson::write_collection(self, out),
            Format::JsonFg => jsonfg::write_collection(self, out),
            Format::Ndjson => ndjson::write_lines(self, out),
            Format::Csv => csv::write_table(self, out),
            Format::GeoPackage => geopackage::write(self, out),
            Format::FlatGeobuf => flatgeobuf::write(self, out),
            Format::GeoParquet => geoparquet::write(self, out),
            Format::Shapefile => shapefile::write(self, out),
            Format::Kml => kml::write(self, out),
        }
    }

    /// Where a feature is in the system of this export, east before north.
    pub(super) fn geometry<'i>(
        &self,
        item: &'i Item,
    ) -> Result<std::borrow::Cow<'i, geo_types::Geometry<f64>>, ExportError> {
        super::table::geometry_in(item, self.crs).map_err(|source| self.out_of_reach(item, source))
    }

    pub(super) fn out_of_reach(&self, item: &Item, source: CrsError) -> ExportError {
        ExportError::Crs { feature: item.id, epsg: self.crs.epsg(), source }
    }

    /// The features, telling of each when the next is asked for.
    pub(super) fn each(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().map(|item| {
            (self.progress)();
            item.as_ref()
        })
    }
}
