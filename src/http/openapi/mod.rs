//! The description of the API: OpenAPI 3.0.3 (the OGC tests ask for 3.0), made from the catalogue, the
//! bounds of the server and one table of operations.

mod operations;
mod schemas;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::extract::Params;
use super::respond::{Answer, base_url};
use super::{AppState, Limits, Problem};
use crate::catalog::Catalogue;
use crate::domain::Lang;
use operations::{OPERATIONS, Operation, Parameter};

/// The media type of the document.
pub(super) const MEDIA_TYPE: &str = "application/vnd.oai.openapi+json;version=3.0";

/// `GET /api`
pub(super) async fn read_api(
    State(state): State<AppState>,
    lang: Lang,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let document = document(&state.app.catalogue, &state.limits, lang, &base_url(&headers));
    let revision = state.app.snapshot().revision();
    Ok(Answer { revision, media_type: MEDIA_TYPE, body: Body::from(document.to_string()) })
}

/// `GET /api.html`: the same for people.
pub(super) async fn read_api_page() -> Response {
    const PAGE: &str = include_str!("api.html");
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    (headers, PAGE).into_response()
}

/// The OpenAPI document.
pub fn document(catalogue: &Catalogue, limits: &Limits, language: Lang, base: &str) -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        paths.insert(operation.path.to_owned(), json!({ "get": describe(operation, limits, language) }));
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": format!("Platbook · {}", catalogue.city.title.in_lang(language)),
            "version": env!("CARGO_PKG_VERSION"),
            "description": match language {
                Lang::Zh => "城市数字基础设施一张图的接口。坐标为 EPSG:4490 经度、纬度（度）；每个应答以 Platbook-Revision 头注明修订号；错误为 RFC 9457 问题详情。",
                Lang::En => "A city's digital infrastructure on one map. Coordinates are EPSG:4490 longitude, latitude in degrees; every answer names its revision in the header Platbook-Revision; errors are RFC 9457 problem details.",
            },
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": base }],
        "tags": tags(language),
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "headers": {
                "Revision": {
                    "description": "The revision the answer was made from",
                    "schema": { "type": "integer", "minimum": 0 },
                },
                "ETag": { "description": "Send it back in If-None-Match", "schema": { "type": "string" } },
            },
            "responses": responses(),
        },
    })
}

fn tags(language: Lang) -> Value {
    let named = |name: &str, zh: &str, en: &str| {
        let description = match language {
            Lang::Zh => zh,
            Lang::En => en,
        };
        json!({ "name": name, "description": description })
    };
    json!([
        named("Common", "入口、符合性与接口描述", "Landing page, conformance, description"),
        named("Features", "图层与要素（OGC API Features）", "Layers and features (OGC API Features)"),
        named("Tiles", "矢量瓦片", "Vector tiles"),
        named("Map", "样式与图层目录", "Styles and the catalogue of layers"),
        named("Divisions", "行政区划与公布数", "Divisions and published figures"),
        named("Places", "定位与查找", "What is here, and going somewhere"),
        named("Service", "运行状态", "How the service is"),
    ])
}

/// The answers that are no success, told once for all operations.
fn responses() -> Value {
    let problem = |description: &str, status: u16, code: &str, detail: &str| {
        let example = json!({
            "type": format!("urn:platbook:problem:{code}"),
            "title": description,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": "0193a0f2-7c1e-7aa0-9b5e-2f6d1c0e4b11",
        });
        json!({
            "description": description,
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
                "example": example,
            } },
        })
    };
    json!({
        "Invalid": problem("A parameter cannot be used", 400, "parameter.invalid", "`limit` is at least 1."),
        "NotFound": problem("Not found", 404, "layer.not_found", "There is no layer `doorplates`; there are: …"),
        "Busy": problem("The server is busy; see Retry-After", 503, "server.busy", "The server is busy; try again in a moment."),
        "Problem": problem("Any other problem (RFC 9457)", 500, "internal", "The server failed; try again, and report the request id if it goes on."),
        "NotModified": { "description": "What the tag in If-None-Match names still holds" },
    })
}

fn describe(operation: &Operation, limits: &Limits, language: Lang) -> Value {
    let mut parameters: Vec<Value> = operation.parameters.iter().map(|p| parameter(p, limits)).collect();
    if operation.speaks {
        parameters.push(parameter(&operations::LANG, limits));
    }
    let mut responses = Map::new();
    let content: Map<String, Value> = operation
        .answers
        .iter()
        .map(|(media_type, schema)| ((*media_type).to_owned(), json!({ "schema": schemas::of(schema) })))
        .collect();
    let mut headers = json!({ "Platbook-Revision": { "$ref": "#/components/headers/Revision" } });
    if operation.tagged {
        headers["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
        responses.insert("304".to_owned(), json!({ "$ref": "#/components/responses/NotModified" }));
    }
    responses.insert("200".to_owned(), json!({ "description": "OK", "headers": headers, "content": content }));
    if operation.id == "read_tile" {
        responses.insert("204".to_owned(), json!({ "description": "The tile is empty" }));
    }
    let mut refused = |status: &str, name: &str| {
        responses.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    };
    if operation.speaks {
        refused("400", "Invalid");
    }
    if operation.parameters.iter().any(|parameter| parameter.place == "path") {
        refused("404", "NotFound");
    }
    if operation.bounded {
        refused("503", "Busy");
    }
    refused("default", "Problem");
    json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": match language { Lang::Zh => operation.summary.0, Lang::En => operation.summary.1 },
        "parameters": parameters,
        "responses": responses,
    })
}

fn parameter(parameter: &Parameter, limits: &Limits) -> Value {
    let mut object = json!({
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.required,
        "schema": (parameter.schema)(limits),
    });
    if parameter.place == "query" {
        object["style"] = json!("form");
        // The filter stands for many parameters, one for each property that is named.
        object["explode"] = json!(parameter.name == operations::FILTER);
    }
    if let Some(example) = parameter.example {
        object["example"] = example();
    }
    object
}
