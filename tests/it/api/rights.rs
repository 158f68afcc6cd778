//! Who may: every operation of the API, asked by everybody.

use std::collections::BTreeSet;

use platbook::domain::Action;
use serde_json::{Value, json};

use crate::support::{ROLES, TestApp, grant};

/// What is asked, and the statuses that nobody, each role in order, an account that is shut out, and a
/// token that has ended get.
struct Row {
    operation: &'static str,
    ask: (&'static str, &'static str),
    body: Option<fn(usize) -> Value>,
    gets: [u16; 9],
}

const fn row(operation: &'static str, ask: (&'static str, &'static str), gets: [u16; 9]) -> Row {
    Row { operation, ask, body: None, gets }
}

const fn sends(
    operation: &'static str,
    ask: (&'static str, &'static str),
    body: fn(usize) -> Value,
    gets: [u16; 9],
) -> Row {
    Row { operation, ask, body: Some(body), gets }
}

/// Answers to whoever calls.
const ALL: [u16; 9] = [200; 9];
/// For everybody; who says who they are must be right.
const ANYBODY: [u16; 9] = [200, 200, 200, 200, 200, 200, 200, 401, 401];
/// Not there without signing in.
const INTERNAL: [u16; 9] = [404, 200, 200, 200, 200, 200, 200, 401, 401];
/// For those who signed in.
const KNOWN: [u16; 9] = [401, 200, 200, 200, 200, 200, 200, 401, 401];
/// For those who signed in, and not there.
const MISSING: [u16; 9] = [401, 404, 404, 404, 404, 404, 404, 401, 401];
/// For those who may import; a JSON object is no file of features.
const UNREADABLE: [u16; 9] = [401, 403, 403, 403, 403, 422, 422, 401, 401];
/// An import that nobody made.
const NO_IMPORT: &str = "/imports/7f3c2a54-0000-4000-8000-000000000000";
/// For administrators.
const ADMINISTRATOR: [u16; 9] = [401, 403, 403, 403, 403, 403, 200, 401, 401];

/// The same with another status where it is done.
const fn done(status: u16, mut gets: [u16; 9]) -> [u16; 9] {
    let mut at = 0;
    while at < gets.len() {
        if gets[at] == 200 {
            gets[at] = status;
        }
        at += 1;
    }
    gets
}

/// For those who may change doorplates: editors, connectors, administrators.
const WRITER: [u16; 9] = [401, 403, 403, 403, 200, 200, 200, 401, 401];

/// A new plate for each caller.
fn plate(who: usize) -> Value {
    crate::api::edits::plate(900 + who as u32, 112.75 + who as f64 * 0.001)
}

/// A bookmark for somebody.
fn view(audience: &str) -> Value {
    json!({ "kind": "bookmark", "title": "here", "audience": audience, "state": "12/30.4/112.8" })
}

