//! The one writer of a SQLite database.
//!
//! A task owns the only connection that writes. Whatever waits when it turns around becomes one
//! transaction and so one flush of the disk; a savepoint around each change set keeps a conflict from
//! its neighbours. Callers hear of their change set after the flush, never before.

use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};
use tokio::sync::{mpsc, oneshot, watch};

use super::statements;
use crate::domain::Revision;
use crate::store::claims::{LOOKED_THROUGH, given_since};
use crate::store::failure::{self, Place};
use crate::store::plan::{Prepared, Standing, Write, committed};
use crate::store::rows::{self, Fault};
use crate::store::{Committed, StoreError};

/// Change sets in one transaction at most.
const TOGETHER: usize = 256;

/// Edits after which a transaction takes no further change set.
const ENOUGH: usize = 20_000;

/// Rows of one INSERT; nine values each stay well below SQLite's 32766 parameters.
const ROWS: usize = 250;

/// A change set and who waits for it.
pub(super) struct Request {
    /// What to append.
    pub(super) prepared: Prepared,
    /// Where to say what became of it.
    pub(super) reply: oneshot::Sender<Result<Committed, StoreError>>,
}

/// The task's state.
pub(super) struct Writer {
    /// The connection that writes.
    pub(super) connection: SqliteConnection,
    /// What is to be appended.
    pub(super) requests: mpsc::Receiver<Request>,
    /// The newest revision on disk.
    pub(super) head: watch::Sender<Revision>,
    /// For errors.
    pub(super) place: Place,
}

/// What became of each change set of a transaction.
type Outcomes = Vec<Result<Committed, StoreError>>;

