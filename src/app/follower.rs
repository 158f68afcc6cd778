//! The one way into the index: what the log holds beyond the newest snapshot is applied to it.
//!
//! A write on this program, on another server of the same database, and a catch-up after the database
//! was away all come through here, so the index cannot drift from the store.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::App;
use crate::store::StoreError;

/// Changes taken from the log at a time: enough to catch up fast, few enough to show progress.
const CHANGES_AT_A_TIME: usize = 20_000;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Follows the log for as long as the app lives.
pub(super) fn spawn(app: Weak<App>) {
    tokio::spawn(async move {
        let mut pause = FIRST_PAUSE;
        while let Some(app) = app.upgrade() {
            match catch_up(&app).await {
                Ok(()) => {
                    if !app.following.swap(true, Ordering::Relaxed) {
                        tracing::info!(revision = app.snapshot().revision().0, "the log is followed again");
                    }
                    pause = FIRST_PAUSE;
                }
                Err(error) => {
                    if app.following.swap(false, Ordering::Relaxed) {
                        tracing::error!(error = %crate::error::chain(&error), "the log cannot be followed; trying again");
                    }
                    drop(app);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    });
}

/// Waits for news and applies all there is.
async fn catch_up(app: &Arc<App>) -> Result<(), StoreError> {
    app.store.wait_after(app.snapshot().revision()).await?;
    loop {
        let snapshot = app.snapshot();
        let commits = app.store.commits_after(snapshot.revision(), CHANGES_AT_A_TIME).await?;
        if commits.is_empty() {
            return Ok(());
        }
        let next = tokio::task::spawn_blocking(move || snapshot.apply(&commits))
            .await
            .map_err(|error| StoreError::Driver { doing: "applying commits to the index", source: Box::new(error) })?;
        app.publish(next);
    }
}
