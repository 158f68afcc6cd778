//! Gauss–Krüger coordinates in the 3° zones of CGCS2000: the plane the city's surveyors use.
//!
//! EPSG:4547 (central meridian 114° E) and EPSG:4526 (the same zone with its number 38 in front of
//! the easting). The whole city is kept in this one zone, though its westernmost 490 m belong to the
//! next: a seam through a city helps nobody. The projection itself is `proj4rs`'s.

use std::sync::LazyLock;

use proj4rs::Proj;
use proj4rs::transform::transform;

use crate::domain::{CoordinateError, LonLat};

/// A position on the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneXy {
    /// Easting, metres; with false easting, and zone number where the system has one.
    pub easting_m: f64,
    /// Northing from the equator, metres.
    pub northing_m: f64,
}

/// The systems that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// EPSG:4547: central meridian 114° E, false easting 500 km.
    Epsg4547,
    /// EPSG:4526: the same, with zone 38 in front: false easting 38,500 km.
    Epsg4526,
}

/// Why there is no position.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// Too far from the central meridian for the series to hold.
    #[error("longitude {lon}° is more than 10° from the central meridian 114°")]
    TooFar {
        /// The longitude, degrees.
        lon: f64,
    },
    /// The projection failed.
    #[error("the position cannot be projected: {0}")]
    Projection(#[from] proj4rs::errors::Error),
    /// A system could not be read.
    #[error("the coordinate system cannot be read: {0}")]
    System(String),
    /// The result is no position.
    #[error(transparent)]
    Coordinate(#[from] CoordinateError),
}

const CENTRAL_MERIDIAN_DEG: f64 = 114.0;
const FARTHEST_DEG: f64 = 10.0;
const ZONE_PREFIX_M: f64 = 38_000_000.0;

/// Degrees, and the plane; read from their descriptions once.
fn systems() -> Result<&'static (Proj, Proj), ProjectionError> {
    static SYSTEMS: LazyLock<Result<(Proj, Proj), String>> = LazyLock::new(|| {
        let plane = "+proj=tmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs";
        let read = |text| Proj::from_proj_string(text).map_err(|error| error.to_string());
        Ok((read("+proj=longlat +ellps=GRS80 +no_defs")?, read(plane)?))
    });
    SYSTEMS.as_ref().map_err(|error| ProjectionError::System(error.clone()))
}

impl Zone {
    const fn prefix_m(self) -> f64 {
        match self {
            Self::Epsg4547 => 0.0,
            Self::Epsg4526 => ZONE_PREFIX_M,
        }
    }

    /// The plane coordinates of a position.
    pub fn project(self, at: LonLat) -> Result<PlaneXy, ProjectionError> {
        if (at.lon() - CENTRAL_MERIDIAN_DEG).abs() > FARTHEST_DEG {
            return Err(ProjectionError::TooFar { lon: at.lon() });
        }
        let (geographic, plane) = systems()?;
        let mut point = (at.lon().to_radians(), at.lat().to_radians());
        transform(geographic, plane, &mut point)?;
        Ok(PlaneXy { easting_m: point.0 + self.prefix_m(), northing_m: point.1 })
    }

    /// The position of plane coordinates.
    pub fn unproject(self, at: PlaneXy) -> Result<LonLat, ProjectionError> {
        let (geographic, plane) = systems()?;
        let mut point = (at.easting_m - self.prefix_m(), at.northing_m);
        transform(plane, geographic, &mut point)?;
        Ok(LonLat::new(point.0.to_degrees(), point.1.to_degrees())?)
    }
}
