//! The store in PostgreSQL with PostGIS: several servers may write to and follow one log.

mod accounts;
mod append;
mod prepare;
mod statements;
mod views;
mod webhooks;

use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions, PgRow};
use sqlx::{FromRow, Postgres, Transaction};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::failure::Place;
use super::plan::Prepared;
use super::rows::{self, Fault, FeatureRow};
use super::scan::Pipeline;
use super::{Accounts, Committed, IntakeTotal, Store, StoreError, Views, Webhooks, totals};
use crate::domain::{
    Applied, Change, ChangeSet, Commit, CommitSummary, Feature, FeatureId, LayerId, OperationId, Revision,
};

/// Connections of one server: readers, one writer, one listener.
const CONNECTIONS: u32 = 10;

/// Rows decoded together: enough that handing over costs nothing, few enough to stay in the cache.
const BATCH: usize = 4096;

/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often the log is looked at even when nobody notifies.
const LOOK: Duration = Duration::from_secs(1);

/// How long a waiting caller is kept at most.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// One state of the database however many statements read it.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A log in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    accounts: accounts::PostgresAccounts,
    webhooks: webhooks::PostgresWebhooks,
    views: views::PostgresViews,
    /// Held while appending: the head's row lets one writer in at a time anyway, and so those of this
    /// process wait without a connection each.
    turn: Mutex<()>,
    notified: watch::Receiver<u64>,
    listener: JoinHandle<()>,
    identity: Uuid,
    place: Place,
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl PostgresStore {
    /// Opens the database at `address` (`postgres://user@host:port/name`); makes it when `create`
    /// says so and the account may.
    pub async fn open(address: &str, create: bool) -> Result<Self, StoreError> {
        let options: PgConnectOptions = address.parse().map_err(|error: sqlx::Error| {
            Place::new("the PostgreSQL address").refused("opening", &error.to_string())
        })?;
        let place = Place::new(shown(&options));
        let failed = |error: sqlx::Error| place.error("opening", error);
        prepare::database(&options, create, &place).await?;
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.connect_with(options).await.map_err(failed)?;
        prepare::schema(&pool, create, &place).await?;
        let mut on = pool.acquire().await.map_err(failed)?;
        let identity = statements::identity(&mut on).await.map_err(failed)?;
        let identity = identity.parse().map_err(|_| place.damaged("its identity is no UUID"))?;
        drop(on);
        let (notify, notified) = watch::channel(0);
        let listener = tokio::spawn(listen(pool.clone(), notify));
        let accounts = accounts::PostgresAccounts { reads: pool.clone(), writes: pool.clone(), place: place.clone() };
        let webhooks = webhooks::PostgresWebhooks { reads: pool.clone(), writes: pool.clone(), place: place.clone() };
        let views = views::PostgresViews { reads: pool.clone(), writes: pool.clone(), place: place.clone() };
        Ok(Self { pool, accounts, webhooks, views, turn: Mutex::new(()), notified, listener, identity, place })
    }

    async fn reader(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(|error| self.place.error("reading", error))
    }

    async fn reading(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin_with(SNAPSHOT).await.map_err(|error| self.place.error("reading", error))
    }

    fn fault<F: Into<Fault>>(&self) -> impl Fn(F) -> StoreError + '_ {
        |fault| self.place.error("reading", fault)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn identity(&self) -> Result<Uuid, StoreError> {
        Ok(self.identity)
    }

    async fn head(&self) -> Result<Revision, StoreError> {
        let head = statements::head(&mut *self.reader().await?).await.map_err(self.fault())?;
        rows::natural(head).map(Revision).map_err(self.fault())
    }

    async fn append(&self, change_set: ChangeSet) -> Result<Committed, StoreError> {
        let prepared = tokio::task::spawn_blocking(move || Prepared::new(&change_set)).await;
        let prepared = prepared.map_err(|error| StoreError::Driver { doing: "encoding", source: Box::new(error) })?;
        let prepared = prepared.map_err(|fault| self.place.error("encoding", fault))?;
        let _turn = self.turn.lock().await;
        let failed = |error: sqlx::Error| self.place.error("appending", error);
        let mut on = self.pool.begin().await.map_err(failed)?;
        let committed = append::apply(&mut on, &prepared, &self.place).await?;
        on.commit().await.map_err(failed)?;
        Ok(committed)
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
        let mut notified = self.notified.clone();
        notified.mark_unchanged();
        while self.head().await? <= after {
            let now = tokio::time::Instant::now();
            if now >= end {
                break;
            }
            tokio::select! {
                // A listener that has ended is no reason to fail: looking finds it all, only later.
                Ok(()) = notified.changed() => {}
                () = tokio::time::sleep_until(end.min(now + LOOK)) => {}
            }
        }
        Ok(())
    }

    async fn scan(&self, sink: &mut (dyn FnMut(Vec<Feature>) -> bool + Send)) -> Result<Revision, StoreError> {
        let mut on = self.reading().await?;
        let head = statements::head(&mut on).await.map_err(self.fault())?;
        let mut pipeline = Pipeline::new(sink);
        let mut batch: Vec<PgRow> = Vec::with_capacity(BATCH);
        let mut wanted = true;
        {
            let mut found = sqlx::query(statements::SCAN).fetch(&mut *on);
            while wanted && let Some(row) = found.try_next().await.map_err(self.fault())? {
                batch.push(row);
                if batch.len() == BATCH {
                    let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                    wanted = pipeline.push(move || decode(&full)).await.map_err(self.fault())?;
                }
            }
        }
        if wanted && (batch.is_empty() || pipeline.push(move || decode(&batch)).await.map_err(self.fault())?) {
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
        let mut faults = statements::faults(&mut on).await.map_err(self.fault())?;
        drop(on);
        if faults.is_empty()
            && let Err(error) = self.scan(&mut |_| true).await
        {
            match error {
                StoreError::Damaged { detail, .. } => faults.push(detail),
                other => return Err(other),
            }
        }
        Ok(faults)
    }
}

fn decode(batch: &[PgRow]) -> Result<Vec<Feature>, Fault> {
    batch.iter().map(|row| rows::feature(FeatureRow::from_row(row)?)).collect()
}

/// Counts what other servers notify, for ever; without a connection it tries again.
async fn listen(pool: PgPool, notify: watch::Sender<u64>) {
    loop {
        if let Err(error) = hear(&pool, &notify).await {
            tracing::debug!(%error, "listening to the log");
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn hear(pool: &PgPool, notify: &watch::Sender<u64>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen("platbook_log").await?;
    while listener.try_recv().await?.is_some() {
        notify.send_modify(|count| *count += 1);
    }
    Ok(())
}

/// The address without its password.
fn shown(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    format!("postgres://{}@{}:{}/{database}", options.get_username(), options.get_host(), options.get_port())
}
