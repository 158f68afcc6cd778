//! Which site is nearest: the borders between the cells of sites, gently irregular.
//!
//! Each border is made once for the pair of sites that it parts, so both sides have it alike, and
//! three borders that meet do so at one position computed from their three sites in a fixed order.

use super::dice::Dice;
use super::plane::{Pt, pt};

/// A border between two cells.
pub(super) struct Border {
    /// The two sites; the first lies left of the line.
    pub(super) sites: [usize; 2],
    /// Its course.
    pub(super) line: Vec<Pt>,
    /// The three sites that meet at its start and at its end; none where it leaves the box.
    pub(super) ends: [Option<[usize; 3]>; 2],
}

/// Beyond the last site: the edges of the box.
const BOX: usize = usize::MAX;
/// Pieces of a border are at most this long, metres.
const PIECE_M: f64 = 160.0;

/// All borders between the cells of `sites` within a box (west, south, east, north, metres).
pub(super) fn borders(sites: &[Pt], extent: [f64; 4], dice: &mut Dice) -> Vec<Border> {
    let mut borders = Vec::new();
    for first in 0..sites.len() {
        let cell = cell(sites, first, extent);
        for (place, &(_, second)) in cell.iter().enumerate() {
            if second == BOX || second < first {
                continue;
            }
            let before = cell[(place + cell.len() - 1) % cell.len()].1;
            let after = cell[(place + 1) % cell.len()].1;
            let start = end(sites, [first, second, before], cell[place].0);
            let stop = end(sites, [first, second, after], cell[(place + 1) % cell.len()].0);
            if start.0 != stop.0 {
                let line = wander(start.0, stop.0, sites[first], dice);
                borders.push(Border { sites: [first, second], line, ends: [start.1, stop.1] });
            }
        }
    }
    borders
}

/// The convex cell of a site: each corner with the site (or the box) across the edge after it,
/// counter-clockwise.
fn cell(sites: &[Pt], own: usize, [west, south, east, north]: [f64; 4]) -> Vec<(Pt, usize)> {
    let mut cell = vec![(pt(west, south), BOX), (pt(east, south), BOX), (pt(east, north), BOX), (pt(west, north), BOX)];
    for (other, &site) in sites.iter().enumerate() {
        if other == own {
            continue;
        }
        let middle = sites[own].towards(site, 0.5);
        let away = site.minus(sites[own]);
        let beyond = |at: Pt| at.minus(middle).dot(away);
        let mut kept = Vec::with_capacity(cell.len() + 1);
        for (place, &(from, across)) in cell.iter().enumerate() {
            let to = cell[(place + 1) % cell.len()].0;
            let (a, b) = (beyond(from), beyond(to));
            if a <= 0.0 {
                kept.push((from, across));
                if b > 0.0 {
                    kept.push((from.towards(to, a / (a - b)), other));
                }
            } else if b <= 0.0 {
                kept.push((from.towards(to, a / (a - b)), across));
            }
        }
        cell = kept;
    }
    cell
}

/// A border's end: where three sites are equally far, computed from them in order of number.
fn end(sites: &[Pt], mut meeting: [usize; 3], found: Pt) -> (Pt, Option<[usize; 3]>) {
    meeting.sort_unstable();
    if meeting[2] == BOX {
        return (found, None);
    }
    let [a, b, c] = meeting.map(|site| sites[site]);
    let (ab, ac) = (b.minus(a), c.minus(a));
    let doubled = 2.0 * ab.cross(ac);
    let (bb, cc) = (ab.dot(ab), ac.dot(ac));
    let centre = pt((ac.y * bb - ab.y * cc) / doubled, (ab.x * cc - ac.x * bb) / doubled).plus(a);
    (centre, Some(meeting))
}

/// A line from start to stop that wanders, yet stays within the triangle that `site` spans with
/// them (and its mirror image): so the lines of different pairs never cross.
fn wander(start: Pt, stop: Pt, site: Pt, dice: &mut Dice) -> Vec<Pt> {
    let length = start.to(stop);
    let axis = stop.minus(start).direction();
    let from = site.minus(start);
    let (foot, height) = (from.dot(axis), from.cross(axis).abs());
    // (share along the border, metres aside)
    let mut course = vec![(0.0, 0.0), (length, 0.0)];
    let mut reach = length;
    while reach > PIECE_M && course.len() < 200 {
        let mut finer = vec![course[0]];
        for pair in course.windows(2) {
            let along = pair[0].0 + (pair[1].0 - pair[0].0) * dice.between(0.4, 0.6);
            let mut room = f64::MAX;
            if foot > 0.0 {
                room = room.min(height * along / foot);
            }
            if foot < length {
                room = room.min(height * (length - along) / (length - foot));
            }
            let room = room * 0.45;
            let aside = f64::midpoint(pair[0].1, pair[1].1) + dice.between(-0.16, 0.16) * (pair[1].0 - pair[0].0);
            finer.push((along, aside.clamp(-room, room)));
            finer.push(pair[1]);
        }
        course = finer;
        reach /= 2.0;
    }
    course.iter().map(|&(along, aside)| start.plus(axis.times(along)).plus(axis.left().times(aside))).collect()
}
