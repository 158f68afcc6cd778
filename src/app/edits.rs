//! Editing: decide on the newest map, append, wait until it is shown; lost races are decided anew.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};
use xxhash_rust::xxh3::Xxh3;

use super::{App, SHOWN_WITHIN};
use crate::auth::Actor;
use crate::catalog::Catalogue;
use crate::domain::{
    Attempt, Change, ChangeKind, ChangeSet, ClaimedCode, Claims, Commit, Draft, Edit, Feature, FeatureId, Geometry,
    OperationId, Properties, Revision, Version,
};
use crate::edit::{
    Fault, Inspected, Line, NotUndone, Operation, Refusal, Verdict, decide, inspect, may_take_back, undo,
};
use crate::index::Snapshot;
use crate::store::StoreError;

/// How often a command that lost a race is decided anew.
const TRIES: usize = 8;

/// Corners that are looked at in less than it takes to hand them over.
const FEW_CORNERS: usize = 2_000;

/// How much longer is waited before each further try, milliseconds.
const PAUSE_MS: u64 = 10;

/// What is asked.
pub struct Command {
    /// What is asked of each feature.
    pub lines: Vec<Line>,
    /// Whether one refused line refuses them all.
    pub all_or_nothing: bool,
    /// Why, in the actor's words.
    pub reason: String,
    /// The client's name for it, if it may be sent again.
    pub operation: Option<OperationId>,
}

impl Command {
    /// It as it may be sent again.
    fn attempt(&self) -> Option<Attempt> {
        let asked = (&self.lines, self.all_or_nothing, &self.reason);
        self.operation.map(|id| Attempt { id, digest: digest_of(&asked) })
    }
}

/// A number that is the same for what is the same.
fn digest_of(asked: &impl fmt::Debug) -> u64 {
    struct Digest(Xxh3);
    impl fmt::Write for Digest {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.update(text.as_bytes());
            Ok(())
        }
    }
    let mut digest = Digest(Xxh3::new());
    // Writing into a digest cannot fail.
    let _ = write!(digest, "{asked:?}");
    digest.0.digest()
}

/// What became of a command.
#[derive(Debug)]
pub struct Edited {
    /// The revision that shows it; where nothing was to be done, the newest.
    pub revision: Revision,
    /// What became of each line.
    pub outcomes: Vec<Outcome>,
    /// Whether it had been done before, under the same operation id.
    pub is_replay: bool,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done.
    Done {
        /// The feature.
        feature: FeatureId,
        /// The version this made.
        version: Version,
        /// What is worth a look.
        warnings: Vec<Fault>,
    },
    /// There was nothing to do.
    Unchanged(FeatureId),
    /// It is refused.
    Refused(Refusal),
    /// It could be done, but another line of the command is refused.
    NotDone,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Lines are refused.
    #[error("lines of the command are refused")]
    Refused(Vec<Outcome>),
    /// The operation id was used for something else.
    #[error("the operation id was used for another command, which became revision {0}")]
    Reused(Revision),
    /// A revision is not taken back.
    #[error("the revision is not taken back")]
    NotUndone(NotUndone),
    /// There is no such revision.
    #[error("there is no revision {0}")]
    NoRevision(Revision),
    /// Others were faster each time.
    #[error("too many writers on the same features")]
    TooManyWriters,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Decides about a command and writes what it comes to. One that was applied before, under its
    /// operation id, is not decided again.
    pub async fn edit(&self, actor: &Actor, command: Command) -> Result<Edited, EditError> {
        let attempt = command.attempt();
        if let Some(revision) = self.applied(attempt).await? {
            return self.replay(revision, &command.lines).await;
        }
        for tried in 0..TRIES {
            let _turn = self.turn(tried).await;
            let map = self.snapshot();
            let standing = self.standing(&command.lines).await?;
            let verdicts = self.decided(&map, &standing, actor, &command.lines).await?;
            // What it meets may be what it wrote itself when it was sent before.
            if verdicts.iter().any(Result::is_err)
                && let Some(revision) = self.applied(attempt).await?
            {
                return self.replay(revision, &command.lines).await;
            }
            if command.all_or_nothing && verdicts.iter().any(Result::is_err) {
                return Err(EditError::Refused(verdicts.into_iter().map(refused).collect()));
            }
            let edits: Vec<Edit> = verdicts.iter().filter_map(|verdict| verdict.as_ref().ok()?.0.clone()).collect();
            if edits.is_empty() {
                let outcomes = outcomes(verdicts, &command.lines, Vec::new());
                return Ok(Edited { revision: self.revision(), outcomes, is_replay: false });
            }
            let claims = self.claims(map.revision(), &edits, &standing);
            match self.write(actor, command.reason.clone(), attempt, edits, claims).await {
                Ok((revision, made)) => {
                    let outcomes = outcomes(verdicts, &command.lines, made);
                    return Ok(Edited { revision, outcomes, is_replay: false });
                }
                Err(StoreError::AlreadyApplied { revision }) => {
                    let revision = self.applied(attempt).await?.unwrap_or(revision);
                    return self.replay(revision, &command.lines).await;
                }
                Err(error) => self.was_too_late(error).await?,
            }
        }
        Err(EditError::TooManyWriters)
    }

