//! Villages: each township divided among the villages of its list.
//!
//! Sites are spread so that villages near the seat are smaller (a weighted k-means over sample
//! positions), communities (社区) take the sites nearest to it, and every position belongs to the
//! nearest site. All borders of the city form one [`Mesh`]: a village border that ends on a township
//! border becomes a vertex of both townships.

use std::collections::BTreeMap;

use geo_types::{Coord, LineString};

use super::DemoError;
use super::dice::Dice;
use super::divisions::{Founded, Township, Village, area_geometry, village_kind};
use super::mesh::{Mesh, Tag};
use super::plane::{Pt, crossing, extent, inside, pt};
use super::sources::{Sources, TownshipShape, VillageRow};
use super::voronoi;

/// 浩口原种场 has no synthetic area: its one village is placed about the centre of its real extent
/// (112.632846–112.638157° E, 30.377898–30.381076° N), which lies in 浩口镇.
const SEED_FARM: u64 = 429005457;
const SEED_FARM_AT: (f64, f64) = (112.6355015, 30.379487);
/// Tags from here on name townships, below it villages.
const TOWNSHIPS: Tag = 1 << 20;
/// Distance of the samples that sites are spread over, metres.
const SAMPLE_M: f64 = 150.0;

/// The divided city.
pub(super) struct Areas {
    pub(super) townships: Vec<Township>,
    pub(super) villages: Vec<Village>,
}

/// What is known of a township before its villages have areas.
struct Ground {
    rings: Vec<Vec<Pt>>,
    seat: Pt,
    rows: Vec<VillageRow>,
    sites: Vec<Pt>,
    first: usize,
}

pub(super) fn divide(seed: u64, sources: &Sources) -> Result<Areas, DemoError> {
    let shapes = super::sources::townships(sources.townships)?;
    let grounds = grounds(seed, &shapes, sources)?;
    let mut borders = Borders::new(&shapes);
    for (number, ground) in grounds.iter().enumerate() {
        let [w, s, e, n] = extent(ground.rings.iter().flatten());
        let margin = 3000.0;
        let mut dice = Dice::new(seed, "village borders", shapes[number].code.number());
        let found = voronoi::borders(&ground.sites, [w - margin, s - margin, e + margin, n + margin], &mut dice);
        let mut meetings = BTreeMap::new();
        for border in &found {
            borders.add(number, ground, border, &mut meetings);
        }
    }
    assemble(seed, shapes, &grounds, borders)
}

fn grounds(seed: u64, shapes: &[TownshipShape], sources: &Sources) -> Result<Vec<Ground>, DemoError> {
    let seats = super::sources::seats(sources.places)?;
    let farm = Pt::from_degrees(SEED_FARM_AT.0, SEED_FARM_AT.1);
    let mut grounds: Vec<Ground> = Vec::new();
    for shape in shapes {
        let on_board = |ring: &Vec<Coord<f64>>| ring.iter().map(|c| Pt::from_degrees(c.x, c.y)).collect::<Vec<Pt>>();
        let rings: Vec<Vec<Pt>> = shape.polygons.iter().flatten().map(on_board).collect();
        let known = seats.get(&shape.code.to_string()).copied().filter(|&at| inside(&rings, at));
        let seat = known.unwrap_or(shape.seed);
        let seat = if inside(&rings, seat) { seat } else { super::divisions::middle(&rings, |_| true) };
        grounds.push(Ground { rings, seat, rows: Vec::new(), sites: Vec::new(), first: 0 });
    }
    for row in super::sources::villages(sources.villages)? {
        let own = shapes.iter().position(|shape| shape.code == row.township_code);
        let host = || {
            let is_farm = row.township_code.number() == SEED_FARM;
            grounds.iter().position(|ground| is_farm && inside(&ground.rings, farm))
        };
        let place = own.or_else(host).ok_or_else(|| DemoError::Room {
            what: format!("village {} of {}, which has no area", row.code, row.township_name),
        })?;
        grounds[place].rows.push(row);
    }
    let mut first = 0;
    for (ground, shape) in grounds.iter_mut().zip(shapes) {
        if ground.rows.is_empty() {
            return Err(DemoError::Room { what: format!("township {}: the list has no village of it", shape.code) });
        }
        let mut dice = Dice::new(seed, "village sites", shape.code.number());
        let fixed = ground.rows.iter().position(|row| row.township_code.number() == SEED_FARM).map(|_| farm);
        ground.sites = sites(ground, fixed, &mut dice);
        ground.first = first;
        first += ground.rows.len();
    }
    Ok(grounds)
}

