//! What changes, as it changes: a page of the log, or a stream of events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::caller::Caller;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::app::feed::{Notice, Noticed, TILES};
use crate::domain::{Bbox, DivisionCode, LayerId, LayerSight, Revision};
use crate::tiles::{Cover, cover};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Revisions on a page when none is named, and at the most.
pub(super) const USUAL: usize = 50;
pub(super) const MOST: usize = 200;

/// Changes after which a page ends, whatever its limit: the work of a page is bounded too.
const ENOUGH: usize = 2_000;

/// How often a silent stream says that it is still there.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// `GET /changes`: events for those who ask for a stream, else a page of the log.
pub(super) async fn list_changes(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(&state, &caller, &mut params)?;
    let after: Option<u64> = params.parse("after", ("修订号", "a revision"))?;
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        let seen = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
        let after = seen.or(after).map_or_else(|| state.app.revision(), Revision);
        let events = events(state.clone(), headers, caller, wanted, after);
        return Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY)).into_response());
    }
    let newest = state.app.revision();
    let mut told = after.unwrap_or(0);
    let last = newest.0.min(told.saturating_add(limit as u64));
    let (mut commits, mut read) = (Vec::new(), 0);
    while told < last && read < ENOUGH {
        told += 1;
        let notice = state.app.notice(Revision(told)).await?;
        let Some(notice) = notice else { break };
        read += notice.changes.len();
        commits.extend(wanted.told(&state, &caller, &notice));
    }
    let next = (told < newest.0).then_some(told);
    Ok(Answer::json(newest, &json!({ "commits": commits, "next": next })).into_response())
}

/// Which changes somebody wants to hear of.
struct Wanted {
    layers: Option<Vec<LayerId>>,
    division: Option<DivisionCode>,
    bbox: Option<Bbox>,
}

impl Wanted {
    fn read(state: &AppState, caller: &Caller, params: &mut Params) -> Result<Self, Problem> {
        let layers = params.take("layer")?.map(|list| {
            let at = |id: &str| state.layer(caller, id).map(|at| state.app.catalogue.layers[at].id.clone());
            list.split(',').map(at).collect::<Result<Vec<_>, _>>()
        });
        Ok(Self {
            layers: layers.transpose()?,
            division: params.parse("division", ("6、9 或 12 位区划代码", "a division code of 6, 9 or 12 digits"))?,
            bbox: params.coordinates("bbox")?,
        })
    }

    fn is_wanted(&self, place: &(Option<DivisionCode>, Bbox)) -> bool {
        let (village, bbox) = place;
        self.division.is_none_or(|division| village.is_some_and(|village| division.contains(village)))
            && self.bbox.is_none_or(|wanted| wanted.intersects(*bbox))
    }

    /// A notice as far as it is wanted and the caller sees it; none when nothing of it is.
    fn told(&self, state: &AppState, caller: &Caller, notice: &Notice) -> Option<Value> {
        let is_layer = |layer: &LayerId| self.layers.as_ref().is_none_or(|layers| layers.contains(layer));
        let changes: Vec<Value> = notice
            .changes
            .iter()
            .filter(|change| is_layer(&change.layer))
            .filter_map(|change| self.change(state, caller, change))
            .collect();
        if changes.is_empty() && notice.is_complete {
            return None;
        }
        let tiles: serde_json::Map<String, Value> = notice
            .tiles
            .iter()
            .filter(|(layer, _)| is_layer(layer))
            .filter_map(|(layer, cover)| Some((layer.to_string(), tiles_told(state, caller, notice, layer, cover)?)))
            .collect();
        if changes.is_empty() && tiles.is_empty() {
            return None;
        }
        Some(json!({
            "revision": notice.revision, "at": notice.at, "actor": notice.actor, "reason": notice.reason,
            "changes": changes, "complete": notice.is_complete, "tiles": tiles,
        }))
    }

