//! The operations about webhooks.

use serde_json::{Value, json};

use super::operations::{Access, JSON, Operation, PLAIN};
use super::parameters::{Parameter, path, string};
use super::schemas::{list, object, reference};

const ID: Parameter = path("id", "Number of a webhook", string, || json!("7f3c2a54-0000-4000-8000-000000000000"));
const REVISION: Parameter = path("revision", "A revision that was given up", string, || json!("17"));

/// What most of them are: for administrators, about one webhook.
const ONE: Operation = Operation {
    tag: "Webhooks",
    parameters: &[ID],
    refuses: &[(404, "NotFound")],
    access: Access::Known,
    speaks: false,
    ..PLAIN
};

/// Every operation about webhooks.
pub(super) const WEBHOOKS: &[Operation] = &[
    Operation {
        path: "/webhooks",
        id: "list_webhooks",
        summary: ("推送清单", "Webhooks, and how far each has come"),
        answers: &[(JSON, "Webhooks")],
        parameters: &[],
        speaks: true,
        refuses: &[],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/webhooks",
        id: "create_webhook",
        summary: ("新建推送", "Make a webhook; its secret is shown this once"),
        parameters: &[],
        takes: &[(JSON, "NewWebhook")],
        status: 201,
        answers: &[(JSON, "Webhook")],
        ..ONE
    },
    Operation {
        path: "/webhooks/{id}",
        id: "read_webhook",
        summary: ("推送详情", "A webhook"),
        answers: &[(JSON, "Webhook")],
        speaks: true,
        ..ONE
    },
    Operation {
        method: "patch",
        path: "/webhooks/{id}",
        id: "update_webhook",
        summary: ("修改推送", "Change a webhook, let it rest or go on, or begin after another revision"),
        takes: &[(JSON, "WebhookPatch")],
        answers: &[(JSON, "Webhook")],
        ..ONE
    },
    Operation {
        method: "delete",
        path: "/webhooks/{id}",
        id: "delete_webhook",
        summary: ("删除推送", "Remove a webhook"),
        status: 204,
        ..ONE
    },
    Operation {
        method: "post",
        path: "/webhooks/{id}/secret",
        id: "replace_webhook_secret",
        summary: ("更换密钥", "Give it another secret, shown this once"),
        answers: &[(JSON, "Webhook")],
        ..ONE
    },
    Operation {
        method: "post",
        path: "/webhooks/{id}/ping",
        id: "ping_webhook",
        summary: ("试送", "Send a message that says nothing"),
        status: 204,
        refuses: &[(404, "NotFound"), (502, "NotDelivered")],
        ..ONE
    },
    Operation {
        path: "/webhooks/{id}/undelivered",
        id: "list_undelivered",
        summary: ("未送达清单", "Revisions that could not be delivered and were given up"),
        answers: &[(JSON, "UndeliveredList")],
        speaks: true,
        ..ONE
    },
    Operation {
        method: "post",
        path: "/webhooks/{id}/undelivered/{revision}",
        id: "redeliver",
        summary: ("重新送达", "Deliver a revision that was given up"),
        parameters: &[ID, REVISION],
        status: 204,
        refuses: &[(404, "NotFound"), (502, "NotDelivered")],
        ..ONE
    },
    Operation {
        method: "delete",
        path: "/webhooks/{id}/undelivered/{revision}",
        id: "forget_undelivered",
        summary: ("不再送达", "Forget that a revision was not delivered"),
        parameters: &[ID, REVISION],
        status: 204,
        ..ONE
    },
];

/// The shapes of what is said about webhooks.
pub(super) fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let integer = || json!({ "type": "integer", "minimum": 0 });
    let time = || json!({ "type": "string", "format": "date-time" });
    let title = || json!({ "type": "string", "minLength": 1, "maxLength": 100 });
    let url = || json!({ "type": "string", "format": "uri", "maxLength": 2000, "description": "https; http within the city's own networks" });
    json!({
        "Wanted": object(&[], json!({
            "layers": { "type": "array", "items": text(), "description": "In one of these layers; none: in any" },
            "division": { "type": "string", "description": "In this division, before or after" },
            "bbox": { "type": "array", "items": { "type": "number" }, "minItems": 4, "maxItems": 4,
                "description": "Touching this box, before or after" },
            "filter": { "type": "string", "description": "Let through by this CQL2 text, before or after; with `layers`" },
        })),
        "Webhook": object(&["id", "title", "url", "account", "wanted", "paused", "created", "told", "attempts"], json!({
            "id": { "type": "string", "format": "uuid" }, "title": title(), "url": url(),
            "secret": { "type": "string", "description": "Only in the answer that makes it" },
            "account": { "type": "string", "description": "As whom it sees" },
            "wanted": reference("Wanted"), "paused": { "type": "boolean" }, "created": time(),
            "told": { "type": "integer", "minimum": 0, "description": "The newest revision that is done with" },
            "attempts": { "type": "integer", "minimum": 0, "description": "Failed attempts at the next" },
            "retry": time(), "failure": text(), "undelivered": integer(),
        })),
        "Webhooks": object(&["webhooks"], json!({ "webhooks": list("Webhook") })),
        "NewWebhook": object(&["title", "url"], json!({
            "title": title(), "url": url(), "wanted": reference("Wanted"), "paused": { "type": "boolean" },
            "after": { "type": "integer", "minimum": 0, "description": "After which revision it begins; none: after the newest" },
        })),
        "WebhookPatch": object(&[], json!({
            "title": title(), "url": url(), "wanted": reference("Wanted"), "paused": { "type": "boolean" },
            "after": { "type": "integer", "minimum": 0, "description": "After which revision it goes on" },
        })),
        "UndeliveredList": object(&["undelivered"], json!({
            "undelivered": { "type": "array", "items": object(&["revision", "attempts", "at", "failure"], json!({
                "revision": integer(), "attempts": integer(), "at": time(), "failure": text(),
            })) },
        })),
    })
}
