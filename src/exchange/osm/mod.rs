//! Reading an OpenStreetMap extract (`.osm.pbf`): roads, buildings, water, railways and places.
//!
//! The file is read in four passes, so that only what the city needs is ever in memory: relations
//! (which ways they need), ways (which nodes they need), nodes (where they are), and ways again, now
//! as features. Blocks without the elements of a pass are skipped. Broken geometry is counted by its
//! reason ([`Skip`]), never an error; a broken file is an error that says where.

mod blocks;
mod passes;
mod relations;
mod rings;
mod shapes;
mod tags;

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::ControlFlow;

use crate::domain::{Bbox, Draft, Geometry, InvalidId, LayerId};

/// What every imported feature says of its origin (ODbL 1.0, 4.3).
pub const ATTRIBUTION: &str = "© OpenStreetMap contributors, ODbL";

/// How the code of every imported feature begins; element and number follow, as in `osm:way/123`.
pub const CODE_PREFIX: &str = "osm:";

/// Why an extract cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OsmError {
    /// Another kind of file.
    #[error(
        "expected an OpenStreetMap extract (.osm.pbf), got {found}; `osmium cat in.osm.gz -o out.osm.pbf` makes one of others"
    )]
    NotPbf {
        /// What the file looks like.
        found: &'static str,
    },
    /// The file ends in the middle of a block.
    #[error("the extract is cut off: its {length} bytes end within the block at byte {at_byte}; download it again")]
    Truncated {
        /// Length of the file, bytes.
        length: u64,
        /// Where the last whole block ends, or the file itself.
        at_byte: u64,
    },
    /// A block that cannot be decoded.
    #[error("the extract is damaged in the block at byte {at_byte}: {detail}; download it again")]
    Damaged {
        /// Where the block begins.
        at_byte: u64,
        /// What was found.
        detail: String,
    },
    /// The header asks for something unknown.
    #[error("the extract needs `{feature}`, which is not understood; `osmium cat` can rewrite it as a plain extract")]
    Feature {
        /// The feature of the format.
        feature: String,
    },
    /// The file cannot be read.
    #[error("the extract cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The receiver of the features wanted no more.
    #[error("the import was stopped")]
    Stopped,
    /// A layer's name is none.
    #[error(transparent)]
    Layer(#[from] InvalidId),
}

/// Why an element did not become a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Skip {
    /// It lies outside the box that was asked for.
    #[error("outside the box")]
    Outside,
    /// A node that it needs is not in the file.
    #[error("a node that it needs is not in the file")]
    NodeMissing,
    /// A way that the multipolygon needs is not in the file.
    #[error("a way that the multipolygon needs is not in the file")]
    MemberMissing,
    /// The ring of an area does not close.
    #[error("the ring of an area does not close")]
    OpenRing,
    /// A line of one position, or a ring of less than three different ones.
    #[error("too few positions")]
    TooFewPositions,
    /// An area without surface.
    #[error("an area without surface")]
    Degenerate,
    /// A node beyond ±180°, ±90°.
    #[error("beyond ±180°, ±90°")]
    OutOfRange,
    /// A `highway` that is no road: a footpath, a bus stop, a road being built.
    #[error("a highway that is no road")]
    NoRoadClass,
    /// A `highway` that is an area: a square.
    #[error("a highway that is an area")]
    TrafficArea,
    /// A river or canal in a tunnel.
    #[error("a river or canal in a tunnel")]
    Underground,
    /// A place without a name.
    #[error("a place without a name")]
    NoName,
    /// A way that a multipolygon of the same kind draws already.
    #[error("a way that a multipolygon draws already")]
    InMultipolygon,
}

/// What came of an extract.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OsmSummary {
    /// Nodes in the file.
    pub nodes: u64,
    /// Ways in the file.
    pub ways: u64,
    /// Relations in the file.
    pub relations: u64,
    /// Features made, by layer.
    pub kept: BTreeMap<LayerId, u64>,
    /// Elements that would have been features, by what stood against it.
    pub skipped: BTreeMap<Skip, u64>,
    /// The box that the file says it covers.
    pub area: Option<Bbox>,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsmProgress {
    /// Bytes gone through, over all passes.
    pub bytes: u64,
    /// Bytes to go through in all.
    pub total: u64,
}

/// Reads an extract; with a box `within`, only what touches it, and that whole. `emit` gets every
/// feature (places, then multipolygons, then ways, each in the order of the file) without a village; by `Break` it ends the reading with [`OsmError::Stopped`].
pub fn read<R: Read + Seek + Send>(
    source: R,
    within: Option<Bbox>,
    progress: &mut dyn FnMut(OsmProgress),
    emit: &mut dyn FnMut(Draft) -> ControlFlow<()>,
) -> Result<OsmSummary, OsmError> {
    let mut file = passes::File::open(source, progress)?;
    let summary = OsmSummary { area: file.area(), ..OsmSummary::default() };
    let mut out = Out { summary, within, emit };
    let mut multipolygons = file.multipolygons(&mut out.summary)?;
    let nodes = file.needed_nodes(&mut multipolygons)?;
    let positions = file.positions(nodes, &mut out)?;
    let drawn = multipolygons.draw(&positions, &mut out)?;
    file.ways(&positions, &drawn, &mut out)?;
    Ok(out.summary)
}

/// Where features go, and what is counted of them.
struct Out<'a> {
    summary: OsmSummary,
    within: Option<Bbox>,
    emit: &'a mut dyn FnMut(Draft) -> ControlFlow<()>,
}

impl Out<'_> {
    fn take(&mut self, made: Result<Made, Skip>) -> Result<(), OsmError> {
        let Made { layer, geometry, properties } = match made {
            Ok(made) => made,
            Err(skip) => {
                *self.summary.skipped.entry(skip).or_default() += 1;
                return Ok(());
            }
        };
        let layer: LayerId = layer.parse()?;
        *self.summary.kept.entry(layer.clone()).or_default() += 1;
        match (self.emit)(Draft { layer, geometry, properties, village: None }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(OsmError::Stopped),
        }
    }
}

/// A draft whose layer is still a word.
struct Made {
    layer: &'static str,
    geometry: Geometry,
    properties: crate::domain::Properties,
}
