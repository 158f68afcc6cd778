//! Counts, sums and means of the features of a layer: by division, cell or property, for any question that items
//! answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use moka::future::Cache;
use serde_json::{Value, json};

use super::asked::{Asked, read_query};
use super::caller::Caller;
use super::extract::{Params, Path};
use super::places::named;
use super::respond::{Answer, REVISION, is_known, mark_sharing, not_modified, table_text};
use super::tiles::MEDIA_TYPE;
use super::{AppState, Problem};
use crate::app::{LayerSet, TileCache};
use crate::catalog::{Layer, PropertyType};
use crate::domain::{DivisionLevel, Lang, Revision};
use crate::exchange::without_formula;
use crate::geodesy::beidou::GridCode;
use crate::index::{By, Snapshot, Sums};
use crate::tiles::{Area, RenderedTile, TileCoord, render_areas};

/// A group that is told: its key, its title, its sums.
type Group = (Option<String>, Option<String>, Sums);

/// What features have in common, and what is told of them.
type Groups = BTreeMap<Option<String>, Sums>;

/// What an answer is made of: a layer and a question as it was written, what of the map was seen, its revision.
type Key = (usize, String, u64, Revision);

/// Groups of which several answers are made: the tiles of one map.
pub(super) struct Aggregates(Cache<Key, Arc<Groups>>);

impl Default for Aggregates {
    fn default() -> Self {
        const MOST_KEPT: u64 = 64;
        Self(Cache::new(MOST_KEPT))
    }
}

/// The question that is asked of a layer.
struct Question {
    by_name: String,
    by: By,
    value: Option<String>,
    asked: Asked,
}

impl Question {
    fn read(mut params: Params, declared: &Layer, state: &AppState) -> Result<Self, Problem> {
        let (by_name, by) = read_by(&mut params, declared)?;
        let value = read_value(&mut params, declared)?;
        for name in ["limit", "cursor", "crs", "sortby", "properties"] {
            if params.peek(name).is_some() {
                let (zh, en) = (format!("分组统计没有参数 {name}。"), format!("Groups have no parameter `{name}`."));
                return Err(Problem::parameter(name, zh, en));
            }
        }
        let asked = read_query(params, declared, state)?;
        Ok(Self { by_name, by, value, asked })
    }

    /// The groups, made once however many ask.
    async fn groups(&self, state: &AppState, snapshot: &Arc<Snapshot>, at: usize) -> Result<Arc<Groups>, Problem> {
        let written = format!("{}&{}&{}", self.by_name, self.value.as_deref().unwrap_or_default(), self.asked.kept());
        let view = TileCache::view(snapshot, LayerSet::default().with(at));
        let key = (at, written, view, snapshot.layer_revision(at));
        let _waiting = self.asked.waiting();
        let making = async {
            let (map, query, by, value) =
                (Arc::clone(snapshot), self.asked.query.clone(), self.by.clone(), self.value.clone());
            state.desk.run(move || Arc::new(map.aggregate(at, &query, &by, value.as_deref()))).await
        };
        let groups = state.aggregates.0.try_get_with(key, making).await;
        groups.map_err(|problem: Arc<Problem>| problem.as_ref().clone())
    }
}

/// `GET /collections/{layer}/aggregate?by=&value=`
pub(super) async fn list_groups(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    mut params: Params,
) -> Result<Answer, Problem> {
    let at = state.layer(&caller, &layer)?;
    let is_table = params.is_table()?;
    let question = Question::read(params, &state.app.catalogue.layers[at], &state)?;
    let snapshot = state.snapshot_at(&caller, question.asked.moment).await?;
    let groups = question.groups(&state, &snapshot, at).await?;
    let layer = &snapshot.catalogue().layers[at];
    let titled = |(key, sums): (&Option<String>, &Sums)| {
        let title = key.as_deref().and_then(|key| title(&snapshot, layer, &question.by, key, lang));
        (key.clone(), title, sums.clone())
    };
    let groups: Vec<Group> = groups.iter().map(titled).collect();
    let body = if is_table {
        as_table(&groups, question.value.is_some()).map_err(|error| Problem::internal(&error))?
    } else {
        as_json(&question.by_name, question.value.as_deref(), &groups).to_string()
    };
    let media_type = if is_table { "text/csv; charset=utf-8" } else { "application/json" };
    Ok(Answer { revision: snapshot.revision(), media_type, body: body.into() })
}

