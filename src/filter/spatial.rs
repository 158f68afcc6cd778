//! Geometries of filters, and how two of them lie to each other (DE-9IM, by the `geo` crate).

use geo::{BoundingRect, Contains, CoordsIter, Intersects, MapCoords, Relate, Validation};
use geo_types::{Coord, Geometry, Rect};

use super::FilterError;
use crate::domain::{MOST_RINGS, rings_of};

/// Brings a position of a filter to CRS84, or says why not.
pub type Transform<'t> = &'t dyn Fn(f64, f64) -> Result<(f64, f64), String>;

/// How two geometries lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Intersects,
    Disjoint,
    Equals,
    Touches,
    Crosses,
    Within,
    Contains,
    Overlaps,
}

impl Relation {
    /// By the name of an operator.
    pub(super) fn named(op: &str) -> Option<Self> {
        Some(match op {
            "s_intersects" => Self::Intersects,
            "s_disjoint" => Self::Disjoint,
            "s_equals" => Self::Equals,
            "s_touches" => Self::Touches,
            "s_crosses" => Self::Crosses,
            "s_within" => Self::Within,
            "s_contains" => Self::Contains,
            "s_overlaps" => Self::Overlaps,
            _ => return None,
        })
    }

    pub(super) fn holds(self, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
        match self {
            Self::Intersects => a.intersects(b),
            Self::Disjoint => !a.intersects(b),
            // What does not meet has none of the relations below.
            _ if !boxes_meet(a, b) => false,
            // Most of what is asked is about points and areas, and needs no matrix.
            _ if is_point(a) && is_area(b) => self.of_point(a, b),
            _ if is_area(a) && is_point(b) => self.turned().of_point(b, a),
            Self::Equals => a.relate(b).is_equal_topo(),
            Self::Touches => a.relate(b).is_touches(),
            Self::Crosses => a.relate(b).is_crosses(),
            Self::Within => a.relate(b).is_within(),
            Self::Contains => a.relate(b).is_contains(),
            Self::Overlaps => a.relate(b).is_overlaps(),
        }
    }
}

impl Relation {
    /// The relation of a point to an area.
    fn of_point(self, point: &Geometry<f64>, area: &Geometry<f64>) -> bool {
        match self {
            Self::Within => area.contains(point),
            Self::Touches => area.intersects(point) && !area.contains(point),
            // A point has no inside to have anything in, and none outside of itself.
            _ => false,
        }
    }

    /// The same asked the other way round.
    const fn turned(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            same => same,
        }
    }
}

const fn is_point(geometry: &Geometry<f64>) -> bool {
    matches!(geometry, Geometry::Point(_))
}

const fn is_area(geometry: &Geometry<f64>) -> bool {
    matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
}

fn boxes_meet(a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
    match (a.bounding_rect(), b.bounding_rect()) {
        (Some(a), Some(b)) => a.intersects(&b),
        _ => false,
    }
}

/// Corners of a geometry in a filter at the most.
const MOST_CORNERS: usize = 20_000;

/// A geometry as the filter has it, in CRS84.
pub(super) fn geometry(found: cql2::Geometry, transform: Transform<'_>) -> Result<Geometry<f64>, FilterError> {
    let unusable = |error: &dyn std::fmt::Display| FilterError::Geometry(error.to_string());
    let geometry = Geometry::try_from(cql2::Expr::Geometry(found)).map_err(|error| unusable(&error))?;
    if geometry.coords_count() > MOST_CORNERS || rings_of(&geometry) > MOST_RINGS {
        let detail = format!("at most {MOST_CORNERS} corners and {MOST_RINGS} rings are read");
        return Err(FilterError::Geometry(detail));
    }
    let geometry = transformed(&geometry, transform)?;
    geometry.check_validation().map_err(|error| unusable(&error))?;
    Ok(geometry)
}

/// A box given by its corners.
pub(super) fn of_box(corners: &[f64], transform: Transform<'_>) -> Result<Geometry<f64>, FilterError> {
    let ([west, south, east, north] | [west, south, _, east, north, _]) = *corners else {
        return Err(FilterError::Geometry(format!("a box has 4 or 6 numbers, not {}", corners.len())));
    };
    let rect = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    transformed(&rect.to_polygon().into(), transform)
}

fn transformed(geometry: &Geometry<f64>, transform: Transform<'_>) -> Result<Geometry<f64>, FilterError> {
    geometry.try_map_coords(|at| {
        if !(at.x.is_finite() && at.y.is_finite()) {
            return Err(FilterError::Geometry("a coordinate is no number".to_owned()));
        }
        let (x, y) = transform(at.x, at.y).map_err(FilterError::Geometry)?;
        Ok(Coord { x, y })
    })
}

#[cfg(test)]
mod tests {
    use geo_types::{point, polygon};
    use proptest::prelude::*;

    use super::*;

    const ALL: [Relation; 6] = [
        Relation::Equals,
        Relation::Touches,
        Relation::Crosses,
        Relation::Within,
        Relation::Contains,
        Relation::Overlaps,
    ];

    fn by_matrix(relation: Relation, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
        let matrix = a.relate(b);
        match relation {
            Relation::Intersects => matrix.is_intersects(),
            Relation::Disjoint => matrix.is_disjoint(),
            Relation::Equals => matrix.is_equal_topo(),
            Relation::Touches => matrix.is_touches(),
            Relation::Crosses => matrix.is_crosses(),
            Relation::Within => matrix.is_within(),
            Relation::Contains => matrix.is_contains(),
            Relation::Overlaps => matrix.is_overlaps(),
        }
    }

    proptest! {
        /// Positions of a coarse grid, so that many lie on edges and corners.
        #[test]
        fn points_lie_to_areas_as_the_matrix_says(x in -1..6_i32, y in -1..6_i32) {
            let hole = vec![(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (1.0, 1.0)];
            let mut area = polygon![(x: 0.0, y: 0.0), (x: 5.0, y: 0.0), (x: 5.0, y: 5.0), (x: 2.0, y: 4.0), (x: 0.0, y: 5.0)];
            area.interiors_push(hole);
            let (point, area): (Geometry<f64>, Geometry<f64>) =
                (point!(x: f64::from(x), y: f64::from(y)).into(), area.into());
            for relation in ALL {
                prop_assert_eq!(relation.holds(&point, &area), by_matrix(relation, &point, &area), "{:?}", relation);
                prop_assert_eq!(relation.holds(&area, &point), by_matrix(relation, &area, &point), "{:?}", relation);
            }
        }
    }
}
