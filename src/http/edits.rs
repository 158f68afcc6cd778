//! Writing features (OGC 20-002, Features Part 4): create, replace, update, delete.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::caller::Caller;
use super::changesets::marked;
use super::extract::{Params, Path};
use super::feature_body::Content;
use super::items::item_tag;
use super::respond::{Answer, base_url};
use super::shown::told;
use super::{AppState, Problem, feature_body};
use crate::app::edits::{Command, EditError, Edited, Outcome};
use crate::domain::{Action, Feature, FeatureId, Revision, Version};
use crate::edit::{Base, Fault, Line, NotUndone, Operation, Refusal, collisions};

/// RFC 7240.
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The path of an item: layer, and number or code.
type ItemPath = Path<(String, String)>;

/// `POST /collections/{layer}/items`
pub(super) async fn create_item(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    headers: HeaderMap,
    params: Params,
    body: Bytes,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Create)?;
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let Content { geometry, properties } = feature_body::feature(&headers, &body)?;
    let operation = Operation::Create { geometry, properties };
    let (edited, outcome) = write(&state, &caller, Line { layer: at, operation }, &headers).await?;
    let location = feature_of(&outcome).map(|id| format!("{}/collections/{layer}/items/{id}", base_url(&headers)));
    let location = location.and_then(|location| Some([(header::LOCATION, location.parse::<HeaderValue>().ok()?)]));
    let answer = written(&state, &caller, at, &headers, edited, &outcome).await;
    Ok((StatusCode::CREATED, location, answer).into_response())
}

/// `PUT /collections/{layer}/items/{id}`
pub(super) async fn replace_item(
    State(state): State<AppState>,
    caller: Caller,
    Path(path): ItemPath,
    headers: HeaderMap,
    params: Params,
    body: Bytes,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Update)?;
    params.finish()?;
    let Content { geometry, properties } = feature_body::feature(&headers, &body)?;
    edit_item(&state, &caller, path, &headers, |id, base| Operation::Replace { id, base, geometry, properties }).await
}

/// `PATCH /collections/{layer}/items/{id}`
pub(super) async fn update_item(
    State(state): State<AppState>,
    caller: Caller,
    Path(path): ItemPath,
    headers: HeaderMap,
    params: Params,
    body: Bytes,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Update)?;
    params.finish()?;
    let patch = feature_body::patch(&headers, &body)?;
    edit_item(&state, &caller, path, &headers, |id, base| Operation::Patch { id, base, patch }).await
}

/// `DELETE /collections/{layer}/items/{id}`
pub(super) async fn delete_item(
    State(state): State<AppState>,
    caller: Caller,
    Path(path): ItemPath,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Delete)?;
    params.finish()?;
    edit_item(&state, &caller, path, &headers, |id, base| Operation::Delete { id, base }).await
}

/// Edits a feature that is named by number or by code, upon the version that `If-Match` names.
async fn edit_item(
    state: &AppState,
    caller: &Caller,
    (layer, id): (String, String),
    headers: &HeaderMap,
    operation: impl FnOnce(FeatureId, Base) -> Operation,
) -> Result<Response, Problem> {
    let at = state.layer(caller, &layer)?;
    let id = state.feature_id(caller, at, &layer, &id).await?;
    let own = format!("{:016x}-{id}", state.database());
    let operation = operation(id, base_of(headers, Some(&own))?);
    let (edited, outcome) = write(state, caller, Line { layer: at, operation }, headers).await?;
    Ok(written(state, caller, at, headers, edited, &outcome).await)
}

impl AppState {
    /// The number of a feature that is named by number or by code.
    pub(super) async fn feature_id(
        &self,
        caller: &Caller,
        at: usize,
        layer: &str,
        id: &str,
    ) -> Result<FeatureId, Problem> {
        let map = self.snapshot(caller).await;
        let Ok(number) = id.parse() else { return Ok(super::items::find(&map, at, layer, id)?.id) };
        // Some codes are numbers, too. What has gone is still asked for by its own.
        let stands = map.feature(number).is_some_and(|(layer, _)| layer == at);
        Ok(if stands { number } else { map.by_code(at, id).map_or(number, |item| item.id) })
    }
}

/// The revision that shows a write, and whether it had been done before.
#[derive(Clone, Copy)]
struct Shown {
    revision: Revision,
    is_replay: bool,
}

