//! `platbook check`: proof that the log, the stored features, the index and the counts agree.

use std::sync::Arc;

use super::map::scan;
use super::{CliError, open_store, progress, read_catalogue, say};
use crate::catalog::Catalogue;
use crate::config::Config;
use crate::domain::Revision;
use crate::index::Snapshot;
use crate::store::{Store, StoreError};

/// Changes replayed at a time.
const AT_A_TIME: usize = 20_000;

/// How many differences are written out.
const SHOWN: usize = 20;

/// Checks the database that the configuration names; an error when anything disagrees.
pub(super) async fn check(config: &Config) -> Result<(), CliError> {
    let catalogue = read_catalogue(config)?;
    let store = open_store(config, false).await?;
    let mut faults = store.verify().await?;
    let scanned = scan(&catalogue, store.as_ref()).await?;
    let replayed = replay(&catalogue, store.as_ref(), scanned.revision()).await?;
    faults.extend(scanned.differences(&replayed).map(|fault| format!("features against the log: {fault}")));
    faults.extend(count_faults(&scanned, store.as_ref()).await?);
    for fault in faults.iter().take(SHOWN) {
        say(fault)?;
    }
    if faults.is_empty() {
        let features: u64 = (0..catalogue.layers.len()).map(|layer| scanned.count(layer)).sum();
        return say(&format!(
            "sound: {features} features of {} layers at revision {}; log, features, index and counts agree",
            catalogue.layers.len(),
            scanned.revision()
        ));
    }
    Err(CliError::Unsound { faults: faults.len() })
}

/// The map as the log gives it, change by change.
async fn replay(catalogue: &Arc<Catalogue>, store: &dyn Store, to: Revision) -> Result<Snapshot, StoreError> {
    let bar = progress::counter("replaying the log");
    let mut replayed = Snapshot::empty(Arc::clone(catalogue));
    while replayed.revision() < to {
        let mut commits = store.commits_after(replayed.revision(), AT_A_TIME).await?;
        commits.retain(|commit| commit.revision <= to);
        if commits.is_empty() {
            break;
        }
        bar.inc(commits.iter().map(|commit| commit.changes.len() as u64).sum());
        replayed = replayed.apply(&commits);
    }
    bar.finish_and_clear();
    Ok(replayed)
}

async fn count_faults(snapshot: &Snapshot, store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    for (layer, stored) in store.counts().await? {
        let Some(position) = snapshot.catalogue().position(&layer) else { continue };
        let indexed = snapshot.count(position);
        if indexed != stored {
            faults.push(format!("layer {layer}: {stored} features stored, {indexed} in the index"));
        }
    }
    Ok(faults)
}
