//! Roads that join places: motorways, trunk and county roads, and the roads from village to village.
//!
//! They form a graph whose nodes are seats, the gates of towns and the centres of villages; network
//! links run along it. Where a road crosses water, the crossing is a bridge.

use std::collections::BTreeSet;

use crate::domain::{DivisionCode, Draft};

use super::DemoError;
use super::dice::Dice;
use super::divisions::Divisions;
use super::draft::{draft, tenths, whole};
use super::names::stem;
use super::plane::{Frame, Pt, bent, crossings, extent, line_geometry, line_length, parts_inside, pt};
use super::streets::{GATE, Lattice, in_town};
use super::water::Body;

/// A road between two nodes of the graph.
pub(super) struct Road {
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) line: Vec<Pt>,
    /// Its ends in the graph; none for what only passes through.
    ends: Option<[usize; 2]>,
    /// Whether it stands on the map by itself; streets of a town are drawn by the town.
    drawn: bool,
}

/// The road graph.
pub(super) struct Roads {
    pub(super) all: Vec<Road>,
    nodes: Vec<Pt>,
    /// Node of each township's seat and of each village's centre.
    pub(super) seats: Vec<usize>,
    pub(super) centres: Vec<usize>,
}

/// Class, width in metres.
pub(super) const fn width_m(class: &str) -> f64 {
    match class.as_bytes() {
        b"motorway" => 27.0,
        b"trunk" => 22.0,
        b"primary" => 18.0,
        b"secondary" => 14.0,
        b"tertiary" => 7.0,
        b"residential" => 6.0,
        _ => 4.0,
    }
}

impl Roads {
    pub(super) fn new(seed: u64, divisions: &Divisions, lattices: &[Lattice]) -> Self {
        let mut roads = Self { all: Vec::new(), nodes: Vec::new(), seats: Vec::new(), centres: Vec::new() };
        let mut dice = Dice::new(seed, "main roads", 0);
        let gates = roads.towns(divisions);
        roads.between_towns(divisions, &gates, &mut dice);
        for (number, township) in divisions.townships.iter().enumerate() {
            let mut dice = Dice::new(seed, "village roads", township.code.number());
            roads.reach_villages(divisions, number, &lattices[number], &gates[number], &mut dice);
        }
        roads.passing(divisions, &mut dice);
        roads
    }

    fn node(&mut self, at: Pt) -> usize {
        self.nodes.push(at);
        self.nodes.len() - 1
    }

    fn join(&mut self, ends: [usize; 2], name: String, class: &'static str, line: Vec<Pt>, drawn: bool) {
        self.all.push(Road { name, class, line, ends: Some(ends), drawn });
    }

    /// Seats and gates: the four ends of a town's two main streets.
    fn towns(&mut self, divisions: &Divisions) -> Vec<[usize; 4]> {
        let mut gates = Vec::new();
        for township in &divisions.townships {
            let seat = self.node(township.seat);
            self.seats.push(seat);
            let r = township.town_m * GATE;
            let own = [(r, 0.0), (0.0, r), (-r, 0.0), (0.0, -r)].map(|(along, across)| {
                let at = township.streets.at(along, across);
                let gate = self.node(at);
                self.join([seat, gate], String::new(), "secondary", vec![township.seat, at], false);
                gate
            });
            gates.push(own);
        }
        gates
    }

    fn nearest_gate(&self, gates: &[usize; 4], to: Pt) -> usize {
        *gates.iter().min_by(|a, b| self.nodes[**a].to(to).total_cmp(&self.nodes[**b].to(to))).unwrap_or(&gates[0])
    }

    /// County roads: two towns are joined when no third is nearer to both.
    fn between_towns(&mut self, divisions: &Divisions, gates: &[[usize; 4]], dice: &mut Dice) {
        let towns = &divisions.townships;
        let mut number = 0;
        for (a, from) in towns.iter().enumerate() {
            for (b, to) in towns.iter().enumerate().skip(a + 1) {
                let apart = from.seat.to(to.seat);
                let between = |third: &super::divisions::Township| {
                    third.seat.to(from.seat) < apart * 0.97 && third.seat.to(to.seat) < apart * 0.97
                };
                if towns.iter().any(between) {
                    continue;
                }
                number += 1;
                let class = if from.code.number() < 429005008 && to.code.number() < 429005110 {
                    "primary"
                } else {
                    "secondary"
                };
                let ends = [self.nearest_gate(&gates[a], to.seat), self.nearest_gate(&gates[b], from.seat)];
                let line = bent(self.nodes[ends[0]], self.nodes[ends[1]], 0.07, 700.0, dice);
                let head = |name: &str| stem(name).chars().next().unwrap_or('潜');
                let name = format!("X{number:03} {}{}线", head(&from.name), head(&to.name));
                self.join(ends, name, class, line, true);
            }
        }
    }

