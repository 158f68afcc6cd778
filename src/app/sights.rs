//! The map as different people see it, kept while it holds: one for each sight, not for each person.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use moka::future::Cache;
use tokio::sync::Mutex;

use super::App;
use crate::domain::Sight;
use crate::index::Snapshot;

/// Sights kept at a time; of more, those asked for least are made anew when they are asked for again.
const MOST: u64 = 64;

/// How long a part that nobody asks for is kept: it holds on to the whole map it was cut from.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// A part of the map, and the whole it was cut from.
struct Cut {
    whole: Arc<Snapshot>,
    seen: Arc<Snapshot>,
}

/// The newest part of one sight. Readers take it without a lock; making it anew takes turns.
#[derive(Default)]
struct Part {
    newest: ArcSwapOption<Cut>,
    making: Mutex<()>,
}

impl Part {
    /// What was cut from a map, if it was.
    fn of(&self, whole: &Arc<Snapshot>) -> Option<Arc<Snapshot>> {
        let cut = self.newest.load();
        cut.as_ref().filter(|cut| Arc::ptr_eq(&cut.whole, whole)).map(|cut| Arc::clone(&cut.seen))
    }
}

/// The parts of the map that people see.
pub(super) struct Sights {
    parts: Cache<Arc<Sight>, Arc<Part>>,
}

impl Sights {
    pub(super) fn new() -> Self {
        Self { parts: Cache::builder().max_capacity(MOST).time_to_idle(KEPT_FOR).build() }
    }
}

impl App {
    /// The newest map as far as a sight goes. Of the last one of the same sight everything is kept but
    /// the layers that have changed since; however many ask at once, it is made once.
    pub async fn seen_by(&self, sight: &Arc<Sight>) -> Arc<Snapshot> {
        if sight.is_whole() {
            return self.snapshot();
        }
        let part = self.sights.parts.get_with_by_ref(sight, async { Arc::default() }).await;
        if let Some(seen) = part.of(&self.snapshot()) {
            return seen;
        }
        let _turn = part.making.lock().await;
        let whole = self.snapshot();
        if let Some(seen) = part.of(&whole) {
            return seen;
        }
        let before = part.newest.load_full();
        let (newest, sight) = (Arc::clone(&whole), Arc::clone(sight));
        let cutting = move || match before {
            Some(before) => newest.seen_since(&before.whole, &before.seen),
            None => newest.seen_by(&sight),
        };
        let seen = match tokio::task::spawn_blocking(cutting).await {
            Ok(seen) => Arc::new(seen),
            // Only a fault in the cutting itself ends there; the request that met it fails with it.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        part.newest.store(Some(Arc::new(Cut { whole, seen: Arc::clone(&seen) })));
        seen
    }
}
