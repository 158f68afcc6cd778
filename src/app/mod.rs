//! The running program: store, follower, newest snapshot, tile cache, and the one way to write.

use std::sync::Arc;

use crate::catalog::Catalogue;
use crate::domain::ChangeSet;
use crate::index::Snapshot;
use crate::store::{Committed, Store, StoreError};

/// Everything a request or a command needs.
pub struct App {
    /// What is declared.
    pub catalogue: Arc<Catalogue>,
    /// The log.
    pub store: Arc<dyn Store>,
}

impl App {
    /// Reads the store and starts following its log.
    pub async fn start(_catalogue: Arc<Catalogue>, _store: Arc<dyn Store>) -> Result<Arc<Self>, StoreError> {
        unimplemented!()
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        unimplemented!()
    }

    /// Appends a change set and returns once this program's snapshot shows it.
    pub async fn commit(&self, _change_set: ChangeSet) -> Result<Committed, StoreError> {
        unimplemented!()
    }

    /// Whether the log is followed: false when the store has not answered for a while.
    pub fn is_ready(&self) -> bool {
        unimplemented!()
    }
}
