//! A layer as a table: which columns it has, and what stands in them for one feature.

use std::borrow::Cow;

use geo::MapCoords;
use geo_types::Coord;

use crate::catalog::{ID, Layer, PropertyType, SYNTHETIC, VILLAGE};
use crate::domain::{GeometryKind, LonLat};
use crate::geodesy::crs::{Crs, CrsError};
use crate::index::row::Keys;
use crate::index::{Cell, Item};

/// The column of a feature's version.
pub(super) const VERSION: &str = "version";

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub kind: PropertyType,
}

/// The columns of a layer: number, version and village of a feature, then its properties in the order of the
/// schema.
#[derive(Debug)]
pub(super) struct Table {
    /// The layer's id.
    pub name: String,
    /// The layer's title, Chinese.
    pub title: String,
    /// What its features are.
    pub geometry: GeometryKind,
    /// All columns but that of the geometry.
    pub columns: Vec<Column>,
    /// The column of each key of a packed row.
    of_key: Vec<usize>,
}

/// How many columns do not come from properties; they stand first.
pub(super) const OWN_COLUMNS: usize = 3;

const OWN: [(&str, PropertyType); OWN_COLUMNS] =
    [(ID, PropertyType::Integer), (VERSION, PropertyType::Integer), (VILLAGE, PropertyType::String)];

impl Table {
    /// The table of a layer.
    pub(super) fn of(layer: &Layer) -> Self {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let mut columns: Vec<Column> = OWN.map(|(name, kind)| column(name, kind)).into();
        columns.extend(layer.properties.iter().map(|(name, property)| column(name, property.kind)));
        if !layer.properties.contains_key(SYNTHETIC) {
            columns.push(column(SYNTHETIC, PropertyType::Boolean));
        }
        let keys = Keys::of(layer);
        let place = |name: &str| columns.iter().position(|column| column.name == name).unwrap_or_default();
        let of_key = keys.names().map(place).collect();
        Self { name: layer.id.to_string(), title: layer.title.zh.clone(), geometry: layer.geometry, columns, of_key }
    }

    /// What stands in each column for a feature.
    pub(super) fn row<'a>(&self, item: &'a Item, village: &'a mut String) -> Vec<Option<Cell<'a>>> {
        let mut row = vec![None; self.columns.len()];
        row[0] = Some(Cell::Whole(item.id.get() as i64));
        row[1] = Some(Cell::Whole(i64::from(item.version.0)));
        village.clear();
        if let Some(code) = item.village {
            village.push_str(&code.to_string());
            row[2] = Some(Cell::Text(village));
        }
        for (key, cell) in item.cells() {
            let column = self.of_key[key];
            row[column] = fitting(cell, self.columns[column].kind);
        }
        row
    }
}

/// A cell as its column has it. What is not of its kind stands nowhere in a checked feature.
fn fitting(cell: Cell<'_>, kind: PropertyType) -> Option<Cell<'_>> {
    match (kind, cell) {
        (PropertyType::String | PropertyType::Date, Cell::Text(_))
        | (PropertyType::Integer, Cell::Whole(_))
        | (PropertyType::Number, Cell::Real(_) | Cell::Whole(_))
        | (PropertyType::Boolean, Cell::Bool(_)) => Some(cell),
        _ => None,
    }
}

/// Where a feature is in another system, east before north.
pub(super) fn geometry_in(item: &Item, crs: Crs) -> Result<Cow<'_, geo_types::Geometry<f64>>, CrsError> {
    if crs.is_geographic() {
        return Ok(item.geo());
    }
    let moved = item.geo().try_map_coords(|at| {
        let [x, y] = crs.lonlat_to_xy(LonLat::new(at.x, at.y)?)?;
        Ok::<_, CrsError>(Coord { x, y })
    })?;
    Ok(Cow::Owned(moved))
}

/// Where a feature is in another system, in the order of its axes.
pub(super) fn geometry_by_axes(item: &Item, crs: Crs) -> Result<geo_types::Geometry<f64>, CrsError> {
    item.geo().try_map_coords(|at| {
        let [x, y] = crs.of_lonlat(LonLat::new(at.x, at.y)?)?;
        Ok::<_, CrsError>(Coord { x, y })
    })
}

/// The same geometry as one of several parts, as formats want it whose layers have one kind of geometry.
pub(super) fn as_multi(geometry: Cow<'_, geo_types::Geometry<f64>>) -> Cow<'_, geo_types::Geometry<f64>> {
    use geo_types::Geometry as G;
    match geometry.as_ref() {
        G::LineString(line) => Cow::Owned(G::MultiLineString(geo_types::MultiLineString(vec![line.clone()]))),
        G::Polygon(polygon) => Cow::Owned(G::MultiPolygon(geo_types::MultiPolygon(vec![polygon.clone()]))),
        _ => geometry,
    }
}
