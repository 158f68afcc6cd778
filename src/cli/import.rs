//! `platbook import osm`: roads, buildings, water, railways and places of an OpenStreetMap extract.
//!
//! Features are known by their code (`osm:way/123`) and merged by it. A change set is written whole
//! or not at all, so an import that was broken off is completed by the next.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::import_file::FileArgs;
use super::{CliError, open_store, progress, read_catalogue, say};
use crate::app::{App, TileLimits};
use crate::catalog::Catalogue;
use crate::config::Config;
use crate::domain::{Bbox, ChangeSet, ClaimedCode, Claims, Draft, Edit, Intake, LayerId, Revision};
use crate::exchange::merge::Merge;
use crate::exchange::osm::{self, OsmError, OsmProgress, OsmSummary};

/// What `platbook import` understands.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// An OpenStreetMap extract (.osm.pbf): roads, buildings, water, railways, places
    ///
    /// What touches the city's box is brought in whole; the map then names © OpenStreetMap contributors.
    /// The file is read through before anything is written. Importing it again changes nothing, importing a newer
    /// one updates what changed; what is no longer in it stays, unless --remove-missing is given. An import that was
    /// broken off is completed by running it again. Takes sixteen bytes of memory a node of the extract's roads,
    /// buildings and waters, beside the city's own.
    Osm(OsmArgs),
    /// Any file of features: CSV, GeoJSON, JSON-FG, NDJSON, GeoPackage, FlatGeobuf, GeoParquet, shapefile (zip), KML
    ///
    /// What a file is, its encoding and its columns are found out; columns become the properties that are named like
    /// them. Features are known by their code: those on the map are updated with what the file has, others created, so
    /// it can be imported again. Records that break rules are left out and told.
    File(FileArgs),
}

#[derive(Debug, Args)]
struct OsmArgs {
    /// The extract
    file: PathBuf,
    /// Bring in what lies outside the city's box, too
    #[arg(long)]
    everywhere: bool,
    /// Take away what an earlier import brought, lies wholly in the box that the extract covers (and in the city's),
    /// and is not in the extract any more
    #[arg(long)]
    remove_missing: bool,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is missing cannot be told without the extract's box.
    #[error(
        "the extract does not say which box it covers, so --remove-missing cannot tell what is gone; `osmium extract --bbox` writes one"
    )]
    NoArea,
    /// The extract covers another place.
    #[error("the extract covers {extract:?} (west, south, east, north), none of the city's box {city:?}")]
    Elsewhere {
        /// The box of the extract, degrees.
        extract: [f64; 4],
        /// The box of the city, degrees.
        city: [f64; 4],
    },
}

/// Edits in one change set.
const EDITS_TOGETHER: usize = 10_000;

/// Drafts read ahead of the store.
const AHEAD: usize = 10_000;

