//! The operations about people: sessions, tokens, users, the audit list.

use serde_json::{Value, json};

use super::operations::{Access, JSON, Operation, PLAIN};
use super::parameters::{entries, path, positive, query, string};

use super::schemas::{list, object, reference};
use crate::domain::Action;

const NAME: super::parameters::Parameter = path("name", "Name of an account", string, || json!("nobody-yet"));

const CREDENTIALS: (u16, &str) = (429, "TooMany");

/// Every operation about people.
pub(super) const PEOPLE: &[Operation] = &[
    Operation {
        path: "/session",
        id: "read_session",
        tag: "People",
        summary: ("当前会话与权限", "Who one is, and what one may do"),
        answers: &[(JSON, "Session")],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/session",
        id: "create_session",
        tag: "People",
        summary: ("登录", "Sign in; the answer sets a cookie"),
        takes: &[(JSON, "Credentials")],
        answers: &[(JSON, "Session")],
        refuses: &[(401, "SignIn"), CREDENTIALS],
        access: Access::Open,
        speaks: false,
        bounded: true,
        ..PLAIN
    },
    Operation {
        method: "delete",
        path: "/session",
        id: "delete_session",
        tag: "People",
        summary: ("退出", "Sign out"),
        status: 204,
        access: Access::Open,
        speaks: false,
        ..PLAIN
    },
    Operation {
        path: "/session/oidc",
        id: "begin_sign_on",
        tag: "People",
        summary: ("单点登录", "Go to the city's single sign-on"),
        status: 303,
        refuses: &[(404, "NotFound"), CREDENTIALS],
        access: Access::Open,
        speaks: false,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/session/oidc/callback",
        id: "end_sign_on",
        tag: "People",
        summary: ("单点登录返回", "Come back from the single sign-on; the answer sets a cookie and leads to the map"),
        parameters: &[
            query("code", "What the single sign-on gave", string, None),
            query("state", "What it was given", string, None),
            query("error", "Why it gave nothing", string, None),
        ],
        status: 303,
        refuses: &[(401, "SignIn"), (404, "NotFound"), CREDENTIALS],
        access: Access::Open,
        speaks: false,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/tokens",
        id: "list_tokens",
        tag: "People",
        summary: ("令牌", "One's tokens"),
        parameters: &[query("account", "Those of another account; for administrators", string, None)],
        answers: &[(JSON, "Tokens")],
        access: Access::Known,
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/tokens",
        id: "create_token",
        tag: "People",
        summary: ("生成令牌", "Make a token; it is shown this once"),
        takes: &[(JSON, "NewToken")],
        status: 201,
        answers: &[(JSON, "Token")],
        refuses: &[(404, "NotFound")],
        access: Access::Known,
        speaks: false,
        ..PLAIN
    },
    Operation {
        method: "delete",
        path: "/tokens/{id}",
        id: "delete_token",
        tag: "People",
        summary: ("撤销令牌", "Take a token back"),
        parameters: &[path("id", "Number of a token", positive, || json!(1))],
        status: 204,
        access: Access::Known,
        speaks: false,
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/view-tokens",
        id: "create_view_token",
        tag: "People",
        summary: (
            "生成视图令牌",
            "Make a view token, for a map in a page of another site; it reads some layers, and ends with what made it",
        ),
        takes: &[(JSON, "NewViewToken")],
        status: 201,
        answers: &[(JSON, "ViewToken")],
        refuses: &[(404, "NotFound"), CREDENTIALS],
        access: Access::Known,
        speaks: false,
        ..PLAIN
    },
    Operation {
        path: "/users",
        id: "list_users",
        tag: "People",
        summary: ("账号", "Accounts"),
        answers: &[(JSON, "Users")],
        access: Access::Known,
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/users",
        id: "create_user",
        tag: "People",
        summary: ("新建账号", "Make an account"),
        takes: &[(JSON, "NewUser")],
        status: 201,
        answers: &[(JSON, "User")],
        refuses: &[(409, "Conflict")],
        access: Access::Known,
        speaks: false,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/users/{name}",
        id: "read_user",
        tag: "People",
        summary: ("账号详情", "An account; one's own, or for administrators"),
        parameters: &[NAME],
        answers: &[(JSON, "User")],
        access: Access::Known,
        ..PLAIN
    },
    Operation {
        method: "patch",
        path: "/users/{name}",
        id: "update_user",
        tag: "People",
        summary: ("修改账号", "Change an account; one's own password, or for administrators"),
        parameters: &[NAME],
        takes: &[(JSON, "UserPatch")],
        answers: &[(JSON, "User")],
        refuses: &[(409, "Conflict")],
        access: Access::Known,
        speaks: false,
        bounded: true,
        ..PLAIN
    },
    Operation {
        path: "/audit",
        id: "list_audit",
        tag: "People",
        summary: ("审计", "Who signed in, changed accounts, read sensitive layers, changed the map; newest first"),
        parameters: &[
            query("cursor", "Where the last page ended: its `next`", string, None),
            query("limit", "Entries at the most", entries, None),
        ],
        answers: &[(JSON, "Audit")],
        access: Access::Known,
        ..PLAIN
    },
];

