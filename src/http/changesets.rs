//! Change sets: many edits at once, taken back as a whole, and listed.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::edits::{refused, unusable};
use super::extract::{Params, Path};
use super::feature_body;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::app::edits::{Command, EditError, Edited, Outcome};
use crate::domain::{Action, ChangeCount, ChangeKind, CommitSummary, LayerId, OperationId, Revision};
use crate::edit::{Fault, Line};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const NDJSON: [&str; 2] = ["application/x-ndjson", "application/jsonl"];

/// Lines of one change set at the most: more are better sent as several.
pub(super) const MOST_LINES: usize = 50_000;

/// Change sets on a page when none is named, and at the most.
pub(super) const USUAL: usize = 50;
pub(super) const MOST: usize = 500;

/// The name that a client gave to a command, so that sending it again does it once. The same key of
/// two accounts is two names.
pub(super) fn operation_id(caller: &Caller, headers: &HeaderMap) -> Result<Option<OperationId>, Problem> {
    const LONGEST: usize = 200;
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > LONGEST {
        let zh = format!("Idempotency-Key 应为 1 到 {LONGEST} 个可见字符。");
        let en = format!("`Idempotency-Key` is 1 to {LONGEST} visible characters.");
        return Err(Problem::parameter("Idempotency-Key", zh, en));
    }
    Ok(Some(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}\n{key}", caller.actor.name).as_bytes())))
}

/// `POST /changesets`: edits as lines of JSON, all or nothing or as many as can be.
pub(super) async fn create_changeset(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    mut params: Params,
    body: Bytes,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Update)?;
    feature_body::expect(&headers, &NDJSON)?;
    let all_or_nothing = match params.take("mode")?.as_deref() {
        None | Some("all") => true,
        Some("best") => false,
        Some(_) => return Err(Problem::parameter("mode", "mode 可取 all、best。", "`mode` is all or best.")),
    };
    let reason = params.take("reason")?.unwrap_or_default();
    params.finish()?;
    let (lines, numbers, unreadable) = read_lines(&state, &caller, &body)?;
    if all_or_nothing && !unreadable.is_empty() {
        return Err(refuse_all(unreadable.into_iter().map(|(number, fault)| bad_line(number, &fault)).collect()));
    }
    let operation = operation_id(&caller, &headers)?;
    let command = Command { lines: lines.clone(), all_or_nothing, reason, operation };
    let edited = match state.app.edit(&caller.actor, command).await {
        Ok(edited) => edited,
        Err(EditError::Refused(outcomes)) => {
            return Err(refuse_all(told(&state, &caller, &lines, &numbers, outcomes).await?));
        }
        Err(error) => return Err(error.into()),
    };
    let (revision, is_replay) = (edited.revision, edited.is_replay);
    let mut all = told(&state, &caller, &lines, &numbers, edited.outcomes).await?;
    all.extend(unreadable.into_iter().map(|(number, fault)| bad_line(number, &fault)));
    all.sort_by_key(|line| line["line"].as_u64());
    let answer = Answer::json(revision, &json!({ "revision": revision, "lines": all }));
    Ok(marked(answer.into_response(), is_replay))
}

/// Lines that cannot be read are told one by one, as long as they are not too many.
const MOST_UNREADABLE: usize = 1_000;

/// The lines that can be read, their numbers from 1, and what is wrong with the others.
type Read = (Vec<Line>, Vec<usize>, Vec<(usize, Fault)>);

fn read_lines(state: &AppState, caller: &Caller, body: &Bytes) -> Result<Read, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| Problem::unusable_body(&error.to_string()))?;
    let layer = |id: &str| state.layer(caller, id).ok();
    let (mut lines, mut numbers, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match feature_body::line(line, layer) {
            Ok(line) => {
                lines.push(line);
                numbers.push(number + 1);
            }
            Err(_) if unreadable.len() >= MOST_UNREADABLE => {
                let error =
                    format!("more than {MOST_UNREADABLE} lines cannot be read; the last is line {}", number + 1);
                return Err(Problem::unusable_body(&error));
            }
            Err(fault) => unreadable.push((number + 1, fault)),
        }
    }
    let got = lines.len() + unreadable.len();
    if got == 0 || got > MOST_LINES {
        return Err(Problem::unusable_body(&format!("1 to {MOST_LINES} lines are expected, got {got}")));
    }
    Ok((lines, numbers, unreadable))
}

fn bad_line(number: usize, fault: &Fault) -> Value {
    json!({ "line": number, "status": "refused", "problem": unusable(vec![fault.clone()]).as_member() })
}

