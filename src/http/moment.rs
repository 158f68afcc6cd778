//! When: the map as of a moment (`datetime`), and no older than a revision (`min-revision`).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};

use super::caller::Caller;
use super::extract::Params;
use super::{AppState, Problem};
use crate::domain::Revision;
use crate::index::Snapshot;

/// The parameter that every read knows.
pub(super) const MIN_REVISION: &str = "min-revision";

/// How long a read waits for the revision it asks for.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// Hours of China Standard Time before UTC: a day of the city ends then.
const CITY_OFFSET_HOURS: i8 = 8;

impl Params {
    /// Takes the moment that `datetime` names: an RFC 3339 time, a day (its end), or an interval, of which
    /// the end counts. None: now.
    pub(super) fn moment(&mut self) -> Result<Option<Timestamp>, Problem> {
        self.moment_under("datetime")
    }

    /// The same under another name.
    pub(super) fn moment_under(&mut self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        let instant = |text: &str| text.parse::<Timestamp>().ok().or_else(|| text.parse().ok().and_then(end_of_day));
        let end = |text: &str| if matches!(text, "" | "..") { Some(None) } else { instant(text).map(Some) };
        let moment = match text.split_once('/') {
            None => instant(&text).map(Some),
            Some((from, to)) => end(from).and(end(to)),
        };
        moment.ok_or_else(|| {
            let zh = format!("{name} 应为 RFC 3339 时刻、日期，或 起/止 区间（.. 表示不限）。");
            let en =
                format!("`{name}` is an RFC 3339 time, a day, or an interval `from/to` with `..` for an open end.");
            Problem::parameter(name, zh, en)
        })
    }
}

/// The last moment of a day in the city.
fn end_of_day(day: Date) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.at(0, 0, 0, 0);
    let next = TimeZone::fixed(offset(CITY_OFFSET_HOURS)).to_timestamp(midnight).ok()?;
    next.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()
}

impl AppState {
    /// The map as of a moment, or the newest, as far as a caller sees it.
    pub(super) async fn snapshot_at(
        &self,
        caller: &Caller,
        moment: Option<Timestamp>,
    ) -> Result<Arc<Snapshot>, Problem> {
        match moment {
            None => Ok(self.snapshot(caller).await),
            Some(moment) => Ok(self.app.seen_at(moment, &caller.sight).await?),
        }
    }
}

/// Lets a read wait until the map shows the revision that it names: whoever wrote reads what he wrote, on
/// any server of the database.
pub(super) async fn wait_for_revision(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let named = query.split('&').find_map(|pair| pair.strip_prefix(MIN_REVISION)?.strip_prefix('='));
    let Some(text) = named else { return Ok(next.run(request).await) };
    let revision = text.parse().map(Revision).map_err(|_| {
        Problem::parameter(MIN_REVISION, "min-revision 应为修订号。", "`min-revision` is a revision, a whole number.")
    })?;
    if state.app.revision() < revision && state.app.store.head().await? < revision {
        let newest = state.app.revision();
        let zh = format!("日志只到修订 {newest}，没有 {revision}；请用写入应答中的修订号。");
        let en = format!(
            "The log ends at revision {newest}: there is no {revision}. Use the one that a write answered with."
        );
        return Err(Problem::parameter(MIN_REVISION, zh, en).with("revision", newest.0));
    }
    if state.app.revision() < revision && !state.app.until_shown(revision, SHOWN_WITHIN).await {
        let newest = state.app.revision();
        let zh = format!("地图目前为修订 {newest}，未到 {revision}；请稍后重试。");
        let en = format!("The map is at revision {newest}, not yet at {revision}; try again in a moment.");
        let title = ("尚未到该修订", "The revision is not shown yet");
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "revision.not_reached", title, (zh, en))
            .retried_after(1)
            .with("revision", newest.0));
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_the_city() {
        let end = end_of_day("2025-06-30".parse().unwrap()).unwrap();
        assert_eq!(end.to_string(), "2025-06-30T15:59:59.999999999Z");
    }
}