    /// Village roads of a township: those outside the town as a tree that grows from its gates,
    /// those inside along its streets.
    fn reach_villages(
        &mut self,
        divisions: &Divisions,
        number: usize,
        lattice: &Lattice,
        gates: &[usize; 4],
        dice: &mut Dice,
    ) {
        let township = &divisions.townships[number];
        let mut reached: Vec<usize> = gates.to_vec();
        let mut waiting = Vec::new();
        for village in township.villages.clone() {
            let node = self.node(divisions.villages[village].centre);
            self.centres.push(node);
            if in_town(township, self.nodes[node]) {
                let line = lattice.way_to_seat(self.nodes[node]);
                self.join([node, self.seats[number]], String::new(), "residential", line, false);
            } else {
                waiting.push((village, node));
            }
        }
        while !waiting.is_empty() {
            let mut best = (f64::MAX, 0, 0);
            for (place, &(_, node)) in waiting.iter().enumerate() {
                for &from in &reached {
                    let apart = self.nodes[node].to(self.nodes[from]);
                    if apart < best.0 {
                        best = (apart, place, from);
                    }
                }
            }
            let (village, node) = waiting.swap_remove(best.1);
            let line = bent(self.nodes[best.2], self.nodes[node], 0.08, 400.0, dice);
            let name = format!("{}通村公路", stem(&divisions.villages[village].name));
            self.join([best.2, node], name, "tertiary", line, true);
            reached.push(node);
        }
    }

    /// What passes through the city: two motorways and a trunk road.
    fn passing(&mut self, divisions: &Divisions, dice: &mut Dice) {
        let city = divisions.city_rings();
        let core = &divisions.townships[0];
        let frame = Frame::new(core.seat, -4.0);
        let reach = 80_000.0;
        let south = core.town_m;
        for (name, class, from, to) in [
            ("G50 沪渝高速", "motorway", frame.at(-reach, -south - 3900.0), frame.at(reach, -south - 2900.0)),
            ("G4W3 枣潜高速", "motorway", frame.at(-17_500.0, reach), frame.at(-15_000.0, -reach)),
            ("G318", "trunk", frame.at(-reach, -south - 900.0), frame.at(reach, -south - 500.0)),
        ] {
            let line = bent(from, to, 0.025, 1500.0, dice);
            for line in within(&line, &city) {
                self.all.push(Road { name: name.to_owned(), class, line, ends: None, drawn: true });
            }
        }
    }

    /// The way between two nodes along the graph: the line to draw, if they are joined.
    pub(super) fn way(&self, from: usize, to: usize) -> Option<Vec<Pt>> {
        let mut joined: Vec<Vec<(usize, usize, f64)>> = vec![Vec::new(); self.nodes.len()];
        for (number, road) in self.all.iter().enumerate() {
            if let Some([a, b]) = road.ends {
                let length = line_length(&road.line);
                joined[a].push((b, number, length));
                joined[b].push((a, number, length));
            }
        }
        let mut best: Vec<(f64, usize, usize)> = vec![(f64::MAX, 0, 0); self.nodes.len()];
        // Lengths in millimetres order the queue, so that it needs no ordering of floats.
        let mut queue: BTreeSet<(u64, usize)> = BTreeSet::new();
        best[from].0 = 0.0;
        queue.insert((0, from));
        while let Some((_, node)) = queue.pop_first() {
            if node == to {
                break;
            }
            for &(next, road, length) in &joined[node] {
                let total = best[node].0 + length;
                if total < best[next].0 {
                    best[next] = (total, node, road);
                    queue.insert(((total * 1000.0) as u64, next));
                }
            }
        }
        if best[to].0 == f64::MAX {
            return None;
        }
        let mut line = vec![self.nodes[to]];
        let mut node = to;
        while node != from {
            let (_, before, road) = best[node];
            let course = &self.all[road].line;
            let starts_here = self.all[road].ends.is_some_and(|ends| ends[0] == node);
            if starts_here {
                line.extend(course.iter().skip(1));
            } else {
                line.extend(course.iter().rev().skip(1));
            }
            node = before;
        }
        line.reverse();
        line.dedup();
        Some(line)
    }

    /// Roads that stand on the map by themselves, cut into roads and bridges.
    pub(super) fn drafts(&self, divisions: &Divisions, water: &[Body]) -> Result<Vec<Draft>, DemoError> {
        let mut drafts = Vec::new();
        for road in self.all.iter().filter(|road| road.drawn) {
            for (line, bridge) in over_water(&road.line, water) {
                let length = line_length(&line);
                let wide = matches!(road.class, "motorway" | "trunk" | "primary" | "secondary");
                if length < 1.0 || (bridge && !wide && length > 700.0) {
                    continue;
                }
                let code = format!("R429005{:06}", drafts.len() + 1);
                let village = line_geometry(&line).map(|geometry| divisions.holder(&geometry))?;
                drafts.push(road_draft(&code, &road.name, road.class, bridge, &line, village)?);
            }
        }
        Ok(drafts)
    }

