//! Items: the features of a layer (OGC 17-069r4, clauses 7.15 and 7.16).

use std::io::Write;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Format, Params, Path, unknown_parameter};
use super::filtered::{Filtered, crs_of};
use super::respond::{Answer, REVISION, base_url, is_known, link, link_header, mark_sharing, not_modified};
use super::{AppState, Problem, html, sorted};
use crate::catalog::{Layer, PropertyType};
use crate::domain::{Bbox, DivisionCode, FeatureId, InvalidId, Lang, LonLat};
use crate::exchange::geojson::write_feature_in;
use crate::geodesy::crs::{Crs, CrsError};
use crate::index::{Item, Page, Place, Query, Snapshot};

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
    let format = params.format(&headers)?;
    answer_page(&state, &caller, &layer, lang, (format, false), &headers, params).await
}

/// A page of the features that are asked for. One that was asked for by a body cannot be linked to: what follows it is
/// told as the cursor to ask with.
pub(super) async fn answer_page(
    state: &AppState,
    caller: &Caller,
    layer: &str,
    lang: Lang,
    (format, by_body): (Format, bool),
    headers: &HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let at = state.layer(caller, layer)?;
    let asked = read_query(params, &state.app.catalogue.layers[at], state)?;
    let own = format!("{}/collections/{layer}", base_url(headers));
    let snapshot = state.snapshot_at(caller, asked.moment).await?;
    let revision = snapshot.revision();
    let written = state.desk.run(move || {
        let page = snapshot.select(at, &asked.query);
        let links = if by_body {
            vec![link(own.clone(), "collection", "application/json", "The layer")]
        } else {
            links_of(&page, &asked, format, &own)
        };
        let headers = [(header::LINK, link_header(&links)), (CONTENT_CRS, content_crs(asked.crs))];
        let answer = match format {
            Format::Json => {
                let written =
                    write_page(&page, &snapshot, &links, &asked, by_body).map_err(|error| out_of_reach(&error))?;
                Answer::geojson(revision, written)
            }
            Format::Html => {
                let layer = &snapshot.catalogue().layers[at];
                html::answer(revision, html::items(lang, layer, &page, asked.following(&page, format).as_deref()))
            }
        };
        Ok::<_, Problem>((headers, answer))
    });
    Ok(written.await??.into_response())
}

/// Parameters that hold from page to page, as they were written.
type Kept = Vec<(String, String)>;

/// The question that a query string asks.
pub(super) struct Asked {
    pub(super) query: Query,
    /// The parameters that hold from page to page, encoded.
    kept: String,
    /// The moment it asks about; none: now.
    pub(super) moment: Option<Timestamp>,
    /// The system of the coordinates that are answered.
    pub(super) crs: Crs,
    /// The only properties that are answered; none: all.
    shown: Option<Vec<String>>,
}

impl Asked {
    /// The query string of this page in a form.
    fn as_format(&self, format: Format) -> String {
        let f = match format {
            Format::Json => "json",
            Format::Html => "html",
        };
        let cursor = match (&self.query.after_place, self.query.after) {
            (Some(place), _) => format!("&cursor={}", sorted::cursor_of(place)),
            (None, Some(after)) => format!("&cursor={after}"),
            (None, None) => String::new(),
        };
        format!("{}{cursor}&f={f}", self.kept)
    }

    /// Where the page that follows begins, if one does.
    fn next_cursor(&self, page: &Page) -> Option<String> {
        let last = page.items.last().filter(|_| page.more)?;
        let sort = &self.query.sort;
        Some(if sort.is_empty() { last.id.to_string() } else { sorted::cursor_of(&Place::of(last, sort)) })
    }

    /// The query string of the page that follows, if one does.
    fn following(&self, page: &Page, format: Format) -> Option<String> {
        let last = page.items.last().filter(|_| page.more)?;
        let sort = &self.query.sort;
        let after_place = (!sort.is_empty()).then(|| Place::of(last, sort));
        let query = Query { after: Some(last.id), after_place, ..Query::default() };
        let next = Self { query, kept: self.kept.clone(), moment: None, crs: self.crs, shown: None };
        Some(next.as_format(format))
    }
}

