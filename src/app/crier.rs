//! Telling thousands of listeners that the map has grown, a few at a time: woken all at once, they would stand
//! in line before whoever edits or reads meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::domain::Revision;

/// Groups of listeners. Of five thousand, eighty wake together.
const GROUPS: usize = 64;

/// How long others have their turn before the next group wakes; all have heard within a tenth of a second.
const TURN: Duration = Duration::from_millis(1);

/// Who calls out revisions.
pub(super) struct Crier {
    groups: Vec<watch::Sender<Revision>>,
    next: AtomicUsize,
}

impl Crier {
    pub(super) fn new(newest: Revision) -> Self {
        let groups = (0..GROUPS).map(|_| watch::channel(newest).0).collect();
        Self { groups, next: AtomicUsize::new(0) }
    }

    /// A place to hear of what is newest, in one of the groups.
    pub(super) fn subscribe(&self) -> watch::Receiver<Revision> {
        let group = self.next.fetch_add(1, Ordering::Relaxed) % GROUPS;
        self.groups[group].subscribe()
    }

    /// Calls out a revision, group by group.
    pub(super) async fn call(&self, newest: Revision) {
        for group in &self.groups {
            group.send_replace(newest);
            // Nobody waits for groups that nobody is in.
            if group.receiver_count() > 0 {
                tokio::time::sleep(TURN).await;
            }
        }
    }
}
