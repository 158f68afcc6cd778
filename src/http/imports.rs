//! Imports: a file is sent and looked at, its columns are named, it is tried and brought in.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body as RawBody;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use super::body::Body;
use super::caller::Caller;
use super::extract::{Params, Path};
use super::import_told::{gave_up, job_json, refused, unreadable};
use super::respond::{Answer, REVISION};
use super::{AppState, Problem};
use crate::auth::{Denied, Target, may};
use crate::domain::{Action, Lang};
use crate::exchange::read::{Source, SourceCrs};
use crate::imports::{Job, Mapping, Mode, Plan, State as JobState, guess_crs};

/// How a file is to be brought in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    mode: Mode,
    /// Columns and what they are; none: as they were guessed.
    mapping: Option<Mapping>,
    /// The system of the coordinates; none: what the file says, or its numbers look like.
    crs: Option<String>,
    /// The encoding of the text; none: found out.
    encoding: Option<String>,
    /// Why, in the caller's words; none: the name of the file.
    reason: Option<String>,
}

/// `POST /imports?layer=&name=`: takes a file in hand and tells what it is.
pub(super) async fn create_import(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    mut params: Params,
    body: RawBody,
) -> Result<Response, Problem> {
    caller.signed_in_to(Action::Import)?;
    let layer = params.take("layer")?.ok_or_else(|| {
        let (zh, en) = ("缺少参数 layer。", "The parameter `layer` is missing.");
        Problem::parameter("layer", zh, en)
    })?;
    let name = params.take("name")?.unwrap_or_else(|| "import".to_owned());
    let source_layer = params.take("source_layer")?;
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    may_import(&state, &caller, at)?;
    // Nothing is taken in that would then be refused.
    let place = state.imports.place(&caller.actor.name).map_err(|error| refused(&error))?;
    let file = receive(&state, body).await?;
    let looked = tokio::task::spawn_blocking(move || place.fill(at, &name, file, source_layer)).await;
    let job = looked.map_err(|error| gave_up(&error))?.map_err(|error| refused(&error))?;
    let body = job_json(&state, &job, lang);
    Ok((StatusCode::CREATED, Answer::json(state.app.revision(), &body)).into_response())
}

/// Whether somebody may import into a layer, anywhere in it; each record is asked about again.
fn may_import(state: &AppState, caller: &Caller, at: usize) -> Result<(), Problem> {
    let catalogue = &state.app.catalogue;
    let layer = &catalogue.layers[at];
    let ask = |action, division| may(&catalogue.roles, &caller.actor, action, &Target::feature(layer, Some(division)));
    let mut last = Denied::RoleLacksAction { action: Action::Import };
    for grant in &caller.actor.grants {
        // An import makes features or changes them: who may do neither is told so before the file has come.
        let writes = || ask(Action::Create, grant.division).or_else(|_| ask(Action::Update, grant.division));
        match ask(Action::Import, grant.division).and_then(|()| writes()) {
            Ok(()) => return Ok(()),
            Err(denied) => last = denied,
        }
    }
    Err(last.into())
}

/// Writes a body into a temporary file, as far as it may be long and as long as it comes.
async fn receive(state: &AppState, body: RawBody) -> Result<NamedTempFile, Problem> {
    let internal = |error: std::io::Error| Problem::internal(&error);
    let file = tokio::task::spawn_blocking(NamedTempFile::new).await.map_err(|error| Problem::internal(&error))?;
    let file = file.map_err(internal)?;
    let mut to = tokio::fs::File::from_std(file.reopen().map_err(internal)?);
    let (most, silent) = (state.limits.import_bytes, Duration::from_secs(state.limits.head_timeout_s));
    let mut chunks = body.into_data_stream();
    let mut got = 0;
    loop {
        let stopped = || Problem::unusable_body("the file stopped coming");
        let Some(chunk) = tokio::time::timeout(silent, chunks.next()).await.map_err(|_| stopped())? else { break };
        let chunk = chunk.map_err(|_| stopped())?;
        got += chunk.len() as u64;
        if got > most {
            let detail = (
                format!("文件超过 {most} 字节；请分成几份，或在服务器上用 platbook import file 导入。"),
                format!("The file has more than {most} bytes; split it, or run `platbook import file` on the server."),
            );
            let title = ("文件过大", "The file is too large");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", title, detail));
        }
        to.write_all(&chunk).await.map_err(internal)?;
    }
    to.flush().await.map_err(internal)?;
    Ok(file)
}

