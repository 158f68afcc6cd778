//! The versions of a feature: who changed what, when and why.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::Answer;
use super::{AppState, Problem};
use crate::domain::FeatureId;

/// `GET /collections/{layer}/items/{id}/versions`: newest first, of a deleted feature too.
pub(super) async fn list_versions(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, id)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let id: FeatureId = match id.parse() {
        Ok(id) => id,
        Err(_) => super::items::find(&*state.snapshot(&caller).await, at, &layer, &id)?.id,
    };
    let history = state.app.store.history(id).await?;
    let own = &state.app.catalogue.layers[at].id;
    // Who does not see where it stands last does not see where it came from.
    let last = history.iter().rev().find_map(|(_, change)| change.after.as_ref());
    if !last.is_some_and(|last| last.content.layer == *own && state.sees(&caller, own, last.content.village)) {
        let (zh, en) =
            (format!("图层 {layer} 中没有要素 {id}。"), format!("The layer `{layer}` has no feature `{id}`."));
        return Err(Problem::not_found("feature.not_found", zh, en));
    }
    let mut versions: Vec<Value> = Vec::with_capacity(history.len());
    let mut before = None;
    for (commit, change) in &history {
        versions.push(json!({
            "version": change.version, "revision": commit.revision, "at": commit.at, "actor": commit.actor,
            "reason": commit.reason, "kind": change.kind,
            "fields": state.shown_fields(before, change.after.as_ref()),
            "feature": state.shown(&caller, change.after.as_ref()),
        }));
        before = change.after.as_ref();
    }
    versions.reverse();
    Ok(Answer::json(state.app.revision(), &json!({ "versions": versions })))
}
