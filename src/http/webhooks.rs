//! Webhooks, for administrators: who is told of changes at which address, and what could not be delivered.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::Body;
use super::caller::Caller;
use super::changes::{layers, not_granted};
use super::extract::{Params, Path};
use super::respond::Answer;
use super::users::record_by;
use super::{AppState, Problem};
use crate::app::told::Wish;
use crate::auth::Target;
use crate::domain::{Action, LayerId, Revision, Wanted};
use crate::store::webhooks::{Progress, Webhook};
use crate::webhooks::{DeliveryError, Unreachable, new_secret};

/// Letters of a title at the most.
const TITLE: usize = 100;

/// Letters of an address at the most.
const URL: usize = 2_000;

/// A webhook to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    title: String,
    url: String,
    #[serde(default)]
    wanted: Wanted,
    #[serde(default)]
    paused: bool,
    /// After which revision it begins; none: after the newest.
    after: Option<Revision>,
}

/// What is to become another; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPatch {
    title: Option<String>,
    url: Option<String>,
    wanted: Option<Wanted>,
    paused: Option<bool>,
    /// After which revision it goes on, once more or beyond what is waiting.
    after: Option<Revision>,
}

/// `GET /webhooks`
pub(super) async fn list_webhooks(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    state.may(&caller, Action::Administer, &Target::Service)?;
    let found = state.app.store.webhooks().webhooks().await?;
    let found: Vec<Value> = found
        .iter()
        .map(|(webhook, undelivered)| {
            let mut body = webhook_json(webhook);
            body["undelivered"] = (*undelivered).into();
            body
        })
        .collect();
    Ok(Answer::json(state.app.revision(), &json!({ "webhooks": found })))
}

/// `POST /webhooks`: makes one and shows its secret. It sees what its maker sees.
pub(super) async fn create_webhook(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Body(new): Body<NewWebhook>,
) -> Result<Response, Problem> {
    state.may(&caller, Action::Administer, &Target::Service)?;
    let account = caller.actor.name.parse().map_err(|_| {
        let (zh, en) =
            ("推送须属于一个账号；请登录或使用令牌。", "A webhook belongs to an account; sign in or use a token.");
        Problem::unauthorized("access.sign_in", zh, en)
    })?;
    let webhook = Webhook {
        id: Uuid::new_v4(),
        title: new.title,
        url: new.url,
        secret: new_secret(),
        account,
        wanted: new.wanted,
        paused: new.paused,
        created: Timestamp::now(),
        progress: Progress::at(begin_after(&state, new.after)?.unwrap_or_else(|| state.app.revision())),
    };
    check(&state, &caller, &webhook)?;
    state.app.store.webhooks().create_webhook(&webhook).await?;
    record_by(&state, &headers, &caller.actor.name, "webhook.created", &webhook.id.to_string()).await?;
    state.courier.look_again();
    let mut body = webhook_json(&webhook);
    body["secret"] = webhook.secret.0.into();
    Ok((StatusCode::CREATED, Answer::json(state.app.revision(), &body)).into_response())
}

/// `GET /webhooks/{id}`
pub(super) async fn read_webhook(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let webhook = find(&state, &caller, &id).await?;
    Ok(Answer::json(state.app.revision(), &webhook_json(&webhook)))
}

/// `PATCH /webhooks/{id}`
pub(super) async fn update_webhook(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Body(patch): Body<WebhookPatch>,
) -> Result<Answer, Problem> {
    let mut webhook = find(&state, &caller, &id).await?;
    let after = begin_after(&state, patch.after)?;
    webhook.title = patch.title.unwrap_or(webhook.title);
    webhook.url = patch.url.unwrap_or(webhook.url);
    webhook.wanted = patch.wanted.unwrap_or(webhook.wanted);
    let goes_on = webhook.paused && patch.paused == Some(false);
    webhook.paused = patch.paused.unwrap_or(webhook.paused);
    check(&state, &caller, &webhook)?;
    // Who lets it go on has mended it: what waits is tried at once.
    let after = after.or_else(|| goes_on.then_some(webhook.progress.told));
    if let Some(after) = after {
        webhook.progress = Progress::at(after);
    }
    state.app.store.webhooks().update_webhook(&webhook, after).await?;
    record_by(&state, &headers, &caller.actor.name, "webhook.changed", &id).await?;
    state.courier.look_again();
    Ok(Answer::json(state.app.revision(), &webhook_json(&webhook)))
}

