//! The layers as records of a catalogue that can be searched (OGC API – Records Part 1, OGC 20-004r1).

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::asked::{Kept, encoded_pairs};
use super::caller::Caller;
use super::extract::{Format, Params, Path};
use super::respond::{Answer, base_url, link, link_header};
use super::{AppState, Problem, html};
use crate::catalog::{Catalogue, LAYERS, Layer};
use crate::domain::{Bbox, Lang};
use crate::exchange::Format as FileFormat;
use crate::geodesy::crs::Crs;
use crate::index::Snapshot;

const CATALOG: &str = "application/ogc-catalog+json";
const GEOJSON: &str = "application/geo+json";
const MVT: &str = "application/vnd.mapbox-vector-tile";

/// What a layer is, among the things that a record may describe.
const DATASET: &str = "dataset";

/// The scheme of a layer's id as an identifier outside the catalogue.
const SCHEME: &str = "collection";

/// `GET /collections/layers`
pub(super) async fn read_catalog(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Answer, Problem> {
    let format = params.format(&headers)?;
    params.finish()?;
    let snapshot = state.snapshot(&caller).await;
    if format == Format::Html {
        let layers = state.visible_layers(&caller).map(|(at, layer)| (layer, snapshot.count(at)));
        return Ok(html::answer(snapshot.revision(), html::records(lang, layers, "/collections/layers?f=json")));
    }
    let body = catalog(&snapshot, &base_url(&headers), lang).to_string();
    Ok(Answer { revision: snapshot.revision(), media_type: CATALOG, body: body.into() })
}

/// The catalogue itself, as a collection of records.
pub(super) fn catalog(snapshot: &Snapshot, base: &str, lang: Lang) -> Value {
    let own = format!("{base}/collections/{LAYERS}");
    let (title, description) = match lang {
        Lang::Zh => ("图层目录", "地图各图层的元数据记录：内容、范围、责任部门、格式与地址。"),
        Lang::En => {
            ("Catalogue of layers", "What each layer of the map holds, where, who answers for it, how to get it.")
        }
    };
    json!({
        "id": LAYERS,
        "type": "Collection",
        "title": title,
        "description": description,
        "itemType": "record",
        "extent": { "spatial": { "bbox": [<[f64; 4]>::from(snapshot.catalogue().city.bounds)], "crs": Crs::Crs84.uri() } },
        "crs": [Crs::Crs84.uri()],
        "links": [
            link(format!("{own}?f=json"), "self", CATALOG, title),
            link(format!("{own}?f=html"), "alternate", "text/html", title),
            link(format!("{own}/items"), "items", GEOJSON, title),
            profile("ogc-catalog"),
        ],
    })
}

fn profile(name: &str) -> Value {
    json!({ "href": format!("http://www.opengis.net/def/profile/OGC/0/{name}"), "rel": "profile" })
}

/// Which records are asked for.
struct Wanted {
    bbox: Option<Bbox>,
    terms: Vec<String>,
    types: Option<Vec<String>>,
    ids: Option<Vec<String>>,
    external: Option<Vec<String>>,
}

impl Wanted {
    fn read(params: &mut Params) -> Result<Self, Problem> {
        let bbox = params.coordinates("bbox")?;
        // What a layer holds has no time of its own, and what has none is in every interval.
        params.moment()?;
        let list = |text: Option<String>| text.map(|text| split(&text));
        let terms = params.take("q")?.map(|text| split(&text.to_lowercase())).unwrap_or_default();
        // Words that must stand together are parted by any space.
        let terms = terms.iter().map(|term| term.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let (types, ids, external) = (params.take("type")?, params.take("ids")?, params.take("externalIds")?);
        Ok(Self { bbox, terms, types: list(types), ids: list(ids), external: list(external) })
    }

    fn holds(&self, snapshot: &Snapshot, at: usize, layer: &Layer) -> bool {
        let names = |list: &Option<Vec<String>>, name: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|one| one == name))
        };
        let is_external = |one: &String| match one.split_once(':') {
            None => one == layer.id.as_str() || one == SCHEME,
            Some((scheme, "")) => scheme == SCHEME,
            Some((scheme, value)) => scheme == SCHEME && value == layer.id.as_str(),
        };
        self.bbox.is_none_or(|bbox| bbox.intersects(extent(snapshot, at)))
            && names(&self.types, DATASET)
            && names(&self.ids, layer.id.as_str())
            && self.external.as_ref().is_none_or(|list| list.iter().any(is_external))
            && (self.terms.is_empty() || {
                let texts = texts_of(snapshot, layer);
                self.terms.iter().any(|term| texts.iter().any(|text| text.contains(term)))
            })
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The texts of a layer that are searched, in lower case.
fn texts_of(snapshot: &Snapshot, layer: &Layer) -> Vec<String> {
    let catalogue = snapshot.catalogue();
    let group = catalogue.groups.get(&layer.group).map(|group| &group.title);
    let owner = catalogue.departments.get(&layer.owner).map(|owner| &owner.title);
    let both = [Some(&layer.title), Some(&layer.description), group, owner].into_iter().flatten();
    let texts = both.flat_map(|text| [&text.zh, &text.en]);
    texts.map(|text| text.to_lowercase()).chain([layer.id.to_string()]).collect()
}

/// `GET /collections/layers/items`
pub(super) async fn list_records(
    State(state): State<AppState>,
    caller: Caller,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let format = params.format(&headers)?;
    let kept: Kept = params.written().into_iter().filter(|(name, _)| name != "offset" && name != "f").collect();
    let wanted = Wanted::read(&mut params)?;
    // A catalogue is small: it is answered whole unless less is asked for.
    let limit = params.limit(Catalogue::MOST_LAYERS, Catalogue::MOST_LAYERS)?;
    let from: Option<usize> = params.parse("offset", ("整数", "a whole number"))?;
    params.finish()?;
    let snapshot = state.snapshot(&caller).await;
    let found: Vec<(usize, &Layer)> =
        state.visible_layers(&caller).filter(|(at, layer)| wanted.holds(&snapshot, *at, layer)).collect();
    let from = from.unwrap_or(0).min(found.len());
    let page = &found[from..found.len().min(from.saturating_add(limit))];
    let base = base_url(&headers);
    let own = format!("{base}/collections/{LAYERS}");
    let at = |name: &str, offset: usize, f: &str, media_type: &str| {
        let mut asked = kept.clone();
        asked.extend([("offset".to_owned(), offset.to_string()), ("f".to_owned(), f.to_owned())]);
        link(format!("{own}/items?{}", encoded_pairs(&asked)), name, media_type, "Records")
    };
    let (this, other) = match format {
        Format::Json => (("json", GEOJSON), ("html", "text/html")),
        Format::Html => (("html", "text/html"), ("json", GEOJSON)),
    };
    let mut links = vec![
        at("self", from, this.0, this.1),
        at("alternate", from, other.0, other.1),
        link(own.clone(), "collection", CATALOG, "The catalogue"),
        profile("ogc-catalog"),
    ];
    if from > 0 {
        links.push(at("prev", from.saturating_sub(limit), this.0, this.1));
    }
    if from + page.len() < found.len() {
        links.push(at("next", from + page.len(), this.0, this.1));
    }
    let linked = [(header::LINK, link_header(&links))];
    if format == Format::Html {
        let layers = page.iter().map(|(at, layer)| (*layer, snapshot.count(*at)));
        let json = links[1]["href"].as_str().unwrap_or_default();
        return Ok((linked, html::answer(snapshot.revision(), html::records(lang, layers, json))).into_response());
    }
    let records: Vec<Value> = page.iter().map(|(at, layer)| record(&snapshot, *at, layer, &base, lang)).collect();
    let body = json!({
        "type": "FeatureCollection",
        "features": records,
        "numberMatched": found.len(),
        "numberReturned": page.len(),
        "links": links,
    });
    Ok((linked, Answer::geojson(snapshot.revision(), body.to_string().into_bytes())).into_response())
}

/// `GET /collections/layers/items/{layer}`
pub(super) async fn read_record(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Answer, Problem> {
    let format = params.format(&headers)?;
    params.finish()?;
    let at = state.layer(&caller, &id)?;
    let snapshot = state.snapshot(&caller).await;
    let layer = &snapshot.catalogue().layers[at];
    if format == Format::Html {
        let revision = snapshot.revision();
        let page = state.desk.run(move || html::layer(lang, &snapshot, at)).await?;
        return Ok(html::answer(revision, page));
    }
    let record = record(&snapshot, at, layer, &base_url(&headers), lang);
    Ok(Answer::geojson(snapshot.revision(), record.to_string().into_bytes()))
}

/// Where a layer has something; where the city is, as long as it has nothing.
fn extent(snapshot: &Snapshot, at: usize) -> Bbox {
    snapshot.extent(at).unwrap_or(snapshot.catalogue().city.bounds)
}

fn record(snapshot: &Snapshot, at: usize, layer: &Layer, base: &str, lang: Lang) -> Value {
    let catalogue = snapshot.catalogue();
    let [west, south, east, north]: [f64; 4] = extent(snapshot, at).into();
    let group = catalogue.groups.get(&layer.group).map(|group| group.title.in_lang(lang));
    let owner = catalogue.departments.get(&layer.owner).map(|owner| owner.title.in_lang(lang));
    let language = |lang| match lang {
        Lang::Zh => json!({ "code": "zh-CN", "name": "中文" }),
        Lang::En => json!({ "code": "en", "name": "English" }),
    };
    let formats = FileFormat::ALL.map(|format| json!({ "name": format.name(), "mediaType": format.media_type() }));
    json!({
        "id": layer.id,
        "type": "Feature",
        "conformsTo": ["http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"],
        "time": null,
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
        },
        "properties": {
            "type": DATASET,
            "title": layer.title.in_lang(lang),
            "description": layer.description.in_lang(lang),
            "keywords": group.into_iter().chain(owner).collect::<Vec<_>>(),
            "themes": [{
                "concepts": [{ "id": layer.group, "title": group }],
                "scheme": format!("{base}/catalogue"),
            }],
            "language": language(lang),
            "languages": [language(Lang::Zh), language(Lang::En)],
            "externalIds": [{ "scheme": SCHEME, "value": layer.id }],
            "contacts": [{ "organization": owner.unwrap_or(&layer.owner), "roles": ["owner"] }],
            "rights": snapshot.attribution([at], lang),
            "formats": formats,
            "count": snapshot.count(at),
        },
        "links": links_of(layer, base, lang),
        "linkTemplates": [{
            "rel": "item",
            "type": MVT,
            "title": "Tiles",
            "uriTemplate": format!("{base}/tiles/{}/{{z}}/{{x}}/{{y}}", layer.id),
            "variables": {
                "z": { "type": "integer", "minimum": layer.zoom.min },
                "x": { "type": "integer", "minimum": 0 },
                "y": { "type": "integer", "minimum": 0 },
            },
        }],
    })
}

fn links_of(layer: &Layer, base: &str, lang: Lang) -> Vec<Value> {
    let title = layer.title.in_lang(lang);
    let (catalog, own) = (format!("{base}/collections/{LAYERS}"), format!("{base}/collections/{}", layer.id));
    let this = format!("{catalog}/items/{}", layer.id);
    let mut links = vec![
        link(format!("{this}?f=json"), "self", GEOJSON, title),
        link(format!("{this}?f=html"), "alternate", "text/html", title),
        link(catalog, "collection", CATALOG, "The catalogue"),
        profile("ogc-record"),
        link(own.clone(), "about", "application/json", title),
        link(format!("{own}/items"), "items", GEOJSON, title),
        link(format!("{own}/schema"), "describedby", "application/schema+json", "Schema"),
    ];
    links.extend(FileFormat::ALL.map(|format| {
        link(format!("{own}/export?f={}", format.name()), "enclosure", format.media_type(), format.name())
    }));
    links
}
