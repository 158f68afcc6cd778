//! What is here: the divisions and the cell of a position.

use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::catalogue::listed_name;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::domain::{DivisionCode, DivisionLevel, LayerId, LonLat};
use crate::geodesy::beidou::GridCode;
use crate::index::Snapshot;

/// The level of a 1′ cell.
pub(super) const CELL_LEVEL: u8 = 4;

/// `GET /at?lon=&lat=`: the divisions and the cell of a position.
pub(super) async fn read_place(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let lon = required(params.parse("lon", ("经度（度）", "a longitude in degrees"))?, "lon")?;
    let lat = required(params.parse("lat", ("纬度（度）", "a latitude in degrees"))?, "lat")?;
    params.finish()?;
    let at = LonLat::new(lon, lat).map_err(|error| Problem::coordinates("lon,lat", &error))?;
    let snapshot = state.snapshot(&caller).await;
    let village = snapshot.village_at(at);
    let township = village.and_then(|code| code.at(DivisionLevel::Township));
    let body = json!({
        "lon": lon,
        "lat": lat,
        "cell": GridCode::of(at, CELL_LEVEL).ok(),
        "township": township.map(|code| named(&snapshot, "township", code)),
        "village": village.map(|code| named(&snapshot, "village", code)),
    });
    Ok(Answer::json(snapshot.revision(), &body))
}

fn required(value: Option<f64>, name: &str) -> Result<f64, Problem> {
    value.ok_or_else(|| {
        Problem::parameter(name, format!("缺少参数 {name}。"), format!("The parameter `{name}` is missing."))
    })
}

/// A division's code, and its name: that on the map, else that of the newest list. There are divisions without an
/// area of their own, such as a farm's.
pub(super) fn named(snapshot: &Snapshot, layer: &str, code: DivisionCode) -> Value {
    let layer = layer.parse::<LayerId>().ok().and_then(|id| snapshot.catalogue().position(&id));
    let item = layer.and_then(|layer| snapshot.by_code(layer, &code.to_string()));
    let on_map = item.and_then(|item| item.property("name"));
    json!({ "code": code, "name": on_map.or_else(|| listed_name(code).map(Value::from)) })
}
