//! Questions too long for an address: the parameters of items in a body, for areas of many corners.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value};

use super::body::Body;
use super::caller::Caller;
use super::extract::Params;
use super::items::{By, answer_page};
use super::problem::REQUEST_ID;
use super::{AppState, Problem};
use crate::domain::Lang;

/// `POST /query`: `collection`, and whatever `GET /collections/{layer}/items` knows; the filter may be CQL2 JSON.
pub(super) async fn query_items(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
    Body(mut asked): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    params.finish()?;
    let Some(Value::String(layer)) = asked.remove("collection") else {
        return Err(Problem::unusable_body("`collection` is the id of a layer"));
    };
    let id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    state.door.note_reading(&state, &caller, &layer, id).await?;
    answer_page(&state, &caller, &layer, lang, By::Body, &headers, Params::of_body(asked)).await
}
