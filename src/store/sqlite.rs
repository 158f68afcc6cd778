//! The store in one SQLite file: write-ahead log, one writer, many readers.

mod accounts;
mod packed;
mod statements;
mod views;
mod webhooks;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::failure::Place;
use super::plan::Prepared;
use super::rows::{self, Fault};
use super::scan::Pipeline;
use super::{Accounts, Committed, IntakeTotal, Store, StoreError, Views, Webhooks, migrate, totals};
use crate::domain::{
    Applied, Change, ChangeSet, Commit, CommitSummary, Feature, FeatureId, LayerId, OperationId, Revision,
};
use writer::{Request, Writer};

/// Change sets that may wait for the writer before callers are held back.
const WAITING: usize = 256;

/// Readers at a time. They are threads, not processes: a few more than cores do no harm.
const READERS: u32 = 8;

/// How long another process may hold the file before we give up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the file is looked at for what other processes wrote.
const LOOK: Duration = Duration::from_secs(1);

/// How long a waiting caller is kept at most.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A log in a SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    readers: SqlitePool,
    accounts: accounts::SqliteAccounts,
    webhooks: webhooks::SqliteWebhooks,
    views: views::SqliteViews,
    requests: mpsc::Sender<Request>,
    head: watch::Receiver<Revision>,
    identity: Uuid,
    place: Place,
}

impl SqliteStore {
    /// Opens the file at `address`, a path; makes it, and its folder, when `create` says so.
    ///
    /// `?max_page_count=N` after the path bounds the file to N pages of 4096 bytes: appends beyond
    /// that are refused as on a full disk.
    pub async fn open(address: &str, create: bool) -> Result<Self, StoreError> {
        let (path, quota) = parse(address);
        let place = Place::new(&path);
        prepare_path(&path, create, &place)?;
        let options = SqliteConnectOptions::new().filename(&path).busy_timeout(PATIENCE).foreign_keys(true);
        let mut writing = options.clone().create_if_missing(create);
        if let Some(pages) = quota {
            writing = writing.pragma("max_page_count", pages.to_string());
        }
        let mut connection = writing.connect().await.map_err(|error| opening(&place, error))?;
        prepare_schema(&mut connection, create, &place).await?;
        let failed = |error: sqlx::Error| place.error("opening", error);
        let identity = statements::identity(&mut connection).await.map_err(failed)?;
        let identity = identity.parse().map_err(|_| place.damaged("its identity is no UUID"))?;
        let head = statements::head(&mut connection).await.map_err(failed)?;
        let head = Revision(rows::natural(head).map_err(|fault| place.error("opening", fault))?);
        // Accounts are written seldom: a connection of their own waits until the log's is done.
        let writes = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        let (requests, waiting) = mpsc::channel(WAITING);
        let (newest, head) = watch::channel(head);
        let writer = Writer { connection, requests: waiting, head: newest, place: place.clone() };
        tokio::spawn(writer.run());
        let accounts =
            accounts::SqliteAccounts { reads: readers.clone(), writes: writes.clone(), place: place.clone() };
        let webhooks =
            webhooks::SqliteWebhooks { reads: readers.clone(), writes: writes.clone(), place: place.clone() };
        let views = views::SqliteViews { reads: readers.clone(), writes, place: place.clone() };
        Ok(Self { readers, accounts, webhooks, views, requests, head, identity, place })
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(|error| self.place.error("reading", error))
    }

    /// A reader that sees one state of the file however many statements it reads.
    async fn reading(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.readers.begin().await.map_err(|error| self.place.error("reading", error))
    }

    fn fault<F: Into<Fault>>(&self) -> impl Fn(F) -> StoreError + '_ {
        |fault| self.place.error("reading", fault)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn identity(&self) -> Result<Uuid, StoreError> {
        Ok(self.identity)
    }

    async fn head(&self) -> Result<Revision, StoreError> {
        // SQLite goes on with a file that was deleted under it; we say so instead.
        if !self.place.path.exists() {
            return Err(self.place.gone("the file is gone"));
        }
        let head = statements::head(&mut *self.reader().await?).await.map_err(self.fault())?;
        rows::natural(head).map(Revision).map_err(self.fault())
    }

