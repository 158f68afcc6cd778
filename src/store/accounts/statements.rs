//! The statements about accounts, the same for both databases: `accounts!(Name, pool)` defines the
//! accounts of one.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{Account, AuditEntry, SecretHash, Session, Token, ViewToken};
use crate::store::rows::{Fault, natural};

/// `name, title, department, password, subject, disabled, grants, created`
pub(in crate::store) type AccountRow =
    (String, String, Option<String>, Option<String>, Option<String>, i64, String, i64);

/// `secret, account, created, used, expires`
pub(in crate::store) type SessionRow = (String, String, i64, i64, i64);

/// `id, secret, account, name, scopes, created, expires, used`
pub(in crate::store) type TokenRow = (i64, String, String, String, String, i64, i64, Option<i64>);

/// `secret, account, maker, layers, division, created, expires`
pub(in crate::store) type ViewTokenRow = (String, String, String, Option<String>, String, i64, i64);

/// `id, at, actor, action, subject, request`
pub(in crate::store) type AuditRow = (i64, i64, String, String, String, String);

fn broken(place: &str, detail: &dyn std::fmt::Display) -> Fault {
    Fault::Content(format!("{place}: {detail}"))
}

fn time(ms: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(ms).map_err(|error| broken("a time", &error))
}

fn list<T: DeserializeOwned>(place: &str, json: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|error| broken(place, &error))
}

fn account_name(name: &str) -> Result<crate::domain::AccountName, Fault> {
    name.parse().map_err(|error| broken("an account", &error))
}

pub(in crate::store) fn account(row: AccountRow) -> Result<Account, Fault> {
    let (name, title, department, password, subject, disabled, grants, created) = row;
    Ok(Account {
        grants: list(&format!("the grants of {name}"), &grants)?,
        name: account_name(&name)?,
        title,
        department,
        password,
        subject,
        disabled: disabled != 0,
        created: time(created)?,
    })
}

pub(in crate::store) fn session(row: SessionRow) -> Result<Session, Fault> {
    let (secret, account, created, used, expires) = row;
    Ok(Session {
        secret: SecretHash(secret),
        account: account_name(&account)?,
        created: time(created)?,
        used: time(used)?,
        expires: time(expires)?,
    })
}

pub(in crate::store) fn token(row: TokenRow) -> Result<Token, Fault> {
    let (id, secret, account, name, scopes, created, expires, used) = row;
    Ok(Token {
        id: natural(id)?,
        secret: SecretHash(secret),
        account: account_name(&account)?,
        name,
        scopes: list("the scopes of a token", &scopes)?,
        created: time(created)?,
        expires: time(expires)?,
        used: used.map(time).transpose()?,
    })
}

pub(in crate::store) fn view_token(row: ViewTokenRow) -> Result<ViewToken, Fault> {
    let (secret, account, maker, layers, division, created, expires) = row;
    Ok(ViewToken {
        secret: SecretHash(secret),
        account: account_name(&account)?,
        maker: SecretHash(maker),
        layers: layers.map(|layers| list("the layers of a view token", &layers)).transpose()?,
        division: division.parse().map_err(|error| broken("the division of a view token", &error))?,
        created: time(created)?,
        expires: time(expires)?,
    })
}

pub(in crate::store) fn audit_entry(row: AuditRow) -> Result<AuditEntry, Fault> {
    let (id, at, actor, action, subject, request) = row;
    Ok(AuditEntry { id: natural(id)?, at: time(at)?, actor, action, subject, request })
}

