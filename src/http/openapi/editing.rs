//! The operations that change the map, and those that tell what changed.

use serde_json::{Value, json};

use super::operations::{Access, GEOJSON, JSON, Operation, PLAIN};
use super::parameters::{COMPARED_TILE, FROM, LAYER, Parameter, TO, bbox, division, integer, path, query, string};
use super::schemas::{list, object, reference};
use crate::http::{changes, changesets, compare};

const ITEM: Parameter = path("id", "Number or code of a feature", string, || json!("4290050010010000100000000"));

const REVISION: Parameter = path("revision", "A revision: the number of a change set", integer, || json!(1));

pub(super) const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: "header",
    description: "The version an edit was made from, or the ETag of the feature",
    required: false,
    schema: string,
    example: None,
};

const PREFER: Parameter = Parameter {
    name: "Prefer",
    place: "header",
    description: "return=representation answers with the feature",
    required: false,
    schema: string,
    example: None,
};

const IDEMPOTENCY_KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: "header",
    description: "A name of the client's choosing: sent again, the command is not done again",
    required: false,
    schema: string,
    example: None,
};

/// What most operations that change something are.
const WRITING: Operation = Operation {
    tag: "Editing",
    answers: &[(JSON, "Written"), (GEOJSON, "Feature")],
    refuses: &[(409, "Conflict"), (412, "Stale"), (415, "MediaType"), (422, "Unusable"), (428, "Stale")],
    access: Access::Known,
    ..PLAIN
};

const TAKES_FEATURE: &[(&str, &str)] = &[(GEOJSON, "NewFeature"), (JSON, "NewFeature")];

/// Every operation of editing.
pub(super) const EDITING: &[Operation] = &[
    Operation {
        method: "post",
        path: "/collections/{layer}/items",
        id: "create_item",
        summary: ("新建要素", "Create a feature"),
        parameters: &[LAYER, PREFER, IDEMPOTENCY_KEY],
        takes: TAKES_FEATURE,
        status: 201,
        ..WRITING
    },
    Operation {
        method: "put",
        path: "/collections/{layer}/items/{id}",
        id: "replace_item",
        summary: ("替换要素", "Give a feature another content"),
        parameters: &[LAYER, ITEM, IF_MATCH, PREFER, IDEMPOTENCY_KEY],
        takes: TAKES_FEATURE,
        ..WRITING
    },
    Operation {
        method: "patch",
        path: "/collections/{layer}/items/{id}",
        id: "update_item",
        summary: ("修改要素", "Change some of a feature (RFC 7396)"),
        parameters: &[LAYER, ITEM, IF_MATCH, PREFER, IDEMPOTENCY_KEY],
        takes: &[("application/merge-patch+json", "FeaturePatch"), (JSON, "FeaturePatch")],
        ..WRITING
    },
    Operation {
        method: "delete",
        path: "/collections/{layer}/items/{id}",
        id: "delete_item",
        summary: ("删除要素", "Delete a feature"),
        parameters: &[LAYER, ITEM, IF_MATCH, IDEMPOTENCY_KEY],
        ..WRITING
    },
    Operation {
        path: "/collections/{layer}/items/{id}/versions",
        id: "list_versions",
        tag: "Editing",
        summary: ("要素历史", "The versions of a feature, newest first"),
        parameters: &[LAYER, ITEM],
        answers: &[(JSON, "Versions")],
        ..PLAIN
    },
    Operation {
        path: "/changes",
        id: "list_changes",
        tag: "Editing",
        summary: ("变更（分页或事件流）", "What changed: a page, or events for who accepts text/event-stream"),
        parameters: &[
            query("after", "After this revision", integer, Some(|| json!(0))),
            query("limit", "Revisions on a page", commits, None),
            query("layer", "Comma list of layers", string, None),
            query("division", "Changes in this division", division, None),
            query("bbox", "Changes that touch this box, degrees of EPSG:4490", bbox, None),
            query(
                "filter",
                "Changes of features that this CQL2 text lets through, before or after; with `layer`",
                string,
                None,
            ),
        ],
        answers: &[(JSON, "Changes"), ("text/event-stream", "text")],
        refuses: &[(404, "NotFound")],
        ..PLAIN
    },
    Operation {
        path: "/compare",
        id: "list_differences",
        tag: "Editing",
        summary: ("两个时刻的差异", "What differs between two moments of the map"),
        parameters: &[
            FROM,
            TO,
            query("after", "Differences after this feature: where the last page ended", integer, None),
            query("limit", "Differences on a page", differences, None),
            query("layer", "Comma list of layers", string, None),
            query("division", "Differences in this division", division, None),
            query("bbox", "Differences that touch this box, degrees of EPSG:4490", bbox, None),
        ],
        answers: &[(JSON, "Comparison")],
        refuses: &[(404, "NotFound")],
        ..PLAIN
    },
    Operation {
        path: "/compare/tiles/{layers}/{z}/{x}/{y}",
        id: "read_compared_tile",
        tag: "Editing",
        summary: ("差异瓦片", "A tile of what differs between two moments"),
        parameters: COMPARED_TILE,
        answers: &[("application/vnd.mapbox-vector-tile", "binary")],
        speaks: false,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/changesets",
        id: "list_changesets",
        tag: "Editing",
        summary: ("变更集", "Change sets, newest first"),
        parameters: &[
            query("before", "Before this revision", integer, None),
            query("limit", "Change sets on a page", sets, None),
        ],
        answers: &[(JSON, "ChangeSets")],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/changesets",
        id: "create_changeset",
        summary: ("提交变更集", "Many edits as one change set, all or nothing, or as many as can be"),
        parameters: &[
            query("mode", "all: one refused line refuses all; best: the others are done", mode, None),
            query("reason", "Why, for the history", string, None),
            IDEMPOTENCY_KEY,
        ],
        takes: &[("application/x-ndjson", "text")],
        answers: &[(JSON, "ChangeSetResult")],
        refuses: &[(415, "MediaType"), (422, "Unusable")],
        ..WRITING
    },
    Operation {
        method: "post",
        path: "/changesets/{revision}/undo",
        id: "undo_changeset",
        summary: ("撤销变更集", "Append the inverse of a change set, if nothing of it has been changed since"),
        parameters: &[REVISION, IDEMPOTENCY_KEY],
        answers: &[(JSON, "ChangeSetResult")],
        refuses: &[(409, "Conflict")],
        ..WRITING
    },
];

