//! Rivers, lakes and main canals.
//!
//! The courses of 汉江 and 东荆河 are real (GSHHG), their widths plausible. Lakes and main canals bear
//! names of the place; where they lie and what shape they have is invented.

use geo::{BooleanOps, unary_union};
use geo_types::{Coord, LineString, MultiPolygon, Polygon, Rect};

use crate::domain::Draft;

use super::DemoError;
use super::dice::Dice;
use super::divisions::{Divisions, clearance};
use super::draft::draft;
use super::plane::{Frame, Pt, bent, doubled_area, extent, inside, polygon_geometry, pt};
use super::sources::Sources;

/// A river, a lake or a main canal.
pub(super) struct Body {
    name: String,
    kind: &'static str,
    /// Its polygons' rings on the board, unclosed.
    pub(super) polygons: Vec<Vec<Vec<Pt>>>,
    pub(super) extent: [f64; 4],
}

/// Name in the rivers file and width, metres.
const RIVERS: [(&str, f64); 2] = [("汉江", 460.0), ("东荆河", 170.0)];
/// Name, township it lies in and mean radius, metres.
const LAKES: [(&str, u64, f64); 6] = [
    ("借粮湖", 429005107, 1150.0),
    ("返湾湖", 429005451, 950.0),
    ("冯家湖", 429005109, 620.0),
    ("白露湖", 429005454, 820.0),
    ("张家湖", 429005455, 560.0),
    ("苏湖", 429005105, 640.0),
];
const CANALS: [&str; 16] = [
    "田关河",
    "西荆河",
    "百里长渠",
    "兴隆干渠",
    "中沙河",
    "城南干渠",
    "东干渠",
    "西干渠",
    "万福干渠",
    "总口干渠",
    "熊口干渠",
    "龙湾干渠",
    "老新干渠",
    "张金干渠",
    "浩口干渠",
    "后湖干渠",
];
/// How far beyond the city rivers are drawn, metres.
const BEYOND_M: f64 = 2000.0;

/// Areas and holes smaller than this are leavings of the cutting, square metres.
const LEAST_M2: f64 = 400.0;

/// A ring, unclosed, without vertices that all but coincide: rounding could tangle them.
fn clean(ring: &LineString<f64>) -> Vec<Pt> {
    const LEAST_M: f64 = 1.2;
    let mut kept: Vec<Pt> = Vec::new();
    for c in ring.0.iter().skip(1) {
        let at = pt(c.x, c.y);
        // A spike that comes back to where it began goes, too.
        while kept.len() > 1 && kept[kept.len() - 2].to(at) <= LEAST_M {
            kept.pop();
        }
        if kept.last().is_none_or(|last| last.to(at) > LEAST_M) {
            kept.push(at);
        }
    }
    while kept.len() > 3 && kept[0].to(kept[kept.len() - 1]) <= LEAST_M {
        kept.pop();
    }
    kept
}

impl Body {
    fn new(name: &str, kind: &'static str, shape: &MultiPolygon<f64>) -> Self {
        let mut polygons: Vec<Vec<Vec<Pt>>> = Vec::new();
        for part in &shape.0 {
            let mut rings = std::iter::once(part.exterior()).chain(part.interiors()).map(clean);
            let Some(exterior) = rings.next().filter(|ring| ring.len() > 2) else {
                continue;
            };
            if doubled_area(&exterior).abs() > LEAST_M2 * 2.0 {
                let holes = rings.filter(|ring| ring.len() > 2 && doubled_area(ring).abs() > LEAST_M2 * 2.0);
                polygons.push(std::iter::once(exterior).chain(holes).collect());
            }
        }
        let extent = extent(polygons.iter().flatten().flatten());
        Self { name: name.to_owned(), kind, polygons, extent }
    }

    pub(super) fn holds(&self, at: Pt) -> bool {
        let [west, south, east, north] = self.extent;
        (west..=east).contains(&at.x)
            && (south..=north).contains(&at.y)
            && self.polygons.iter().any(|rings| inside(rings, at))
    }

    /// Whether its box and another's have a point in common.
    pub(super) fn is_near(&self, [west, south, east, north]: [f64; 4]) -> bool {
        self.extent[0] <= east && self.extent[2] >= west && self.extent[1] <= north && self.extent[3] >= south
    }
}

/// A ring on the board as a polygon for the boolean operations.
fn polygon(ring: &[Pt]) -> Polygon<f64> {
    Polygon::new(ring.iter().map(|p| Coord { x: p.x, y: p.y }).collect(), Vec::new())
}

/// The strip of a width about a line, with round joints.
pub(super) fn strip(line: &[Pt], width: f64) -> MultiPolygon<f64> {
    let half = width / 2.0;
    let mut parts: Vec<Polygon<f64>> = Vec::new();
    for pair in line.windows(2) {
        let aside = pair[1].minus(pair[0]).direction().left().times(half);
        parts.push(polygon(&[pair[0].minus(aside), pair[1].minus(aside), pair[1].plus(aside), pair[0].plus(aside)]));
    }
    for &at in &line[1..line.len().saturating_sub(1)] {
        parts.push(polygon(&round(at, 16, |_, _| half)));
    }
    unary_union(&parts)
}