    /// A turn to write. All write side by side at first; who was too late once writes alone, so that nobody here is
    /// faster again, and a long change set comes through beside short ones.
    async fn turn(&self, tried: usize) -> Turn<'_> {
        // Other servers write, too: what they are at is let pass.
        tokio::time::sleep(Duration::from_millis(PAUSE_MS * tried as u64)).await;
        if tried == 0 { Turn::Beside(self.edit_turn.read().await) } else { Turn::Alone(self.edit_turn.write().await) }
    }

    /// Holds what stands in a layer against the rules, as of a day. Takes a while: not for an async thread.
    pub fn inspect(&self, map: &Snapshot, layer: usize, today: jiff::civil::Date) -> Vec<Inspected> {
        inspect(&self.rules, map, layer, today)
    }

    /// Decides about lines and writes nothing.
    pub async fn judge(&self, actor: &Actor, lines: &[Line]) -> Result<Vec<Verdict>, StoreError> {
        let standing = self.standing(lines).await?;
        self.decided(&self.snapshot(), &standing, actor, lines).await
    }

    /// Decides, away from the async threads where much is to be looked at, and then one command at a time: whether a
    /// large ring crosses itself takes seconds.
    async fn decided(
        &self,
        map: &Arc<Snapshot>,
        standing: &BTreeMap<FeatureId, Feature>,
        actor: &Actor,
        lines: &[Line],
    ) -> Result<Vec<Verdict>, StoreError> {
        if lines.iter().map(|line| line.operation.corners()).sum::<usize>() <= FEW_CORNERS {
            return Ok(decide(&self.rules, map, standing, actor, lines));
        }
        let (rules, map) = (Arc::clone(&self.rules), Arc::clone(map));
        let (standing, actor, lines) = (standing.clone(), actor.clone(), lines.to_vec());
        let _turn = self.heavy_turn.lock().await;
        let decided = tokio::task::spawn_blocking(move || decide(&rules, &map, &standing, &actor, &lines)).await;
        decided.map_err(|error| StoreError::Driver { doing: "judging edits", source: Box::new(error) })
    }

    /// Appends the inverse of a revision, if nothing of it has been changed since. One that was sent before, under its
    /// operation id, is not taken back again.
    pub async fn undo(
        &self,
        actor: &Actor,
        revision: Revision,
        operation: Option<OperationId>,
    ) -> Result<Edited, EditError> {
        let attempt = operation.map(|id| Attempt { id, digest: digest_of(&undo_of(revision)) });
        if let Some(became) = self.applied(attempt).await? {
            return self.replay_undo(became).await;
        }
        self.may_take_back(actor, revision).await?;
        let commit = self.commit_at(revision).await?.ok_or(EditError::NoRevision(revision))?;
        let ids: Vec<FeatureId> = commit.changes.iter().map(|change| change.feature).collect();
        let before = by_id(self.store.states(&ids, Revision(revision.0 - 1)).await?);
        for tried in 0..TRIES {
            let _turn = self.turn(tried).await;
            let map = self.snapshot();
            let now = by_id(self.store.states(&ids, NOW).await?);
            let edits = match undo(&self.rules, &map, actor, &commit, &before, &now) {
                Ok(edits) => edits,
                // What it meets may be what it wrote itself when it was sent before.
                Err(not_undone) => match self.applied(attempt).await? {
                    Some(became) => return self.replay_undo(became).await,
                    None => return Err(EditError::NotUndone(not_undone)),
                },
            };
            let claims = self.claims(map.revision(), &edits, &now);
            match self.write(actor, undo_of(revision), attempt, edits, claims).await {
                Ok((revision, made)) => {
                    let outcomes = made.into_iter().map(done).collect();
                    return Ok(Edited { revision, outcomes, is_replay: false });
                }
                Err(StoreError::AlreadyApplied { revision: became }) => {
                    let became = self.applied(attempt).await?.unwrap_or(became);
                    return self.replay_undo(became).await;
                }
                Err(error) => self.was_too_late(error).await?,
            }
        }
        Err(EditError::TooManyWriters)
    }

    /// Asks for the rights to take a revision back, before it is read. One of which the actor sees nothing is not there.
    async fn may_take_back(&self, actor: &Actor, revision: Revision) -> Result<(), EditError> {
        let before = Revision(revision.0.saturating_sub(1));
        let summary = self.store.summaries(before, revision).await?.into_iter().find(|one| one.revision == revision);
        let summary = summary.ok_or(EditError::NoRevision(revision))?;
        let denied = |denied| EditError::NotUndone(NotUndone::Refused(Refusal::Denied(denied)));
        may_take_back(&self.catalogue, actor, &summary.counts)
            .map_err(|why| why.map_or(EditError::NoRevision(revision), denied))
    }

    /// Waits until the map shows what another writer was faster with: whether that matters is decided on
    /// what they wrote. Other errors stay.
    async fn was_too_late(&self, error: StoreError) -> Result<(), StoreError> {
        match error {
            StoreError::Conflict { .. } => Ok(()),
            StoreError::Given { revision } => {
                self.until_shown(revision, SHOWN_WITHIN).await;
                Ok(())
            }
            error => Err(error),
        }
    }

    /// Appends edits; the revision, and for each edit the feature and the version it made.
    async fn write(
        &self,
        actor: &Actor,
        reason: String,
        operation: Option<Attempt>,
        edits: Vec<Edit>,
        claims: Claims,
    ) -> Result<(Revision, Vec<(FeatureId, Version)>), StoreError> {
        let versions: Vec<Version> = edits.iter().map(version_made).collect();
        let (actor, at, intakes) = (actor.name.clone(), Timestamp::now(), Vec::new());
        let committed = self.commit(ChangeSet { actor, reason, at, operation, edits, intakes, claims }).await?;
        Ok((committed.revision, committed.features.into_iter().zip(versions).collect()))
    }

    /// The codes that edits give and that their features do not have already.
    fn claims(&self, as_of: Revision, edits: &[Edit], standing: &BTreeMap<FeatureId, Feature>) -> Claims {
        let claimed = |edit: &Edit| {
            let (before, draft) = match edit {
                Edit::Create(draft) => (None, draft),
                Edit::Update { id, draft, .. } | Edit::Restore { id, draft, .. } => (standing.get(id), draft),
                Edit::Delete { .. } => return None,
            };
            let property = &self.catalogue.layer(&draft.layer)?.code.as_ref()?.property;
            let code_of = |draft: &Draft| Some(draft.properties.get(property)?.as_str()?.to_owned());
            let code =
                code_of(draft).filter(|code| before.and_then(|now| code_of(&now.content)).as_ref() != Some(code))?;
            Some(ClaimedCode { layer: draft.layer.clone(), property: property.clone(), code })
        };
        Claims { as_of, codes: edits.iter().filter_map(claimed).collect() }
    }

    /// A revision, whole; none when the log has none of this number.
    pub async fn commit_at(&self, revision: Revision) -> Result<Option<Commit>, StoreError> {
        let Some(before) = revision.0.checked_sub(1) else { return Ok(None) };
        let commits = self.store.commits_after(Revision(before), 1).await?;
        Ok(commits.into_iter().next().filter(|commit| commit.revision == revision))
    }

    /// The features that lines are about, as they stand.
    async fn standing(&self, lines: &[Line]) -> Result<BTreeMap<FeatureId, Feature>, StoreError> {
        let ids: Vec<FeatureId> = lines.iter().filter_map(|line| line.operation.feature()).collect();
        if let [id] = ids[..] {
            return Ok(by_id(self.store.feature(id).await?.into_iter().collect()));
        }
        Ok(by_id(self.store.states(&ids, NOW).await?))
    }

    /// The revision that an attempt became before; its name may not have been given to another command.
    async fn applied(&self, attempt: Option<Attempt>) -> Result<Option<Revision>, EditError> {
        let Some(attempt) = attempt else { return Ok(None) };
        match self.store.applied(attempt.id).await? {
            Some(applied) if !applied.is(attempt) => Err(EditError::Reused(applied.revision)),
            applied => Ok(applied.map(|applied| applied.revision)),
        }
    }

    /// What taking a revision back became when it was asked before.
    async fn replay_undo(&self, became: Revision) -> Result<Edited, EditError> {
        let changes = self.commit_at(became).await?.ok_or(EditError::Reused(became))?.changes.into_iter();
        let outcomes = changes.map(|change| done((change.feature, change.version))).collect();
        Ok(Edited { revision: became, outcomes, is_replay: true })
    }

    /// What a command became when it was sent before.
    async fn replay(&self, revision: Revision, lines: &[Line]) -> Result<Edited, EditError> {
        let commit = self.commit_at(revision).await?.ok_or(EditError::Reused(revision))?;
        let mut changes = commit.changes.into_iter().peekable();
        let outcomes = lines
            .iter()
            .map(|line| match changes.next_if(|change| came_from(&self.catalogue, line, change)) {
                Some(Change { feature, version, .. }) => Outcome::Done { feature, version, warnings: Vec::new() },
                None => line.operation.feature().map_or(Outcome::NotDone, Outcome::Unchanged),
            })
            .collect();
        if changes.next().is_some() {
            return Err(EditError::Reused(revision));
        }
        Ok(Edited { revision, outcomes, is_replay: true })
    }
}

