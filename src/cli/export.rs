//! `platbook export`: a layer in a format that others read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CliError, map, open_store, progress, read_catalogue};
use crate::config::Config;
use crate::domain::{Bbox, CoordinateError, DivisionCode, LayerId};
use crate::exchange::{csv, geojson, ndjson};

/// What `platbook export` understands.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The layer, by its id
    layer: String,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Geojson)]
    format: Format,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only what stands in this division
    #[arg(long, value_name = "CODE")]
    division: Option<DivisionCode>,
    /// Only what touches this box, in degrees
    #[arg(long, value_name = "W,S,E,N", value_delimiter = ',', allow_hyphen_values = true)]
    bbox: Option<Vec<f64>>,
    /// Begin a CSV file with a byte order mark, for Excel
    #[arg(long)]
    bom: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A GeoJSON `FeatureCollection`
    Geojson,
    /// A GeoJSON feature a line
    Ndjson,
    /// A table
    Csv,
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The catalogue has no such layer.
    #[error("`{layer}` is not a layer; expected one of {known}")]
    Layer {
        /// What was asked for.
        layer: String,
        /// What there is.
        known: String,
    },
    /// The box has not four numbers.
    #[error("the box has {got} numbers; expected four: west,south,east,north in degrees")]
    Corners {
        /// How many there were.
        got: usize,
    },
    /// The box is none.
    #[error(transparent)]
    Box(#[from] CoordinateError),
}

/// Writes the features in order of id.
pub(super) async fn export(config: &Config, args: ExportArgs) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let bbox = args.bbox.as_deref().map(box_of).transpose()?;
    let position = args.layer.parse::<LayerId>().ok().and_then(|id| catalogue.position(&id)).ok_or_else(|| {
        let known: Vec<_> = catalogue.layers.iter().map(|layer| layer.id.as_str()).collect();
        ExportError::Layer { layer: args.layer.clone(), known: known.join(", ") }
    })?;
    let store = open_store(config, false).await?;
    let snapshot = map::scan(&catalogue, store.as_ref()).await?;
    let doing = args
        .out
        .as_ref()
        .map_or_else(|| "writing to standard output".to_owned(), |path| format!("writing {}", path.display()));
    let told = |source| CliError::Io { doing: doing.clone(), source };
    let bar = progress::bar("writing features", snapshot.count(position));
    let mut items = snapshot
        .features_after(None)
        .filter(|(layer, _)| *layer == position)
        .map(|(_, item)| item.as_ref())
        .inspect(|_| bar.inc(1))
        .filter(|item| bbox.is_none_or(|bbox| item.touches_box(bbox)))
        .filter(|item| {
            args.division.is_none_or(|division| item.village.is_some_and(|village| division.contains(village)))
        });
    let mut out: Box<dyn Write> = match &args.out {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(told)?)),
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let written = match args.format {
        Format::Geojson => geojson::write_collection(&mut items, out.as_mut()),
        Format::Ndjson => ndjson::write_lines(&mut items, out.as_mut()),
        Format::Csv => csv::write_table(&catalogue.layers[position], &mut items, args.bom, out.as_mut()),
    };
    written.and_then(|_| out.flush()).map_err(told)?;
    bar.finish_and_clear();
    Ok(())
}

fn box_of(corners: &[f64]) -> Result<Bbox, ExportError> {
    match corners {
        [west, south, east, north] => Ok(Bbox::new(*west, *south, *east, *north)?),
        other => Err(ExportError::Corners { got: other.len() }),
    }
}
