//! Tiles of areas and what is told of each: a map of counts (choropleth).

use serde_json::Value;

use super::TileCoord;
use super::encode::{EXTENT, GeomType, GeometryWriter, LayerBytes, LayerEncoder};
use super::render::{Faults, RenderedTile};
use super::shapes::{Grid, MARGIN, draw, draw_box};
use crate::domain::Bbox;
use crate::index::row::Keys;
use crate::index::{Item, Shape};

/// The name of the only layer of such a tile.
pub const AREAS: &str = "groups";

/// Where an area is.
#[derive(Debug, Clone, Copy)]
pub enum Area<'a> {
    /// A feature that is an area.
    Feature(&'a Item),
    /// A box, under a number of its own.
    Box(u64, Bbox),
}

impl Area<'_> {
    fn bbox(&self) -> Bbox {
        match self {
            Self::Feature(item) => item.bbox(),
            Self::Box(_, bbox) => *bbox,
        }
    }
}

/// Draws areas with the values that are told of them, names first.
pub fn render_areas<'a, 'v>(
    areas: impl Iterator<Item = (Area<'a>, Vec<(&'v str, Value)>)>,
    tile: TileCoord,
) -> RenderedTile {
    let keys = Keys::none();
    let mut encoder = LayerEncoder::new(AREAS, &keys);
    let (mut geometry, mut faults) = (GeometryWriter::default(), Faults::default());
    let around = tile.bbox(f64::from(MARGIN) / f64::from(EXTENT));
    for (area, values) in areas.filter(|(area, _)| area.bbox().intersects(around)) {
        let id = match area {
            Area::Feature(item) => {
                let Shape::Outline(outline) = item.shape() else { continue };
                draw(outline, Grid::of(tile), tile.zoom(), &mut geometry, &mut faults);
                item.id.get()
            }
            Area::Box(id, bbox) => {
                draw_box(bbox, Grid::of(tile), &mut geometry);
                id
            }
        };
        if geometry.is_empty() {
            continue;
        }
        for (name, value) in &values {
            encoder.tag_extra(name, value);
        }
        encoder.feature(id, GeomType::Polygon, geometry.bytes());
    }
    RenderedTile { bytes: LayerBytes::join(encoder.finish().into_iter().collect()), faults, ..RenderedTile::default() }
}
