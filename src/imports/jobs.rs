//! Imports that this server has in hand: files that were sent, looked at, and are brought in.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use encoding_rs::Encoding;
use futures_util::FutureExt;
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{ImportError, Plan, Progress, Report, run};
use crate::app::App;
use crate::auth::Actor;
use crate::exchange::read::{ReadOptions, Source, SourceError};

/// How long a job is kept that nobody asks about.
const KEPT: Duration = Duration::from_hours(1);

/// Jobs of all accounts together.
const MOST: usize = 32;

/// Jobs of one account.
const MOST_OF_ONE: usize = 8;

/// Why a job cannot be made or run.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Too many are in hand.
    #[error("{MOST_OF_ONE} imports of this account, or {MOST} of all, are in hand already; let one go")]
    TooMany,
    /// It runs.
    #[error("this import is running; wait, or cancel it")]
    Running,
}

/// Where a job stands.
#[derive(Debug, Clone)]
pub enum State {
    /// The file is there and was looked at.
    Ready,
    /// It is brought in.
    Running {
        /// Since when.
        since: Instant,
        /// Whether nothing is written.
        is_dry: bool,
    },
    /// It has ended.
    Ended {
        /// What became of it.
        report: Arc<Report>,
        /// Why it ended early.
        error: Option<Arc<ImportError>>,
        /// How long it took.
        took: Duration,
        /// Whether nothing was written.
        is_dry: bool,
    },
}

/// A file that somebody sent for a layer.
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// The account that sent it.
    pub owner: String,
    /// The layer's position.
    pub layer: usize,
    /// The name that the file had.
    pub name: String,
    /// What is known of it.
    pub source: Source,
    file: NamedTempFile,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    progress: Arc<Progress>,
    asked: Instant,
}

impl Job {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it stands, and how far it has come.
    pub fn state(&self) -> (State, Arc<Progress>) {
        let mut inner = self.inner();
        inner.asked = Instant::now();
        (inner.state.clone(), Arc::clone(&inner.progress))
    }

    /// Asks it to end.
    pub fn cancel(&self) {
        self.inner().progress.cancel();
    }

    /// The same file with its text in another encoding.
    pub fn reopened(&self, encoding: &'static Encoding) -> Result<Source, SourceError> {
        let layer = self.source.layer();
        Source::open(self.file.path(), ReadOptions { encoding: Some(encoding), layer, ..ReadOptions::default() })
    }

    /// Brings it in, or only looks what would come of it, while others go on.
    pub fn start(self: &Arc<Self>, app: &Arc<App>, actor: Actor, source: Source, plan: Plan) -> Result<(), JobError> {
        let progress = Arc::new(Progress::of(&source));
        let since = Instant::now();
        let is_dry = plan.mode == super::Mode::DryRun;
        {
            let mut inner = self.inner();
            if matches!(inner.state, State::Running { .. }) {
                return Err(JobError::Running);
            }
            inner.state = State::Running { since, is_dry };
            inner.progress = Arc::clone(&progress);
        }
        let (job, app) = (Arc::clone(self), Arc::clone(app));
        let runtime = tokio::runtime::Handle::current();
        // Deciding takes longer than a thread that answers others may be held.
        tokio::task::spawn_blocking(move || {
            let running = AssertUnwindSafe(run(&app, &actor, &source, &plan, &progress)).catch_unwind();
            // Whatever happens, the job ends.
            let (report, outcome) = runtime
                .block_on(running)
                .unwrap_or_else(|_| (Report::default(), Err(SourceError::unreadable(source.format).into())));
            let error = outcome.err().map(Arc::new);
            let mut inner = job.inner();
            inner.state = State::Ended { report: Arc::new(report), error, took: since.elapsed(), is_dry };
            inner.asked = Instant::now();
        });
        Ok(())
    }

    /// When somebody last asked about it, of one that has ended.
    fn ended_and_asked(&self) -> Option<Instant> {
        let inner = self.inner();
        matches!(inner.state, State::Ended { .. }).then_some(inner.asked)
    }

    fn is_old(&self) -> bool {
        let inner = self.inner();
        !matches!(inner.state, State::Running { .. }) && inner.asked.elapsed() > KEPT
    }
}

/// All jobs in hand.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    jobs: HashMap<Uuid, Arc<Job>>,
    /// The accounts whose files are coming, one entry a file.
    coming: Vec<String>,
}

impl Held {
    /// Lets the jobs of an account go that have ended, those first about which nobody has asked for longest, until
    /// there is room for another.
    fn make_room(&mut self, owner: &str) {
        let own = |job: &&Arc<Job>| job.owner == owner;
        while self.jobs.values().filter(own).count() >= MOST_OF_ONE {
            let ended = self.jobs.values().filter(own).filter_map(|job| Some((job.ended_and_asked()?, job.id)));
            let Some((_, id)) = ended.min() else { return };
            self.jobs.remove(&id);
        }
    }
}

/// Room for a file that is coming; given back when it does not come.
pub struct Place {
    jobs: Jobs,
    owner: String,
}

impl Jobs {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for one more file of an account.
    pub fn place(&self, owner: &str) -> Result<Place, JobError> {
        let mut held = self.held();
        held.jobs.retain(|_, job| !job.is_old());
        held.make_room(owner);
        let of_one = held.jobs.values().filter(|job| job.owner == owner).count();
        let of_one = of_one + held.coming.iter().filter(|other| *other == owner).count();
        if of_one >= MOST_OF_ONE || held.jobs.len() + held.coming.len() >= MOST {
            return Err(JobError::TooMany);
        }
        held.coming.push(owner.to_owned());
        Ok(Place { jobs: self.clone(), owner: owner.to_owned() })
    }

    /// A job of an account.
    pub fn of(&self, owner: &str, id: Uuid) -> Option<Arc<Job>> {
        self.held().jobs.get(&id).filter(|job| job.owner == owner).cloned()
    }

    /// The jobs of an account.
    pub fn all_of(&self, owner: &str) -> Vec<Arc<Job>> {
        let mut own: Vec<_> = self.held().jobs.values().filter(|job| job.owner == owner).cloned().collect();
        own.sort_by_key(|job| job.id);
        own
    }

    /// Lets a job go; one that runs is asked to end.
    pub fn remove(&self, job: &Job) {
        job.cancel();
        self.held().jobs.remove(&job.id);
    }
}

impl Place {
    /// Takes the file that has come in hand: looks at it, or at one of its layers.
    pub fn fill(
        self,
        layer: usize,
        name: &str,
        file: NamedTempFile,
        source_layer: Option<String>,
    ) -> Result<Arc<Job>, JobError> {
        let source = Source::open(file.path(), ReadOptions { layer: source_layer, ..ReadOptions::default() })?;
        let inner = Inner { state: State::Ready, progress: Arc::default(), asked: Instant::now() };
        let name = Path::new(name).file_name().map(|name| name.to_string_lossy().chars().take(120).collect());
        let job = Arc::new(Job {
            id: Uuid::new_v4(),
            owner: self.owner.clone(),
            layer,
            name: name.unwrap_or_default(),
            source,
            file,
            inner: Mutex::new(inner),
        });
        self.jobs.held().jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.jobs.held();
        if let Some(at) = held.coming.iter().position(|owner| *owner == self.owner) {
            held.coming.swap_remove(at);
        }
    }
}
