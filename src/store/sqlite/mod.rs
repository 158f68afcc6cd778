//! SQLite: the embedded store. One file, write-ahead log, full sync.

mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Row, SqliteConnection};
use tokio::sync::watch;
use uuid::Uuid;

use super::rows::{ChangeColumns, FeatureColumns};
use super::scan::{Batches, RawFeature};
use super::{Committed, IntakeTotal, Store, StoreError, commits, sum_intakes};
use crate::domain::{Change, ChangeSet, Commit, Feature, FeatureId, LayerId, Revision};

/// The newest schema this program knows, and how it is made.
const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/sqlite/0001_log.sql")];

/// How long a reader sleeps when another process may have written.
const POLL: Duration = Duration::from_millis(500);

/// How long a statement waits for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(10);

/// A database in one file.
pub(super) struct Sqlite {
    path: PathBuf,
    readers: SqlitePool,
    writer: writer::Writer,
    head: watch::Receiver<Revision>,
}

impl Sqlite {
    /// Opens the file; makes it (and its folder) if `create` says so.
    pub(super) async fn open(path: &Path, create: bool) -> Result<Arc<dyn Store>, StoreError> {
        if path.is_dir() {
            return Err(damaged(path, "it is a folder; name a file in it"));
        }
        if !create && !path.exists() {
            return Err(damaged(path, "it does not exist; `platbook demo` makes one"));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| damaged(path, &format!("its folder cannot be made: {error}")))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let failed = |error| failure(path, "opening the database", error);
        let mut connection = sqlx::ConnectOptions::connect(&options).await.map_err(failed)?;
        migrate(&mut connection, path).await?;
        let head = head_of(&mut connection).await.map_err(failed)?;
        let (told, heard) = watch::channel(head);
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        let writer = writer::Writer::start(connection, path.to_owned(), told);
        Ok(Arc::new(Self { path: path.to_owned(), readers, writer, head: heard }))
    }

    fn failure(&self, doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError + '_ {
        move |error| failure(&self.path, doing, error)
    }
}

fn damaged(path: &Path, detail: &str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), detail: detail.to_owned() }
}

/// What a driver error means for whoever asked.
fn failure(path: &Path, doing: &'static str, error: sqlx::Error) -> StoreError {
    /// Primary result codes of SQLite.
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const CANTOPEN: i32 = 14;
    const NOTADB: i32 = 26;
    const READONLY: i32 = 8;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok()).map(|code| code & 0xff);
    match code {
        Some(FULL) => StoreError::Full,
        Some(CORRUPT) => damaged(path, "the file is damaged; restore it from a backup"),
        Some(NOTADB) => damaged(path, "the file is something else than a SQLite database; name another file"),
        Some(CANTOPEN) => damaged(path, "it cannot be opened; check that file and folder may be read and written"),
        Some(READONLY) => damaged(path, "it may not be written; check the rights of file and folder"),
        _ => match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => StoreError::Unavailable { source: Box::new(error) },
            error => StoreError::Driver { doing, source: Box::new(error) },
        },
    }
}

/// Brings the schema up to the newest; `PRAGMA user_version` is its number.
async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| failure(path, "preparing the database", error);
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if found == 0 {
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        if tables > 0 {
            return Err(damaged(path, "it is the database of another program; name another file"));
        }
    }
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let mut transaction = sqlx::Connection::begin(&mut *connection).await.map_err(failed)?;
        sqlx::raw_sql(*sql).execute(&mut *transaction).await.map_err(failed)?;
        if number == 0 {
            sqlx::query("INSERT INTO store_identity (only, identity) VALUES (1, ?)")
                .bind(Uuid::new_v4().to_string())
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        let version = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {}", number + 1));
        sqlx::raw_sql(version).execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
    }
    Ok(())
}

async fn head_of(connection: &mut SqliteConnection) -> Result<Revision, sqlx::Error> {
    let revision: i64 = sqlx::query_scalar("SELECT revision FROM head").fetch_one(connection).await?;
    Ok(Revision(revision as u64))
}

const FEATURE: &str = "SELECT id, layer, village, version, revision, geometry, properties FROM feature WHERE id = ?";

fn read_feature(row: &SqliteRow) -> Result<Feature, StoreError> {
    FeatureColumns {
        id: row.get(0),
        layer: row.get(1),
        village: row.get(2),
        version: row.get(3),
        revision: row.get(4),
        geometry: row.get(5),
        properties: row.get(6),
    }
    .read()
}

fn read_change(row: &SqliteRow) -> Result<Change, StoreError> {
    ChangeColumns {
        revision: row.get("revision"),
        feature_id: row.get("feature_id"),
        version: row.get("version"),
        layer: row.get("layer"),
        kind: row.get("kind"),
        village: row.get("village"),
        geometry: row.get("geometry"),
        properties: row.get("properties"),
    }
    .read()
}

fn read_commit(row: &SqliteRow) -> Result<Commit, StoreError> {
    commits::commit_of(row.get("revision"), row.get("actor"), row.get("reason"), row.get("at"), row.get("intakes"))
}

