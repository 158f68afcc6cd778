//! The description of the API: OpenAPI 3.0.3, made from the catalogue and one table of paths.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::extract::Params;
use super::respond::{Answer, base_url};
use super::{AppState, Problem};
use crate::catalog::Catalogue;
use crate::domain::Lang;

/// `GET /api`
pub(super) async fn read_api(
    State(state): State<AppState>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let document = document(&state.app.catalogue, lang, &base_url(&headers));
    Ok(Answer {
        revision: state.app.snapshot().revision(),
        media_type: "application/vnd.oai.openapi+json;version=3.0",
        body: Body::from(document.to_string()),
    })
}

/// `GET /api.html`: the same for people.
pub(super) async fn read_api_page() -> Response {
    const PAGE: &str = include_str!("api.html");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"),
        ),
    ];
    (headers, PAGE).into_response()
}

/// One parameter of a path or query.
struct Parameter {
    name: &'static str,
    place: &'static str,
    description: &'static str,
    schema: fn() -> Value,
}

const fn query(name: &'static str, description: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter { name, place: "query", description, schema }
}

const fn path(name: &'static str, description: &'static str, schema: fn() -> Value) -> Parameter {
    Parameter { name, place: "path", description, schema }
}

fn string() -> Value {
    json!({ "type": "string" })
}

fn integer() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn number() -> Value {
    json!({ "type": "number" })
}

fn bbox() -> Value {
    json!({ "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 })
}

fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 10_000, "default": 10 })
}

fn lang() -> Value {
    json!({ "type": "string", "enum": ["zh", "en"] })
}

/// One operation: path, name, summary, parameters, media type of the answer.
struct Operation {
    path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: (&'static str, &'static str),
    parameters: &'static [Parameter],
    media_type: &'static str,
}

const LAYER: Parameter = path("layer", "Id of a layer", string);
const JSON: &str = "application/json";

const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/",
        id: "read_landing",
        tag: "Common",
        summary: ("入口页", "Landing page"),
        parameters: &[query("f", "json or html", string)],
        media_type: JSON,
    },
    Operation {
        path: "/conformance",
        id: "read_conformance",
        tag: "Common",
        summary: ("符合性声明", "Conformance classes"),
        parameters: &[],
        media_type: JSON,
    },
    Operation {
        path: "/api",
        id: "read_api",
        tag: "Common",
        summary: ("接口描述", "This description"),
        parameters: &[],
        media_type: "application/vnd.oai.openapi+json;version=3.0",
    },
    Operation {
        path: "/api.html",
        id: "read_api_page",
        tag: "Common",
        summary: ("接口文档", "Documentation for people"),
        parameters: &[],
        media_type: "text/html",
    },
    Operation {
        path: "/collections",
        id: "list_collections",
        tag: "Features",
        summary: ("图层清单", "Layers"),
        parameters: &[],
        media_type: JSON,
    },
    Operation {
        path: "/collections/{layer}",
        id: "read_collection",
        tag: "Features",
        summary: ("图层", "One layer"),
        parameters: &[LAYER],
        media_type: JSON,
    },
    Operation {
        path: "/collections/{layer}/schema",
        id: "read_schema",
        tag: "Features",
        summary: ("属性模式", "JSON Schema of a layer's properties"),
        parameters: &[LAYER],
        media_type: "application/schema+json",
    },
    Operation {
        path: "/collections/{layer}/items",
        id: "list_items",
        tag: "Features",
        summary: ("要素", "Features of a layer"),
        parameters: &[
            LAYER,
            query("bbox", "west,south,east,north in degrees of EPSG:4490", bbox),
            query("limit", "Features on a page", limit),
            query("cursor", "Where the last page ended; follow the `next` link", integer),
            query("division", "Code of a division, 6, 9 or 12 digits", string),
            query(
                "datetime",
                "Accepted as OGC API Features asks; features of this version have no time of their own",
                string,
            ),
        ],
        media_type: "application/geo+json",
    },
    Operation {
        path: "/collections/{layer}/items/{id}",
        id: "read_item",
        tag: "Features",
        summary: ("要素详情", "One feature, by number or code"),
        parameters: &[LAYER, path("id", "Number or code of a feature", string)],
        media_type: "application/geo+json",
    },
    Operation {
        path: "/tiles/{layers}",
        id: "read_tilejson",
        tag: "Tiles",
        summary: ("瓦片描述", "TileJSON 3.0"),
        parameters: &[path("layers", "Comma list of layer ids", string)],
        media_type: JSON,
    },
    Operation {
        path: "/tiles/{layers}/{z}/{x}/{y}",
        id: "read_tile",
        tag: "Tiles",
        summary: ("矢量瓦片", "A vector tile of the WebMercatorQuad"),
        parameters: &[
            path("layers", "Comma list of layer ids", string),
            path("z", "Zoom, 0 to 22", integer),
            path("x", "Column from the west", integer),
            path("y", "Row from the north", integer),
        ],
        media_type: "application/vnd.mapbox-vector-tile",
    },
    Operation {
        path: "/styles/{theme}",
        id: "read_style",
        tag: "Map",
        summary: ("地图样式", "MapLibre style"),
        parameters: &[path("theme", "light or dark", string)],
        media_type: JSON,
    },
    Operation {
        path: "/catalogue",
        id: "read_catalogue",
        tag: "Map",
        summary: ("图层目录", "Layers with counts, schemas, styles and governance figures"),
        parameters: &[],
        media_type: JSON,
    },
    Operation {
        path: "/divisions",
        id: "list_divisions",
        tag: "Divisions",
        summary: ("历年区划", "Divisions of the list that held on a day"),
        parameters: &[
            query("date", "A day, 2019-12-31", string),
            query("parent", "Code of the division they lie in", string),
        ],
        media_type: JSON,
    },
    Operation {
        path: "/figures",
        id: "list_figures",
        tag: "Divisions",
        summary: ("公布数与实数", "Published figures beside other sources"),
        parameters: &[],
        media_type: JSON,
    },
    Operation {
        path: "/at",
        id: "read_place",
        tag: "Places",
        summary: ("此处何地", "Divisions and BeiDou cell of a position"),
        parameters: &[query("lon", "Longitude, degrees", number), query("lat", "Latitude, degrees", number)],
        media_type: JSON,
    },
    Operation {
        path: "/search",
        id: "search_places",
        tag: "Places",
        summary: ("查找", "Go to a place by name, code or coordinates"),
        parameters: &[query("q", "What to look for", string), query("limit", "Results at the most", limit)],
        media_type: JSON,
    },
    Operation {
        path: "/healthz",
        id: "read_health",
        tag: "Service",
        summary: ("存活", "The process answers"),
        parameters: &[],
        media_type: "text/plain",
    },
    Operation {
        path: "/readyz",
        id: "read_readiness",
        tag: "Service",
        summary: ("就绪", "The log is followed"),
        parameters: &[],
        media_type: "text/plain",
    },
    Operation {
        path: "/metrics",
        id: "read_metrics",
        tag: "Service",
        summary: ("指标", "OpenMetrics for Prometheus"),
        parameters: &[],
        media_type: "application/openmetrics-text",
    },
];

