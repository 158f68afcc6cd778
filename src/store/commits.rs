//! Commits from rows, the same for both databases.

use super::StoreError;
use crate::domain::{Change, Commit, Intake, LayerId, Revision};

/// A commit without its changes.
pub(super) fn commit_of(
    revision: i64,
    actor: String,
    reason: String,
    at: &str,
    intakes: &str,
) -> Result<Commit, StoreError> {
    Ok(Commit {
        revision: Revision(revision as u64),
        actor,
        reason,
        at: at.parse().map_err(|source: jiff::Error| unreadable(source))?,
        changes: Vec::new(),
        intakes: intakes_of(intakes)?,
    })
}

/// The deliveries of a change set, from their JSON.
pub(super) fn intakes_of(json: &str) -> Result<Vec<Intake>, StoreError> {
    serde_json::from_str(json).map_err(unreadable)
}

/// Joins commits with their changes; both are in order of revision.
pub(super) fn with_changes(
    mut commits: Vec<Commit>,
    changes: impl Iterator<Item = Result<(i64, Change), StoreError>>,
) -> Result<Vec<Commit>, StoreError> {
    let mut at = 0;
    for change in changes {
        let (revision, change) = change?;
        while commits.get(at).is_some_and(|commit| commit.revision.0 < revision as u64) {
            at += 1;
        }
        if let Some(commit) = commits.get_mut(at) {
            commit.changes.push(change);
        }
    }
    Ok(commits)
}

/// Counts by layer.
pub(super) fn counts_of(rows: Vec<(String, i64)>) -> Result<Vec<(LayerId, u64)>, StoreError> {
    rows.into_iter().map(|(layer, count)| Ok((layer.parse().map_err(unreadable)?, count as u64))).collect()
}

fn unreadable(source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Driver { doing: "reading the log", source: Box::new(source) }
}