/// What became of lines, as clients see it.
async fn told(
    state: &AppState,
    caller: &Caller,
    lines: &[Line],
    numbers: &[usize],
    outcomes: Vec<Outcome>,
) -> Result<Vec<Value>, Problem> {
    let mut all = Vec::with_capacity(outcomes.len());
    for ((outcome, line), number) in outcomes.into_iter().zip(lines).zip(numbers) {
        all.push(match outcome {
            Outcome::Done { feature, version, warnings } => json!({
                "line": number, "status": "done", "id": feature, "version": version, "warnings": warnings,
            }),
            Outcome::Unchanged(feature) => json!({ "line": number, "status": "unchanged", "id": feature }),
            Outcome::NotDone => json!({ "line": number, "status": "not_done" }),
            Outcome::Refused(refusal) => {
                let problem = refused(state, caller, line, refusal).await?;
                json!({ "line": number, "status": "refused", "problem": problem.as_member() })
            }
        });
    }
    Ok(all)
}

fn refuse_all(lines: Vec<Value>) -> Problem {
    let first =
        lines.iter().find(|line| line["status"] == "refused").map_or(0, |line| line["line"].as_u64().unwrap_or(0));
    let count = lines.iter().filter(|line| line["status"] == "refused").count();
    let zh = format!("{count} 行被拒绝，第一处在第 {first} 行；未写入任何内容。");
    let en = match count {
        1 => format!("Line {first} is refused; nothing was written."),
        _ => format!("{count} lines are refused, the first is line {first}; nothing was written."),
    };
    let title = ("变更集被拒绝", "The change set is refused");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "changeset.refused", title, (zh, en)).with("lines", lines)
}

/// `POST /changesets/{revision}/undo`: appends the inverse of a change set.
pub(super) async fn undo_changeset(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(revision): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Update)?;
    params.finish()?;
    let revision = revision_of(&revision)?;
    let operation = operation_id(&caller, &headers)?;
    let edited = state.app.undo(&caller.actor, revision, operation).await?;
    Ok(marked(answer_undone(&edited).into_response(), edited.is_replay))
}

/// Says of an answer that it tells what was done before.
pub(super) fn marked(mut response: Response, is_replay: bool) -> Response {
    if is_replay {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn answer_undone(edited: &Edited) -> Answer {
    let lines: Vec<Value> = edited
        .outcomes
        .iter()
        .enumerate()
        .filter_map(|(number, outcome)| match outcome {
            Outcome::Done { feature, version, .. } => {
                Some(json!({ "line": number + 1, "status": "done", "id": feature, "version": version }))
            }
            _ => None,
        })
        .collect();
    Answer::json(edited.revision, &json!({ "revision": edited.revision, "lines": lines }))
}

/// `GET /changesets`: newest first.
pub(super) async fn list_changesets(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let limit = params.limit(USUAL, MOST)?;
    let before: Option<u64> = params.parse("before", ("修订号", "a revision"))?;
    params.finish()?;
    let newest = state.app.revision();
    let until = before.map_or(newest.0, |before| before.saturating_sub(1).min(newest.0));
    let after = until.saturating_sub(limit as u64);
    let mut summaries = state.app.store.summaries(Revision(after), Revision(until)).await?;
    summaries.reverse();
    let all: Vec<Value> = summaries.iter().filter_map(|summary| summary_json(&state, &caller, summary)).collect();
    let next = (after > 0).then_some(after + 1);
    Ok(Answer::json(newest, &json!({ "changesets": all, "next": next })))
}

/// A change set as far as a caller sees what it changed; none where they see nothing of it.
fn summary_json(state: &AppState, caller: &Caller, summary: &CommitSummary) -> Option<Value> {
    let mut seen: BTreeMap<(&LayerId, &'static str), u64> = BTreeMap::new();
    for ChangeCount { layer, kind, before, after, count } in &summary.counts {
        let stood = (*kind != ChangeKind::Created).then_some(*before);
        let stands = (*kind != ChangeKind::Deleted).then_some(*after);
        if stood.into_iter().chain(stands).any(|village| state.sees(caller, layer, village)) {
            *seen.entry((layer, kind.as_str())).or_default() += count;
        }
    }
    let counts: Vec<Value> = seen
        .into_iter()
        .map(|((layer, kind), count)| json!({ "layer": layer, "kind": kind, "count": count }))
        .collect();
    (summary.counts.is_empty() || !counts.is_empty()).then(|| {
        json!({
            "revision": summary.revision, "at": summary.at, "actor": summary.actor, "reason": summary.reason,
            "counts": counts,
        })
    })
}

/// A revision in a path.
pub(super) fn revision_of(text: &str) -> Result<Revision, Problem> {
    text.parse()
        .map(Revision)
        .map_err(|_| Problem::parameter("revision", "修订号应为整数。", "A revision is a whole number."))
}
