//! The one writer of a SQLite file. Appends that wait together are committed together: one sync of
//! the disk makes all of them durable.

use std::path::PathBuf;

use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection, SqliteTransaction};
use tokio::sync::{mpsc, oneshot, watch};

use super::{FEATURE, failure, read_feature};
use crate::domain::{ChangeKind, ChangeSet, Revision};
use crate::store::rows::{ChangeRow, creations, feature_id, plan, touched};
use crate::store::{Committed, StoreError};

/// Appends that may wait before whoever appends has to wait for a place.
const QUEUE: usize = 1024;

/// Edits after which a group is full.
const EDITS_TOGETHER: usize = 20_000;

/// Rows in one INSERT: nine values each, well below SQLite's 32,766.
const ROWS_TOGETHER: usize = 500;

struct Append {
    change_set: ChangeSet,
    answer: oneshot::Sender<Result<Committed, StoreError>>,
}

/// Where appends are sent.
pub(super) struct Writer {
    queue: mpsc::Sender<Append>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection, path: PathBuf, head: watch::Sender<Revision>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(connection, path, waiting, head));
        Self { queue }
    }

    pub(super) async fn append(&self, change_set: ChangeSet) -> Result<Committed, StoreError> {
        let (answer, answered) = oneshot::channel();
        let gone = || StoreError::Unavailable { source: "the writer has ended".into() };
        self.queue.send(Append { change_set, answer }).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn write_all(
    mut connection: SqliteConnection,
    path: PathBuf,
    mut waiting: mpsc::Receiver<Append>,
    head: watch::Sender<Revision>,
) {
    while let Some(first) = waiting.recv().await {
        let mut edits = first.change_set.edits.len();
        let mut group = vec![first];
        while edits < EDITS_TOGETHER {
            let Ok(next) = waiting.try_recv() else { break };
            edits += next.change_set.edits.len();
            group.push(next);
        }
        write_group(&mut connection, &path, group, &head).await;
    }
}

/// Commits a group and answers each of its members; what fails for one leaves the others be.
async fn write_group(
    connection: &mut SqliteConnection,
    path: &std::path::Path,
    group: Vec<Append>,
    head: &watch::Sender<Revision>,
) {
    let mut transaction = match connection.begin_with("BEGIN IMMEDIATE").await {
        Ok(transaction) => transaction,
        Err(error) => return refuse(group, error, path),
    };
    let mut results = Vec::with_capacity(group.len());
    for append in &group {
        results.push(write_one(&mut transaction, path, &append.change_set).await);
    }
    let newest = results.iter().flatten().map(|committed: &Committed| committed.revision).max();
    if let Err(error) = transaction.commit().await {
        return refuse(group, error, path);
    }
    if let Some(newest) = newest {
        head.send_replace(newest);
    }
    for (append, result) in group.into_iter().zip(results) {
        // Whoever asked may have gone; the change set stands all the same.
        let _ = append.answer.send(result);
    }
}

fn refuse(group: Vec<Append>, error: sqlx::Error, path: &std::path::Path) {
    let mut error = Some(error);
    let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_full = error.as_ref().and_then(sqlx::Error::as_database_error).is_some_and(|e| e.code().as_deref() == Some("13"));
    for append in group {
        let told = match error.take() {
            Some(error) => failure(path, "committing", error),
            None if is_full => StoreError::Full,
            None => StoreError::Driver { doing: "committing", source: text.clone().into() },
        };
        let _ = append.answer.send(Err(told));
    }
}

/// Writes one change set within a savepoint.
async fn write_one(
    transaction: &mut SqliteTransaction<'_>,
    path: &std::path::Path,
    change_set: &ChangeSet,
) -> Result<Committed, StoreError> {
    let failed = |error| failure(path, "appending to the log", error);
    let mut savepoint = transaction.begin().await.map_err(failed)?;
    // Dropping the savepoint unfinished rolls it back.
    let committed = write_rows(&mut savepoint, path, change_set).await?;
    savepoint.commit().await.map_err(failed)?;
    Ok(committed)
}

async fn write_rows(
    connection: &mut SqliteConnection,
    path: &std::path::Path,
    change_set: &ChangeSet,
) -> Result<Committed, StoreError> {
    let failed = |error| failure(path, "appending to the log", error);
    let operation = change_set.operation.map(|operation| operation.to_string());
    if let Some(operation) = &operation {
        let earlier: Option<i64> = sqlx::query_scalar("SELECT revision FROM change_set WHERE operation = ?")
            .bind(operation)
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        if let Some(revision) = earlier {
            return Err(StoreError::AlreadyApplied { revision: Revision(revision as u64) });
        }
    }
    let mut standing = std::collections::HashMap::new();
    for id in touched(change_set) {
        let row = sqlx::query(FEATURE).bind(id.get() as i64).fetch_optional(&mut *connection).await.map_err(failed)?;
        if let Some(row) = row {
            standing.insert(id, read_feature(&row)?);
        }
    }
    let created = creations(change_set);
    let (revision, next_id): (i64, i64) = sqlx::query_as(
        "UPDATE head SET revision = revision + 1, next_feature_id = next_feature_id + ?
         RETURNING revision, next_feature_id",
    )
    .bind(created)
    .fetch_one(&mut *connection)
    .await
    .map_err(failed)?;
    let rows = plan(change_set, next_id - created, |id| standing.remove(&id))?;
    let intakes = serde_json::to_string(&change_set.intakes)
        .map_err(|source| StoreError::Driver { doing: "writing deliveries", source: Box::new(source) })?;
    sqlx::query("INSERT INTO change_set (revision, at, actor, reason, operation, intakes) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(revision)
        .bind(change_set.at.to_string())
        .bind(&change_set.actor)
        .bind(&change_set.reason)
        .bind(operation)
        .bind(intakes)
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    for (chunk, rows) in rows.chunks(ROWS_TOGETHER).enumerate() {
        insert_changes(connection, revision, chunk * ROWS_TOGETHER, rows).await.map_err(failed)?;
        write_features(connection, revision, rows).await.map_err(failed)?;
    }
    let features = rows.iter().map(|row| feature_id(row.feature_id)).collect::<Result<_, _>>()?;
    Ok(Committed { revision: Revision(revision as u64), features })
}

async fn insert_changes(
    connection: &mut SqliteConnection,
    revision: i64,
    first_ordinal: usize,
    rows: &[ChangeRow],
) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO change (revision, ordinal, feature_id, version, layer, kind, village, geometry, properties) ",
    );
    insert.push_values(rows.iter().enumerate(), |mut values, (i, row)| {
        values
            .push_bind(revision)
            .push_bind((first_ordinal + i) as i64)
            .push_bind(row.feature_id)
            .push_bind(row.version)
            .push_bind(row.layer.as_str())
            .push_bind(row.kind.as_str())
            .push_bind(row.village)
            .push_bind(row.geometry.as_deref())
            .push_bind(row.properties.as_deref());
    });
    insert.build().execute(connection).await.map(|_| ())
}

/// Brings the table `feature` up to what the changes say.
async fn write_features(connection: &mut SqliteConnection, revision: i64, rows: &[ChangeRow]) -> Result<(), sqlx::Error> {
    let standing: Vec<&ChangeRow> = rows.iter().filter(|row| row.kind != ChangeKind::Deleted).collect();
    if !standing.is_empty() {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT OR REPLACE INTO feature (id, layer, village, version, revision, geometry, properties) ",
        );
        insert.push_values(standing, |mut values, row| {
            values
                .push_bind(row.feature_id)
                .push_bind(row.layer.as_str())
                .push_bind(row.village)
                .push_bind(row.version)
                .push_bind(revision)
                .push_bind(row.geometry.as_deref())
                .push_bind(row.properties.as_deref());
        });
        insert.build().execute(&mut *connection).await?;
    }
    for row in rows.iter().filter(|row| row.kind == ChangeKind::Deleted) {
        sqlx::query("DELETE FROM feature WHERE id = ?").bind(row.feature_id).execute(&mut *connection).await?;
    }
    Ok(())
}