/// `GET /collections/{layer}/aggregate/tiles/{z}/{x}/{y}`: the divisions or cells with what is told of each, for a
/// map that colours them. Areas with nothing in them are there, too, with a count of 0.
pub(super) async fn read_aggregate_tile(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, z, x, y)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let at = state.layer(&caller, &layer)?;
    let tile = TileCoord::parse(&z, &x, &y)?;
    let question = Question::read(params, &state.app.catalogue.layers[at], &state)?;
    let areas = match &question.by {
        By::Division(level) => Some(state.layer(&caller, layer_of(*level))?),
        By::Cell => None,
        By::Property(_) => {
            let (zh, en) = (
                "属性值没有区域；瓦片可按 city、township、village、cell 统计。",
                "A value has no area; tiles are there by city, township, village and cell.",
            );
            return Err(Problem::parameter("by", zh, en));
        }
    };
    let snapshot = state.snapshot_at(&caller, question.asked.moment).await?;
    let shown = areas.into_iter().fold(LayerSet::default().with(at), LayerSet::with);
    let layers = &snapshot.catalogue().layers;
    let revision = shown.layers().into_iter().map(|layer| snapshot.layer_revision(layer)).max().unwrap_or_default();
    let mut tags = HeaderMap::new();
    mark_sharing(&mut tags, shown.layers().into_iter().all(|layer| layers[layer].is_public()));
    tags.insert(REVISION, snapshot.revision().0.into());
    let state_of = state.database() ^ TileCache::view(&snapshot, shown);
    let tag = format!("\"{state_of:016x}-{revision}-groups\"");
    tags.extend(HeaderValue::try_from(&tag).map(|etag| (header::ETAG, etag)));
    if is_known(&headers, &tag) {
        return Ok(not_modified(tags));
    }
    let groups = question.groups(&state, &snapshot, at).await?;
    let drawn = state.desk.run(move || draw_groups(&snapshot, areas, &groups, tile)).await?;
    if drawn.bytes.is_empty() {
        return Ok((StatusCode::NO_CONTENT, tags).into_response());
    }
    Ok((tags, [(header::CONTENT_TYPE, MEDIA_TYPE)], drawn.bytes).into_response())
}

/// Areas of divisions, or the cells that have something in them.
fn draw_groups(snapshot: &Snapshot, areas: Option<usize>, groups: &Groups, tile: TileCoord) -> RenderedTile {
    let none = Sums::default();
    if let Some(layer) = areas {
        let divisions = snapshot.layer(layer).outlines_in(tile.bbox(0.1));
        let drawn = divisions.filter_map(|item| {
            let code = item.property("code")?.as_str()?.to_owned();
            let mut values = vec![("key", json!(code))];
            values.extend(item.property("name").map(|name| ("name", name)));
            values.extend(told(groups.get(&Some(code)).unwrap_or(&none)));
            Some((Area::Feature(item), values))
        });
        return render_areas(drawn, tile);
    }
    let cells = groups.iter().zip(1..).filter_map(|((key, sums), number)| {
        let key = key.as_deref()?;
        let cell: GridCode = key.parse().ok()?;
        let values = [("key", json!(key))].into_iter().chain(told(sums)).collect();
        Some((Area::Box(number, cell.bbox()), values))
    });
    render_areas(cells, tile)
}

/// What is told of a group, by the names it has in JSON.
fn told(sums: &Sums) -> Vec<(&'static str, Value)> {
    let mut told = vec![("count", json!(sums.count))];
    if let Some(values) = sums.values {
        let numbers =
            [("sum", values.sum), ("mean", values.mean()), ("least", values.least), ("greatest", values.greatest)];
        told.push(("values", json!(values.count)));
        told.extend(numbers.map(|(name, number)| (name, json!(number))));
    }
    told
}

/// The layer whose areas are the divisions of a level.
const fn layer_of(level: DivisionLevel) -> &'static str {
    match level {
        DivisionLevel::City => "city",
        DivisionLevel::Township => "township",
        DivisionLevel::Village => "village",
    }
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
        By::Division(level) => named(snapshot, layer_of(*level), key.parse().ok()?)["name"].as_str().map(str::to_owned),
        By::Cell => None,
        By::Property(name) => {
            let value = layer.properties.get(name)?.values.iter().find(|value| value.value == key)?;
            Some(value.title.in_lang(lang).to_owned())
        }
    }
}

fn as_json(by: &str, value: Option<&str>, groups: &[Group]) -> Value {
    let groups_told: Vec<Value> = groups
        .iter()
        .map(|(key, title, sums)| {
            let mut group = json!({ "key": key });
            if let Some(title) = title {
                group["title"] = title.as_str().into();
            }
            if value.is_some() {
                group["values"] = 0.into();
            }
            for (name, number) in told(sums) {
                group[name] = number;
            }
            group
        })
        .collect();
    let matched: u64 = groups.iter().map(|(_, _, sums)| sums.count).sum();
    let mut body = json!({ "by": by, "numberMatched": matched, "groups": groups_told });
    if let Some(value) = value {
        body["value"] = value.into();
    }
    body
}

/// The same as a table (RFC 4180); what is told of values only stands there when there is one.
fn as_table(groups: &[Group], has_value: bool) -> Result<String, csv::Error> {
    let told: &[&str] = if has_value { &["values", "sum", "mean", "least", "greatest"] } else { &[] };
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(["key", "title", "count"].iter().chain(told))?;
    for (key, title, sums) in groups {
        let text = |text: &Option<String>| without_formula(text.as_deref().unwrap_or_default()).into_owned();
        let own = [text(key), text(title), sums.count.to_string()];
        let of_values = self::told(sums).into_iter().skip(1).map(|(_, number)| number.to_string());
        let padded = of_values.chain(std::iter::repeat(String::new())).take(told.len());
        table.write_record(own.into_iter().chain(padded))?;
    }
    table_text(table)
}
