//! Reading OpenStreetMap extracts and writing files, against GDAL and osmium.

mod osm;