#[async_trait]
impl Store for Sqlite {
    async fn identity(&self) -> Result<Uuid, StoreError> {
        let text: String = sqlx::query_scalar("SELECT identity FROM store_identity")
            .fetch_one(&self.readers)
            .await
            .map_err(self.failure("reading the identity"))?;
        text.parse().map_err(|_| damaged(&self.path, "its identity is unreadable"))
    }

    async fn head(&self) -> Result<Revision, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(self.failure("reading the head"))?;
        head_of(&mut reader).await.map_err(self.failure("reading the head"))
    }

    async fn append(&self, change_set: ChangeSet) -> Result<Committed, StoreError> {
        self.writer.append(change_set).await
    }

    async fn commits_after(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, StoreError> {
        let failed = self.failure("reading the log");
        let mut transaction = self.readers.begin().await.map_err(&failed)?;
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT max(revision) FROM (SELECT revision FROM change WHERE revision > ?1 ORDER BY revision LIMIT ?2)",
        )
        .bind(after.0 as i64)
        .bind(limit.max(1) as i64)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        let head: i64 =
            sqlx::query_scalar("SELECT revision FROM head").fetch_one(&mut *transaction).await.map_err(&failed)?;
        let last = last.unwrap_or(head);
        let sets = sqlx::query("SELECT * FROM change_set WHERE revision > ? AND revision <= ? ORDER BY revision")
            .bind(after.0 as i64)
            .bind(last)
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        let changes =
            sqlx::query("SELECT * FROM change WHERE revision > ? AND revision <= ? ORDER BY revision, ordinal")
                .bind(after.0 as i64)
                .bind(last)
                .fetch_all(&mut *transaction)
                .await
                .map_err(&failed)?;
        let sets = sets.iter().map(read_commit).collect::<Result<Vec<_>, _>>()?;
        let changes = changes.iter().map(|row| Ok((row.get::<i64, _>("revision"), read_change(row)?)));
        commits::with_changes(sets, changes)
    }

    async fn wait_after(&self, after: Revision) -> Result<(), StoreError> {
        let mut head = self.head.clone();
        // Another process may write too: it tells nobody, so the log is looked at now and then.
        let told = tokio::time::timeout(POLL, head.wait_for(|head| *head > after)).await.is_ok();
        if !told {
            self.head().await?;
        }
        Ok(())
    }

    async fn scan(&self, sink: &mut (dyn FnMut(Vec<Feature>) -> bool + Send)) -> Result<Revision, StoreError> {
        let failed = self.failure("reading features");
        let mut transaction = self.readers.begin().await.map_err(&failed)?;
        let revision = head_of(&mut transaction).await.map_err(&failed)?;
        let mut batches = Batches::new(sink);
        {
            let mut rows = sqlx::query(
                "SELECT id, layer, village, version, revision, geometry, properties FROM feature ORDER BY id",
            )
            .fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(&failed)? {
                let raw = RawFeature {
                    id: row.get_unchecked(0),
                    layer: row.get_unchecked(1),
                    village: row.get_unchecked(2),
                    version: row.get_unchecked(3),
                    revision: row.get_unchecked(4),
                    geometry: row.get_unchecked(5),
                    properties: row.get_unchecked(6),
                };
                if !batches.take(raw).await? {
                    break;
                }
            }
        }
        batches.finish().await?;
        Ok(revision)
    }

    async fn feature(&self, id: FeatureId) -> Result<Option<Feature>, StoreError> {
        let row = sqlx::query(FEATURE)
            .bind(id.get() as i64)
            .fetch_optional(&self.readers)
            .await
            .map_err(self.failure("reading a feature"))?;
        row.as_ref().map(read_feature).transpose()
    }

    async fn history(&self, id: FeatureId) -> Result<Vec<(Commit, Change)>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM change JOIN change_set USING (revision) WHERE feature_id = ? ORDER BY version",
        )
        .bind(id.get() as i64)
        .fetch_all(&self.readers)
        .await
        .map_err(self.failure("reading a history"))?;
        rows.iter().map(|row| Ok((read_commit(row)?, read_change(row)?))).collect()
    }

    async fn counts(&self) -> Result<Vec<(LayerId, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT layer, count(*) FROM feature GROUP BY layer ORDER BY layer")
            .fetch_all(&self.readers)
            .await
            .map_err(self.failure("counting features"))?;
        commits::counts_of(rows)
    }

    async fn intake_totals(&self) -> Result<Vec<IntakeTotal>, StoreError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT at, intakes FROM change_set WHERE intakes <> '[]' ORDER BY revision")
                .fetch_all(&self.readers)
                .await
                .map_err(self.failure("reading deliveries"))?;
        sum_intakes(rows)
    }

    async fn verify(&self) -> Result<Vec<String>, StoreError> {
        let failed = self.failure("verifying the database");
        let mut reader = self.readers.acquire().await.map_err(&failed)?;
        let pages: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *reader).await.map_err(&failed)?;
        let mut faults: Vec<String> = pages.into_iter().filter(|line| line != "ok").collect();
        for (what, sql) in super::verify::QUERIES {
            let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reader).await.map_err(&failed)?;
            if found > 0 {
                faults.push(format!("{what}: {found}"));
            }
        }
        Ok(faults)
    }
}
