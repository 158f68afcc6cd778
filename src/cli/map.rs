//! The map as the stored features give it, for commands that need it once.

use std::sync::Arc;

use super::progress;
use crate::catalog::Catalogue;
use crate::index::{Builder, Snapshot};
use crate::store::{Store, StoreError};

/// Reads every stored feature into a snapshot.
pub(super) async fn scan(catalogue: &Arc<Catalogue>, store: &dyn Store) -> Result<Snapshot, StoreError> {
    let bar = progress::counter("reading features");
    let mut builder = Builder::new(Arc::clone(catalogue));
    let revision = store
        .scan(&mut |batch| {
            bar.inc(batch.len() as u64);
            builder.add(batch);
            true
        })
        .await?;
    bar.finish_and_clear();
    Ok(builder.finish(revision))
}
