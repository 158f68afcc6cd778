//! The drawing board: metres east and north of a point amid the city.
//!
//! An equirectangular plane whose two factors are constants, true to 0.3 % all over the city. Being
//! affine it keeps straight lines straight, so that what is cut on the board stays cut on the map.
//! Only the four operations and the square root are used, with sines from `libm`: the same bits on
//! every machine.

use geo_types::{Coord, LineString, Polygon};

use crate::domain::{Geometry, LonLat};

use super::DemoError;

/// The board's origin, degrees EPSG:4490.
const ORIGIN: (f64, f64) = (112.76, 30.36);
/// Metres a degree of longitude at the origin's latitude, GRS 80.
const METRES_PER_LON: f64 = 96_133.0;
/// Metres a degree of latitude at the origin, GRS 80.
const METRES_PER_LAT: f64 = 110_859.0;

/// A position or an offset on the board, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pt {
    pub(super) x: f64,
    pub(super) y: f64,
}

pub(super) const fn pt(x: f64, y: f64) -> Pt {
    Pt { x, y }
}

impl Pt {
    pub(super) fn from_degrees(lon: f64, lat: f64) -> Self {
        pt((lon - ORIGIN.0) * METRES_PER_LON, (lat - ORIGIN.1) * METRES_PER_LAT)
    }

    /// Longitude and latitude, rounded to 10⁻⁷° (a centimetre).
    pub(super) fn degrees(self) -> Coord<f64> {
        Coord {
            x: rounded(ORIGIN.0 + self.x / METRES_PER_LON, 1e7),
            y: rounded(ORIGIN.1 + self.y / METRES_PER_LAT, 1e7),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        pt(self.x + other.x, self.y + other.y)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        pt(self.x - other.x, self.y - other.y)
    }

    pub(super) fn times(self, factor: f64) -> Self {
        pt(self.x * factor, self.y * factor)
    }

    pub(super) fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }

    pub(super) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    pub(super) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    pub(super) fn to(self, other: Self) -> f64 {
        other.minus(self).length()
    }

    pub(super) fn towards(self, other: Self, share: f64) -> Self {
        self.plus(other.minus(self).times(share))
    }

    /// The unit vector along this offset; east when it has no length.
    pub(super) fn direction(self) -> Self {
        let length = self.length();
        if length > 0.0 { self.times(1.0 / length) } else { pt(1.0, 0.0) }
    }

    /// This offset turned a quarter to the left.
    pub(super) fn left(self) -> Self {
        pt(-self.y, self.x)
    }
}

pub(super) fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// Axes turned from east by an angle, about an origin: `along` runs mostly east, `across` north.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    origin: Pt,
    axis: Pt,
}

impl Frame {
    pub(super) fn new(origin: Pt, degrees: f64) -> Self {
        let angle = degrees.to_radians();
        Self { origin, axis: pt(libm::cos(angle), libm::sin(angle)) }
    }

    pub(super) fn at(&self, along: f64, across: f64) -> Pt {
        self.origin.plus(self.axis.times(along)).plus(self.axis.left().times(across))
    }

    /// (along, across) of a position.
    pub(super) fn of(&self, at: Pt) -> (f64, f64) {
        let from = at.minus(self.origin);
        (from.dot(self.axis), from.dot(self.axis.left()))
    }

    /// The corners of a rectangle about a centre given in the frame, counter-clockwise.
    pub(super) fn rectangle(&self, along: f64, across: f64, length: f64, width: f64) -> Vec<Pt> {
        let (l, w) = (length / 2.0, width / 2.0);
        [(-l, -w), (l, -w), (l, w), (-l, w)].iter().map(|(dl, dw)| self.at(along + dl, across + dw)).collect()
    }

    /// The same axes turned a quarter to the left: what ran north runs along.
    pub(super) fn turned(&self) -> Self {
        Self { origin: self.origin, axis: self.axis.left() }
    }
}

/// Whether a position lies inside rings taken together (even-odd).
pub(super) fn inside(rings: &[Vec<Pt>], at: Pt) -> bool {
    let mut odd = false;
    for ring in rings {
        let mut from = ring[ring.len() - 1];
        for &to in ring {
            if (from.y > at.y) != (to.y > at.y) && at.x < (to.x - from.x) * (at.y - from.y) / (to.y - from.y) + from.x {
                odd = !odd;
            }
            from = to;
        }
    }
    odd
}

