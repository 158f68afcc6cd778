//! The map as of a moment: built from the newest by putting back what has changed since, kept while it
//! is asked for.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::future::Cache;
use tokio::sync::Semaphore;

use super::App;
use crate::domain::{FeatureId, Revision, Sight};
use crate::index::{Differing, Snapshot, between};
use crate::store::StoreError;

/// Maps of earlier times kept at a time, and parts of them that people see.
const MOST: u64 = 8;

/// How long one is kept that nobody asks for.
const KEPT_FOR: Duration = Duration::from_mins(2);

/// Maps that may be under way or waited for; more are turned away.
const WAITING: usize = 8;

/// Maps of earlier times.
pub(super) struct Past {
    whole: Cache<Revision, Arc<Snapshot>>,
    seen: Cache<(Revision, Arc<Sight>), Arc<Snapshot>>,
    compared: Cache<(Revision, Revision, Arc<Sight>), Arc<Comparison>>,
    /// One map is rewound at a time: it is a lot of work, and the newest map comes first.
    turn: Arc<Semaphore>,
    /// Those that are rewound or wait for it.
    places: Arc<Semaphore>,
}

/// Two maps, and what differs between them.
pub struct Comparison {
    /// The revision of the earlier map.
    pub from: Revision,
    /// The revision of the later map.
    pub to: Revision,
    /// The features that differ, in order of id.
    pub differing: Vec<Differing>,
}

/// Why there is no map of a moment.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// Too many are being rewound already.
    #[error("too many maps of earlier times are asked for at the moment")]
    Busy,
    /// The store failed, perhaps for several who waited for the same map.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// Rewinding ended without a map.
    #[error("the map could not be rewound")]
    Failed(#[from] tokio::task::JoinError),
}

impl From<StoreError> for PastError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl Past {
    pub(super) fn new() -> Self {
        Self {
            whole: Cache::builder().max_capacity(MOST).time_to_idle(KEPT_FOR).build(),
            seen: Cache::builder().max_capacity(2 * MOST).time_to_idle(KEPT_FOR).build(),
            compared: Cache::builder().max_capacity(MOST).time_to_idle(KEPT_FOR).build(),
            turn: Arc::new(Semaphore::new(1)),
            places: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl App {
    /// The map as of a moment, as far as a sight goes.
    pub async fn seen_at(&self, moment: Timestamp, sight: &Arc<Sight>) -> Result<Arc<Snapshot>, Arc<PastError>> {
        let revision = self.store.revision_at(moment).await.map_err(PastError::from)?;
        if revision >= self.revision() {
            return Ok(self.seen_by(sight).await);
        }
        let whole = self.past.whole.try_get_with(revision, self.rewind(revision)).await?;
        if sight.is_whole() {
            return Ok(whole);
        }
        let cutting = async {
            let sight = Arc::clone(sight);
            Ok(tokio::task::spawn_blocking(move || Arc::new(whole.seen_by(&sight))).await?)
        };
        self.past.seen.try_get_with((revision, Arc::clone(sight)), cutting).await
    }

    /// What differs between two maps as far as a sight goes; the later one is now where none is named. Two
    /// moments in the wrong order are put right.
    pub async fn compared(
        &self,
        from: Timestamp,
        to: Option<Timestamp>,
        sight: &Arc<Sight>,
    ) -> Result<Arc<Comparison>, Arc<PastError>> {
        let one = self.seen_at(from, sight).await?;
        let other = match to {
            Some(to) => self.seen_at(to, sight).await?,
            None => self.seen_by(sight).await,
        };
        let (before, after) = if one.revision() <= other.revision() { (one, other) } else { (other, one) };
        let key = (before.revision(), after.revision(), Arc::clone(sight));
        self.past.compared.try_get_with(key, self.compare(before, after)).await
    }

    async fn compare(&self, before: Arc<Snapshot>, after: Arc<Snapshot>) -> Result<Arc<Comparison>, PastError> {
        let place = Arc::clone(&self.past.places).try_acquire_owned().map_err(|_| PastError::Busy)?;
        let turn = Arc::clone(&self.past.turn).acquire_owned().await.map_err(|_| PastError::Busy)?;
        let (from, to) = (before.revision(), after.revision());
        let touched = self.store.touched(from, to).await?;
        let comparing = move || {
            let _held = (place, turn);
            let differing = between(&before, &after, touched.into_iter().map(|(id, _)| id)).collect();
            Arc::new(Comparison { from, to, differing })
        };
        Ok(tokio::task::spawn_blocking(comparing).await?)
    }

    async fn rewind(&self, revision: Revision) -> Result<Arc<Snapshot>, PastError> {
        let place = Arc::clone(&self.past.places).try_acquire_owned().map_err(|_| PastError::Busy)?;
        let turn = Arc::clone(&self.past.turn).acquire_owned().await.map_err(|_| PastError::Busy)?;
        let newest = self.snapshot();
        let touched = self.store.touched(revision, newest.revision()).await?;
        let ids: Vec<FeatureId> = touched.iter().map(|(id, _)| *id).collect();
        let states = self.store.states(&ids, revision).await?;
        let rewinding = move || {
            // Who goes away does not end the work, nor free its turn before.
            let _held = (place, turn);
            Arc::new(newest.rewound(revision, &touched, states))
        };
        Ok(tokio::task::spawn_blocking(rewinding).await?)
    }
}
