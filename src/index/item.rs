//! A feature as the index holds it.

use std::borrow::Cow;
use std::sync::Arc;

use geo::{CoordsIter, Intersects};

use super::cell::Cell;
use super::outline::Outline;
use super::row::{Keys, Packed, entries, without};
use super::run::Row;
use crate::catalog::{GEOMETRY, ID, VILLAGE};
use crate::domain::{Bbox, DivisionCode, Feature, FeatureId, Geometry, LonLat, Properties, Revision, Version};
use crate::filter::{Kind, Span, Subject, Value};

/// A feature as the index holds it: its values packed, its geometry ready for tiles.
#[derive(Debug)]
pub struct Item {
    /// Its number.
    pub id: FeatureId,
    /// How often it has been written.
    pub version: Version,
    /// The revision that wrote it.
    pub revision: Revision,
    /// The village that holds it.
    pub village: Option<DivisionCode>,
    shape: Shape,
    row: Row,
    /// The row with the counts that are hidden; only where the layer hides any. Never leaves this type.
    /// Boxed twice, since hardly any feature has one.
    whole_row: Option<Box<Box<[u8]>>>,
    keys: Arc<Keys>,
}

/// Where an item is: a point, or everything else.
#[derive(Debug)]
pub enum Shape {
    /// A point.
    Point(LonLat),
    /// Lines or areas.
    Outline(Box<Outline>),
}

impl Item {
    /// Packs a feature of the layer that `keys` belong to. Lines and areas get the vertices that
    /// every zoom needs from their own course alone; [`Item::with_outline`] replaces them.
    pub(super) fn new(feature: &Feature, keys: &Arc<Keys>) -> Self {
        let (packed, _unknown) = keys.pack(&feature.content.properties);
        let (row, whole_row) = if keys.hides_counts() {
            (keys.without_small_counts(&packed), Some(Box::new(packed)))
        } else {
            (packed, None)
        };
        let shape = match feature.content.geometry.as_point() {
            Some(at) => Shape::Point(at),
            None => Shape::Outline(Box::new(Outline::of(feature.content.geometry.clone()))),
        };
        Self {
            id: feature.id,
            version: feature.version,
            revision: feature.revision,
            village: feature.content.village,
            shape,
            row: Row::alone(&row),
            whole_row,
            keys: Arc::clone(keys),
        }
    }

    /// A point of a layer that hides no counts, whose row stands in a run already.
    pub(super) fn at_point(
        (id, version, revision): (FeatureId, Version, Revision),
        village: Option<DivisionCode>,
        at: LonLat,
        row: Row,
        keys: &Arc<Keys>,
    ) -> Self {
        Self { id, version, revision, village, shape: Shape::Point(at), row, whole_row: None, keys: Arc::clone(keys) }
    }

    /// The same item with the counts under just these keys hidden; none when it hides them already.
    pub(super) fn hiding(&self, hidden: &[usize]) -> Option<Self> {
        let whole = self.whole_row.as_ref()?;
        let row = without(whole, |key| hidden.contains(&key));
        let shape = match &self.shape {
            Shape::Point(at) => Shape::Point(*at),
            Shape::Outline(outline) => Shape::Outline(outline.clone()),
        };
        (*row != *self.row.bytes()).then(|| Self { row: Row::alone(&row), ..self.with_shape(shape) })
    }

    /// A count as it is, hidden or not: for deciding what to hide.
    pub(super) fn true_count(&self, key: usize) -> Option<u64> {
        self.keys.value(self.whole_row.as_ref()?, key)?.as_u64()
    }

    /// The same item with another choice of vertices per zoom.
    pub(super) fn with_outline(&self, outline: Outline) -> Self {
        self.with_shape(Shape::Outline(Box::new(outline)))
    }

    fn with_shape(&self, shape: Shape) -> Self {
        Self {
            id: self.id,
            version: self.version,
            revision: self.revision,
            village: self.village,
            shape,
            row: self.row.clone(),
            whole_row: self.whole_row.clone(),
            keys: Arc::clone(&self.keys),
        }
    }

    /// Where it is.
    pub fn geometry(&self) -> Geometry {
        match &self.shape {
            Shape::Point(at) => Geometry::point(*at),
            Shape::Outline(outline) => outline.geometry().clone(),
        }
    }