/// A closed curve about a centre; `radius` is asked with the cosine and sine of the heading.
fn round(centre: Pt, corners: usize, radius: impl Fn(f64, f64) -> f64) -> Vec<Pt> {
    (0..corners)
        .map(|corner| {
            let angle = std::f64::consts::TAU * corner as f64 / corners as f64;
            let (c, s) = (libm::cos(angle), libm::sin(angle));
            centre.plus(pt(c, s).times(radius(c, s)))
        })
        .collect()
}

/// All water that spans villages.
pub(super) fn bodies(seed: u64, sources: &Sources, divisions: &Divisions) -> Result<Vec<Body>, DemoError> {
    let city = divisions.city_rings();
    let [west, south, east, north] = extent(city.iter().flatten());
    let near =
        Rect::new(Coord { x: west - BEYOND_M, y: south - BEYOND_M }, Coord { x: east + BEYOND_M, y: north + BEYOND_M })
            .to_polygon();
    let mut bodies = Vec::new();
    let mut taken = MultiPolygon::<f64>(Vec::new());
    let courses = super::sources::rivers(sources.rivers)?;
    for (name, width) in RIVERS {
        let Some(courses) = courses.get(name) else {
            return Err(DemoError::Source { file: "rivers", detail: format!("it holds no line named {name}") });
        };
        let mut shape = MultiPolygon::<f64>(Vec::new());
        for course in courses {
            shape = shape.union(&strip(&smooth(course), width));
        }
        let shape = shape.intersection(&near).difference(&taken);
        taken = taken.union(&shape);
        bodies.push(Body::new(name, "river", &shape));
    }
    for (name, township, radius) in LAKES {
        let shape = MultiPolygon(vec![polygon(&lake(seed, divisions, township, radius))]).difference(&taken);
        taken = taken.union(&shape);
        bodies.push(Body::new(name, "lake", &shape));
    }
    let bounds = Polygon::new(city[0].iter().map(|p| Coord { x: p.x, y: p.y }).collect(), Vec::new());
    let mut dice = Dice::new(seed, "main canals", 0);
    let frame = Frame::new(pt(f64::midpoint(west, east), f64::midpoint(south, north)), -5.0);
    let reach = (east - west).max(north - south) * 0.75;
    for (number, name) in CANALS.iter().enumerate() {
        let step = number as f64 / 2.0;
        let (from, to) = if number % 2 == 0 {
            let across = (step - 3.5) * 7600.0 + dice.between(-900.0, 900.0);
            (frame.at(-reach, across), frame.at(reach, across + dice.between(-1500.0, 1500.0)))
        } else {
            let along = (step.floor() - 3.5) * 6300.0 + dice.between(-800.0, 800.0);
            (frame.at(along, -reach), frame.at(along + dice.between(-1500.0, 1500.0), reach))
        };
        let line = bent(from, to, 0.035, 900.0, &mut dice);
        let shape = strip(&line, dice.between(18.0, 30.0)).intersection(&bounds).difference(&taken);
        taken = taken.union(&shape);
        bodies.push(Body::new(name, "canal", &shape));
    }
    Ok(bodies)
}

/// A course with its corners cut twice, so that a coarse river line bends like a river.
fn smooth(course: &[Pt]) -> Vec<Pt> {
    let mut line = course.to_vec();
    for _ in 0..2 {
        let mut finer = vec![line[0]];
        for pair in line.windows(2) {
            finer.push(pair[0].towards(pair[1], 0.25));
            finer.push(pair[0].towards(pair[1], 0.75));
        }
        finer.push(line[line.len() - 1]);
        line = finer;
    }
    line
}

/// A lake's shore: in its township, far from the seat.
fn lake(seed: u64, divisions: &Divisions, township: u64, radius: f64) -> Vec<Pt> {
    let mut dice = Dice::new(seed, "lake", township);
    let home = divisions.townships.iter().find(|t| t.code.number() == township).unwrap_or(&divisions.townships[0]);
    let [west, south, east, north] = extent(home.rings.iter().flatten());
    let mut best = (f64::MIN, home.seat);
    for _ in 0..150 {
        let at = pt(dice.between(west, east), dice.between(south, north));
        if inside(&home.rings, at) {
            let room = clearance(&home.rings, at).min((at.to(home.seat) - home.town_m) * 0.6);
            if room > best.0 {
                best = (room, at);
            }
        }
    }
    let radius = radius.min(best.0.max(150.0) * 0.85);
    let waves: Vec<(f64, f64, f64)> = (2..7)
        .map(|wave| {
            (f64::from(wave), dice.between(0.0, std::f64::consts::TAU), dice.between(0.03, 0.3) / f64::from(wave))
        })
        .collect();
    round(best.1, 72, |c, s| {
        let angle = libm::atan2(s, c);
        radius * (1.0 + waves.iter().map(|(n, phase, height)| height * libm::cos(n * angle + phase)).sum::<f64>())
    })
}

/// The bodies as drafts, one a polygon.
pub(super) fn drafts(bodies: &[Body], divisions: &Divisions) -> Result<Vec<Draft>, DemoError> {
    let mut drafts = Vec::new();
    for body in bodies {
        for rings in &body.polygons {
            let geometry = polygon_geometry(rings)?;
            let village = divisions.holder(&geometry);
            drafts.push(draft(
                "water",
                geometry,
                village,
                [
                    ("code", format!("W{:06}", drafts.len() + 1).into()),
                    ("name", body.name.as_str().into()),
                    ("kind", body.kind.into()),
                ],
            )?);
        }
    }
    Ok(drafts)
}