/// A site for each row, in the order of the rows; the fixed one belongs to the last row.
fn sites(ground: &Ground, fixed: Option<Pt>, dice: &mut Dice) -> Vec<Pt> {
    let communities = ground.rows.iter().filter(|row| village_kind(row.code) == "community").count();
    let town = 500.0 + 90.0 * communities as f64;
    let [west, south, east, north] = extent(ground.rings.iter().flatten());
    let mut samples: Vec<(Pt, f64)> = Vec::new();
    let mut y = south + SAMPLE_M / 2.0;
    while y < north {
        let mut x = west + SAMPLE_M / 2.0;
        while x < east {
            let at = pt(x, y);
            if inside(&ground.rings, at) {
                let far = at.to(ground.seat) / town;
                let near = 1.0 + far * far;
                samples.push((at, 1.0 + 16.0 / (near * near)));
            }
            x += SAMPLE_M;
        }
        y += SAMPLE_M;
    }
    let free = ground.rows.len() - usize::from(fixed.is_some());
    let total: f64 = samples.iter().map(|sample| sample.1).sum();
    // One start in each of `free` equal shares of the weight, so that no region is left out.
    let mut sites: Vec<Pt> = (0..free)
        .map(|number| {
            let mut left = total * (number as f64 + dice.unit()) / free as f64;
            let found = samples.iter().find(|sample| {
                left -= sample.1;
                left <= 0.0
            });
            let jitter = pt(dice.between(-40.0, 40.0), dice.between(-40.0, 40.0));
            found.map_or(ground.seat, |sample| sample.0).plus(jitter)
        })
        .collect();
    sites.extend(fixed);
    for _ in 0..16 {
        let mut sums = vec![(pt(0.0, 0.0), 0.0); sites.len()];
        for &(at, weight) in &samples {
            let nearest = nearest(&sites, at);
            sums[nearest] = (sums[nearest].0.plus(at.times(weight)), sums[nearest].1 + weight);
        }
        for (site, (sum, weight)) in sites.iter_mut().zip(sums).take(free) {
            if weight > 0.0 {
                *site = sum.times(1.0 / weight);
            }
        }
    }
    let farm = fixed.and_then(|_| sites.pop());
    sites.sort_by(|a, b| a.to(ground.seat).total_cmp(&b.to(ground.seat)));
    let near = communities.min(sites.len());
    dice.shuffle(&mut sites[near..]);
    sites.extend(farm);
    sites
}

fn nearest(sites: &[Pt], at: Pt) -> usize {
    let mut best = (f64::MAX, 0);
    for (number, site) in sites.iter().enumerate() {
        let from = site.minus(at);
        let square = from.dot(from);
        if square < best.0 {
            best = (square, number);
        }
    }
    best.1
}

/// A piece of township border between two given corners.
struct Side {
    /// Townships left and right of it (from the smaller node to the larger).
    left: Option<usize>,
    right: Option<usize>,
    /// Village borders that end on it: share along it, node.
    joints: Vec<(f64, usize)>,
}

/// All borders of the city in the making.
struct Borders {
    mesh: Mesh,
    /// The exact coordinates of given corners, by node.
    given: Vec<Coord<f64>>,
    sides: BTreeMap<(usize, usize), Side>,
    /// The sides around each township.
    around: Vec<Vec<(usize, usize)>>,
}

