//! Accounts, sessions, tokens and the audit list: beside the log in the same database.
//!
//! A store keeps what it is given; it knows no password and no secret, only what was made of them.

pub(super) mod statements;

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::domain::{AccountName, Action, DivisionCode, Grant, LayerId};

pub(super) use statements::accounts;

/// Somebody, or some program, that may sign in or come with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name to sign in with; it stands in the log beside what the account wrote.
    pub name: AccountName,
    /// The name for people.
    pub title: String,
    /// The password's argon2id hash; none for programs and for those the single sign-on knows.
    pub password: Option<String>,
    /// The department it belongs to: a key of the catalogue's departments.
    pub department: Option<String>,
    /// Who the single sign-on says it is: issuer and subject; none for local accounts.
    pub subject: Option<String>,
    /// Whether it is shut out.
    pub disabled: bool,
    /// What it was granted.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created: Timestamp,
}

/// What is kept of a secret: its SHA-256. Secrets are drawn at random, so nothing slower is needed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretHash(String);

impl SecretHash {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Of a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// Somebody signed in at a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the cookie holds, hashed.
    pub secret: SecretHash,
    /// Whose it is.
    pub account: AccountName,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub used: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// What a program comes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number, given by the store.
    pub id: u64,
    /// The token, hashed.
    pub secret: SecretHash,
    /// For whom it acts.
    pub account: AccountName,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What may be done with it, if the account may.
    pub scopes: BTreeSet<Action>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
}

/// What an embedded or printed map reads with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewToken {
    /// The view token, hashed.
    pub secret: SecretHash,
    /// For whom it reads.
    pub account: AccountName,
    /// The secret of the session or token that made it, hashed: it ends with it.
    pub maker: SecretHash,
    /// The layers that it is for; none: all that its account sees.
    pub layers: Option<BTreeSet<LayerId>>,
    /// The division that it is for.
    pub division: DivisionCode,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
}

/// One line of the audit list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number, given by the store; later entries have larger ones.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who: the name of an account, as it was given.
    pub actor: String,
    /// What: `session.began`, `layer.read`.
    pub action: String,
    /// On what: a layer, an account, a token.
    pub subject: String,
    /// The request that did it.
    pub request: String,
}

/// Accounts and what belongs to them. What is not there is none or false, never an error.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// All accounts by name.
    async fn accounts(&self) -> Result<Vec<Account>, StoreError>;

    /// An account.
    async fn account(&self, name: &AccountName) -> Result<Option<Account>, StoreError>;

    /// The account of a subject of the single sign-on.
    async fn account_of(&self, subject: &str) -> Result<Option<Account>, StoreError>;

    /// Makes an account; false when the name or subject is taken.
    async fn create_account(&self, account: &Account) -> Result<bool, StoreError>;

    /// Replaces all of an account but its name and its time. Its sessions end when it is shut out or its
    /// password becomes another.
    async fn update_account(&self, account: &Account) -> Result<bool, StoreError>;

    /// Begins a session, and forgets those of anybody that had ended by then.
    async fn begin_session(&self, session: &Session) -> Result<(), StoreError>;

    /// A session and its account.
    async fn session(&self, secret: &SecretHash) -> Result<Option<(Session, Account)>, StoreError>;

    /// Notes that a session or token was used.
    async fn note_use(&self, secret: &SecretHash, at: Timestamp) -> Result<(), StoreError>;

    /// Ends a session.
    async fn end_session(&self, secret: &SecretHash) -> Result<bool, StoreError>;

    /// Keeps a token and returns its number; that of `token` is not looked at.
    async fn create_token(&self, token: &Token) -> Result<u64, StoreError>;

    /// A token and its account.
    async fn token(&self, secret: &SecretHash) -> Result<Option<(Token, Account)>, StoreError>;

    /// The tokens of an account, or of all, by number.
    async fn tokens(&self, of: Option<&AccountName>) -> Result<Vec<Token>, StoreError>;

    /// Forgets a token; false when the account (or nobody) has it.
    async fn remove_token(&self, id: u64, of: Option<&AccountName>) -> Result<bool, StoreError>;

    /// Keeps a view token, and forgets those of anybody that had ended by then; false when `most` of its account
    /// hold already.
    async fn create_view_token(&self, token: &ViewToken, most: u32) -> Result<bool, StoreError>;

    /// A view token and its account, while there is what made it.
    async fn view_token(&self, secret: &SecretHash) -> Result<Option<(ViewToken, Account)>, StoreError>;

    /// Ends a view token.
    async fn end_view_token(&self, secret: &SecretHash) -> Result<bool, StoreError>;

    /// Adds to the audit list; the number of `entry` is not looked at.
    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The audit list, newest first: what stands before a number, or all.
    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;
}
