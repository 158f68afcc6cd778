//! Collections: the layers, as OGC API Features names them (OGC 17-069r4, clauses 7.13 and 7.14).

use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Format, Params, Path};
use super::respond::{Answer, base_url, link};
use super::{AppState, Problem, html};
use crate::catalog::schema::{json_schema, queryables_schema};
use crate::domain::Lang;
use crate::exchange::Format as FileFormat;
use crate::geodesy::crs::Crs;
use crate::index::Snapshot;

/// The relation to tiles.
const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

/// The relation to what may be asked about.
const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

/// `GET /collections`
pub(super) async fn list_collections(
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
        return Ok(html::answer(snapshot.revision(), html::layers(lang, layers)));
    }
    let base = base_url(&headers);
    let collections: Vec<Value> =
        state.visible_layers(&caller).map(|(at, _)| collection(&snapshot, at, &base, lang)).collect();
    let body = json!({
        "links": [
            link(format!("{base}/collections?f=json"), "self", "application/json", "This page"),
            link(format!("{base}/collections?f=html"), "alternate", "text/html", "This page for people"),
        ],
        "collections": collections,
    });
    Ok(Answer::json(snapshot.revision(), &body))
}

/// `GET /collections/{layer}`
pub(super) async fn read_collection(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Answer, Problem> {
    let format = params.format(&headers)?;
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let snapshot = state.snapshot(&caller).await;
    if format == Format::Html {
        let page = html::layer(lang, &snapshot.catalogue().layers[at], snapshot.count(at));
        return Ok(html::answer(snapshot.revision(), page));
    }
    Ok(Answer::json(snapshot.revision(), &collection(&snapshot, at, &base_url(&headers), lang)))
}

fn collection(snapshot: &Snapshot, at: usize, base: &str, lang: Lang) -> Value {
    let catalogue = snapshot.catalogue();
    let layer = &catalogue.layers[at];
    let extent = snapshot.extent(at).unwrap_or(catalogue.city.bounds);
    let own = format!("{base}/collections/{}", layer.id);
    let mut links = vec![
        link(format!("{own}?f=json"), "self", "application/json", "This collection"),
        link(format!("{own}?f=html"), "alternate", "text/html", "This collection for people"),
        link(format!("{own}/items"), "items", "application/geo+json", layer.title.in_lang(lang)),
        link(format!("{own}/schema"), "describedby", "application/schema+json", "Schema"),
        link(format!("{own}/queryables"), QUERYABLES, "application/schema+json", "Queryables"),
        link(format!("{own}/tiles"), TILESETS, "application/json", "Tilesets"),
        link(format!("{base}/tiles/{}", layer.id), "tilejson", "application/json", "TileJSON"),
    ];
    links.extend(FileFormat::ALL.map(|format| {
        let title = format!("The whole layer as {}", format.name());
        link(format!("{own}/export?f={}", format.name()), "enclosure", format.media_type(), &title)
    }));
    json!({
        "id": layer.id,
        "title": layer.title.in_lang(lang),
        "description": layer.description.in_lang(lang),
        "attribution": snapshot.attribution([at], lang),
        "extent": { "spatial": { "bbox": [<[f64; 4]>::from(extent)], "crs": Crs::Crs84.uri() } },
        "itemType": "feature",
        "crs": Crs::ALL.map(Crs::uri),
        "storageCrs": Crs::STORAGE.uri(),
        "links": links,
    })
}

/// `GET /collections/{layer}/schema`
pub(super) async fn read_schema(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let schema = json_schema(&state.app.catalogue.layers[at], lang);
    let revision = state.app.revision();
    Ok(Answer { revision, media_type: "application/schema+json", body: schema.to_string().into() })
}

/// `GET /collections/{layer}/queryables`: what `filter` may ask about.
pub(super) async fn read_queryables(
    State(state): State<AppState>,
    caller: Caller,
    Path(layer): Path<String>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let at = state.layer(&caller, &layer)?;
    let id = format!("{}/collections/{layer}/queryables", base_url(&headers));
    let schema = queryables_schema(&state.app.catalogue.layers[at], &id, lang);
    let revision = state.app.revision();
    Ok(Answer { revision, media_type: "application/schema+json", body: schema.to_string().into() })
}
