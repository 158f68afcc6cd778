//! Tokens: what programs come with. Each is shown once; only its hash is kept.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use super::caller::{Caller, Way};
use super::extract::{Params, Path};
use super::respond::Answer;
use super::users::record_by;
use super::{AppState, Problem};
use crate::app::members;
use crate::auth::{Denied, Target};
use crate::domain::{AccountName, Action};
use crate::store::accounts::Token;

/// The longest a token may last, days.
const LONGEST_DAYS: u16 = 366;

/// A token to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is for, in its owner's words.
    name: String,
    scopes: BTreeSet<Action>,
    days: u16,
    /// For whom it acts; none: for who asks. Another's needs an administrator.
    account: Option<AccountName>,
}

/// `GET /tokens`: one's own; for administrators `account=` those of another.
pub(super) async fn list_tokens(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer, Problem> {
    let other: Option<AccountName> = params.parse("account", ("账号名", "the name of an account"))?;
    params.finish()?;
    let own = own_name(&caller)?;
    let account = owner(&state, &caller, &own, other)?;
    let tokens = state.app.store.accounts().tokens(Some(&account)).await?;
    let tokens: Vec<Value> = tokens.iter().map(token_json).collect();
    Ok(Answer::json(state.app.revision(), &json!({ "tokens": tokens })))
}

/// `POST /tokens`: makes one and shows it. A token makes none that may do more than itself.
pub(super) async fn create_token(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Body(new): Body<NewToken>,
) -> Result<Response, Problem> {
    let own = own_name(&caller)?;
    let account = owner(&state, &caller, &own, new.account)?;
    if let Some(action) = new.scopes.iter().find(|action| !caller.actor.in_scope(**action)) {
        return Err(Denied::TokenLacksScope { action: *action }.into());
    }
    if new.scopes.is_empty() || !(1..=LONGEST_DAYS).contains(&new.days) || new.name.trim().is_empty() {
        let error = format!("a token has a name, at least one scope, and lasts 1 to {LONGEST_DAYS} days");
        return Err(Problem::unusable_body(&error));
    }
    let accounts = state.app.store.accounts();
    if accounts.account(&account).await?.is_none() {
        let (zh, en) = (format!("没有账号 {account}。"), format!("There is no account `{account}`."));
        return Err(Problem::not_found("account.not_found", zh, en));
    }
    let now = Timestamp::now();
    let lasts = SignedDuration::from_hours(24 * i64::from(new.days));
    let lasts = match caller.way {
        // A token makes none that outlives it.
        Way::Token(ref held) => lasts.min(held.expires.duration_since(now)),
        _ => lasts,
    };
    let name: String = new.name.chars().take(100).collect();
    let made = members::create_token(accounts, &account, &name, new.scopes, now, lasts).await?;
    let (shown, token) = made;
    record_by(&state, &headers, &caller.actor.name, "token.created", &format!("{account}/{}", token.id)).await?;
    let mut body = token_json(&token);
    body["token"] = shown.into();
    Ok((StatusCode::CREATED, Answer::json(state.app.revision(), &body)).into_response())
}

/// `DELETE /tokens/{id}`: one's own; any, for administrators; with a token, such as may do no more than it.
pub(super) async fn delete_token(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let own = own_name(&caller)?;
    let any = state.may(&caller, Action::Administer, &Target::Service).is_ok();
    let (accounts, whose) = (state.app.store.accounts(), (!any).then_some(&own));
    let id_of: Option<u64> = id.parse().ok();
    if let (Way::Token(_), Some(id)) = (caller.way, id_of) {
        let tokens = accounts.tokens(whose).await?;
        let scopes = tokens.iter().filter(|token| token.id == id).flat_map(|token| &token.scopes);
        // A token takes away none that may do more than itself.
        if let Some(action) = scopes.copied().find(|action| !caller.actor.in_scope(*action)) {
            return Err(Denied::TokenLacksScope { action }.into());
        }
    }
    let removed = match id_of {
        Some(id) => accounts.remove_token(id, whose).await?,
        None => false,
    };
    if !removed {
        let id: String = id.chars().take(40).collect();
        let (zh, en) = (format!("没有令牌 {id}。"), format!("There is no token `{id}`."));
        return Err(Problem::not_found("token.not_found", zh, en));
    }
    state.door.forget();
    record_by(&state, &headers, &caller.actor.name, "token.removed", &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The account that asks; who did not sign in has no tokens.
fn own_name(caller: &Caller) -> Result<AccountName, Problem> {
    caller.actor.name.parse().map_err(|_| {
        Problem::unauthorized("access.sign_in", "请先登录，或使用令牌。", "To have tokens, sign in first.")
    })
}

fn owner(
    state: &AppState,
    caller: &Caller,
    own: &AccountName,
    other: Option<AccountName>,
) -> Result<AccountName, Problem> {
    let Some(other) = other.filter(|other| other != own) else { return Ok(own.clone()) };
    state.may(caller, Action::Administer, &Target::Service)?;
    Ok(other)
}

fn token_json(token: &Token) -> Value {
    let mut body = json!({
        "id": token.id,
        "account": token.account,
        "name": token.name,
        "scopes": token.scopes,
        "created": token.created,
        "expires": token.expires,
    });
    if let Some(used) = token.used {
        body["used"] = json!(used);
    }
    body
}
