//! Reading OpenStreetMap extracts and writing files, against GDAL and osmium.

mod damaged;
mod export;
mod formats;
mod import;
mod import_file;
mod judge;
mod osm;