/// Defines the accounts of a database whose pools are of one type: one pool to read, one to write.
macro_rules! accounts {
    ($name:ident, $pool:ty) => {
        use jiff::Timestamp;

        use crate::domain::AccountName;
        use crate::store::StoreError;
        use crate::store::accounts::statements::{
            self as rows, AccountRow, AuditRow, SessionRow, TokenRow, ViewTokenRow,
        };
        use crate::store::accounts::{Account, Accounts, AuditEntry, SecretHash, Session, Token, ViewToken};
        use crate::store::failure::Place;
        use crate::store::rows::Fault;

        /// Accounts in this database.
        #[derive(Debug)]
        pub(super) struct $name {
            /// Where it is read.
            pub(super) reads: $pool,
            /// Where it is written.
            pub(super) writes: $pool,
            /// For errors.
            pub(super) place: Place,
        }

        impl $name {
            fn fault<F: Into<Fault>>(&self) -> impl Fn(F) -> StoreError + '_ {
                |fault| self.place.error("asking for accounts", fault)
            }

            async fn account_by(&self, sql: &'static str, value: &str) -> Result<Option<Account>, StoreError> {
                let row: Option<AccountRow> = sqlx::query_as(sql)
                    .bind(value.to_owned())
                    .fetch_optional(&self.reads)
                    .await
                    .map_err(self.fault())?;
                row.map(rows::account).transpose().map_err(self.fault())
            }

            /// The account of a session or token; a foreign key holds that it is there.
            async fn owner(&self, name: &AccountName) -> Result<Account, StoreError> {
                let owner = self.account(name).await?;
                owner.ok_or_else(|| self.place.damaged(&format!("the account {name} is missing")))
            }
        }

        #[async_trait::async_trait]
        impl Accounts for $name {
            async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
                let sql = "SELECT name, title, department, password, subject, disabled, grants, created FROM account ORDER BY name";
                let found: Vec<AccountRow> = sqlx::query_as(sql).fetch_all(&self.reads).await.map_err(self.fault())?;
                found.into_iter().map(rows::account).collect::<Result<_, _>>().map_err(self.fault())
            }

            async fn account(&self, name: &AccountName) -> Result<Option<Account>, StoreError> {
                let sql =
                    "SELECT name, title, department, password, subject, disabled, grants, created FROM account WHERE name = $1";
                self.account_by(sql, name.as_str()).await
            }

            async fn account_of(&self, subject: &str) -> Result<Option<Account>, StoreError> {
                let sql =
                    "SELECT name, title, department, password, subject, disabled, grants, created FROM account WHERE subject = $1";
                self.account_by(sql, subject).await
            }

            async fn create_account(&self, account: &Account) -> Result<bool, StoreError> {
                let grants = serde_json::to_string(&account.grants).map_err(self.fault())?;
                let sql = "INSERT INTO account (name, title, department, password, subject, disabled, grants, created) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
                let done = sqlx::query(sql)
                    .bind(account.name.to_string())
                    .bind(account.title.clone())
                    .bind(account.department.clone())
                    .bind(account.password.clone())
                    .bind(account.subject.clone())
                    .bind(i64::from(account.disabled))
                    .bind(grants)
                    .bind(account.created.as_millisecond())
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn update_account(&self, account: &Account) -> Result<bool, StoreError> {
                let grants = serde_json::to_string(&account.grants).map_err(self.fault())?;
                let name = account.name.to_string();
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                let sql = "DELETE FROM session WHERE account = $1 AND EXISTS (SELECT 1 FROM account \
                           WHERE name = $1 AND ($2 = 1 OR COALESCE(password, '') <> COALESCE($3, '')))";
                sqlx::query(sql)
                    .bind(name.clone())
                    .bind(i64::from(account.disabled))
                    .bind(account.password.clone())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                let sql = "UPDATE account SET title = $2, department = $3, password = $4, subject = $5, disabled = $6, \
                           grants = $7 WHERE name = $1";
                let done = sqlx::query(sql)
                    .bind(name)
                    .bind(account.title.clone())
                    .bind(account.department.clone())
                    .bind(account.password.clone())
                    .bind(account.subject.clone())
                    .bind(i64::from(account.disabled))
                    .bind(grants)
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                on.commit().await.map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn begin_session(&self, session: &Session) -> Result<(), StoreError> {
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                sqlx::query("DELETE FROM session WHERE expires < $1")
                    .bind(session.created.as_millisecond())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                sqlx::query(
                    "INSERT INTO session (secret, account, created, used, expires) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(session.secret.as_str().to_owned())
                .bind(session.account.to_string())
                .bind(session.created.as_millisecond())
                .bind(session.used.as_millisecond())
                .bind(session.expires.as_millisecond())
                .execute(&mut *on)
                .await
                .map_err(self.fault())?;
                on.commit().await.map_err(self.fault())
            }

            async fn session(&self, secret: &SecretHash) -> Result<Option<(Session, Account)>, StoreError> {
                let sql = "SELECT secret, account, created, used, expires FROM session WHERE secret = $1";
                let found: Option<SessionRow> = sqlx::query_as(sql)
                    .bind(secret.as_str().to_owned())
                    .fetch_optional(&self.reads)
                    .await
                    .map_err(self.fault())?;
                let Some(session) = found.map(rows::session).transpose().map_err(self.fault())? else {
                    return Ok(None);
                };
                let owner = self.owner(&session.account).await?;
                Ok(Some((session, owner)))
            }

            async fn note_use(&self, secret: &SecretHash, at: Timestamp) -> Result<(), StoreError> {
                for sql in
                    ["UPDATE session SET used = $2 WHERE secret = $1", "UPDATE token SET used = $2 WHERE secret = $1"]
                {
                    sqlx::query(sql)
                        .bind(secret.as_str().to_owned())
                        .bind(at.as_millisecond())
                        .execute(&self.writes)
                        .await
                        .map_err(self.fault())?;
                }
                Ok(())
            }

            async fn end_session(&self, secret: &SecretHash) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM session WHERE secret = $1")
                    .bind(secret.as_str().to_owned())
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn create_token(&self, token: &Token) -> Result<u64, StoreError> {
                let scopes = serde_json::to_string(&token.scopes).map_err(self.fault())?;
                let sql = "INSERT INTO token (secret, account, name, scopes, created, expires) \
                           VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
                let id: i64 = sqlx::query_scalar(sql)
                    .bind(token.secret.as_str().to_owned())
                    .bind(token.account.to_string())
                    .bind(token.name.clone())
                    .bind(scopes)
                    .bind(token.created.as_millisecond())
                    .bind(token.expires.as_millisecond())
                    .fetch_one(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(id as u64)
            }

            async fn token(&self, secret: &SecretHash) -> Result<Option<(Token, Account)>, StoreError> {
                let sql =
                    "SELECT id, secret, account, name, scopes, created, expires, used FROM token WHERE secret = $1";
                let found: Option<TokenRow> = sqlx::query_as(sql)
                    .bind(secret.as_str().to_owned())
                    .fetch_optional(&self.reads)
                    .await
                    .map_err(self.fault())?;
                let Some(token) = found.map(rows::token).transpose().map_err(self.fault())? else { return Ok(None) };
                let owner = self.owner(&token.account).await?;
                Ok(Some((token, owner)))
            }

            async fn tokens(&self, of: Option<&AccountName>) -> Result<Vec<Token>, StoreError> {
                let sql = "SELECT id, secret, account, name, scopes, created, expires, used FROM token \
                           WHERE $1 = '' OR account = $1 ORDER BY id";
                let of = of.map(ToString::to_string).unwrap_or_default();
                let found: Vec<TokenRow> =
                    sqlx::query_as(sql).bind(of).fetch_all(&self.reads).await.map_err(self.fault())?;
                found.into_iter().map(rows::token).collect::<Result<_, _>>().map_err(self.fault())
            }

            async fn remove_token(&self, id: u64, of: Option<&AccountName>) -> Result<bool, StoreError> {
                let of = of.map(ToString::to_string).unwrap_or_default();
                let done = sqlx::query("DELETE FROM token WHERE id = $1 AND ($2 = '' OR account = $2)")
                    .bind(id as i64)
                    .bind(of)
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn create_view_token(&self, token: &ViewToken, most: u32) -> Result<bool, StoreError> {
                let layers = token.layers.as_ref().map(serde_json::to_string).transpose().map_err(self.fault())?;
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                sqlx::query("DELETE FROM view_token WHERE expires < $1")
                    .bind(token.created.as_millisecond())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                let sql = "INSERT INTO view_token (secret, account, maker, layers, division, created, expires) \
                           SELECT $1, $2, $3, $4, $5, $6, $7 \
                           WHERE (SELECT count(*) FROM view_token WHERE account = $2) < $8";
                let done = sqlx::query(sql)
                    .bind(token.secret.as_str().to_owned())
                    .bind(token.account.to_string())
                    .bind(token.maker.as_str().to_owned())
                    .bind(layers)
                    .bind(token.division.to_string())
                    .bind(token.created.as_millisecond())
                    .bind(token.expires.as_millisecond())
                    .bind(i64::from(most))
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                on.commit().await.map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn view_token(&self, secret: &SecretHash) -> Result<Option<(ViewToken, Account)>, StoreError> {
                let sql = "SELECT secret, account, maker, layers, division, created, expires FROM view_token \
                           WHERE secret = $1 AND (EXISTS (SELECT 1 FROM session WHERE secret = view_token.maker) \
                           OR EXISTS (SELECT 1 FROM token WHERE secret = view_token.maker))";
                let found: Option<ViewTokenRow> = sqlx::query_as(sql)
                    .bind(secret.as_str().to_owned())
                    .fetch_optional(&self.reads)
                    .await
                    .map_err(self.fault())?;
                let Some(token) = found.map(rows::view_token).transpose().map_err(self.fault())? else {
                    return Ok(None);
                };
                let owner = self.owner(&token.account).await?;
                Ok(Some((token, owner)))
            }

            async fn end_view_token(&self, secret: &SecretHash) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM view_token WHERE secret = $1")
                    .bind(secret.as_str().to_owned())
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
                let sql = "INSERT INTO audit (at, actor, action, subject, request) VALUES ($1, $2, $3, $4, $5)";
                sqlx::query(sql)
                    .bind(entry.at.as_millisecond())
                    .bind(entry.actor.clone())
                    .bind(entry.action.clone())
                    .bind(entry.subject.clone())
                    .bind(entry.request.clone())
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(())
            }

            async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
                let sql = "SELECT id, at, actor, action, subject, request FROM audit \
                           WHERE id < $1 ORDER BY id DESC LIMIT $2";
                let found: Vec<AuditRow> = sqlx::query_as(sql)
                    .bind(before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX))
                    .bind(limit as i64)
                    .fetch_all(&self.reads)
                    .await
                    .map_err(self.fault())?;
                found.into_iter().map(rows::audit_entry).collect::<Result<_, _>>().map_err(self.fault())
            }
        }
    };
}

pub(in crate::store) use accounts;
