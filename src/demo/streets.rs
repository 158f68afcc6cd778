//! Where a town's streets run: a lattice about its seat, with names.

use super::dice::Dice;
use super::divisions::Township;
use super::names;
use super::plane::{Frame, Pt};

/// Where the gates of a town are, as a share of how far it reaches.
pub(super) const GATE: f64 = 0.86;

/// One line of the lattice.
pub(super) struct Line {
    /// Its distance from the seat across its direction, metres; the main street has 0.
    pub(super) offset: f64,
    stem: &'static str,
    pub(super) class: &'static str,
    /// Its number among the town's streets, for codes.
    pub(super) number: u32,
}

/// The streets of a town: `rows` run along the frame (mostly east), `columns` across it.
pub(super) struct Lattice {
    pub(super) frame: Frame,
    pub(super) rows: Vec<Line>,
    pub(super) columns: Vec<Line>,
    /// How far from the seat its gates are: the ends of the main streets, metres.
    pub(super) gate_m: f64,
    /// How far streets reach from the seat, metres.
    pub(super) reach: f64,
}

impl Lattice {
    pub(super) fn new(seed: u64, township: &Township) -> Self {
        let mut dice = Dice::new(seed, "streets", township.code.number());
        let stems = names::street_stems(&mut dice);
        let reach = township.town_m * 1.25;
        let mut number = 0;
        let mut lines = |deep: f64, shallow: f64, dice: &mut Dice| {
            let mut offsets = vec![0.0];
            for side in [1.0, -1.0] {
                let mut offset = 0.0;
                while offset < reach {
                    offset += dice.between(shallow, deep);
                    offsets.push(offset * side);
                }
            }
            offsets.sort_by(f64::total_cmp);
            let middle = offsets.iter().position(|&offset| offset == 0.0).unwrap_or(0);
            let line = |(place, offset): (usize, f64)| {
                number += 1;
                let class = match place.abs_diff(middle) {
                    0 => "secondary",
                    n if n % 3 == 0 => "tertiary",
                    _ => "residential",
                };
                Line { offset, stem: stems[number as usize % stems.len()], class, number }
            };
            offsets.into_iter().enumerate().map(line).collect::<Vec<Line>>()
        };
        let rows = lines(215.0, 135.0, &mut dice);
        let columns = lines(280.0, 180.0, &mut dice);
        Self { frame: township.streets, rows, columns, gate_m: township.town_m * GATE, reach }
    }

    /// The street's name where it is `at` metres along: long streets have a middle and two ends.
    pub(super) fn name(&self, line: &Line, is_row: bool, at: f64) -> String {
        let word = match line.class {
            "secondary" => "大道",
            "tertiary" => "路",
            _ if line.number.is_multiple_of(2) => "路",
            _ => "街",
        };
        let part = match (is_row, self.section(at)) {
            _ if line.class == "residential" || self.reach < 1500.0 => "",
            (_, 1) => "中",
            (true, 0) => "西",
            (true, _) => "东",
            (false, 0) => "南",
            (false, _) => "北",
        };
        // After the stems are used up once, the numbered repeats keep names apart within the town.
        let round = line.number as usize / 40;
        let order = if round == 0 { String::new() } else { names::numeral(round + 1) };
        format!("{}{order}{part}{word}", line.stem)
    }

    /// Which third of a long street: 0 start, 1 middle, 2 end.
    fn section(&self, at: f64) -> usize {
        if self.reach < 1500.0 || at < -self.reach / 3.0 { 0 } else { 1 + usize::from(at > self.reach / 3.0) }
    }

    /// Where the numbers of a street start, metres along, for the section that holds `at`.
    pub(super) fn start_of_numbers(&self, line: &Line, at: f64) -> f64 {
        if line.class == "residential" || self.reach < 1500.0 {
            return -self.reach;
        }
        [-self.reach, -self.reach / 3.0, self.reach / 3.0][self.section(at)]
    }

    /// The way along streets from a position in the town to its seat.
    pub(super) fn way_to_seat(&self, from: Pt) -> Vec<Pt> {
        let (along, across) = self.frame.of(from);
        let nearest = |best: f64, line: &Line| {
            if (line.offset - across).abs() < (best - across).abs() { line.offset } else { best }
        };
        let row = self.rows.iter().fold(0.0, nearest);
        let mut way = vec![from, self.frame.at(along, row), self.frame.at(0.0, row), self.frame.at(0.0, 0.0)];
        way.dedup_by(|a, b| a.to(*b) < 0.5);
        if way.len() < 2 {
            way.push(self.frame.at(0.0, 0.0));
        }
        way
    }
}

/// Whether a position lies in the built-up town, whose edge is uneven.
pub(super) fn in_town(township: &Township, at: Pt) -> bool {
    let from = at.minus(township.seat);
    let far = from.length();
    let heading = from.direction();
    let (c, s) = (heading.x, heading.y);
    let shift = (township.code.number() % 7) as f64 / 7.0;
    let lobes =
        0.13 * (c * c - s * s) + 0.11 * (4.0 * c * c * c - 3.0 * c) + 0.09 * (2.0 * c * s) * (1.0 - 2.0 * shift);
    far < township.town_m * (0.95 + lobes)
}