    async fn append(&self, change_set: ChangeSet) -> Result<Committed, StoreError> {
        let prepared = tokio::task::spawn_blocking(move || Prepared::new(&change_set)).await;
        let prepared = prepared.map_err(|error| StoreError::Driver { doing: "encoding", source: Box::new(error) })?;
        let prepared = prepared.map_err(|fault| self.place.error("encoding", fault))?;
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.send(Request { prepared, reply }).await;
        sent.map_err(|_| self.place.gone("the writer has stopped"))?;
        answer.await.map_err(|_| self.place.gone("the writer has stopped"))?
    }

    async fn commits_after(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, StoreError> {
        let (after, limit) = (after.0 as i64, limit.max(1) as i64);
        let mut on = self.reading().await?;
        let last = statements::last_within(&mut on, after, limit).await.map_err(self.fault())?;
        let sets = statements::change_sets(&mut on, after, last).await.map_err(self.fault())?;
        let changes = statements::changes(&mut on, after, last).await.map_err(self.fault())?;
        rows::assemble(sets, changes).map_err(self.fault())
    }

    async fn applied(&self, operation: OperationId) -> Result<Option<Applied>, StoreError> {
        let found = statements::operation(&mut *self.reader().await?, &operation.to_string()).await;
        found.map_err(self.fault())?.map(rows::applied).transpose().map_err(self.fault())
    }

    async fn summaries(&self, after: Revision, until: Revision) -> Result<Vec<CommitSummary>, StoreError> {
        statements::summaries(&mut *self.reading().await?, after, until).await.map_err(self.fault())
    }

    async fn revision_at(&self, time: jiff::Timestamp) -> Result<Revision, StoreError> {
        statements::revision_at(&mut *self.reading().await?, time).await.map_err(self.fault())
    }

    async fn touched(&self, after: Revision, until: Revision) -> Result<Vec<(FeatureId, LayerId)>, StoreError> {
        statements::touched(&mut *self.reading().await?, after, until).await.map_err(self.fault())
    }

    async fn states(&self, ids: &[FeatureId], revision: Revision) -> Result<Vec<Feature>, StoreError> {
        statements::states(&mut *self.reading().await?, ids, revision).await.map_err(self.fault())
    }

    async fn wait_after(&self, after: Revision) -> Result<(), StoreError> {
        let end = tokio::time::Instant::now() + LONGEST_WAIT;
        let mut head = self.head.clone();
        while *head.borrow_and_update() <= after && self.head().await? <= after {
            let now = tokio::time::Instant::now();
            if now >= end {
                break;
            }
            tokio::select! {
                written = head.changed() => written.map_err(|_| self.place.gone("the writer has stopped"))?,
                () = tokio::time::sleep_until(end.min(now + LOOK)) => {}
            }
        }
        Ok(())
    }

    async fn scan(&self, sink: &mut (dyn FnMut(Vec<Feature>) -> bool + Send)) -> Result<Revision, StoreError> {
        let mut on = self.reading().await?;
        let head = statements::head(&mut on).await.map_err(self.fault())?;
        let mut pipeline = Pipeline::new(sink);
        let (mut after, mut wanted) = (0, true);
        while wanted && let Some(batch) = packed::read(&mut on, after).await.map_err(self.fault())? {
            after = batch.last;
            wanted = pipeline.push(move || batch.unpack()).await.map_err(self.fault())?;
        }
        if wanted {
            pipeline.finish().await.map_err(self.fault())?;
        }
        rows::natural(head).map(Revision).map_err(self.fault())
    }

    async fn feature(&self, id: FeatureId) -> Result<Option<Feature>, StoreError> {
        let row = statements::feature(&mut *self.reader().await?, id.get() as i64).await.map_err(self.fault())?;
        row.map(rows::feature).transpose().map_err(self.fault())
    }

    async fn history(&self, id: FeatureId) -> Result<Vec<(Commit, Change)>, StoreError> {
        let mut on = self.reading().await?;
        let (sets, changes) = statements::history(&mut on, id.get() as i64).await.map_err(self.fault())?;
        rows::history(sets, changes).map_err(self.fault())
    }

    async fn counts(&self) -> Result<Vec<(LayerId, u64)>, StoreError> {
        let rows = statements::counts(&mut *self.reader().await?).await.map_err(self.fault())?;
        totals::counts(rows).map_err(self.fault())
    }

    async fn intake_totals(&self) -> Result<Vec<IntakeTotal>, StoreError> {
        let rows = statements::intakes(&mut *self.reader().await?).await.map_err(self.fault())?;
        totals::intake_totals(rows).map_err(self.fault())
    }

    fn accounts(&self) -> &dyn Accounts {
        &self.accounts
    }

    fn webhooks(&self) -> &dyn Webhooks {
        &self.webhooks
    }

    fn views(&self) -> &dyn Views {
        &self.views
    }

    async fn verify(&self) -> Result<Vec<String>, StoreError> {
        let mut on = self.reading().await?;
        let checked: Result<Vec<String>, _> =
            sqlx::query_scalar("PRAGMA integrity_check(20)").fetch_all(&mut *on).await;
        let mut faults = found(checked.map_err(self.fault()))?;
        faults.retain(|fault| fault != "ok");
        if faults.is_empty() {
            faults = found(statements::faults(&mut on).await.map_err(self.fault()))?;
        }
        if faults.is_empty()
            && let Err(error) = self.scan(&mut |_| true).await
        {
            faults = found(Err(error))?;
        }
        Ok(faults)
    }
}

/// Damage met while looking for damage is a finding, not a failure.
fn found(checked: Result<Vec<String>, StoreError>) -> Result<Vec<String>, StoreError> {
    match checked {
        Err(StoreError::Damaged { detail, .. }) => Ok(vec![detail]),
        other => other,
    }
}

fn parse(address: &str) -> (PathBuf, Option<u32>) {
    if let Some((path, pages)) = address.split_once("?max_page_count=")
        && let Ok(pages) = pages.parse()
    {
        return (path.into(), Some(pages));
    }
    (address.into(), None)
}

fn prepare_path(path: &Path, create: bool, place: &Place) -> Result<(), StoreError> {
    if path.is_dir() {
        return Err(place.refused("opening", "this is a folder; name a file in it"));
    }
    if path.as_os_str().is_empty() {
        return Err(place.refused("opening", "the path of the database is empty; name a file"));
    }
    if !path.exists() {
        if !create {
            return Err(
                place.refused("opening", "there is no such database; `platbook demo` or `platbook serve` makes one")
            );
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| place.refused("opening", &format!("its folder cannot be made: {error}")))?;
        }
    }
    Ok(())
}

