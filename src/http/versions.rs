//! The versions of a feature: who changed what, when and why.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::Answer;
use super::{AppState, Problem};
use crate::domain::Feature;

/// `GET /collections/{layer}/items/{id}/versions`: newest first, of a deleted feature too.
pub(super) async fn list_versions(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, id)): Path<(String, String)>,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let id = state.feature_id(&caller, at, &layer, &id).await?;
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
    let mut before: Option<&Feature> = None;
    let sees = |feature: &Feature| state.sees(&caller, own, feature.content.village);
    for (commit, change) in &history {
        // What a feature was where the caller does not see is not told, nor what changed there.
        let was = before.filter(|feature| sees(feature));
        let after = change.after.as_ref();
        before = after;
        let is = after.filter(|feature| sees(feature));
        if was.is_none() && is.is_none() {
            continue;
        }
        versions.push(json!({
            "version": change.version, "revision": commit.revision, "at": commit.at, "actor": commit.actor,
            "reason": commit.reason, "kind": change.kind,
            "fields": state.shown_fields(was, is),
            "feature": state.shown(&caller, is),
        }));
    }
    versions.reverse();
    Ok(Answer::json(state.app.revision(), &json!({ "versions": versions })))
}
