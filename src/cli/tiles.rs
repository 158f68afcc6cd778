//! `platbook tiles`: an archive of tiles for maps without a server.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, map, open_store, progress, read_catalogue, say};
use crate::app::TileLimits;
use crate::config::Config;
use crate::domain::{Bbox, LayerId};
use crate::exchange::{Archive, ArchiveError, ArchiveFormat, Zooms};
use crate::index::Stop;

/// What `platbook tiles` understands.
#[derive(Debug, Args)]
pub(super) struct TilesArgs {
    /// The layers, by their ids
    #[arg(required_unless_present = "basemap", value_delimiter = ',')]
    layers: Vec<String>,
    /// The layers of the base map, which `/styles/base-light`, `base-dark` and `base-overlay` draw
    #[arg(long, conflicts_with = "layers")]
    basemap: bool,
    /// The archive: .pmtiles or .mbtiles
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The first and the last zoom [default: those of the layers]
    #[arg(long, value_name = "FIRST-LAST")]
    zooms: Option<Zooms>,
    /// Only tiles that touch this box, in degrees
    #[arg(long, value_name = "W,S,E,N", value_parser = box_of, allow_hyphen_values = true)]
    bbox: Option<Bbox>,
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum TilesError {
    /// The catalogue has no such layer.
    #[error("`{layer}` is not a layer; expected some of {known}")]
    Layer {
        /// What was asked for.
        layer: String,
        /// What there is.
        known: String,
    },
    /// The file's name says no format.
    #[error("the archive's name is to end in .pmtiles or .mbtiles")]
    Format,
    /// It cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

fn box_of(text: &str) -> Result<Bbox, String> {
    text.parse().map_err(|error: crate::domain::CoordinateError| error.to_string())
}

/// Draws the tiles.
pub(super) async fn tiles(config: &Config, args: TilesArgs) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let mut layers = Vec::new();
    if args.basemap {
        layers.extend(catalogue.basemap().filter_map(|layer| catalogue.position(&layer.id)));
    }
    for name in &args.layers {
        let position = name.parse::<LayerId>().ok().and_then(|id| catalogue.position(&id));
        layers.push(position.ok_or_else(|| {
            let known: Vec<_> = catalogue.layers.iter().map(|layer| layer.id.as_str()).collect();
            TilesError::Layer { layer: name.clone(), known: known.join(", ") }
        })?);
    }
    let ending = args.out.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let format: ArchiveFormat = ending.parse().map_err(|_| TilesError::Format)?;
    let zooms = args.zooms.unwrap_or_else(|| Zooms::of(layers.iter().map(|&at| &catalogue.layers[at])));
    let store = open_store(config, false).await?;
    let snapshot = map::scan(&catalogue, store.as_ref()).await?;
    let bar = progress::bar("drawing tiles", 0);
    let archive = Archive {
        map: &snapshot,
        layers: &layers,
        zooms,
        within: args.bbox,
        budget: TileLimits::default().budget_bytes,
        progress: &|done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        },
        stop: Stop::default(),
    };
    // The archive gets its name when it is whole; what stood under it before stays until then.
    let part = args.out.with_extension(format!("{ending}.part"));
    let _ = std::fs::remove_file(&part);
    let written = archive.write(format, &part);
    bar.finish_and_clear();
    let told = |source| CliError::Io { doing: format!("writing {}", args.out.display()), source };
    let summary = match written {
        Ok(summary) => summary,
        Err(error) => {
            let _ = std::fs::remove_file(&part);
            return Err(TilesError::Archive(error).into());
        }
    };
    std::fs::rename(&part, &args.out).map_err(told)?;
    let Zooms { first, last } = zooms;
    say(&format!("{} tiles of zooms {first} to {last}, {} of them thinned", summary.tiles, summary.thinned))
}
