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

    /// The system that people call `EPSG:4547`, `4547`, or by its URI.
    pub fn of_name(name: &str) -> Option<Self> {
        let named = |crs: &Self| match name.trim().rsplit_once(':') {
            _ if *crs == Self::Crs84 => name.eq_ignore_ascii_case("OGC:CRS84") || name.eq_ignore_ascii_case("CRS84"),
            Some((authority, number)) => authority.eq_ignore_ascii_case("EPSG") && number == crs.epsg().to_string(),
            None => name.trim() == crs.epsg().to_string(),
        };
        Self::of_uri(name).or_else(|| Self::ALL.into_iter().find(named))
    }

    /// Its number in the EPSG register; CRS84 has that of the system with the same positions.
    pub const fn epsg(self) -> u16 {
        match self {
            Self::Crs84 | Self::Epsg4490 => 4490,
            Self::Epsg4326 => 4326,
            Self::Epsg3857 => 3857,
            Self::Epsg4547 => 4547,
            Self::Epsg4526 => 4526,
        }
    }

    /// Its description in well-known text, as Esri writes it and everybody reads it.
    pub const fn wkt(self) -> &'static str {
        match self {
            Self::Crs84 | Self::Epsg4490 => include_str!("wkt/4490.wkt"),
            Self::Epsg4326 => include_str!("wkt/4326.wkt"),
            Self::Epsg3857 => include_str!("wkt/3857.wkt"),
            Self::Epsg4547 => include_str!("wkt/4547.wkt"),
            Self::Epsg4526 => include_str!("wkt/4526.wkt"),
        }
    }

    /// The position of coordinates as files hold them: east before north in every system.
    pub fn xy_to_lonlat(self, x: f64, y: f64) -> Result<LonLat, CrsError> {
        if self.is_east_first() { self.to_lonlat(x, y) } else { self.to_lonlat(y, x) }
    }

    /// The coordinates of a position as files hold them: east before north in every system.
    pub fn lonlat_to_xy(self, at: LonLat) -> Result<[f64; 2], CrsError> {
        let [first, second] = self.of_lonlat(at)?;
        Ok(if self.is_east_first() { [first, second] } else { [second, first] })
    }

    /// Whether its own order is east before north.
    const fn is_east_first(self) -> bool {
        matches!(self, Self::Crs84 | Self::Epsg3857)
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
