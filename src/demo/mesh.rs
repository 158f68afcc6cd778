//! Areas that share their borders exactly: a planar graph of nodes and edges, and its faces.
//!
//! Every border is kept once, with a face on either side, and areas are read off by walking along it.
//! So two neighbours have the same vertices, and no gap or overlap can arise from rounding.

use super::plane::{Pt, doubled_area, inside};

/// What lies beside an edge: the caller's number for an area.
pub(super) type Tag = u32;
/// Nothing is known of that side.
pub(super) const UNKNOWN: Tag = Tag::MAX;

/// Nodes and the edges between them; edges meet only at nodes.
#[derive(Default)]
pub(super) struct Mesh {
    pub(super) nodes: Vec<Pt>,
    /// (from, to) of each edge.
    edges: Vec<[usize; 2]>,
    /// What lies left of each half-edge: half-edge 2e runs along edge e, 2e+1 against it.
    tags: Vec<Tag>,
}

/// A face of the mesh: the half-edges around it, the face to their left.
pub(super) struct Face {
    halves: Vec<usize>,
    /// Twice its area, square metres.
    pub(super) doubled_area: f64,
}

/// An area as node numbers: an exterior ring and its holes, unclosed.
pub(super) type Rings = Vec<Vec<usize>>;

impl Mesh {
    pub(super) fn node(&mut self, at: Pt) -> usize {
        self.nodes.push(at);
        self.nodes.len() - 1
    }

    pub(super) fn edge(&mut self, from: usize, to: usize, left: Tag, right: Tag) {
        self.edges.push([from, to]);
        self.tags.extend([left, right]);
    }

    fn origin(&self, half: usize) -> usize {
        self.edges[half / 2][half % 2]
    }

    fn length(&self, half: usize) -> f64 {
        self.nodes[self.origin(half)].to(self.nodes[self.origin(half ^ 1)])
    }

    /// For each half-edge the one that follows it around the face on its left.
    fn successors(&self) -> Vec<usize> {
        let mut around: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for half in 0..self.tags.len() {
            around[self.origin(half)].push(half);
        }
        let mut next = vec![usize::MAX; self.tags.len()];
        for (node, halves) in around.iter_mut().enumerate() {
            let heading = |half: usize| self.nodes[self.origin(half ^ 1)].minus(self.nodes[node]);
            halves.sort_by(|&a, &b| by_angle(heading(a), heading(b)));
            for (place, &half) in halves.iter().enumerate() {
                let clockwise = halves[(place + halves.len() - 1) % halves.len()];
                next[half ^ 1] = clockwise;
            }
        }
        next
    }

    /// The faces inside; the outside is none.
    pub(super) fn faces(&self) -> Vec<Face> {
        let next = self.successors();
        let mut seen = vec![false; next.len()];
        let mut faces = Vec::new();
        for start in 0..next.len() {
            let mut halves = Vec::new();
            let mut half = start;
            while !seen[half] {
                seen[half] = true;
                halves.push(half);
                half = next[half];
            }
            if halves.len() > 2 {
                let ring: Vec<Pt> = halves.iter().map(|&h| self.nodes[self.origin(h)]).collect();
                let doubled_area = doubled_area(&ring);
                if doubled_area > 0.0 {
                    faces.push(Face { halves, doubled_area });
                }
            }
        }
        faces
    }

    pub(super) fn ring(&self, face: &Face) -> Vec<Pt> {
        face.halves.iter().map(|&half| self.nodes[self.origin(half)]).collect()
    }

    /// The tags known around a face.
    pub(super) fn tags<'a>(&'a self, face: &'a Face) -> impl Iterator<Item = Tag> + 'a {
        face.halves.iter().map(|&half| self.tags[half]).filter(|&tag| tag != UNKNOWN)
    }

    /// The face left of each half-edge.
    fn sides(&self, faces: &[Face]) -> Vec<usize> {
        let mut side = vec![usize::MAX; self.tags.len()];
        for (number, face) in faces.iter().enumerate() {
            for &half in &face.halves {
                side[half] = number;
            }
        }
        side
    }

    /// Gives each face that `is_scrap` to the neighbour with the longest common border among those
    /// that `may_take` it (scrap, taker); the smallest first. A scrap that nobody may take stays.
    pub(super) fn give_away(
        &self,
        faces: &[Face],
        labels: &mut [Tag],
        is_scrap: &dyn Fn(usize, &[Tag]) -> bool,
        may_take: &dyn Fn(usize, usize) -> bool,
    ) {
        let side = self.sides(faces);
        let mut order: Vec<usize> = (0..faces.len()).collect();
        order.sort_by(|&a, &b| faces[a].doubled_area.total_cmp(&faces[b].doubled_area));
        for scrap in order {
            if !is_scrap(scrap, labels) {
                continue;
            }
            let mut shared: Vec<(usize, f64)> = Vec::new();
            for &half in &faces[scrap].halves {
                let other = side[half ^ 1];
                if other == usize::MAX || other == scrap || !may_take(scrap, other) {
                    continue;
                }
                match shared.iter_mut().find(|(face, _)| *face == other) {
                    Some((_, length)) => *length += self.length(half),
                    None => shared.push((other, self.length(half))),
                }
            }
            if let Some(&(taker, _)) = shared.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
                labels[scrap] = labels[taker];
            }
        }
    }

    /// For each label from 0 to `count - 1`, the polygons of its faces joined together.
    pub(super) fn regions(&self, faces: &[Face], labels: &[Tag], count: usize) -> Vec<Vec<Rings>> {
        let next = self.successors();
        let side = self.sides(faces);
        let label = |half: usize| side.get(half).and_then(|&face| labels.get(face)).copied().unwrap_or(UNKNOWN);
        let mut rings: Vec<Vec<Vec<usize>>> = vec![Vec::new(); count];
        let mut seen = vec![false; next.len()];
        for start in 0..next.len() {
            let own = label(start);
            if own == UNKNOWN || seen[start] || label(start ^ 1) == own {
                continue;
            }
            let mut ring = Vec::new();
            let mut half = start;
            while !seen[half] {
                seen[half] = true;
                ring.push(self.origin(half));
                half = next[half];
                while label(half ^ 1) == own {
                    half = next[half ^ 1];
                }
            }
            rings[own as usize].push(ring);
        }
        rings.into_iter().map(|rings| self.nested(rings)).collect()
    }

    /// Puts holes into the exteriors that hold them.
    fn nested(&self, rings: Vec<Vec<usize>>) -> Vec<Rings> {
        let points = |ring: &[usize]| ring.iter().map(|&node| self.nodes[node]).collect::<Vec<Pt>>();
        let (exteriors, holes): (Vec<_>, Vec<_>) =
            rings.into_iter().partition(|ring| doubled_area(&points(ring)) > 0.0);
        let mut polygons: Vec<Rings> = exteriors.into_iter().map(|ring| vec![ring]).collect();
        for hole in holes {
            let at = self.nodes[hole[0]].towards(self.nodes[hole[1]], 0.5);
            let holder = polygons.iter().position(|rings| inside(&[points(&rings[0])], at)).unwrap_or(0);
            if let Some(rings) = polygons.get_mut(holder) {
                rings.push(hole);
            }
        }
        polygons
    }
}

/// Orders headings counter-clockwise from east, without trigonometry.
fn by_angle(a: Pt, b: Pt) -> std::cmp::Ordering {
    let lower = |p: Pt| p.y < 0.0 || (p.y == 0.0 && p.x < 0.0);
    lower(a).cmp(&lower(b)).then_with(|| 0.0_f64.total_cmp(&a.cross(b)))
}
