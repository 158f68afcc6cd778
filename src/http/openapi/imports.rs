//! The operations about imports.

use serde_json::{Value, json};

use super::operations::{Access, JSON, Operation, PLAIN};
use super::parameters::{Parameter, needed, path, query, string};
use super::schemas::list;

const ID: Parameter = path("id", "Number of an import", string, || json!("7f3c2a54-0000-4000-8000-000000000000"));

/// What most of them are: about one import of the caller's.
const ONE: Operation = Operation {
    tag: "Imports",
    parameters: &[ID],
    refuses: &[(404, "NotFound")],
    access: Access::Known,
    speaks: false,
    ..PLAIN
};

/// Every operation about imports.
pub(super) const IMPORTS: &[Operation] = &[
    Operation {
        path: "/imports",
        id: "list_imports",
        summary: ("我的导入", "The caller's imports"),
        answers: &[(JSON, "Imports")],
        parameters: &[],
        speaks: true,
        refuses: &[],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/imports",
        id: "create_import",
        summary: ("上传文件", "Send a file for a layer; what it is, its encoding and columns are told"),
        parameters: &[
            needed("layer", "Id of the layer", string, || json!("doorplate")),
            query("name", "Name of the file", string, Some(|| json!("plates.csv"))),
            query("source_layer", "The layer within a file that has several; 422 lists them", string, None),
        ],
        takes: &[("application/octet-stream", "binary")],
        status: 201,
        answers: &[(JSON, "Import")],
        refuses: &[(404, "NotFound"), (409, "Conflict"), (422, "Unusable")],
        speaks: true,
        bounded: true,
        ..ONE
    },
    Operation {
        path: "/imports/{id}",
        id: "read_import",
        summary: ("导入进度", "Where an import stands, and what became of it"),
        answers: &[(JSON, "Import")],
        speaks: true,
        ..ONE
    },
    Operation {
        method: "delete",
        path: "/imports/{id}",
        id: "delete_import",
        summary: ("放弃文件", "Let the file go; an import that runs is asked to end"),
        status: 204,
        ..ONE
    },
    Operation {
        method: "post",
        path: "/imports/{id}/run",
        id: "run_import",
        summary: ("试导入或导入", "Try it, or bring it in: features are known by their code"),
        takes: &[(JSON, "RunImport")],
        status: 202,
        answers: &[(JSON, "Import")],
        refuses: &[(404, "NotFound"), (409, "Conflict"), (422, "Unusable")],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/imports/{id}/cancel",
        id: "cancel_import",
        summary: ("取消导入", "Ask an import to end; what is written stays"),
        status: 204,
        ..ONE
    },
    Operation {
        path: "/imports/{id}/report",
        id: "read_import_report",
        summary: ("质量报告", "What was found, line by line, as a table"),
        answers: &[("text/csv", "text")],
        refuses: &[(404, "NotFound"), (409, "Conflict")],
        speaks: true,
        ..ONE
    },
];

/// An object with members that are always there.
fn object(members: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    super::schemas::object(&names, properties.into())
}

fn several(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

pub(super) fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "integer", "minimum": 0 });
    let maybe = |mut schema: Value| {
        schema["nullable"] = true.into();
        schema
    };
    let mode = || json!({ "type": "string", "enum": ["dry-run", "atomic", "batches"] });
    let severity = || json!({ "type": "string", "enum": ["fault", "warning"] });
    let mapping = json!({
        "type": "object",
        "additionalProperties": { "type": "string" },
        "description": "What each column is: a property, @x or @y (coordinates), @wkt (a geometry); others are passed over",
    });
    let column = object(&[("name", text()), ("examples", several(text())), ("target", maybe(text()))]);
    let rule = object(&[("severity", severity()), ("rule", text()), ("title", text()), ("count", number())]);
    let finding = object(&[
        ("line", number()),
        ("severity", severity()),
        ("rule", text()),
        ("column", maybe(text())),
        ("value", maybe(text())),
        ("message", text()),
    ]);
    let report = object(&[
        ("read", number()),
        ("created", number()),
        ("updated", number()),
        ("unchanged", number()),
        ("refused", number()),
        ("not_done", number()),
        ("rules", several(rule)),
        ("findings", several(finding)),
        ("all_findings_kept", json!({ "type": "boolean" })),
        ("revision", maybe(number())),
    ]);
    let mut import = object(&[
        ("id", json!({ "type": "string", "format": "uuid" })),
        ("layer", text()),
        ("name", text()),
        ("format", text()),
        ("encoding", maybe(text())),
        ("crs", maybe(text())),
        ("crs_declared", json!({ "type": "boolean" })),
        ("columns", several(column)),
        ("has_geometry", json!({ "type": "boolean" })),
        ("count", maybe(number())),
        ("atomic_most", number()),
        ("state", json!({ "type": "string", "enum": ["ready", "running", "ended"] })),
        ("read", number()),
    ]);
    for (name, schema) in [
        ("dry_run", json!({ "type": "boolean" })),
        ("per_second", json!({ "type": "number" })),
        ("seconds_left", maybe(json!({ "type": "number" }))),
        ("seconds", json!({ "type": "number" })),
        ("report", report),
        ("error", maybe(text())),
    ] {
        import["properties"][name] = schema;
    }
    let mut run = object(&[("mode", mode())]);
    run["additionalProperties"] = false.into();
    run["properties"]["mapping"] = mapping;
    for (name, description) in [
        (
            "crs",
            "OGC:CRS84, EPSG:4490, 4326, 4547, 4526, 3857, GCJ-02 or BD-09; else what the file says or its numbers look like",
        ),
        ("encoding", "Encoding of the text; else found out"),
        ("reason", "Why, for the log; else the name of the file"),
    ] {
        run["properties"][name] = json!({ "type": "string", "description": description });
    }
    run["example"] =
        json!({ "mode": "dry-run", "mapping": { "编码": "code", "经度": "@x", "纬度": "@y" }, "crs": "EPSG:4490" });
    json!({
        "Import": import,
        "Imports": object(&[("imports", list("Import"))]),
        "RunImport": run,
    })
}