fn commits(_: &super::Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": changes::MOST, "default": changes::USUAL })
}

fn sets(_: &super::Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": changesets::MOST, "default": changesets::USUAL })
}

fn differences(_: &super::Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": compare::MOST, "default": compare::USUAL })
}

fn mode(_: &super::Limits) -> Value {
    json!({ "type": "string", "enum": ["all", "best"], "default": "all" })
}

/// The shapes of edits and of what they did.
pub(super) fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let integer = || json!({ "type": "integer", "minimum": 0 });
    let time = || json!({ "type": "string", "format": "date-time" });
    let kind = || json!({ "type": "string", "enum": ["created", "updated", "deleted"] });
    let place = || json!({ "type": "array", "items": { "type": "number" }, "nullable": true });
    let moment = || object(&["revision", "at"], json!({ "revision": integer(), "at": time() }));
    let texts = || json!({ "type": "array", "items": text() });
    let next = || json!({ "type": "integer", "nullable": true, "description": "Where the page that follows begins" });
    let properties = || json!({ "type": "object", "description": "By the layer's schema" });
    json!({
        "Fault": object(&["pointer", "code", "message"], json!({
            "pointer": { "type": "string", "description": "JSON pointer (RFC 6901) into the feature" },
            "code": text(), "message": reference("Bilingual"),
        })),
        "NewFeature": object(&["type", "geometry", "properties"], json!({
            "type": { "type": "string", "enum": ["Feature"] }, "geometry": reference("Geometry"),
            "properties": properties(),
        })),
        "FeaturePatch": object(&[], json!({ "geometry": reference("Geometry"), "properties": properties() })),
        "Written": object(&["id", "revision", "warnings"], json!({
            "id": integer(), "version": { "type": "integer", "nullable": true }, "revision": integer(),
            "warnings": list("Fault"),
        })),
        "ChangeSetResult": object(&["revision", "lines"], json!({
            "revision": integer(),
            "lines": { "type": "array", "items": object(&["line", "status"], json!({
                "line": integer(), "status": { "type": "string", "enum": ["done", "unchanged", "refused", "not_done"] },
                "id": integer(), "version": integer(), "warnings": list("Fault"), "problem": { "type": "object" },
            })) },
        })),
        "ChangeSets": object(&["changesets"], json!({
            "changesets": { "type": "array", "items": object(&["revision", "at", "actor", "counts"], json!({
                "revision": integer(), "at": time(), "actor": text(), "reason": text(),
                "counts": { "type": "array", "items": object(&["layer", "kind", "count"], json!({
                    "layer": text(), "kind": kind(), "count": integer(),
                })) },
            })) },
            "next": next(),
        })),
        "Versions": object(&["versions"], json!({
            "versions": { "type": "array", "items": object(&["version", "revision", "at", "actor", "kind"], json!({
                "version": integer(), "revision": integer(), "at": time(), "actor": text(), "reason": text(),
                "kind": kind(), "fields": texts(), "feature": { "type": "object", "nullable": true },
            })) },
        })),
        "Comparison": object(&["from", "to", "counts", "changes"], json!({
            "from": moment(), "to": moment(),
            "counts": { "type": "object", "additionalProperties": { "type": "integer" } },
            "changes": { "type": "array", "items": object(&["layer", "id", "change", "fields"], json!({
                "layer": text(), "id": integer(),
                "change": { "type": "string", "enum": ["added", "moved", "changed", "removed"] },
                "before": { "type": "object", "nullable": true }, "after": { "type": "object", "nullable": true },
                "fields": texts(),
            })) },
            "next": next(),
        })),
        "Changes": object(&["commits"], json!({
            "commits": { "type": "array", "items": object(&["revision", "at", "actor", "changes", "tiles"], json!({
                "revision": integer(), "at": time(), "actor": text(), "reason": text(),
                "complete": { "type": "boolean", "description": "Whether all changes are told one by one" },
                "changes": { "type": "array", "items": object(&["layer", "id", "kind", "version"], json!({
                    "layer": text(), "id": integer(), "kind": kind(), "version": integer(),
                    "village": { "type": "string", "nullable": true }, "before": place(), "after": place(),
                })) },
                "tiles": { "type": "object", "additionalProperties": object(&["zooms"], json!({
                    "zooms": { "type": "array", "description": "[[zoom, [[column, row], …]], …]", "items": {} },
                    "deeper_than": { "type": "integer", "nullable": true,
                        "description": "Every tile within a listed one of this zoom changed too" },
                })) },
            })) },
            "next": next(),
        })),
    })
}
