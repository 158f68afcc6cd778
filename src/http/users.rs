//! Accounts, for administrators; and for everybody their own password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::attempts::Peer;
use super::body::Body;
use super::caller::Caller;
use super::extract::{Params, Path};
use super::problem::REQUEST_ID;
use super::respond::Answer;
use super::{AppState, Problem};
use crate::app::members::{record, takes_the_last_administrator};
use crate::app::password::{self, PasswordError};
use crate::auth::{Target, check_department, check_grant};
use crate::domain::{AccountName, Action, Grant};
use crate::store::accounts::Account;

/// An account to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccount {
    name: AccountName,
    #[serde(default)]
    title: String,
    /// A key of the catalogue's departments.
    department: Option<String>,
    password: Option<String>,
    grants: Vec<Grant>,
}

/// What is to become another; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountPatch {
    title: Option<String>,
    /// A key of the catalogue's departments; null: none.
    #[serde(default, deserialize_with = "named")]
    #[expect(clippy::option_option, reason = "not named, null and named are three things")]
    department: Option<Option<String>>,
    password: Option<String>,
    /// The password as it is, from those who change their own.
    current_password: Option<String>,
    disabled: Option<bool>,
    grants: Option<Vec<Grant>>,
}

impl AccountPatch {
    fn is_password_only(&self) -> bool {
        let others_stay = self.title.is_none() && self.disabled.is_none() && self.grants.is_none();
        self.password.is_some() && others_stay && self.department.is_none()
    }
}

/// Tells a member that is named as null from one that is not named.
#[expect(clippy::option_option, reason = "not named, null and named are three things")]
fn named<'de, D: serde::Deserializer<'de>>(member: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(member).map(Some)
}

/// `GET /users`
pub(super) async fn list_users(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    state.may(&caller, Action::Administer, &Target::Service)?;
    let accounts = state.app.store.accounts().accounts().await?;
    let users: Vec<Value> = accounts.iter().map(account_json).collect();
    Ok(Answer::json(state.app.revision(), &json!({ "users": users })))
}

/// `POST /users`: makes an account.
pub(super) async fn create_user(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Body(new): Body<NewAccount>,
) -> Result<Response, Problem> {
    state.may(&caller, Action::Administer, &Target::Service)?;
    new.grants.iter().try_for_each(|grant| check_grant(&state.app.catalogue, grant))?;
    new.department.iter().try_for_each(|department| check_department(&state.app.catalogue, department))?;
    let password = hashed(&state, new.password).await?;
    let account = Account {
        name: new.name,
        title: new.title,
        department: new.department,
        password,
        subject: None,
        disabled: false,
        grants: new.grants,
        created: Timestamp::now(),
    };
    if !state.app.store.accounts().create_account(&account).await? {
        return Err(Problem::conflict(
            "account.exists",
            format!("账号 {} 已存在。", account.name),
            format!("There is an account `{}` already.", account.name),
        ));
    }
    record_by(&state, &headers, &caller.actor.name, "account.created", account.name.as_str()).await?;
    let answer = Answer::json(state.app.revision(), &account_json(&account));
    Ok((StatusCode::CREATED, answer).into_response())
}

/// `GET /users/{name}`
pub(super) async fn read_user(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    params: Params,
) -> Result<Answer, Problem> {
    params.finish()?;
    if caller.actor.is_anonymous || caller.actor.name != name {
        state.may(&caller, Action::Administer, &Target::Service)?;
    }
    let account = find(&state, &name).await?;
    Ok(Answer::json(state.app.revision(), &account_json(&account)))
}

/// `PATCH /users/{name}`: changes an account; one's own password with the one that holds.
pub(super) async fn update_user(
    State(state): State<AppState>,
    caller: Caller,
    peer: Peer,
    headers: HeaderMap,
    Path(name): Path<String>,
    Body(patch): Body<AccountPatch>,
) -> Result<Answer, Problem> {
    let is_own = !caller.actor.is_anonymous && caller.actor.name == name && caller.actor.scopes.is_none();
    if !(is_own && patch.is_password_only()) {
        state.may(&caller, Action::Administer, &Target::Service)?;
    }
    if is_own && patch.password.is_some() {
        state.door.attempts.sign_in(&name, peer)?;
        prove(&state, &find(&state, &name).await?, patch.current_password.clone()).await?;
    }
    let password = hashed(&state, patch.password).await?;
    // From here on nothing takes long, and nobody else changes an account.
    let _turn = state.account_turn.lock().await;
    let before = find(&state, &name).await?;
    let mut account = before.clone();
    let grants = patch.grants.unwrap_or(account.grants);
    grants.iter().try_for_each(|grant| check_grant(&state.app.catalogue, grant))?;
    account.grants = grants;
    let named = patch.department.iter().flatten();
    named.into_iter().try_for_each(|department| check_department(&state.app.catalogue, department))?;
    account.department = patch.department.unwrap_or(account.department);
    account.title = patch.title.unwrap_or(account.title);
    account.disabled = patch.disabled.unwrap_or(account.disabled);
    account.password = password.or(account.password);
    let accounts = state.app.store.accounts();
    if takes_the_last_administrator(accounts, &state.app.catalogue.roles, &before, &account).await? {
        return Err(Problem::conflict(
            "account.last_administrator",
            "这是最后一个管理员；请先授权另一个。",
            "This is the last administrator; grant the role to another first.",
        ));
    }
    accounts.update_account(&account).await?;
    state.door.forget();
    record_by(&state, &headers, &caller.actor.name, "account.changed", account.name.as_str()).await?;
    Ok(Answer::json(state.app.revision(), &account_json(&account)))
}

async fn find(state: &AppState, name: &str) -> Result<Account, Problem> {
    let account = match name.parse::<AccountName>() {
        Ok(name) => state.app.store.accounts().account(&name).await?,
        Err(_) => None,
    };
    account.ok_or_else(|| {
        let name: String = name.chars().take(AccountName::MAX_LEN).collect();
        let (zh, en) = (format!("没有账号 {name}。"), format!("There is no account `{name}`."));
        Problem::not_found("account.not_found", zh, en)
    })
}

/// Refuses who does not know the password that holds.
async fn prove(state: &AppState, account: &Account, current: Option<String>) -> Result<(), Problem> {
    let held = account.password.clone();
    let known =
        state.password_desk.run(move || password::is_right(&current.unwrap_or_default(), held.as_deref())).await?;
    if known {
        return Ok(());
    }
    let detail =
        ("current_password 不是现有密码。".to_owned(), "`current_password` is not the password that holds.".to_owned());
    Err(Problem::new(StatusCode::FORBIDDEN, "password.wrong", ("密码不正确", "The password is not right"), detail))
}

async fn hashed(state: &AppState, password: Option<String>) -> Result<Option<String>, Problem> {
    let Some(password) = password else { return Ok(None) };
    match state.password_desk.run(move || password::hash(&password)).await? {
        Ok(hashed) => Ok(Some(hashed)),
        Err(error @ PasswordError::Length) => Err(Problem::unusable_body(&error.to_string())),
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn account_json(account: &Account) -> Value {
    json!({
        "name": account.name,
        "title": account.title,
        "department": account.department,
        "disabled": account.disabled,
        "grants": account.grants,
        "has_password": account.password.is_some(),
        "single_sign_on": account.subject.is_some(),
        "created": account.created,
    })
}

/// Adds to the audit list what a request did.
pub(super) async fn record_by(
    state: &AppState,
    headers: &HeaderMap,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<(), Problem> {
    let id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    Ok(record(state.app.store.accounts(), actor, action, subject, id).await?)
}