/// Makes an empty file a log, brings an older one up to date, refuses everything else.
async fn prepare_schema(on: &mut SqliteConnection, create: bool, place: &Place) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| opening(place, error);
    let sql = "SELECT COALESCE(SUM(name = 'schema_version'), 0), COUNT(*) FROM sqlite_schema";
    let (versioned, tables): (i64, i64) = sqlx::query_as(sql).fetch_one(&mut *on).await.map_err(failed)?;
    if versioned == 0 && tables > 0 {
        return Err(place.foreign("it is a SQLite database of something else; name another file"));
    }
    if versioned == 0 && !create {
        return Err(place.foreign("the file is empty; restore a backup, or delete it and start anew"));
    }
    for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
        sqlx::query(pragma).execute(&mut *on).await.map_err(failed)?;
    }
    let mut on = on.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (number INTEGER NOT NULL)")
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    let sql = "SELECT COALESCE(MAX(number), 0) FROM schema_version";
    let version: i64 = sqlx::query_scalar(sql).fetch_one(&mut *on).await.map_err(failed)?;
    let missing = migrate::missing(&migrate::SQLITE, version)?;
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        sqlx::raw_sql(step).execute(&mut *on).await.map_err(failed)?;
    }
    if version == 0 {
        let identity = Uuid::new_v4().to_string();
        sqlx::query("INSERT INTO store_identity VALUES ($1)").bind(identity).execute(&mut *on).await.map_err(failed)?;
    }
    sqlx::query("DELETE FROM schema_version").execute(&mut *on).await.map_err(failed)?;
    sqlx::query("INSERT INTO schema_version VALUES ($1)")
        .bind(migrate::KNOWN)
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    on.commit().await.map_err(failed)
}

/// Errors of opening, with what to do about those that come from the folder.
fn opening(place: &Place, error: sqlx::Error) -> StoreError {
    let code =
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        // SQLITE_READONLY, SQLITE_CANTOPEN
        Some(8 | 14) => place.refused(
            "opening",
            "the file cannot be opened for writing; this account must be able to write the file and its folder",
        ),
        _ => place.error("opening", error),
    }
}
