//! Bringing the records of a file into a layer: which column is which property, what is wrong with which line, and the
//! edits that it comes to.
//!
//! Every record goes through the one decision point, as if somebody had typed it in. Features are known by their code:
//! one that is on the map is updated with the values that the file has, any other is created. So an import can be
//! repeated, and one that was broken off is completed by running it again.

mod jobs;
mod mapping;
mod reading;
mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::edits::{Command, EditError, Outcome};
use crate::auth::Actor;
use crate::domain::AccountName;
use crate::edit::{Line, Refusal};
use crate::exchange::read::{Extent, Source, SourceCrs, SourceError};
use crate::geodesy::crs::Crs;
use crate::store::StoreError;

pub use jobs::{Job, JobError, Jobs, Place, State};
pub use mapping::{Mapping, Target, UnknownTarget};
pub use report::{Finding, Report, Severity};

use reading::{Part, Reading};

/// Records that are decided about together, and written in one change set unless all are.
const TOGETHER: usize = 5_000;

/// Records that can be one change set at the most: it is held in memory until it is written.
pub const MOST_ATOMIC: usize = 200_000;

/// What is written of a file, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nothing; the report tells what would become of it.
    DryRun,
    /// All of it in one change set, or nothing.
    Atomic,
    /// What can be, a change set after the other.
    Batches,
}

/// How a file is brought in.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The layer's position.
    pub layer: usize,
    /// Which column is which property.
    pub mapping: Mapping,
    /// The system of the coordinates.
    pub crs: SourceCrs,
    /// What is written.
    pub mode: Mode,
    /// Why, in the actor's words.
    pub reason: String,
}

/// How far an import has come; read by others while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
    cancelled: AtomicBool,
    count: Option<u64>,
    extent: Extent,
}

impl Progress {
    /// That of a source whose reading begins.
    pub fn of(source: &Source) -> Self {
        Self { count: source.count, extent: source.extent(), ..Self::default() }
    }

    /// The part that is done, 0 to 1: of the records where the file says how many it has, else of its bytes, which are
    /// read a little ahead; none: nobody knows.
    pub fn part(&self) -> Option<f64> {
        let of_records = self.count.filter(|count| *count > 0).map(|count| self.read() as f64 / count as f64);
        of_records.or_else(|| self.extent.part())
    }

    /// Records that are done with.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Asks the import to end; what is written stays.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Why an import ended before its file did.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read on.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Too much for one change set.
    #[error("more than {MOST_ATOMIC} records are too many for one change set; import in batches")]
    TooManyAtOnce,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account that imports has been shut out.
    #[error("the account that imports has been shut out")]
    ShutOut,
    /// Somebody wanted it to end.
    #[error("the import was cancelled")]
    Cancelled,
}

/// The system of a source's coordinates: the one it names, or the one that the numbers in its columns look like.
pub fn guess_crs(source: &Source, mapping: &Mapping) -> Option<SourceCrs> {
    let number = |target: &Target| {
        let column = mapping.column(target)?;
        let column = source.columns.iter().find(|known| known.name == column)?;
        column.examples.first()?.parse::<f64>().ok()
    };
    let looks_like = || SourceCrs::looks_like(number(&Target::X)?, number(&Target::Y)?);
    // A table without coordinates has none of any system.
    let has_xy = mapping.column(&Target::X).is_some() && mapping.column(&Target::Y).is_some();
    let else_degrees = || (!has_xy && !source.has_geometry).then_some(SourceCrs::Known(Crs::Epsg4490));
    source.crs.or_else(looks_like).or_else(else_degrees)
}

/// Runs an import to its end, or to what stops it: the report tells what was done until then.
pub async fn run(
    app: &Arc<App>,
    actor: &Actor,
    source: &Source,
    plan: &Plan,
    progress: &Arc<Progress>,
) -> (Report, Result<(), ImportError>) {
    let mut import = Import { app, actor, plan, report: Report::default(), numbers: Vec::new(), lines: Vec::new() };
    let outcome = import.run(source, progress).await;
    (import.report, outcome)
}

struct Import<'a> {
    app: &'a Arc<App>,
    actor: &'a Actor,
    plan: &'a Plan,
    report: Report,
    /// Where the lines of the command stand in the file.
    numbers: Vec<u64>,
    lines: Vec<Line>,
}