/// The reason that is written of an undo.
fn undo_of(revision: Revision) -> String {
    format!("undo {revision}")
}

fn done((feature, version): (FeatureId, Version)) -> Outcome {
    Outcome::Done { feature, version, warnings: Vec::new() }
}

/// A turn to write; it ends when it is dropped.
enum Turn<'a> {
    Beside(#[expect(dead_code, reason = "held until it is dropped")] RwLockReadGuard<'a, ()>),
    Alone(#[expect(dead_code, reason = "held until it is dropped")] RwLockWriteGuard<'a, ()>),
}

/// Whether a change is what a line came to.
fn came_from(catalogue: &Catalogue, line: &Line, change: &Change) -> bool {
    let became = |geometry: &Geometry, properties: &Properties| {
        change.after.as_ref().is_some_and(|Feature { content, .. }| {
            let given = properties.iter().filter(|(_, value)| !value.is_null());
            // A code that none brought was given.
            let code = catalogue.layers[line.layer].code.as_ref().map(|rule| rule.property.as_str());
            let is_given = |name: &str| code != Some(name) || properties.get(name).is_some_and(|value| value != "");
            let own = content.properties.iter().filter(|(name, _)| is_given(name));
            let given = given.filter(|(name, _)| is_given(name));
            content.geometry.is_same_place(geometry) && own.eq(given)
        })
    };
    let is_it = line.operation.feature().is_none_or(|id| change.feature == id);
    is_it
        && change.layer == catalogue.layers[line.layer].id
        && match &line.operation {
            Operation::Create { geometry, properties } => {
                change.kind == ChangeKind::Created && became(geometry, properties)
            }
            Operation::Replace { geometry, properties, .. } => became(geometry, properties),
            // A patch that came through changes nothing any more.
            Operation::Patch { patch, .. } => change.after.as_ref().is_some_and(|Feature { content, .. }| {
                let (geometry, properties) = patch.apply(&content.geometry, &content.properties);
                became(&geometry, &properties)
            }),
            Operation::Delete { .. } => change.kind == ChangeKind::Deleted,
        }
}

/// A revision that no log reaches: features as they stand.
const NOW: Revision = Revision(i64::MAX as u64);

fn by_id(features: Vec<Feature>) -> BTreeMap<FeatureId, Feature> {
    features.into_iter().map(|feature| (feature.id, feature)).collect()
}

fn version_made(edit: &Edit) -> Version {
    match edit {
        Edit::Create(_) => Version::FIRST,
        Edit::Update { base, .. } | Edit::Restore { base, .. } | Edit::Delete { base, .. } => base.next(),
    }
}

fn refused(verdict: Verdict) -> Outcome {
    match verdict {
        Ok(_) => Outcome::NotDone,
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn outcomes(verdicts: Vec<Verdict>, lines: &[Line], made: Vec<(FeatureId, Version)>) -> Vec<Outcome> {
    let mut made = made.into_iter();
    let outcome = |(verdict, line): (Verdict, &Line)| match verdict {
        Err(refusal) => Outcome::Refused(refusal),
        Ok((None, _)) => line.operation.feature().map_or(Outcome::NotDone, Outcome::Unchanged),
        Ok((Some(_), warnings)) => match made.next() {
            Some((feature, version)) => Outcome::Done { feature, version, warnings },
            None => Outcome::NotDone,
        },
    };
    verdicts.into_iter().zip(lines).map(outcome).collect()
}
