//! What changes, as it changes: a page of the log, or a stream of events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::json;
use tokio::sync::watch;

use super::caller::Caller;
use super::extract::Params;
use super::respond::Answer;
use super::{AppState, Problem, filtered};
use crate::app::told::{Wish, WishError};
use crate::domain::{LayerId, Revision, Wanted};

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
    let wish = wish(&state, &caller, &mut params)?;
    let after: Option<u64> = params.parse("after", ("修订号", "a revision"))?;
    let limit = params.limit(USUAL, MOST)?;
    params.finish()?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        let seen = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
        let after = seen.or(after).map_or_else(|| state.app.revision(), Revision);
        let events = events(state.clone(), headers, wish, after);
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
        commits.extend(state.app.tell(&caller.sight, &wish, Revision(told)).await?);
    }
    let next = (told < newest.0).then_some(told);
    Ok(Answer::json(newest, &json!({ "commits": commits, "next": next })).into_response())
}

/// What of the changes a request asks for.
fn wish(state: &AppState, caller: &Caller, params: &mut Params) -> Result<Wish, Problem> {
    let layers = params.take("layer")?.map(|list| layers(state, caller, list.split(',')));
    let wanted = Wanted {
        layers: layers.transpose()?,
        division: params.parse("division", ("6、9 或 12 位区划代码", "a division code of 6, 9 or 12 digits"))?,
        bbox: params.coordinates("bbox")?,
        filter: params.take("filter")?,
    };
    Wish::new(&state.app.catalogue, wanted).map_err(|error| not_granted(&error))
}

/// Says what is wrong with a filter on changes.
pub(super) fn not_granted(error: &WishError) -> Problem {
    match error {
        WishError::NoLayers => {
            let (zh, en) = ("filter 须与图层同用。", "A filter comes with the layers that it is about.");
            Problem::parameter("filter", zh, en)
        }
        WishError::Filter { error, .. } => filtered::refused(error),
    }
}

/// Layers that the caller sees, by their ids.
pub(super) fn layers<'i>(
    state: &AppState,
    caller: &Caller,
    mut ids: impl Iterator<Item = &'i str>,
) -> Result<Vec<LayerId>, Problem> {
    ids.try_fold(Vec::new(), |mut layers, id| {
        layers.push(state.app.catalogue.layers[state.layer(caller, id)?].id.clone());
        Ok(layers)
    })
}

/// Where a stream stands.
struct Position {
    state: AppState,
    /// What the client came with: it must hold as long as it is told anything.
    headers: HeaderMap,
    wish: Wish,
    told: Revision,
    newest: watch::Receiver<Revision>,
}

/// Events from after a revision on, for as long as the client listens, may, and the server runs.
fn events(
    state: AppState,
    headers: HeaderMap,
    wish: Wish,
    after: Revision,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let newest = state.app.revisions();
    let position = Position { state, headers, wish, told: after, newest };
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
            // Grants may have changed, the session may have ended.
            let caller = self.state.door.caller(&self.state.app, &self.headers).await.ok()?;
            if let Some(told) = self.state.app.told(&caller.sight, &self.wish, self.told).await.ok()? {
                return Some(Event::default().event("commit").id(self.told.to_string()).data(told));
            }
        }
    }
}
