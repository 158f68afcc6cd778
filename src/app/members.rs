//! Accounts as the program uses them: made, changed, given sessions and tokens. Secrets are drawn here.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;

use crate::auth::{Actor, Target, may};
use crate::catalog::Roles;
use crate::domain::{AccountName, Action, ViewId};
use crate::store::StoreError;
use crate::store::accounts::{Account, Accounts, AuditEntry, SecretHash, Session, Token, ViewToken};

/// How a token begins, so that one found in a file or a log is known for what it is.
pub const TOKEN_PREFIX: &str = "pbk_";

/// A secret of 256 bits, as hexadecimal digits.
fn draw_secret() -> String {
    rand::rng().random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The id of a saved view to be.
pub fn draw_view_id() -> ViewId {
    ViewId::of_drawn(rand::rng().random())
}

/// The account as one who asks.
pub fn actor_of(account: &Account) -> Actor {
    Actor::account(account.name.as_str(), account.grants.clone()).of_department(account.department.clone())
}

/// Begins a session and returns the secret that the browser keeps.
pub async fn begin_session(
    accounts: &dyn Accounts,
    account: &AccountName,
    now: Timestamp,
    lasts: SignedDuration,
) -> Result<(String, Session), StoreError> {
    let secret = draw_secret();
    let session = Session {
        secret: SecretHash::of(&secret),
        account: account.clone(),
        created: now,
        used: now,
        expires: now + lasts,
    };
    accounts.begin_session(&session).await?;
    Ok((secret, session))
}

/// Makes a token and returns it as it is shown, this once.
pub async fn create_token(
    accounts: &dyn Accounts,
    account: &AccountName,
    name: &str,
    scopes: BTreeSet<Action>,
    now: Timestamp,
    lasts: SignedDuration,
) -> Result<(String, Token), StoreError> {
    let shown = format!("{TOKEN_PREFIX}{}", draw_secret());
    let mut token = Token {
        id: 0,
        secret: SecretHash::of(&shown),
        account: account.clone(),
        name: name.to_owned(),
        scopes,
        created: now,
        expires: now + lasts,
        used: None,
    };
    token.id = accounts.create_token(&token).await?;
    Ok((shown, token))
}

/// How a view token begins.
pub const VIEW_TOKEN_PREFIX: &str = "pbv_";

/// Keeps a view token under a secret of its own, and returns it as it is shown, this once; none when `most` of its
/// account hold already.
pub async fn create_view_token(
    accounts: &dyn Accounts,
    token: ViewToken,
    most: u32,
) -> Result<Option<(String, ViewToken)>, StoreError> {
    let shown = format!("{VIEW_TOKEN_PREFIX}{}", draw_secret());
    let token = ViewToken { secret: SecretHash::of(&shown), ..token };
    Ok(accounts.create_view_token(&token, most).await?.then_some((shown, token)))
}

/// Whether nobody could give accounts any more if an account became another than it was.
pub async fn takes_the_last_administrator(
    accounts: &dyn Accounts,
    roles: &Roles,
    before: &Account,
    after: &Account,
) -> Result<bool, StoreError> {
    let administers = |account: &Account| {
        !account.disabled && may(roles, &actor_of(account), Action::Administer, &Target::Service).is_ok()
    };
    if !administers(before) || administers(after) {
        return Ok(false);
    }
    let others = accounts.accounts().await?;
    Ok(!others.iter().any(|other| other.name != after.name && administers(other)))
}

/// Adds to the audit list.
pub async fn record(
    accounts: &dyn Accounts,
    actor: &str,
    action: &str,
    subject: &str,
    request: &str,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        id: 0,
        at: Timestamp::now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        request: request.to_owned(),
    };
    accounts.record(&entry).await
}