/// Writes one line: what shows it, and what became of it.
async fn write(
    state: &AppState,
    caller: &Caller,
    line: Line,
    headers: &HeaderMap,
) -> Result<(Shown, Outcome), Problem> {
    let operation = super::changesets::operation_id(caller, headers)?;
    let command = Command { lines: vec![line.clone()], all_or_nothing: true, reason: String::new(), operation };
    let (shown, outcomes) = match state.app.edit(&caller.actor, command).await {
        Ok(Edited { revision, outcomes, is_replay }) => (Shown { revision, is_replay }, outcomes),
        Err(EditError::Refused(outcomes)) => (Shown { revision: state.app.revision(), is_replay: false }, outcomes),
        Err(error) => return Err(error.into()),
    };
    match outcomes.into_iter().next() {
        Some(Outcome::Refused(refusal)) => Err(refused(state, caller, &line, refusal).await?),
        Some(outcome) => Ok((shown, outcome)),
        None => Ok((shown, Outcome::NotDone)),
    }
}

/// The answer to a write: what it made, or with `Prefer: return=representation` the feature.
async fn written(
    state: &AppState,
    caller: &Caller,
    at: usize,
    headers: &HeaderMap,
    Shown { revision, is_replay }: Shown,
    outcome: &Outcome,
) -> Response {
    let id = feature_of(outcome);
    let snapshot = state.snapshot(caller).await;
    let item = id.and_then(|id| snapshot.feature(id)).filter(|(stands_in, _)| *stands_in == at).map(|(_, item)| item);
    let (version, warnings) = match outcome {
        Outcome::Done { version, warnings, .. } => (Some(*version), warnings.as_slice()),
        _ => (item.as_ref().map(|item| item.version), &[][..]),
    };
    let tag = item.as_ref().and_then(|item| item_tag(state, &snapshot, at, item)).map(|tag| [(header::ETAG, tag)]);
    let Some(item) = item.filter(|_| wants_representation(headers)) else {
        let body = json!({ "id": id, "version": version, "revision": revision, "warnings": warnings });
        return marked((tag, Answer::json(revision, &body)).into_response(), is_replay);
    };
    let mut body = Vec::new();
    crate::exchange::geojson::write_feature(&item, &mut body);
    // What is said of the write is two more members of the feature.
    body.pop();
    body.extend(format!(",\"revision\":{revision},\"warnings\":{}}}", json!(warnings)).bytes());
    let applied = [(PREFERENCE_APPLIED, HeaderValue::from_static("return=representation"))];
    marked((tag, applied, Answer::geojson(revision, body)).into_response(), is_replay)
}

fn wants_representation(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split([',', ';'])).any(|part| part.trim() == "return=representation")
}

const fn feature_of(outcome: &Outcome) -> Option<FeatureId> {
    match outcome {
        Outcome::Done { feature, .. } | Outcome::Unchanged(feature) => Some(*feature),
        _ => None,
    }
}

/// The version that `If-Match` names: by itself (`"3"`), or in the tag of an item, which begins with `own`.
pub(super) fn base_of(headers: &HeaderMap, own: Option<&str>) -> Result<Base, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(Base::Current) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Base::Current);
    }
    // A proxy that packs an answer weakens its tag; what it names is the version all the same.
    let tag = text.trim_start_matches("W/").trim_matches('"');
    let parts: Vec<&str> = tag.split('-').collect();
    let version = match parts[..] {
        [version] => version.parse().ok(),
        [database, id, version, ..] if own.is_some() => {
            // The tag of something else names no version of this.
            let is_own = own == Some(format!("{database}-{id}").as_str());
            version.parse().ok().map(|version| if is_own { version } else { 0 })
        }
        _ => None,
    };
    version.map(|version| Base::Version(Version(version))).ok_or_else(|| {
        Problem::parameter(
            "If-Match",
            "If-Match 应为一个版本号（\"3\"）或要素的 ETag。",
            "`If-Match` is one version (\"3\") or the ETag of the feature.",
        )
    })
}

/// Why a line is refused, as a client sees it.
pub(super) async fn refused(
    state: &AppState,
    caller: &Caller,
    line: &Line,
    refusal: Refusal,
) -> Result<Problem, Problem> {
    Ok(match refusal {
        Refusal::Denied(denied) => denied.into(),
        Refusal::Missing(id) => {
            let layer = &state.app.catalogue.layers[line.layer].id;
            let zh = format!("图层 {layer} 中没有要素 {id}，或已删除。");
            Problem::not_found(
                "feature.not_found",
                zh,
                format!("The layer `{layer}` has no feature `{id}`, or no longer."),
            )
        }
        Refusal::BaseNeeded => {
            let zh = "本图层的修改须以 If-Match 注明所依据的版本。";
            let en = "This layer asks for the version an edit was made from: send `If-Match`.";
            let status = StatusCode::PRECONDITION_REQUIRED;
            Problem::new(
                status,
                "version.needed",
                ("须注明版本", "A version is needed"),
                (zh.to_owned(), en.to_owned()),
            )
        }
        Refusal::Stale { base, current } => stale(state, caller, line, base, &current).await?,
        Refusal::Faulty(faults) => unusable(faults),
        Refusal::Twice { line } => Problem::conflict(
            "feature.twice",
            format!("第 {} 行已涉及同一要素或编码。", line + 1),
            format!("Line {} is about the same feature or code already.", line + 1),
        ),
    })
}

