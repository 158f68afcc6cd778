//! Areas and lengths on the ellipsoid of CGCS2000 (GRS80; from WGS 84 it differs by 10⁻⁸ of an area
//! here), by Karney (2013, "Algorithms for geodesics").
//!
//! Planar measures are not offered: at this latitude Web Mercator makes areas a third too large.

use geo::orient::Direction;
use geo::{Geodesic, GeodesicArea, Length, Orient};

use crate::domain::Geometry;

/// The area of polygons in square metres, holes left out, whichever way their rings run; 0 of points
/// and lines.
pub fn area_m2(geometry: &Geometry) -> f64 {
    // On the ellipsoid, what lies left of a ring that runs clockwise is the rest of the earth.
    match geometry.as_geo() {
        geo_types::Geometry::Polygon(polygon) => polygon.orient(Direction::Default).geodesic_area_unsigned(),
        geo_types::Geometry::MultiPolygon(polygons) => polygons.orient(Direction::Default).geodesic_area_unsigned(),
        _ => 0.0,
    }
}

/// The length of lines in metres; 0 of points and areas.
pub fn length_m(geometry: &Geometry) -> f64 {
    match geometry.as_geo() {
        geo_types::Geometry::LineString(line) => Geodesic.length(line),
        geo_types::Geometry::MultiLineString(lines) => Geodesic.length(lines),
        _ => 0.0,
    }
}