fn actions() -> Value {
    json!({ "type": "array", "items": { "type": "string", "enum": Action::ALL } })
}

fn token_members() -> Value {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": "string", "format": "date-time" });
    json!({
        "id": { "type": "integer", "minimum": 1 }, "account": text(), "name": text(),
        "scopes": reference("Actions"), "created": time(), "expires": time(),
        "used": time(),
        "token": { "type": "string", "description": "Only in the answer that makes it" },
    })
}

/// The shapes of what is said about people.
pub(super) fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let integer = || json!({ "type": "integer", "minimum": 0 });
    let time = || json!({ "type": "string", "format": "date-time" });
    json!({
        "Bilingual": object(&["zh", "en"], json!({ "zh": text(), "en": text() })),
        "Grant": object(&["role", "division"], json!({
            "role": { "type": "string", "description": "A role of the catalogue" },
            "layers": { "type": "array", "items": text(), "description": "The layers it holds in; none: in all" },
            "division": { "type": "string", "description": "Where it holds; the city is everywhere" },
        })),
        "Actions": actions(),
        "Session": object(&["signed_in", "name", "grants", "may", "roles"], json!({
            "signed_in": { "type": "boolean" }, "name": text(),
            "by": { "type": "string", "enum": ["session", "token", "view-token"] },
            "expires": time(),
            "department": { "type": "string", "description": "A department of the catalogue" },
            "grants": list("Grant"),
            "scopes": reference("Actions"),
            "within": object(&["division"], json!({
                "layers": { "type": "array", "nullable": true, "items": text(), "description": "Of a view token; null: all that its account sees" },
                "division": text(),
            })),
            "may": object(&["service", "layers"], json!({
                "service": reference("Actions"),
                "layers": { "type": "object", "additionalProperties": reference("Actions") },
            })),
            "roles": { "type": "array", "items": object(&["id", "title", "may"], json!({
                "id": text(), "title": reference("Bilingual"), "may": reference("Actions"),
            })) },
            "single_sign_on": { "type": "boolean" },
        })),
        "Credentials": object(&["name", "password"], json!({ "name": text(), "password": { "type": "string", "format": "password" } })),
        "Token": object(&["id", "account", "name", "scopes", "created", "expires"], token_members()),
        "Tokens": object(&["tokens"], json!({ "tokens": list("Token") })),
        "NewToken": object(&["name", "scopes", "days"], json!({
            "name": { "type": "string", "minLength": 1, "maxLength": 100 }, "scopes": reference("Actions"),
            "days": { "type": "integer", "minimum": 1, "maximum": 366 }, "account": text(),
        })),
        "NewViewToken": {
            "type": "object",
            "required": ["layers", "minutes"],
            "properties": {
                "layers": { "type": "array", "minItems": 1, "items": text() },
                "division": { "type": "string", "description": "Where it reads; none: in the whole city" },
                "minutes": { "type": "integer", "minimum": 1, "maximum": crate::http::view_tokens::LONGEST },
            },
            "example": { "layers": ["doorplate"], "division": "429005001", "minutes": 15 },
        },
        "ViewToken": object(&["token", "account", "layers", "division", "created", "expires"], json!({
            "token": { "type": "string", "description": "pbv_…, for `Authorization: Bearer`" }, "account": text(),
            "layers": { "type": "array", "items": text() }, "division": text(), "created": time(), "expires": time(),
        })),
        "User": object(&["name", "title", "disabled", "grants", "created"], json!({
            "name": text(), "title": text(), "disabled": { "type": "boolean" }, "grants": list("Grant"),
            "department": { "type": "string", "nullable": true, "description": "A department of the catalogue" },
            "has_password": { "type": "boolean" }, "single_sign_on": { "type": "boolean" },
            "created": time(),
        })),
        "Users": object(&["users"], json!({ "users": list("User") })),
        "NewUser": object(&["name", "grants"], json!({
            "name": { "type": "string", "pattern": "^[a-z0-9][a-z0-9._@-]{0,63}$" }, "title": text(),
            "department": { "type": "string", "description": "A department of the catalogue" },
            "password": { "type": "string", "format": "password", "minLength": 10 }, "grants": list("Grant"),
        })),
        "UserPatch": object(&[], json!({
            "department": { "type": "string", "nullable": true, "description": "A department of the catalogue; null: none" },
            "title": text(), "password": { "type": "string", "format": "password", "minLength": 10 },
            "current_password": { "type": "string", "format": "password", "description": "From those who change their own" },
            "disabled": { "type": "boolean" }, "grants": list("Grant"),
        })),
        "Audit": object(&["entries"], json!({
            "entries": { "type": "array", "items": object(&["at", "actor", "action"], json!({
                "id": integer(), "at": time(), "actor": text(), "action": text(),
                "subject": text(), "request_id": text(),
                "revision": { "type": "integer", "minimum": 0, "description": "Of `map.changed`: see /changesets" },
                "reason": text(),
            })) },
            "next": { "type": "string", "description": "`cursor` of the page that follows, if one does" },
        })),
    })
}
