//! Points gathered into clusters: one a square, with counts that add up over tiles.

use serde_json::json;

use super::encode::{GeomType, GeometryWriter, LayerEncoder};
use super::shapes::Grid;
use crate::geodesy::world::WorldXy;
use crate::index::{LayerIndex, SQUARES_BELOW_TILE, Snapshot, Square, merge_sorted};

/// Where and how finely the clusters of a layer are drawn.
pub(super) struct Clusters<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) index: &'s LayerIndex,
    /// The zoom of the WebMercatorQuad whose tiles are as wide.
    pub(super) zoom: u8,
    /// The zoom from which points are shown.
    pub(super) below: u8,
    pub(super) grid: Grid,
}

impl<'s> Clusters<'s> {
    /// Writes the clusters made of the `finest` squares whose middle is `here`.
    pub(super) fn draw(
        &self,
        mut finest: Vec<&Square>,
        here: impl Fn(WorldXy) -> bool,
        encoder: &mut LayerEncoder<'s>,
    ) {
        let Some(squares) = self.index.squares() else { return };
        let lift = squares.level - (self.zoom + SQUARES_BELOW_TILE);
        finest.sort_unstable_by_key(|square| (square.lifted_key(lift), square.key));
        let counted = squares.counted_key().map(|key| self.index.keys().key(key));
        let mut geometry = GeometryWriter::default();
        for members in finest.chunk_by(|a, b| a.lifted_key(lift) == b.lifted_key(lift)) {
            let merged = merge_sorted(members.iter().map(|square| square.lifted(lift)).collect()).pop();
            let Some(cluster) = merged.filter(|cluster| here(cluster.centre())) else { continue };
            geometry.clear();
            geometry.point(self.grid.place(cluster.centre()));
            if cluster.count == 1 {
                if let Some((_, item)) = self.snapshot.feature(cluster.first) {
                    encoder.tag_row(item.entries());
                    encoder.feature(item.id.get(), GeomType::Point, geometry.bytes());
                }
                continue;
            }
            encoder.tag_extra("cluster", &json!(true));
            encoder.tag_extra("count", &json!(cluster.count));
            encoder.tag_extra("expansion_zoom", &json!(expansion_zoom(members, squares.level, self.below)));
            if let Some(key) = counted {
                for (value, &count) in key.values.iter().zip(&cluster.by).filter(|(_, count)| **count > 0) {
                    encoder.tag_extra(&format!("count_{value}"), &json!(count));
                }
            }
            encoder.feature(id_of(&cluster, self.zoom), GeomType::Point, geometry.bytes());
        }
    }
}

/// The first zoom at which a cluster's members stand in different squares, or from which points are
/// shown.
fn expansion_zoom(members: &[&Square], level: u8, below: u8) -> u8 {
    let Some((first, rest)) = members.split_first() else { return below };
    let apart = rest.iter().fold(0, |bits, square| bits | (square.key.0 ^ first.key.0) | (square.key.1 ^ first.key.1));
    let different_bits = (32 - apart.leading_zeros()) as u8;
    if different_bits == 0 {
        return below;
    }
    let first_level_apart = level + 1 - different_bits;
    first_level_apart.saturating_sub(SQUARES_BELOW_TILE).min(below)
}

/// An id for a cluster that no feature has and that is the same in every tile set: bit 52 is set,
/// then zoom, row and column of its square.
fn id_of(cluster: &Square, zoom: u8) -> u64 {
    let (x, y) = (u64::from(cluster.key.0), u64::from(cluster.key.1));
    1 << 52 | u64::from(zoom & 0x1f) << 46 | (y & 0x7f_ffff) << 23 | (x & 0x7f_ffff)
}
