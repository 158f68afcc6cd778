//! OGC API – Common: landing page and conformance (OGC 17-069r4, clauses 7.2 and 7.4).

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::extract::{Format, Params};
use super::respond::{Answer, base_url, link};
use super::{AppState, Problem, assets};
use crate::domain::Lang;

/// The conformance classes that tests prove.
const CLASSES: &[&str] = &[
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables-and-receivables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-collection",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core-query-parameters",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-api",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
];

/// `GET /`: the map for browsers, the landing page of the API for programs.
pub(super) async fn read_landing(
    State(state): State<AppState>,
    lang: Lang,
    headers: HeaderMap,
    mut params: Params,
    request: Request,
) -> Result<Response, Problem> {
    if params.format(&headers)? == Format::Html {
        // The map keeps its view in the query, which is its own affair.
        return Ok(assets::read_asset(State(state), request).await);
    }
    params.finish()?;
    let base = base_url(&headers);
    let city = state.app.catalogue.city.title.in_lang(lang);
    let (title, description) = match lang {
        Lang::Zh => (format!("Platbook · {city}"), "城市数字基础设施一张图：要素、瓦片与查询。".to_owned()),
        Lang::En => (
            format!("Platbook · {city}"),
            "A city's digital infrastructure on one map: features, tiles, queries.".to_owned(),
        ),
    };
    let json = "application/json";
    let openapi = "application/vnd.oai.openapi+json;version=3.0";
    // This page is the same for everybody: it names whom everybody's map must name.
    let nobody = state.door.nobody();
    let snapshot = state.snapshot(nobody).await;
    let body = json!({
        "title": title,
        "description": description,
        "attribution": snapshot.attribution(state.visible_layers(nobody).map(|(at, _)| at), lang),
        "links": [
            link(format!("{base}/?f=json"), "self", json, "This page"),
            link(format!("{base}/"), "alternate", "text/html", "The map"),
            link(format!("{base}/api"), "service-desc", openapi, "OpenAPI 3.0"),
            link(format!("{base}/api.html"), "service-doc", "text/html", "API documentation"),
            link(format!("{base}/developers.html"), "help", "text/html", "How to begin"),
            link(format!("{base}/conformance"), "conformance", json, "Conformance"),
            link(format!("{base}/collections"), "data", json, "Collections"),
            link(format!("{base}/collections/layers"), "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog", "application/ogc-catalog+json", "The catalogue of layers"),
            link(format!("{base}/tileMatrixSets"), "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", json, "Tile matrix sets"),
            link(format!("{base}/styles/light"), "stylesheet", "application/vnd.mapbox.style+json", "Map style"),
        ],
    });
    Ok(Answer::json(snapshot.revision(), &body).into_response())
}

/// `GET /conformance`
pub(super) async fn read_conformance(State(state): State<AppState>, params: Params) -> Result<Answer, Problem> {
    params.finish()?;
    Ok(Answer::json(state.app.revision(), &json!({ "conformsTo": CLASSES })))
}