    /// Roads that come near a box, with their widths.
    pub(super) fn near(&self, [west, south, east, north]: [f64; 4]) -> impl Iterator<Item = &Road> {
        self.all.iter().filter(move |road| {
            let [w, s, e, n] = extent(&road.line);
            road.drawn && w <= east && e >= west && s <= north && n >= south
        })
    }
}

/// A road as a draft.
pub(super) fn road_draft(
    code: &str,
    name: &str,
    class: &'static str,
    bridge: bool,
    line: &[Pt],
    village: Option<DivisionCode>,
) -> Result<Draft, DemoError> {
    let name = if bridge { format!("{name}桥") } else { name.to_owned() };
    draft(
        "road",
        line_geometry(line)?,
        village,
        [
            ("code", code.into()),
            ("name", name.into()),
            ("class", class.into()),
            ("bridge", bridge.into()),
            ("width_m", tenths(width_m(class))),
            ("length_m", whole(line_length(line))),
        ],
    )
}

/// The parts of a line within rings.
pub(super) fn within(line: &[Pt], rings: &[Vec<Pt>]) -> Vec<Vec<Pt>> {
    let mut parts: Vec<Vec<Pt>> = Vec::new();
    let mut open: Option<Vec<Pt>> = None;
    for pair in line.windows(2) {
        let inner = parts_inside(pair[0], pair[1], rings);
        for (start, stop) in inner {
            let mut part = match open.take() {
                Some(part) if start == 0.0 => part,
                other => {
                    parts.extend(other);
                    vec![pair[0].towards(pair[1], start)]
                }
            };
            part.push(pair[0].towards(pair[1], stop));
            if stop < 1.0 {
                parts.push(part);
            } else {
                open = Some(part);
            }
        }
    }
    parts.extend(open);
    parts
}

/// A line cut where it enters and leaves water: each part, and whether it is a bridge.
pub(super) fn over_water(line: &[Pt], water: &[Body]) -> Vec<(Vec<Pt>, bool)> {
    /// A bridge reaches this far onto either bank, metres.
    const BANK_M: f64 = 12.0;
    let mut wet: Vec<(f64, f64)> = Vec::new();
    let mut passed = 0.0;
    for pair in line.windows(2) {
        let [west, south, east, north] = extent(pair);
        let length = pair[0].to(pair[1]);
        for body in water.iter().filter(|body| body.is_near([west, south, east, north])) {
            let rings: Vec<Vec<Pt>> = body.polygons.iter().flatten().cloned().collect();
            let mut shares = vec![0.0];
            shares.extend(crossings(pair[0], pair[1], &rings));
            shares.push(1.0);
            for ends in shares.windows(2) {
                if ends[1] > ends[0] && body.holds(pair[0].towards(pair[1], f64::midpoint(ends[0], ends[1]))) {
                    wet.push((passed + ends[0] * length - BANK_M, passed + ends[1] * length + BANK_M));
                }
            }
        }
        passed += length;
    }
    wet.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for (start, stop) in wet {
        let (start, stop) = (start.max(0.0), stop.min(passed));
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(stop),
            _ => merged.push((start, stop)),
        }
    }
    let mut parts = Vec::new();
    let mut at = 0.0;
    for (start, stop) in merged {
        if start > at {
            parts.push((stretch(line, at, start), false));
        }
        parts.push((stretch(line, start, stop), true));
        at = stop;
    }
    if at < passed {
        parts.push((stretch(line, at, passed), false));
    }
    parts
}

/// The stretch of a line between two distances from its start, metres.
pub(super) fn stretch(line: &[Pt], start: f64, stop: f64) -> Vec<Pt> {
    let mut part: Vec<Pt> = Vec::new();
    let mut passed = 0.0;
    for pair in line.windows(2) {
        let length = pair[0].to(pair[1]);
        let (a, b) = ((start - passed) / length, (stop - passed) / length);
        if length > 0.0 && a < 1.0 && b > 0.0 {
            if part.is_empty() {
                part.push(pair[0].towards(pair[1], a.max(0.0)));
            }
            part.push(pair[0].towards(pair[1], b.min(1.0)));
        }
        passed += length;
    }
    if part.len() < 2 { vec![part.first().copied().unwrap_or(pt(0.0, 0.0)); 2] } else { part }
}
