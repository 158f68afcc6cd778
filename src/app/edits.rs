//! Editing: decide on the newest map, append, wait until it is shown; lost races are decided anew.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::App;
use crate::auth::Actor;
use crate::domain::{ChangeKind, ChangeSet, Commit, Edit, Feature, FeatureId, OperationId, Revision, Version};
use crate::edit::{Decision, Fault, Line, Operation, Refusal, Undone, decide, undo};
use crate::store::StoreError;

/// How often a command that lost a race is decided anew.
const TRIES: usize = 5;

/// How long a command waits for another that gives the same code.
const CODE_FREE_WITHIN: Duration = Duration::from_secs(10);

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
    /// Of a revision to undo: features have been changed since, with the version each is at now.
    #[error("features have been changed since")]
    ChangedSince(Vec<(FeatureId, Option<Version>)>),
    /// There is no such revision.
    #[error("there is no revision {0}")]
    NoRevision(Revision),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Decides about a command and writes what it comes to.
    pub async fn edit(&self, actor: &Actor, command: Command) -> Result<Edited, EditError> {
        let _codes = self.codes.reserve(self.codes_of(&command.lines)).await?;
        for _ in 0..TRIES {
            let standing = self.standing(&command.lines).await?;
            let decision = decide(&self.rules, &self.snapshot(), &standing, actor, &command.lines);
            if command.all_or_nothing && !decision.refused().is_empty() {
                return Err(EditError::Refused(refused(decision)));
            }
            let edits = decision.edits();
            if edits.is_empty() {
                let outcomes = outcomes(decision, &command.lines, &[]);
                return Ok(Edited { revision: self.revision(), outcomes, is_replay: false });
            }
            let versions: Vec<Version> = edits.iter().map(|(_, edit)| version_made(edit)).collect();
            let change_set = ChangeSet {
                actor: actor.name.clone(),
                reason: command.reason.clone(),
                at: Timestamp::now(),
                operation: command.operation,
                edits: edits.into_iter().map(|(_, edit)| edit).collect(),
                intakes: Vec::new(),
            };
            match self.commit(change_set).await {
                Ok(committed) => {
                    let made: Vec<_> = committed.features.into_iter().zip(versions).collect();
                    let outcomes = outcomes(decision, &command.lines, &made);
                    return Ok(Edited { revision: committed.revision, outcomes, is_replay: false });
                }
                // Somebody else was faster: whether that matters is decided on what they wrote.
                Err(StoreError::Conflict { .. }) => {}
                Err(StoreError::AlreadyApplied { revision }) => return self.replay(revision, &command.lines).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable { source: "too many writers on the same features".into() }.into())
    }

    /// Appends the inverse of a revision, if nothing of it has been changed since. `allow` decides about
    /// the edits it comes to.
    pub async fn undo(
        &self,
        actor: &Actor,
        revision: Revision,
        allow: impl Fn(&[Edit], &BTreeMap<FeatureId, Feature>) -> Result<(), Refusal>,
    ) -> Result<Edited, EditError> {
        let commit = self.commit_at(revision).await?.ok_or(EditError::NoRevision(revision))?;
        let ids: Vec<FeatureId> = commit.changes.iter().map(|change| change.feature).collect();
        let before = by_id(self.store.states(&ids, Revision(revision.0 - 1)).await?);
        let now = by_id(self.store.states(&ids, NOW).await?);
        let edits = match undo(&commit, &before, &now) {
            Undone::Edits(edits) => edits,
            Undone::ChangedSince(changed) => return Err(EditError::ChangedSince(changed)),
        };
        allow(&edits, &now).map_err(|refusal| EditError::Refused(vec![Outcome::Refused(refusal)]))?;
        let versions: Vec<Version> = edits.iter().map(version_made).collect();
        let change_set = ChangeSet {
            actor: actor.name.clone(),
            reason: format!("undo {revision}"),
            at: Timestamp::now(),
            operation: None,
            edits,
            intakes: Vec::new(),
        };
        let committed = match self.commit(change_set).await {
            Ok(committed) => committed,
            Err(StoreError::Conflict { feature, current, .. }) => {
                let version = current.map(|current| current.version);
                return Err(EditError::ChangedSince(vec![(feature, version)]));
            }
            Err(error) => return Err(error.into()),
        };
        let outcome = |(feature, version)| Outcome::Done { feature, version, warnings: Vec::new() };
        let outcomes = committed.features.into_iter().zip(versions).map(outcome).collect();
        Ok(Edited { revision: committed.revision, outcomes, is_replay: false })
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

    /// What a command became when it was sent before.
    async fn replay(&self, revision: Revision, lines: &[Line]) -> Result<Edited, EditError> {
        let commit = self.commit_at(revision).await?.ok_or(EditError::Reused(revision))?;
        let layers = &self.catalogue.layers;
        let mut changes = commit.changes.into_iter().peekable();
        let outcomes = lines
            .iter()
            .map(|line| {
                let is_this = |change: &crate::domain::Change| match line.operation.feature() {
                    Some(id) => change.feature == id,
                    None => change.kind == ChangeKind::Created && change.layer == layers[line.layer].id,
                };
                match (changes.next_if(is_this), line.operation.feature()) {
                    (Some(change), _) => {
                        Outcome::Done { feature: change.feature, version: change.version, warnings: Vec::new() }
                    }
                    (None, Some(id)) => Outcome::Unchanged(id),
                    (None, None) => Outcome::NotDone,
                }
            })
            .collect();
        if changes.next().is_some() {
            return Err(EditError::Reused(revision));
        }
        Ok(Edited { revision, outcomes, is_replay: true })
    }

    /// The codes that lines give, by layer.
    fn codes_of(&self, lines: &[Line]) -> Vec<(usize, String)> {
        let codes = lines.iter().filter_map(|line| {
            let rule = self.catalogue.layers[line.layer].code.as_ref()?;
            let properties = match &line.operation {
                Operation::Create { properties, .. } | Operation::Replace { properties, .. } => properties,
                Operation::Patch { patch, .. } => &patch.properties,
                Operation::Delete { .. } => return None,
            };
            Some((line.layer, properties.get(&rule.property)?.as_str()?.to_owned()))
        });
        codes.collect()
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

fn refused(decision: Decision) -> Vec<Outcome> {
    let outcome = |verdict: crate::edit::Verdict| match verdict {
        Ok(_) => Outcome::NotDone,
        Err(refusal) => Outcome::Refused(refusal),
    };
    decision.verdicts.into_iter().map(outcome).collect()
}

fn outcomes(decision: Decision, lines: &[Line], made: &[(FeatureId, Version)]) -> Vec<Outcome> {
    let mut made = made.iter();
    decision
        .verdicts
        .into_iter()
        .zip(lines)
        .map(|(verdict, line)| match verdict {
            Err(refusal) => Outcome::Refused(refusal),
            Ok((None, _)) => line.operation.feature().map_or(Outcome::NotDone, Outcome::Unchanged),
            Ok((Some(_), warnings)) => match made.next() {
                Some(&(feature, version)) => Outcome::Done { feature, version, warnings },
                None => Outcome::NotDone,
            },
        })
        .collect()
}

/// Codes that commands under way give: two of them may not give the same, and neither is on the map yet.
#[derive(Default)]
pub(super) struct Codes {
    taken: Mutex<HashSet<(usize, String)>>,
    freed: Notify,
}

/// Codes that are given by one command; free again when it is dropped.
struct Reserved<'a> {
    codes: &'a Codes,
    own: Vec<(usize, String)>,
}

impl Codes {
    async fn reserve(&self, own: Vec<(usize, String)>) -> Result<Reserved<'_>, StoreError> {
        let waiting = async {
            loop {
                let freed = self.freed.notified();
                if self.take(&own) {
                    return;
                }
                freed.await;
            }
        };
        match tokio::time::timeout(CODE_FREE_WITHIN, waiting).await {
            Ok(()) => Ok(Reserved { codes: self, own }),
            Err(_) => {
                Err(StoreError::Unavailable { source: "another command with the same code takes too long".into() })
            }
        }
    }

    /// Takes all of the codes, or none.
    fn take(&self, own: &[(usize, String)]) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if own.iter().any(|code| taken.contains(code)) {
            return false;
        }
        taken.extend(own.iter().cloned());
        true
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if self.own.is_empty() {
            return;
        }
        let mut taken = self.codes.taken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for code in &self.own {
            taken.remove(code);
        }
        drop(taken);
        self.codes.freed.notify_waiters();
    }
}
