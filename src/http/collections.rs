//! Collections: the layers, as OGC API Features names them (OGC 17-069r4, clauses 7.13 and 7.14).

use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::{Value, json};

use super::caller::Caller;
use super::extract::{Format, Params, Path, lang_of};
use super::respond::{Answer, base_url, link};
use super::{AppState, Problem, html, records};
use crate::catalog::schema::{SchemaOf, schema_of};
use crate::domain::Lang;
use crate::exchange::Format as FileFormat;
use crate::geodesy::crs::Crs;
use crate::index::Snapshot;

/// The relation to tiles.
const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

/// The relations to what a feature has, may be asked about and sorted by.
const RETURNABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";
const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
const SORTABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/sortables";

const SCHEMA: &str = "application/schema+json";

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
    let layers = state.visible_layers(&caller).map(|(at, _)| collection(&snapshot, at, &base, lang));
    let collections: Vec<Value> = layers.chain([records::catalog(&snapshot, &base, lang)]).collect();
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
        let revision = snapshot.revision();
        let page = state.desk.run(move || html::layer(lang, &snapshot, at)).await?;
        return Ok(html::answer(revision, page));
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
        link(format!("{own}/schema"), "describedby", SCHEMA, "Schema"),
        link(format!("{own}/schema"), RETURNABLES, SCHEMA, "Schema"),
        link(format!("{own}/queryables"), QUERYABLES, SCHEMA, "Queryables"),
        link(format!("{own}/sortables"), SORTABLES, SCHEMA, "Sortables"),
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

/// A schema of a layer that is asked for; every kind is asked for alike.
pub(super) struct AskedSchema {
    state: AppState,
    at: usize,
    own: String,
    lang: Lang,
}

impl FromRequestParts<AppState> for AskedSchema {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let Path(layer) = Path::<String>::from_request_parts(parts, state).await?;
        Params::from_request_parts(parts, state).await?.finish()?;
        let at = state.layer(&caller, &layer)?;
        let own = format!("{}/collections/{layer}", base_url(&parts.headers));
        let lang = lang_of(parts.uri.query(), &parts.headers);
        Ok(Self { state: state.clone(), at, own, lang })
    }
}

impl AskedSchema {
    fn answer(self, what: SchemaOf, name: &str) -> Answer {
        let layer = &self.state.app.catalogue.layers[self.at];
        let schema = schema_of(layer, what, &format!("{}/{name}", self.own), self.lang);
        let revision = self.state.app.revision();
        Answer { revision, media_type: SCHEMA, body: schema.to_string().into() }
    }
}

/// `GET /collections/{layer}/schema`: what a feature has.
pub(super) async fn read_schema(asked: AskedSchema) -> Answer {
    asked.answer(SchemaOf::Features, "schema")
}

/// `GET /collections/{layer}/queryables`: what `filter` may ask about.
pub(super) async fn read_queryables(asked: AskedSchema) -> Answer {
    asked.answer(SchemaOf::Queryables, "queryables")
}

/// `GET /collections/{layer}/sortables`: what `sortby` may name.
pub(super) async fn read_sortables(asked: AskedSchema) -> Answer {
    asked.answer(SchemaOf::Sortables, "sortables")
}
