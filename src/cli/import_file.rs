//! `platbook import file`: the records of any file into a layer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use encoding_rs::Encoding;

use super::{CliError, open_store, progress, read_catalogue, say};
use crate::app::{App, TileLimits};
use crate::auth::Actor;
use crate::catalog::Catalogue;
use crate::config::Config;
use crate::domain::{Action, Grant, Lang, LayerId};
use crate::exchange::read::{ReadOptions, Source, SourceCrs, SourceError};
use crate::imports::{
    ImportError, Mapping, Mode, Plan, Progress, Report, Severity, Target, UnknownTarget, guess_crs, run,
};

/// Findings that are shown in the terminal.
const SHOWN: usize = 20;

/// What `platbook import file` understands.
#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// The file
    file: PathBuf,
    /// The layer, by its id
    #[arg(long)]
    layer: String,
    /// A column and what it is: a property, or @x, @y (coordinates), @wkt (a geometry); `-` passes it over. What is not
    /// named is guessed
    #[arg(long = "map", value_name = "COLUMN=PROPERTY", value_parser = column_of)]
    map: Vec<(String, String)>,
    /// The system of the coordinates: EPSG:4490, 4326, 4547, 4526 or 3857, GCJ-02 or BD-09 [default: what the file says
    /// or its numbers look like]
    #[arg(long)]
    crs: Option<SourceCrs>,
    /// The encoding of the text: utf-8, gbk, gb18030, big5… [default: found out]
    #[arg(long, value_parser = encoding_of)]
    encoding: Option<&'static Encoding>,
    /// The layer within the file, where it has several
    #[arg(long, value_name = "NAME")]
    source_layer: Option<String>,
    /// Write nothing; only tell what would become of the file
    #[arg(long)]
    dry_run: bool,
    /// One change set for all, or nothing
    #[arg(long, conflicts_with = "dry_run")]
    atomic: bool,
    /// Write all that was found, line by line, as a CSV table
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Why, for the log [default: the name of the file]
    #[arg(long)]
    reason: Option<String>,
}

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{file}")]
    Source {
        /// The file.
        file: String,
        /// Why.
        source: SourceError,
    },
    /// The catalogue has no such layer.
    #[error("`{layer}` is not a layer; expected one of {known}")]
    Layer {
        /// What was asked for.
        layer: String,
        /// What there is.
        known: String,
    },
    /// Columns and properties do not fit.
    #[error(transparent)]
    Mapping(#[from] UnknownTarget),
    /// Nobody can tell which system the coordinates are of.
    #[error("the file does not say which system its coordinates are of; name it with --crs")]
    NoCrs,
    /// It ended early.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Records were left out.
    #[error("{refused} of {read} records were left out; --report FILE tells each")]
    Refused {
        /// How many were.
        refused: u64,
        /// How many there are.
        read: u64,
    },
    /// No role may do it.
    #[error("the catalogue declares no role that may create, update and import")]
    NoRole,
}

fn column_of(text: &str) -> Result<(String, String), String> {
    let (column, target) = text.split_once('=').ok_or("expected COLUMN=PROPERTY")?;
    Ok((column.trim().to_owned(), target.trim().to_owned()))
}

fn encoding_of(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| "expected utf-8, gbk, gb18030, big5, utf-16le…".to_owned())
}

/// Imports a file.
pub(super) async fn import(config: &Config, args: FileArgs) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let layer = args.layer.parse::<LayerId>().ok().and_then(|id| catalogue.position(&id)).ok_or_else(|| {
        let known: Vec<_> = catalogue.layers.iter().map(|layer| layer.id.as_str()).collect();
        FileError::Layer { layer: args.layer.clone(), known: known.join(", ") }
    })?;
    let options = ReadOptions { encoding: args.encoding, layer: args.source_layer.clone(), ..ReadOptions::default() };
    let told = |source| FileError::Source { file: args.file.display().to_string(), source };
    let source = Source::open(&args.file, options).map_err(told)?;
    let mapping = mapping_of(&args, &catalogue, layer, &source)?;
    let crs = args.crs.or_else(|| guess_crs(&source, &mapping)).ok_or(FileError::NoCrs)?;
    show_plan(&source, &mapping, crs)?;
    let mode = match (args.dry_run, args.atomic) {
        (true, _) => Mode::DryRun,
        (_, true) => Mode::Atomic,
        _ => Mode::Batches,
    };
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let reason = args.reason.clone().unwrap_or(name);
    let plan = Plan { layer, mapping, crs, mode, reason };
    let actor = actor_of(&catalogue)?;
    let store = open_store(config, true).await?;
    let bar = progress::counter("reading features");
    let app = App::start(catalogue, store, TileLimits::default(), |read| bar.set_position(read)).await?;
    bar.finish_and_clear();
    let (report, outcome) = run_shown(&app, &actor, &source, &plan).await;
    show(&args, &report)?;
    outcome.map_err(FileError::Import)?;
    if report.refused > 0 && !args.dry_run {
        return Err(FileError::Refused { refused: report.refused, read: report.read }.into());
    }
    Ok(())
}

