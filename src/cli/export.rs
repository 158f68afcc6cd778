//! `platbook export`: a layer in a format that others read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tempfile::NamedTempFile;

use super::{CliError, map, open_store, progress, read_catalogue};
use crate::catalog::schema::queryables;
use crate::config::Config;
use crate::domain::{Bbox, CoordinateError, DivisionCode, Lang, LayerId};
use crate::exchange::{Export, ExportError as WriteError, Format, Headings};
use crate::filter::{Filter, FilterError, Language};
use crate::geodesy::crs::Crs;
use crate::index::Query;

/// What `platbook export` understands.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The layer, by its id
    layer: String,
    /// geojson, jsonfg, ndjson, csv, gpkg, fgb, parquet, shp (in a zip archive) or kml [default: as the ending of FILE
    /// says, else geojson]
    #[arg(long)]
    format: Option<Format>,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only what stands in this division
    #[arg(long, value_name = "CODE")]
    division: Option<DivisionCode>,
    /// Only what touches this box, in degrees
    #[arg(long, value_name = "W,S,E,N", value_delimiter = ',', allow_hyphen_values = true)]
    bbox: Option<Vec<f64>>,
    /// Only what this CQL2 filter lets through
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// The coordinate system: EPSG:4490, 4526, 4547, 3857 or 4326; of jsonfg, gpkg, fgb and shp only
    #[arg(long, value_name = "EPSG:CODE", value_parser = crs_of)]
    crs: Option<Crs>,
    /// The text of a shapefile
    #[arg(long, value_enum, default_value_t = TextEncoding::Utf8)]
    encoding: TextEncoding,
    /// Begin a CSV file with a byte order mark, for Excel
    #[arg(long)]
    bom: bool,
    /// Name the columns and values of a CSV file by their titles, for people
    #[arg(long, value_name = "zh|en", value_parser = lang_of)]
    titles: Option<Lang>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextEncoding {
    /// UTF-8
    #[value(name = "utf-8")]
    Utf8,
    /// GBK, for older programs in China
    Gbk,
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
    /// The filter cannot be used.
    #[error("the filter cannot be used")]
    Filter(#[from] FilterError),
    /// The name of the file does not tell its format.
    #[error("the ending of the file tells no format; name one as --format: {known}")]
    Ending {
        /// What there is.
        known: String,
    },
    /// The features cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn lang_of(name: &str) -> Result<Lang, String> {
    match name {
        "zh" => Ok(Lang::Zh),
        "en" => Ok(Lang::En),
        _ => Err("expected zh or en".to_owned()),
    }
}

fn crs_of(name: &str) -> Result<Crs, String> {
    Crs::of_name(name).ok_or_else(|| "expected EPSG:4490, EPSG:4526, EPSG:4547, EPSG:3857 or EPSG:4326".to_owned())
}

/// Writes the features in order of id.
pub(super) async fn export(config: &Config, args: ExportArgs) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let bbox = args.bbox.as_deref().map(box_of).transpose()?;
    let position = args.layer.parse::<LayerId>().ok().and_then(|id| catalogue.position(&id)).ok_or_else(|| {
        let known: Vec<_> = catalogue.layers.iter().map(|layer| layer.id.as_str()).collect();
        ExportError::Layer { layer: args.layer.clone(), known: known.join(", ") }
    })?;
    let layer = &catalogue.layers[position];
    let filter = args.filter.as_deref().map(|text| {
        let as_it_is = |x: f64, y: f64| Ok((x, y));
        Filter::parse(text, Language::Text, &queryables(layer), &as_it_is).map(Arc::new)
    });
    let filter = filter.transpose().map_err(ExportError::Filter)?;
    let format = match args.format {
        Some(format) => format,
        None => format_of(args.out.as_ref())?,
    };
    let crs = args.crs.unwrap_or_default();
    if crs != Crs::default() && !format.has_crs() {
        return Err(ExportError::Write(WriteError::NoCrs(format)).into());
    }
    let store = open_store(config, false).await?;
    let snapshot = map::scan(&catalogue, store.as_ref()).await?;
    let items = snapshot.all_matching(position, &Query { bbox, division: args.division, filter, ..Query::default() });
    let bar = progress::bar("writing features", items.len() as u64);
    let export = Export {
        layer,
        items: &items,
        crs,
        gbk: args.encoding == TextEncoding::Gbk,
        byte_order_mark: args.bom,
        headings: args.titles.map_or(Headings::Names, Headings::Titles),
        progress: &|| bar.inc(1),
    };
    let doing = args
        .out
        .as_ref()
        .map_or_else(|| "writing to standard output".to_owned(), |path| format!("writing {}", path.display()));
    let told = |source| CliError::Io { doing: doing.clone(), source };
    let write = |out: &mut (dyn Write + Send)| match export.write(format, out) {
        Err(WriteError::Io(source)) => Err(told(source)),
        other => Ok(other.map_err(ExportError::Write)?),
    };
    let written = if let Some(path) = args.out.as_ref().filter(|path| !is_no_file(path)) {
        // The file gets its name when it is whole; what stood under it before stays until then.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = BufWriter::new(NamedTempFile::new_in(folder).map_err(told)?);
        write(&mut file).and_then(|()| {
            let file = file.into_inner().map_err(|error| told(error.into_error()))?;
            readable_by_all(file.as_file()).map_err(told)?;
            file.persist(path).map_err(|error| told(error.error))?;
            Ok(())
        })
    } else {
        // What is no file keeps its name: a device, a pipe, standard output.
        let out: Box<dyn Write + Send> = match args.out.as_ref().filter(|path| path.as_os_str() != STANDARD) {
            Some(path) => Box::new(File::options().write(true).open(path).map_err(told)?),
            None => Box::new(io::stdout()),
        };
        let mut out = BufWriter::new(out);
        write(&mut out).and_then(|()| out.flush().map_err(told))
    };
    bar.finish_and_clear();
    written
}

/// In place of a path: standard output.
const STANDARD: &str = "-";

/// Whether something stands under a path that is no file, or the path is that of standard output.
fn is_no_file(path: &Path) -> bool {
    path.as_os_str() == STANDARD || path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A temporary file is its maker's alone; what is exported is as readable as any file.
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

/// The format that the ending of a file asks for; GeoJSON on standard output.
fn format_of(out: Option<&PathBuf>) -> Result<Format, ExportError> {
    let Some(out) = out else { return Ok(Format::GeoJson) };
    let name = out.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
    let ends = |format: &Format| {
        name.ends_with(&format!(".{}", format.extension())) || name.ends_with(&format!(".{}", format.name()))
    };
    let by_ending = Format::ALL.into_iter().find(|format| *format != Format::JsonFg && ends(format));
    let is_zip = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    by_ending
        .or_else(|| is_zip.then_some(Format::Shapefile))
        .ok_or_else(|| ExportError::Ending { known: Format::names() })
}

fn box_of(corners: &[f64]) -> Result<Bbox, ExportError> {
    match corners {
        [west, south, east, north] => Ok(Bbox::new(*west, *south, *east, *north)?),
        other => Err(ExportError::Corners { got: other.len() }),
    }
}
