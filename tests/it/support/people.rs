//! People of the town: an account for each role, and the ways they show who they are.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use platbook::app::members::{begin_session, create_token};
use platbook::app::password;
use platbook::domain::{AccountName, Action, Grant};
use platbook::store::accounts::Account;

use super::TestApp;

/// The roles of the catalogue.
pub(crate) const ROLES: [&str; 6] = ["viewer", "surveyor", "reviewer", "editor", "connector", "administrator"];

/// The password of everybody who has one.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A grant of a role in some layers (none: all) and a division.
pub(crate) fn grant(role: &str, layers: Option<&[&str]>, division: &str) -> Grant {
    let layers = layers.map(|layers| layers.iter().map(|layer| layer.parse().unwrap()).collect());
    Grant { role: role.parse().unwrap(), layers, division: division.parse().unwrap() }
}

impl TestApp {
    /// Makes an account.
    pub(crate) async fn account(&self, name: &str, grants: Vec<Grant>, password: Option<&str>) -> Account {
        let account = Account {
            name: name.parse().unwrap(),
            title: name.to_owned(),
            department: None,
            password: password.map(|password| password::hash(password).unwrap()),
            subject: None,
            disabled: false,
            grants,
            created: Timestamp::now(),
        };
        assert!(self.app.store.accounts().create_account(&account).await.unwrap(), "{name} is new");
        account
    }

    /// A token of an account with some scopes, made a day ago for some hours.
    pub(crate) async fn token(&self, account: &str, scopes: &[Action], hours: i64) -> String {
        let account: AccountName = account.parse().unwrap();
        let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
        let scopes: BTreeSet<Action> = scopes.iter().copied().collect();
        let lasts = SignedDuration::from_hours(hours);
        create_token(self.app.store.accounts(), &account, "test", scopes, yesterday, lasts).await.unwrap().0
    }

    /// The header of somebody with these grants, by a token for everything.
    pub(crate) async fn bearer(&self, name: &str, grants: Vec<Grant>) -> String {
        self.account(name, grants, None).await;
        format!("Bearer {}", self.token(name, &Action::ALL, 48).await)
    }

    /// The cookie of somebody's session.
    pub(crate) async fn cookie(&self, account: &str) -> String {
        let account: AccountName = account.parse().unwrap();
        let lasts = SignedDuration::from_hours(1);
        let begun = begin_session(self.app.store.accounts(), &account, Timestamp::now(), lasts).await.unwrap();
        format!("__Host-platbook={}", begun.0)
    }
}
