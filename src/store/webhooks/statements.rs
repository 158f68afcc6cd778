//! The statements about webhooks, the same for both databases: `webhooks!(Name, pool)` defines the
//! webhooks of one.

use jiff::Timestamp;

use super::{Progress, SigningSecret, Undelivered, Webhook};
use crate::domain::Revision;
use crate::store::rows::{Fault, natural};

/// `id, title, url, secret, account, wanted, paused, created, told, attempts, retry, failure`, and how many
/// revisions were not delivered
pub(in crate::store) type WebhookRow =
    (String, String, String, String, String, String, i64, i64, i64, i64, Option<i64>, Option<String>, i64);

/// `revision, attempts, at, failure`
pub(in crate::store) type UndeliveredRow = (i64, i64, i64, String);

fn broken(place: &str, detail: &dyn std::fmt::Display) -> Fault {
    Fault::Content(format!("{place}: {detail}"))
}

fn time(ms: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(ms).map_err(|error| broken("a time", &error))
}

fn count(number: i64) -> Result<u32, Fault> {
    u32::try_from(number).map_err(|error| broken("a number of attempts", &error))
}

pub(in crate::store) fn webhook(row: WebhookRow) -> Result<(Webhook, u64), Fault> {
    let (id, title, url, secret, account, wanted, paused, created, told, attempts, retry, failure, undelivered) = row;
    let place = format!("the webhook {id}");
    let webhook = Webhook {
        id: id.parse().map_err(|error| broken(&place, &error))?,
        title,
        url,
        secret: SigningSecret(secret),
        account: account.parse().map_err(|error| broken(&place, &error))?,
        wanted: serde_json::from_str(&wanted).map_err(|error| broken(&place, &error))?,
        paused: paused != 0,
        created: time(created)?,
        progress: Progress {
            told: Revision(natural(told)?),
            attempts: count(attempts)?,
            retry: retry.map(time).transpose()?,
            failure,
        },
    };
    Ok((webhook, natural(undelivered)?))
}

pub(in crate::store) fn undelivered((revision, attempts, at, failure): UndeliveredRow) -> Result<Undelivered, Fault> {
    Ok(Undelivered { revision: Revision(natural(revision)?), attempts: count(attempts)?, at: time(at)?, failure })
}

