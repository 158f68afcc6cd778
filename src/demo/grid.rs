//! The unit grid (单元网格): each village cut along meridians and parallels.
//!
//! Cells of a village share their borders exactly. Codes are the village's twelve digits and three
//! more, counted from west to east and row by row from north to south.

use geo_types::LineString;

use crate::domain::Draft;

use super::DemoError;
use super::divisions::{Village, area_geometry, area_m2};
use super::draft::{draft, whole};
use super::mesh::{Mesh, Tag, UNKNOWN};
use super::plane::{Pt, extent, inside, pt};

/// Where borders of the village are cut: per ring and edge, share along it and node.
type Cuts = Vec<Vec<Vec<(f64, usize)>>>;

/// The grid cells of a village.
pub(super) fn cells(village: &Village) -> Result<Vec<Draft>, DemoError> {
    let [west, south, east, north] = extent(village.rings.iter().flatten());
    let wanted = if village.kind == "community" { 7.0 } else { 5.0 };
    let side = (village.area_m2 / wanted).sqrt();
    let columns = ((east - west) / side).round().max(1.0);
    let rows = ((north - south) / side).round().max(1.0);
    let (width, height) = ((east - west) / columns, (north - south) / rows);
    // A hair off the even division keeps the lines clear of corners rounded to the same grid.
    let meridians: Vec<f64> = (1..columns as usize).map(|n| west + width * (n as f64 + 0.0137)).collect();
    let parallels: Vec<f64> = (1..rows as usize).map(|n| south + height * (n as f64 + 0.0171)).collect();
    let mesh = lines(&village.rings, &meridians, &parallels);

    let faces = mesh.faces();
    let mut labels: Vec<Tag> = (0..faces.len() as Tag).collect();
    let small = width * height * 0.5;
    let is_scrap = |face: usize| faces[face].doubled_area < small;
    mesh.give_away(&faces, &mut labels, &|face, _| is_scrap(face), &|_, taker| !is_scrap(taker));
    let mut order: Vec<(usize, usize, usize)> = Vec::new();
    for (number, face) in faces.iter().enumerate() {
        let ring = mesh.ring(face);
        let mean = ring.iter().fold(pt(0.0, 0.0), |sum, p| sum.plus(*p)).times(1.0 / ring.len() as f64);
        let row = parallels.iter().filter(|&&y| y > mean.y).count();
        let column = meridians.iter().filter(|&&x| x < mean.x).count();
        order.push((row, column, number));
    }
    order.sort_unstable();
    let regions = mesh.regions(&faces, &labels, faces.len());
    let mut drafts = Vec::new();
    for (_, _, number) in order {
        if regions[number].is_empty() {
            continue;
        }
        let closed = |ring: &Vec<usize>| -> LineString<f64> {
            ring.iter().chain(ring.first()).map(|&node| mesh.nodes[node].degrees()).collect()
        };
        let polygons = regions[number].iter().map(|rings| rings.iter().map(closed).collect()).collect();
        let geometry = area_geometry(polygons)?;
        let place = drafts.len() + 1;
        let area = area_m2(&geometry);
        drafts.push(draft(
            "unit-grid",
            geometry,
            Some(village.code),
            [
                ("code", format!("{}{place:03}", village.code).into()),
                ("name", format!("{}第{place}网格", village.name).into()),
                ("area_m2", whole(area)),
            ],
        )?);
    }
    Ok(drafts)
}

/// The village's rings and the lines across it as one mesh.
fn lines(rings: &[Vec<Pt>], meridians: &[f64], parallels: &[f64]) -> Mesh {
    let mut mesh = Mesh::default();
    let corners: Vec<Vec<usize>> = rings.iter().map(|ring| ring.iter().map(|&at| mesh.node(at)).collect()).collect();
    let mut cuts: Cuts = rings.iter().map(|ring| vec![Vec::new(); ring.len()]).collect();
    let mut crosses: Vec<Vec<Option<usize>>> = vec![vec![None; parallels.len()]; meridians.len()];
    for (column, &x) in meridians.iter().enumerate() {
        for (row, &y) in parallels.iter().enumerate() {
            if inside(rings, pt(x, y)) {
                crosses[column][row] = Some(mesh.node(pt(x, y)));
            }
        }
    }
    for (column, &x) in meridians.iter().enumerate() {
        let stops: Vec<usize> = crosses[column].iter().flatten().copied().collect();
        across(&mut mesh, rings, &mut cuts, stops, |at| (at.x - x, at.y), |y| pt(x, y));
    }
    for (row, &y) in parallels.iter().enumerate() {
        let stops: Vec<usize> = crosses.iter().filter_map(|column| column[row]).collect();
        across(&mut mesh, rings, &mut cuts, stops, |at| (at.y - y, at.x), |x| pt(x, y));
    }
    for (ring, cuts) in corners.iter().zip(&mut cuts) {
        for (place, cuts) in cuts.iter_mut().enumerate() {
            cuts.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut from = ring[place];
            for node in cuts.iter().map(|cut| cut.1).chain([ring[(place + 1) % ring.len()]]) {
                mesh.edge(from, node, UNKNOWN, UNKNOWN);
                from = node;
            }
        }
    }
    mesh
}

/// Lays one line across the rings: `split` gives (signed distance from it, position along it).
fn across(
    mesh: &mut Mesh,
    rings: &[Vec<Pt>],
    cuts: &mut Cuts,
    stops: Vec<usize>,
    split: impl Fn(Pt) -> (f64, f64),
    at: impl Fn(f64) -> Pt,
) {
    let mut along: Vec<(f64, usize)> = stops.into_iter().map(|node| (split(mesh.nodes[node]).1, node)).collect();
    for (number, ring) in rings.iter().enumerate() {
        for (place, &from) in ring.iter().enumerate() {
            let to = ring[(place + 1) % ring.len()];
            let ((a, from_along), (b, to_along)) = (split(from), split(to));
            if (a > 0.0) != (b > 0.0) {
                let share = a / (a - b);
                let position = from_along + (to_along - from_along) * share;
                let node = mesh.node(at(position));
                cuts[number][place].push((share, node));
                along.push((position, node));
            }
        }
    }
    along.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in along.windows(2) {
        if inside(rings, at(f64::midpoint(pair[0].0, pair[1].0))) {
            mesh.edge(pair[0].1, pair[1].1, UNKNOWN, UNKNOWN);
        }
    }
}
