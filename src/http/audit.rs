//! The audit list: who signed in, who changed accounts, who read sensitive layers, and who changed the map.
//! The last stands in the log and is not written twice; both are read as one list, newest first.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::auth::Target;
use crate::domain::{Action, CommitSummary, Revision};
use crate::store::accounts::AuditEntry;

/// Entries on a page when no number is named, and at the most.
pub(super) const USUAL: usize = 50;
pub(super) const MOST: usize = 1000;

/// Where a page begins: before an entry and before a revision.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    entry: Option<u64>,
    revision: Option<u64>,
}

impl std::str::FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (entry, revision) = text.split_once('.').unwrap_or((text, ""));
        let number = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
        Ok(Self { entry: number(entry)?, revision: number(revision)? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        write!(f, "{}.{}", text(self.entry), text(self.revision))
    }
}

/// One line, from either place.
enum Noted {
    Entry(AuditEntry),
    Commit(CommitSummary),
}

impl Noted {
    fn json(&self) -> Value {
        match self {
            Self::Entry(entry) => json!({
                "id": entry.id, "at": entry.at, "actor": entry.actor, "action": entry.action,
                "subject": entry.subject, "request_id": entry.request,
            }),
            Self::Commit(commit) => json!({
                "revision": commit.revision, "at": commit.at, "actor": commit.actor, "action": "map.changed",
                "subject": layers_of(commit), "reason": commit.reason,
            }),
        }
    }
}

/// The layers that a commit changed, as one word.
fn layers_of(commit: &CommitSummary) -> String {
    let mut layers: Vec<&str> = commit.counts.iter().map(|one| one.layer.as_str()).collect();
    layers.dedup();
    layers.join(",")
}

/// `GET /audit?cursor=&limit=`: newest first.
pub(super) async fn list_audit(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let after: Option<Cursor> = params.parse("cursor", ("上一页的 next", "what `next` of the last page said"))?;
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    state.may(&caller, Action::Audit, &Target::Service)?;
    let mut cursor = after.unwrap_or(Cursor { entry: None, revision: None });
    let entries = state.app.store.accounts().audit(cursor.entry, limit + 1).await?;
    let newest = state.app.revision();
    let until = cursor.revision.map_or(newest, |before| Revision(before.saturating_sub(1)).min(newest));
    let first = Revision(until.0.saturating_sub(limit as u64 + 1));
    let commits = state.app.store.summaries(first, until).await?;
    let (mut entries, mut commits) = (entries.into_iter().peekable(), commits.into_iter().rev().peekable());
    let mut noted = Vec::with_capacity(limit);
    while noted.len() < limit {
        // Each list keeps its own order, whatever a clock said.
        let later = match (entries.peek(), commits.peek()) {
            (Some(entry), Some(commit)) => commit.at > entry.at,
            (entry, _) => entry.is_none(),
        };
        let next = if later { commits.next().map(Noted::Commit) } else { entries.next().map(Noted::Entry) };
        let Some(next) = next else { break };
        match &next {
            Noted::Entry(entry) => cursor.entry = Some(entry.id),
            Noted::Commit(commit) => cursor.revision = Some(commit.revision.0),
        }
        noted.push(next.json());
    }
    let mut body = json!({ "entries": noted });
    if entries.peek().is_some() || commits.peek().is_some() {
        body["next"] = cursor.to_string().into();
    }
    Ok(Answer::json(newest, &body))
}