/// Reads which features of a layer are asked for.
pub(super) fn read_query(mut params: Params, layer: &Layer, state: &AppState) -> Result<Asked, Problem> {
    let (bbox, written_box) = read_box(&mut params)?;
    let crs_uri = params.take("crs")?;
    let crs = crs_uri.as_deref().map_or(Ok(Crs::default()), |uri| crs_of("crs", uri))?;
    let datetime = params.peek("datetime").map(str::to_owned);
    let moment = params.moment()?;
    let limit = params.limit(state.limits.page, state.limits.page_most)?;
    let (sort, written_sort) = sorted::take(&mut params, layer)?;
    let (after, after_place) = if sort.is_empty() {
        (params.parse("cursor", ("上一页 next 链接中的值", "what a `next` link carries"))?, None)
    } else {
        (None, sorted::take_cursor(&mut params, &sort)?)
    };
    let division: Option<DivisionCode> =
        params.parse("division", ("6、9 或 12 位区划代码", "a division code of 6, 9 or 12 digits"))?;
    let filter = Filtered::take(&mut params, layer)?;
    let text = params.take("q")?;
    let words = text.as_deref().map(words_of).unwrap_or_default();
    let shown = read_shown(&mut params, layer)?;
    let lang = params.take("lang")?;
    let properties = params.rest();
    for (name, value) in &properties {
        check_filter(layer, name, value)?;
    }
    let mut kept = vec![("limit".to_owned(), limit.to_string())];
    kept.extend(written_box);
    kept.extend(crs_uri.map(|uri| ("crs".to_owned(), uri)));
    kept.extend(division.map(|code| ("division".to_owned(), code.to_string())));
    kept.extend(datetime.map(|datetime| ("datetime".to_owned(), datetime)));
    kept.extend(filter.kept());
    kept.extend(text.map(|text| ("q".to_owned(), text)));
    kept.extend(shown.as_ref().map(|shown| ("properties".to_owned(), shown.join(","))));
    kept.extend(written_sort.map(|sort| ("sortby".to_owned(), sort)));
    kept.extend(lang.map(|lang| ("lang".to_owned(), lang)));
    kept.extend(properties.iter().cloned());
    let kept = kept.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>();
    let filter = filter.filter;
    let query = Query { bbox, division, properties, words, filter, sort, after, after_place, limit, polygon: None };
    Ok(Asked { query, kept: kept.join("&"), moment, crs, shown })
}

/// The words of a free text, each of which must be there.
fn words_of(text: &str) -> Vec<String> {
    const MOST: usize = 10;
    text.split([' ', ',', '\u{3000}']).filter(|word| !word.is_empty()).take(MOST).map(str::to_lowercase).collect()
}

/// The properties that are to be answered.
fn read_shown(params: &mut Params, layer: &Layer) -> Result<Option<Vec<String>>, Problem> {
    let Some(text) = params.take("properties")? else { return Ok(None) };
    let names: Vec<String> =
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let is_known = |name: &String| layer.properties.contains_key(name) || name == crate::catalog::SYNTHETIC;
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        let known = layer.properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let unknown: String = unknown.chars().take(60).collect();
        let zh = format!("properties：没有属性 {unknown}；有：{known}。");
        return Err(Problem::parameter(
            "properties",
            zh,
            format!("`properties`: there is no `{unknown}`; there are: {known}."),
        ));
    }
    Ok(Some(names))
}

