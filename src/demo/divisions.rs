//! City, townships and villages: who stands where, and the drafts of their areas.

use geo::GeodesicArea;
use geo_types::{LineString, MultiPolygon, Polygon};

use crate::domain::{DivisionCode, Draft, Geometry};

use super::DemoError;
use super::draft::{draft, whole};
use super::plane::{Frame, Pt, doubled_area, extent, inside};
use super::sources::{Outline, Sources};
use super::villages::Areas;

/// A township and the lines its town is laid out on.
pub(super) struct Township {
    pub(super) code: DivisionCode,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) seat: Pt,
    /// How far its town reaches from the seat, metres.
    pub(super) town_m: f64,
    /// The town's streets run along this frame; its origin is the seat.
    pub(super) streets: Frame,
    /// Canals and lanes of the countryside run along this one.
    pub(super) fields: Frame,
    pub(super) rings: Vec<Vec<Pt>>,
    geometry: Geometry,
    /// Its villages, by number.
    pub(super) villages: std::ops::Range<usize>,
}

/// A village or community.
pub(super) struct Village {
    pub(super) code: DivisionCode,
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// The township it lies in, by number.
    pub(super) township: usize,
    pub(super) rings: Vec<Vec<Pt>>,
    pub(super) geometry: Geometry,
    /// Geodesic, square metres.
    pub(super) area_m2: f64,
    /// A position amid it, where its committee sits.
    pub(super) centre: Pt,
    list_date: String,
    source: String,
}

/// All divisions, and which village a position lies in.
pub(super) struct Divisions {
    outline: Outline,
    pub(super) townships: Vec<Township>,
    pub(super) villages: Vec<Village>,
    buckets: Buckets,
}

/// Villages by square, so that few have to be asked.
struct Buckets {
    west: f64,
    south: f64,
    columns: usize,
    squares: Vec<Vec<u32>>,
}

/// Side of a bucket, metres.
const BUCKET_M: f64 = 600.0;

impl Divisions {
    pub(super) fn new(seed: u64, sources: &Sources) -> Result<Self, DemoError> {
        let outline = super::sources::outline(sources.boundary)?;
        let Areas { townships, villages } = super::villages::divide(seed, sources)?;
        let buckets = Buckets::new(&villages);
        Ok(Self { outline, townships, villages, buckets })
    }

    /// The village at a position.
    pub(super) fn at(&self, at: Pt) -> Option<&Village> {
        let square = self.buckets.square(at)?;
        square.iter().map(|&number| &self.villages[number as usize]).find(|village| inside(&village.rings, at))
    }

    /// The code of the village that holds what stands for a geometry.
    pub(super) fn holder(&self, geometry: &Geometry) -> Option<DivisionCode> {
        let at = geometry.representative();
        self.at(Pt::from_degrees(at.lon(), at.lat())).map(|village| village.code)
    }

    pub(super) fn township_of(&self, village: &Village) -> &Township {
        &self.townships[village.township]
    }

    /// The outline's rings on the board.
    pub(super) fn city_rings(&self) -> Vec<Vec<Pt>> {
        let ring = |line: &LineString<f64>| line.0[1..].iter().map(|c| Pt::from_degrees(c.x, c.y)).collect();
        std::iter::once(self.outline.polygon.exterior()).chain(self.outline.polygon.interiors()).map(ring).collect()
    }

    /// Moves the centres of villages that lie in the water, or nearly, onto dry land.
    pub(super) fn keep_dry(&mut self, is_wet: impl Fn(Pt) -> bool) {
        let near_water = |at: Pt| {
            const BANK_M: f64 = 45.0;
            [(0.0, 0.0), (BANK_M, 0.0), (-BANK_M, 0.0), (0.0, BANK_M), (0.0, -BANK_M)]
                .iter()
                .any(|&(x, y)| is_wet(at.plus(super::plane::pt(x, y))))
        };
        for village in &mut self.villages {
            if near_water(village.centre) {
                village.centre = middle(&village.rings, |at| !near_water(at));
            }
        }
    }

    /// City, townships and villages as drafts.
    pub(super) fn drafts(&self) -> Result<Vec<Draft>, DemoError> {
        let mut city = draft(
            "city",
            self.outline.geometry.clone(),
            None,
            [
                ("code", "429005".into()),
                ("name", self.outline.name.as_str().into()),
                ("area_m2", whole(area_m2(&self.outline.geometry))),
                ("source", self.outline.source.as_str().into()),
            ],
        )?;
        city.properties.insert("synthetic".to_owned(), false.into());
        let mut drafts = vec![city];
        let list_date = self.villages.first().map_or("", |village| village.list_date.as_str());
        for township in &self.townships {
            drafts.push(draft(
                "township",
                township.geometry.clone(),
                None,
                [
                    ("code", township.code.to_string().into()),
                    ("name", township.name.as_str().into()),
                    ("kind", township.kind.into()),
                    ("area_m2", whole(area_m2(&township.geometry))),
                    ("list_date", list_date.into()),
                    ("source", "名称、代码：国家统计局统计用区划代码；范围：合成示意，非真实界线".into()),
                ],
            )?);
        }
        for village in &self.villages {
            drafts.push(draft(
                "village",
                village.geometry.clone(),
                Some(village.code),
                [
                    ("code", village.code.to_string().into()),
                    ("name", village.name.as_str().into()),
                    ("kind", village.kind.into()),
                    ("area_m2", whole(village.area_m2)),
                    ("list_date", village.list_date.as_str().into()),
                    ("source", village.source.as_str().into()),
                ],
            )?);
        }
        Ok(drafts)
    }
}