    fn change(&self, state: &AppState, caller: &Caller, change: &Noticed) -> Option<Value> {
        let seen = |place: &&(Option<DivisionCode>, Bbox)| state.sees(caller, &change.layer, place.0);
        let before = change.before.as_ref().filter(seen);
        let after = change.after.as_ref().filter(seen);
        if !before.iter().chain(&after).any(|place| self.is_wanted(place)) {
            return None;
        }
        Some(json!({
            "layer": change.layer, "id": change.feature, "kind": change.kind, "version": change.version,
            "village": after.or(before).and_then(|place| place.0),
            "before": before.map(|place| place.1), "after": after.map(|place| place.1),
        }))
    }
}

/// The tiles of a layer that changed, as far as a caller may know: where they see some divisions of it
/// only, the tiles of the changes they see.
fn tiles_told(state: &AppState, caller: &Caller, notice: &Notice, id: &LayerId, whole: &Cover) -> Option<Value> {
    let at = state.app.catalogue.position(id)?;
    match caller.sight.layer(at) {
        LayerSight::All => return Some(tiles_json(whole)),
        LayerSight::Nothing => return None,
        // Which of the changes that are not told they see is not known: any tile may be another.
        LayerSight::Divisions(_) if !notice.is_complete => return Some(json!({ "zooms": [], "deeper_than": 0 })),
        LayerSight::Divisions(_) => {}
    }
    let layer = &state.app.catalogue.layers[at];
    let of_layer = notice.changes.iter().filter(|change| change.layer == *id);
    let places = of_layer.flat_map(|change| change.before.iter().chain(&change.after));
    let seen: Vec<Bbox> = places.filter(|place| state.sees(caller, id, place.0)).map(|(_, bbox)| *bbox).collect();
    (!seen.is_empty()).then(|| tiles_json(&cover(&seen, layer.zoom.min, layer.zoom.max, TILES)))
}

/// Tiles by zoom: `[[zoom, [[column, row], …]], …]`.
fn tiles_json(cover: &Cover) -> Value {
    let mut zooms: Vec<(u8, Vec<[u32; 2]>)> = Vec::new();
    for tile in &cover.tiles {
        match zooms.last_mut() {
            Some((zoom, tiles)) if *zoom == tile.zoom() => tiles.push([tile.column(), tile.row()]),
            _ => zooms.push((tile.zoom(), vec![[tile.column(), tile.row()]])),
        }
    }
    json!({ "zooms": zooms, "deeper_than": cover.deeper_than })
}

/// Where a stream stands.
struct Position {
    state: AppState,
    /// What the client came with: it must hold as long as it is told anything.
    headers: HeaderMap,
    caller: Caller,
    wanted: Wanted,
    told: Revision,
    newest: watch::Receiver<Revision>,
}

/// Events from after a revision on, for as long as the client listens, may, and the server runs.
fn events(
    state: AppState,
    headers: HeaderMap,
    caller: Caller,
    wanted: Wanted,
    after: Revision,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let newest = state.app.revisions();
    let position = Position { state, headers, caller, wanted, told: after, newest };
    // The client hears at once that it is listened to.
    stream::once(async { Event::default().comment("listening") })
        .chain(stream::unfold(position, |mut at| async move { Some((at.next_event().await?, at)) }))
        .map(Ok)
}

impl Position {
    /// The next commit that is to be told; none when the stream is to end. A client whose stream ends
    /// comes back to where it was.
    async fn next_event(&mut self) -> Option<Event> {
        loop {
            let newest = *self.newest.borrow_and_update();
            if self.told >= newest {
                tokio::select! {
                    grown = self.newest.changed() => grown.ok()?,
                    () = self.state.app.stopping() => return None,
                }
                continue;
            }
            let _turn = self.state.telling.acquire().await.ok()?;
            self.told = self.told.next();
            let notice = self.state.app.notice(self.told).await.ok()??;
            // Grants may have changed, the session may have ended.
            self.caller = self.state.door.caller(&self.state.app, &self.headers).await.ok()?;
            if let Some(told) = self.wanted.told(&self.state, &self.caller, &notice) {
                return Some(Event::default().event("commit").id(self.told.to_string()).data(told.to_string()));
            }
        }
    }
}