/// `DELETE /webhooks/{id}`
pub(super) async fn delete_webhook(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let webhook = find(&state, &caller, &id).await?;
    state.app.store.webhooks().remove_webhook(webhook.id).await?;
    record_by(&state, &headers, &caller.actor.name, "webhook.removed", &id).await?;
    state.courier.look_again();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /webhooks/{id}/secret`: another secret, shown this once. What the receiver refuses until it knows it is
/// tried again.
pub(super) async fn replace_secret(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Answer, Problem> {
    let mut webhook = find(&state, &caller, &id).await?;
    webhook.secret = new_secret();
    state.app.store.webhooks().update_webhook(&webhook, None).await?;
    record_by(&state, &headers, &caller.actor.name, "webhook.secret", &id).await?;
    state.courier.look_again();
    let mut body = webhook_json(&webhook);
    body["secret"] = webhook.secret.0.into();
    Ok(Answer::json(state.app.revision(), &body))
}

/// `POST /webhooks/{id}/ping`: sends a message that says nothing, and says whether it arrived.
pub(super) async fn ping_webhook(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let webhook = find(&state, &caller, &id).await?;
    state.courier.ping(&webhook).await.map_err(|error| not_delivered(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /webhooks/{id}/undelivered`: revisions that were given up.
pub(super) async fn list_undelivered(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    let webhook = find(&state, &caller, &id).await?;
    let found = state.app.store.webhooks().undelivered(webhook.id).await?;
    let found: Vec<Value> = found
        .iter()
        .map(|one| json!({ "revision": one.revision, "attempts": one.attempts, "at": one.at, "failure": one.failure }))
        .collect();
    Ok(Answer::json(state.app.revision(), &json!({ "undelivered": found })))
}

/// `POST /webhooks/{id}/undelivered/{revision}`: delivers it now.
pub(super) async fn redeliver(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, revision)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let webhook = find(&state, &caller, &id).await?;
    let revision = given_up(&state, &webhook, &revision).await?;
    state.courier.deliver(&webhook, revision).await.map_err(|error| not_delivered(&error))?;
    state.app.store.webhooks().forget_undelivered(webhook.id, revision).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /webhooks/{id}/undelivered/{revision}`: nobody wants it any more.
pub(super) async fn forget_undelivered(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path((id, revision)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let webhook = find(&state, &caller, &id).await?;
    let revision = given_up(&state, &webhook, &revision).await?;
    state.app.store.webhooks().forget_undelivered(webhook.id, revision).await?;
    record_by(&state, &headers, &caller.actor.name, "webhook.forgot", &format!("{id}/{revision}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A webhook, for those who may look after it.
async fn find(state: &AppState, caller: &Caller, id: &str) -> Result<Webhook, Problem> {
    state.may(caller, Action::Administer, &Target::Service)?;
    let found = match id.parse() {
        Ok(id) => state.app.store.webhooks().webhook(id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| {
        let id: String = id.chars().take(40).collect();
        let (zh, en) = (format!("没有推送 {id}。"), format!("There is no webhook `{id}`."));
        Problem::not_found("webhook.not_found", zh, en)
    })
}

/// A revision that was given up for a webhook.
async fn given_up(state: &AppState, webhook: &Webhook, revision: &str) -> Result<Revision, Problem> {
    let found = state.app.store.webhooks().undelivered(webhook.id).await?;
    found.iter().map(|one| one.revision).find(|given_up| given_up.to_string() == revision).ok_or_else(|| {
        let revision: String = revision.chars().take(20).collect();
        Problem::not_found(
            "webhook.delivered",
            format!("修订 {revision} 不在未送达之列。"),
            format!("Revision `{revision}` is not among those that were not delivered."),
        )
    })
}

fn begin_after(state: &AppState, after: Option<Revision>) -> Result<Option<Revision>, Problem> {
    let newest = state.app.revision();
    if after.is_some_and(|after| after > newest) {
        return Err(Problem::unusable_body(&format!("`after` is at most the newest revision, {newest}")));
    }
    Ok(after)
}

/// Refuses what cannot be a webhook.
fn check(state: &AppState, caller: &Caller, webhook: &Webhook) -> Result<(), Problem> {
    let title = webhook.title.trim();
    if title.is_empty() || title.chars().count() > TITLE {
        return Err(Problem::unusable_body(&format!("`title` has 1 to {TITLE} characters")));
    }
    if webhook.url.len() > URL {
        return Err(Problem::unusable_body(&format!("`url` has at most {URL} bytes")));
    }
    if let Some(wanted) = &webhook.wanted.layers {
        layers(state, caller, wanted.iter().map(LayerId::as_str))?;
    }
    Wish::new(&state.app.catalogue, webhook.wanted.clone()).map_err(|error| not_granted(&error))?;
    state.courier.check_url(&webhook.url).map_err(|error| unreachable(&error))
}

fn unreachable(error: &Unreachable) -> Problem {
    let zh = match error {
        Unreachable::NoUrl => "url 不是带主机名的网址。".to_owned(),
        Unreachable::Scheme(scheme) => {
            format!("不支持 {scheme}；请用 https，或在 webhooks.networks 所列网络内用 http。")
        }
        Unreachable::Credentials => "url 中不能有用户名或密码；推送以签名为凭。".to_owned(),
        Unreachable::Address(address) => {
            format!("{address} 既非公网地址，也不在 webhooks.networks 所列网络内（或须用 https）。")
        }
    };
    let title = ("推送地址不可用", "The address cannot be a webhook's");
    Problem::new(StatusCode::BAD_REQUEST, "webhook.address", title, (zh, format!("`url`: {error}.")))
}

fn not_delivered(error: &DeliveryError) -> Problem {
    let detail = (format!("未送达：{error}"), format!("It was not delivered: {error}."));
    Problem::new(StatusCode::BAD_GATEWAY, "webhook.not_delivered", ("未送达", "Not delivered"), detail)
}

fn webhook_json(webhook: &Webhook) -> Value {
    let mut body = json!({
        "id": webhook.id.to_string(),
        "title": webhook.title,
        "url": webhook.url,
        "account": webhook.account,
        "wanted": webhook.wanted,
        "paused": webhook.paused,
        "created": webhook.created,
        "told": webhook.progress.told,
        "attempts": webhook.progress.attempts,
    });
    if let Some(retry) = webhook.progress.retry {
        body["retry"] = json!(retry);
    }
    if let Some(failure) = &webhook.progress.failure {
        body["failure"] = failure.as_str().into();
    }
    body
}
