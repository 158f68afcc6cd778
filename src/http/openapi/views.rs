//! The operations about saved views.

use serde_json::{Value, json};

use super::editing::IF_MATCH;
use super::operations::{Access, JSON, Operation, PLAIN};
use super::parameters::{Parameter, path, query, string};
use super::schemas::{list, object};
use super::{Limits, parameters};
use crate::http::views::{MOST, STATE, THUMBNAIL, TITLE, USUAL};
use crate::store::views::{Audience, ViewKind};

const ID: Parameter = path("id", "Id of a saved view", string, || json!("k3v9mq2xw7ha"));

/// What most of them are: about one saved view.
const ONE: Operation = Operation { tag: "Views", parameters: &[ID], ..PLAIN };

/// What writing one refuses.
const WRITING: &[(u16, &str)] = &[(404, "NotFound"), (409, "Conflict"), (412, "Stale"), (428, "VersionNeeded")];

/// Every operation about saved views.
pub(super) const VIEWS: &[Operation] = &[
    Operation {
        path: "/views",
        id: "list_views",
        summary: (
            "保存的视图",
            "Saved views, bookmarks, styles and filters that one sees, newest first; without their states",
        ),
        parameters: &[
            query("kind", "Of this kind", kind, None),
            query("layer", "About this layer", string, Some(|| json!("doorplate"))),
            query("audience", "For these", audience, None),
            query("cursor", "Where the last page ended: its `next`", string, None),
            query("limit", "Saved views at the most", limit, None),
        ],
        answers: &[(JSON, "SavedViews")],
        refuses: &[(404, "NotFound")],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/views",
        id: "create_view",
        summary: (
            "保存视图",
            "Save a view, bookmark, style or filter; to show it to everybody takes the right to publish",
        ),
        parameters: &[],
        takes: &[(JSON, "NewSavedView")],
        status: 201,
        answers: &[(JSON, "SavedView")],
        refuses: &[(404, "NotFound"), (409, "Conflict")],
        access: Access::Known,
        speaks: false,
        ..ONE
    },
    Operation {
        path: "/views/{id}",
        id: "read_view",
        summary: ("读取视图", "A saved view with its state"),
        answers: &[(JSON, "SavedView")],
        tagged: true,
        ..ONE
    },
    Operation {
        method: "put",
        path: "/views/{id}",
        id: "replace_view",
        summary: ("更新视图", "Save it anew, upon the version in If-Match; for its owner"),
        parameters: &[ID, IF_MATCH],
        takes: &[(JSON, "NewSavedView")],
        answers: &[(JSON, "SavedView")],
        refuses: WRITING,
        access: Access::Known,
        speaks: false,
        ..ONE
    },
    Operation {
        method: "delete",
        path: "/views/{id}",
        id: "delete_view",
        summary: (
            "删除视图",
            "Delete it, at the version in If-Match; for its owner, of what others see for administrators too",
        ),
        status: 204,
        parameters: &[ID, IF_MATCH],
        refuses: WRITING,
        access: Access::Known,
        speaks: false,
        ..ONE
    },
    Operation {
        path: "/v/{id}",
        id: "read_short_link",
        summary: ("短链接", "A short link: leads to the map, which brings the saved view"),
        status: 303,
        access: Access::Open,
        speaks: false,
        ..ONE
    },
];

fn kind(_: &Limits) -> Value {
    json!({ "type": "string", "enum": ViewKind::ALL.map(ViewKind::word) })
}

fn audience(_: &Limits) -> Value {
    json!({ "type": "string", "enum": Audience::ALL.map(Audience::word) })
}

fn limit(_: &Limits) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL })
}

/// The shapes of what is said about saved views.
pub(super) fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": "string", "format": "date-time" });
    let any = Limits::default();
    let title = || json!({ "type": "string", "minLength": 1, "maxLength": TITLE });
    let layer = || json!({ "type": "string", "description": "The layer that it is about; a style or filter has one" });
    let state = || {
        json!({
            "description": format!("An object, or the text behind `#` in the map's address; at most {STATE} bytes as JSON"),
            "oneOf": [{ "type": "object" }, { "type": "string" }],
        })
    };
    let thumbnail = || {
        json!({
            "type": "string", "maxLength": THUMBNAIL,
            "description": "A PNG, JPEG or WebP as a data URL in Base64",
        })
    };
    json!({
        "SavedView": object(&["id", "kind", "title", "audience", "owner", "own", "created_at", "updated_at", "version"], json!({
            "id": text(), "kind": kind(&any), "title": title(), "audience": audience(&any), "layer": layer(),
            "owner": { "type": "string", "description": "Name of the account that keeps it" },
            "own": { "type": "boolean", "description": "Whether it is one's own" },
            "department": { "type": "string", "description": "Whose accounts see it, of one for a department" },
            "state": state(), "thumbnail": thumbnail(), "created_at": time(), "updated_at": time(),
            "version": parameters::positive(&any),
        })),
        "SavedViews": object(&["views"], json!({
            "views": list("SavedView"),
            "next": { "type": "string", "description": "`cursor` of the page that follows, if one does" },
        })),
        "NewSavedView": {
            "type": "object",
            "required": ["kind", "title", "audience", "state"],
            "properties": {
                "kind": kind(&any), "title": title(), "audience": audience(&any), "state": state(),
                "layer": layer(), "thumbnail": thumbnail(),
            },
            "example": {
                "kind": "bookmark", "title": "东风路社区", "audience": "mine", "state": "15/30.42/112.89?l=doorplate",
            },
        },
    })
}