async fn run_shown(app: &Arc<App>, actor: &Actor, source: &Source, plan: &Plan) -> (Report, Result<(), ImportError>) {
    let progress = Arc::new(Progress::of(source));
    let bar = progress::bar("importing", source.count.unwrap_or_default());
    let work = run(app, actor, source, plan, &progress);
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                let read = progress.read();
                // What a file without a count will come to, by the part of it that is read.
                if let (None, Some(part)) = (source.count, progress.part().filter(|part| *part > 0.0)) {
                    bar.set_length((read as f64 / part).ceil() as u64);
                }
                bar.set_position(read);
            }
        }
    };
    bar.finish_and_clear();
    done
}

/// Who may do all that an import does: whoever has the database has the city.
fn actor_of(catalogue: &Catalogue) -> Result<Actor, FileError> {
    let needed = [Action::Read, Action::Create, Action::Update, Action::Import];
    let role = catalogue.roles.iter().find(|(_, role)| needed.iter().all(|action| role.may.contains(action)));
    let (role, _) = role.ok_or(FileError::NoRole)?;
    let grant = Grant { role: role.clone(), layers: None, division: catalogue.city.code };
    Ok(Actor::account("import file", vec![grant]))
}

fn mapping_of(args: &FileArgs, catalogue: &Catalogue, layer: usize, source: &Source) -> Result<Mapping, FileError> {
    let layer = &catalogue.layers[layer];
    let named: BTreeMap<&String, &String> = args.map.iter().map(|(column, target)| (column, target)).collect();
    let mut mapping = Mapping::guess(layer, &source.columns);
    for (column, target) in named {
        let target = Target::from(target.clone());
        // What is named goes before what was guessed.
        mapping.0.retain(|known, own| known != column && *own != target);
        if target != Target::Property("-".to_owned()) {
            mapping.0.insert(column.clone(), target);
        }
    }
    mapping.check(layer, &source.columns)?;
    Ok(mapping)
}

fn show_plan(source: &Source, mapping: &Mapping, crs: SourceCrs) -> Result<(), CliError> {
    let encoding = source.encoding.map(|encoding| format!(", {encoding}")).unwrap_or_default();
    say(&format!("{}{encoding}, coordinates of {}", source.format.name(), crs.name()))?;
    for column in &source.columns {
        let target = mapping.0.get(&column.name).map_or("–".to_owned(), |target| String::from(target.clone()));
        say(&format!("  {} → {target}", column.name))?;
    }
    Ok(())
}

fn show(args: &FileArgs, report: &Report) -> Result<(), CliError> {
    let would = if args.dry_run { " (nothing was written)" } else { "" };
    say(&format!(
        "{} records: {} created, {} updated, {} unchanged, {} left out{would}",
        report.read,
        report.created,
        report.updated,
        report.unchanged,
        report.refused + report.not_done
    ))?;
    for ((severity, rule), count) in &report.rules {
        say(&format!("  {} {rule}: {count}", severity.title(Lang::En)))?;
    }
    let faults = report.findings.iter().filter(|finding| finding.severity == Severity::Fault);
    for finding in faults.take(SHOWN) {
        let column = finding.column.as_ref().map(|column| format!(", column {column}")).unwrap_or_default();
        say(&format!("  line {}{column}: {}", finding.line, finding.en))?;
    }
    if let Some(path) = &args.report {
        let told = |source| CliError::Io { doing: format!("writing {}", path.display()), source };
        let mut file = BufWriter::new(File::create(path).map_err(told)?);
        report.write_table(Lang::En, &mut file).map_err(|error| told(error.into()))?;
    }
    Ok(())
}
