//! What handlers read of a request; what is wrong with it becomes a problem that says so.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::{CoordinateError, Lang};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// For programs: JSON or GeoJSON.
    Json,
    /// For people.
    Html,
}

/// The parts of a path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(value) = axum::extract::Path::from_request_parts(parts, state).await.map_err(|_| {
            let detail = (
                "路径无法解码；请用 UTF-8 的百分号编码。".to_owned(),
                "The path cannot be decoded; percent-encode it as UTF-8.".to_owned(),
            );
            Problem::new(StatusCode::BAD_REQUEST, "path.invalid", ("路径有误", "The path cannot be read"), detail)
        })?;
        Ok(Self(value))
    }
}

/// The language of a request: `?lang=`, else the one of `Accept-Language` that is known and liked best (RFC 9110 §12.5.4;
/// of equals the first), else Chinese.
pub(super) fn lang_of(query: Option<&str>, headers: &HeaderMap) -> Lang {
    let known = |tag: &str| match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("zh") => Some(Lang::Zh),
        Some("en") => Some(Lang::En),
        _ => None,
    };
    let asked = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("lang=")));
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let liked = |part: &str| {
        let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight =
            parameters.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok())?;
        known(tag).filter(|_| weight > 0.0).map(|lang| (lang, weight))
    };
    let better = |best: (Lang, f32), next: (Lang, f32)| if next.1 > best.1 { next } else { best };
    let best = || accepted?.split(',').filter_map(liked).reduce(better).map(|(lang, _)| lang);
    asked.and_then(known).or_else(best).unwrap_or_default()
}

impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(lang_of(parts.uri.query(), &parts.headers))
    }
}

/// The query of a request. Each handler takes what it knows; what is left over is refused.
#[derive(Debug, Clone)]
pub(super) struct Params {
    pairs: Vec<(String, String)>,
    known: BTreeSet<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await.map_err(|_| {
            Problem::parameter(
                "",
                "查询串无法解码；请用 UTF-8 的百分号编码。",
                "The query cannot be decoded; percent-encode it as UTF-8.",
            )
        })?;
        if let Some((name, _)) = pairs.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            let (zh, en) = ("参数中不得有字符 U+0000。", "The character U+0000 has no place in a query.");
            return Err(Problem::parameter(&name.replace('\0', ""), zh, en));
        }
        let known = ["lang", super::moment::MIN_REVISION].map(str::to_owned).into();
        Ok(Self { pairs, known })
    }
}

impl Params {
    /// The parameters of a body: lists as comma lists, objects as their JSON.
    pub(super) fn of_body(members: serde_json::Map<String, serde_json::Value>) -> Self {
        use serde_json::Value;
        let plain = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let written = |value: &Value| match value {
            Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
            other => plain(other),
        };
        let pairs = members.iter().filter(|(_, value)| !value.is_null());
        let pairs = pairs.map(|(name, value)| (name.clone(), written(value))).collect();
        Self { pairs, known: BTreeSet::new() }
    }

    /// All parameters that are still to be taken, as they were written.
    pub(super) fn written(&self) -> Vec<(String, String)> {
        self.pairs.clone()
    }