/// A box, and how it was asked for: `bbox` in the system of `bbox-crs`.
fn read_box(params: &mut Params) -> Result<(Option<Bbox>, Kept), Problem> {
    let uri = params.take("bbox-crs")?;
    let Some(uri) = uri else {
        let bbox: Option<Bbox> = params.coordinates("bbox")?;
        return Ok((bbox, bbox.map(|bbox| ("bbox".to_owned(), bbox.to_string())).into_iter().collect()));
    };
    let crs = crs_of("bbox-crs", &uri)?;
    let Some(text) = params.take("bbox")? else {
        return Err(Problem::parameter("bbox-crs", "bbox-crs 须与 bbox 同用。", "`bbox-crs` comes with `bbox`."));
    };
    let numbers: Vec<f64> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let [a, b, c, d] = numbers[..] else {
        return Err(Problem::parameter("bbox", "bbox 应为四个数。", "`bbox` is four numbers."));
    };
    let corner = |first, second| crs.to_lonlat(first, second).map_err(|error| out_of_reach(&error));
    // A straight edge of a plane is none in degrees: all four corners are looked at.
    let corners = [corner(a, b)?, corner(a, d)?, corner(c, b)?, corner(c, d)?];
    let bound =
        |pick: fn(&LonLat) -> f64, better: fn(f64, f64) -> f64| corners.iter().map(pick).reduce(better).unwrap_or(0.0);
    let bbox = Bbox::new(
        bound(|at| at.lon(), f64::min),
        bound(|at| at.lat(), f64::min),
        bound(|at| at.lon(), f64::max),
        bound(|at| at.lat(), f64::max),
    )
    .map_err(|error| Problem::coordinates("bbox", &error))?;
    Ok((Some(bbox), vec![("bbox".to_owned(), text), ("bbox-crs".to_owned(), uri)]))
}

/// The header that names the system of the coordinates.
fn content_crs(crs: Crs) -> HeaderValue {
    HeaderValue::try_from(format!("<{}>", crs.uri())).unwrap_or(HeaderValue::from_static(""))
}

fn out_of_reach(error: &CrsError) -> Problem {
    let (zh, en) = (format!("坐标无法换算：{error}。"), format!("The coordinates cannot be converted: {error}."));
    Problem::parameter("crs", zh, en)
}

/// Percent-encodes what has a meaning in a query string.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A property filter must name a property, and a value that the property can have.
fn check_filter(layer: &Layer, name: &str, value: &str) -> Result<(), Problem> {
    const PARAMETERS: [&str; 12] = [
        "bbox",
        "limit",
        "cursor",
        "division",
        "datetime",
        "filter",
        "filter-lang",
        "filter-crs",
        "q",
        "properties",
        "f",
        "lang",
    ];
    let known = layer.properties.get(name);
    let kind = match known {
        Some(property) => property.kind,
        None if name == crate::catalog::SYNTHETIC => PropertyType::Boolean,
        None => {
            let known = PARAMETERS.into_iter().chain(layer.properties.keys().map(String::as_str));
            return Err(unknown_parameter(name, known));
        }
    };
    let expected = match kind {
        PropertyType::Integer if value.parse::<i64>().is_err() => Some(("整数", "a whole number")),
        PropertyType::Number if value.parse::<f64>().is_err() => Some(("数", "a number")),
        PropertyType::Boolean if !matches!(value, "true" | "false") => Some(("true 或 false", "true or false")),
        PropertyType::Date if value.parse::<jiff::civil::Date>().is_err() => {
            Some(("日期，如 2025-06-30", "a day such as 2025-06-30"))
        }
        _ => None,
    };
    if let Some((zh, en)) = expected {
        return Err(Problem::parameter(name, format!("{name} 应为{zh}。"), format!("`{name}` is {en}.")));
    }
    let values: Vec<&str> = known.iter().flat_map(|known| &known.values).map(|known| known.value.as_str()).collect();
    if !values.is_empty() && !values.contains(&value) {
        let known = values.join(", ");
        return Err(Problem::parameter(
            name,
            format!("{name} 可取：{known}。"),
            format!("`{name}` is one of: {known}."),
        ));
    }
    Ok(())
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
    by_body: bool,
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
    if let Some(cursor) = asked.next_cursor(page).filter(|_| by_body) {
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
        Format::Html => html::answer(snapshot.revision(), html::item(lang, &snapshot.catalogue().layers[at], &item)),
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
    let counts = if snapshot.layer(at).keys().hides_counts() { snapshot.layer_revision(at).0 } else { 0 };
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