const TABLE: &[Row] = &[
    row("read_landing", ("GET", "/?f=json"), ALL),
    row("read_conformance", ("GET", "/conformance"), ANYBODY),
    row("read_api", ("GET", "/api"), ANYBODY),
    row("read_api_page", ("GET", "/api.html"), ALL),
    row("read_developers_page", ("GET", "/developers.html"), ALL),
    row("list_collections", ("GET", "/collections"), ANYBODY),
    row("read_collection", ("GET", "/collections/doorplate"), ANYBODY),
    row("read_collection", ("GET", "/collections/network-node"), INTERNAL),
    row("read_collection", ("GET", "/collections/population"), INTERNAL),
    row("read_schema", ("GET", "/collections/doorplate/schema"), ANYBODY),
    row("read_schema", ("GET", "/collections/network-node/schema"), INTERNAL),
    row("read_queryables", ("GET", "/collections/doorplate/queryables"), ANYBODY),
    row("read_queryables", ("GET", "/collections/network-node/queryables"), INTERNAL),
    row("read_sortables", ("GET", "/collections/doorplate/sortables"), ANYBODY),
    row("read_sortables", ("GET", "/collections/network-node/sortables"), INTERNAL),
    row("read_catalog", ("GET", "/collections/layers"), ANYBODY),
    row("list_records", ("GET", "/collections/layers/items"), ANYBODY),
    row("read_record", ("GET", "/collections/layers/items/doorplate"), ANYBODY),
    row("read_record", ("GET", "/collections/layers/items/network-node"), INTERNAL),
    row("aggregate_items", ("GET", "/collections/doorplate/aggregate?by=township"), ANYBODY),
    row("aggregate_items", ("GET", "/collections/population/aggregate?by=township"), INTERNAL),
    row("read_aggregate_tile", ("GET", "/collections/doorplate/aggregate/tiles/9/416/210?by=village"), ANYBODY),
    row("read_aggregate_tile", ("GET", "/collections/population/aggregate/tiles/9/416/210?by=village"), INTERNAL),
    sends("query_items", ("POST", "/query"), |_| json!({ "collection": "doorplate", "limit": 1 }), ANYBODY),
    sends("query_items", ("POST", "/query"), |_| json!({ "collection": "network-node", "limit": 1 }), INTERNAL),
    row("read_quality", ("GET", "/collections/doorplate/quality"), ANYBODY),
    row("read_quality", ("GET", "/collections/network-node/quality?f=csv"), INTERNAL),
    row("export_items", ("GET", "/collections/doorplate/export?f=csv"), ANYBODY),
    row("export_items", ("GET", "/collections/network-node/export?f=gpkg"), INTERNAL),
    row("list_items", ("GET", "/collections/doorplate/items"), ANYBODY),
    row("list_items", ("GET", "/collections/network-node/items"), INTERNAL),
    row("list_items", ("GET", "/collections/population/items"), INTERNAL),
    row("read_item", ("GET", "/collections/doorplate/items/4290050010010000100000000"), ANYBODY),
    row("read_item", ("GET", "/collections/network-node/items/N-CORE"), INTERNAL),
    row("read_item", ("GET", "/collections/population/items/429005001001"), INTERNAL),
    row("list_tile_matrix_sets", ("GET", "/tileMatrixSets"), ANYBODY),
    row("read_tile_matrix_set", ("GET", "/tileMatrixSets/CGCS2000Quad"), ANYBODY),
    row("list_tilesets", ("GET", "/collections/doorplate/tiles"), ANYBODY),
    row("list_tilesets", ("GET", "/collections/network-node/tiles"), INTERNAL),
    row("read_tileset", ("GET", "/collections/doorplate/tiles/WorldCRS84Quad"), ANYBODY),
    row("read_tileset", ("GET", "/collections/network-node/tiles/WorldCRS84Quad"), INTERNAL),
    row("read_matrix_tile", ("GET", "/collections/doorplate/tiles/CGCS2000Quad/9/84/416"), ANYBODY),
    row("read_matrix_tile", ("GET", "/collections/network-node/tiles/CGCS2000Quad/12/678/3330"), INTERNAL),
    row("read_tilejson", ("GET", "/tiles/doorplate"), ANYBODY),
    row("read_tilejson", ("GET", "/tiles/doorplate,network-node"), INTERNAL),
    row("read_archive", ("GET", "/tiles/doorplate/archive?zooms=8-10"), ANYBODY),
    row("read_archive", ("GET", "/tiles/doorplate,network-node/archive?zooms=8-10"), INTERNAL),
    row("read_tile", ("GET", "/tiles/doorplate/9/416/210"), ANYBODY),
    row("read_tile", ("GET", "/tiles/doorplate,network-node/9/416/210"), INTERNAL),
    row("read_tile", ("GET", "/tiles/population/9/416/210"), INTERNAL),
    row("read_style", ("GET", "/styles/light"), ANYBODY),
    row("read_catalogue", ("GET", "/catalogue"), ANYBODY),
    row("list_divisions", ("GET", "/divisions"), ANYBODY),
    row("list_figures", ("GET", "/figures"), ANYBODY),
    row("read_place", ("GET", "/at?lon=112.8&lat=30.4"), ANYBODY),
    row("search_places", ("GET", "/search?q=N-CORE"), ANYBODY),
    row("read_health", ("GET", "/healthz"), ALL),
    row("read_readiness", ("GET", "/readyz"), ALL),
    row("read_metrics", ("GET", "/metrics"), ANYBODY),
    row("read_session", ("GET", "/session"), ANYBODY),
    sends("create_session", ("POST", "/session"), |_| json!({ "name": "nobody", "password": "wrong" }), [401; 9]),
    row("delete_session", ("DELETE", "/session"), [204; 9]),
    row("begin_sign_on", ("GET", "/session/oidc"), [404; 9]),
    row("end_sign_on", ("GET", "/session/oidc/callback"), [404; 9]),
    row("list_tokens", ("GET", "/tokens"), KNOWN),
    row("list_tokens", ("GET", "/tokens?account=viewer"), [401, 200, 403, 403, 403, 403, 200, 401, 401]),
    sends(
        "create_token",
        ("POST", "/tokens"),
        |_| json!({ "name": "mine", "scopes": ["read"], "days": 1 }),
        done(201, KNOWN),
    ),
    sends(
        "create_token",
        ("POST", "/tokens"),
        |_| json!({ "name": "another's", "scopes": ["read"], "days": 1, "account": "target" }),
        done(201, ADMINISTRATOR),
    ),
    sends(
        "create_view_token",
        ("POST", "/view-tokens"),
        |_| json!({ "layers": ["doorplate"], "minutes": 1 }),
        done(201, KNOWN),
    ),
    row("delete_token", ("DELETE", "/tokens/999999"), done(404, KNOWN)),
    row("read_print", ("GET", "/print?state=12/30.4/112.8"), done(501, ANYBODY)),
    row("list_views", ("GET", "/views"), ANYBODY),
    sends("create_view", ("POST", "/views"), |_| view("mine"), done(201, KNOWN)),
    sends("create_view", ("POST", "/views"), |_| view("public"), [401, 403, 403, 403, 201, 403, 201, 401, 401]),
    row("read_view", ("GET", "/views/k3v9mq2xw7ha"), done(404, ANYBODY)),
    sends("replace_view", ("PUT", "/views/k3v9mq2xw7ha"), |_| view("mine"), MISSING),
    row("delete_view", ("DELETE", "/views/k3v9mq2xw7ha"), MISSING),
    row("read_short_link", ("GET", "/v/k3v9mq2xw7ha"), [303; 9]),
    row("list_users", ("GET", "/users"), ADMINISTRATOR),
    sends(
        "create_user",
        ("POST", "/users"),
        |who| json!({ "name": format!("made-by-{who}"), "grants": [] }),
        done(201, ADMINISTRATOR),
    ),
    row("read_user", ("GET", "/users/target"), ADMINISTRATOR),
    row("read_user", ("GET", "/users/viewer"), [401, 200, 403, 403, 403, 403, 200, 401, 401]),
    sends("update_user", ("PATCH", "/users/target"), |_| json!({ "title": "Target" }), ADMINISTRATOR),
    sends("create_item", ("POST", "/collections/doorplate/items"), plate, done(201, WRITER)),
    sends("replace_item", ("PUT", "/collections/doorplate/items/1"), plate, done(404, KNOWN)),
    sends("update_item", ("PATCH", "/collections/doorplate/items/4290050010010000100000000"), |_| json!({}), WRITER),
    row("delete_item", ("DELETE", "/collections/doorplate/items/999999"), done(404, KNOWN)),
    row("list_versions", ("GET", "/collections/doorplate/items/4290050010010000100000000/versions"), ANYBODY),
    row("list_versions", ("GET", "/collections/network-node/items/N-CORE/versions"), INTERNAL),
    row("list_changes", ("GET", "/changes?after=0"), ANYBODY),
    row("list_changes", ("GET", "/changes?layer=network-node"), INTERNAL),
    row("list_differences", ("GET", "/compare?from=2020-01-01"), ANYBODY),
    row("list_differences", ("GET", "/compare?from=2020-01-01&layer=network-node"), INTERNAL),
    row("read_compared_tile", ("GET", "/compare/tiles/village/8/208/105?from=1969-01-01"), ANYBODY),
    row("read_compared_tile", ("GET", "/compare/tiles/network-node/8/208/105?from=1969-01-01"), INTERNAL),
    row("list_changesets", ("GET", "/changesets"), ANYBODY),
    row("create_changeset", ("POST", "/changesets"), done(415, KNOWN)),
    row("undo_changeset", ("POST", "/changesets/999/undo"), done(404, KNOWN)),
    row("list_imports", ("GET", "/imports"), KNOWN),
    sends("create_import", ("POST", "/imports?layer=doorplate&name=none.csv"), |_| json!({}), UNREADABLE),
    row("read_import", ("GET", NO_IMPORT), MISSING),
    row("delete_import", ("DELETE", NO_IMPORT), MISSING),
    sends(
        "run_import",
        ("POST", "/imports/7f3c2a54-0000-4000-8000-000000000000/run"),
        |_| json!({ "mode": "dry-run" }),
        MISSING,
    ),
    row("cancel_import", ("POST", "/imports/7f3c2a54-0000-4000-8000-000000000000/cancel"), MISSING),
    row("read_import_report", ("GET", "/imports/7f3c2a54-0000-4000-8000-000000000000/report"), MISSING),
    row("list_webhooks", ("GET", "/webhooks"), ADMINISTRATOR),
    sends(
        "create_webhook",
        ("POST", "/webhooks"),
        |_| json!({ "title": "another system", "url": "https://example.org/hook", "paused": true }),
        done(201, ADMINISTRATOR),
    ),
    row("read_webhook", ("GET", "/webhooks/none"), done(404, ADMINISTRATOR)),
    sends("update_webhook", ("PATCH", "/webhooks/none"), |_| json!({ "title": "x" }), done(404, ADMINISTRATOR)),
    row("delete_webhook", ("DELETE", "/webhooks/none"), done(404, ADMINISTRATOR)),
    row("replace_webhook_secret", ("POST", "/webhooks/none/secret"), done(404, ADMINISTRATOR)),
    row("ping_webhook", ("POST", "/webhooks/none/ping"), done(404, ADMINISTRATOR)),
    row("list_undelivered", ("GET", "/webhooks/none/undelivered"), done(404, ADMINISTRATOR)),
    row("redeliver", ("POST", "/webhooks/none/undelivered/1"), done(404, ADMINISTRATOR)),
    row("forget_undelivered", ("DELETE", "/webhooks/none/undelivered/1"), done(404, ADMINISTRATOR)),
    row("list_audit", ("GET", "/audit"), ADMINISTRATOR),
];

