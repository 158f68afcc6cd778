//! What the front end needs to draw itself: layers, figures, divisions.

use std::sync::LazyLock;

use axum::extract::State;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::catalog::divisions::{DamagedLists, DivisionRegister};
use crate::catalog::published::{Counted, compare, published};
use crate::catalog::{Layer, SYNTHETIC};
use crate::domain::{Bbox, DivisionCode, Lang, LayerId};
use crate::geodesy::geodesic::area_m2;
use crate::index::Snapshot;

/// `GET /catalogue`
pub(super) async fn read_catalogue(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let snapshot = state.snapshot(&caller).await;
    let catalogue = &state.app.catalogue;
    let groups: Vec<Value> =
        catalogue.groups.iter().map(|(id, group)| json!({ "id": id, "title": group.title })).collect();
    let layers: Vec<Value> =
        state.visible_layers(&caller).map(|(at, layer)| layer_json(&snapshot, at, layer)).collect();
    let mut city = json!(catalogue.city);
    let attribution = |lang| snapshot.attribution(state.visible_layers(&caller).map(|(at, _)| at), lang);
    city["attribution"] = json!({ "zh": attribution(Lang::Zh), "en": attribution(Lang::En) });
    let body = json!({
        "revision": snapshot.revision(),
        "city": city,
        "synthetic": is_synthetic(&snapshot),
        "groups": groups,
        "departments": catalogue.departments,
        "basemaps": [],
        "layers": layers,
    });
    Ok(Answer::json(snapshot.revision(), &body))
}

/// Whether the map holds anything that the demo made.
fn is_synthetic(snapshot: &Snapshot) -> bool {
    snapshot.features_after(None).take(1000).any(|(_, item)| item.property(SYNTHETIC) == Some(Value::Bool(true)))
}

fn layer_json(snapshot: &Snapshot, at: usize, layer: &Layer) -> Value {
    let properties: Vec<Value> = layer
        .properties
        .iter()
        .map(|(name, property)| {
            let mut object = json!(property);
            object["name"] = json!(name);
            object
        })
        .collect();
    let mut object = json!(layer);
    object["properties"] = json!(properties);
    object["count"] = json!(snapshot.count(at));
    object["extent"] = json!(snapshot.extent(at));
    if let Some(governance) = &layer.governance {
        let intake = snapshot.intake(at);
        object["governance"] = json!({
            "class": governance.class,
            "sources": governance.sources,
            "refresh_days": governance.refresh_days,
            "collected": intake.map(|sum| sum.collected),
            "governed": intake.map(|sum| sum.governed),
            "mappable": snapshot.count(at),
            "last": intake.map(|sum| sum.last),
        });
    }
    object
}

/// The dated lists, read once.
fn register() -> Result<&'static DivisionRegister, Problem> {
    static REGISTER: LazyLock<Result<DivisionRegister, DamagedLists>> = LazyLock::new(DivisionRegister::embedded);
    REGISTER.as_ref().map_err(|error| Problem::internal(error))
}

/// What the newest list calls a township or village.
pub(super) fn listed_name(code: DivisionCode) -> Option<&'static str> {
    let register = register().ok()?;
    let township = || register.townships_on(*register.dates().last()?).into_iter().find(|one| one.code == code);
    register.names_of(code).last().map(|(_, name)| *name).or_else(|| township().map(|one| one.name.as_str()))
}

/// `GET /divisions?date=&parent=`: the divisions of the list that held on a day.
pub(super) async fn list_divisions(State(state): State<AppState>, mut params: Params) -> Result<Answer, Problem> {
    let register = register()?;
    let newest = register.dates().last().copied();
    let day: Option<Date> = params.parse("date", ("日期，如 2019-12-31", "a day such as 2019-12-31"))?;
    let parent: Option<DivisionCode> =
        params.parse("parent", ("6 或 9 位区划代码", "a division code of 6 or 9 digits"))?;
    params.finish()?;
    let list = day.map_or(newest, |day| register.list_on(day)).ok_or_else(|| {
        let first = register.dates().first().map(ToString::to_string).unwrap_or_default();
        Problem::not_found(
            "division.no_list",
            format!("最早的名录是 {first}。"),
            format!("The first list is of {first}; ask for a later day."),
        )
    })?;
    let is_wanted = |code: DivisionCode| parent.is_none_or(|parent| parent.contains(code));
    let townships: Vec<Value> = register
        .townships_on(list)
        .into_iter()
        .filter(|township| is_wanted(township.code))
        .map(|township| json!({ "code": township.code, "name": township.name, "kind": township.kind, "in_report": township.in_report }))
        .collect();
    let villages: Vec<_> = register.villages_on(list).filter(|village| is_wanted(village.code)).collect();
    let body = json!({ "list_date": list, "lists": register.dates(), "townships": townships, "villages": villages });
    Ok(Answer::json(state.app.revision(), &body))
}

/// `GET /figures`: every published figure beside what other sources and the map itself give.
pub(super) async fn list_figures(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let snapshot = state.snapshot(&caller).await;
    let damaged = |error: DamagedLists| Problem::internal(&error);
    let figures = published().map_err(damaged)?;
    let register = register()?;
    let position = |id: &str| id.parse::<LayerId>().ok().and_then(|id| snapshot.catalogue().position(&id));
    let count = |id: &str| position(id).map_or(0, |at| snapshot.count(at));
    let outline = position("city").and_then(|at| {
        let index = snapshot.layer(at);
        index.in_box(Bbox::WORLD).next().map(|item| area_m2(&item.geometry()))
    });
    let counted = Counted {
        outline_m2: outline,
        townships: count("township"),
        villages: count("village"),
        synthetic: is_synthetic(&snapshot),
    };
    let body = json!({ "figures": compare(&figures, register, counted) });
    Ok(Answer::json(snapshot.revision(), &body))
}