    /// Where it is, borrowed where it can be.
    pub fn geo(&self) -> Cow<'_, geo_types::Geometry<f64>> {
        match &self.shape {
            Shape::Point(at) => Cow::Owned(geo_types::Point(geo_types::Coord::from(*at)).into()),
            Shape::Outline(outline) => Cow::Borrowed(outline.geometry().as_geo()),
        }
    }

    /// The keys of its values.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Its shape, as tiles draw it.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Where it is, if it is a point.
    pub(super) const fn point(&self) -> Option<LonLat> {
        match self.shape {
            Shape::Point(at) => Some(at),
            Shape::Outline(_) => None,
        }
    }

    /// The packed values that may be shown.
    pub(super) const fn row(&self) -> &Row {
        &self.row
    }

    /// The box around it.
    pub fn bbox(&self) -> Bbox {
        match &self.shape {
            Shape::Point(at) => (*at).into(),
            Shape::Outline(outline) => outline.bbox(),
        }
    }

    /// A position that stands for the whole.
    pub fn representative(&self) -> LonLat {
        match &self.shape {
            Shape::Point(at) => *at,
            Shape::Outline(outline) => outline.representative(),
        }
    }

    /// Whether it shares a point with the box.
    pub fn touches_box(&self, bbox: Bbox) -> bool {
        match &self.shape {
            Shape::Point(at) => bbox.contains(*at),
            Shape::Outline(outline) => {
                let own = outline.bbox();
                let inside = bbox.west() <= own.west()
                    && bbox.east() >= own.east()
                    && bbox.south() <= own.south()
                    && bbox.north() >= own.north();
                inside || (own.intersects(bbox) && outline.geometry().as_geo().intersects(&rect(bbox)))
            }
        }
    }

    /// Whether it shares a point with the polygon.
    pub fn touches(&self, area: &geo_types::MultiPolygon<f64>) -> bool {
        match &self.shape {
            Shape::Point(at) => area.intersects(&geo_types::Coord::from(*at)),
            Shape::Outline(outline) => outline.geometry().as_geo().intersects(area),
        }
    }

    /// Whether the position lies in it or on its edge; never for points and lines.
    pub fn covers(&self, at: LonLat) -> bool {
        match &self.shape {
            Shape::Point(..) => false,
            Shape::Outline(outline) => {
                outline.is_area()
                    && outline.bbox().contains(at)
                    && outline.geometry().as_geo().intersects(&geo_types::Coord::from(at))
            }
        }
    }

    /// How many vertices it has.
    pub fn vertices(&self) -> usize {
        match &self.shape {
            Shape::Point(..) => 1,
            Shape::Outline(outline) => outline.geometry().as_geo().coords_count(),
        }
    }

    /// Its values that may be shown, in schema order; hidden small counts are absent.
    pub fn properties(&self) -> Properties {
        self.keys.unpack(self.row.bytes())
    }

    /// Appends the values that may be shown as a JSON object, without building a tree of values.
    /// With `only`, those of these names.
    pub fn write_properties(&self, only: Option<&[String]>, out: &mut Vec<u8>) {
        self.keys.write_json(self.row.bytes(), only, out);
    }

    /// One value.
    pub fn property(&self, name: &str) -> Option<serde_json::Value> {
        self.keys.value(self.row.bytes(), self.keys.position(name)?)
    }

    /// One value as a filter asks for it, without building more of it than needed.
    fn packed_value(&self, name: &str, kind: Kind) -> Value<'_> {
        let Some(position) = self.keys.position(name) else { return Value::Null };
        // Only the one that is asked for is unpacked.
        match (kind, self.cell(position)) {
            (Kind::Date, Some(Cell::Text(text))) => Span::day(text).map_or(Value::Null, Value::Span),
            (Kind::Timestamp, Some(Cell::Text(text))) => Span::instant(text).map_or(Value::Null, Value::Span),
            (_, Some(Cell::Text(text))) => Value::text(text),
            (_, Some(Cell::Bool(yes))) => Value::Bool(yes),
            (_, Some(Cell::Whole(number))) => Value::Number(number as f64),
            (_, Some(Cell::Real(number))) => Value::Number(number),
            (_, None) => Value::Null,
        }
    }

    /// The packed values, with the keys they are under.
    pub fn entries(&self) -> impl Iterator<Item = (usize, Packed<'_>)> {
        entries(self.row.bytes())
    }

    /// The zooms from which its vertices are drawn.
    pub(super) fn first_zooms(&self) -> impl Iterator<Item = u8> {
        let outline = match &self.shape {
            Shape::Point(..) => None,
            Shape::Outline(outline) => Some(outline),
        };
        outline
            .into_iter()
            .flat_map(|outline| outline.chains())
            .flat_map(|chain| chain.vertices.iter().map(|vertex| vertex.from_zoom))
    }

    /// Bytes this item takes on the heap, for the memory figure of `/metrics`.
    pub fn heap_bytes(&self) -> usize {
        let outline = match &self.shape {
            Shape::Point(..) => 0,
            Shape::Outline(outline) => outline.heap_bytes(),
        };
        std::mem::size_of::<Self>()
            + self.row.bytes().len()
            + self.whole_row.as_ref().map_or(0, |row| row.len())
            + outline
    }
}

fn rect(bbox: Bbox) -> geo_types::Rect<f64> {
    geo_types::Rect::new((bbox.west(), bbox.south()), (bbox.east(), bbox.north()))
}

impl Subject for Item {
    fn value(&self, name: &str, kind: Kind) -> Value<'_> {
        match name {
            GEOMETRY => Value::Geometry(self.geo()),
            ID => Value::Number(self.id.get() as f64),
            VILLAGE => self.village.map_or(Value::Null, |village| Value::text(village.to_string())),
            _ => self.packed_value(name, kind),
        }
    }
}
