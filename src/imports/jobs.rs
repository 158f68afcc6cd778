//! Imports that this server has in hand: files that were sent, looked at, and are brought in.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
    /// Where it stands, and how many records are done with.
    pub fn state(&self) -> (State, u64) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.asked = Instant::now();
        (inner.state.clone(), inner.progress.read())
    }

    /// Asks it to end.
    pub fn cancel(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).progress.cancel();
    }

    /// The same file read in another way: another encoding, another layer of it.
    pub fn reopened(&self, options: ReadOptions) -> Result<Source, SourceError> {
        Source::open(self.file.path(), options)
    }

    /// Brings it in, or only looks what would come of it, while others go on.
    pub fn start(self: &Arc<Self>, app: &Arc<App>, actor: Actor, source: Source, plan: Plan) -> Result<(), JobError> {
        let progress = Arc::new(Progress::default());
        let since = Instant::now();
        let is_dry = plan.mode == super::Mode::DryRun;
        {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
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
            let (report, outcome) = runtime.block_on(run(&app, &actor, &source, &plan, &progress));
            let error = outcome.err().map(Arc::new);
            let mut inner = job.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.state = State::Ended { report: Arc::new(report), error, took: since.elapsed(), is_dry };
            inner.asked = Instant::now();
        });
        Ok(())
    }

    fn is_old(&self) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(inner.state, State::Running { .. }) && inner.asked.elapsed() > KEPT
    }
}

/// All jobs in hand.
#[derive(Default)]
pub struct Jobs(Mutex<HashMap<Uuid, Arc<Job>>>);

impl Jobs {
    /// Whether an account may send one more file.
    pub fn has_room(&self, owner: &str) -> bool {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| !job.is_old());
        jobs.len() < MOST && jobs.values().filter(|job| job.owner == owner).count() < MOST_OF_ONE
    }

    /// Takes a file in hand.
    pub fn add(&self, owner: &str, layer: usize, name: &str, file: NamedTempFile) -> Result<Arc<Job>, JobError> {
        let source = Source::open(file.path(), ReadOptions::default());
        // Of several layers in one file the first is shown until one is chosen.
        let source = match source {
            Err(SourceError::Several { names }) => {
                let layer = names.first().cloned();
                Source::open(file.path(), ReadOptions { layer, ..ReadOptions::default() })?
            }
            other => other?,
        };
        let inner = Inner { state: State::Ready, progress: Arc::default(), asked: Instant::now() };
        let name = Path::new(name).file_name().map(|name| name.to_string_lossy().chars().take(120).collect());
        let job = Arc::new(Job {
            id: Uuid::new_v4(),
            owner: owner.to_owned(),
            layer,
            name: name.unwrap_or_default(),
            source,
            file,
            inner: Mutex::new(inner),
        });
        if !self.has_room(owner) {
            return Err(JobError::TooMany);
        }
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.insert(job.id, Arc::clone(&job));
        Ok(job)
    }

    /// A job of an account.
    pub fn of(&self, owner: &str, id: Uuid) -> Option<Arc<Job>> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(&id).filter(|job| job.owner == owner).cloned()
    }

    /// The jobs of an account.
    pub fn all_of(&self, owner: &str) -> Vec<Arc<Job>> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own: Vec<_> = jobs.values().filter(|job| job.owner == owner).cloned().collect();
        own.sort_by_key(|job| job.id);
        own
    }

    /// Lets a job go; one that runs is asked to end.
    pub fn remove(&self, job: &Job) {
        job.cancel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.id);
    }
}
