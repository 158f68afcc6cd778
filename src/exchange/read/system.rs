//! The systems of coordinates that sources come in.

use std::str::FromStr;

use crate::domain::{CoordinateError, LonLat};
use crate::geodesy::china_shift::{from_bd09, from_gcj02};
use crate::geodesy::crs::{Crs, CrsError};

/// A system of coordinates, or one of the shifted ones of Chinese web maps, which no standard names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceCrs {
    /// A system of the register.
    Known(Crs),
    /// GCJ-02 (高德、腾讯).
    Gcj02,
    /// BD-09 (百度).
    Bd09,
}

/// Nobody here knows this system.
#[derive(Debug, thiserror::Error)]
#[error("`{got}` is not a system that is read; expected one of {}", SourceCrs::NAMES.join(", "))]
pub struct UnknownSystem {
    got: String,
}

impl SourceCrs {
    /// The names that are understood.
    pub const NAMES: [&str; 8] =
        ["OGC:CRS84", "EPSG:4490", "EPSG:4326", "EPSG:4547", "EPSG:4526", "EPSG:3857", "GCJ-02", "BD-09"];

    /// The name that people know it by.
    pub fn name(self) -> String {
        match self {
            Self::Known(Crs::Crs84) => "OGC:CRS84".to_owned(),
            Self::Known(crs) => format!("EPSG:{}", crs.epsg()),
            Self::Gcj02 => "GCJ-02".to_owned(),
            Self::Bd09 => "BD-09".to_owned(),
        }
    }

    /// The position of coordinates, east before north.
    pub fn to_lonlat(self, x: f64, y: f64) -> Result<LonLat, CrsError> {
        let plain = || LonLat::new(x, y).map_err(|error: CoordinateError| CrsError::from(error));
        match self {
            Self::Known(crs) => crs.xy_to_lonlat(x, y),
            Self::Gcj02 => plain().map(from_gcj02),
            Self::Bd09 => plain().map(from_bd09),
        }
    }

    /// The system that numbers look like they are of: degrees, or metres of a zone. Nobody can tell GCJ-02 from it.
    pub fn looks_like(x: f64, y: f64) -> Option<Self> {
        let crs = match (x, y) {
            (-180.0..=180.0, -90.0..=90.0) => Crs::Epsg4490,
            (38e6..=39e6, 0.0..=1e7) => Crs::Epsg4526,
            (1e5..=9e5, 0.0..=1e7) => Crs::Epsg4547,
            (7e6..=1.6e7, -2.1e7..=2.1e7) => Crs::Epsg3857,
            _ => return None,
        };
        Some(Self::Known(crs))
    }

    /// The system that well-known text describes (`.prj`), by its number or its parameters.
    pub fn of_wkt(wkt: &str) -> Option<Self> {
        let flat: String = wkt.chars().filter(|c| !c.is_whitespace() && *c != '_').collect::<String>().to_lowercase();
        let numbered = Crs::ALL.into_iter().find(|crs| {
            *crs != Crs::Crs84
                && flat.trim_end_matches(']').ends_with(&format!("authority[\"epsg\",\"{}\"", crs.epsg()))
        });
        if let Some(crs) = numbered {
            return Some(Self::Known(crs));
        }
        let is_china_2000 = flat.contains("china") || flat.contains("cgcs2000");
        let has = |parameter: &str, value: &str| {
            let start = format!("parameter[\"{parameter}\",");
            flat.split(&start).nth(1).is_some_and(|rest| {
                let number: f64 = rest.split(']').next().unwrap_or_default().parse().unwrap_or(f64::NAN);
                value.parse() == Ok(number)
            })
        };
        let crs = if flat.starts_with("geogcs") || flat.starts_with("geogcrs") {
            if is_china_2000 { Crs::Epsg4490 } else { Crs::Epsg4326 }
        } else if flat.contains("mercatorauxiliarysphere") || flat.contains("pseudo-mercator") {
            Crs::Epsg3857
        } else if is_china_2000 && has("centralmeridian", "114") && has("falseeasting", "500000") {
            Crs::Epsg4547
        } else if is_china_2000 && has("centralmeridian", "114") && has("falseeasting", "38500000") {
            Crs::Epsg4526
        } else {
            return None;
        };
        Some(Self::Known(crs))
    }
}

impl FromStr for SourceCrs {
    type Err = UnknownSystem;

    fn from_str(name: &str) -> Result<Self, UnknownSystem> {
        let plain: String = name.trim().to_ascii_lowercase().replace(['-', '_', ' '], "");
        match plain.as_str() {
            "gcj02" => return Ok(Self::Gcj02),
            "bd09" | "bd09ll" => return Ok(Self::Bd09),
            _ => {}
        }
        // `urn:ogc:def:crs:EPSG::4547` is what GeoJSON of before 2016 says.
        let urn = name.strip_prefix("urn:ogc:def:crs:").and_then(|rest| rest.split_once(':'));
        let short = urn.map(|(authority, rest)| format!("{authority}:{}", rest.rsplit(':').next().unwrap_or(rest)));
        let crs = Crs::of_name(short.as_deref().unwrap_or(name.trim()));
        crs.map(Self::Known).ok_or_else(|| UnknownSystem { got: name.chars().take(60).collect() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_description_of_ours_is_known_again() {
        for crs in Crs::ALL {
            let expected = if crs == Crs::Crs84 { Crs::Epsg4490 } else { crs };
            assert_eq!(SourceCrs::of_wkt(crs.wkt()), Some(SourceCrs::Known(expected)));
        }
    }

    #[test]
    fn names_of_all_kinds_are_understood() {
        for (name, crs) in [
            ("EPSG:4547", SourceCrs::Known(Crs::Epsg4547)),
            ("4490", SourceCrs::Known(Crs::Epsg4490)),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", SourceCrs::Known(Crs::Crs84)),
            ("urn:ogc:def:crs:EPSG::4526", SourceCrs::Known(Crs::Epsg4526)),
            ("gcj02", SourceCrs::Gcj02),
            ("BD-09", SourceCrs::Bd09),
        ] {
            assert_eq!(name.parse::<SourceCrs>().unwrap(), crs, "{name}");
        }
        assert!("EPSG:2385".parse::<SourceCrs>().is_err());
    }
}