/// Defines the webhooks of a database whose pools are of one type: one pool to read, one to write.
macro_rules! webhooks {
    ($name:ident, $pool:ty) => {
        use jiff::Timestamp;
        use uuid::Uuid;

        use crate::domain::Revision;
        use crate::store::StoreError;
        use crate::store::failure::Place;
        use crate::store::rows::Fault;
        use crate::store::webhooks::statements::{self as rows, UndeliveredRow, WebhookRow};
        use crate::store::webhooks::{Progress, Turn, Undelivered, Webhook, Webhooks};

        /// Webhooks in this database.
        #[derive(Debug)]
        pub(super) struct $name {
            /// Where they are read.
            pub(super) reads: $pool,
            /// Where they are written.
            pub(super) writes: $pool,
            /// For errors.
            pub(super) place: Place,
        }

        impl $name {
            fn fault<F: Into<Fault>>(&self) -> impl Fn(F) -> StoreError + '_ {
                |fault| self.place.error("asking for webhooks", fault)
            }

            /// One by its number, or all.
            async fn found(&self, id: &str) -> Result<Vec<(Webhook, u64)>, StoreError> {
                let sql = "SELECT id, title, url, secret, account, wanted, paused, created, told, attempts, retry, \
                           failure, (SELECT count(*) FROM undelivered WHERE webhook = webhook.id) \
                           FROM webhook WHERE $1 = '' OR id = $1 ORDER BY created, id";
                let found: Vec<WebhookRow> =
                    sqlx::query_as(sql).bind(id.to_owned()).fetch_all(&self.reads).await.map_err(self.fault())?;
                found.into_iter().map(rows::webhook).collect::<Result<_, _>>().map_err(self.fault())
            }
        }

        #[async_trait::async_trait]
        impl Webhooks for $name {
            async fn webhooks(&self) -> Result<Vec<(Webhook, u64)>, StoreError> {
                self.found("").await
            }

            async fn webhook(&self, id: Uuid) -> Result<Option<Webhook>, StoreError> {
                Ok(self.found(&id.to_string()).await?.pop().map(|(webhook, _)| webhook))
            }

            async fn create_webhook(&self, webhook: &Webhook) -> Result<(), StoreError> {
                let sql = "INSERT INTO webhook (id, title, url, secret, account, wanted, paused, created, told) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
                sqlx::query(sql)
                    .bind(webhook.id.to_string())
                    .bind(webhook.title.clone())
                    .bind(webhook.url.clone())
                    .bind(webhook.secret.0.clone())
                    .bind(webhook.account.to_string())
                    .bind(serde_json::to_string(&webhook.wanted).map_err(self.fault())?)
                    .bind(i64::from(webhook.paused))
                    .bind(webhook.created.as_millisecond())
                    .bind(webhook.progress.told.0 as i64)
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(())
            }

            async fn update_webhook(&self, webhook: &Webhook, after: Option<Revision>) -> Result<bool, StoreError> {
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                let sql =
                    "UPDATE webhook SET title = $2, url = $3, secret = $4, wanted = $5, paused = $6 WHERE id = $1";
                let done = sqlx::query(sql)
                    .bind(webhook.id.to_string())
                    .bind(webhook.title.clone())
                    .bind(webhook.url.clone())
                    .bind(webhook.secret.0.clone())
                    .bind(serde_json::to_string(&webhook.wanted).map_err(self.fault())?)
                    .bind(i64::from(webhook.paused))
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                if let Some(after) = after {
                    let sql = "UPDATE webhook SET told = $2, attempts = 0, retry = NULL, failure = NULL WHERE id = $1";
                    sqlx::query(sql)
                        .bind(webhook.id.to_string())
                        .bind(after.0 as i64)
                        .execute(&mut *on)
                        .await
                        .map_err(self.fault())?;
                }
                on.commit().await.map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn remove_webhook(&self, id: Uuid) -> Result<bool, StoreError> {
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                sqlx::query("DELETE FROM undelivered WHERE webhook = $1")
                    .bind(id.to_string())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                let done = sqlx::query("DELETE FROM webhook WHERE id = $1")
                    .bind(id.to_string())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                on.commit().await.map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn take_turn(&self, turn: Turn, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
                let sql = "UPDATE webhook SET holder = $2, held_until = $4 WHERE id = $1 \
                           AND (holder IS NULL OR holder = $2 OR held_until < $3 OR held_until > $4)";
                let done = sqlx::query(sql)
                    .bind(turn.webhook.to_string())
                    .bind(turn.holder.to_string())
                    .bind(now.as_millisecond())
                    .bind(until.as_millisecond())
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn note_progress(&self, turn: Turn, from: Revision, progress: &Progress) -> Result<bool, StoreError> {
                let sql = "UPDATE webhook SET told = $3, attempts = $4, retry = $5, failure = $6 \
                           WHERE id = $1 AND holder = $2 AND told = $7";
                let done = sqlx::query(sql)
                    .bind(turn.webhook.to_string())
                    .bind(turn.holder.to_string())
                    .bind(progress.told.0 as i64)
                    .bind(i64::from(progress.attempts))
                    .bind(progress.retry.map(|at| at.as_millisecond()))
                    .bind(progress.failure.clone())
                    .bind(from.0 as i64)
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }

            async fn give_up(&self, turn: Turn, from: Revision, given_up: &Undelivered) -> Result<bool, StoreError> {
                let mut on = self.writes.begin().await.map_err(self.fault())?;
                let sql = "UPDATE webhook SET told = $3, attempts = 0, retry = NULL, failure = $4 \
                           WHERE id = $1 AND holder = $2 AND told = $5";
                let done = sqlx::query(sql)
                    .bind(turn.webhook.to_string())
                    .bind(turn.holder.to_string())
                    .bind(given_up.revision.0 as i64)
                    .bind(given_up.failure.clone())
                    .bind(from.0 as i64)
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                if done.rows_affected() == 0 {
                    return Ok(false);
                }
                let sql = "INSERT INTO undelivered (webhook, revision, attempts, at, failure) \
                           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (webhook, revision) \
                           DO UPDATE SET attempts = $3, at = $4, failure = $5";
                sqlx::query(sql)
                    .bind(turn.webhook.to_string())
                    .bind(given_up.revision.0 as i64)
                    .bind(i64::from(given_up.attempts))
                    .bind(given_up.at.as_millisecond())
                    .bind(given_up.failure.clone())
                    .execute(&mut *on)
                    .await
                    .map_err(self.fault())?;
                on.commit().await.map_err(self.fault())?;
                Ok(true)
            }

            async fn undelivered(&self, id: Uuid) -> Result<Vec<Undelivered>, StoreError> {
                let sql =
                    "SELECT revision, attempts, at, failure FROM undelivered WHERE webhook = $1 ORDER BY revision";
                let found: Vec<UndeliveredRow> =
                    sqlx::query_as(sql).bind(id.to_string()).fetch_all(&self.reads).await.map_err(self.fault())?;
                found.into_iter().map(rows::undelivered).collect::<Result<_, _>>().map_err(self.fault())
            }

            async fn forget_undelivered(&self, id: Uuid, revision: Revision) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM undelivered WHERE webhook = $1 AND revision = $2")
                    .bind(id.to_string())
                    .bind(revision.0 as i64)
                    .execute(&self.writes)
                    .await
                    .map_err(self.fault())?;
                Ok(done.rows_affected() == 1)
            }
        }
    };
}

pub(in crate::store) use webhooks;
