//! Vector tiles: a pure function of snapshot, layers and tile.
//!
//! `select → choose vertices → quantise → clip → encode`. What can be done once is done when a
//! feature enters the index: its values are packed as a tile wants them, its vertices are on the
//! world grid and know the zoom from which they are drawn, points know the square that gathers them.
//! Bad geometry is counted under a code, never thrown.
//!
//! A tile holds one MVT layer for each map layer, of the same name. Areas that carry labels have a
//! second one, `<layer>.label`, with one point each, so that a label is drawn once and not in every
//! tile that an area touches. A tile over its byte budget keeps the features of the highest priority
//! and says so in an MVT layer `_thinned`.

mod areas;
mod chosen;
mod clip;
mod clusters;
mod compared;
mod coord;
mod cover;
mod degrees;
mod encode;
pub mod matrix;
mod priority;
mod render;
mod shapes;

pub use areas::{AREAS, Area, render_areas};
pub use chosen::render_chosen;
pub use compared::render_compared;
pub use coord::{InvalidTile, MAX_ZOOM, TileCoord};
pub use cover::{Cover, cover};
pub use degrees::DegreeTile;
pub use matrix::AnyTile;
pub use render::{Faults, RenderedTile, Thinned, render};