/// `GET /imports`: those of the caller.
pub(super) async fn list_imports(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    caller.signed_in_to(Action::Import)?;
    let jobs = state.imports.all_of(&caller.actor.name);
    let jobs: Vec<Value> = jobs.iter().map(|job| job_json(&state, job, lang)).collect();
    Ok(Answer::json(state.app.revision(), &json!({ "imports": jobs })))
}

/// `GET /imports/{id}`
pub(super) async fn read_import(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    lang: Lang,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let job = find(&state, &caller, &id)?;
    Ok(Answer::json(state.app.revision(), &job_json(&state, &job, lang)))
}

/// `POST /imports/{id}/run`: tries it, or brings it in.
pub(super) async fn run_import(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    lang: Lang,
    Body(run): Body<Run>,
) -> Result<Response, Problem> {
    let job = find(&state, &caller, &id)?;
    may_import(&state, &caller, job.layer)?;
    let (source, plan) = plan_of(&state, &job, run).await?;
    job.start(&state.app, caller.actor.as_ref().clone(), source, plan).map_err(|error| refused(&error))?;
    let body = job_json(&state, &job, lang);
    Ok((StatusCode::ACCEPTED, Answer::json(state.app.revision(), &body)).into_response())
}

async fn plan_of(state: &AppState, job: &Arc<Job>, run: Run) -> Result<(Source, Plan), Problem> {
    let layer = &state.app.catalogue.layers[job.layer];
    let source = match run.encoding {
        None => job.source.clone(),
        Some(name) => {
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).ok_or_else(|| {
                Problem::unusable_body("`encoding` is utf-8, gbk, gb18030, big5, utf-16le, utf-16be…")
            })?;
            let again = Arc::clone(job);
            let reopened = tokio::task::spawn_blocking(move || again.reopened(encoding)).await;
            reopened.map_err(|error| gave_up(&error))?.map_err(|error| unreadable(&error))?
        }
    };
    let mapping = run.mapping.unwrap_or_else(|| Mapping::guess(layer, &source.columns));
    mapping.check(layer, &source.columns).map_err(|error| Problem::unusable_body(&error.to_string()))?;
    let named = run.crs.map(|name| name.parse::<SourceCrs>()).transpose();
    let named = named.map_err(|error| Problem::unusable_body(&error.to_string()))?;
    let crs = named.or_else(|| guess_crs(&source, &mapping)).ok_or_else(|| {
        Problem::unusable_body("the file does not say which system its coordinates are of; name it as `crs`")
    })?;
    let reason: String = run.reason.unwrap_or_else(|| job.name.clone()).chars().take(500).collect();
    Ok((source, Plan { layer: job.layer, mapping, crs, mode: run.mode, reason }))
}

/// `POST /imports/{id}/cancel`: what is written stays.
pub(super) async fn cancel_import(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    find(&state, &caller, &id)?.cancel();
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /imports/{id}`: lets the file go; one that runs is asked to end.
pub(super) async fn delete_import(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let job = find(&state, &caller, &id)?;
    state.imports.remove(&job);
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /imports/{id}/report`: what was found, line by line, as a table.
pub(super) async fn read_import_report(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    lang: Lang,
    params: Params,
) -> Result<Response, Problem> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    params.finish()?;
    let job = find(&state, &caller, &id)?;
    let (JobState::Ended { report, .. }, _) = job.state() else {
        let (zh, en) = ("导入尚未结束。", "The import has not ended.");
        return Err(Problem::conflict("import.not_ended", zh, en));
    };
    let mut table = BYTE_ORDER_MARK.to_vec();
    report.write_table(lang, &mut table).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"import-report.csv\""),
    ];
    Ok((headers, [(REVISION, state.app.revision().0)], table).into_response())
}

fn find(state: &AppState, caller: &Caller, id: &str) -> Result<Arc<Job>, Problem> {
    caller.signed_in_to(Action::Import)?;
    let job = id.parse().ok().and_then(|id| state.imports.of(&caller.actor.name, id));
    job.ok_or_else(|| {
        let zh = "没有这个导入；服务器重启或一小时无人过问后会放弃，请重新上传。";
        let en = "There is no such import; it is let go when the server restarts or nobody asks for an hour. Send the file again.";
        Problem::not_found("import.not_found", zh, en)
    })
}