/// Twice the signed area of a ring without its closing point.
pub(super) fn doubled_area(ring: &[Pt]) -> f64 {
    let mut from = ring[ring.len() - 1];
    let mut sum = 0.0;
    for &to in ring {
        sum += from.cross(to);
        from = to;
    }
    sum
}

/// West, south, east, north of positions.
pub(super) fn extent<'a>(points: impl IntoIterator<Item = &'a Pt>) -> [f64; 4] {
    points.into_iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |b, p| {
        [b[0].min(p.x), b[1].min(p.y), b[2].max(p.x), b[3].max(p.y)]
    })
}

/// Where segments `a`–`b` and `c`–`d` cross: the shares of each at the crossing.
pub(super) fn crossing(a: Pt, b: Pt, c: Pt, d: Pt) -> Option<(f64, f64)> {
    let (r, s) = (b.minus(a), d.minus(c));
    let denominator = r.cross(s);
    if denominator == 0.0 {
        return None;
    }
    let t = c.minus(a).cross(s) / denominator;
    let u = c.minus(a).cross(r) / denominator;
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u)).then_some((t, u))
}

/// The shares of segment `a`–`b` at which it crosses the rings, in order.
pub(super) fn crossings(a: Pt, b: Pt, rings: &[Vec<Pt>]) -> Vec<f64> {
    let mut shares = Vec::new();
    for ring in rings {
        let mut from = ring[ring.len() - 1];
        for &to in ring {
            shares.extend(crossing(a, b, from, to).map(|(t, _)| t));
            from = to;
        }
    }
    shares.sort_by(f64::total_cmp);
    shares
}

/// The parts of segment `a`–`b` inside the rings, as pairs of shares.
pub(super) fn parts_inside(a: Pt, b: Pt, rings: &[Vec<Pt>]) -> Vec<(f64, f64)> {
    let mut shares = vec![0.0];
    shares.extend(crossings(a, b, rings));
    shares.push(1.0);
    shares
        .windows(2)
        .filter(|pair| pair[1] > pair[0] && inside(rings, a.towards(b, f64::midpoint(pair[0], pair[1]))))
        .map(|pair| (pair[0], pair[1]))
        .collect()
}

pub(super) fn line_length(line: &[Pt]) -> f64 {
    line.windows(2).map(|pair| pair[0].to(pair[1])).sum()
}

/// The distance of a position from a line of several segments, metres.
pub(super) fn distance_to_line(at: Pt, line: &[Pt]) -> f64 {
    line.windows(2)
        .map(|pair| {
            let along = pair[1].minus(pair[0]);
            let square = along.dot(along);
            let share = if square > 0.0 { (at.minus(pair[0]).dot(along) / square).clamp(0.0, 1.0) } else { 0.0 };
            at.to(pair[0].towards(pair[1], share))
        })
        .fold(f64::MAX, f64::min)
}

/// A line bent gently: midpoints pushed aside again and again until the pieces are short.
pub(super) fn bent(from: Pt, to: Pt, bend: f64, piece_m: f64, dice: &mut super::dice::Dice) -> Vec<Pt> {
    let mut line = vec![from, to];
    while line.windows(2).any(|pair| pair[0].to(pair[1]) > piece_m) && line.len() < 1000 {
        let mut finer = vec![line[0]];
        for pair in line.windows(2) {
            let aside = pair[1].minus(pair[0]).left().times(dice.between(-bend, bend));
            finer.push(pair[0].towards(pair[1], dice.between(0.42, 0.58)).plus(aside));
            finer.push(pair[1]);
        }
        line = finer;
    }
    line
}

pub(super) fn point_geometry(at: Pt) -> Result<Geometry, DemoError> {
    let Coord { x, y } = at.degrees();
    Ok(Geometry::point(LonLat::new(x, y)?))
}

pub(super) fn line_geometry(line: &[Pt]) -> Result<Geometry, DemoError> {
    let mut coords: Vec<Coord<f64>> = line.iter().map(|p| p.degrees()).collect();
    coords.dedup();
    Ok(Geometry::new(LineString(coords).into())?)
}

pub(super) fn polygon_geometry(rings: &[Vec<Pt>]) -> Result<Geometry, DemoError> {
    let mut closed = rings.iter().map(|ring| {
        let mut coords: Vec<Coord<f64>> = ring.iter().map(|p| p.degrees()).collect();
        coords.dedup();
        coords.extend(coords.first().copied());
        LineString(coords)
    });
    let exterior = closed.next().unwrap_or_else(|| LineString(Vec::new()));
    Ok(Geometry::new(Polygon::new(exterior, closed.collect()).into())?)
}
