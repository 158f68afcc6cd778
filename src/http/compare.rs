//! Two moments of the map side by side: what differs, as a query and as tiles.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Params, Path};
use super::respond::{Answer, REVISION, mark_sharing};
use super::tiles::{MEDIA_TYPE, layer_set, mark_thinned};
use super::{AppState, Problem};
use crate::app::past::Comparison;
use crate::domain::{Bbox, DivisionCode, FeatureId};
use crate::edit::differences;
use crate::index::{Difference, Differing, Item, comparable};
use crate::tiles::{TileCoord, render_compared};

/// Differences on a page when no number is named, and at the most.
pub(super) const USUAL: usize = 100;
pub(super) const MOST: usize = 1_000;

/// The two moments that are asked about.
struct Moments {
    from: Timestamp,
    to: Option<Timestamp>,
}

impl Moments {
    fn read(params: &mut Params) -> Result<Self, Problem> {
        let from = params.moment_under("from")?.ok_or_else(|| {
            let zh = "请以 from 给出较早的时刻，如 2026-06-30。";
            Problem::parameter("from", zh, "`from` names the earlier moment, such as 2026-06-30.")
        })?;
        let to = params.moment_under("to")?;
        // Moments in the wrong order are put right.
        Ok(match to {
            Some(to) if to < from => Self { from: to, to: Some(from) },
            _ => Self { from, to },
        })
    }

    async fn compared(&self, state: &AppState, caller: &Caller) -> Result<Arc<Comparison>, Problem> {
        Ok(state.app.compared(self.from, self.to, &caller.sight).await?)
    }
}

/// Which differences are asked for.
struct Wanted {
    layers: Option<BTreeSet<usize>>,
    division: Option<DivisionCode>,
    bbox: Option<Bbox>,
}

impl Wanted {
    fn read(state: &AppState, caller: &Caller, params: &mut Params) -> Result<Self, Problem> {
        let layers = params.take("layer")?;
        let layers = layers.map(|list| list.split(',').map(|id| state.layer(caller, id)).collect::<Result<_, _>>());
        Ok(Self {
            layers: layers.transpose()?,
            division: params.parse("division", ("6、9 或 12 位区划代码", "a division code of 6, 9 or 12 digits"))?,
            bbox: params.coordinates("bbox")?,
        })
    }

    fn holds(&self, one: &Differing) -> bool {
        let within = |item: &Arc<Item>| {
            self.division.is_none_or(|division| item.village.is_some_and(|village| division.contains(village)))
                && self.bbox.is_none_or(|bbox| item.touches_box(bbox))
        };
        self.layers.as_ref().is_none_or(|layers| layers.contains(&one.layer)) && one.states().any(within)
    }
}

/// `GET /compare?from=&to=`: how many features were added, moved, changed and removed from one moment to
/// another, and a page of them.
pub(super) async fn list_differences(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let moments = Moments::read(&mut params)?;
    let wanted = Wanted::read(&state, &caller, &mut params)?;
    let after: Option<FeatureId> = params.parse("after", ("要素编号", "the number of a feature"))?;
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    let compared = moments.compared(&state, &caller).await?;
    let app = Arc::clone(&state.app);
    let work = move || {
        let mut counts = [0_u64; Difference::ALL.len()];
        let mut page: Vec<&Differing> = Vec::new();
        for one in compared.differing.iter().filter(|one| wanted.holds(one)) {
            counts[one.difference as usize] += 1;
            // What moved may have other values, too: it counts for both.
            if one.difference == Difference::Moved && one.values_differ {
                counts[Difference::Changed as usize] += 1;
            }
            if page.len() <= limit && after.is_none_or(|after| one.id > after) {
                page.push(one);
            }
        }
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|one| one.id);
        let counts = Difference::ALL.iter().map(|one| (one.as_str().to_owned(), counts[*one as usize].into()));
        let changes: Vec<Value> = page.into_iter().map(|one| difference_json(&app.catalogue, one)).collect();
        let body = json!({
            "from": { "revision": compared.from, "at": moments.from },
            "to": { "revision": compared.to, "at": moments.to.unwrap_or_else(Timestamp::now) },
            "counts": counts.collect::<serde_json::Map<String, Value>>(),
            "changes": changes,
            "next": next,
        });
        Answer::json(compared.to, &body)
    };
    state.desk.run(work).await
}

fn difference_json(catalogue: &crate::catalog::Catalogue, one: &Differing) -> Value {
    let layer = &catalogue.layers[one.layer];
    let told = |item: &Item| {
        json!({
            "type": "Feature", "id": item.id, "geometry": item.geometry().to_geojson(),
            "properties": comparable(layer, item), "version": item.version, "village": item.village,
        })
    };
    let fields = match (&one.before, &one.after) {
        (Some(before), Some(after)) => {
            let content = |item: &Item| (item.geometry(), comparable(layer, item));
            let (before, after) = (content(before), content(after));
            differences((&before.0, &before.1), (&after.0, &after.1))
        }
        _ => Vec::new(),
    };
    json!({
        "layer": layer.id, "id": one.id, "change": one.difference.as_str(),
        "before": one.before.as_deref().map(told), "after": one.after.as_deref().map(told), "fields": fields,
    })
}

/// `GET /compare/tiles/{layers}/{z}/{x}/{y}?from=&to=`: a tile of what differs, each feature with what
/// became of it as `change`.
pub(super) async fn read_compared_tile(
    State(state): State<AppState>,
    caller: Caller,
    Path((layers, z, x, y)): Path<(String, String, String, String)>,
    mut params: Params,
) -> Result<Response, Problem> {
    let moments = Moments::read(&mut params)?;
    params.finish()?;
    let set = layer_set(&state, &caller, &layers)?;
    let tile = TileCoord::parse(&z, &x, &y)?;
    let compared = moments.compared(&state, &caller).await?;
    let (app, revision) = (Arc::clone(&state.app), compared.to);
    let work = move || {
        let layers: Vec<_> = set.layers().into_iter().map(|at| (at, &app.catalogue.layers[at])).collect();
        render_compared(&layers, compared.differing.iter(), tile)
    };
    let tile = state.desk.run(work).await?;
    let mut response = [(header::CONTENT_TYPE, MEDIA_TYPE)].into_response();
    response.headers_mut().insert(REVISION, HeaderValue::from(revision.0));
    mark_sharing(response.headers_mut(), false);
    mark_thinned(response.headers_mut(), &tile.thinned);
    if tile.bytes.is_empty() {
        *response.status_mut() = StatusCode::NO_CONTENT;
    } else {
        *response.body_mut() = tile.bytes.into();
    }
    Ok(response)
}
