//! `platbook demo`: the synthetic city into an empty database.

use std::ops::ControlFlow;

use clap::Args;
use tokio::sync::mpsc;

use super::{CliError, open_store, progress, read_catalogue, say};
use crate::catalog::Catalogue;
use crate::config::Config;
use crate::demo::{self, Plan, Sources};
use crate::domain::{ChangeSet, Claims, Draft, Edit, Intake, Revision};
use crate::store::{Store, StoreError};

/// What `platbook demo` understands.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How much of it: 1 is the whole city, about a million features; from 0.001 to 10
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// What everything invented follows from
    #[arg(long, default_value_t = 429_005)]
    seed: u64,
    /// Do nothing if the database holds features already
    #[arg(long)]
    if_missing: bool,
}

/// Why there is no demo city.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The plan or the sources.
    #[error(transparent)]
    City(#[from] demo::DemoError),
    /// The database is in use.
    #[error(
        "the database holds {revision} revisions already; name another with --database, or leave it with --if-missing"
    )]
    NotEmpty {
        /// Its newest revision.
        revision: Revision,
    },
    /// A demo city that was broken off.
    #[error("{database} holds a part of a demo city, whose making was broken off; remove it and make the city again")]
    Part {
        /// The database.
        database: String,
    },
    /// The generator ended without a word.
    #[error("the demo city was not finished")]
    Unfinished,
}

const SOURCES: Sources<'static> = Sources {
    boundary: include_str!("../../data/divisions/boundary.geojson"),
    townships: include_str!("../../data/divisions/townships-synthetic.geojson"),
    villages: include_str!("../../data/divisions/villages-2023.csv"),
    rivers: include_str!("../../data/basemap/rivers.geojson"),
    places: include_str!("../../data/basemap/places.geojson"),
};

/// A batch on its way from the generator to the store.
type Batch = (Vec<Draft>, Vec<Intake>);

/// Batches made ahead of the store.
const AHEAD: usize = 4;

/// Makes the city on one core while the store writes on the other.
pub(super) async fn demo(config: &Config, args: DemoArgs) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let store = open_store(config, true).await?;
    let revision = store.head().await?;
    if revision > Revision::ZERO {
        if is_part(store.as_ref(), revision).await? {
            return Err(DemoError::Part { database: config.database.clone() }.into());
        }
        if args.if_missing {
            return say(&format!("{} holds a city already, at revision {revision}", config.database));
        }
        return Err(DemoError::NotEmpty { revision }.into());
    }
    let plan = Plan { seed: args.seed, scale: args.scale };
    let bar = progress::bar("making the city", 1);
    let (batches, made) = mpsc::channel(AHEAD);
    let shown = bar.clone();
    let making = tokio::task::spawn_blocking(move || {
        let mut emit = |drafts, intakes| match batches.blocking_send((drafts, intakes)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let mut told = |progress: demo::Progress| {
            shown.set_length(progress.features * progress.of as u64 / progress.villages.max(1) as u64);
            shown.set_position(progress.features);
        };
        demo::generate(&plan, &SOURCES, &mut emit, &mut told)
    });
    let written = write(store.as_ref(), made, &catalogue, &plan).await?;
    making.await.map_err(|_| DemoError::Unfinished)?.map_err(DemoError::from)?;
    bar.finish_and_clear();
    say(&format!(
        "{written} synthetic features (seed {}, scale {}) at revision {} of {}",
        plan.seed,
        plan.scale,
        store.head().await?,
        config.database
    ))
}

/// In whose name the city is made.
const ACTOR: &str = "demo";

/// How the reason of the last change set ends.
const WHOLE: &str = ", whole";

/// Whether nothing but a demo city was written, and not all of it.
async fn is_part(store: &dyn Store, head: Revision) -> Result<bool, StoreError> {
    /// A city of any scale has fewer change sets.
    const LOOKED_AT: u64 = 10_000;
    if head.0 > LOOKED_AT {
        return Ok(false);
    }
    let written = store.summaries(Revision::ZERO, head).await?;
    let is_demo = written.iter().all(|commit| commit.actor == ACTOR);
    Ok(is_demo && !written.iter().any(|commit| commit.reason.ends_with(WHOLE)))
}

async fn write(
    store: &dyn Store,
    mut made: mpsc::Receiver<Batch>,
    catalogue: &Catalogue,
    plan: &Plan,
) -> Result<usize, CliError> {
    let mut written = 0;
    let mut coming = made.recv().await;
    while let Some((mut drafts, intakes)) = coming {
        coming = made.recv().await;
        drafts.retain(|draft| catalogue.layer(&draft.layer).is_some());
        written += drafts.len();
        let end = if coming.is_none() { WHOLE } else { "" };
        store
            .append(ChangeSet {
                actor: ACTOR.to_owned(),
                reason: format!("demo city, seed {}, scale {}{end}", plan.seed, plan.scale),
                at: jiff::Timestamp::now(),
                operation: None,
                edits: drafts.into_iter().map(Edit::Create).collect(),
                intakes,
                claims: Claims::default(),
            })
            .await?;
    }
    Ok(written)
}
