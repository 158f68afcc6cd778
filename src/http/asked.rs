//! What is asked of a layer's items: the parameters that `/items`, `/export`, `/aggregate` and `/query` share.

use jiff::Timestamp;

use super::extract::{Format, Params, unknown_parameter};
use super::filtered::{Filtered, crs_of};
use super::{AppState, Problem, sorted};
use crate::catalog::{Layer, PropertyType};
use crate::domain::{Bbox, DivisionCode, LonLat};
use crate::geodesy::crs::{Crs, CrsError};
use crate::index::{Edge, Page, Place, Query, Stop};

/// Parameters that hold from page to page, as they were written.
pub(super) type Kept = Vec<(String, String)>;

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
    pub(super) shown: Option<Vec<String>>,
}

impl Asked {
    /// The query string of this page in a form.
    pub(super) fn as_format(&self, format: Format) -> String {
        self.at_edge(self.query.edge.as_ref(), format)
    }

    /// Held as long as somebody waits for the answer.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting(self.query.stop.clone())
    }

    /// The question as it was written, without where it begins.
    pub(super) fn kept(&self) -> &str {
        &self.kept
    }

    /// Where the page that follows begins, if one does.
    fn next_edge(&self, page: &Page) -> Option<Edge> {
        let is_before = self.query.edge.as_ref().is_some_and(Edge::is_before);
        // What a page came before follows it.
        let last = page.items.last().filter(|_| page.more || is_before)?;
        Some(Edge::After(Place::of(last, &self.query.sort)))
    }

    /// Where the page that goes before ends, if one does.
    fn previous_edge(&self, page: &Page) -> Option<Edge> {
        let edge = self.query.edge.as_ref()?;
        if page.items.is_empty() && !edge.is_before() {
            // Nothing is left behind: the last page lies before.
            return Some(Edge::Before(edge.place().clone()));
        }
        let first = page.items.first().filter(|_| page.more || !edge.is_before())?;
        Some(Edge::Before(Place::of(first, &self.query.sort)))
    }

    /// The cursor of the page that follows, if one does.
    pub(super) fn next_cursor(&self, page: &Page) -> Option<String> {
        self.next_edge(page).as_ref().map(sorted::cursor_of)
    }

    /// The query string of the page that follows, if one does.
    pub(super) fn following(&self, page: &Page, format: Format) -> Option<String> {
        if page.items.is_empty() && self.query.edge.as_ref().is_some_and(Edge::is_before) {
            // Nothing is left before: the first page follows.
            return Some(self.at_edge(None, format));
        }
        self.next_edge(page).map(|edge| self.at_edge(Some(&edge), format))
    }

    /// The query string of the page that goes before, if one does.
    pub(super) fn preceding(&self, page: &Page, format: Format) -> Option<String> {
        self.previous_edge(page).map(|edge| self.at_edge(Some(&edge), format))
    }

    fn at_edge(&self, edge: Option<&Edge>, format: Format) -> String {
        let f = match format {
            Format::Json => "json",
            Format::Html => "html",
        };
        let cursor = edge.map(|edge| format!("&cursor={}", sorted::cursor_of(edge))).unwrap_or_default();
        format!("{}{cursor}&f={f}", self.kept)
    }
}

/// Ends a question when the request that asked it has ended: at its timeout, or when the client has gone.
pub(super) struct Waiting(Stop);

impl Waiting {
    /// One that ends with whoever holds it.
    pub(super) fn of(stop: Stop) -> Self {
        Self(stop)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.now();
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
    let edge = sorted::take_cursor(&mut params, &sort)?;
    let (condition, written_condition) = take_condition(&mut params, layer)?;
    let shown = read_shown(&mut params, layer)?;
    let lang = params.take("lang")?;
    let properties = params.rest();
    for (name, value) in &properties {
        check_filter(&params, layer, name, value)?;
    }
    let mut kept = vec![("limit".to_owned(), limit.to_string())];
    kept.extend(written_box);
    kept.extend(crs_uri.map(|uri| ("crs".to_owned(), uri)));
    kept.extend(datetime.map(|datetime| ("datetime".to_owned(), datetime)));
    kept.extend(written_condition);
    kept.extend(shown.as_ref().map(|shown| ("properties".to_owned(), shown.join(","))));
    kept.extend(written_sort.map(|sort| ("sortby".to_owned(), sort)));
    kept.extend(lang.map(|lang| ("lang".to_owned(), lang)));
    kept.extend(properties.iter().cloned());
    let query = Query { bbox, properties, sort, edge, limit, ..condition };
    Ok(Asked { query, kept: encoded_pairs(&kept), moment, crs, shown })
}

/// Takes what features must hold, wherever they are: `filter`, `q` and `division`, and how it was written.
pub(super) fn take_condition(params: &mut Params, layer: &Layer) -> Result<(Query, Kept), Problem> {
    let division: Option<DivisionCode> =
        params.parse("division", ("6、9 或 12 位区划代码", "a division code of 6, 9 or 12 digits"))?;
    let filter = Filtered::take(params, layer)?;
    let text = params.take("q")?;
    let words = text.as_deref().map(words_of).unwrap_or_default();
    let mut kept: Kept = division.map(|code| ("division".to_owned(), code.to_string())).into_iter().collect();
    kept.extend(filter.kept());
    kept.extend(text.map(|text| ("q".to_owned(), text)));
    Ok((Query { division, words, filter: filter.filter, ..Query::default() }, kept))
}

/// Parameters as a query string.
pub(super) fn encoded_pairs(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
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
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let [a, b, c, d] = numbers.unwrap_or_default()[..] else {
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

/// A place that a system of coordinates does not reach.
pub(super) fn out_of_reach(error: &CrsError) -> Problem {
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
fn check_filter(params: &Params, layer: &Layer, name: &str, value: &str) -> Result<(), Problem> {
    let known = layer.properties.get(name);
    let kind = match known {
        Some(property) => property.kind,
        None if name == crate::catalog::SYNTHETIC => PropertyType::Boolean,
        None => {
            let known = params.known().chain(layer.properties.keys().map(String::as_str));
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