/// Imports a file.
pub(super) async fn import(config: &Config, args: ImportArgs) -> Result<(), CliError> {
    let args = match args.source {
        Source::Osm(args) => args,
        Source::File(args) => return super::import_file::import(config, args).await,
    };
    let open = |source| CliError::Io { doing: format!("opening {}", args.file.display()), source };
    let file = File::open(&args.file).map_err(open)?;
    let catalogue = read_catalogue(config)?;
    let within = (!args.everywhere).then_some(catalogue.city.bounds);
    // A file that cannot be read through is refused before anything is written.
    let checked = file.try_clone().map_err(open)?;
    let bar = progress::bytes("checking");
    let read = move || read_all(checked, within, &bar, &mut |_| ControlFlow::Continue(()));
    let found = tokio::task::spawn_blocking(read).await.map_err(|_| OsmError::Stopped)??;
    let to_clear = if args.remove_missing { Some(area_of(&found, within)?) } else { None };

    let store = open_store(config, true).await?;
    let bar = progress::counter("reading features");
    let app = App::start(Arc::clone(&catalogue), store, TileLimits::default(), |read| bar.set_position(read)).await?;
    bar.finish_and_clear();
    let mut import = Import {
        app: &app,
        merge: Merge::new(&catalogue).map_err(CliError::Schema)?,
        reason: format!("OpenStreetMap extract {}", args.file.display()),
    };
    let (drafts, received) = mpsc::channel(AHEAD);
    let bar = progress::bytes("importing");
    let reading = tokio::task::spawn_blocking(move || {
        read_all(file, within, &bar, &mut |draft| match drafts.blocking_send(draft) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    import.write(received).await?;
    let summary = reading.await.map_err(|_| OsmError::Stopped)??;
    let removed = match to_clear {
        Some(area) => import.remove_missing(area).await?,
        None => 0,
    };
    report(&summary, &import.merge, removed)
}

/// The box in which the extract says all there is.
fn area_of(found: &OsmSummary, within: Option<Bbox>) -> Result<Bbox, ImportError> {
    let area = found.area.ok_or(ImportError::NoArea)?;
    let Some(city) = within else { return Ok(area) };
    let elsewhere = || ImportError::Elsewhere { extract: area.into(), city: city.into() };
    area.common(city).ok_or_else(elsewhere)
}

fn read_all(
    file: File,
    within: Option<Bbox>,
    bar: &ProgressBar,
    emit: &mut dyn FnMut(Draft) -> ControlFlow<()>,
) -> Result<OsmSummary, OsmError> {
    let mut told = |progress: OsmProgress| {
        bar.set_length(progress.total);
        bar.set_position(progress.bytes);
    };
    let summary = osm::read(file, within, &mut told, emit);
    bar.finish_and_clear();
    summary
}

/// An import under way.
struct Import<'a> {
    app: &'a App,
    merge: Merge,
    reason: String,
}

impl Import<'_> {
    /// Writes drafts as they come, in change sets of a bounded size.
    async fn write(&mut self, mut drafts: mpsc::Receiver<Draft>) -> Result<(), CliError> {
        let mut edits = Vec::new();
        // The oldest map that the edits in hand were merged on.
        let mut as_of = self.app.revision();
        while let Some(draft) = drafts.recv().await {
            let map = self.app.snapshot();
            if edits.is_empty() {
                as_of = map.revision();
            }
            edits.extend(self.merge.edit(&map, draft));
            if edits.len() >= EDITS_TOGETHER {
                self.commit(as_of, std::mem::take(&mut edits)).await?;
            }
        }
        if edits.is_empty() { Ok(()) } else { self.commit(as_of, edits).await }
    }

    /// Removes what is gone from an area that the extract covers; how much that was.
    async fn remove_missing(&self, area: Bbox) -> Result<usize, CliError> {
        let map = self.app.snapshot();
        let removals = self.merge.removals(&map, osm::CODE_PREFIX, area);
        for edits in removals.chunks(EDITS_TOGETHER) {
            self.commit(map.revision(), edits.to_vec()).await?;
        }
        Ok(removals.len())
    }

    async fn commit(&self, as_of: Revision, edits: Vec<Edit>) -> Result<(), CliError> {
        self.app
            .commit(ChangeSet {
                actor: "import osm".to_owned(),
                reason: self.reason.clone(),
                at: jiff::Timestamp::now(),
                operation: None,
                intakes: intakes(&self.app.catalogue, &edits),
                claims: claims(&self.app.catalogue, as_of, &edits),
                edits,
            })
            .await?;
        Ok(())
    }
}

/// The codes of what is created: should another program have given one of them since the map was looked at, nothing is
/// written, and importing again completes it.
fn claims(catalogue: &Catalogue, as_of: Revision, edits: &[Edit]) -> Claims {
    let claimed = |edit: &Edit| {
        let Edit::Create(draft) = edit else { return None };
        let property = &catalogue.layer(&draft.layer)?.code.as_ref()?.property;
        let code = draft.properties.get(property)?.as_str()?.to_owned();
        Some(ClaimedCode { layer: draft.layer.clone(), property: property.clone(), code })
    };
    Claims { as_of, codes: edits.iter().filter_map(claimed).collect() }
}

/// What edits bring to the layers whose deliveries are counted.
fn intakes(catalogue: &Catalogue, edits: &[Edit]) -> Vec<Intake> {
    let mut brought: BTreeMap<&LayerId, u64> = BTreeMap::new();
    for edit in edits {
        if let Edit::Create(draft) | Edit::Update { draft, .. } = edit {
            *brought.entry(&draft.layer).or_default() += 1;
        }
    }
    let is_governed = |layer: &LayerId| catalogue.layer(layer).is_some_and(|layer| layer.governance.is_some());
    let intake = |(layer, count): (&LayerId, u64)| Intake {
        layer: layer.clone(),
        source: "openstreetmap".to_owned(),
        collected: count,
        governed: count,
    };
    brought.into_iter().filter(|(layer, _)| is_governed(layer)).map(intake).collect()
}

fn report(summary: &OsmSummary, merge: &Merge, removed: usize) -> Result<(), CliError> {
    let tally = &merge.tally;
    say(&format!(
        "{} nodes, {} ways, {} relations read; {} features created, {} updated, {} unchanged, {removed} removed",
        summary.nodes, summary.ways, summary.relations, tally.created, tally.updated, tally.unchanged
    ))?;
    for (layer, count) in &summary.kept {
        say(&format!("  {layer}: {count}"))?;
    }
    for (reason, count) in &summary.skipped {
        say(&format!("  left out, {reason}: {count}"))?;
    }
    for (reason, count) in &tally.refused {
        say(&format!("  left out, {reason}: {count}"))?;
    }
    for (property, (count, fault)) in &tally.dropped {
        say(&format!("  value left out, {property}: {count} (the first: {fault})"))?;
    }
    Ok(())
}
