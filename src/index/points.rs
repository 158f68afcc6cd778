//! The points of one cell along the Z-curve, their packed values in one run of bytes.
//!
//! The curve visits the tiles of every zoom without leaving any half done. So the points of a tile are
//! one slice, found by two binary searches, and to draw them is to read memory in order. What an edit
//! has written since stands in runs of its own until the program starts anew.

use std::sync::Arc;

use super::item::Item;
use super::row::{Packed, entries};
use crate::domain::{Bbox, FeatureId, LonLat};
use crate::geodesy::world::WorldXy;

/// Below this many, points are looked at one by one.
const FEW: usize = 16;

/// How many points lie from one milestone to the next.
const APART: usize = 32;

/// The points of one cell.
#[derive(Debug, Default)]
pub struct Points {
    places: Box<[Place]>,
    /// Every so many places where on the curve it stands, close together in memory so that a search waits
    /// for few of the places themselves.
    milestones: Box<[u64]>,
    /// The run that most rows stand in.
    run: Option<Arc<[u8]>>,
}

/// One point, as much of it as tiles and boxes need.
#[derive(Debug)]
struct Place {
    at: WorldXy,
    id: FeatureId,
    /// Where the row stands in the run of the cell; a length of 0 says that it stands in another.
    row: (u32, u32),
    item: Arc<Item>,
}

/// One point to be drawn.
#[derive(Debug, Clone, Copy)]
pub struct Point<'p> {
    /// Where it is.
    pub at: WorldXy,
    /// Its number.
    pub id: FeatureId,
    /// The whole of it; slower to read, since it lies elsewhere.
    pub item: &'p Arc<Item>,
    row: &'p [u8],
}

impl<'p> Point<'p> {
    /// The packed values, with the keys they are under.
    pub fn entries(&self) -> impl Iterator<Item = (usize, Packed<'p>)> + use<'p> {
        entries(self.row)
    }
}

impl Points {
    /// Lays points out. What is no point is left out.
    pub(super) fn new(items: Vec<Arc<Item>>) -> Self {
        let run = items.iter().map(|item| item.row().run()).max_by_key(|run| run.len()).map(Arc::clone);
        let place = |item: Arc<Item>| {
            let at = item.point()?.into();
            let in_run = run.as_ref().is_some_and(|run| Arc::ptr_eq(run, item.row().run()));
            let row = if in_run { item.row().span() } else { (0, 0) };
            Some(Place { at, id: item.id, row, item })
        };
        let mut places: Box<[Place]> = items.into_iter().filter_map(place).collect();
        places.sort_unstable_by_key(|place| (place.at.z_order(), place.id));
        let milestones = places.iter().step_by(APART).map(|place| place.at.z_order()).collect();
        Self { places, milestones, run }
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.places.len()
    }

    /// All of them, along the curve.
    pub(super) fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.places.iter().map(|place| &place.item)
    }

    /// Those of a tile, given by its first and its last position.
    pub fn in_tile(&self, first: WorldXy, last: WorldXy) -> impl ExactSizeIterator<Item = Point<'_>> + use<'_> {
        let start = self.search(|at| at < first.z_order());
        let end = self.search(|at| at <= last.z_order()).max(start);
        self.places[start..end].iter().map(|place| self.point(place))
    }

    /// How many places stand on the part of the curve that `is_before` tells.
    fn search(&self, is_before: impl Fn(u64) -> bool) -> usize {
        let Some(milestone) = self.milestones.partition_point(|&at| is_before(at)).checked_sub(1) else { return 0 };
        let from = milestone * APART;
        let upto = (from + APART).min(self.places.len());
        from + self.places[from..upto].partition_point(|place| is_before(place.at.z_order()))
    }

    fn point<'p>(&'p self, place: &'p Place) -> Point<'p> {
        let row = match (&self.run, place.row) {
            (Some(run), (start, len)) if len > 0 => &run[start as usize..][..len as usize],
            _ => place.item.row().bytes(),
        };
        Point { at: place.at, id: place.id, item: &place.item, row }
    }

    /// Those in a box.
    pub(super) fn in_box(&self, bbox: Bbox) -> impl Iterator<Item = &Arc<Item>> {
        let area = Area::around(bbox);
        let mut slices = Vec::new();
        area.cut(&self.places, &mut slices);
        slices.into_iter().flatten().filter(move |place| area.has(place, bbox)).map(|place| &place.item)
    }
}

/// A box on the world grid, a unit wider on each side than rounding needs.
#[derive(Debug, Clone, Copy)]
struct Area {
    min: WorldXy,
    max: WorldXy,
}

impl Area {
    fn around(bbox: Bbox) -> Self {
        let corner = |lon, lat| LonLat::new(lon, lat).map_or(WorldXy { x: 0, y: 0 }, WorldXy::from);
        let (north_west, south_east) = (corner(bbox.west(), bbox.north()), corner(bbox.east(), bbox.south()));
        Self {
            min: WorldXy { x: north_west.x.saturating_sub(1), y: north_west.y.saturating_sub(1) },
            max: WorldXy { x: south_east.x.saturating_add(1), y: south_east.y.saturating_add(1) },
        }
    }

    /// Whether a place lies in the box that the area is around. Only near the edge are degrees compared.
    fn has(&self, place: &Place, bbox: Bbox) -> bool {
        let (at, min, max) = (place.at, self.min, self.max);
        if at.x < min.x || at.x > max.x || at.y < min.y || at.y > max.y {
            return false;
        }
        let well_inside = |at: u32, min: u32, max: u32| at - min > 2 && max - at > 2;
        (well_inside(at.x, min.x, max.x) && well_inside(at.y, min.y, max.y))
            || place.item.point().is_some_and(|at| bbox.contains(at))
    }

    /// Adds the slices that may have places of the area.
    fn cut<'p>(&self, places: &'p [Place], slices: &mut Vec<&'p [Place]>) {
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return };
        // The smallest square of the curve that holds them all.
        let differing = (first.at.x ^ last.at.x) | (first.at.y ^ last.at.y);
        let within = u32::MAX.checked_shr(differing.leading_zeros()).unwrap_or(0);
        let (west, north) = (first.at.x & !within, first.at.y & !within);
        let (east, south) = (west | within, north | within);
        if west > self.max.x || east < self.min.x || north > self.max.y || south < self.min.y {
            return;
        }
        let inside = west >= self.min.x && east <= self.max.x && north >= self.min.y && south <= self.max.y;
        if inside || places.len() <= FEW || differing == 0 {
            slices.push(places);
            return;
        }
        let (start, end) = (first.at.z_order(), last.at.z_order());
        let bit = (start ^ end).ilog2();
        let middle = end >> bit << bit;
        let (before, after) = places.split_at(places.partition_point(|place| place.at.z_order() < middle));
        self.cut(before, slices);
        self.cut(after, slices);
    }
}