impl Buckets {
    fn new(villages: &[Village]) -> Self {
        let [west, south, east, north] = extent(villages.iter().flat_map(|village| village.rings.iter().flatten()));
        let columns = ((east - west) / BUCKET_M) as usize + 1;
        let rows = ((north - south) / BUCKET_M) as usize + 1;
        let mut squares = vec![Vec::new(); columns * rows];
        for (number, village) in villages.iter().enumerate() {
            let [w, s, e, n] = extent(village.rings.iter().flatten());
            let span = |low: f64, high: f64, from: f64| {
                ((low - from) / BUCKET_M) as usize..=((high - from) / BUCKET_M) as usize
            };
            for row in span(s, n, south) {
                for column in span(w, e, west) {
                    squares[row * columns + column].push(number as u32);
                }
            }
        }
        Self { west, south, columns, squares }
    }

    fn square(&self, at: Pt) -> Option<&[u32]> {
        let (column, row) = ((at.x - self.west) / BUCKET_M, (at.y - self.south) / BUCKET_M);
        if column < 0.0 || row < 0.0 || column >= self.columns as f64 {
            return None;
        }
        self.squares.get(row as usize * self.columns + column as usize).map(Vec::as_slice)
    }
}

/// The geodesic area of a polygon or several, square metres (GRS 80 and WGS 84 agree to 4·10⁻⁸ km²
/// over the whole city).
pub(super) fn area_m2(geometry: &Geometry) -> f64 {
    geometry.as_geo().geodesic_area_unsigned()
}

/// The kind of a village by digits 10–12 of its code.
pub(super) const fn village_kind(code: DivisionCode) -> &'static str {
    match code.number() % 1000 {
        1..=199 => "community",
        200..=399 => "village",
        400..=499 => "similar-community",
        _ => "similar-village",
    }
}

/// The kind of a township by digits 7–9 of its code.
pub(super) const fn township_kind(code: DivisionCode) -> &'static str {
    match code.number() % 1000 {
        1..=99 => "street",
        100..=399 => "town",
        _ => "management-area",
    }
}

/// Polygons given as closed degree rings, exterior first, oriented as GeoJSON asks.
pub(super) fn area_geometry(polygons: Vec<Vec<LineString<f64>>>) -> Result<Geometry, DemoError> {
    let mut parts: Vec<Polygon<f64>> = Vec::new();
    for mut rings in polygons {
        if !rings.is_empty() {
            let exterior = rings.remove(0);
            parts.push(Polygon::new(exterior, rings));
        }
    }
    let single = if parts.len() == 1 { parts.pop() } else { None };
    Ok(Geometry::new(single.map_or_else(|| MultiPolygon(parts).into(), Into::into))?)
}

impl Village {
    pub(super) fn new(
        row: &super::sources::VillageRow,
        township: usize,
        rings: Vec<Vec<Pt>>,
        geometry: Geometry,
        source: String,
    ) -> Self {
        let centre = middle(&rings, |_| true);
        Self {
            code: row.code,
            name: row.name.clone(),
            kind: village_kind(row.code),
            township,
            area_m2: area_m2(&geometry),
            rings,
            geometry,
            centre,
            list_date: row.list_date.clone(),
            source,
        }
    }
}

/// What is known of a township beside its area.
pub(super) struct Founded {
    pub(super) code: DivisionCode,
    pub(super) name: String,
    pub(super) seat: Pt,
    /// How many of its villages are communities (社区).
    pub(super) communities: usize,
    pub(super) villages: std::ops::Range<usize>,
}

impl Township {
    pub(super) fn new(founded: Founded, rings: Vec<Vec<Pt>>, geometry: Geometry, dice: &mut super::dice::Dice) -> Self {
        let Founded { code, name, seat, communities, villages } = founded;
        let reach =
            (rings.iter().map(|ring| doubled_area(ring)).sum::<f64>().abs() / 2.0 / std::f64::consts::PI).sqrt();
        Self {
            code,
            name,
            kind: township_kind(code),
            seat,
            town_m: (420.0 + 120.0 * communities as f64).min(0.72 * reach),
            streets: Frame::new(seat, dice.between(-14.0, 14.0)),
            fields: Frame::new(seat, dice.between(-9.0, 9.0)),
            rings,
            geometry,
            villages,
        }
    }
}

/// A position well inside rings: of a lattice of candidates the one farthest from every border,
/// among those that are `fit`; a corner when none is.
pub(super) fn middle(rings: &[Vec<Pt>], fit: impl Fn(Pt) -> bool) -> Pt {
    const STEPS: usize = 16;
    let [west, south, east, north] = extent(rings.iter().flatten());
    let mut best = (f64::MIN, rings[0][0]);
    for row in 1..STEPS {
        for column in 1..STEPS {
            let share = |step: usize| step as f64 / STEPS as f64;
            let at = super::plane::pt(west + (east - west) * share(column), south + (north - south) * share(row));
            if inside(rings, at) && fit(at) {
                let room = clearance(rings, at);
                if room > best.0 {
                    best = (room, at);
                }
            }
        }
    }
    best.1
}

/// The distance from the nearest border, metres.
pub(super) fn clearance(rings: &[Vec<Pt>], at: Pt) -> f64 {
    let mut least = f64::MAX;
    for ring in rings {
        least = least.min(super::plane::distance_to_line(at, ring));
        least = least.min(super::plane::distance_to_line(at, &[ring[ring.len() - 1], ring[0]]));
    }
    least
}