impl Import<'_> {
    async fn run(&mut self, source: &Source, progress: &Arc<Progress>) -> Result<(), ImportError> {
        let mut chunks = Reading::start(Arc::clone(self.app), source.clone(), self.plan.clone(), TOGETHER)?;
        loop {
            // Whoever reads says when the file has ended; who says nothing has failed.
            let part = chunks.recv().await.ok_or_else(|| SourceError::unreadable(source.format))?;
            let Part::Chunk(chunk) = part? else { break };
            if progress.is_cancelled() {
                return Err(ImportError::Cancelled);
            }
            self.still_may().await?;
            let read = chunk.len() as u64;
            for (number, line) in chunk {
                match line {
                    Ok(line) => {
                        self.numbers.push(number);
                        self.lines.push(line);
                    }
                    Err(findings) => self.report.refuse(findings),
                }
            }
            self.report.read += read;
            match self.plan.mode {
                Mode::DryRun => self.judge().await?,
                Mode::Batches => self.write(false).await?,
                Mode::Atomic if self.lines.len() > MOST_ATOMIC => return Err(ImportError::TooManyAtOnce),
                Mode::Atomic => {}
            }
            progress.read.fetch_add(read, Ordering::Relaxed);
        }
        match self.plan.mode {
            // What could not be read refuses all the rest, too: it is judged for its faults, and none of it is done.
            Mode::Atomic if self.report.refused > 0 => {
                self.judge().await?;
                self.report.nothing_done();
                Ok(())
            }
            Mode::Atomic if progress.is_cancelled() => Err(ImportError::Cancelled),
            Mode::Atomic => self.write(true).await,
            _ => Ok(()),
        }
    }

    fn hides_counts(&self) -> bool {
        self.app.snapshot().layer(self.plan.layer).keys().hides_counts()
    }

    /// Refuses to go on for an account that has been shut out meanwhile.
    async fn still_may(&self) -> Result<(), ImportError> {
        // Whoever runs the program itself has no account.
        let Ok(name) = self.actor.name.parse::<AccountName>() else { return Ok(()) };
        match self.app.store.accounts().account(&name).await? {
            Some(account) if account.disabled => Err(ImportError::ShutOut),
            _ => Ok(()),
        }
    }

    /// Decides, and writes nothing.
    async fn judge(&mut self) -> Result<(), ImportError> {
        let lines = std::mem::take(&mut self.lines);
        let verdicts = self.app.judge(self.actor, &lines).await?;
        let hides_counts = self.hides_counts();
        for ((number, line), verdict) in self.numbers.drain(..).zip(&lines).zip(verdicts) {
            match verdict {
                Ok((edit, warnings)) => {
                    let is_new = line.operation.feature().is_none();
                    // Whether a hidden count is the same would tell it.
                    let told = edit.is_some() || hides_counts;
                    self.report.accept(&self.plan.mapping, number, told.then_some(is_new), warnings);
                }
                Err(refusal) => self.report.refuse(findings(&self.plan.mapping, number, refusal)),
            }
        }
        Ok(())
    }

    /// Decides and writes what it comes to.
    async fn write(&mut self, all_or_nothing: bool) -> Result<(), ImportError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        let is_new: Vec<bool> = lines.iter().map(|line| line.operation.feature().is_none()).collect();
        let command = Command { lines, all_or_nothing, reason: self.plan.reason.clone(), operation: None };
        let outcomes = match self.app.edit(self.actor, command).await {
            Ok(edited) => {
                self.report.revision = Some(edited.revision);
                edited.outcomes
            }
            Err(EditError::Refused(outcomes)) => outcomes,
            Err(EditError::Store(error)) => return Err(error.into()),
            // Nothing else is said of a command without a name.
            Err(other) => return Err(StoreError::Unavailable { source: other.into() }.into()),
        };
        let hides_counts = self.hides_counts();
        for ((number, is_new), outcome) in self.numbers.drain(..).zip(is_new).zip(outcomes) {
            let mapping = &self.plan.mapping;
            match outcome {
                Outcome::Done { warnings, .. } => self.report.accept(mapping, number, Some(is_new), warnings),
                Outcome::Unchanged(_) => self.report.accept(mapping, number, hides_counts.then_some(false), Vec::new()),
                Outcome::Refused(refusal) => self.report.refuse(findings(mapping, number, refusal)),
                Outcome::NotDone => self.report.not_done += 1,
            }
        }
        Ok(())
    }
}

/// What a refusal says of a line of the file.
fn findings(mapping: &Mapping, number: u64, refusal: Refusal) -> Vec<Finding> {
    let one = |rule: &'static str, zh: String, en: String| {
        vec![Finding { line: number, severity: Severity::Fault, rule, column: None, value: None, zh, en }]
    };
    match refusal {
        Refusal::Faulty(faults) => {
            faults.into_iter().map(|fault| Finding::of(mapping, number, Severity::Fault, fault)).collect()
        }
        Refusal::Denied(denied) => one("access.denied", denied.in_chinese(), denied.to_string()),
        Refusal::Twice { .. } => {
            let zh = "本文件前面已有同一编码的行。".to_owned();
            one("code.twice", zh, "an earlier line of this file has the same code".to_owned())
        }
        Refusal::Missing(_) => {
            let zh = "该编码属于本账号看不到的要素，或要素刚被删除；请核对编码。".to_owned();
            let en = "the code is that of a feature that this account does not see, or that was deleted meanwhile";
            one("code.taken", zh, en.to_owned())
        }
        Refusal::BaseNeeded | Refusal::Stale { .. } => {
            let zh = "该要素在导入时被他人改动；请再导入一次。".to_owned();
            one("feature.changed", zh, "somebody changed this feature meanwhile; import it again".to_owned())
        }
    }
}
