//! The description of the API: OpenAPI 3.0.3 (the OGC tests ask for 3.0), made from the catalogue, the
//! bounds of the server and one table of operations.

mod accounts;
mod editing;
mod imports;
mod operations;
mod parameters;
mod print;
mod records;
mod schemas;
mod tiles;
mod views;
mod webhooks;

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
use operations::{Access, Operation};
use parameters::Parameter;

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
    let revision = state.app.revision();
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

/// `GET /developers.html`: how to begin, with code that is run by tests.
pub(super) async fn read_developers_page(headers: HeaderMap) -> Response {
    const PAGE: &str = include_str!("../developers.html");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'";
    let page = PAGE.replace("{base}", &base_url(&headers));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    (headers, page).into_response()
}

/// Every path with every method it has.
pub(super) fn methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    operations::all().map(|operation| (operation.path, operation.method))
}

/// The OpenAPI document.
pub fn document(catalogue: &Catalogue, limits: &Limits, language: Lang, base: &str) -> Value {
    let mut paths = Map::new();
    for operation in operations::all() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = describe(operation, limits, language);
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
            "schemas": named_schemas(),
            "headers": {
                "Revision": {
                    "description": "The revision the answer was made from",
                    "schema": { "type": "integer", "minimum": 0 },
                },
                "ETag": { "description": "Send it back in If-None-Match", "schema": { "type": "string" } },
            },
            // GDAL reads the size of its pages here.
            "parameters": { "limit": parameter(&parameters::LIMIT, limits) },
            "responses": responses(),
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-platbook", "description": "POST /session sets it" },
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "pbk_…", "description": "POST /tokens makes one" },
            },
        },
    })
}

fn named_schemas() -> Map<String, Value> {
    [schemas::all(), editing::schemas(), accounts::schemas(), imports::schemas(), webhooks::schemas(), views::schemas()]
        .into_iter()
        .filter_map(|named| named.as_object().cloned())
        .flatten()
        .collect()
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
        named("Records", "图层目录", "The layers as records of a catalogue"),
        named("Tiles", "矢量瓦片", "Vector tiles"),
        named("Map", "样式与图层目录", "Styles and the catalogue of layers"),
        named("Divisions", "行政区划与公布数", "Divisions and published figures"),
        named("Places", "定位与查找", "What is here, and going somewhere"),
        named("People", "登录、账号、令牌与审计", "Signing in, accounts, tokens, the audit list"),
        named("Editing", "编辑、历史与变更", "Editing, history and what changes"),
        named("Views", "保存的视图、书签、样式与筛选", "Saved views, bookmarks, styles and filters"),
        named("Imports", "导入文件", "Files brought in"),
        named("Webhooks", "变更推送", "Changes delivered to other systems"),
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
        "SignIn": problem("Nobody signed in, or the session or token does not hold", 401, "session.unknown", "This session has ended; sign in again."),
        "Denied": problem("This account may not do that", 403, "access.denied", "None of this account's roles may update."),
        "TooMany": problem("Too many attempts; see Retry-After", 429, "attempts.too_many", "Too many attempts; wait 30 seconds."),
        "Conflict": problem("It is there already", 409, "account.exists", "There is an account of this name."),
        "MediaType": problem("The body has another media type", 415, "body.media_type", "The body is to be application/geo+json, not `text/plain`."),
        "Stale": problem("The version an edit was made from is no longer current, or must be named", 412, "version.conflict", "Feature 7 is at version 3 now, you started from 2; merge and send it again."),
        "VersionNeeded": problem("The version that it was made from must be named", 428, "version.needed", "Name the version that it was made from: send `If-Match`."),
        "Unusable": problem("What was sent breaks rules; `faults` or `lines` say where", 422, "feature.invalid", "/properties/status: \"new\" is not one of …"),
        "NotFound": problem("Not found", 404, "layer.not_found", "There is no layer `doorplates`; there are: …"),
        "Busy": problem("The server is busy; see Retry-After", 503, "server.busy", "The server is busy; try again in a moment."),
        "CannotPrint": problem("This server cannot print", 501, "print.no_browser", "There is no Chromium on the server: install one (Debian: apt install chromium), or name it in the setting `print.chromium`."),
        "NotPrinted": problem("It was not printed", 504, "print.timeout", "It was not ready after 60 seconds; take fewer layers, a smaller sheet or less `dpi`."),
        "NotDelivered": problem("It was not delivered", 502, "webhook.not_delivered", "It was not delivered: the receiver answered 503 Service Unavailable."),
        "Problem": problem("Any other problem (RFC 9457)", 500, "internal", "The server failed; try again, and report the request id if it goes on."),
        "NotModified": { "description": "What the tag in If-None-Match names still holds" },
    })
}

fn describe(operation: &Operation, limits: &Limits, language: Lang) -> Value {
    let mut taken: Vec<Value> = operation.parameters.iter().map(|p| parameter(p, limits)).collect();
    if operation.speaks {
        taken.push(parameter(&parameters::LANG, limits));
    }
    // Who reads the map may wait for a revision.
    let waits = operation.method == "get" && operation.access != Access::Open;
    if waits {
        taken.push(parameter(&parameters::MIN_REVISION, limits));
    }
    let mut responses = Map::new();
    let content = contents(operation.answers);
    let mut headers = json!({ "Platbook-Revision": { "$ref": "#/components/headers/Revision" } });
    if operation.tagged {
        headers["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
        responses.insert("304".to_owned(), json!({ "$ref": "#/components/responses/NotModified" }));
    }
    let mut success = json!({ "description": "OK", "headers": headers });
    if !content.is_empty() {
        success["content"] = content.into();
    }
    responses.insert(operation.status.to_string(), success);
    if matches!(operation.id, "read_tile" | "read_matrix_tile" | "read_compared_tile" | "read_aggregate_tile") {
        responses.insert("204".to_owned(), json!({ "description": "The tile is empty" }));
    }
    let mut refused = |status: &str, name: &str| {
        responses.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    };
    if operation.speaks || !operation.takes.is_empty() {
        refused("400", "Invalid");
    }
    if operation.access != Access::Open {
        refused("401", "SignIn");
    }
    if operation.access == Access::Known {
        refused("403", "Denied");
    }
    for (status, name) in operation.refuses {
        refused(&status.to_string(), name);
    }
    if operation.parameters.iter().any(|parameter| parameter.place == "path") {
        refused("404", "NotFound");
    }
    if operation.bounded || waits {
        refused("503", "Busy");
    }
    refused("default", "Problem");
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": match language { Lang::Zh => operation.summary.0, Lang::En => operation.summary.1 },
        "parameters": taken,
        "responses": responses,
        "security": security(operation.access),
    });
    if !operation.takes.is_empty() {
        described["requestBody"] = json!({ "required": true, "content": contents(operation.takes) });
    }
    described
}

/// What may be sent or answered, by media type.
fn contents(kinds: &[(&str, &str)]) -> Map<String, Value> {
    kinds.iter().map(|(kind, schema)| ((*kind).to_owned(), json!({ "schema": schemas::of(schema) }))).collect()
}

/// The ways to say who one is; an empty one is not to say.
fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([]),
        Access::Anybody => json!([{}, { "session": [] }, { "token": [] }]),
        Access::Known => json!([{ "session": [] }, { "token": [] }]),
    }
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
        object["explode"] = json!(parameter.name == parameters::FILTER);
    }
    if let Some(example) = parameter.example {
        object["example"] = example();
    }
    object
}
