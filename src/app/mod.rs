//! The running program: store, follower, newest snapshot, tile cache, and the one way to write.

mod crier;
pub mod edits;
pub mod feed;
mod follower;
pub mod members;
pub mod password;
pub mod past;
mod sights;
mod tile_cache;
pub mod told;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, RwLock, watch};
use uuid::Uuid;

pub use tile_cache::{Chosen, Encoding, LayerSet, Shown, Tile, TileCache, TileError, TileLimits};

use crate::catalog::Catalogue;
use crate::domain::{ChangeSet, Edit, Revision};
use crate::edit::{Rules, assign_village};
use crate::index::{Builder, IntakeSum, Snapshot};
use crate::store::{Committed, Store, StoreError};

/// How long a write waits for this program's own snapshot to show it.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);

/// Everything a request or a command needs.
pub struct App {
    /// What is declared.
    pub catalogue: Arc<Catalogue>,
    /// The log.
    pub store: Arc<dyn Store>,
    /// Tiles already drawn.
    pub tiles: TileCache,
    /// The number of the database, so that answers of two databases are never taken for one.
    pub identity: Uuid,
    past: past::Past,
    feed: feed::Feed,
    stop: watch::Sender<bool>,
    rules: Arc<Rules>,
    newest: ArcSwap<Snapshot>,
    sights: sights::Sights,
    shown: watch::Sender<Revision>,
    crier: crier::Crier,
    following: AtomicBool,
    edit_turn: RwLock<()>,
    heavy_turn: Mutex<()>,
}

impl App {
    /// Reads the store and starts following its log. `progress` is told the number of features read.
    pub async fn start(
        catalogue: Arc<Catalogue>,
        store: Arc<dyn Store>,
        limits: TileLimits,
        progress: impl Fn(u64) + Send + Sync,
    ) -> Result<Arc<Self>, StoreError> {
        let rules = Rules::of(&catalogue)
            .map(Arc::new)
            .map_err(|error| StoreError::Driver { doing: "reading the catalogue's schemas", source: error.into() })?;
        let identity = store.identity().await?;
        let snapshot = read_store(&catalogue, store.as_ref(), progress).await?;
        let (shown, _) = watch::channel(snapshot.revision());
        let crier = crier::Crier::new(snapshot.revision());
        let app = Arc::new(Self {
            catalogue,
            store,
            tiles: TileCache::new(limits),
            identity,
            past: past::Past::new(),
            feed: feed::Feed::new(),
            stop: watch::channel(false).0,
            rules,
            newest: ArcSwap::from_pointee(snapshot),
            sights: sights::Sights::new(),
            shown,
            crier,
            following: AtomicBool::new(true),
            edit_turn: RwLock::default(),
            heavy_turn: Mutex::default(),
        });
        follower::spawn(Arc::downgrade(&app));
        spawn_crier(Arc::downgrade(&app), app.shown.subscribe());
        Ok(app)
    }

    /// The newest map, whole. What is answered to somebody comes from [`App::seen_by`].
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.newest.load_full()
    }

    /// The revision of the newest map.
    pub fn revision(&self) -> Revision {
        self.newest.load().revision()
    }

    /// Appends a change set and returns once this program's snapshot shows it. Drafts without a
    /// village are given theirs.
    pub async fn commit(&self, mut change_set: ChangeSet) -> Result<Committed, StoreError> {
        let snapshot = self.snapshot();
        for edit in &mut change_set.edits {
            if let Edit::Create(draft) | Edit::Update { draft, .. } | Edit::Restore { draft, .. } = edit {
                draft.village = assign_village(&snapshot, draft);
            }
        }
        let committed = self.store.append(change_set).await?;
        self.until_shown(committed.revision, SHOWN_WITHIN).await;
        Ok(committed)
    }

    /// Waits until the snapshot has reached a revision; false when the time runs out first.
    pub async fn until_shown(&self, revision: Revision, at_most: Duration) -> bool {
        let mut shown = self.shown.subscribe();
        let reached = shown.wait_for(|newest| *newest >= revision);
        tokio::time::timeout(at_most, reached).await.is_ok_and(|result| result.is_ok())
    }

    /// Tells everything that would go on for ever to end: the server is to stop.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Ends when the server is to stop.
    pub async fn stopping(&self) {
        let mut stop = self.stop.subscribe();
        // Without a sender there is no app any more.
        drop(stop.wait_for(|stop| *stop).await);
    }

    /// Whether the log is followed: false while the store does not answer.
    pub fn is_ready(&self) -> bool {
        self.following.load(Ordering::Relaxed)
    }

    fn publish(&self, snapshot: Snapshot) {
        let revision = snapshot.revision();
        self.newest.store(Arc::new(snapshot));
        self.shown.send_replace(revision);
    }
}

/// Calls out the newest revision for as long as there is a program.
fn spawn_crier(app: Weak<App>, mut shown: watch::Receiver<Revision>) {
    tokio::spawn(async move {
        while shown.changed().await.is_ok() {
            let newest = *shown.borrow_and_update();
            let Some(app) = app.upgrade() else { return };
            app.crier.call(newest).await;
        }
    });
}

/// Builds the first snapshot; the store is read while earlier batches are packed.
async fn read_store(
    catalogue: &Arc<Catalogue>,
    store: &dyn Store,
    progress: impl Fn(u64) + Send + Sync,
) -> Result<Snapshot, StoreError> {
    const BATCHES_IN_FLIGHT: usize = 1;
    let (batches, received) = std::sync::mpsc::sync_channel(BATCHES_IN_FLIGHT);
    let declared = Arc::clone(catalogue);
    let packing = tokio::task::spawn_blocking(move || {
        let mut builder = Builder::new(declared);
        for batch in received {
            builder.add(batch);
        }
        builder
    });
    let mut read = 0;
    let revision = store
        .scan(&mut |batch| {
            read += batch.len() as u64;
            progress(read);
            batches.send(batch).is_ok()
        })
        .await?;
    drop(batches);
    let joined = |error| StoreError::Driver { doing: "building the index", source: Box::new(error) };
    let builder = packing.await.map_err(joined)?;
    let mut snapshot = tokio::task::spawn_blocking(move || builder.finish(revision)).await.map_err(joined)?;
    for total in store.intake_totals().await? {
        if let Some(layer) = catalogue.position(&total.layer) {
            let sum = IntakeSum { collected: total.collected, governed: total.governed, last: total.last };
            snapshot.set_intake(layer, sum);
        }
    }
    Ok(snapshot)
}
