//! `platbook import osm`: roads, buildings, water, railways and places of an OpenStreetMap extract.
//!
//! Features are known by their code (`osm:way/123`): what is new is created, what differs updated,
//! the rest left alone, so that importing a file twice changes nothing the second time.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::{CliError, open_store, read_catalogue, say};
use crate::app::{App, TileLimits};
use crate::catalog::Catalogue;
use crate::catalog::schema::Validator;
use crate::config::Config;
use crate::domain::{ChangeSet, Draft, Edit, Intake, LayerId};
use crate::exchange::osm::{self, OsmError, OsmProgress, OsmSummary, Within};
use crate::index::Snapshot;

/// What `platbook import` understands.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// An OpenStreetMap extract (.osm.pbf)
    Osm {
        /// The extract
        file: PathBuf,
        /// Keep what lies outside the city's box, too
        #[arg(long)]
        everywhere: bool,
    },
}

/// Edits in one change set.
const EDITS_TOGETHER: usize = 10_000;

/// Drafts read ahead of the store.
const AHEAD: usize = 20_000;

/// What became of the drafts.
#[derive(Default)]
struct Tally {
    created: u64,
    updated: u64,
    unchanged: u64,
    /// Properties left out, by what was wrong with them.
    dropped: BTreeMap<String, u64>,
}

/// Imports a file.
pub(super) async fn import(config: &Config, args: ImportArgs) -> Result<(), CliError> {
    let Source::Osm { file: path, everywhere } = args.source;
    let open = |source| CliError::Io { doing: format!("opening {}", path.display()), source };
    let file = File::open(&path).map_err(open)?;
    let catalogue = read_catalogue(config)?;
    let within = (!everywhere).then_some(Within::Box(catalogue.city.bounds));
    // A file that cannot be read through is refused before anything is written.
    let checked = file.try_clone().map_err(open)?;
    let (bounds, bar) = (within.clone(), bytes_bar("checking"));
    let read = move || read_all(checked, bounds.as_ref(), &bar, &mut |_| ControlFlow::Continue(()));
    tokio::task::spawn_blocking(read).await.map_err(|_| OsmError::Stopped)??;

    let store = open_store(config, true).await?;
    let app = App::start(catalogue, store, TileLimits::default(), |_| ()).await?;
    let (drafts, received) = mpsc::channel(AHEAD);
    let bar = bytes_bar("importing");
    let reading = tokio::task::spawn_blocking(move || {
        read_all(file, within.as_ref(), &bar, &mut |draft| match drafts.blocking_send(draft) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    let tally = write(&app, received, &path.display().to_string()).await?;
    let summary = reading.await.map_err(|_| OsmError::Stopped)??;
    report(&summary, &tally)
}

fn read_all(
    file: File,
    within: Option<&Within>,
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

fn bytes_bar(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} ({eta} left)");
    let bar = ProgressBar::new(1).with_message(what);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Writes drafts as they come, in change sets of a bounded size.
async fn write(app: &App, mut drafts: mpsc::Receiver<Draft>, file: &str) -> Result<Tally, CliError> {
    let mut validators: BTreeMap<LayerId, Validator> = BTreeMap::new();
    let mut tally = Tally::default();
    let mut edits = Vec::new();
    let mut read: BTreeMap<LayerId, u64> = BTreeMap::new();
    while let Some(mut draft) = drafts.recv().await {
        let Some(layer) = app.catalogue.layer(&draft.layer) else { continue };
        if !validators.contains_key(&draft.layer) {
            let validator = Validator::of(layer).map_err(CliError::Schema)?;
            validators.insert(draft.layer.clone(), validator);
        }
        if let Some(validator) = validators.get(&draft.layer) {
            drop_faulty(validator, &mut draft, &mut tally);
        }
        *read.entry(draft.layer.clone()).or_default() += 1;
        match edit_of(&app.snapshot(), draft) {
            Some(edit) => {
                match edit {
                    Edit::Create(_) => tally.created += 1,
                    _ => tally.updated += 1,
                }
                edits.push(edit);
            }
            None => tally.unchanged += 1,
        }
        if edits.len() >= EDITS_TOGETHER {
            commit(app, std::mem::take(&mut edits), std::mem::take(&mut read), file).await?;
        }
    }
    if !edits.is_empty() {
        commit(app, edits, read, file).await?;
    }
    Ok(tally)
}

/// Leaves out the properties that the layer's schema refuses, and counts them.
fn drop_faulty(validator: &Validator, draft: &mut Draft, tally: &mut Tally) {
    for fault in validator.faults(&draft.properties) {
        let name = fault.pointer.trim_start_matches('/').to_owned();
        *tally.dropped.entry(format!("{}: {}", draft.layer, fault.message)).or_default() += 1;
        draft.properties.remove(&name);
    }
}

/// What a draft asks for, beside the feature that has its code already.
fn edit_of(snapshot: &Snapshot, draft: Draft) -> Option<Edit> {
    let layer = snapshot.catalogue().position(&draft.layer)?;
    let code = draft.properties.get("code").and_then(|code| code.as_str())?;
    let Some(standing) = snapshot.by_code(layer, code) else { return Some(Edit::Create(draft)) };
    let own = standing.properties();
    let same_values = own.len() == draft.properties.len()
        && own.iter().all(|(name, value)| draft.properties.get(name) == Some(value));
    if same_values && standing.geometry() == draft.geometry {
        return None;
    }
    Some(Edit::Update { id: standing.id, base: standing.version, draft })
}

async fn commit(app: &App, edits: Vec<Edit>, read: BTreeMap<LayerId, u64>, file: &str) -> Result<(), CliError> {
    let catalogue: &Arc<Catalogue> = &app.catalogue;
    let is_governed = |layer: &LayerId| catalogue.layer(layer).is_some_and(|layer| layer.governance.is_some());
    let intakes = read
        .into_iter()
        .filter(|(layer, _)| is_governed(layer))
        .map(|(layer, count)| Intake { layer, source: "openstreetmap".to_owned(), collected: count, governed: count })
        .collect();
    app.commit(ChangeSet {
        actor: "import osm".to_owned(),
        reason: format!("OpenStreetMap extract {file}"),
        at: jiff::Timestamp::now(),
        operation: None,
        edits,
        intakes,
    })
    .await?;
    Ok(())
}

fn report(summary: &OsmSummary, tally: &Tally) -> Result<(), CliError> {
    say(&format!(
        "{} nodes, {} ways, {} relations read; {} features created, {} updated, {} unchanged",
        summary.nodes, summary.ways, summary.relations, tally.created, tally.updated, tally.unchanged
    ))?;
    for (layer, count) in &summary.kept {
        say(&format!("  {layer}: {count}"))?;
    }
    for (reason, count) in &summary.skipped {
        say(&format!("  left out, {}: {count}", serde_json::to_string(reason).unwrap_or_default().trim_matches('"')))?;
    }
    for (reason, count) in &tally.dropped {
        say(&format!("  property left out, {reason}: {count}"))?;
    }
    Ok(())
}
