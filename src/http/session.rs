//! Signing in and out, and who one is.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::attempts::Peer;
use super::body::Body;
use super::caller::{Caller, Held, Way};
use super::extract::Params;
use super::respond::Answer;
use super::users::record_by;
use super::{AppState, Problem};
use crate::app::members::{actor_of, begin_session};
use crate::app::password;
use crate::auth::{Target, may};
use crate::domain::{AccountName, Action};
use crate::store::accounts::Account;

/// What one signs in with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

/// `GET /session`: who one is, and what one may do.
pub(super) async fn read_session(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    Ok(Answer::json(state.app.revision(), &told(&state, &caller)))
}

/// `POST /session`: signs in with name and password.
pub(super) async fn create_session(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Problem> {
    state.door.attempts.sign_in(&credentials.name, peer)?;
    let accounts = state.app.store.accounts();
    let account = match credentials.name.parse::<AccountName>() {
        Ok(name) => accounts.account(&name).await?,
        Err(_) => None,
    };
    let hashed = account.as_ref().and_then(|account| account.password.clone());
    // As long for a name that is not there as for one that is.
    let right = state.password_desk.run(move || password::is_right(&credentials.password, hashed.as_deref())).await?;
    let Some(account) = account.filter(|_| right) else {
        let name: String = credentials.name.chars().take(AccountName::MAX_LEN).collect();
        record_by(&state, &headers, &name, "session.refused", "").await?;
        return Err(Problem::unauthorized("session.refused", "账号或密码不正确。", "Name or password is not right."));
    };
    enter(&state, &headers, &account).await
}

/// Begins a session of an account that has proved who it is. Whatever session the browser had ends, so
/// that none can be planted.
pub(super) async fn enter(state: &AppState, headers: &HeaderMap, account: &Account) -> Result<Response, Problem> {
    if account.disabled {
        return Err(Problem::unauthorized(
            "account.disabled",
            "该账号已停用；请联系管理员。",
            "This account is shut out; ask an administrator.",
        ));
    }
    leave(state, headers).await?;
    let lasts = SignedDuration::from_hours(i64::from(state.door.access.session_hours));
    let (secret, session) = begin_session(state.app.store.accounts(), &account.name, Timestamp::now(), lasts).await?;
    record_by(state, headers, account.name.as_str(), "session.began", "").await?;
    let held = Held { secret: session.secret, expires: session.expires };
    let caller = Caller::new(actor_of(account), &state.app.catalogue, Way::Session(held));
    let jar = CookieJar::new().add(state.door.cookie(state.door.cookie_name(), secret));
    let unkept = [(header::CACHE_CONTROL, "no-store")];
    Ok((jar, unkept, Answer::json(state.app.revision(), &told(state, &caller))).into_response())
}

/// `DELETE /session`: signs out. Nothing to end is no error.
pub(super) async fn delete_session(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    leave(&state, &headers).await?;
    Ok((StatusCode::NO_CONTENT, state.door.taken_back()).into_response())
}

async fn leave(state: &AppState, headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(secret) = state.door.session_of(headers) {
        state.app.store.accounts().end_session(&secret).await?;
        state.door.forget();
    }
    Ok(())
}

/// Who somebody is and what they may do, for programs that draw buttons by it.
fn told(state: &AppState, caller: &Caller) -> Value {
    let actor = &caller.actor;
    let (by, expires) = match &caller.way {
        Way::Nobody => (None, None),
        Way::Session(held) => (Some("session"), Some(held.expires)),
        Way::Token(held) => (Some("token"), Some(held.expires)),
        Way::ViewToken(held) => (Some("view-token"), Some(held.expires)),
    };
    let roles: Vec<Value> = state
        .app
        .catalogue
        .roles
        .iter()
        .map(|(id, role)| json!({ "id": id, "title": role.title, "may": role.may }))
        .collect();
    let mut body = json!({
        "signed_in": !actor.is_anonymous,
        "name": actor.name,
        "grants": actor.grants,
        "may": { "service": of_service(state, caller), "layers": in_layers(state, caller) },
        "roles": roles,
        "single_sign_on": state.door.access.oidc.is_some(),
    });
    if let (Some(by), Some(expires)) = (by, expires) {
        body["by"] = by.into();
        body["expires"] = json!(expires);
    }
    if let Some(department) = &actor.department {
        body["department"] = department.as_str().into();
    }
    if let Some(within) = &actor.within {
        body["within"] = json!({ "layers": within.layers, "division": within.division });
    }
    if let Some(scopes) = &actor.scopes {
        body["scopes"] = json!(scopes);
    }
    body
}

fn of_service(state: &AppState, caller: &Caller) -> Vec<Action> {
    let able = |action: &Action| state.may(caller, *action, &Target::Service).is_ok();
    [Action::Publish, Action::Audit, Action::Administer].into_iter().filter(able).collect()
}

/// For each layer that is seen, what may be done somewhere in it.
fn in_layers(state: &AppState, caller: &Caller) -> Map<String, Value> {
    let within = caller.actor.within.as_ref().map(|within| within.division);
    let divisions = || caller.actor.grants.iter().map(|grant| Some(grant.division)).chain([None, within]);
    let roles = &state.app.catalogue.roles;
    state
        .visible_layers(caller)
        .map(|(_, layer)| {
            let somewhere = |action: &Action| {
                divisions().any(|code| may(roles, &caller.actor, *action, &Target::feature(layer, code)).is_ok())
            };
            let able: Vec<Action> = Action::IN_LAYERS.into_iter().filter(somewhere).collect();
            (layer.id.to_string(), json!(able))
        })
        .collect()
}
