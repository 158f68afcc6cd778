//! Codes that commands under way give: two of them may not give the same, and neither is on the map yet.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::store::StoreError;

/// How long a command waits for another that gives the same code.
const FREE_WITHIN: Duration = Duration::from_secs(10);

/// A code, and the position of its layer.
pub(super) type Code = (usize, String);

/// Codes that commands under way give.
#[derive(Default)]
pub(super) struct Codes {
    taken: Mutex<HashSet<Code>>,
    freed: Notify,
}

/// Codes that are given by one command; free again when it is dropped.
pub(super) struct Reserved<'a> {
    codes: &'a Codes,
    own: HashSet<Code>,
}

impl Codes {
    /// Takes codes as soon as no other command has any of them.
    pub(super) async fn reserve(&self, own: impl Iterator<Item = Code>) -> Result<Reserved<'_>, StoreError> {
        let own: HashSet<Code> = own.collect();
        let waiting = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                // What is freed between the look and the wait is heard of.
                freed.as_mut().enable();
                if self.take(&own) {
                    return;
                }
                freed.await;
            }
        };
        let waited = tokio::time::timeout(FREE_WITHIN, waiting).await;
        let held = |_| StoreError::Unavailable { source: "another command with the same code takes too long".into() };
        waited.map_err(held)?;
        Ok(Reserved { codes: self, own })
    }

    fn locked(&self) -> MutexGuard<'_, HashSet<Code>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all of the codes, or none.
    fn take(&self, own: &HashSet<Code>) -> bool {
        let mut taken = self.locked();
        let is_free = taken.is_disjoint(own);
        if is_free {
            taken.extend(own.iter().cloned());
        }
        is_free
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if self.own.is_empty() {
            return;
        }
        self.codes.locked().retain(|code| !self.own.contains(code));
        self.codes.freed.notify_waiters();
    }
}
