//! Work that takes longer than an async thread may be held: done aside, so many at a time, and with
//! a queue that ends.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Problem;

/// Seats for work under way, and places to wait for one.
pub(super) struct Desk {
    seats: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Desk {
    /// A desk for `concurrent` works at a time, while `waiting` more may wait.
    pub(super) fn new(concurrent: usize, waiting: usize) -> Self {
        let seats = concurrent.clamp(1, Semaphore::MAX_PERMITS / 2);
        let places = seats + waiting.min(Semaphore::MAX_PERMITS / 2);
        Self { seats: Arc::new(Semaphore::new(seats)), places: Arc::new(Semaphore::new(places)) }
    }

    /// Does a work off the async threads, or says that there is too much to do. A client that goes
    /// away does not free its seat before its work has ended.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Problem::busy())?;
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(|_| Problem::busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, seat);
            work()
        });
        done.await.map_err(|error| Problem::internal(&error))
    }
}

/// Seats for work that nobody waits for: who finds none is turned away. Those who did not sign in have half of them, so
/// that they keep nobody else from theirs.
pub(super) struct Seats {
    all: Arc<Semaphore>,
    of_nobody: Arc<Semaphore>,
}

/// A seat; free again when it is let go.
pub(super) struct Seat {
    _held: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl Seats {
    /// So many, one at the least.
    pub(super) fn new(count: usize) -> Self {
        let of = |count: usize| Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)));
        Self { all: of(count), of_nobody: of(count / 2) }
    }

    /// Takes one, or says that there is too much to do.
    pub(super) fn take(&self, is_anonymous: bool) -> Result<Seat, Problem> {
        let one = |seats: &Arc<Semaphore>| Arc::clone(seats).try_acquire_owned().map_err(|_| Problem::busy());
        let shared = is_anonymous.then(|| one(&self.of_nobody)).transpose()?;
        Ok(Seat { _held: (one(&self.all)?, shared) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn nobody_takes_half_of_the_seats_and_leaves_the_others() {
        let seats = Seats::new(2);
        let first = seats.take(true).unwrap();
        assert!(seats.take(true).is_err());
        let second = seats.take(false).unwrap();
        assert!(seats.take(false).is_err());
        drop(first);
        seats.take(true).unwrap();
        drop(second);
    }

    #[tokio::test]
    async fn a_full_desk_turns_work_away_and_takes_it_again_later() {
        let desk = Arc::new(Desk::new(1, 1));
        let (release, held) = mpsc::channel::<()>();
        let busy = Arc::clone(&desk);
        let first = tokio::spawn(async move { busy.run(move || held.recv().is_ok()).await });
        while desk.seats.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let queue = Arc::clone(&desk);
        let second = tokio::spawn(async move { queue.run(|| 2).await });
        while desk.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(desk.run(|| 3).await.is_err(), "one works, one waits, the third is turned away");
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(desk.run(|| 3).await.unwrap(), 3);
    }
}
