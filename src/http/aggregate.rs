//! Counts, sums and means of the features of a layer: by division, cell or property, for any question that items
//! answer.

use axum::extract::State;
use serde_json::{Value, json};

use super::asked::read_query;
use super::caller::Caller;
use super::extract::{Params, Path};
use super::places::named;
use super::respond::{Answer, table_text};
use super::{AppState, Problem};
use crate::catalog::{Layer, PropertyType};
use crate::domain::{DivisionLevel, Lang};
use crate::index::{By, Snapshot, Sums};

/// A group that is told: its key, its title, its sums.
type Group = (Option<String>, Option<String>, Sums);

/// `GET /collections/{layer}/aggregate?by=&value=`
pub(super) async fn list_groups(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    mut params: Params,
) -> Result<Answer, Problem> {
    let at = state.layer(&caller, &layer)?;
    let declared = &state.app.catalogue.layers[at];
    let (by_name, by) = read_by(&mut params, declared)?;
    let value = read_value(&mut params, declared)?;
    let is_table = params.is_table()?;
    for name in ["limit", "cursor", "crs", "sortby", "properties"] {
        if params.peek(name).is_some() {
            let (zh, en) = (format!("分组统计没有参数 {name}。"), format!("Groups have no parameter `{name}`."));
            return Err(Problem::parameter(name, zh, en));
        }
    }
    let asked = read_query(params, declared, &state)?;
    let snapshot = state.snapshot_at(&caller, asked.moment).await?;
    let revision = snapshot.revision();
    let written = state.desk.run(move || {
        let groups = snapshot.aggregate(at, &asked.query, &by, value.as_deref());
        let layer = &snapshot.catalogue().layers[at];
        let titled = |(key, sums): (Option<String>, Sums)| {
            let title = key.as_deref().and_then(|key| title(&snapshot, layer, &by, key, lang));
            (key, title, sums)
        };
        let groups: Vec<Group> = groups.into_iter().map(titled).collect();
        if is_table { as_table(&groups) } else { Ok(as_json(&by_name, value.as_deref(), &groups).to_string()) }
    });
    let body = written.await?.map_err(|error| Problem::internal(&error))?;
    let media_type = if is_table { "text/csv; charset=utf-8" } else { "application/json" };
    Ok(Answer { revision, media_type, body: body.into() })
}

fn read_by(params: &mut Params, layer: &Layer) -> Result<(String, By), Problem> {
    let name = params.take("by")?.ok_or_else(|| {
        let (zh, en) = ("缺少参数 by。", "The parameter `by` is missing.");
        Problem::parameter("by", zh, en)
    })?;
    let by = match name.as_str() {
        "city" => By::Division(DivisionLevel::City),
        "township" => By::Division(DivisionLevel::Township),
        "village" => By::Division(DivisionLevel::Village),
        "cell" => By::Cell,
        property if layer.properties.contains_key(property) => By::Property(property.to_owned()),
        _ => {
            let known: Vec<&str> = ["city", "township", "village", "cell"]
                .into_iter()
                .chain(layer.properties.keys().map(String::as_str))
                .collect();
            let known = known.join(", ");
            return Err(Problem::parameter("by", format!("by 可取：{known}。"), format!("`by` is one of: {known}.")));
        }
    };
    Ok((name, by))
}

fn read_value(params: &mut Params, layer: &Layer) -> Result<Option<String>, Problem> {
    let Some(name) = params.take("value")? else { return Ok(None) };
    let is_number = |kind| matches!(kind, PropertyType::Integer | PropertyType::Number);
    if layer.properties.get(&name).is_some_and(|property| is_number(property.kind)) {
        return Ok(Some(name));
    }
    let numbers = layer.properties.iter().filter(|(_, property)| is_number(property.kind));
    let known = numbers.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let en = if known.is_empty() {
        "The layer has no property of numbers.".to_owned()
    } else {
        format!("`value` is one of: {known}.")
    };
    Err(Problem::parameter("value", format!("value 应为数值属性：{known}。"), en))
}

/// What people call a key.
fn title(snapshot: &Snapshot, layer: &Layer, by: &By, key: &str, lang: Lang) -> Option<String> {
    match by {
        By::Division(level) => {
            let divisions = match level {
                DivisionLevel::City => "city",
                DivisionLevel::Township => "township",
                DivisionLevel::Village => "village",
            };
            named(snapshot, divisions, key.parse().ok()?)["name"].as_str().map(str::to_owned)
        }
        By::Cell => None,
        By::Property(name) => {
            let value = layer.properties.get(name)?.values.iter().find(|value| value.value == key)?;
            Some(value.title.in_lang(lang).to_owned())
        }
    }
}

fn as_json(by: &str, value: Option<&str>, groups: &[Group]) -> Value {
    let told: Vec<Value> = groups
        .iter()
        .map(|(key, title, sums)| {
            let mut group = json!({ "key": key, "count": sums.count });
            if let Some(title) = title {
                group["title"] = title.as_str().into();
            }
            if value.is_some() {
                group["values"] = sums.values.map_or(0, |values| values.count).into();
            }
            if let Some(values) = sums.values {
                group["sum"] = values.sum.into();
                group["mean"] = values.mean().into();
                group["least"] = values.least.into();
                group["greatest"] = values.greatest.into();
            }
            group
        })
        .collect();
    let matched: u64 = groups.iter().map(|(_, _, sums)| sums.count).sum();
    let mut body = json!({ "by": by, "numberMatched": matched, "groups": told });
    if let Some(value) = value {
        body["value"] = value.into();
    }
    body
}

/// The same as a table (RFC 4180).
fn as_table(groups: &[Group]) -> Result<String, csv::Error> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(["key", "title", "count", "values", "sum", "mean", "least", "greatest"])?;
    for (key, title, sums) in groups {
        let of = |pick: fn(&crate::index::Values) -> String| sums.values.as_ref().map(pick).unwrap_or_default();
        table.write_record([
            key.clone().unwrap_or_default(),
            title.clone().unwrap_or_default(),
            sums.count.to_string(),
            of(|values| values.count.to_string()),
            of(|values| values.sum.to_string()),
            of(|values| values.mean().to_string()),
            of(|values| values.least.to_string()),
            of(|values| values.greatest.to_string()),
        ])?;
    }
    table_text(table)
}