/// The OpenAPI document.
pub fn document(catalogue: &Catalogue, language: Lang, base: &str) -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        paths.insert(operation.path.to_owned(), json!({ "get": describe(operation, language) }));
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": format!("Platbook · {}", catalogue.city.title.in_lang(language)),
            "version": env!("CARGO_PKG_VERSION"),
            "description": match language {
                Lang::Zh => "城市数字基础设施一张图的接口。坐标为 EPSG:4490 经度、纬度（度）；错误为 RFC 9457 问题详情。",
                Lang::En => "A city's digital infrastructure on one map. Coordinates are EPSG:4490 longitude, latitude in degrees; errors are RFC 9457 problem details.",
            },
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": base }],
        "paths": paths,
        "components": {
            "schemas": { "Problem": problem_schema() },
            "responses": {
                "Problem": {
                    "description": "RFC 9457 problem details",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
        },
    })
}

fn describe(operation: &Operation, language: Lang) -> Value {
    let parameter = |p: &Parameter| {
        let mut object = json!({
            "name": p.name, "in": p.place, "description": p.description,
            "required": p.place == "path" || matches!((operation.id, p.name), ("read_place", _) | ("search_places", "q")),
            "schema": (p.schema)(),
        });
        if p.name == "bbox" {
            object["style"] = json!("form");
            object["explode"] = json!(false);
        }
        object
    };
    let mut parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    parameters.push(parameter(&query("lang", "Language of titles and errors", lang)));
    json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": match language { Lang::Zh => operation.summary.0, Lang::En => operation.summary.1 },
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "OK",
                "headers": { "Platbook-Revision": { "description": "The revision the answer was made from", "schema": { "type": "integer" } } },
                "content": { operation.media_type: { "schema": answer_schema(operation.media_type) } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    })
}

fn answer_schema(media_type: &str) -> Value {
    match media_type {
        "application/vnd.mapbox-vector-tile" => json!({ "type": "string", "format": "binary" }),
        "text/plain" | "text/html" | "application/openmetrics-text" => json!({ "type": "string" }),
        _ => json!({ "type": "object" }),
    }
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What is wrong and how to mend it" },
            "instance": { "type": "string" },
            "code": { "type": "string", "description": "Stable name of the problem" },
            "request_id": { "type": "string" },
        },
    })
}
