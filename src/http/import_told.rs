//! What is told of an import: its state, what it found, why a file is refused.

use std::io::ErrorKind;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{AppState, Problem};
use crate::domain::Lang;
use crate::edit::title_of;
use crate::exchange::read::{SourceCrs, SourceError};
use crate::imports::{
    ImportError, Job, JobError, MOST_ATOMIC, Mapping, Report, State as JobState, Target as Column, guess_crs,
};

/// Findings that are shown with a job; the table has the rest.
const SHOWN: usize = 200;

/// An import as the API tells it.
pub(super) fn job_json(state: &AppState, job: &Job, lang: Lang) -> Value {
    let layer = &state.app.catalogue.layers[job.layer];
    let source = &job.source;
    let mapping = Mapping::guess(layer, &source.columns);
    let crs = guess_crs(source, &mapping);
    let columns: Vec<Value> = source
        .columns
        .iter()
        .map(|column| {
            let target = mapping.0.get(&column.name).map(|target: &Column| String::from(target.clone()));
            json!({ "name": column.name, "examples": column.examples, "target": target })
        })
        .collect();
    let mut body = json!({
        "id": job.id.to_string(),
        "layer": layer.id,
        "name": job.name,
        "format": source.format.name(),
        "encoding": source.encoding,
        "crs": crs.map(SourceCrs::name),
        "crs_declared": source.crs.is_some(),
        "columns": columns,
        "has_geometry": source.has_geometry,
        "count": source.count,
        "atomic_most": MOST_ATOMIC,
    });
    let (standing, progress) = job.state();
    let read = progress.read();
    body["read"] = read.into();
    match standing {
        JobState::Ready => body["state"] = "ready".into(),
        JobState::Running { since, is_dry } => {
            let seconds = since.elapsed().as_secs_f64().max(0.001);
            let rate = read as f64 / seconds;
            body["state"] = "running".into();
            body["dry_run"] = is_dry.into();
            body["per_second"] = rate.round().into();
            // Before anything is done nobody can tell.
            let part = progress.part().filter(|part| read > 0 && *part > 0.0);
            let left = part.map(|part| seconds * (1.0 - part).max(0.0) / part);
            body["seconds_left"] = left.map(f64::ceil).into();
        }
        JobState::Ended { report, error, took, is_dry } => {
            body["state"] = "ended".into();
            body["dry_run"] = is_dry.into();
            body["seconds"] = took.as_secs_f64().into();
            body["report"] = report_json(&report, lang);
            body["error"] = error.map(|error| import_error(&error, lang)).into();
        }
    }
    body
}

fn report_json(report: &Report, lang: Lang) -> Value {
    let rules: Vec<Value> = report
        .rules
        .iter()
        .map(|((severity, rule), count)| json!({ "severity": severity, "rule": rule, "title": title_of(rule).in_lang(lang), "count": count }))
        .collect();
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by_key(|finding| (finding.severity, finding.line));
    let findings: Vec<Value> = findings
        .into_iter()
        .take(SHOWN)
        .map(|finding| {
            json!({
                "line": finding.line,
                "severity": finding.severity,
                "rule": finding.rule,
                "column": finding.column,
                "value": finding.value,
                "message": finding.told(lang),
            })
        })
        .collect();
    json!({
        "read": report.read,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "not_done": report.not_done,
        "rules": rules,
        "findings": findings,
        "all_findings_kept": !report.is_cut(),
        "revision": report.revision,
    })
}

fn import_error(error: &ImportError, lang: Lang) -> String {
    match (lang, error) {
        (Lang::En, error) => error.to_string(),
        (Lang::Zh, ImportError::Source(error)) => in_chinese(error),
        (Lang::Zh, ImportError::TooManyAtOnce) => format!("超过 {MOST_ATOMIC} 条，不能作为一个变更集；请分批导入。"),
        (Lang::Zh, ImportError::Store(_)) => "存储暂时不可用；已写入的保留，请稍后再导入一次。".to_owned(),
        (Lang::Zh, ImportError::ShutOut) => "导入的账号已被停用；已写入的保留。".to_owned(),
        (Lang::Zh, ImportError::Cancelled) => "已取消；已写入的保留。".to_owned(),
    }
}

/// Why an import is not taken in hand or not started.
pub(super) fn refused(error: &JobError) -> Problem {
    match error {
        JobError::Source(error) => unreadable(error),
        JobError::TooMany => {
            let zh = "手上的导入太多；请先放弃一个（DELETE /imports/{id}），或稍后再试。";
            Problem::conflict("import.too_many", zh, format!("{error}."))
        }
        JobError::Running => {
            let zh = "此导入正在进行；请等待，或先取消。";
            Problem::conflict("import.running", zh, format!("{error}."))
        }
    }
}

/// A reader that fails over a file has met one that it cannot read.
pub(super) fn gave_up(error: &tokio::task::JoinError) -> Problem {
    tracing::error!(%error, "a reader gave up on a file");
    let detail = (
        "文件已损坏，无法读取；请重新导出，或换一种格式。".to_owned(),
        "The file is damaged in a way that its reader cannot name; export it again, or in another format.".to_owned(),
    );
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "import.unreadable",
        ("文件无法读取", "The file cannot be read"),
        detail,
    )
}

/// Why a file cannot be read, and where.
pub(super) fn unreadable(error: &SourceError) -> Problem {
    if let SourceError::Io(error) = error
        && matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::PermissionDenied | ErrorKind::NotFound)
    {
        // What the disk says is not about the file; what comes of unpacking it is.
        return Problem::internal(error);
    }
    let title = ("文件无法读取", "The file cannot be read");
    let detail = (in_chinese(error), format!("{error}."));
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "import.unreadable", title, detail);
    match error {
        SourceError::Encoding { line, column, .. } => problem.with("line", *line).with("column", column.as_str()),
        SourceError::Damaged { line: Some(line), .. } => problem.with("line", *line),
        SourceError::Several { names } => problem.with("layers", names.clone()),
        _ => problem,
    }
}

fn in_chinese(error: &SourceError) -> String {
    match error {
        SourceError::Io(error) => format!("文件无法读取：{error}。"),
        SourceError::Unknown { begins } => format!(
            "不是可读的格式（CSV、GeoJSON、JSON-FG、NDJSON、GeoPackage、FlatGeobuf、GeoParquet、zip 中的 Shapefile、KML）；文件开头为 {begins}。"
        ),
        SourceError::Missing { missing } => {
            format!("压缩包中缺少 {missing}；Shapefile 须有同名的 .shp、.shx、.dbf。")
        }
        SourceError::Several { names } => format!("文件中有多个图层：{}；请选择其一。", names.join("、")),
        SourceError::Bomb { most } => format!("压缩包解开后超过 {most} 字节；请解压后导入其中的文件。"),
        SourceError::Encoding { line, column, encoding } => {
            format!("第 {line} 行、列“{column}”不是 {encoding} 编码；请指定编码，或另存为 UTF-8。")
        }
        SourceError::Damaged { format, line, detail } => {
            let line = line.map(|line| format!("第 {line} 行：")).unwrap_or_default();
            format!("{} 文件无法读取：{line}{detail}。", format.name())
        }
        SourceError::NoRecords { format } => format!("文件中没有记录（按 {} 读取）。", format.name()),
        SourceError::TooManyColumns { got } => format!("文件有 {got} 列，超过可读的上限。"),
    }
}
