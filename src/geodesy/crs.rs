//! The coordinate systems that are spoken at the doors, by their URIs (OGC API Features Part 2). The map itself
//! is in EPSG:4490 degrees, for its purposes equal to WGS 84.
//!
//! Axes come in the order that each system has: longitude before latitude only in CRS84, northing before easting
//! in the Gauss–Krüger zones, easting before northing in Web Mercator.

use super::gauss_kruger::{PlaneXy, ProjectionError, Zone};
use crate::domain::{CoordinateError, LonLat};

/// Radius of the sphere of Web Mercator, metres.
const RADIUS_M: f64 = 6_378_137.0;

/// A coordinate system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crs {
    /// OGC:CRS84: longitude, latitude in degrees.
    #[default]
    Crs84,
    /// EPSG:4490, CGCS2000: latitude, longitude in degrees.
    Epsg4490,
    /// EPSG:4326, WGS 84: latitude, longitude in degrees.
    Epsg4326,
    /// EPSG:3857, Web Mercator: easting, northing in metres.
    Epsg3857,
    /// EPSG:4547, Gauss–Krüger around 114° E: northing, easting in metres.
    Epsg4547,
    /// EPSG:4526, the same with the number of the zone before the easting.
    Epsg4526,
}

/// Why a position has no place in a system.
#[derive(Debug, thiserror::Error)]
pub enum CrsError {
    /// It is none of the map.
    #[error(transparent)]
    Coordinate(#[from] CoordinateError),
    /// The projection does not reach there.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
}

impl Crs {
    /// All of them; CRS84 first, as the default.
    pub const ALL: [Self; 6] =
        [Self::Crs84, Self::Epsg4490, Self::Epsg4326, Self::Epsg3857, Self::Epsg4547, Self::Epsg4526];

    /// The system of the store.
    pub const STORAGE: Self = Self::Epsg4490;

    /// Its URI.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Crs84 => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            Self::Epsg4490 => "http://www.opengis.net/def/crs/EPSG/0/4490",
            Self::Epsg4326 => "http://www.opengis.net/def/crs/EPSG/0/4326",
            Self::Epsg3857 => "http://www.opengis.net/def/crs/EPSG/0/3857",
            Self::Epsg4547 => "http://www.opengis.net/def/crs/EPSG/0/4547",
            Self::Epsg4526 => "http://www.opengis.net/def/crs/EPSG/0/4526",
        }
    }

    /// The system of a URI.
    pub fn of_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|crs| crs.uri() == uri)
    }

    /// Whether its coordinates are degrees.
    pub const fn is_geographic(self) -> bool {
        matches!(self, Self::Crs84 | Self::Epsg4490 | Self::Epsg4326)
    }

    /// The position of two coordinates in the order of this system.
    pub fn to_lonlat(self, first: f64, second: f64) -> Result<LonLat, CrsError> {
        Ok(match self {
            Self::Crs84 => LonLat::new(first, second)?,
            Self::Epsg4490 | Self::Epsg4326 => LonLat::new(second, first)?,
            Self::Epsg3857 => {
                let lat = 2.0 * (second / RADIUS_M).exp().atan() - std::f64::consts::FRAC_PI_2;
                LonLat::new((first / RADIUS_M).to_degrees(), lat.to_degrees())?
            }
            Self::Epsg4547 => Zone::Epsg4547.unproject(PlaneXy { northing_m: first, easting_m: second })?,
            Self::Epsg4526 => Zone::Epsg4526.unproject(PlaneXy { northing_m: first, easting_m: second })?,
        })
    }

    /// The coordinates of a position, in the order of this system.
    pub fn of_lonlat(self, at: LonLat) -> Result<[f64; 2], CrsError> {
        let plane = |zone: Zone| zone.project(at).map(|plane| [plane.northing_m, plane.easting_m]);
        Ok(match self {
            Self::Crs84 => [at.lon(), at.lat()],
            Self::Epsg4490 | Self::Epsg4326 => [at.lat(), at.lon()],
            Self::Epsg3857 => {
                let north = (std::f64::consts::FRAC_PI_4 + at.lat().to_radians() / 2.0).tan().ln();
                [RADIUS_M * at.lon().to_radians(), RADIUS_M * north]
            }
            Self::Epsg4547 => plane(Zone::Epsg4547)?,
            Self::Epsg4526 => plane(Zone::Epsg4526)?,
        })
    }
}
