//! The demo city: Qianjiang (潜江) as it might be, made from a seed.
//!
//! Pure: no file, clock or thread is touched; the same plan and sources give the same bytes on every
//! machine. What is real is the city's outline, the names and codes of townships and villages, the
//! courses of the two rivers and the seats of fourteen towns; all else is invented and says
//! `synthetic: true`.
//!
//! **Which list of villages.** The report speaks of 23 townships and 473 villages; no public list has
//! both. 473 is the list of 2019, whose 25 units include the oil administration and the development
//! zone (25 villages), for which no area exists; the 23 areas at hand carry the names of 2023. So the
//! villages are those of the list of 2023-06-30: 465 in the 23 townships and one, 浩口原种场 (429005457),
//! whose township has no area of its own and which is placed within 浩口镇, near its real extent. The
//! number comes out as the list has it; it is not bent to 473.
//!
//! **What the scale does.** Divisions, rivers, main roads, the network and the two compounds of the
//! report are the same at every scale; streets, plates, buildings and what hangs on them grow with it.
//!
//! Order: city, townships and villages first, then what spans villages (water, main roads), then each
//! township in turn, village by village, then the network and the radio sites.

mod city;
mod compounds;
mod dice;
mod divisions;
mod draft;
mod frontage;
mod grid;
mod ledger;
mod mesh;
mod names;
mod network;
mod places;
mod plane;
mod plates;
mod radio;
mod raster;
mod roads;
mod rural;
mod sources;
mod streets;
mod urban;
mod villages;
mod voronoi;
mod water;

pub use city::{LARGEST_BATCH, Plan, Progress, generate};
pub use ledger::{Application, Department, Ledger, System, ledger};
pub use sources::Sources;

use crate::domain::{CoordinateError, GeometryError, InvalidId};

/// Why no demo city can be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The scale is not a number from 0.001 to 10.
    #[error("expected a scale from 0.001 to 10 (1 is the whole city), got {got}")]
    Scale {
        /// What was asked for.
        got: f64,
    },
    /// A data file is not what it should be.
    #[error("the data file with the {file} cannot be used: {detail}")]
    Source {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The sources do not have room for what the report counts.
    #[error("the demo city has no room for {what}; are the data files those of Qianjiang?")]
    Room {
        /// What could not be placed.
        what: String,
    },
    /// A computed geometry is none.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// A computed coordinate is out of range.
    #[error(transparent)]
    Coordinate(#[from] CoordinateError),
    /// A village has more plates or streets than a doorplate code can count.
    #[error(transparent)]
    Doorplate(#[from] crate::domain::codes::doorplate::InvalidDoorplateCode),
    /// A computed credit code is none.
    #[error(transparent)]
    Uscc(#[from] crate::domain::codes::uscc::InvalidUscc),
    /// A layer id is malformed.
    #[error(transparent)]
    Layer(#[from] InvalidId),
}