impl Borders {
    fn new(shapes: &[TownshipShape]) -> Self {
        let mut mesh = Mesh::default();
        let mut given = Vec::new();
        let mut nodes: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        let mut sides: BTreeMap<(usize, usize), Side> = BTreeMap::new();
        let mut around = vec![Vec::new(); shapes.len()];
        for (township, shape) in shapes.iter().enumerate() {
            for (place, ring) in shape.polygons.iter().flat_map(|rings| rings.iter().enumerate()) {
                let mut ring: Vec<usize> = ring
                    .iter()
                    .map(|c| {
                        *nodes.entry((c.x.to_bits(), c.y.to_bits())).or_insert_with(|| {
                            given.push(*c);
                            mesh.node(Pt::from_degrees(c.x, c.y))
                        })
                    })
                    .collect();
                let corners: Vec<Pt> = ring.iter().map(|&node| mesh.nodes[node]).collect();
                // The township shall lie to the left: exteriors counter-clockwise, holes clockwise.
                if (super::plane::doubled_area(&corners) > 0.0) != (place == 0) {
                    ring.reverse();
                }
                for (corner, &from) in ring.iter().enumerate() {
                    let to = ring[(corner + 1) % ring.len()];
                    let key = (from.min(to), from.max(to));
                    let side = sides.entry(key).or_insert(Side { left: None, right: None, joints: Vec::new() });
                    if from < to {
                        side.left = Some(township);
                    } else {
                        side.right = Some(township);
                    }
                    around[township].push(key);
                }
            }
        }
        Self { mesh, given, sides, around }
    }

    /// Adds the parts of a village border that lie in its township.
    fn add(
        &mut self,
        township: usize,
        ground: &Ground,
        border: &voronoi::Border,
        meetings: &mut BTreeMap<[usize; 3], usize>,
    ) {
        let tags = border.sites.map(|site| (ground.first + site) as Tag);
        let mut piece: Vec<(Pt, Option<usize>)> = vec![(border.line[0], None)];
        let mut pieces = Vec::new();
        for pair in border.line.windows(2) {
            let mut cuts: Vec<(f64, (usize, usize), f64)> = Vec::new();
            for &key in &self.around[township] {
                let (from, to) = (self.mesh.nodes[key.0], self.mesh.nodes[key.1]);
                cuts.extend(crossing(pair[0], pair[1], from, to).map(|(t, u)| (t, key, u)));
            }
            cuts.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (_, key, share) in cuts {
                let at = self.mesh.nodes[key.0].towards(self.mesh.nodes[key.1], share);
                let node = self.mesh.node(at);
                if let Some(side) = self.sides.get_mut(&key) {
                    side.joints.push((share, node));
                }
                piece.push((at, Some(node)));
                pieces.push(std::mem::replace(&mut piece, vec![(at, Some(node))]));
            }
            piece.push((pair[1], None));
        }
        pieces.push(piece);
        let last = pieces.len() - 1;
        for (place, mut piece) in pieces.into_iter().enumerate() {
            if !inside(&ground.rings, piece[0].0.towards(piece[1].0, 0.5)) {
                continue;
            }
            let mut meet = |end: Option<[usize; 3]>, at: Pt, mesh: &mut Mesh| {
                end.map(|key| *meetings.entry(key).or_insert_with(|| mesh.node(at)))
            };
            if place == 0 {
                piece[0].1 = meet(border.ends[0], piece[0].0, &mut self.mesh);
            }
            if place == last {
                let end = piece.len() - 1;
                piece[end].1 = meet(border.ends[1], piece[end].0, &mut self.mesh);
            }
            let nodes: Vec<usize> =
                piece.iter().map(|&(at, node)| node.unwrap_or_else(|| self.mesh.node(at))).collect();
            for pair in nodes.windows(2) {
                self.mesh.edge(pair[0], pair[1], tags[0], tags[1]);
            }
        }
    }

    /// Puts the township borders into the mesh, cut at the village borders that end on them.
    fn close(&mut self) {
        for (&(from, to), side) in &mut self.sides {
            side.joints.sort_by(|a, b| a.0.total_cmp(&b.0));
            let tag =
                |township: Option<usize>| township.map_or(super::mesh::UNKNOWN, |number| TOWNSHIPS + number as Tag);
            let mut at = from;
            for node in side.joints.iter().map(|joint| joint.1).chain([to]) {
                self.mesh.edge(at, node, tag(side.left), tag(side.right));
                at = node;
            }
        }
    }