impl Writer {
    /// Appends until nobody can ask any more.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.requests.recv().await {
            let mut edits = first.prepared.len();
            let mut batch = vec![first];
            while batch.len() < TOGETHER && edits < ENOUGH {
                let Ok(next) = self.requests.try_recv() else { break };
                edits += next.prepared.len();
                batch.push(next);
            }
            self.serve(batch).await;
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "closing the database");
        }
    }

    async fn serve(&mut self, batch: Vec<Request>) {
        let together: Vec<&Prepared> = batch.iter().map(|request| &request.prepared).collect();
        match self.transact(&together).await {
            Ok(outcomes) => batch.into_iter().zip(outcomes).for_each(|(request, outcome)| answer(request, outcome)),
            // Neighbours must not suffer for one that is too large for the disk: each on its own.
            Err(_) if batch.len() > 1 => {
                for request in batch {
                    let outcome = self.transact(&[&request.prepared]).await.and_then(only);
                    answer(request, outcome);
                }
            }
            Err(error) => batch.into_iter().for_each(|request| answer(request, Err(failure::again(&error)))),
        }
    }

    /// One transaction. On an error nothing of it was written.
    async fn transact(&mut self, batch: &[&Prepared]) -> Result<Outcomes, StoreError> {
        let outcome = self.try_transact(batch).await;
        if outcome.is_err() {
            // SQLite has rolled back by itself after some errors and then refuses to do it twice.
            if let Err(error) = sqlx::query("ROLLBACK").execute(&mut self.connection).await {
                tracing::debug!(%error, "rolling back");
            }
        }
        outcome
    }

    async fn try_transact(&mut self, batch: &[&Prepared]) -> Result<Outcomes, StoreError> {
        self.say("BEGIN IMMEDIATE").await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for prepared in batch {
            self.say("SAVEPOINT change_set").await?;
            let outcome = self.apply(prepared).await;
            match outcome {
                Ok(_) => {}
                Err(StoreError::Conflict { .. } | StoreError::AlreadyApplied { .. } | StoreError::Given { .. }) => {
                    self.say("ROLLBACK TO change_set").await?;
                }
                Err(error) => return Err(error),
            }
            self.say("RELEASE change_set").await?;
            outcomes.push(outcome);
        }
        self.say("COMMIT").await?;
        if let Some(newest) = outcomes.iter().flatten().map(|committed| committed.revision).max() {
            self.head.send_replace(newest);
        }
        Ok(outcomes)
    }

    async fn say(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query(sql).execute(&mut self.connection).await;
        done.map(|_| ()).map_err(|error| self.place.error("appending", error))
    }

    async fn apply(&mut self, prepared: &Prepared) -> Result<Committed, StoreError> {
        let place = self.place.clone();
        let failed = |fault: Fault| place.error("appending", fault);
        let sql = |error: sqlx::Error| place.error("appending", error);
        if let Some(operation) = &prepared.operation
            && let Some(row) = statements::operation(&mut self.connection, operation).await.map_err(sql)?
        {
            let revision = rows::applied(row).map_err(failed)?.revision;
            return Err(StoreError::AlreadyApplied { revision });
        }
        if !prepared.claims.codes.is_empty() {
            let since = prepared.claims.as_of;
            let written = statements::written_since(&mut self.connection, since, LOOKED_THROUGH).await.map_err(sql)?;
            if let Some(revision) = given_since(&prepared.claims, &written).map_err(failed)? {
                return Err(StoreError::Given { revision });
            }
        }
        let advance = "UPDATE head SET revision = revision + 1, next_feature_id = next_feature_id + $1 \
                       RETURNING revision, next_feature_id - $1";
        let (revision, first_id): (i64, i64) =
            sqlx::query_as(advance).bind(prepared.creates()).fetch_one(&mut self.connection).await.map_err(sql)?;
        let standing = self.standing(prepared).await.map_err(failed)?;
        let first_id = rows::natural(first_id).map_err(failed)?;
        let writes = match prepared.plan(first_id, &standing).map_err(failed)? {
            Ok(writes) => writes,
            Err(stale) => {
                let row = statements::feature(&mut self.connection, stale.feature.get() as i64).await.map_err(sql)?;
                let current = row.map(rows::feature).transpose().map_err(failed)?.map(Box::new);
                return Err(StoreError::Conflict { feature: stale.feature, base: stale.base, current });
            }
        };
        let newest = statements::written_at(&mut self.connection, revision - 1).await.map_err(sql)?;
        let at = prepared.written_at(newest.as_deref()).map_err(failed)?;
        self.write(revision, &at, prepared, &writes).await.map_err(sql)?;
        Ok(committed(rows::natural(revision).map_err(failed)?, &writes))
    }

    /// How the touched features stand.
    async fn standing(&mut self, prepared: &Prepared) -> Result<Standing, Fault> {
        let (touched, restored) = (prepared.touched(), prepared.restored());
        let mut standing = Standing::default();
        if !touched.is_empty() {
            let ids = serde_json::to_string(&touched)?;
            standing.current = rows::versions(statements::current(&mut self.connection, &ids).await?)?;
        }
        if !restored.is_empty() {
            let ids = serde_json::to_string(&restored)?;
            standing.gone = rows::versions(statements::gone(&mut self.connection, &ids).await?)?;
        }
        Ok(standing)
    }

    async fn write(&mut self, revision: i64, at: &str, prepared: &Prepared, writes: &[Write<'_>]) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO change_set (revision, at, actor, reason, operation, operation_digest, intakes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(revision)
        .bind(at)
        .bind(prepared.actor.as_str())
        .bind(prepared.reason.as_str())
        .bind(prepared.operation.as_deref())
        .bind(prepared.operation_digest)
        .bind(prepared.intakes.as_deref())
        .execute(&mut self.connection)
        .await?;
        for (chunk, writes) in writes.chunks(ROWS).enumerate() {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO change (revision, ordinal, feature_id, version, layer, kind, village, geometry, properties) ",
            );
            insert.push_values(writes.iter().enumerate(), |mut row, (at, write)| {
                row.push_bind(revision)
                    .push_bind((chunk * ROWS + at) as i64)
                    .push_bind(write.feature.get() as i64)
                    .push_bind(i64::from(write.version.0))
                    .push_bind(write.layer)
                    .push_bind(write.kind.as_str())
                    .push_bind(write.content.and_then(|content| content.village.as_deref()))
                    .push_bind(write.content.map(|content| content.geometry.as_slice()))
                    .push_bind(write.content.map(|content| content.properties.as_str()));
            });
            insert.build().execute(&mut self.connection).await?;
        }
        for sql in [statements::PUT, statements::REMOVE] {
            sqlx::query(sql).bind(revision).execute(&mut self.connection).await?;
        }
        Ok(())
    }
}

fn answer(request: Request, outcome: Result<Committed, StoreError>) {
    // Who went away while waiting does not hear; what was written stays written.
    drop(request.reply.send(outcome));
}

fn only(mut outcomes: Outcomes) -> Result<Committed, StoreError> {
    outcomes.pop().unwrap_or_else(|| Err(StoreError::Unavailable { source: "the writer gave no answer".into() }))
}