/// A feature that breaks rules.
pub(super) fn unusable(found: Vec<Fault>) -> Problem {
    let texts = |zh: bool| {
        let one = |fault: &Fault| {
            let message = if zh { &fault.message.zh } else { &fault.message.en };
            format!("{}: {message}", if fault.pointer.is_empty() { "/" } else { &fault.pointer })
        };
        found.iter().take(5).map(one).collect::<Vec<_>>().join("; ")
    };
    let detail = (texts(true), texts(false));
    let title = ("要素不合规则", "The feature breaks rules");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "feature.invalid", title, detail).with("faults", json!(found))
}

/// A version that is no longer current: what stands now, what happened since, and which members both
/// writers changed.
async fn stale(
    state: &AppState,
    caller: &Caller,
    line: &Line,
    base: Version,
    current: &Feature,
) -> Result<Problem, Problem> {
    let history = state.app.store.history(current.id).await?;
    let layer = &state.app.catalogue.layers[line.layer];
    // What stood where the caller does not see is not told, not even as what differs from it.
    let sees = |feature: &&Feature| state.sees(caller, &feature.content.layer, feature.content.village);
    let at_base = history.iter().find(|(_, change)| change.version == base);
    let at_base = at_base.and_then(|(_, change)| change.after.as_ref()).filter(sees);
    let mine = match (&line.operation, at_base) {
        (Operation::Replace { geometry, properties, .. }, _) => Some((geometry.clone(), properties.clone())),
        (Operation::Patch { patch, .. }, Some(at_base)) => {
            Some(patch.apply(&at_base.content.geometry, &at_base.content.properties))
        }
        _ => None,
    };
    let colliding = match (mine, at_base) {
        (Some((geometry, properties)), Some(at_base)) => collisions(
            (&at_base.content.geometry, &told(layer, &at_base.content.properties)),
            (&geometry, &told(layer, &properties)),
            (&current.content.geometry, &told(layer, &current.content.properties)),
        ),
        _ => Vec::new(),
    };
    let since: Vec<Value> = history
        .iter()
        .enumerate()
        .filter(|(_, (_, change))| change.version > base)
        .filter(|(_, (_, change))| change.after.as_ref().is_none_or(|after| sees(&after)))
        .map(|(i, (commit, change))| {
            let before = i.checked_sub(1).and_then(|i| history[i].1.after.as_ref()).filter(sees);
            json!({
                "version": change.version, "revision": commit.revision, "at": commit.at, "actor": commit.actor,
                "kind": change.kind, "fields": state.shown_fields(before, change.after.as_ref()),
            })
        })
        .collect();
    let zh = format!("要素 {} 已是版本 {}，您依据的是版本 {base}；请合并后重试。", current.id, current.version);
    let en = format!(
        "Feature {} is at version {} now, you started from {base}; merge and send it again.",
        current.id, current.version
    );
    let title = ("版本冲突", "The version is no longer current");
    Ok(Problem::new(StatusCode::PRECONDITION_FAILED, "version.conflict", title, (zh, en))
        .with("current", state.shown(caller, Some(current)))
        .with("since", since)
        .with("collisions", json!(colliding)))
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Store(error) => error.into(),
            EditError::TooManyWriters => Self::busy(),
            EditError::Reused(Revision(revision)) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency.reused",
                ("幂等键已用过", "The idempotency key was used before"),
                (
                    format!("该 Idempotency-Key 已用于另一请求（修订 {revision}）；请换一个。"),
                    format!("This Idempotency-Key was used for another request (revision {revision}); take another."),
                ),
            ),
            EditError::NotUndone(NotUndone::ChangedSince(changed)) => {
                let changed: Vec<Value> =
                    changed.into_iter().map(|(id, version)| json!({ "id": id, "version": version })).collect();
                let (zh, en) = ("其后已有修改，无法撤销。", "Features have been changed since; nothing was undone.");
                Self::conflict("undo.changed_since", zh, en).with("changed", changed)
            }
            EditError::NotUndone(NotUndone::Refused(Refusal::Denied(denied))) => denied.into(),
            EditError::NotUndone(NotUndone::Refused(Refusal::Faulty(faults))) => unusable(faults),
            EditError::NoRevision(Revision(revision)) => Self::not_found(
                "revision.not_found",
                format!("没有修订 {revision}。"),
                format!("There is no revision {revision}."),
            ),
            // Refused lines are told one by one; nothing else of a revision is refused.
            EditError::Refused(_) | EditError::NotUndone(_) => Self::internal(&error),
        }
    }
}