    /// A ring of nodes as closed degrees: given corners as they were given, others rounded.
    fn degrees(&self, ring: &[usize]) -> LineString<f64> {
        let coord = |&node: &usize| self.given.get(node).copied().unwrap_or_else(|| self.mesh.nodes[node].degrees());
        ring.iter().chain(ring.first()).map(coord).collect()
    }
}

fn assemble(
    seed: u64,
    shapes: Vec<TownshipShape>,
    grounds: &[Ground],
    mut borders: Borders,
) -> Result<Areas, DemoError> {
    borders.close();
    let mesh = &borders.mesh;
    let faces = mesh.faces();
    let total: usize = grounds.iter().map(|ground| ground.rows.len()).sum();
    let mut home = vec![0; faces.len()];
    let mut labels: Vec<Tag> = Vec::with_capacity(faces.len());
    for (number, face) in faces.iter().enumerate() {
        let village = mesh.tags(face).find(|&tag| tag < TOWNSHIPS);
        let township = mesh.tags(face).find(|&tag| tag >= TOWNSHIPS).map(|tag| (tag - TOWNSHIPS) as usize);
        let ring = mesh.ring(face);
        let mean = ring.iter().fold(pt(0.0, 0.0), |sum, p| sum.plus(*p)).times(1.0 / ring.len() as f64);
        let of_village = |tag: Tag| grounds.iter().rposition(|ground| ground.first <= tag as usize);
        home[number] = township.or_else(|| village.and_then(of_village)).unwrap_or(0);
        let ground = &grounds[home[number]];
        labels.push(village.unwrap_or_else(|| (ground.first + nearest(&ground.sites, mean)) as Tag));
    }
    let mut main = vec![usize::MAX; total];
    for (number, &label) in labels.iter().enumerate() {
        let best = &mut main[label as usize];
        if *best == usize::MAX || faces[number].doubled_area > faces[*best].doubled_area {
            *best = number;
        }
    }
    let is_main = |face: usize| main.contains(&face);
    mesh.give_away(&faces, &mut labels, &|face, _| !is_main(face), &|face, other| {
        home[face] == home[other] && is_main(other)
    });
    let of_villages = mesh.regions(&faces, &labels, total);
    let homes: Vec<Tag> = home.iter().map(|&township| township as Tag).collect();
    let of_townships = mesh.regions(&faces, &homes, shapes.len());

    let mut areas = Areas { townships: Vec::new(), villages: Vec::new() };
    for (number, (shape, ground)) in shapes.into_iter().zip(grounds).enumerate() {
        for (place, row) in ground.rows.iter().enumerate() {
            let (geometry, rings) = area(&borders, &of_villages[ground.first + place])?;
            let placed = if row.township_code == shape.code { String::new() } else { placed_note(row, &shape) };
            let source = format!("名单：国家统计局统计用区划代码{}；范围：合成示意，非真实界线{placed}", row.list_date);
            areas.villages.push(Village::new(row, number, rings, geometry, source));
        }
        let (geometry, rings) = area(&borders, &of_townships[number])?;
        let villages = ground.first..ground.first + ground.rows.len();
        let communities = ground.rows.iter().filter(|row| village_kind(row.code) == "community").count();
        let mut dice = Dice::new(seed, "township", shape.code.number());
        let founded = Founded { code: shape.code, name: shape.name, seat: ground.seat, communities, villages };
        areas.townships.push(Township::new(founded, rings, geometry, &mut dice));
    }
    Ok(areas)
}

fn placed_note(row: &VillageRow, host: &TownshipShape) -> String {
    format!("；{}没有单独的合成范围，按其真实四至中心置于{}内", row.township_name, host.name)
}

/// The polygons of a region: their geometry, and their rings on the board.
fn area(borders: &Borders, polygons: &[Vec<Vec<usize>>]) -> Result<(crate::domain::Geometry, Vec<Vec<Pt>>), DemoError> {
    let degrees: Vec<Vec<LineString<f64>>> =
        polygons.iter().map(|rings| rings.iter().map(|ring| borders.degrees(ring)).collect()).collect();
    let on_board = |ring: &LineString<f64>| ring.0[1..].iter().map(|c| Pt::from_degrees(c.x, c.y)).collect();
    let rings = degrees.iter().flatten().map(on_board).collect();
    Ok((area_geometry(degrees)?, rings))
}