    /// Takes the value of a parameter; naming it twice is an error.
    pub(super) fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        self.known.insert(name.to_owned());
        let mut values = self.pairs.extract_if(.., |(key, _)| key == name).map(|(_, value)| value);
        let first = values.next();
        if values.next().is_some() {
            let (zh, en) =
                (format!("参数 {name} 出现了多次。"), format!("The parameter `{name}` stands there more than once."));
            return Err(Problem::parameter(name, zh, en));
        }
        Ok(first)
    }

    /// The value of a parameter that is still to be taken.
    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Takes and parses a parameter; `expected` says in both languages what it should be.
    pub(super) fn parse<T: std::str::FromStr>(
        &mut self,
        name: &str,
        (zh, en): (&str, &str),
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        let parsed = text.parse().map_err(|_| {
            let got: String = text.chars().take(40).collect();
            let (zh, en) = (format!("{name} 应为{zh}，得到“{got}”。"), format!("`{name}` is {en}, not `{got}`."));
            Problem::parameter(name, zh, en)
        })?;
        Ok(Some(parsed))
    }

    /// Takes how many are asked for: at least one. More than `most` are asked for `most`, as OGC API
    /// Features has it; the answer says how many there are.
    pub(super) fn limit(&mut self, default: usize, most: usize) -> Result<usize, Problem> {
        match self.parse::<u64>("limit", ("正整数", "a whole number from 1"))? {
            None => Ok(default.min(most)),
            Some(0) => Err(Problem::parameter("limit", "limit 至少为 1。", "`limit` is at least 1.")),
            Some(limit) => Ok(usize::try_from(limit).unwrap_or(most).min(most)),
        }
    }

    /// Takes and parses a position or box.
    pub(super) fn coordinates<T>(&mut self, name: &str) -> Result<Option<T>, Problem>
    where
        T: std::str::FromStr<Err = CoordinateError>,
    {
        let text = self.take(name)?;
        text.map(|text| text.parse().map_err(|error| Problem::coordinates(name, &error))).transpose()
    }

    /// Takes the form of the answer: `f`, else what `Accept` prefers among those served.
    pub(super) fn format(&mut self, headers: &HeaderMap) -> Result<Format, Problem> {
        match self.take("f")?.as_deref() {
            Some("json" | "geojson") => Ok(Format::Json),
            Some("html") => Ok(Format::Html),
            None => Ok(preferred_format(headers)),
            Some(_) => Err(Problem::parameter("f", "f 可取：json、geojson、html。", "`f` is json, geojson or html.")),
        }
    }

    /// Takes the form of an answer that is there as JSON and as a table.
    pub(super) fn is_table(&mut self) -> Result<bool, Problem> {
        match self.take("f")?.as_deref() {
            None | Some("json") => Ok(false),
            Some("csv") => Ok(true),
            Some(_) => Err(Problem::parameter("f", "f 可取：json、csv。", "`f` is json or csv.")),
        }
    }

    /// The names of parameters that the path knows.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// The parameters nobody has taken yet.
    pub(super) fn rest(&mut self) -> Vec<(String, String)> {
        self.pairs.retain(|(key, _)| key != "lang" && key != super::moment::MIN_REVISION);
        std::mem::take(&mut self.pairs)
    }

    /// Refuses what nobody has taken.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        if self.take("f")?.is_some_and(|format| format != "json") {
            return Err(Problem::parameter("f", "此路径只有 f=json。", "This path is only there as f=json."));
        }
        match self.rest().first() {
            None => Ok(()),
            Some((name, _)) => Err(unknown_parameter(name, self.known())),
        }
    }
}

/// HTML for those that name it before JSON, as browsers do; JSON for everybody else.
fn preferred_format(headers: &HeaderMap) -> Format {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepted.split(',').find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
        "text/html" | "application/xhtml+xml" => Some(Format::Html),
        "application/json" | "application/geo+json" | "*/*" => Some(Format::Json),
        _ => None,
    });
    first.unwrap_or(Format::Json)
}

/// A parameter that the path does not know, with the one that may have been meant.
pub(super) fn unknown_parameter<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let mut known: Vec<&str> = known.collect();
    known.sort_by_key(|candidate| distance(candidate, name));
    let name: String = name.chars().take(60).collect();
    let nearest = known.first().copied().unwrap_or_default();
    let all = known.join(", ");
    Problem::parameter(
        &name,
        format!("未知参数 {name}；是否指 {nearest}？可用参数：{all}。"),
        format!("The parameter `{name}` is unknown; did you mean `{nearest}`? Known are: {all}."),
    )
    .with("known", known)
}

/// How many letters differ (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(60).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
