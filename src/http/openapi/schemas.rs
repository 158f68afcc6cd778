//! The shapes of answers, as far as OpenAPI 3.0 tells them.

use serde_json::{Value, json};

/// The schema of an answer by its name.
pub(super) fn of(name: &str) -> Value {
    match name {
        "text" => json!({ "type": "string" }),
        "binary" => json!({ "type": "string", "format": "binary" }),
        "object" => json!({ "type": "object" }),
        component => reference(component),
    }
}

pub(super) fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{component}") })
}

pub(super) fn list(component: &str) -> Value {
    json!({ "type": "array", "items": reference(component) })
}

pub(super) fn object(required: &[&str], properties: Value) -> Value {
    let mut object = json!({ "type": "object", "properties": properties });
    // An empty list is not allowed to stand there.
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// All named schemas.
pub(super) fn all() -> Value {
    let text = || json!({ "type": "string" });
    let integer = || json!({ "type": "integer", "minimum": 0 });
    let nullable = |component: &str| json!({ "nullable": true, "allOf": [reference(component)] });
    let position = || json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 });
    let bbox = || json!({ "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 });
    json!({
        "Groups": object(&["by", "groups", "numberMatched"], json!({
            "by": text(), "value": text(), "numberMatched": integer(),
            "groups": { "type": "array", "items": object(&["key", "count"], json!({
                "key": { "type": "string", "nullable": true, "description": "What they have in common; null: they have none" },
                "title": text(), "count": integer(),
                "values": { "type": "integer", "minimum": 0, "description": "How many have the value" },
                "sum": { "type": "number" }, "mean": { "type": "number" },
                "least": { "type": "number" }, "greatest": { "type": "number" },
            })) },
        })),
        "Query": query(),
        "Quality": quality(),
        "Link": object(&["href", "rel"], json!({ "href": text(), "rel": text(), "type": text(), "title": text() })),
        "LandingPage": object(&["title", "links"], json!({
            "title": text(), "description": text(), "attribution": text(), "links": list("Link"),
        })),
        "Conformance": object(&["conformsTo"], json!({ "conformsTo": { "type": "array", "items": text() } })),
        "Collections": object(&["links", "collections"], json!({ "links": list("Link"), "collections": list("Collection") })),
        "Collection": object(&["id", "links"], json!({
            "id": text(), "title": text(), "description": text(), "attribution": text(),
            "extent": object(&["spatial"], json!({ "spatial": object(&["bbox"], json!({
                "bbox": { "type": "array", "minItems": 1, "items": bbox() }, "crs": text(),
            })) })),
            "itemType": { "type": "string", "enum": ["feature", "record"] },
            "crs": { "type": "array", "items": text() }, "storageCrs": text(),
            "links": list("Link"),
        })),
        "Geometry": object(&["type", "coordinates"], json!({
            "type": { "type": "string", "enum": ["Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"] },
            "coordinates": { "type": "array", "items": {}, "description": "Longitude, latitude in degrees" },
        })),
        "Feature": object(&["type", "id", "geometry", "properties", "version"], json!({
            "type": { "type": "string", "enum": ["Feature"] },
            "id": { "type": "integer", "minimum": 1 },
            "geometry": reference("Geometry"),
            "properties": { "type": "object", "description": "By the layer's schema" },
            "version": { "type": "integer", "minimum": 1, "description": "How often it has been written" },
            "village": { "type": "string", "description": "Code of the village that holds it" },
            "links": list("Link"),
        })),
        "FeatureCollection": object(&["type", "features", "numberMatched", "numberReturned", "timeStamp", "links"], json!({
            "type": { "type": "string", "enum": ["FeatureCollection"] },
            "features": list("Feature"),
            "numberMatched": integer(), "numberReturned": integer(),
            "timeStamp": { "type": "string", "format": "date-time" },
            "revision": integer(),
            "links": list("Link"),
        })),
        "Record": record(),
        "RecordCollection": object(&["type", "features", "numberMatched", "numberReturned", "links"], json!({
            "type": { "type": "string", "enum": ["FeatureCollection"] },
            "features": list("Record"), "numberMatched": integer(), "numberReturned": integer(), "links": list("Link"),
        })),
        "Named": object(&["code"], json!({ "code": text(), "name": { "type": "string", "nullable": true } })),
        "Place": object(&["lon", "lat"], json!({
            "lon": { "type": "number" }, "lat": { "type": "number" },
            "cell": { "type": "string", "nullable": true, "description": "BeiDou grid code, GB/T 39409, level 4" },
            "township": nullable("Named"), "village": nullable("Named"),
        })),
        "Divisions": object(&["list_date", "lists", "townships", "villages"], json!({
            "list_date": { "type": "string", "format": "date" },
            "lists": { "type": "array", "items": { "type": "string", "format": "date" } },
            "townships": list("Named"), "villages": list("Named"),
        })),
        "SearchResults": object(&["query", "results"], json!({
            "query": text(),
            "results": { "type": "array", "items": object(&["kind", "title", "center"], json!({
                "kind": { "type": "string", "enum": ["coordinates", "cell", "city", "township", "village", "place", "feature"] },
                "title": text(), "subtitle": text(), "center": position(),
                "bbox": { "type": "array", "items": { "type": "number" }, "nullable": true },
                "layer": text(), "id": { "type": "integer" },
            })) },
        })),
        "Problem": object(&["type", "title", "status", "code"], json!({
            "type": text(), "title": text(),
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What is wrong and how to mend it" },
            "instance": text(),
            "code": { "type": "string", "description": "Stable name of the problem, for programs" },
            "request_id": text(),
        })),
    })
}

/// What an inspection of a layer found.
fn quality() -> Value {
    let text = || json!({ "type": "string" });
    let integer = || json!({ "type": "integer", "minimum": 0 });
    let severity = || json!({ "type": "string", "enum": ["fault", "warning"] });
    object(
        &["inspected", "found", "rules", "villages", "findings"],
        json!({
            "inspected": integer(), "found": integer(),
            "rules": { "type": "array", "items": object(&["severity", "rule", "title", "count"], json!({
                "severity": severity(), "rule": text(), "title": text(), "count": integer(),
            })) },
            "villages": { "type": "array", "items": object(&["code", "name", "count"], json!({
                "code": { "type": "string", "nullable": true, "description": "null: in none" },
                "name": { "type": "string", "nullable": true }, "count": integer(),
            })) },
            "findings": { "type": "array", "items": object(&["id", "village", "lon", "lat", "severity", "rule", "message"], json!({
                "id": integer(), "village": { "type": "string", "nullable": true }, "lon": { "type": "number" },
                "lat": { "type": "number" }, "severity": severity(), "rule": text(), "message": text(),
            })) },
        }),
    )
}

/// A layer as a record of the catalogue.
fn record() -> Value {
    let text = || json!({ "type": "string" });
    object(
        &["type", "id", "geometry", "properties", "links"],
        json!({
            "type": { "type": "string", "enum": ["Feature"] },
            "id": { "type": "string", "description": "Id of the layer" },
            "time": { "type": "object", "nullable": true },
            "geometry": reference("Geometry"),
            "properties": object(&["type", "title"], json!({
                "type": { "type": "string", "enum": ["dataset"] }, "title": text(), "description": text(),
                "keywords": { "type": "array", "items": text() }, "rights": text(),
                "count": { "type": "integer", "minimum": 0 },
            })),
            "links": list("Link"), "linkTemplates": { "type": "array", "items": { "type": "object" } },
        }),
    )
}

/// What `POST /query` takes: the layer, and the parameters of its items.
fn query() -> Value {
    let text = || json!({ "type": "string" });
    let mut query = object(
        &["collection"],
        json!({
            "collection": { "type": "string", "description": "Id of a layer" },
            "filter": {
                "description": "A condition in CQL2, as text or as JSON",
                "oneOf": [{ "type": "string" }, { "type": "object" }],
            },
            "bbox": { "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4 },
            "crs": text(), "bbox-crs": text(), "filter-crs": text(), "division": text(), "datetime": text(), "q": text(),
            "properties": { "type": "array", "items": text() }, "sortby": { "type": "array", "items": text() },
            "limit": { "type": "integer", "minimum": 1 },
            "cursor": { "type": "string", "description": "What the last answer ended with" },
        }),
    );
    query["example"] = json!({
        "collection": "doorplate",
        "filter": { "op": "s_intersects", "args": [{ "property": "geometry" }, {
            "type": "Polygon",
            "coordinates": [[[112.88, 30.41], [112.9, 30.41], [112.9, 30.43], [112.88, 30.41]]],
        }] },
        "limit": 10,
    });
    query
}