#[tokio::test]
async fn every_operation_answers_everybody_as_the_table_says() {
    let server = TestApp::guarded().await;
    server.account("target", Vec::new(), None).await;
    let mut callers: Vec<(&str, Vec<(&str, String)>)> = vec![("nobody", Vec::new())];
    for role in ROLES {
        callers.push((role, vec![("authorization", server.bearer(role, vec![grant(role, None, "429005")]).await)]));
    }
    let shut_out = server.bearer("shut-out", vec![grant("administrator", None, "429005")]).await;
    let mut account = server.app.store.accounts().account(&"shut-out".parse().unwrap()).await.unwrap().unwrap();
    account.disabled = true;
    server.app.store.accounts().update_account(&account).await.unwrap();
    callers.push(("shut out", vec![("authorization", shut_out)]));
    let ended = format!("Bearer {}", server.token("administrator", &Action::ALL, 1).await);
    callers.push(("ended", vec![("authorization", ended)]));
    let mut wrong = Vec::new();
    for row in TABLE {
        let mut got = [0; 9];
        for (who, (_, headers)) in callers.iter().enumerate() {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = row.body.map(|body| body(who));
            let answer = server.send(row.ask.0, row.ask.1, &headers, body.as_ref()).await;
            got[who] = answer.status;
            if answer.status >= 400 {
                assert!(answer.json()["code"].is_string(), "every refusal says why: {}", answer.text());
            }
        }
        if got != row.gets {
            wrong.push(format!("{} {:?}: {got:?}, not {:?}", row.operation, row.ask, row.gets));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_table_knows_every_operation_of_the_api() {
    let server = TestApp::guarded().await;
    let document = server.json("/api").await;
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert(operation["operationId"].as_str().unwrap().to_owned());
            let id = &operation["operationId"];
            let rows: Vec<&Row> = TABLE.iter().filter(|row| row.operation == *id).collect();
            assert!(!rows.is_empty(), "{method} {path} ({id}) is not in the table of rights");
            for row in rows {
                assert_eq!(row.ask.0.to_lowercase(), *method, "{id}");
                for status in row.gets {
                    let told = operation["responses"].get(status.to_string()).is_some();
                    assert!(told, "{id} answers {status}, which the document does not tell");
                }
            }
        }
    }
    assert_eq!(described.len(), TABLE.iter().map(|row| row.operation).collect::<BTreeSet<_>>().len());
}
