//! The quality of a layer: every feature held against the rules of editing, as if it were written now.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::offset;
use moka::future::Cache;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Params, Path};
use super::places::named;
use super::respond::{Answer, table_text};
use super::{AppState, Problem};
use crate::app::{LayerSet, TileCache};
use crate::domain::{DivisionCode, Lang, Revision};
use crate::edit::{Fault, Inspected, rule_codes, title_of};
use crate::index::Snapshot;

/// Findings of an answer when none is named, and at the most.
const USUAL: usize = 200;
const MOST: usize = 10_000;

/// Hours that the city's clocks are ahead of UTC.
const CITY_OFFSET_H: i8 = 8;

/// What an inspection is of: a layer, what of the map was seen, the map's revision, the day.
type Key = (usize, u64, Revision, Date);

/// Inspections, made once however many ask; what no key asks for any more grows old.
pub(super) struct Inspections(Cache<Key, Arc<Vec<Inspected>>>);

impl Default for Inspections {
    fn default() -> Self {
        const MOST_KEPT: u64 = 64;
        Self(Cache::new(MOST_KEPT))
    }
}

/// What is asked of an inspection.
struct Asked {
    rule: Option<String>,
    division: Option<DivisionCode>,
    limit: usize,
}

impl Asked {
    fn finds<'i>(&self, inspected: &'i [Inspected]) -> Vec<(&'i Inspected, &'static str, &'i Fault)> {
        let here = |one: &&Inspected| {
            self.division.is_none_or(|division| one.village.is_some_and(|village| division.contains(village)))
        };
        let all = inspected.iter().filter(here).flat_map(|one| {
            let faults = one.faults.iter().map(move |fault| (one, "fault", fault));
            faults.chain(one.warnings.iter().map(move |warning| (one, "warning", warning)))
        });
        all.filter(|(_, _, fault)| self.rule.as_ref().is_none_or(|rule| fault.code == rule)).collect()
    }
}

/// `GET /collections/{layer}/quality`
pub(super) async fn read_quality(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    mut params: Params,
) -> Result<Answer, Problem> {
    let at = state.layer(&caller, &layer)?;
    let rule = params.take("rule")?;
    if rule.as_deref().is_some_and(|rule| rule_codes().all(|known| known != rule)) {
        let known = rule_codes().collect::<Vec<_>>().join(", ");
        let (zh, en) = (format!("rule 可取：{known}。"), format!("`rule` is one of: {known}."));
        return Err(Problem::parameter("rule", zh, en));
    }
    let division = params.parse("division", ("6、9 或 12 位区划代码", "a division code of 6, 9 or 12 digits"))?;
    let is_table = params.is_table()?;
    let limit = params.limit(if is_table { usize::MAX } else { USUAL }, if is_table { usize::MAX } else { MOST })?;
    params.finish()?;
    let asked = Asked { rule, division, limit };
    let snapshot = state.snapshot(&caller).await;
    let revision = snapshot.revision();
    let today = offset(CITY_OFFSET_H).to_datetime(Timestamp::now()).date();
    // Rules look into other layers, too.
    let seen = (0..snapshot.catalogue().layers.len()).fold(LayerSet::default(), LayerSet::with);
    let key = (at, TileCache::view(&snapshot, seen), revision, today);
    // It goes on when who asked has gone: the next who asks finds it done.
    let (inner, map) = (state.clone(), snapshot.clone());
    let inspected = tokio::spawn(async move {
        let app = Arc::clone(&inner.app);
        let inspecting = inner.desk.run(move || Arc::new(app.inspect(&map, at, today)));
        inner.inspections.0.try_get_with(key, inspecting).await
    });
    let inspected = inspected.await.map_err(|error| Problem::internal(&error))?;
    let inspected = inspected.map_err(|problem| problem.as_ref().clone())?;
    let written = state.desk.run(move || {
        let found = asked.finds(&inspected);
        if is_table {
            return as_table(&found[..found.len().min(asked.limit)], lang);
        }
        Ok(as_json(&snapshot, at, &found, &asked, lang).to_string())
    });
    let body = written.await?.map_err(|error| Problem::internal(&error))?;
    let media_type = if is_table { "text/csv; charset=utf-8" } else { "application/json" };
    Ok(Answer { revision, media_type, body: body.into() })
}

type Found<'i> = (&'i Inspected, &'static str, &'i Fault);

fn as_json(snapshot: &Snapshot, at: usize, found: &[Found<'_>], asked: &Asked, lang: Lang) -> Value {
    let mut rules: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut villages: BTreeMap<Option<DivisionCode>, u64> = BTreeMap::new();
    for (one, severity, fault) in found {
        *rules.entry((severity, fault.code)).or_default() += 1;
        *villages.entry(one.village).or_default() += 1;
    }
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|((severity, code), count)| {
            json!({ "severity": severity, "rule": code, "title": title_of(code).in_lang(lang), "count": count })
        })
        .collect();
    let mut villages: Vec<(Option<DivisionCode>, u64)> = villages.into_iter().collect();
    villages.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let villages: Vec<Value> = villages
        .into_iter()
        .map(|(code, count)| {
            let name = code.map(|code| named(snapshot, "village", code)["name"].clone());
            json!({ "code": code.map(|code| code.to_string()), "name": name, "count": count })
        })
        .collect();
    let findings: Vec<Value> = found
        .iter()
        .take(asked.limit)
        .map(|(one, severity, fault)| {
            json!({
                "id": one.feature,
                "village": one.village.map(|village| village.to_string()),
                "lon": one.at.lon(),
                "lat": one.at.lat(),
                "severity": severity,
                "rule": fault.code,
                "message": fault.message.in_lang(lang),
            })
        })
        .collect();
    json!({
        "inspected": snapshot.count(at),
        "found": found.len(),
        "rules": rules,
        "villages": villages,
        "findings": findings,
    })
}

/// The same as a table (RFC 4180).
fn as_table(found: &[Found<'_>], lang: Lang) -> Result<String, csv::Error> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(["id", "village", "lon", "lat", "severity", "rule", "message"])?;
    for (one, severity, fault) in found {
        table.write_record([
            one.feature.to_string(),
            one.village.map(|village| village.to_string()).unwrap_or_default(),
            format!("{:.7}", one.at.lon()),
            format!("{:.7}", one.at.lat()),
            (*severity).to_owned(),
            fault.code.to_owned(),
            fault.message.in_lang(lang).to_owned(),
        ])?;
    }
    table_text(table)
}
