//! What ground of a village is taken: a raster of five-metre squares.
//!
//! Houses, streets and ponds ask it for free ground and mark what they take; so nothing stands in the
//! water, on a road, in another house or outside the village.

use super::plane::{Pt, distance_to_line, extent, pt};

/// Side of a square, metres.
const SQUARE_M: f64 = 5.0;
/// Squares this near the village's border count as outside.
const MARGIN: usize = 2;

/// Not in the village, or too near its border.
pub(super) const OUTSIDE: u8 = 1;
/// Water.
pub(super) const WATER: u8 = 2;
/// A road.
pub(super) const ROAD: u8 = 4;
/// A building, a yard or a compound.
pub(super) const BUILT: u8 = 8;
/// Anything.
pub(super) const ANY: u8 = 0xff;

pub(super) struct Raster {
    west: f64,
    south: f64,
    columns: usize,
    rows: usize,
    squares: Vec<u8>,
}

impl Raster {
    /// The ground within rings, all free.
    pub(super) fn new(rings: &[Vec<Pt>]) -> Self {
        let [west, south, east, north] = extent(rings.iter().flatten());
        let columns = ((east - west) / SQUARE_M) as usize + 1;
        let rows = ((north - south) / SQUARE_M) as usize + 1;
        let mut raster = Self { west, south, columns, rows, squares: vec![OUTSIDE; columns * rows] };
        raster.fill(rings, 0, false);
        raster.shrink();
        raster
    }

    /// Sets (`add` false) or adds flags on the squares whose centre lies in the rings.
    fn fill(&mut self, rings: &[Vec<Pt>], flag: u8, add: bool) {
        let mut spans: Vec<f64> = Vec::new();
        for row in 0..self.rows {
            let y = self.south + (row as f64 + 0.5) * SQUARE_M;
            spans.clear();
            for ring in rings {
                let mut from = ring[ring.len() - 1];
                for &to in ring {
                    if (from.y > y) != (to.y > y) {
                        spans.push((to.x - from.x) * (y - from.y) / (to.y - from.y) + from.x);
                    }
                    from = to;
                }
            }
            spans.sort_by(f64::total_cmp);
            for pair in spans.chunks_exact(2) {
                let start = ((pair[0] - self.west) / SQUARE_M + 0.5).max(0.0) as usize;
                let stop = (((pair[1] - self.west) / SQUARE_M + 0.5).max(0.0) as usize).min(self.columns);
                for square in &mut self.squares[row * self.columns + start.min(stop)..row * self.columns + stop] {
                    *square = if add { *square | flag } else { flag };
                }
            }
        }
    }

    /// Takes a margin off the free ground.
    fn shrink(&mut self) {
        for (step, count, line) in [(1, self.columns, self.columns), (self.columns, self.rows, 1)] {
            let lines = self.squares.len() / count;
            for number in 0..lines {
                let first = number * line;
                let whole: Vec<u8> = (0..count).map(|place| self.squares[first + place * step]).collect();
                for place in 0..count {
                    let near = &whole[place.saturating_sub(MARGIN)..(place + MARGIN + 1).min(count)];
                    let at_edge = place < MARGIN || place + MARGIN >= count;
                    if at_edge || near.iter().any(|&square| square & OUTSIDE != 0) {
                        self.squares[first + place * step] |= OUTSIDE;
                    }
                }
            }
        }
    }

    fn square(&self, at: Pt) -> Option<usize> {
        let (column, row) = ((at.x - self.west) / SQUARE_M, (at.y - self.south) / SQUARE_M);
        let within = column >= 0.0 && row >= 0.0 && column < self.columns as f64 && row < self.rows as f64;
        within.then(|| row as usize * self.columns + column as usize)
    }

    /// Whether none of `flags` is set at a position.
    pub(super) fn is_free(&self, at: Pt, flags: u8) -> bool {
        self.square(at).is_some_and(|square| self.squares[square] & flags == 0)
    }

    pub(super) fn is(&self, at: Pt, flags: u8) -> bool {
        self.square(at).is_some_and(|square| self.squares[square] & flags != 0)
    }

    /// Marks an area given by rings.
    pub(super) fn mark_area(&mut self, rings: &[Vec<Pt>], flag: u8) {
        let [west, south, east, north] = extent(rings.iter().flatten());
        let (right, top) = (self.columns as f64 * SQUARE_M + self.west, self.rows as f64 * SQUARE_M + self.south);
        if west < right && east > self.west && south < top && north > self.south {
            self.fill(rings, flag, true);
        }
    }

    /// Marks what lies within `reach` metres of a line.
    pub(super) fn mark_line(&mut self, line: &[Pt], reach: f64, flag: u8) {
        for pair in line.windows(2) {
            let [west, south, east, north] = extent(pair);
            let column = |x: f64| (((x - self.west) / SQUARE_M).max(0.0) as usize).min(self.columns);
            let row = |y: f64| (((y - self.south) / SQUARE_M).max(0.0) as usize).min(self.rows);
            let (first, last) = (column(west - reach), column(east + reach + SQUARE_M));
            for y in row(south - reach)..row(north + reach + SQUARE_M) {
                for x in first..last {
                    let centre = pt(self.west + (x as f64 + 0.5) * SQUARE_M, self.south + (y as f64 + 0.5) * SQUARE_M);
                    if distance_to_line(centre, pair) <= reach + SQUARE_M / 2.0 {
                        self.squares[y * self.columns + x] |= flag;
                    }
                }
            }
        }
    }

    /// Whether a rectangle, given by its corners in order, is free of `flags`.
    pub(super) fn is_free_block(&self, corners: &[Pt], flags: u8) -> bool {
        block(corners).all(|at| self.is_free(at, flags))
    }

    /// Marks a rectangle.
    pub(super) fn mark_block(&mut self, corners: &[Pt], flag: u8) {
        for at in block(corners) {
            if let Some(square) = self.square(at) {
                self.squares[square] |= flag;
            }
        }
    }
}

/// Positions all over a rectangle, no farther apart than a square.
fn block(corners: &[Pt]) -> impl Iterator<Item = Pt> {
    let (origin, along, across) = (corners[0], corners[1].minus(corners[0]), corners[3].minus(corners[0]));
    let steps = |side: Pt| (side.length() / (SQUARE_M * 0.8)).ceil().max(1.0) as usize;
    let (columns, rows) = (steps(along), steps(across));
    (0..=rows).flat_map(move |row| {
        (0..=columns).map(move |column| {
            origin.plus(along.times(column as f64 / columns as f64)).plus(across.times(row as f64 / rows as f64))
        })
    })
}
