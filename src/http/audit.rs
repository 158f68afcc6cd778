//! The audit list: who signed in, who changed accounts, who read sensitive layers.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::auth::Target;
use crate::domain::Action;

/// Entries on a page when no number is named, and at the most.
pub(super) const USUAL: usize = 50;
pub(super) const MOST: usize = 1000;

/// `GET /audit?cursor=&limit=`: newest first.
pub(super) async fn list_audit(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let before: Option<u64> = params.parse("cursor", ("上一页的 next", "what `next` of the last page said"))?;
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    state.may(&caller, Action::Audit, &Target::Service)?;
    let mut entries = state.app.store.accounts().audit(before, limit + 1).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.id);
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|entry| {
            json!({
                "id": entry.id,
                "at": entry.at,
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "request_id": entry.request,
            })
        })
        .collect();
    let mut body = json!({ "entries": entries });
    if let Some(next) = next {
        body["next"] = next.into();
    }
    Ok(Answer::json(state.app.revision(), &body))
}
