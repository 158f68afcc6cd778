//! `filter`, `filter-lang` and `filter-crs` (OGC API Features Part 3).

use std::sync::Arc;

use axum::http::StatusCode;

use super::Problem;
use super::extract::Params;
use crate::catalog::Layer;
use crate::catalog::schema::queryables;
use crate::filter::{Filter, FilterError, Language};
use crate::geodesy::crs::Crs;

const FILTER: &str = "filter";
const LANGUAGE: &str = "filter-lang";
const CRS: &str = "filter-crs";

/// A filter as it was asked for; none where nobody did.
#[derive(Debug)]
pub(super) struct Filtered {
    pub(super) filter: Option<Arc<Filter>>,
    written: Vec<(String, String)>,
}

impl Filtered {
    /// Takes a filter on the features of a layer.
    pub(super) fn take(params: &mut Params, layer: &Layer) -> Result<Self, Problem> {
        let text = params.take(FILTER)?;
        let language = params.take(LANGUAGE)?;
        let crs = params.take(CRS)?;
        let Some(text) = text else {
            if language.is_some() || crs.is_some() {
                let (zh, en) = (
                    "filter-lang 与 filter-crs 须与 filter 同用。",
                    "`filter-lang` and `filter-crs` come with `filter`.",
                );
                return Err(Problem::parameter(FILTER, zh, en));
            }
            return Ok(Self { filter: None, written: Vec::new() });
        };
        let read = match language.as_deref() {
            None if text.trim_start().starts_with('{') => Language::Json,
            None => Language::Text,
            Some(name) => name.parse().map_err(|()| unknown_language())?,
        };
        let system = crs.as_deref().map_or(Ok(Crs::default()), |uri| crs_of(CRS, uri))?;
        let transform = |x: f64, y: f64| match system {
            Crs::Crs84 => Ok((x, y)),
            other => other.to_lonlat(x, y).map(|at| (at.lon(), at.lat())).map_err(|error| error.to_string()),
        };
        let filter = Filter::parse(&text, read, &queryables(layer), &transform).map_err(|error| refused(&error))?;
        let mut written = vec![(FILTER.to_owned(), text)];
        written.extend(language.map(|language| (LANGUAGE.to_owned(), language)));
        written.extend(crs.map(|crs| (CRS.to_owned(), crs)));
        Ok(Self { filter: Some(Arc::new(filter)), written })
    }

    /// The parameters that hold from page to page.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        self.written.clone()
    }
}

/// A coordinate system by its URI.
pub(super) fn crs_of(parameter: &str, uri: &str) -> Result<Crs, Problem> {
    Crs::of_uri(uri.trim_matches(['<', '>', ' '])).ok_or_else(|| {
        let known = Crs::ALL.map(Crs::uri).join(", ");
        Problem::parameter(
            parameter,
            format!("{parameter} 可取：{known}。"),
            format!("`{parameter}` is one of: {known}."),
        )
    })
}

fn unknown_language() -> Problem {
    let (zh, en) = ("filter-lang 可取 cql2-text、cql2-json。", "`filter-lang` is cql2-text or cql2-json.");
    Problem::parameter(LANGUAGE, zh, en)
}

/// Says where and why a filter cannot be used.
pub(super) fn refused(error: &FilterError) -> Problem {
    let title = ("过滤条件不可用", "The filter cannot be used");
    let detail = (format!("filter：{}。", in_chinese(error)), format!("`filter`: {error}."));
    let problem = Problem::new(StatusCode::BAD_REQUEST, "filter.invalid", title, detail).with("parameter", FILTER);
    match error {
        FilterError::Text { at: Some((line, column)), .. } => problem.with("line", *line).with("column", *column),
        FilterError::Json(error) => problem.with("line", error.line()).with("column", error.column()),
        _ => problem,
    }
}

fn in_chinese(error: &FilterError) -> String {
    match error {
        FilterError::Text { at, expected } => {
            let at = at.map(|(line, column)| format!("第 {line} 行第 {column} 列")).unwrap_or_default();
            format!("不是有效的 CQL2 文本，{at}（{expected}）")
        }
        FilterError::Json(error) => {
            format!("不是有效的 CQL2 JSON，第 {} 行第 {} 列（{error}）", error.line(), error.column())
        }
        FilterError::TooDeep(most) => format!("嵌套过深，最多 {most} 层"),
        FilterError::Unknown { name, known } => format!("没有可查询项 {name}；有：{known}"),
        FilterError::Operator(name) => format!("没有运算或函数 {name}"),
        FilterError::Arity { op, got, .. } => format!("{op} 的参数个数不对，得到 {got} 个"),
        FilterError::Kind { place, .. } => format!("{place} 的类型不符（{error}）"),
        FilterError::Time(text) => format!("{text} 不是日期或时刻（RFC 3339）"),
        FilterError::Geometry(detail) => format!("几何无法使用：{detail}"),
    }
}
