//! The map as of a moment: built from the newest by putting back what has changed since, kept while it
//! is asked for.

use std::sync::Arc;

use jiff::Timestamp;
use moka::future::Cache;
use tokio::sync::Semaphore;

use super::App;
use crate::domain::{FeatureId, Revision, Sight};
use crate::index::Snapshot;
use crate::store::StoreError;

/// Maps of earlier times kept at a time, and parts of them that people see.
const MOST: u64 = 8;

/// Maps of earlier times.
pub(super) struct Past {
    whole: Cache<Revision, Arc<Snapshot>>,
    seen: Cache<(Revision, Arc<Sight>), Arc<Snapshot>>,
    /// One map is rewound at a time: it is a lot of work, and the newest map comes first.
    turn: Semaphore,
}

impl Past {
    pub(super) fn new() -> Self {
        Self { whole: Cache::new(MOST), seen: Cache::new(2 * MOST), turn: Semaphore::new(1) }
    }
}

impl App {
    /// The map as of a moment, as far as a sight goes.
    pub async fn seen_at(&self, moment: Timestamp, sight: &Arc<Sight>) -> Result<Arc<Snapshot>, StoreError> {
        let revision = self.store.revision_at(moment).await?;
        if revision >= self.revision() {
            return Ok(self.seen_by(sight).await);
        }
        let whole = self.past.whole.try_get_with(revision, self.rewind(revision)).await.map_err(again)?;
        if sight.is_whole() {
            return Ok(whole);
        }
        let cutting = async {
            let sight = Arc::clone(sight);
            let cut = tokio::task::spawn_blocking(move || Arc::new(whole.seen_by(&sight))).await;
            cut.map_err(|error| StoreError::Driver { doing: "cutting a map", source: Box::new(error) })
        };
        self.past.seen.try_get_with((revision, Arc::clone(sight)), cutting).await.map_err(again)
    }

    async fn rewind(&self, revision: Revision) -> Result<Arc<Snapshot>, StoreError> {
        let turn = self.past.turn.acquire().await;
        let _turn = turn.map_err(|error| StoreError::Driver { doing: "rewinding the map", source: Box::new(error) })?;
        let newest = self.snapshot();
        let touched = self.store.touched(revision, newest.revision()).await?;
        let ids: Vec<FeatureId> = touched.iter().map(|(id, _)| *id).collect();
        let states = self.store.states(&ids, revision).await?;
        let rewinding = move || Arc::new(newest.rewound(revision, &touched, states));
        let rewound = tokio::task::spawn_blocking(rewinding).await;
        rewound.map_err(|error| StoreError::Driver { doing: "rewinding the map", source: Box::new(error) })
    }
}

/// The error of a work that several waited for.
fn again(error: Arc<StoreError>) -> StoreError {
    StoreError::Driver { doing: "building the map of an earlier time", source: Box::new(error) }
}
