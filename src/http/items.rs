//! Items: the features of a layer (OGC 17-069r4, clauses 7.15 and 7.16).

use std::io::Write;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Asked, out_of_reach, read_query};
use super::caller::Caller;
use super::extract::{Format, Params, Path};
use super::filtered::crs_of;
use super::respond::{Answer, REVISION, base_url, is_known, link, link_header, mark_sharing, not_modified};
use super::{AppState, Problem, html};
use crate::domain::{FeatureId, InvalidId, Lang};
use crate::exchange::geojson::write_feature_in;
use crate::geodesy::crs::{Crs, CrsError};
use crate::index::{Item, Page, Snapshot};

const GEOJSON: &str = "application/geo+json";

/// OGC API Features Part 2.
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// `GET /collections/{layer}/items`
pub(super) async fn list_items(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let by = By::Address(params.format(&headers)?);
    answer_page(&state, &caller, &layer, lang, by, &headers, params).await
}

/// How a page was asked for.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// By an address, in a form; others can be linked to.
    Address(Format),
    /// By a body. What follows it cannot be linked to, and is told as the cursor to ask with.
    Body,
}

/// A page of the features that are asked for.
pub(super) async fn answer_page(
    state: &AppState,
    caller: &Caller,
    layer: &str,
    lang: Lang,
    by: By,
    headers: &HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let at = state.layer(caller, layer)?;
    let asked = read_query(params, &state.app.catalogue.layers[at], state)?;
    let own = format!("{}/collections/{layer}", base_url(headers));
    let snapshot = state.snapshot_at(caller, asked.moment).await?;
    let revision = snapshot.revision();
    let _waiting = asked.waiting();
    let written = state.desk.run(move || {
        let page = snapshot.select(at, &asked.query);
        let links = match by {
            By::Address(format) => links_of(&page, &asked, format, &own),
            By::Body => vec![link(own.clone(), "collection", "application/json", "The layer")],
        };
        let headers = [(header::LINK, link_header(&links)), (CONTENT_CRS, content_crs(asked.crs))];
        let answer = match by {
            By::Address(Format::Html) => {
                let prev = asked.preceding(&page, Format::Html);
                let around = html::Around { prev, next: asked.following(&page, Format::Html) };
                html::answer(revision, html::items(lang, &snapshot, at, &page, &around))
            }
            By::Address(Format::Json) | By::Body => {
                let cursor = matches!(by, By::Body).then(|| asked.next_cursor(&page)).flatten();
                let written = write_page(&page, &snapshot, &links, &asked, cursor);
                Answer::geojson(revision, written.map_err(|error| out_of_reach(&error))?)
            }
        };
        Ok::<_, Problem>((headers, answer))
    });
    Ok(written.await??.into_response())
}

/// The header that names the system of the coordinates.
fn content_crs(crs: Crs) -> HeaderValue {
    HeaderValue::try_from(format!("<{}>", crs.uri())).unwrap_or(HeaderValue::from_static(""))
}

fn links_of(page: &Page, asked: &Asked, format: Format, own: &str) -> Vec<Value> {
    let (this, other) = match format {
        Format::Json => ((GEOJSON, Format::Json), ("text/html", Format::Html)),
        Format::Html => (("text/html", Format::Html), (GEOJSON, Format::Json)),
    };
    let items = format!("{own}/items");
    let mut links = vec![
        link(format!("{items}?{}", asked.as_format(this.1)), "self", this.0, "This page"),
        link(format!("{items}?{}", asked.as_format(other.1)), "alternate", other.0, "This page in another form"),
        link(own.to_owned(), "collection", "application/json", "The layer"),
    ];
    if let Some(query) = asked.preceding(page, format) {
        links.push(link(format!("{items}?{query}"), "prev", this.0, "The page before"));
    }
    if let Some(query) = asked.following(page, format) {
        links.push(link(format!("{items}?{query}"), "next", this.0, "The next page"));
    }
    links
}

fn write_page(
    page: &Page,
    snapshot: &Snapshot,
    links: &[Value],
    asked: &Asked,
    cursor: Option<String>,
) -> Result<Vec<u8>, CrsError> {
    let mut out = Vec::with_capacity(512 * (page.items.len() + 2));
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[");
    for (i, item) in page.items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_feature_in(item, asked.crs, asked.shown.as_deref(), &mut out)?;
    }
    // Writing into memory cannot fail.
    let _ = write!(
        out,
        "],\"numberMatched\":{},\"numberReturned\":{},\"timeStamp\":\"{:.0}\",\"revision\":{},\"links\":{}}}",
        page.matched,
        page.items.len(),
        Timestamp::now(),
        snapshot.revision(),
        json!(links),
    );
    if let Some(cursor) = cursor {
        out.pop();
        let _ = write!(out, ",\"cursor\":{}}}", json!(cursor));
    }
    Ok(out)
}

