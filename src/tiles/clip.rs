//! Cutting lines and rings at the edge of a tile, in tile units.

/// A position in tile units, x east and y south of the tile's north-west corner.
pub(super) type Xy = (i32, i32);

/// The square that geometry is cut to: the tile and a margin around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) min: i32,
    pub(super) max: i32,
}

impl Window {
    const fn has(self, at: Xy) -> bool {
        at.0 >= self.min && at.0 <= self.max && at.1 >= self.min && at.1 <= self.max
    }

    /// Whether all positions are in the window, so that nothing needs cutting.
    pub(super) fn has_all(self, path: &[Xy]) -> bool {
        path.iter().all(|&at| self.has(at))
    }
}

/// One edge of the window.
#[derive(Debug, Clone, Copy)]
enum Edge {
    West(i32),
    East(i32),
    North(i32),
    South(i32),
}

impl Edge {
    const fn inside(self, at: Xy) -> bool {
        match self {
            Self::West(x) => at.0 >= x,
            Self::East(x) => at.0 <= x,
            Self::North(y) => at.1 >= y,
            Self::South(y) => at.1 <= y,
        }
    }

    /// Where the segment crosses the edge; it must cross it.
    fn crossing(self, a: Xy, b: Xy) -> Xy {
        let along = |at: i32, a0: i32, b0: i32, a1: i32, b1: i32| {
            let part = f64::from(at - a0) / f64::from(b0 - a0);
            (f64::from(a1) + part * f64::from(b1 - a1)).round() as i32
        };
        // Both neighbours of a shared border walk it in opposite directions: cut in one direction.
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        match self {
            Self::West(x) | Self::East(x) => (x, along(x, a.0, b.0, a.1, b.1)),
            Self::North(y) | Self::South(y) => (along(y, a.1, b.1, a.0, b.0), y),
        }
    }
}

const fn edges(window: Window) -> [Edge; 4] {
    [Edge::West(window.min), Edge::East(window.max), Edge::North(window.min), Edge::South(window.max)]
}

/// Cuts a ring (without its closing position) to the window, by Sutherland and Hodgman (1974,
/// "Reentrant polygon clipping").
pub(super) fn clip_ring(ring: Vec<Xy>, window: Window) -> Vec<Xy> {
    if window.has_all(&ring) {
        return ring;
    }
    edges(window).into_iter().fold(ring, |ring, edge| {
        let mut kept = Vec::with_capacity(ring.len() + 4);
        for (i, &at) in ring.iter().enumerate() {
            let before = ring[(i + ring.len() - 1) % ring.len()];
            if edge.inside(at) != edge.inside(before) {
                kept.push(edge.crossing(before, at));
            }
            if edge.inside(at) {
                kept.push(at);
            }
        }
        kept
    })
}

/// Cuts a line to the window; it may fall into several.
pub(super) fn clip_line(line: Vec<Xy>, window: Window) -> Vec<Vec<Xy>> {
    if window.has_all(&line) {
        return vec![line];
    }
    edges(window)
        .into_iter()
        .fold(vec![line], |lines, edge| lines.into_iter().flat_map(|line| clip_line_at(&line, edge)).collect())
}

fn clip_line_at(line: &[Xy], edge: Edge) -> Vec<Vec<Xy>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Xy> = Vec::new();
    for (i, &at) in line.iter().enumerate() {
        if i > 0 && edge.inside(at) != edge.inside(line[i - 1]) {
            piece.push(edge.crossing(line[i - 1], at));
            if !edge.inside(at) {
                pieces.push(std::mem::take(&mut piece));
            }
        }
        if edge.inside(at) {
            piece.push(at);
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.len() >= 2);
    pieces
}

/// Twice the signed area of a ring, positive when it runs clockwise on the screen.
pub(super) fn double_area(ring: &[Xy]) -> i64 {
    let n = ring.len();
    (0..n)
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % n]);
            i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Window = Window { min: -64, max: 4160 };

    proptest! {
        #[test]
        fn nothing_is_left_outside_the_window(points in prop::collection::vec((-9000_i32..9000, -9000_i32..9000), 3..40)) {
            prop_assert!(WINDOW.has_all(&clip_ring(points.clone(), WINDOW)));
            for piece in clip_line(points, WINDOW) {
                prop_assert!(WINDOW.has_all(&piece));
            }
        }

        #[test]
        fn a_box_keeps_the_area_it_shares_with_the_window(a in (-9000_i32..9000, -9000_i32..9000), b in (-9000_i32..9000, -9000_i32..9000)) {
            let (west, east, north, south) = (a.0.min(b.0), a.0.max(b.0), a.1.min(b.1), a.1.max(b.1));
            let ring = vec![(west, north), (east, north), (east, south), (west, south)];
            let side = |from: i32, to: i32| i64::from((to.min(WINDOW.max) - from.max(WINDOW.min)).max(0));
            prop_assert_eq!(double_area(&clip_ring(ring, WINDOW)), 2 * side(west, east) * side(north, south));
        }
    }
}
