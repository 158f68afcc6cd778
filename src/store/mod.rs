//! Where the log is kept: one contract, SQLite and PostgreSQL behind it.
//!
//! The only place with SQL. A store knows the order of commits and the content of features; it
//! knows nothing of HTTP, of who may do what, or of what a geometry means.

pub mod accounts;
mod claims;
mod failure;
mod migrate;
mod plan;
mod postgres;
mod reads;
mod rows;
mod scan;
mod sqlite;
mod totals;
mod verify;
pub mod views;
pub mod webhooks;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::{
    Applied, Change, ChangeSet, Commit, CommitSummary, Feature, FeatureId, LayerId, OperationId, Revision, Version,
};

pub use accounts::Accounts;
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
pub use views::Views;
pub use webhooks::Webhooks;

/// Opens a database, and makes it if there is none: `postgres://…` or `postgresql://…` is
/// PostgreSQL, everything else the path of a SQLite file, whose folder is made too.
pub async fn open(database: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_either(database, true).await
}

/// Opens a database that must be there.
pub async fn open_existing(database: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_either(database, false).await
}

async fn open_either(database: &str, create: bool) -> Result<Arc<dyn Store>, StoreError> {
    if ["postgres://", "postgresql://"].iter().any(|scheme| database.starts_with(scheme)) {
        return Ok(Arc::new(PostgresStore::open(database, create).await?));
    }
    Ok(Arc::new(SqliteStore::open(database, create).await?))
}

/// States that one statement asks for.
const STATES_AT_A_TIME: usize = 10_000;

/// Why a store refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The named base version is no longer current (or the feature is gone). Nothing was written.
    #[error("feature {feature} is at {} now, not at version {base}", current.as_ref().map_or_else(|| "no version".to_owned(), |f| format!("version {}", f.version)))]
    Conflict {
        /// Which feature.
        feature: FeatureId,
        /// The version the writer saw.
        base: Version,
        /// The feature as it stands; none when it is gone or never was.
        current: Option<Box<Feature>>,
    },
    /// A code that the change set gives was given by another since it was decided. Nothing was written.
    #[error("a code of the change set was given by revision {revision} in the meantime")]
    Given {
        /// The revision that gave it.
        revision: Revision,
    },
    /// The operation id was used before, with this revision as the result. Nothing was written.
    #[error("the operation was already applied as revision {revision}")]
    AlreadyApplied {
        /// What it became then.
        revision: Revision,
    },
    /// The disk is full. Nothing was written.
    #[error("the disk that holds the database is full")]
    Full,
    /// The database cannot be reached at the moment; trying again later may help.
    #[error("the database cannot be reached")]
    Unavailable {
        /// What the driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is not a Platbook database, or is damaged.
    #[error("{} is not a sound Platbook database: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The database was made by a newer Platbook.
    #[error("the database has schema {found}, this program knows up to {known}; use a newer platbook")]
    Newer {
        /// The database's schema number.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Anything else the driver reports.
    #[error("the database failed while {doing}")]
    Driver {
        /// What was being done.
        doing: &'static str,
        /// What the driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What an append made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the log.
    pub revision: Revision,
    /// For each edit, in order, the feature it touched (of a create: the id given to it).
    pub features: Vec<FeatureId>,
}

/// How many records a department delivered for a layer, and how many came through, over all change sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeTotal {
    /// The layer.
    pub layer: LayerId,
    /// 归集量: records delivered.
    pub collected: u64,
    /// 治理后量: records that came through cleaning.
    pub governed: u64,
    /// When the last delivery was taken in.
    pub last: jiff::Timestamp,
}

/// The log and the features it makes. Every method leaves the store sound whatever happens to the
/// process; an append that returned is durable.
#[async_trait]
pub trait Store: Send + Sync {
    /// A number drawn when the database was made, so that two databases are never taken for one.
    async fn identity(&self) -> Result<Uuid, StoreError>;

    /// The newest revision.
    async fn head(&self) -> Result<Revision, StoreError>;

    /// Appends a change set as the next revision, whole or not at all. Log order is commit order:
    /// once a revision can be read, every smaller one can.
    async fn append(&self, change_set: ChangeSet) -> Result<Committed, StoreError>;

    /// What an operation became; none when it was not applied.
    async fn applied(&self, operation: OperationId) -> Result<Option<Applied>, StoreError>;

    /// The commits after a revision in order, whole, until they hold at least `limit` changes.
    async fn commits_after(&self, after: Revision, limit: usize) -> Result<Vec<Commit>, StoreError>;

    /// The revisions after one, up to and with another, in order: who, when, why, and how many changes.
    async fn summaries(&self, after: Revision, until: Revision) -> Result<Vec<CommitSummary>, StoreError>;

    /// The newest revision written at or before a time.
    async fn revision_at(&self, time: jiff::Timestamp) -> Result<Revision, StoreError>;

    /// The features that the revisions after one, up to and with another, changed, each once by id.
    async fn touched(&self, after: Revision, until: Revision) -> Result<Vec<(FeatureId, LayerId)>, StoreError>;

    /// Features as they stood at a revision, by id; those that were not there are left out.
    async fn states(&self, ids: &[FeatureId], revision: Revision) -> Result<Vec<Feature>, StoreError>;

    /// Returns once the log may be longer than `after` (or after a few seconds at the latest).
    async fn wait_after(&self, after: Revision) -> Result<(), StoreError>;

    /// Gives every current feature to `sink` in batches, all as of the returned revision. The sink
    /// ends the scan by returning false.
    async fn scan(&self, sink: &mut (dyn FnMut(Vec<Feature>) -> bool + Send)) -> Result<Revision, StoreError>;

    /// A feature as it stands; none when it is gone or never was.
    async fn feature(&self, id: FeatureId) -> Result<Option<Feature>, StoreError>;

    /// What happened to a feature, oldest first, with the commit each change belongs to (its
    /// `changes` hold just the one).
    async fn history(&self, id: FeatureId) -> Result<Vec<(Commit, Change)>, StoreError>;

    /// How many current features each layer has.
    async fn counts(&self) -> Result<Vec<(LayerId, u64)>, StoreError>;

    /// Deliveries by layer.
    async fn intake_totals(&self) -> Result<Vec<IntakeTotal>, StoreError>;

    /// Accounts, sessions, tokens and the audit list, which are kept beside the log.
    fn accounts(&self) -> &dyn Accounts;

    /// Webhooks, which are kept beside the log too.
    fn webhooks(&self) -> &dyn Webhooks;

    /// Saved views, which are kept beside the log as well.
    fn views(&self) -> &dyn Views;

    /// Reads the whole database for damage: every fault found, in words; empty when sound.
    async fn verify(&self) -> Result<Vec<String>, StoreError>;
}