/// `GET /collections/{layer}/items/{id}`: by number, or by code.
pub(super) async fn read_item(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, id)): Path<(String, String)>,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let format = params.format(&headers)?;
    let moment = params.moment()?;
    let crs = params.take("crs")?.map_or(Ok(Crs::default()), |uri| crs_of("crs", &uri))?;
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let snapshot = state.snapshot_at(&caller, moment).await?;
    let item = find(&snapshot, at, &layer, &id)?;
    let own = format!("{}/collections/{layer}", base_url(&headers));
    let mut tags = tags(&state, &snapshot, at, &item, (format, lang, crs));
    tags.insert(CONTENT_CRS, content_crs(crs));
    if tags.get(header::ETAG).and_then(|tag| tag.to_str().ok()).is_some_and(|tag| is_known(&headers, tag)) {
        return Ok(not_modified(tags));
    }
    let answer = match format {
        Format::Json => {
            let written = write_item(&item, &own, crs).map_err(|error| out_of_reach(&error))?;
            Answer::geojson(snapshot.revision(), written)
        }
        Format::Html => {
            let revision = snapshot.revision();
            html::answer(revision, state.desk.run(move || html::item(lang, &snapshot, at, &item)).await?)
        }
    };
    Ok((tags, answer).into_response())
}

pub(super) fn find(snapshot: &Snapshot, at: usize, layer: &str, id: &str) -> Result<std::sync::Arc<Item>, Problem> {
    let by_number = |id: Result<FeatureId, InvalidId>| {
        let (stands_in, item) = snapshot.feature(id.ok()?)?;
        (stands_in == at).then_some(item)
    };
    by_number(id.parse()).or_else(|| snapshot.by_code(at, id)).ok_or_else(|| {
        let id: String = id.chars().take(60).collect();
        let (zh, en) =
            (format!("图层 {layer} 中没有要素 {id}。"), format!("The layer `{layer}` has no feature `{id}`."));
        Problem::not_found("feature.not_found", zh, en)
    })
}

/// A feature's tag holds for one form of one version in one database under one catalogue. Where counts
/// are hidden, an edit elsewhere in the layer may hide another.
fn tags(
    state: &AppState,
    snapshot: &Snapshot,
    at: usize,
    item: &Item,
    (format, lang, crs): (Format, Lang, Crs),
) -> HeaderMap {
    let form = match format {
        Format::Json if crs == Crs::Crs84 => "json",
        Format::Json => crs.uri().rsplit('/').next().unwrap_or_default(),
        Format::Html => html::say(lang, "zh", "en"),
    };
    let mut tags = HeaderMap::new();
    mark_sharing(&mut tags, snapshot.catalogue().layers[at].is_public());
    tags.insert(REVISION, snapshot.revision().0.into());
    let counts = match format {
        // A page for people shows what lies around, too.
        Format::Html => snapshot.revision().0,
        Format::Json if snapshot.layer(at).keys().hides_counts() => snapshot.layer_revision(at).0,
        Format::Json => 0,
    };
    if let Ok(etag) = format!("\"{:016x}-{}-{}-{counts}-{form}\"", state.database(), item.id, item.version).parse() {
        tags.insert(header::ETAG, etag);
    }
    tags
}

/// The tag of a feature in GeoJSON.
pub(super) fn item_tag(state: &AppState, snapshot: &Snapshot, at: usize, item: &Item) -> Option<HeaderValue> {
    tags(state, snapshot, at, item, (Format::Json, Lang::Zh, Crs::Crs84)).remove(header::ETAG)
}

fn write_item(item: &Item, own: &str, crs: Crs) -> Result<Vec<u8>, CrsError> {
    let mut out = Vec::with_capacity(1024);
    write_feature_in(item, crs, None, &mut out)?;
    let this = format!("{own}/items/{}", item.id);
    let links = json!([
        link(format!("{this}?f=json"), "self", GEOJSON, "This feature"),
        link(format!("{this}?f=html"), "alternate", "text/html", "This feature for people"),
        link(own.to_owned(), "collection", "application/json", "The layer"),
    ]);
    // The links are one more member of the feature.
    out.pop();
    let _ = write!(out, ",\"links\":{links}}}");
    Ok(out)
}
